/**
 * The constructions of [DLS18] as methods of `fit`: `taylor` (Theorem 1, structure fixed for the class) and `cached`
 * (Theorem 2, structure chosen for f). Both live on [0,1] and write only letters of their alphabet.
 */
import { certifySup, type SupCertificate } from '../certify/index.ts';
import {
  type CachedOptions,
  type CachedReport,
  cached,
  certifyTaylor,
  recipeOf,
  type TaylorConstruction,
  type TaylorOptions,
  type TaylorReport,
  taylor,
} from '../construct/index.ts';
import { Dyadic, refuse, type Target } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import type { FitDomain } from './fit-domain.ts';
import {
  type DescribedReport,
  type FitJob,
  type FitMethod,
  judged,
  type Proposal,
  type QuantisedOptions,
} from './fit-job.ts';

/** Up to about so many linear pieces a network is swept for its own sup error; beyond, the construction's bound stands. */
const SWEPT_PIECES = 1 << 14;
/** Points at which the lower bound is looked for. */
export const SEARCHED = 1024;

export const taylorMethod: FitMethod = {
  name: 'taylor',
  about: 'lambda distinct weights, structure fixed for the class of n times differentiable f on [0,1]^d (-n, --lambda)',
  byName: true,
  propose(job) {
    const unsuited = unsuitable('taylor', job);
    if (unsuited) return unsuited;
    const { target, epsilon } = job;
    const made = taylor(target, taylorOptions(job.quantised, epsilon));
    return [{ ...proposal(job, made.network, made.report), certify: (within) => certify(target, made, within) }];
  },
};

export const cachedMethod: FitMethod = {
  name: 'cached',
  about: 'lambda distinct weights, structure chosen for a Lipschitz function on [0,1] (--lambda)',
  byName: true,
  propose(job) {
    const unsuited = unsuitable('cached', job);
    if (unsuited) return unsuited;
    const made = cached(job.target, cachedOptions(job.quantised, job.epsilon));
    return [proposal(job, made.network, made.report)];
  },
};

/** Throws InputError where n is missing. */
export function taylorOptions(asked: QuantisedOptions | undefined, epsilon: TaylorOptions['epsilon']): TaylorOptions {
  const n = asked?.n;
  if (n === undefined) refuse('taylor: smoothness n', 'a whole number in 1..16 (-n 3)', n);
  return { n, ...common(asked, epsilon) };
}

/** Throws InputError where another n than 1 is asked for. */
export function cachedOptions(asked: QuantisedOptions | undefined, epsilon: CachedOptions['epsilon']): CachedOptions {
  const n = asked?.n;
  if (n !== undefined && n !== 1) refuse('cached: smoothness n', '1, or nothing', n);
  return common(asked, epsilon);
}

function common(
  asked: QuantisedOptions = {},
  epsilon: TaylorOptions['epsilon'],
): Omit<QuantisedOptions, 'n'> & Pick<TaylorOptions, 'epsilon'> & { readonly lambda: number } {
  const { lambda = 2, quantisation, constants } = asked;
  return {
    lambda,
    ...(epsilon === undefined ? {} : { epsilon }),
    ...(quantisation ? { quantisation } : {}),
    ...(constants ? { constants } : {}),
  };
}

function unsuitable(name: string, { domain, bits }: FitJob): string | undefined {
  if (bits !== undefined)
    return `${name}: expected no bits (its weights are the letters of lambda), got bits = ${bits}`;
  if (!isUnit(domain)) {
    const { lo, hi } = domain.file;
    return `${name}: expected the domain 0,1, on which the theorem stands, got ${lo.toNumber()},${hi.toNumber()}`;
  }
  return undefined;
}

function isUnit({ ends: [lo, hi], file }: FitDomain): boolean {
  return lo !== undefined && hi !== undefined && file.lo.isZero && file.hi.eq(Dyadic.ONE);
}

function proposal(job: FitJob, network: Network, report: TaylorReport | CachedReport): Proposal {
  return {
    network,
    bytes: job.size(network),
    guaranteed: report.bound,
    details: detailsOf(report),
    report,
    recipe: recipeOf(report),
  };
}

/** What people should know of a construction: its parameters, and what differs from the paper. */
export function detailsOf(report: DescribedReport): Readonly<Record<string, number | string>> {
  return {
    statement: report.statement,
    lambda: report.lambda,
    quantisation: report.quantisation,
    ...report.parameters,
    ...(report.derivatives ? { derivatives: report.derivatives } : {}),
    ...(report.membership ? { membership: report.membership.status } : {}),
    ...(report.restsOn.length > 0 ? { restsOn: report.restsOn.join('; ') } : {}),
    notes: report.notes.join(' '),
  };
}

/** The sup error itself where the pieces can be swept; otherwise the bound for this function, in three parts. */
function certify(target: Target, made: TaylorConstruction, within: Dyadic): SupCertificate {
  const { q, r } = made.report.shape;
  if (3 * 2 ** (q + r) <= SWEPT_PIECES) return certifySup(made.network, target, { within });
  const { upper, lower, witness, restsOn } = certifyTaylor(target, made, SEARCHED);
  const bounds = {
    upper,
    lower,
    witness: Dyadic.from(witness[0] as number),
    restsOn: [...restsOn, BY_PARTS],
    pieces: 0,
    blocks: 0,
  };
  return judged(bounds, within, 'the bound for this function is above the wanted error');
}

/** Said of every upper bound that comes from the construction. */
export const BY_PARTS = 'the bound [DLS18, Thm. 1] for this function: Taylor, rounding and product errors, enclosed';
