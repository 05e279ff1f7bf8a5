/** Where a network's inputs may lie: one closed interval an input. */
import { Dyadic, type DyadicLike, Interval, refuse } from '../exact/index.ts';

/** [lo, hi] for one input. */
export type Range = Interval | readonly [DyadicLike, DyadicLike];
/** One range for all inputs, or one an input. */
export type Domain = Range | readonly Range[];

/** The domain as one interval an input. Throws InputError where the count or an interval is wrong. */
export function intervals(domain: Domain, inputs: number): readonly Interval[] {
  const one = domain instanceof Interval || !(domain[0] instanceof Interval || Array.isArray(domain[0]));
  const ranges = one ? [domain as Range] : (domain as readonly Range[]);
  if (!one && ranges.length !== inputs) refuse('domain', `${inputs} intervals, one an input`, ranges.length);
  const each = ranges.map((r, i) => {
    if (r instanceof Interval) return r;
    if (!Array.isArray(r) || r.length !== 2) refuse(`domain of input ${i + 1}`, 'a pair [lo, hi]', r);
    return Interval.of(Dyadic.from(r[0]), Dyadic.from(r[1]));
  });
  return one ? new Array<Interval>(inputs).fill(each[0] as Interval) : each;
}

/**
 * The ends of the domain as float64, rounded inward: all lower ends, then all upper ends. A float64 lies in an interval exactly
 * when it lies between its two. An end beyond the float64 range becomes an infinity, which refuses nothing that is finite.
 */
export function floatEnds(domain: readonly Interval[]): Float64Array {
  const ends = new Float64Array(2 * domain.length);
  domain.forEach(({ lo, hi }, i) => {
    ends[i] = lo.toNumber('up');
    ends[domain.length + i] = hi.toNumber('down');
  });
  return ends;
}
