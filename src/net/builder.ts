/** Writes a layer unit by unit, in the words of a construction: `unit(bias, [from, weight], ...)`. */
import { Dyadic, type DyadicLike, refuse } from '../exact/index.ts';
import { type Layer, LIMITS, makeLayer } from './layer.ts';

/** A weight as a construction writes it; a number is the float64's exact value. */
export type Weight = DyadicLike;
/** A connection from unit `from` of the layer below. */
export type Term = readonly [from: number, weight: Weight];

/**
 * Collects the rows of one layer. Terms of a row may come in any order; terms from the same unit are added;
 * a sum of zero is left out. Numbers stay float64 inside (they are exact), so layers with millions of units stay cheap.
 */
export class LayerBuilder {
  private readonly start: number[] = [0];
  private readonly column: number[] = [];
  private readonly weight: (number | Dyadic)[] = [];
  private readonly bias: (number | Dyadic)[] = [];

  constructor(
    /** Units of the layer below. */
    readonly inputs: number,
  ) {}

  /** Units written so far. */
  get size(): number {
    return this.bias.length;
  }

  /** Adds a unit bias + sum of weight * unit `from`, and returns its index. */
  unit(bias: Weight, ...terms: readonly Term[]): number {
    return this.row(bias, terms);
  }

  /** As {@link unit}, with the terms as one list (of any length). */
  row(bias: Weight, terms: readonly Term[]): number {
    const first = this.column.length;
    let sorted = true;
    let last = -1;
    for (const [from, w] of terms) {
      if (!(from >= 0 && from < this.inputs && Number.isInteger(from))) {
        refuse(`unit ${this.size}`, `a connection from 0..${this.inputs - 1}`, from);
      }
      const value = exactWeight(w);
      if (value === 0 || (value instanceof Dyadic && value.isZero)) continue;
      if (from <= last) sorted = false;
      last = from;
      this.column.push(from);
      this.weight.push(value);
    }
    if (!sorted) this.sortFrom(first);
    this.bias.push(exactWeight(bias));
    this.start.push(this.column.length);
    return this.bias.length - 1;
  }

  /** The layer, in normal form. */
  build(): Layer {
    const rowStart = Uint32Array.from(this.start);
    const column = Uint32Array.from(this.column);
    const s = Math.max(mostFractionalBits(this.weight), mostFractionalBits(this.bias));
    if (s > LIMITS.scale) refuse('layer', `weights of at most ${LIMITS.scale} fractional bits`, s);
    const scale = s === Number.NEGATIVE_INFINITY ? 0 : s;
    return makeLayer({
      inputs: this.inputs,
      outputs: this.bias.length,
      scale,
      rowStart,
      column,
      weight: mantissas(this.weight, scale),
      bias: mantissas(this.bias, scale),
    });
  }

  private sortFrom(first: number): void {
    const sums = new Map<number, number | Dyadic>();
    for (let k = first; k < this.column.length; k++) {
      const c = this.column[k] as number;
      const before = sums.get(c);
      const w = this.weight[k] as number | Dyadic;
      sums.set(c, before === undefined ? w : Dyadic.from(before).add(Dyadic.from(w)));
    }
    this.column.length = first;
    this.weight.length = first;
    for (const c of [...sums.keys()].sort((a, b) => a - b)) {
      const w = sums.get(c) as number | Dyadic;
      if (w instanceof Dyadic && w.isZero) continue;
      this.column.push(c);
      this.weight.push(w);
    }
  }
}

function exactWeight(w: Weight): number | Dyadic {
  if (typeof w === 'number') {
    if (!Number.isFinite(w)) refuse('weight', 'a finite number', w);
    return w;
  }
  return Dyadic.from(w);
}

const view = new DataView(new ArrayBuffer(8));

/** The smallest s (it may be negative) with v * 2^s whole; -Infinity for 0. */
function fractionalBitsOf(v: number): number {
  if (v === 0) return Number.NEGATIVE_INFINITY;
  view.setFloat64(0, v);
  const high = view.getUint32(0);
  const low = view.getUint32(4);
  const biased = (high >>> 20) & 0x7ff;
  const upper = (high & 0xfffff) | (biased === 0 ? 0 : 0x100000);
  const zeros = low !== 0 ? 31 - Math.clz32(low & -low) : 32 + 31 - Math.clz32(upper & -upper);
  return 1075 - Math.max(biased, 1) - zeros;
}

function mostFractionalBits(values: readonly (number | Dyadic)[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const v of values) {
    const s = typeof v === 'number' ? fractionalBitsOf(v) : v.isZero ? Number.NEGATIVE_INFINITY : -v.e;
    if (s > most) most = s;
  }
  return most;
}

/** Every value times 2^scale: numbers where all are safe integers, bigints otherwise. */
function mantissas(values: readonly (number | Dyadic)[], scale: number): number[] | bigint[] {
  if (Math.abs(scale) <= 1000) {
    const factor = Dyadic.pow2(scale).toNumber();
    const out = new Array<number>(values.length);
    let fits = true;
    for (let i = 0; i < values.length && fits; i++) {
      const v = values[i] as number | Dyadic;
      // Multiplying by a power of two is exact unless it overflows or underflows, and then it is not a safe integer.
      const m = typeof v === 'number' ? v * factor : v.toNumber() * factor;
      out[i] = m;
      fits = Number.isSafeInteger(m) && (typeof v === 'number' || bigger53(v) === false);
    }
    if (fits) return out;
  }
  return values.map((v) => Dyadic.from(v).mantissaAt(scale));
}

function bigger53(v: Dyadic): boolean {
  return v.m > 0x1fffffffffffffn || v.m < -0x1fffffffffffffn;
}
