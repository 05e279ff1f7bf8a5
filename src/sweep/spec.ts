/**
 * A sweep's specification, validated, and expanded to jobs.
 *
 *   { "targets": [...], "methods": [...], "epsilons" | "bytes" | "widths" and "depths": [...], "bits": [...],
 *     "quantisers": [...], "seed": 0, "limits": {...} }         every combination
 *   { "grids": [{ "targets": ... }, ...], "limits": {...} }     several such grids
 *   { "jobs": [...], "limits": {...} }                          exactly these
 *
 * Jobs that are equal are one job. The order of the jobs is that of the lists, the last list fastest.
 */
import { InputError, refuse } from '../exact/index.ts';
import { readTable } from '../io/index.ts';
import { METHODS } from '../workbench/index.ts';
import {
  type Job,
  type JobLimits,
  type JobTarget,
  jobId,
  OPTIONS,
  type Quantiser,
  readDomain,
  readJob,
  readLimits,
  readOptions,
  readQuantiser,
  readTarget,
  SIZES,
} from './job.ts';
import { type Fields, listOf, objectOf, oneOf, sha256, textOf } from './read.ts';

/** Most jobs of one sweep. */
export const MAX_JOBS = 1_000_000;
/** Most bytes of a table: it travels to every worker. */
export const MAX_TABLE = 16 << 20;

export interface Sweep {
  /** By id, in the order of the specification. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly limits: JobLimits;
  /** Tables' files by their SHA-256. */
  readonly tables: ReadonlyMap<string, Uint8Array>;
  /** Jobs that were asked for more than once. */
  readonly repeated: number;
}

/** The budget construction of the class, which asks for W, L and b. */
const BUDGET = 'lipschitz';
const METHOD_NAMES = ['auto', ...METHODS.map(({ name }) => name), BUDGET];
const GRID = ['targets', 'methods', 'epsilons', 'bytes', 'widths', 'depths', 'bits', 'quantisers', 'seed'];
const COMMON = ['limits', 'about'];
const MAX_LIST = 10_000;

/**
 * Reads a specification. `open` reads the file of a table that the specification names. Throws InputError for anything
 * that is not asked for in the way above.
 */
export function readSpec(value: unknown, open: (path: string) => Uint8Array, where = 'spec'): Sweep {
  const has = (key: string): boolean => typeof value === 'object' && value !== null && key in value;
  const form = has('jobs') ? ['jobs'] : has('grids') ? ['grids'] : GRID;
  const f = objectOf(value, where, [...form, ...COMMON]);
  if (f.about !== undefined) textOf(f.about, `${where}.about`, 10_000);
  const tables = new Tables(open);
  const jobs = new Map<string, Job>();
  let asked = 0;
  for (const job of expand(f, tables, where)) {
    if (++asked > MAX_JOBS) throw new InputError(`${where}: expected at most ${MAX_JOBS} jobs`);
    const id = jobId(job);
    if (!jobs.has(id)) jobs.set(id, job);
  }
  const limits = readLimits(f.limits, `${where}.limits`);
  return Object.freeze({ jobs, limits, tables: tables.files, repeated: asked - jobs.size });
}

/** The tables that are named, each read once. */
class Tables {
  readonly files = new Map<string, Uint8Array>();
  private readonly known = new Map<string, string>();

  constructor(private readonly open: (path: string) => Uint8Array) {}

  /** The SHA-256 of the file; checks that it is a table. */
  hash(path: string, swap: boolean, where: string): string {
    const key = `${swap} ${path}`;
    const known = this.known.get(key);
    if (known) return known;
    const bytes = this.open(path);
    if (bytes.length > MAX_TABLE) refuse(where, `a table of at most ${MAX_TABLE} bytes`, bytes.length);
    readTable(bytes, { swap, name: path });
    const hash = sha256(bytes);
    this.files.set(hash, bytes);
    this.known.set(key, hash);
    return hash;
  }
}

function* expand(f: Fields, tables: Tables, where: string): Generator<Job> {
  if (f.jobs !== undefined) yield* listed(f, tables, where);
  else if (f.grids === undefined) yield* combined(f, tables, where);
  else {
    const grids = listOf(f.grids, `${where}.grids`, MAX_LIST);
    for (let i = 0; i < grids.length; i++) {
      const at = `${where}.grids[${i}]`;
      yield* combined(objectOf(grids[i], at, GRID), tables, at);
    }
  }
}

function* listed(f: Fields, tables: Tables, where: string): Generator<Job> {
  const list = listOf(f.jobs, `${where}.jobs`, MAX_JOBS);
  for (let i = 0; i < list.length; i++) {
    const at = `${where}.jobs[${i}]`;
    if (typeof list[i] !== 'object' || list[i] === null) refuse(at, 'an object', list[i]);
    const job = list[i] as Fields;
    if (job.method !== undefined) oneOf(job.method, `${at}.method`, METHOD_NAMES);
    yield readJob({ ...job, target: readTargetOf(job.target, tables, `${at}.target`) }, at);
  }
}

