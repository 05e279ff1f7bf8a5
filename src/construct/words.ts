/**
 * Bits in words of Gray code, and the order in which layers take them out (bits.ts: 'gray').
 *
 * A schedule says for every layer which words give how many bits. Bits are used in the order in which they come: the q-th one
 * belongs to the q-th step behind D = 0. `layers` is as short as the width allows.
 */
import { grayWord } from './bits.ts';

export interface Take {
  readonly word: number;
  /** Bits taken at once: 2^count - 1 thresholds. */
  readonly count: number;
}

export interface Schedule {
  readonly layers: readonly (readonly Take[])[];
  /** Bits that each word holds. */
  readonly lengths: readonly number[];
}

export interface ScheduleOptions {
  /** Bits of all words together. */
  readonly bits: number;
  readonly words: number;
  /** Units a layer may hold for words, thresholds, distances and products. */
  readonly room: number;
  /** Bits taken from one word at once. */
  readonly atOnce: number;
  /** Most bits taken in one layer. */
  readonly most: number;
}

/** Units of one layer: `waiting` words go on, `taken` bits in pairs, their distances, and the products of the layer before. */
const unitsOf = (waiting: number, thresholds: number, taken: number, before: number): number =>
  waiting + 2 * thresholds + (taken > 0 ? taken + 1 : 0) + before;

/** A schedule, or undefined where the room is too small for any. */
export function scheduleWords({ bits, words, room, atOnce, most }: ScheduleOptions): Schedule | undefined {
  const lengths = Array.from({ length: words }, (_, j) => Math.floor((bits + words - 1 - j) / words));
  const left = [...lengths];
  const layers: Take[][] = [];
  let before = 0;
  while (left.some((n) => n > 0)) {
    const takes: Take[] = [];
    let waiting = left.filter((n) => n > 0).length;
    let thresholds = 0;
    let taken = 0;
    // The longest words first: they set the number of layers.
    const order = left
      .map((n, j) => [n, j] as const)
      .filter(([n]) => n > 0)
      .sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    for (const [n, j] of order) {
      for (let count = Math.min(atOnce, n); count > 0; count--) {
        const wait = waiting - (n === count ? 1 : 0);
        const more = 2 ** count - 1;
        if (taken + count <= most && unitsOf(wait, thresholds + more, taken + count, before) <= room) {
          takes.push({ word: j, count });
          waiting = wait;
          thresholds += more;
          taken += count;
          left[j] = n - count;
          break;
        }
      }
    }
    if (taken === 0 && before === 0) return undefined;
    layers.push(takes);
    before = taken;
    if (layers.length > 1 << 16) return undefined;
  }
  return { layers, lengths };
}

/** The word of every row for one cell: `bit(q)` is the q-th bit behind D = 0. */
export function wordsOf({ layers, lengths }: Schedule, bit: (q: number) => number): bigint[] {
  const bits: number[][] = lengths.map(() => []);
  let q = 0;
  for (const takes of layers) {
    for (const { word, count } of takes) {
      for (let i = 0; i < count; i++) (bits[word] as number[]).push(bit(q++));
    }
  }
  return bits.map((b) => grayWord(b));
}
