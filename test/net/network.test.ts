import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, InputError, Rational } from '../../src/exact/index.ts';
import {
  affine,
  compose,
  evaluateRational,
  identity,
  LayerBuilder,
  makeLayer,
  Network,
  padDepth,
  parallel,
  stack,
  sum,
} from '../../src/net/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';

const D = Dyadic.from;
const texts = (values: readonly Dyadic[]): string => values.map(String).join(' ');

/** |x| = relu(x) + relu(-x). */
function absolute(): Network {
  const split = new LayerBuilder(1);
  split.unit(0, [0, 1]);
  split.unit(0, [0, -1]);
  const join = new LayerBuilder(2);
  join.unit(0, [0, 1], [1, 1]);
  return new Network([split.build(), join.build()]);
}

describe('Network', () => {
  test('counts are those of the definition', () => {
    const net = absolute();
    expect([net.inputs, net.outputs, net.depth, net.width, net.connectivity]).toEqual([1, 1, 2, 2, 4]);
    expect(texts(net.alphabet())).toBe('-1 1');
    expect([net.integerBits, net.fractionalBits]).toEqual([0, 0]);
    // n(2,2) = 2*2 + 2 + 1 = 7 entries of a+b+2 = 2 bits; 4 non-zero weights of 1 bit.
    expect(net.storage()).toEqual({ denseBits: 14, nonZeroBits: 4 });
    expect(texts(net.evaluate([-0.1]))).toBe(texts([D(0.1)]));
  });

  test('evaluation equals the definition, unit by unit', () => {
    fc.assert(
      fc.property(network({ inputs: 2 }), dyadic(), dyadic(), (net, x, y) => {
        let v = [x, y];
        net.layers.forEach((layer, l) => {
          const next: Dyadic[] = [];
          for (let i = 0; i < layer.outputs; i++) {
            let z = Dyadic.of(BigInt(layer.bias[i]!), -layer.scale);
            for (let k = layer.rowStart[i]!; k < layer.rowStart[i + 1]!; k++) {
              z = z.add(Dyadic.of(BigInt(layer.weight[k]!), -layer.scale).mul(v[layer.column[k]!]!));
            }
            next.push(l < net.depth - 1 ? z.max(Dyadic.ZERO) : z);
          }
          v = next;
        });
        expect(texts(net.evaluate([x, y]))).toBe(texts(v));
      }),
    );
  });

  test('rational points: on dyadics as evaluate, elsewhere by the definition', () => {
    fc.assert(
      fc.property(network({ inputs: 2, outputs: 2 }), dyadic(), dyadic(), (net, x, y) => {
        const rational = evaluateRational(net, [Rational.fromDyadic(x), Rational.fromDyadic(y)]);
        expect(rational.map(String)).toEqual(net.evaluate([x, y]).map((v) => Rational.fromDyadic(v).toString()));
      }),
    );
    const third = evaluateRational(absolute(), [Rational.of(-1n, 3n)]);
    expect(third.map(String)).toEqual(['1/3']);
    const bias = evaluateRational(affine([[0.5, 2]], [0.25]), [Rational.of(1n, 3n), Rational.of(2n, 7n)]);
    expect(bias.map(String)).toEqual([
      Rational.of(1n, 6n).add(Rational.of(4n, 7n)).add(Rational.of(1n, 4n)).toString(),
    ]);
  });

  test('a layer has one normal form', () => {
    const write = (scale: number, w: number[] | bigint[], b: number[] | bigint[]) =>
      makeLayer({
        inputs: 2,
        outputs: 1,
        scale,
        rowStart: Uint32Array.of(0, 2),
        column: Uint32Array.of(0, 1),
        weight: w,
        bias: b,
      });
    const a = new Network([write(1, [1, 3], [2])]);
    for (const other of [
      write(3, [4, 12], [8]),
      write(2, [2n, 6n], [4n]),
      write(61, [2 ** 60, 3 * 2 ** 60], [2 ** 61]),
    ]) {
      expect(a.equals(new Network([other]))).toBe(true);
      expect(other.weight).toBeInstanceOf(Int8Array);
    }
    expect(write(0, [2 ** 40, 1], [0]).weight[0]).toBe(2n ** 40n);
    expect(write(7, [2 ** 40, 2 ** 50], [0]).scale).toBe(-33);
  });

  test('wide weights keep every bit', () => {
    const w = Dyadic.of((1n << 300n) + 1n, -300);
    const layer = new LayerBuilder(1);
    layer.unit(0.1, [0, w]);
    const net = new Network([layer.build()]);
    expect(net.evaluate([1])[0]!.eq(w.add(D(0.1)))).toBe(true);
    expect(net.fractionalBits).toBe(300);
  });

  test('what is not a network is refused in a sentence', () => {
    const one = identity(1).layers[0]!;
    const two = identity(2).layers[0]!;
    expect(() => new Network([])).toThrow(InputError);
    expect(() => new Network([one, two])).toThrow('Network layer 2: expected 1 inputs, got 2');
    expect(() => absolute().evaluate([1, 2])).toThrow(InputError);
    expect(() => absolute().evaluate([Number.NaN])).toThrow(/finite/);
    expect(() => new LayerBuilder(2).unit(0, [2, 1])).toThrow(/0..1/);
    expect(() => makeLayer({ ...one, column: Uint32Array.of(1) })).toThrow(InputError);
    expect(() => makeLayer({ ...one, weight: Int8Array.of(0) })).toThrow(/non-zero/);
  });
});

