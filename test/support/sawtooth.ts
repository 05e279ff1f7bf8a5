import { LayerBuilder, Network } from '../../src/net/index.ts';

/** height (1 - |2x - 1|) composed r times on [0, 1]: 2^r linear pieces. */
export function sawtooth(r: number, height = 1): Network {
  const layers = [];
  const first = new LayerBuilder(1);
  first.unit(0, [0, 2]);
  first.unit(-2, [0, 4]);
  layers.push(first.build());
  for (let k = 1; k < r; k++) {
    const layer = new LayerBuilder(2);
    layer.unit(0, [0, 2], [1, -2]);
    layer.unit(-2, [0, 4], [1, -4]);
    layers.push(layer.build());
  }
  const last = new LayerBuilder(2);
  last.unit(0, [0, height], [1, -height]);
  layers.push(last.build());
  return new Network(layers);
}
