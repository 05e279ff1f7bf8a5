/**
 * A plan: what the core needs to evaluate one network on one domain, as one buffer that can be stored, sent to a worker
 * and read back. It fixes, layer by layer and by proof, in which arithmetic the sums are exact.
 *
 *   header | layer table | row programs | note (JSON: the domain)
 */
import {
  BIAS_BYTES,
  KERNEL_INT32,
  KERNEL_LIMB64,
  LAYER_AT_BIAS_LIMBS,
  LAYER_AT_BOUND_BITS,
  LAYER_AT_GROWTH,
  LAYER_AT_INPUTS,
  LAYER_AT_KERNEL,
  LAYER_AT_LIMBS_IN,
  LAYER_AT_LIMBS_OUT,
  LAYER_AT_LIMBS_SUM,
  LAYER_AT_OUTPUTS,
  LAYER_AT_ROWS,
  LAYER_AT_ROWS_BYTES,
  LAYER_AT_SCALE,
  LAYER_AT_WEIGHT_BITS,
  LAYER_BYTES,
  PLAN_AT_BUFFER_BYTES,
  PLAN_AT_BYTES,
  PLAN_AT_CHECK,
  PLAN_AT_INPUT_LIMBS,
  PLAN_AT_INPUT_SCALE,
  PLAN_AT_INPUTS,
  PLAN_AT_LAYERS,
  PLAN_AT_MAGIC,
  PLAN_AT_NOTE,
  PLAN_AT_NOTE_BYTES,
  PLAN_AT_OUTPUT_LIMBS,
  PLAN_AT_OUTPUT_SCALE,
  PLAN_AT_OUTPUT_WORDS,
  PLAN_AT_OUTPUTS,
  PLAN_AT_RADIX,
  PLAN_AT_TILE_VECTORS,
  PLAN_AT_VERSION,
  PLAN_HEADER_BYTES,
  PLAN_MAGIC,
  PLAN_VERSION,
  ROW_HEADER_BYTES,
  TERM_BYTES,
  UNIT_PAD_BYTES,
  VECTOR_BYTES,
  WIDE_TERM_BYTES,
} from '../../assembly/layout.ts';
import { Interval, refuse, wholeNumber } from '../exact/index.ts';
import { LIMITS } from '../net/index.ts';

/** The arithmetic a layer was proved to need: every partial sum fits 31 bits and a sign, 63 and a sign, or more. */
export type Tier = 'int32' | 'int64' | 'limbs';

/** One layer of a plan, as data. */
export interface LayerPlan {
  readonly tier: Tier;
  readonly kernel: 'int32' | 'limb32' | 'limb64';
  readonly inputs: number;
  readonly outputs: number;
  /** Most limbs of an incoming activation, a sum and a result; fewer are used where the numbers at hand are smaller. */
  readonly limbsIn: number;
  readonly limbsSum: number;
  readonly limbsOut: number;
  /** Every partial sum, in any order, is below 2^boundBits in magnitude. */
  readonly boundBits: number;
  /** Binary digits of the largest weight mantissa. */
  readonly weightBits: number;
  /** Fractional bits of the results. */
  readonly scale: number;
  readonly bytes: number;
}

/** Most bytes of one plan. */
export const MAX_PLAN_BYTES = 2 ** 30;

const KERNELS = ['int32', 'limb32', 'limb64'] as const;

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
    const domain = check(buffer);
    return new Plan(buffer, domain);
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
  /** Limbs are digits to the base 2^radix. */
  get radix(): number {
    return this.word(PLAN_AT_RADIX);
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
  /** Bytes of working memory beside the plan. */
  get workingBytes(): number {
    return 2 * this.word(PLAN_AT_BUFFER_BYTES);
  }
  get layers(): readonly LayerPlan[] {
    return Array.from({ length: this.depth }, (_, l) => this.layer(l));
  }

  /** What was decided for each layer and why, for people. */
  explain(): string {
    const head =
      `${this.inputs} -> ${this.outputs}, depth ${this.depth}: inputs are multiples of 2^-${this.inputScale}, ` +
      `outputs of 2^${-this.outputScale}; limbs of ${this.radix} bits; ${this.bytes} bytes and ${this.workingBytes} to work in`;
    return [head, ...this.layers.map((layer, l) => `layer ${l + 1}: ${reason(layer, this.radix)}`)].join('\n');
  }

  private word(at: number): number {
    return this.words[at >> 2] as number;
  }

  private layer(l: number): LayerPlan {
    const at = PLAN_HEADER_BYTES + l * LAYER_BYTES;
    const boundBits = this.word(at + LAYER_AT_BOUND_BITS);
    return Object.freeze({
      tier: boundBits <= 31 ? 'int32' : boundBits <= 63 ? 'int64' : 'limbs',
      kernel: KERNELS[this.word(at + LAYER_AT_KERNEL)] as LayerPlan['kernel'],
      inputs: this.word(at + LAYER_AT_INPUTS),
      outputs: this.word(at + LAYER_AT_OUTPUTS),
      limbsIn: this.word(at + LAYER_AT_LIMBS_IN),
      limbsSum: this.word(at + LAYER_AT_LIMBS_SUM),
      limbsOut: this.word(at + LAYER_AT_LIMBS_OUT),
      boundBits,
      weightBits: this.word(at + LAYER_AT_WEIGHT_BITS),
      scale: this.word(at + LAYER_AT_SCALE),
      bytes: this.word(at + LAYER_AT_ROWS_BYTES),
    });
  }
}

