/**
 * Networks that interpolate a target within epsilon, as far as float64 can tell, the smallest first: the tube around samples
 * of the target, the fewest lines that it admits, polylines of short numbers near that on lattices of several densities, and
 * each of them as a network in its forms. Whoever asks says how size is counted, and has the result proved.
 */
import { Dyadic, InputError, Interval, Rational, refuse, type Target } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { type DyadicKnot, type InterpolateOptions, interpolate, interpolateForms } from './interpolate.ts';
import { type LatticePath, latticePath, PLAIN_PRICES, type Prices } from './interpolate-lattice.ts';
import { evenPath, roundedPath } from './interpolate-rounded.ts';
import { fewestLines, type Samples, sample, type TubeLine, tubeAround } from './interpolate-tube.ts';

export interface InterpolateRequest {
  readonly target: Target;
  /** The domain's hull. */
  readonly domain: Interval;
  /** The largest interval on which the target is surely defined; default: the domain. */
  readonly inner?: Interval;
  /** Wanted error, above 0. */
  readonly epsilon: number;
  /** Points where an earlier network was too far off. */
  readonly near?: readonly number[];
  /** Q(a, b) of the weights, see `interpolate`. */
  readonly bits?: number | undefined;
  readonly integerBits?: number | undefined;
  /** 'quick' looks at a few lattices only. */
  readonly effort?: 'quick' | 'full';
  /** What is to be made small, such as the bytes of the network's file. */
  readonly size: (network: Network) => number;
}

export interface InterpolateCandidate {
  readonly network: Network;
  readonly size: number;
  /** Linear pieces over the domain. */
  readonly lines: number;
  /** Pieces of a shortest polyline with real knots and slopes. */
  readonly fewest: number;
}

/** The part of epsilon that the samples may stray from the target, and that is kept for what float64 loses. */
const SLACK = 1 / 128;

/** How dense a lattice is: [knotsPerLine, slopesPerLine, shared]. */
type Density = readonly [number, number, boolean];

/** In the order in which they are tried. None is best for all targets; the sizes that they lead to differ by a tenth or two. */
const DENSITIES: readonly Density[] = [
  [8, 0.5, false],
  [4, 0.25, true],
  [4, 0.5, true],
  [4, 1, false],
  [2, 0.25, true],
  [2, 0.5, true],
  [8, 0.25, false],
  [4, 0.5, false],
  [4, 1, true],
  [4, 0.25, false],
  [8, 1, false],
  [8, 0.25, true],
  [16, 1, false],
  [8, 0.5, true],
];
/** Finer ones, for tubes through which nothing coarser leads. */
const FINE_DENSITIES: readonly Density[] = [
  [8, 2, false],
  [16, 2, false],
  [16, 8, false],
  [64, 16, false],
  [256, 64, false],
];
/** One line only: coarser and finer slopes. */
const LINE_DENSITIES: readonly Density[] = [0.25, 0.5, 1, 2, 4, 8].map((slopes) => [1, slopes, true] as const);
/** About how many steps the search may take before it has found something, and all in all. */
const STEPS_FOR_ONE = 2e8;
const STEPS = 6e7;
/** Polylines whose networks are built and measured, and about how many units these may have in all. */
const PATHS_ENCODED = 12;
const UNITS_ENCODED = 2000;

