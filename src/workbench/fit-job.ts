/** What `fit` asks of a construction, and what a construction proposes. */
import type { SupCertificate } from '../certify/index.ts';
import type { Constants, ConstructionReport, Quantisation, Recipe, TaylorReport } from '../construct/index.ts';
import type { Dyadic, Target } from '../exact/index.ts';
import type { Entry, Meta } from '../io/index.ts';
import type { Network } from '../net/index.ts';
import type { FitDomain } from './fit-domain.ts';

export interface FitJob {
  readonly target: Target;
  readonly domain: FitDomain;
  /** The error to aim at: the wanted one, or a little less where a proof failed. */
  readonly epsilon: number;
  /** Points at which earlier networks were too far off. */
  readonly near: readonly number[];
  /** Weights in Q(a, b). */
  readonly bits: number | undefined;
  readonly integerBits: number | undefined;
  /** Bytes of a network's file, its meta section not counted. */
  readonly size: (network: Network) => number;
  /** A network of this many bytes is known: larger ones are of no use. */
  readonly below: number;
  /** 'quick' for one look on the way to another epsilon. */
  readonly effort: 'quick' | 'full';
  readonly signal: AbortSignal | undefined;
  /** What the quantised constructions are asked for. */
  readonly quantised: QuantisedOptions | undefined;
}

/** Options of the constructions of [DLS18]. */
export interface QuantisedOptions {
  /** Distinct weights: 2..64 (default 2), or 2, 4, 8, 16 for linear quantisation. */
  readonly lambda?: number;
  /** Smoothness n of the class, which `taylor` needs: f has n bounded derivatives. */
  readonly n?: number;
  readonly quantisation?: Quantisation;
  /** 'paper' (default): sizes by the paper's formulas; 'sharp': the least that the proved bound allows. */
  readonly constants?: Constants;
}

/** A report of any construction; of [DLS18] with its class. */
export type DescribedReport = ConstructionReport & Partial<Pick<TaylorReport, 'derivatives' | 'membership'>>;

export interface Proposal {
  readonly network: Network;
  readonly bytes: number;
  /** The bound that the construction's theorem gives for the whole class, where there is one. */
  readonly guaranteed?: Dyadic;
  /** What is worth knowing about it, such as { lines: 13, fewest: 12 }. */
  readonly details?: Readonly<Record<string, number | string>>;
  /** The construction's own report, and what the file says of the blocks it was built from. */
  readonly report?: DescribedReport;
  readonly recipe?: Recipe;
  /** What the network's file holds besides: marked entries, fields of its meta section. */
  readonly file?: { readonly intrinsic: readonly Entry[]; readonly meta: Meta };
  /** The construction's own proof, where a sweep over all linear pieces would take too long. */
  readonly certify?: (within: Dyadic) => SupCertificate;
}

export interface FitMethod {
  readonly name: string;
  /** One line for people. */
  readonly about: string;
  /** Asks for options of its own, so that 'auto' passes it over. */
  readonly byName?: boolean;
  /** Networks for the job, smallest first; a sentence where the method has nothing to offer. */
  propose(job: FitJob): readonly Proposal[] | string;
}

/** What bounds of the error say of a wanted one; `missing` is the sentence for neither. */
export function judged(
  bounds: Omit<SupCertificate, 'status' | 'missing'> & { readonly upper: Dyadic },
  within: Dyadic,
  missing: string,
): SupCertificate {
  if (bounds.upper.le(within)) return Object.freeze({ status: 'proved', ...bounds });
  if (bounds.lower.gt(within)) return Object.freeze({ status: 'refuted', ...bounds });
  return Object.freeze({ status: 'undecided', missing, ...bounds });
}
