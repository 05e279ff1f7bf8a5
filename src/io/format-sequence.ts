/**
 * A sequence x_0, x_1, ... of whole numbers as the network file writes it (docs/format.md, "Sequences").
 *
 * It is cut into runs. In a run every element is a prediction plus a residual:
 *
 *   x_j = P_j + r_j,   P_j = 0  |  x_(j-D)  |  2 x_(j-D) - x_(j-2D)  |  -x_(j-D)          (x_i = 0 for i < 0)
 *
 * and the residuals are one constant, or written one by one, or indices into a small palette; or an element is either as
 * predicted or patched by a value of its own. A constant residual makes repeated rows, repeated layers, shifted patterns and
 * arithmetic progressions cost a few bytes, however long; a palette of two values makes a random one-bit matrix cost one bit
 * an entry.
 */
import { type PaletteChoice, PaletteModel } from './format-palette.ts';
import { type Coder, damaged, EXPECTS_0, freshModel, type Model } from './format-range.ts';
import { codeNumber, digits, minus, numberModel, onward, plus, ValueModel, type Whole } from './format-whole.ts';

/** Whole numbers in a growing float64 array; those that are no safe integers stand as NaN and are kept beside it. */
export class Sequence {
  private values: Float64Array;
  private readonly large = new Map<number, bigint>();
  length = 0;

  constructor(capacity = 1024) {
    this.values = new Float64Array(capacity);
  }

  static of(values: ArrayLike<Whole>): Sequence {
    const out = new Sequence(values.length);
    for (let i = 0; i < values.length; i++) out.push(values[i] as Whole);
    return out;
  }

  get(j: number): Whole {
    if (j < 0) return 0;
    const v = this.values[j] as number;
    return Number.isNaN(v) ? (this.large.get(j) as bigint) : v;
  }

  push(v: Whole): void {
    if (this.length === this.values.length) {
      const more = new Float64Array(2 * this.length + 16);
      more.set(this.values);
      this.values = more;
    }
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
}

/** The prediction of x_j. */
export function predicted(x: Sequence, j: number, order: number, distance: number): Whole {
  if (order === 0) return 0;
  const back = x.get(j - distance);
  return order === 1 ? back : order === 2 ? onward(back, x.get(j - 2 * distance)) : minus(0, back);
}

/** One run of a sequence. */
export type Run = {
  readonly length: number;
  /** 0..3: which prediction; `distance` is its D, and 1 for order 0. */
  readonly order: number;
  readonly distance: number;
} & (
  | { readonly kind: 'constant'; readonly value: Whole }
  | { readonly kind: 'values' | 'patches'; readonly precision: number; readonly phases: number }
  | { readonly kind: 'palette'; readonly palette: PaletteChoice }
);

const KINDS = ['constant', 'values', 'palette', 'patches'] as const;

/** What reading may cost; `charge` throws InputError where it is too much. */
export interface Budget {
  charge(bytes: number): void;
  /** Most binary digits of one value. */
  readonly digits: number;
}

/** What a writer may spend. */
export const UNLIMITED: Budget = { charge: () => {}, digits: Number.MAX_SAFE_INTEGER };

/** A run may have so many phases, and its model so many counters. */
export const RUN_LIMITS = Object.freeze({ palette: 4096, phases: 1 << 16, counters: 1 << 20 });

/** Which numbers share counters. */
const [DISTANCE, LOOK, LENGTH, PRECISION, PHASES, SIZE, STEP, COUNT] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** What a sequence remembers from run to run. */
interface Memory {
  kind: number;
  distance: number;
  palette: PaletteModel | undefined;
  /** Of each kind the last two lengths that were no end of a segment or of the sequence. */
  readonly lengths: [last: number, before: number][];
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

  /** A count 0..2^53 - 2. */
  count(v: number): number {
    return this.number(COUNT, v);
  }

  /**
   * The sequence of `length` elements. `ends` are where its segments end, increasing, the last being `length`.
   * Writing: x is complete and `runs` cut it up. Reading: x is empty and gets filled.
   */
  sequence(x: Sequence, length: number, ends: ArrayLike<number>, runs: readonly Run[] = []): void {
    const memory: Memory = {
      kind: 4,
      distance: 1,
      palette: undefined,
      lengths: Array.from({ length: 4 }, () => [0, 0]),
    };
    let segment = 0;
    for (let j = 0, at = 0; j < length; at++) {
      while ((ends[segment] as number) <= j) segment++;
      const run = this.run(runs[at], x, j, length, ends, segment, memory);
      j += run;
    }
  }

  /** One run from j on; returns its length. */
  private run(
    run: Run | undefined,
    x: Sequence,
    j: number,
    length: number,
    ends: ArrayLike<number>,
    segment: number,
    memory: Memory,
  ): number {
    const kind = this.choice(this.kinds, memory.kind, run ? KINDS.indexOf(run.kind) : 0);
    const order = this.choice(this.orders, kind, run ? run.order : 0);
    memory.kind = kind;
    if (order > 0) {
      const near = [memory.distance, lengthOf(ends, segment - 1), lengthOf(ends, segment)];
      const known = run ? near.indexOf(run.distance) : 0;
      const code = this.number(DISTANCE, known < 0 ? (run as Run).distance + 2 : known);
      memory.distance = code > 2 ? code - 2 : (near[code] as number);
      if (memory.distance < 1) damaged();
    }
    const n = this.length(
      run?.length ?? 0,
      (ends[segment] as number) - j,
      length - j,
      memory.lengths[kind] as [number, number],
    );
    const { distance } = memory;
    if (kind === 0) {
      const s = this.constants.code(this.c, 0, 0, this.budget.digits, run?.kind === 'constant' ? run.value : 0);
      if (this.c.reading) for (let i = j; i < j + n; i++) this.append(x, plus(predicted(x, i, order, distance), s));
    } else if (kind === 2) {
      memory.palette = this.palette(memory.palette, run?.kind === 'palette' ? run.palette : undefined);
      this.indices(memory.palette, x, j, n, order, distance);
    } else {
      const given = run?.kind === 'values' || run?.kind === 'patches' ? run : { precision: 0, phases: 1 };
      const precision = this.number(PRECISION, given.precision);
      const phases = this.phases(given.phases, kind === 1 ? 64 : 1);
      if (kind === 1) this.values(precision, phases, x, j, n, order, distance);
      else this.patches(precision, phases, x, j, n, order, distance);
    }
    return n;
  }