function reason(layer: LayerPlan, radix: number): string {
  const { kernel, inputs, outputs, limbsIn, limbsOut, boundBits, weightBits } = layer;
  const size = `${inputs} -> ${outputs}`;
  const bound = `partial sums stay below 2^${boundBits}`;
  if (kernel === 'int32') return `${size}, int32: ${bound}, so one 32-bit lane holds each`;
  const limbs = `at most ${limbsIn} limbs in, ${limbsOut} out`;
  const why =
    kernel === 'limb32'
      ? `limb sums of weights of ${weightBits} bits fit 32-bit lanes`
      : `weights of ${weightBits} bits times limbs of ${radix} need 64-bit lanes`;
  return `${size}, ${layer.tier}, kernel ${kernel}: ${bound}; ${limbs}; ${why}`;
}

/** FNV-1a over the words that follow the checksum. */
export function checksum(words: Int32Array): number {
  let hash = 0x811c9dc5;
  for (let k = (PLAN_AT_CHECK >> 2) + 1; k < words.length; k++)
    hash = Math.imul(hash ^ (words[k] as number), 0x01000193);
  return hash | 0;
}

/** Bytes from one unit to the next in an activation buffer. */
export function strideOf(limbs: number, vectors: number): number {
  return limbs * vectors * VECTOR_BYTES + UNIT_PAD_BYTES;
}

/** Checks everything the core relies on, and returns the domain. */
function check(buffer: ArrayBuffer): readonly Interval[] {
  const bytes = buffer.byteLength;
  if (bytes < PLAN_HEADER_BYTES || bytes % 4 !== 0 || bytes > MAX_PLAN_BYTES) {
    refuse('plan', `${PLAN_HEADER_BYTES} to ${MAX_PLAN_BYTES} bytes, a multiple of 4`, bytes);
  }
  const words = new Int32Array(buffer);
  const word = (at: number): number => words[at >> 2] as number;
  if (word(PLAN_AT_MAGIC) !== PLAN_MAGIC) refuse('plan', 'a plan', 'other bytes');
  if (word(PLAN_AT_VERSION) !== PLAN_VERSION) refuse('plan', `version ${PLAN_VERSION}`, word(PLAN_AT_VERSION));
  if (word(PLAN_AT_BYTES) !== bytes) refuse('plan', `${word(PLAN_AT_BYTES)} bytes`, bytes);
  if (word(PLAN_AT_CHECK) !== checksum(words)) refuse('plan', 'an undamaged plan', 'a wrong checksum');
  const inputs = wholeNumber('plan inputs', word(PLAN_AT_INPUTS), 1, LIMITS.width);
  const outputs = wholeNumber('plan outputs', word(PLAN_AT_OUTPUTS), 1, LIMITS.width);
  const layers = wholeNumber('plan layers', word(PLAN_AT_LAYERS), 1, (bytes - PLAN_HEADER_BYTES) / LAYER_BYTES);
  const radix = wholeNumber('plan radix', word(PLAN_AT_RADIX), 1, 28);
  wholeNumber('plan input scale', word(PLAN_AT_INPUT_SCALE), 0, LIMITS.scale);
  const most = 2 ** 31;
  const vectors = wholeNumber('plan tile', word(PLAN_AT_TILE_VECTORS), 1, 4);
  const room = wholeNumber('plan buffer', word(PLAN_AT_BUFFER_BYTES), 1, most);
  let units = inputs;
  let limbs = wholeNumber('plan input limbs', word(PLAN_AT_INPUT_LIMBS), 1, LIMITS.scale);
  for (let l = 0; l < layers; l++) {
    const at = PLAN_HEADER_BYTES + l * LAYER_BYTES;
    const where = `plan layer ${l + 1}`;
    const kernel = wholeNumber(`${where} kernel`, word(at + LAYER_AT_KERNEL), KERNEL_INT32, KERNEL_LIMB64);
    if (word(at + LAYER_AT_INPUTS) !== units) refuse(where, `${units} inputs`, word(at + LAYER_AT_INPUTS));
    if (word(at + LAYER_AT_LIMBS_IN) !== limbs) refuse(where, `${limbs} limbs in`, word(at + LAYER_AT_LIMBS_IN));
    if (units * strideOf(limbs, vectors) > room)
      refuse(where, `${room} bytes of activations`, units * strideOf(limbs, vectors));
    const rows = wholeNumber(`${where} outputs`, word(at + LAYER_AT_OUTPUTS), 1, LIMITS.width);
    const from = units;
    units = rows;
    const sums = wholeNumber(`${where} limbs of sums`, word(at + LAYER_AT_LIMBS_SUM), 1, LIMITS.scale);
    if (units * strideOf(sums, vectors) > room)
      refuse(where, `${room} bytes of activations`, units * strideOf(sums, vectors));
    limbs = wholeNumber(`${where} limbs out`, word(at + LAYER_AT_LIMBS_OUT), 1, sums);
    wholeNumber(`${where} growth`, word(at + LAYER_AT_GROWTH), 0, LIMITS.scale);
    wholeNumber(`${where} bias limbs`, word(at + LAYER_AT_BIAS_LIMBS), 0, LIMITS.scale);
    const start = wholeNumber(`${where} rows`, word(at + LAYER_AT_ROWS), PLAN_HEADER_BYTES, bytes);
    const length = wholeNumber(`${where} row bytes`, word(at + LAYER_AT_ROWS_BYTES), 0, bytes - start);
    if (start % 4 !== 0 || length % 4 !== 0) refuse(where, 'row programs on whole words', start);
    checkRows(where, words.subarray(start >> 2, (start + length) >> 2), rows, kernel, from);
  }
  if (units !== outputs) refuse('plan', `${outputs} outputs`, units);
  if (limbs !== word(PLAN_AT_OUTPUT_LIMBS)) refuse('plan output limbs', `${limbs}`, word(PLAN_AT_OUTPUT_LIMBS));
  wholeNumber('plan output words', word(PLAN_AT_OUTPUT_WORDS), 1, Math.ceil((Math.max(31, limbs * radix) + 1) / 32));
  const note = wholeNumber('plan note', word(PLAN_AT_NOTE), PLAN_HEADER_BYTES, bytes);
  const noteBytes = wholeNumber('plan note bytes', word(PLAN_AT_NOTE_BYTES), 0, bytes - note);
  return readNote(new Uint8Array(buffer, note, noteBytes), inputs);
}

