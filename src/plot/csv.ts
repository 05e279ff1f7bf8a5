/** The numbers behind a picture, one row a point: panel, series, x, y, low, high (the last two for bands). */
import type { Mark, Picture } from './chart.ts';

/** RFC 4180, with a header; numbers as ECMAScript prints them, empty where there is none. */
export function pictureCsv(picture: Picture): string {
  const lines = ['panel,series,x,y,low,high'];
  picture.panels.forEach((panel, i) => {
    const name = quoted(panel.title ?? `${i + 1}`);
    for (const mark of panel.marks) {
      for (const row of rows(mark)) lines.push(`${name},${quoted(mark.name)},${row.map(text).join(',')}`);
    }
  });
  return `${lines.join('\r\n')}\r\n`;
}

const NONE = Number.NaN;

function* rows(mark: Mark): Generator<readonly number[]> {
  switch (mark.kind) {
    case 'region':
      yield [mark.from, NONE, NONE, NONE];
      yield [mark.to, NONE, NONE, NONE];
      return;
    case 'level':
      yield [NONE, mark.y, NONE, NONE];
      return;
    case 'band':
      for (const [x, low, high] of mark.points) yield [x, NONE, low, high];
      return;
    default:
      for (const [x, y] of mark.points) yield [x, y, NONE, NONE];
  }
}

const text = (x: number): string => (Number.isFinite(x) ? String(x) : '');

function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replace(/"/g, '""')}"` : name;
}
