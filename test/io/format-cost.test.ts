import { describe, expect, test } from 'vitest';
import { Dyadic, Rational } from '../../src/exact/index.ts';
import { encodeNetwork, fileBits, kappa } from '../../src/io/index.ts';
import { identity, LayerBuilder, Network, type Term } from '../../src/net/index.ts';
import { layer, randomBitMatrix, returns } from '../support/files.ts';
import { seeded } from '../support/random.ts';

describe('what a file costs', () => {
  const matrix = (values: readonly number[], size = 256): Network => {
    const random = seeded(7);
    const rows = Array.from({ length: size }, (): [number, ...Term[]] => [
      0,
      ...Array.from({ length: size }, (_, j): Term => [j, values[random.whole(0, values.length - 1)] as number]),
    ]);
    return layer(size, rows);
  };

  test.each([
    { values: [0, 1] },
    { values: [-1, 1] },
    { values: [0, 2] },
    { values: [3, -5] },
    { values: [0, -0.375] },
    { values: [-1, 0, 1] },
    { values: [1, 2, 3, 4] },
    { values: [12345678, -9876543] },
  ])('a random matrix over $values costs at most 1.01 times its entropy', ({ values }) => {
    const bits = 8 * returns({ network: matrix(values) }).length;
    expect(bits).toBeGreaterThan(65536 * Math.log2(values.length) - 200);
    expect(bits).toBeLessThan(1.01 * 65536 * Math.log2(values.length));
  });

  test('0-1 rows that see every second unit, in turns, cost one bit a unit they see', () => {
    const random = seeded(8);
    const rows = Array.from({ length: 512 }, (_, i): [number, ...Term[]] => [
      0,
      ...Array.from({ length: 128 }, (_, j): Term => [2 * j + (i % 2), random.whole(0, 1)]),
    ]);
    expect(8 * returns({ network: layer(256, rows) }).length).toBeLessThan(1.01 * 512 * 128);
  });

  // The network of a random sigma-delta sequence [OSB]: K x m random bits, the rest as regular as a construction is.
  test.each([
    { K: 64, m: 1024, over: 280, most: '1.035' },
    { K: 256, m: 256, over: 440, most: '1.055' },
    { K: 1024, m: 1024, over: 1500, most: '1.012' },
    { K: 256, m: 4096, over: 650, most: '1.005' },
  ])(
    'bit-matrix network $K x $m: at most $over bytes above its random bits, kappa below $most',
    ({ K, m, over, most }) => {
      const { net, guaranteed } = randomBitMatrix(K, m, K + m);
      const bytes = returns({ network: net });
      expect(bytes.length).toBeGreaterThan((K * m) / 8);
      expect(bytes.length - (K * m) / 8).toBeLessThan(over);
      expect(kappa(8 * bytes.length, guaranteed).compare(Rational.parse(most))).toBeLessThan(0);
    },
  );

  test('random float32 weights cost their 23 digits, sign and exponent: less than 27 bits', () => {
    const random = seeded(9);
    const weight = (): number => {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += random.unit();
      return Math.fround(sum * 0.05);
    };
    const sizes = [100, 100, 10];
    const net = new Network(
      sizes.slice(1).map((outputs, l) => {
        const inputs = sizes[l] as number;
        const builder = new LayerBuilder(inputs);
        for (let i = 0; i < outputs; i++) {
          builder.row(
            weight(),
            Array.from({ length: inputs }, (_, j): Term => [j, weight()]),
          );
        }
        return builder.build();
      }),
    );
    expect(fileBits({ network: net }) / net.connectivity).toBeLessThan(27);
  });

  test('an interpolation network of 20 weights of 7 bits takes less than 40 bytes', () => {
    const knots = [0, 13, 29, 51, 70, 88, 109];
    const slopes = [-9, 5, 4, 7, 3, 6, 5];
    const first = new LayerBuilder(1);
    for (const k of knots) first.unit(-k / 128, [0, 1]);
    const second = new LayerBuilder(knots.length);
    second.row(
      0,
      slopes.map((s, i): Term => [i, s / 16]),
    );
    const net = new Network([first.build(), second.build()]);
    expect(net.connectivity).toBe(20);
    expect(returns({ network: net }).length).toBeLessThan(40);
  });

  test('a few words of meta cost less than their length', () => {
    const net = identity(1);
    const meta = { method: 'interpolate', proved: { upper: '1*2^-12', witness: ['0.5'] }, target: 'sqrt(x)' };
    const extra = encodeNetwork({ network: net, meta }).length - encodeNetwork({ network: net }).length;
    expect(extra).toBeLessThan(JSON.stringify(meta).length / 3);
  });

  test('kappa is exact', () => {
    expect(kappa(3000, Dyadic.pow2(-10)).toString()).toBe('375/128');
    expect(kappa(3000, Rational.of(1n, 3000n)).toString()).toBe('1');
  });
});
