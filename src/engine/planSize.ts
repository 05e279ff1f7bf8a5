/** Sizes that the writer of a plan and its reader must agree on, its checksum, and its note. */
import {
  KERNEL_DENSE,
  LAYER_AT_BLOCKS,
  LAYER_AT_INPUTS,
  LAYER_AT_KERNEL,
  LAYER_AT_LIMBS_IN,
  LAYER_AT_LIMBS_SUM,
  LAYER_AT_OUTPUTS,
  LAYER_AT_PAIRS,
  LAYER_BYTES,
  PLAN_AT_CHECK,
  PLAN_AT_INPUT_LIMBS,
  PLAN_AT_INPUTS,
  PLAN_AT_LAYERS,
  PLAN_HEADER_BYTES,
  UNIT_PAD_BYTES,
  VECTOR_BYTES,
} from '../../assembly/layout.ts';
import type { Interval } from '../exact/index.ts';

/** Most bytes of one plan, and of one activation buffer. */
export const MAX_PLAN_BYTES = 2 ** 30;

/** FNV-1a over the words that follow the checksum. */
export function checksum(words: Int32Array): number {
  let hash = 0x811c9dc5;
  for (let k = (PLAN_AT_CHECK >> 2) + 1; k < words.length; k++)
    hash = Math.imul(hash ^ (words[k] as number), 0x01000193);
  return hash | 0;
}

/** Bytes from one unit to the next where limbs lie in lanes. */
function strideOf(limbs: number, vectors: number): number {
  return limbs * vectors * VECTOR_BYTES + UNIT_PAD_BYTES;
}

/** Bytes from one tile to the next where limbs lie in pairs. */
function tileOf(limbs: number, pairs: number): number {
  return limbs * Math.floor((36 * pairs + 127) / 64) * 64 + UNIT_PAD_BYTES;
}

/** Bytes of one activation buffer for blocks of `vectors` vectors, by the same sums as the core's walk. */
export function blockBytes(words: Int32Array, vectors: number): number {
  const word = (at: number): number => words[at >> 2] as number;
  const tiles = Math.ceil(vectors / 2);
  const layers = word(PLAN_AT_LAYERS);
  let most = word(PLAN_AT_INPUTS) * strideOf(word(PLAN_AT_INPUT_LIMBS), vectors);
  for (let l = 0; l < layers; l++) {
    const at = PLAN_HEADER_BYTES + l * LAYER_BYTES;
    const limbsIn = word(at + LAYER_AT_LIMBS_IN);
    const limbsSum = word(at + LAYER_AT_LIMBS_SUM);
    if (word(at + LAYER_AT_KERNEL) === KERNEL_DENSE) {
      const blocks = word(at + LAYER_AT_BLOCKS);
      const out = l === layers - 1 ? 4 * blocks * strideOf(limbsSum, 2) : tileOf(limbsSum, 2 * blocks);
      most = Math.max(most, tiles * tileOf(limbsIn, word(at + LAYER_AT_PAIRS)), tiles * out);
    } else {
      const inBytes = word(at + LAYER_AT_INPUTS) * strideOf(limbsIn, vectors);
      // A window may hold one limb more while its sign is not known.
      most = Math.max(
        most,
        inBytes,
        word(at + LAYER_AT_OUTPUTS) * strideOf(limbsSum, vectors) + VECTOR_BYTES * vectors,
      );
    }
  }
  return most;
}

/** Vectors of the largest block whose activations still lie close to the processor. */
export function tileVectors(words: Int32Array, least: number, most: number): number {
  const near = 1 << 19;
  for (const v of [16, 8, 4, 2]) if (v <= most && (v === least || blockBytes(words, v) <= near)) return v;
  return least;
}

/** The note of a plan: the domain, one interval where all inputs share it. */
export function writeNote(domain: readonly Interval[]): Uint8Array {
  const pair = (d: Interval): string[] => [d.lo.toString(), d.hi.toString()];
  const first = domain[0] as Interval;
  const shared = domain.every((d) => d === first || (d.lo.eq(first.lo) && d.hi.eq(first.hi)));
  const text = JSON.stringify({ domain: shared ? [pair(first)] : domain.map(pair) });
  // Spaces at the end keep the plan a whole number of words.
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4).fill(0x20);
  padded.set(bytes);
  return padded;
}
