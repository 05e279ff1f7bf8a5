/**
 * How large the numbers of a layer can get, proved in whole numbers.
 *
 * Units of a layer are whole numbers times 2^-scale. For each unit the range [lo, hi] of its activation follows from the
 * ranges below it. For each row, the partial sums of bias + sum of m_j v_j, taken in any order, lie in [-N, P], where P adds
 * the positive parts and N the negative ones. Below 2^53 the sums are float64 additions of whole numbers, all exact;
 * beyond, they are bigints, which keep 64 leading bits a layer and round outward.
 */
import { bitLength, ceilShift, type Interval, shift, trailingZeros } from '../exact/index.ts';
import type { Layer } from './layer.ts';

/** Activation ranges of a layer's units: [lo, hi] * 2^exponent, exponent >= 0. */
export interface Ranges {
  readonly lo: readonly number[] | readonly bigint[];
  readonly hi: readonly number[] | readonly bigint[];
  readonly exponent: number;
}

/** What a plan needs to know of a layer. */
export interface LayerBounds {
  /** Ranges of the activations (after relu, unless this is the last layer). */
  readonly ranges: Ranges;
  /** Binary digits of the largest partial sum: every one is below 2^sumBits. */
  readonly sumBits: number;
  /** Binary digits of the largest activation. */
  readonly resultBits: number;
}

const EXACT = 2 ** 53;
const KEPT_BITS = 64;

/** The whole numbers x 2^scale that the domain allows, input by input. */
export function inputRanges(domain: readonly Interval[], scale: number): Ranges {
  // All inputs alike is the usual case: share the arithmetic.
  const seen = new Map<Interval, readonly [bigint, bigint]>();
  const pairs = domain.map((interval) => {
    let pair = seen.get(interval);
    if (!pair) {
      pair = [interval.lo.scale(scale).ceil(), interval.hi.scale(scale).floor()];
      seen.set(interval, pair);
    }
    return pair;
  });
  const lo = pairs.map((p) => p[0]);
  const hi = pairs.map((p) => p[1]);
  const small = [...lo, ...hi].every((v) => v > -EXACT && v < EXACT);
  return small ? { lo: lo.map(Number), hi: hi.map(Number), exponent: 0 } : shorten(lo, hi, 0);
}

/** Most binary digits of any magnitude in the ranges. */
export function rangeBits({ lo, hi, exponent }: Ranges): number {
  let most = 0n;
  for (const values of [lo, hi]) {
    for (const v of values) {
      const a = BigInt(v) < 0n ? -BigInt(v) : BigInt(v);
      if (a > most) most = a;
    }
  }
  return most === 0n ? 0 : bitLength(most) + exponent;
}

/**
 * Ranges through one layer: mantissas times 2^lift, the bias times 2^(inputScale + lift) beside them.
 * With `last` there is no relu.
 */
export function layerBounds(layer: Layer, input: Ranges, inputScale: number, lift: number, last: boolean): LayerBounds {
  const biasShift = inputScale + lift;
  if (input.exponent === 0 && lift < 53 && typeof layer.weight[0] !== 'bigint' && typeof layer.bias[0] !== 'bigint') {
    const small = boundsInNumbers(layer, input, biasShift, lift, last);
    if (small) return small;
  }
  return boundsInBigints(layer, input, biasShift, lift, last);
}

function boundsInNumbers(
  layer: Layer,
  input: Ranges,
  biasShift: number,
  lift: number,
  last: boolean,
): LayerBounds | undefined {
  const { rowStart, column, outputs } = layer;
  const weight = layer.weight as Int32Array;
  const bias = layer.bias as Int32Array;
  const xlo = input.lo as readonly number[];
  const xhi = input.hi as readonly number[];
  if (typeof xlo[0] === 'bigint') return undefined;
  const lo = new Array<number>(outputs);
  const hi = new Array<number>(outputs);
  const unit = 2 ** lift;
  const biasUnit = 2 ** Math.min(biasShift, 1023);
  let most = 0;
  let result = 0;
  for (let i = 0; i < outputs; i++) {
    const b = (bias[i] as number) === 0 ? 0 : (bias[i] as number) * biasUnit;
    let up = b;
    let down = b;
    let plus = b > 0 ? b : 0;
    let minus = b < 0 ? -b : 0;
    const end = rowStart[i + 1] as number;
    for (let k = rowStart[i] as number; k < end; k++) {
      const w = (weight[k] as number) * unit;
      const c = column[k] as number;
      const a = w * (xlo[c] as number);
      const z = w * (xhi[c] as number);
      const high = a > z ? a : z;
      const low = a > z ? z : a;
      up += high;
      down += low;
      if (high > 0) plus += high;
      if (low < 0) minus -= low;
    }
    // Every number added above is whole and no larger than these sums: below 2^53 nothing was rounded.
    if (!(plus < EXACT && minus < EXACT)) return undefined;
    const sum = plus > minus ? plus : minus;
    if (sum > most) most = sum;
    lo[i] = last || down > 0 ? down : 0;
    hi[i] = last || up > 0 ? up : 0;
    const reach = Math.max(Math.abs(lo[i] as number), Math.abs(hi[i] as number));
    if (reach > result) result = reach;
  }
  return {
    ranges: { lo, hi, exponent: 0 },
    sumBits: bitLength(BigInt(most)),
    resultBits: bitLength(BigInt(result)),
  };
}

