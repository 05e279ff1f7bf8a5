/**
 * The writer's choice of runs for a sequence: the search's cuts, with every irregular stretch coded in the best way found, and
 * with regular scraps inside it melted into their surroundings where that is shorter.
 */
import type { Hints } from './format-network-write.ts';
import { CostCounter } from './format-range-write.ts';
import { type Priced, ResidualChooser } from './format-residual.ts';
import { type Cut, search } from './format-search.ts';
import { type Run, type Sequence, SequenceCoder, UNLIMITED } from './format-sequence.ts';
import { digits } from './format-whole.ts';

/** Regular runs longer than this stay as they are. */
const LONG = 1 << 10;
/** Longest stretch of cuts that is tried as one run. */
const MELTED = 1 << 16;
/** Sequences up to this long are searched more than once. */
const SHORT = 1 << 14;
/** About what beginning a run costs. */
const BEGIN = 16;
/** Rows with fewer cells do not part an irregular stretch. */
const SHORT_ROW = 16;

/** The runs of x; `hints` says what is known about it. */
export function planRuns(x: Sequence, hints: Hints): readonly Run[] {
  if (x.length > SHORT) return finished(x, hints, split(search(x, hints, 1), x, hints), true);
  // What an element costs depends on the runs around it: short sequences are searched under several guesses, and the plans
  // are compared by what they really cost.
  let best: readonly Run[] = [];
  let bits = Number.POSITIVE_INFINITY;
  const chooser = new ResidualChooser(x);
  for (const guess of [1, 0.6, 1.7]) {
    const cuts = search(x, hints, guess);
    const plans = [finished(x, hints, cuts, false, chooser), finished(x, hints, cuts, true, chooser)];
    if (hints.ends.length > 1) plans.push(finished(x, hints, split(cuts, x, hints), true, chooser));
    for (const plan of plans) {
      const cost = costOfRuns(x, hints, plan);
      if (cost < bits) {
        best = plan;
        bits = cost;
      }
    }
  }
  return best;
}

function costOfRuns(x: Sequence, { ends }: Hints, runs: readonly Run[]): number {
  const c = new CostCounter();
  new SequenceCoder(c, UNLIMITED).sequence(x, x.length, ends, runs);
  return c.bits;
}

/** The runs of these cuts: irregular stretches coded as well as can be, and where `melting` short runs melted into them. */
function finished(
  x: Sequence,
  hints: Hints,
  cuts: readonly Cut[],
  melting: boolean,
  chooser = new ResidualChooser(x),
): readonly Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < cuts.length; ) {
    let k = i;
    while (k < cuts.length && !isLong(cuts[k] as Cut)) k++;
    let from = (cuts[i] as Cut).from;
    if (k > i) {
      const stretch = cuts.slice(i, k);
      const priced = melting ? melt(stretch, chooser, hints) : absorb(stretch, chooser, periodsOf(stretch, hints));
      for (const { run } of priced) {
        runs.push(chooser.fitted(run, from));
        from += run.length;
      }
    }
    if (k < cuts.length) runs.push(constant(cuts[k] as Cut).run);
    i = k + 1;
  }
  return runs;
}

function isLong({ from, end, order }: Cut): boolean {
  return order >= 0 && end - from > LONG;
}

/** A stretch of cuts without long runs, in the cheapest of three ways: as cut, as one run, or layer by layer. */
function melt(cuts: readonly Cut[], chooser: ResidualChooser, hints: Hints): Priced[] {
  const from = (cuts[0] as Cut).from;
  const end = (cuts[cuts.length - 1] as Cut).end;
  const periods = periodsOf(cuts, hints);
  const asCut = absorb(cuts, chooser, periods);
  if (asCut.length === 1) return asCut;
  let best = asCut;
  if (end - from <= MELTED) {
    const whole = [chooser.best(from, end, periods)];
    if (total(whole) < total(best)) best = whole;
  }
  const pieces = byLayer(cuts, hints);
  if (pieces.length > 1) {
    const apart = pieces.flatMap((piece) => melt(piece, chooser, hints));
    if (total(apart) < total(best)) best = apart;
  }
  return best;
}

