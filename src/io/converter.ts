/** What a network costs on a microcontroller whose inputs are the counts of an analogue-to-digital converter. */
import { InputError, type Interval, wholeNumber } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { type CountsIn, type WrittenC, writeC } from './cheader.ts';

/**
 * Counts 0 .. 2^bits - 1 spread evenly over the domain: count c stands for lo + c (hi - lo) / 2^bits, so that the upper end
 * itself is one count beyond the last. Throws InputError unless all inputs share one domain.
 */
export function converterCounts(domain: readonly Interval[], bits: number): CountsIn {
  wholeNumber('converter bits', bits, 1, 32);
  const first = domain[0] as Interval;
  const same = domain.every((d) => d.lo.eq(first.lo) && d.hi.eq(first.hi));
  if (!same) throw new InputError('converter counts: expected the same domain for all inputs');
  return { lo: 0, hi: 2 ** bits - 1, scale: first.width.scale(-bits), offset: first.lo };
}

export interface Embedded extends Omit<WrittenC, 'source'> {
  readonly converterBits: number;
}

/** Networks with more weights are not written out to be counted. */
const MOST_WEIGHTS = 1 << 17;

/** Flash, RAM and multiplications of the C function for such a converter; a sentence where there is none. */
export function embeddedCosts(network: Network, domain: readonly Interval[] | undefined, bits = 12): Embedded | string {
  if (!domain) return 'the file states no domain';
  if (network.connectivity > MOST_WEIGHTS) return `more than ${MOST_WEIGHTS} weights`;
  try {
    const { source: _, ...costs } = writeC(network, { counts: converterCounts(domain, bits) });
    return Object.freeze({ converterBits: bits, ...costs });
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}
