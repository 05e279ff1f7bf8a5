/**
 * Dense layers: the proof that sums of 16-bit products stay in 32-bit lanes, and the weights as the kernel reads them.
 *
 * Activations are limbs to the base 2^B, weights signed digits to the same base, both within 16 bits. With P and N the sums of
 * the positive and the negative digits of a row (all its weights together), the sum over one limb lies, in any order of its
 * terms, within A = max(P, N) (2^B - 1) + 2^B (a bias digit) of the carry, and all of it within A + A/(2^B - 1) + 3.
 */
import { STORAGE_INT8, STORAGE_INT16 } from '../../assembly/layout.ts';
import { bitLength, trailingZeros } from '../exact/index.ts';
import { biasOf } from '../net/index.ts';
import type { Planned, RowSums } from './rows.ts';

/** Largest base: a limb and its sign fill 16 bits. */
export const MOST_BASE = 15;
export const LEAST_BASE = 6;

/** Digits that a weight of `bits` binary digits takes: one if it fits 15 bits, else balanced digits to the base 2^base. */
export function weightDigits(bits: number, base: number): number {
  return bits <= 15 ? 1 : Math.ceil((bits + 1) / base);
}

/** Whether the layer's sums fit at this base. */
export function fitsDense(planned: Planned, sums: RowSums, base: number): boolean {
  if (planned.lift !== 0) return false;
  const digits = weightDigits(sums.weightBits, base);
  const most = digits === 1 ? Number(sums.weights) : digitSums(planned, digits, base);
  const a = most * (2 ** base - 1) + 2 ** base;
  return a + a / (2 ** base - 1) + 3 < 2 ** 31;
}

/** Largest sum of the positive or of the negative digits of a row; of both for inputs of either sign. */
function digitSums({ layer, signed }: Planned, digits: number, base: number): number {
  const { rowStart, weight, outputs } = layer;
  const place = new Int32Array(digits);
  let most = 0;
  for (let i = 0; i < outputs; i++) {
    let plus = 0;
    let minus = 0;
    const end = rowStart[i + 1] as number;
    for (let k = rowStart[i] as number; k < end; k++) {
      balanced(weight[k] as number | bigint, base, place);
      for (let d = 0; d < digits; d++) {
        const v = place[d] as number;
        if (v > 0) plus += v;
        else minus -= v;
      }
    }
    most = Math.max(most, signed ? plus + minus : Math.max(plus, minus));
  }
  return most;
}

/** w as sum of out[d] 2^(base d), every digit in [-2^(base-1), 2^(base-1)]; |w| < 2^(base digits - 1). */
function balanced(w: number | bigint, base: number, out: Int32Array): void {
  const top = out.length - 1;
  if (typeof w === 'number') {
    const half = 2 ** (base - 1);
    const size = 2 ** base;
    let rest = w;
    for (let d = 0; d < top; d++) {
      const digit = ((((rest + half) % size) + size) % size) - half;
      out[d] = digit;
      rest = (rest - digit) / size;
    }
    out[top] = rest;
    return;
  }
  const bits = BigInt(base);
  let rest = w;
  for (let d = 0; d < top; d++) {
    const digit = BigInt.asIntN(base, rest);
    out[d] = Number(digit);
    rest = (rest - digit) >> bits;
  }
  out[top] = Number(rest);
}

/** A dense layer's weights and biases, ready for the plan. */
export interface DensePart {
  readonly weights: Int8Array | Int16Array;
  readonly storage: number;
  readonly digits: number;
  readonly pairs: number;
  readonly blocks: number;
  /** [block][digit][4 rows], digits biasStart .. biasStart + biasCount - 1. */
  readonly bias: Int32Array;
  readonly biasStart: number;
  readonly biasCount: number;
}

/** Pairs of inputs (a multiple of 2) and blocks of 4 rows of a layer. */
export function denseShape(inputs: number, outputs: number): { pairs: number; blocks: number } {
  return { pairs: Math.ceil(inputs / 4) * 2, blocks: Math.ceil(outputs / 4) };
}

/** Lays out the weights; 8 bits each where they fit and `small` asks for it. */
export function denseRows(planned: Planned, sums: RowSums, base: number, small: boolean): DensePart {
  const { layer } = planned;
  const { pairs, blocks } = denseShape(layer.inputs, layer.outputs);
  const digits = weightDigits(sums.weightBits, base);
  const bytes = small && digits === 1 && sums.weightBits <= 7;
  const weights = new (bytes ? Int8Array : Int16Array)(Math.ceil(blocks / 4) * digits * pairs * 32);
  const place = new Int32Array(digits);
  for (let i = 0; i < layer.outputs; i++) {
    const first = (i >> 4) * digits * pairs * 32 + (i & 15) * 2;
    const end = layer.rowStart[i + 1] as number;
    for (let k = layer.rowStart[i] as number; k < end; k++) {
      const c = layer.column[k] as number;
      const at = first + (c >> 1) * 32 + (c & 1);
      const w = layer.weight[k] as number | bigint;
      if (digits === 1) {
        weights[at] = Number(w);
        continue;
      }
      balanced(w, base, place);
      for (let d = 0; d < digits; d++) weights[at + d * pairs * 32] = place[d] as number;
    }
  }
  return { weights, storage: bytes ? STORAGE_INT8 : STORAGE_INT16, digits, pairs, blocks, ...biasRows(planned, base) };
}

function biasRows(planned: Planned, base: number): { bias: Int32Array; biasStart: number; biasCount: number } {
  const { layer, inputScale, lift } = planned;
  const values = Array.from({ length: layer.outputs }, (_, i) => biasOf(layer, i, inputScale, lift));
  let zeros = Number.POSITIVE_INFINITY;
  let bits = 0;
  for (const b of values) {
    if (b === 0n) continue;
    zeros = Math.min(zeros, trailingZeros(b));
    bits = Math.max(bits, bitLength(b));
  }
  if (bits === 0) return { bias: new Int32Array(0), biasStart: 0, biasCount: 0 };
  const biasStart = Math.floor(zeros / base);
  const biasCount = Math.ceil(bits / base) - biasStart;
  const bias = new Int32Array(Math.ceil(layer.outputs / 16) * biasCount * 16);
  const mask = (1n << BigInt(base)) - 1n;
  values.forEach((b, i) => {
    let rest = (b < 0n ? -b : b) >> BigInt(base * biasStart);
    for (let d = 0; rest !== 0n; d++, rest >>= BigInt(base)) {
      const digit = Number(rest & mask);
      bias[((i >> 2) * biasCount + d) * 4 + (i & 3)] = b < 0n ? -digit : digit;
    }
  });
  return { bias, biasStart, biasCount };
}
