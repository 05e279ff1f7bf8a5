/**
 * The network section: a network as sequences of whole numbers, in this order (docs/format.md, "Network section"):
 *
 *   widths    W_0 - 1, ..., W_L - 1                     scales   one a layer
 *   domain    lower m, e, upper m, e an input           marks    layer, row, column + 1 (0: the bias): three sequences
 *   degrees   one a row: 0 for all columns, else 1 + the size of the support
 *   firsts    first column of every row whose support is neither empty nor all columns
 *   gaps      column - column before - 1, for the other columns of these rows
 *   biases    one a row                                 cells    one a column of every support
 */
import { Dyadic, Interval } from '../exact/index.ts';
import { LIMITS } from '../net/index.ts';
import { type Coder, damaged } from './format-range.ts';
import type { Entry, Rows } from './format-rows.ts';
import { type Budget, Sequence, SequenceCoder } from './format-sequence.ts';
import type { Whole } from './format-whole.ts';

/** What the network section holds. */
export interface Skeleton {
  readonly layers: readonly Rows[];
  readonly domain?: readonly Interval[];
  readonly marks: readonly Entry[];
}

/** About how many bytes of memory a layer, a row, a cell, ... take while a file is read. */
export const COSTS = Object.freeze({ layer: 1600, row: 56, cell: 28, mark: 128, interval: 256, meta: 1 << 18 });

/** Reads the section; every count is charged to the budget before memory is taken for it. */
export function readSkeleton(c: Coder, budget: Budget): Skeleton {
  const coder = new SequenceCoder(c, budget);
  const get = (length: number, ends: readonly number[] = [length]): Sequence => {
    const x = new Sequence(Math.min(length, 1024));
    if (length > 0) coder.sequence(x, length, ends);
    return x;
  };
  const depth = coder.count(0) + 1;
  if (depth > LIMITS.depth) damaged();
  budget.charge(COSTS.layer * depth);
  const widths = get(depth + 1);
  let rows = 0;
  for (let l = 0; l <= depth; l++) {
    const w = within(widths.get(l), 0, LIMITS.width - 1) + 1;
    if (l > 0) rows += w;
  }
  const width = (l: number): number => (widths.get(l) as number) + 1;
  const scales = get(depth);
  for (let l = 0; l < depth; l++) within(scales.get(l), -LIMITS.scale, LIMITS.scale);
  const domain = coder.count(0) > 0 ? readDomain(width(0), budget, get) : undefined;
  const marks = readMarks(coder.count(0), depth, width, budget, get);

  budget.charge(COSTS.row * rows);
  const rowEnds: number[] = [];
  for (let l = 1, n = 0; l <= depth; l++) {
    n += width(l);
    rowEnds.push(n);
  }
  const degrees = get(rows, rowEnds);
  const starts: Uint32Array[] = [];
  const firstEnds: number[] = [];
  const gapEnds: number[] = [];
  const cellEnds: number[] = [];
  let firstCount = 0;
  let gapCount = 0;
  let cellCount = 0;
  for (let l = 0, row = 0; l < depth; l++) {
    const inputs = width(l);
    const start = new Uint32Array(width(l + 1) + 1);
    for (let i = 1; i < start.length; i++, row++) {
      const code = within(degrees.get(row), 0, inputs);
      const degree = code === 0 ? inputs : code - 1;
      if (code > 1) {
        firstCount++;
        gapCount += degree - 1;
      }
      cellCount += degree;
      if (cellCount > LIMITS.connectivity) damaged();
      start[i] = (start[i - 1] as number) + degree;
    }
    starts.push(start);
    firstEnds.push(firstCount);
    gapEnds.push(gapCount);
    cellEnds.push(cellCount);
  }
  budget.charge(COSTS.cell * cellCount);
  const firsts = get(firstCount, firstEnds);
  const gaps = get(gapCount, gapEnds);
  const biases = get(rows, rowEnds);
  const cells = get(cellCount, cellEnds);

  const at = { first: 0, gap: 0 };
  const layers = starts.map((start, l): Rows => {
    const inputs = width(l);
    const outputs = start.length - 1;
    const rowEnd = rowEnds[l] as number;
    const cellEnd = cellEnds[l] as number;
    return {
      inputs,
      outputs,
      scale: scales.get(l) as number,
      start,
      column: readColumns(start, inputs, firsts, gaps, at),
      cell: cells.slice(cellEnd - (start[outputs] as number), cellEnd),
      bias: biases.slice(rowEnd - outputs, rowEnd),
    };
  });
  return domain ? { layers, domain, marks } : { layers, marks };
}

type Get = (length: number) => Sequence;

function readDomain(inputs: number, budget: Budget, get: Get): Interval[] {
  budget.charge(COSTS.interval * inputs);
  const ends = get(4 * inputs);
  const end = (at: number): Dyadic =>
    Dyadic.of(BigInt(ends.get(at)), within(ends.get(at + 1), -LIMITS.scale, LIMITS.scale));
  return Array.from({ length: inputs }, (_, i) => {
    const lo = end(4 * i);
    const hi = end(4 * i + 2);
    return lo.le(hi) ? Interval.of(lo, hi) : damaged();
  });
}

function readMarks(count: number, depth: number, width: (l: number) => number, budget: Budget, get: Get): Entry[] {
  budget.charge(COSTS.mark * count);
  const [layers, rows, columns] = [get(count), get(count), get(count)];
  return Array.from({ length: count }, (_, i) => {
    const layer = within(layers.get(i), 0, depth - 1);
    const row = within(rows.get(i), 0, width(layer + 1) - 1);
    const column = within(columns.get(i), 0, width(layer)) - 1;
    return Object.freeze(column < 0 ? { layer, row } : { layer, row, column });
  });
}

function readColumns(
  start: Uint32Array,
  inputs: number,
  firsts: Sequence,
  gaps: Sequence,
  at: { first: number; gap: number },
): Uint32Array {
  const out = new Uint32Array(start[start.length - 1] as number);
  for (let i = 1; i < start.length; i++) {
    const from = start[i - 1] as number;
    const end = start[i] as number;
    if (end === from) continue;
    const full = end - from === inputs;
    let column = full ? 0 : within(firsts.get(at.first++), 0, inputs - 1);
    out[from] = column;
    for (let k = from + 1; k < end; k++) {
      column += full ? 1 : within(gaps.get(at.gap++), 0, inputs) + 1;
      if (column >= inputs) damaged();
      out[k] = column;
    }
  }
  return out;
}

function within(v: Whole, lo: number, hi: number): number {
  return typeof v === 'number' && v >= lo && v <= hi ? v : damaged();
}
