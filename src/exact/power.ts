/** Real powers of numbers that are not negative, enclosed: what norms are made of. */

import { Dyadic } from './dyadic.ts';
import { realPower } from './elementary.ts';
import type { Interval } from './interval.ts';
import { Rational } from './rational.ts';
import { refuse } from './refuse.ts';
import { exactly, ofInterval, ofRational, power, root, toInterval } from './span.ts';

/** x^p to about `precision` digits, x >= 0, p a float64 > 0 (exactly that number). Throws InputError elsewhere. */
export function raised(x: Interval, p: number, precision: number): Interval {
  check(x, p);
  const span = ofInterval(x);
  if (Number.isSafeInteger(p) && p < 2 ** 31) return toInterval(power(span, p, precision + 8), precision);
  const { m, e } = Dyadic.from(p);
  return toInterval(realPower(span, exactly(m, e), precision + 8), precision);
}

/** x^(1/p), as {@link raised}. */
export function rooted(x: Interval, p: number, precision: number): Interval {
  check(x, p);
  if (p === 1) return x;
  const span = ofInterval(x);
  if (Number.isSafeInteger(p) && p <= 64) return toInterval(root(span, p, precision + 8), precision);
  const exponent = ofRational(Rational.of(1n).div(Rational.fromDyadic(Dyadic.from(p))), precision + 32);
  return toInterval(realPower(span, exponent, precision + 8), precision);
}

function check(x: Interval, p: number): void {
  if (!(p > 0 && Number.isFinite(p))) refuse('power', 'an exponent > 0', p);
  if (x.lo.sign < 0) refuse('power', 'a number >= 0', x.lo);
}
