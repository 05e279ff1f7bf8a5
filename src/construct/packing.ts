/**
 * How many bits of a coefficient one connection carries: with 2^c letters to choose among, c of them.
 *
 * On the support of its bump a cell's connection contributes its letter alone, so the sum over cells is one of 2^c levels.
 * Level v says the c bits of Gray's code of v: one bit changes from level to level, so each bit is an alternating sum of the
 * clamps between neighbouring levels, and lies in [0,1] wherever the sum does not sit on a level.
 */
import { Alphabet, HALVES, linearAlphabet } from './alphabet.ts';
import type { Quantisation } from './gadget.ts';

export interface Packing {
  /** c >= 1. */
  readonly bits: number;
  /** 2^c letters, increasing: multiples of 2^-gapBits from -base on. */
  readonly letters: readonly number[];
  readonly base: number;
  readonly gapBits: number;
  /** The network's alphabet; its positive powers of two 2^-e by their exponents e. */
  readonly alphabet: Alphabet;
  readonly exponents: readonly number[];
}

/** One bit a connection, +-1/2, over any alphabet that has these letters. */
export function binaryPacking(alphabet: Alphabet, exponents: readonly number[]): Packing {
  return { bits: 1, letters: HALVES.letters, base: 0.5, gapBits: 0, alphabet, exponents };
}

/**
 * The most bits that lambda letters carry: for lambda values the multiples of 1/2^c up to 1/2, 2^c <= lambda; linearly quantised,
 * all 2 lambda multiples of 1/lambda up to 1. Undefined where that is one bit.
 */
export function fullPacking(lambda: number, quantisation: Quantisation): Packing | undefined {
  const linear = quantisation === 'linear';
  const bits = Math.floor(Math.log2(linear ? 2 * lambda : lambda));
  if (bits < 2) return undefined;
  const alphabet = linear ? linearAlphabet(lambda) : new Alphabet(multiples(2 ** bits));
  const gapBits = linear ? bits - 1 : bits;
  const exponents = Array.from({ length: linear ? bits - 1 : bits }, (_, e) => e + 1);
  return { bits, letters: alphabet.letters, base: linear ? 1 : 0.5, gapBits, alphabet, exponents };
}

/** k/count for k = -count/2..count/2 without 0. */
function multiples(count: number): number[] {
  return Array.from({ length: count / 2 }, (_, k) => [(k + 1) / count, -(k + 1) / count]).flat();
}

/** The level whose Gray code is `word`. */
export function grayLevel(word: number): number {
  let level = word;
  for (let shift = word >> 1; shift > 0; shift >>= 1) level ^= shift;
  return level;
}

/** Level v - 1 to v changes one bit of Gray's code: which, from the last (0) on, and whether to 1. */
export function grayStep(v: number): { bit: number; rises: boolean } {
  let bit = 0;
  while (((v >> bit) & 1) === 0) bit++;
  return { bit, rises: (((v ^ (v >> 1)) >> bit) & 1) === 1 };
}

/** Places of a coefficient's bits: 2^-1, ..., 2^-(t+1), and the last once more, so that beta = 1 can be written. */
const placesOf = (t: number): number[] => [...Array.from({ length: t + 1 }, (_, j) => j + 1), t + 1];

/** The same in chunks of at most `bits`: one connection each. */
export function chunksOf(t: number, bits: number): number[][] {
  const places = placesOf(t);
  const out: number[][] = [];
  for (let k = 0; k < places.length; k += bits) out.push(places.slice(k, k + bits));
  return out;
}
