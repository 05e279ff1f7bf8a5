/**
 * Parts of a network drawn side by side, one layer at a time.
 *
 * A *draft* is a generator: what it draws before a `yield` goes into the layer being drawn, and the `yield` ends that layer.
 * It returns signals whose units lie in the last layer it drew. `together` runs drafts in step and carries the signals of
 * those that end early, so that all results lie in one layer.
 */
import type { Blueprint, Group, Row } from './blueprint.ts';

/** count numbers v_i = 2^scale * (sum of plus[.]_i - sum of minus[.]_i), carried by units, which are never negative. */
export interface Signal {
  readonly count: number;
  readonly plus: readonly Group[];
  readonly minus: readonly Group[];
  readonly scale: number;
}

export type Draft<T> = Generator<void, T, void>;

/** The numbers that the units of one group hold, times 2^scale. */
export function signal(plus: Group, scale = 0, minus?: Group): Signal {
  return { count: plus.count, plus: [plus], minus: minus ? [minus] : [], scale };
}

/** Adds coefficient * v_index to a row. */
export function addSignal(row: Row, s: Signal, index: number, coefficient: number): void {
  const c = coefficient * 2 ** s.scale;
  for (const g of s.plus) row.add(g, index, c);
  for (const g of s.minus) row.add(g, index, -c);
}

/** The same numbers one layer up: relu(v) = v for what is not negative. */
export function carry(b: Blueprint, s: Signal, block = 'carry'): Signal {
  const up = (g: Group): Group => b.group(block, g.count, (row, i) => row.add(g, i, 1));
  return { ...s, plus: s.plus.map(up), minus: s.minus.map(up) };
}

/** The same units at half their value, one weight each: the scale grows by one. */
export function halve(b: Blueprint, s: Signal, block = 'carry'): Signal {
  const up = (g: Group): Group => b.group(block, g.count, (row, i) => row.add(g, i, 0.5));
  return { ...s, plus: s.plus.map(up), minus: s.minus.map(up), scale: s.scale + 1 };
}

/** Ends at once: `together` carries the signals for as long as the other drafts draw. */
// biome-ignore lint/correctness/useYield: a draft of no layers
export function* hold(...signals: Signal[]): Draft<Signal[]> {
  return signals;
}

/** Runs drafts in step; every result's signals lie in the last layer drawn. */
export function* together(b: Blueprint, drafts: readonly Draft<Signal[]>[]): Draft<Signal[][]> {
  const results: (Signal[] | undefined)[] = drafts.map(() => undefined);
  for (;;) {
    const early: number[] = [];
    let drew = false;
    drafts.forEach((draft, k) => {
      if (results[k]) {
        early.push(k);
        return;
      }
      const step = draft.next();
      if (step.done) {
        results[k] = step.value;
        early.push(k);
      } else drew = true;
    });
    if (!drew) return results as Signal[][];
    for (const k of early) results[k] = (results[k] as Signal[]).map((s) => carry(b, s));
    yield;
  }
}

/** Drafts of equal length, layer by layer. */
export function* abreast<T>(drafts: readonly Draft<T>[]): Draft<T[]> {
  for (;;) {
    const steps = drafts.map((d) => d.next());
    if (steps.every((s) => s.done)) return steps.map((s) => s.value as T);
    if (steps.some((s) => s.done)) throw new Error('abreast: drafts of unequal length');
    yield;
  }
}

/** Draws a whole draft, layer after layer. */
export function draw<T>(b: Blueprint, draft: Draft<T>): T {
  for (;;) {
    const step = draft.next();
    if (step.done) return step.value;
    b.close();
  }
}
