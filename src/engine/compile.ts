/**
 * compile: a network and a domain -> a plan. Each layer's sums are bounded in whole numbers; the bound, the weights and the
 * shape choose its kernel.
 */
import {
  DENSE_TILES,
  KERNEL_DENSE,
  KERNEL_INT32,
  KERNEL_LIMB32,
  KERNEL_LIMB64,
  KERNEL_WINDOW,
  LAYER_AT_BIAS,
  LAYER_AT_BIAS_COUNT,
  LAYER_AT_BIAS_LIMBS,
  LAYER_AT_BIAS_START,
  LAYER_AT_BLOCKS,
  LAYER_AT_BOUND_BITS,
  LAYER_AT_DIGITS,
  LAYER_AT_GROWTH,
  LAYER_AT_HINTS,
  LAYER_AT_INPUTS,
  LAYER_AT_KERNEL,
  LAYER_AT_LIMBS_IN,
  LAYER_AT_LIMBS_OUT,
  LAYER_AT_LIMBS_SUM,
  LAYER_AT_OUTPUTS,
  LAYER_AT_PAIRS,
  LAYER_AT_ROWS,
  LAYER_AT_ROWS_BYTES,
  LAYER_AT_SCALE,
  LAYER_AT_STORAGE,
  LAYER_AT_WEIGHT_BITS,
  LAYER_BYTES,
  PLAN_AT_BASE,
  PLAN_AT_BUFFER_BYTES,
  PLAN_AT_BYTES,
  PLAN_AT_CHECK,
  PLAN_AT_HINT_BYTES,
  PLAN_AT_INPUT_LIMBS,
  PLAN_AT_INPUT_SCALE,
  PLAN_AT_INPUTS,
  PLAN_AT_KIND,
  PLAN_AT_LAYERS,
  PLAN_AT_LIST_BYTES,
  PLAN_AT_MAGIC,
  PLAN_AT_NOTE,
  PLAN_AT_NOTE_BYTES,
  PLAN_AT_OUTPUT_LIMBS,
  PLAN_AT_OUTPUT_SCALE,
  PLAN_AT_OUTPUT_WORDS,
  PLAN_AT_OUTPUTS,
  PLAN_AT_PANEL_BYTES,
  PLAN_AT_RADIX,
  PLAN_AT_TABLE_BYTES,
  PLAN_AT_TILE_VECTORS,
  PLAN_AT_VERSION,
  PLAN_DENSE,
  PLAN_HEADER_BYTES,
  PLAN_MAGIC,
  PLAN_MIXED,
  PLAN_SPARSE,
  PLAN_VERSION,
  STORAGE_BITS,
  STORAGE_INT16,
  UNIT_ENTRY_BYTES,
} from '../../assembly/layout.ts';
import { bitLength, refuse, wholeNumber } from '../exact/index.ts';
import {
  type Domain,
  inputRanges,
  intervals,
  LIMITS,
  layerBounds,
  liftOf,
  type Network,
  type Ranges,
  rangeBits,
} from '../net/index.ts';
import { type Choice, choose, limbsFor, type Studied } from './choose.ts';
import { denseRows } from './denseRows.ts';
import { Plan } from './plan.ts';
import { blockBytes, checksum, MAX_PLAN_BYTES, tileVectors, writeNote } from './planSize.ts';
import { narrowRows, type Planned, planeRows, rowSums, wideRows } from './rows.ts';

export interface CompileOptions {
  /** Where the inputs may lie: one interval for all, or one an input. */
  readonly domain: Domain;
  /** Inputs are multiples of 2^-fractionalBits (default 53: every float64 of magnitude 1/2 or more, and many below). */
  readonly fractionalBits?: number;
}

/** Dense weights of more bytes than this are stored in 8 bits where they fit: beyond it memory is what costs. */
const NEAR_BYTES = 1 << 20;

/**
 * Plans `network` for inputs in `domain`. Throws InputError where the domain does not fit the network, or the plan would
 * be larger than {@link MAX_PLAN_BYTES}.
 */
export function compile(network: Network, options: CompileOptions): Plan {
  const domain = intervals(options.domain, network.inputs);
  const inputScale = wholeNumber('fractionalBits', options.fractionalBits ?? 53, 0, LIMITS.scale);
  const layers = study(network, inputRanges(domain, inputScale), inputScale);
  return new Plan(write(network, layers, choose(layers), inputScale, writeNote(domain)), domain);
}

