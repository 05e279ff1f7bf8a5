/** NIST's ITS-90 layout: a grid of values whose rows count tens and whose columns count ones, up or down. */
import { Rational, shown } from '../exact/index.ts';
import type { Quantity } from './format-meta.ts';
import { type Draft, fail, isNumeral, MAX_NAME, MAX_TABLE_ROWS, number, type Point, plainUnit } from './table-text.ts';

/** `°C 0 1 2 ... 10` or `°C 0 -1 ... -10`: the unit and what each column adds to its row's temperature. */
export function gridHeader(line: string): { unit: string; offsets: Rational[] } | undefined {
  const found = /^\s*([^\sA-Za-z0-9]{0,2}\s?[CFK])\s+(0(?:\s+-?\d+){2,})\s*$/.exec(line);
  if (!found) return undefined;
  const offsets = (found[2] as string).split(/\s+/).map((s) => Rational.of(BigInt(s)));
  return { unit: found[1] as string, offsets };
}

/**
 * Rows `base v0 v1 ...` under a header: the value at base + offset. The header repeats and may turn to falling columns; the
 * last column repeats the first of the next row; rows may be short; the tables end at `***`.
 */
export function readGrid(lines: readonly string[], where: string): Draft {
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