/** The networks found, smallest first. Throws InputError where the target is not finite or Q(a, b) holds none of them. */
export function interpolateWithin(request: InterpolateRequest): InterpolateCandidate[] {
  const { target, domain, epsilon, near = [] } = request;
  const quick = request.effort === 'quick';
  const chord = chordOf(request);
  if (chord && isBelowFloats(chord, epsilon)) {
    const even = evenPath(target, request.inner ?? domain, domain, epsilon);
    if (!even) refuse(`fit ${target.text}`, 'an error that 4096 pieces reach', epsilon);
    return networksOf([{ knots: even, lines: even.length - 1, bits: 0 }], request, even.length - 1);
  }
  const samples = sample(target, request.inner ?? domain, epsilon * SLACK, near, 2 * epsilon);
  const inside = epsilon * (1 - SLACK);
  const fewest = fewestLines(tubeAround(samples, inside));
  const paths = new Map<string, Sized>();
  const exact = tablePath(request, fewest.length);
  if (exact) paths.set('table', exact);
  if (chord && fewest.length === 1) paths.set('chord', chord);
  const ideal = exact && exact.lines <= fewest.length;
  for (const path of ideal ? [] : search(samples, domain, inside, fewest, quick)) {
    const key = path.knots.map((k) => `${k.x},${k.y}`).join(' ');
    if (!paths.has(key)) paths.set(key, { knots: path.knots, lines: path.lines, bits: codeLength(path) });
  }
  if (paths.size === 0) {
    const knots = roundedPath(samples, domain, inside);
    if (!knots) refuse(`fit ${target.text}`, 'an error that float64 samples of it can tell', epsilon);
    paths.set('rounded', { knots, lines: knots.length - 1, bits: 0 });
  }
  const most = quick ? 1 : Math.max(1, Math.min(PATHS_ENCODED, Math.floor(UNITS_ENCODED / fewest.length)));
  const tried = [...paths.values()].sort((p, q) => p.bits - q.bits).slice(0, most);
  return networksOf(tried, request, fewest.length);
}

interface Sized {
  readonly knots: readonly DyadicKnot[];
  readonly lines: number;
  /** About how many bits it takes to write it down. */
  readonly bits: number;
}

/**
 * The line through the ends of the graph, from enclosures, to about an eighth of epsilon: for lines and constants it is
 * all that is needed, however small epsilon is.
 */
function chordOf({ target, domain, inner = domain, epsilon }: InterpolateRequest): Sized | undefined {
  const { lo, hi } = inner;
  const digits = 4 - Math.floor(Math.log2(epsilon));
  const at = (x: Dyadic): Dyadic | undefined => {
    const size = target.enclose([Interval.of(x)], 16)?.magnitude.exponent ?? 0;
    const precision = Math.max(16, digits + 4 + (Number.isFinite(size) ? size : 0));
    return precision > 4096 ? undefined : target.enclose([Interval.of(x)], precision)?.mid;
  };
  const [a, b] = [at(lo), at(hi)];
  if (!a || !b) return undefined;
  const y = a.roundTo(digits);
  const width = hi.sub(lo);
  const slope = width.isZero
    ? Dyadic.ZERO
    : Rational.fromDyadic(b.sub(a))
        .div(Rational.fromDyadic(width))
        .roundTo(digits + Math.max(width.exponent + 1, 0), 'nearest');
  const end = domain.hi.gt(lo) ? domain.hi : lo.add(Dyadic.ONE);
  const knots = [
    { x: lo, y },
    { x: end, y: y.add(slope.mul(end.sub(lo))) },
  ];
  return { knots, lines: 1, bits: 0 };
}

/** Whether float64 values of this size cannot tell epsilon. */
function isBelowFloats({ knots }: Sized, epsilon: number): boolean {
  const size = knots.reduce((most, { y }) => Math.max(most, Math.abs(y.toNumber())), 0);
  return epsilon < size * 2 ** -44;
}

/** The table itself, where its knots and slopes are dyadic and hardly more lines than needed. */
function tablePath({ target, domain }: InterpolateRequest, fewest: number): Sized | undefined {
  if (!target.knots || target.knots.length > 2 * fewest + 16) return undefined;
  const knots: DyadicKnot[] = [];
  for (const { x, y } of target.knots) {
    const knot = { x: x.toDyadic(), y: y.toDyadic() };
    const before = knots[knots.length - 1];
    if (!knot.x || !knot.y) return undefined;
    if (before && knot.y.sub(before.y).m % knot.x.sub(before.x).m !== 0n) return undefined;
    knots.push(knot as DyadicKnot);
  }
  if ((knots[0] as DyadicKnot).x.gt(domain.lo) || (knots[knots.length - 1] as DyadicKnot).x.lt(domain.hi))
    return undefined;
  return { knots, lines: knots.length - 1, bits: 0 };
}

