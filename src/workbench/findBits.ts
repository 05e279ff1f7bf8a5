/** The fewest fractional bits of weights with which a network provably stays within an error on a box. */
import type { DeviationCertificate, DeviationOptions } from '../certify/index.ts';
import { Dyadic, type DyadicLike, refuse, wholeNumber } from '../exact/index.ts';
import type { Domain, Network } from '../net/index.ts';
import { quantizeUniform, type Rounded } from '../quantize/index.ts';
import { compareNetworks } from './compare.ts';

export interface FindBitsOptions extends Pick<DeviationOptions, 'witnessIn' | 'signal' | 'onProgress'> {
  readonly rounding?: 'nearest' | 'floor';
  /** Fewest and most bits tried; default 0 and 24. */
  readonly from?: number;
  readonly to?: number;
  /** Time for each number of bits; default 10. */
  readonly seconds?: number;
  /** Called before each number of bits. */
  readonly onBits?: (bits: number) => void;
}

export interface Attempt {
  readonly bits: number;
  readonly status: 'proved' | 'refuted' | 'undecided';
  /** Over all outputs. */
  readonly certified: Dyadic;
  readonly observed: Dyadic;
  readonly seconds: number;
}

export interface FoundBits {
  /** `proved`: with `bits`; `undecided`: no number of bits was proved. */
  readonly status: 'proved' | 'undecided';
  readonly bits?: number;
  readonly rounded?: Rounded;
  readonly certificate?: DeviationCertificate;
  /** Every number of bits tried, fewest first. Fewer bits than `bits` were refuted, or not proved in their time. */
  readonly attempts: readonly Attempt[];
}

/**
 * Rounds all weights and biases to multiples of 2^-b for b = from, from + 1, ... and returns the first b for which
 * |f_i - g_i| <= error is proved on the box for every output. Throws InputError where the arguments make no sense.
 */
export async function findBits(
  f: Network,
  box: Domain,
  error: DyadicLike,
  options: FindBitsOptions = {},
): Promise<FoundBits> {
  const within = Dyadic.from(error);
  if (within.sign <= 0) refuse('findBits error', 'a number above 0', within);
  const from = wholeNumber('findBits from', options.from ?? 0, 0, 4096);
  const to = wholeNumber('findBits to', options.to ?? 24, from, 4096);
  const attempts: Attempt[] = [];
  for (let bits = from; bits <= to; bits++) {
    options.onBits?.(bits);
    const rounded = quantizeUniform(f, { bits, rounding: options.rounding ?? 'nearest' });
    const certificate = await compareNetworks(f, rounded.network, box, {
      within,
      seconds: options.seconds ?? 10,
      ...(options.witnessIn ? { witnessIn: options.witnessIn } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    });
    const most = (part: 'certified' | 'observed'): Dyadic =>
      certificate.outputs.reduce((m, o) => m.max(o[part]), Dyadic.ZERO);
    attempts.push(
      Object.freeze({
        bits,
        status: certificate.status,
        certified: most('certified'),
        observed: most('observed'),
        seconds: certificate.seconds,
      }),
    );
    if (certificate.status === 'proved') {
      return Object.freeze({ status: 'proved', bits, rounded, certificate, attempts: Object.freeze(attempts) });
    }
  }
  return Object.freeze({ status: 'undecided', attempts: Object.freeze(attempts) });
}
