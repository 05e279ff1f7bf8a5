/**
 * Zig-zags in few wide layers, weights in Q(0, b) [OSB; theory 2.3]: blocks of three layers that hold C cells of m steps each, about W^2/8
 * steps a block or more, where interpolation has 3 W. N = B C m steps in all; T = N x counts them; numbers are kept in units of 2^s steps.
 *
 *   Y(T)   0 ... m on even cells, m ... 0 on odd ones
 *   on its cell   g = I + r,   r = L + 2 sum_i relu(k_i (Y - i)) - 2 sum_i relu(Y - i),   i = 1 .. m-1
 *     I    the chord between the cell's ends
 *     L    the line with which r begins at Y = 0
 *     k_i  0, 1 or 2: at Y = i the slope of g against Y changes by 2 (k_i - 1)
 *   |r| <= D := 2 min(Y, m - Y), so   g = I + clip(r_even, -D_even, D_even) + clip(r_odd, -D_odd, D_odd)   at every real x:
 *   r_even is r on even cells and anything at all on odd ones, where D_even = 0; and the other way round.
 *
 *   layer 1   ramps at the ends and the middles of cells
 *   layer 2   k_i (Y - i) of even and of odd cells, Y - i, L_even, L_odd, D_even, D_odd, E = I - D_even - D_odd + what was summed before
 *   layer 3   r + D and r - D for both parities, 8 copies of each, 4 of E:   clip(r, -D, D) = relu(r + D) - relu(r - D) - D
 *   then      their sum is the output, or the next block's first layer carries it
 *
 * Depth 3B + 1, width max(2C + 3, 3m + 3, 39) or a little less; m is a power of two, which makes slopes of chords dyadic.
 */
import { Dyadic } from '../exact/index.ts';
import { type Layer, LayerBuilder, Network, type Term } from '../net/index.ts';
import { heightsOf, type ZigZag } from './sigmaDelta.ts';

export interface ShallowShape {
  /** B. */
  readonly blocks: number;
  /** C: cells a block. */
  readonly cells: number;
  /** m. */
  readonly steps: number;
  /** N: steps on [0, 1]. */
  readonly pieces: number;
  /** s = floor(log2 N). */
  readonly scale: number;
  /** The zig-zag's unit: 1/N, rounded up to b + s digits. */
  readonly unit: Dyadic;
}

/** Layer 2 keeps quarters and layer 3 eighths, so that weights stay below 2; copies make them whole. */
const CLIP_COPIES = 8;
const SUM_COPIES = 4;
const CONSTANTS = 2;
const LEAST_WIDTH = 4 * CLIP_COPIES + SUM_COPIES + CONSTANTS + 1;

/** The shape with the most steps inside the budget, or undefined where none fits. */
export function planShallow(budget: { width: number; depth: number; bits: number }): ShallowShape | undefined {
  let best: ShallowShape | undefined;
  for (let blocks = 1; 3 * blocks < budget.depth; blocks++) {
    const shape = shapeOf(budget, blocks);
    if (!shape) break;
    if (!best || shape.pieces > best.pieces) best = shape;
  }
  return best;
}

/** Undefined where so many blocks do not fit. */
function shapeOf({ width, bits }: { width: number; bits: number }, blocks: number): ShallowShape | undefined {
  // Positions in quarters of a step need s + 2 digits.
  const limit = Math.floor((2 ** Math.min(bits - 1, 30) - 1) / blocks);
  if (width < LEAST_WIDTH || limit < 4) return undefined;
  const steps = 2 ** Math.floor(Math.log2(Math.min((width - (blocks > 1 ? 3 : 2)) / 3, limit / 2)));
  const cells = Math.min(Math.floor((width - besides(blocks)) / 2), Math.floor(limit / steps));
  const pieces = blocks * cells * steps;
  const scale = Math.floor(Math.log2(pieces));
  const unit = Dyadic.of(((1n << BigInt(bits + scale)) - 1n) / BigInt(pieces) + 1n, -bits - scale);
  return Object.freeze({ blocks, cells, steps, pieces, scale, unit });
}

/** Units of a block's first layer beside its ramps at ends and middles: the last end, T, the sum. */
function besides(blocks: number): number {
  return blocks === 1 ? 0 : blocks === 2 ? 1 : 3;
}

