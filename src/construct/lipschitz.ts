/**
 * Lipschitz functions at the entropy limit [OSB]. A plan is for a whole class of functions; its `network(f)` encodes one of them.
 *
 *   class        |f(x) - f(y)| <= constant |x - y| on [lo, hi], dyadic ends                       (default: 1 on [0, 1])
 *   guaranteed   |f - net| <= guaranteed at every real x in [lo, hi], for every f of the class
 *
 *   lipschitz({ bytes })                  the bit matrix (bitMatrix.ts), K m / 8 bytes of it: guaranteed <= constant (hi - lo) / (K m),
 *                                         up to rounding in the 24th digit
 *   lipschitz({ epsilon })                the same, with the fewest bits that give this error
 *   lipschitz({ width, depth, bits })     the best network of width <= W, depth <= L, weights in Q(0, b) (lipschitzBudget.ts), between
 *                                         affine maps that bring f to [0, 1] and Lipschitz constant 1
 */
import {
  Dyadic,
  type DyadicLike,
  Interval,
  quotient,
  Rational,
  refuse,
  type Target,
  wholeNumber,
} from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { bitMatrix } from './bitMatrix.ts';
import { cutCells } from './cells.ts';
import { type BudgetNetwork, type BudgetOptions, type BudgetPlan, planBudget } from './lipschitzBudget.ts';
import { type Grid, sigmaDelta, TargetSamples, type ZigZag } from './sigmaDelta.ts';

/** The class of functions. */
export interface LipschitzClass {
  /** The interval; dyadic ends, [0, 1] by default. */
  readonly domain?: readonly [lo: DyadicLike, hi: DyadicLike];
  /** The Lipschitz constant; 1 by default. */
  readonly constant?: DyadicLike;
}

export interface LipschitzOptions extends LipschitzClass {
  /** Bytes of bit matrix, 8 .. 2^24. */
  readonly bytes?: number;
  /** The error wanted for the whole class; the fewest bits that give it are taken. Instead of bytes. */
  readonly epsilon?: DyadicLike | Rational;
  /** K. By default few cells of many bits, m about 16 K: what a file spends beside the bits grows with K more than with m. */
  readonly cells?: number;
}

export interface LipschitzPlan {
  /** |f - net| for every f of the class. */
  readonly guaranteed: Dyadic;
  readonly domain: readonly [lo: Dyadic, hi: Dyadic];
  readonly constant: Dyadic;
  /** K. */
  readonly cells: number;
  /** m. */
  readonly stepsPerCell: number;
  /** K m. */
  readonly bits: number;
  readonly depth: number;
  readonly width: number;
  /** Encodes f. Throws InputError where f is not shown to be of the class. */
  network(f: Target): LipschitzNetwork;
  /** The network of a zig-zag (in multiples of `grid().unit` above `offset`) of at least K (m+1) - 1 steps. */
  fromZigZag(g: ZigZag, offset?: Dyadic): Network;
  grid(offset?: Dyadic): Grid;
}

export interface LipschitzNetwork {
  readonly status: 'proved';
  readonly network: Network;
  /** |f - net| <= guaranteed: the plan's bound, plus the slack of comparisons that stayed open (0 unless f touches g). */
  readonly guaranteed: Dyadic;
  readonly restsOn: readonly string[];
  readonly zigZag: ZigZag;
  readonly grid: Grid;
}

/** Binary digits of the rate and the unit where they are no powers of two. */
const DIGITS = 24;
const MOST_BITS = 1 << 27;

/** A plan for a budget. */
export interface LipschitzBudgetPlan extends Omit<BudgetPlan, 'network'> {
  readonly domain: readonly [lo: Dyadic, hi: Dyadic];
  readonly constant: Dyadic;
  /** Encodes f. Throws InputError where f is not shown to be of the class. */
  network(f: Target): LipschitzBudgetNetwork;
}

/** |f(x) - (offset + height net((x - lo) / length))| <= guaranteed. */
export interface LipschitzBudgetNetwork extends Pick<BudgetNetwork, 'network' | 'zigZag' | 'rate'> {
  readonly status: 'proved';
  readonly guaranteed: Dyadic;
  readonly restsOn: readonly string[];
  readonly normalisation: {
    readonly lo: Dyadic;
    readonly length: Dyadic;
    readonly height: Dyadic;
    readonly offset: Dyadic;
  };
}

