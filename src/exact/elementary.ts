/**
 * exp, log and what is made of them, over spans: the true value for every number of the argument lies in the result, and at a
 * point the result is about 2^-p wide relative to its size. Arguments of any size; where the function has no real value
 * (log at 0) these throw {@link Undefined}.
 */
import { bitLength, roughBitLength } from './bits.ts';
import { expFixed, ln2Fixed, logFixed, piFixed, roundDigits, twiceAtanhFixed } from './fixed.ts';
import {
  add,
  between,
  div,
  EXPONENT_LIMIT,
  exactly,
  hull,
  isPoint,
  isZero,
  mul,
  neg,
  ONE,
  root,
  type Span,
  shiftBy,
  sqrt,
  square,
  sub,
  trim,
  UNDEFINED,
  ZERO,
} from './span.ts';

/** A function at the dyadic number m * 2^e. */
type At = (m: bigint, e: number, p: number) => Span;

/** An increasing function over a span, from its two ends. */
export function increasing(x: Span, p: number, at: At): Span {
  const low = at(x.lo, x.e, p);
  return isPoint(x) ? low : between(low, at(x.hi, x.e, p));
}

/** A decreasing function over a span, from its two ends. */
export function decreasing(x: Span, p: number, at: At): Span {
  const high = at(x.lo, x.e, p);
  return isPoint(x) ? high : between(at(x.hi, x.e, p), high);
}

/** floor(m * 2^e). */
const floorOf = (m: bigint, e: number): bigint => (e >= 0 ? m << BigInt(e) : m >> BigInt(-e));

export function pi(p: number): Span {
  const w = p + 2;
  const v = piFixed(w);
  return { lo: v - 2n, hi: v + 2n, e: -w };
}

export function ln2(p: number): Span {
  const w = p + 4;
  const v = ln2Fixed(w);
  return { lo: v - 2n, hi: v + 2n, e: -w };
}

/** e^x. */
export const exp = (x: Span, p: number): Span => increasing(x, p, expAt);

function expAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ONE;
  if (roughBitLength(m) + e > 22) {
    // |x| >= 2^20: e^x is beyond the largest or below the smallest magnitude that is told apart.
    if (m > 0n) throw UNDEFINED;
    return { lo: 0n, hi: 1n, e: -EXPONENT_LIMIT };
  }
  const W = roundDigits(p + 6);
  const r = reduceByLn2(m, e, W);
  const v = expFixed(r, W);
  // 12 ulp of the kernel and e^r < 2.8 times the 4 ulp of r.
  return trim(v - 24n, v + 24n, reducedBy - W, p);
}

/** The k of the last {@link reduceByLn2}. */
let reducedBy = 0;

/** x - k ln 2 in [0, 1) at W digits, off by less than 4 ulp; k is left in reducedBy. |x| < 2^23. */
function reduceByLn2(m: bigint, e: number, W: number): bigint {
  const x = floorOf(m, e + W); // less than 1 ulp below
  // The float only chooses k; any k that leaves a remainder in [0, 1) is right.
  const kept = Math.min(W, 60);
  let k = Math.floor(Number(x >> BigInt(W - kept)) * 2 ** -kept * Math.LOG2E);
  const extra = 26;
  // k * (2 ulp at W + 26 digits) < 1 ulp at W digits, and the cut loses less than 1 more.
  const l = ln2Fixed(W + extra);
  let r = x - ((BigInt(k) * l) >> BigInt(extra));
  while (r < 0n) {
    r += l >> BigInt(extra);
    k--;
  }
  reducedBy = k;
  return r;
}

/** e^x - 1, with relative precision at 0 as well. */
export const expm1 = (x: Span, p: number): Span => increasing(x, p, expm1At);

function expm1At(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ZERO;
  const lift = -(roughBitLength(m) + e); // |x| < 2^-lift
  if (lift > p + 4) {
    // x <= e^x - 1 <= x + x^2 for |x| <= 1.
    return justAbove(m, e, p, lift);
  }
  return sub(expAt(m, e, p + Math.max(0, lift) + 4), ONE, p);
}

/** [x, x + x^2] for |x| < 2^-lift. */
function justAbove(m: bigint, e: number, p: number, lift: number): Span {
  const up = Math.max(0, p + 4 - roughBitLength(m));
  const n = m << BigInt(up);
  const rest = ((n < 0n ? -n : n) >> BigInt(lift)) + 1n;
  return trim(n, n + rest, e - up, p);
}

