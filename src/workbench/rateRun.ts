/**
 * Rates by measurement: a construction at growing size, before and after uniform quantisation [GBGR, point (iii)].
 *
 *   target    of size N: a zig-zag of the class H1 with 4 N random steps of slope +-c, c = 1 - 3/2^24, seeded: a function that
 *             no network of this size can follow, so that the class rate shows (a fixed smooth f would be approximated faster);
 *             or one target for all sizes
 *   network   of M non-zero weights; its sup error is certified (for a zig-zag exactly)
 *   after     weights rounded to the fewest bits whose a-priori bound is at most M^-gamma, gamma the encoding speed of the class:
 *             an infinity-encodable family keeps its rate that way
 *
 * Errors are proved, rates estimated from them (estimateRate).
 */
import { certifySup } from '../certify/index.ts';
import { cached, interpolate, lipschitz } from '../construct/index.ts';
import { Dyadic, Interval, Rational, refuse, type Target, tableTarget, wholeNumber } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { estimateRate, networkFamily, type RateCeiling, type RateEstimate, rateCeiling } from '../rates/index.ts';
import { bitsAPriori } from './quantised.ts';

export interface RatePoint {
  /** N: segments, bits of the matrix, or 1/epsilon. */
  readonly parts: number;
  /** M. */
  readonly connectivity: number;
  /** Certified sup error on [0,1]. */
  readonly error: Dyadic;
  /** Fractional bits of the weights. */
  readonly bits: number;
}

export interface RateCurve {
  readonly method: string;
  readonly before: readonly RatePoint[];
  readonly after: readonly RatePoint[];
  readonly rateBefore: RateEstimate;
  readonly rateAfter: RateEstimate;
  /** What to mind when reading the rates. */
  readonly notes: readonly string[];
}

export interface RateRun {
  readonly ceiling: RateCeiling;
  readonly curves: readonly RateCurve[];
}

export interface RateRunOptions {
  /** Of RATE_METHODS. */
  readonly methods: readonly string[];
  /** log2 of the largest N; default by method. */
  readonly largest?: number;
  readonly target?: Target;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onPoint?: (method: string, parts: number, done: number) => void;
}

interface RateMethod {
  readonly about: string;
  /** log2 N, from and to. */
  readonly sizes: readonly [from: number, to: number];
  build(target: Target, parts: number): Network;
}

/** Constructions for Lipschitz functions on [0,1]. */
export const RATE_METHODS: Readonly<Record<string, RateMethod>> = {
  lipschitz: {
    about: 'sigma-delta bits in a matrix: N bits [OSB]',
    sizes: [9, 14],
    build: (target, parts) => lipschitz({ bytes: parts / 8 }).network(target).network,
  },
  interpolate: {
    about: 'piecewise-linear interpolation on N segments',
    sizes: [4, 12],
    build: (target, parts) =>
      interpolate(
        Array.from({ length: parts + 1 }, (_, i) => {
          const x = Dyadic.of(BigInt(i), -Math.log2(parts));
          return [x, valueAt(target, x)] as const;
        }),
      ),
  },
  cached: {
    about: 'cached functions of +-1/2 weights, error 1/N [DLS18, Theorem 2]',
    sizes: [6, 11],
    build: (target, parts) => cached(target, { epsilon: Rational.of(1n, BigInt(parts)) }).network,
  },
};

/** Digits of a target's value where it is not dyadic. */
const VALUE_BITS = 40;

function valueAt(target: Target, x: Dyadic): Dyadic {
  const enclosed = target.enclose([Interval.of(x)], 2 * VALUE_BITS);
  if (!enclosed) refuse('rates target', 'a function with a value at every point of [0, 1]', target.text);
  return enclosed.mid.roundTo(VALUE_BITS);
}

