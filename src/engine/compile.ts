/**
 * compile: a network and a domain -> a plan. Each layer's sums are bounded in whole numbers; the bound and the weights
 * choose its kernel, one radix serves the whole network.
 */
import {
  KERNEL_INT32,
  KERNEL_LIMB32,
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
} from '../../assembly/layout.ts';
import { bitLength, refuse, wholeNumber } from '../exact/index.ts';
import {
  type Domain,
  inputRanges,
  intervals,
  type LayerBounds,
  LIMITS,
  layerBounds,
  liftOf,
  type Network,
  type Ranges,
  rangeBits,
} from '../net/index.ts';
import { checksum, MAX_PLAN_BYTES, Plan, strideOf, tileVectors, writeNote } from './plan.ts';
import { fits32, fits64, narrowRows, type Planned, type RowSums, rowSums, wideRows } from './rows.ts';

export interface CompileOptions {
  /** Where the inputs may lie: one interval for all, or one an input. */
  readonly domain: Domain;
  /** Inputs are multiples of 2^-fractionalBits (default 53: every float64 of magnitude 1/2 or more, and many below). */
  readonly fractionalBits?: number;
}

/** Largest radix: a limb and its sums must leave room in a 32-bit lane. */
const MOST_RADIX = 28;
const LEAST_RADIX = 8;

/** What is known of a layer before the radix is chosen. */
interface Studied extends Planned {
  readonly sums: RowSums;
  readonly bounds: LayerBounds;
  /** Binary digits of the largest incoming activation. */
  readonly bitsIn: number;
  readonly last: boolean;
  readonly scaleOut: number;
}

/**
 * Plans `network` for inputs in `domain`. Throws InputError where the domain does not fit the network, or the plan would
 * be larger than {@link MAX_PLAN_BYTES}.
 */
export function compile(network: Network, options: CompileOptions): Plan {
  const domain = intervals(options.domain, network.inputs);
  const inputScale = wholeNumber('fractionalBits', options.fractionalBits ?? 53, 0, LIMITS.scale);
  const input = inputRanges(domain, inputScale);
  const layers = study(network, input, inputScale);
  const radix = chooseRadix(layers);
  return assemble(network, layers, radix, inputScale, Math.max(1, rangeBits(input)), writeNote(domain));
}

function study(network: Network, input: Ranges, inputScale: number): Studied[] {
  let ranges = input;
  let scale = inputScale;
  let bitsIn = rangeBits(input);
  return network.layers.map((layer, l) => {
    const last = l === network.depth - 1;
    const lift = liftOf(layer, scale);
    const { lo, hi } = ranges;
    const planned: Planned = {
      layer,
      inputScale: scale,
      lift,
      signed: l === 0 && lo.some((v) => v < 0),
      alive: (j) => Number(hi[j]) !== 0 || Number(lo[j]) !== 0,
    };
    const bounds = layerBounds(layer, ranges, scale, lift, last);
    const scaleOut = scale + layer.scale + lift;
    const studied = { ...planned, sums: rowSums(planned), bounds, bitsIn, last, scaleOut };
    ranges = bounds.ranges;
    bitsIn = bounds.resultBits;
    scale = scaleOut;
    return studied;
  });
}

/** One 32-bit lane holds every partial sum and every activation. */
function isInt32({ bounds, sums, bitsIn }: Studied): boolean {
  return bounds.sumBits <= 31 && sums.weightBits <= 31 && bitsIn <= 31;
}

function limbsFor(bits: number, radix: number): number {
  return Math.max(1, Math.ceil(bits / radix));
}

/** What comes in: the limbs, and the largest of them. A single limb may use all 31 bits. */
function incoming(bitsIn: number, oneLimb: boolean, radix: number): { limbs: number; most: number } {
  return oneLimb ? { limbs: 1, most: 2 ** bitsIn - 1 } : { limbs: limbsFor(bitsIn, radix), most: 2 ** radix - 1 };
}

/** The radix of least estimated work; any radix that passes is exact. */
function chooseRadix(layers: readonly Studied[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let radix = MOST_RADIX; radix >= LEAST_RADIX; radix--) {
    let work = 0;
    let oneLimb = (layers[0] as Studied).bitsIn <= 31;
    for (const s of layers) {
      const { limbs, most } = incoming(s.bitsIn, oneLimb, radix);
      if (isInt32(s) && limbs === 1) {
        work += s.sums.nonZeros;
        oneLimb = true;
        continue;
      }
      oneLimb = false;
      if (fits32(s.sums, most, radix)) work += 1.2 * s.sums.nonZeros * limbs;
      else if (fits64(s.sums, most, radix)) work += 4 * s.sums.nonZeros * limbs * limbsFor(s.sums.weightBits, radix);
      else work = Number.POSITIVE_INFINITY;
    }
    if (work < least) {
      least = work;
      best = radix;
    }
  }
  if (best === 0) refuse('compile', 'rows whose sums fit 64-bit lanes', 'a row with too many terms');
  return best;
}

