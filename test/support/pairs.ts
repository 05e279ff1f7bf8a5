/** Pairs of networks that are nearly the same, and boxes. */
import fc from 'fast-check';
import { Dyadic } from '../../src/exact/index.ts';
import { type BoxNumbers, LayerBuilder, Network } from '../../src/net/index.ts';
import { dyadic, network } from './arbitrary.ts';
import { roundedTo } from './entries.ts';

/** Random pairs: f, and f rounded to a few bits (to many, and they are nearly equal). */
export const pair = (weight = dyadic(12), most = 12): fc.Arbitrary<{ f: Network; g: Network }> =>
  fc
    .tuple(network({ maxDepth: 5, maxWidth: 8, weight }), fc.integer({ min: 0, max: most }))
    .map(([f, bits]) => ({ f, g: roundedTo(f, bits) }));

/** Dense networks with weights as trained ones have them, seeded. */
export function dense(sizes: readonly number[], seed: number, bits = 20): Network {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
    return state / 2 ** 31 - 1;
  };
  return new Network(
    sizes.slice(1).map((outputs, l) => {
      const inputs = sizes[l]!;
      const layer = new LayerBuilder(inputs);
      for (let i = 0; i < outputs; i++) {
        const size = 1.7 / Math.sqrt(inputs);
        layer.row(
          Dyadic.from(random() * 0.3).roundTo(bits),
          Array.from({ length: inputs }, (_, j) => [j, Dyadic.from(random() * size).roundTo(bits)] as const),
        );
      }
      return layer.build();
    }),
  );
}

/** Boxes inside [-1, 1]^d at scale 28. */
export const box = (d: number): fc.Arbitrary<BoxNumbers> =>
  fc
    .array(fc.tuple(fc.integer({ min: -(2 ** 27), max: 2 ** 27 }), fc.integer({ min: 0, max: 27 })), {
      minLength: d,
      maxLength: d,
    })
    .map((sides) => ({
      scale: 28,
      centre: Int32Array.from(sides, ([c]) => c),
      radius: Int32Array.from(sides, ([, r]) => (r === 0 ? 0 : 2 ** r)),
    }));
