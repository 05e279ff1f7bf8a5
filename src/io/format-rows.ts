/**
 * Layers as the network file sees them: rows of cells. A row's support is a set of columns; a cell of the support may
 * be zero, so that a random 0-1 row is a regular support with random cells, and so that an intrinsic entry keeps its
 * place whatever its value.
 */
import { type Dyadic, InputError } from '../exact/index.ts';
import { type Layer, LIMITS, makeLayer } from '../net/index.ts';
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

/** Whether entry a comes before entry b: by layer, row, column, the bias first. */
export function isBefore(a: Entry, b: Entry): boolean {
  if (a.layer !== b.layer) return a.layer < b.layer;
  if (a.row !== b.row) return a.row < b.row;
  return (a.column ?? -1) < (b.column ?? -1);
}
