/**
 * Two networks of one shape, side by side, as short whole numbers: f's weights, g's weights and their differences g - f.
 * This is what bounds of g - f over a box are computed from, in TypeScript or in the core; nothing in it is a float.
 *
 * Weights that do not fit are rounded, and `loose` says so: the true weight then lies within one unit of what is written.
 * A row's weights add up to less than 2^31 in magnitude, so that products with sums below 2^30 never leave 62 bits.
 */
import { bitLength, refuse, shift } from '../exact/index.ts';
import type { Layer } from './layer.ts';
import type { Network } from './network.ts';

/** A matrix over the pair's common pattern: whole numbers times 2^-scale, each within `loose` (0 or 1) of the truth. */
export interface ShortMatrix {
  readonly values: Int32Array;
  readonly scale: number;
  readonly loose: 0 | 1;
}

/** A column of biases, below 2^61 in magnitude. */
export interface ShortBias {
  readonly values: BigInt64Array;
  readonly scale: number;
  readonly loose: 0 | 1;
}

export interface PairLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** The connections of f or g, row by row. */
  readonly rowStart: Uint32Array;
  readonly column: Uint32Array;
  readonly f: ShortMatrix;
  readonly g: ShortMatrix;
  /** g - f. */
  readonly d: ShortMatrix;
  readonly biasF: ShortBias;
  readonly biasG: ShortBias;
  readonly biasD: ShortBias;
}

export interface NetworkPair {
  readonly layers: readonly PairLayer[];
  readonly inputs: number;
  readonly outputs: number;
}

/** A box, input by input: centre and radius, whole numbers times 2^-scale, |centre| + radius at most 2^29 each. */
export interface BoxNumbers {
  readonly scale: number;
  readonly centre: Int32Array;
  readonly radius: Int32Array;
}

/** Enclosures over a box: centre ± radius, whole numbers times 2^-scale, one an output. */
export interface Enclosed {
  readonly scale: number;
  readonly centre: Float64Array;
  readonly radius: Float64Array;
}

export interface Propagated {
  readonly f: Enclosed;
  /** g - f. */
  readonly d: Enclosed;
  /** d's slopes: outputs x inputs, row by row, in units of d. */
  readonly slopes: Float64Array;
  /** How much of d's radius each input is to blame for: a guide for halving, in units of d. */
  readonly blame: Float64Array;
  /** Relus of f or g whose sign is not settled. */
  readonly unsettled: number;
}

/** Propagates boxes through one pair. */
export interface Propagator {
  /** Enclosures over a box; overwritten by the next call. */
  (box: BoxNumbers): Propagated;
  /** Gives back what it holds, where it holds something. */
  free?(): void;
}

/** Most noises of f, and of the difference, that a propagator keeps apart. */
export const MAX_NOISES = 1024;

/** Row sums stay below 2^ROW_BITS, sums over units below 2^SUM_BITS, biases below 2^BIAS_BITS. */
const ROW_BITS = 31;
const BIAS_BITS = 61;
/** The scale of numbers that are all zero: finer than any other. */
export const ZERO_SCALE = 1 << 28;
/** Powers of two that all scales of a network, and its largest weights, may add up to. */
const MAX_EXPONENT = 1 << 24;

/** Whether the layers of both have the same sizes. */
export function sameShape(f: Network, g: Network): boolean {
  return (
    f.depth === g.depth &&
    f.inputs === g.inputs &&
    f.layers.every((layer, l) => layer.outputs === (g.layers[l] as Layer).outputs)
  );
}

/** The pair of f and g. Throws InputError unless they have the same shape. */
export function pairOf(f: Network, g: Network): NetworkPair {
  if (!sameShape(f, g)) refuse('pairOf', 'two networks of the same layer sizes', 'different ones');
  const layers = f.layers.map((layer, l) => pairLayer(layer, g.layers[l] as Layer));
  let exponents = 0;
  for (const { f: a, g: b, d, biasF, biasG, biasD } of layers) {
    for (const { scale } of [a, b, d, biasF, biasG, biasD]) if (scale !== ZERO_SCALE) exponents += Math.abs(scale);
  }
  if (exponents > MAX_EXPONENT) refuse('pairOf', `powers of two that add up to at most ${MAX_EXPONENT}`, exponents);
  return {
    layers,
    inputs: f.inputs,
    outputs: f.outputs,
  };
}

