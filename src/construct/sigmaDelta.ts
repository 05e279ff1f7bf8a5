/**
 * Sigma-delta encoding [OSB; theory 2.2]: a function f with |f(x) - f(y)| <= (unit/step) |x - y| becomes one bit a step.
 *
 *   g is piecewise linear on the grid x_i = lo + i step, moves by +unit or -unit in every step, and g(x_0) is a multiple of unit;
 *   it goes up where f(x_(i+1)) >= g(x_i), else down. Then |f - g| <= unit everywhere: the error f - g stays in [-unit, unit]
 *   at grid points by induction, and between two of them because f moves no faster than g.
 *
 * Stored bits x error -> 1 for the class of Lipschitz functions: the entropy limit.
 */
import { Dyadic, enclosing, Interval, Rational, refuse, type Target, wholeNumber } from '../exact/index.ts';

/** g in multiples of unit: heights start, start +- 1, ...; up[i] is 1 where step i goes up, 0 where it goes down. */
export interface ZigZag {
  readonly start: number;
  readonly up: Uint8Array;
}

/** What the encoder asks of f. */
export interface Samples {
  /** A whole number k with |f(x_0) - k unit| <= unit. */
  readonly start: number;
  /** Whether f(x_i) >= level unit. */
  atLeast(i: number, level: number): boolean;
}

/** Most steps of one encoding. */
export const MAX_STEPS = 1 << 27;

export function sigmaDelta(samples: Samples, steps: number): ZigZag {
  wholeNumber('sigmaDelta steps', steps, 1, MAX_STEPS);
  const up = new Uint8Array(steps);
  let level = samples.start;
  for (let i = 0; i < steps; i++) {
    const rise = samples.atLeast(i + 1, level);
    up[i] = rise ? 1 : 0;
    level += rise ? 1 : -1;
  }
  return { start: samples.start, up };
}

/** The height of g at every grid point, in multiples of unit. */
export function heightsOf({ start, up }: ZigZag): Int32Array {
  const heights = new Int32Array(up.length + 1);
  heights[0] = start;
  for (let i = 0; i < up.length; i++) heights[i + 1] = (heights[i] as number) + (up[i] === 1 ? 1 : -1);
  return heights;
}

/** Where g lives: x_i = lo + i / rate (points beyond hi are taken as hi), heights in multiples of unit above offset. */
export interface Grid {
  readonly lo: Dyadic;
  readonly hi: Dyadic;
  /** 1/step. */
  readonly rate: Dyadic;
  readonly unit: Dyadic;
  readonly offset: Dyadic;
}

/** g(x), the recursion beside the network; x in [lo, hi]. */
export function zigZagAt(g: ZigZag, grid: Grid, x: Dyadic): Dyadic {
  const t = x.sub(grid.lo).mul(grid.rate);
  const i = Math.min(Number(t.floor()), g.up.length - 1);
  let height = g.start;
  for (let k = 0; k < i; k++) height += g.up[k] === 1 ? 1 : -1;
  const part = t.sub(Dyadic.from(i));
  return grid.offset.add(grid.unit.mul(Dyadic.from(height).add(g.up[i] === 1 ? part : part.neg())));
}

/** Digits at which a comparison f(x) >= level is first tried, and at which it is given up. */
const FIRST_PRECISION = 64;
const LAST_PRECISION = 512;
/** Degree of the polynomials that stand for f on a block of grid points, and the most points of a block. */
const DEGREE = 3;
const MOST_BLOCK = 1024;

/** A target seen through a grid. */
export class TargetSamples implements Samples {
  readonly start: number;
  /**
   * 0, or the width of the narrowest enclosure in which f could not be told from a level: f touches g there. Then
   * |f - g| <= unit + slack.
   */
  slack = Dyadic.ZERO;
  private readonly rate: Rational;
  private readonly lo: Rational;
  private readonly hi: Rational;
  /** Fixed point: heights are whole multiples of 2^-places. */
  private readonly places: number;
  private readonly unit: bigint;
  private readonly offset: bigint;
  private readonly fixedLo: bigint;
  private readonly fixedHi: bigint;
  /** So many points that the remainder (block step)^4 stays well below a unit of a function that is not too curved. */
  private readonly blockSize: number;
  private block: Block | undefined;

