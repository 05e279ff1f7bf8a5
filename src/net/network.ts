/**
 * A ReLU network Phi = ((A_1,c_1), ..., (A_L,c_L)) and its realisation
 * R(Phi) = T_L . relu . T_{L-1} . ... . relu . T_1, T_l(x) = A_l x + c_l, evaluated exactly.
 * This evaluation is the oracle that every faster engine is compared with.
 */
import { bitLength, commonZeros, Dyadic, type DyadicLike, refuse } from '../exact/index.ts';
import { type Layer, LIMITS, sameLayer } from './layer.ts';

/** Storage in bits, counted two of the three ways; the third, the file, is counted by the room that writes it. */
export interface Storage {
  /** n(W,L) (a+b+2): every entry of the fully connected network of this width and depth, at a+b+2 bits each. */
  readonly denseBits: number;
  /** M log2(lambda), rounded up: the non-zero weights, each as an index into the alphabet. */
  readonly nonZeroBits: number;
}

/** An immutable network; every change gives a new one. */
export class Network {
  readonly layers: readonly Layer[];
  /** Most units in any layer, input and output included (W). */
  readonly width: number;
  /** Number of non-zero weights, biases included (M). */
  readonly connectivity: number;

  /** Throws InputError where there is no layer, or two neighbours do not fit together. */
  constructor(layers: readonly Layer[]) {
    if (layers.length < 1 || layers.length > LIMITS.depth)
      refuse('Network', `1..${LIMITS.depth} layers`, layers.length);
    let width = (layers[0] as Layer).inputs;
    let connectivity = 0;
    for (let l = 0; l < layers.length; l++) {
      const layer = layers[l] as Layer;
      if (l > 0 && layer.inputs !== (layers[l - 1] as Layer).outputs) {
        refuse(`Network layer ${l + 1}`, `${(layers[l - 1] as Layer).outputs} inputs`, layer.inputs);
      }
      width = Math.max(width, layer.outputs);
      connectivity += layer.weight.length + countNonZero(layer.bias);
    }
    if (connectivity > LIMITS.connectivity) refuse('Network', `at most ${LIMITS.connectivity} weights`, connectivity);
    this.layers = Object.freeze([...layers]);
    this.width = width;
    this.connectivity = connectivity;
    Object.freeze(this);
  }

  /** Input dimension. */
  get inputs(): number {
    return (this.layers[0] as Layer).inputs;
  }
  /** Output dimension. */
  get outputs(): number {
    return (this.layers[this.layers.length - 1] as Layer).outputs;
  }
  /** Number of affine layers (L). */
  get depth(): number {
    return this.layers.length;
  }

  /** The distinct values of the non-zero weights and biases, increasing. */
  alphabet(): Dyadic[] {
    const seen = new Map<string, Dyadic>();
    for (const layer of this.layers) {
      const mantissas = new Set<number | bigint>(layer.weight as Iterable<number | bigint>);
      for (const b of layer.bias) mantissas.add(b);
      for (const m of mantissas) {
        if (Number(m) === 0) continue;
        const value = Dyadic.of(BigInt(m), -layer.scale);
        seen.set(value.toString(), value);
      }
    }
    return [...seen.values()].sort((x, y) => x.compare(y));
  }

  /** b of Q(a,b): the most fractional bits of any weight or bias. */
  get fractionalBits(): number {
    return this.layers.reduce((b, layer) => Math.max(b, layer.scale), 0);
  }

  /** a of Q(a,b): the least a >= 0 with every |weight| < 2^(a+1). */
  get integerBits(): number {
    let a = 0;
    for (const { weight, bias, scale } of this.layers) {
      a = Math.max(a, mostBits(weight) - scale - 1, mostBits(bias) - scale - 1);
    }
    return a;
  }

