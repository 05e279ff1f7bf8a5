/**
 * The next sign change of every unit, earliest first: a heap of lines a x + c keyed by their root -c/a.
 *
 * Roots are compared by float64 quotients where these differ by more than their rounding errors can explain, and by
 * cross-multiplied integers otherwise. So the order is exact, and ties are found.
 */
import { bitLength } from '../exact/index.ts';

/** A fraction n/d, d > 0, not necessarily in lowest terms. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

/** Two quotients of correctly rounded (or 60-bit truncated) bigints differ from the true ones by less than this, relatively. */
const FILTER = 2 ** -48;
/** Below this, float64 quotients lose digits; differences that small are left to integers. */
const TINY = 2 ** -900;

/** The sign of x - y. */
export function compareFractions(x: Fraction, y: Fraction): number {
  if (x.d === y.d) return x.n < y.n ? -1 : x.n > y.n ? 1 : 0;
  const l = x.n * y.d;
  const r = y.n * x.d;
  return l < r ? -1 : l > r ? 1 : 0;
}

/** A float64 within a relative 2^-50 of n/d; it may overflow or underflow only where the quotient itself does. */
export function quotient(n: bigint, d: bigint): number {
  const x = Number(n);
  const y = Number(d);
  if (Number.isFinite(x) && Number.isFinite(y)) return x / y;
  const dropN = Math.max(0, bitLength(n) - 60);
  const dropD = Math.max(0, bitLength(d) - 60);
  // Two steps, so that the power of two itself stays in range.
  const q = Number(n >> BigInt(dropN)) / Number(d >> BigInt(dropD));
  const half = Math.trunc((dropN - dropD) / 2);
  return q * 2 ** half * 2 ** (dropN - dropD - half);
}

/** An indexed heap of units 0..size-1. The lines live with the caller, who reports every change. */
export class EventQueue {
  private readonly heap: Int32Array;
  /** Where a unit sits in the heap; -1 where it does not. */
  private readonly place: Int32Array;
  private readonly key: Float64Array;
  private length = 0;

  constructor(
    size: number,
    /** a and c of every unit's line. */
    private readonly slope: readonly bigint[],
    private readonly offset: readonly bigint[],
  ) {
    this.heap = new Int32Array(size);
    this.place = new Int32Array(size).fill(-1);
    this.key = new Float64Array(size);
  }

  /** The unit with the least root; -1 where the queue is empty. */
  get first(): number {
    return this.length === 0 ? -1 : (this.heap[0] as number);
  }

  /** The root of a unit's line, a != 0. */
  root(unit: number): Fraction {
    const a = this.slope[unit] as bigint;
    const c = this.offset[unit] as bigint;
    return a > 0n ? { n: -c, d: a } : { n: c, d: -a };
  }

  /** Whether the unit's root is below x, whose float64 quotient is `near`. */
  isBelow(unit: number, x: Fraction, near: number): boolean {
    const key = quotient(-(this.offset[unit] as bigint), this.slope[unit] as bigint);
    const gap = key - near;
    if (Math.abs(gap) > FILTER * Math.max(Math.abs(key), Math.abs(near)) + TINY) return gap < 0;
    return compareFractions(this.root(unit), x) < 0;
  }

  /** Enters the unit, or moves it to where its changed root belongs. */
  put(unit: number): void {
    this.key[unit] = quotient(-(this.offset[unit] as bigint), this.slope[unit] as bigint);
    let at = this.place[unit] as number;
    if (at < 0) {
      at = this.length++;
      this.heap[at] = unit;
      this.place[unit] = at;
    }
    this.settle(at);
  }

  /** Takes the unit out; nothing where it is not in. */
  drop(unit: number): void {
    const at = this.place[unit] as number;
    if (at < 0) return;
    this.place[unit] = -1;
    const last = this.heap[--this.length] as number;
    if (last === unit) return;
    this.heap[at] = last;
    this.place[last] = at;
    this.settle(at);
  }

  /** Takes out every unit that shares the least root. */
  popAll(into: number[]): void {
    into.length = 0;
    const unit = this.first;
    if (unit < 0) return;
    do {
      into.push(this.first);
      this.drop(this.first);
    } while (this.length > 0 && this.compare(this.first, unit) === 0);
  }

  private compare(i: number, j: number): number {
    const x = this.key[i] as number;
    const y = this.key[j] as number;
    const gap = x - y;
    if (Math.abs(gap) > FILTER * Math.max(Math.abs(x), Math.abs(y)) + TINY) return gap;
    const a = this.slope[i] as bigint;
    const b = this.slope[j] as bigint;
    const l = (this.offset[j] as bigint) * a;
    const r = (this.offset[i] as bigint) * b;
    if (l === r) return 0;
    // -c_i/a < -c_j/b  <=>  c_j a < c_i b where a b > 0, and the other way round where a b < 0.
    return (l < r === a > 0n) === b > 0n ? -1 : 1;
  }

  private settle(at: number): void {
    const { heap, place } = this;
    const unit = heap[at] as number;
    let k = at;
    while (k > 0) {
      const up = (k - 1) >> 1;
      const other = heap[up] as number;
      if (this.compare(unit, other) >= 0) break;
      heap[k] = other;
      place[other] = k;
      k = up;
    }
    for (;;) {
      let child = 2 * k + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && this.compare(heap[child + 1] as number, heap[child] as number) < 0) child++;
      const other = heap[child] as number;
      if (this.compare(other, unit) >= 0) break;
      heap[k] = other;
      place[other] = k;
      k = child;
    }
    heap[k] = unit;
    place[unit] = k;
  }
}
