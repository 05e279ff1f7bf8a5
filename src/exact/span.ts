/**
 * Spans: the intervals [lo, hi] * 2^e that the elementary functions are computed in. One exponent for both ends, ends not
 * normalised, plain objects: a few times faster than {@link Interval}, which stays the form that other rooms see.
 *
 * Every operation is an enclosure: the true result for any real operands inside lies inside. `p` is the number of
 * significant bits that the operation keeps (it may keep a few more); ends are only ever moved outward.
 * An operation without a value (division by an interval that holds 0, a magnitude beyond 2^EXPONENT_LIMIT) throws
 * {@link Undefined}, which the targets turn into `undefined`.
 */
import { bitLength, roughBitLength } from './bits.ts';
import { Dyadic } from './dyadic.ts';
import { Interval } from './interval.ts';
import type { Rational } from './rational.ts';
import { ceilDivide, floorDivide, floorRoot, floorSqrt } from './roots.ts';

export interface Span {
  readonly lo: bigint;
  readonly hi: bigint;
  readonly e: number;
}

/** Values beyond 2^EXPONENT_LIMIT count as undefined; values below 2^-EXPONENT_LIMIT are enclosed by [0, 2^-EXPONENT_LIMIT]. */
export const EXPONENT_LIMIT = 1 << 20;

/** Largest precision, in bits, that an enclosure may be asked for. */
export const MAX_PRECISION = 1 << 13;

/** Digits beyond `p` that are not worth a rounding. */
const SLACK = 32;

/** Where the ends differ by more than 2^RATIO the smaller one is kept to an absolute precision only. */
const RATIO = 4096;

/** Thrown where a function has no value, or none that is shown; one object, made once, so that throwing costs little. */
export class Undefined extends Error {
  override readonly name = 'Undefined';
}
export const UNDEFINED = new Undefined('undefined');

export const ZERO: Span = Object.freeze({ lo: 0n, hi: 0n, e: 0 });
export const ONE: Span = Object.freeze({ lo: 1n, hi: 1n, e: 0 });
/** [-1, 1]. */
export const UNIT: Span = Object.freeze({ lo: -1n, hi: 1n, e: 0 });

export const isPoint = (x: Span): boolean => x.lo === x.hi;
export const isZero = (x: Span): boolean => x.lo === 0n && x.hi === 0n;
export const holdsZero = (x: Span): boolean => x.lo <= 0n && x.hi >= 0n;

/** [lo, hi] * 2^e with ends cut outward to about p bits of the end nearer to zero. */
export function trim(lo: bigint, hi: bigint, e: number, p: number): Span {
  const low = roughBitLength(lo);
  const high = lo === hi ? low : roughBitLength(hi);
  const most = low > high ? low : high;
  if (most === 0) return ZERO;
  if (most + e > EXPONENT_LIMIT) throw UNDEFINED;
  if (most + e < -EXPONENT_LIMIT) return { lo: lo < 0n ? -1n : 0n, hi: hi > 0n ? 1n : 0n, e: -EXPONENT_LIMIT };
  const least = lo > 0n ? low : hi < 0n ? high : most;
  let drop = least - p;
  if (most - p - RATIO > drop) drop = most - p - RATIO;
  if (drop <= SLACK) return { lo, hi, e };
  const d = BigInt(drop);
  return { lo: lo >> d, hi: -(-hi >> d), e: e + drop };
}

/** The lower end of `l` and the upper end of `h`. */
export function between(l: Span, h: Span): Span {
  const gap = l.e - h.e;
  if (gap === 0) return { lo: l.lo, hi: h.hi, e: l.e };
  if (gap > 0) {
    if (gap <= RATIO || l.lo === 0n) return { lo: l.lo << BigInt(l.lo === 0n ? 0 : gap), hi: h.hi, e: h.e };
    return { lo: l.lo << BigInt(RATIO), hi: -(-h.hi >> BigInt(gap - RATIO)), e: l.e - RATIO };
  }
  if (-gap <= RATIO || h.hi === 0n) return { lo: l.lo, hi: h.hi << BigInt(h.hi === 0n ? 0 : -gap), e: l.e };
  return { lo: l.lo >> BigInt(-gap - RATIO), hi: h.hi << BigInt(RATIO), e: h.e - RATIO };
}

/** a and b on one exponent: exact, unless one lies more than RATIO bits below the last digit of the other and is cut outward. */
function aligned(a: Span, b: Span): [Span, Span] {
  if (a.e === b.e) return [a, b];
  if (a.e < b.e) {
    const [y, x] = aligned(b, a);
    return [x, y];
  }
  if (isZero(a)) return [{ lo: 0n, hi: 0n, e: b.e }, b];
  const gap = a.e - b.e;
  if (gap <= RATIO || gap <= RATIO + Math.max(roughBitLength(b.lo), roughBitLength(b.hi))) {
    return [{ lo: a.lo << BigInt(gap), hi: a.hi << BigInt(gap), e: b.e }, b];
  }
  const e = a.e - RATIO;
  const d = BigInt(e - b.e);
  return [
    { lo: a.lo << BigInt(RATIO), hi: a.hi << BigInt(RATIO), e },
    { lo: b.lo >> d, hi: -(-b.hi >> d), e },
  ];
}