function* combined(f: Fields, tables: Tables, where: string): Generator<Job> {
  const list = <T>(name: string, read: (v: unknown, at: string) => T): readonly T[] =>
    f[name] === undefined
      ? []
      : listOf(f[name], `${where}.${name}`, MAX_LIST).map((v, i) => read(v, `${where}.${name}[${i}]`));
  if (f.targets === undefined) refuse(`${where}.targets`, 'a list', f.targets);
  const targets = list('targets', (v, at) => readTarget(readTargetOf(v, tables, at), at));
  const methods = f.methods === undefined ? [{ method: 'auto' }] : list('methods', methodsOf).flat();
  const sizes = sizesOf(list, where);
  const bits = f.bits === undefined ? [null] : list('bits', (v, at) => (v === null ? null : SIZES.bits(v, at)));
  const quantisers = f.quantisers === undefined ? [undefined] : list('quantisers', quantisersOf).flat();
  const budget = methods.findIndex(({ method }) => method === BUDGET);
  if (budget >= 0 && (bits.includes(null) || sizes.some((size) => !('width' in size)))) {
    refuse(`${where}.methods`, `widths, depths and bits only, beside ${BUDGET}`, 'others');
  }
  const count = [targets, methods, sizes, bits, quantisers].reduce((n, l) => n * l.length, 1);
  if (count > MAX_JOBS) throw new InputError(`${where}: expected at most ${MAX_JOBS} jobs, got ${count}`);
  for (const target of targets) {
    for (const { method, options } of methods) {
      for (const size of sizes) {
        for (const b of bits) {
          for (const quantiser of quantisers) {
            const job = {
              target,
              method,
              options,
              ...size,
              ...(b === null ? {} : { bits: b }),
              quantiser,
              seed: f.seed,
            };
            yield readJob(dropUndefined(job), where);
          }
        }
      }
    }
  }
}

/** The epsilons, then the bytes, then every width with every depth. */
function sizesOf(
  list: <T>(name: string, read: (v: unknown, at: string) => T) => readonly T[],
  where: string,
): readonly object[] {
  const widths = list('widths', SIZES.width);
  const depths = list('depths', SIZES.depth);
  if ((widths.length === 0) !== (depths.length === 0)) refuse(where, 'widths and depths together', 'one of them');
  const sizes = [
    ...list('epsilons', SIZES.epsilon).map((epsilon) => ({ epsilon })),
    ...list('bytes', SIZES.bytes).map((bytes) => ({ bytes })),
    ...widths.flatMap((width) => depths.map((depth) => ({ width, depth }))),
  ];
  if (sizes.length === 0) refuse(where, 'epsilons, bytes, or widths and depths', 'none of them');
  return sizes;
}

/** An expression, { expression, domain } or { table, swap, domain }; a table's path becomes its name and hash. */
function readTargetOf(value: unknown, tables: Tables, where: string): JobTarget {
  if (typeof value === 'string') return { expression: value };
  const f = objectOf(value, where, ['expression', 'table', 'swap', 'domain']);
  const domain = f.domain === undefined ? {} : { domain: readDomain(f.domain, `${where}.domain`) };
  if (f.table === undefined) {
    if (f.swap !== undefined) refuse(where, 'swap with a table only', f.swap);
    return { expression: textOf(f.expression, `${where}.expression`, 20_000), ...domain };
  }
  if (f.expression !== undefined) refuse(where, 'either expression or table', 'both');
  const path = textOf(f.table, `${where}.table`, 4096);
  if (f.swap !== undefined && typeof f.swap !== 'boolean') refuse(`${where}.swap`, 'true or false', f.swap);
  const hash = tables.hash(path, f.swap === true, `${where}.table`);
  const name = path.split(/[\\/]/).pop() as string;
  return { table: name, sha256: hash, ...(f.swap ? { swap: true as const } : {}), ...domain };
}

/** A name, or { name, n, lambda, quantisation, constants }; a list of n or of lambda stands for one method each. */
function methodsOf(value: unknown, where: string): readonly Pick<Job, 'method' | 'options'>[] {
  const f = typeof value === 'string' ? { name: value } : objectOf(value, where, ['name', ...OPTIONS]);
  const at = typeof value === 'string' ? where : `${where}.name`;
  const method = oneOf(f.name, at, METHOD_NAMES);
  const { name: _, ...options } = f as Fields;
  const several = (key: string): readonly unknown[] =>
    Array.isArray(options[key]) ? listOf(options[key], `${where}.${key}`, MAX_LIST) : [options[key]];
  return several('n').flatMap((n) =>
    several('lambda').map((lambda) => {
      const asked = dropUndefined({ ...options, n, lambda });
      return { method, ...readOptions(method, Object.keys(asked).length > 0 ? asked : undefined, where) };
    }),
  );
}

/** "none", or a quantiser; a list of bits or of lambdas stands for one quantiser each. */
function quantisersOf(value: unknown, where: string): readonly (Quantiser | undefined)[] {
  if (value === 'none') return [undefined];
  if (typeof value === 'string') return [readQuantiser({ kind: value }, where)];
  const f = objectOf(value, where, ['kind', 'bits', 'rounding', 'lambda']);
  const key = ['bits', 'lambda'].find((k) => Array.isArray(f[k]));
  if (key === undefined) return [readQuantiser(f, where)];
  return listOf(f[key], `${where}.${key}`, MAX_LIST).map((v) => readQuantiser({ ...f, [key]: v }, where));
}

function dropUndefined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));
}
