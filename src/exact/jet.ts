/**
 * Truncated power series in d variables with spans as coefficients: the coefficient of a monomial h^n encloses D^n f / n!
 * over the whole box on which the series was computed. `null` stands for a coefficient that is exactly 0.
 */
import { add, div, hull, isZero, mul, neg, type Span, square, sub, UNDEFINED, ZERO } from './span.ts';

export type Coefficient = Span | null;
export type Jet = readonly Coefficient[];

/** The monomials |n| <= order in d variables, by degree, and which products of two of them stay within the order. */
export interface Shape {
  readonly inputs: number;
  readonly order: number;
  /** The multi-indices; the first is 0, then the d unit vectors. */
  readonly monomials: readonly (readonly number[])[];
  /** For each monomial k the pairs i <= j with monomial i * monomial j = monomial k, flattened. */
  readonly pairs: readonly (readonly number[])[];
}

const shapes = new Map<string, Shape>();

export function shapeOf(inputs: number, order: number): Shape {
  const name = `${inputs},${order}`;
  let shape = shapes.get(name);
  if (!shape) {
    const monomials: number[][] = [];
    for (let degree = 0; degree <= order; degree++) ofDegree(inputs, degree, [], monomials);
    const index = new Map(monomials.map((n, i) => [n.join(','), i]));
    const pairs: number[][] = monomials.map(() => []);
    monomials.forEach((a, i) => {
      for (let j = i; j < monomials.length; j++) {
        const b = monomials[j] as number[];
        const k = index.get(a.map((n, v) => n + (b[v] as number)).join(','));
        if (k !== undefined) (pairs[k] as number[]).push(i, j);
      }
    });
    shape = { inputs, order, monomials, pairs };
    if (shapes.size > 64) shapes.clear();
    shapes.set(name, shape);
  }
  return shape;
}

/** Appends the multi-indices of one degree that begin with `start`, the first variable's power falling. */
function ofDegree(inputs: number, degree: number, start: readonly number[], out: number[][]): void {
  if (start.length === inputs - 1) {
    out.push([...start, degree]);
    return;
  }
  for (let n = degree; n >= 0; n--) ofDegree(inputs, degree - n, [...start, n], out);
}

export const constantJet = (shape: Shape, value: Span): Jet => [
  value,
  ...new Array<Coefficient>(shape.monomials.length - 1).fill(null),
];

/** Variable number `index` over the span `value`. */
export function variableJet(shape: Shape, index: number, value: Span): Jet {
  const jet = new Array<Coefficient>(shape.monomials.length).fill(null);
  jet[0] = value;
  if (shape.order > 0) jet[1 + index] = { lo: 1n, hi: 1n, e: 0 };
  return jet;
}

export function addJets(a: Jet, b: Jet, p: number): Jet {
  const out = new Array<Coefficient>(a.length);
  for (let k = 0; k < a.length; k++) {
    const x = a[k] as Coefficient;
    const y = b[k] as Coefficient;
    out[k] = x === null ? y : y === null ? x : add(x, y, p);
  }
  return out;
}

export function subJets(a: Jet, b: Jet, p: number): Jet {
  const out = new Array<Coefficient>(a.length);
  for (let k = 0; k < a.length; k++) {
    const x = a[k] as Coefficient;
    const y = b[k] as Coefficient;
    out[k] = y === null ? x : x === null ? neg(y) : sub(x, y, p);
  }
  return out;
}

export const negJet = (a: Jet): Jet => a.map((x) => (x === null ? null : neg(x)));

const plus = (sum: Coefficient, term: Span, p: number): Span => (sum === null ? term : add(sum, term, p));

export function mulJets(shape: Shape, a: Jet, b: Jet, p: number): Jet {
  if (a === b) return squareJet(shape, a, p);
  return shape.pairs.map((pairs) => {
    let sum: Coefficient = null;
    for (let n = 0; n < pairs.length; n += 2) {
      const i = pairs[n] as number;
      const j = pairs[n + 1] as number;
      const ai = a[i] as Coefficient;
      const bj = b[j] as Coefficient;
      if (ai !== null && bj !== null) sum = plus(sum, mul(ai, bj, p), p);
      if (i === j) continue;
      const aj = a[j] as Coefficient;
      const bi = b[i] as Coefficient;
      if (aj !== null && bi !== null) sum = plus(sum, mul(aj, bi, p), p);
    }
    return sum;
  });
}