function assemble(
  network: Network,
  layers: readonly Studied[],
  radix: number,
  inputScale: number,
  inputBits: number,
  note: Uint8Array,
): Plan {
  const parts: Int32Array[] = [];
  const table = new Int32Array((layers.length * LAYER_BYTES) >> 2);
  let offset = PLAN_HEADER_BYTES + table.byteLength;
  let oneLimb = inputBits <= 31;
  let limbs = incoming(inputBits, oneLimb, radix).limbs;
  const inputLimbs = limbs;
  let units = network.inputs;
  const shapes = [{ units, limbs }];
  layers.forEach((s, l) => {
    const { most } = incoming(s.bitsIn, oneLimb, radix);
    const int32 = isInt32(s) && limbs === 1;
    const narrow = int32 || fits32(s.sums, most, radix);
    const rows = int32 ? narrowRows(s, 0) : narrow ? narrowRows(s, radix) : wideRows(s, radix);
    const limbsSum = int32 ? 1 : limbsFor(s.bounds.sumBits, radix);
    const limbsOut = s.last ? limbsSum : int32 ? 1 : limbsFor(s.bounds.resultBits, radix);
    const at = (l * LAYER_BYTES) >> 2;
    const set = (field: number, value: number): void => {
      table[at + (field >> 2)] = value;
    };
    set(LAYER_AT_KERNEL, int32 ? KERNEL_INT32 : narrow ? KERNEL_LIMB32 : KERNEL_LIMB64);
    set(LAYER_AT_INPUTS, units);
    set(LAYER_AT_OUTPUTS, s.layer.outputs);
    set(LAYER_AT_LIMBS_IN, limbs);
    set(LAYER_AT_LIMBS_SUM, limbsSum);
    set(LAYER_AT_LIMBS_OUT, limbsOut);
    set(LAYER_AT_ROWS, offset);
    set(LAYER_AT_ROWS_BYTES, rows.byteLength);
    set(LAYER_AT_BIAS_LIMBS, limbsFor(s.sums.biasBits, radix));
    // A single limb may exceed the radix: then only the static bound counts.
    set(LAYER_AT_GROWTH, limbs === 1 ? limbsSum : Math.ceil(bitLength(s.sums.weights) / radix));
    set(LAYER_AT_BOUND_BITS, s.bounds.sumBits);
    set(LAYER_AT_SCALE, s.scaleOut);
    set(LAYER_AT_WEIGHT_BITS, s.sums.weightBits);
    parts.push(rows);
    offset += rows.byteLength;
    if (offset > MAX_PLAN_BYTES) refuse('compile', `a plan of at most ${MAX_PLAN_BYTES} bytes`, offset);
    oneLimb = int32;
    limbs = limbsOut;
    units = s.layer.outputs;
    shapes.push({ units, limbs: limbsSum });
  });
  const vectors = Math.min(...new Set(shapes.map((p) => tileVectors(p.units, p.limbs))));
  const room = shapes.reduce((most, p) => Math.max(most, p.units * strideOf(p.limbs, vectors)), 0);
  if (room > MAX_PLAN_BYTES) refuse('compile', `at most ${MAX_PLAN_BYTES} bytes of activations`, room);
  const last = layers[layers.length - 1] as Studied;
  const words = new Int32Array((offset + note.byteLength) >> 2);
  const set = (field: number, value: number): void => {
    words[field >> 2] = value;
  };
  set(PLAN_AT_MAGIC, PLAN_MAGIC);
  set(PLAN_AT_VERSION, PLAN_VERSION);
  set(PLAN_AT_BYTES, words.byteLength);
  set(PLAN_AT_INPUTS, network.inputs);
  set(PLAN_AT_OUTPUTS, network.outputs);
  set(PLAN_AT_LAYERS, layers.length);
  set(PLAN_AT_RADIX, radix);
  set(PLAN_AT_INPUT_SCALE, inputScale);
  set(PLAN_AT_OUTPUT_SCALE, last.scaleOut);
  set(PLAN_AT_INPUT_LIMBS, inputLimbs);
  set(PLAN_AT_OUTPUT_LIMBS, limbs);
  set(PLAN_AT_OUTPUT_WORDS, Math.ceil((last.bounds.resultBits + 1) / 32));
  set(PLAN_AT_TILE_VECTORS, vectors);
  set(PLAN_AT_BUFFER_BYTES, room);
  set(PLAN_AT_NOTE, offset);
  set(PLAN_AT_NOTE_BYTES, note.byteLength);
  words.set(table, PLAN_HEADER_BYTES >> 2);
  let at = (PLAN_HEADER_BYTES + table.byteLength) >> 2;
  for (const part of parts) {
    words.set(part, at);
    at += part.length;
  }
  new Uint8Array(words.buffer).set(note, offset);
  set(PLAN_AT_CHECK, checksum(words));
  return Plan.read(words.buffer);
}
