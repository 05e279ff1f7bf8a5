/**
 * One layer of bit extraction: the staircase that a layer subtracts from the number it reads (bits.ts says how it works),
 * in the order of units that all constructions keep: the number T itself, then a pair of units for each threshold.
 */
import type { Term } from '../net/index.ts';

export const CODINGS = ['binary', 'gap', 'block', 'gray'] as const;
export type BitCoding = (typeof CODINGS)[number];

/** The staircase of one layer on the number T it reads: thresholds a_j, and T' = multiplier T + sum_j up_j relu(T-a_j+1) + down_j relu(T-a_j). */
export interface Step {
  readonly bits: number;
  readonly thresholds: readonly bigint[];
  readonly multiplier: bigint;
  readonly up: readonly bigint[];
  readonly down: readonly bigint[];
  /** What the s bits are at v = 0, 1, ..., 2^s - 1. */
  readonly patterns: readonly number[];
  /** T = scale * codeword at the first step. */
  readonly scale: bigint;
}

/** The layer that reads `bits` of the `left` bits of a word that are left; `next` will be read by the layer after it. */
export function step(coding: BitCoding, bits: number, left: number, next: number, s: number): Step {
  const levels = Array.from({ length: 2 ** bits - 1 }, (_, j) => j + 1);
  const natural = Array.from({ length: 2 ** bits }, (_, v) => v);
  const stairs = (multiplier: bigint, scale: bigint, thresholds: bigint[], drops: bigint[]): Step => {
    return { bits, thresholds, multiplier, up: drops.map((d) => -d), down: drops, patterns: natural, scale };
  };
  switch (coding) {
    case 'binary': {
      // T = 2^left theta is a whole number.
      const unit = 1n << BigInt(left - bits);
      return stairs(
        1n,
        1n << BigInt(left),
        levels.map((j) => BigInt(j) * unit),
        levels.map(() => unit),
      );
    }
    case 'gap': {
      // T = 4^bits theta; the prefix of a codeword ends below the next prefix by more than the gap.
      const grow = 1n << BigInt(2 * next);
      const prefix = (v: number): bigint => {
        let sum = 0n;
        for (let i = 0; i < bits; i++) sum += BigInt((v >> i) & 1) << BigInt(2 * i + 1);
        return sum;
      };
      return stairs(
        grow,
        1n << BigInt(2 * bits),
        levels.map(prefix),
        levels.map((j) => grow * (prefix(j) - prefix(j - 1))),
      );
    }
    case 'block': {
      // T = B theta, B = 2^(s+1): digits 0, 2, 4, ...
      const base = 1n << BigInt(s + 1);
      return stairs(
        base,
        base,
        levels.map((j) => BigInt(2 * j)),
        levels.map(() => 2n * base),
      );
    }
    case 'gray': {
      // T is the whole number; the staircase folds it, so that the next digit counts down on odd v.
      const sign = levels.map((j) => (j % 2 === 1 ? -1n : 1n));
      const patterns = natural.map((v) => v ^ (v >> 1));
      const thresholds = levels.map((j) => BigInt(j) << BigInt(left - bits));
      return { bits, thresholds, multiplier: 1n, up: sign, down: sign, patterns, scale: 1n };
    }
  }
}

/** The bits of v as signed sums of t_j = up_j - down_j, first bit first. Unit `pairs` is the first threshold's. */
export function bitTerms({ bits, thresholds, patterns }: Step, pairs: number): Term[][] {
  return Array.from({ length: bits }, (_, i) => {
    const terms: Term[] = [];
    thresholds.forEach((_, q) => {
      const change = bitOf(patterns, q + 1, bits - 1 - i) - bitOf(patterns, q, bits - 1 - i);
      if (change !== 0) terms.push([pairs + 2 * q, change], [pairs + 2 * q + 1, -change]);
    });
    return terms;
  });
}

/** What the next layer reads as T. */
export function numberTerms({ multiplier, up, down }: Step, pairs: number): Term[] {
  const terms: Term[] = [[pairs - 1, multiplier]];
  up.forEach((w, q) => {
    terms.push([pairs + 2 * q, w], [pairs + 2 * q + 1, down[q] as bigint]);
  });
  return terms;
}

export const bitOf = (patterns: readonly number[], v: number, i: number): number => ((patterns[v] as number) >> i) & 1;