/** Largest height, in units, of a zig-zag that can be built. */
export function mostHeight({ pieces }: ShallowShape): number {
  return pieces + 1;
}

/** The network of a zig-zag of N steps. */
export function buildShallow(shape: ShallowShape, g: ZigZag): Network {
  const { blocks, cells, steps } = shape;
  const heights = heightsOf(g);
  const layers: Layer[] = [];
  for (let k = 0; k < blocks; k++) {
    const from = k * cells * steps;
    const block = new Block(shape, k, heights.subarray(from, from + cells * steps + 1));
    layers.push(block.ramps(), block.units(), block.clips());
  }
  const last = new LayerBuilder(LEAST_WIDTH - 1);
  last.row(0, sumOf(shape.unit.scale(shape.scale), true));
  return new Network([...layers, last.build()]);
}

/** The sum of a block's third layer, in 2^s steps; without its constants it lies `mostHeight` + m above g. */
function sumOf(weight: Dyadic, constants: boolean): Term[] {
  const minus = weight.neg();
  const terms: Term[] = [];
  for (let i = 0; i < 4 * CLIP_COPIES; i++) terms.push([i, Math.floor(i / CLIP_COPIES) % 2 === 0 ? weight : minus]);
  for (let i = 0; i < SUM_COPIES; i++) terms.push([4 * CLIP_COPIES + i, weight]);
  if (constants) for (let i = 0; i < CONSTANTS; i++) terms.push([4 * CLIP_COPIES + SUM_COPIES + i, minus]);
  return terms;
}

class Block {
  private readonly first: boolean;
  private readonly last: boolean;
  /** Ramps at ends of cells; those at middles come behind them. */
  private readonly ends: number;
  /** Whether the first layer carries T beside its ramps; the first block's first ramp is T. */
  private readonly carriesT: boolean;

  constructor(
    private readonly shape: ShallowShape,
    private readonly index: number,
    /** g at the steps of this block. */
    private readonly heights: Int32Array,
  ) {
    this.first = index === 0;
    this.last = index === shape.blocks - 1;
    this.ends = shape.cells + (this.last ? 0 : 1);
    this.carriesT = !this.first && !this.last;
  }

  ramps(): Layer {
    const { cells, steps, pieces } = this.shape;
    const layer = new LayerBuilder(this.first ? 1 : LEAST_WIDTH - CONSTANTS);
    const T: Term = this.first ? [0, this.inSteps(pieces)] : [LEAST_WIDTH - CONSTANTS - 1, 1];
    const start = this.index * cells * steps;
    for (let j = 0; j < this.ends; j++) layer.unit(this.inSteps(-start - j * steps), T);
    for (let j = 0; j < cells; j++) layer.unit(this.inSteps(-start - j * steps - steps / 2), T);
    if (this.carriesT) layer.unit(0, T);
    if (!this.first) layer.unit(this.inSteps(-steps), ...sumOf(Dyadic.ONE, false));
    return layer.build();
  }

  units(): Layer {
    const { cells, steps: m } = this.shape;
    const besides = this.ends + cells;
    const layer = new LayerBuilder(besides + (this.carriesT ? 1 : 0) + (this.first ? 0 : 1));
    const bends = Array.from({ length: cells }, (_, cell) => this.bendsOf(cell));
    const onEven = (end: number): boolean => end % 2 === 0;
    for (const parity of [0, 1]) {
      for (let i = 1; i < m; i++) {
        this.line(layer, -2, (end) => (bends[cellAt(end, parity)]?.[i] ?? 0) * (onEven(end) ? -i : m - i));
      }
    }
    for (let i = 1; i < m; i++) this.line(layer, -1, (end) => (onEven(end) ? -i : m - i));
    for (const parity of [0, 1]) {
      this.line(layer, -2, (end) => 2 * m + (onEven(end) ? 0 : this.lead(cellAt(end, parity))));
    }
    for (const parity of [0, 1]) layer.unit(0, ...this.tents((cell) => (cell % 2 === parity ? 0.5 : 0)));
    const before: Term[] = this.first ? [] : [[besides + (this.carriesT ? 1 : 0), 0.25]];
    const start = m + (this.first ? this.height(0) + mostHeight(this.shape) : 0);
    const chords = this.bent((end) => this.height(end), -2);
    layer.unit(this.inSteps(start).scale(-2), ...chords, ...this.tents(() => -0.5), ...before);
    if (!this.last) layer.unit(0, [this.first ? 0 : besides, 1]);
    return layer.build();
  }