export function neg(x: Span): Span {
  return { lo: -x.hi, hi: -x.lo, e: x.e };
}

export function add(a: Span, b: Span, p: number): Span {
  if (a.e === b.e) return trim(a.lo + b.lo, a.hi + b.hi, a.e, p);
  const [x, y] = aligned(a, b);
  return trim(x.lo + y.lo, x.hi + y.hi, x.e, p);
}

export function sub(a: Span, b: Span, p: number): Span {
  if (a.e === b.e) return trim(a.lo - b.hi, a.hi - b.lo, a.e, p);
  const [x, y] = aligned(a, b);
  return trim(x.lo - y.hi, x.hi - y.lo, x.e, p);
}

export function mul(a: Span, b: Span, p: number): Span {
  const e = a.e + b.e;
  if (a.lo >= 0n) {
    if (b.lo >= 0n) return trim(a.lo * b.lo, a.hi * b.hi, e, p);
    if (b.hi <= 0n) return trim(a.hi * b.lo, a.lo * b.hi, e, p);
    return trim(a.hi * b.lo, a.hi * b.hi, e, p);
  }
  if (a.hi <= 0n) {
    if (b.lo >= 0n) return trim(a.lo * b.hi, a.hi * b.lo, e, p);
    if (b.hi <= 0n) return trim(a.hi * b.hi, a.lo * b.lo, e, p);
    return trim(a.lo * b.hi, a.lo * b.lo, e, p);
  }
  if (b.lo >= 0n) return trim(a.lo * b.hi, a.hi * b.hi, e, p);
  if (b.hi <= 0n) return trim(a.hi * b.lo, a.lo * b.lo, e, p);
  const down = a.lo * b.hi;
  const down2 = a.hi * b.lo;
  const up = a.lo * b.lo;
  const up2 = a.hi * b.hi;
  return trim(down < down2 ? down : down2, up > up2 ? up : up2, e, p);
}

export function square(a: Span, p: number): Span {
  const lo = a.lo * a.lo;
  if (a.lo === a.hi) return trim(lo, lo, 2 * a.e, p);
  const hi = a.hi * a.hi;
  if (a.lo >= 0n) return trim(lo, hi, 2 * a.e, p);
  if (a.hi <= 0n) return trim(hi, lo, 2 * a.e, p);
  return trim(0n, lo > hi ? lo : hi, 2 * a.e, p);
}

/** x * n / d for small whole n and d > 0. */
export function scaleBy(x: Span, n: bigint, d: bigint, p: number): Span {
  if (isZero(x)) return ZERO;
  const lo = (n < 0n ? x.hi : x.lo) * n;
  const hi = (n < 0n ? x.lo : x.hi) * n;
  if (d === 1n) return trim(lo, hi, x.e, p);
  const least = lo > 0n ? roughBitLength(lo) : hi < 0n ? roughBitLength(hi) : 0;
  const up = Math.max(0, p + SLACK + roughBitLength(d) - (least || Math.max(roughBitLength(lo), roughBitLength(hi))));
  const k = BigInt(Math.min(up, p + RATIO));
  return trim(floorDivide(lo << k, d), ceilDivide(hi << k, d), x.e - Number(k), p);
}

/** x * 2^k. */
export function shiftBy(x: Span, k: number): Span {
  return { lo: x.lo, hi: x.hi, e: x.e + k };
}

/** a / b. Throws Undefined where b holds 0. */
export function div(a: Span, b: Span, p: number): Span {
  if (holdsZero(b)) throw UNDEFINED;
  if (b.hi < 0n) return div(neg(a), neg(b), p);
  if (isZero(a)) return ZERO;
  const least = a.lo > 0n ? a.lo : a.hi < 0n ? a.hi : a.hi > -a.lo ? a.hi : a.lo;
  const up = p + 8 + roughBitLength(b.hi) - roughBitLength(least);
  const k = up > 0 ? BigInt(Math.min(up, p + RATIO)) : 0n;
  const lo = floorDivide(a.lo << k, a.lo >= 0n ? b.hi : b.lo);
  const hi = a.lo === a.hi && b.lo === b.hi ? undefined : ceilDivide(a.hi << k, a.hi >= 0n ? b.lo : b.hi);
  if (hi !== undefined) return trim(lo, hi, a.e - b.e - Number(k), p);
  return trim(lo, lo * b.lo === a.lo << k ? lo : lo + 1n, a.e - b.e - Number(k), p);
}

/** Square root of what of x is not negative; throws Undefined where x reaches below 0. */
export function sqrt(x: Span, p: number): Span {
  return root(x, 2, p);
}

/** The k-th root, k >= 2, of x >= 0; exact where it is dyadic and short. */
export function root(x: Span, k: number, p: number): Span {
  if (x.lo < 0n) throw UNDEFINED;
  const low = rootAt(x.lo, x.e, k, p);
  return x.lo === x.hi ? low : between(low, rootAt(x.hi, x.e, k, p));
}

