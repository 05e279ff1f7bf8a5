/**
 * sin, cos and their relatives over spans. Arguments of any size: the reduction by pi/2 takes as many digits of pi as the
 * argument has before its point (up to ARGUMENT_LIMIT, beyond which sin and cos are only known to lie in [-1, 1]).
 * Extrema inside a span are found exactly, from the quarter turns in which its ends lie.
 */
import { roughBitLength } from './bits.ts';
import { decreasing, increasing, pi } from './elementary.ts';
import { atanFixed, piFixed, roundDigits, sinCosFixed, sinCosResult } from './fixed.ts';
import {
  add,
  between,
  div,
  exactly,
  hull,
  isPoint,
  mul,
  neg,
  ONE,
  type Span,
  shiftBy,
  sqrt,
  sub,
  trim,
  UNDEFINED,
  UNIT,
  ZERO,
} from './span.ts';

/** Arguments of sin and cos at or beyond 2^ARGUMENT_LIMIT are not reduced. */
export const ARGUMENT_LIMIT = 1 << 14;

/** Quarter turns are counted modulo this, so that they stay exact float64 integers. */
const TURNS = 2 ** 40;

interface SinCos {
  readonly sin: Span;
  readonly cos: Span;
  /** floor(x / (pi/2)) modulo TURNS; -1 where it was not found. */
  readonly quarter: number;
}

const UNKNOWN: SinCos = { sin: UNIT, cos: UNIT, quarter: -1 };

/** sin and cos at m * 2^e. */
function sinCosAt(m: bigint, e: number, p: number): SinCos {
  if (m === 0n) return { sin: ZERO, cos: ONE, quarter: 0 };
  const top = roughBitLength(m) + e; // |x| < 2^top
  if (top > ARGUMENT_LIMIT) return UNKNOWN;
  if (2 * top < -(p + 4)) return sinCosTiny(m, e, p, top);
  // A result near 0 needs as many more digits as it has zeros behind the point: take them once they are seen.
  const most = 2 * (p + Math.max(0, top) + roughBitLength(m)) + 512;
  for (let lift = Math.max(0, -top); ; ) {
    const W = roundDigits(p + 8 + lift);
    const { q, r } = quarterTurns(m, e, top, W);
    sinCosFixed(r < 0n ? -r : r, W);
    const missing = p + 6 - roughBitLength(sinCosResult.sin);
    const s = r < 0n ? -sinCosResult.sin : sinCosResult.sin;
    const c = sinCosResult.cos;
    // q is the nearest quarter turn: x lies in quarter q or q - 1, as the remainder's sign says once it is above its error.
    if (missing <= 0 || lift > most) {
      const turn = q & 3;
      // 8 ulp of the kernel and 4 ulp of the remainder: sin and cos change no faster than their argument.
      const sin = around(turn === 0 ? s : turn === 1 ? c : turn === 2 ? -s : -c, W, p);
      const cos = around(turn === 0 ? c : turn === 1 ? -s : turn === 2 ? -c : s, W, p);
      return { sin, cos, quarter: missing > 0 ? -1 : s > 0n ? q : (q + TURNS - 1) % TURNS };
    }
    lift = Math.max(lift + missing + 4, 2 * lift);
  }
}

const around = (v: bigint, W: number, p: number): Span => trim(v - 12n, v + 12n, -W, p);

