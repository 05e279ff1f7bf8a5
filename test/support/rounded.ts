import { biasAt, LayerBuilder, Network, type Term, weightAt } from '../../src/net/index.ts';

/** Every weight rounded to the nearest multiple of 2^-bits. */
export function roundedWeights(net: Network, bits: number): Network {
  return new Network(
    net.layers.map((layer) => {
      const out = new LayerBuilder(layer.inputs);
      for (let i = 0; i < layer.outputs; i++) {
        const terms: Term[] = [];
        for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
          terms.push([layer.column[k] as number, weightAt(layer, k).roundTo(bits)]);
        }
        out.row(biasAt(layer, i).roundTo(bits), terms);
      }
      return out.build();
    }),
  );
}