function rootAt(m: bigint, e: number, k: number, p: number): Span {
  if (m === 0n) return ZERO;
  // m * 2^up has about k (p + 4) digits, and its exponent is a multiple of k.
  let up = Math.max(0, k * (p + 4) - roughBitLength(m));
  up += (((e - up) % k) + k) % k;
  const n = m << BigInt(up);
  const r = k === 2 ? floorSqrt(n) : floorRoot(n, k);
  const exact = (k === 2 ? r * r : r ** BigInt(k)) === n;
  return { lo: r, hi: exact ? r : r + 1n, e: (e - up) / k };
}

/** x^n for whole n >= 0, sharp at even powers. */
export function power(x: Span, n: number, p: number): Span {
  if (n === 0) return ONE;
  if (n === 1) return x;
  if (n === 2) return square(x, p);
  if (isPoint(x)) return powerAt(x, n, p + 8);
  const even = n % 2 === 0;
  const low = powerAt({ lo: x.lo, hi: x.lo, e: x.e }, n, p + 8);
  const high = powerAt({ lo: x.hi, hi: x.hi, e: x.e }, n, p + 8);
  if (!even || x.lo >= 0n) return between(low, high);
  if (x.hi <= 0n) return between(high, low);
  return between(ZERO, max(low, high));
}

function powerAt(x: Span, n: number, p: number): Span {
  let result: Span | undefined;
  let base = x;
  // Every squaring loses at most one part in 2^p, once doubled at each level: n parts in all.
  const q = p + (32 - Math.clz32(n)) + 2;
  for (let k = n; ; ) {
    if (k & 1) result = result ? mul(result, base, q) : base;
    k >>= 1;
    if (k === 0) return result as Span;
    base = square(base, q);
  }
}

/** Whether every number of a is at most every number of b. */
export function surelyAtMost(a: Span, b: Span): boolean {
  const [x, y] = aligned(a, b);
  return x.hi <= y.lo;
}

/** Whether every number of a is below every number of b. */
export function surelyBelow(a: Span, b: Span): boolean {
  const [x, y] = aligned(a, b);
  return x.hi < y.lo;
}

export function hull(a: Span, b: Span): Span {
  const [x, y] = aligned(a, b);
  return { lo: x.lo < y.lo ? x.lo : y.lo, hi: x.hi > y.hi ? x.hi : y.hi, e: x.e };
}

/** The common part of two enclosures of one number (never empty then). */
export function meet(a: Span, b: Span): Span {
  const [x, y] = aligned(a, b);
  return { lo: x.lo > y.lo ? x.lo : y.lo, hi: x.hi < y.hi ? x.hi : y.hi, e: x.e };
}

export function max(a: Span, b: Span): Span {
  const [x, y] = aligned(a, b);
  return { lo: x.lo > y.lo ? x.lo : y.lo, hi: x.hi > y.hi ? x.hi : y.hi, e: x.e };
}

export function min(a: Span, b: Span): Span {
  const [x, y] = aligned(a, b);
  return { lo: x.lo < y.lo ? x.lo : y.lo, hi: x.hi < y.hi ? x.hi : y.hi, e: x.e };
}

export function abs(x: Span): Span {
  if (x.lo >= 0n) return x;
  if (x.hi <= 0n) return neg(x);
  return { lo: 0n, hi: -x.lo > x.hi ? -x.lo : x.hi, e: x.e };
}

/** The whole number m * 2^e as a span; e defaults to 0. */
export function exactly(m: bigint, e = 0): Span {
  return { lo: m, hi: m, e };
}

/** A fraction to p bits; exact where it is dyadic. */
export function ofRational(x: Rational, p: number): Span {
  const exact = x.toDyadic();
  if (exact) return exactly(exact.m, exact.e);
  const k = Math.max(0, p + 2 + bitLength(x.d) - bitLength(x.n));
  const lo = floorDivide(x.n << BigInt(k), x.d);
  return trim(lo, lo + 1n, -k, p);
}

export function ofInterval(x: Interval): Span {
  const { lo, hi } = x;
  if (lo.e === hi.e) return { lo: lo.m, hi: hi.m, e: lo.e };
  return between(exactly(lo.m, lo.e), exactly(hi.m, hi.e));
}

/** The span as an Interval with ends cut outward to p significant bits each. */
export function toInterval(x: Span, p: number): Interval {
  const lo = endAt(x.lo, x.e, p, false);
  return x.lo === x.hi && roughBitLength(x.lo) <= p ? Interval.of(lo) : Interval.of(lo, endAt(x.hi, x.e, p, true));
}

function endAt(m: bigint, e: number, p: number, up: boolean): Dyadic {
  const drop = roughBitLength(m) - p;
  if (drop <= 0) return Dyadic.of(m, e);
  return Dyadic.of(up ? -(-m >> BigInt(drop)) : m >> BigInt(drop), e + drop);
}

/** Binary order of the largest magnitude: |x| < 2^top(x), at most one too large; -Infinity for zero. */
export function top(x: Span): number {
  const most = Math.max(roughBitLength(x.lo), roughBitLength(x.hi));
  return most === 0 ? Number.NEGATIVE_INFINITY : most + x.e;
}
