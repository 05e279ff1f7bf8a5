/** Indices into a small palette of values, each predicted from its phase and from two indices before it (docs/format.md). */
import { type Coder, freshModel, type Model } from './format-range.ts';
import { digits, type Whole } from './format-whole.ts';

export interface PaletteChoice {
  /** Increasing. */
  readonly values: readonly number[];
  /** Indices i and i + phases of a run share their counters. */
  readonly phases: number;
  /** How far back the two indices lie that predict the next one; 0 for none. */
  readonly look: readonly [number, number];
}

/** A palette in use: what it has learned, and the indices of the current run. */
export class PaletteModel {
  readonly values: readonly number[];
  private readonly counters: Model;
  private readonly depth: number;
  private indices = new Uint16Array(0);
  private phase = 0;
  private byValue: Map<Whole, number> | undefined;

  constructor(readonly choice: PaletteChoice) {
    this.values = choice.values;
    this.depth = digits(this.values.length - 1);
    this.counters = freshModel(PaletteModel.counters(choice));
  }

  static counters({ values, phases, look }: PaletteChoice): number {
    return phases * (look[0] > 0 ? 4 : 1) * (look[1] > 0 ? 4 : 1) * 2 ** digits(values.length - 1);
  }

  /** Begins a run of n indices. */
  start(n: number): void {
    const { look } = this.choice;
    this.phase = 0;
    this.indices = new Uint16Array(look[0] === 0 && look[1] === 0 ? 0 : n);
  }

  /** The index of a value that the palette holds. */
  indexOf(v: Whole): number {
    const { values } = this;
    if (values.length === 2) return v === values[0] ? 0 : 1;
    this.byValue ??= new Map(values.map((value, i) => [value, i]));
    return this.byValue.get(v) as number;
  }

  /** The i-th index of the run. */
  code(c: Coder, i: number, v: number): number {
    const { phases, look } = this.choice;
    const size = this.values.length;
    let context = this.phase;
    if (++this.phase === phases) this.phase = 0;
    if (look[0] > 0) context = 4 * context + this.rank(i - look[0]);
    if (look[1] > 0) context = 4 * context + this.rank(i - look[1]);
    const base = context * 2 ** this.depth;
    let out = 0;
    let node = 1;
    for (let b = this.depth - 1; b >= 0; b--) {
      const upper = out + (1 << b);
      // Where the upper half holds no index there is nothing to say.
      const bit = upper >= size ? 0 : c.bit(this.counters, base + node, (v >> b) & 1);
      node = 2 * node + bit;
      if (bit !== 0) out = upper;
    }
    if (this.indices.length > 0) this.indices[i] = out;
    return out;
  }

  /** The index at i in four classes; 0 before the run. */
  private rank(i: number): number {
    if (i < 0) return 0;
    const index = this.indices[i] as number;
    const size = this.values.length;
    return size <= 4 ? index : Math.floor((4 * index) / size);
  }
}
