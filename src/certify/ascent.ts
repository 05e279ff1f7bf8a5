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
    this.layers.forEach(({ rowStart, column, weight, bias }, l) => {
      const out = this.units[l] as Float64Array;
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

function floatLayer(layer: Layer): FloatLayer {
  const unit = 2 ** -layer.scale;
  return {
    rowStart: layer.rowStart,
    column: layer.column,
    weight: Float64Array.from(layer.weight as ArrayLike<number | bigint>, (w) => Number(w) * unit),
    bias: Float64Array.from(layer.bias as ArrayLike<number | bigint>, (b) => Number(b) * unit),
  };
}

/** Looks for points of a box where |g - f| is large, one best point an output. */
export class Ascent {
  /** |g_i - f_i| at the best point so far, as doubles see it; -1 before the first. */
  readonly value: Float64Array;
  readonly point: readonly Float64Array[];
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

  /** Climbs from x along the slopes of one output's difference, halving the step where it does not help. */
  climb(x: Float64Array, output: number): void {
    const { here, next, slopes, lo, hi, difference } = this;
    here.set(x);
    this.try(here);
    let e = difference[output] as number;
    let reach = 0.5;
    for (let step = 0; step < STEPS && reach > FINEST; step++) {
      // The networks hold the units of their last call, which was at `here`.
      slopes.fill(0);
      this.g.addSlopes(output, Math.sign(e) || 1, slopes);
      this.f.addSlopes(output, -(Math.sign(e) || 1), slopes);
      let best = Math.abs(e);
      for (; reach > FINEST; reach /= 4) {
        for (let i = 0; i < here.length; i++) {
          const width = (hi[i] as number) - (lo[i] as number);
          const to = (here[i] as number) + Math.sign(slopes[i] as number) * reach * width;
          next[i] = Math.min(hi[i] as number, Math.max(lo[i] as number, to));
        }
        this.try(next);
        e = difference[output] as number;
        if (Math.abs(e) > best) break;
      }
      if (!(Math.abs(e) > best)) return;
      best = Math.abs(e);
      here.set(next);
    }
  }
}

/** Steps of a climb, and the part of the box at which it ends. */
const STEPS = 24;
const FINEST = 1e-6;
