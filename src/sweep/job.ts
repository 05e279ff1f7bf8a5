/**
 * A job: one network to build, quantise, certify and measure. It is plain JSON, the same on every machine, and its id is the
 * hash of its content: equal jobs have equal ids, in every sweep.
 *
 *   target      an expression (parsed, never executed), or a table by its name and the SHA-256 of its bytes
 *   method      a construction of `fit`, 'lipschitz' (within width, depth and bits), or 'auto'
 *   options     of the method: n, lambda, quantisation and constants of taylor and cached
 *   size        epsilon, or bytes, or width and depth (the least error within them)
 *   bits        weights in Q(a, bits)
 *   quantiser   what is done to the weights of the built network
 *   seed        of the points at which the result is measured
 */
import { expressionTarget, parseNumber } from '../exact/expression.ts';
import { InputError, Interval, Rational, refuse, wholeNumber } from '../exact/index.ts';
import { canonicalJson } from '../io/format-meta.ts';
import type { QuantisedOptions } from '../workbench/index.ts';
import { decimalOf, type Fields, numberOf, objectOf, oneOf, sha256, textOf } from './read.ts';

export type JobTarget =
  | { readonly expression: string; readonly domain?: readonly [string, string] }
  | {
      readonly table: string;
      readonly sha256: string;
      readonly swap?: true;
      readonly domain?: readonly [string, string];
    };

export type Quantiser =
  | { readonly kind: 'uniform'; readonly bits: number; readonly rounding: 'nearest' | 'floor' }
  | { readonly kind: 'float16' }
  | { readonly kind: 'depthPrecision'; readonly bits: number }
  | { readonly kind: 'codebook'; readonly lambda: number };

export interface Job {
  readonly target: JobTarget;
  readonly method: string;
  readonly options?: QuantisedOptions;
  readonly epsilon?: string;
  readonly bytes?: number;
  readonly width?: number;
  readonly depth?: number;
  readonly bits?: number;
  readonly quantiser?: Quantiser;
  readonly seed: number;
}

/** What a job may take; not a part of its id, since it does not change what is asked. */
export interface JobLimits {
  readonly seconds: number;
  readonly memoryMiB: number;
  /** How often a job is begun before its crash is recorded. */
  readonly attempts: number;
}

export const DEFAULT_LIMITS: JobLimits = { seconds: 600, memoryMiB: 1024, attempts: 4 };

const JOB_KEYS = ['target', 'method', 'options', 'epsilon', 'bytes', 'width', 'depth', 'bits', 'quantiser', 'seed'];
export const OPTIONS = ['n', 'lambda', 'quantisation', 'constants'];
const QUANTISERS = ['uniform', 'float16', 'depthPrecision', 'codebook'] as const;
const MAX_EXPRESSION = 20_000;

/** Reads a job, believing nothing. Throws InputError with `where` and what is wrong. */
export function readJob(value: unknown, where: string): Job {
  const f = objectOf(value, where, JOB_KEYS);
  const sizes = [f.epsilon, f.bytes, f.width ?? f.depth].filter((v) => v !== undefined).length;
  if (sizes !== 1) refuse(where, 'one of epsilon, bytes, or width and depth', sizes === 0 ? 'none' : 'several');
  const method = readMethod(f.method ?? 'auto', `${where}.method`);
  const given = (...keys: (keyof typeof SIZES)[]): object =>
    Object.fromEntries(keys.filter((k) => f[k] !== undefined).map((k) => [k, SIZES[k](f[k], `${where}.${k}`)]));
  if (f.width !== undefined || f.depth !== undefined) {
    for (const key of ['width', 'depth'] as const) SIZES[key](f[key], `${where}.${key}`);
  }
  return Object.freeze({
    target: readTarget(f.target, `${where}.target`),
    method,
    ...readOptions(method, f.options, `${where}.options`),
    ...given('epsilon', 'bytes', 'width', 'depth', 'bits'),
    ...(f.quantiser === undefined ? {} : { quantiser: readQuantiser(f.quantiser, `${where}.quantiser`) }),
    seed: wholeNumber(`${where}.seed`, f.seed ?? 0, 0, 2 ** 32 - 1),
  });
}

