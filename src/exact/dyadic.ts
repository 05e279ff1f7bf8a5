/**
 * Dyadic numbers m * 2^e: m a bigint, e a whole number. They are closed under +, - and *, every finite
 * float64 is one, and so is every weight, activation and error bound that this library computes with.
 *
 * Normal form: m odd, or m = 0 and e = 0. Equal numbers have equal fields.
 */
import { bitLength, ceilShift, shift, trailingZeros } from './bits.ts';
import { InputError, refuse } from './refuse.ts';

/** Largest |exponent| accepted from text, so that a short string cannot ask for gigabytes. */
export const MAX_TEXT_EXPONENT = 1 << 20;

export type Rounding = 'nearest' | 'down' | 'up';

const scratch = new DataView(new ArrayBuffer(8));

export class Dyadic {
  static readonly ZERO = new Dyadic(0n, 0);
  static readonly ONE = new Dyadic(1n, 0);
  static readonly HALF = new Dyadic(1n, -1);

  private constructor(
    /** Odd mantissa, or 0n. */
    readonly m: bigint,
    /** Binary exponent; 0 for zero. */
    readonly e: number,
  ) {
    Object.freeze(this);
  }

  /** m * 2^e in normal form. */
  static of(m: bigint, e = 0): Dyadic {
    if (m === 0n) return Dyadic.ZERO;
    const z = trailingZeros(m);
    return z === 0 ? new Dyadic(m, e) : new Dyadic(m >> BigInt(z), e + z);
  }

  /** 2^e. */
  static pow2(e: number): Dyadic {
    return new Dyadic(1n, e);
  }

  /** The exact value of a float64, a bigint, a text (see {@link Dyadic.parse}) or a Dyadic. Throws InputError on NaN and infinities. */
  static from(value: DyadicLike): Dyadic {
    if (value instanceof Dyadic) return value;
    if (typeof value === 'bigint') return Dyadic.of(value);
    if (typeof value === 'string') return Dyadic.parse(value);
    if (typeof value !== 'number' || !Number.isFinite(value)) refuse('Dyadic.from', 'a finite number', value);
    if (Number.isSafeInteger(value)) return Dyadic.of(BigInt(value));
    scratch.setFloat64(0, value);
    const bits = scratch.getBigUint64(0);
    const biased = Number((bits >> 52n) & 0x7ffn);
    const fraction = bits & 0xfffffffffffffn;
    const magnitude = biased === 0 ? fraction : fraction | 0x10000000000000n;
    return Dyadic.of(value < 0 ? -magnitude : magnitude, Math.max(biased, 1) - 1075);
  }

