/**
 * One job, from its target to its result: build, quantise, certify, measure. Nothing here looks at a clock to decide, so that
 * a job gives the same result on every machine; what it may take in time and memory is watched from outside.
 */
import { certifySup, type DomainEnd, type SupCertificate } from '../certify/index.ts';
import { lipschitz } from '../construct/index.ts';
import { expressionTarget } from '../exact/expression.ts';
import { Dyadic, enclosing, InputError, Interval, Rational, refuse, type Target, tableTarget } from '../exact/index.ts';
import { encodeNetwork, readTable } from '../io/index.ts';
import type { Network } from '../net/index.ts';
import { depthPrecision, quantizeCodebook, quantizeUniform, toFloat16 } from '../quantize/index.ts';
import { type FitOptions, fit as fitted } from '../workbench/index.ts';
import { domainEnd, type Job, type Quantiser } from './job.ts';
import { sha256 } from './read.ts';
import { boundOf, type Result, type Times } from './record.ts';

export interface Outcome {
  readonly status: 'proved' | 'undecided';
  readonly result: Result;
  readonly stages: Omit<Times, 'finished' | 'seconds'>;
}

/** Reads the file of a table by its SHA-256. */
export type OpenTable = (hash: string) => Uint8Array;

/** What the first stage hands on. */
interface Built {
  readonly method: string;
  readonly network: Network;
  /** What was proved of it, where the construction's search has done so. */
  readonly certificate?: SupCertificate;
  readonly domain: readonly [DomainEnd, DomainEnd];
  /** The file's domain. */
  readonly hull: Interval;
}

/** Most points at which a result is measured, and most weights that this reads in all. */
const POINTS = 64;
const POINT_COST = 1 << 22;

/** Throws InputError where the job asks for what there is not. */
export function runJob(job: Job, open: OpenTable): Outcome {
  const watch = new Watch();
  const target = targetOf(job, open);
  const built = build(job, target);
  watch.lap('build');
  const network = quantised(built.network, job.quantiser);
  watch.lap('quantise');
  const proved = built.certificate ?? certifySup(built.network, target, { domain: built.domain });
  const certificate = network === built.network ? proved : certifySup(network, target, { domain: built.domain });
  const upper = upperOf(certificate, target);
  const before = upperOf(proved, target);
  const file = fileOf(network, built);
  watch.lap('certify');
  const observed = observe(network, target, innerOf(built.domain), job.seed);
  if (observed.largest.gt(upper)) throw new Error(`observed ${observed.largest} above the proved ${upper}`);
  watch.lap('measure');
  const { denseBits, nonZeroBits } = network.storage();
  return {
    status: certificate.status === 'proved' ? 'proved' : 'undecided',
    result: {
      method: built.method,
      depth: network.depth,
      width: network.width,
      connectivity: network.connectivity,
      alphabetSize: network.alphabet().length,
      integerBits: network.integerBits,
      fractionalBits: network.fractionalBits,
      bytes: file.length,
      sha256: sha256(file),
      denseBits,
      nonZeroBits,
      upper: boundOf(upper, 'up'),
      lower: boundOf(certificate.lower, 'down'),
      restsOn: certificate.restsOn,
      kappa: boundOf(upper.mul(Dyadic.from(8 * file.length)), 'up'),
      ...(network === built.network
        ? {}
        : { built: { bytes: fileOf(built.network, built).length, upper: boundOf(before, 'up') } }),
      observed: { points: observed.points, largest: boundOf(observed.largest, 'down') },
    },
    stages: watch.stages,
  };
}

function targetOf({ target }: Job, open: OpenTable): Target {
  if ('expression' in target) return expressionTarget(target.expression);
  const bytes = open(target.sha256);
  if (sha256(bytes) !== target.sha256) refuse(`table ${target.table}`, `bytes of SHA-256 ${target.sha256}`, 'others');
  const table = readTable(bytes, { swap: target.swap === true, name: target.table });
  return tableTarget(table.points, { text: `table ${target.table}`, rows: table.rows });
}

function build(job: Job, target: Target): Built {
  if (job.width === undefined) return fitted(target, fitOptions(job));
  return job.method === 'lipschitz' ? inBudget(job, target) : leastWithin(job, target);
}