function checkRows(where: string, words: Int32Array, rows: number, kernel: number, units: number): void {
  const size = (kernel === KERNEL_LIMB64 ? WIDE_TERM_BYTES : TERM_BYTES) >> 2;
  let at = 0;
  for (let i = 0; i < rows; i++) {
    const terms = words[at] as number;
    const digits = words[at + 1] as number;
    const first = at + (ROW_HEADER_BYTES >> 2);
    const start = first + (BIAS_BYTES >> 2) * digits;
    const end = start + size * terms;
    if (!(terms >= 0 && digits >= 0 && end <= words.length))
      refuse(where, 'whole row programs', `a cut at row ${i + 1}`);
    for (let k = first, before = -1; k < start; k += BIAS_BYTES >> 2) {
      if ((words[k] as number) <= before) refuse(where, 'bias digits in increasing order', words[k]);
      before = words[k] as number;
    }
    for (let k = start; k < end; k += size) {
      if ((words[k] as number) >>> 0 >= units) refuse(where, `units below ${units}`, words[k]);
      if (size === 3 && (words[k + 1] as number) < 0) refuse(where, 'a limb offset', words[k + 1]);
    }
    at = end;
  }
  if (at !== words.length) refuse(where, `${at} words of row programs`, words.length);
}

/** The note of a plan: the domain, one interval where all inputs share it. */
export function writeNote(domain: readonly Interval[]): Uint8Array {
  const pair = (d: Interval): string[] => [d.lo.toString(), d.hi.toString()];
  const first = domain[0] as Interval;
  const shared = domain.every((d) => d.lo.eq(first.lo) && d.hi.eq(first.hi));
  const text = JSON.stringify({ domain: shared ? [pair(first)] : domain.map(pair) });
  // Spaces at the end keep the plan a whole number of words.
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4).fill(0x20);
  padded.set(bytes);
  return padded;
}

function readNote(bytes: Uint8Array, inputs: number): readonly Interval[] {
  let note: { domain?: unknown };
  try {
    note = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    refuse('plan note', 'JSON', 'other text');
  }
  const pairs = note?.domain;
  if (!Array.isArray(pairs) || (pairs.length !== 1 && pairs.length !== inputs))
    refuse('plan domain', `${inputs} pairs`, pairs);
  const each = pairs.map((p: unknown) => {
    if (!Array.isArray(p) || typeof p[0] !== 'string' || typeof p[1] !== 'string') refuse('plan domain', 'a pair', p);
    return Interval.of(p[0], p[1]);
  });
  return each.length === inputs ? each : new Array<Interval>(inputs).fill(each[0] as Interval);
}

/** Vectors of the largest tile whose activations still lie close to the processor. */
export function tileVectors(units: number, limbs: number): number {
  const near = 1 << 19;
  for (const v of [4, 2]) if (units * strideOf(limbs, v) <= near) return v;
  return 1;
}
