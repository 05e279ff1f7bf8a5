/**
 * The proof that a row's sums stay in their lanes, and the row programs that the kernels read.
 *
 * Limbs that come in are at most X in magnitude. A sum over one limb adds m_j x_j and a bias digit below 2^R to the carry
 * from the limb below, so with A = X sum|m| + 2^R every sum, in any order, stays within A + A/(2^R - 1) + 3.
 */
import { BIAS_BYTES, ROW_HEADER_BYTES, TERM_BYTES, WIDE_TERM_BYTES } from '../../assembly/layout.ts';
import { bitLength } from '../exact/index.ts';
import { biasOf, type Layer } from '../net/index.ts';

/** The largest row of a layer, by the sums that its proofs need. */
export interface RowSums {
  /** Largest sum of |m| over the positive or the negative weights of a row (over all of them for signed inputs). */
  readonly weights: bigint;
  /** Most terms in a row. */
  readonly terms: number;
  readonly weightBits: number;
  readonly biasBits: number;
  readonly nonZeros: number;
}

/** A layer as it is planned: mantissas raised by 2^lift, inputs at inputScale, dead inputs left out. */
export interface Planned {
  readonly layer: Layer;
  readonly inputScale: number;
  readonly lift: number;
  /** Whether inputs can be negative. */
  readonly signed: boolean;
  /** Whether unit j can be other than zero. */
  readonly alive: (unit: number) => boolean;
}

export function rowSums({ layer, inputScale, lift, signed, alive }: Planned): RowSums {
  const { rowStart, column, weight, bias, outputs } = layer;
  let weights = 0n;
  let terms = 0;
  let widest = 0n;
  let widestBias = 0n;
  let nonZeros = 0;
  for (let i = 0; i < outputs; i++) {
    let plus: number | bigint = 0;
    let minus: number | bigint = 0;
    let count = 0;
    const end = rowStart[i + 1] as number;
    for (let k = rowStart[i] as number; k < end; k++) {
      if (!alive(column[k] as number)) continue;
      count++;
      const w = weight[k] as number | bigint;
      if (typeof w === 'bigint') {
        if (w > 0n) plus = BigInt(plus) + w;
        else minus = BigInt(minus) - w;
        const size = w < 0n ? -w : w;
        if (size > widest) widest = size;
      } else {
        // At most 2^28 terms below 2^31: the sums are exact.
        if (w > 0) plus = (plus as number) + w;
        else minus = (minus as number) - w;
        if (Math.abs(w) > widest) widest = BigInt(Math.abs(w));
      }
    }
    const sum = signed ? BigInt(plus) + BigInt(minus) : plus > minus ? BigInt(plus) : BigInt(minus);
    if (sum > weights) weights = sum;
    if (count > terms) terms = count;
    nonZeros += count;
    const b = BigInt(bias[i] as number | bigint);
    const size = b < 0n ? -b : b;
    if (size > widestBias) widestBias = size;
  }
  return {
    weights: weights << BigInt(lift),
    terms,
    weightBits: widest === 0n ? 0 : bitLength(widest) + lift,
    biasBits: widestBias === 0n ? 0 : bitLength(widestBias) + inputScale + lift,
    nonZeros,
  };
}

/** Whether sums over one limb fit 32-bit lanes; X = `limbMost`. */
export function fits32(sums: RowSums, limbMost: number, radix: number): boolean {
  if (sums.weightBits > 31) return false;
  return sumReach(sums.weights * BigInt(limbMost), radix) < 1n << 31n;
}

/** Whether sums over one limb of weights cut into digits fit 64-bit lanes. */
export function fits64(sums: RowSums, limbMost: number, radix: number): boolean {
  const digits = BigInt(Math.max(1, Math.ceil(sums.weightBits / radix)));
  const most = BigInt(sums.terms) * digits * ((1n << BigInt(radix)) - 1n) * BigInt(limbMost);
  return sumReach(most, radix) < 1n << 63n;
}

/** As {@link fits32} for weights cut into digits to the base 2^radix: what counts are the digits. */
export function fitsWindow(planned: Planned, sums: RowSums, limbMost: number, radix: number): boolean {
  if (sums.weightBits <= radix) return fits32(sums, limbMost, radix);
  // No row has less than its largest weight's leading digit; only sparse digits, such as powers of two, can fit.
  return sumReach(digitSums(planned, radix) * BigInt(limbMost), radix) < 1n << 31n;
}

/** Largest sum of the digits of the positive or of the negative weights of a row (of all for signed inputs). */
function digitSums({ layer, lift, signed, alive }: Planned, radix: number): bigint {
  const { rowStart, column, weight, outputs } = layer;
  const base = BigInt(radix);
  let most = 0n;
  for (let i = 0; i < outputs; i++) {
    let plus = 0n;
    let minus = 0n;
    const end = rowStart[i + 1] as number;
    for (let k = rowStart[i] as number; k < end; k++) {
      if (!alive(column[k] as number)) continue;
      const w = BigInt(weight[k] as number | bigint) << BigInt(lift);
      for (let rest = w < 0n ? -w : w; rest !== 0n; rest >>= base) {
        const digit = BigInt.asUintN(radix, rest);
        if (w > 0n) plus += digit;
        else minus += digit;
      }
    }
    const sum = signed ? plus + minus : plus > minus ? plus : minus;
    if (sum > most) most = sum;
  }
  return most;
}