/** Prices the cuts; runs between two irregular stretches join them where that is shorter. */
function absorb(cuts: readonly Cut[], chooser: ResidualChooser, periods: readonly number[]): Priced[] {
  const out: Priced[] = [];
  // The last irregular stretch, and the length and price of the runs since.
  let open: { cut: Cut; priced: Priced; at: number } | undefined;
  let length = 0;
  let bits = 0;
  for (const cut of cuts) {
    const n = cut.end - cut.from;
    if (cut.order >= 0) {
      out.push(constant(cut));
      length += n;
      bits += cut.bits;
      continue;
    }
    let next = { cut, priced: chooser.best(cut.from, cut.end, periods), at: out.length };
    if (open) {
      const each = Math.max(next.priced.bits / n, open.priced.bits / (open.cut.end - open.cut.from));
      if (length * each <= bits + 2 * BEGIN) {
        // Prices of long runs are extrapolated; between equal codings the difference is what lies between.
        const alike = sameCoding(open.priced.run, next.priced.run);
        const apart = open.priced.bits + bits + next.priced.bits;
        const priced: Priced = alike
          ? {
              run: { ...open.priced.run, length: cut.end - open.cut.from },
              bits:
                open.priced.bits + length * each + chooser.continued(open.priced.run, open.cut.from, cut.from, cut.end),
            }
          : chooser.best(open.cut.from, cut.end, periods);
        if (priced.bits < apart) {
          next = { cut: { ...open.cut, end: cut.end }, priced, at: open.at };
          out.length = open.at;
        }
      }
    }
    out.push(next.priced);
    open = next;
    length = 0;
    bits = 0;
  }
  return out;
}

function sameCoding(a: Run, b: Run): boolean {
  if (a.order !== b.order || a.distance !== b.distance) return false;
  if (a.kind === 'values' || a.kind === 'patches') {
    return b.kind === a.kind && a.phases === b.phases && a.precision === b.precision;
  }
  if (a.kind !== 'palette' || b.kind !== 'palette') return false;
  return a.palette === b.palette || JSON.stringify(a.palette) === JSON.stringify(b.palette);
}

/** Irregular cuts split where a layer begins, and where a row of quite other magnitudes does. */
function split(cuts: readonly Cut[], x: Sequence, { ends, rows }: Hints): Cut[] {
  const out: Cut[] = [];
  let segment = 0;
  let row = 0;
  for (const cut of cuts) {
    if (cut.order >= 0) {
      out.push(cut);
      continue;
    }
    let from = cut.from;
    const until = (end: number): void => {
      if (end <= from || end >= cut.end) return;
      out.push({ ...cut, from, end });
      from = end;
    };
    while (segment < ends.length && (ends[segment] as number) <= from) segment++;
    if (rows) {
      row = Math.max(row, rowAt(rows, from));
      let before = -1;
      for (; row < rows.length && (rows.get(row) as number) < cut.end; row++) {
        const start = Math.max(rows.get(row) as number, from);
        const stop = Math.min(row + 1 < rows.length ? (rows.get(row + 1) as number) : x.length, cut.end);
        if (stop - start < SHORT_ROW) continue;
        let size = 0;
        for (let j = start; j < stop; j++) size = Math.max(size, digits(x.get(j)));
        if (before >= 0 && Math.abs(size - before) > 2) until(start);
        before = size;
      }
    }
    for (; segment < ends.length && (ends[segment] as number) < cut.end; segment++) until(ends[segment] as number);
    out.push({ ...cut, from });
  }
  return out;
}

function constant({ from, end, order, distance, residual, bits }: Cut): Priced {
  return { run: { kind: 'constant', length: end - from, order, distance, value: residual }, bits };
}

/** The distances at which these cuts repeat, the most frequent first, and the length of a row there. */
function periodsOf(cuts: readonly Cut[], { rows }: Hints): number[] {
  const count = new Map<number, number>();
  for (const { order, distance } of cuts) if (order > 0) count.set(distance, (count.get(distance) ?? 0) + 1);
  const often = [...count].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 3);
  const out = often.map(([distance]) => distance);
  if (rows) {
    const row = rowAt(rows, (cuts[0] as Cut).from);
    const length = row + 1 < rows.length ? (rows.get(row + 1) as number) - (rows.get(row) as number) : 0;
    if (length > 1 && !out.includes(length)) out.push(length);
  }
  return out;
}

/** The last row that begins at or before position j. */
function rowAt(rows: Sequence, j: number): number {
  let lo = 0;
  let hi = rows.length - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if ((rows.get(mid) as number) <= j) lo = mid;
    else hi = mid - 1;
  }
  return lo;
}

/** The cuts split where one of them ends with its layer. */
function byLayer(cuts: readonly Cut[], { ends }: Hints): Cut[][] {
  const out: Cut[][] = [[]];
  const borders = new Set(ends);
  for (const cut of cuts) {
    (out[out.length - 1] as Cut[]).push(cut);
    if (borders.has(cut.end) && cut !== cuts[cuts.length - 1]) out.push([]);
  }
  return out;
}

function total(priced: readonly Priced[]): number {
  return priced.reduce((sum, { bits }) => sum + bits, 0);
}
