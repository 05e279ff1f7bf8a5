/** What a dropped file is, from its name and first bytes: known to the page before any reader is loaded. */

/** Largest file that the page reads: 64 MiB. */
export const MAX_DROPPED_BYTES = 1 << 26;

export function kindOfFile(name: string, bytes: Uint8Array): 'table' | 'network' | undefined {
  if (isDyad(bytes) || /\.(dyad|onnx|nnet)$/i.test(name)) return 'network';
  return /\.(csv|tsv|tab|txt|dat)$/i.test(name) ? 'table' : undefined;
}

/** Whether the bytes begin as the project's own network files do. */
export function isDyad(bytes: Uint8Array): boolean {
  return [0x64, 0x79, 0x61, 0x64].every((b, i) => bytes[i] === b);
}
