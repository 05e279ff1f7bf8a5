/**
 * Writes network files. The same networks, domains, meta and marks give the same bytes.
 */
import { bitLength, Dyadic, Rational, refuse } from '../exact/index.ts';
import { LIMITS } from '../net/index.ts';
import { crc32 } from './format-checksum.ts';
import { BEGINNING, type NetworkFile, TAG_INTRINSIC, TAG_META } from './format-container.ts';
import { marksByLayer, maskedRows, plainRows, sameRows } from './format-marks.ts';
import { META_LIMITS, type Meta, metaBytes } from './format-meta.ts';
import type { Skeleton } from './format-network.ts';
import { writeSkeleton } from './format-network-write.ts';
import { planRuns } from './format-plan.ts';
import { RangeWriter } from './format-range-write.ts';
import { type Entry, isBefore, type Rows } from './format-rows.ts';
import { Sequence, SequenceCoder, UNLIMITED } from './format-sequence.ts';
import { regularSupports } from './format-support.ts';
import { codeText } from './format-text.ts';
import { whole } from './format-whole.ts';

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
  const out = [BEGINNING, lengthBytes(decoder.length), decoder];
  parts.forEach(({ skeleton, values }, i) => {
    if (i > 0) {
      if (skeleton.marks.length === 0) refuse('encodeBundle', 'networks with intrinsic entries', 'none are marked');
      if (!sameSkeleton(skeleton, (parts[0] as Dissected).skeleton)) {
        refuse('encodeBundle', 'networks that differ in intrinsic entries only', `another decoder in network ${i + 1}`);
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
function dissect({ network, domain, intrinsic }: NetworkFile): Dissected {
  if (domain && domain.length !== network.inputs) {
    refuse('encodeNetwork', `a domain of ${network.inputs} intervals`, domain.length);
  }
  for (const { lo, hi } of domain ?? []) {
    for (const { m, e } of [lo, hi]) {
      if (bitLength(m) > LIMITS.mantissaBits || Math.abs(e) > LIMITS.scale) {
        refuse('encodeNetwork', `ends of the domain of at most ${LIMITS.scale} bits`, bitLength(m) + Math.abs(e));
      }
    }
  }
  const sorted = [...(intrinsic ?? [])].sort((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0));
  const marks = marksByLayer(network, sorted, 'encodeNetwork');
  const values: Dyadic[] = [];
  const layers = network.layers.map((layer, l) => {
    const own = marks.get(l);
    if (!own) return regularSupports(plainRows(layer));
    const masked = maskedRows(layer, own);
    for (const v of masked.values) values.push(v);
    return regularSupports(masked.rows);
  });
  return { skeleton: domain ? { layers, domain, marks: sorted } : { layers, marks: sorted }, values };
}

function sameSkeleton(a: Skeleton, b: Skeleton): boolean {
  return (
    a.layers.length === b.layers.length &&
    a.layers.every((rows, l) => sameRows(rows, b.layers[l] as Rows)) &&
    (a.domain?.length ?? 0) === (b.domain?.length ?? 0) &&
    (a.domain ?? []).every(({ lo, hi }, i) => b.domain?.[i]?.lo.eq(lo) && b.domain[i].hi.eq(hi)) &&
    a.marks.length === b.marks.length &&
    a.marks.every((mark, i) => !isBefore(mark, b.marks[i] as Entry) && !isBefore(b.marks[i] as Entry, mark))
  );
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
  const coder = new SequenceCoder(c, UNLIMITED);
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

/** Storage, third measure (theory, section 0): the bits of the self-contained file. */
export function fileBits(file: NetworkFile): number {
  return 8 * encodeNetwork(file).length;
}

/** kappa = stored bits x guaranteed error, exactly: 1 is the entropy limit for 1-Lipschitz functions [OSB]. */
export function kappa(bits: number, guaranteed: Dyadic | Rational): Rational {
  const error = guaranteed instanceof Dyadic ? Rational.fromDyadic(guaranteed) : guaranteed;
  return Rational.of(BigInt(bits)).mul(error);
}