function sumReach(products: bigint, radix: number): bigint {
  const base = 1n << BigInt(radix);
  const a = products + base;
  return a + a / (base - 1n) + 3n;
}

/** Row programs with whole weights. Biases are one digit (`radix` 0) or cut into digits to the base 2^radix. */
export function narrowRows(planned: Planned, radix: number): Int32Array {
  return writeRows(planned, radix, TERM_BYTES >> 2, (out, at, unit, w, lift) => {
    out[at] = unit;
    out[at + 1] = Number(w) * 2 ** lift;
    return at + 2;
  });
}

/** Row programs of weights 1 and -1 as bit planes: what is added and, where there is any, what is subtracted. */
export function planeRows({ layer, inputScale, alive }: Planned, radix: number): Int32Array {
  const { rowStart, column, weight, outputs } = layer;
  const words = Math.ceil(layer.inputs / 32);
  const out: number[] = [];
  for (let i = 0; i < outputs; i++) {
    const planes = new Int32Array(2 * words);
    let count = 0;
    const end = rowStart[i + 1] as number;
    for (let k = rowStart[i] as number; k < end; k++) {
      const unit = column[k] as number;
      if (!alive(unit)) continue;
      const plane = (weight[k] as number) < 0 ? 1 : 0;
      (planes[plane * words + (unit >> 5)] as number) |= 1 << unit;
      count = Math.max(count, plane + 1);
    }
    const digits = biasDigits(biasOf(layer, i, inputScale, 0), radix);
    out.push(count, digits.length / 2, ...digits);
    for (const w of planes.subarray(0, count * words)) out.push(w);
  }
  return Int32Array.from(out);
}

/** Row programs with weights cut into digits, each with its limb offset; a row's terms stand by rising offset. */
export function wideRows(planned: Planned, radix: number): Int32Array {
  const base = BigInt(radix);
  const mask = (1n << base) - 1n;
  const term: WriteTerm = (out, at, unit, w, lift) => {
    const v = BigInt(w) << BigInt(lift);
    let rest = v < 0n ? -v : v;
    for (let offset = 0; rest !== 0n; offset++, rest >>= base) {
      const digit = Number(rest & mask);
      if (digit === 0) continue;
      out[at] = unit;
      out[at + 1] = offset;
      out[at + 2] = v < 0n ? -digit : digit;
      at += 3;
    }
    return at;
  };
  return writeRows(planned, radix, WIDE_TERM_BYTES >> 2, term, (words) => {
    const terms = Array.from({ length: words.length / 3 }, (_, k) => words.slice(3 * k, 3 * k + 3));
    terms.sort((a, b) => (a[1] as number) - (b[1] as number)).forEach((t, k) => void words.set(t, 3 * k));
  });
}

type WriteTerm = (out: number[] | Int32Array, at: number, unit: number, w: number | bigint, lift: number) => number;

function writeRows(
  planned: Planned,
  radix: number,
  termWords: number,
  term: WriteTerm,
  finish?: (terms: Int32Array) => void,
): Int32Array {
  const { layer, inputScale, lift, alive } = planned;
  const { rowStart, column, weight, outputs } = layer;
  // Grown by doubling: a long weight is as many terms as it has digits.
  let out = new Int32Array(
    (ROW_HEADER_BYTES >> 2) * outputs + (BIAS_BYTES >> 2) * outputs + termWords * weight.length + 16,
  );
  let at = 0;
  const room = (words: number): void => {
    if (at + words <= out.length) return;
    const larger = new Int32Array(Math.max(2 * out.length, at + words));
    larger.set(out);
    out = larger;
  };
  for (let i = 0; i < outputs; i++) {
    const head = at;
    const digits = biasDigits(biasOf(layer, i, inputScale, lift), radix);
    room(2 + digits.length);
    out.set(digits, at + 2);
    at += 2 + digits.length;
    const first = at;
    const end = rowStart[i + 1] as number;
    for (let k = rowStart[i] as number; k < end; k++) {
      const unit = column[k] as number;
      if (!alive(unit)) continue;
      const w = weight[k] as number | bigint;
      room(
        termWords *
          (typeof w === 'bigint' || lift > 0 ? 1 + Math.ceil((bitLength(BigInt(w)) + lift) / Math.max(radix, 1)) : 32),
      );
      at = term(out, at, unit, w, lift);
    }
    finish?.(out.subarray(first, at));
    out[head] = (at - first) / termWords;
    out[head + 1] = digits.length / 2;
  }
  return out.slice(0, at);
}

/** [limb, digit, ...] of a bias, zero digits left out; all digits carry its sign. */
function biasDigits(b: bigint, radix: number): number[] {
  if (b === 0n) return [];
  if (radix === 0) return [0, Number(b)];
  const out: number[] = [];
  const base = BigInt(radix);
  const mask = (1n << base) - 1n;
  let rest = b < 0n ? -b : b;
  let limb = 0;
  // A bias is a short number far up: skip its zero limbs at once.
  const zeros = Math.floor(trailing(rest) / radix);
  rest >>= base * BigInt(zeros);
  for (limb = zeros; rest !== 0n; limb++, rest >>= base) {
    const digit = Number(rest & mask);
    if (digit !== 0) out.push(limb, b < 0n ? -digit : digit);
  }
  return out;
}

function trailing(v: bigint): number {
  return bitLength(v & -v) - 1;
}
