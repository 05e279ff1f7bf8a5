/**
 * The values a network may use: every non-zero weight and bias of a quantised network is one of them.
 *
 * A coefficient c that is no letter is written as a *strand*, a list of letters with sum c: the unit below is copied once a
 * letter and every copy is connected with one of them (exact, because copies hold equal values) [DLS18, Sec. 4.1].
 */
import { Dyadic, refuse } from '../exact/index.ts';

/** Letters of at most this many fractional bits, so that every weight is a 32-bit mantissa. */
export const MAX_LETTER_BITS = 30;

export class Alphabet {
  /** The letters, increasing; never zero. Each is dyadic and a float64. */
  readonly letters: readonly number[];
  /** Most fractional bits of a letter. */
  readonly fractionalBits: number;
  private readonly cache = new Map<number, readonly number[]>();

  /** Throws InputError where a letter is zero, not finite or has more than MAX_LETTER_BITS fractional bits. */
  constructor(letters: Iterable<number>) {
    this.letters = Object.freeze([...new Set(letters)].sort((a, b) => a - b));
    if (this.letters.length === 0) refuse('Alphabet', 'at least one letter', 'none');
    let bits = 0;
    for (const v of this.letters) {
      if (!Number.isFinite(v) || v === 0) refuse('Alphabet', 'finite non-zero letters', v);
      bits = Math.max(bits, Dyadic.from(v).fractionalBits);
    }
    if (bits > MAX_LETTER_BITS) refuse('Alphabet', `letters of at most ${MAX_LETTER_BITS} fractional bits`, bits);
    this.fractionalBits = bits;
  }

  has(v: number): boolean {
    return this.letters.includes(v);
  }

  /** The fewest largest letters of c's sign with sum c. Throws RangeError where there are none (a construction's mistake). */
  strand(c: number): readonly number[] {
    const known = this.cache.get(c);
    if (known) return known;
    const letters = this.letters.filter((v) => v * c > 0).sort((a, b) => Math.abs(b) - Math.abs(a));
    const out: number[] = [];
    let rest = c;
    for (const v of letters) {
      for (; rest * c > 0 && Math.abs(rest) >= Math.abs(v); rest -= v) out.push(v);
    }
    if (rest !== 0) throw new RangeError(`${c} is no sum of letters of ${this}`);
    this.cache.set(c, Object.freeze(out));
    return out;
  }

  toString(): string {
    return `{${this.letters.join(', ')}}`;
  }
}

/** {-1/2, 1/2}: the two weight values of [DLS18, Prop. 1 and 2]. */
export const HALVES: Alphabet = new Alphabet([-0.5, 0.5]);

/**
 * Linear quantisation [DLS18, Sec. 4.4]: the multiples of 1/lambda of absolute value at most 1, without 0.
 * The paper calls these "lambda distinct values with a minimal resolution of 1/lambda"; counted, they are 2 lambda letters.
 */
export function linearAlphabet(lambda: number): Alphabet {
  if (![2, 4, 8, 16].includes(lambda)) refuse('linear quantisation', 'lambda one of 2, 4, 8, 16', lambda);
  const letters: number[] = [];
  for (let k = 1; k <= lambda; k++) letters.push(k / lambda, -k / lambda);
  return new Alphabet(letters);
}
