/** A layer over whole numbers in the integer types of C: which hold its tables, which its sums, and what both cost. */
import { InputError, refuse } from '../exact/index.ts';
import { biasOf } from '../net/index.ts';
import type { WholeLayer } from './accumulators.ts';

/** Most bytes of one layer's tables: beyond, a C file is not what carries them. */
export const MAX_C_TABLE_BYTES = 1 << 26;

export type CType = 'int8_t' | 'int16_t' | 'int32_t' | 'int64_t' | 'uint8_t' | 'uint16_t' | 'uint32_t';
export const BYTES: Readonly<Record<CType, number>> = {
  int8_t: 1,
  int16_t: 2,
  int32_t: 4,
  int64_t: 8,
  uint8_t: 1,
  uint16_t: 2,
  uint32_t: 4,
};

export interface PlannedLayer {
  readonly whole: WholeLayer;
  readonly accumulator: 'int32_t' | 'int64_t';
  readonly weights: readonly bigint[];
  readonly biases: readonly bigint[];
  /** Stored row by row with columns, or as a full matrix: whichever is smaller. */
  readonly sparse: boolean;
}

export function planLayer(whole: WholeLayer, l: number, widest: 'int32_t' | 'int64_t'): PlannedLayer {
  const { layer, lift, inputScale, bounds } = whole;
  const limit = widest === 'int32_t' ? 31 : 63;
  if (bounds.sumBits > limit) {
    throw new InputError(
      `writeC: layer ${l + 1} has sums of up to ${bounds.sumBits} binary digits, ${widest} holds ${limit}; ${
        widest === 'int32_t' ? 'choose int64_t, ' : ''
      }quantise the network or state coarser inputs`,
    );
  }
  const weights = Array.from(layer.weight as ArrayLike<number | bigint>, (w) => BigInt(w) << BigInt(lift));
  const biases = Array.from({ length: layer.outputs }, (_, i) => biasOf(layer, i, inputScale, lift));
  const most = Math.max(0, ...rangeOf(weights).map(digits));
  // A weight beside an input that is always 0 may be larger than every sum.
  if (most > limit)
    throw new InputError(`writeC: layer ${l + 1} has weights of ${most} binary digits, ${widest} holds ${limit}`);
  const bytes = BYTES[smallest(weights)];
  const columns = BYTES[unsigned(layer.inputs - 1)];
  const rows = BYTES[unsigned(layer.column.length)];
  const sparseBytes = layer.column.length * (bytes + columns) + (layer.outputs + 1) * rows;
  const denseBytes = layer.inputs * layer.outputs * bytes;
  if (Math.min(sparseBytes, denseBytes) > MAX_C_TABLE_BYTES) {
    refuse(`writeC layer ${l + 1}`, `tables of at most ${MAX_C_TABLE_BYTES} bytes`, Math.min(sparseBytes, denseBytes));
  }
  const wide = bounds.sumBits > 31 || most > 31;
  return { whole, accumulator: wide ? 'int64_t' : 'int32_t', weights, biases, sparse: sparseBytes < denseBytes };
}

export function digits(v: bigint): number {
  return v === 0n ? 0 : (v < 0n ? -v : v).toString(2).length;
}

/** Least and greatest value. */
function rangeOf(values: readonly bigint[]): [bigint, bigint] {
  let lo = 0n;
  let hi = 0n;
  for (const v of values) {
    if (v < lo) lo = v;
    if (v > hi) hi = v;
  }
  return [lo, hi];
}

export function smallest(values: readonly bigint[]): CType {
  const bits = Math.max(...rangeOf(values).map(digits));
  return bits <= 7 ? 'int8_t' : bits <= 15 ? 'int16_t' : bits <= 31 ? 'int32_t' : 'int64_t';
}

export function unsigned(most: number): CType {
  return most <= 0xff ? 'uint8_t' : most <= 0xffff ? 'uint16_t' : 'uint32_t';
}
