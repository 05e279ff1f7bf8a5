/**
 * What is proved about one Taylor network, in any dimension: three upper bounds of sup |f - f'| on the cube, and a point.
 *
 *   theorem    3 * 2^d (d/N)^n 2^scale, the paper's, checked against the built N, r and t (it is never below `class`)
 *   class      Taylor + rounding + products for every f of the class (taylorShape.ts)
 *   function   the same three parts with this function's own derivatives, enclosed on the support of every bump, and with its
 *              own coefficients; undefined where derivatives of order n are not enclosed
 *   lower      |f - f'| at the worst point that a search found, from below
 */
import { Dyadic, InputError, Interval, Rational, type Target } from '../exact/index.ts';
import { derivativesOf } from './smoothness.ts';
import type { TaylorConstruction } from './taylor.ts';
import { cellPoint } from './taylorCoefficients.ts';
import { cellsOf, orderOf, productsOf, type TaylorShape } from './taylorShape.ts';

export interface TaylorCertificate {
  readonly status: 'proved';
  /** The least of the bounds below. */
  readonly upper: Dyadic;
  readonly theorem: Dyadic;
  readonly class: Dyadic;
  readonly function: Dyadic | undefined;
  /** |f - f'| at the witness is at least this. */
  readonly lower: Dyadic;
  readonly witness: readonly number[];
  readonly restsOn: readonly string[];
}

const PRECISION = 53;
const POINT_PRECISION = 100;

/** `samples` points are searched for the lower bound; f' is evaluated by its formula, exactly. */
export function certifyTaylor(target: Target, made: TaylorConstruction, samples = 256): TaylorCertificate {
  const { report } = made;
  const own = functionBound(target, made);
  const { lower, witness } = searchLower(target, made, samples);
  const upper = own?.lt(report.bound) ? own : report.bound;
  if (lower.gt(upper)) {
    const where = `certifyTaylor: an error of ${lower.toNumber()} at ${witness.join(', ')} exceeds the bound ${upper.toNumber()}`;
    if (report.restsOn.length === 0) throw new Error(where);
    throw new InputError(`${where}, so one of these does not hold: ${report.restsOn.join('; ')}`);
  }
  return Object.freeze({
    status: 'proved',
    upper,
    theorem: report.theoremBound,
    class: report.bound,
    function: own,
    lower,
    witness,
    restsOn: report.restsOn,
  });
}

/** Taylor, rounding and products, cell by cell: at a point the errors of at most 2^d neighbouring cells are averaged. */
function functionBound(target: Target, { coefficients }: TaylorConstruction): Dyadic | undefined {
  const { shape, mantissas } = coefficients;
  const { d, n, q, r, digits, terms, scaleLog2 } = shape;
  const cells = cellsOf(shape);
  const raise = (x: Rational, e: number): Rational => Rational.of(x.n ** BigInt(e), x.d ** BigInt(e));
  const rho = Rational.of(2n, 3n << BigInt(q));
  // Everything below is rounded up to these digits: fractions would grow.
  const up = (x: Rational): Dyadic => x.roundBits(PRECISION, 'up');
  const powers = Array.from({ length: n + 1 }, (_, k) => up(raise(rho, k)));
  let rounding = Dyadic.ZERO;
  for (const term of terms) {
    const k = orderOf(term);
    rounding = rounding.add((powers[k] as Dyadic).mul(Dyadic.of(33n, -6 - (digits[k] as number))));
  }
  const taylor: Dyadic[] = [];
  const products: Dyadic[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const bound = remainder(target, shape, cell);
    if (!bound) return undefined;
    taylor.push(bound.mul(powers[n] as Dyadic).scale(-scaleLog2));
    let sum = Dyadic.ZERO;
    terms.forEach((term, i) => {
      const k = (mantissas[i] as readonly bigint[])[cell] as bigint;
      const beta = Dyadic.of(k < 0n ? -k : k, -(digits[orderOf(term)] as number));
      sum = sum.add(beta.mul(Dyadic.of(BigInt(productsOf(term)))));
    });
    products.push(sum.scale(-2 * r));
  }
  const N = 2 ** q;
  let worst = Dyadic.ZERO;
  const corner = new Array<number>(d).fill(0);
  for (;;) {
    // The 2^d cells around the cube [corner/N, (corner+1)/N].
    let most = Dyadic.ZERO;
    let sum = Dyadic.ZERO;
    for (let side = 0; side < 2 ** d; side++) {
      const cell = corner.reduceRight((index, m, k) => index * (N + 1) + m + ((side >> k) & 1), 0);
      most = most.max(taylor[cell] as Dyadic);
      sum = sum.add(products[cell] as Dyadic);
    }
    worst = worst.max(most.add(sum));
    let k = 0;
    while (k < d && (corner[k] as number) === N - 1) corner[k++] = 0;
    if (k === d) break;
    corner[k] = (corner[k] as number) + 1;
  }
  return worst.add(rounding).scale(scaleLog2).roundBits(PRECISION, 'up');
}

/** sum over |n| = order of max |D^n f / n!| on the bump's support (3/4N instead of 2/3N on both sides: dyadic). */
function remainder(target: Target, shape: TaylorShape, cell: number): Dyadic | undefined {
  const { q, n } = shape;
  const reach = Dyadic.of(3n, -q - 2);
  const box = cellPoint(shape, cell).map((m) => {
    const at = Dyadic.of(BigInt(m), -q);
    return Interval.of(at.sub(reach).max(Dyadic.ZERO), at.add(reach).min(Dyadic.ONE));
  });
  const all = derivativesOf(target, box, n, PRECISION);
  if (!all) return undefined;
  let sum = Dyadic.ZERO;
  for (const [key, c] of all) {
    const index = key.split(',').map(Number);
    if (orderOf(index) === n) sum = sum.add(c.magnitude);
  }
  return sum;
}

/** Points between bumps, at their ends, on the grid and anywhere, the same ones every time. */
function searchLower(
  target: Target,
  made: TaylorConstruction,
  samples: number,
): { lower: Dyadic; witness: readonly number[] } {
  const { d, q } = made.report.shape;
  const N = 2 ** q;
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const coordinate = (): number => {
    const m = Math.floor(next() * N);
    const kind = next();
    if (kind < 0.4) return (m + 0.5) / N;
    if (kind < 0.6) return (m + (next() < 0.5 ? 3 : 5) / 8) / N;
    return kind < 0.7 ? m / N : next();
  };
  let lower = Dyadic.ZERO;
  let witness: readonly number[] = new Array<number>(d).fill(0);
  for (let k = 0; k < samples; k++) {
    const x = Array.from({ length: d }, coordinate);
    const value = target.enclose(
      x.map((v) => Interval.of(v)),
      POINT_PRECISION,
    );
    if (!value) continue;
    const error = Interval.of(made.formula(x)).sub(value).mignitude;
    if (error.gt(lower)) [lower, witness] = [error, Object.freeze(x)];
  }
  return { lower, witness };
}
