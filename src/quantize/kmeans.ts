/**
 * Optimal one-dimensional k-means: lambda values c from a grid 2^-b Z with the least sum of n_i (v_i - c)^2 over weighted
 * values v_1 < ... < v_n, each with the nearest c.
 *
 *   D_k(j) = min over i of D_(k-1)(i) + cost(i, j),   cost(i, j) = the least over one c for v_i .. v_(j-1)
 *
 * The best grid point of a run is the one next to its mean. cost satisfies the quadrangle inequality for centres from any set
 * on the line (of two centres the right one is nearer to whatever lies right of a point that prefers it), so the best i grows
 * with j: divide and conquer takes O(lambda n log n) costs [Wu 1991; Groenlund et al. 2017, "Fast exact k-means in 1D"].
 *
 * Costs are compared in float64 where they differ by more than these may be off, and in whole numbers otherwise: the sum is
 * exactly the least one. Of equal sums the leftmost boundary is taken.
 */
import { Dyadic, floorDivide, refuse, wholeNumber } from '../exact/index.ts';

/** A value and how often it occurs. */
export interface Weighted {
  readonly value: Dyadic;
  readonly count: number;
}

export interface Clusters {
  /** The centres, increasing; fewer than lambda where two would be equal. */
  readonly centres: readonly Dyadic[];
  /** Sum of count (value - centre)^2. */
  readonly squaredError: Dyadic;
}

/** Veltkamp's constant: cuts a float64 into two halves whose products are exact. */
const SPLITTER = 2 ** 27 + 1;
/** The grid that float64 still meets where values reach up to 2. */
const FINEST = 2 ** -51;

/** Most lambda times distinct values: 4 bytes of memory each. */
export const MOST_CELLS = 1 << 27;

/**
 * `values` increase and differ. Throws InputError where lambda is no whole number from 1, or lambda times the number of
 * values is beyond 2^27.
 */
export function kmeans(values: readonly Weighted[], lambda: number, bits: number): Clusters {
  wholeNumber('kmeans lambda', lambda, 1, MOST_CELLS);
  if (values.length === 0) refuse('kmeans', 'at least one value', 'none');
  const runs = new Runs(values, bits);
  const bounds = partition(runs, Math.min(lambda, values.length));
  const centres: Dyadic[] = [];
  let cost = 0n;
  for (let k = 0; k + 1 < bounds.length; k++) {
    const { centre, cost: part } = runs.exact(bounds[k], bounds[k + 1]);
    cost += part;
    const c = Dyadic.of(centre, -bits);
    if (centres.length === 0 || !centres[centres.length - 1].eq(c)) centres.push(c);
  }
  return Object.freeze({ centres: Object.freeze(centres), squaredError: Dyadic.of(cost, -2 * runs.scale) });
}

/**
 * Runs of values i .. j-1: their best centres and costs, exactly and nearly. The near costs come from prefix sums held as two
 * float64 numbers each, so that a run's cost is right to float64's own precision however small it is beside the sums.
 */
class Runs {
  readonly n: number;
  /** Values are whole numbers times 2^-scale. */
  readonly scale: number;
  /** A near cost v is off by at most slack + 2^-50 v. */
  readonly slack: number;
  /** One grid step in units of 2^-scale. */
  private readonly step: bigint;
  private readonly middle: bigint;
  private readonly sums: bigint[] = [0n];
  private readonly squares: bigint[] = [0n];
  private readonly counts: Float64Array;
  private readonly sumHigh: Float64Array;
  private readonly sumLow: Float64Array;
  private readonly squareHigh: Float64Array;
  private readonly squareLow: Float64Array;
  private readonly nearStep: number;

  constructor(values: readonly Weighted[], bits: number) {
    this.n = values.length;
    this.scale = values.reduce((s, { value }) => Math.max(s, value.fractionalBits), bits);
    this.step = 1n << BigInt(this.scale - bits);
    this.counts = new Float64Array(this.n + 1);
    const whole = values.map(({ value }) => value.mantissaAt(this.scale));
    // Moments are taken about a grid point near the mean: small numbers lose less.
    let total = 0n;
    let items = 0n;
    values.forEach(({ count }, i) => {
      total += whole[i] * BigInt(count);
      items += BigInt(count);
      this.counts[i + 1] = this.counts[i] + count;
    });
    this.middle = floorDivide(total, items * this.step) * this.step;
    let spread = 0n;
    let reach = this.step;
    values.forEach(({ count }, i) => {
      const v = whole[i] - this.middle;
      const n = BigInt(count);
      this.sums.push(this.sums[i] + v * n);
      this.squares.push(this.squares[i] + v * v * n);
      const a = v < 0n ? -v : v;
      spread += a * n;
      if (a > reach) reach = a;
    });
    // Float64 units: the reach lies in [1, 2).
    const unit = Dyadic.of(reach).exponent;
    const near = (m: bigint, power: number): number => Dyadic.of(m, -power * unit).toNumber();
    const split = (list: readonly bigint[], power: number): [Float64Array, Float64Array] => {
      const high = Float64Array.from(list, (m) => near(m, power));
      const low = Float64Array.from(list, (m, i) =>
        Dyadic.of(m, -power * unit)
          .sub(Dyadic.from(high[i]))
          .toNumber(),
      );
      return [high, low];
    };
    [this.sumHigh, this.sumLow] = split(this.sums, 1);
    [this.squareHigh, this.squareLow] = split(this.squares, 2);
    this.nearStep = near(this.step, 1);
    const all = this.counts[this.n];
    // Two float64 numbers hold 106 digits, each operation below loses a few of them; a grid finer than float64 is not met.
    this.slack =
      (this.squareHigh[this.n] + 8 * (near(spread, 1) + this.nearStep * all)) * 2 ** -94 +
      (this.nearStep < FINEST ? all * this.nearStep ** 2 : 0);
  }