/** a * a, sharper than a product of two that do not know each other. */
export function squareJet(shape: Shape, a: Jet, p: number): Jet {
  return shape.pairs.map((pairs) => {
    let sum: Coefficient = null;
    for (let n = 0; n < pairs.length; n += 2) {
      const i = pairs[n] as number;
      const j = pairs[n + 1] as number;
      const ai = a[i] as Coefficient;
      const aj = a[j] as Coefficient;
      if (ai === null || aj === null) continue;
      const product = i === j ? square(ai, p) : mul(ai, aj, p);
      sum = plus(sum, i === j ? product : { lo: product.lo, hi: product.hi, e: product.e + 1 }, p);
    }
    return sum;
  });
}

/** a / b from c b = a, degree by degree. Throws Undefined where b's value may be 0. */
export function divJets(shape: Shape, a: Jet, b: Jet, p: number): Jet {
  const b0 = b[0] as Coefficient;
  if (b0 === null) throw UNDEFINED;
  const c: Coefficient[] = [];
  for (let k = 0; k < a.length; k++) {
    let rest: Coefficient = a[k] as Coefficient;
    const pairs = shape.pairs[k] as readonly number[];
    for (let n = 0; n < pairs.length; n += 2) {
      const i = pairs[n] as number;
      const j = pairs[n + 1] as number;
      const bj = b[j] as Coefficient;
      const ci = c[i] as Coefficient;
      // j = 0 happens only for i = j = 0 or as the pair (0, k): the term b_0 c_k that is solved for.
      if (j !== 0 && bj !== null && ci !== null && ci !== undefined) {
        const term = mul(ci, bj, p);
        rest = rest === null ? neg(term) : sub(rest, term, p);
      }
      if (i === j || i === 0) continue;
      const bi = b[i] as Coefficient;
      const cj = c[j] as Coefficient;
      if (bi !== null && cj !== null && cj !== undefined) {
        const term = mul(cj, bi, p);
        rest = rest === null ? neg(term) : sub(rest, term, p);
      }
    }
    c.push(rest === null || isZero(rest) ? (k === 0 ? div(ZERO, b0, p) : null) : div(rest, b0, p));
  }
  return c;
}

/** g(u), given the enclosures g, g', g''/2!, ... over the value of u (null: exactly 0). */
export function composeJet(shape: Shape, u: Jet, g: readonly Coefficient[], p: number): Jet {
  const { order } = shape;
  const out = new Array<Coefficient>(u.length).fill(null);
  out[0] = g[0] as Coefficient;
  if (order === 0) return out;
  const step: Coefficient[] = [null, ...u.slice(1)];
  let powers: Jet[] = [step];
  for (let k = 1; k <= order; k++) {
    if (k > 1) {
      // Even powers as squares: their pure coefficients are then known not to be negative.
      const next =
        k % 2 === 0 ? squareJet(shape, powers[k / 2 - 1] as Jet, p) : mulJets(shape, powers[k - 2] as Jet, step, p);
      powers = [...powers, next];
    }
    const gk = g[k] as Coefficient;
    if (gk === null) continue;
    const power = powers[k - 1] as Jet;
    for (let n = 1; n < power.length; n++) {
      const c = power[n] as Coefficient;
      if (c !== null) out[n] = plus(out[n] as Coefficient, isOne(c) ? gk : mul(gk, c, p), p);
    }
  }
  return out;
}

const isOne = (x: Span): boolean => x.lo === 1n && x.hi === 1n && x.e === 0;

export const hullJets = (a: Jet, b: Jet): Jet =>
  a.map((x, k) => {
    const y = b[k] as Coefficient;
    return x === null && y === null ? null : hull(x ?? ZERO, y ?? ZERO);
  });

export const valueIn = (a: Jet): Span => a[0] ?? ZERO;
