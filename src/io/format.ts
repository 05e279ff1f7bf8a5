/** The network file `.dyad`. (First version of the API; the payload's coding changes until version 1 is frozen.) */
import { Dyadic, InputError, Interval, Rational, refuse } from '../exact/index.ts';
import { type Layer, LIMITS, makeLayer, Network } from '../net/index.ts';
import { crc32 } from './format-checksum.ts';
import { type Meta, metaBytes, metaFromBytes } from './format-meta.ts';

/** One entry of a network: of A_l where `column` is given, of the bias c_l where it is not. Counted from 0. */
export interface Entry {
  readonly layer: number;
  readonly row: number;
  readonly column?: number;
}

export interface NetworkFile {
  readonly network: Network;
  /** Where the network is meant to be run: one interval an input. */
  readonly domain?: readonly Interval[];
  readonly meta?: Meta;
  /** Entries that belong to the target, not to the shared decoder (seed 003); in increasing order. */
  readonly intrinsic?: readonly Entry[];
}

const MAGIC = [0x64, 0x79, 0x61, 0x64, 0]; // 'dyad', version

/** The bytes of the file. The same network, domain, meta and marks give the same bytes. */
export function encodeNetwork(file: NetworkFile): Uint8Array {
  const out: number[] = [...MAGIC];
  const whole = (value: bigint): void => {
    let v = value >= 0n ? value * 2n : -value * 2n - 1n;
    for (; v >= 128n; v >>= 7n) out.push(Number(v & 127n) | 128);
    out.push(Number(v));
  };
  const dyadic = (x: Dyadic): void => {
    whole(x.m);
    whole(BigInt(x.e));
  };
  const { layers } = file.network;
  whole(BigInt(layers.length));
  whole(BigInt(file.network.inputs));
  for (const { outputs, scale, rowStart, column, weight, bias } of layers) {
    whole(BigInt(outputs));
    whole(BigInt(scale));
    for (let i = 0; i < outputs; i++) {
      whole(BigInt((rowStart[i + 1] as number) - (rowStart[i] as number)));
      whole(BigInt(bias[i] as number));
    }
    for (let k = 0; k < column.length; k++) {
      whole(BigInt(column[k] as number));
      whole(BigInt(weight[k] as number));
    }
  }
  if (file.domain && file.domain.length !== file.network.inputs) {
    refuse('encodeNetwork', `a domain of ${file.network.inputs} intervals`, file.domain.length);
  }
  whole(BigInt(file.domain?.length ?? 0));
  for (const { lo, hi } of file.domain ?? []) {
    dyadic(lo);
    dyadic(hi);
  }
  whole(BigInt(file.intrinsic?.length ?? 0));
  for (const { layer, row, column } of file.intrinsic ?? [])
    for (const v of [layer, row, column ?? -1]) whole(BigInt(v));
  const meta = file.meta ? metaBytes(file.meta) : [];
  whole(BigInt(meta.length));
  for (const b of meta) out.push(b);
  const bytes = new Uint8Array(out.length + 4);
  bytes.set(out);
  new DataView(bytes.buffer).setUint32(out.length, crc32(bytes, 0, out.length), true);
  return bytes;
}

/** The network of a file. Throws InputError where the bytes are not one. */
export function decodeNetwork(bytes: Uint8Array): NetworkFile {
  const end = bytes.length - 4;
  if (end < MAGIC.length || MAGIC.some((b, i) => bytes[i] !== b)) throw new InputError('not a dyad network file');
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  if (stored !== crc32(bytes, 0, end)) throw new InputError('network file: damaged (its checksum does not fit)');
  let at = MAGIC.length;
  const whole = (): bigint => {
    let v = 0n;
    for (let up = 0n; ; up += 7n) {
      if (at >= end) throw new InputError('network file: it ends too early');
      const b = bytes[at++] as number;
      v |= BigInt(b & 127) << up;
      if (b < 128) break;
    }
    return v & 1n ? -(v + 1n) / 2n : v / 2n;
  };
  const count = (most: number): number => {
    const v = whole();
    if (v < 0n || v > BigInt(most)) refuse('network file', `a count in 0..${most}`, v);
    return Number(v);
  };
  const dyadic = (): Dyadic => {
    const m = whole();
    return Dyadic.of(m, Number(whole()));
  };
  const depth = count(LIMITS.depth);
  let inputs = count(LIMITS.width);
  const layers: Layer[] = [];
  for (let l = 0; l < depth; l++) {
    const outputs = count(Math.min(LIMITS.width, end - at));
    const scale = Number(whole());
    const rowStart = new Uint32Array(outputs + 1);
    const bias: bigint[] = [];
    for (let i = 0; i < outputs; i++) {
      rowStart[i + 1] = (rowStart[i] as number) + count(Math.min(inputs, end - at));
      bias.push(whole());
    }
    const n = rowStart[outputs] as number;
    if (n > end - at) refuse('network file', `at most ${end - at} weights`, n);
    const column = new Uint32Array(n);
    const weight: bigint[] = [];
    for (let k = 0; k < n; k++) {
      column[k] = count(inputs);
      weight.push(whole());
    }
    layers.push(makeLayer({ inputs, outputs, scale, rowStart, column, weight, bias }));
    inputs = outputs;
  }
  const network = new Network(layers);
  const domain = Array.from({ length: count(Math.min(network.inputs, end - at)) }, () => {
    const lo = dyadic();
    return Interval.of(lo, dyadic());
  });
  const intrinsic = Array.from({ length: count(end - at) }, () => {
    const [layer, row, column] = [Number(whole()), Number(whole()), Number(whole())];
    return Object.freeze(column < 0 ? { layer, row } : { layer, row, column });
  });
  const length = count(end - at);
  return Object.freeze({
    network,
    ...(domain.length > 0 ? { domain: Object.freeze(domain) } : {}),
    ...(length > 0 ? { meta: metaFromBytes(bytes.subarray(at, at + length)) } : {}),
    ...(intrinsic.length > 0 ? { intrinsic: Object.freeze(intrinsic) } : {}),
  });
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
