import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import { LayerBuilder, Network } from '../../src/net/index.ts';
import { depthPrecision, mergeIdleLayers } from '../../src/quantize/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';

/** Weights of Q(a, p), both extremes included. */
const inQ = (a: number, p: number): fc.Arbitrary<Dyadic> => {
  const most = (1n << BigInt(a + 1 + p)) - 1n;
  return fc
    .oneof(fc.bigInt(-most, most), fc.constant(most), fc.constant(-most), fc.constant(0n))
    .map((m) => Dyadic.of(m, -p));
};
const cases = fc
  .record({ a: fc.integer({ min: 0, max: 2 }), p: fc.integer({ min: 1, max: 13 }), b: fc.integer({ min: 1, max: 9 }) })
  .chain(({ a, p, b }) =>
    fc.record({ net: network({ weight: inQ(a, p), inputs: 2 }), a: fc.constant(a), b: fc.constant(b) }),
  );
const texts = (values: readonly Dyadic[]): string => values.map(String).join(' ');

describe('depthPrecision', () => {
  test('is the same function, with the depth, width and weights of its contract', () => {
    fc.assert(
      fc.property(cases, fc.array(dyadic(20), { minLength: 2, maxLength: 2 }), ({ net, b }, x) => {
        const { network: deep, digits } = depthPrecision(net, { bits: b });
        expect(texts(deep.evaluate(x))).toBe(texts(net.evaluate(x)));
        const k = net.layers.map((layer) => Math.max(1, Math.ceil(layer.scale / b)));
        expect(digits).toBe(Math.max(...k));
        const splits = (k[0] as number) > 1 ? 1 : 0;
        expect(deep.depth).toBe(k.reduce((s, n) => s + n, 0) + splits);
        expect(deep.depth).toBeLessThanOrEqual(Math.ceil(net.fractionalBits / b || 1) * net.depth + 1);
        expect(deep.fractionalBits).toBeLessThanOrEqual(b);
        expect(deep.integerBits).toBeLessThanOrEqual(net.integerBits);
        expect(deep.width).toBeLessThanOrEqual(Math.max(3 * net.width, 2 * net.width + 2 * net.inputs));
        if (digits === 1) expect(deep).toBe(net);
      }),
      { numRuns: 400 },
    );
  });

  test('one accumulator a row is enough unless a weight lies within 2^-b of -2^(a+1)', () => {
    fc.assert(
      fc.property(network({ weight: inQ(0, 8), inputs: 3 }), fc.integer({ min: 1, max: 7 }), (net, b) => {
        const limit = Dyadic.pow2(net.integerBits + 1)
          .sub(Dyadic.pow2(-b))
          .neg();
        fc.pre(net.alphabet().every((w) => w.ge(limit)) && net.alphabet().every((w) => w.le(limit.neg())));
        const { network: deep } = depthPrecision(net, { bits: b });
        expect(deep.width).toBeLessThanOrEqual(Math.max(2 * net.width, net.width + 2 * net.inputs));
      }),
      { numRuns: 200 },
    );
  });

  test('without negative inputs the depth is the sum of the digits, and merging gives the network back', () => {
    fc.assert(
      fc.property(cases, fc.array(dyadic(20), { minLength: 2, maxLength: 2 }), ({ net, b }, x) => {
        const point = x.map((v) => v.abs());
        const { network: deep } = depthPrecision(net, { bits: b, nonNegativeInputs: true });
        expect(texts(deep.evaluate(point))).toBe(texts(net.evaluate(point)));
        expect(deep.depth).toBe(net.layers.reduce((n, layer) => n + Math.max(1, Math.ceil(layer.scale / b)), 0));
        const merged = mergeIdleLayers(deep, { nonNegativeInputs: true });
        // The network itself may hold idle layers; they merge too.
        expect(merged.equals(mergeIdleLayers(net, { nonNegativeInputs: true }))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('merging is the same function for inputs of either sign', () => {
    fc.assert(
      fc.property(cases, fc.array(dyadic(20), { minLength: 2, maxLength: 2 }), ({ net, b }, x) => {
        const deep = depthPrecision(net, { bits: b }).network;
        const merged = mergeIdleLayers(deep);
        expect(texts(merged.evaluate(x))).toBe(texts(net.evaluate(x)));
        expect(merged.depth).toBeLessThanOrEqual(net.depth + 1);
      }),
      { numRuns: 200 },
    );
  });

  test('weights of hundreds of bits, down to one', () => {
    const third = Dyadic.of((1n << 400n) / 3n, -400);
    const layer = (inputs: number): LayerBuilder => new LayerBuilder(inputs);
    const first = layer(1);
    first.unit(third, [0, third.neg()]);
    first.unit(third.neg(), [0, third]);
    const last = layer(2);
    last.unit(third, [0, third], [1, third.neg()]);
    const net = new Network([first.build(), last.build()]);
    for (const bits of [1, 7, 100, 399, 400]) {
      const deep = depthPrecision(net, { bits });
      for (const x of [0, 1, -1, 0.375, 1e10]) {
        expect(texts(deep.network.evaluate([x]))).toBe(texts(net.evaluate([x])));
      }
      expect(deep.network.fractionalBits).toBe(bits === 1 ? 1 : deep.network.fractionalBits);
      expect(deep.network.depth).toBe(bits === 400 ? 2 : 2 * Math.ceil(400 / bits) + 1);
    }
  });

  test('reports dense bits and kappa, whose growth is at most 4 (a+b+2)/b', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 1000 }), (b, seed) => {
        // A regular network, W = 16, L = 6, 16-bit weights: the constant is what the theorem speaks about.
        let state = seed + 1;
        const next = (): number => {
          state = (Math.imul(state, 1103515245) + 12345) >>> 0;
          return ((state >>> 8) % 65535) / 65536 - 0.4999847412109375;
        };
        const sizes = [1, 16, 16, 16, 16, 16, 1];
        const net = new Network(
          sizes.slice(1).map((outputs, l) => {
            const layer = new LayerBuilder(sizes[l] as number);
            for (let i = 0; i < outputs; i++) {
              layer.row(
                next(),
                Array.from({ length: sizes[l] as number }, (_, j) => [j, next()] as const),
              );
            }
            return layer.build();
          }),
        );
        const result = depthPrecision(net, { bits: b, error: Dyadic.pow2(-10) });
        expect(result.before.denseBits).toBe(net.storage().denseBits);
        expect(result.after.denseBits).toBe(result.network.storage().denseBits);
        expect(result.before.kappa).toBe(result.before.denseBits / 1024);
        expect(result.after.kappa).toBe(result.after.denseBits / 1024);
        expect(result.memoryRatio).toBe(result.after.denseBits / result.before.denseBits);
        // Lower order: the outer layers, and the layer of signs; 1.5 covers them at L = 6.
        expect(result.memoryRatio).toBeLessThan((1.5 * 4 * (b + 2)) / b);
      }),
      { numRuns: 20 },
    );
  });

  test('refuses in a sentence', () => {
    const one = new LayerBuilder(1);
    one.unit(0, [0, 1]);
    const net = new Network([one.build()]);
    expect(() => depthPrecision(net, { bits: 0 })).toThrow(
      new InputError('depthPrecision bits: expected a whole number in 1..1048576, got 0'),
    );
    expect(() => depthPrecision(net, { bits: 1.5 })).toThrow(InputError);
  });
});
