/**
 * A network with cheaper weights and what is known of it, for every quantiser:
 *
 *   observed <= largest |f_i - g_i| on the box <= certified <= aPriori
 *
 * aPriori is known before any input is seen, from how far weights may move (rates' `deviationBound`); certified comes from
 * propagating the difference of the two networks (`compareNetworks`), or is the a-priori bound where the time was too short to
 * beat it; observed is the difference at a witness, exactly.
 */
import type { DeviationCertificate, DeviationOptions } from '../certify/index.ts';
import { Dyadic, type DyadicLike, refuse } from '../exact/index.ts';
import { encodeNetwork } from '../io/index.ts';
import type { Domain, Network } from '../net/index.ts';
import {
  type CodebookOptions,
  quantizeCodebook,
  quantizeUniform,
  type Rounded,
  toFloat16,
  type UniformOptions,
} from '../quantize/index.ts';
import {
  type DeviationBound,
  deviationBound,
  type LipschitzWitness,
  lipschitzWitness,
  type ParameterLipschitz,
  parameterLipschitz,
} from '../rates/index.ts';
import { compareNetworks } from './compare.ts';
import { type FoundBits, findBits } from './findBits.ts';

/** Which quantiser, and its options. */
export type Quantiser =
  | ({ readonly method: 'uniform' } & UniformOptions)
  | ({ readonly method: 'codebook' } & CodebookOptions)
  | { readonly method: 'float16' };

export type ReportOptions = Pick<DeviationOptions, 'witnessIn' | 'seconds' | 'ratio' | 'signal' | 'onProgress'>;

export interface QuantisationReport {
  readonly aPriori: Dyadic;
  readonly certified: Dyadic;
  readonly observed: Dyadic;
  /** Where `observed` was seen. */
  readonly witness: readonly Dyadic[];
  /** The four a-priori bounds, of which `aPriori` is the least. */
  readonly bounds: DeviationBound;
  readonly certificate: DeviationCertificate;
  /** Parameters to function, around the network within the largest move: its bounds, its class's constant, and a witness below. */
  readonly lipschitz: ParameterLipschitz & { readonly witness: LipschitzWitness };
  /** Bits of one weight in Q(a, b): a + b + 2. */
  readonly bits: number;
  /** Bits of one non-zero weight as an index into the alphabet: ceil(log2 lambda). */
  readonly indexBits: number;
  /** Size of the network's file. */
  readonly fileBytes: number;
}

export interface Quantised extends Rounded {
  readonly report: QuantisationReport;
}

/** The network with the quantiser's weights. Throws InputError where the options are none. */
export function roundedBy(network: Network, how: Quantiser): Rounded {
  switch (how.method) {
    case 'uniform':
      return quantizeUniform(network, how);
    case 'codebook':
      return quantizeCodebook(network, how);
    case 'float16':
      return toFloat16(network);
    default:
      return refuse('quantise method', "'uniform', 'codebook' or 'float16'", (how as { method: unknown }).method);
  }
}

/** Quantises and reports. Default: 10 seconds for the certificate. Throws InputError where the options or the box do not fit. */
export async function quantise(
  network: Network,
  how: Quantiser,
  box: Domain,
  options: ReportOptions = {},
): Promise<Quantised> {
  const rounded = roundedBy(network, how);
  return Object.freeze({ ...rounded, report: await reportOf(network, rounded, box, options) });
}