  /** Throws InputError where f is not shown to be defined at lo. */
  constructor(
    private readonly target: Target,
    private readonly grid: Grid,
  ) {
    if (target.inputs !== 1) refuse('lipschitz', 'a target with one input', target.inputs);
    this.rate = Rational.fromDyadic(grid.rate);
    this.lo = Rational.fromDyadic(grid.lo);
    this.hi = Rational.fromDyadic(grid.hi);
    const { unit: step, offset: base, lo, hi } = grid;
    this.places = Math.max(32 - step.exponent, ...[step, base, lo, hi].map((v) => v.fractionalBits));
    const steps = -hi.sub(lo).mul(grid.rate).exponent;
    this.blockSize = Math.min(MOST_BLOCK, 2 ** Math.max(0, Math.floor(-0.75 * steps) - 2));
    this.fixedLo = lo.mantissaAt(this.places);
    this.fixedHi = hi.mantissaAt(this.places);
    this.unit = grid.unit.mantissaAt(this.places);
    this.offset = grid.offset.mantissaAt(this.places);
    const first = this.enclose(0, FIRST_PRECISION).mid.sub(grid.offset);
    const unit = Rational.fromDyadic(grid.unit);
    this.start = Number(Rational.fromDyadic(first).div(unit).roundTo(0, 'nearest').floor());
  }

  atLeast(i: number, level: number): boolean {
    const near = this.compareInBlock(i, this.offset + this.unit * BigInt(level));
    if (near !== 0) return near > 0;
    const height = this.grid.offset.add(this.grid.unit.mul(Dyadic.from(level)));
    for (let precision = FIRST_PRECISION; ; precision *= 2) {
      const value = this.enclose(i, precision);
      if (value.lo.ge(height)) return true;
      if (value.hi.lt(height)) return false;
      if (precision >= LAST_PRECISION) {
        this.slack = this.slack.max(value.width);
        return true;
      }
    }
  }

  /** 1 where f(x_i) is surely above the height, -1 where it is surely below, 0 where the block's polynomial cannot tell. */
  private compareInBlock(i: number, height: bigint): -1 | 0 | 1 {
    const at = i - (i % this.blockSize);
    if (this.block?.at !== at) this.block = this.expand(at);
    const { coefficients, radius, middle } = this.block;
    if (!coefficients) return 0;
    const places = BigInt(this.places);
    const t = this.fixedPoint(i) - middle;
    let value = 0n;
    for (let k = coefficients.length - 1; k >= 0; k--) value = ((value * t) >> places) + (coefficients[k] as bigint);
    return value - radius > height ? 1 : value + radius < height ? -1 : 0;
  }

  /** f on a block as a polynomial in x - middle with a radius that covers its remainder and all rounding. */
  private expand(at: number): Block {
    const first = enclosing(this.pointAt(at), 96);
    const last = enclosing(this.pointAt(at + this.blockSize - 1), 96);
    const box = first.hull(last);
    const middle = box.mid;
    const jet = this.target.taylor?.(Interval.of(middle), DEGREE, 96);
    const rest = this.target.taylor?.(box, DEGREE + 1, 64)?.[DEGREE + 1];
    if (!jet || !rest) return { at, middle: 0n, radius: 0n };
    // |t| below 2^-reach; a power of it for every order.
    const half = box.width.scale(-1);
    const reach = half.isZero ? this.places : -half.exponent - 1;
    if (reach < 0) return { at, middle: 0n, radius: 0n };
    let radius = rest.magnitude.scale(-reach * (DEGREE + 1));
    jet.forEach((c, k) => {
      radius = radius.add(c.width.scale(-reach * k));
    });
    // Each of t, of the coefficients and of the shifts is cut by less than one unit in the last place; slopes carry the cut of t.
    const slope = jet.slice(1).reduce((sum, c) => sum.add(c.magnitude), Dyadic.ONE);
    const cuts = Dyadic.from(4 * (DEGREE + 2))
      .mul(slope.max(Dyadic.ONE))
      .scale(-this.places);
    return {
      at,
      middle: middle.roundTo(this.places, 'down').mantissaAt(this.places),
      coefficients: jet.map((c) => c.mid.roundTo(this.places, 'down').mantissaAt(this.places)),
      radius: radius.add(cuts).roundTo(this.places, 'up').mantissaAt(this.places),
    };
  }

  private pointAt(i: number): Rational {
    const x = this.lo.add(Rational.of(BigInt(i)).div(this.rate));
    return x.compare(this.hi) > 0 ? this.hi : x;
  }

  /** x_i 2^places, cut by less than 1. */
  private fixedPoint(i: number): bigint {
    const { m, e } = this.grid.rate;
    const scaled = BigInt(i) << BigInt(this.places + Math.max(0, -e));
    const x = this.fixedLo + scaled / (m << BigInt(Math.max(0, e)));
    return x < this.fixedHi ? x : this.fixedHi;
  }

  private enclose(i: number, precision: number): Interval {
    const at = this.pointAt(i);
    const value = this.target.enclose([enclosing(at, precision)], precision);
    if (!value)
      refuse(
        `lipschitz, target ${this.target.text}`,
        'a value at every point of the interval',
        `none at ${at.toNumber()}`,
      );
    return value;
  }
}

/** Without coefficients nothing is known of this block but its points. */
interface Block {
  readonly at: number;
  readonly middle: bigint;
  readonly coefficients?: readonly bigint[];
  readonly radius: bigint;
}
