/** Exact fractions n/d: decimals as people write them, and the breakpoints of piecewise-linear functions. */
import { bitLength } from './bits.ts';
import { Dyadic, parseDecimal, type Rounding } from './dyadic.ts';
import { InputError } from './refuse.ts';
import { ceilDivide, floorDivide, gcd } from './roots.ts';

/** Whole numbers up to here are float64 numbers. */
const MAX_EXACT = 0x20000000000000n;

export class Rational {
  private constructor(
    readonly n: bigint,
    /** Positive, without a common factor with n. */
    readonly d: bigint,
  ) {
    Object.freeze(this);
  }

  /** n/d in lowest terms; throws RangeError for d = 0. */
  static of(n: bigint, d = 1n): Rational {
    if (d === 0n) throw new RangeError('Rational.of: expected a non-zero denominator, got 0');
    if (d === 1n) return new Rational(n, 1n);
    const g = gcd(n, d);
    const sign = d < 0n ? -1n : 1n;
    return new Rational((sign * n) / g, (sign * d) / g);
  }

  static fromDyadic(x: Dyadic): Rational {
    return x.e >= 0 ? new Rational(x.m << BigInt(x.e), 1n) : new Rational(x.m, 1n << BigInt(-x.e));
  }

  /** Reads a decimal or a fraction `1/3`, exactly. */
  static parse(text: string): Rational {
    const fraction = /^\s*([^/]+)\/([^/]+)\s*$/.exec(text);
    if (fraction) {
      const d = Rational.parse(fraction[2] as string);
      if (d.n === 0n) throw new InputError(`${text.trim()} divides by zero`);
      return Rational.parse(fraction[1] as string).div(d);
    }
    const s = text.trim();
    if (/^[+-]?0[xX]|\^/.test(s)) return Rational.fromDyadic(Dyadic.parse(s));
    const { m, tens } = parseDecimal(s, text);
    return tens >= 0 ? new Rational(m * 10n ** BigInt(tens), 1n) : Rational.of(m, 10n ** BigInt(-tens));
  }

  get sign(): -1 | 0 | 1 {
    return this.n === 0n ? 0 : this.n < 0n ? -1 : 1;
  }
  neg(): Rational {
    return new Rational(-this.n, this.d);
  }
  abs(): Rational {
    return this.n < 0n ? this.neg() : this;
  }
  add(o: Rational): Rational {
    return this.d === o.d ? Rational.of(this.n + o.n, this.d) : Rational.of(this.n * o.d + o.n * this.d, this.d * o.d);
  }
  sub(o: Rational): Rational {
    return this.add(o.neg());
  }
  mul(o: Rational): Rational {
    return Rational.of(this.n * o.n, this.d * o.d);
  }
  /** Throws RangeError where o is zero. */
  div(o: Rational): Rational {
    return Rational.of(this.n * o.d, this.d * o.n);
  }
  compare(o: Rational): -1 | 0 | 1 {
    const x = this.n * o.d;
    const y = o.n * this.d;
    return x < y ? -1 : x > y ? 1 : 0;
  }
  eq(o: Rational): boolean {
    return this.n === o.n && this.d === o.d;
  }

  /** The Dyadic equal to this, or undefined where the denominator is not a power of two. */
  toDyadic(): Dyadic | undefined {
    return (this.d & (this.d - 1n)) === 0n ? Dyadic.of(this.n, 1 - bitLength(this.d)) : undefined;
  }

  /** Rounds to a multiple of 2^-s; nearest takes ties to the even multiple. */
  roundTo(s: number, mode: Rounding): Dyadic {
    const n = s >= 0 ? this.n << BigInt(s) : this.n;
    const d = s >= 0 ? this.d : this.d << BigInt(-s);
    if (mode === 'up') return Dyadic.of(ceilDivide(n, d), -s);
    const q = floorDivide(n, d);
    if (mode === 'down') return Dyadic.of(q, -s);
    const twice = 2n * (n - q * d);
    return Dyadic.of(twice > d || (twice === d && (q & 1n) === 1n) ? q + 1n : q, -s);
  }

  /** Rounds to `precision` leading binary digits in the given direction. */
  roundBits(precision: number, mode: Rounding): Dyadic {
    if (this.n === 0n) return Dyadic.ZERO;
    return this.roundTo(precision + 1 - (bitLength(this.n) - bitLength(this.d)), mode);
  }

  /** The float64 nearest to this (ties to even), or its neighbour in the given direction. */
  toNumber(mode: Rounding = 'nearest'): number {
    if (mode === 'nearest' && this.d <= MAX_EXACT && this.n <= MAX_EXACT && this.n >= -MAX_EXACT) {
      return Number(this.n) / Number(this.d); // IEEE division of exact operands is correctly rounded
    }
    const exact = this.toDyadic();
    if (exact) return exact.toNumber(mode);
    // More digits than a float64 has, then one that marks the rest that was cut off: no tie can be mistaken.
    const digits = 68 - (bitLength(this.n) - bitLength(this.d));
    const cut = this.roundTo(digits, 'down').mantissaAt(digits);
    return Dyadic.of(2n * cut + 1n, -digits - 1).toNumber(mode);
  }

  toString(): string {
    return this.d === 1n ? this.n.toString() : `${this.n}/${this.d}`;
  }
}
