/** Seeded random numbers for tests that draw thousands of cases: the same on every machine. */
import { Dyadic } from '../../src/exact/index.ts';

export interface Random {
  /** A float64 in [0, 1). */
  unit(): number;
  /** A whole number in lo..hi. */
  whole(lo: number, hi: number): number;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
  /** A whole number of exactly `bits` binary digits. */
  digits(bits: number): bigint;
  /** A dyadic of 1 to `bits` digits with 2^lowest <= |x| < 2^highest, of either sign. */
  dyadic(bits: number, lowest: number, highest: number): Dyadic;
}

/** mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const whole = (lo: number, hi: number): number => lo + Math.floor(unit() * (hi - lo + 1));
  const digits = (bits: number): bigint => {
    let m = 1n;
    for (let k = 1; k < bits; k++) m = 2n * m + (unit() < 0.5 ? 1n : 0n);
    return m;
  };
  return {
    unit,
    whole,
    pick: (items) => items[whole(0, items.length - 1)] as (typeof items)[number],
    digits,
    dyadic: (bits, lowest, highest) => {
      const size = whole(1, bits);
      const m = digits(size);
      return Dyadic.of(unit() < 0.5 ? -m : m, whole(lowest + 1, highest) - size);
    },
  };
}