/** q = round(x / (pi/2)) modulo TURNS and x - q pi/2 at W digits, off by less than 4 ulp, between -0.8 and 0.8. */
function quarterTurns(m: bigint, e: number, top: number, W: number): { q: number; r: bigint } {
  const x = e + W >= 0 ? m << BigInt(e + W) : m >> BigInt(-e - W); // less than 1 ulp below
  if (top < 30) {
    const kept = Math.min(W, 60);
    // The float only chooses q; any q whose remainder is small is right.
    const q = Math.round(Number(x >> BigInt(W - kept)) * 2 ** -kept * 0.6366197723675814);
    if (q === 0) return { q: 0, r: x };
    // |q| < 2^31 times 2 ulp of pi at W + 33 digits (halved: pi/2) is below 1 ulp; the cut loses less than 1 more.
    return { q: q < 0 ? q + TURNS : q, r: x - ((BigInt(q) * piFixed(W + 33)) >> 34n) };
  }
  const extra = top + 4;
  const half = piFixed(W + extra); // pi/2 at W + extra + 1 digits
  const scaled = (x << BigInt(extra + 1)) + (half >> 1n);
  const q = scaled >= 0n ? scaled / half : -((-scaled + half - 1n) / half); // floor(x / (pi/2) + 1/2)
  return { q: Number(BigInt.asUintN(40, q)), r: x - ((q * half) >> BigInt(extra + 1)) };
}

/** x - |x|^3 <= sin x <= x and 1 - x^2 <= cos x <= 1 for 0 < x < 2^top <= 2^(-p/2 - 2); mirrored for negative x. */
function sinCosTiny(m: bigint, e: number, p: number, top: number): SinCos {
  const up = Math.max(0, p + 8 - roughBitLength(m));
  const n = m << BigInt(up);
  const rest = ((n < 0n ? -n : n) >> BigInt(-2 * top)) + 1n;
  const one = 1n << BigInt(p + 4);
  return {
    sin: n > 0n ? trim(n - rest, n, e - up, p) : trim(n, n + rest, e - up, p),
    cos: { lo: one - 1n, hi: one, e: -p - 4 },
    quarter: n > 0n ? 0 : TURNS - 1,
  };
}

/** sin and cos of every number in x. */
export function sinCos(x: Span, p: number): { sin: Span; cos: Span } {
  const low = sinCosAt(x.lo, x.e, p);
  if (isPoint(x)) return { sin: cut(low.sin), cos: cut(low.cos) };
  const width = x.hi - x.lo;
  const size = roughBitLength(width) + x.e;
  if (size > 3 || (size === 3 && width >> BigInt(-x.e) >= 7n)) return UNKNOWN;
  const high = sinCosAt(x.hi, x.e, p);
  if (low.quarter < 0 || high.quarter < 0) return UNKNOWN;
  // The span is shorter than 8 < 6 quarter turns; the turns that begin inside it are first + 1 .. first + steps.
  const steps = (high.quarter - low.quarter + TURNS) % TURNS;
  let sin = hull(low.sin, high.sin);
  let cos = hull(low.cos, high.cos);
  for (let k = 1; k <= steps; k++) {
    // At turn n: sin is 0, 1, 0, -1 and cos is 1, 0, -1, 0 for n = 0, 1, 2, 3 modulo 4.
    const turn = (low.quarter + k) & 3;
    if (turn === 1) sin = hull(sin, ONE);
    else if (turn === 3) sin = hull(sin, neg(ONE));
    else if (turn === 0) cos = hull(cos, ONE);
    else cos = hull(cos, neg(ONE));
  }
  return { sin: cut(sin), cos: cut(cos) };
}

/** The part of x within [-1, 1]. */
function cut(x: Span): Span {
  if (x.e > 0 || (roughBitLength(x.lo) + x.e <= 0 && roughBitLength(x.hi) + x.e <= 0)) return x;
  const one = 1n << BigInt(-x.e);
  return x.hi > one || x.lo < -one ? { lo: x.lo < -one ? -one : x.lo, hi: x.hi > one ? one : x.hi, e: x.e } : x;
}

export const sin = (x: Span, p: number): Span => sinCos(x, p).sin;
export const cos = (x: Span, p: number): Span => sinCos(x, p).cos;

