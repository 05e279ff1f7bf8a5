/**
 * The modulus of continuity omega(t) = sup |f(x) - f(y)| over x, y in a box with |x - y|_inf <= t, from above: from the Lipschitz
 * constant where there is one, and from enclosures over cells (which a square root at 0 has as well). For Euclidean distances it
 * serves too, since |x - y|_inf <= |x - y|_2.
 */
import { Dyadic } from './dyadic.ts';
import { Interval } from './interval.ts';
import { refuse } from './refuse.ts';
import type { Target } from './target.ts';

/** At most 2^LEVELS cells are looked at, over all inputs. */
const LEVELS = 12;

/** A step is cut in this many cells: pairs within t then lie in 2^FINE + 1 neighbouring cells. */
const FINE = 3;

/**
 * An upper bound on the modulus of continuity of `target` over `box` at distance t > 0; undefined where f is not shown to be
 * bounded there. Tends to omega(9/8 t) where the cells decide (t not below a 512th of the box, one input), and is omega(t) to a
 * percent where f has that slope everywhere.
 */
export function modulusBound(
  target: Target,
  box: readonly Interval[],
  t: Dyadic,
  precision: number,
): Dyadic | undefined {
  if (t.sign <= 0) refuse('modulusBound: t', 'a distance > 0', t);
  if (box.length !== target.inputs) refuse('box', `${target.inputs} interval(s)`, box.length);
  const stated = target.modulus?.(t);
  if (stated) return stated.roundBits(precision, 'up');
  const slope = target.lipschitz?.(box, precision);
  const straight = slope?.mul(t);
  const stepped = oscillation(target, box, t, precision);
  const bound = straight && stepped ? straight.min(stepped) : (straight ?? stepped);
  return bound?.roundBits(precision, 'up');
}

/** The largest width of f over boxes of neighbouring cells that hold every pair at distance t. */
function oscillation(target: Target, box: readonly Interval[], t: Dyadic, precision: number): Dyadic | undefined {
  const most = Math.floor(LEVELS / box.length);
  const sides = box.map((side) => cut(side, t, most));
  let lows: (Dyadic | undefined)[] = [];
  let highs: (Dyadic | undefined)[] = [];
  const counts = sides.map((side) => side.cells.length);
  const total = counts.reduce((a, b) => a * b, 1);
  for (let k = 0; k < total; k++) {
    let rest = k;
    const cell = sides.map(({ cells }) => {
      const at = rest % cells.length;
      rest = (rest - at) / cells.length;
      return cells[at] as Interval;
    });
    const range = target.enclose(cell, precision);
    if (!range) return undefined;
    lows.push(range.lo);
    highs.push(range.hi);
  }
  // Windows of `reach` cells along each input in turn: the extremes over a box are the extremes of extremes.
  let stride = 1;
  sides.forEach(({ reach }, v) => {
    const count = counts[v] as number;
    lows = windows(lows as Dyadic[], stride, count, reach, (a, b) => a.min(b));
    highs = windows(highs as Dyadic[], stride, count, reach, (a, b) => a.max(b));
    stride *= count;
  });
  let worst = Dyadic.ZERO;
  for (let k = 0; k < total; k++) worst = worst.max((highs[k] as Dyadic).sub(lows[k] as Dyadic));
  return worst;
}

/** A side in at most 2^mostLevels cells of width above t / 2^(FINE + 1), and how many neighbours two points within t can touch. */
function cut(side: Interval, t: Dyadic, mostLevels: number): { cells: Interval[]; reach: number } {
  if (side.isPoint) return { cells: [side], reach: 1 };
  let level = 0;
  const { width } = side;
  while (level < mostLevels && width.scale(-level).gt(t.scale(-FINE))) level++;
  const count = 1 << level;
  const step = width.scale(-level);
  const ends = Array.from({ length: count + 1 }, (_, k) => side.lo.add(step.mul(Dyadic.of(BigInt(k)))));
  const cells = Array.from({ length: count }, (_, k) => Interval.of(ends[k] as Dyadic, ends[k + 1] as Dyadic));
  // Points whose cells are i apart are at least i - 1 steps from each other; at exactly i - 1 steps both lie on borders, and so in
  // cells that are nearer. It is enough to hold every i with (i - 1) steps < t.
  let reach = 2;
  while (reach < count && step.mul(Dyadic.of(BigInt(reach - 1))).lt(t)) reach++;
  return { cells, reach: Math.min(reach, count) };
}

/** best[k] over the `reach` values from k on, `stride` apart within runs of `count` (shorter at a run's end), by doubling. */
function windows(
  values: readonly Dyadic[],
  stride: number,
  count: number,
  reach: number,
  better: (a: Dyadic, b: Dyadic) => Dyadic,
): Dyadic[] {
  let best = [...values];
  let held = 1;
  const room = (k: number): number => count - 1 - (Math.floor(k / stride) % count);
  while (held < reach) {
    const add = Math.min(held, reach - held);
    best = best.map((value, k) => (add <= room(k) ? better(value, best[k + add * stride] as Dyadic) : value));
    held += add;
  }
  return best;
}