/** Throws InputError where a method is unknown, the range too short, or the target not shown to be Lipschitz with constant 1. */
export async function rateRun(options: RateRunOptions): Promise<RateRun> {
  const names = [...new Set(options.methods)];
  if (names.length === 0) refuse('rates method', Object.keys(RATE_METHODS).join(', '), 'none');
  for (const name of names) {
    if (!Object.hasOwn(RATE_METHODS, name)) refuse('rates method', Object.keys(RATE_METHODS).join(', '), name);
  }
  const family = networkFamily({ depth: '4 log(M)', weights: 'M' });
  const ceiling = rateCeiling({ class: 'lipschitz' }, family);
  const plan = names.map((name) => {
    const [from, to] = RATE_METHODS[name].sizes;
    const largest = options.largest === undefined ? to : wholeNumber('rates largest', options.largest, from + 1, 20);
    return { name, sizes: Array.from({ length: largest - from + 1 }, (_, i) => 2 ** (from + i)) };
  });
  const all = plan.reduce((s, { sizes }) => s + sizes.length, 0);
  const curves: RateCurve[] = [];
  let done = 0;
  for (const { name, sizes } of plan) {
    const before: RatePoint[] = [];
    const after: RatePoint[] = [];
    for (const parts of sizes) {
      options.signal?.throwIfAborted();
      options.onPoint?.(name, parts, done / all);
      const target = options.target ?? zigZag(parts, options.seed ?? 1);
      const network = RATE_METHODS[name].build(target, parts);
      before.push(measured(network, target, parts));
      const error = Rational.of(1n, BigInt(network.connectivity)).roundBits(30, 'down');
      const { rounded } = bitsAPriori(network, { error, box: [0, 1] });
      after.push(measured(rounded.network, target, parts, network.connectivity));
      done++;
      await new Promise((resolve) => setTimeout(resolve));
    }
    curves.push(curveOf(name, before, after, ceiling));
  }
  return Object.freeze({ ceiling, curves: Object.freeze(curves) });
}

function curveOf(method: string, before: RatePoint[], after: RatePoint[], ceiling: RateCeiling): RateCurve {
  const [rateBefore, rateAfter] = [rateOf(before), rateOf(after)];
  const speed = ceiling.speed?.toNumber() ?? Number.POSITIVE_INFINITY;
  const notes = [
    ...rateBefore.warnings,
    ...rateAfter.warnings.filter((w) => !rateBefore.warnings.includes(w)).map((w) => `quantised: ${w}`),
    ...(rateBefore.interval[0] > speed
      ? ['above the ceiling, which speaks of M -> infinity: a fixed part of the network still weighs in at these sizes']
      : []),
    ...(before.every((p, i) => p.bits <= after[i].bits)
      ? ['the weights are on the grid already: rounding changes nothing']
      : []),
  ];
  return Object.freeze({
    method,
    before: Object.freeze(before),
    after: Object.freeze(after),
    rateBefore,
    rateAfter,
    notes: Object.freeze(notes),
  });
}

/** M counts the weights before rounding: some of them become 0. */
function measured(network: Network, target: Target, parts: number, connectivity = network.connectivity): RatePoint {
  const { upper } = certifySup(network, target, { domain: [0, 1], ratio: 1.05 });
  if (!upper) refuse('rates target', 'a function shown to be bounded on [0, 1]', target.text);
  return Object.freeze({ parts, connectivity, error: upper, bits: network.fractionalBits });
}

function rateOf(points: readonly RatePoint[]): RateEstimate {
  return estimateRate(points.map((p) => ({ size: p.connectivity, error: p.error.toNumber('up') })));
}

/** Slope of the zig-zags: just below 1, and no short number. */
const SLOPE = Rational.of((1n << 24n) - 3n, 1n << 24n);

/** The zig-zag of the header; it stays within [-1, 1] by turning round there. */
export function zigZag(parts: number, seed: number): Target {
  wholeNumber('zigZag parts', parts, 1, 1 << 20);
  const steps = 4 * parts;
  const step = SLOPE.div(Rational.of(BigInt(steps)));
  let state = (Math.imul(seed, 0x9e3779b9) ^ parts) >>> 0;
  let height = 0;
  const points = Array.from({ length: steps + 1 }, (_, i) => {
    const point = { x: Rational.of(BigInt(i), BigInt(steps)), y: step.mul(Rational.of(BigInt(height))) };
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
    const up = height <= -steps ? true : height >= steps ? false : state >= 2 ** 31;
    height += up ? 1 : -1;
    return point;
  });
  return tableTarget(points, { text: `a zig-zag of ${steps} steps` });
}
