/**
 * How the residuals of one run are best written: value by value or through a palette, with which prediction and which
 * contexts. Candidates are coded for their cost on a sample; the cheapest is taken. Writer only.
 */
import { type PaletteChoice, PaletteModel } from './format-palette.ts';
import { freshModel } from './format-range.ts';
import { CostCounter } from './format-range-write.ts';
import { predicted, RUN_LIMITS, type Run, type Sequence } from './format-sequence.ts';
import { digits, minus, plus, ValueModel, type Whole, zerosBelow } from './format-whole.ts';

/** A way to write a run, and about how many bits it takes. */
export interface Priced {
  readonly run: Run;
  readonly bits: number;
}

/** Residuals that a first trial looks at, and the most that one for the final choice does. */
const GLANCE = 1 << 10;
const SAMPLE = 1 << 14;
/** Codings that are tried on the larger sample. */
const FINALISTS = 3;
/** About what beginning a run costs. */
const HEADER = 14;

interface Sample {
  readonly from: number;
  readonly order: number;
  readonly distance: number;
  readonly r: readonly Whole[];
  readonly precision: number;
  readonly values: readonly number[] | undefined;
}

/** Which coding; `look` matters to a palette only. `last` is the palette of the run chosen before. */
interface Coding {
  readonly kind: 'values' | 'patches' | 'palette' | 'last';
  readonly phases: number;
  readonly look: readonly [number, number];
}

/** Tries codings until a sequence's share of effort is used up; then it takes plain ones. */
export class ResidualChooser {
  /** Residuals that may still be tried. */
  private effort = 1 << 23;
  private last: PaletteChoice | undefined;
  /** The last palette of a run that was fitted. */
  private written: PaletteChoice | undefined;
  private readonly known = new Map<string, Priced>();
  private lastSample: Sample | undefined;

  constructor(private readonly x: Sequence) {}

  /** x[from..end) as one run; `periods` are distances at which it may repeat. */
  best(from: number, end: number, periods: readonly number[]): Priced {
    const key = `${from} ${end} ${periods}`;
    const before = this.known.get(key);
    if (before) return before;
    const n = end - from;
    const near = n < 24 || this.effort < 0 ? [] : [...new Set(periods)].filter((d) => d > 1 && 3 * d < n);
    const predictions: [number, number][] = [[0, 1]];
    if (n > 1) predictions.push([1, 1]);
    if (n >= 8) predictions.push([2, 1]);
    if (n > 1) predictions.push([3, 1]);
    for (const d of near) predictions.push([1, d], [2, d], [3, d]);
    let trials: Priced[] = [];
    for (const [order, distance] of predictions) {
      for (const coding of codings(order, near)) {
        const size = sampleSize(coding, order * distance);
        const priced = this.price(from, n, order, distance, coding, size);
        if (priced) trials.push(priced);
      }
    }
    trials.sort((a, b) => a.bits - b.bits);
    if (n > GLANCE && this.effort > 0) {
      // On the larger sample an alphabet may turn out too large: then the plain coding is left.
      const finalists = trials
        .slice(0, FINALISTS)
        .concat(trials.filter(({ run }) => run.kind === 'values').slice(0, 1));
      trials = finalists.flatMap(({ run }) => {
        const { order, distance } = run;
        const { phases, look } =
          run.kind === 'palette' ? run.palette : { phases: (run as { phases: number }).phases, look: NO_LOOK };
        return this.price(from, n, order, distance, { kind: run.kind as Coding['kind'], phases, look }, SAMPLE) ?? [];
      });
      trials.sort((a, b) => a.bits - b.bits);
    }
    const best = trials[0] as Priced;
    if (best.run.kind === 'palette') this.last = best.run.palette;
    this.known.set(key, best);
    return best;
  }

  /** What x[at..end) costs when the run that began at `from` goes on there. */
  continued(run: Run, from: number, at: number, end: number): number {
    const { order, distance } = run;
    const start = Math.max(from, at - SAMPLE / 4);
    const stop = Math.min(end, at + SAMPLE / 4);
    const code = this.coster(run, start);
    let before = 0;
    let bits = 0;
    for (let j = start; j < stop; j++) {
      bits = code(minus(this.x.get(j), predicted(this.x, j, order, distance)), j - start);
      if (j < at) before = bits;
    }
    this.effort -= stop - start;
    return ((bits - before) * (end - at)) / (stop - at);
  }

