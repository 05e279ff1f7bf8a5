/**
 * Lipschitz functions inside a budget (W, L, b) [OSB; theory 2.4]: the best network that this library can build for the whole
 * class H1 (|f| <= 1 and Lipschitz constant 1 on [0, 1]) with width <= W, depth <= L and weights in Q(0, b).
 *
 *   bits     deep.ts: bits in memory, error about 1/(W^2 L b); needs some width and depth
 *   matrix   shallow.ts: bits in weights, error 8/W^2 or less; needs depth 4 and width
 *   knots    knots.ts: interpolation, error about 1/(2 W L)
 *   affine   one affine map, error 1/4 and rounding: where nothing else fits
 *
 * Other intervals, constants and offsets are brought to H1 by affine maps outside the network, which `normalisation` states.
 */
import { Dyadic, Interval, refuse, type Target, wholeNumber } from '../exact/index.ts';
import { LayerBuilder, Network } from '../net/index.ts';
import { cutCells } from './cells.ts';
import { buildDeep, heightOffset } from './deep.ts';
import { planDeep } from './deepPlan.ts';
import { encodeKnots, type KnotsShape, planKnots } from './knots.ts';
import { buildShallow, mostHeight, planShallow } from './shallow.ts';
import { sigmaDelta, TargetSamples, type ZigZag } from './sigmaDelta.ts';

export interface BudgetOptions {
  /** W, 1..4096. */
  readonly width: number;
  /** L, 1..65536. */
  readonly depth: number;
  /** b, 1..65536. */
  readonly bits: number;
}

export type BudgetMethod = 'bits' | 'matrix' | 'knots' | 'affine';

export interface BudgetPlan extends BudgetOptions {
  readonly method: BudgetMethod;
  /** What was chosen, in a sentence. */
  readonly sentence: string;
  /** |f - net| <= guaranteed on [0, 1] for every f of H1. */
  readonly guaranteed: Dyadic;
  /** Steps (bits, matrix), or segments (knots), on [0, 1]; 0 for an affine map. */
  readonly pieces: number;
  /** The network of one function of H1; |f| may exceed 1: then f less `offset` is encoded. */
  network(f: Target): BudgetNetwork;
  /** bits, matrix: T = rate x counts steps; cells begin after so many. */
  readonly rate?: Dyadic;
  readonly period?: number;
  /** bits, matrix: the network of any zig-zag of at least `pieces` steps, heights in multiples of `guaranteed` within [-1, 1]. */
  fromZigZag?(g: ZigZag): Network;
}

export interface BudgetNetwork {
  readonly network: Network;
  readonly guaranteed: Dyadic;
  /** The network realises f - offset. */
  readonly offset: Dyadic;
  /** bits, matrix: the zig-zag that the network is, exactly, and its steps a unit of x. */
  readonly zigZag?: ZigZag;
  readonly rate?: Dyadic;
}

const plans = new Map<string, BudgetPlan>();

/** Throws InputError where the budget is none. Equal budgets give the same plan. */
export function planBudget({ width, depth, bits }: BudgetOptions): BudgetPlan {
  wholeNumber('lipschitz width', width, 1, 4096);
  wholeNumber('lipschitz depth', depth, 1, 1 << 16);
  wholeNumber('lipschitz bits', bits, 1, 1 << 16);
  const key = `${width},${depth},${bits}`;
  const known = plans.get(key);
  if (known) return known;
  const budget = { width, depth, bits };
  const options = [affinePlan(budget), knotsPlan(budget), matrixPlan(budget), bitsPlan(budget)].filter(
    (p) => p !== undefined,
  );
  const best = options.reduce((a, b) => (b.guaranteed.lt(a.guaranteed) ? b : a));
  if (plans.size > 10_000) plans.clear();
  plans.set(key, best);
  return best;
}

function bitsPlan(budget: BudgetOptions): BudgetPlan | undefined {
  const shape = planDeep(budget);
  if (!shape) return undefined;
  const { ramps, groups, steps, unit, rate } = shape;
  const cells = ramps * groups + 1;
  return zigZagPlan(budget, {
    method: 'bits',
    sentence: `${cells} cells of ${steps} bits, in words of ${shape.wordBits} written by ${groups} layers of memory and read by ${shape.schedule.layers.length}`,
    guaranteed: unit,
    pieces: cells * (steps + 1) - 1,
    rate,
    period: steps + 1,
    mostHeight: heightOffset(shape),
    build: (g) => buildDeep(shape, cutCells(g, cells, steps)),
  });
}

function matrixPlan(budget: BudgetOptions): BudgetPlan | undefined {
  const shape = planShallow(budget);
  if (!shape) return undefined;
  const { blocks, cells, steps, pieces, unit } = shape;
  return zigZagPlan(budget, {
    method: 'matrix',
    sentence: `${blocks * cells} cells of ${steps} steps, whose bends are the weights of ${blocks === 1 ? 'one matrix' : `${blocks} matrices`}`,
    guaranteed: unit,
    pieces,
    rate: Dyadic.from(pieces),
    period: steps,
    mostHeight: mostHeight(shape),
    build: (g) => buildShallow(shape, g),
  });
}

interface ZigZagParts
  extends Required<Pick<BudgetPlan, 'method' | 'sentence' | 'guaranteed' | 'pieces' | 'rate' | 'period'>> {
  /** Heights of zig-zags that can be built are at most this. */
  readonly mostHeight: number;
  build(g: ZigZag): Network;
}

