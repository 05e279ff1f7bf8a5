/**
 * Tiny budgets, exactly: all networks with one input, width at most 2, depth at most 3 and weights of a few levels are looked
 * at in the core (assembly/tiny.ts). For each target, a function that is linear between the points k/n of [0, 1], the result
 * is the true best sup error over all these networks, and a network that has it; the largest of these errors is the minimax
 * error of the family of networks over the finite family of targets.
 */
import { Dyadic, gcd, Rational, refuse, wholeNumber } from '../exact/index.ts';
import { LayerBuilder, Network, type Weight } from '../net/index.ts';
import type { CoreBuild } from './runtime.ts';
import { tools } from './tools.ts';

export interface ExhaustiveOptions {
  /** Most layers, 1..3. */
  readonly depth: 1 | 2 | 3;
  /** The weights are m 2^-scale, m one of `mantissas` (different whole numbers, 0 among them, at most 15 in magnitude). */
  readonly levels: { readonly mantissas: readonly number[]; readonly scale: number };
  /** Heights at k/n, k = 0..n, the same n for all: whole numbers, in units of 2^-heightScale. */
  readonly targets: readonly ArrayLike<number>[];
  /** 0 by default, at most 12. */
  readonly heightScale?: number;
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
  /** The core's build, for tests. */
  readonly build?: CoreBuild;
}

export interface ExhaustiveResult {
  readonly status: 'proved';
  /** Networks of the family, all of them looked at (up to the order of units). */
  readonly networks: number;
  /** For every target the least sup error over [0, 1]. */
  readonly errors: readonly Rational[];
  /** For every target a network with this error. */
  readonly best: readonly Network[];
  /** The largest of the errors, and the target it belongs to. */
  readonly minimax: Rational;
  readonly worst: number;
}

/** Most networks of one search. */
export const MAX_TINY_NETWORKS = 2 ** 31;
const MOST_TARGETS = 4096;
const MOST_STEPS = 128;
const MOST_LEVELS = 31;
const WEIGHTS = [2, 7, 13] as const;
/** Networks a call, so that progress and abortion come through. */
const CHUNK = 1 << 16;
const FAR = (1n << 63n) - 1n;

/**
 * Levels of Q(0, b): all k 2^-b below 2 in magnitude.
 * Throws InputError unless b is in 1..2 (beyond, the networks are too many).
 */
export function tinyLevels(bits: number): { mantissas: number[]; scale: number } {
  wholeNumber('tinyLevels bits', bits, 1, 2);
  const most = 2 ** (bits + 1) - 1;
  return { mantissas: Array.from({ length: 2 * most + 1 }, (_, i) => i - most), scale: bits };
}

/** Throws InputError where the search is none or too large, and the signal's reason when it is aborted. */
export async function exhaustive(options: ExhaustiveOptions): Promise<ExhaustiveResult> {
  const { levels, targets, heightScale = 0 } = checked(options);
  const { depth, onProgress, signal } = options;
  const n = (targets[0] as ArrayLike<number>).length - 1;
  const running = await tools(options.build);
  const sizes = {
    levels: 4 * levels.mantissas.length,
    heights: 4 * targets.length * (n + 1),
    each: 8 * targets.length,
  };
  const job = 16 + 256 + 24 * (n + 10);
  const round = (bytes: number): number => Math.ceil(bytes / 8) * 8;
  const total = round(sizes.levels) + round(sizes.heights) + 2 * sizes.each + job;
  const at = running.take(total);
  const places = { levels: at, heights: at + round(sizes.levels) } as const;
  const best = places.heights + round(sizes.heights);
  const which = best + sizes.each;
  const jobAt = which + sizes.each;
  const found = targets.map(() => ({ error: undefined as Rational | undefined, depth: 1, index: 0n }));
  let networks = 0;
  const counts = WEIGHTS.slice(0, depth).map((w) => levels.mantissas.length ** w);
  const all = counts.reduce((a, b) => a + b, 0);
  try {
    running.i32.set(levels.mantissas, places.levels >> 2);
    targets.forEach((heights, t) => {
      running.i32.set(Int32Array.from(heights), (places.heights >> 2) + t * (n + 1));
    });
    for (const [d, count] of counts.entries()) {
      const common = commonMultiple(d + 1, n, levels.mantissas);
      const wide = (): DataView => new DataView(running.calls.memory.buffer);
      for (let t = 0; t < targets.length; t++) wide().setBigInt64(best + 8 * t, FAR, true);
      wide().setBigInt64(jobAt + 8, common, true);
      let shown = performance.now();
      for (let first = 0; first < count; first += CHUNK) {
        signal?.throwIfAborted();
        wide().setBigInt64(jobAt, BigInt(first), true);
        running.typed.searchTiny(
          d + 1,
          Math.min(CHUNK, count - first),
          places.levels,
          levels.mantissas.length,
          levels.scale,
          places.heights,
          targets.length,
          n,
          heightScale,
          best,
          which,
          jobAt,
        );
        if (performance.now() - shown > 50) {
          onProgress?.((networks + first) / all);
          await new Promise((resolve) => setTimeout(resolve));
          shown = performance.now();
        }
      }
      networks += count;
      const unit = common << BigInt((d + 1) * levels.scale + heightScale);
      found.forEach((f, t) => {
        const error = Rational.of(wide().getBigInt64(best + 8 * t, true), unit);
        if (f.error && f.error.compare(error) <= 0) return;
        Object.assign(f, { error, depth: d + 1, index: wide().getBigInt64(which + 8 * t, true) });
      });
    }
  } finally {
    running.give(at, total);
  }
  onProgress?.(1);
  const errors = found.map((f) => f.error as Rational);
  const worst = errors.reduce((w, e, t) => (e.compare(errors[w] as Rational) > 0 ? t : w), 0);
  return Object.freeze({
    status: 'proved' as const,
    networks,
    errors: Object.freeze(errors),
    best: Object.freeze(found.map((f) => tinyNetwork(f.depth, f.index, levels))),
    minimax: errors[worst] as Rational,
    worst,
  });
}

