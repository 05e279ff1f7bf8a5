/**
 * Tables as targets: the piecewise linear function through exact points. Values and slopes are exact fractions, found by
 * binary search; extremes over many knots come from a tree, so that no question costs more than a few dozen comparisons.
 * Outside the table nothing is assumed: the function is undefined there.
 */
import { bitLength } from './bits.ts';
import { Dyadic } from './dyadic.ts';
import { Interval } from './interval.ts';
import { enclosing } from './quotient.ts';
import type { Rational } from './rational.ts';
import { InputError, refuse, wholeNumber } from './refuse.ts';
import { MAX_PRECISION } from './span.ts';
import type { Target } from './target.ts';

/** A point of a table. */
export interface Knot {
  readonly x: Rational;
  readonly y: Rational;
}

export interface TableOptions {
  /** How people name the table: a file, a quantity. */
  readonly text?: string;
  /** The row (as people count, from 1) each point came from, for messages; by default its place in the list. */
  readonly rows?: ArrayLike<number>;
}

/** Most points of one table. */
export const MAX_KNOTS = 1 << 22;

/** Slopes are ranked by a tree only where a question spans more pieces than this. */
const FEW = 32;

/**
 * The function through the points, linear in between, x in any order. Throws InputError for fewer than two points and for an
 * x that comes twice, naming both rows.
 */
export function tableTarget(points: readonly Knot[], options: TableOptions = {}): Target {
  if (points.length < 2) refuse('table', 'at least two points', points.length);
  if (points.length > MAX_KNOTS) refuse('table', `at most ${MAX_KNOTS} points`, points.length);
  const rowOf = (k: number): number => options.rows?.[k] ?? k + 1;
  const order = sortedOrder(points);
  const knots: Knot[] = [];
  for (let k = 0; k < points.length; k++) {
    const at = order ? (order[k] as number) : k;
    const { x, y } = points[at] as Knot;
    if (k > 0 && (knots[k - 1] as Knot).x.eq(x)) {
      const before = order ? (order[k - 1] as number) : k - 1;
      const [first, second] = [rowOf(before), rowOf(at)].sort((a, b) => a - b);
      const differ = (knots[k - 1] as Knot).y.eq(y) ? '' : ' with different y';
      throw new InputError(
        `table: expected each x once, got x = ${decimal(x)} in rows ${first} and ${second}${differ}`,
      );
    }
    knots.push(Object.freeze({ x, y }));
  }
  return new TableTarget(options.text ?? 'the given table', knots);
}

/** A permutation that sorts the points by x; undefined where they are sorted already. */
function sortedOrder(points: readonly Knot[]): Int32Array | undefined {
  let sorted = true;
  for (let k = 1; k < points.length && sorted; k++) {
    sorted = (points[k - 1] as Knot).x.compare((points[k] as Knot).x) <= 0;
  }
  if (sorted) return undefined;
  // Ties keep their order, so that messages name rows as they come.
  return Int32Array.from(points.keys()).sort((a, b) => (points[a] as Knot).x.compare((points[b] as Knot).x) || a - b);
}

const decimal = (x: Rational): string => (x.d === 1n ? x.toString() : `${x.toNumber()}`);

/** y = slope * x + offset on one piece. */
interface Line {
  readonly slope: Rational;
  readonly offset: Rational;
}

class TableTarget implements Target {
  readonly kind = 'table';
  readonly inputs = 1;
  readonly restsOn: readonly string[];
  readonly #lines: (Line | undefined)[] = [];
  #heights: RangeTree | undefined;
  #slopes: RangeTree | undefined;
  readonly #x: Float64Array;

  constructor(
    readonly text: string,
    readonly knots: readonly Knot[],
  ) {
    this.restsOn = Object.freeze([`f is ${text}: ${knots.length} points taken as exact decimals, linear in between`]);
    this.#x = Float64Array.from(knots, (k) => k.x.toNumber());
    Object.freeze(knots);
    Object.freeze(this);
  }

