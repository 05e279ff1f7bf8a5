/**
 * The middle value of 3^d numbers, taken along one axis after the other: of three numbers with at most one wrong, the middle
 * one lies between the other two (or is one of them).
 *
 *   a, b, c, h = relu(a - b)                    max(a, b) = b + h, min(a, b) = a - h
 *   low = relu(a - h), high = relu(b + h), k = relu(b + h - c)      min(high, c) = high - k
 *   middle = low + relu(high - k - low)
 *
 * Exact for numbers >= 0; non-decreasing in each of them. Depth 3d + 1 counting the layer that adds up the last middle value
 * (its one unit, under relu).
 */
import { type Layer, LayerBuilder, type Term } from '../net/index.ts';

/** The layers on top of 3^d units, the number along the first axis running fastest. The last one has one unit. */
export function middleLayers(d: number): Layer[] {
  const layers: Layer[] = [];
  let values: Term[][] = Array.from({ length: 3 ** d }, (_, i) => [[i, 1]]);
  let inputs = 3 ** d;
  for (let axis = 0; axis < d; axis++) {
    const compared = new LayerBuilder(inputs);
    const ordered = new LayerBuilder((4 * values.length) / 3);
    const chosen = new LayerBuilder(values.length);
    const middles: Term[][] = [];
    for (let i = 0; i < values.length; i += 3) {
      const [a, b, c] = values.slice(i, i + 3) as [Term[], Term[], Term[]];
      const negative = b.map(([u, w]): Term => [u, -(w as number)]);
      const at = compared.row(0, a);
      compared.row(0, b);
      compared.row(0, c);
      compared.row(0, [...a, ...negative]);
      const low = ordered.unit(0, [at, 1], [at + 3, -1]);
      ordered.unit(0, [at + 1, 1], [at + 3, 1]);
      ordered.unit(0, [at + 1, 1], [at + 3, 1], [at + 2, -1]);
      const first = chosen.unit(0, [low, 1]);
      chosen.unit(0, [low + 1, 1], [low + 2, -1], [low, -1]);
      middles.push([
        [first, 1],
        [first + 1, 1],
      ]);
    }
    layers.push(compared.build(), ordered.build(), chosen.build());
    inputs = 2 * middles.length;
    values = middles;
  }
  const last = new LayerBuilder(inputs);
  last.row(0, values[0] as Term[]);
  layers.push(last.build());
  return layers;
}

/** The same beside the network, on any ordered numbers. */
export function middleOf<T>(values: readonly T[], below: (a: T, b: T) => boolean): T {
  let left = values;
  while (left.length > 1) {
    left = Array.from({ length: left.length / 3 }, (_, i) => {
      const [a, b, c] = left.slice(3 * i, 3 * i + 3) as [T, T, T];
      const [low, high] = below(a, b) ? [a, b] : [b, a];
      if (below(c, low)) return low;
      return below(high, c) ? high : c;
    });
  }
  return left[0] as T;
}
