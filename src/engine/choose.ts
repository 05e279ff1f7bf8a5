/**
 * Which kernel serves each layer: every choice that passes its proof is exact, the work estimated here only ranks them.
 * Work is counted in vector instructions an input, as measured on the machines at hand.
 */
import { KERNEL_DENSE, KERNEL_INT32, KERNEL_LIMB32, KERNEL_LIMB64, KERNEL_WINDOW } from '../../assembly/layout.ts';
import { refuse } from '../exact/index.ts';
import type { LayerBounds } from '../net/index.ts';
import { denseShape, fitsDense, LEAST_BASE, MOST_BASE, weightDigits } from './denseRows.ts';
import { fits32, fits64, fitsWindow, type Planned, type RowSums } from './rows.ts';

/** A layer with its proofs, before its kernel is chosen. */
export interface Studied extends Planned {
  readonly sums: RowSums;
  readonly bounds: Omit<LayerBounds, 'ranges'>;
  /** Binary digits of the largest incoming activation. */
  readonly bitsIn: number;
  readonly last: boolean;
  /** Fractional bits of the results. */
  readonly scaleOut: number;
  /** Weights are 1 and -1, few are zero, and bit planes serve it in lanes. */
  bitmap?: boolean;
}

export interface Choice {
  /** Limbs in lanes are digits to the base 2^radix, limbs in pairs to the base 2^base. */
  readonly radix: number;
  readonly base: number;
  /** One a layer. */
  readonly kernels: readonly number[];
}

/** Largest radix: a limb and its sums must leave room in a 32-bit lane. */
const MOST_RADIX = 28;
const LEAST_RADIX = 8;

export function limbsFor(bits: number, width: number): number {
  return Math.max(1, Math.ceil(bits / width));
}

/** One 32-bit lane holds every partial sum and every activation. */
function isInt32({ bounds, sums, bitsIn }: Studied): boolean {
  return bounds.sumBits <= 31 && sums.weightBits <= 31 && bitsIn <= 31;
}

/**
 * The kernel of a layer in lanes, and its work; undefined where no proof passes. `oneLimb`: inputs can come as one limb of 31
 * bits each.
 */
function laneKernel(s: Studied, oneLimb: boolean, radix: number): { kernel: number; work: number } | undefined {
  const { sums, bounds, bitsIn } = s;
  const limbs = limbsFor(bitsIn, radix);
  const most = 2 ** Math.min(bitsIn, radix) - 1;
  if (s.bitmap && fits32(sums, most, radix)) return { kernel: KERNEL_LIMB32, work: 0.7 * sums.nonZeros * limbs };
  if (isInt32(s) && (oneLimb || limbs === 1)) return { kernel: KERNEL_INT32, work: 1.3 * sums.nonZeros };
  const long = limbsFor(bounds.sumBits, radix) >= WINDOW_LIMBS;
  if (long && fitsWindow(s, sums, most, radix)) {
    return { kernel: KERNEL_WINDOW, work: sums.nonZeros * (limbs + 6) * weightDigits32(sums.weightBits, radix) };
  }
  if (!long && fits32(sums, most, radix)) return { kernel: KERNEL_LIMB32, work: 1.5 * sums.nonZeros * limbs };
  if (!fits64(sums, most, radix)) return undefined;
  return { kernel: KERNEL_LIMB64, work: 5 * sums.nonZeros * limbs * limbsFor(sums.weightBits, radix) };
}

/** Fewest places of a layer that is kept as bit planes. */
const BITMAP_PLACES = 2 ** 12;

/** From so many limbs on, windows save more than they cost. */
const WINDOW_LIMBS = 4;

/** Digits that a weight may take in a window kernel; most of a long weight's are zero, or it would not fit. */
function weightDigits32(bits: number, radix: number): number {
  return Math.min(2, limbsFor(bits, radix));
}

function denseWork({ layer, sums, bitsIn, bounds }: Studied, base: number): number {
  const { pairs, blocks } = denseShape(layer.inputs, layer.outputs);
  const products = 8 * pairs * blocks * limbsFor(bitsIn, base) * weightDigits(sums.weightBits, base);
  return 0.34 * products + 6 * blocks * limbsFor(bounds.sumBits, base);
}

/** Work of bringing `units` activations of `bits` bits into the other form. */
function recodeWork(units: number, bits: number): number {
  return 2 * units * limbsFor(bits, MOST_BASE);
}

