/**
 * D7, D8: Lipschitz functions on [0,1] by networks of lambda distinct weights whose topology is chosen for the function
 * [DLS18, Thm. 2; linear quantisation: Sec. 5.3].
 *
 *   map       g of cachedFunctions.ts, exactly
 *   domain    [0,1], f / 2^scale in F_{1,1}
 *   error     at most epsilon; `report.bound` is what is proved
 *   weights   O(1/epsilon)
 *   paper     m = log2(1/eps)/2 and T = 4/(eps m), rounded up to powers of two, slopes -2, 0, 2
 *   sharp     of all families, T and m that reach epsilon, the one with the fewest weights
 */
import { Dyadic, type DyadicLike, Rational, refuse, type Target, wholeNumber } from '../exact/index.ts';
import { type Alphabet, HALVES, linearAlphabet } from './alphabet.ts';
import type { Blueprint } from './blueprint.ts';
import {
  type CachedFamily,
  type CachedFunctions,
  cachedError,
  cachedFormula,
  cachedFunctions,
  MAX_CACHED_STEPS,
} from './cachedFunctions.ts';
import { drawCached } from './cachedNetwork.ts';
import { cachedPaper } from './cachedTables.ts';
import { gadgetLayout, type Quantisation } from './gadget.ts';
import { derivativeBound, epsilonOf, type Membership, membershipOf, membershipRests } from './membership.ts';
import { type Construction, type ConstructionReport, countsOf, freezeReport } from './report.ts';
import { rememberingPoints, scaledTarget } from './scaledTarget.ts';

export interface CachedOptions {
  /** The error wanted: a number (read as its shortest decimal), a text such as '1e-6' or a fraction. Or give T and m. */
  readonly epsilon?: number | string | Rational;
  /** Cells and steps a cell, powers of two. */
  readonly T?: number;
  readonly m?: number;
  /** 'three' (the paper's), 'zigzag' or 'plain' (no cached functions); by default as `constants` says. */
  readonly family?: CachedFamily;
  /** 'paper' (default) or 'sharp'. */
  readonly constants?: 'paper' | 'sharp';
  /** Distinct weights, 2 by default: 2..64, or 2, 4, 8, 16 for linear quantisation. */
  readonly lambda?: number;
  readonly quantisation?: Quantisation;
  /** States that |f| and |f'| are at most 2^scaleLog2; by default this is proved from the target. */
  readonly scaleLog2?: number;
}

export interface CachedReport extends ConstructionReport {
  readonly family: CachedFamily;
  readonly T: number;
  readonly m: number;
  /** Cached functions built, and how many there could be. */
  readonly functions: { readonly built: number; readonly possible: number };
  readonly membership: Membership;
}

export interface CachedConstruction extends Construction {
  readonly report: CachedReport;
  readonly functions: CachedFunctions;
  /** 2^scale * g(x) by its formula, exactly: equal to the network's realisation on [0,1]. */
  formula(x: DyadicLike): Dyadic;
}

/** Throws InputError where an option is out of range or f is not shown to be Lipschitz on [0,1]. */
export function cached(target: Target, options: CachedOptions): CachedConstruction {
  const { blueprint, report, functions } = prepare(target, options);
  return Object.freeze({
    network: blueprint.build(),
    report,
    functions,
    formula: (x: DyadicLike): Dyadic => cachedFormula(functions, x).scale(report.membership.scaleLog2),
  });
}

/** The report of {@link cached} without building; the cached functions must still be found, since the topology depends on f. */
export function planCached(target: Target, options: CachedOptions): CachedReport {
  return prepare(target, options).report;
}

interface Prepared {
  readonly blueprint: Blueprint;
  readonly report: CachedReport;
  readonly functions: CachedFunctions;
}

interface Size {
  readonly family: CachedFamily;
  readonly s: number;
  readonly mu: number;
}

function prepare(target: Target, options: CachedOptions): Prepared {
  const { lambda = 2, quantisation = 'lambda', constants = 'paper' } = options;
  if (target.inputs !== 1) refuse('cached', 'a function of one input', `${target.inputs} inputs`);
  if (quantisation !== 'lambda' && quantisation !== 'linear') {
    refuse('cached: quantisation', "'lambda' or 'linear'", quantisation);
  }
  if (constants !== 'paper' && constants !== 'sharp') refuse('cached: constants', "'paper' or 'sharp'", constants);
  if (options.family !== undefined && !['three', 'zigzag', 'plain'].includes(options.family)) {
    refuse('cached: family', "'three', 'zigzag' or 'plain'", options.family);
  }
  const { alphabet, exponents } = letters(lambda, quantisation);
  const member = membershipOf('cached', target, 1, options.scaleLog2);
  const lipschitz = derivativeBound(member).roundBits(64, 'up');
  // Sizes with the same steps ask for the same values.
  const f = rememberingPoints(scaledTarget(target, -member.scaleLog2));
  const sizes = sizesFor(options, member, lipschitz);
  let best: Prepared | undefined;
  for (const { family, s, mu } of sizes) {
    const functions = cachedFunctions(f, family, s, mu, lipschitz);
    const blueprint = drawCached(functions, alphabet, exponents, member.scaleLog2);
    if (best && blueprint.plan().connectivity >= best.blueprint.plan().connectivity) continue;
    const report = describe(target, blueprint, functions, member, lambda, quantisation, alphabet);
    best = { blueprint, report, functions };
  }
  return best as Prepared;
}

