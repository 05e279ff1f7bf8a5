/**
 * The network file `.dyad` (docs/format.md):
 *
 *   'dyad'  version 1  |  length, network section  |  items  |  CRC-32 of all before, little-endian
 *
 * The network section holds structure, domain and every entry that is not marked intrinsic; it does not depend on the
 * intrinsic values, so networks with a shared decoder (seed 003) have it byte for byte in common. An item is what one
 * network adds: tag 'M', length, meta section; tag 'I', length, intrinsic section. A file holds one item, a bundle several.
 * The same networks, domains, meta and marks give the same bytes.
 */
import { Dyadic, InputError, type Interval, Rational, refuse } from '../exact/index.ts';
import { type Layer, LIMITS, Network } from '../net/index.ts';
import { crc32 } from './format-checksum.ts';
import { META_LIMITS, type Meta, metaBytes, metaFromBytes } from './format-meta.ts';
import { COSTS, readSkeleton, type Skeleton, writeSkeleton } from './format-network.ts';
import { planRuns } from './format-plan.ts';
import { RangeReader, RangeWriter } from './format-range.ts';
import {
  cellAt,
  type Entry,
  filledRows,
  marksByLayer,
  maskedRows,
  plainRows,
  type Rows,
  rowsToLayer,
} from './format-rows.ts';
import { type Budget, Sequence, SequenceCoder } from './format-sequence.ts';
import { regularSupports } from './format-support.ts';
import { codeText } from './format-text.ts';
import { whole } from './format-whole.ts';

export interface NetworkFile {
  readonly network: Network;
  /** Where the network is meant to be run: one interval an input. */
  readonly domain?: readonly Interval[];
  readonly meta?: Meta;
  /** Entries that belong to the target, not to the shared decoder; in increasing order of layer, row, column (bias first). */
  readonly intrinsic?: readonly Entry[];
}

export interface DecodeOptions {
  /**
   * About how many bytes of memory decoding may take, in all. Default: 512 MiB, and 1 KiB more for each byte of the file
   * (a regular network of 16 million weights may come from a file of 100 bytes). What needs more is refused before it is taken.
   */
  readonly memory?: number;
}

const MAGIC = [0x64, 0x79, 0x61, 0x64]; // 'dyad'
const VERSION = 1;
const TAG_META = 0x4d; // 'M'
const TAG_INTRINSIC = 0x49; // 'I'
/** What the writer charges: nothing. */
const FREE: Budget = { charge: () => {}, digits: Number.MAX_SAFE_INTEGER };

/** The bytes of the file. Throws InputError where the domain, the meta or the marks do not fit the network. */
export function encodeNetwork(file: NetworkFile): Uint8Array {
  return encodeBundle([file]);
}

/**
 * One file for several networks that differ in their intrinsic entries (and meta) only: the shared decoder is stored once.
 * Throws InputError where they differ in anything else.
 */
export function encodeBundle(files: readonly NetworkFile[]): Uint8Array {
  if (files.length === 0) refuse('encodeBundle', 'at least one network', 'none');
  const parts = files.map(dissect);
  const decoder = decoderSection((parts[0] as Dissected).skeleton);
  const out = [Uint8Array.of(...MAGIC, VERSION), lengthBytes(decoder.length), decoder];
  parts.forEach(({ skeleton, values }, i) => {
    if (i > 0) {
      if (skeleton.marks.length === 0) refuse('encodeBundle', 'networks with intrinsic entries', 'none are marked');
      const own = decoderSection(skeleton);
      if (own.length !== decoder.length || own.some((b, at) => b !== decoder[at])) {
        refuse(
          'encodeBundle',
          'networks that differ in intrinsic entries only',
          `network ${i + 1} with another decoder`,
        );
      }
    }
    const { meta } = files[i] as NetworkFile;
    if (meta) addSection(out, TAG_META, metaSection(meta));
    if (skeleton.marks.length > 0) addSection(out, TAG_INTRINSIC, intrinsicSection(values));
  });
  const size = out.reduce((n, part) => n + part.length, 0);
  const bytes = new Uint8Array(size + 4);
  let at = 0;
  for (const part of out) {
    bytes.set(part, at);
    at += part.length;
  }
  new DataView(bytes.buffer).setUint32(size, crc32(bytes, 0, size), true);
  return bytes;
}