  enclose(box: readonly Interval[], precision: number): Interval | undefined {
    if (box.length !== 1) refuse('box', '1 interval', box.length);
    wholeNumber('precision', precision, 2, MAX_PRECISION);
    const x = box[0] as Interval;
    if (!this.#covers(x)) return undefined;
    const first = this.#after(x.lo);
    const last = this.#before(x.hi);
    const low = this.#valueAt(x.lo, precision);
    if (x.isPoint) return low;
    const ends = low.hull(this.#valueAt(x.hi, precision));
    if (first > last) return ends;
    const { least, most } = this.#heightsTree().range(first, last);
    return ends
      .hull(enclosing((this.knots[least] as Knot).y, precision))
      .hull(enclosing((this.knots[most] as Knot).y, precision));
  }

  taylor(x: Interval, order: number, precision: number): Interval[] | undefined {
    wholeNumber('order of derivatives', order, 0, 64);
    const value = this.enclose([x], precision);
    if (!value || order === 0) return value && [value];
    const { first, last } = this.#pieces(x);
    if (order >= 2 && first < last) return undefined;
    const { least, most } = this.#slopeRange(first, last);
    const slope = enclosing(least, precision).hull(enclosing(most, precision));
    const zero = Interval.of(Dyadic.ZERO);
    return [value, slope, ...Array.from({ length: order - 1 }, () => zero)];
  }

  partials(box: readonly Interval[], order: number, precision: number): ReadonlyMap<string, Interval> | undefined {
    if (box.length !== 1) refuse('box', '1 interval', box.length);
    const jet = this.taylor(box[0] as Interval, order, precision);
    return jet && new Map(jet.map((c, k) => [`${k}`, c]));
  }

  lipschitz(box: readonly Interval[], precision: number): Dyadic | undefined {
    if (box.length !== 1) refuse('box', '1 interval', box.length);
    wholeNumber('precision', precision, 2, MAX_PRECISION);
    const x = box[0] as Interval;
    if (!this.#covers(x)) return undefined;
    const { first, last } = this.#pieces(x);
    const { least, most } = this.#slopeRange(first, last);
    const steepest = least.abs().compare(most.abs()) > 0 ? least.abs() : most.abs();
    return steepest.roundBits(precision, 'up');
  }

  estimate(x: readonly number[]): number {
    const at = x[0] as number;
    const { knots } = this;
    const xs = this.#x;
    if (!(at >= (xs[0] as number) && at <= (xs[xs.length - 1] as number))) return Number.NaN;
    let low = 0;
    let high = knots.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((xs[middle] as number) <= at) low = middle;
      else high = middle;
    }
    const y0 = (knots[low] as Knot).y.toNumber();
    const y1 = (knots[high] as Knot).y.toNumber();
    return y0 + ((at - (xs[low] as number)) / ((xs[high] as number) - (xs[low] as number))) * (y1 - y0);
  }

  #covers(x: Interval): boolean {
    const { knots } = this;
    return compare((knots[0] as Knot).x, x.lo) <= 0 && compare((knots[knots.length - 1] as Knot).x, x.hi) >= 0;
  }

  /** The first knot at or right of x. */
  #after(x: Dyadic): number {
    let low = -1;
    let high = this.knots.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (compare((this.knots[middle] as Knot).x, x) < 0) low = middle;
      else high = middle;
    }
    return high;
  }

  /** The last knot at or left of x. */
  #before(x: Dyadic): number {
    const after = this.#after(x);
    return after < this.knots.length && compare((this.knots[after] as Knot).x, x) === 0 ? after : after - 1;
  }

  /** The pieces (numbered by their left knots) in which x has inner points; at a knot itself both of its pieces. */
  #pieces(x: Interval): { first: number; last: number } {
    const end = this.knots.length - 2;
    if (!x.isPoint) return { first: this.#before(x.lo), last: this.#after(x.hi) - 1 };
    return { first: Math.max(0, this.#after(x.lo) - 1), last: Math.min(end, this.#before(x.lo)) };
  }

  #line(piece: number): Line {
    let line = this.#lines[piece];
    if (!line) {
      const a = this.knots[piece] as Knot;
      const b = this.knots[piece + 1] as Knot;
      const slope = b.y.sub(a.y).div(b.x.sub(a.x));
      line = { slope, offset: a.y.sub(slope.mul(a.x)) };
      this.#lines[piece] = line;
    }
    return line;
  }

  #valueAt(x: Dyadic, precision: number): Interval {
    const { slope, offset } = this.#line(Math.min(this.#before(x), this.knots.length - 2));
    // (S/T) m 2^e + n/d over the common divisor T d 2^-e, without reducing: only its leading digits are wanted.
    const up = BigInt(Math.max(0, -x.e));
    const m = slope.n * (x.e > 0 ? x.m << BigInt(x.e) : x.m);
    return aroundFraction(m * offset.d + ((offset.n * slope.d) << up), (slope.d * offset.d) << up, precision);
  }

  #heightsTree(): RangeTree {
    this.#heights ??= new RangeTree(this.knots.length, (i, j) =>
      (this.knots[i] as Knot).y.compare((this.knots[j] as Knot).y),
    );
    return this.#heights;
  }

  #slopeRange(first: number, last: number): { least: Rational; most: Rational } {
    const slope = (piece: number): Rational => this.#line(piece).slope;
    if (last - first <= FEW) {
      let least = slope(first);
      let most = least;
      for (let piece = first + 1; piece <= last; piece++) {
        const s = slope(piece);
        if (s.compare(least) < 0) least = s;
        if (s.compare(most) > 0) most = s;
      }
      return { least, most };
    }
    this.#slopes ??= new RangeTree(this.knots.length - 1, (i, j) => slope(i).compare(slope(j)));
    const found = this.#slopes.range(first, last);
    return { least: slope(found.least), most: slope(found.most) };
  }
}

