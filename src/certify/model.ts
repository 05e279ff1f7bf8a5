/**
 * A function on a block [lo, hi], as a polynomial with whole coefficients:
 *
 *   f(m + 2^h t) = sum C_k t^k + (at most radius),   |t| <= 1, all in units of 2^-P.
 *
 * The coefficients come from a Taylor enclosure at m and one over the block (the remainder). A block serves many pieces of
 * a network, so that a piece costs a few products of short integers and no enclosure of its own.
 */
import { ceilShift, Dyadic, Interval, shift, type Target } from '../exact/index.ts';
import { MAX_PRECISION } from '../exact/span.ts';

export interface Model {
  readonly lo: Dyadic;
  readonly hi: Dyadic;
  /** Centre m. */
  readonly mid: Dyadic;
  /** x = m + 2^h t. */
  readonly h: number;
  /** Points t are whole numbers times 2^-grid. */
  readonly grid: number;
  readonly coefficients: readonly bigint[];
  /** The same, times k, for the derivative in t: D_0 + D_1 t + ... */
  readonly derivative: readonly bigint[];
  readonly derivativeNear: readonly number[];
  /** Bound on the distance from f to the polynomial. */
  readonly radius: bigint;
  /** Bound on the distance from df/dt to the polynomial's derivative; undefined where f may have a kink. */
  readonly slopeRadius: bigint | undefined;
  /** Bound on |d^2 f/dt^2 / 2| over the block. */
  readonly curve: bigint;
  /** Bound on the distance from d^2 f/dt^2 / 2 to the polynomial's; undefined where f may have a kink. */
  readonly bendRadius: bigint | undefined;
  /** Taylor terms: f^(order) is enclosed over the block, the others at its centre. */
  readonly order: number;
  /** Sign of f'' on the block where it is known: 1 convex, -1 concave. */
  readonly curvature: -1 | 0 | 1;
  /** Where f is shown to be exactly a x + c on the block: a and c. */
  readonly line: { readonly a: Dyadic; readonly c: Dyadic } | undefined;
}

/** A dyadic near the middle of [lo, hi] (within its middle half) with as few digits as that allows. */
export function middle(lo: Dyadic, hi: Dyadic): Dyadic {
  const width = hi.sub(lo);
  return lo
    .add(hi)
    .scale(-1)
    .roundTo(2 - width.exponent);
}

/**
 * The model of f over [lo, hi], lo < hi, in units of 2^-P with Taylor terms up to `order`; less where f has no such
 * derivatives. Undefined where f is not shown to be defined on the whole block.
 */
export function makeModel(
  f: Target,
  lo: Dyadic,
  hi: Dyadic,
  P: number,
  order: number,
  magnitude: number,
): Model | undefined {
  const mid = middle(lo, hi);
  let precision = Math.min(MAX_PRECISION, Math.max(24, P + magnitude + 8));
  for (;;) {
    const terms = enclosures(f, lo, hi, mid, order, precision);
    if (!terms) return undefined;
    const model = plain(fromEnclosures(terms, lo, hi, mid, P), terms, P);
    // A value that is loose at the centre itself asks for more digits, not for a smaller block.
    const loose = terms.over.length > 1 ? (terms.at[0] as Interval).width.exponent + P : 0;
    if (loose <= 1 || precision >= MAX_PRECISION || f.kind === 'callback') return model;
    precision = Math.min(MAX_PRECISION, 2 * precision + loose);
  }
}

/** The range of f on the block, a polynomial of order 0, where that is closer than the Taylor polynomial: at steep places. */
function plain(model: Model, { over }: Enclosures, P: number): Model {
  const range = over[0] as Interval;
  if (over.length === 1 || model.line || !range.width.scale(P - 1).lt(Dyadic.of(model.radius))) return model;
  return fromEnclosures({ at: [range], rest: Interval.of(0), over: [range] }, model.lo, model.hi, model.mid, P);
}

interface Enclosures {
  /** f, f', f''/2, ... at the centre. */
  readonly at: readonly Interval[];
  /** f^(k)/k! over the block for k = at.length: the remainder's factor; a zero where `at` already covers f. */
  readonly rest: Interval;
  /** All enclosures over the block that exist. */
  readonly over: readonly Interval[];
}

function enclosures(
  f: Target,
  lo: Dyadic,
  hi: Dyadic,
  mid: Dyadic,
  order: number,
  precision: number,
): Enclosures | undefined {
  const block = Interval.of(lo, hi);
  const point = Interval.of(mid);
  for (const n of f.kind === 'callback' || order < 2 ? [1] : [order, 1]) {
    const over = f.taylor?.(block, n, precision);
    const at = over && (n === 1 ? undefined : f.taylor?.(point, n - 1, precision));
    if (over && at) return { at, rest: over[n] as Interval, over };
    if (over && n === 1) {
      const value = f.enclose([point], precision);
      if (value) return { at: [value], rest: over[1] as Interval, over };
    }
  }
  const range = f.enclose([block], precision);
  return range && { at: [range], rest: Interval.of(0), over: [range] };
}