/** Throws InputError where the options do not make sense together. */
export function lipschitz(options: BudgetOptions & LipschitzClass): LipschitzBudgetPlan;
export function lipschitz(options: LipschitzOptions): LipschitzPlan;
export function lipschitz(
  options: LipschitzOptions | (BudgetOptions & LipschitzClass),
): LipschitzPlan | LipschitzBudgetPlan {
  if (typeof options !== 'object' || options === null) refuse('lipschitz', 'an object of options', options);
  const { lo, hi, constant } = checkClass(options);
  if (!('width' in options)) return matrixPlan(options, lo, hi, constant);
  const plan = planBudget(options);
  const height = hi.sub(lo).mul(constant);
  return Object.freeze({
    ...plan,
    guaranteed: plan.guaranteed.mul(height),
    domain: [lo, hi] as const,
    constant,
    network: (f: Target) => encodeInBudget(f, plan, lo, hi, constant),
  });
}

function checkClass(options: LipschitzClass): { lo: Dyadic; hi: Dyadic; constant: Dyadic } {
  const lo = Dyadic.from(options.domain?.[0] ?? 0);
  const hi = Dyadic.from(options.domain?.[1] ?? 1);
  if (lo.ge(hi)) refuse('lipschitz domain', 'a lower end below the upper end', `[${lo}, ${hi}]`);
  const constant = Dyadic.from(options.constant ?? 1);
  if (constant.sign <= 0) refuse('lipschitz constant', 'a number greater than 0', options.constant);
  return { lo, hi, constant };
}

function encodeInBudget(f: Target, plan: BudgetPlan, lo: Dyadic, hi: Dyadic, constant: Dyadic): LipschitzBudgetNetwork {
  const restsOn = checkTarget(f, lo, hi, constant);
  const length = hi.sub(lo);
  const height = length.mul(constant);
  const plainClass = lo.isZero && length.eq(Dyadic.ONE) && height.eq(Dyadic.ONE);
  const base = plainClass ? Dyadic.ZERO : valueAt(f, lo).roundTo(24 - height.exponent);
  const { network, guaranteed, offset, zigZag, rate } = plan.network(
    plainClass ? f : normalised(f, lo, length, height, base),
  );
  return Object.freeze({
    status: 'proved' as const,
    network,
    guaranteed: guaranteed.mul(height),
    restsOn,
    normalisation: Object.freeze({ lo, length, height, offset: base.add(offset.mul(height)) }),
    ...(zigZag && rate && { zigZag, rate }),
  });
}

/** (f(lo + length u) - base) / height as a target on [0, 1]. */
function normalised(f: Target, lo: Dyadic, length: Dyadic, height: Dyadic, base: Dyadic): Target {
  const shift = Interval.of(base);
  return {
    kind: f.kind,
    inputs: 1,
    text: f.text,
    restsOn: f.restsOn,
    estimate: ([u]) =>
      (f.estimate([lo.toNumber() + length.toNumber() * (u as number)]) - base.toNumber()) / height.toNumber(),
    enclose: ([u], precision) => {
      const x = (u as Interval).mul(Interval.of(length)).add(Interval.of(lo));
      const value = f.enclose([x], precision + 8)?.sub(shift);
      return value && quotient(value, Interval.of(height), precision + 8);
    },
  };
}

function matrixPlan(options: LipschitzOptions, lo: Dyadic, hi: Dyadic, constant: Dyadic): LipschitzPlan {
  const { cells, m } = sizes(options, Rational.fromDyadic(hi.sub(lo).mul(constant)));
  // All K m steps of the default class fall on the grid 1/(K m) exactly.
  const length = Rational.fromDyadic(hi.sub(lo));
  const rate = Rational.of(BigInt(cells * m))
    .div(length)
    .roundBits(DIGITS, 'down');
  const unit = Rational.fromDyadic(constant).div(Rational.fromDyadic(rate)).roundBits(DIGITS, 'up');
  const grid = (offset = Dyadic.ZERO): Grid => ({ lo, hi, rate, unit, offset });
  const fromZigZag = (g: ZigZag, offset = Dyadic.ZERO): Network => bitMatrix(cutCells(g, cells, m), grid(offset));
  return Object.freeze({
    guaranteed: unit,
    domain: [lo, hi] as const,
    constant,
    cells,
    stepsPerCell: m,
    bits: cells * m,
    depth: 7,
    width: Math.max(2 * cells - 1, 2 * m + 2, cells + 3),
    network: (f: Target) => encode(f, { lo, hi, rate, unit, offset: Dyadic.ZERO }, constant, cells, m),
    fromZigZag,
    grid,
  });
}