/** What is known of a network whose weights were rounded. */
export async function reportOf(
  network: Network,
  rounded: Rounded,
  box: Domain,
  options: ReportOptions = {},
): Promise<QuantisationReport> {
  const after = rounded.network;
  const bounds = deviationBound(network, box, rounded.radius);
  const certificate = await compareNetworks(network, after, box, { seconds: 10, ...options });
  const near = witnessRadius(rounded);
  const worst = certificate.outputs.reduce((a, b) => (b.observed.gt(a.observed) ? b : a));
  const certified = certificate.outputs.reduce((m, o) => m.max(o.certified), Dyadic.ZERO).min(bounds.best);
  return Object.freeze({
    aPriori: bounds.best,
    certified,
    observed: worst.observed,
    witness: worst.witness,
    bounds,
    certificate,
    lipschitz: Object.freeze({
      ...parameterLipschitz(network, box, { radius: rounded.radius.map((r) => r.max(near)) }),
      witness: lipschitzWitness(network, options.witnessIn ?? box, { radius: near }),
    }),
    bits: after.integerBits + after.fractionalBits + 2,
    indexBits: Math.ceil(Math.log2(Math.max(1, after.alphabet().length))),
    fileBytes: encodeNetwork({ network: after }).length,
  });
}

/** A power of two at or below every radius that is not 0. */
function witnessRadius({ radius }: Rounded): Dyadic {
  const least = radius.filter((r) => !r.isZero).reduce((a: Dyadic | undefined, b) => (a ? a.min(b) : b), undefined);
  return Dyadic.pow2(Math.min(-20, least ? least.exponent : -20));
}

export interface ChooseBitsOptions extends Pick<DeviationOptions, 'witnessIn' | 'signal' | 'onProgress'> {
  /** The wanted error, above 0. */
  readonly error: DyadicLike;
  readonly box: Domain;
  /** Default 'nearest'. */
  readonly rounding?: 'nearest' | 'floor';
  /** Time for each number of bits that is certified; default 10. */
  readonly seconds?: number;
  readonly onBits?: (bits: number) => void;
}

export interface ChosenBits {
  /** The fewest bits whose a-priori bound meets the error. */
  readonly aPriori: { readonly bits: number; readonly bound: Dyadic; readonly rounded: Rounded };
  /** The fewest bits with which the error was certified; at most the a-priori number, which proves itself. */
  readonly certified: { readonly bits: number; readonly bound: Dyadic; readonly rounded: Rounded };
  /** What was tried, fewest bits first. */
  readonly attempts: FoundBits['attempts'];
}

const MOST_BITS = 4096;

/** The fewest bits by formula. Throws InputError where the error is not above 0, or 4096 bits are not enough. */
export function bitsAPriori(
  network: Network,
  { error, box, rounding = 'nearest' }: ChooseBitsOptions,
): ChosenBits['aPriori'] {
  const wanted = Dyadic.from(error);
  if (wanted.sign <= 0) refuse('chooseBits error', 'a number above 0', error);
  const boundAt = (bits: number): Dyadic =>
    deviationBound(network, box, Dyadic.pow2(-bits - (rounding === 'nearest' ? 1 : 0))).best;
  // The bound falls with every bit.
  let high = 1;
  while (high < MOST_BITS && boundAt(high).gt(wanted)) high *= 2;
  if (boundAt(high).gt(wanted)) refuse('chooseBits error', `an error that ${MOST_BITS} bits meet`, error);
  let low = high === 1 ? -1 : high / 2;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (boundAt(mid).gt(wanted)) low = mid;
    else high = mid;
  }
  return Object.freeze({
    bits: high,
    bound: boundAt(high),
    rounded: quantizeUniform(network, { bits: high, rounding }),
  });
}

/** The fewest fractional bits, by formula and certified. Throws InputError as {@link bitsAPriori}. */
export async function chooseBits(network: Network, options: ChooseBitsOptions): Promise<ChosenBits> {
  const aPriori = bitsAPriori(network, options);
  if (aPriori.bits === 0) return Object.freeze({ aPriori, certified: aPriori, attempts: Object.freeze([]) });
  const { error, box, ...rest } = options;
  const found = await findBits(network, box, error, { ...rest, to: Math.min(24, aPriori.bits - 1) });
  const last = found.attempts.at(-1);
  const certified =
    found.status === 'proved' && found.rounded && last
      ? Object.freeze({ bits: last.bits, bound: last.certified, rounded: found.rounded })
      : aPriori;
  return Object.freeze({ aPriori, certified, attempts: found.attempts });
}
