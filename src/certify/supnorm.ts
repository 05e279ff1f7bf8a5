/**
 * certifySup: how far a network with one input is from its target, proved.
 *
 *   lower <= sup over the domain of |f - net| <= upper,     lower <= |f - net| at the witness
 *
 * The network's linear pieces come from an exact sweep (pieces.ts); f comes as polynomials with proved remainders, one a
 * block of many pieces (model.ts); on each cell (piece and block) the difference is bounded by its curvature (cell.ts).
 * Blocks whose bound is not within `ratio` of the best lower bound are halved, the worst first, until all are or a limit
 * ends the search; then the answer is `undecided` and says what is missing. Tables and networks as targets make the
 * difference piecewise linear, and both bounds exact. Past `maxPieces` pieces the rest is covered by one line an interval
 * (relax.ts): still proved, seldom tight.
 *
 * No float64 decides: doubles choose where to look, integers bound what is there.
 */
import { Dyadic, Interval, Rational, type Target } from '../exact/index.ts';
import { Network, withoutConstants } from '../net/index.ts';
import { Chunk } from './chunk.ts';
import type { ExactMax } from './exactMax.ts';
import { difference, networkMax, tableMax } from './exactSup.ts';
import { Job, type SupOptions } from './job.ts';
import { fractionOf, Sweep } from './pieces.ts';
import { compareFractions, type Fraction } from './queue.ts';
import { Search } from './search.ts';

interface SupBounds {
  /** |f - net| at the witness, rounded down. */
  readonly lower: Dyadic;
  readonly witness: Dyadic | Rational;
  /** What the proof assumes, one sentence each. */
  readonly restsOn: readonly string[];
  /** Linear pieces of the network (or of f - net, where f is a network) that were looked at. */
  readonly pieces: number;
  /** Enclosures of f that were made. */
  readonly blocks: number;
}

/**
 * Without `within`, `proved` says that upper/lower is at most the ratio (or both are 0). With it, the status answers
 * whether the sup is at most `within`; `missing` may then still say why the bounds are not tighter.
 * An `upper` of undefined: f is not shown to be bounded on the domain.
 */
export type SupCertificate = SupBounds &
  (
    | { readonly status: 'proved'; readonly upper: Dyadic; readonly missing?: string }
    | { readonly status: 'refuted'; readonly upper: Dyadic | undefined; readonly missing?: string }
    | { readonly status: 'undecided'; readonly upper: Dyadic | undefined; readonly missing: string }
  );

/** Pieces that share a block of f at first. */
const CHUNK = 512;
/** Digits of a bound in the answer. */
const BOUND_DIGITS = 64;
/** Digits beyond those of the wanted ratio that the search's unit leaves for rounding. */
const GUARD = 14;
/** Differences are looked for down to 2^-FINEST before zero is given up. */
const FINEST = 4096;

/**
 * Bounds sup |f - net| over the domain from both sides. Throws InputError unless network and target have one input and one
 * output and the options make sense, and the signal's reason when it is aborted.
 */
export function certifySup(net: Network, target: Target | Network, options: SupOptions = {}): SupCertificate {
  const job = new Job(net, target, options);
  return certified(job, withoutConstants(net), target);
}

function certified(job: Job, net: Network, target: Target | Network): SupCertificate {
  if (target instanceof Network) {
    const whole = difference(target, net);
    const problem: Problem = {
      f: ZERO,
      net: whole,
      evaluate: (x) => whole.evaluate([x])[0] as Dyadic,
      restsOn: ['f is a network: the difference is piecewise linear'],
    };
    const max = networkMax(job, whole);
    return max ? fromExact(job, problem, max) : fromSearch(job, problem);
  }
  const problem: Problem = { f: target, net, evaluate: job.evaluate, restsOn: target.restsOn };
  const max = target.kind === 'table' && target.knots?.length ? tableMax(job, target.knots) : undefined;
  return max ? fromExact(job, problem, max) : fromSearch(job, problem);
}

/** sup |f - net|, with f and net as they are compared. */
interface Problem {
  readonly f: Target;
  readonly net: Network;
  readonly evaluate: (x: Dyadic) => Dyadic;
  readonly restsOn: readonly string[];
}

/** f = 0, for the difference of two networks. */
const ZERO: Target = {
  kind: 'expression',
  inputs: 1,
  text: '0',
  restsOn: [],
  enclose: () => Interval.of(0),
  taylor: (_x, order) => Array.from({ length: order + 1 }, () => Interval.of(0)),
  estimate: () => 0,
};

/** A point of the domain and a proved lower bound of |f - net| there. */
interface Found {
  readonly lower: Dyadic;
  readonly witness: Dyadic | Rational;
}