function sizes({ bytes, epsilon, cells: chosen }: LipschitzOptions, variation: Rational): { cells: number; m: number } {
  if ((bytes === undefined) === (epsilon === undefined)) {
    refuse('lipschitz', 'either bytes or epsilon', bytes === undefined ? 'neither' : 'both');
  }
  let bits: number;
  if (bytes !== undefined) {
    if (!Number.isInteger(bytes) || bytes < 8 || bytes > MOST_BITS / 8) {
      refuse('lipschitz bytes', `a whole number in 8..${MOST_BITS / 8}`, bytes);
    }
    bits = 8 * bytes;
  } else {
    const wanted = epsilon instanceof Rational ? epsilon : Rational.fromDyadic(Dyadic.from(epsilon as DyadicLike));
    if (wanted.sign <= 0) refuse('lipschitz epsilon', 'a number greater than 0', epsilon);
    // A hair more than variation/epsilon pays for the rounding of rate and unit.
    const steps = variation.div(wanted).mul(Rational.of((1n << 22n) + 1n, 1n << 22n));
    bits = Math.max(64, Number(-steps.neg().roundTo(0, 'down').floor()));
    if (bits > MOST_BITS) refuse('lipschitz epsilon', `at most ${MOST_BITS} bits for this error`, `${bits}`);
  }
  // With bytes never more bits than asked for, with epsilon never fewer.
  const usual = Math.max(2, 2 ** Math.round(Math.log2(bits) / 2 - 2));
  const cells = chosen === undefined ? usual : wholeNumber('lipschitz cells', chosen, 1, bits);
  return { cells, m: bytes !== undefined ? Math.floor(bits / cells) : Math.ceil(bits / cells) };
}

function encode(f: Target, grid: Grid, constant: Dyadic, cells: number, m: number): LipschitzNetwork {
  const restsOn = checkTarget(f, grid.lo, grid.hi, constant);
  // Heights count from f(lo), so that they stay small whatever f's offset is.
  const offset = valueAt(f, grid.lo).roundTo(-grid.unit.exponent + 1);
  const here = { ...grid, offset };
  const samples = new TargetSamples(f, here);
  const zigZag = sigmaDelta(samples, cells * (m + 1) - 1);
  return Object.freeze({
    status: 'proved' as const,
    network: bitMatrix(cutCells(zigZag, cells, m), here),
    guaranteed: grid.unit.add(samples.slack),
    restsOn,
    zigZag,
    grid: here,
  });
}

/** What the encoding of f rests on; refuses f where it is not shown to be of the class. */
function checkTarget(f: Target, lo: Dyadic, hi: Dyadic, constant: Dyadic): readonly string[] {
  if (f.inputs !== 1) refuse('lipschitz', 'a target with one input', f.inputs);
  const proved = f.lipschitz?.([Interval.of(lo, hi)], 64);
  if (!proved) refuse('lipschitz', 'a target whose Lipschitz constant is known on the interval', f.text);
  if (proved.gt(constant)) {
    const most = constant.toNumber();
    refuse('lipschitz', `a target with Lipschitz constant at most ${most}`, `${proved.toNumber('up')} for ${f.text}`);
  }
  return Object.freeze([...f.restsOn, `the Lipschitz constant ${constant.toNumber()} on the interval`]);
}

function valueAt(f: Target, x: Dyadic): Dyadic {
  const value = f.enclose([Interval.of(x)], 96);
  if (!value) refuse('lipschitz', 'a target with a value at the lower end', f.text);
  return value.mid;
}