function study(network: Network, input: Ranges, inputScale: number): Studied[] {
  let ranges = input;
  let scale = inputScale;
  let bitsIn = Math.max(1, rangeBits(input));
  return network.layers.map((layer, l) => {
    const last = l === network.depth - 1;
    const lift = liftOf(layer, scale);
    const live = nonZero(ranges);
    const planned: Planned = {
      layer,
      inputScale: scale,
      lift,
      signed: l === 0 && ranges.lo.some((v) => v < 0),
      alive: (j) => live[j] === 1,
    };
    // The ranges themselves are kept for one layer only: millions of long numbers would not fit.
    const { ranges: above, ...bounds } = layerBounds(layer, ranges, scale, lift, last);
    const scaleOut = scale + layer.scale + lift;
    const studied = { ...planned, sums: rowSums(planned), bounds, bitsIn, last, scaleOut };
    ranges = above;
    bitsIn = bounds.resultBits;
    scale = scaleOut;
    return studied;
  });
}

/** 1 where a unit can be other than zero. */
function nonZero({ lo, hi }: Ranges): Uint8Array {
  const out = new Uint8Array(lo.length);
  for (let j = 0; j < out.length; j++) if (Number(hi[j]) !== 0 || Number(lo[j]) !== 0) out[j] = 1;
  return out;
}

/** What the plan holds of a layer. */
interface Part {
  readonly kernel: number;
  readonly limbsIn: number;
  readonly limbsSum: number;
  readonly limbsOut: number;
  /** Table fields beyond those that every layer has. */
  readonly fields: readonly (readonly [field: number, value: number])[];
  readonly rows: Int8Array | Int16Array | Int32Array;
  readonly bias: Int32Array;
}

/** Lays out each layer for its kernel. */
function parts(layers: readonly Studied[], { radix, base, kernels }: Choice): Part[] {
  const dense = layers.reduce(
    (sum, s, l) => sum + (kernels[l] === KERNEL_DENSE ? s.layer.inputs * s.layer.outputs : 0),
    0,
  );
  const small = 2 * dense > NEAR_BYTES;
  let before: Part | undefined;
  return layers.map((s, l) => {
    const kernel = kernels[l] as number;
    const pairs = kernel === KERNEL_DENSE;
    const width = pairs ? base : radix;
    const int32 = kernel === KERNEL_INT32;
    const limbsIn = int32 ? 1 : limbsFor(s.bitsIn, width);
    // The balanced digits of a weight may reach one bit further up than the weight itself.
    const above = pairs && s.sums.weightBits > 15 ? 1 : 0;
    const limbsSum = int32 ? 1 : limbsFor(s.bounds.sumBits + above, width);
    const limbsOut = s.last ? limbsSum : int32 ? 1 : limbsFor(s.bounds.resultBits, width);
    const shape = { kernel, limbsIn, limbsSum, limbsOut };
    if (pairs) {
      const part = denseRows(s, s.sums, base, small);
      const { storage, digits, biasStart, biasCount } = part;
      const fields = [
        [LAYER_AT_STORAGE, storage],
        [LAYER_AT_DIGITS, digits],
        [LAYER_AT_PAIRS, part.pairs],
        [LAYER_AT_BLOCKS, part.blocks],
        [LAYER_AT_BIAS_START, biasStart],
        [LAYER_AT_BIAS_COUNT, biasCount],
        [LAYER_AT_BIAS_LIMBS, limbsFor(s.sums.biasBits, base)],
        [LAYER_AT_GROWTH, Math.ceil(bitLength(s.sums.weights) / base)],
      ] as const;
      before = { ...shape, fields, rows: part.weights, bias: part.bias };
    } else {
      const bits = s.bitmap && kernel === KERNEL_LIMB32;
      const rows = bits
        ? planeRows(s, radix)
        : kernel === KERNEL_LIMB64 || kernel === KERNEL_WINDOW
          ? wideRows(s, radix)
          : narrowRows(s, int32 ? 0 : radix);
      const fields = [
        [LAYER_AT_STORAGE, bits ? STORAGE_BITS : STORAGE_INT16],
        [LAYER_AT_BIAS_LIMBS, int32 ? 1 : limbsFor(s.sums.biasBits, radix)],
        [LAYER_AT_GROWTH, Math.ceil(bitLength(s.sums.weights) / radix)],
      ] as const;
      before = { ...shape, fields, rows, bias: new Int32Array(0) };
    }
    return before;
  });
}

