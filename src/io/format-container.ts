/**
 * The container of a network file `.dyad` (docs/format.md):
 *
 *   'dyad'  version 1  |  length, network section  |  items  |  CRC-32 of all before, little-endian
 *
 * The network section holds structure, domain and every entry that is not marked intrinsic; it does not depend on the
 * intrinsic values, so networks with a shared decoder (seed 003) have it byte for byte in common. An item is what one
 * network adds: tag 'M', length, meta section; tag 'I', length, intrinsic section. A file holds one item, a bundle several.
 */
import { InputError, type Interval } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { crc32 } from './format-checksum.ts';
import type { Meta } from './format-meta.ts';
import type { Entry } from './format-rows.ts';

export interface NetworkFile {
  readonly network: Network;
  /** Where the network is meant to be run: one interval an input. */
  readonly domain?: readonly Interval[];
  readonly meta?: Meta;
  /** Entries that belong to the target, not to the shared decoder. A decoded file has them by layer, row, column, the bias first. */
  readonly intrinsic?: readonly Entry[];
}

const MAGIC = [0x64, 0x79, 0x61, 0x64]; // 'dyad'
const VERSION = 1;
export const TAG_META = 0x4d; // 'M'
export const TAG_INTRINSIC = 0x49; // 'I'

/** Magic and version, what every file begins with. */
export const BEGINNING = Uint8Array.of(...MAGIC, VERSION);

/** bytes[from..end). */
export interface Section {
  readonly from: number;
  readonly end: number;
}

/** Checks magic, version and checksum, and finds the sections. */
export function sections(bytes: Uint8Array): { decoder: Section; items: { meta?: Section; intrinsic?: Section }[] } {
  const end = bytes.length - 4;
  if (MAGIC.some((b, i) => bytes[i] !== b)) throw new InputError('not a network file (it does not begin with "dyad")');
  if (end < MAGIC.length + 1) throw new InputError('network file: it ends too early');
  if (bytes[4] !== VERSION)
    throw new InputError(`network file: version ${bytes[4]} is not known here (only ${VERSION} is)`);
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  if (stored !== crc32(bytes, 0, end)) throw new InputError('network file: damaged (its checksum does not fit)');
  let at = MAGIC.length + 1;
  const section = (): Section => {
    let length = 0;
    for (let up = 1; ; up *= 128) {
      if (at >= end) throw new InputError('network file: it ends too early');
      const b = bytes[at++] as number;
      length += (b & 127) * up;
      if (length > end - at)
        throw new InputError(`network file: a section of ${length} bytes where ${end - at} are left`);
      if (b < 128) {
        if (b === 0 && up > 1) throw new InputError('network file: a length with idle digits');
        break;
      }
    }
    at += length;
    return { from: at - length, end: at };
  };
  const decoder = section();
  const items: { meta?: Section; intrinsic?: Section }[] = [];
  do {
    const item: { meta?: Section; intrinsic?: Section } = {};
    if (bytes[at] === TAG_META && at < end) {
      at++;
      item.meta = section();
    }
    if (bytes[at] === TAG_INTRINSIC && at < end) {
      at++;
      item.intrinsic = section();
    } else if (at < end) throw new InputError(`network file: an unknown section ${bytes[at]}`);
    items.push(item);
  } while (at < end);
  return { decoder, items };
}
