/** Reading with a limit, and writing so that a file is there whole or not at all. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../exact/index.ts';

/** Largest file that is read whole: 1 GiB. */
export const MAX_FILE_BYTES = 1 << 30;

/** A file's bytes; `-` is standard input. Throws InputError where it is too large or not a file. */
export function readBytes(path: string): Uint8Array {
  if (path === '-') return readFileSync(0);
  const fd = openSync(path, 'r');
  try {
    const { size } = checkKind(fd, path);
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const n = readSync(fd, bytes, at, size - at, at);
      if (n === 0) break;
      at += n;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(fd);
  }
}

function checkKind(fd: number, path: string): { size: number } {
  const stat = fstatSync(fd);
  if (stat.isDirectory()) throw new InputError(`${path}: it is a folder`);
  if (stat.size > MAX_FILE_BYTES)
    throw new InputError(`${path}: expected at most ${MAX_FILE_BYTES} bytes, got ${stat.size}`);
  return stat;
}

export function readText(path: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  return Buffer.from(readBytes(path)).toString(encoding);
}

/** Writes beside the target and renames, so that an interrupted run leaves the old file or none. */
export function writeWhole(path: string, data: Uint8Array | string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  const remove = (): void => rmSync(temporary, { force: true });
  // While these listeners stand, Ctrl-C waits: the file is written whole within moments, or its error is thrown.
  const wait = (): void => {};
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, wait);
  const fd = openBeside(temporary, path);
  process.once('exit', remove);
  try {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    let at = 0;
    while (at < bytes.length) at += writeSync(fd, bytes, at, Math.min(bytes.length - at, 1 << 24));
    fsyncSync(fd);
    closeSync(fd);
    renameSync(temporary, path);
  } catch (error) {
    remove();
    throw named(error, path);
  } finally {
    process.removeListener('exit', remove);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, wait);
  }
}

function openBeside(temporary: string, path: string): number {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new InputError(`${path}: it is a folder`);
    return openSync(temporary, 'w');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new InputError(`${path}: expected a folder that is there, got "${dirname(path)}"`);
    }
    throw named(error, path);
  }
}

/** An error of the file that people asked for, not of the one beside it. */
function named(error: unknown, path: string): unknown {
  if (error instanceof Error && 'code' in error && 'path' in error) Object.assign(error, { path });
  return error;
}
