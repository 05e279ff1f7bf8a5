/**
 * The constructions that `fit` can choose from. A method proposes networks; `fit` counts their bytes and has them proved. A
 * construction joins by one line in METHODS.
 */
import { interpolateWithin } from '../construct/interpolate-search.ts';
import type { Dyadic, Target } from '../exact/index.ts';
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
}

export interface Proposal {
  readonly network: Network;
  readonly bytes: number;
  /** The bound that the construction's theorem gives for the whole class, where there is one. */
  readonly guaranteed?: Dyadic;
  /** What is worth knowing about it, such as { lines: 13, fewest: 12 }. */
  readonly details?: Readonly<Record<string, number | string>>;
}

export interface FitMethod {
  readonly name: string;
  /** One line for people. */
  readonly about: string;
  /** Networks for the job, smallest first; a sentence where the method has nothing to offer. */
  propose(job: FitJob): readonly Proposal[] | string;
}

const interpolation: FitMethod = {
  name: 'interpolate',
  about: 'piecewise-linear interpolation, few lines of short numbers (depth 2)',
  propose: ({ domain, ...job }) =>
    interpolateWithin({ ...job, domain: domain.file, inner: domain.inner }).map(({ network, size, lines, fewest }) => ({
      network,
      bytes: size,
      details: { lines, fewest },
    })),
};

export const METHODS: readonly FitMethod[] = [interpolation];