interface Dissected {
  readonly skeleton: Skeleton;
  readonly values: readonly Dyadic[];
}

/** Parts a network into what is shared and the intrinsic values. */
function dissect({ network, domain, intrinsic = [] }: NetworkFile): Dissected {
  if (domain && domain.length !== network.inputs) {
    refuse('encodeNetwork', `a domain of ${network.inputs} intervals`, domain.length);
  }
  const marks = marksByLayer(network, intrinsic, 'encodeNetwork');
  const values: Dyadic[] = [];
  const layers = network.layers.map((layer, l) => {
    const own = marks.get(l);
    if (!own) return regularSupports(plainRows(layer));
    const masked = maskedRows(layer, own);
    for (const v of masked.values) values.push(v);
    return regularSupports(masked.rows);
  });
  return { skeleton: domain ? { layers, domain, marks: intrinsic } : { layers, marks: intrinsic }, values };
}

function decoderSection(skeleton: Skeleton): Uint8Array {
  const c = new RangeWriter();
  writeSkeleton(c, skeleton, planRuns);
  return c.finish();
}

function metaSection(meta: Meta): Uint8Array {
  const c = new RangeWriter();
  codeText(c, META_LIMITS.bytes, metaBytes(meta));
  return c.finish();
}

/** The values' exponents, then their mantissas. */
function intrinsicSection(values: readonly Dyadic[]): Uint8Array {
  const c = new RangeWriter();
  const coder = new SequenceCoder(c, FREE);
  for (const x of [Sequence.of(values.map((v) => v.e)), Sequence.of(values.map((v) => whole(v.m)))]) {
    coder.sequence(x, x.length, [x.length], planRuns(x, { ends: [x.length] }));
  }
  return c.finish();
}

function addSection(out: Uint8Array[], tag: number, section: Uint8Array): void {
  out.push(Uint8Array.of(tag), lengthBytes(section.length), section);
}

/** LEB128: seven bits a byte, lowest first. */
function lengthBytes(n: number): Uint8Array {
  const out: number[] = [];
  let v = n;
  for (; v >= 128; v = Math.floor(v / 128)) out.push((v % 128) | 128);
  out.push(v);
  return Uint8Array.from(out);
}

/** The network of a file. Throws InputError where the bytes are not a file of exactly one network. */
export function decodeNetwork(bytes: Uint8Array, options: DecodeOptions = {}): NetworkFile {
  const files = decodeBundle(bytes, options);
  if (files.length !== 1) refuse('network file', 'one network (this is a bundle: use decodeBundle)', files.length);
  return files[0] as NetworkFile;
}

/** The networks of a file, which share their decoder's layers. Throws InputError where the bytes are not a network file. */
export function decodeBundle(bytes: Uint8Array, options: DecodeOptions = {}): readonly NetworkFile[] {
  const { decoder, items } = sections(bytes);
  const budget = limitedBudget(options.memory ?? 2 ** 29 + 1024 * bytes.length);
  const c = new RangeReader(bytes, decoder.from, decoder.end);
  const skeleton = readSkeleton(c, budget);
  c.finish();
  const { layers, marks, domain } = skeleton;
  const shared = new Map<number, Layer>();
  const marked = new Set(marks.map((mark) => mark.layer));
  layers.forEach((rows, l) => {
    if (!marked.has(l)) shared.set(l, rowsToLayer(rows));
  });
  checkMarks(layers, marks);
  if (marks.length === 0 && items.length > 1)
    throw new InputError('network file: several networks without intrinsic entries');
  const byLayer = [...marked].map((l) => [l, marks.filter((mark) => mark.layer === l)] as const);
  return Object.freeze(
    items.map(({ meta, intrinsic }) => {
      if ((intrinsic !== undefined) !== marks.length > 0) {
        throw new InputError('network file: intrinsic marks and values do not belong together');
      }
      const values = intrinsic ? readIntrinsic(bytes, intrinsic, marks.length, budget) : [];
      const own = new Map(shared);
      let at = 0;
      for (const [l, list] of byLayer) {
        const filled = filledRows(layers[l] as Rows, list, values.slice(at, at + list.length), (entries, bits) => {
          budget.charge(entries * (COSTS.cell + Math.ceil(bits / 8)));
        });
        at += list.length;
        own.set(l, rowsToLayer(filled));
      }
      budget.charge(8 * layers.length);
      const network = new Network(layers.map((_, l) => own.get(l) as Layer));
      return Object.freeze({
        network,
        ...(domain ? { domain: Object.freeze(domain) } : {}),
        ...(meta ? { meta: readMeta(bytes, meta) } : {}),
        ...(marks.length > 0 ? { intrinsic: Object.freeze(marks) } : {}),
      });
    }),
  );
}

