/** Where intervals meet fractions that are not dyadic; apart, so that running a network needs no fractions. */
import { Dyadic } from './dyadic.ts';
import { Interval } from './interval.ts';
import { Rational } from './rational.ts';

/** The smallest interval with `precision` leading binary digits at each end that holds the fraction. */
export function enclosing(x: Rational, precision: number): Interval {
  const exact = x.toDyadic();
  if (exact) return Interval.of(exact).round(precision);
  return Interval.of(x.roundBits(precision, 'down'), x.roundBits(precision, 'up'));
}

/** a / b with outward rounding to `precision` digits; undefined where b holds 0. */
export function quotient(a: Interval, b: Interval, precision: number): Interval | undefined {
  if (b.contains(Dyadic.ZERO)) return undefined;
  const quotients = [a.lo, a.hi].flatMap((n) =>
    [b.lo, b.hi].map((d) => Rational.fromDyadic(n).div(Rational.fromDyadic(d))),
  );
  const least = quotients.reduce((p, q) => (p.compare(q) <= 0 ? p : q));
  const most = quotients.reduce((p, q) => (p.compare(q) >= 0 ? p : q));
  return Interval.of(least.roundBits(precision, 'down'), most.roundBits(precision, 'up'));
}