function fromExact(job: Job, problem: Problem, max: ExactMax): SupCertificate {
  const found = exactFound(job, problem, max);
  const value = max.value;
  return certificate(job, problem, value.toDyadic() ?? value.roundBits(BOUND_DIGITS, 'up'), found, undefined);
}

/** The exact maximum as a lower bound; where it lies on a hull's end outside the domain, the domain's end nearby. */
function exactFound(job: Job, problem: Problem, { value, witness }: ExactMax): Found {
  const x = witness instanceof Dyadic ? fractionOf(witness) : witness;
  if (isInside(job, x)) return { lower: value.toDyadic() ?? value.roundBits(BOUND_DIGITS, 'down'), witness };
  const end = inward(job, witness instanceof Dyadic ? witness : witness.roundTo(0, 'nearest'));
  return { lower: errorAt(problem, end)?.lo ?? Dyadic.ZERO, witness: end };
}

function fromSearch(job: Job, problem: Problem): SupCertificate {
  if (compareFractions(job.lo, job.hi) === 0) return atPoint(job, problem);
  const ratio = job.ratio - 1;
  const digits = GUARD + Math.max(1, Math.ceil(-Math.log2(Math.min(ratio, 1))));
  const slack = BigInt(Math.floor(Math.min(ratio, 1) * 0.9 * 2 ** 52));
  const enough = ratio === Number.POSITIVE_INFINITY ? job.within : undefined;
  const seen = sample(job, problem);
  let P = seen.found.lower.isZero ? 64 : digits - seen.found.lower.exponent;
  for (;;) {
    job.pieces = 0;
    const lower = seen.found.lower.scale(P).floor();
    const search = new Search(
      problem.net,
      problem.f,
      { P, digits, slack, lower, size: seen.size, enough: enough?.scale(P).floor() ?? 0n },
      job,
    );
    sweepAll(job, problem.net, search);
    if (!search.needsDigits || P >= FINEST) return searched(job, problem, search, seen.found);
    P = Math.min(FINEST, search.lower === 0n ? 4 * P : P + digits + 2 - search.lower.toString(2).length);
  }
}

/** A domain of one point. */
function atPoint(job: Job, problem: Problem): SupCertificate {
  const x = outward(job.lo, 256, 'down');
  const e = errorAt(problem, x);
  const found = { lower: e?.lo ?? Dyadic.ZERO, witness: x };
  return certificate(job, problem, e?.hi, found, `${problem.f.text} is not enclosed tightly at x = ${x.toNumber()}`);
}

/** Hands the network's pieces over the whole domain to the search. */
function sweepAll(job: Job, net: Network, search: Search): void {
  const sweep = new Sweep(net, job.lo, job.hi);
  const fine = search.P + 128;
  const lo = outward(job.lo, fine, 'down');
  const hi = outward(job.hi, fine, 'up');
  while (search.isGoing) {
    search.look();
    const chunk = Chunk.read(sweep, Math.min(CHUNK, job.maxPieces - job.pieces));
    if (chunk.count === 0) break;
    job.pieces += chunk.count;
    job.at = sweep.to;
    // Blocks need dyadic ends: a little beyond the chunk's own, but never beyond the domain.
    const digits = blockDigits(chunk);
    const first = { n: chunk.n[0] as bigint, d: chunk.d[0] as bigint };
    search.compare(chunk, outward(first, digits, 'down').max(lo), outward(sweep.to, digits, 'up').min(hi));
  }
  if (compareFractions(sweep.to, job.hi) < 0) {
    search.relaxed(outward(sweep.to, fine, 'down').max(lo), hi);
  }
  search.finish();
}

/** x where it is dyadic, else rounded to so many fractional digits. */
export function outward(x: Fraction, digits: number, mode: 'down' | 'up'): Dyadic {
  const r = Rational.of(x.n, x.d);
  return r.toDyadic() ?? r.roundTo(digits, mode);
}

/** Fractional digits that place a chunk's ends within a thousandth of its length. */
function blockDigits(chunk: Chunk): number {
  const length = Rational.of(chunk.n[chunk.count] as bigint, chunk.d[chunk.count] as bigint).sub(
    Rational.of(chunk.n[0] as bigint, chunk.d[0] as bigint),
  );
  return length.sign === 0 ? 64 : 10 - length.roundBits(2, 'down').exponent;
}

function searched(job: Job, problem: Problem, search: Search, seen: Found): SupCertificate {
  if (!search.isGoing) search.close();
  const exact = search.exact.isEmpty ? undefined : search.exact.value;
  const units = search.upper;
  let upper = units === undefined ? undefined : Dyadic.of(units, -search.P).roundBits(BOUND_DIGITS, 'up');
  if (upper && exact) upper = upper.max(exact.toDyadic() ?? exact.roundBits(BOUND_DIGITS, 'up'));
  let found = seen;
  if (search.witness) {
    const x = inward(job, search.witness);
    const lower = errorAt(problem, x)?.lo;
    if (lower?.gt(found.lower)) found = { lower: lower.roundBits(BOUND_DIGITS, 'down'), witness: x };
  }
  if (exact) {
    const other = exactFound(job, problem, search.exact);
    if (other.lower.gt(found.lower)) found = other;
  }
  return certificate(job, problem, upper, found, shortfall(problem, search));
}

