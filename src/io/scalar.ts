/**
 * Exact numbers for weights that came as float32 or float64: a float64 wherever it holds the value, a Dyadic elsewhere.
 * Every function here is exact. Trained networks stay in float64 arrays, and nothing is ever rounded.
 */
import { bitLength, Dyadic, Rational } from '../exact/index.ts';

export type Scalar = number | Dyadic;

/** Many scalars; the typed array where all are float64. */
export type Scalars = Float64Array | readonly Scalar[];

export function toDyadic(x: Scalar): Dyadic {
  return typeof x === 'number' ? Dyadic.from(x) : x;
}

/** The float64 that equals d, where there is one. */
export function simplify(d: Dyadic): Scalar {
  return d.isZero || (bitLength(d.m) <= 53 && d.e >= -1074 && d.exponent <= 1023) ? d.toNumber() : d;
}

export function isZero(x: Scalar): boolean {
  return typeof x === 'number' ? x === 0 : x.isZero;
}

export function product(a: Scalar, b: Scalar): Scalar {
  if (typeof a === 'number' && typeof b === 'number') {
    const p = a * b;
    if (p === 0 ? a === 0 || b === 0 : a === 1 || b === 1 || a === -1 || b === -1) return p;
    // Two 24-bit significands have a 48-bit product, and the product of two float32 stays within the range of float64.
    if (Math.fround(a) === a && Math.fround(b) === b) return p;
  }
  return simplify(toDyadic(a).mul(toDyadic(b)));
}

export function total(a: Scalar, b: Scalar): Scalar {
  if (typeof a === 'number' && typeof b === 'number') {
    // Knuth's two-sum: the rounding error of a + b, itself exact; NaN where the sum overflowed.
    const s = a + b;
    const part = s - a;
    if (a - (s - part) + (b - part) === 0) return s;
  }
  return simplify(toDyadic(a).add(toDyadic(b)));
}

export function negated(a: Scalar): Scalar {
  return typeof a === 'number' ? -a : a.neg();
}

/** a / b where that is dyadic, undefined elsewhere; b is not zero. */
export function quotient(a: Scalar, b: Scalar): Scalar | undefined {
  const exact = Rational.fromDyadic(toDyadic(a))
    .div(Rational.fromDyadic(toDyadic(b)))
    .toDyadic();
  return exact && simplify(exact);
}

export function compareScalars(a: Scalar, b: Scalar): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : toDyadic(a).compare(toDyadic(b));
}

/** The typed array where every value is a float64. */
export function compactScalars(values: Scalar[]): Scalars {
  return values.every((v) => typeof v === 'number') ? Float64Array.from(values as number[]) : values;
}