  clips(): Layer {
    const { steps: m } = this.shape;
    const each = m - 1;
    const layer = new LayerBuilder(3 * m + 2 + (this.last ? 0 : 1));
    const fixed = Array.from({ length: each }, (_, i): Term => [2 * each + i, -0.5]);
    for (const parity of [0, 1]) {
      const own = Array.from({ length: each }, (_, i): Term => [parity * each + i, 1]);
      const lead: Term = [3 * each + parity, 0.5];
      for (const distance of [0.5, -0.5]) {
        const terms: Term[] = [...own, ...fixed, lead, [3 * each + 2 + parity, distance]];
        for (let i = 0; i < CLIP_COPIES; i++) layer.unit(this.inSteps(-m).scale(-2), ...terms);
      }
    }
    for (let i = 0; i < SUM_COPIES; i++) layer.unit(0, [3 * m + 1, 1]);
    if (this.last) for (let i = 0; i < CONSTANTS; i++) layer.unit(this.inSteps(mostHeight(this.shape) + m).scale(-1));
    else layer.unit(0, [3 * m + 2, 1]);
    return layer.build();
  }

  /** So many steps, in units of 2^s. */
  private inSteps(steps: number): Dyadic {
    return Dyadic.of(BigInt(steps), -this.shape.scale);
  }

  private height(end: number): number {
    return this.heights[end * this.shape.steps] as number;
  }

  /** The slope of g against Y on a cell's step, counted from Y = 0. */
  private slope(cell: number, step: number): number {
    const { steps: m } = this.shape;
    const at = cell % 2 === 0 ? cell * m + step : (cell + 1) * m - step;
    const ahead = cell % 2 === 0 ? at + 1 : at - 1;
    return (this.heights[ahead] as number) - (this.heights[at] as number);
  }

  /** k_1 .. k_(m-1) of a cell. */
  private bendsOf(cell: number): Int8Array {
    const bends = new Int8Array(this.shape.steps);
    for (let i = 1; i < bends.length; i++) bends[i] = 1 + (this.slope(cell, i) - this.slope(cell, i - 1)) / 2;
    return bends;
  }

  /** L where Y = m. */
  private lead(cell: number): number {
    const { cells, steps: m } = this.shape;
    if (cell < 0 || cell >= cells) return 0;
    const rise = this.height(cell + 1) - this.height(cell);
    return this.slope(cell, 0) * m - (cell % 2 === 0 ? rise : -rise);
  }

  /** relu of 2^log times the function that is linear on cells and has these values, in steps, at their ends. */
  private line(layer: LayerBuilder, log: number, value: (end: number) => number): void {
    layer.unit(this.inSteps(value(0)).scale(log), ...this.bent(value, log));
  }

  /** That function less its value at the block's start, flat behind the block. */
  private bent(value: (end: number) => number, log: number): Term[] {
    const { cells, steps: m } = this.shape;
    const terms: Term[] = [];
    const digits = -Math.log2(m) + log;
    let slope = 0;
    for (let j = 0; j < this.ends; j++) {
      const next = j < cells ? value(j + 1) - value(j) : 0;
      if (next !== slope) terms.push([j, Dyadic.of(BigInt(next - slope), digits)]);
      slope = next;
    }
    return terms;
  }

  /** Slopes of the tent on every cell: up to its middle, then down. */
  private tents(slopeOf: (cell: number) => number): Term[] {
    const { cells } = this.shape;
    const terms: Term[] = [];
    for (let j = 0; j < this.ends; j++) {
      const bend = (j < cells ? slopeOf(j) : 0) + (j > 0 ? slopeOf(j - 1) : 0);
      if (bend !== 0) terms.push([j, bend]);
    }
    for (let j = 0; j < cells; j++) if (slopeOf(j) !== 0) terms.push([this.ends + j, -2 * slopeOf(j)]);
    return terms;
  }
}

/** Of the two cells at an end, the one of this parity (it may lie outside the block). */
const cellAt = (end: number, parity: number): number => (end % 2 === parity ? end : end - 1);
