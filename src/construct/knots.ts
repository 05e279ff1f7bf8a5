/**
 * The interpolating network of a budget (W, L, b): piecewise linear on segments of length 1/N, for budgets too small for bits.
 *
 *   layers   k copies of the input (they scale it and let fine constants come about), then groups of c ramps relu(T - i), T = N x;
 *            the ramps of the next group are these, shifted. One row collects second differences; the output takes the last group
 *   slopes   multiples of q N, q = 2^(step + slope scale), up to `top` of them, top q N >= 1
 *   error    1/(2N) + max(q, grain)/2 for every f of H1, grain the step of the constant f(0): knots are met up to max(q, grain)/2,
 *            and between two of them f leaves the chord by at most 1/(2N) more. (Rounded up by 2^-20 of itself.)
 *
 * Depth k + groups + 1, N <= c groups.
 */
import { Dyadic, enclosing, Rational, refuse, type Target } from '../exact/index.ts';
import type { Network, Term } from '../net/index.ts';
import { Frame, type Growth, growInput, growthOf, reachOf, TooShallow, weightOf } from './frame.ts';

export interface KnotsShape extends Growth {
  readonly width: number;
  readonly depth: number;
  readonly bits: number;
  /** c. */
  readonly ramps: number;
  readonly groups: number;
  /** log2 of one step of T, and of the weight that one step of slope has. */
  readonly stepScale: number;
  readonly slopeScale: number;
  /** log2 of the constant's grain. */
  readonly grainScale: number;
  /** N; it need not be whole. */
  readonly rate: Dyadic;
  readonly top: number;
  readonly error: Dyadic;
}

/** Groups drawn for their counts: those in between are alike. */
const ALIKE = 3;

/** The network with value start + q heights[i] at T = i; heights[0] = 0. Without heights its structure alone. */
function drawKnots(shape: KnotsShape, start = Dyadic.ZERO, heights?: ArrayLike<number>): Frame {
  const { bits, copies, stepScale, slopeScale, ramps, groups, rate, top, grainScale } = shape;
  const frame = new Frame(bits, copies);
  const position = growInput(frame, shape, rate.scale(stepScale));
  frame.layer();
  let ramp = Array.from({ length: ramps }, (_, i) => frame.unit(position, Dyadic.from(-i).scale(stepScale)));
  const drawn = heights ? groups : Math.min(groups, ALIKE);
  // The row goes on as a straight line behind its last ramp: `top` slopes more keep it from falling below 0.
  let whole = drawn > 1 ? frame.unit(position) : 0;
  const shift = Dyadic.from(-ramps).scale(stepScale);
  const bends = (g: number): Term[] => (heights ? secondDifferences(heights, g * ramps, ramp, slopeScale) : []);
  let row: Term[] = [];
  for (let g = 0; g < drawn - 1; g++) {
    const terms = [...row, ...bends(g)];
    if (g === 0) terms.push([whole, weightOf(top, slopeScale)]);
    frame.layer();
    row = [[frame.unit(terms), 1]];
    whole = frame.unit([[whole, 1]]);
    ramp = ramp.map((u) => frame.unit([[u, 1]], shift));
  }
  const terms = [...row, ...bends(drawn - 1)];
  if (drawn > 1) terms.push([whole, weightOf(-top, slopeScale)]);
  frame.layer();
  // Any constant below 2 in magnitude, down to the grain.
  frame.unit(
    terms,
    start,
    Array.from({ length: 1 - grainScale }, (_, i) => -i),
  );
  return frame;
}

function secondDifferences(heights: ArrayLike<number>, first: number, ramp: readonly number[], scale: number): Term[] {
  const terms: Term[] = [];
  ramp.forEach((u, i) => {
    const k = first + i;
    if (k + 1 >= heights.length) return;
    const before = k === 0 ? 0 : (heights[k] as number) - (heights[k - 1] as number);
    const bend = (heights[k + 1] as number) - (heights[k] as number) - before;
    if (bend !== 0) terms.push([u, weightOf(bend, scale)]);
  });
  return terms;
}

/** The plan with the smallest error, or undefined where not even one segment fits. */
export function planKnots(budget: { width: number; depth: number; bits: number }): KnotsShape | undefined {
  let best: KnotsShape | undefined;
  for (let inputLayers = 0; inputLayers <= Math.min(budget.depth - 2, 40); inputLayers++) {
    const shape = planGroups(budget, inputLayers);
    if (shape && (!best || shape.error.lt(best.error))) best = shape;
  }
  return best;
}

