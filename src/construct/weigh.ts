/**
 * sum_j 2^(top-j) v_j from the powers of two that letters are: one weight gadget for any number of values [DLS18, Prop. 3].
 * Places up to `top` are doubled, the first one first; the others are halved by letters 2^-e, as few as the exponents allow.
 */
import type { Blueprint, Group, Row } from './blueprint.ts';
import type { Draft } from './draft.ts';
import { stampCounts, stampsFor } from './ladder.ts';

/** Units of one group, in the order of their places 1, 2, 3, ... */
export interface PlaceSums {
  readonly group: Group;
  readonly places: readonly number[];
}

/** The least number of layers between the units and the row that takes the sum. */
export function weighLayers(places: readonly number[], top: number, exponents: readonly number[]): number {
  return Math.max(0, top - 2, ...stampCounts(exponents, Math.max(0, places.length - top)));
}

/**
 * sum_j 2^(top - j) * (unit of place j), over `hidden` layers and the row to be written: places up to `top` by doubling, first
 * place first; the others by letters 2^-e, each halved as soon as possible and then waiting in one unit.
 */
export function* weigh(
  b: Blueprint,
  block: string,
  { group, places }: PlaceSums,
  top: number,
  exponents: readonly number[],
  hidden: number,
): Draft<(row: Row, sign: number) => void> {
  const least = stampCounts(exponents, Math.max(0, places.length - top));
  const large = Math.min(places.length, top);
  let sum: { from: Group; at: number } = { from: group, at: 0 };
  let waiting: { from: Group; at: number; count: number } = { from: group, at: 1, count: large - 1 };
  let small = new Map<number, [Group, number][]>();
  for (let j = large; j < places.length; j++) small.set((places[j] as number) - top, [[group, j]]);
  const step = (rest: number): number => (rest === 0 ? 0 : (stampsFor(rest, exponents, least)[0] as number));
  // The doublings still to do say when the next place joins.
  let doublings = top - 1;
  for (let l = 0; l < hidden; l++) {
    const [s, w, before] = [sum, waiting, small];
    const doubles = doublings > 1;
    const joins = doubles && w.count > 0;
    const next = b.group(block, 1, (row) => {
      row.add(s.from, s.at, doubles ? 2 : 1);
      if (joins) row.add(w.from, w.at, 1);
    });
    sum = { from: next, at: 0 };
    if (doubles) doublings--;
    const skip = joins ? 1 : 0;
    const left = w.count - skip;
    const kept = left > 0 ? b.group(block, left, (row, k) => row.add(w.from, w.at + skip + k, 1)) : w.from;
    waiting = { from: kept, at: 0, count: left };
    small = new Map();
    const targets = new Map<number, [Group, number, number][]>();
    for (const [rest, units] of before) {
      const e = step(rest);
      const list = targets.get(rest - e) ?? [];
      for (const [from, at] of units) list.push([from, at, 2 ** -e]);
      targets.set(rest - e, list);
    }
    for (const [rest, list] of targets) {
      const unit = b.group(block, 1, (row) => {
        for (const [from, at, c] of list) row.add(from, at, c);
      });
      small.set(rest, [[unit, 0]]);
    }
    yield;
  }
  const [s, w, rest] = [sum, waiting, small];
  return (row, sign) => {
    row.add(s.from, s.at, 2 ** doublings * sign);
    if (w.count > 0) row.add(w.from, w.at, sign);
    // Every small place has been halved down by now.
    for (const [from, at] of rest.get(0) ?? []) row.add(from, at, sign);
  };
}
