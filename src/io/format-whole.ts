/**
 * Whole numbers of any size, and how the network file writes one (docs/format.md, "Numbers" and "Values").
 *
 * A `Whole` is a number where it is a safe integer and a bigint elsewhere, so that equal numbers are equal by ===, and
 * the millions of small ones never touch bigint arithmetic.
 */
import { bitLength, trailingZeros } from '../exact/index.ts';
import { type Coder, damaged, EXPECTS_0, freshModel, type Model } from './format-range.ts';

export type Whole = number | bigint;

const MOST_SAFE = Number.MAX_SAFE_INTEGER;

export function whole(v: Whole): Whole {
  return typeof v === 'bigint' && v >= -MOST_SAFE && v <= MOST_SAFE ? Number(v) : v;
}

/** Binary digits of |v|; 0 for 0. */
export function digits(v: Whole): number {
  if (typeof v === 'bigint') return bitLength(v);
  const a = v < 0 ? -v : v;
  return a < 4294967296 ? 32 - Math.clz32(a) : 64 - Math.clz32(Math.floor(a / 4294967296));
}

/** a + b. */
export function plus(a: Whole, b: Whole): Whole {
  if (typeof a === 'number' && typeof b === 'number') {
    const v = a + b;
    if (v >= -MOST_SAFE && v <= MOST_SAFE) return v;
  }
  return whole(BigInt(a) + BigInt(b));
}

/** a - b. */
export function minus(a: Whole, b: Whole): Whole {
  return b === 0 ? a : plus(a, -b as Whole);
}

/** 2 a - b. */
export function onward(a: Whole, b: Whole): Whole {
  if (typeof a === 'number' && typeof b === 'number') {
    const v = 2 * a - b;
    if (v >= -MOST_SAFE && v <= MOST_SAFE) return v;
  }
  return whole(2n * BigInt(a) - BigInt(b));
}

/** Fresh counters of one kind of number. */
export function numberModel(): Model {
  const model = freshModel(64 + 256);
  model[0] = EXPECTS_0;
  return model;
}

/** A whole number 0..2^53-2: the length of v + 1 in unary, then its digits, the first two of them predicted. */
export function codeNumber(c: Coder, model: Model, v: number): number {
  const length = digits(v + 1) - 1;
  let k = 0;
  while (c.bit(model, k, length > k ? 1 : 0) !== 0) if (++k > 52) damaged();
  return codeDigits(c, model, 64, k, 8, v + 1) - 1;
}

/**
 * The k digits below the leading 1 of `v` < 2^53, highest first: `predicted` of them through the tree of counters at
 * `tree`, the rest direct. Returns 2^k + digits.
 */
function codeDigits(c: Coder, model: Model, tree: number, k: number, predicted: number, v: number): number {
  let out = 1;
  let left = k;
  for (; left > 0 && k - left < predicted; left--) {
    const digit = left > 31 ? Math.floor(v / 2 ** (left - 1)) % 2 : (v >>> (left - 1)) & 1;
    out = 2 * out + c.bit(model, tree + out, digit);
  }
  while (left > 0) {
    const count = left > 8 ? 8 : left;
    left -= count;
    const group = left > 23 ? Math.floor(v / 2 ** left) % 256 : v >>> left;
    out = out * 2 ** count + c.direct(count, group & ((1 << count) - 1));
  }
  return out;
}

/** How values of one kind are predicted: a tree for the number of digits a phase, then sign, fill, leading digits. */
export class ValueModel {
  readonly counters: Model;
  private readonly sign: number;
  private readonly lead: number;
  /** 0 before the first non-zero value, then 1 after a positive and 2 after a negative one. */
  private before = 0;
  private longer: Model | undefined;

  constructor(phases: number) {
    this.sign = 64 * phases;
    this.lead = this.sign + 4;
    this.counters = freshModel(this.lead + 8 * 64);
    for (let p = 0; p < phases; p++) this.counters.fill(EXPECTS_0, 64 * p + 1, 64 * p + 3);
    this.counters[this.sign + 3] = EXPECTS_0;
  }

  /**
   * A whole number of at most `mostDigits` binary digits. Of its magnitude the `precision` leading digits are written, and
   * whether the others are all 0 or all 1; precision 0 stands for all digits.
   */
  code(c: Coder, phase: number, precision: number, mostDigits: number, v: Whole): Whole {
    const m = this.counters;
    const size = digits(v);
    const short = size < 63 ? size : 63;
    let k = 1;
    for (let i = 5; i >= 0; i--) k = 2 * k + c.bit(m, 64 * phase + k, (short >> i) & 1);
    k -= 64;
    const lead = this.lead + 8 * k;
    if (k === 63) {
      this.longer ??= numberModel();
      k += codeNumber(c, this.longer, size - 63);
    }
    if (k === 0) return 0;
    if (k > mostDigits) damaged();
    const negative = c.bit(m, this.sign + this.before, v < 0 ? 1 : 0) !== 0;
    this.before = negative ? 2 : 1;
    const kept = precision > 0 && precision < k ? precision - 1 : k - 1;
    const zeros = k - 1 - kept;
    const ones = zeros > 0 && c.bit(m, this.sign + 3, v !== 0 && zerosBelow(v) < zeros ? 1 : 0) !== 0;
    if (k <= 53 && typeof v === 'number') {
      const unit = 2 ** zeros;
      const out = codeDigits(c, m, lead, kept, 3, Math.floor((v < 0 ? -v : v) / unit)) * unit + (ones ? unit - 1 : 0);
      return negative ? -out : out;
    }
    const shift = BigInt(zeros);
    const head = codeLong(c, m, lead, kept, (v < 0 ? -BigInt(v) : BigInt(v)) >> shift);
    const magnitude = (head << shift) + (ones ? (1n << shift) - 1n : 0n);
    return whole(negative ? -magnitude : magnitude);
  }
}

/** Exponent of the largest power of two that divides v; 0 for 0. */
export function zerosBelow(v: Whole): number {
  if (typeof v === 'bigint') return trailingZeros(v);
  const low = (v % 4294967296) | 0;
  if (low !== 0) return 31 - Math.clz32(low & -low);
  const high = v / 4294967296;
  return high === 0 ? 0 : 63 - Math.clz32(high & -high);
}

/** codeDigits for magnitudes of any length, in time linear in it. */
function codeLong(c: Coder, model: Model, tree: number, k: number, v: bigint): bigint {
  // The digits below the leading 1 come as three predicted ones and then groups of 8, the last group being shorter.
  const first = k < 3 ? k : 3;
  if (c.count) {
    codeDigits(c, model, tree, first, 3, Number(v >> BigInt(k - first)));
    c.count(k - first);
    return v;
  }
  const rest = k - first;
  const padded = Math.ceil(rest / 8) * 8;
  const known = c.reading ? 0n : v << BigInt(padded - rest);
  const text = c.reading ? '' : known.toString(16).padStart(padded / 4 + 1, '0');
  const head = codeDigits(
    c,
    model,
    tree,
    first,
    3,
    c.reading ? 0 : Number.parseInt(text.slice(0, text.length - padded / 4), 16),
  );
  const out: string[] = [head.toString(16)];
  for (let at = 0; at < padded; at += 8) {
    const count = rest - at < 8 ? rest - at : 8;
    const from = text.length - (padded - at) / 4;
    const group = c.reading ? 0 : Number.parseInt(text.slice(from, from + 2), 16) >>> (8 - count);
    out.push((c.direct(count, group) << (8 - count)).toString(16).padStart(2, '0'));
  }
  return BigInt(`0x${out.join('')}`) >> BigInt(padded - rest);
}
