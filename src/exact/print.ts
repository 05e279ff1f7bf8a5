/** Numbers as people read them. Bounds are rounded in the direction in which they stay true. */
import { bitLength } from './bits.ts';
import type { Dyadic, Rounding } from './dyadic.ts';
import { Rational } from './rational.ts';

/** A decimal with `digits` significant figures in scientific notation, rounded in the given direction: `2.4e-7`. */
export function toScientific(x: Dyadic, digits: number, mode: Rounding): string {
  if (x.isZero) return '0';
  const negative = x.sign < 0;
  const direction: Rounding = mode === 'nearest' ? mode : negative === (mode === 'up') ? 'down' : 'up';
  const q = Rational.fromDyadic(x.abs());
  // The decimal exponent is estimated from the binary one and settled exactly.
  let tens = Math.floor(x.exponent * 0.30102999566398);
  const ten = (k: number): Rational => (k >= 0 ? Rational.of(10n ** BigInt(k)) : Rational.of(1n, 10n ** BigInt(-k)));
  while (q.compare(ten(tens + 1)) >= 0) tens++;
  while (q.compare(ten(tens)) < 0) tens--;
  let mantissa = q
    .mul(ten(digits - 1 - tens))
    .roundTo(0, direction)
    .floor();
  if (mantissa >= 10n ** BigInt(digits)) {
    mantissa /= 10n;
    tens++;
  }
  const text = mantissa.toString();
  const fraction = text.slice(1).replace(/0+$/, '');
  return `${negative ? '-' : ''}${text[0]}${fraction === '' ? '' : `.${fraction}`}${tens === 0 ? '' : `e${tens}`}`;
}

/** A hexadecimal float, such as -0x1.8p-2: exact. */
export function toHexFloat(x: Dyadic): string {
  if (x.isZero) return '0x0p+0';
  const a = x.abs().m;
  const top = bitLength(a) - 1;
  const pad = (4 - (top % 4)) % 4;
  const fraction = ((a - (1n << BigInt(top))) << BigInt(pad)).toString(16).padStart((top + pad) / 4, '0');
  const e = x.e + top;
  const body = top === 0 ? '0x1' : `0x1.${fraction.replace(/0+$/, '')}`;
  return `${x.sign < 0 ? '-' : ''}${body}p${e < 0 ? '-' : '+'}${Math.abs(e)}`;
}

/** An upper bound for people: `2.4e-7 (below 2^-21)`, both rounded up. */
export function printBound(x: Dyadic): string {
  if (x.sign <= 0) return toScientific(x, 3, 'up');
  const exact = x.m === 1n;
  const power = exact ? x.e : x.exponent + 1;
  return `${toScientific(x, 3, 'up')} (${exact ? '=' : 'below'} 2^${power})`;
}

/** A number and its exact text, the pair that every JSON answer carries. */
export function outward(x: Dyadic, mode: 'down' | 'up'): { value: number; exact: string } {
  return { value: x.toNumber(mode), exact: x.toString() };
}
