/**
 * No free lunch: the bits that any scheme needs which brings every function with Lipschitz constant lambda (in the maximum norm) on
 * a box within an error, be it a network with three parameters. Two functions further apart than twice the error need two codes.
 *
 *   d = 1, sup   zigzags of slope lambda with K steps longer than error / lambda: at the first step that differs they are 2 lambda
 *                step apart: K bits
 *   d, sup       K cubes of edge h > 2 error / lambda with a cone of height lambda h / 2 up or down on each: K bits
 *   d, L^p       of the same patterns 2^(K/8) that differ in K/8 cubes pairwise (Varshamov, Gilbert); a cube adds
 *                (lambda h)^p h^d / C(p + d, d) to the p-th power of the distance: K/8 bits
 */
import { Dyadic, Interval, Rational, refuse } from '../exact/index.ts';
import { raised } from '../exact/power.ts';

export interface EntropyQuestion {
  /** Lengths of the box's sides. */
  readonly sides: readonly Dyadic[];
  /** lambda, above 0. */
  readonly constant: Dyadic;
  /** Above 0. */
  readonly error: Dyadic;
  /** 'sup', or p >= 1. */
  readonly norm: 'sup' | number;
}

const PRECISION = 64;
const MOST = 1n << 60n;

/** A lower bound of the bits, 0 where nothing follows. Throws InputError where a number is out of its range. */
export function entropyBits({ sides, constant, error, norm }: EntropyQuestion): bigint {
  if (sides.length < 1 || sides.some((s) => s.sign <= 0)) refuse('entropyBits: sides', 'lengths > 0', sides.join(', '));
  if (constant.sign <= 0) refuse('entropyBits: constant', 'a number > 0', constant);
  if (error.sign <= 0) refuse('entropyBits: error', 'a number > 0', error);
  if (norm !== 'sup' && !(norm >= 1 && Number.isFinite(norm)))
    refuse('entropyBits: norm', "'sup' or a number p >= 1", norm);
  const ratio = (s: Dyadic, e: Dyadic): Rational => Rational.fromDyadic(s.mul(constant)).div(Rational.fromDyadic(e));
  if (norm === 'sup') {
    if (sides.length === 1) return below(ratio(sides[0] as Dyadic, error));
    return sides.reduce((n, s) => n * below(ratio(s, error.scale(1))), 1n);
  }
  return cubes(sides, constant, error, norm) / 8n;
}

/** The largest whole number below x, at least 0. */
function below(x: Rational): bigint {
  const up = x.roundTo(0, 'up').floor();
  return up > 0n ? up - 1n : 0n;
}

/** Most cubes whose patterns stay apart: the shortest side in q parts, q as large as the distance allows. */
function cubes(sides: readonly Dyadic[], constant: Dyadic, error: Dyadic, p: number): bigint {
  const d = sides.length;
  const shortest = sides.reduce((m, s) => m.min(s));
  let choose = Rational.of(1n);
  const exponent = Rational.fromDyadic(Dyadic.from(p));
  for (let k = 1n; k <= BigInt(d); k++) choose = choose.mul(exponent.add(Rational.of(k)).div(Rational.of(k)));
  const needed = raised(Interval.of(error.scale(1)), p, PRECISION).hi;
  const count = (q: bigint): bigint =>
    sides.reduce(
      (n, s) =>
        n * Rational.fromDyadic(s).mul(Rational.of(q)).div(Rational.fromDyadic(shortest)).roundTo(0, 'down').floor(),
      1n,
    );
  const apart = (q: bigint): boolean => {
    const edge = Rational.fromDyadic(shortest).div(Rational.of(q)).roundBits(PRECISION, 'down');
    const cone = raised(Interval.of(edge.mul(constant)), p, PRECISION).lo.mul(
      raised(Interval.of(edge), d, PRECISION).lo,
    );
    const all = Rational.fromDyadic(cone)
      .mul(Rational.of(count(q)))
      .div(choose)
      .div(Rational.of(8n));
    return all.compare(Rational.fromDyadic(needed)) > 0;
  };
  let low = 0n;
  let high = 1n;
  while (high < MOST && apart(high)) {
    low = high;
    high *= 2n;
  }
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (apart(middle)) low = middle;
    else high = middle;
  }
  return low === 0n ? 0n : count(low);
}