  private length(n: number, toEnd: number, left: number, lengths: [number, number]): number {
    const known = [toEnd, left, lengths[0], 2 * lengths[0] - lengths[1]];
    const wanted = this.c.reading ? 0 : known.indexOf(n);
    const code = this.number(LENGTH, wanted < 0 ? n + 3 : wanted);
    const out = code > 3 ? code - 3 : (known[code] as number);
    if (out < 1 || out > left) damaged();
    if (code > 1) {
      lengths[1] = lengths[0];
      lengths[0] = out;
    }
    return out;
  }

  private values(
    precision: number,
    phases: number,
    x: Sequence,
    j: number,
    n: number,
    order: number,
    distance: number,
  ): void {
    const { c, budget } = this;
    const model = new ValueModel(phases);
    for (let i = j, phase = 0; i < j + n; i++) {
      const p = predicted(x, i, order, distance);
      const r = model.code(c, phase, precision, budget.digits, c.reading ? 0 : minus(x.get(i), p));
      if (c.reading) this.append(x, plus(p, r));
      if (++phase === phases) phase = 0;
    }
  }

  private patches(
    precision: number,
    phases: number,
    x: Sequence,
    j: number,
    n: number,
    order: number,
    distance: number,
  ): void {
    const { c, budget } = this;
    const patched = freshModel(phases);
    const model = new ValueModel(1);
    for (let i = j, phase = 0; i < j + n; i++) {
      const p = predicted(x, i, order, distance);
      const v = c.reading ? p : x.get(i);
      const patch = c.bit(patched, phase, v === p ? 0 : 1) !== 0;
      const out = patch ? model.code(c, 0, precision, budget.digits, v) : p;
      if (c.reading) this.append(x, out);
      if (++phase === phases) phase = 0;
    }
  }

  private indices(palette: PaletteModel, x: Sequence, j: number, n: number, order: number, distance: number): void {
    const { c } = this;
    palette.start(n);
    for (let i = 0; i < n; i++) {
      const p = predicted(x, j + i, order, distance);
      const index = palette.code(c, i, c.reading ? 0 : palette.indexOf(minus(x.get(j + i), p)));
      if (c.reading) this.append(x, plus(p, palette.values[index] as number));
    }
  }

  /** The sequence's next palette, or its last one again with all that it has learned. */
  private palette(last: PaletteModel | undefined, wanted: PaletteChoice | undefined): PaletteModel {
    if (last && this.c.bit(this.again, 0, wanted !== undefined && wanted === last.choice ? 1 : 0) !== 0) return last;
    const size = this.number(SIZE, wanted ? wanted.values.length - 1 : 0) + 1;
    if (size > RUN_LIMITS.palette) damaged();
    const values = [this.constants.code(this.c, 0, 0, 53, wanted?.values[0] ?? 0) as number];
    for (let i = 1; i < size; i++) {
      const before = values[i - 1] as number;
      const v = before + 1 + this.number(STEP, wanted ? (wanted.values[i] as number) - before - 1 : 0);
      if (!Number.isSafeInteger(v)) damaged();
      values.push(v);
    }
    const look: [number, number] = [this.number(LOOK, wanted?.look[0] ?? 0), this.number(LOOK, wanted?.look[1] ?? 0)];
    const phases = this.phases(wanted?.phases ?? 1, PaletteModel.counters({ values, phases: 1, look }));
    return new PaletteModel(wanted ?? { values, phases, look });
  }

  /** The number of phases, each with so many counters of its own. */
  private phases(v: number, counters: number): number {
    const phases = this.number(PHASES, v - 1) + 1;
    if (phases > RUN_LIMITS.phases || phases * counters > RUN_LIMITS.counters) damaged();
    this.budget.charge(1024 + 4 * phases * counters);
    return phases;
  }

  private append(x: Sequence, v: Whole): void {
    if (typeof v === 'bigint') {
      const size = digits(v);
      if (size > this.budget.digits) damaged();
      this.budget.charge(192 + (size >> 2));
    }
    x.push(v);
  }

  private number(kind: number, v: number): number {
    return codeNumber(this.c, this.numbers[kind] as Model, v);
  }

  /** 0..3 by two bits, after what came before. */
  private choice(model: Model, before: number, v: number): number {
    const high = this.c.bit(model, 4 * before, v >> 1);
    return 2 * high + this.c.bit(model, 4 * before + 1 + high, v & 1);
  }
}

/** Counters for choices between four, of which the first two are expected, after n things that may come before. */
function choiceModel(n: number): Model {
  const model = freshModel(4 * n);
  for (let k = 0; k < n; k++) model[4 * k] = EXPECTS_0;
  return model;
}

/** The length of a segment; 0 before the first. */
function lengthOf(ends: ArrayLike<number>, segment: number): number {
  if (segment < 0) return 0;
  return (ends[segment] as number) - (segment === 0 ? 0 : (ends[segment - 1] as number));
}
