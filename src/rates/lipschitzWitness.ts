/**
 * A lower bound for the Lipschitz constant of parameters -> function, by a witness: a second network within the radius, a
 * point of the box, and the exact quotient |R(theta)(x) - R(theta')(x)| / ||theta - theta'||_inf.
 *
 * At a point the output's derivative in weight a_ij is (derivative in unit i) times (activation j); moving every weight by
 * the radius in its sign is the best move to first order. Float64 looks for the point; the quotient is evaluated exactly.
 */
import { Dyadic, type DyadicLike, refuse, wholeNumber } from '../exact/index.ts';
import { biasAt, type Domain, floatEnds, intervals, LayerBuilder, Network, weightAt } from '../net/index.ts';

export interface WitnessOptions {
  /** ||theta - theta'||_inf; default 2^-20. A power of two keeps the quotient dyadic. */
  readonly radius?: DyadicLike;
  /** Points tried; default 64. */
  readonly tries?: number;
  readonly seed?: number;
}

export interface LipschitzWitness {
  /** The quotient, exactly: no Lipschitz constant is smaller. */
  readonly lower: Dyadic;
  readonly other: Network;
  readonly x: readonly Dyadic[];
  readonly output: number;
}

/** Throws InputError where the radius is no power of two, or the box does not fit. */
export function lipschitzWitness(network: Network, box: Domain, options: WitnessOptions = {}): LipschitzWitness {
  const radius = Dyadic.from(options.radius ?? Dyadic.pow2(-20));
  if (radius.m !== 1n) refuse('lipschitzWitness radius', 'a power of two', options.radius);
  const tries = wholeNumber('lipschitzWitness tries', options.tries ?? 64, 1, 1 << 20);
  const ends = floatEnds(intervals(box, network.inputs));
  const n = network.inputs;
  const slopes = new Slopes(network);
  let state = options.seed ?? 1;
  const draw = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
    return state / 2 ** 32;
  };
  let best = { value: -1, output: 0, x: new Float64Array(n) };
  const look = (x: Float64Array): void => {
    slopes.forward(x);
    for (let output = 0; output < Math.min(network.outputs, 32); output++) {
      const value = slopes.total(output);
      if (value > best.value) best = { value, output, x: Float64Array.from(x) };
    }
  };
  for (let t = 0; t < tries; t++) {
    const corner = t % 2 === 0;
    look(
      Float64Array.from({ length: n }, (_, i) => {
        const u = t === 0 ? 0.5 : corner ? Math.round(draw()) : draw();
        return between(ends[i], ends[n + i], u);
      }),
    );
  }
  // One pass over the inputs, each to the better of its ends, where these are few enough.
  for (let i = 0; i < Math.min(n, tries); i++) {
    for (const u of [0, 1]) {
      const x = Float64Array.from(best.x);
      x[i] = between(ends[i], ends[n + i], u);
      look(x);
    }
  }
  slopes.forward(best.x);
  slopes.total(best.output);
  const other = slopes.moved(radius);
  const x = Array.from(best.x, (v) => Dyadic.from(v));
  const y = network.evaluate(x);
  const z = other.evaluate(x);
  let output = best.output;
  let most = Dyadic.ZERO;
  y.forEach((v, i) => {
    const d = v.sub(z[i]).abs();
    if (d.gt(most)) [most, output] = [d, i];
  });
  return Object.freeze({ lower: most.scale(-radius.e), other, x: Object.freeze(x), output });
}

/** A float64 in [lo, hi]; the ends are reached. */
const between = (lo: number, hi: number, u: number): number =>
  u === 0 ? lo : u === 1 ? hi : Math.min(hi, Math.max(lo, lo + u * (hi - lo)));

/** Activations and derivatives in float64. */
class Slopes {
  private readonly weights: Float64Array[];
  private readonly activations: Float64Array[] = [];
  private readonly slopes: Float64Array[] = [];

  constructor(private readonly network: Network) {
    this.weights = network.layers.map((layer) =>
      Float64Array.from(layer.weight as ArrayLike<number>, (_, k) => weightAt(layer, k).toNumber()),
    );
  }

  forward(x: Float64Array): void {
    this.activations[0] = x;
    this.network.layers.forEach((layer, l) => {
      const before = this.activations[l];
      const w = this.weights[l];
      this.activations[l + 1] = Float64Array.from({ length: layer.outputs }, (_, i) => {
        let sum = biasAt(layer, i).toNumber();
        for (let k = layer.rowStart[i]; k < layer.rowStart[i + 1]; k++) sum += w[k] * before[layer.column[k]];
        return l < this.network.depth - 1 ? Math.max(0, sum) : sum;
      });
    });
  }

  /** Sum over all non-zero weights and biases of |derivative of the output|. */
  total(output: number): number {
    const { layers } = this.network;
    let slope = Float64Array.from({ length: this.network.outputs }, (_, i) => (i === output ? 1 : 0));
    let sum = 0;
    for (let l = layers.length - 1; l >= 0; l--) {
      this.slopes[l] = slope;
      const layer = layers[l];
      const below = this.activations[l];
      const next = new Float64Array(layer.inputs);
      for (let i = 0; i < layer.outputs; i++) {
        const d = slope[i];
        if (d === 0) continue;
        let reached = Number(layer.bias[i]) === 0 ? 0 : 1;
        for (let k = layer.rowStart[i]; k < layer.rowStart[i + 1]; k++) {
          const j = layer.column[k];
          reached += Math.abs(below[j]);
          if (l === 0 || below[j] > 0) next[j] += d * this.weights[l][k];
        }
        sum += Math.abs(d) * reached;
      }
      slope = next;
    }
    return sum;
  }

  /** Every non-zero weight and bias moved by the radius, the way that raises the output last asked for. */
  moved(radius: Dyadic): Network {
    const step = [radius.neg(), radius];
    return new Network(
      this.network.layers.map((layer, l) => {
        const builder = new LayerBuilder(layer.inputs);
        for (let i = 0; i < layer.outputs; i++) {
          const d = this.slopes[l][i];
          const terms: (readonly [number, Dyadic])[] = [];
          for (let k = layer.rowStart[i]; k < layer.rowStart[i + 1]; k++) {
            const j = layer.column[k];
            terms.push([j, weightAt(layer, k).add(step[d * this.activations[l][j] >= 0 ? 1 : 0])]);
          }
          const bias = biasAt(layer, i);
          builder.row(bias.isZero ? bias : bias.add(step[d >= 0 ? 1 : 0]), terms);
        }
        return builder.build();
      }),
    );
  }
}
