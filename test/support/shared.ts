/** Real inputs, written by others, that lie beside the project; a test that needs one says so where they are absent. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DATA = join(import.meta.dirname, '../../../shared/data');

/** Whether the folder is there; prints the sentence that names what is missing. */
export function haveShared(folder: string): boolean {
  const there = existsSync(join(DATA, folder));
  if (!there) process.stderr.write(`skipped: ../shared/data/${folder} is not there\n`);
  return there;
}

export function sharedPath(file: string): string {
  return join(DATA, file);
}

export function sharedBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(sharedPath(file)));
}

export function sharedText(file: string): string {
  return readFileSync(sharedPath(file), 'utf8');
}
