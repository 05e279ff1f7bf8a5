/** A network from any file the library reads, chosen by its first bytes and its ending. */
import { InputError } from '../exact/index.ts';
import { decodeNetwork, type NetworkFile } from '../io/index.ts';
import { readBytes } from './files.ts';

export interface OpenedNetwork extends NetworkFile {
  readonly path: string;
  /** Size of the file as it lies on the disk. */
  readonly bytes: number;
}

/** Reads a network file; every complaint begins with the path. */
export function openNetwork(path: string): OpenedNetwork {
  const bytes = readBytes(path);
  try {
    return { ...decodeNetwork(bytes), path, bytes: bytes.length };
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${path}: ${error.message}`);
    throw error;
  }
}
