/**
 * Which piecewise linear g a function-dependent network realises [DLS18, Sec. 5].
 *
 * [0,1] has T cells of m steps of length h = 1/(mT). g is the chord over each cell plus a *cached function* of the cell's local
 * coordinate v in [0,1], divided by T: linear on steps, zero at both ends, built once and used by every cell that wants it.
 *
 * With f of Lipschitz constant L = 1:
 *
 *   three   the paper's: knots f~(i/T) (D6), cached functions with slopes -2, 0, 2: f rounded to multiples of 2h at the steps.
 *           |g - f| <= 2h: at steps the rounding is off by at most h; between two steps of slope 0 by h more; on slope 2 or -2
 *           the error is monotone. (The paper asks for 4h <= eps and rounds f~ instead, which costs h more.)
 *   zigzag  g itself moves by h up or down in every step (sigma-delta): |g - f| <= h, with at most 2^m cached functions
 *   plain   no cached functions (chords between f(i/T) rounded to multiples of h): |g - f| <= 1/(2T) + h/2
 *
 * L may exceed 1 by the rounding of an enclosure: three and plain are then off by the factor L more, zigzag by L - 1 (a drift of
 * h (L - 1) a step).
 */
import { Dyadic, type DyadicLike, Interval, refuse, type Target } from '../exact/index.ts';
import { lipschitzTransform } from './lipschitzTransform.ts';
import { heightsOf, sigmaDelta, TargetSamples } from './sigmaDelta.ts';

export type CachedFamily = 'three' | 'zigzag' | 'plain';

export interface CachedFunctions {
  readonly family: CachedFamily;
  /** T = 2^s cells of m = 2^mu steps; h = 2^-(s+mu). */
  readonly s: number;
  readonly mu: number;
  /** g(0) = start * h. */
  readonly start: number;
  /** g rises by rises[i] * h over cell i, |rises[i]| <= m. */
  readonly rises: Int32Array;
  /** The cached function of each cell, as an index; -1 where it is zero. */
  readonly cells: Int32Array;
  /** Slopes of each cached function on its m steps, in units of 1/m; they sum to 0 and lie in -2m..2m. */
  readonly patterns: readonly Int32Array[];
  /** Bound of sup |g - f|. */
  readonly error: Dyadic;
}

/** Most steps: f is enclosed at every one. */
export const MAX_CACHED_STEPS = 1 << 24;

const FIRST_PRECISION = 64;
const LAST_PRECISION = 512;

/** The bound of |g - f| before what enclosures leave undecided. */
export function cachedError(family: CachedFamily, s: number, mu: number, lipschitz: Dyadic): Dyadic {
  const h = Dyadic.pow2(-s - mu);
  const slope = lipschitz.max(Dyadic.ONE);
  if (family === 'zigzag') return h.add(slope.sub(Dyadic.ONE));
  return (family === 'three' ? h.scale(1) : Dyadic.pow2(-s - 1).add(h.scale(-1))).mul(slope);
}

/**
 * Throws InputError where f is not defined on [0,1], is seen to be steeper than 1, or leaves [-1,1]. `lipschitz` is the proved or
 * stated constant of f, at most about 1.
 */
export function cachedFunctions(
  f: Target,
  family: CachedFamily,
  s: number,
  mu: number,
  lipschitz: Dyadic = Dyadic.ONE,
): CachedFunctions {
  if (2 ** (s + mu) > MAX_CACHED_STEPS) refuse('cached', `at most ${MAX_CACHED_STEPS} steps to build`, `2^${s + mu}`);
  const heights = family === 'three' ? threeSlopes(f, s, mu) : family === 'zigzag' ? zigzag(f, s, mu) : plain(f, s, mu);
  const error = cachedError(family, s, mu, lipschitz).add(heights.slack);
  return cut(family, s, mu, heights.at, heights.knots, error);
}

interface Heights {
  /** g / h at every step ('three', 'zigzag'). */
  readonly at?: Int32Array;
  /** g / h at the ends of the cells. */
  readonly knots: Int32Array;
  /** What undecided roundings add to the error. */
  readonly slack: Dyadic;
}

function zigzag(f: Target, s: number, mu: number): Heights {
  const bits = s + mu;
  const unit = Dyadic.pow2(-bits);
  const grid = { lo: Dyadic.ZERO, hi: Dyadic.ONE, rate: Dyadic.pow2(bits), unit, offset: Dyadic.ZERO };
  const samples = new TargetSamples(f, grid);
  const at = heightsOf(sigmaDelta(samples, 2 ** bits));
  return { at, knots: every(at, 2 ** mu), slack: samples.slack };
}

function plain(f: Target, s: number, mu: number): Heights {
  const bits = s + mu;
  const knots = new Int32Array(2 ** s + 1);
  let slack = Dyadic.ZERO;
  for (let i = 0; i < knots.length; i++) {
    const near = nearest(f, Dyadic.of(BigInt(i), -s), bits, Dyadic.ZERO);
    knots[i] = near.value;
    slack = slack.max(near.slack);
  }
  return { knots, slack };
}