  private coster(run: Run, from: number): (v: Whole, i: number) => number {
    if (run.kind === 'palette') return paletteCoster(run.palette);
    const { phases, precision } = run as { phases: number; precision: number };
    return run.kind === 'values' ? valueCoster(phases, precision) : patchCoster(phases, precision, this.x, from);
  }

  /** The run at `from` with precision and palette of all its residuals, not only of those that were looked at. */
  fitted(run: Run, from: number): Run {
    if (run.kind === 'constant') return run;
    const { length, order, distance } = run;
    if (run.kind === 'palette') {
      const values = this.alphabet(from, length, order, distance);
      const { written } = this;
      const { phases, look } = run.palette;
      const again = written && written.phases === phases && String(written.look) === String(look);
      if (values && again && values.every((v) => written.values.includes(v))) return { ...run, palette: written };
      if (values) {
        this.written = { values, phases, look };
        return { ...run, palette: this.written };
      }
    }
    if (run.kind === 'patches') return { ...run, precision: this.precision(from, length, 0, 1) };
    const phases = run.kind === 'values' ? run.phases : 1;
    const precision = this.precision(from, length, order, distance);
    return { kind: 'values', length, order, distance, phases, precision };
  }

  /** The first residuals of a prediction, with their precision and alphabet. */
  private sample(from: number, size: number, order: number, distance: number): Sample {
    const last = this.lastSample;
    if (last && last.from === from && last.r.length === size && last.order === order && last.distance === distance)
      return last;
    const r: Whole[] = [];
    for (let j = from; j < from + size; j++) r.push(minus(this.x.get(j), predicted(this.x, j, order, distance)));
    const precision = this.precision(from, size, order, distance);
    const values = this.alphabet(from, size, order, distance);
    this.lastSample = { from, order, distance, r, precision, values };
    return this.lastSample;
  }

  /** A coding's run and price, judged by the first `most` residuals; undefined where it cannot hold them. */
  private price(
    from: number,
    n: number,
    order: number,
    distance: number,
    coding: Coding,
    most: number,
  ): Priced | undefined {
    const size = n < most ? n : most;
    this.effort -= size;
    const { r, precision, values } = this.sample(from, size, order, distance);
    const base = { length: n, order, distance };
    const header = HEADER + (order === 0 ? 0 : 2 + digits(distance));
    if (coding.kind === 'patches') {
      const precision = this.precision(from, size, 0, 1);
      const bits = extrapolated(n, r, patchCoster(coding.phases, precision, this.x, from));
      return { run: { ...base, kind: 'patches', precision, phases: coding.phases }, bits: header + bits };
    }
    if (coding.kind === 'values') {
      const { phases } = coding;
      if (64 * phases > RUN_LIMITS.counters) return undefined;
      const bits = extrapolated(n, r, valueCoster(phases, precision));
      return { run: { ...base, kind: 'values', precision, phases }, bits: header + bits };
    }
    if (!values) return undefined;
    if (coding.kind === 'last') {
      const { last } = this;
      if (!last || !values.every((v) => last.values.includes(v))) return undefined;
      return {
        run: { ...base, kind: 'palette', palette: last },
        bits: header + extrapolated(n, r, paletteCoster(last)),
      };
    }
    const { phases, look } = coding;
    const palette: PaletteChoice = { values, phases, look };
    if (PaletteModel.counters(palette) > RUN_LIMITS.counters) return undefined;
    const bits = costOfDefinition(values) + extrapolated(n, r, paletteCoster(palette));
    return { run: { ...base, kind: 'palette', palette }, bits: header + 4 + bits };
  }

  /** The most significant digits of any residual, or 0 where cutting to that many would save nothing. */
  private precision(from: number, n: number, order: number, distance: number): number {
    let most = 1;
    const sizes: number[] = [];
    for (let j = from; j < from + n; j++) {
      const v = minus(this.x.get(j), predicted(this.x, j, order, distance));
      const size = digits(v);
      sizes[size] = (sizes[size] ?? 0) + 1;
      if (size > most) {
        // Low digits that are all 0 or all 1 need not be written.
        const low = Math.max(zerosBelow(v), zerosBelow(plus(v, v < 0 ? -1 : 1)));
        if (size - low > most) most = size - low;
      }
    }
    let saved = -4;
    sizes.forEach((count, size) => {
      if (size > most) saved += count * (size - most - 0.5);
    });
    return saved > 0 ? most : 0;
  }

