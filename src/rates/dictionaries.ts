/**
 * M-term families [GBGR, point (ii)]: sums of M atoms among the first N(M) of a dictionary, coefficients bounded by R(M).
 * Atoms have norm at most 1, so changing M coefficients by t moves the sum by at most M t; by sqrt(M) t where the dictionary is
 * orthonormal. Depth search M^a (N(M) = M^a) is what keeps a countable dense dictionary from making Sigma_1 dense.
 *
 *   fourier          1, sqrt2 cos(2 pi k x), sqrt2 sin(2 pi k x)   L2[0,1], orthonormal
 *   haar             1, 2^(j/2) psi(2^j x - k)                     L2[0,1], orthonormal; psi = 1 on [0,1/2), -1 on [1/2,1)
 *   chebyshev        T_k(2 x - 1), k < M (all of them)             sup on [0,1]
 *   freeKnots        sum of M terms c relu(x - t), |c|, |t| <= R: 2 M parameters, Lip <= 3 M R        sup on [0,1]
 */
import { Dyadic, Rational, refuse } from '../exact/index.ts';
import type { BoxFamily, Element, Realised } from './family.ts';
import { logOf } from './family.ts';
import { type GrowthLike, growth, valueAt } from './growth.ts';

export interface DictionaryOptions {
  /** N(M): default M^2. */
  readonly search?: GrowthLike;
  /** R(M): default 1. */
  readonly bound?: GrowthLike;
}

/** An M-term family over any dictionary of atoms of norm at most 1. */
export function dictionaryFamily(own: {
  readonly name: string;
  readonly norm: string;
  readonly orthonormal?: boolean;
  readonly atom?: (k: number) => (x: number) => number;
  readonly options?: DictionaryOptions;
  readonly approximate?: BoxFamily['approximate'];
}): BoxFamily {
  const { orthonormal = false, options = {}, atom } = own;
  return Object.freeze({
    kind: 'box',
    name: own.name,
    norm: own.norm,
    statement: orthonormal
      ? 'orthonormal atoms: sqrt(M) from l_inf on the coefficients'
      : 'atoms of norm at most 1: M from l_inf on the coefficients',
    parameters: growth('M'),
    positions: growth(options.search ?? 'M^2'),
    values: { bound: growth(options.bound ?? 1) },
    lipschitz: logOf(growth(orthonormal ? 'M^0.5' : 'M')),
    ...(atom ? { realise: (element: Element) => sumOf(own.name, element, atom) } : {}),
    ...(own.approximate ? { approximate: own.approximate } : {}),
  });
}

function sumOf(name: string, { positions, values }: Element, atom: (k: number) => (x: number) => number): Realised {
  const terms = positions.map((k, i) => ({ c: values[i].toNumber(), phi: atom(k) }));
  return {
    text: `${positions.length} terms of ${name}`,
    estimate: (x) => terms.reduce((s, { c, phi }) => s + c * phi(x), 0),
  };
}

const fourierAtom =
  (k: number) =>
  (x: number): number =>
    k === 0 ? 1 : Math.SQRT2 * (k % 2 === 1 ? Math.cos(Math.PI * (k + 1) * x) : Math.sin(Math.PI * k * x));

/** Atom 2^j + k is psi_(j,k). */
const haarAtom =
  (n: number) =>
  (x: number): number => {
    if (n === 0) return 1;
    const j = 31 - Math.clz32(n);
    const u = x * 2 ** j - (n - 2 ** j);
    return u < 0 || u >= 1 ? 0 : (u < 0.5 ? 1 : -1) * 2 ** (j / 2);
  };

/** Most atoms that `approximate` looks at. */
const LOOKED_AT = 1 << 10;

/** The M largest coefficients among the first N(M), by a midpoint sum; clipped to the bound. */
function largest(atom: (k: number) => (x: number) => number, options: DictionaryOptions): BoxFamily['approximate'] {
  const [search, bound] = [growth(options.search ?? 'M^2'), growth(options.bound ?? 1)];
  return (f, size) => {
    const offered = valueAt(search, size);
    const n = offered < BigInt(LOOKED_AT) ? Number(offered) : LOOKED_AT;
    const points = 2 * 2 ** Math.ceil(Math.log2(n + 1));
    const samples = Float64Array.from({ length: points }, (_, i) => f((i + 0.5) / points));
    const found = Array.from({ length: n }, (_, k) => {
      const phi = atom(k);
      let sum = 0;
      for (let i = 0; i < points; i++) sum += samples[i] * phi((i + 0.5) / points);
      return { k, c: sum / points };
    });
    const kept = found.sort((a, b) => Math.abs(b.c) - Math.abs(a.c)).slice(0, size);
    return elementOf(kept, Dyadic.of(valueAt(bound, size)));
  };
}

function elementOf(terms: readonly { k: number; c: number }[], bound: Dyadic): Element {
  const sorted = [...terms].filter(({ c }) => c !== 0).sort((a, b) => a.k - b.k);
  return {
    positions: sorted.map(({ k }) => k),
    values: sorted.map(({ c }) => Dyadic.from(c).min(bound).max(bound.neg())),
  };
}

export const fourier = (options: DictionaryOptions = {}): BoxFamily =>
  orthonormalBasis('Fourier', fourierAtom, options);

