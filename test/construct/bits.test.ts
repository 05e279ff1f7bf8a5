import { describe, expect, test } from 'vitest';
import { bitExtraction, CODINGS, grayWord } from '../../src/construct/index.ts';
import { BitKernels, Engine, theta } from '../../src/engine/index.ts';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import type { Network } from '../../src/net/index.ts';
import { randomCodewords } from '../support/codewords.ts';

const bitsOf = (value: number, n: number): number[] => Array.from({ length: n }, (_, i) => (value >> (n - 1 - i)) & 1);
const run = (network: Network, x: Dyadic): number[] => network.evaluate([x]).map((y) => y.toNumber());
const largest = (values: readonly Dyadic[]): bigint => values.reduce((m, v) => m.max(v.abs()), Dyadic.ZERO).floor();

function connections(net: Network): Dyadic[] {
  return net.layers.flatMap((layer) =>
    [...new Set<number | bigint>(layer.weight as Iterable<number | bigint>)].map((m) =>
      Dyadic.of(BigInt(m), -layer.scale),
    ),
  );
}

describe.each(CODINGS)('bitExtraction, %s', (coding) => {
  test('every codeword up to 8 bits, every number of bits a layer: network = recursion = the bits', () => {
    for (let n = 1; n <= 8; n++) {
      for (let perLayer = 1; perLayer <= n; perLayer++) {
        const { network, encode, extract } = bitExtraction({ bits: n, perLayer, coding });
        for (let value = 0; value < 2 ** n; value++) {
          const bits = bitsOf(value, n);
          const codeword = encode(bits);
          if (run(network, codeword).join('') !== bits.join('') || extract(codeword).join('') !== bits.join('')) {
            expect.unreachable(`${coding}, ${n} bits, ${perLayer} a layer: ${bits.join('')}`);
          }
        }
      }
    }
  });

  test.each([1, 4])('every codeword of 16 bits, %i a layer', (perLayer) => {
    const { network, encode } = bitExtraction({ bits: 16, perLayer, coding });
    const engine = Engine.createSync(network);
    const codewords = Float64Array.from({ length: 65536 }, (_, value) => encode(bitsOf(value, 16)).toNumber());
    const outputs = engine.forward(codewords);
    engine.dispose();
    let wrong = 0;
    outputs.forEach((y, at) => {
      if (y !== (((at >> 4) >> (15 - (at & 15))) & 1)) wrong++;
    });
    expect(wrong).toBe(0);
  });

  test('depth, width, fractional bits and weights are the stated ones', () => {
    for (const [n, perLayer] of [
      [1, 1],
      [2, 1],
      [2, 2],
      [5, 2],
      [16, 1],
      [16, 4],
      [17, 3],
      [40, 7],
      [64, 1],
    ] as const) {
      const e = bitExtraction({ bits: n, perLayer, coding });
      const { network } = e;
      expect([network.depth, network.width, network.fractionalBits]).toEqual([e.depth, e.width, e.fractionalBits]);
      expect(largest(network.alphabet())).toBe(e.largestWeight);
      expect(largest(connections(network))).toBe(e.largestConnection);
      expect(e.depth).toBe(Math.ceil(n / perLayer) + 1);
    }
  });

  test.each([
    [257, 1],
    [1024, 3],
  ])('random codewords of %i bits, %i a layer', (n, perLayer) => {
    randomCodewords(coding, n, perLayer);
  });

  test('refuses what is not a codeword, and bad options', () => {
    const { encode, extract } = bitExtraction({ bits: 4, coding });
    expect(() => encode([0, 1, 2, 0])).toThrow(new InputError('bitExtraction encode: expected 0 or 1, got 2'));
    expect(() => encode([0, 1])).toThrow(new InputError('bitExtraction encode: expected 4 bits, got "2"'));
    expect(() => extract(Dyadic.parse('0.3359375').add(Dyadic.from(coding === 'gray' ? 8 : 0)))).toThrow(InputError);
    expect(() => bitExtraction({ bits: 0, coding })).toThrow(InputError);
    expect(() => bitExtraction({ bits: 4, perLayer: 5, coding })).toThrow(
      new InputError('bitExtraction perLayer: expected a whole number in 1..4, got 5'),
    );
  });
});

test('the weights of 2.5: a slope of 2^n, constant weights, a gap a block, connections of +-1', () => {
  const weights = (coding: (typeof CODINGS)[number], bits: number, perLayer: number): bigint[] => {
    const e = bitExtraction({ bits, perLayer, coding });
    return [e.largestWeight, e.largestConnection];
  };
  expect(weights('binary', 40, 1)).toEqual([1n << 40n, 1n << 40n]);
  expect(weights('gap', 10, 1)).toEqual([8n, 8n]);
  expect(weights('gap', 40, 1)).toEqual([8n, 8n]);
  for (const s of [1, 2, 5]) expect(weights('block', 40, s)).toEqual([1n << BigInt(s + 2), 1n << BigInt(s + 2)]);
  expect(weights('gray', 40, 1)).toEqual([1n << 39n, 1n]);
  expect(bitExtraction({ bits: 40, perLayer: 4, coding: 'block' }).storedBitsPerBit).toBe(5 / 4);
  expect(() => bitExtraction({ bits: 4, coding: 'ternary' as never })).toThrow(
    new InputError('bitExtraction coding: expected binary, gap, block, gray, got "ternary"'),
  );
});

test('grayWord inverts v ^ (v >> 1)', () => {
  for (let v = 0; v < 1024; v++) expect(grayWord(bitsOf(v ^ (v >> 1), 10))).toBe(BigInt(v));
});

test('the core encodes the same codewords', async () => {
  const kernels = await BitKernels.create();
  for (const [coding, perLayer, engineCoding] of [
    ['binary', 1, 'binary'],
    ['gap', 1, 'base4'],
    ['block', 3, { digits: 3 }],
    ['block', 4, { digits: 4 }],
    ['gray', 1, 'gray'],
  ] as const) {
    const n = 12;
    const { encode } = bitExtraction({ bits: n, perLayer, coding });
    const rows = Array.from({ length: 4096 }, (_, value) => bitsOf(value, n));
    const words = kernels.encode(Uint8Array.from(rows.flat()), n, engineCoding);
    rows.forEach((bits, r) => {
      const codeword = encode(bits);
      expect(coding === 'gray' ? codeword.scale(-n) : codeword).toEqual(theta(words, r));
    });
  }
});