export function choose(layers: readonly Studied[]): Choice {
  // Where all layers are dense, one input at a time goes by rows, which bit planes are not made for; small layers gain nothing.
  if (!layers.every(mayBeDense))
    for (const s of layers)
      s.bitmap = s.sums.weightBits === 1 && mayBeDense(s) && s.layer.inputs * s.layer.outputs >= BITMAP_PLACES;
  const radix = chooseRadix(layers);
  let best: { work: number; base: number; kernels: readonly number[] } | undefined;
  for (let base = MOST_BASE; base >= LEAST_BASE; base--) {
    const found = kernelsFor(layers, radix, base);
    if (!best || found.work < best.work) best = { ...found, base };
    // With one digit a weight and every layer proved, a smaller base only adds limbs.
    if (layers.every((s) => s.sums.weightBits <= 15 && fitsDense(s, s.sums, base))) break;
    if (base === MOST_BASE && layers.every((s) => !mayBeDense(s))) break;
  }
  if (!best || !Number.isFinite(best.work)) {
    refuse('compile', 'rows whose sums fit 64-bit lanes', 'a row with too many terms');
  }
  return { radix, base: best.base, kernels: best.kernels };
}

/** Layers with many zeros are never worth a dense kernel: skip their proofs. */
function mayBeDense({ sums, layer }: Studied): boolean {
  return sums.nonZeros * 8 >= layer.inputs * layer.outputs && layer.inputs * layer.outputs >= 8;
}

/** The radix of least work if all layers were in lanes. */
function chooseRadix(layers: readonly Studied[]): number {
  let best = MOST_RADIX;
  let least = Number.POSITIVE_INFINITY;
  for (let radix = MOST_RADIX; radix >= LEAST_RADIX; radix--) {
    let work = 0;
    let oneLimb = true;
    let cheap = true;
    for (const s of layers) {
      const found = laneKernel(s, oneLimb, radix);
      work += found?.work ?? Number.POSITIVE_INFINITY;
      oneLimb = found?.kernel === KERNEL_INT32;
      cheap &&= found !== undefined && found.kernel !== KERNEL_LIMB64;
    }
    if (work < least) {
      least = work;
      best = radix;
    }
    // Where no layer needs 64-bit lanes, a smaller radix only adds limbs.
    if (cheap) break;
  }
  return best;
}

interface Path {
  readonly work: number;
  readonly kernel: number;
  readonly before: Path | undefined;
}

/** Least work over all ways to serve the layers: after each layer, activations are in lanes or in pairs. */
function kernelsFor(layers: readonly Studied[], radix: number, base: number): { work: number; kernels: number[] } {
  let lanes: Path | undefined;
  let pairs: Path | undefined;
  layers.forEach((s, l) => {
    const first = l === 0;
    const cross = first ? 0 : recodeWork(s.layer.inputs, s.bitsIn);
    const extend = (kernel: number, work: number, ...from: [Path | undefined, number][]): Path | undefined => {
      let best: Path | undefined;
      if (first) return { work, kernel, before: undefined };
      for (const [before, more] of from) {
        const total = (before?.work ?? Number.POSITIVE_INFINITY) + more + work;
        if (before && (!best || total < best.work)) best = { work: total, kernel, before };
      }
      return best;
    };
    // A layer in lanes after one in pairs takes a 31-bit limb where it can use one.
    const afterPairs = laneKernel(s, true, radix);
    const afterLanes = laneKernel(s, first || lanes?.kernel === KERNEL_INT32, radix);
    const viaLanes = afterLanes && extend(afterLanes.kernel, afterLanes.work, [lanes, 0]);
    const viaPairs = first ? undefined : afterPairs && extend(afterPairs.kernel, afterPairs.work, [pairs, cross]);
    const dense = mayBeDense(s) && fitsDense(s, s.sums, base);
    const nextPairs = dense ? extend(KERNEL_DENSE, denseWork(s, base), [pairs, 0], [lanes, cross]) : undefined;
    lanes = !viaPairs || (viaLanes && viaLanes.work <= viaPairs.work) ? viaLanes : viaPairs;
    pairs = nextPairs;
  });
  const end = !pairs || (lanes && (lanes as Path).work <= (pairs as Path).work) ? lanes : pairs;
  const kernels: number[] = [];
  for (let p = end as Path | undefined; p; p = p.before) kernels.unshift(p.kernel);
  return { work: (end as Path | undefined)?.work ?? Number.POSITIVE_INFINITY, kernels };
}