const whole =
  (lo: number, hi: number) =>
  (value: unknown, where: string): number =>
    wholeNumber(where, value, lo, hi);

/** How each number of a job is read. */
export const SIZES = {
  epsilon: (value: unknown, where: string): string => positive(value, where),
  bytes: whole(1, 2 ** 30),
  width: whole(1, 4096),
  depth: whole(1, 1 << 16),
  bits: whole(0, 4096),
};

/** The options that the method has; a field that is not there is the method's default. */
export function readOptions(method: string, value: unknown, where: string): { readonly options?: QuantisedOptions } {
  if (value === undefined && method !== 'taylor') return {};
  const keys = { taylor: OPTIONS, cached: OPTIONS.slice(1) }[method];
  if (!keys) return refuse(where, `no options beside the method ${method}`, value);
  const f = objectOf(value ?? {}, where, keys);
  const linear = f.quantisation === 'linear';
  const lambda =
    f.lambda === undefined ? {} : { lambda: wholeNumber(`${where}.lambda`, f.lambda, 2, linear ? 16 : 64) };
  if (linear && ![2, 4, 8, 16].includes(lambda.lambda ?? 2)) refuse(`${where}.lambda`, '2, 4, 8 or 16', f.lambda);
  return {
    options: Object.freeze({
      ...(method === 'taylor' ? { n: wholeNumber(`${where}.n`, f.n, 1, 16) } : {}),
      ...lambda,
      ...(f.quantisation === undefined
        ? {}
        : { quantisation: oneOf(f.quantisation, `${where}.quantisation`, ['lambda', 'linear']) }),
      ...(f.constants === undefined ? {} : { constants: oneOf(f.constants, `${where}.constants`, ['paper', 'sharp']) }),
    }),
  };
}

/** A target as it travels. */
export function readTarget(value: unknown, where: string): JobTarget {
  const f = objectOf(value, where, ['expression', 'table', 'sha256', 'swap', 'domain']);
  const domain = f.domain === undefined ? {} : { domain: readDomain(f.domain, `${where}.domain`) };
  if (f.expression !== undefined) {
    if (f.table !== undefined || f.sha256 !== undefined || f.swap !== undefined) {
      refuse(where, 'either expression or table', 'both');
    }
    const expression = textOf(f.expression, `${where}.expression`, MAX_EXPRESSION).trim();
    const { inputs } = expressionTarget(expression);
    if (inputs !== 1) refuse(`${where}.expression`, 'a function of x', `${inputs} inputs`);
    return Object.freeze({ expression, ...domain });
  }
  const hash = textOf(f.sha256, `${where}.sha256`, 64);
  if (!/^[0-9a-f]{64}$/.test(hash)) refuse(`${where}.sha256`, '64 hexadecimal digits', hash);
  if (f.swap !== undefined && f.swap !== true) refuse(`${where}.swap`, 'true, or nothing', f.swap);
  return Object.freeze({
    table: textOf(f.table, `${where}.table`, 255),
    sha256: hash,
    ...(f.swap ? { swap: true as const } : {}),
    ...domain,
  });
}

/** Two ends, each a number or a formula such as 2*pi, in order. */
export function readDomain(value: unknown, where: string): readonly [string, string] {
  if (!Array.isArray(value) || value.length !== 2) refuse(where, 'two ends such as [0, "2*pi"]', value);
  const ends = value.map((end, i) => decimalOf(end, `${where}[${i}]`)) as [string, string];
  const [lo, hi] = ends.map(domainEnd) as [Interval, Interval];
  if (!lo.hi.lt(hi.lo)) refuse(where, 'a lower end below the upper end', `[${ends.join(', ')}]`);
  return Object.freeze(ends);
}

