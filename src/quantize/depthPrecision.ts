/**
 * The depth-precision trade-off [OSB]: a network with weights in Q(a, p) becomes a deeper one with weights in Q(a, b),
 * b < p, that is the same function at every real input. The trade costs memory a constant factor only.
 *
 *   k_l = ceil(p_l / b) digits for layer l, where p_l is its own number of fractional bits
 *   depth   k_1 + ... + k_L, and one layer more where the inputs may be negative and k_1 > 1   (at most k L + 1)
 *   width   at most max(2 W, W + 2 d); rows that hold a weight within 2^-b of -2^(a+1) take one more unit (at most 3 W)
 *   dense   at most 4 (a+b+2)/b times the bits, up to lower order
 *
 * A weight is w = top + 2^-b (e_2 + 2^-b (e_3 + ...)) with top = floor(w 2^b) 2^-b, signed, and digits 0 <= e_j < 1 of b bits.
 * Horner from the last digit: s_j = E_j x + 2^-b s_(j+1), and T x + 2^-b s_2 at the end. Hidden x is not negative, so
 * every s_j passes the relu unchanged, and so does x itself on identity units. (With the floor in the signed top digit one
 * accumulator a row is enough; digits of |w| with the sign of w would need two.)
 */
import { Dyadic, shift, wholeNumber } from '../exact/index.ts';
import { compose, type Layer, LayerBuilder, Network, type Term, type Weight } from '../net/index.ts';

export interface DepthPrecisionOptions {
  /** Fractional bits b of the new weights, at least 1. */
  readonly bits: number;
  /** States that no input is ever negative: saves the layer that splits the inputs into positive and negative parts. */
  readonly nonNegativeInputs?: boolean;
  /** A proved error of the network, for kappa = stored bits x error. */
  readonly error?: Dyadic;
}

/** Memory before or after: dense bits n(W,L)(a+b+2), and kappa where an error was given. */
export interface DenseMemory {
  readonly width: number;
  readonly depth: number;
  readonly integerBits: number;
  readonly fractionalBits: number;
  readonly connectivity: number;
  readonly denseBits: number;
  /** denseBits x error, rounded to float64. */
  readonly kappa?: number;
}

export interface DepthPrecision {
  /** The same function as the given network, with weights in Q(a, b). */
  readonly network: Network;
  /** k = ceil(p / b): the most digits that a layer was split into. */
  readonly digits: number;
  readonly before: DenseMemory;
  readonly after: DenseMemory;
  /** after.denseBits / before.denseBits: bounded by a constant, so that memory-optimality is preserved. */
  readonly memoryRatio: number;
}

/** Throws InputError where bits is not a whole number of at least 1. */
export function depthPrecision(network: Network, options: DepthPrecisionOptions): DepthPrecision {
  const b = wholeNumber('depthPrecision bits', options.bits, 1, 1 << 20);
  const ceiling = 1n << BigInt(network.integerBits + 1 + b);
  const layers: Layer[] = [];
  let digits = 1;
  network.layers.forEach((layer, l) => {
    const k = Math.max(1, Math.ceil(layer.scale / b));
    digits = Math.max(digits, k);
    if (k === 1) {
      layers.push(layer);
      return;
    }
    const signed = l === 0 && !options.nonNegativeInputs;
    if (signed) layers.push(splitSigns(layer.inputs));
    layers.push(...deepen(layer, k, b, ceiling, signed));
  });
  const deep = digits === 1 ? network : new Network(layers);
  const before = memory(network, options.error);
  const after = memory(deep, options.error);
  return Object.freeze({
    network: deep,
    digits,
    before,
    after,
    memoryRatio: after.denseBits / before.denseBits,
  });
}

/**
 * The inverse direction: merges a layer into the next one wherever the relu between them provably does nothing (no negative
 * weight, no negative bias, no negative input). Undoes depthPrecision: depth falls, precision rises, the function stays.
 */
export function mergeIdleLayers(network: Network, options: { readonly nonNegativeInputs?: boolean } = {}): Network {
  const out: Layer[] = [];
  network.layers.forEach((layer) => {
    const last = out[out.length - 1];
    if (last && (out.length > 1 || options.nonNegativeInputs) && isNonNegative(last)) {
      out[out.length - 1] = compose(new Network([layer]), new Network([last])).layers[0] as Layer;
    } else {
      out.push(layer);
    }
  });
  return out.length === network.depth ? network : new Network(out);
}

function memory(net: Network, error: Dyadic | undefined): DenseMemory {
  const { denseBits } = net.storage(2);
  return Object.freeze({
    width: net.width,
    depth: net.depth,
    integerBits: net.integerBits,
    fractionalBits: net.fractionalBits,
    connectivity: net.connectivity,
    denseBits,
    ...(error && { kappa: Dyadic.from(denseBits).mul(error).toNumber() }),
  });
}