function letters(lambda: number, quantisation: Quantisation): { alphabet: Alphabet; exponents: readonly number[] } {
  if (quantisation === 'linear') {
    return { alphabet: linearAlphabet(lambda), exponents: Array.from({ length: Math.log2(lambda) }, (_, e) => e + 1) };
  }
  // Weights are multiples of 1/m with m at most a few dozen: t = 5 is what the gadgets are laid out for.
  const { alphabet } = gadgetLayout(lambda, 5, 'fixed', 'lambda');
  if (lambda === 2) return { alphabet: HALVES, exponents: [1] };
  const exponents = alphabet.letters.filter((v) => v > 0).map((v) => -Math.log2(v));
  return { alphabet, exponents };
}

/** The sizes to choose among: one, unless 'sharp' leaves the choice. */
function sizesFor(options: CachedOptions, member: Membership, lipschitz: Dyadic): Size[] {
  const { epsilon, T, m, family, constants = 'paper' } = options;
  if (T !== undefined || m !== undefined) {
    if (epsilon !== undefined) refuse('cached', 'either epsilon or T and m', 'both');
    const power = (name: string, v: unknown, least: number): number => {
      const log = Math.log2(wholeNumber(`cached: ${name}`, v, least, MAX_CACHED_STEPS));
      return Number.isInteger(log) ? log : refuse(`cached: ${name}`, 'a power of two (weights are dyadic)', v);
    };
    return [{ family: family ?? 'three', s: power('T', T, 2), mu: power('m', m, 1) }];
  }
  if (epsilon === undefined) refuse('cached', 'epsilon, or T and m', 'neither');
  const wanted = epsilonOf(epsilon).mul(Rational.fromDyadic(Dyadic.pow2(-member.scaleLog2)));
  const least = (fits: (bits: number) => boolean): number => {
    let bits = 1;
    while (!fits(bits)) {
      if (2 ** ++bits > 2 ** 40) refuse('cached: epsilon', 'an error that 2^40 steps reach', String(epsilon));
    }
    return bits;
  };
  const within = (f: CachedFamily, s: number, mu: number): boolean =>
    Rational.fromDyadic(cachedError(f, s, mu, lipschitz)).compare(wanted) <= 0;
  if (constants === 'paper' && (family ?? 'three') === 'three') {
    // m = log2(1/eps)/2 and T = 4/(eps m), each rounded up to a power of two.
    const half = Math.max(1, Math.log2(1 / wanted.toNumber()) / 2);
    const mu = Math.ceil(Math.log2(half) - 1e-9);
    const four = Rational.of(4n);
    const s = least((bits) => four.compare(wanted.mul(Rational.of(1n << BigInt(bits + mu)))) <= 0);
    return [{ family: 'three', s, mu }];
  }
  const families: CachedFamily[] = family ? [family] : ['three', 'zigzag', 'plain'];
  return families.flatMap((f): Size[] => {
    if (f === 'plain') {
      const sizes = Array.from({ length: 5 }, (_, mu) => ({
        family: f,
        mu,
        s: least((s) => s > 60 || within(f, s, mu)),
      }));
      return sizes.filter(({ s, mu }) => within(f, s, mu));
    }
    const bits = least((n) => n > 60 || within(f, n, 0));
    if (!within(f, bits, 0)) return [];
    return [1, 2, 3, 4, 5].filter((mu) => mu < bits).map((mu) => ({ family: f, s: bits - mu, mu }));
  });
}

function describe(
  target: Target,
  b: Blueprint,
  functions: CachedFunctions,
  membership: Membership,
  lambda: number,
  quantisation: Quantisation,
  alphabet: Alphabet,
): CachedReport {
  const { family, s, mu, patterns, error } = functions;
  const plan = b.plan();
  const [T, m] = [2 ** s, 2 ** mu];
  const { scaleLog2 } = membership;
  return freezeReport({
    statement: quantisation === 'linear' ? '[DLS18, Sec. 5.3]' : '[DLS18, Thm. 2]',
    lambda,
    quantisation,
    alphabet: alphabet.letters,
    parameters: { T, m, family, scaleLog2 },
    counts: countsOf(plan, lambda),
    paper: cachedPaper({ T, m, lambda, quantisation }),
    bound: error.scale(scaleLog2),
    blocks: plan.blocks,
    notes: [
      'Cached functions are filtered by clip(., -D, D), which is exact; the steep filter of the paper (delta) is not needed.',
      ...(family === 'three' ? ['f is rounded between the knots, not f~: the error is 2/(mT) instead of 3/(mT).'] : []),
      ...(family === 'zigzag'
        ? ['Zigzags instead of the slopes -2, 0, 2: error 1/(mT), at most 2^m cached functions.']
        : []),
      ...(scaleLog2 !== 0
        ? [`f is approximated as 2^${scaleLog2} times a function of the class; the error is multiplied alike.`]
        : []),
    ],
    restsOn: membershipRests(target, 1, membership),
    family,
    T,
    m,
    functions: Object.freeze({
      built: patterns.length,
      possible: family === 'plain' ? 0 : (family === 'three' ? 3 : 2) ** m,
    }),
    membership: Object.freeze(membership),
  });
}
