/** How commands write pictures: an SVG, on request its numbers as CSV beside it, and in both cases whole or not at all. */
import { extname } from 'node:path';
import { InputError } from '../exact/index.ts';
import { drawPicture, type Picture, pictureCsv } from '../plot/index.ts';
import { writeWhole } from './files.ts';

/** The option every command that draws offers, and its help. */
export const CSV_OPTION = ['--csv', "write the picture's numbers beside it, as .csv"] as const;

/** The path of a picture. Throws InputError unless it ends in .svg. */
export function pictureOption(text: string): string {
  if (extname(text).toLowerCase() !== '.svg')
    throw new InputError(`-o: expected a file that ends in .svg, got ${JSON.stringify(text)}`);
  return text;
}

/** Writes the picture; returns the files written. */
export function writePicture(path: string, picture: Picture, csv = false): string[] {
  const svg = drawPicture(picture);
  const beside = `${path.slice(0, -extname(path).length)}.csv`;
  if (csv) writeWhole(beside, pictureCsv(picture));
  writeWhole(path, svg);
  return csv ? [path, beside] : [path];
}

/** The command line as it would be typed in a POSIX shell. */
export function typedCommand(argv: readonly string[] = process.argv.slice(2)): string {
  const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`);
  return ['dyadnet', ...argv.map(quote)].join(' ');
}
