/**
 * Reads network files. The bytes may come from anyone: after the checksum every count, length and value is checked before
 * memory is taken for it, and what fits no network is refused in one sentence.
 */
import { Dyadic, InputError, refuse } from '../exact/index.ts';
import { type Layer, LIMITS, Network } from '../net/index.ts';
import { type NetworkFile, type Section, sections } from './format-container.ts';
import type { Meta } from './format-meta.ts';
import { COSTS, readSkeleton } from './format-network.ts';
import { damaged, RangeReader } from './format-range.ts';
import { cellAt, type Entry, filledRows, isBefore, type Rows, rowsToLayer } from './format-rows.ts';
import { type Budget, Sequence, SequenceCoder } from './format-sequence.ts';

export interface DecodeOptions {
  /**
   * About how many bytes of memory decoding may take in all. Default: 1 GiB, and 1 KiB more for each byte of the file
   * (a regular network of 30 million weights may come from a file of 100 bytes). More is refused before it is taken.
   */
  readonly memory?: number;
}

/** Reads a meta section. */
export type MetaReader = (bytes: Uint8Array, section: Section, budget: Budget) => Meta;

/** The one network of a list. */
export function onlyOne(files: readonly NetworkFile[]): NetworkFile {
  if (files.length !== 1) refuse('network file', 'one network (this is a bundle: use decodeBundle)', files.length);
  return files[0] as NetworkFile;
}

/**
 * The networks of a file, which share their decoder's layers; their meta where there is a reader for it, which to run a
 * network takes none. Throws InputError where the bytes are not a network file.
 */
export function readNetworks(
  bytes: Uint8Array,
  options: DecodeOptions = {},
  metaOf?: MetaReader,
): readonly NetworkFile[] {
  if (!ArrayBuffer.isView(bytes)) refuse('network file', 'a Uint8Array', bytes);
  const { decoder, items } = sections(bytes);
  const budget = limitedBudget(options.memory ?? 2 ** 30 + 1024 * bytes.length);
  const c = new RangeReader(bytes, decoder.from, decoder.end);
  const { layers, marks, domain } = readSkeleton(c, budget);
  c.finish();
  const marksOf = groupMarks(layers, marks);
  const shared = layers.map((rows, l) => (marksOf.has(l) ? undefined : rowsToLayer(rows, budget.charge)));
  if (marks.length === 0 && items.length > 1) {
    throw new InputError('network file: several networks without intrinsic entries');
  }
  const rows = layers.reduce((n, layer) => n + layer.outputs, 0);
  const files = items.map(({ meta, intrinsic }): NetworkFile => {
    if ((intrinsic !== undefined) !== marks.length > 0) {
      throw new InputError('network file: intrinsic marks and values do not belong together');
    }
    budget.charge(64 * layers.length + 4 * rows);
    const values = intrinsic ? readIntrinsic(bytes, intrinsic, marks.length, budget) : [];
    const own = [...shared];
    let at = 0;
    for (const [l, list] of marksOf) {
      const filled = filledRows(layers[l] as Rows, list, values.slice(at, at + list.length), budget.charge);
      own[l] = rowsToLayer(filled, budget.charge);
      at += list.length;
    }
    return Object.freeze({
      network: new Network(own as Layer[]),
      ...(domain ? { domain: Object.freeze(domain) } : {}),
      ...(meta && metaOf ? { meta: metaOf(bytes, meta, budget) } : {}),
      ...(marks.length > 0 ? { intrinsic: Object.freeze(marks) } : {}),
    });
  });
  return Object.freeze(files);
}

function limitedBudget(memory: number): Budget {
  let left = memory;
  return {
    digits: LIMITS.mantissaBits,
    charge(bytes) {
      if (bytes > left) {
        refuse('network file', `a network that decodes within ${memory} bytes of memory`, 'a larger one');
      }
      left -= bytes;
    },
  };
}

/** The marks by layer. Every marked weight is in its row's support, and no marked entry has a value in the shared part. */
function groupMarks(layers: readonly Rows[], marks: readonly Entry[]): Map<number, Entry[]> {
  const out = new Map<number, Entry[]>();
  let before: Entry | undefined;
  for (const mark of marks) {
    const rows = layers[mark.layer] as Rows;
    const k = mark.column === undefined ? -1 : cellAt(rows, mark.row, mark.column);
    const value = mark.column === undefined ? rows.bias[mark.row] : k < 0 ? 1 : rows.cell[k];
    if (value !== 0 || (before && !isBefore(before, mark))) damaged();
    before = mark;
    const list = out.get(mark.layer);
    if (list) list.push(mark);
    else out.set(mark.layer, [mark]);
  }
  return out;
}

function readIntrinsic(bytes: Uint8Array, { from, end }: Section, count: number, budget: Budget): Dyadic[] {
  const c = new RangeReader(bytes, from, end);
  const coder = new SequenceCoder(c, budget);
  budget.charge(COSTS.mark * count);
  const [exponents, mantissas] = [new Sequence(16), new Sequence(16)];
  coder.sequence(exponents, count, [count]);
  coder.sequence(mantissas, count, [count]);
  c.finish();
  return Array.from({ length: count }, (_, i) => {
    const e = exponents.get(i);
    // The scale and the mantissa of a layer may both reach their limit.
    if (typeof e !== 'number' || Math.abs(e) > 2 * LIMITS.scale) damaged();
    return Dyadic.of(BigInt(mantissas.get(i)), e);
  });
}
