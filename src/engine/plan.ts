/**
 * A plan: what the core needs to evaluate one network on one domain, as one buffer that can be stored, sent to a worker
 * and read back (planRead.ts). It fixes, layer by layer and by proof, in which arithmetic the sums are exact.
 *
 *   header | layer table | weights and biases of each layer | note (JSON: the domain)
 */
import {
  PLAN_AT_BUFFER_BYTES,
  PLAN_AT_HINT_BYTES,
  PLAN_AT_INPUT_SCALE,
  PLAN_AT_INPUTS,
  PLAN_AT_LAYERS,
  PLAN_AT_LIST_BYTES,
  PLAN_AT_OUTPUT_SCALE,
  PLAN_AT_OUTPUT_WORDS,
  PLAN_AT_OUTPUTS,
  PLAN_AT_PANEL_BYTES,
  PLAN_AT_TABLE_BYTES,
} from '../../assembly/layout.ts';
import type { Interval } from '../exact/index.ts';

/** Made by compile() and readPlan(). */
export class Plan {
  private readonly words: Int32Array;

  constructor(
    /** The whole plan; never written to. */
    readonly buffer: ArrayBuffer,
    /** Where each input may lie. */
    readonly domain: readonly Interval[],
  ) {
    this.words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
    Object.freeze(this);
  }

  get inputs(): number {
    return this.word(PLAN_AT_INPUTS);
  }
  get outputs(): number {
    return this.word(PLAN_AT_OUTPUTS);
  }
  get depth(): number {
    return this.word(PLAN_AT_LAYERS);
  }
  /** Inputs are multiples of 2^-inputScale. */
  get inputScale(): number {
    return this.word(PLAN_AT_INPUT_SCALE);
  }
  /** Output mantissas are multiplied by 2^-outputScale. */
  get outputScale(): number {
    return this.word(PLAN_AT_OUTPUT_SCALE);
  }
  /** 32-bit words of an output mantissa. */
  get outputWords(): number {
    return this.word(PLAN_AT_OUTPUT_WORDS);
  }
  get bytes(): number {
    return this.buffer.byteLength;
  }
  /** Bytes of each of the two activation buffers. */
  get bufferBytes(): number {
    return Math.ceil(this.word(PLAN_AT_BUFFER_BYTES) / 64) * 64;
  }
  /** Bytes of working memory beside the plan. */
  get workingBytes(): number {
    const windows = 2 * this.word(PLAN_AT_TABLE_BYTES) + this.word(PLAN_AT_LIST_BYTES) + this.word(PLAN_AT_HINT_BYTES);
    return 2 * this.bufferBytes + this.word(PLAN_AT_PANEL_BYTES) + windows;
  }

  /** The word at a byte offset of layout.ts. */
  word(at: number): number {
    return this.words[at >> 2] as number;
  }
}
