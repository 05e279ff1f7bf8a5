import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import { affine, biasAt, LayerBuilder, Network, weightAt } from '../../src/net/index.ts';
import { type Codebook, quantizeCodebook } from '../../src/quantize/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';
import { dense } from '../support/pairs.ts';

/** The non-zero weights and biases of a layer, in order. */
const nonZero = (net: Network, l: number): Dyadic[] => {
  const layer = net.layers[l]!;
  const weights = Array.from(layer.column, (_, k) => weightAt(layer, k));
  const biases = Array.from({ length: layer.outputs }, (_, i) => biasAt(layer, i)).filter((b) => !b.isZero);
  return [...weights, ...biases];
};

/** Every weight has moved to the nearest letter of its alphabet, by as much as is reported. */
function checkNearest(net: Network, { network: q, alphabets, squaredError, radius }: Codebook): void {
  let sum = Dyadic.ZERO;
  net.layers.forEach((_, l) => {
    const letters = alphabets[alphabets.length > 1 ? l : 0]!;
    const expected = nonZero(net, l).map((w) => {
      const least = letters.map((c) => c.sub(w).abs()).reduce((a, b) => a.min(b));
      const close = letters.filter((c) => c.sub(w).abs().eq(least));
      const [first, second] = close as [Dyadic, Dyadic?];
      sum = sum.add(least.mul(least));
      expect(least.le(radius[l]!)).toBe(true);
      if (!second) return first;
      const size = first.abs().compare(second.abs());
      return size !== 0 ? (size < 0 ? first : second) : first.max(second);
    });
    const order = (list: readonly Dyadic[]): string[] => list.map(String).sort();
    // Weights that became 0 are no longer there.
    expect(order(nonZero(q, l))).toEqual(order(expected.filter((v) => !v.isZero)));
  });
  expect(squaredError.toString()).toBe(sum.toString());
}

describe('quantizeCodebook', () => {
  test('k-means: at most lambda letters, every weight with the nearest, one alphabet or one a layer', () => {
    fc.assert(
      fc.property(
        network({ weight: dyadic(8) }),
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        (net, lambda, perLayer) => {
          const q = quantizeCodebook(net, { lambda, perLayer });
          expect(q.alphabets.length).toBe(perLayer ? net.depth : 1);
          for (const letters of q.alphabets) expect(letters.length).toBeLessThanOrEqual(lambda);
          if (!perLayer) expect(q.network.alphabet().length).toBeLessThanOrEqual(lambda);
          checkNearest(net, q);
        },
      ),
    );
  });

  test('as many letters as distinct weights: nothing changes', () => {
    const net = dense([3, 5, 2], 4, 12);
    const q = quantizeCodebook(net, { lambda: net.alphabet().length });
    expect([q.changed, q.network.equals(net), q.squaredError.isZero]).toEqual([0, true, true]);
  });

  test('powers of two: a range of exponents, or lambda of them from the largest weight down', () => {
    const net = affine([[0.8, -0.3, 0.1, 3]], [1.4]);
    const q = quantizeCodebook(net, { powers: { from: -2, to: 0 } });
    expect(q.alphabets[0]!.map((v) => v.toNumber())).toEqual([-1, -0.5, -0.25, 0.25, 0.5, 1]);
    expect(nonZero(q.network, 0).map((v) => v.toNumber())).toEqual([1, -0.25, 0.25, 1, 1]);
    // 3 is exactly between 2 and 4: 2 is the top, and four letters are +-1, +-2.
    expect(quantizeCodebook(net, { powers: true, lambda: 4 }).alphabets[0]!.map((v) => v.toNumber())).toEqual([
      -2, -1, 1, 2,
    ]);
    expect(quantizeCodebook(affine([[3.5]]), { powers: true, lambda: 2 }).alphabets[0]!.map(String)).toEqual([
      '-1*2^2',
      '1*2^2',
    ]);
    fc.assert(
      fc.property(network({ weight: dyadic(8) }), fc.integer({ min: 1, max: 5 }), (n, half) => {
        checkNearest(n, quantizeCodebook(n, { powers: true, lambda: 2 * half, perLayer: true }));
      }),
      { numRuns: 50 },
    );
  });

  test('any alphabet, ties towards 0 and then up', () => {
    const q = quantizeCodebook(affine([[0.5, -0.5, 2, 9]]), { alphabet: [1, 0, -1, 3, 1] });
    expect(q.alphabets[0]!.map((v) => v.toNumber())).toEqual([-1, 0, 1, 3]);
    expect(nonZero(q.network, 0).map((v) => v.toNumber())).toEqual([1, 3]);
    expect([q.changed, q.vanished]).toEqual([4, 2]);
    expect(nonZero(quantizeCodebook(affine([[1e-9]]), { alphabet: [-1, 1] }).network, 0)[0]!.toNumber()).toBe(1);
  });

  test('a network without a weight keeps none', () => {
    const layer = new LayerBuilder(2);
    layer.unit(0);
    const net = new Network([layer.build()]);
    expect(quantizeCodebook(net, { lambda: 3 }).network.equals(net)).toBe(true);
  });

  test.each([
    [{}, 'quantizeCodebook: expected lambda, powers or an alphabet, got "none of them"'],
    [{ lambda: 0 }, 'quantizeCodebook lambda: expected a whole number in 1..65536, got 0'],
    [
      { lambda: 3, powers: true as const },
      'quantizeCodebook lambda: expected an even number: each power has two signs, got 3',
    ],
    [{ alphabet: [] }, 'quantizeCodebook alphabet: expected 1..65536 numbers, got []'],
    [{ alphabet: [1, Number.NaN] }, 'expected a finite number, got NaN'],
    [{ alphabet: [1], lambda: 2 }, 'expected either alphabet, or powers, or lambda, got "several"'],
    [{ powers: { from: 3, to: 1 } }, 'quantizeCodebook powers to: expected a whole number in 3..'],
  ])('%o is refused', (options, sentence) => {
    expect(() => quantizeCodebook(affine([[1]]), options)).toThrow(InputError);
    expect(() => quantizeCodebook(affine([[1]]), options)).toThrow(sentence);
  });
});
