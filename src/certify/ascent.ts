/**
 * Where two networks differ most, by search in doubles: it proposes points, exact evaluation decides what they are worth.
 */
import type { Layer, Network } from '../net/index.ts';

/** A layer in doubles. */
interface FloatLayer {
  readonly rowStart: Uint32Array;
  readonly column: Uint32Array;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  /** The weights by input, where each unit reads all inputs: what a unit that is off adds to none is then not even looked at. */
  readonly byInput: Float64Array | undefined;
}

/** A network in doubles: values, and the slopes of one output. */
export class FloatNetwork {
  private readonly layers: readonly FloatLayer[];
  private readonly units: readonly Float64Array[];
  private readonly back: readonly Float64Array[];

  constructor(net: Network) {
    this.layers = net.layers.map(floatLayer);
    this.units = net.layers.map((layer) => new Float64Array(layer.outputs));
    this.back = [new Float64Array(net.inputs), ...net.layers.map((layer) => new Float64Array(layer.outputs))];
  }

  /** The outputs at x; overwritten by the next call. */
  at(x: Float64Array): Float64Array {
    let v = x;
    const last = this.layers.length - 1;
    this.layers.forEach(({ rowStart, column, weight, bias, byInput }, l) => {
      const out = this.units[l] as Float64Array;
      if (byInput) {
        denseLayer(byInput, bias, v, out, l < last);
        v = out;
        return;
      }
      for (let i = 0; i < out.length; i++) {
        let sum = bias[i] as number;
        const end = rowStart[i + 1] as number;
        for (let k = rowStart[i] as number; k < end; k++)
          sum += (weight[k] as number) * (v[column[k] as number] as number);
        out[i] = l < last && sum < 0 ? 0 : sum;
      }
      v = out;
    });
    return v;
  }

  /** Adds sign times the slopes of an output, at the x of the last call of `at`, to `into`. */
  addSlopes(output: number, sign: number, into: Float64Array): void {
    const last = this.layers.length - 1;
    (this.back[last + 1] as Float64Array).fill(0)[output] = sign;
    for (let l = last; l >= 0; l--) {
      const { rowStart, column, weight } = this.layers[l] as FloatLayer;
      const above = this.back[l + 1] as Float64Array;
      const below = (this.back[l] as Float64Array).fill(0);
      const active = this.units[l] as Float64Array;
      for (let i = 0; i < above.length; i++) {
        const s = above[i] as number;
        if (s === 0 || (l < last && !((active[i] as number) > 0))) continue;
        const end = rowStart[i + 1] as number;
        for (let k = rowStart[i] as number; k < end; k++) below[column[k] as number]! += s * (weight[k] as number);
      }
    }
    const slopes = this.back[0] as Float64Array;
    for (let i = 0; i < into.length; i++) into[i]! += slopes[i] as number;
  }
}

function denseLayer(
  byInput: Float64Array,
  bias: Float64Array,
  v: Float64Array,
  out: Float64Array,
  rectified: boolean,
): void {
  const n = out.length;
  out.set(bias);
  for (let j = 0, k = 0; j < v.length; j++, k += n) {
    const x = v[j] as number;
    if (x === 0) continue;
    for (let i = 0; i < n; i++) out[i] = (out[i] as number) + x * (byInput[k + i] as number);
  }
  if (rectified) for (let i = 0; i < n; i++) if ((out[i] as number) < 0) out[i] = 0;
}

function floatLayer(layer: Layer): FloatLayer {
  const unit = 2 ** -layer.scale;
  const weight = Float64Array.from(layer.weight as ArrayLike<number | bigint>, (w) => Number(w) * unit);
  const { inputs, outputs } = layer;
  const isDense = weight.length === inputs * outputs;
  return {
    rowStart: layer.rowStart,
    column: layer.column,
    weight,
    byInput: isDense
      ? Float64Array.from(weight, (_, k) => weight[(k % outputs) * inputs + Math.floor(k / outputs)] as number)
      : undefined,
    bias: Float64Array.from(layer.bias as ArrayLike<number | bigint>, (b) => Number(b) * unit),
  };
}

/** Looks for points of a box where |g - f| is large, one best point an output. */
export class Ascent {
  /** |g_i - f_i| at the best point so far, as doubles see it; -1 before the first. */
  readonly value: Float64Array;
  readonly point: readonly Float64Array[];
  /** A point for the caller to write to. */
  readonly scratch: Float64Array;
  private readonly f: FloatNetwork;
  private readonly g: FloatNetwork;
  private readonly slopes: Float64Array;
  private readonly here: Float64Array;
  private readonly next: Float64Array;
  /** g - f at the last point tried. */
  private readonly difference: Float64Array;

  constructor(
    f: Network,
    g: Network,
    private readonly lo: Float64Array,
    private readonly hi: Float64Array,
  ) {
    this.f = new FloatNetwork(f);
    this.g = new FloatNetwork(g);
    this.value = new Float64Array(f.outputs).fill(-1);
    this.point = Array.from({ length: f.outputs }, () => Float64Array.from(lo));
    this.slopes = new Float64Array(f.inputs);
    this.scratch = new Float64Array(f.inputs);
    this.here = new Float64Array(f.inputs);
    this.next = new Float64Array(f.inputs);
    this.difference = new Float64Array(f.outputs);
  }

  /** Notes what x is worth for each output; true where it is better than all before for any. */
  try(x: Float64Array): boolean {
    const y = this.f.at(x);
    const z = this.g.at(x);
    let better = false;
    for (let i = 0; i < y.length; i++) {
      const e = (z[i] as number) - (y[i] as number);
      this.difference[i] = e;
      if (Math.abs(e) > (this.value[i] as number)) {
        this.value[i] = Math.abs(e);
        (this.point[i] as Float64Array).set(x);
        better = true;
      }
    }
    return better;
  }

  /**
   * Climbs from x: along the signs of the slopes of one output's difference, or along one input where that does not help (kinks
   * are ridges), with shorter steps where nothing does.
   */
  climb(x: Float64Array, output: number): void {
    const { here, next, slopes, difference } = this;
    here.set(x);
    this.try(here);
    let best = Math.abs(difference[output] as number);
    let reach = LONGEST;
    for (let step = 0; step < STEPS && reach > FINEST; step++) {
      // The networks hold the units of their last call.
      slopes.fill(0);
      const sign = Math.sign(difference[output] as number) || 1;
      this.g.addSlopes(output, sign, slopes);
      this.f.addSlopes(output, -sign, slopes);
      const along = this.step(-1, reach, output);
      let value = along;
      for (let i = 0; i < here.length && !(value > best); i++) value = this.step(i, reach, output);
      if (value > best) {
        best = value;
        here.set(next);
      } else {
        reach /= 4;
        this.try(here);
      }
    }
  }

  /** |g - f| one step from `here` along the slopes' signs: in all inputs (-1) or in one. */
  private step(only: number, reach: number, output: number): number {
    const { here, next, slopes, lo, hi } = this;
    for (let i = 0; i < here.length; i++) {
      const width = (hi[i] as number) - (lo[i] as number);
      const move = only < 0 || only === i ? Math.sign(slopes[i] as number) * reach * width : 0;
      next[i] = Math.min(hi[i] as number, Math.max(lo[i] as number, (here[i] as number) + move));
    }
    this.try(next);
    return Math.abs(this.difference[output] as number);
  }
}

/** Steps of a climb; the parts of the box at which it begins and ends. */
const STEPS = 48;
const LONGEST = 0.25;
const FINEST = 1e-5;
