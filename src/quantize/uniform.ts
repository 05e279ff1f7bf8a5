/**
 * The uniform quantiser Q_eta(w) = floor(w / eta) eta of [GBGR], and its nearest variant, with eta = 2^-b: every weight
 * and bias becomes a multiple of 2^-b, so the network lies in Q(a, b) with b fractional bits.
 *
 *   floor     0 <= w - Q(w) < 2^-b
 *   nearest   |w - Q(w)| <= 2^-(b+1), ties to the even multiple
 */
import { type Rounding, refuse, wholeNumber } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { type Rounded, roundWeights } from './rounding.ts';

export interface UniformOptions {
  /** Fractional bits b: the step is 2^-b. */
  readonly bits: number;
  /** Default 'nearest'. */
  readonly rounding?: 'nearest' | 'floor';
}

const MODES: Readonly<Record<string, Rounding>> = { nearest: 'nearest', floor: 'down' };

/** The network with weights in multiples of 2^-bits. Throws InputError where bits is not a whole number in 0..4096. */
export function quantizeUniform(network: Network, { bits, rounding = 'nearest' }: UniformOptions): Rounded {
  wholeNumber('quantizeUniform bits', bits, 0, 4096);
  const mode = Object.hasOwn(MODES, rounding) ? MODES[rounding] : undefined;
  if (!mode) refuse('quantizeUniform rounding', "'nearest' or 'floor'", rounding);
  return roundWeights(network, (w) => w.roundTo(bits, mode));
}