  /** Dense and non-zero storage (theory, section 0). `lambda` is the size of the alphabet, counted when not given. */
  storage(lambda = this.alphabet().length): Storage {
    return {
      denseBits:
        denseEntries(this.width, this.depth, this.inputs, this.outputs) * (this.integerBits + this.fractionalBits + 2),
      nonZeroBits: lambda <= 1 ? 0 : Math.ceil(this.connectivity * Math.log2(lambda)),
    };
  }

  /**
   * The realisation at a point, exactly. x: one finite number (or Dyadic) an input.
   * Throws InputError where the count is wrong.
   */
  evaluate(x: readonly DyadicLike[]): Dyadic[] {
    if (x.length !== this.inputs) refuse('evaluate', `${this.inputs} inputs`, `${x.length}`);
    const point = x.map((v) => Dyadic.from(v));
    const t = point.reduce((s, v) => Math.max(s, v.fractionalBits), 0);
    const { values, scale } = this.run(
      point.map((v) => v.mantissaAt(t)),
      1n,
      t,
    );
    return values.map((v) => Dyadic.of(v, -scale));
  }

  /** Outputs values / (d 2^scale) from inputs x / (d 2^t), d > 0, exactly; ReLU commutes with the factor d > 0, so only biases see it. */
  run(x: readonly bigint[], d: bigint, t: number): { values: readonly bigint[]; scale: number } {
    let values = x;
    let scale = t;
    // Scales add up through the layers, and with them zeros at the end of every value: in thousands of layers these are all there is.
    let longest = LONG_SCALE;
    for (let l = 0; l < this.layers.length; l++) {
      const layer = this.layers[l] as Layer;
      values = apply(layer, values, d << BigInt(scale));
      scale += layer.scale;
      if (scale < 0) {
        // Scales below zero occur where every weight is even: keep the values whole.
        const up = BigInt(-scale);
        values = values.map((v) => v << up);
        scale = 0;
      }
      if (l < this.layers.length - 1) values = values.map((v) => (v > 0n ? v : 0n));
      if (scale > longest) {
        const zeros = Math.min(scale, commonZeros(values));
        if (zeros > 0) values = values.map((v) => v >> BigInt(zeros));
        scale -= zeros;
        longest = Math.max(LONG_SCALE, 2 * scale);
      }
    }
    return { values, scale };
  }

  /** Whether both have the same layers (not only the same realisation). */
  equals(other: Network): boolean {
    return this.depth === other.depth && this.layers.every((layer, l) => sameLayer(layer, other.layers[l] as Layer));
  }
}

/** Scales beyond this are shortened where they can be; then again when they have doubled. */
const LONG_SCALE = 512;

/** A v + c * one: the pre-activation of activations v, where `one` is what stands for 1 among them. */
function apply(layer: Layer, v: readonly bigint[], one: bigint): bigint[] {
  const { rowStart, column, weight, bias } = layer;
  const out = new Array<bigint>(layer.outputs);
  for (let i = 0; i < layer.outputs; i++) {
    let sum = BigInt(bias[i] as number | bigint) * one;
    const end = rowStart[i + 1] as number;
    for (let k = rowStart[i] as number; k < end; k++) {
      const x = v[column[k] as number] as bigint;
      if (x !== 0n) sum += x * BigInt(weight[k] as number | bigint);
    }
    out[i] = sum;
  }
  return out;
}

/** n(W,L): entries of a fully connected network, biases included. */
export function denseEntries(width: number, depth: number, inputs = 1, outputs = 1): number {
  if (depth === 1) return (inputs + 1) * outputs;
  return (inputs + 1) * width + (depth - 2) * (width + 1) * width + (width + 1) * outputs;
}

function countNonZero(values: ArrayLike<number | bigint>): number {
  let n = 0;
  for (let i = 0; i < values.length; i++) if (Number(values[i]) !== 0) n++;
  return n;
}

function mostBits(values: ArrayLike<number | bigint>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number | bigint;
    if (typeof v === 'bigint') {
      if (v !== 0n) most = Math.max(most, bitLength(v));
    } else if (v !== 0) most = Math.max(most, 32 - Math.clz32(Math.abs(v)));
  }
  return most;
}
