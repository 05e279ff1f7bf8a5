/**
 * Which powers of two make products 2^-j quickly: the choice of exponents behind D3 [DLS18, Prop. 3].
 *
 * A path of D layers multiplies by one letter 2^-e a layer, or by 1 (two copies with 1/2 each). The paper takes the
 * exponents of a radix, 1, s, s^2, ...; here they are chosen freely, which is the postage-stamp problem: with h stamps out of
 * few denominations, pay every amount up to the largest possible. Two kinds of alphabet occur:
 *
 *   one-sided   -1/2 and lambda - 1 positive letters: the first and the last layer, which need both signs, use 1/2
 *   two-sided   floor(lambda/2) exponents with both signs: every layer may use every letter
 */
import { MAX_LETTER_BITS } from './alphabet.ts';

/** The least number of stamps that pays each amount 0..limit; Infinity where none does. */
export function stampCounts(stamps: readonly number[], limit: number): Float64Array {
  const least = new Float64Array(limit + 1).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  for (let r = 1; r <= limit; r++) {
    for (const e of stamps) {
      if (e <= r && (least[r - e] as number) + 1 < (least[r] as number)) least[r] = (least[r - e] as number) + 1;
    }
  }
  return least;
}

/** The stamps that pay r with the fewest, largest first. */
export function stampsFor(r: number, stamps: readonly number[], least: Float64Array): number[] {
  const out: number[] = [];
  for (let rest = r; rest > 0; ) {
    const e = stamps.find((s) => s <= rest && (least[rest - s] as number) === (least[rest] as number) - 1) as number;
    out.push(e);
    rest -= e;
  }
  return out.sort((a, b) => b - a);
}

/** Sets that a search tries before it gives up; the gadget then has a layer more than the best. */
const SEARCH_LIMIT = 2000;
/** Larger problems are answered by the radix sets alone. */
const SEARCH_DENOMINATIONS = 8;
const SEARCH_AMOUNT = 64;

/** How far a set pays without a gap: the least amount that is not paid. */
type FirstGap = (stamps: readonly number[]) => number;

/**
 * At most `denominations` exponents, 1 among them, with a first gap beyond `limit`: one of the sets proposed, or one found by
 * search. A new exponent must pay the gap, so it is at most gap - slack.
 */
function chooseStamps(
  denominations: number,
  limit: number,
  slack: number,
  firstGap: FirstGap,
  proposals: readonly (readonly number[])[],
): readonly number[] | undefined {
  for (const p of proposals) {
    const usable = p.filter((e) => e <= MAX_LETTER_BITS);
    if (usable.length <= denominations && usable[0] === 1 && firstGap(usable) > limit) return usable;
  }
  if (denominations > SEARCH_DENOMINATIONS || limit > SEARCH_AMOUNT) return undefined;
  let tried = 0;
  const extend = (stamps: readonly number[]): readonly number[] | undefined => {
    const gap = firstGap(stamps);
    if (gap > limit) return stamps;
    if (stamps.length === denominations || ++tried > SEARCH_LIMIT) return undefined;
    for (let e = Math.min(gap - slack, MAX_LETTER_BITS); e > (stamps[stamps.length - 1] as number); e--) {
      const found = extend([...stamps, e]);
      if (found) return found;
    }
    return undefined;
  };
  return extend([1]);
}

const RADIX = new Map<string, number[]>();

/**
 * The paper's kind of set, for any number of digits: stamps that pay 1..n with at most `count` of `denominations`, by
 * splitting an amount into low and high digits, n + 1 = (n_low + 1)(n_high + 1), in the best way.
 */
function radixStamps(denominations: number, count: number): number[] {
  if (denominations === 0 || count === 0) return [];
  if (count === 1) return Array.from({ length: denominations }, (_, k) => k + 1);
  if (denominations === 1) return [1];
  const key = `${denominations},${count}`;
  const known = RADIX.get(key);
  if (known) return known;
  const reach = (stamps: readonly number[], h: number): number => {
    const top = Math.min(stamps[stamps.length - 1] ?? 0, MAX_LETTER_BITS) * h;
    const least = stampCounts(stamps, top + 1);
    let r = 0;
    while (r < top && (least[r + 1] as number) <= h) r++;
    return r;
  };
  let best = Array.from({ length: denominations }, (_, k) => k + 1);
  let most = reach(best, count);
  for (let k = 1; k < denominations; k++) {
    for (let h = 1; h < count; h++) {
      const low = radixStamps(k, h);
      const base = reach(low, h) + 1;
      const set = [...low, ...radixStamps(denominations - k, count - h).map((e) => e * base)].filter(
        (e) => e <= MAX_LETTER_BITS,
      );
      const n = reach(set, count);
      if (n > most) [best, most] = [set, n];
    }
  }
  RADIX.set(key, best);
  return best;
}

/** Exponents that pay 1..limit with at most `count` stamps each, or undefined where none were found. */
export function oneSidedExponents(denominations: number, count: number, limit: number): readonly number[] | undefined {
  if (count * MAX_LETTER_BITS < limit || count < 1) return undefined;
  const firstGap: FirstGap = (stamps) => {
    const least = stampCounts(stamps, limit);
    for (let r = 1; r <= limit; r++) if ((least[r] as number) > count) return r;
    return limit + 1;
  };
  return chooseStamps(denominations, limit, 0, firstGap, [radix(denominations, count)]);
}

/** Exponents that pay 2..limit with at least two and at most `count` stamps each, or undefined where none were found. */
export function twoSidedExponents(denominations: number, count: number, limit: number): readonly number[] | undefined {
  if (count * MAX_LETTER_BITS < limit) return undefined;
  const firstGap: FirstGap = (stamps) => {
    const least = stampCounts(stamps, limit);
    for (let r = 2; r <= limit; r++) if (twoOrMore(r, stamps, least).length > count) return r;
    return limit + 1;
  };
  // With exactly `count` stamps e + 1, e from a set that may leave some out, every amount from `count` on is paid.
  const shifted = [1, ...radix(denominations - 1, count).map((e) => e + 1)];
  return chooseStamps(denominations, limit, 1, firstGap, [shifted, radix(denominations, count - 1)]);
}

/** Radix sets of at most 16 stamps and 8 uses are worth their search; beyond, the letters' length is the limit anyway. */
const radix = (denominations: number, count: number): number[] =>
  radixStamps(Math.min(denominations, 16), Math.min(count, 8));

/** At least two stamps with sum r >= 2, as few as possible; 1 is a stamp. */
export function twoOrMore(r: number, stamps: readonly number[], least: Float64Array): number[] {
  let first = 1;
  for (const e of stamps) if (e < r && (least[r - e] as number) < (least[r - first] as number)) first = e;
  return [first, ...stampsFor(r - first, stamps, least)];
}