/** x -> (x, -x), which the relu behind it makes (positive part, negative part). */
function splitSigns(d: number): Layer {
  const layer = new LayerBuilder(d);
  for (const sign of [1, -1]) for (let i = 0; i < d; i++) layer.unit(0, [i, sign]);
  return layer.build();
}

/** One weight m 2^-(k b) as its signed top digit and the digits below, all in units of 2^-b. */
interface Digits {
  readonly top: bigint;
  /** The k-1 digits below as one whole number: at least 0. */
  readonly rest: bigint;
  /** -1 where the top was rounded towards zero, because the floor would leave Q(a, b). */
  readonly sign: 1 | -1;
}

/** The non-zero entries of a row of the matrix. */
type Row = (readonly [column: number, weight: Digits])[];

interface Accumulator {
  readonly row: number;
  readonly sign: 1 | -1;
}

function split(m: bigint, below: number, ceiling: bigint): Digits {
  const top = shift(m, -below);
  const rest = m - (top << BigInt(below));
  if (top > -ceiling) return { top, rest, sign: 1 };
  return { top: top + 1n, rest: (1n << BigInt(below)) - rest, sign: -1 };
}

/**
 * k layers that compute A x + c for x >= 0. With `signed`, x arrives as (positive parts, negative parts).
 * Units between: the inputs, carried; then the accumulators of the rows that need one for either sign.
 */
function deepen(layer: Layer, k: number, b: number, ceiling: bigint, signed: boolean): Layer[] {
  const below = (k - 1) * b;
  const pad = BigInt(k * b - layer.scale);
  const inputs = signed ? 2 * layer.inputs : layer.inputs;
  const bias: Digits[] = [];
  const rows: Row[] = [];
  const accumulators: Accumulator[] = [];
  for (let i = 0; i < layer.outputs; i++) {
    const row: Row = [];
    for (let q = layer.rowStart[i] as number; q < (layer.rowStart[i + 1] as number); q++) {
      const m = BigInt(layer.weight[q] as number | bigint) << pad;
      const column = layer.column[q] as number;
      row.push([column, split(m, below, ceiling)]);
      if (signed) row.push([layer.inputs + column, split(-m, below, ceiling)]);
    }
    const c = split(BigInt(layer.bias[i] as number | bigint) << pad, below, ceiling);
    for (const sign of [1, -1] as const) {
      if ([c, ...row.map(([, d]) => d)].some((d) => d.sign === sign && d.rest !== 0n)) {
        accumulators.push({ row: i, sign });
      }
    }
    rows.push(row);
    bias.push(c);
  }

  const unit = fraction(1n, b);
  const layers: Layer[] = [];
  for (let j = 0; j < k - 1; j++) {
    const below = j === 0 ? inputs : inputs + accumulators.length;
    const step = new LayerBuilder(below);
    for (let i = 0; i < inputs; i++) step.unit(0, [i, 1]);
    accumulators.forEach(({ row, sign }, q) => {
      const terms: Term[] = [];
      for (const [column, d] of rows[row] as Row) {
        if (d.sign === sign) terms.push([column, digitAt(d, j, b)]);
      }
      if (j > 0) terms.push([inputs + q, unit]);
      const c = bias[row] as Digits;
      step.row(c.sign === sign ? digitAt(c, j, b) : 0, terms);
    });
    layers.push(step.build());
  }
  const last = new LayerBuilder(inputs + accumulators.length);
  let q = 0;
  for (let i = 0; i < layer.outputs; i++) {
    const terms: Term[] = (rows[i] as Row).map(([column, d]) => [column, fraction(d.top, b)]);
    for (; q < accumulators.length && accumulators[q]?.row === i; q++) {
      terms.push([inputs + q, fraction(BigInt((accumulators[q] as Accumulator).sign), b)]);
    }
    last.row(fraction((bias[i] as Digits).top, b), terms);
  }
  layers.push(last.build());
  return layers;
}

/** Digit j of the rest, j = 0 the least significant, as a weight. */
function digitAt({ rest }: Digits, j: number, b: number): Weight {
  return rest === 0n ? 0 : fraction((rest >> BigInt(j * b)) & ((1n << BigInt(b)) - 1n), b);
}

/** m 2^-b, as a float64 where that is exact. */
function fraction(m: bigint, b: number): Weight {
  return b <= 50 && m < 1n << 52n && m > -(1n << 52n) ? Number(m) / 2 ** b : Dyadic.of(m, -b);
}

function isNonNegative(layer: Layer): boolean {
  const negative = (v: number | bigint): boolean => v < 0;
  return (
    !(layer.weight as readonly (number | bigint)[]).some(negative) &&
    !(layer.bias as readonly (number | bigint)[]).some(negative)
  );
}
