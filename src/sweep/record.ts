/**
 * A record: what a job gave, as one line of JSON. Everything but `times` depends on the job and the versions alone, so that
 * two runs agree bit for bit wherever they ran; `withoutTimes` is the text to compare.
 */
import { Dyadic, InputError, outward, Rational, refuse, wholeNumber } from '../exact/index.ts';
import { isJobId, type Job, jobId, readJob } from './job.ts';
import { listOf, numberOf, objectOf, oneOf, textOf } from './read.ts';

/** The layout of records; a change of meaning raises it. */
export const RECORD_VERSION = 1;
/** Most characters of a record's line. */
export const MAX_RECORD = 1 << 20;

export interface Versions {
  readonly dyadnet: string;
  readonly node: string;
  readonly record: number;
}

/** A bound, rounded outward to float64, and exactly. */
export interface Bound {
  readonly value: number;
  readonly exact: string;
}

export interface Result {
  /** The construction that was taken. */
  readonly method: string;
  readonly depth: number;
  readonly width: number;
  /** M: non-zero weights, which is also the multiplications of one evaluation. */
  readonly connectivity: number;
  readonly alphabetSize: number;
  readonly integerBits: number;
  readonly fractionalBits: number;
  /** Bytes of the network's file, and its SHA-256. */
  readonly bytes: number;
  readonly sha256: string;
  readonly denseBits: number;
  readonly nonZeroBits: number;
  /** lower <= sup |f - net| <= upper. */
  readonly upper: Bound;
  readonly lower: Bound;
  readonly restsOn: readonly string[];
  /** File bits times `upper`. */
  readonly kappa: Bound;
  /** Before the quantiser: bytes and proved error of the network that was built. */
  readonly built?: { readonly bytes: number; readonly upper: Bound };
  /** The largest |f - net| at the seeded points: never above `upper`. */
  readonly observed: { readonly points: number; readonly largest: Bound };
}

const FAILURES = ['input', 'error', 'time', 'memory', 'crash'] as const;

export interface Failure {
  /** The job asks for what there is not; an exception; a limit; a process that died. */
  readonly kind: (typeof FAILURES)[number];
  readonly message: string;
}

/** Seconds of each stage, and when the job ended (ISO 8601, UTC): all that differs between two runs. */
export interface Times {
  readonly finished: string;
  readonly seconds: number;
  readonly build?: number;
  readonly quantise?: number;
  readonly certify?: number;
  readonly measure?: number;
}

interface Common {
  readonly id: string;
  readonly job: Job;
  readonly versions: Versions;
  readonly times: Times;
}

export type JobRecord = Common &
  (
    | { readonly status: 'proved' | 'undecided'; readonly result: Result }
    | { readonly status: 'failed'; readonly error: Failure }
  );

/** The record but its times, as the text that two runs have in common. */
export function withoutTimes(record: JobRecord): string {
  const { times: _, ...rest } = record;
  return JSON.stringify(rest);
}

/** Reads a record, believing nothing: its id must be its job's, its numbers must be those that its exact texts say. */
export function readRecord(value: unknown, where: string): JobRecord {
  const f = objectOf(value, where, ['id', 'job', 'versions', 'status', 'result', 'error', 'times']);
  const job = readJob(f.job, `${where}.job`);
  if (!isJobId(f.id) || f.id !== jobId(job)) refuse(`${where}.id`, `the job's hash ${jobId(job)}`, f.id);
  const status = oneOf(f.status, `${where}.status`, ['proved', 'undecided', 'failed']);
  const common = { id: f.id, job, versions: readVersions(f.versions, `${where}.versions`) };
  const times = readTimes(f.times, `${where}.times`);
  if (status === 'failed') {
    if (f.result !== undefined) refuse(where, 'a failed job without a result', 'a result');
    return Object.freeze({ ...common, status, error: readFailure(f.error, `${where}.error`), times });
  }
  if (f.error !== undefined) refuse(where, 'a finished job without an error', 'an error');
  return Object.freeze({ ...common, status, result: readResult(f.result, `${where}.result`), times });
}

function readVersions(value: unknown, where: string): Versions {
  const f = objectOf(value, where, ['dyadnet', 'node', 'record']);
  const record = wholeNumber(`${where}.record`, f.record, 1, RECORD_VERSION);
  return Object.freeze({
    dyadnet: textOf(f.dyadnet, `${where}.dyadnet`, 40),
    node: textOf(f.node, `${where}.node`, 40),
    record,
  });
}

