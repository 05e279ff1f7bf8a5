/** A network from any file the library reads, chosen by its first bytes and its ending. */
import { InputError } from '../exact/index.ts';
import { decodeNetwork, type NetworkFile } from '../io/index.ts';
import { readBytes } from './files.ts';
import { type ImportOptions, importNetwork } from './import.ts';

export interface OpenedNetwork extends NetworkFile {
  readonly path: string;
  /** Size of the file as it lies on the disk. */
  readonly bytes: number;
  /** Of a network in another format: what people should know, name and value. */
  readonly facts: readonly (readonly [string, string])[];
}

const MAGIC = [0x64, 0x79, 0x61, 0x64]; // 'dyad'

/** Reads a network file; every complaint begins with the path. */
export function openNetwork(path: string, options: ImportOptions = {}): OpenedNetwork {
  const bytes = readBytes(path);
  try {
    const own = MAGIC.every((b, i) => bytes[i] === b);
    const imported = own ? undefined : importNetwork(path, bytes, options);
    const file = imported ?? { ...decodeNetwork(bytes), facts: [] };
    return { ...file, path, bytes: bytes.length };
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${path}: ${error.message}`);
    throw error;
  }
}
