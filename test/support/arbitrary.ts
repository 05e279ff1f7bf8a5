/** Generators for property tests: dyadics and networks of every shape the library allows. */
import fc from 'fast-check';
import { Dyadic } from '../../src/exact/index.ts';
import { LayerBuilder, Network, type Term } from '../../src/net/index.ts';

/** Dyadics of up to 2^(±60), zero and negative included. */
export const dyadic = (bits = 40): fc.Arbitrary<Dyadic> =>
  fc
    .tuple(fc.bigInt(-(1n << BigInt(bits)), 1n << BigInt(bits)), fc.integer({ min: -bits, max: 20 }))
    .map(([m, e]) => Dyadic.of(m, e));

/** Every finite float64, subnormals and the largest included. */
export const float64 = (): fc.Arbitrary<number> =>
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => (Object.is(v, -0) ? 0 : v));

export interface NetworkShape {
  inputs?: number;
  outputs?: number;
  maxDepth?: number;
  maxWidth?: number;
  weight?: fc.Arbitrary<Dyadic>;
}

/** Random sparse networks, empty rows and units without connections included. */
export const network = (shape: NetworkShape = {}): fc.Arbitrary<Network> => {
  const unit = fc.integer({ min: 1, max: shape.maxWidth ?? 5 });
  const weight = shape.weight ?? dyadic(6);
  return fc
    .tuple(
      shape.inputs ? fc.constant(shape.inputs) : unit,
      fc.array(unit, { maxLength: (shape.maxDepth ?? 4) - 1 }),
      shape.outputs ? fc.constant(shape.outputs) : unit,
    )
    .chain(([first, hidden, last]) => {
      const sizes = [first, ...hidden, last];
      const layers = sizes.slice(1).map((outputs, l) => {
        const inputs = sizes[l] as number;
        const row = fc.tuple(
          weight,
          fc.array(fc.tuple(fc.integer({ min: 0, max: inputs - 1 }), weight), { maxLength: 4 }),
        );
        return fc.array(row, { minLength: outputs, maxLength: outputs }).map((rows) => {
          const layer = new LayerBuilder(inputs);
          for (const [bias, terms] of rows) layer.row(bias, terms as Term[]);
          return layer.build();
        });
      });
      return fc.tuple(...layers).map((built) => new Network(built));
    });
};
