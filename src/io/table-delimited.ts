/** CSV, TSV and their relatives: two columns, an optional header with units, comments. */
import { type Rational, shown } from '../exact/index.ts';
import { column, type Draft, fail, isNumeral, MAX_TABLE_ROWS, number, type Point } from './table-text.ts';

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

/** Two numbers a line. */
export function readDelimited(lines: readonly string[], where: string): Draft {
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

/** The first of tab, semicolon, comma, blanks that splits the line in two; blanks where none does. */
function chooseDelimiter(line: string): Split {
  for (const name of ['tab', 'semicolon', 'comma']) {
    const split = DELIMITERS[name] as Split;
    if (split(line).length > 1) return split;
  }
  return DELIMITERS.space as Split;
}
