/**
 * Approximation families Sigma = (Sigma_M) that are parameterised by boxes [GBGR]: an element of Sigma_M is given by
 *
 *   at most d(M) parameters, placed on some of N(M) positions (all of them fixed where N(M) = d(M));
 *   values: numbers of magnitude at most R(M), or letters of a fixed alphabet;
 *   a map from parameters to functions with Lipschitz constant Lip(M) from l_inf to the family's norm, for fixed positions.
 *
 * Cutting every parameter towards 0 to the grid 2^-k, k = ceil(log2 Lip) + ceil(gamma log2 M), moves the function by less than
 * M^-gamma and stays in Sigma_M: with positions and grid points written out this is a covering whose elements are bit strings (familyCode.ts).
 *
 * A family may also be known by its entropy alone (a fixed class: the degenerate case in which Sigma_1 holds everything), or be
 * unbounded, of which nothing is shown.
 */
import { type Dyadic, refuse } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { type Growth, type GrowthLike, growth, log2At, logOrder, type Order } from './growth.ts';

/** An element of Sigma_M: parameters on increasing positions. */
export interface Element {
  readonly positions: readonly number[];
  readonly values: readonly Dyadic[];
}

/** The function of an element. */
export interface Realised {
  readonly text: string;
  /** A float64 near the value at x in [0, 1] (inputs of networks: see there); for plots. */
  estimate(x: number): number;
  /** The value, exactly, where it is dyadic. */
  evaluate?(x: Dyadic): Dyadic;
  readonly network?: Network;
}

export interface BoxFamily {
  readonly kind: 'box';
  readonly name: string;
  /** Norm in which distances count, such as 'L2 on [0,1]'. */
  readonly norm: string;
  /** Source of the Lipschitz constant, one line. */
  readonly statement: string;
  /** d(M). */
  readonly parameters: Growth;
  /** N(M). */
  readonly positions: Growth;
  /** R(M), or the letters. */
  readonly values: { readonly bound: Growth } | { readonly letters: readonly Dyadic[] };
  /** ceil(log2 Lip(M)), and its order. */
  readonly lipschitz: { log2At(size: number): bigint; readonly order: Order; readonly text: string };
  realise?(element: Element, size: number): Realised;
  /** An element of Sigma_M near a function on [0, 1]; chosen by float64, any element will do. */
  approximate?(f: (x: number) => number, size: number): Element;
}

export interface EntropyFamily {
  readonly kind: 'entropy';
  readonly name: string;
  readonly norm: string;
  readonly statement: string;
  /** s: every Sigma_M is the same class, whose metric entropy at error e is of the order e^(-1/s). */
  readonly speed: number;
}

export interface UnboundedFamily {
  readonly kind: 'unbounded';
  readonly name: string;
  readonly norm: string;
  /** Why no covering is known. */
  readonly reason: string;
}

export type Family = BoxFamily | EntropyFamily | UnboundedFamily;

export interface OwnFamily {
  readonly name: string;
  readonly norm: string;
  /** d(M). */
  readonly parameters: GrowthLike;
  /** R(M). */
  readonly bound: GrowthLike;
  /** Lip(M), from l_inf on the parameters to the norm. */
  readonly lipschitz: GrowthLike;
  /** N(M), where the positions of the parameters are chosen among more; default d(M). */
  readonly positions?: GrowthLike;
  /** The map. */
  readonly realise?: (element: Element, size: number) => Realised;
  readonly approximate?: (f: (x: number) => number, size: number) => Element;
}

/** A family of one's own: a box of parameters, the map and its Lipschitz constant. Throws InputError where a growth is none. */
export function defineFamily(own: OwnFamily): BoxFamily {
  if (typeof own.name !== 'string' || own.name === '') refuse('defineFamily name', 'a name', own.name);
  const parameters = growth(own.parameters);
  const lipschitz = growth(own.lipschitz);
  return Object.freeze({
    kind: 'box',
    name: own.name,
    norm: own.norm,
    statement: 'as stated by whoever defined it',
    parameters,
    positions: own.positions === undefined ? parameters : growth(own.positions),
    values: { bound: growth(own.bound) },
    lipschitz: logOf(lipschitz),
    ...(own.realise ? { realise: own.realise } : {}),
    ...(own.approximate ? { approximate: own.approximate } : {}),
  });
}

/** Lip(M) = g(M) as its logarithm. */
export function logOf(g: Growth): BoxFamily['lipschitz'] {
  return { log2At: (size) => log2At(g, size), order: logOrder(g), text: g.text };
}

/** A fixed class as a family: Sigma_M is all of it, for every M. `speed` is its encoding speed. */
export function constantFamily(name: string, norm: string, speed: number): EntropyFamily {
  if (!(speed > 0)) refuse('constantFamily speed', 'a number above 0', speed);
  return Object.freeze({ kind: 'entropy', name, norm, statement: 'metric entropy of the class', speed });
}

/** A family of which no covering is known, and why. */
export function unboundedFamily(name: string, norm: string, reason: string): UnboundedFamily {
  return Object.freeze({ kind: 'unbounded', name, norm, reason });
}
