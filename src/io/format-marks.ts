/** Networks taken apart for their file: which entries are marked as intrinsic, and the rows without them. */
import { Dyadic, InputError } from '../exact/index.ts';
import type { Layer, Network } from '../net/index.ts';
import { type Entry, isBefore, type Rows, rowsToLayer } from './format-rows.ts';
import { type Whole, whole } from './format-whole.ts';

/** The rows of a layer without marks: the layer itself. */
export function plainRows({ inputs, outputs, scale, rowStart, column, weight, bias }: Layer): Rows {
  return { inputs, outputs, scale, start: rowStart, column, cell: weight, bias };
}

/**
 * The rows of a layer with the marked entries taken out: their cells are zero and stay in the support, and the scale is
 * the one that the other entries need. `marks`: increasing, all in this layer. Also returns the values taken out.
 */
export function maskedRows(layer: Layer, marks: readonly Entry[]): { rows: Rows; values: Dyadic[] } {
  const { inputs, outputs, rowStart } = layer;
  const start = new Uint32Array(outputs + 1);
  const column: number[] = [];
  const cell: Whole[] = [];
  const bias: Whole[] = [];
  const values: Dyadic[] = [];
  let at = 0;
  for (let i = 0; i < outputs; i++) {
    let b: number | bigint = layer.bias[i] as number | bigint;
    if (marks[at]?.row === i && marks[at]?.column === undefined) {
      values.push(Dyadic.of(BigInt(b), -layer.scale));
      b = 0;
      at++;
    }
    bias.push(whole(b));
    let k = rowStart[i] as number;
    const end = rowStart[i + 1] as number;
    while (k < end || marks[at]?.row === i) {
      const marked = marks[at]?.row === i ? (marks[at]?.column as number) : inputs;
      const here = k < end ? (layer.column[k] as number) : inputs;
      column.push(here < marked ? here : marked);
      if (marked > here) cell.push(whole(layer.weight[k++] as number | bigint));
      else {
        values.push(
          marked === here ? Dyadic.of(BigInt(layer.weight[k++] as number | bigint), -layer.scale) : Dyadic.ZERO,
        );
        cell.push(0);
        at++;
      }
    }
    start[i + 1] = column.length;
  }
  // The normal form of what is left gives its scale; a layer of nothing but marks has scale 0.
  const rest = rowsToLayer({
    inputs,
    outputs,
    scale: layer.scale,
    start,
    column: Uint32Array.from(column),
    cell,
    bias,
  });
  const down = BigInt(layer.scale - rest.scale);
  const reduced = (v: Whole): Whole => (v === 0 || down === 0n ? v : whole(BigInt(v) >> down));
  const rows: Rows = {
    inputs,
    outputs,
    scale: rest.scale,
    start,
    column: Uint32Array.from(column),
    cell: cell.map(reduced),
    bias: bias.map(reduced),
  };
  return { rows, values };
}

/** Whether all parts are equal. */
export function sameRows(a: Rows, b: Rows): boolean {
  return (
    a === b ||
    (a.inputs === b.inputs &&
      a.outputs === b.outputs &&
      a.scale === b.scale &&
      sameValues(a.start, b.start) &&
      sameValues(a.column, b.column) &&
      sameValues(a.cell, b.cell) &&
      sameValues(a.bias, b.bias))
  );
}

function sameValues(a: ArrayLike<Whole>, b: ArrayLike<Whole>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Splits sorted marks by layer. Throws InputError where one is no entry of the network or stands twice. */
export function marksByLayer(network: Network, marks: readonly Entry[], where: string): Map<number, Entry[]> {
  const out = new Map<number, Entry[]>();
  let before: Entry | undefined;
  for (const mark of marks) {
    const { layer, row, column } = mark;
    const at = network.layers[layer];
    const fits =
      at !== undefined &&
      Number.isInteger(row) &&
      row >= 0 &&
      row < at.outputs &&
      (column === undefined || (Number.isInteger(column) && column >= 0 && column < at.inputs));
    if (!fits)
      throw new InputError(`${where}: expected intrinsic marks on entries of the network, got ${shownEntry(mark)}`);
    if (before && !isBefore(before, mark))
      throw new InputError(`${where}: expected each intrinsic mark once, got ${shownEntry(mark)} twice`);
    before = mark;
    const list = out.get(layer);
    if (list) list.push(mark);
    else out.set(layer, [mark]);
  }
  return out;
}

function shownEntry({ layer, row, column }: Entry): string {
  return `layer ${layer}, row ${row}${column === undefined ? ' (bias)' : `, column ${column}`}`;
}
