/**
 * Encodability by doing it: an element of Sigma_M as a bit string, and back, at most M^-gamma apart.
 *
 *   n          how many parameters: enough bits for 0..d(M)
 *   positions  n increasing numbers below N(M), where N(M) > d(M): low bits plain, high bits as gaps in unary (Elias-Fano),
 *              about n (2 + log2(N/n)) bits; for fixed positions one bit each: used or not
 *   values     cut towards 0 to the grid 2^-k: sign and ceil(log2 R) + k + 1 digits; or an index into the alphabet
 *
 * {@link coveringBits}: the longest code of Sigma_M, which bounds log2 of its covering number at M^-gamma.
 */
import { Dyadic, type Rational, refuse } from '../exact/index.ts';
import type { BoxFamily, Element, Realised } from './family.ts';
import { checkSize, log2At, precisionFor, rate, valueAt } from './growth.ts';

export interface Encoded {
  readonly family: BoxFamily;
  readonly size: number;
  readonly gamma: Rational;
  /** The string; the last byte is filled up with zeros. */
  readonly bytes: Uint8Array;
  readonly bits: number;
  /** The decoded element lies at most this far from the encoded one, in the family's norm; at most M^-gamma. */
  readonly error: Dyadic;
}

export interface CodeOptions {
  /** Default 1. */
  readonly gamma?: number | string | Rational;
}

interface Layout {
  readonly most: number;
  readonly positions: bigint;
  readonly countBits: number;
  readonly letters?: readonly Dyadic[];
  /** Fractional digits of the grid; digits of a value, its sign included. */
  readonly grid: number;
  readonly valueBits: number;
  readonly log2Lipschitz: number;
}

/** Parameters that are written out at most. */
const MOST_PARAMETERS = 1n << 26n;

function layoutOf(family: BoxFamily, size: number, gamma: Rational): Layout {
  checkSize('encode', size);
  const d = valueAt(family.parameters, size);
  if (d > MOST_PARAMETERS) refuse('encode', `at most ${MOST_PARAMETERS} parameters`, d);
  const most = Number(d);
  const n = valueAt(family.positions, size);
  const countBits = bitsFor(d + 1n);
  if ('letters' in family.values) {
    const { letters } = family.values;
    const valueBits = bitsFor(BigInt(letters.length));
    return { most, positions: n, countBits, letters, grid: 0, valueBits, log2Lipschitz: 0 };
  }
  const lip = family.lipschitz.log2At(size);
  if (lip > 1n << 24n) refuse('encode', 'a Lipschitz constant below 2^(2^24)', `2^${lip}`);
  const grid = Number(lip) + precisionFor(gamma, size);
  // Grid points from -R to R.
  const valueBits = Math.max(0, Number(log2At(family.values.bound, size)) + grid + 1) + 1;
  return { most, positions: n, countBits, grid, valueBits, log2Lipschitz: Number(lip) };
}

/** Bits that tell n things apart. */
function bitsFor(n: bigint): number {
  return n <= 1n ? 0 : (n - 1n).toString(2).length;
}

/** Bits of every element of Sigma_M to within M^-gamma: log2 of the covering number is at most this. */
export function coveringBits(family: BoxFamily, size: number, gamma: number | string | Rational): bigint {
  const { most, positions, countBits, valueBits } = layoutOf(family, size, rate('coveringBits gamma', gamma));
  const values = BigInt(valueBits);
  if (positions <= BigInt(most)) return BigInt(countBits) + positions + BigInt(most) * values;
  // For equal low bits the code grows with n; n has at least t low bits where n <= N/2^t.
  let longest = 0n;
  for (let t = lowBits(most, positions); positions >> BigInt(t) > 0n; t++) {
    const n = positions >> BigInt(t) < BigInt(most) ? positions >> BigInt(t) : BigInt(most);
    const length = n * (values + BigInt(t) + 1n) + ((positions - 1n) >> BigInt(t));
    if (length > longest) longest = length;
  }
  return BigInt(countBits) + longest;
}

function lowBits(n: number, positions: bigint): number {
  return n === 0 ? 0 : Math.max(0, bitsFor(positions / BigInt(n) + 1n) - 1);
}

/**
 * Encodes an element of Sigma_M, or what `approximate` makes of a function on [0, 1]. Throws InputError where the element is
 * not of Sigma_M.
 */
export function encode(
  family: BoxFamily,
  f: Element | ((x: number) => number),
  size: number,
  { gamma: wanted = 1 }: CodeOptions = {},
): Encoded {
  const gamma = rate('encode gamma', wanted);
  const layout = layoutOf(family, size, gamma);
  const element = typeof f === 'function' ? approximated(family, f, size) : f;
  check(family, element, layout, size);
  const out = new BitWriter();
  out.number(BigInt(element.positions.length), layout.countBits);
  writePositions(out, element.positions, layout);
  let moved = Dyadic.ZERO;
  for (const v of element.values) {
    if (layout.letters) {
      out.number(BigInt(layout.letters.findIndex((c) => c.eq(v))), layout.valueBits);
    } else {
      // Towards 0: what bounds the parameters, and norms made of them, goes on to hold.
      const q = v.roundTo(layout.grid, v.sign < 0 ? 'up' : 'down');
      moved = moved.max(q.sub(v).abs());
      const sign = q.sign < 0 ? 1n << BigInt(layout.valueBits - 1) : 0n;
      out.number(sign | q.abs().mantissaAt(layout.grid), layout.valueBits);
    }
  }
  const error = moved.scale(layout.log2Lipschitz);
  return Object.freeze({ family, size, gamma, bytes: out.bytes(), bits: out.length, error });
}

