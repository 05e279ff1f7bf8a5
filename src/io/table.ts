/**
 * Measured tables: CSV and TSV as people write them, and the layout of NIST's ITS-90 thermocouple tables (types B, E, J, K, N,
 * R, S, T). Numbers are read digit by digit into exact fractions; nothing passes through float64.
 *
 * Limits: MAX_TABLE_BYTES bytes, MAX_TABLE_ROWS points, MAX_LINE characters a line, MAX_DIGITS digits a number, exponents of ten
 * up to MAX_TENS. Every refusal is an InputError that names the row (the line of the file, from 1).
 */
import { InputError, parseDecimal, Rational, shown } from '../exact/index.ts';
import type { Quantity } from './format-meta.ts';

export const MAX_TABLE_BYTES = 1 << 27;
export const MAX_TABLE_ROWS = 1 << 21;
export const MAX_LINE = 10_000;
const MAX_DIGITS = 200;
/** A column's name and unit are cut after this many characters. */
const MAX_NAME = 120;
const MAX_TENS = 400;

export interface ReadTableOptions {
  /** Exchange x and y: the inverse function. y must then rise or fall; runs of equal y become one point each (see `notes`). */
  readonly swap?: boolean;
  /** How messages call the file. */
  readonly name?: string;
}

export interface Table {
  readonly layout: 'delimited' | 'its-90';
  /** Sorted by x, each x once. */
  readonly points: readonly { readonly x: Rational; readonly y: Rational }[];
  /** The line of the file that each point came from. */
  readonly rows: readonly number[];
  readonly x: Quantity;
  readonly y: Quantity;
  /** The title line of an ITS-90 file. */
  readonly title?: string;
  /** What was done beyond reading, one sentence each: columns exchanged, equal values merged, decimal commas. */
  readonly notes: readonly string[];
}

interface Point {
  readonly x: Rational;
  readonly y: Rational;
  readonly row: number;
}

interface Draft {
  readonly layout: Table['layout'];
  readonly points: Point[];
  readonly x: Quantity;
  readonly y: Quantity;
  readonly title?: string;
  readonly notes: string[];
}

/** Reads a table from the bytes or the text of a file. Throws InputError naming the row of what is wrong. */
export function readTable(source: Uint8Array | string, options: ReadTableOptions = {}): Table {
  const where = options.name ?? 'table';
  const lines = splitLines(typeof source === 'string' ? source : decode(source, where), where);
  const draft = lines.slice(0, 50).some((line) => gridHeader(line) !== undefined)
    ? readGrid(lines, where)
    : readDelimited(lines, where);
  const { points, notes } = draft;
  if (points.length < 2) fail(where, undefined, `expected at least two points, got ${points.length}`);
  points.sort((a, b) => a.x.compare(b.x) || a.row - b.row);
  const unique = draft.layout === 'its-90' ? mergeRepeats(points, where) : points;
  const twice = unique.findIndex((p, k) => k > 0 && p.x.eq((unique[k - 1] as Point).x));
  if (twice > 0) {
    const [a, b] = [unique[twice - 1] as Point, unique[twice] as Point];
    const how = a.y.eq(b.y) ? '' : ` with y = ${decimal(a.y)} and ${decimal(b.y)}`;
    fail(where, undefined, `expected each x once, got x = ${decimal(a.x)} in rows ${a.row} and ${b.row}${how}`);
  }
  const result = options.swap ? exchange(unique, notes, where) : unique;
  const [x, y] = options.swap ? [draft.y, draft.x] : [draft.x, draft.y];
  return Object.freeze({
    layout: draft.layout,
    points: Object.freeze(result.map((p) => Object.freeze({ x: p.x, y: p.y }))),
    rows: Object.freeze(result.map((p) => p.row)),
    x: Object.freeze(x),
    y: Object.freeze(y),
    ...(draft.title === undefined ? {} : { title: draft.title }),
    notes: Object.freeze([...notes]),
  });
}

function fail(where: string, row: number | undefined, message: string): never {
  throw new InputError(`${where}${row === undefined ? '' : `, row ${row}`}: ${message}`);
}

/** UTF-8 (with or without its mark), UTF-16 with its mark, else Latin-1. */
function decode(bytes: Uint8Array, where: string): string {
  if (bytes.length > MAX_TABLE_BYTES) {
    fail(where, undefined, `expected at most ${MAX_TABLE_BYTES} bytes, got ${bytes.length}`);
  }
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}

