/**
 * Targets that are piecewise linear themselves: a table, another network. The difference is then linear between the ends of
 * both functions' pieces, and its greatest value there is the supremum.
 */
import { InputError, type Rational, type Target } from '../exact/index.ts';
import { affine, compose, type Network, sum } from '../net/index.ts';
import { ExactMax } from './exactMax.ts';
import type { Job } from './job.ts';
import { Sweep } from './pieces.ts';
import { compareFractions, type Fraction } from './queue.ts';

/** Pieces between two looks at the clock. */
const BETWEEN_LOOKS = 255;

/** f - net as a network. */
export function difference(f: Network, net: Network): Network {
  return sum(f, compose(affine([[-1]]), net));
}

/** max |net| over the domain; undefined past the job's limits. */
export function networkMax(job: Job, net: Network): ExactMax | undefined {
  const sweep = new Sweep(net, job.lo, job.hi);
  const max = new ExactMax();
  const one = 1n << BigInt(sweep.scale);
  while (sweep.next()) {
    if (!counted(job, sweep)) return undefined;
    for (const x of [sweep.from, sweep.to]) {
      max.offer(sweep.slope * x.n + sweep.intercept * x.d, x.d * one, x.n, x.d);
    }
  }
  return max;
}

/**
 * max |table - net| over the domain; undefined past the job's limits. Throws InputError where the domain is not inside the
 * table's range.
 */
export function tableMax(job: Job, knots: NonNullable<Target['knots']>): ExactMax | undefined {
  const first = knots[0] as { x: Rational };
  const last = knots[knots.length - 1] as { x: Rational };
  if (compareFractions(job.lo, first.x) < 0 || compareFractions(job.hi, last.x) > 0) {
    throw new InputError(`certifySup domain: expected a part of the table's range [${first.x}, ${last.x}]`);
  }
  const sweep = new Sweep(job.net, job.lo, job.hi);
  const max = new ExactMax();
  const one = 1n << BigInt(sweep.scale);
  let segment = segmentOf(knots, job.lo);
  let line = lineThrough(knots, segment);
  while (sweep.next()) {
    if (!counted(job, sweep)) return undefined;
    // e at x: the segment's line minus the piece's, over a common denominator.
    const offer = (x: Fraction): void => {
      const f = line.a * x.n + line.c * x.d; // over x.d * line.d
      const g = sweep.slope * x.n + sweep.intercept * x.d; // over x.d * one
      max.offer(f * one - g * line.d, x.d * line.d * one, x.n, x.d);
    };
    offer(sweep.from);
    while (segment + 2 < knots.length && compareFractions(knots[segment + 1]!.x, sweep.to) < 0) {
      offer(knots[segment + 1]!.x);
      line = lineThrough(knots, ++segment);
    }
    offer(sweep.to);
  }
  return max;
}

function counted(job: Job, sweep: Sweep): boolean {
  job.pieces++;
  if (job.pieces > job.maxPieces) return false;
  if ((job.pieces & BETWEEN_LOOKS) !== 0) return true;
  job.at = sweep.to;
  return job.halt() === undefined;
}

/** The segment [x_i, x_(i+1)] that holds x. */
function segmentOf(knots: NonNullable<Target['knots']>, x: Fraction): number {
  let lo = 0;
  let hi = knots.length - 2;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (compareFractions(x, knots[mid + 1]!.x) <= 0) hi = mid;
    else lo = mid + 1;
  }
  return lo;
}

/** (a x + c)/d through knots i and i+1; a table of one point is a constant. */
function lineThrough(knots: NonNullable<Target['knots']>, i: number): { a: bigint; c: bigint; d: bigint } {
  const p = knots[i]!;
  const q = knots[i + 1];
  if (!q) return { a: 0n, c: p.y.n, d: p.y.d };
  const slope = q.y.sub(p.y).div(q.x.sub(p.x));
  const c = p.y.sub(slope.mul(p.x));
  return { a: slope.n * c.d, c: c.n * slope.d, d: slope.d * c.d };
}
