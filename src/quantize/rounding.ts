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
}

/** The network with each non-zero weight and bias replaced; equal weights of a layer are rounded once. */
export function roundWeights(network: Network, round: (weight: Dyadic, layer: number) => Dyadic): Rounded {
  let changed = 0;
  let vanished = 0;
  let largestChange = Dyadic.ZERO;
  const layers = network.layers.map((layer, l): Layer => {
    const known = new Map<number | bigint, Dyadic>();
    const replace = (mantissa: number | bigint, old: Dyadic): Dyadic => {
      let value = known.get(mantissa);
      if (value === undefined) {
        value = old.isZero ? old : round(old, l);
        known.set(mantissa, value);
        largestChange = largestChange.max(value.sub(old).abs());
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
      for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
        terms.push([layer.column[k] as number, replace(layer.weight[k] as number, weightAt(layer, k))]);
      }
      builder.row(replace(layer.bias[i] as number, biasAt(layer, i)), terms);
    }
    return builder.build();
  });
  return Object.freeze({ network: new Network(layers), changed, vanished, largestChange });
}