type Checked = Pick<ExhaustiveOptions, 'levels' | 'targets' | 'heightScale'>;

function checked({ depth, levels, targets, heightScale }: ExhaustiveOptions): Checked {
  const where = 'exhaustive';
  wholeNumber(`${where} depth`, depth, 1, 3);
  const { mantissas, scale } = levels;
  wholeNumber(`${where} levels`, mantissas.length, 1, MOST_LEVELS);
  wholeNumber(`${where} scale`, scale, 0, 4);
  for (const m of mantissas) wholeNumber(`${where} mantissa`, m, -15, 15);
  if (!mantissas.includes(0) || new Set(mantissas).size !== mantissas.length) {
    refuse(`${where} levels`, 'different mantissas with 0 among them', mantissas);
  }
  const networks = mantissas.length ** (WEIGHTS[depth - 1] as number);
  if (networks > MAX_TINY_NETWORKS) refuse(where, `at most ${MAX_TINY_NETWORKS} networks`, networks);
  wholeNumber(`${where} targets`, targets.length, 1, MOST_TARGETS);
  wholeNumber(`${where} heightScale`, heightScale ?? 0, 0, 12);
  const n = (targets[0] as ArrayLike<number>).length - 1;
  wholeNumber(`${where} steps n`, n, 1, MOST_STEPS);
  targets.forEach((heights, t) => {
    if (heights.length !== n + 1) refuse(`${where} target ${t + 1}`, `${n + 1} heights`, heights.length);
    for (let k = 0; k <= n; k++) wholeNumber(`${where} target ${t + 1}`, heights[k], -65536, 65536);
  });
  return { levels, targets, heightScale: heightScale ?? 0 };
}

/** A multiple of the denominators of all knots and kinks; refused where errors over it would not fit 64 bits. */
function commonMultiple(depth: number, n: number, mantissas: readonly number[]): bigint {
  const most = mantissas.reduce((a, m) => Math.max(a, Math.abs(m)), 0);
  const last = depth === 1 ? 1 : depth === 2 ? most : 2 * most * most;
  let common = BigInt(n);
  for (let q = 2; q <= last; q++) {
    common = (common / gcd(common, BigInt(q))) * BigInt(q);
    if (common >> 24n > 0n) refuse('exhaustive', 'levels and steps with a common denominator below 2^24', `${common}`);
  }
  return common;
}

/** Network `index` of the odometer of assembly/tiny.ts. */
function tinyNetwork(depth: number, index: bigint, { mantissas, scale }: ExhaustiveOptions['levels']): Network {
  const weights: Weight[] = [];
  let rest = index;
  for (let i = 0; i < (WEIGHTS[depth - 1] as number); i++) {
    weights.unshift(Dyadic.of(BigInt(mantissas[Number(rest % BigInt(mantissas.length))] as number), -scale));
    rest /= BigInt(mantissas.length);
  }
  const next = (): Weight => weights.shift() as Weight;
  const layers = [];
  let inputs = 1;
  for (let l = 0; l < depth; l++) {
    const layer = new LayerBuilder(inputs);
    for (let unit = 0; unit < (l === depth - 1 ? 1 : 2); unit++) {
      const terms = Array.from({ length: inputs }, (_, j): [number, Weight] => [j, next()]);
      layer.unit(next(), ...terms);
    }
    layers.push(layer.build());
    inputs = 2;
  }
  return new Network(layers);
}
