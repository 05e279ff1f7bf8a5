/** Writes the network section; format-network.ts says what it holds, and reads it. */
import type { Skeleton } from './format-network.ts';
import type { Coder } from './format-range.ts';
import type { Rows } from './format-rows.ts';
import { type Run, Sequence, SequenceCoder, UNLIMITED } from './format-sequence.ts';
import { type Whole, whole } from './format-whole.ts';

/** Where a run of a sequence is likely to end (its layers), and where the rows of cells begin in it. */
export interface Hints {
  readonly ends: readonly number[];
  readonly rows?: Sequence;
}

/** Finds the runs of a sequence. */
export type Planner = (x: Sequence, hints: Hints) => readonly Run[];

/** Writes the section. */
export function writeSkeleton(c: Coder, { layers, domain, marks }: Skeleton, plan: Planner): void {
  const coder = new SequenceCoder(c, UNLIMITED);
  const put = (x: Sequence, hints: Hints = { ends: [x.length] }): void => {
    if (x.length > 0) coder.sequence(x, x.length, hints.ends, plan(x, hints));
  };
  coder.count(layers.length - 1);
  put(Sequence.of([(layers[0] as Rows).inputs - 1, ...layers.map((layer) => layer.outputs - 1)]));
  put(Sequence.of(layers.map((layer) => layer.scale)));
  coder.count(domain ? 1 : 0);
  if (domain) put(Sequence.of(domain.flatMap(({ lo, hi }) => [whole(lo.m), lo.e, whole(hi.m), hi.e])));
  coder.count(marks.length);
  if (marks.length > 0) {
    put(Sequence.of(marks.map((mark) => mark.layer)));
    put(Sequence.of(marks.map((mark) => mark.row)));
    put(Sequence.of(marks.map((mark) => (mark.column ?? -1) + 1)));
  }
  const parts = split(layers);
  put(parts.degrees, { ends: parts.rowEnds });
  put(parts.firsts, { ends: parts.firstEnds });
  put(parts.gaps, { ends: parts.gapEnds, rows: parts.gapRows });
  put(parts.biases, { ends: parts.rowEnds });
  put(parts.cells, { ends: parts.cellEnds, rows: parts.cellRows });
}

/** The row-wise sequences of all layers, and where each layer and row ends in them. */
function split(layers: readonly Rows[]) {
  const rows = layers.reduce((n, layer) => n + layer.outputs, 0);
  const size = layers.reduce((n, layer) => n + layer.cell.length, 0);
  const parts = {
    degrees: new Sequence(rows),
    firsts: new Sequence(rows),
    gaps: new Sequence(),
    biases: new Sequence(rows),
    cells: new Sequence(size),
    rowEnds: [] as number[],
    firstEnds: [] as number[],
    gapEnds: [] as number[],
    cellEnds: [] as number[],
    gapRows: new Sequence(),
    cellRows: new Sequence(rows),
  };
  for (const { inputs, outputs, start, column, cell, bias } of layers) {
    for (let i = 0; i < outputs; i++) {
      const from = start[i] as number;
      const end = start[i + 1] as number;
      parts.degrees.push(end - from === inputs ? 0 : end - from + 1);
      parts.biases.push(whole(bias[i] as Whole));
      parts.cellRows.push(parts.cells.length);
      for (let k = from; k < end; k++) parts.cells.push(whole(cell[k] as Whole));
      if (end - from === inputs || end === from) continue;
      parts.firsts.push(column[from] as number);
      parts.gapRows.push(parts.gaps.length);
      for (let k = from + 1; k < end; k++) {
        parts.gaps.push((column[k] as number) - (column[k - 1] as number) - 1);
      }
    }
    parts.rowEnds.push(parts.degrees.length);
    parts.firstEnds.push(parts.firsts.length);
    parts.gapEnds.push(parts.gaps.length);
    parts.cellEnds.push(parts.cells.length);
  }
  return parts;
}
