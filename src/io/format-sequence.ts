/**
 * How the network file writes a sequence x_0, x_1, ... of whole numbers (docs/format.md, "Sequences").
 *
 * A sequence is cut into runs. In a run every element is a prediction plus a residual:
 *
 *   x_j = P_j + r_j,   P_j = 0  |  x_(j-D)  |  2 x_(j-D) - x_(j-2D)  |  -x_(j-D)          (x_i = 0 for i < 0)
 *
 * and the residuals are one constant, values written one by one, or indices into a small palette; or an element is
 * either as predicted or patched by a value of its own. A constant residual
 * makes repeated rows, repeated layers, shifted patterns and arithmetic progressions cost a few bytes, however long;
 * a palette of two values makes a random one-bit matrix cost one bit an entry.
 */
import { type Coder, damaged, EXPECTS_0, freshModel } from './format-range.ts';
import { codeNumber, digits, numberModel, onward, plus, ValueModel, type Whole } from './format-whole.ts';

/** Whole numbers in a growing float64 array; those that are no safe integers stand as NaN and are kept beside it. */
export class Sequence {
  private values: Float64Array;
  private readonly large = new Map<number, bigint>();

  constructor(
    public length = 0,
    capacity = 1024,
  ) {
    this.values = new Float64Array(capacity < length ? length : capacity);
  }

  static of(values: ArrayLike<Whole>): Sequence {
    const out = new Sequence(0, values.length);
    for (let i = 0; i < values.length; i++) out.push(values[i] as Whole);
    return out;
  }

  get(j: number): Whole {
    if (j < 0) return 0;
    const v = this.values[j] as number;
    return Number.isNaN(v) ? (this.large.get(j) as bigint) : v;
  }

  push(v: Whole): void {
    if (this.length === this.values.length) this.reserve(this.length + 1);
    if (typeof v === 'number') this.values[this.length] = v;
    else {
      this.values[this.length] = Number.NaN;
      this.large.set(this.length, v);
    }
    this.length++;
  }

  /** The float64 array itself: NaN where the element is large. */
  get plain(): Float64Array {
    return this.values;
  }

  /** Elements from..end as an array. */
  slice(from: number, end: number): ArrayLike<Whole> {
    if (this.large.size === 0) return this.values.subarray(from, end);
    return Array.from({ length: end - from }, (_, i) => this.get(from + i));
  }

  private reserve(n: number): void {
    const more = new Float64Array(Math.max(n, 2 * this.values.length));
    more.set(this.values);
    this.values = more;
  }
}

/** The prediction of x_j. */
export function predicted(x: Sequence, j: number, order: number, distance: number): Whole {
  if (order === 0) return 0;
  const back = x.get(j - distance);
  return order === 1 ? back : order === 2 ? onward(back, x.get(j - 2 * distance)) : minus(0, back);
}

/** A palette of increasing values and what its indices are predicted from. */
export interface Palette {
  readonly values: readonly number[];
  /** Residuals j and j + phases of a run share their counters. */
  readonly phases: number;
  /** How many residuals back the two indices lie that predict the next one; 0 for none. */
  readonly look: readonly [number, number];
}

/** One run of a sequence. */
export type Run = {
  readonly length: number;
  readonly order: number;
  readonly distance: number;
} & (
  | { readonly kind: 'constant'; readonly value: Whole }
  | { readonly kind: 'values'; readonly precision: number; readonly phases: number }
  | { readonly kind: 'palette'; readonly palette: Palette }
  | { readonly kind: 'patches'; readonly precision: number; readonly phases: number }
);

const KINDS = ['constant', 'values', 'palette', 'patches'] as const;

/** What reading may cost; `charge` throws InputError where it is too much. */
export interface Budget {
  charge(bytes: number): void;
  /** Most binary digits of one value. */
  readonly digits: number;
}

export const LIMITS_OF_RUNS = Object.freeze({ palette: 4096, phases: 1 << 16, counters: 1 << 20 });

/** Counters for n kinds of choice between four, of which the first two are expected. */
function choiceModel(n: number): Uint32Array {
  const model = freshModel(4 * n);
  for (let k = 0; k < n; k++) model[4 * k] = EXPECTS_0;
  return model;
}