function write(
  network: Network,
  layers: readonly Studied[],
  choice: Choice,
  inputScale: number,
  note: Uint8Array,
): ArrayBuffer {
  const body = parts(layers, choice);
  const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;
  const tableEnd = PLAN_HEADER_BYTES + layers.length * LAYER_BYTES;
  const noteAt = body.reduce(
    (at, p) => at + aligned(p.rows.byteLength) + aligned(p.bias.byteLength),
    aligned(tableEnd),
  );
  const bytes = noteAt + note.byteLength;
  if (bytes > MAX_PLAN_BYTES) refuse('compile', `a plan of at most ${MAX_PLAN_BYTES} bytes`, bytes);
  const words = new Int32Array(bytes >> 2);
  const raw = new Uint8Array(words.buffer);
  const set = (field: number, value: number): void => {
    words[field >> 2] = value;
  };
  let at = aligned(tableEnd);
  const append = (part: Int8Array | Int16Array | Int32Array): number => {
    const from = at;
    raw.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), from);
    at += aligned(part.byteLength);
    return from;
  };
  let panel = 0;
  let hints = 0;
  let table = 0;
  let terms = 0;
  layers.forEach((s, l) => {
    const part = body[l] as Part;
    const entry = PLAN_HEADER_BYTES + l * LAYER_BYTES;
    set(entry + LAYER_AT_KERNEL, part.kernel);
    set(entry + LAYER_AT_INPUTS, s.layer.inputs);
    set(entry + LAYER_AT_OUTPUTS, s.layer.outputs);
    set(entry + LAYER_AT_LIMBS_IN, part.limbsIn);
    set(entry + LAYER_AT_LIMBS_SUM, part.limbsSum);
    set(entry + LAYER_AT_LIMBS_OUT, part.limbsOut);
    set(entry + LAYER_AT_BOUND_BITS, s.bounds.sumBits);
    set(entry + LAYER_AT_SCALE, s.scaleOut);
    set(entry + LAYER_AT_WEIGHT_BITS, s.sums.weightBits);
    if (part.kernel === KERNEL_WINDOW || part.kernel === KERNEL_LIMB32) {
      set(entry + LAYER_AT_HINTS, hints);
      if (part.kernel === KERNEL_WINDOW) hints += s.layer.outputs;
      table = Math.max(table, s.layer.inputs, s.layer.outputs);
      terms = Math.max(terms, s.sums.terms * Math.max(1, Math.ceil(s.sums.weightBits / choice.radix)));
    }
    for (const [field, value] of part.fields) set(entry + field, value);
    set(entry + LAYER_AT_ROWS_BYTES, part.rows.byteLength);
    set(entry + LAYER_AT_ROWS, append(part.rows));
    set(entry + LAYER_AT_BIAS, append(part.bias));
    if (part.kernel === KERNEL_DENSE) {
      panel = Math.max(
        panel,
        (words[(entry + LAYER_AT_PAIRS) >> 2] as number) * (words[(entry + LAYER_AT_DIGITS) >> 2] as number) * 16,
      );
    }
  });
  const kinds = new Set(choice.kernels.map((k) => k === KERNEL_DENSE));
  const kind = kinds.size === 2 ? PLAN_MIXED : kinds.has(true) ? PLAN_DENSE : PLAN_SPARSE;
  const first = body[0] as Part;
  const last = layers[layers.length - 1] as Studied;
  set(PLAN_AT_MAGIC, PLAN_MAGIC);
  set(PLAN_AT_VERSION, PLAN_VERSION);
  set(PLAN_AT_BYTES, bytes);
  set(PLAN_AT_INPUTS, network.inputs);
  set(PLAN_AT_OUTPUTS, network.outputs);
  set(PLAN_AT_LAYERS, layers.length);
  set(PLAN_AT_RADIX, choice.radix);
  set(PLAN_AT_BASE, choice.base);
  set(PLAN_AT_KIND, kind);
  set(PLAN_AT_PANEL_BYTES, aligned(panel));
  set(PLAN_AT_TABLE_BYTES, table * UNIT_ENTRY_BYTES);
  // Every term as an entry and, of those at work, as a pair; the carry between them.
  set(PLAN_AT_LIST_BYTES, table === 0 ? 0 : aligned(24 * terms + 512));
  set(PLAN_AT_HINT_BYTES, aligned(hints));
  set(PLAN_AT_INPUT_SCALE, inputScale);
  set(PLAN_AT_OUTPUT_SCALE, last.scaleOut);
  set(PLAN_AT_INPUT_LIMBS, first.limbsIn);
  set(PLAN_AT_OUTPUT_LIMBS, (body[body.length - 1] as Part).limbsOut);
  set(PLAN_AT_OUTPUT_WORDS, Math.ceil((last.bounds.resultBits + 1) / 32));
  set(PLAN_AT_NOTE, noteAt);
  set(PLAN_AT_NOTE_BYTES, note.byteLength);
  raw.set(note, noteAt);
  const vectors = kind === PLAN_DENSE ? 2 * DENSE_TILES : tileVectors(words, kind === PLAN_MIXED ? 2 : 1, 16);
  set(PLAN_AT_TILE_VECTORS, vectors);
  const room = blockBytes(words, vectors);
  if (room > MAX_PLAN_BYTES) refuse('compile', `at most ${MAX_PLAN_BYTES} bytes of activations`, room);
  set(PLAN_AT_BUFFER_BYTES, room);
  set(PLAN_AT_CHECK, checksum(words));
  return words.buffer;
}
