/** Rounds every weight and bias of a network, and counts what that changed: the part that all quantisers share. */
import { Dyadic } from '../exact/index.ts';
import { biasAt, type Layer, LayerBuilder, Network, type Term, weightAt } from '../net/index.ts';

/** A network with rounded weights, and what the rounding did. */
export interface Rounded {
  readonly network: Network;
  /** Weights and biases that are not what they were. */
  readonly changed: number;
  /** Those of them that became 0. */
  readonly vanished: number;
  /** Largest |new - old| of any weight or bias. */
  readonly largestChange: Dyadic;
  /** By layer: no weight or bias moves by more than this, which is known before any input is seen. */
  readonly radius: readonly Dyadic[];
}

export interface RoundingOptions {
  /** Whether every weight is rounded by a call of its own; otherwise equal weights of a layer share one. */
  readonly each?: boolean;
  /** What the rule promises by layer; by default what was seen. */
  readonly radius?: readonly Dyadic[];
}

/** The network with each non-zero weight and bias replaced, row by row, a row's bias last. Zeros stay zeros. */
export function roundWeights(
  network: Network,
  round: (weight: Dyadic, layer: number) => Dyadic,
  { each = false, radius }: RoundingOptions = {},
): Rounded {
  let changed = 0;
  let vanished = 0;
  const seen: Dyadic[] = [];
  const layers = network.layers.map((layer, l): Layer => {
    const known = new Map<number | bigint, Dyadic>();
    let largest = Dyadic.ZERO;
    const replace = (mantissa: number | bigint, old: Dyadic): Dyadic => {
      if (old.isZero) return old;
      let value = each ? undefined : known.get(mantissa);
      if (value === undefined) {
        value = round(old, l);
        if (!each) known.set(mantissa, value);
        largest = largest.max(value.sub(old).abs());
      }
      if (!value.eq(old)) {
        changed++;
        if (value.isZero) vanished++;
      }
      return value;
    };
    const builder = new LayerBuilder(layer.inputs);
    for (let i = 0; i < layer.outputs; i++) {
      const terms: Term[] = [];
      for (let k = layer.rowStart[i]; k < layer.rowStart[i + 1]; k++) {
        terms.push([layer.column[k], replace(layer.weight[k], weightAt(layer, k))]);
      }
      builder.row(replace(layer.bias[i], biasAt(layer, i)), terms);
    }
    seen.push(largest);
    return builder.build();
  });
  return Object.freeze({
    network: new Network(layers),
    changed,
    vanished,
    largestChange: seen.reduce((a, b) => a.max(b)),
    radius: Object.freeze([...(radius ?? seen)]),
  });
}