/** Sign of a - b. */
function compare(a: Rational, b: Dyadic): number {
  const left = b.e < 0 ? a.n << BigInt(-b.e) : a.n;
  const right = (b.e > 0 ? b.m << BigInt(b.e) : b.m) * a.d;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** n/d, d > 0, cut outward to `precision` digits; a point where that many digits hold it exactly. */
function aroundFraction(n: bigint, d: bigint, precision: number): Interval {
  if (n === 0n) return Interval.of(Dyadic.ZERO);
  const up = Math.max(0, precision + 1 + bitLength(d) - bitLength(n));
  const scaled = n << BigInt(up);
  const quotient = scaled / d;
  const rest = scaled - quotient * d;
  const lo = Dyadic.of(rest < 0n ? quotient - 1n : quotient, -up).roundBits(precision, 'down');
  const hi = Dyadic.of(rest > 0n ? quotient + 1n : quotient, -up).roundBits(precision, 'up');
  return Interval.of(lo, hi);
}

/** Which of n things is least and which is most within first..last, in about 2 log2 n comparisons. */
class RangeTree {
  readonly #least: Int32Array;
  readonly #most: Int32Array;

  constructor(
    readonly size: number,
    readonly compare: (i: number, j: number) => number,
  ) {
    this.#least = new Int32Array(2 * size);
    this.#most = new Int32Array(2 * size);
    for (let k = 0; k < size; k++) {
      this.#least[size + k] = k;
      this.#most[size + k] = k;
    }
    for (let k = size - 1; k > 0; k--) {
      this.#least[k] = this.#lesser(this.#least[2 * k] as number, this.#least[2 * k + 1] as number);
      this.#most[k] = this.#greater(this.#most[2 * k] as number, this.#most[2 * k + 1] as number);
    }
  }

  #lesser(i: number, j: number): number {
    return this.compare(i, j) <= 0 ? i : j;
  }

  #greater(i: number, j: number): number {
    return this.compare(i, j) >= 0 ? i : j;
  }

  range(first: number, last: number): { least: number; most: number } {
    let least = first;
    let most = first;
    for (let a = first + this.size, b = last + this.size + 1; a < b; a >>= 1, b >>= 1) {
      if (a & 1) {
        least = this.#lesser(least, this.#least[a] as number);
        most = this.#greater(most, this.#most[a] as number);
        a++;
      }
      if (b & 1) {
        b--;
        least = this.#lesser(least, this.#least[b] as number);
        most = this.#greater(most, this.#most[b] as number);
      }
    }
    return { least, most };
  }
}