/** Cheap polylines; each density once with plain prices and once with prices learned from its own numbers. */
function* search(
  samples: Samples,
  domain: Interval,
  epsilon: number,
  fewest: readonly TubeLine[],
  quick: boolean,
): Generator<LatticePath> {
  let steps = STEPS;
  let found = 0;
  const usual = fewest.length === 1 ? LINE_DENSITIES : DENSITIES;
  for (const density of [...usual, ...FINE_DENSITIES]) {
    if (found >= (quick || !usual.includes(density) ? 2 : usual.length)) return;
    const [knotsPerLine, slopesPerLine, shared] = density;
    let prices: Prices = PLAIN_PRICES;
    for (let round = 0; round < 2; round++) {
      // The first path is worth every effort, the others share what is left.
      const lattice = { knotsPerLine, slopesPerLine, shared, steps: found === 0 ? STEPS_FOR_ONE : steps };
      const path = latticePath(samples, domain, epsilon, fewest, lattice, prices);
      if (!path) break;
      steps -= path.steps;
      if (round === 0) found++;
      yield path;
      if (path.lines < 8) break;
      prices = learned(path);
    }
  }
}

/** Numbers that occur often are cheap. */
function learned({ gaps, jumps }: LatticePath): Prices {
  const price = (values: readonly number[], plain: (n: number) => number) => {
    const seen = histogram(values);
    return (n: number): number => Math.min(Math.log2((values.length + 2) / ((seen.get(n) ?? 0) + 0.02)), plain(n) + 3);
  };
  return { line: 1, gap: price(gaps, PLAIN_PRICES.gap), jump: price(jumps, PLAIN_PRICES.jump) };
}

function histogram(values: readonly number[]): Map<number, number> {
  const seen = new Map<number, number>();
  for (const v of values) seen.set(v, (seen.get(v) ?? 0) + 1);
  return seen;
}

/** About the bits that a code needs which learns how often each number occurs, and is told each number once. */
function codeLength({ gaps, jumps }: LatticePath): number {
  let bits = 0;
  for (const values of [gaps, jumps]) {
    for (const [v, count] of histogram(values)) {
      bits += count * Math.log2((values.length + 1) / count) + 2 + 2 * Math.log2(1 + Math.abs(v));
    }
  }
  return bits;
}

function networksOf(paths: readonly Sized[], request: InterpolateRequest, fewest: number): InterpolateCandidate[] {
  const { bits, integerBits, size, effort } = request;
  const quick = effort === 'quick';
  const budget = { ...(bits === undefined ? {} : { bits }), ...(integerBits === undefined ? {} : { integerBits }) };
  const out: InterpolateCandidate[] = [];
  let refusal: InputError | undefined;
  for (const { knots, lines } of paths) {
    const ways = waysOf(knots);
    for (const options of quick || lines > UNITS_ENCODED ? ways.slice(0, 1) : ways) {
      try {
        const network = interpolate(knots, { ...options, ...budget });
        if (!out.some((c) => c.network.equals(network))) out.push({ network, size: size(network), lines, fewest });
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        refusal = error;
      }
    }
  }
  if (out.length === 0 && refusal) throw refusal;
  return out.sort((p, q) => p.size - q.size);
}

function waysOf(knots: readonly DyadicKnot[]): InterpolateOptions[] {
  const forms = interpolateForms(knots);
  const bits = knots.slice(1, -1).map(({ x }: { x: Dyadic }) => x.fractionalBits);
  const uneven = bits.some((b) => b > (bits[0] as number) + 2) || bits.some((b) => b < (bits[0] as number) - 2);
  const units = uneven ? (['plain', 'even'] as const) : (['plain'] as const);
  const kept = forms.includes('lines') ? forms.slice(0, 1) : forms;
  return kept.flatMap((form) => units.map((u) => ({ form, units: u })));
}