/** An end as a point where it is dyadic, else enclosed to 64 bits. Throws InputError where it is no number. */
export function domainEnd(text: string): Interval {
  const number = parseNumber(text);
  const exact = number.exact?.toDyadic();
  return exact ? Interval.of(exact) : number.enclose(64);
}

function readMethod(value: unknown, where: string): string {
  const name = textOf(value, where, 40);
  if (!/^[a-z][a-zA-Z0-9-]*$/.test(name)) refuse(where, "a construction's name, or auto", name);
  return name;
}

function positive(value: unknown, where: string): string {
  const text = decimalOf(value, where);
  let sign: number;
  try {
    sign = Rational.parse(text).sign;
  } catch (error) {
    if (error instanceof InputError || error instanceof RangeError) return refuse(where, 'a number', text);
    throw error;
  }
  return sign > 0 ? text : refuse(where, 'a number above 0', text);
}

/** Each kind with the fields that it has. */
export function readQuantiser(value: unknown, where: string): Quantiser {
  const given = objectOf(value, where, ['kind', 'bits', 'rounding', 'lambda']);
  const kind = oneOf(given.kind, `${where}.kind`, QUANTISERS);
  const only = (...keys: string[]): Fields => objectOf(value, `${where} ${kind}`, ['kind', ...keys]);
  const bits = (f: Fields, least: number): number => wholeNumber(`${where}.bits`, f.bits, least, 4096);
  switch (kind) {
    case 'float16':
      only();
      return Object.freeze({ kind });
    case 'depthPrecision':
      return Object.freeze({ kind, bits: bits(only('bits'), 1) });
    case 'codebook':
      return Object.freeze({ kind, lambda: wholeNumber(`${where}.lambda`, only('lambda').lambda, 1, 1 << 16) });
    case 'uniform': {
      const f = only('bits', 'rounding');
      const rounding = oneOf(f.rounding ?? 'nearest', `${where}.rounding`, ['nearest', 'floor']);
      return Object.freeze({ kind, bits: bits(f, 0), rounding });
    }
  }
}

/** 32 hexadecimal digits of the SHA-256 of the job's canonical text. */
export function jobId(job: Job): string {
  return sha256(canonicalJson(job, 'job')).slice(0, 32);
}

export function isJobId(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{32}$/.test(text);
}

/** What people call it: the target's text. */
export function targetName(target: JobTarget): string {
  const domain = target.domain ? ` on [${target.domain.join(', ')}]` : '';
  if ('expression' in target) return `${target.expression}${domain}`;
  return `${target.table}${target.swap ? ' (inverse)' : ''}${domain}`;
}

/** What the method is called in tables. */
export function methodName({ method, options = {} }: Job): string {
  const { n, lambda, quantisation, constants } = options;
  const words = [n && `n ${n}`, lambda && `lambda ${lambda}`, quantisation === 'linear' && 'linear', constants];
  return [method, ...words.filter(Boolean)].join(' ');
}

/** What the quantiser is called in tables. */
export function quantiserName(quantiser: Quantiser | undefined): string {
  if (!quantiser) return 'none';
  if (quantiser.kind === 'float16') return 'float16';
  if (quantiser.kind === 'codebook') return `codebook ${quantiser.lambda}`;
  return `${quantiser.kind === 'uniform' ? quantiser.rounding : quantiser.kind} ${quantiser.bits}`;
}

export function readLimits(value: unknown, where: string): JobLimits {
  const f: Fields = value === undefined ? {} : objectOf(value, where, ['seconds', 'memoryMiB', 'attempts']);
  return Object.freeze({
    seconds: numberOf(f.seconds ?? DEFAULT_LIMITS.seconds, `${where}.seconds`, 0.1, 7 * 86_400),
    memoryMiB: wholeNumber(`${where}.memoryMiB`, f.memoryMiB ?? DEFAULT_LIMITS.memoryMiB, 128, 1 << 20),
    attempts: wholeNumber(`${where}.attempts`, f.attempts ?? DEFAULT_LIMITS.attempts, 1, 100),
  });
}
