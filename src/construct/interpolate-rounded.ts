/**
 * Polylines that need no search: through given points, rounded just as far as the wanted error allows. They serve where a
 * lattice is too coarse (sharp corners off every grid) and where float64 cannot tell the wanted error from zero.
 */
import { Dyadic, Interval, Rational, type Target } from '../exact/index.ts';
import type { DyadicKnot } from './interpolate.ts';
import { fewestLines, type Samples, tubeAround } from './interpolate-tube.ts';

/** Most pieces between equally spaced points, and the longest numbers that are tried. */
const MAX_PIECES = 4096;
const MAX_DIGITS = 4096;

interface Point {
  readonly x: Dyadic;
  readonly y: Rational;
}

/** Digits after the point that leave at most 2^-3 of the step. */
function digitsFor(step: number): number {
  return 3 - Math.floor(Math.log2(step));
}

/** Knots at the points' x, with slopes of `digits` digits; each line aims at the next point, so that nothing adds up. */
function through(points: readonly Point[], digits: number, slopeDigits: number): DyadicKnot[] {
  const first = points[0] as Point;
  const knots: DyadicKnot[] = [{ x: first.x, y: first.y.roundTo(digits, 'nearest') }];
  for (const { x, y } of points.slice(1)) {
    const before = knots[knots.length - 1] as DyadicKnot;
    const width = x.sub(before.x);
    if (width.sign <= 0) continue;
    const slope = y.sub(Rational.fromDyadic(before.y)).div(Rational.fromDyadic(width)).roundTo(slopeDigits, 'nearest');
    knots.push({ x, y: before.y.add(slope.mul(width)) });
  }
  return knots;
}

/**
 * The fewest lines through a narrower tube, knots and slopes rounded to as few digits as keep them in the tube of half-width
 * epsilon; undefined where float64 has not enough digits for it.
 */
export function roundedPath(samples: Samples, domain: Interval, epsilon: number): DyadicKnot[] | undefined {
  const lines = fewestLines(tubeAround(samples, epsilon * 0.75));
  const [lo, hi] = [domain.lo, domain.hi.gt(domain.lo) ? domain.hi : domain.lo.add(Dyadic.ONE)];
  const width = hi.sub(lo).toNumber();
  const slopeDigits = digitsFor(epsilon / width);
  for (let digits = digitsFor(width / lines.length); digits <= digitsFor(width) + 52; digits += 2) {
    const points: Point[] = [];
    lines.forEach(({ x0, y0, slope, until }, i) => {
      const end = i === lines.length - 1 ? hi : Dyadic.from(until).roundTo(digits).min(hi);
      const at = (x: Dyadic): Rational => Rational.fromDyadic(Dyadic.from(y0 + slope * (x.toNumber() - x0)));
      if (i === 0) points.push({ x: lo, y: at(lo) });
      points.push({ x: end, y: at(end) });
    });
    const knots = through(points, digitsFor(epsilon), slopeDigits);
    if (awayFrom(samples, knots) <= epsilon) return knots;
  }
  return undefined;
}

/** About the largest distance between the samples' polyline and the knots'. */
function awayFrom({ x, y }: Samples, knots: readonly DyadicKnot[]): number {
  const [kx, ky] = [knots.map((k) => k.x.toNumber()), knots.map((k) => k.y.toNumber())];
  const n = x.length;
  let most = 0;
  let i = 0;
  let k = 1;
  // Both are linear between neighbours of the union of their knots.
  while (i < n) {
    while (k < kx.length - 1 && (kx[k] as number) < (x[i] as number)) {
      if (i > 0) {
        const t = ((kx[k] as number) - (x[i - 1] as number)) / ((x[i] as number) - (x[i - 1] as number));
        const v = (y[i - 1] as number) + t * ((y[i] as number) - (y[i - 1] as number));
        most = Math.max(most, Math.abs(v - (ky[k] as number)));
      }
      k++;
    }
    const t = ((x[i] as number) - (kx[k - 1] as number)) / ((kx[k] as number) - (kx[k - 1] as number));
    const v = (ky[k - 1] as number) + t * ((ky[k] as number) - (ky[k - 1] as number));
    most = Math.max(most, Math.abs(v - (y[i] as number)));
    i++;
  }
  return most;
}

/**
 * Interpolation at 2^k equally spaced points from enclosures, for errors that float64 cannot tell from zero; the fewest pieces
 * that come within epsilon where it is looked. Undefined where MAX_PIECES do not.
 */
export function evenPath(target: Target, inner: Interval, domain: Interval, epsilon: number): DyadicKnot[] | undefined {
  const [lo, hi] = [inner.lo, domain.hi.gt(inner.lo) ? domain.hi : inner.lo.add(Dyadic.ONE)];
  const digits = digitsFor(epsilon);
  const value = (x: Dyadic): Dyadic | undefined => {
    const at = [Interval.of(x.min(inner.hi))];
    const size = target.enclose(at, 16)?.magnitude.exponent ?? 0;
    const precision = Math.max(16, digits + 8 + (Number.isFinite(size) ? size : 0));
    return precision > MAX_DIGITS ? undefined : target.enclose(at, precision)?.mid;
  };
  const width = hi.sub(lo);
  for (let k = 0; 2 ** k <= MAX_PIECES; k++) {
    const step = width.mul(Dyadic.of(1n, -k));
    const slopeDigits = digits + Math.max(step.exponent + 1, 0);
    const xs = Array.from({ length: 2 ** k + 1 }, (_, i) =>
      i === 2 ** k ? hi : lo.add(step.mul(Dyadic.of(BigInt(i), 0))),
    );
    const ys = xs.map(value);
    if (ys.some((y) => y === undefined)) return undefined;
    const knots = through(
      xs.map((x, i) => ({ x, y: Rational.fromDyadic(ys[i] as Dyadic) })),
      digits,
      slopeDigits,
    );
    const half = Dyadic.of(1n, -1);
    const near = knots.slice(1).every((b, i) => {
      const a = knots[i] as DyadicKnot;
      const seen = value(a.x.add(b.x).mul(half));
      return seen !== undefined && seen.sub(a.y.add(b.y).mul(half)).abs().toNumber() <= epsilon * 0.9;
    });
    if (near) return knots;
  }
  return undefined;
}