function zigZagPlan(budget: BudgetOptions, { mostHeight: most, build, ...parts }: ZigZagParts): BudgetPlan {
  const { guaranteed: unit, rate, pieces } = parts;
  return Object.freeze({
    ...budget,
    ...parts,
    fromZigZag: (g: ZigZag) =>
      heightsFit(g, most) ? build(g) : refuse('lipschitz', 'a zig-zag with values in [-1, 1]', 'one beyond'),
    network: (f: Target) => {
      const samples = new TargetSamples(f, { lo: Dyadic.ZERO, hi: Dyadic.ONE, rate, unit, offset: Dyadic.ZERO });
      const found = sigmaDelta(samples, pieces);
      const shift = heightsFit(found, most) ? 0 : found.start;
      const zigZag = { start: found.start - shift, up: found.up };
      return Object.freeze({
        network: build(zigZag),
        guaranteed: unit.add(samples.slack),
        offset: unit.mul(Dyadic.from(shift)),
        zigZag,
        rate,
      });
    },
  });
}

function heightsFit({ start, up }: ZigZag, most: number): boolean {
  let height = start;
  let fits = Math.abs(height) <= most;
  for (const u of up) {
    height += u === 1 ? 1 : -1;
    if (height > most || height < -most) fits = false;
  }
  return fits;
}

function knotsPlan(budget: BudgetOptions): BudgetPlan | undefined {
  const shape = planKnots(budget);
  if (!shape) return undefined;
  return Object.freeze({
    ...budget,
    method: 'knots' as const,
    sentence: `interpolation on ${shape.rate.toNumber()} segments, ${shape.ramps} knots a layer`,
    guaranteed: shape.error,
    pieces: Number(shape.rate.ceil()),
    network: (f: Target) => encodeWithin(f, shape),
  });
}

function encodeWithin(f: Target, shape: KnotsShape): BudgetNetwork {
  const offset = inUnitRange(f) ? Dyadic.ZERO : valueAt(f, Dyadic.ZERO).roundTo(shape.bits);
  return Object.freeze({ network: encodeKnots(shape, shifted(f, offset)), guaranteed: shape.error, offset });
}

/** Samples an affine map is fitted to, and what that leaves open: f moves by at most 1 on the way to the next one, the map too. */
const AFFINE_SAMPLES = 1024;

function affinePlan({ width, depth, bits }: BudgetOptions): BudgetPlan {
  // Half the range of f - (chord) is at most 1/4; then the slope's rounding on both sides of 1/2, the offset's, the samples'.
  const round = Math.min(bits, 50);
  const guaranteed = Dyadic.pow2(-2)
    .add(Dyadic.pow2(-round - 2))
    .add(Dyadic.pow2(-round - 1))
    .add(Dyadic.of(2n, -10));
  return Object.freeze({
    width,
    depth,
    bits,
    method: 'affine' as const,
    sentence: 'one affine map: the budget is too small for anything else',
    guaranteed,
    pieces: 0,
    network: (f: Target) => encodeAffine(f, round, guaranteed),
  });
}

function encodeAffine(f: Target, bits: number, guaranteed: Dyadic): BudgetNetwork {
  const offset = inUnitRange(f) ? Dyadic.ZERO : valueAt(f, Dyadic.ZERO).roundTo(bits);
  const g = shifted(f, offset);
  const slope = valueAt(g, Dyadic.ONE).sub(valueAt(g, Dyadic.ZERO)).roundTo(bits);
  let low: Dyadic | undefined;
  let high: Dyadic | undefined;
  for (let i = 0; i <= AFFINE_SAMPLES; i++) {
    const x = Dyadic.of(BigInt(i), -10);
    const rest = valueAt(g, x).sub(slope.mul(x));
    low = low ? low.min(rest) : rest;
    high = high ? high.max(rest) : rest;
  }
  const middle = (low as Dyadic)
    .add(high as Dyadic)
    .scale(-1)
    .roundTo(bits);
  const layer = new LayerBuilder(1);
  layer.unit(middle, [0, slope]);
  return Object.freeze({ network: new Network([layer.build()]), guaranteed, offset });
}

function valueAt(f: Target, x: Dyadic): Dyadic {
  const value = f.enclose([Interval.of(x)], 96);
  if (!value) refuse(`lipschitz, target ${f.text}`, 'a value at every point of [0, 1]', `none at ${x.toNumber()}`);
  return value.mid;
}

/** Whether |f| <= 1 on [0, 1] is shown by 64 enclosures. */
function inUnitRange(f: Target): boolean {
  const one = Interval.of(-1, 1);
  for (let i = 0; i < 64; i++) {
    const value = f.enclose([Interval.of(Dyadic.of(BigInt(i), -6), Dyadic.of(BigInt(i + 1), -6))], 64);
    if (!value || !one.encloses(value)) return false;
  }
  return true;
}

/** f - offset. */
function shifted(f: Target, offset: Dyadic): Target {
  if (offset.isZero) return f;
  return {
    ...f,
    kind: f.kind,
    inputs: 1,
    text: f.text,
    restsOn: f.restsOn,
    estimate: (x) => f.estimate(x) - offset.toNumber(),
    enclose: (box, precision) => f.enclose(box, precision)?.sub(Interval.of(offset)),
  };
}