/** ln x; throws Undefined where x reaches 0. */
export const log = (x: Span, p: number): Span => increasing(x, p, logAt);

function logAt(m: bigint, e: number, p: number): Span {
  if (m <= 0n) throw UNDEFINED;
  const size = bitLength(m);
  const k = size - 1 + e; // 2^k <= x < 2^(k+1)
  if (k === 0 || k === -1) {
    const rest = m - (1n << BigInt(-e)); // e <= 0 here
    if (rest === 0n || -e - roughBitLength(rest) >= 5) return log1pAt(rest, e, p);
  }
  const W = roundDigits(p + 10 + (k === 0 || k === -1 ? 6 : 0));
  const v = logFixed(floorOf(m, e + W - k), W);
  if (k === 0) return trim(v - 10n, v + 10n, -W, p);
  // The cut of y >= 2^W costs less than 1 ulp, the kernel 8; k ln 2 at enough digits 2.
  const extra = bitLength(BigInt(k)) + 1;
  const total = v + ((BigInt(k) * ln2Fixed(W + extra)) >> BigInt(extra));
  return trim(total - 12n, total + 12n, -W, p);
}

/** ln(1 + x); throws Undefined where x reaches -1. */
export const log1p = (x: Span, p: number): Span => increasing(x, p, log1pAt);

function log1pAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ZERO;
  const lift = -(roughBitLength(m) + e); // |x| < 2^-lift
  if (lift < 4) {
    const one = add(ONE, exactly(m, e), p + 64 + Math.max(0, -e));
    return isPoint(one) ? logAt(one.lo, one.e, p) : log(one, p);
  }
  if (lift > p + 4) {
    // x - 2 x^2 <= ln(1+x) <= x for |x| <= 1/2.
    const up = Math.max(0, p + 4 - roughBitLength(m));
    const n = m << BigInt(up);
    const rest = ((n < 0n ? -n : n) >> BigInt(lift - 1)) + 1n;
    return trim(n - rest, n, e - up, p);
  }
  // ln(1+x) = 2 atanh(x / (2+x)); the quotient is off by less than 1 + 1 ulp: 1 for its cut, less than 1 for the cut of x.
  const W = roundDigits(p + lift + 10);
  const two = 2n << BigInt(W);
  const x = floorOf(m, e + W);
  const v = twiceAtanhFixed((x << BigInt(W)) / (two + x), W, lift);
  return trim(v - 10n, v + 10n, -W, p);
}

/** log2 x; exact at powers of two. */
export const log2 = (x: Span, p: number): Span => increasing(x, p, log2At);

function log2At(m: bigint, e: number, p: number): Span {
  if (m > 0n && (m & (m - 1n)) === 0n) return exactly(BigInt(bitLength(m) - 1 + e));
  return div(logAt(m, e, p + 4), ln2(p + 4), p);
}

const tens = new Map<number, Span>();
/** log10 x. */
export const log10 = (x: Span, p: number): Span =>
  increasing(x, p, (m, e) => {
    let ten = tens.get(p);
    if (!ten) {
      if (tens.size > 100) tens.clear();
      ten = logAt(10n, 0, p + 4);
      tens.set(p, ten);
    }
    return div(logAt(m, e, p + 4), ten, p);
  });

export const sinh = (x: Span, p: number): Span => increasing(x, p, sinhAt);

function sinhAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ZERO;
  if (m < 0n) return neg(sinhAt(-m, e, p));
  // t = e^x - 1: sinh x = (t + t/(1+t)) / 2, a sum of positive terms.
  const t = expm1At(m, e, p + 4);
  return shiftBy(add(t, div(t, add(ONE, t, p + 4), p + 4), p), -1);
}

export function cosh(x: Span, p: number): Span {
  if (x.lo >= 0n) return increasing(x, p, coshAt);
  if (x.hi <= 0n) return increasing(neg(x), p, coshAt);
  const far = -x.lo > x.hi ? -x.lo : x.hi;
  return between(ONE, coshAt(far, x.e, p));
}

function coshAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ONE;
  const t = expAt(m < 0n ? -m : m, e, p + 4);
  return shiftBy(add(t, div(ONE, t, p + 4), p), -1);
}

export const tanh = (x: Span, p: number): Span => increasing(x, p, tanhAt);

function tanhAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ZERO;
  if (m < 0n) return neg(tanhAt(-m, e, p));
  // t = 1 - e^(-2x) in (0, 1): tanh x = t / (2 - t).
  const t = neg(expm1At(-m, e + 1, p + 4));
  return cutAtOne(div(t, sub(exactly(2n), t, p + 4), p + 2));
}

/** The part of x that is at most 1, for a function that never exceeds 1. */
function cutAtOne(x: Span): Span {
  const one = x.e > 0 ? undefined : 1n << BigInt(-x.e);
  return one !== undefined && x.hi > one ? { lo: x.lo < one ? x.lo : one, hi: one, e: x.e } : x;
}

/** 1 / (1 + e^-x). */
export const sigmoid = (x: Span, p: number): Span => increasing(x, p, sigmoidAt);

function sigmoidAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return exactly(1n, -1);
  const t = expAt(m < 0n ? m : -m, e, p + 4);
  const d = add(ONE, t, p + 4);
  return m < 0n ? div(t, d, p) : cutAtOne(div(ONE, d, p));
}

/** ln(1 + e^x). */
export const softplus = (x: Span, p: number): Span =>
  increasing(x, p, (m, e) => {
    const rest = log1p(expAt(m < 0n ? m : -m, e, p + 4), p + 4);
    return m < 0n ? rest : add(exactly(m, e), rest, p);
  });

export const asinh = (x: Span, p: number): Span => increasing(x, p, asinhAt);

function asinhAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ZERO;
  if (m < 0n) return neg(asinhAt(-m, e, p));
  const q = p + 8;
  const x = exactly(m, e);
  const xx = square(x, q);
  // asinh x = log1p(x + x^2 / (1 + sqrt(1 + x^2))).
  return log1p(add(x, div(xx, add(ONE, sqrt(add(ONE, xx, q), q), q), q), q), p);
}

/** Inverse of cosh on [1, inf). */
export const acosh = (x: Span, p: number): Span =>
  increasing(x, p, (m, e) => {
    const q = p + 8;
    const t = sub(exactly(m, e), ONE, q + 64 + Math.max(0, -e));
    if (t.lo < 0n) throw UNDEFINED;
    // acosh(1 + t) = log1p(t + sqrt(t (t + 2))).
    return isZero(t) ? ZERO : log1p(add(t, sqrt(mul(t, add(t, exactly(2n), q), q), q), q), p);
  });

/** Inverse of tanh on (-1, 1). */
export const atanh = (x: Span, p: number): Span => increasing(x, p, atanhAt);

function atanhAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ZERO;
  if (m < 0n) return neg(atanhAt(-m, e, p));
  const q = p + 8;
  const rest = sub(ONE, exactly(m, e), q + 64 + Math.max(0, -e));
  if (rest.lo <= 0n) throw UNDEFINED;
  return shiftBy(log1p(div(exactly(m, e + 1), rest, q), p), -1);
}

export const cbrt = (x: Span, p: number): Span => oddRoot(x, 3, p);

/** The real k-th root for odd k, of any sign. */
export function oddRoot(x: Span, k: number, p: number): Span {
  if (x.lo >= 0n) return root(x, k, p);
  const low = neg(root({ lo: -x.lo, hi: -x.lo, e: x.e }, k, p));
  if (isPoint(x)) return low;
  const high = { lo: x.hi, hi: x.hi, e: x.e };
  return between(low, x.hi >= 0n ? root(high, k, p) : neg(root(neg(high), k, p)));
}

/** x^y for x > 0, and for x >= 0 where y > 0; throws Undefined elsewhere. */
export function realPower(x: Span, y: Span, p: number): Span {
  if (x.lo < 0n) throw UNDEFINED;
  if (x.lo === 0n) {
    if (y.lo <= 0n) throw UNDEFINED;
    if (x.hi === 0n) return ZERO;
    return hull(ZERO, realPower({ lo: x.hi, hi: x.hi, e: x.e }, y, p));
  }
  // The relative error of e^t is the absolute error of t: as many more digits as t has before its point.
  const rough = mul(log(x, 40), y, 40);
  const before = Math.max(0, roughBitLength(rough.lo) + rough.e, roughBitLength(rough.hi) + rough.e);
  const q = p + 6 + Math.min(before, 24);
  return exp(mul(log(x, q), y, q), p);
}
