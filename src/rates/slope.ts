/**
 * The rate that measurements show: from (size, error) pairs the slope of log error against log size, robustly.
 *
 *   rate      minus the median of the slopes of all pairs of points (Theil, Sen): a quarter of the points may be anything
 *   interval  order statistics of these slopes, with Kendall's exact distribution for up to 60 points and its normal limit beyond
 *             (Sen 1968): no assumption on the noise but that its order is random. What is deterministic, such as a logarithm
 *             that bends the line, is not noise: `warnings` say where the ends' slopes disagree
 *
 * All of it is float64 and an estimate, never a bound.
 */
import { InputError, refuse } from '../exact/index.ts';

export interface RateSample {
  readonly size: number;
  readonly error: number;
}

export interface RateEstimate {
  /** error ~ size^-rate. */
  readonly rate: number;
  /** An interval that holds the rate with at least this confidence; infinite where there are too few points. */
  readonly interval: readonly [lo: number, hi: number];
  readonly confidence: number;
  /** error ~ 2^intercept size^-rate: the median. */
  readonly intercept: number;
  /** log10 of the largest size over the smallest one. */
  readonly decades: number;
  readonly warnings: readonly string[];
}

const MOST = 2000;

/** Throws InputError where there are fewer than two sizes, or a number is not positive. */
export function estimateRate(
  samples: readonly RateSample[],
  { confidence = 0.95 }: { readonly confidence?: number } = {},
): RateEstimate {
  if (!Array.isArray(samples) || samples.length < 2 || samples.length > MOST) {
    refuse('estimateRate', `2..${MOST} samples`, Array.isArray(samples) ? samples.length : samples);
  }
  if (!(confidence > 0 && confidence < 1)) refuse('estimateRate confidence', 'a number between 0 and 1', confidence);
  const points = samples.map(({ size, error }, i) => {
    for (const [name, v] of Object.entries({ size, error })) {
      if (!(typeof v === 'number' && v > 0 && Number.isFinite(v))) {
        throw new InputError(`estimateRate sample ${i + 1}: expected a finite ${name} above 0, got ${String(v)}`);
      }
    }
    return { x: Math.log2(size), y: Math.log2(error) };
  });
  points.sort((a, b) => a.x - b.x);
  const slopes: number[] = [];
  for (let i = 0; i < points.length; i++) {
    for (let j = 0; j < i; j++) {
      const dx = points[i].x - points[j].x;
      if (dx > 0) slopes.push(-(points[i].y - points[j].y) / dx);
    }
  }
  if (slopes.length === 0) refuse('estimateRate', 'at least two different sizes', 'one');
  slopes.sort((a, b) => a - b);
  const rate = median(slopes);
  const intercept = median(points.map(({ x, y }) => y + rate * x).sort((a, b) => a - b));
  const { interval, reached } = around(slopes, points.length, confidence);
  const decades = ((points.at(-1) as { x: number }).x - points[0].x) * Math.log10(2);
  return Object.freeze({
    rate,
    interval: Object.freeze(interval),
    confidence: reached,
    intercept,
    decades,
    warnings: Object.freeze(warningsFor(points, decades, interval)),
  });
}

function median(sorted: readonly number[]): number {
  const mid = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[mid] : (sorted[mid - 1] + sorted[mid]) / 2;
}

/** Sen's interval: slopes below and above are cut as far as Kendall's S allows. */
function around(
  slopes: readonly number[],
  n: number,
  confidence: number,
): { interval: [number, number]; reached: number } {
  const pairs = slopes.length;
  const limit = kendallLimit(n, (1 - confidence) / 2);
  if (limit === undefined) return { interval: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], reached: 1 };
  const cut = Math.max(0, Math.floor((pairs - limit.s) / 2));
  return { interval: [slopes[cut], slopes[pairs - 1 - cut]], reached: 1 - 2 * limit.tail };
}

/** Kendall's S of n points exceeds s - 2 with at most the probability `tail` on either side; undefined where n is too small. */
function kendallLimit(n: number, tail: number): { s: number; tail: number } | undefined {
  const pairs = (n * (n - 1)) / 2;
  if (n > 60) {
    const deviation = Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
    return { s: Math.ceil(deviation * normalQuantile(1 - tail)), tail };
  }
  // Probabilities of 0..pairs inversions.
  let p = [1];
  for (let k = 2; k <= n; k++) {
    const next = new Array<number>(p.length + k - 1).fill(0);
    p.forEach((v, i) => {
      for (let t = 0; t < k; t++) next[i + t] += v / k;
    });
    p = next;
  }
  // The rate lies above the c-th least slope unless fewer than c slopes lie below it: P(inversions < c) <= tail.
  let below = 0;
  let inversions = 0;
  while (below + p[inversions] <= tail) below += p[inversions++];
  if (inversions === 0) return undefined;
  return { s: pairs - 2 * inversions + 2, tail: below };
}

/** Acklam's rational approximation would do; bisection on the error function's series is as short and needs no table. */
function normalQuantile(p: number): number {
  let [lo, hi] = [0, 10];
  for (let i = 0; i < 60; i++) {
    const mid = (lo + hi) / 2;
    if (normal(mid) < p) lo = mid;
    else hi = mid;
  }
  return hi;
}

/** P(Z <= x), x >= 0: the power series of the error function. */
function normal(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; k < 400 && Math.abs(term) > 1e-17; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

function warningsFor(
  points: readonly { x: number; y: number }[],
  decades: number,
  interval: readonly [number, number],
): string[] {
  const out: string[] = [];
  if (points.length < 5) out.push(`${points.length} points: an interval needs at least 5`);
  if (decades < 1) out.push(`sizes span ${decades.toFixed(2)} decades: a rate needs at least 1`);
  const ends = points.reduce(
    ([lo, hi], { y }) => [Math.min(lo, y), Math.max(hi, y)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  if (ends[1] - ends[0] < 1) out.push('errors differ by less than a factor of 2');
  if (points.length >= 6) {
    const middle = points.length >> 1;
    const [first, last] = [halfSlope(points.slice(0, middle + 1)), halfSlope(points.slice(middle))];
    if (Math.abs(first - last) > Math.max(0.15, interval[1] - interval[0])) {
      out.push(`the line bends: slope ${first.toFixed(2)} in the first half, ${last.toFixed(2)} in the second`);
    }
  }
  return out;
}

function halfSlope(points: readonly { x: number; y: number }[]): number {
  const mx = points.reduce((s, p) => s + p.x, 0) / points.length;
  const my = points.reduce((s, p) => s + p.y, 0) / points.length;
  const [xy, xx] = points.reduce(([a, b], { x, y }) => [a + (x - mx) * (y - my), b + (x - mx) ** 2], [0, 0]);
  return xx === 0 ? 0 : -xy / xx;
}
