/** The integral of |line|^p, exactly where p is a small whole number. */
import { enclosing, Interval, quotient, Rational } from '../exact/index.ts';
import { raised } from '../exact/power.ts';

/** Whole exponents up to here are computed in fractions. */
const MOST_EXACT = 64;
const PRECISION = 128;
/** Lines whose ends differ by less than this part are bounded by convexity instead of by a difference of near numbers. */
const FLAT = Rational.of(1n, 1n << 24n);

/** The integral of |l|^p over an interval of length h >= 0, l linear with the values a and c at its ends, p >= 1; outward to 96 digits. */
export function lineIntegral(a: Rational, c: Rational, h: Rational, p: number): Interval {
  const [A, C] = [a.abs(), c.abs()];
  const crosses = a.sign * c.sign < 0;
  if (Number.isInteger(p) && p <= MOST_EXACT) {
    const sum = crosses
      ? power(A, p + 1)
          .add(power(C, p + 1))
          .div(A.add(C))
      : mixed(A, C, p);
    return around(sum.mul(h).div(Rational.of(BigInt(p + 1))));
  }
  const length = around(h);
  const raise = (x: Rational, q: number): Interval => raised(around(x), q, PRECISION);
  const over = (x: Interval, y: Interval): Interval => quotient(x.mul(length), y, PRECISION) as Interval;
  const more = Interval.of(p).add(Interval.of(1));
  const [x, y] = [A, C].map((v) => raised(around(v), p, PRECISION)) as [Interval, Interval];
  const times = (v: Rational, w: Interval): Interval => around(v).mul(w);
  if (crosses) return over(times(A, x).add(times(C, y)), more.mul(around(A.add(C)))).round(96);
  const [low, high] = A.compare(C) < 0 ? [A, C] : [C, A];
  const difference = high.sub(low);
  if (difference.compare(high.mul(FLAT)) <= 0) {
    // |l|^p is convex: between its value in the middle and the mean of the ends.
    const middle = raise(A.add(C).mul(Rational.of(1n, 2n)), p).mul(length);
    const mean = x.add(y).scale(-1).mul(length);
    return Interval.of(middle.lo, mean.hi.max(middle.lo)).round(96);
  }
  const rise = low === A ? times(C, y).sub(times(A, x)) : times(A, x).sub(times(C, y));
  return over(rise, more.mul(around(difference))).round(96);
}

/** sum of A^k C^(p-k), k = 0..p. */
function mixed(A: Rational, C: Rational, p: number): Rational {
  let sum = Rational.of(1n);
  let last = Rational.of(1n);
  for (let k = 1; k <= p; k++) {
    last = last.mul(C);
    sum = sum.mul(A).add(last);
  }
  return sum;
}

function power(x: Rational, k: number): Rational {
  return Rational.of(x.n ** BigInt(k), x.d ** BigInt(k));
}

function around(x: Rational): Interval {
  const exact = x.toDyadic();
  return (exact ? Interval.of(exact) : enclosing(x, PRECISION)).round(PRECISION);
}
