/**
 * The domain of a fit in its three readings. `ends` are what the proof covers, `inner` is the largest interval with dyadic
 * ends on which the target is surely defined, `file` is what the network's file says: an interval around the ends with few digits.
 */
import type { DomainEnd } from '../certify/index.ts';
import { Dyadic, enclosing, Interval, Rational, refuse, type Target } from '../exact/index.ts';

export interface FitDomain {
  readonly ends: readonly [DomainEnd, DomainEnd];
  readonly inner: Interval;
  readonly file: Interval;
}

/** Digits that ends which are not dyadic keep, relative to the domain's width: where f goes on beyond them, and where not. */
const COARSE = 10;
const FINE = 24;

/**
 * Reads the two ends; without them a table has its own range and everything else [0, 1]. An end that is not dyadic (1/3, or
 * an enclosure of 2 pi) is moved outward to few digits, and the proof with it, where the target is shown to be defined there.
 */
export function fitDomain(target: Target, given: readonly [DomainEnd, DomainEnd] | undefined): FitDomain {
  const { knots } = target;
  const ends = given ?? (knots?.length ? ([knots[0]!.x, knots[knots.length - 1]!.x] as const) : ([0, 1] as const));
  if (!Array.isArray(ends) || ends.length !== 2) refuse('fit domain', 'a pair [lo, hi]', ends);
  const [a, b] = ends.map(around) as [Interval, Interval];
  if (a.hi.gt(b.lo)) refuse('fit domain', 'lower end < upper end', `[${ends.join(', ')}]`);
  const scale = b.hi.sub(a.lo).exponent;
  const grid = Number.isFinite(scale) ? COARSE - scale : 64;
  const moved = ([a, b] as const).map((end, i): DomainEnd => {
    const outward = i === 0 ? end.lo.roundTo(grid, 'down') : end.hi.roundTo(grid, 'up');
    if (isDyadic(ends[i] as DomainEnd)) return end.lo;
    const more = i === 0 ? Interval.of(outward, end.hi) : Interval.of(end.lo, outward);
    return target.kind !== 'table' && target.enclose([more], 32) ? outward : (ends[i] as DomainEnd);
  }) as [DomainEnd, DomainEnd];
  const [lo, hi] = moved.map(around) as [Interval, Interval];
  const short = (x: Dyadic, end: DomainEnd, mode: 'down' | 'up'): Dyadic =>
    isDyadic(end) ? x : x.roundTo(grid + FINE - COARSE, mode);
  const inner = lo.hi.le(hi.lo) ? Interval.of(lo.hi, hi.lo) : Interval.of(lo.lo);
  return Object.freeze({
    ends: Object.freeze(moved),
    inner,
    file: Interval.of(short(lo.lo, moved[0], 'down'), short(hi.hi, moved[1], 'up')),
  });
}

function isDyadic(end: DomainEnd): boolean {
  if (end instanceof Interval) return end.isPoint;
  return !(end instanceof Rational) || end.toDyadic() !== undefined;
}

function around(end: DomainEnd): Interval {
  if (end instanceof Interval) return end;
  return end instanceof Rational ? enclosing(end, 64) : Interval.of(Dyadic.from(end));
}