describe('calculus', () => {
  const point = fc.tuple(dyadic(), dyadic());
  test('compose is composition, and associative', () => {
    fc.assert(
      fc.property(
        network({ inputs: 2, outputs: 3 }),
        network({ inputs: 3, outputs: 2 }),
        network({ inputs: 2, outputs: 1 }),
        point,
        (f, g, h, x) => {
          const both = compose(g, f);
          expect(both.depth).toBe(f.depth + g.depth - 1);
          expect(texts(both.evaluate(x))).toBe(texts(g.evaluate(f.evaluate(x))));
          expect(compose(h, compose(g, f)).equals(compose(compose(h, g), f))).toBe(true);
        },
      ),
    );
  });

  test('parallel, stack, sum and padDepth', () => {
    fc.assert(
      fc.property(
        network({ inputs: 2, outputs: 2 }),
        network({ inputs: 2, outputs: 2 }),
        point,
        point,
        fc.nat(3),
        (f, g, x, y, more) => {
          const fx = f.evaluate(x);
          const gx = g.evaluate(x);
          expect(texts(parallel(f, g).evaluate(x))).toBe(texts([...fx, ...gx]));
          expect(texts(stack(f, g).evaluate([...x, ...y]))).toBe(texts([...fx, ...g.evaluate(y)]));
          expect(texts(sum(f, g).evaluate(x))).toBe(texts(fx.map((v, i) => v.add(gx[i]!))));
          expect(sum(f, g).depth).toBe(Math.max(f.depth, g.depth));
          const padded = padDepth(f, f.depth + more);
          expect(padded.depth).toBe(f.depth + more);
          expect(texts(padded.evaluate(x))).toBe(texts(fx));
        },
      ),
    );
  });

  test('affine and identity', () => {
    const turn = affine(
      [
        [0, -1],
        [1, 0],
      ],
      [0.5, 0],
    );
    expect(texts(turn.evaluate([2, 3]))).toBe(texts([D(-2.5), D(2)]));
    expect(identity(3, 4).width).toBe(6);
    expect(texts(identity(2, 5).evaluate([-1.25, 7]))).toBe(texts([D(-1.25), D(7)]));
    expect(() => compose(identity(2), absolute())).toThrow(InputError);
    expect(() => parallel(identity(2), absolute())).toThrow(InputError);
    expect(() => sum()).toThrow(InputError);
    expect(() => padDepth(absolute(), 1)).toThrow(/at least 2/);
  });
});
