/**
 * The layout of a weight gadget: which letters, which layers, which copies [DLS18, Prop. 3].
 *
 * |k| <= 2^t is written as t + 1 binary digits of places 1, 2, ..., t and t again (so that 2^t has digits too), and a digit of
 * place j is a path whose letters multiply to 2^-j.
 *
 *   fixed      the topology does not depend on k: every digit ends in a pair of letters (+2^-e, +2^-e) for 1, (+2^-e, -2^-e) for 0
 *   selected   the paper's: a digit 0 is a missing connection, so one letter a digit is enough (and a layer less, sometimes)
 */
import { wholeNumber } from '../exact/index.ts';
import { Alphabet, HALVES, linearAlphabet } from './alphabet.ts';
import { oneSidedExponents, stampCounts, stampsFor, twoOrMore, twoSidedExponents } from './ladder.ts';

export type Topology = 'fixed' | 'selected';
export type Quantisation = 'lambda' | 'linear';

/** One digit's way through the layers: exponents, one a layer; 0 hands the value on unchanged. */
export interface Route {
  /** The path is worth 2^-place (a pair ends it in a fixed layout). */
  readonly place: number;
  readonly exponents: readonly number[];
}

export interface Layout {
  readonly kind: 'letter' | 'horner' | 'ladder';
  readonly lambda: number;
  readonly quantisation: Quantisation;
  readonly topology: Topology;
  /** Weights are multiples of 2^-t. */
  readonly t: number;
  readonly alphabet: Alphabet;
  readonly depth: number;
  /** Horner: bits a digit (log2 of the radix). */
  readonly digitBits: number;
  /** Ladder: the digits' routes. */
  readonly routes: readonly Route[];
}

export const MAX_LAMBDA = 64;
const MAX_T = 256;

/** The shallowest layout for `lambda` distinct values. Throws InputError for lambda < 2, t < 1 and beyond the limits. */
export function gadgetLayout(lambda: number, t: number, topology: Topology, quantisation: Quantisation): Layout {
  wholeNumber('weight: t', t, 1, MAX_T);
  if (quantisation === 'linear') return linearLayout(lambda, t, topology);
  wholeNumber('weight: lambda', lambda, 2, MAX_LAMBDA);
  const base = { lambda, quantisation, topology, t, digitBits: 1, routes: [] as Route[] };
  if (topology === 'selected' && t + 1 <= Math.log2(lambda)) {
    const letters: number[] = [];
    for (let k = 1; k <= 2 ** t; k++) letters.push(k / 2 ** t, -k / 2 ** t);
    return { ...base, kind: 'letter', alphabet: new Alphabet(letters), depth: 1 };
  }
  if (lambda > 2) {
    for (let depth = 2; depth <= t + 1; depth++) {
      const routes = twoSided(lambda, t, topology, depth) ?? oneSided(lambda, t, topology, depth);
      if (routes) return { ...base, kind: 'ladder', depth, ...routes };
    }
  }
  return { ...base, kind: 'horner', alphabet: HALVES, depth: t + 1 };
}

/** Horner's scheme in radix lambda: acc <- acc/lambda + (digit/lambda) x [DLS18, Sec. 4.4]. */
function linearLayout(lambda: number, t: number, topology: Topology): Layout {
  const alphabet = linearAlphabet(lambda);
  const digitBits = Math.log2(lambda);
  const digits = Math.ceil(t / digitBits);
  const single = digits === 1 && topology === 'selected';
  return {
    kind: single ? 'letter' : 'horner',
    lambda,
    quantisation: 'linear',
    topology,
    t,
    alphabet,
    depth: single ? 1 : digits + 1,
    digitBits,
    routes: [],
  };
}

type Routes = Pick<Layout, 'alphabet' | 'routes'>;

/** Places to be reached: a pair of letters is worth twice one letter, so its exponents sum to place + 1. */
function places(t: number, topology: Topology): { place: number; total: number }[] {
  if (topology === 'fixed') return Array.from({ length: t }, (_, j) => ({ place: j + 1, total: j + 2 }));
  return Array.from({ length: Math.max(t - 1, 1) }, (_, j) => ({ place: j + 2, total: j + 2 }));
}

function twoSided(lambda: number, t: number, topology: Topology, depth: number): Routes | undefined {
  const wanted = places(t, topology);
  const limit = (wanted[wanted.length - 1] as { total: number }).total;
  const exponents = twoSidedExponents(Math.floor(lambda / 2), depth, limit);
  if (!exponents) return undefined;
  const least = stampCounts(exponents, limit);
  return {
    alphabet: new Alphabet(exponents.flatMap((e) => [2 ** -e, -(2 ** -e)])),
    routes: wanted.map(({ place, total }) => {
      const [first, ...rest] = twoOrMore(total, exponents, least);
      return { place, exponents: [first as number, ...zeros(depth - 1 - rest.length), ...rest] };
    }),
  };
}

function oneSided(lambda: number, t: number, topology: Topology, depth: number): Routes | undefined {
  const wanted = places(t, topology);
  const limit = (wanted[wanted.length - 1] as { total: number }).total - 2;
  const exponents = oneSidedExponents(lambda - 1, depth - 2, Math.max(limit, 1)) ?? (limit < 1 ? [1] : undefined);
  if (!exponents) return undefined;
  const least = stampCounts(exponents, Math.max(limit, 1));
  return {
    alphabet: new Alphabet([-0.5, ...exponents.map((e) => 2 ** -e)]),
    routes: wanted.map(({ place, total }) => {
      const middle = stampsFor(total - 2, exponents, least);
      return { place, exponents: [1, ...zeros(depth - 2 - middle.length), ...middle, 1] };
    }),
  };
}

const zeros = (n: number): number[] => new Array<number>(n).fill(0);
