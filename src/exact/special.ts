/** The error function over spans, by its series of positive terms: no digits cancel. */
import { roughBitLength } from './bits.ts';
import { decreasing, exp, increasing, pi } from './elementary.ts';
import {
  add,
  div,
  exactly,
  hull,
  mul,
  neg,
  ONE,
  type Span,
  scaleBy,
  shiftBy,
  sqrt,
  square,
  sub,
  trim,
  ZERO,
} from './span.ts';

/** The whole part of the lower end. */
const floorOf = (x: Span): bigint => (x.e >= 0 ? x.lo << BigInt(x.e) : x.lo >> BigInt(-x.e));

/** erf x = 2/sqrt(pi) * (integral of e^(-t^2) from 0 to x). */
export const erf = (x: Span, p: number): Span => increasing(x, p, erfAt);

function erfAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ZERO;
  if (m < 0n) return neg(erfAt(-m, e, p));
  const q = p + 8;
  const top = roughBitLength(m) + e; // x < 2^top
  const x = exactly(m, e);
  if (2 * top < -(p + 4)) {
    // x (1 - x^2) <= x - x^3/3 <= (sqrt(pi)/2) erf x <= x.
    const one = 1n << BigInt(p + 4);
    return div(shiftBy(mul(x, { lo: one - 1n, hi: one, e: -p - 4 }, q), 1), sqrt(pi(q), q), p);
  }
  const xx = square(x, q);
  if (top > 20 || floorOf(xx) >= BigInt(p)) {
    // x^2 >= p here: 1 - erf x <= e^(-x^2) < 2^-p.
    const one = 1n << BigInt(p);
    return { lo: one - 1n, hi: one, e: -p };
  }
  const factor = div(shiftBy(exp(neg(xx), q), 1), sqrt(pi(q), q), q);
  const v = mul(factor, risingSeries(x, q + Math.max(0, -top)), p);
  const one = v.e <= 0 ? 1n << BigInt(-v.e) : undefined;
  return one !== undefined && v.hi > one ? trim(v.lo < one ? v.lo : one, one, v.e, p) : v;
}

/**
 * sum_n x (2x^2)^n / (3 * 5 * ... * (2n+1)) = e^(x^2) (sqrt(pi)/2) erf x, for a point x > 0: every term from below and from above.
 * Once a term is at most half the one before, what follows it is at most as large as it.
 */
function risingSeries(x: Span, p: number): Span {
  const W = p + 16;
  const w = BigInt(W);
  const low = x.e + W >= 0 ? x.lo << BigInt(x.e + W) : x.lo >> BigInt(-x.e - W);
  const high = x.e + W >= 0 ? low : low + 1n;
  const twiceLow = (low * low) >> (w - 1n);
  const twiceHigh = ((high * high) >> (w - 1n)) + 1n;
  let sumLow = 0n;
  let sumHigh = 0n;
  let termLow = low;
  let termHigh = high;
  for (let n = 0n; ; n++) {
    sumLow += termLow;
    sumHigh += termHigh;
    const odd = 2n * n + 3n;
    if (termHigh <= 2n && twiceHigh * 2n <= odd << w) return { lo: sumLow, hi: sumHigh + termHigh + 1n, e: -W };
    termLow = ((termLow * twiceLow) >> w) / odd;
    termHigh = ((termHigh * twiceHigh) >> w) / odd + 1n;
  }
}

/** 1 - erf x, with relative precision for large x as well. */
export const erfc = (x: Span, p: number): Span => decreasing(x, p, erfcAt);

function erfcAt(m: bigint, e: number, p: number): Span {
  if (m <= 0n) return add(ONE, neg(erfAt(m, e, p + 4)), p);
  const q = p + 8;
  const xx = square(exactly(m, e), q + 24);
  if (roughBitLength(m) + e > 20 || floorOf(xx) >= BigInt(q)) {
    return erfcFar(exactly(m, e), xx, p);
  }
  // erfc x > e^(-x^2) / (x + sqrt(x^2 + 2)) > 2^(-1.45 x^2 - 8) for x^2 < q < 2^14: as many more digits.
  const more = Math.ceil(1.45 * Number(floorOf(xx) + 2n)) + 8;
  return sub(ONE, erfAt(m, e, p + more), p);
}

/**
 * erfc x = e^(-x^2) / (x sqrt(pi)) * sum_n (-1)^n (1 * 3 * ... * (2n-1)) / (2x^2)^n: by parts, each remainder has the sign of the
 * first term left out, so the sums lie on alternating sides of the value. x^2 >= p + 8: the terms fall below 2^-p before they grow.
 */
function erfcFar(x: Span, xx: Span, p: number): Span {
  const q = p + 8;
  let term = ONE;
  let sum = ONE;
  for (let n = 0; ; n++) {
    term = neg(div(scaleBy(term, BigInt(2 * n + 1), 1n, q), shiftBy(xx, 1), q));
    const next = add(sum, term, q);
    if (roughBitLength(term.lo) + term.e < -q) {
      sum = hull(sum, next);
      break;
    }
    sum = next;
  }
  const scale = div(exp(neg(xx), q), mul(x, sqrt(pi(q), q), q), q);
  return mul(scale, sum, p);
}
