/**
 * Measured tables: CSV and TSV as people write them, and the layout of NIST's ITS-90 thermocouple tables (types B, E, J, K, N,
 * R, S, T). Numbers are read digit by digit into exact fractions; nothing passes through float64.
 *
 * Limits: MAX_TABLE_BYTES bytes, MAX_TABLE_ROWS points, MAX_LINE characters a line, MAX_DIGITS digits a number, exponents of ten
 * up to MAX_TENS. Every refusal is an InputError that names the row (the line of the file, from 1).
 */
import { Rational, refuse } from '../exact/index.ts';
import type { Quantity } from './format-meta.ts';
import { readDelimited } from './table-delimited.ts';
import { gridHeader, readGrid } from './table-grid.ts';
import { decimal, decode, fail, type Point, splitLines } from './table-text.ts';

export { MAX_LINE, MAX_TABLE_BYTES, MAX_TABLE_ROWS } from './table-text.ts';

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

/** Reads a table from the bytes or the text of a file. Throws InputError naming the row of what is wrong. */
export function readTable(source: Uint8Array | string, options: ReadTableOptions = {}): Table {
  const where = options.name ?? 'table';
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) refuse('readTable', 'bytes or a text', source);
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