function planGroups(
  budget: { width: number; depth: number; bits: number },
  inputLayers: number,
): KnotsShape | undefined {
  const { width, depth } = budget;
  const groups = depth - inputLayers - 1;
  let best: KnotsShape | undefined;
  for (const copies of new Set(inputLayers === 0 ? [2] : [Math.floor(width / 2), Math.floor(width / 3), 2, 1])) {
    if (copies < 1 || copies > Math.max(width, 2)) continue;
    for (let grain = 0; grain < GRAINS; grain++) {
      for (let ramps = width; ramps > 0; ) {
        // Fewer segments cannot do better than this.
        if (best && best.error.toNumber() * 2 * ramps * groups <= 1) break;
        const shape = scaling(budget, { inputLayers, copies }, ramps, groups, grain);
        const widths = shape && widthsOf(shape);
        if (!widths) break;
        const excess = widths.reduce((most, w) => Math.max(most, w), 0) - width;
        if (excess <= 0) {
          if (!best || shape.error.lt(best.error)) best = shape;
          break;
        }
        ramps -= excess;
      }
    }
  }
  return best;
}

function widthsOf(shape: KnotsShape): number[] | undefined {
  try {
    return drawKnots(shape).widths();
  } catch (error) {
    if (error instanceof TooShallow) return undefined;
    throw error;
  }
}

/** Grains of the constant that are tried: that of the slopes, that of a bias, that of a bias behind one layer. */
const GRAINS = 3;

/** Scales at which N = c groups segments, or as many as the weights allow, can be drawn. */
function scaling(
  { width, depth, bits }: { width: number; depth: number; bits: number },
  growth: Omit<Growth, 'inputGain'>,
  ramps: number,
  groups: number,
  choice: number,
): KnotsShape | undefined {
  const slopeScale = -Math.min(bits, 30);
  const levels = 2 ** -slopeScale;
  const reach = reachOf(growth, bits);
  const finest = -bits * (growth.inputLayers + 1);
  // T = x N: N 2^stepScale is a weight of at least levels/(levels - 1), so that slopes up to 1 stay below weight 1.
  const least = levels > 1 ? levels / (levels - 1) : 2;
  const segments = ramps * groups;
  const wanted = Math.ceil(Math.log2(least / segments));
  const stepScale = Math.max(wanted, finest);
  const most = Math.min(segments * 2 ** stepScale, 2 ** reach * (1 - 2 ** -50));
  const inputGain =
    growth.inputLayers === 0
      ? 0
      : Math.max(0, Math.ceil(Math.log2(most) - Math.log2(growth.copies * (2 - 2 ** -Math.min(bits, 40))) - 1e-9));
  if (inputGain > Math.max(0, growth.inputLayers - 1) * growthOf(growth.copies, bits)) return undefined;
  const rate = Dyadic.from(most)
    .roundTo(bits - inputGain, 'down')
    .scale(-stepScale);
  if (rate.sign <= 0) return undefined;
  const q = Dyadic.pow2(stepScale + slopeScale);
  const top = Number(
    Rational.of(1n)
      .div(Rational.fromDyadic(rate.mul(q)))
      .roundTo(0, 'up')
      .floor(),
  );
  if (top > levels - 1) return undefined;
  const grainScale = [stepScale + slopeScale, -bits, -2 * bits][choice] as number;
  if (grainScale < stepScale + slopeScale || grainScale > 0) return undefined;
  const grain = Dyadic.pow2(grainScale);
  const exact = Rational.of(1n)
    .div(Rational.fromDyadic(rate))
    .add(Rational.fromDyadic(q.max(grain)));
  const error = exact.mul(Rational.of((1n << 20n) + 1n, 1n << 21n)).roundBits(24, 'up');
  return {
    ...growth,
    inputGain,
    width,
    depth,
    bits,
    ramps,
    groups,
    stepScale,
    slopeScale,
    grainScale,
    rate,
    top,
    error,
  };
}

/** The network of one function of H1 on [0, 1]; `f` encloses it (theory 5). */
export function encodeKnots(shape: KnotsShape, f: Target): Network {
  const { rate, stepScale, slopeScale, grainScale, top } = shape;
  const scale = -(stepScale + slopeScale);
  const value = (i: number): Dyadic => {
    const at = Rational.of(BigInt(i)).div(Rational.fromDyadic(rate));
    const x = at.compare(Rational.of(1n)) > 0 ? Rational.of(1n) : at;
    const enclosed = f.enclose([enclosing(x, 96)], 96);
    if (!enclosed)
      refuse(`lipschitz, target ${f.text}`, 'a value at every point of the interval', `none at ${x.toNumber()}`);
    return enclosed.mid;
  };
  const start = value(0).roundTo(-grainScale);
  const knots = Number(rate.ceil());
  const heights = new Float64Array(knots + 1);
  for (let i = 1; i <= knots; i++) {
    const wanted = Number(value(i).sub(start).roundTo(scale).mantissaAt(scale));
    const before = heights[i - 1] as number;
    heights[i] = Math.max(before - top, Math.min(before + top, wanted));
  }
  return drawKnots(shape, start, heights).build();
}
