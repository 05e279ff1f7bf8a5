/**
 * Layers as the network file sees them: rows of cells. A row's support is a set of columns; a cell of the support may
 * be zero, so that a random 0-1 row is a regular support with random cells, and so that an intrinsic entry keeps its
 * place whatever its value.
 */
import { Dyadic, InputError } from '../exact/index.ts';
import { type Layer, LIMITS, makeLayer, type Network } from '../net/index.ts';
import { type Whole, whole } from './format-whole.ts';

/** One entry of a network, counted from 0: of A_l where `column` is given, of the bias c_l where it is not. */
export interface Entry {
  readonly layer: number;
  readonly row: number;
  readonly column?: number;
}

/** A layer's parts; weights and biases are cell * 2^-scale. */
export interface Rows {
  readonly inputs: number;
  readonly outputs: number;
  readonly scale: number;
  /** Row i's support is column[start[i]] .. column[start[i + 1]]. */
  readonly start: Uint32Array;
  readonly column: Uint32Array;
  readonly cell: ArrayLike<Whole>;
  readonly bias: ArrayLike<Whole>;
}

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

/** What a mantissa that does not fit 32 bits costs, and makes every other one of its layer cost. */
const WIDE = 80;

/** The layer of these rows, in normal form; `afford(bytes)` is asked before much memory is taken. Throws InputError beyond the limits of layers. */
export function rowsToLayer(
  { inputs, outputs, scale, start, column, cell, bias }: Rows,
  afford: (bytes: number) => void = () => {},
): Layer {
  let kept = 0;
  for (let k = 0; k < cell.length; k++) if (cell[k] !== 0) kept++;
  if (kept === cell.length) {
    return makeLayer({
      inputs,
      outputs,
      scale,
      rowStart: start,
      column,
      weight: compact(cell, afford),
      bias: compact(bias, afford),
    });
  }
  const rowStart = new Uint32Array(outputs + 1);
  const columns = new Uint32Array(kept);
  const weight = new Array<Whole>(kept);
  let n = 0;
  for (let i = 0; i < outputs; i++) {
    const end = start[i + 1] as number;
    for (let k = start[i] as number; k < end; k++) {
      if (cell[k] === 0) continue;
      columns[n] = column[k] as number;
      weight[n++] = cell[k] as Whole;
    }
    rowStart[i + 1] = n;
  }
  return makeLayer({
    inputs,
    outputs,
    scale,
    rowStart,
    column: columns,
    weight: compact(weight, afford),
    bias: compact(bias, afford),
  });
}

/** Mantissas in 32 bits where all fit, as bigints otherwise. */
function compact(values: ArrayLike<Whole>, afford: (bytes: number) => void): Int32Array | bigint[] {
  const out = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as Whole;
    out[i] = Number(v);
    if (out[i] !== v) {
      afford(WIDE * values.length);
      return Array.from(values, BigInt);
    }
  }
  return out;
}

/**
 * The rows with intrinsic values put back: `values[i]` into `marks[i]`. `afford(bytes)` is asked before the rows are copied, their
 * mantissas longer by as many bits as the scale of the intrinsic values is finer.
 */
export function filledRows(
  rows: Rows,
  marks: readonly Entry[],
  values: readonly Dyadic[],
  afford: (bytes: number) => void,
): Rows {
  const scale = values.reduce(
    (s, v) => (v.isZero ? s : Math.max(s, -v.e)),
    isZero(rows) ? Number.NEGATIVE_INFINITY : rows.scale,
  );
  if (scale === Number.NEGATIVE_INFINITY) return rows;
  if (Math.abs(scale) > LIMITS.scale) throw new InputError(`network file: a scale beyond ${LIMITS.scale} bits`);
  const up = isZero(rows) ? 0 : scale - rows.scale;
  const entries = rows.cell.length + rows.outputs;
  afford(entries * (24 + (up > 0 ? WIDE + up / 4 : 0)));
  const finer = (v: Whole): Whole => (up === 0 || v === 0 ? v : whole(BigInt(v) << BigInt(up)));
  const cell = Array.from(rows.cell, finer);
  const bias = Array.from(rows.bias, finer);
  marks.forEach(({ row, column }, i) => {
    const v = values[i] as Dyadic;
    if (!v.isZero) afford(WIDE + (v.exponent + scale) / 4);
    const m = whole(v.mantissaAt(scale));
    if (column === undefined) bias[row] = m;
    else cell[cellAt(rows, row, column)] = m;
  });
  return { ...rows, scale, cell, bias };
}

/** Where a row's support holds this column; -1 where it does not. */
export function cellAt({ start, column }: Rows, row: number, wanted: number): number {
  let lo = start[row] as number;
  let hi = (start[row + 1] as number) - 1;
  while (lo <= hi) {
    const mid = (lo + hi) >> 1;
    const c = column[mid] as number;
    if (c === wanted) return mid;
    if (c < wanted) lo = mid + 1;
    else hi = mid - 1;
  }
  return -1;
}

function isZero({ cell, bias }: Rows): boolean {
  for (let k = 0; k < cell.length; k++) if (cell[k] !== 0) return false;
  for (let i = 0; i < bias.length; i++) if (bias[i] !== 0) return false;
  return true;
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

/** Whether entry a comes before entry b: by layer, row, column, the bias first. */
export function isBefore(a: Entry, b: Entry): boolean {
  if (a.layer !== b.layer) return a.layer < b.layer;
  if (a.row !== b.row) return a.row < b.row;
  return (a.column ?? -1) < (b.column ?? -1);
}

function shownEntry({ layer, row, column }: Entry): string {
  return `layer ${layer}, row ${row}${column === undefined ? ' (bias)' : `, column ${column}`}`;
}