function splitLines(text: string, where: string): string[] {
  if (text.length > MAX_TABLE_BYTES) {
    fail(where, undefined, `expected at most ${MAX_TABLE_BYTES} characters, got ${text.length}`);
  }
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  if (lines.length > 2 * MAX_TABLE_ROWS) {
    fail(where, undefined, `expected at most ${2 * MAX_TABLE_ROWS} lines, got ${lines.length}`);
  }
  const long = lines.findIndex((line) => line.length > MAX_LINE);
  if (long >= 0) {
    fail(where, long + 1, `expected at most ${MAX_LINE} characters a line, got ${(lines[long] as string).length}`);
  }
  return lines;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?$/;

function number(text: string, where: string, row: number): Rational {
  if (!NUMBER.test(text)) fail(where, row, `expected a number, got ${shown(text)}`);
  const { m, tens } = parseDecimal(text);
  if (text.length > MAX_DIGITS || Math.abs(tens) > MAX_TENS) {
    fail(
      where,
      row,
      `expected a number of at most ${MAX_DIGITS} digits with an exponent up to ${MAX_TENS}, got ${shown(text)}`,
    );
  }
  const power = 10n ** BigInt(Math.abs(tens));
  return tens >= 0 ? Rational.of(m * power) : Rational.of(m, power);
}

/** A fraction that came from a decimal, as people read it. */
function decimal(x: Rational): string {
  return x.d === 1n ? x.n.toString() : String(x.toNumber());
}

/** `Temperature [degC]`, `x (mV)`, `T/degC`: a name and a unit. */
function column(header: string): Quantity {
  const text = header.slice(0, MAX_NAME);
  const found = /^(.*?)\s*[[(]\s*([^\])]*?)\s*[\])]\s*$/.exec(text) ?? /^([^/]+?)\s*\/\s*([^/]+?)\s*$/.exec(text);
  const name = (found ? (found[1] as string) : text).trim();
  const unit = found ? (found[2] as string).trim() : '';
  return { ...(name === '' ? {} : { name }), ...(unit === '' ? {} : { unit: plainUnit(unit) }) };
}

/** Degrees as ASCII, so that a unit survives every terminal: `°C` is degC. */
const plainUnit = (unit: string): string => unit.replace(/[°º]\s*/g, 'deg');

// ---- CSV, TSV

type Split = (line: string) => string[];

const DELIMITERS: Readonly<Record<string, Split>> = {
  tab: (line) => fields(line, '\t'),
  semicolon: (line) => fields(line, ';'),
  comma: (line) => fields(line, ','),
  space: (line) => line.trim().split(/\s+/),
};

/** Fields between separators, blanks and surrounding quotes removed; one separator at the end of a line is forgiven. */
function fields(line: string, separator: string): string[] {
  const parts = line.split(separator).map((part) =>
    part
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim(),
  );
  if (parts.length > 2 && parts[parts.length - 1] === '') parts.pop();
  return parts;
}