function fromEnclosures({ at, rest, over }: Enclosures, lo: Dyadic, hi: Dyadic, mid: Dyadic, P: number): Model {
  const w = hi.sub(mid).max(mid.sub(lo));
  const h = w.m === 1n ? w.exponent : w.exponent + 1;
  // |t| <= reach 2^-16 on the block.
  const reach = w.scale(16 - h).ceil();
  const coefficients: bigint[] = [];
  let radius = 0n;
  let slopeRadius = 0n;
  let curveRadius = 0n;
  let power = 1n << 16n; // reach^k, rounded up
  let below = 0n; // reach^(k-1)
  let twoBelow = 0n;
  [...at, rest].forEach((term, k) => {
    const from = term.lo.scale(P + h * k).floor();
    const to = term.hi.scale(P + h * k).ceil();
    const c = (from + to) >> 1n;
    const r = to - c > c - from ? to - c : c - from;
    coefficients.push(c);
    radius += ceilShift(r * power, 16);
    slopeRadius += ceilShift(BigInt(k) * r * below, 16);
    curveRadius += ceilShift(BigInt((k * (k - 1)) / 2) * r * twoBelow, 16);
    twoBelow = below;
    below = power;
    power = ceilShift(power * reach, 16);
  });
  while (coefficients.length > 1 && coefficients[coefficients.length - 1] === 0n) coefficients.pop();
  const derivative = coefficients.slice(1).map((c, k) => c * BigInt(k + 1));
  let widest = 0n;
  for (const d of derivative) widest += d < 0n ? -d : d;
  let curve = curveRadius;
  coefficients.forEach((c, k) => {
    curve += BigInt((k * (k - 1)) / 2) * (c < 0n ? -c : c);
  });
  const smooth = at.length > 1;
  const second = smooth ? over[2] : undefined;
  return {
    lo,
    hi,
    mid,
    h,
    grid: Math.max(16, widest.toString(2).length + 2),
    coefficients,
    derivative,
    derivativeNear: derivative.map(Number),
    radius: radius + BigInt(coefficients.length),
    slopeRadius: smooth ? slopeRadius + BigInt(coefficients.length) : undefined,
    curve,
    bendRadius: smooth ? curveRadius + BigInt(coefficients.length) : undefined,
    order: over.length - 1,
    curvature: second === undefined ? 0 : second.lo.sign >= 0 ? 1 : second.hi.sign <= 0 ? -1 : 0,
    line: exactLine(at, over, mid),
  };
}

/** f = a x + c on the block, where its slope is one number there and its value at the centre is known exactly. */
function exactLine(
  at: readonly Interval[],
  over: readonly Interval[],
  mid: Dyadic,
): { a: Dyadic; c: Dyadic } | undefined {
  const slope = over[1];
  const value = at[0] as Interval;
  if (!slope?.isPoint || !value.isPoint) return undefined;
  return { a: slope.lo, c: value.lo.sub(slope.lo.mul(mid)) };
}

/** floor of (x - m) / 2^h on the model's grid, for x = n/d. */
export function gridFloor(model: Model, n: bigint, d: bigint): bigint {
  const { m, e } = model.mid;
  const up = model.grid - model.h;
  // (n/d - m 2^e) 2^up
  let top: bigint;
  let shiftBy: number;
  if (e >= 0) {
    top = n - d * (m << BigInt(e));
    shiftBy = up;
  } else {
    top = (n << BigInt(-e)) - d * m;
    shiftBy = up + e;
  }
  let bottom = d;
  if (shiftBy >= 0) top <<= BigInt(shiftBy);
  else bottom <<= BigInt(-shiftBy);
  const q = top / bottom;
  return top < 0n && q * bottom !== top ? q - 1n : q;
}

/** The x of a grid point. */
export function gridPoint(model: Model, t: bigint): Dyadic {
  return model.mid.add(Dyadic.of(t, model.h - model.grid));
}

/** The network's line a x + c (whole numbers times 2^-scale) in the model's variable and units, each within one unit. */
export function lineInModel(model: Model, a: bigint, c: bigint, scale: number, P: number, out: bigint[]): void {
  const { m, e } = model.mid;
  const k = e < 0 ? -e : 0;
  const at = a * (e > 0 ? m << BigInt(e) : m) + (c << BigInt(k));
  out[0] = shift(at, P - scale - k);
  out[1] = shift(a, P - scale + model.h);
}
