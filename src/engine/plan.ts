/**
 * A plan: what the core needs to evaluate one network on one domain, as one buffer that can be stored, sent to a worker
 * and read back. It fixes, layer by layer and by proof, in which arithmetic the sums are exact.
 *
 *   header | layer table | weights and biases of each layer | note (JSON: the domain)
 */
import {
  LAYER_AT_BOUND_BITS,
  LAYER_AT_DIGITS,
  LAYER_AT_INPUTS,
  LAYER_AT_KERNEL,
  LAYER_AT_LIMBS_IN,
  LAYER_AT_LIMBS_OUT,
  LAYER_AT_LIMBS_SUM,
  LAYER_AT_OUTPUTS,
  LAYER_AT_ROWS_BYTES,
  LAYER_AT_SCALE,
  LAYER_AT_STORAGE,
  LAYER_AT_WEIGHT_BITS,
  LAYER_BYTES,
  PLAN_AT_BASE,
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
  PLAN_AT_RADIX,
  PLAN_AT_TABLE_BYTES,
  PLAN_HEADER_BYTES,
  STORAGE_INT8,
} from '../../assembly/layout.ts';
import type { Interval } from '../exact/index.ts';
import { checkPlan, MAX_PLAN_BYTES } from './planCheck.ts';

export { MAX_PLAN_BYTES };

/** The arithmetic a layer was proved to need: every partial sum fits 31 bits and a sign, 63 and a sign, or more. */
export type Tier = 'int32' | 'int64' | 'limbs';

const KERNELS = ['int32', 'limb32', 'limb64', 'dense', 'window'] as const;
export type Kernel = (typeof KERNELS)[number];

/** One layer of a plan, as data. */
export interface LayerPlan {
  readonly tier: Tier;
  readonly kernel: Kernel;
  readonly inputs: number;
  readonly outputs: number;
  /** Binary digits of a limb. */
  readonly limbBits: number;
  /** Most limbs of an incoming activation, a sum and a result; fewer are used where the numbers at hand are smaller. */
  readonly limbsIn: number;
  readonly limbsSum: number;
  readonly limbsOut: number;
  /** Every partial sum, in any order, is below 2^boundBits in magnitude. */
  readonly boundBits: number;
  /** Binary digits of the largest weight mantissa, and the limb-sized digits it is cut into. */
  readonly weightBits: number;
  readonly weightDigits: number;
  /** Fractional bits of the results. */
  readonly scale: number;
  /** Bytes of its weights in the plan. */
  readonly bytes: number;
  /** Why this kernel, in a sentence. */
  readonly why: string;
}

export class Plan {
  private readonly words: Int32Array;

  private constructor(
    /** The whole plan; never written to. */
    readonly buffer: ArrayBuffer,
    /** Where each input may lie. */
    readonly domain: readonly Interval[],
  ) {
    this.words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
    Object.freeze(this);
  }

  /** Reads a plan back, believing nothing. Throws InputError where it is damaged or not a plan. */
  static read(buffer: ArrayBuffer): Plan {
    return new Plan(buffer, checkPlan(buffer));
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
  get layers(): readonly LayerPlan[] {
    return Array.from({ length: this.depth }, (_, l) => this.layer(l));
  }

  /** What was decided for each layer and why, for people. */
  explain(): string {
    const head =
      `${this.inputs} -> ${this.outputs}, depth ${this.depth}: inputs are multiples of 2^-${this.inputScale}, ` +
      `outputs of 2^${-this.outputScale}; ${this.bytes} bytes, and ${this.workingBytes} to work in`;
    const lines = this.layers.map(
      (y, l) => `layer ${l + 1}: ${y.inputs} -> ${y.outputs}, ${y.tier}, ${y.kernel}: ${y.why}`,
    );
    return [head, ...lines].join('\n');
  }

  private word(at: number): number {
    return this.words[at >> 2] as number;
  }

  private layer(l: number): LayerPlan {
    const at = PLAN_HEADER_BYTES + l * LAYER_BYTES;
    const field = (offset: number): number => this.word(at + offset);
    const kernel = KERNELS[field(LAYER_AT_KERNEL)] as Kernel;
    const boundBits = field(LAYER_AT_BOUND_BITS);
    const weightBits = field(LAYER_AT_WEIGHT_BITS);
    const limbBits = kernel === 'int32' ? 31 : this.word(kernel === 'dense' ? PLAN_AT_BASE : PLAN_AT_RADIX);
    const digits =
      kernel === 'dense'
        ? field(LAYER_AT_DIGITS)
        : kernel === 'limb64' || kernel === 'window'
          ? Math.ceil(weightBits / limbBits)
          : 1;
    const layer = {
      tier: boundBits <= 31 ? 'int32' : boundBits <= 63 ? 'int64' : 'limbs',
      kernel,
      inputs: field(LAYER_AT_INPUTS),
      outputs: field(LAYER_AT_OUTPUTS),
      limbBits,
      limbsIn: field(LAYER_AT_LIMBS_IN),
      limbsSum: field(LAYER_AT_LIMBS_SUM),
      limbsOut: field(LAYER_AT_LIMBS_OUT),
      boundBits,
      weightBits,
      weightDigits: Math.max(1, digits),
      scale: field(LAYER_AT_SCALE),
      bytes: field(LAYER_AT_ROWS_BYTES),
    } as const;
    return Object.freeze({ ...layer, why: reason(layer, field(LAYER_AT_STORAGE) === STORAGE_INT8) });
  }
}

function reason(layer: Omit<LayerPlan, 'why'>, small: boolean): string {
  const { kernel, limbBits, limbsIn, limbsOut, boundBits, weightBits, weightDigits } = layer;
  const bound = `partial sums stay below 2^${boundBits}`;
  if (kernel === 'int32') return `${bound}, so one 32-bit lane holds each`;
  const limbs = `${limbsIn} limbs of ${limbBits} bits in, at most ${limbsOut} out`;
  const cut =
    weightDigits > 1
      ? `weights of ${weightBits} bits cut into ${weightDigits} digits`
      : `weights of ${weightBits} bits`;
  const why = {
    limb32: 'the sum over a limb fits a 32-bit lane',
    limb64: 'the sum over a limb needs a 64-bit lane',
    window:
      'long numbers, so limbs that are zero for a whole tile are left out; the sum over a limb fits a 32-bit lane',
    dense: `few zeros, so products of 16-bit limbs in pairs${small ? ', weights kept in 8 bits' : ''}`,
  }[kernel];
  return `${bound}; ${limbs}; ${cut}: ${why}`;
}