  /** The cost of a run in float64 units. */
  near(i: number, j: number): number {
    const n = this.counts[j] - this.counts[i];
    const high = this.sumHigh[j] - this.sumHigh[i];
    const mean = (high + (this.sumLow[j] - this.sumLow[i])) / n;
    const { nearStep: step } = this;
    if (step < FINEST) return this.around(i, j, n, mean);
    const k = Math.round(mean / step);
    const cost = this.around(i, j, n, k * step);
    // Halfway between two grid points the rounded mean may have chosen the wrong one.
    const side = mean / step - k;
    if (Math.abs(Math.abs(side) - 0.5) > 2 ** -20) return cost;
    return Math.min(cost, this.around(i, j, n, (k + (side > 0 ? 1 : -1)) * step));
  }

  /** q - c (2 s - c n), in pairs of float64 numbers. */
  private around(i: number, j: number, n: number, c: number): number {
    // 2 s - c n
    const sHigh = 2 * this.sumHigh[j];
    const tHigh = -2 * this.sumHigh[i];
    const s = sHigh + tHigh;
    const sLeft = s - sHigh;
    const sLow = sHigh - (s - sLeft) + (tHigh - sLeft) + 2 * (this.sumLow[j] - this.sumLow[i]);
    const p = -c * n;
    const cSplit = SPLITTER * c;
    const cHigh = cSplit - (cSplit - c);
    const cLow = c - cHigh;
    const nSplit = SPLITTER * n;
    const nHigh = nSplit - (nSplit - n);
    const nLow = n - nHigh;
    const pLow = -(cHigh * nHigh + p + cHigh * nLow + cLow * nHigh + cLow * nLow);
    const u = s + p;
    const uLeft = u - s;
    const uLow = s - (u - uLeft) + (p - uLeft) + sLow + pLow;
    // times c
    const v = -c * u;
    const uSplit = SPLITTER * u;
    const uHigh = uSplit - (uSplit - u);
    const uRest = u - uHigh;
    const vLow = -(cHigh * uHigh + v + cHigh * uRest + cLow * uHigh + cLow * uRest) - c * uLow;
    // q less that
    const q = this.squareHigh[j] - this.squareHigh[i];
    const qLeft = q - this.squareHigh[j];
    const qLow =
      this.squareHigh[j] - (q - qLeft) + (-this.squareHigh[i] - qLeft) + (this.squareLow[j] - this.squareLow[i]);
    const r = q + v;
    const rLeft = r - q;
    return r + (q - (r - rLeft) + (v - rLeft) + qLow + vLow);
  }

  /** The best centre in grid steps (counted from 0, not from the middle), and the cost in units of 2^-(2 scale). */
  exact(i: number, j: number): { centre: bigint; cost: bigint } {
    const n = BigInt(this.counts[j] - this.counts[i]);
    const s = this.sums[j] - this.sums[i];
    // The grid point nearest to the mean s/n: floor(mean/step + 1/2).
    const k = floorDivide(2n * s + n * this.step, 2n * n * this.step);
    const c = k * this.step;
    const cost = this.squares[j] - this.squares[i] - c * (2n * s - c * n);
    return { centre: k + this.middle / this.step, cost };
  }
}

/** Boundaries 0 = b_0 < b_1 < ... < b_lambda = n of the best runs. */
function partition(runs: Runs, lambda: number): number[] {
  const { n } = runs;
  if (lambda * (n + 1) > MOST_CELLS) refuse('kmeans', `lambda times distinct values up to ${MOST_CELLS}`, lambda * n);
  // best[k][j]: where the last of k + 1 runs of the first j values begins.
  const best: Int32Array[] = [new Int32Array(n + 1)];
  let before = Float64Array.from({ length: n + 1 }, (_, j) => (j === 0 ? 0 : runs.near(0, j)));
  const exactly = (k: number, j: number): bigint => {
    let sum = 0n;
    for (let end = j, row = k; row >= 0; row--) {
      const from = best[row][end];
      sum += runs.exact(from, end).cost;
      end = from;
    }
    return sum;
  };
  for (let k = 1; k < lambda; k++) {
    const row = new Int32Array(n + 1);
    const now = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
    const previous = before;
    const solve = (lo: number, hi: number, from: number, to: number): void => {
      // Rows lo..hi, whose best boundaries lie in from..to.
      while (lo <= hi) {
        const j = (lo + hi) >>> 1;
        const last = Math.min(to, j - 1);
        let at = from;
        let value = previous[from] + runs.near(from, j);
        let certain: bigint | undefined;
        for (let i = from + 1; i <= last; i++) {
          const v = previous[i] + runs.near(i, j);
          const doubt = 2 * (k + 2) * (runs.slack + 2 ** -50 * value);
          if (v > value + doubt) continue;
          if (v >= value - doubt) {
            certain ??= exactly(k - 1, at) + runs.exact(at, j).cost;
            const other = exactly(k - 1, i) + runs.exact(i, j).cost;
            if (other >= certain) continue;
            certain = other;
          } else certain = undefined;
          at = i;
          value = v;
        }
        row[j] = at;
        now[j] = value;
        solve(lo, j - 1, from, at);
        lo = j + 1;
        from = at;
      }
    };
    solve(k + 1, n, k, n - 1);
    best.push(row);
    before = now;
  }
  const bounds = [n];
  for (let k = lambda - 1, end = n; k >= 0; k--) {
    end = best[k][end];
    bounds.push(end);
  }
  return bounds.reverse();
}