  /**
   * Reads a decimal (`-0.375`, `1.5e3`), a hexadecimal float (`0x1.8p-3`) or `m*2^e` exactly.
   * Throws InputError where the text is none of these or its value is not dyadic (`0.1`, `1/3`).
   */
  static parse(text: string): Dyadic {
    if (typeof text !== 'string') refuse('Dyadic.parse', 'a text', text);
    const s = text.trim();
    const power =
      /^([+-]?\d+)\s*\*\s*2\s*\^\s*\(?([+-]?\d+)\)?$/.exec(s) ?? /^([+-]?)2\s*\^\s*\(?([+-]?\d+)\)?$/.exec(s);
    if (power) {
      const digits = power[1] as string;
      const m = digits === '' || digits === '+' ? 1n : digits === '-' ? -1n : BigInt(digits.replace('+', ''));
      return Dyadic.of(m, textExponent(power[2] as string, text));
    }
    const hex = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?\d+))?$/.exec(s);
    if (hex && (hex[2] || hex[3])) {
      const fraction = hex[3] ?? '';
      const m = BigInt(`0x${hex[2]}${fraction}`);
      return Dyadic.of(hex[1] === '-' ? -m : m, textExponent(hex[4] ?? '0', text) - 4 * fraction.length);
    }
    const { m, tens } = parseDecimal(s, text);
    if (m === 0n) return Dyadic.ZERO;
    if (tens >= 0) return Dyadic.of(m * 5n ** BigInt(tens), tens);
    const fives = 5n ** BigInt(-tens);
    if (m % fives !== 0n) {
      throw new InputError(`${text.trim()} is not dyadic (a whole number over a power of two)`);
    }
    return Dyadic.of(m / fives, tens);
  }

  get sign(): -1 | 0 | 1 {
    return this.m === 0n ? 0 : this.m < 0n ? -1 : 1;
  }

  get isZero(): boolean {
    return this.m === 0n;
  }

  /** Fractional binary digits: the smallest s >= 0 with this * 2^s whole. */
  get fractionalBits(): number {
    return this.e < 0 ? -this.e : 0;
  }

  /** The k with 2^k <= |this| < 2^(k+1); -Infinity for zero. */
  get exponent(): number {
    return this.m === 0n ? Number.NEGATIVE_INFINITY : bitLength(this.m) - 1 + this.e;
  }

  neg(): Dyadic {
    return this.m === 0n ? this : new Dyadic(-this.m, this.e);
  }

  abs(): Dyadic {
    return this.m < 0n ? new Dyadic(-this.m, this.e) : this;
  }

  add(other: Dyadic): Dyadic {
    if (this.m === 0n) return other;
    if (other.m === 0n) return this;
    const e = Math.min(this.e, other.e);
    return Dyadic.of((this.m << BigInt(this.e - e)) + (other.m << BigInt(other.e - e)), e);
  }

  sub(other: Dyadic): Dyadic {
    return this.add(other.neg());
  }

  mul(other: Dyadic): Dyadic {
    // The product of odd numbers is odd: already in normal form.
    return this.m === 0n || other.m === 0n ? Dyadic.ZERO : new Dyadic(this.m * other.m, this.e + other.e);
  }

  /** this * 2^k. */
  scale(k: number): Dyadic {
    return this.m === 0n ? this : new Dyadic(this.m, this.e + k);
  }

  compare(other: Dyadic): -1 | 0 | 1 {
    if (this.sign !== other.sign) return this.sign < other.sign ? -1 : 1;
    if (this.e === other.e) return this.m < other.m ? -1 : this.m > other.m ? 1 : 0;
    const a = this.exponent;
    const b = other.exponent;
    if (a !== b) return a < b === this.m > 0n ? -1 : 1;
    const e = Math.min(this.e, other.e);
    const x = this.m << BigInt(this.e - e);
    const y = other.m << BigInt(other.e - e);
    return x < y ? -1 : x > y ? 1 : 0;
  }

  eq(other: Dyadic): boolean {
    return this.m === other.m && this.e === other.e;
  }
  lt(other: Dyadic): boolean {
    return this.compare(other) < 0;
  }
  le(other: Dyadic): boolean {
    return this.compare(other) <= 0;
  }
  gt(other: Dyadic): boolean {
    return this.compare(other) > 0;
  }
  ge(other: Dyadic): boolean {
    return this.compare(other) >= 0;
  }
  min(other: Dyadic): Dyadic {
    return this.le(other) ? this : other;
  }
  max(other: Dyadic): Dyadic {
    return this.ge(other) ? this : other;
  }

  /** The largest whole number not above this. */
  floor(): bigint {
    return shift(this.m, this.e);
  }

  /** The smallest whole number not below this. */
  ceil(): bigint {
    return -shift(-this.m, this.e);
  }

  /** this * 2^s as a whole number; throws RangeError where it is not one. */
  mantissaAt(s: number): bigint {
    if (this.m !== 0n && this.e + s < 0) throw new RangeError(`${this} is not a multiple of 2^${-s}`);
    return shift(this.m, this.e + s);
  }

  /** Rounds to a multiple of 2^-s. Nearest takes ties to the even multiple. */
  roundTo(s: number, mode: Rounding = 'nearest'): Dyadic {
    const drop = -(this.e + s);
    if (drop <= 0) return this;
    return Dyadic.of(roundShift(this.m, drop, mode), -s);
  }

  /** Keeps `precision` leading binary digits of the magnitude, rounding in the given direction. */
  roundBits(precision: number, mode: Rounding): Dyadic {
    const drop = bitLength(this.m) - precision;
    return drop <= 0 ? this : Dyadic.of(roundShift(this.m, drop, mode), this.e + drop);
  }

  /**
   * The float64 next to this value: nearest with ties to even, or the neighbour below or above
   * (a value that is a float64 stays itself). Beyond the range nearest gives an infinity; down and up give the
   * largest finite number or an infinity, whichever lies on the asked side.
   */
  toNumber(mode: Rounding = 'nearest'): number {
    if (this.m === 0n) return 0;
    const top = this.exponent;
    const lowest = Math.max(top - 52, -1074); // exponent of the last kept digit
    const drop = lowest - this.e;
    let m = drop <= 0 ? this.m << BigInt(-drop) : roundShift(this.m, drop, mode);
    let e = lowest;
    if (bitLength(m) > 53) {
      m >>= 1n; // rounding carried into a new power of two; the dropped digit is 0
      e += 1;
    }
    if (bitLength(m) + e > 1024) {
      const beyond = this.m > 0n ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      const inward = mode === (this.m > 0n ? 'down' : 'up');
      return inward ? Math.sign(beyond) * Number.MAX_VALUE : beyond;
    }
    // A 53-digit m is a normal number; a shorter one is subnormal, and 2^52 there carries into the exponent field.
    const magnitude = m < 0n ? -m : m;
    const biased = BigInt(Math.max(e + 1074, 0));
    scratch.setBigUint64(0, (biased << 52n) + magnitude);
    return m < 0n ? -scratch.getFloat64(0) : scratch.getFloat64(0);
  }

  /** Exact decimal expansion, such as -0.375. */
  toDecimal(): string {
    if (this.e >= 0) return (this.m << BigInt(this.e)).toString();
    const digits = -this.e;
    const scaled = (this.m < 0n ? -this.m : this.m) * 5n ** BigInt(digits);
    const text = scaled.toString().padStart(digits + 1, '0');
    return `${this.m < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
  }

  /** `m*2^e`, the form that {@link Dyadic.parse} reads back for every value. */
  toString(): string {
    return this.e === 0 ? this.m.toString() : `${this.m}*2^${this.e}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Everything {@link Dyadic.from} accepts. */
export type DyadicLike = Dyadic | number | bigint | string;

/** m / 2^drop rounded to a whole number; drop > 0. */
function roundShift(m: bigint, drop: number, mode: Rounding): bigint {
  if (mode === 'down') return m >> BigInt(drop);
  if (mode === 'up') return ceilShift(m, drop);
  const q = m >> BigInt(drop);
  const rest = m - (q << BigInt(drop));
  const half = 1n << BigInt(drop - 1);
  return rest > half || (rest === half && (q & 1n) === 1n) ? q + 1n : q;
}

/** A decimal text as m * 10^tens, exactly. */
export function parseDecimal(s: string, shownAs = s): { m: bigint; tens: number } {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(s);
  if (!parts || !(parts[2] || parts[3])) {
    throw new InputError(
      `expected a number such as 0.375, 0x1.8p-3 or 3*2^-4, got ${JSON.stringify(shownAs.slice(0, 60))}`,
    );
  }
  const fraction = parts[3] ?? '';
  const m = BigInt(`${parts[2]}${fraction}`);
  return { m: parts[1] === '-' ? -m : m, tens: textExponent(parts[4] ?? '0', shownAs) - fraction.length };
}

function textExponent(digits: string, shownAs: string): number {
  const e = Number(digits);
  if (Math.abs(e) > MAX_TEXT_EXPONENT) {
    throw new InputError(`the exponent of ${JSON.stringify(shownAs.slice(0, 60))} is beyond ${MAX_TEXT_EXPONENT}`);
  }
  return e;
}
