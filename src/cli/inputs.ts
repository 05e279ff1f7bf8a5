/** Network inputs from the command line or from a CSV file, one vector a line. */
import { createReadStream } from 'node:fs';
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
  const table = new Lines(path);
  for (const line of readText(path)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/))
    table.add(line);
  const inputs = table.take(dimension, round);
  if (!inputs) throw new InputError(`${path}: it holds no numbers`);
  return inputs;
}

/** Longest line of a stream. */
const MAX_LINE = 1 << 26;

/** As {@link inputsFromFile}, `rows` rows at a time, whatever the length of the file. `heard` is told the bytes read so far. */
export async function* inputStream(
  path: string,
  dimension: number,
  round: boolean,
  rows: number,
  heard: (bytes: number) => void = () => undefined,
): AsyncGenerator<Inputs> {
  const table = new Lines(path);
  const source = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
  const decoder = new TextDecoder();
  let rest = '';
  let bytes = 0;
  let any = false;
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    heard(bytes);
    // A carriage return at the end waits: a line feed may follow.
    const text = rest + decoder.decode(chunk, { stream: true });
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\n|\r/);
    rest = (lines.pop() as string) + text.slice(whole.length);
    if (rest.length > MAX_LINE) throw new InputError(`${path}: expected lines of at most ${MAX_LINE} characters`);
    for (const line of lines) {
      table.add(line);
      if (table.rows >= rows) {
        yield table.take(dimension, round) as Inputs;
        any = true;
      }
    }
  }
  for (const line of (rest + decoder.decode()).split(/\r\n|\n|\r/)) table.add(line);
  const last = table.take(dimension, round);
  if (last) yield last;
  else if (!any) throw new InputError(`${path}: it holds no numbers`);
}

/** Lines of a table on their way to numbers. */
class Lines {
  private cells: string[][] = [];
  private lineOf: number[] = [];
  private line = 0;
  private started = false;
  private rounded = false;

  constructor(private readonly path: string) {}

  get rows(): number {
    return this.cells.length;
  }

  add(line: string): void {
    this.line++;
    const text = (this.line === 1 ? line.replace(/^\uFEFF/, '') : line).trim();
    if (text === '' || text.startsWith('#')) return;
    const row = text.split(text.includes(',') ? ',' : text.includes(';') ? ';' : /\s+/).map((c) => c.trim());
    const header = !this.started && row.every((c) => !/^[+-]?\.?\d/.test(c));
    this.started = true;
    if (header) return;
    if (this.cells.length >= MAX_ROWS) throw new InputError(`${this.path}: expected at most ${MAX_ROWS} rows`);
    this.cells.push(row);
    this.lineOf.push(this.line);
  }

  /** The rows added since the last call, or undefined where there are none. */
  take(dimension: number, round: boolean): Inputs | undefined {
    const { cells, lineOf } = this;
    if (cells.length === 0) return undefined;
    const inputs = collect(cells, dimension, (i) => `${this.path}, line ${lineOf[i]}`, round, this.rounded);
    this.rounded = inputs.rounded;
    this.cells = [];
    this.lineOf = [];
    return inputs;
  }
}

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function collect(
  vectors: readonly (readonly string[])[],
  dimension: number,
  where: (i: number) => string,
  round: boolean,
  before = false,
): Inputs {
  const floats = new Float64Array(vectors.length * dimension);
  let exact: Map<number, Dyadic> | undefined;
  let rounded = before;
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