interface Section {
  readonly from: number;
  readonly end: number;
}

/** Checks magic, version and checksum, and finds the sections. */
function sections(bytes: Uint8Array): { decoder: Section; items: { meta?: Section; intrinsic?: Section }[] } {
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

function limitedBudget(memory: number): Budget {
  let left = memory;
  return {
    digits: LIMITS.mantissaBits,
    charge(bytes) {
      if (bytes > left)
        refuse('network file', `a network that decodes within ${memory} bytes of memory`, 'a larger one');
      left -= bytes;
    },
  };
}

/** Every marked weight is in its row's support, and no marked entry has a value in the shared part. */
function checkMarks(layers: readonly Rows[], marks: readonly Entry[]): void {
  let before: Entry | undefined;
  for (const mark of marks) {
    const rows = layers[mark.layer] as Rows;
    const k = mark.column === undefined ? -1 : cellAt(rows, mark.row, mark.column);
    const value = mark.column === undefined ? rows.bias[mark.row] : k < 0 ? 1 : rows.cell[k];
    const ordered = !before || rank(before, mark) < 0;
    if (value !== 0 || !ordered) throw new InputError('network file: damaged (an intrinsic mark out of place)');
    before = mark;
  }
}

function rank(a: Entry, b: Entry): number {
  return a.layer - b.layer || a.row - b.row || (a.column ?? -1) - (b.column ?? -1);
}

function readIntrinsic(bytes: Uint8Array, { from, end }: Section, count: number, budget: Budget): Dyadic[] {
  const c = new RangeReader(bytes, from, end);
  const coder = new SequenceCoder(c, budget);
  budget.charge(COSTS.mark * count);
  const [exponents, mantissas] = [new Sequence(0, 16), new Sequence(0, 16)];
  coder.sequence(exponents, count, [count]);
  coder.sequence(mantissas, count, [count]);
  c.finish();
  return Array.from({ length: count }, (_, i) => {
    const e = exponents.get(i);
    if (typeof e !== 'number' || Math.abs(e) > LIMITS.scale)
      throw new InputError(`network file: an exponent beyond ${LIMITS.scale}`);
    return Dyadic.of(BigInt(mantissas.get(i)), e);
  });
}

function readMeta(bytes: Uint8Array, { from, end }: Section): Meta {
  const c = new RangeReader(bytes, from, end);
  const text = codeText(c, META_LIMITS.bytes, new Uint8Array(0));
  if (!text) throw new InputError(`network file: a meta section of more than ${META_LIMITS.bytes} bytes`);
  c.finish();
  return metaFromBytes(text);
}

/** Storage, third measure (theory, section 0): the bits of the self-contained file. */
export function fileBits(file: NetworkFile): number {
  return 8 * encodeNetwork(file).length;
}

/** kappa = stored bits x guaranteed error, exactly: 1 is the entropy limit for 1-Lipschitz functions [OSB]. */
export function kappa(bits: number, guaranteed: Dyadic | Rational): Rational {
  const error = guaranteed instanceof Dyadic ? Rational.fromDyadic(guaranteed) : guaranteed;
  return Rational.of(BigInt(bits)).mul(error);
}