/** Why the search ended with loose bounds. */
function shortfall({ f }: Problem, { hole, halted, P }: Search): string {
  if (hole) return `${f.text} is not shown to be defined at x = ${hole.toNumber()}`;
  return halted ?? `a difference below 2^-${P} could not be told from zero`;
}

/** The answer. `shortfall` says what keeps the bounds apart, should they be. */
function certificate(
  job: Job,
  problem: Problem,
  upper: Dyadic | undefined,
  found: Found,
  shortfall: string | undefined,
): SupCertificate {
  const { within, ratio } = job;
  const { lower, witness } = found;
  const tight = upper !== undefined && (ratio === Number.POSITIVE_INFINITY || upper.le(lower.mul(Dyadic.from(ratio))));
  const missing = tight ? undefined : (shortfall ?? 'the bounds are further apart than the wanted ratio');
  const bounds = {
    lower,
    witness,
    restsOn: Object.freeze([...problem.restsOn, ...job.hullSentences]),
    pieces: job.pieces,
    blocks: job.blocks,
    ...(missing === undefined ? {} : { missing }),
  };
  if (within !== undefined && lower.gt(within)) return Object.freeze({ status: 'refuted', upper, ...bounds });
  const proved = upper !== undefined && (within === undefined ? tight : upper.le(within));
  if (proved) return Object.freeze({ status: 'proved', upper, ...bounds });
  return Object.freeze({
    status: 'undecided',
    upper,
    ...bounds,
    missing: missing ?? 'the wanted bound lies between lower and upper',
  });
}

/** A first lower bound from points that are no network's knots, and the exponent of the greatest |f| among them. */
function sample(job: Job, problem: Problem): { found: Found; size: number } {
  const lo = outward(job.innerLo, 64, 'up');
  const hi = outward(job.innerHi, 64, 'down');
  let found: Found = { lower: Dyadic.ZERO, witness: lo };
  let size = Number.NEGATIVE_INFINITY;
  const fine = 64 + 2 * problem.net.depth;
  const width = hi.sub(lo);
  const count =
    width.sign <= 0 ? 0 : Math.max(5, Math.min(SAMPLES, Math.floor(SAMPLE_COST / problem.net.connectivity)));
  for (let i = 0; i < count; i++) {
    // Positions (i + phase)/count with an odd last digit, finer than the knots of deep networks.
    const phase = ((i * 0x9e3779b1) >>> 0) / 2 ** 32;
    const coarse = BigInt(Math.floor(((i + phase) / count) * 2 ** 40));
    const part = Dyadic.of((coarse << BigInt(fine - 40)) + 1n, -fine);
    const x = lo.add(width.mul(part));
    const e = errorAt(problem, x);
    if (!e) continue;
    if (e.lo.gt(found.lower)) found = { lower: e.lo.roundBits(BOUND_DIGITS, 'down'), witness: x };
    const v = problem.f.enclose([Interval.of(x)], 24);
    if (v && !v.magnitude.isZero) size = Math.max(size, v.magnitude.exponent);
  }
  return { found, size: size === Number.NEGATIVE_INFINITY ? 0 : size };
}

const SAMPLES = 16;
const SAMPLE_COST = 1 << 18;

/** |f - net| at a point, enclosed to about 20 digits where f allows it; undefined where f is not shown to be defined. */
function errorAt({ f, evaluate }: Problem, x: Dyadic): Interval | undefined {
  const y = Interval.of(evaluate(x));
  let best: Interval | undefined;
  for (let precision = 64; precision <= FINEST; precision *= 2) {
    const value = f.enclose([Interval.of(x)], precision);
    if (!value) return best;
    const e = value.sub(y).abs();
    if (best && !e.width.lt(best.width)) return best;
    best = e;
    if (e.lo.gt(e.width.scale(20)) || e.hi.isZero) return e;
  }
  return best;
}

function isInside({ innerLo, innerHi }: Job, x: Fraction): boolean {
  return compareFractions(innerLo, x) <= 0 && compareFractions(x, innerHi) <= 0;
}

/** x, or the end of what surely is the domain that is nearest to it. */
function inward({ innerLo, innerHi }: Job, x: Dyadic): Dyadic {
  const f = fractionOf(x);
  if (compareFractions(f, innerLo) < 0) return outward(innerLo, 256, 'up');
  if (compareFractions(f, innerHi) > 0) return outward(innerHi, 256, 'down');
  return x;
}