function boundsInBigints(layer: Layer, input: Ranges, biasShift: number, lift: number, last: boolean): LayerBounds {
  const { rowStart, column, weight, bias, outputs } = layer;
  const xlo = Array.from(input.lo as ArrayLike<number | bigint>, BigInt);
  const xhi = Array.from(input.hi as ArrayLike<number | bigint>, BigInt);
  const { exponent } = input;
  const lo = new Array<bigint>(outputs);
  const hi = new Array<bigint>(outputs);
  const up = BigInt(lift);
  let most = 0n;
  for (let i = 0; i < outputs; i++) {
    let plus = 0n;
    let minus = 0n;
    let high = 0n;
    let low = 0n;
    const end = rowStart[i + 1] as number;
    for (let k = rowStart[i] as number; k < end; k++) {
      const w = BigInt(weight[k] as number | bigint);
      const c = column[k] as number;
      const a = w * (xlo[c] as bigint);
      const z = w * (xhi[c] as bigint);
      const above = a > z ? a : z;
      const below = a > z ? z : a;
      high += above;
      low += below;
      if (above > 0n) plus += above;
      if (below < 0n) minus -= below;
    }
    const b = BigInt(bias[i] as number | bigint);
    const biasUp = ceilOf(b, biasShift - exponent);
    const biasDown = -ceilOf(-b, biasShift - exponent);
    plus = (plus << up) + (b > 0n ? biasUp : 0n);
    minus = (minus << up) + (b < 0n ? -biasDown : 0n);
    if (plus > most) most = plus;
    if (minus > most) most = minus;
    const top = (high << up) + biasUp;
    const bottom = (low << up) + biasDown;
    hi[i] = last || top > 0n ? top : 0n;
    lo[i] = last || bottom > 0n ? bottom : 0n;
  }
  const ranges = shorten(lo, hi, exponent);
  return { ranges, sumBits: most === 0n ? 0 : bitLength(most) + exponent, resultBits: rangeBits(ranges) };
}

/** Keeps about 64 leading bits of the largest end, rounding outward. */
function shorten(lo: readonly bigint[], hi: readonly bigint[], exponent: number): Ranges {
  const drop = rangeBits({ lo, hi, exponent: 0 }) - 2 * KEPT_BITS;
  if (drop <= 0) return { lo, hi, exponent };
  const k = drop + KEPT_BITS;
  return { lo: lo.map((v) => v >> BigInt(k)), hi: hi.map((v) => ceilShift(v, k)), exponent: exponent + k };
}

/** ceil(b 2^k). */
function ceilOf(b: bigint, k: number): bigint {
  return k >= 0 ? b << BigInt(k) : ceilShift(b, -k);
}

/**
 * By how many powers of two a layer's mantissas must be raised so that its bias is whole beside inputs of a negative
 * scale (coarser than 1): 0 in all but unusual networks.
 */
export function liftOf(layer: Layer, inputScale: number): number {
  if (inputScale >= 0) return 0;
  let lift = 0;
  for (let i = 0; i < layer.outputs; i++) {
    const b = BigInt(layer.bias[i] as number | bigint);
    if (b !== 0n) lift = Math.max(lift, -inputScale - trailingZeros(b));
  }
  return lift;
}

/** The bias of a row, whole at the scale of the results. */
export function biasOf(layer: Layer, i: number, inputScale: number, lift: number): bigint {
  return shift(BigInt(layer.bias[i] as number | bigint), inputScale + lift);
}