  /** The distinct residuals, increasing, where they are few. */
  private alphabet(from: number, n: number, order: number, distance: number): number[] | undefined {
    const seen = new Set<number>();
    const most = Math.min(RUN_LIMITS.palette, 2 + (n >> 2));
    // The two values seen last are not looked up: most sequences that have an alphabet repeat them.
    let a = Number.NaN;
    let b = Number.NaN;
    for (let i = 0; i < n; i++) {
      const v = minus(this.x.get(from + i), predicted(this.x, from + i, order, distance));
      if (v === a || v === b) continue;
      if (typeof v !== 'number') return undefined;
      b = a;
      a = v;
      seen.add(v);
      if (seen.size > most) return undefined;
    }
    const values = [...seen].sort((a, b) => a - b);
    const span = (values[values.length - 1] as number) - (values[0] as number);
    return span <= Number.MAX_SAFE_INTEGER ? values : undefined;
  }
}

/** The codings worth trying for residuals of this order. */
function codings(order: number, periods: readonly number[]): Coding[] {
  const out: Coding[] = [];
  for (const phases of [1, ...periods]) {
    out.push(
      { kind: 'values', phases, look: [0, 0] },
      { kind: order === 0 ? 'palette' : 'patches', phases, look: [0, 0] },
    );
  }
  if (order > 0) return order < 3 ? [...out, { kind: 'palette', phases: 1, look: [0, 0] }] : out;
  out.push({ kind: 'last', phases: 1, look: [0, 0] }, { kind: 'palette', phases: 1, look: [1, 0] });
  for (const d of periods) {
    const looks: [number, number][] = [
      [d, 0],
      [d, 1],
      [2 * d, d],
    ];
    for (const look of looks) out.push({ kind: 'palette', phases: 1, look });
  }
  return out;
}

const NO_LOOK: readonly [number, number] = [0, 0];

/** How many residuals show what a coding is worth. */
function sampleSize(coding: Coding, distance: number): number {
  return Math.min(SAMPLE, Math.max(GLANCE, 6 * Math.max(coding.phases, coding.look[0], distance)));
}

/** What n residuals cost that begin with r: the cost of r, and for the rest what the second half of r cost each. */
function extrapolated(n: number, r: readonly Whole[], code: (v: Whole, i: number) => number): number {
  const half = r.length >> 1;
  let first = 0;
  let bits = 0;
  for (let i = 0; i < r.length; i++) {
    bits = code(r[i] as Whole, i);
    if (i < half) first = bits;
  }
  return r.length === n ? bits : bits + ((bits - first) * (n - r.length)) / (r.length - half);
}

/** Codes one value after the other and returns the bits so far. */
function valueCoster(phases: number, precision: number): (v: Whole, i: number) => number {
  const c = new CostCounter();
  const model = new ValueModel(phases);
  return (v, i) => {
    model.code(c, i % phases, precision, Number.MAX_SAFE_INTEGER, v);
    return c.bits;
  };
}

function patchCoster(phases: number, precision: number, x: Sequence, from: number): (v: Whole, i: number) => number {
  const c = new CostCounter();
  const model = new ValueModel(1);
  const patched = freshModel(phases);
  return (v, i) => {
    if (c.bit(patched, i % phases, v === 0 ? 0 : 1) !== 0) {
      model.code(c, 0, precision, Number.MAX_SAFE_INTEGER, x.get(from + i));
    }
    return c.bits;
  };
}

function paletteCoster(palette: PaletteChoice): (v: Whole, i: number) => number {
  const c = new CostCounter();
  const model = new PaletteModel(palette);
  model.start(SAMPLE);
  return (v, i) => {
    model.code(c, i, model.indexOf(v));
    return c.bits;
  };
}

function costOfDefinition(values: readonly number[]): number {
  let bits = 12 + digits(values[0] as number);
  for (let i = 1; i < values.length; i++) {
    bits += 1 + 1.5 * digits((values[i] as number) - (values[i - 1] as number) - 1);
  }
  return bits;
}