/** Writes or reads sequences one after the other; what it learned about runs serves the next sequence too. */
export class SequenceCoder {
  private readonly kinds = choiceModel(5);
  private readonly orders = choiceModel(4);
  private readonly again = freshModel(1);
  private readonly numbers = Array.from({ length: 8 }, numberModel);
  private readonly constants = new ValueModel(1);

  constructor(
    private readonly c: Coder,
    private readonly budget: Budget,
  ) {}

  number(kind: number, v: number): number {
    return codeNumber(this.c, this.numbers[kind] as Uint32Array, v);
  }

  /**
   * The sequence of `length` elements; `ends` are positions where a run is likely to end, increasing, the last being
   * `length`. Writing: x is complete and `runs` cut it up. Reading: x is empty and gets filled.
   */
  sequence(x: Sequence, length: number, ends: ArrayLike<number>, runs: readonly Run[] = []): void {
    const { c } = this;
    let palette: PaletteModel | undefined;
    let kindBefore = 4;
    let distance = 1;
    const lengths = [0, 0, 0, 0];
    let segment = 0;
    for (let j = 0, at = 0; j < length; at++) {
      const run = runs[at] as Run;
      while ((ends[segment] as number) <= j) segment++;
      // Kind and order.
      const wanted = c.reading ? 0 : KINDS.indexOf(run.kind);
      const kind = this.four(this.kinds, 4 * kindBefore, wanted);
      const order = this.four(this.orders, 4 * kind, c.reading ? 0 : run.order);
      if (order > 0) {
        const same = c.reading ? 0 : run.distance === distance ? 0 : run.distance;
        const d = this.number(0, same);
        if (d > 0) distance = d;
      }
      // Length.
      const toEnd = (ends[segment] as number) - j;
      const code = this.number(2, c.reading ? 0 : lengthCode(run.length, toEnd, length - j, lengths[kind] as number));
      const n = code === 0 ? toEnd : code === 1 ? length - j : code === 2 ? (lengths[kind] as number) : code - 2;
      if (n < 1 || n > length - j) damaged();
      lengths[kind] = n;
      // Residuals.
      if (kind === 0) {
        const s = this.constants.code(c, 0, 0, this.budget.digits, c.reading ? 0 : (run as { value: Whole }).value);
        if (c.reading) this.fill(x, n, order, distance, s);
      } else if (kind !== 2) {
        const given = run as { precision: number; phases: number };
        const precision = this.number(3, c.reading ? 0 : given.precision);
        const phases = this.phases(c.reading ? 1 : given.phases, 64);
        const model = new ValueModel(kind === 3 ? 1 : phases);
        const patched = freshModel(kind === 3 ? phases : 0);
        for (let i = 0, phase = 0; i < n; i++) {
          const p = predicted(x, j + i, order, distance);
          if (kind === 3) {
            const wanted = c.reading ? 0 : x.get(j + i);
            const v =
              c.bit(patched, phase, wanted === p ? 0 : 1) === 0
                ? p
                : model.code(c, 0, precision, this.budget.digits, wanted);
            if (c.reading) this.append(x, v);
            if (++phase === phases) phase = 0;
            continue;
          }
          const r = model.code(c, phase, precision, this.budget.digits, c.reading ? 0 : minus(x.get(j + i), p));
          if (c.reading) this.append(x, plus(p, r));
          if (++phase === phases) phase = 0;
        }
      } else {
        palette = this.palette(palette, c.reading ? undefined : (run as { palette: Palette }).palette);
        const indices = palette.start(n);
        for (let i = 0; i < n; i++) {
          const p = predicted(x, j + i, order, distance);
          const index = palette.code(c, indices, i, c.reading ? 0 : palette.indexOf(minus(x.get(j + i), p)));
          if (c.reading) this.append(x, plus(p, palette.palette.values[index] as number));
        }
      }
      kindBefore = kind;
      j += n;
    }
  }

  /** 0..3 by two predicted bits. */
  private four(model: Uint32Array, at: number, v: number): number {
    const high = this.c.bit(model, at, v >> 1);
    return 2 * high + this.c.bit(model, at + 1 + high, v & 1);
  }

  private phases(v: number, counters: number): number {
    const phases = this.number(4, v - 1) + 1;
    if (phases > LIMITS_OF_RUNS.phases || phases * counters > LIMITS_OF_RUNS.counters) damaged();
    if (this.c.reading) this.budget.charge(4 * phases * counters);
    return phases;
  }