export const haar = (options: DictionaryOptions = {}): BoxFamily => orthonormalBasis('Haar', haarAtom, options);

function orthonormalBasis(
  name: string,
  atom: (k: number) => (x: number) => number,
  options: DictionaryOptions,
): BoxFamily {
  const approximate = largest(atom, options);
  return dictionaryFamily({
    name,
    norm: 'L2 on [0,1]',
    orthonormal: true,
    atom,
    options,
    ...(approximate ? { approximate } : {}),
  });
}

/** Polynomials of degree below M in Chebyshev's basis, coefficients bounded by R(M) (default 2). */
export function chebyshev({ bound = 2 }: { readonly bound?: GrowthLike } = {}): BoxFamily {
  const limit = growth(bound);
  const family = dictionaryFamily({ name: 'Chebyshev', norm: 'sup on [0,1]', options: { search: 'M', bound } });
  return Object.freeze({
    ...family,
    realise: ({ positions, values }: Element) => {
      const degree = positions.reduce((m, k) => Math.max(m, k), 0);
      const c = new Array<Dyadic>(degree + 1).fill(Dyadic.ZERO);
      positions.forEach((k, i) => {
        c[k] = values[i];
      });
      // Clenshaw's recursion; exact at dyadic x.
      const evaluate = (x: Dyadic): Dyadic => {
        const twice = x.scale(2).sub(Dyadic.from(2));
        let [b1, b2] = [Dyadic.ZERO, Dyadic.ZERO];
        for (let k = degree; k >= 1; k--) [b1, b2] = [c[k].add(twice.mul(b1)).sub(b2), b1];
        return c[0].add(twice.scale(-1).mul(b1)).sub(b2);
      };
      const near = c.map((v) => v.toNumber());
      const estimate = (x: number): number => near.reduce((s, v, k) => s + v * Math.cos(k * Math.acos(2 * x - 1)), 0);
      return { text: `a polynomial of degree ${degree}`, evaluate, estimate };
    },
    approximate: (f: (x: number) => number, size: number) => {
      // Interpolation at Chebyshev's nodes.
      const nodes = Array.from({ length: size }, (_, i) => (Math.PI * (i + 0.5)) / size);
      const values = nodes.map((t) => f((Math.cos(t) + 1) / 2));
      const terms = nodes.map((_, k) => ({
        k,
        c: ((k === 0 ? 1 : 2) / size) * values.reduce((s, v, i) => s + v * Math.cos(k * (nodes[i] as number)), 0),
      }));
      return elementOf(terms, Dyadic.of(valueAt(limit, size)));
    },
  });
}

/** Sums of M terms c relu(x - t): parameters c_1, t_1, c_2, t_2, ... of magnitude at most R(M) (default 4 M), R >= 1. */
export function freeKnots({ bound = '4 M' }: { readonly bound?: GrowthLike } = {}): BoxFamily {
  const limit = growth(bound);
  if (limit.factor.compare(Rational.of(1n)) < 0) refuse('freeKnots bound', 'a growth of at least 1', limit.text);
  const parameters = growth('2 M');
  return Object.freeze({
    kind: 'box',
    name: 'free-knot piecewise linear',
    norm: 'sup on [0,1]',
    statement: 'c relu(x - t) on [0,1]: M terms of Lipschitz constant 1 + 2 R in (c, t)',
    parameters,
    positions: parameters,
    values: { bound: limit },
    lipschitz: logOf(growth(`3 M ${limit.text}`)),
    realise: ({ positions, values }: Element) => {
      const all = new Map(positions.map((k, i) => [k, values[i]] as const));
      const count = positions.reduce((m, k) => Math.max(m, (k >> 1) + 1), 0);
      const terms = Array.from({ length: count }, (_, i) => ({
        c: all.get(2 * i) ?? Dyadic.ZERO,
        t: all.get(2 * i + 1) ?? Dyadic.ZERO,
      }));
      const evaluate = (x: Dyadic): Dyadic =>
        terms.reduce((s, { c, t }) => (x.gt(t) ? s.add(c.mul(x.sub(t))) : s), Dyadic.ZERO);
      return { text: `${count} ramps`, evaluate, estimate: (x: number) => evaluate(Dyadic.from(x)).toNumber() };
    },
    approximate: (f: (x: number) => number, size: number) => {
      // A step up to f(0) over [-1, 0], then equidistant knots; one slope a term.
      const n = Math.max(1, size - 2);
      const y = Array.from({ length: n + 1 }, (_, i) => f(i / n));
      const slopes = Array.from({ length: n }, (_, i) => ((y[i + 1] as number) - (y[i] as number)) * n);
      const r = Dyadic.of(valueAt(limit, size));
      const clip = (v: number): Dyadic => Dyadic.from(v).min(r).max(r.neg());
      const parts: Dyadic[] =
        size < 2
          ? []
          : [clip(y[0] as number), Dyadic.from(-1), clip((slopes[0] as number) - (y[0] as number)), Dyadic.ZERO];
      for (let i = 1; i < n && parts.length < 2 * size; i++) {
        parts.push(clip((slopes[i] as number) - (slopes[i - 1] as number)), Dyadic.from(i / n));
      }
      return { positions: parts.map((_, k) => k), values: parts };
    },
  });
}
