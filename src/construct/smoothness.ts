/**
 * Is f in F_{d,n}, and after which scaling? [DLS18, eq. 1]: all derivatives of order 0..n at most 1 on the cube.
 * Proved by interval enclosures of the derivatives on boxes that are split until the power of two is settled; enclosures are
 * rounded outward, so a bound is taken for 2^k when it is at most 2^k (1 + 2^-24), and error bounds use the bound itself.
 */
import { Dyadic, Interval, type Target } from '../exact/index.ts';
import { factorial, multiIndices } from './taylorShape.ts';

export interface Smoothness {
  /** The largest derivative of order 0..n over [0,1]^d lies in [lower, upper]. */
  readonly lower: Dyadic;
  readonly upper: Dyadic;
}

const PRECISION = 40;
const MOST_BOXES = 4096;
/** Boxes after which a bound that has not moved is taken as it is (a stated Lipschitz constant does not depend on the box). */
const STALL = 512;
/** A box on which f has no n derivatives is split this often before f is taken to have none. */
const MOST_SPLITS = 12;

interface Box {
  readonly sides: readonly Interval[];
  readonly splits: number;
  readonly upper: Dyadic | undefined;
}

/** Enclosures of every D^n f / n!, |n| <= order, over the box; undefined where they are not shown to exist. */
export function derivativesOf(
  target: Target,
  box: readonly Interval[],
  order: number,
  precision: number,
): ReadonlyMap<string, Interval> | undefined {
  if (target.partials) return target.partials(box, order, precision);
  const jet = box.length === 1 ? target.taylor?.(box[0] as Interval, order, precision) : undefined;
  return jet && new Map(jet.map((c, k) => [String(k), c]));
}

/** Bounds of the largest derivative up to order n on [0,1]^d; undefined where it is not shown to be finite. */
export function smoothness(target: Target, n: number): Smoothness | undefined {
  const d = target.inputs;
  const weights = new Map(multiIndices(d, n + 1).map((k) => [k.join(','), Dyadic.of(factorial(k))]));
  const measure = (sides: readonly Interval[], of: (i: Interval) => Dyadic): Dyadic | undefined => {
    const all = derivativesOf(target, sides, n, PRECISION);
    if (!all) return undefined;
    let most = Dyadic.ZERO;
    for (const [key, c] of all) most = most.max(of(c).mul(weights.get(key) as Dyadic));
    return most;
  };
  let lower = Dyadic.ZERO;
  const look = (sides: readonly Interval[], splits: number): Box => {
    const middle = measure(
      sides.map((s) => Interval.of(s.mid)),
      (i) => i.mignitude,
    );
    if (middle) lower = lower.max(middle);
    return { sides, splits, upper: measure(sides, (i) => i.magnitude) };
  };
  // Boxes by upper bound; those that cannot decide the power of two any more are dropped into `settled`.
  const heap: Box[] = [
    look(
      Array.from({ length: d }, () => Interval.of(0, 1)),
      0,
    ),
  ];
  let settled = Dyadic.ZERO;
  let stalled = { upper: (heap[0] as Box).upper, since: 0 };
  for (let boxes = 1; heap.length > 0; ) {
    let at = 0;
    for (let i = 1; i < heap.length; i++) if (above(heap[i] as Box, heap[at] as Box)) at = i;
    const worst = heap[at] as Box;
    if (worst.upper?.le(powerAbove(lower.max(settled)))) {
      return Object.freeze({ lower, upper: worst.upper.max(settled) });
    }
    if (!stalled.upper || worst.upper?.lt(stalled.upper)) stalled = { upper: worst.upper, since: boxes };
    if (
      boxes >= MOST_BOXES ||
      boxes >= stalled.since + STALL * d ||
      (!worst.upper && worst.splits >= MOST_SPLITS * d)
    ) {
      return worst.upper && Object.freeze({ lower, upper: worst.upper.max(settled) });
    }
    heap[at] = heap[heap.length - 1] as Box;
    heap.pop();
    for (const half of split(worst)) {
      const box = look(half, worst.splits + 1);
      boxes++;
      if (box.upper?.le(powerAbove(lower))) settled = settled.max(box.upper);
      else heap.push(box);
    }
  }
  return Object.freeze({ lower, upper: settled });
}

/** The larger bound first (none at all before any), of equal bounds the larger box. */
function above(a: Box, b: Box): boolean {
  if (!a.upper || !b.upper) return !a.upper && (b.upper !== undefined || a.splits < b.splits);
  const order = a.upper.compare(b.upper);
  return order > 0 || (order === 0 && a.splits < b.splits);
}

/** 1 + 2^-24. */
const ROUNDING = Dyadic.ONE.add(Dyadic.pow2(-24));

/** The least k with x <= 2^k (1 + 2^-24); x > 0. */
function exponentAbove(x: Dyadic): number {
  return x.le(Dyadic.pow2(x.exponent).mul(ROUNDING)) ? x.exponent : x.exponent + 1;
}

/** The largest upper bound that settles for the same power of two as x. */
function powerAbove(x: Dyadic): Dyadic {
  return x.isZero ? x : Dyadic.pow2(exponentAbove(x)).mul(ROUNDING);
}

function split({ sides, splits }: Box): Interval[][] {
  const k = splits % sides.length;
  const side = sides[k] as Interval;
  return [Interval.of(side.lo, side.mid), Interval.of(side.mid, side.hi)].map((half) =>
    sides.map((s, i) => (i === k ? half : s)),
  );
}

/** The least k >= 0 with f / 2^k in F_{d,n}, up to the factor 1 + 2^-24 that rounding may leave in `upper`. */
export function scaleFor({ upper }: Smoothness): number {
  return upper.isZero ? 0 : Math.max(0, exponentAbove(upper));
}