  /** The next palette of a sequence, or the last one again with all it has learned. */
  private palette(last: PaletteModel | undefined, wanted: Palette | undefined): PaletteModel {
    const { c } = this;
    if (last && c.bit(this.again, 0, wanted !== undefined && wanted === last.palette ? 1 : 0) !== 0) return last;
    const size = this.number(5, wanted ? wanted.values.length - 1 : 0) + 1;
    if (size > LIMITS_OF_RUNS.palette) damaged();
    const values: number[] = [];
    for (let i = 0; i < size; i++) {
      const v = wanted ? (wanted.values[i] as number) : 0;
      if (i === 0) {
        const first = this.constants.code(c, 0, 0, 53, v);
        values.push(first as number);
      } else {
        const before = values[i - 1] as number;
        values.push(before + 1 + this.number(6, wanted ? v - before - 1 : 0));
        if (!Number.isSafeInteger(values[i])) damaged();
      }
    }
    const look: [number, number] = [
      this.number(1, wanted ? wanted.look[0] : 0),
      this.number(1, wanted ? wanted.look[1] : 0),
    ];
    const contexts = (look[0] > 0 ? 4 : 1) * (look[1] > 0 ? 4 : 1);
    const phases = this.phases(wanted ? wanted.phases : 1, contexts << digits(size - 1));
    return new PaletteModel(wanted ?? { values, phases, look });
  }

  private fill(x: Sequence, n: number, order: number, distance: number, s: Whole): void {
    for (let i = 0; i < n; i++) this.append(x, plus(predicted(x, x.length, order, distance), s));
  }

  private append(x: Sequence, v: Whole): void {
    if (typeof v === 'bigint') {
      const size = digits(v);
      if (size > this.budget.digits) damaged();
      this.budget.charge(128 + (size >> 3));
    }
    x.push(v);
  }
}

/** a - b. */
export function minus(a: Whole, b: Whole): Whole {
  return b === 0 ? a : plus(a, typeof b === 'bigint' ? -b : -b);
}

function lengthCode(n: number, toEnd: number, left: number, before: number): number {
  return n === toEnd ? 0 : n === left ? 1 : n === before ? 2 : n + 2;
}

/** A palette in use: its counters, and the indices of the current run. */
export class PaletteModel {
  private readonly counters: Uint32Array;
  private readonly depth: number;
  private phase = 0;
  private index: Map<number, number> | undefined;

  constructor(readonly palette: Palette) {
    const { values, phases, look } = palette;
    this.depth = digits(values.length - 1);
    const contexts = (look[0] > 0 ? 4 : 1) * (look[1] > 0 ? 4 : 1);
    this.counters = freshModel((contexts * phases) << this.depth);
  }

  /** Begins a run of n residuals. */
  start(n: number): Uint16Array {
    this.phase = 0;
    return new Uint16Array(this.palette.look[0] === 0 && this.palette.look[1] === 0 ? 0 : n);
  }

  indexOf(r: Whole): number {
    const { values } = this.palette;
    if (values.length === 2) return r === values[0] ? 0 : 1;
    this.index ??= new Map(values.map((v, i) => [v, i]));
    return this.index.get(r as number) as number;
  }

  /** The i-th index of the run. */
  code(c: Coder, indices: Uint16Array, i: number, v: number): number {
    const { values, phases, look } = this.palette;
    const size = values.length;
    let context = this.phase;
    if (++this.phase === phases) this.phase = 0;
    for (const back of look) {
      if (back > 0) context = 4 * context + this.rank(i < back ? 0 : (indices[i - back] as number));
    }
    let out = 0;
    let node = 1;
    for (let b = this.depth - 1; b >= 0; b--) {
      const upper = out + (1 << b);
      // Where the upper half holds no index there is nothing to say.
      const bit = upper >= size ? 0 : c.bit(this.counters, (context << this.depth) + node, (v >> b) & 1);
      node = 2 * node + bit;
      if (bit !== 0) out = upper;
    }
    if (indices.length > 0) indices[i] = out;
    return out;
  }

  private rank(index: number): number {
    const size = this.palette.values.length;
    return size <= 4 ? index : Math.floor((4 * index) / size);
  }
}