/** Throws Undefined where a pole is not excluded. */
export function tan(x: Span, p: number): Span {
  const low = sinCosAt(x.lo, x.e, p + 4);
  if (isPoint(x)) return div(low.sin, low.cos, p);
  const high = sinCosAt(x.hi, x.e, p + 4);
  const width = roughBitLength(x.hi - x.lo) + x.e; // above 4: longer than pi
  if (low.quarter < 0 || high.quarter < 0 || width > 4) throw UNDEFINED;
  // Increasing between poles, which stand at the odd quarter turns.
  const steps = (high.quarter - low.quarter + TURNS) % TURNS;
  if (steps > 1 || (steps === 1 && ((low.quarter + 1) & 1) === 1)) throw UNDEFINED;
  return between(div(low.sin, low.cos, p), div(high.sin, high.cos, p));
}

export const atan = (x: Span, p: number): Span => increasing(x, p, atanAt);

function atanAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ZERO;
  if (m < 0n) return neg(atanAt(-m, e, p));
  const top = roughBitLength(m) + e; // x < 2^top
  if (2 * top < -(p + 4)) {
    // x - x^3 <= atan x <= x.
    const up = Math.max(0, p + 8 - roughBitLength(m));
    const n = m << BigInt(up);
    return trim(n - (n >> BigInt(-2 * top)) - 1n, n, e - up, p);
  }
  const W = roundDigits(p + 8 + Math.max(0, -top));
  if (top <= 0 || (top === 1 && m <= 1n << BigInt(-e))) {
    const x = e + W >= 0 ? m << BigInt(e + W) : m >> BigInt(-e - W);
    const v = atanFixed(x, W); // 5 ulp, and 1 for the cut of x
    return trim(v - 8n, v + 8n, -W, p);
  }
  // atan x = pi/2 - atan(1/x): 5 ulp, 1 for the cut of the quotient, 1 + 1 for pi/2.
  const y = W >= e ? (1n << BigInt(W - e)) / m : 0n;
  const v = (piFixed(W) >> 1n) - atanFixed(y, W);
  return trim(v - 10n, v + 10n, -W, p);
}

/** Throws Undefined where x leaves [-1, 1]. */
export const asin = (x: Span, p: number): Span => increasing(x, p, asinAt);

function asinAt(m: bigint, e: number, p: number): Span {
  if (m === 0n) return ZERO;
  if (m < 0n) return neg(asinAt(-m, e, p));
  const q = p + 8;
  const x = exactly(m, e);
  const rest = sub(ONE, x, q + 64 + Math.max(0, -e));
  if (rest.lo < 0n) throw UNDEFINED;
  if (rest.hi === 0n) return shiftBy(pi(p), -1);
  // asin x = atan(x / sqrt((1-x)(1+x))).
  return atan(div(x, sqrt(mul(rest, add(ONE, x, q), q), q), q), p);
}

/** Throws Undefined where x leaves [-1, 1]. */
export const acos = (x: Span, p: number): Span => decreasing(x, p, acosAt);

function acosAt(m: bigint, e: number, p: number): Span {
  const q = p + 8;
  const x = exactly(m, e);
  const exact = q + 64 + Math.max(0, -e);
  const rest = sub(ONE, x, exact);
  const past = add(ONE, x, exact);
  if (rest.lo < 0n || past.lo < 0n) throw UNDEFINED;
  if (past.hi === 0n) return pi(p);
  if (rest.hi === 0n) return ZERO;
  // acos x = 2 atan(sqrt((1-x)/(1+x))).
  return shiftBy(atan(sqrt(div(rest, past, q), q), p), 1);
}

/**
 * The angle of (x, y), in (-pi, pi], where the box of both keeps clear of the origin and of the cut y = 0, x < 0 (touching it from
 * above is allowed). Throws Undefined elsewhere.
 */
export function atan2(y: Span, x: Span, p: number): Span {
  const q = p + 8;
  if (x.lo > 0n) return atan(div(y, x, q), p);
  if (y.lo > 0n) return sub(shiftBy(pi(q), -1), atan(div(x, y, q), q), p);
  if (y.hi < 0n) return sub(shiftBy(neg(pi(q)), -1), atan(div(x, y, q), q), p);
  if (x.hi < 0n && y.lo >= 0n) return add(pi(q), atan(div(y, x, q), q), p);
  throw UNDEFINED;
}
