/** Network inputs from the command line or from a CSV file, one vector a line. */
import { Dyadic, InputError } from '../exact/index.ts';
import { inputNumber } from './arguments.ts';
import { readText } from './files.ts';

export interface Inputs {
  /** Row after row: float64 where every value is one, exact otherwise. */
  readonly values: Float64Array | readonly Dyadic[];
  readonly rows: number;
  /** Whether a decimal was moved to its nearest float64. */
  readonly rounded: boolean;
}

/** Most rows of one file. */
export const MAX_ROWS = 1 << 24;

/**
 * Operands: vectors with commas (`0.1,0.2`), or plain numbers taken in groups of `dimension`.
 * Throws InputError where a number is not readable, not dyadic (unless `round`), or the counts do not fit.
 */
export function inputsFromOperands(operands: readonly string[], dimension: number, round: boolean): Inputs {
  const grouped = operands.some((o) => o.includes(','))
    ? operands.map((o) => o.split(','))
    : Array.from({ length: Math.ceil(operands.length / dimension) }, (_, r) =>
        operands.slice(r * dimension, (r + 1) * dimension),
      );
  return collect(
    grouped,
    dimension,
    (i) => (operands.length === grouped.length ? `input ${i + 1}` : `input vector ${i + 1}`),
    round,
  );
}

/** A CSV: commas, semicolons, tabs or spaces; lines that are empty or begin with # are passed over, and one header line. */
export function inputsFromFile(path: string, dimension: number, round: boolean): Inputs {
  const cells: string[][] = [];
  const lineOf: number[] = [];
  const lines = readText(path)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/);
  lines.forEach((line, i) => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return;
    const row = text.split(text.includes(',') ? ',' : text.includes(';') ? ';' : /\s+/).map((c) => c.trim());
    if (cells.length === 0 && lineOf.length === 0 && row.every((c) => !/^[+-]?\.?\d/.test(c))) return;
    if (cells.length >= MAX_ROWS) throw new InputError(`${path}: expected at most ${MAX_ROWS} rows`);
    cells.push(row);
    lineOf.push(i + 1);
  });
  if (cells.length === 0) throw new InputError(`${path}: it holds no numbers`);
  return collect(cells, dimension, (i) => `${path}, line ${lineOf[i]}`, round);
}

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function collect(
  vectors: readonly (readonly string[])[],
  dimension: number,
  where: (i: number) => string,
  round: boolean,
): Inputs {
  const floats = new Float64Array(vectors.length * dimension);
  let exact: Map<number, Dyadic> | undefined;
  let rounded = false;
  vectors.forEach((vector, i) => {
    if (vector.length !== dimension) {
      throw new InputError(
        `${where(i)}: expected ${dimension} number${dimension === 1 ? '' : 's'}, got ${vector.length}`,
      );
    }
    vector.forEach((text, j) => {
      const at = i * dimension + j;
      if (rounded && PLAIN.test(text)) {
        // ECMAScript reads a decimal as its nearest float64, ties to even.
        floats[at] = Number(text);
        if (Number.isFinite(floats[at])) return;
      }
      const { value, rounded: moved } = read(text, where(i), round);
      rounded ||= moved;
      const near = value.toNumber();
      floats[at] = near;
      if (!Number.isFinite(near) || !Dyadic.from(near).eq(value)) {
        exact ??= new Map();
        exact.set(at, value);
      }
    });
  });
  const wide = exact;
  const values = wide ? Array.from(floats, (v, at) => wide.get(at) ?? Dyadic.from(v)) : floats;
  return { values, rows: vectors.length, rounded };
}

function read(text: string, where: string, round: boolean): { value: Dyadic; rounded: boolean } {
  try {
    return inputNumber(text, round);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${where}: ${error.message}`);
    throw error;
  }
}