function threeSlopes(f: Target, s: number, mu: number): Heights {
  const bits = s + mu;
  const m = 2 ** mu;
  const { values, slack: rounding } = lipschitzTransform(f, 2 ** s, mu);
  const knots = Int32Array.from(values, Number);
  const at = new Int32Array(2 ** bits + 1);
  let slack = rounding;
  for (let i = 0; i < 2 ** s; i++) {
    const [from, to] = [knots[i] as number, knots[i + 1] as number];
    at[i * m] = from;
    // (f - chord) / 2h, rounded; where enclosures cannot tell, within a step of the neighbour.
    let before = 0;
    for (let k = 1; k < m; k++) {
      const chord = Dyadic.of(BigInt(from * m + (to - from) * k), -bits - mu);
      const near = nearest(f, Dyadic.of(BigInt(i * m + k), -bits), bits - 1, chord);
      const value = Math.max(before - 1, Math.min(before + 1, near.value));
      slack = slack.max(near.slack).max(Dyadic.of(BigInt(Math.abs(value - near.value)), 1 - bits));
      before = value;
      // Heights between knots are chord + 2h * value: kept as twice the value, the chord is added when cutting.
      at[i * m + k] = 2 * value;
    }
    if (Math.abs(before) > 1) throw new Error('cached: a cached function does not end in zero');
  }
  at[2 ** bits] = knots[2 ** s] as number;
  return { at, knots, slack };
}

/** The whole number nearest to (f(x) - base) 2^bits, upward at ties; slack: how much further than half a unit it may be. */
function nearest(f: Target, x: Dyadic, bits: number, base: Dyadic): { value: number; slack: Dyadic } {
  for (let precision = FIRST_PRECISION; ; precision *= 2) {
    const y = f.enclose([Interval.of(x)], precision);
    if (!y) refuse('cached', 'a function defined on [0,1]', `${f.text}, without a value at ${x}`);
    const [lo, hi] = [y.lo, y.hi].map((v) => v.sub(base).scale(bits).add(Dyadic.HALF).floor()) as [bigint, bigint];
    if (lo === hi) return { value: Number(lo), slack: Dyadic.ZERO };
    if (precision >= LAST_PRECISION) return { value: Number(hi), slack: y.width };
  }
}

const every = (at: Int32Array, m: number): Int32Array =>
  Int32Array.from({ length: (at.length - 1) / m + 1 }, (_, i) => at[i * m] as number);

/** Rises, and the cells' cached functions, each distinct one once. */
function cut(
  family: CachedFamily,
  s: number,
  mu: number,
  at: Int32Array | undefined,
  knots: Int32Array,
  error: Dyadic,
): CachedFunctions {
  const m = 2 ** mu;
  const T = 2 ** s;
  const rises = Int32Array.from({ length: T }, (_, i) => (knots[i + 1] as number) - (knots[i] as number));
  const cells = new Int32Array(T).fill(-1);
  const patterns: Int32Array[] = [];
  const known = new Map<string, number>();
  for (let i = 0; i < T; i++) {
    const rise = rises[i] as number;
    if (Math.abs(rise) > m)
      refuse('cached', 'a function with Lipschitz constant 1', `one that is steeper in cell ${i} of ${T}`);
    if (!at || family === 'plain') continue;
    // Heights over the chord, in units of h/m: linear on steps, zero at the ends.
    const over = (k: number): number => {
      if (k === 0 || k === m) return 0;
      const height = at[i * m + k] as number;
      return family === 'three' ? height * m : (height - (knots[i] as number)) * m - rise * k;
    };
    const slopes = Int32Array.from({ length: m }, (_, k) => over(k + 1) - over(k));
    if (slopes.every((v) => v === 0)) continue;
    const key = slopes.join();
    let index = known.get(key);
    if (index === undefined) {
      index = patterns.length;
      known.set(key, index);
      patterns.push(slopes);
    }
    cells[i] = index;
  }
  const start = knots[0] as number;
  if (Math.abs(start) > 2 ** (s + mu))
    refuse('cached', 'a function with values in [-1,1]', `g(0) = ${start / 2 ** (s + mu)}`);
  return Object.freeze({ family, s, mu, start, rises, cells, patterns: Object.freeze(patterns), error });
}

/** g(x) for x in [0,1], exactly: the recursion beside the network. */
export function cachedFormula(g: CachedFunctions, x: DyadicLike): Dyadic {
  const { s, mu, start, rises, cells, patterns } = g;
  const m = 2 ** mu;
  const y = Dyadic.from(x).scale(s);
  const i = Math.min(Number(y.floor()), 2 ** s - 1);
  let height = start;
  for (let k = 0; k < i; k++) height += rises[k] as number;
  const v = y.sub(Dyadic.of(BigInt(i)));
  // In units of h, with v in [0,1]: start + rise v + (cached function) m.
  let value = Dyadic.from(height).add(v.mul(Dyadic.from(rises[i] as number)));
  const own = cells[i] as number;
  if (own >= 0) {
    const slopes = patterns[own] as Int32Array;
    for (let k = 0; k < m; k++) {
      const part = v.scale(mu).sub(Dyadic.from(k)).max(Dyadic.ZERO).min(Dyadic.ONE);
      value = value.add(part.mul(Dyadic.of(BigInt(slopes[k] as number), -mu)));
    }
  }
  return value.scale(-s - mu);
}
