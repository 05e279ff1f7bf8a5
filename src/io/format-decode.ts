/** Network files with all that they say. */
import { InputError } from '../exact/index.ts';
import { type NetworkFile, type Section, sections } from './format-container.ts';
import { META_LIMITS, type Meta, metaFromBytes } from './format-meta.ts';
import { COSTS } from './format-network.ts';
import { RangeReader } from './format-range.ts';
import { type DecodeOptions, onlyOne, readNetworks } from './format-read.ts';
import type { Budget } from './format-sequence.ts';
import { codeText } from './format-text.ts';

export type { DecodeOptions } from './format-read.ts';

/** The network of a file. Throws InputError where the bytes are not a file of exactly one network. */
export function decodeNetwork(bytes: Uint8Array, options: DecodeOptions = {}): NetworkFile {
  return onlyOne(decodeBundle(bytes, options));
}

/** The networks of a file, which share their decoder's layers. Throws InputError where the bytes are not a network file. */
export function decodeBundle(bytes: Uint8Array, options: DecodeOptions = {}): readonly NetworkFile[] {
  return readNetworks(bytes, options, readMeta);
}

/** The network section of a file, byte for byte: equal in all files whose networks share their decoder. */
export function sharedDecoder(bytes: Uint8Array): Uint8Array {
  const { decoder } = sections(bytes);
  return bytes.slice(decoder.from, decoder.end);
}

function readMeta(bytes: Uint8Array, { from, end }: Section, budget: Budget): Meta {
  budget.charge(COSTS.meta);
  const c = new RangeReader(bytes, from, end);
  const text = codeText(c, META_LIMITS.bytes, new Uint8Array(0));
  if (!text) throw new InputError(`network file: a meta section of more than ${META_LIMITS.bytes} bytes`);
  c.finish();
  return metaFromBytes(text);
}
