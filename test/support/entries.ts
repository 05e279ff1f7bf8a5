/** The entries of a network, zeros included, and networks with every entry changed. */
import { Dyadic } from '../../src/exact/index.ts';
import { biasAt, LayerBuilder, Network, type Term, weightAt } from '../../src/net/index.ts';

/** Every weight and bias, layer by layer, row by row: a row's weights (0 where none is stored), then its bias. */
export function entries(net: Network): Dyadic[] {
  return net.layers.flatMap((layer) =>
    Array.from({ length: layer.outputs }, (_, i) => {
      const row = new Array<Dyadic>(layer.inputs).fill(Dyadic.ZERO);
      for (let k = layer.rowStart[i]!; k < layer.rowStart[i + 1]!; k++) row[layer.column[k]!] = weightAt(layer, k);
      return [...row, biasAt(layer, i)];
    }).flat(),
  );
}

/** The network with `change` of every stored weight and every bias. */
export function mapEntries(net: Network, change: (entry: Dyadic) => Dyadic): Network {
  return new Network(
    net.layers.map((layer) => {
      const out = new LayerBuilder(layer.inputs);
      for (let i = 0; i < layer.outputs; i++) {
        const terms: Term[] = [];
        for (let k = layer.rowStart[i]!; k < layer.rowStart[i + 1]!; k++) {
          terms.push([layer.column[k]!, change(weightAt(layer, k))]);
        }
        out.row(change(biasAt(layer, i)), terms);
      }
      return out.build();
    }),
  );
}

/** The network with every weight and bias rounded to a multiple of 2^-bits. */
export function roundedTo(net: Network, bits: number): Network {
  return mapEntries(net, (entry) => entry.roundTo(bits));
}