function fitOptions({ target, method, options, epsilon, bytes, bits }: Job): FitOptions {
  const ends = target.domain?.map(domainEnd) as [Interval, Interval] | undefined;
  return {
    method,
    ...(options ? { quantised: options } : {}),
    ...(epsilon === undefined ? {} : { epsilon: Rational.parse(epsilon) }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(bits === undefined ? {} : { bits }),
    ...(ends ? { domain: ends } : {}),
  };
}

/** The class's best network of width W, depth L and weights in Q(0, b), where f is of the class. */
function inBudget({ target: { domain }, width = 1, depth = 1, bits }: Job, target: Target): Built {
  const unit = domain?.map(domainEnd).every((end, i) => end.isPoint && end.lo.eq(Dyadic.from(i))) ?? true;
  if (bits === undefined) refuse('lipschitz within width and depth', 'bits', 'none');
  if (!unit) refuse('lipschitz within width and depth', 'the domain [0, 1]', `[${domain?.join(', ')}]`);
  const { network, normalisation } = lipschitz({ width, depth, bits }).network(target);
  if (!normalisation.offset.isZero) refuse('lipschitz within width and depth', '|f| at most 1', target.text);
  return { method: 'lipschitz', network, domain: [0, 1], hull: Interval.of(0, 1) };
}

/** About 256 * 2^(-k/8), k = 0..7. */
const EIGHTHS: readonly number[] = [256, 235, 215, 197, 181, 166, 152, 140];
const OCTAVES = 120;
/** Two octaves: what does not fit is built too, and in some constructions grows with every power of 1/epsilon. */
const MOST_STEP = 16;

/**
 * The least error whose network keeps within the width and the depth, found up to a factor of 2^(1/8): by doubling steps, then
 * by halving them. What is found is proved; that there is no better one is not said.
 */
function leastWithin(job: Job, target: Target): Built {
  const { width = 1, depth = 1 } = job;
  const options = fitOptions(job);
  const first = 8 * -(spreadExponent(target, options) + 1);
  let best: Built | undefined;
  let reason = '';
  const fits = (k: number): boolean => {
    try {
      const octave = Math.floor(k / 8);
      const found = fitted(target, {
        ...options,
        epsilon: Dyadic.from(EIGHTHS[k - 8 * octave] as number).scale(-8 - octave),
      });
      if (found.network.width > width || found.network.depth > depth || found.status !== 'proved') return false;
      best = found;
      return true;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      reason = `: ${error.message}`;
      return false;
    }
  };
  if (!fits(first)) {
    throw new InputError(`no network of width ${width} and depth ${depth} was found for ${target.text}${reason}`);
  }
  let low = first;
  let step = 8;
  while (low + step < first + 8 * OCTAVES && fits(low + step)) {
    low += step;
    step = Math.min(2 * step, MOST_STEP);
  }
  for (let high = low + step; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return best as Built;
}

/** About log2 of half of f's range: where a constant is good enough. */
function spreadExponent(target: Target, { domain }: FitOptions): number {
  const { knots } = target;
  const ends = domain ?? (knots ? ([knots[0]!.x, knots[knots.length - 1]!.x] as const) : ([0, 1] as const));
  const inner = innerOf(ends);
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i <= 256; i++) {
    const y = target.estimate([inner.lo.add(inner.width.mul(Dyadic.of(BigInt(i), -8))).toNumber()]);
    least = Math.min(least, y);
    most = Math.max(most, y);
  }
  const half = (most - least) / 2;
  return half > 0 && Number.isFinite(half) ? Dyadic.from(half).exponent : 0;
}

function quantised(network: Network, quantiser: Quantiser | undefined): Network {
  if (!quantiser) return network;
  if (quantiser.kind === 'uniform') return quantizeUniform(network, quantiser).network;
  if (quantiser.kind === 'float16') return toFloat16(network).network;
  if (quantiser.kind === 'codebook') return quantizeCodebook(network, { lambda: quantiser.lambda }).network;
  return depthPrecision(network, { bits: quantiser.bits }).network;
}

function upperOf(certificate: SupCertificate, target: Target): Dyadic {
  if (certificate.upper) return certificate.upper;
  throw new InputError(`certify ${target.text}: ${certificate.missing ?? 'f is not shown to be bounded'}`);
}

function fileOf(network: Network, { hull }: Built): Uint8Array {
  return encodeNetwork({ network, domain: [hull] });
}

/** What surely lies in the domain. */
function innerOf(ends: readonly [DomainEnd, DomainEnd]): Interval {
  const [a, b] = ends.map((end) =>
    end instanceof Interval ? end : end instanceof Rational ? enclosing(end, 64) : Interval.of(Dyadic.from(end)),
  ) as [Interval, Interval];
  return a.hi.le(b.lo) ? Interval.of(a.hi, b.lo) : Interval.of(a.lo);
}

/** The largest |f - net| at points that the seed chooses, rounded down: a second look at what was proved. */
function observe(network: Network, target: Target, inner: Interval, seed: number): { points: number; largest: Dyadic } {
  const points = Math.max(4, Math.min(POINTS, Math.floor(POINT_COST / network.connectivity)));
  let largest = Dyadic.ZERO;
  let state = seed >>> 0;
  for (let i = 0; i < points; i++) {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    const part = Dyadic.of(BigInt((t ^ (t >>> 14)) >>> 0), -32);
    const x = inner.lo.add(inner.width.mul(part));
    const value = target.enclose([Interval.of(x)], 80);
    if (value) largest = largest.max(value.sub(Interval.of(network.evaluate([x])[0] as Dyadic)).abs().lo);
  }
  return { points, largest };
}

type Stage = keyof Outcome['stages'];

class Watch {
  readonly stages: { [K in Stage]?: number } = {};
  private last = performance.now();

  lap(stage: Stage): void {
    const now = performance.now();
    this.stages[stage] = Math.round((now - this.last) * 1000) / 1e6;
    this.last = now;
  }
}