/** The element of a bit string, and its function where the family gives one. Throws InputError where the string is none. */
export function decode({ family, size, gamma, bytes, bits }: Encoded): { element: Element; function?: Realised } {
  const layout = layoutOf(family, size, gamma);
  const input = new BitReader(bytes, bits);
  const n = Number(input.number(layout.countBits));
  if (n > layout.most) refuse('decode', `at most ${layout.most} parameters`, n);
  const positions = readPositions(input, n, layout);
  const values = positions.map(() => {
    const word = input.number(layout.valueBits);
    if (layout.letters) return layout.letters[Number(word)] ?? refuse('decode', 'a letter of the alphabet', word);
    const sign = 1n << BigInt(layout.valueBits - 1);
    const q = Dyadic.of(word & (sign - 1n), -layout.grid);
    return word & sign ? q.neg() : q;
  });
  if (!input.done) refuse('decode', `${input.at} bits`, bits);
  const element = Object.freeze({ positions: Object.freeze(positions), values: Object.freeze(values) });
  return { element, ...(family.realise ? { function: family.realise(element, size) } : {}) };
}

function approximated(family: BoxFamily, f: (x: number) => number, size: number): Element {
  if (!family.approximate) refuse(`encode, ${family.name}`, 'an element of the family', 'a function');
  return family.approximate(f, size);
}

function check(family: BoxFamily, { positions, values }: Element, layout: Layout, size: number): void {
  const where = `encode, ${family.name}`;
  if (positions.length !== values.length || positions.length > layout.most) {
    refuse(where, `at most ${layout.most} parameters, one a position`, `${values.length} on ${positions.length}`);
  }
  positions.forEach((p, i) => {
    if (!Number.isSafeInteger(p) || BigInt(p) >= layout.positions || p <= (positions[i - 1] ?? -1)) {
      refuse(where, `increasing positions below ${layout.positions}`, p);
    }
  });
  if (layout.letters) {
    const { letters } = layout;
    for (const v of values) if (!letters.some((c) => c.eq(v))) refuse(where, 'letters of the alphabet', v);
    return;
  }
  if (!('bound' in family.values)) return;
  const bound = Dyadic.of(valueAt(family.values.bound, size));
  for (const v of values) if (v.abs().gt(bound)) refuse(where, `parameters of magnitude at most ${bound}`, v);
}

function writePositions(out: BitWriter, positions: readonly number[], { most, positions: all }: Layout): void {
  if (all <= BigInt(most)) {
    const used = new Set(positions);
    for (let p = 0; p < Number(all); p++) out.bit(used.has(p));
    return;
  }
  const low = lowBits(positions.length, all);
  let high = 0;
  for (const p of positions) {
    const h = Math.floor(p / 2 ** low);
    for (; high < h; high++) out.bit(false);
    out.bit(true);
  }
  for (const p of positions) out.number(BigInt(p) & ((1n << BigInt(low)) - 1n), low);
}

function readPositions(input: BitReader, n: number, { most, positions: all }: Layout): number[] {
  const out: number[] = [];
  if (all <= BigInt(most)) {
    for (let p = 0; p < Number(all); p++) if (input.bit()) out.push(p);
    if (out.length !== n) refuse('decode', `${n} positions`, out.length);
    return out;
  }
  const low = lowBits(n, all);
  let high = 0;
  while (out.length < n) {
    if (input.bit()) out.push(high * 2 ** low);
    else high++;
  }
  return out.map((p) => p + Number(input.number(low)));
}

class BitWriter {
  private readonly data: number[] = [];
  length = 0;

  bit(b: boolean): void {
    if (this.length % 8 === 0) this.data.push(0);
    if (b) this.data[this.data.length - 1] |= 0x80 >> (this.length % 8);
    this.length++;
  }
  /** `count` digits, the highest first. */
  number(value: bigint, count: number): void {
    const text = count === 0 ? '' : value.toString(2).padStart(count, '0');
    for (const c of text) this.bit(c === '1');
  }
  bytes(): Uint8Array {
    return Uint8Array.from(this.data);
  }
}

class BitReader {
  at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly length: number,
  ) {
    if (length > 8 * bytes.length) refuse('decode', `${Math.ceil(length / 8)} bytes`, bytes.length);
  }
  get done(): boolean {
    return this.at === this.length;
  }
  bit(): boolean {
    if (this.at >= this.length) refuse('decode', 'a whole bit string', `one that ends after ${this.length} bits`);
    const b = (this.bytes[this.at >> 3] & (0x80 >> (this.at % 8))) !== 0;
    this.at++;
    return b;
  }
  number(count: number): bigint {
    let text = '0b0';
    for (let i = 0; i < count; i++) text += this.bit() ? '1' : '0';
    return BigInt(text);
  }
}