function readDelimited(lines: readonly string[], where: string): Draft {
  const notes: string[] = [];
  const points: Point[] = [];
  let header: string[] | undefined;
  let split: Split | undefined;
  let comma = false;
  let dot = false;
  for (let k = 0; k < lines.length; k++) {
    const line = (lines[k] as string).replace(/#.*$/, '');
    if (line.trim() === '') continue;
    split ??= chooseDelimiter(line);
    const parts = split(line);
    if (header === undefined && points.length === 0 && !parts.some(isNumeral)) {
      // A header is split by its own delimiter, and the numbers below it by theirs: `x [C], y [mV]` above `1 2` is fine.
      header = parts;
      split = undefined;
      continue;
    }
    if (parts.length !== 2)
      fail(where, k + 1, `expected two columns (x, y), got ${parts.length}: ${shown(line.trim())}`);
    const read = parts.map((part) => {
      dot ||= part.includes('.');
      if (!/^[+-]?\d+,\d+(?:[eE][+-]?\d+)?$/.test(part)) return number(part, where, k + 1);
      comma = true;
      return number(part.replace(',', '.'), where, k + 1);
    });
    if (comma && dot) fail(where, k + 1, 'expected either decimal points or decimal commas, got both');
    points.push({ x: read[0] as Rational, y: read[1] as Rational, row: k + 1 });
    if (points.length > MAX_TABLE_ROWS) fail(where, k + 1, `expected at most ${MAX_TABLE_ROWS} rows`);
  }
  if (header && header.length !== 2 && points.length > 0) {
    fail(where, undefined, `expected a header of two names, got ${header.length}: ${shown(header.join(', '))}`);
  }
  if (comma) notes.push('commas inside numbers were read as decimal points');
  return { layout: 'delimited', points, x: column(header?.[0] ?? ''), y: column(header?.[1] ?? ''), notes };
}

const isNumeral = (text: string): boolean => /^[+-]?[\d.,]+(?:[eE][+-]?\d+)?$/.test(text) && /\d/.test(text);

/** The first of tab, semicolon, comma, blanks that splits the line in two; blanks where none does. */
function chooseDelimiter(line: string): Split {
  for (const name of ['tab', 'semicolon', 'comma']) {
    const split = DELIMITERS[name] as Split;
    if (split(line).length > 1) return split;
  }
  return DELIMITERS.space as Split;
}

// ---- ITS-90

/** `°C 0 1 2 ... 10` or `°C 0 -1 ... -10`: the unit and what each column adds to its row's temperature. */
function gridHeader(line: string): { unit: string; offsets: Rational[] } | undefined {
  const found = /^\s*([^\sA-Za-z0-9]{0,2}\s?[CFK])\s+(0(?:\s+-?\d+){2,})\s*$/.exec(line);
  if (!found) return undefined;
  const offsets = (found[2] as string).split(/\s+/).map((s) => Rational.of(BigInt(s)));
  return { unit: found[1] as string, offsets };
}

/**
 * Rows `base v0 v1 ...` under a header: the value at base + offset. The header repeats and may turn to falling columns; the
 * last column repeats the first of the next row; rows may be short; the tables end at `***`.
 */
function readGrid(lines: readonly string[], where: string): Draft {
  const points: Point[] = [];
  let offsets: readonly Rational[] | undefined;
  let unit = '';
  let yUnit: string | undefined;
  let yName: string | undefined;
  let title: string | undefined;
  for (let k = 0; k < lines.length; k++) {
    const line = lines[k] as string;
    if (/^\s*\*\*\*/.test(line)) break;
    if (line.trim() === '') continue;
    const header = gridHeader(line);
    if (header) {
      offsets = header.offsets;
      unit = header.unit;
      continue;
    }
    const parts = line.trim().split(/\s+/);
    if (!isNumeral(parts[0] as string)) {
      // `Thermoelectric Voltage in mV`
      if (parts.length > 2 && parts[parts.length - 2] === 'in') {
        yName = parts.slice(0, -2).join(' ');
        yUnit = parts[parts.length - 1];
      } else title ??= line.trim().slice(0, MAX_NAME);
      continue;
    }
    if (!offsets)
      fail(where, k + 1, `expected a header such as "C 0 1 2 ... 10" before the first row, got ${shown(line.trim())}`);
    if (parts.length < 2 || parts.length > offsets.length + 1) {
      fail(where, k + 1, `expected a temperature and 1 to ${offsets.length} values, got ${parts.length} numbers`);
    }
    const base = number(parts[0] as string, where, k + 1);
    for (let c = 1; c < parts.length; c++) {
      const y = number(parts[c] as string, where, k + 1);
      points.push({ x: base.add(offsets[c - 1] as Rational), y, row: k + 1 });
    }
    if (points.length > MAX_TABLE_ROWS) fail(where, k + 1, `expected at most ${MAX_TABLE_ROWS} values`);
  }
  // A degree sign that was lost on the way still stands before its letter.
  const x: Quantity = { name: 'temperature', unit: /^K$/.test(unit) ? 'K' : `deg${unit.slice(-1)}` };
  const y: Quantity = { ...(yName ? { name: yName } : {}), ...(yUnit ? { unit: plainUnit(yUnit) } : {}) };
  return { layout: 'its-90', points, x, y, ...(title === undefined ? {} : { title }), notes: [] };
}

/** Entries that are printed twice must agree; each is kept once. Points are sorted by x. */
function mergeRepeats(points: readonly Point[], where: string): Point[] {
  const out: Point[] = [];
  for (const p of points) {
    const last = out[out.length - 1];
    if (!last?.x.eq(p.x)) out.push(p);
    else if (!last.y.eq(p.y)) {
      fail(where, p.row, `the entry at ${decimal(p.x)} is ${decimal(p.y)}, but ${decimal(last.y)} in row ${last.row}`);
    }
  }
  return out;
}

// ---- The inverse

/**
 * (y, x) for a table whose y rises or falls. Where neighbouring entries share one y (a table printed to few digits), no inverse
 * can meet them all: they become one point at the middle of their x, and a note says which.
 */
function exchange(points: readonly Point[], notes: string[], where: string): Point[] {
  const out: Point[] = [];
  const merged: string[] = [];
  for (let k = 0; k < points.length; ) {
    let end = k;
    while (end + 1 < points.length && (points[end + 1] as Point).y.eq((points[k] as Point).y)) end++;
    const first = points[k] as Point;
    const last = points[end] as Point;
    const middle = first.x.add(last.x).div(Rational.of(2n));
    if (end > k)
      merged.push(`${decimal(first.y)} at ${decimal(first.x)}..${decimal(last.x)} became ${decimal(middle)}`);
    out.push({ x: first.y, y: middle, row: first.row });
    k = end + 1;
  }
  if (out.length < 2) fail(where, undefined, 'expected a y that changes (it is exchanged with x), got one value');
  const rises = (out[1] as Point).x.compare((out[0] as Point).x) > 0;
  for (let k = 2; k < out.length; k++) {
    const [a, b] = [out[k - 1] as Point, out[k] as Point];
    if (b.x.compare(a.x) > 0 !== rises) {
      fail(
        where,
        b.row,
        `expected y to keep ${rises ? 'rising' : 'falling'} (it is exchanged with x), got ${decimal(b.x)} at x = ${decimal(b.y)} after ${decimal(a.x)}`,
      );
    }
  }
  if (!rises) out.reverse();
  notes.push('x and y are exchanged');
  if (merged.length > 0) {
    const shownOnes = merged.slice(0, 20).join(', ');
    const rest = merged.length > 20 ? `, and ${merged.length - 20} more` : '';
    notes.push(`equal values of neighbouring entries were merged to the middle of their run: ${shownOnes}${rest}`);
  }
  return out;
}
