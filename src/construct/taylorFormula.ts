/**
 * f' of Theorem 1 by its formula, in dyadics [DLS18, eq. 23]: what both networks realise, the literal and the shared one.
 *
 *   f'(x) = 2^scale sum_m sum_{|n|<n} beta_{m,n} x'(psi'_m, P'_{m,n})
 *   psi'_m = x'(h_1, x'(h_2, ... h_d)),  h_k = h(3N x_k - 3 m_k);   P'_{m,n} = x'(u_i1, x'(u_i2, ...)),  i1 <= i2 <= ...
 *
 * u_k = o(m_k) (x_k - m_k/N), o(m) = 1 for m = 0, 1 mod 4 and -1 otherwise: folding the axis gives the local coordinate of all
 * cells at once, with this orientation, and the sign goes into beta (u^n has the sign o^n).
 */
import { Dyadic, type DyadicLike } from '../exact/index.ts';
import { interpolatedProduct } from './multiply.ts';
import type { TaylorCoefficients } from './taylorCoefficients.ts';
import { type MultiIndex, orderOf } from './taylorShape.ts';

/** The direction in which the local coordinate of cell m grows. */
export const orientation = (m: number): 1 | -1 => (m % 4 < 2 ? 1 : -1);

/** o^n: the sign that beta_{m,n} takes with it. */
export function termSign(n: MultiIndex, m: readonly number[]): 1 | -1 {
  let sign = 1;
  n.forEach((e, k) => {
    if (e % 2 === 1) sign *= orientation(m[k] as number);
  });
  return sign as 1 | -1;
}

/** f'(x) for x in [0,1]^d, exactly. */
export function taylorFormula({ shape, mantissas }: TaylorCoefficients, x: readonly DyadicLike[]): Dyadic {
  const { d, q, r, digits, terms, scaleLog2 } = shape;
  const side = 2 ** q + 1;
  const point = x.map((v) => Dyadic.from(v));
  // On each axis, the cells with h > 0: |3N x - 3m| < 2.
  const axes = point.map((v) => {
    const y = v.scale(q);
    const near = Number(y.floor());
    return [near, near + 1]
      .filter((m) => m >= 0 && m < side)
      .map((m) => {
        const u = y.sub(Dyadic.of(BigInt(m)));
        const h = bump(u.mul(Dyadic.of(3n)));
        return { m, h, u: (orientation(m) === 1 ? u : u.neg()).scale(-q) };
      })
      .filter(({ h }) => !h.isZero);
  });
  let sum = Dyadic.ZERO;
  const visit = (k: number, chosen: { m: number; h: Dyadic; u: Dyadic }[]): void => {
    if (k < d) {
      for (const c of axes[k] as { m: number; h: Dyadic; u: Dyadic }[]) visit(k + 1, [...chosen, c]);
      return;
    }
    const m = chosen.map((c) => c.m);
    const cell = m.reduceRight((index, v) => index * side + v, 0);
    const psi = chosen
      .slice(0, -1)
      .reduceRight((p, { h }) => interpolatedProduct(h, p, r), (chosen[d - 1] as { h: Dyadic }).h);
    const u = chosen.map((c) => c.u);
    const monomials = new Map<string, Dyadic>();
    terms.forEach((n, i) => {
      const order = orderOf(n);
      let value = psi;
      if (order > 0) {
        const p = monomial(n, u, r, monomials);
        value = interpolatedProduct(psi, p, r);
      }
      const k = (mantissas[i] as readonly bigint[])[cell] as bigint;
      const beta = Dyadic.of(termSign(n, m) === 1 ? k : -k, -(digits[order] as number));
      sum = sum.add(beta.mul(value));
    });
  };
  visit(0, []);
  return sum.scale(scaleLog2);
}

/** P'_n, each built on the one with one factor less. */
function monomial(n: MultiIndex, u: readonly Dyadic[], r: number, known: Map<string, Dyadic>): Dyadic {
  const key = n.join(',');
  const before = known.get(key);
  if (before) return before;
  const first = firstFactor(n);
  const rest = withoutFirst(n);
  const value =
    orderOf(rest) === 0
      ? (u[first] as Dyadic)
      : interpolatedProduct(u[first] as Dyadic, monomial(rest, u, r, known), r);
  known.set(key, value);
  return value;
}

/** The axis of the outermost factor of P'_n. */
export const firstFactor = (n: MultiIndex): number => n.findIndex((e) => e > 0);

/** n with that factor taken out. */
export const withoutFirst = (n: MultiIndex): MultiIndex => n.map((e, k) => (k === firstFactor(n) ? e - 1 : e));

/** h of eq. 12: 1 on [-1,1], 0 outside (-2,2), linear between. */
function bump(z: Dyadic): Dyadic {
  const rest = Dyadic.of(2n).sub(z.abs());
  return rest.max(Dyadic.ZERO).min(Dyadic.ONE);
}
