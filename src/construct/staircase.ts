/**
 * From x to the cell that holds it, under weights of Q(0, b) (theory 2.4; cells.ts for the layout of long cells and short steps).
 *
 *   s(x)   the cell's number: constant on long cells, linear over short steps, exactly
 *   D(x)   m - Y, Y the zig-zag that rests on short steps
 *
 * n levels split K_1 ... K_n cells. Level i cuts each piece of the level above into K_i with two ramps a cut, folds the position
 * so that all pieces share one coordinate (it rests on the cuts), and counts the pieces, s_i, and their parity, p_i. Where the
 * coordinate runs backwards (r_i = 1) the count is turned round:
 *
 *   t_i = |s_i - (K_i - 1) r_(i-1)|,   r_i = |p_i - r_(i-1)|,   A_i = K_i A_(i-1) + t_i;   r_0 = A_0 = 0,   s = A_n
 *
 * exact on cuts too: on a cut of a level above, s_i rests at 0 or K_i - 1 and p_i rests, so that the turns are linear.
 * Depth n + 1 (1 where n = 1); a level's layer holds 2 K_i - 1 ramps and at most five units besides.
 */
import { Dyadic } from '../exact/index.ts';
import type { Term } from '../net/index.ts';
import type { Frame } from './frame.ts';

export interface StaircaseShape {
  /** K_1 ... K_n; from the second on below 2^(b+1). */
  readonly counts: readonly number[];
  /** m. */
  readonly steps: number;
  /** log2 of what one step of s is worth. */
  readonly scale: number;
  /** log2 of the unit that D is wanted in. */
  readonly distanceScale: number;
}

export interface Staircase {
  /** s in steps of 2^scale, in terms of the layer drawn last. */
  readonly count: readonly Term[];
  /** D in its unit, and the constant that belongs to it. */
  readonly distance: readonly Term[];
  readonly distanceConstant: Dyadic;
}

/** log2 of what one fine step of the position is worth at each level. Each level's K_i fits a weight below 2. */
export function levelScales(counts: readonly number[], last: number): number[] {
  const scales = counts.map(() => last);
  for (let i = counts.length - 2; i >= 0; i--) {
    scales[i] = (scales[i + 1] as number) + Math.floor(Math.log2(counts[i + 1] as number));
  }
  return scales;
}

/** Cells inside one piece of level i (from 0). */
function cellsBelow(counts: readonly number[], i: number): number {
  return counts.slice(i + 1).reduce((n, k) => n * k, 1);
}

/**
 * Draws the levels. `position` gives T 2^(scale of the first level) in terms of the layer drawn last. Afterwards the frame stands
 * at the layer that the returned terms refer to.
 */
export function drawStaircase(frame: Frame, position: readonly Term[], shape: StaircaseShape): Staircase {
  const { counts, steps } = shape;
  const scales = levelScales(counts, shape.scale);
  let at = position;
  let found: Found = { sum: [], reverse: [] };
  let level: Level | undefined;
  counts.forEach((count, i) => {
    frame.layer();
    if (level) found = turn(frame, level, found, false);
    const drop = i === 0 ? 0 : (scales[i] as number) - (scales[i - 1] as number);
    level = {
      ...drawLevel(frame, scaled(at, drop), (steps + 1) * cellsBelow(counts, i), count, scales[i] as number),
      drop,
    };
    at = level.fold;
  });
  const last = level as Level;
  const distance = scaled(last.fold, shape.distanceScale - shape.scale, -1);
  const constant = Dyadic.from(steps).scale(shape.distanceScale);
  if (counts.length === 1) return { count: last.pieces, distance, distanceConstant: constant };
  frame.layer();
  const { sum } = turn(frame, last, found, true);
  return { count: sum, distance: [[frame.unit(distance, constant), 1]], distanceConstant: Dyadic.ZERO };
}

/** A_i and r_i, in steps of level i's scale. */
interface Found {
  readonly sum: Term[];
  readonly reverse: Term[];
}

/** What one level leaves in its layer, in steps of its scale: s_i, p_i and the folded position. */
interface Level {
  readonly count: number;
  readonly pieces: Term[];
  readonly parity: Term[];
  readonly fold: Term[];
  /** log2 of its scale over that of the level above. */
  readonly drop: number;
}

function drawLevel(
  frame: Frame,
  at: readonly Term[],
  length: number,
  count: number,
  scale: number,
): Omit<Level, 'drop'> {
  const fold: Term[] = [[frame.unit(at), 1]];
  const pieces: Term[] = [];
  const parity: Term[] = [];
  for (let j = 1; j < count; j++) {
    const first = frame.unit(at, Dyadic.from(1 - j * length).scale(scale));
    const second = frame.unit(at, Dyadic.from(-j * length).scale(scale));
    const bend = j % 2 === 1 ? -1 : 1;
    fold.push([first, bend], [second, bend]);
    pieces.push([first, 1], [second, -1]);
    parity.push([first, -bend], [second, bend]);
  }
  return { count, pieces, parity, fold };
}

/** Draws the units of A_i and, unless it is the last, of r_i. */
function turn(frame: Frame, { count, pieces, parity, drop }: Level, { sum, reverse }: Found, last: boolean): Found {
  const magnitude = (terms: Term[]): Term[] => [
    [frame.unit(terms), 1],
    [frame.unit(scaled(terms, 0, -1)), 1],
  ];
  if (reverse.length === 0) {
    return { sum: [[frame.unit(pieces), 1]], reverse: last ? [] : [[frame.unit(parity), 1]] };
  }
  const above: Term[] = [[frame.unit(scaled(sum, drop, count)), 1]];
  const turned = magnitude([...pieces, ...scaled(reverse, drop, 1 - count)]);
  return {
    sum: [...above, ...turned],
    reverse: last ? [] : magnitude([...parity, ...scaled(reverse, drop, -1)]),
  };
}

function scaled(terms: readonly Term[], e: number, factor = 1): Term[] {
  return terms.map(([u, w]) => [u, factor * (w as number) * 2 ** e]);
}