function readTimes(value: unknown, where: string): Times {
  const stages = ['build', 'quantise', 'certify', 'measure'] as const;
  const f = objectOf(value, where, ['finished', 'seconds', ...stages]);
  const finished = textOf(f.finished, `${where}.finished`, 24);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(finished)) refuse(`${where}.finished`, 'a time', finished);
  const seconds = (key: string): number => numberOf(f[key], `${where}.${key}`, 0, 1e9);
  return Object.freeze({
    finished,
    seconds: seconds('seconds'),
    ...Object.fromEntries(stages.filter((k) => f[k] !== undefined).map((k) => [k, seconds(k)])),
  });
}

function readFailure(value: unknown, where: string): Failure {
  const f = objectOf(value, where, ['kind', 'message']);
  return Object.freeze({
    kind: oneOf(f.kind, `${where}.kind`, FAILURES),
    message: textOf(f.message, `${where}.message`, 2000),
  });
}

const COUNTS = [
  'depth',
  'width',
  'connectivity',
  'alphabetSize',
  'integerBits',
  'fractionalBits',
  'bytes',
  'denseBits',
  'nonZeroBits',
] as const;

function readResult(value: unknown, where: string): Result {
  const f = objectOf(value, where, [
    'method',
    ...COUNTS,
    'sha256',
    'upper',
    'lower',
    'restsOn',
    'kappa',
    'built',
    'observed',
  ]);
  const hash = textOf(f.sha256, `${where}.sha256`, 64);
  if (!/^[0-9a-f]{64}$/.test(hash)) refuse(`${where}.sha256`, '64 hexadecimal digits', hash);
  const count = (key: string): number => wholeNumber(`${where}.${key}`, f[key], 0, Number.MAX_SAFE_INTEGER);
  const upper = readBound(f.upper, `${where}.upper`, 'up');
  const observed = readObserved(f.observed, `${where}.observed`);
  if (Dyadic.parse(observed.largest.exact).gt(Dyadic.parse(upper.exact))) {
    refuse(`${where}.observed`, `at most the proved ${upper.exact}`, observed.largest.exact);
  }
  const [depth, width, connectivity, alphabetSize, integerBits, fractionalBits, bytes, denseBits, nonZeroBits] =
    COUNTS.map(count) as [number, number, number, number, number, number, number, number, number];
  return Object.freeze({
    method: textOf(f.method, `${where}.method`, 60),
    ...{ depth, width, connectivity, alphabetSize, integerBits, fractionalBits, bytes },
    sha256: hash,
    ...{ denseBits, nonZeroBits, upper },
    lower: readBound(f.lower, `${where}.lower`, 'down'),
    restsOn: Object.freeze(listOrNone(f.restsOn, `${where}.restsOn`)),
    kappa: readBound(f.kappa, `${where}.kappa`, 'up'),
    ...(f.built === undefined ? {} : { built: readBuilt(f.built, `${where}.built`) }),
    observed,
  });
}

function listOrNone(value: unknown, where: string): readonly string[] {
  if (Array.isArray(value) && value.length === 0) return [];
  return listOf(value, where, 32).map((v, i) => textOf(v, `${where}[${i}]`, 25_000));
}

function readBuilt(value: unknown, where: string): { bytes: number; upper: Bound } {
  const f = objectOf(value, where, ['bytes', 'upper']);
  return Object.freeze({
    bytes: wholeNumber(`${where}.bytes`, f.bytes, 0, Number.MAX_SAFE_INTEGER),
    upper: readBound(f.upper, `${where}.upper`, 'up'),
  });
}

function readObserved(value: unknown, where: string): Result['observed'] {
  const f = objectOf(value, where, ['points', 'largest']);
  return Object.freeze({
    points: wholeNumber(`${where}.points`, f.points, 0, 1 << 20),
    largest: readBound(f.largest, `${where}.largest`, 'down'),
  });
}

/** The exact text is what counts; the number beside it must be it, rounded outward. */
function readBound(value: unknown, where: string, mode: 'up' | 'down'): Bound {
  const f = objectOf(value, where, ['value', 'exact']);
  const exact = textOf(f.exact, `${where}.exact`, 4000);
  const bound = boundOf(parseExact(exact, where), mode);
  if (bound.exact !== exact || bound.value !== f.value) refuse(where, `${bound.value} for ${exact}`, f.value);
  return bound;
}

function parseExact(text: string, where: string): Dyadic {
  try {
    return Rational.parse(text).toDyadic() ?? refuse(where, 'a dyadic number', text);
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`${where}: expected a number`);
    throw error;
  }
}

/** A bound as records keep it, 64 binary digits long. Throws InputError beyond the range of float64. */
export function boundOf(x: Dyadic, mode: 'up' | 'down'): Bound {
  const bound = outward(x.roundBits(64, mode), mode);
  if (!Number.isFinite(bound.value)) refuse('record', 'a bound within the range of float64', bound.exact);
  return Object.freeze(bound);
}