function pairLayer(f: Layer, g: Layer): PairLayer {
  const rowStart = new Uint32Array(f.outputs + 1);
  const column: number[] = [];
  const wf: bigint[] = [];
  const wg: bigint[] = [];
  for (let i = 0; i < f.outputs; i++) {
    let p = f.rowStart[i] as number;
    let q = g.rowStart[i] as number;
    const pEnd = f.rowStart[i + 1] as number;
    const qEnd = g.rowStart[i + 1] as number;
    while (p < pEnd || q < qEnd) {
      const a = p < pEnd ? (f.column[p] as number) : Number.POSITIVE_INFINITY;
      const b = q < qEnd ? (g.column[q] as number) : Number.POSITIVE_INFINITY;
      column.push(Math.min(a, b));
      wf.push(a <= b ? BigInt(f.weight[p++] as number | bigint) : 0n);
      wg.push(b <= a ? BigInt(g.weight[q++] as number | bigint) : 0n);
    }
    rowStart[i + 1] = column.length;
  }
  const s = Math.max(f.scale, g.scale);
  const upF = BigInt(s - f.scale);
  const upG = BigInt(s - g.scale);
  const bias = (layer: Layer): bigint[] => Array.from(layer.bias as ArrayLike<number | bigint>, BigInt);
  const bf = bias(f);
  const bg = bias(g);
  return {
    inputs: f.inputs,
    outputs: f.outputs,
    rowStart,
    column: Uint32Array.from(column),
    f: shortMatrix(wf, f.scale, rowStart),
    g: shortMatrix(wg, g.scale, rowStart),
    d: shortMatrix(
      wg.map((w, k) => (w << upG) - ((wf[k] as bigint) << upF)),
      s,
      rowStart,
    ),
    biasF: shortBias(bf, f.scale),
    biasG: shortBias(bg, g.scale),
    biasD: shortBias(
      bg.map((b, i) => (b << upG) - ((bf[i] as bigint) << upF)),
      s,
    ),
  };
}

const abs = (v: bigint): bigint => (v < 0n ? -v : v);

function shortMatrix(values: readonly bigint[], scale: number, rowStart: Uint32Array): ShortMatrix {
  let largest = 0n;
  for (let i = 0; i + 1 < rowStart.length; i++) {
    let sum = 0n;
    for (let k = rowStart[i] as number; k < (rowStart[i + 1] as number); k++) sum += abs(values[k] as bigint);
    if (sum > largest) largest = sum;
  }
  if (largest === 0n) return { values: new Int32Array(values.length), scale: ZERO_SCALE, loose: 0 };
  const drop = Math.max(0, bitLength(largest) - ROW_BITS);
  // Rounded towards zero, so that the row sums do not grow.
  const short = values.map((v) => (v < 0n ? -(-v >> BigInt(drop)) : v >> BigInt(drop)));
  const loose = short.some((v, k) => v << BigInt(drop) !== values[k]) ? 1 : 0;
  return { values: Int32Array.from(short, Number), scale: scale - drop, loose };
}

function shortBias(values: readonly bigint[], scale: number): ShortBias {
  const largest = values.reduce((m, v) => (abs(v) > m ? abs(v) : m), 0n);
  if (largest === 0n) return { values: new BigInt64Array(values.length), scale: ZERO_SCALE, loose: 0 };
  // As fine as 61 bits allow: coarser sums are then never finer than their bias.
  const up = BIAS_BITS - bitLength(largest);
  const short = values.map((v) => shift(v, up));
  return {
    values: BigInt64Array.from(short),
    scale: scale + up,
    loose: up < 0 && short.some((v, i) => shift(v, -up) !== values[i]) ? 1 : 0,
  };
}
