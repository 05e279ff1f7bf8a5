import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gadgetLayout, type WeightOptions, weight } from '../../src/construct/index.ts';
import { Dyadic, InputError, Rational } from '../../src/exact/index.ts';
import type { Network } from '../../src/net/index.ts';

const D = Dyadic.from;
const POINTS = [D(0.4375), D(-1.375), Dyadic.ZERO, D('5*2^40')];

/** Every multiple of 2^-t in [-1,1], each network checked exactly at inputs of both signs. */
function everyMultiple(options: WeightOptions, check: (net: Network, k: number) => void): void {
  const { t } = options;
  for (let k = -(2 ** t); k <= 2 ** t; k++) {
    const w = Dyadic.of(BigInt(k), -t);
    const g = weight(w, options);
    if (!g.weight.eq(w) || !g.report.bound.isZero) expect.fail(`weight ${w} became ${g.weight}`);
    for (const x of POINTS) if (!g.network.evaluate([x])[0]!.eq(x.mul(w))) expect.fail(`k = ${k}, x = ${x}`);
    const { depth, width, connectivity } = g.network;
    expect(g.report.counts).toMatchObject({ depth, width, connectivity });
    for (const letter of g.network.alphabet()) expect(g.report.alphabet).toContain(letter.toNumber());
    check(g.network, k);
  }
}

/** Layers, units and columns, without the weights. */
const pattern = (net: Network): string =>
  JSON.stringify(net.layers.map((l) => [l.inputs, [...l.rowStart], [...l.column], [...l.bias].map((b) => b !== 0)]));

describe('D3 weight', () => {
  test('lambda = 2: every multiple of 2^-t, t <= 10: one topology, depth t+1, width 8, M = 14t + 2', () => {
    for (let t = 1; t <= 10; t++) {
      let first: string | undefined;
      everyMultiple({ lambda: 2, t, topology: t % 2 ? 'fixed' : 'selected' }, (net) => {
        expect([net.depth, net.width, net.connectivity]).toEqual([t + 1, 8, 14 * t + 2]);
        first ??= pattern(net);
        if (pattern(net) !== first) expect.fail(`t = ${t}: the topology moved`);
      });
      const { paper, counts } = weight(1, { lambda: 2, t }).report;
      if (t >= 2) {
        expect(counts.depth).toBeLessThanOrEqual(paper.depth.value!);
        expect(counts.connectivity).toBeLessThanOrEqual(paper.connectivity.value!);
      }
    }
  });

  for (const lambda of [3, 4, 8, 16]) {
    test(`lambda = ${lambda}: every multiple of 2^-t, t <= 8, within the paper's depth and M for t >= 2`, () => {
      for (let t = 1; t <= 8; t++) {
        everyMultiple({ lambda, t }, (net) => {
          const { paper } = weight(0, { lambda, t }).report;
          expect(net.alphabet().length).toBeLessThanOrEqual(lambda);
          if (t === 1 && lambda === 3) return;
          expect(net.depth).toBeLessThanOrEqual(paper.depth.value! + 1e-9);
          expect(net.connectivity).toBeLessThanOrEqual(paper.connectivity.value!);
        });
      }
    });

    test(`lambda = ${lambda}: a fixed topology moves with no weight`, () => {
      for (const t of [1, 2, 3, 5, 6]) {
        let first: string | undefined;
        everyMultiple({ lambda, t, topology: 'fixed' }, (net) => {
          first ??= pattern(net);
          if (pattern(net) !== first) expect.fail(`t = ${t}: the topology moved`);
        });
      }
    });
  }

  test('t = 9 and 10 for lambda = 3, 4, 8, 16', () => {
    for (const lambda of [3, 4, 8, 16]) {
      for (const t of [9, 10]) {
        const { paper } = weight(0, { lambda, t }).report;
        everyMultiple({ lambda, t }, (net) => {
          if (net.depth > paper.depth.value! || net.connectivity > paper.connectivity.value!)
            expect.fail(`${lambda} ${t}`);
        });
      }
    }
  }, 120_000);

  test('linear quantisation: depth ceil(t / log2 lambda) + 1, both topologies', () => {
    for (const lambda of [2, 4, 8, 16]) {
      for (const t of [1, 2, 3, 4, 5, 7, 8]) {
        let first: string | undefined;
        const depth = Math.ceil(t / Math.log2(lambda)) + 1;
        everyMultiple({ lambda, t, quantisation: 'linear', topology: 'fixed' }, (net) => {
          expect(net.depth).toBe(depth);
          first ??= pattern(net);
          if (pattern(net) !== first) expect.fail(`lambda = ${lambda}, t = ${t}: the topology moved`);
        });
        everyMultiple({ lambda, t, quantisation: 'linear' }, (net) => {
          expect(net.depth).toBeLessThanOrEqual(depth);
          expect(net.width).toBeLessThanOrEqual(Math.max(t, 4));
        });
      }
    }
  });

  test("the paper's depth fails exactly where it is below 2 and there are more multiples than values", () => {
    const failures: string[] = [];
    for (let lambda = 2; lambda <= 16; lambda++) {
      for (let t = 1; t <= 24; t++) {
        const { paper, counts } = weight(Dyadic.of(2n ** BigInt(t) - 1n, -t), { lambda, t }).report;
        if (counts.depth > paper.depth.value! + 1e-9) failures.push(`${lambda},${t}`);
        else expect(counts.connectivity).toBeLessThanOrEqual(paper.connectivity.value!);
      }
    }
    // One connection has lambda non-zero values; the non-zero multiples of 2^-t in [-1,1] are 2^(t+1).
    expect(failures).toEqual(['2,1', '3,1', '5,2', '6,2', '7,2']);
    for (const f of failures) {
      const [lambda, t] = f.split(',').map(Number) as [number, number];
      expect(2 ** (t + 1)).toBeGreaterThan(lambda);
    }
  });

  test('any real weight is rounded to within 2^-(t+1)', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.integer({ min: 2, max: 16 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('fixed', 'selected'),
        (w, lambda, t, topology) => {
          const g = weight(w, { lambda, t, topology: topology as 'fixed' });
          expect(
            g.weight
              .sub(D(w))
              .abs()
              .le(Dyadic.pow2(-t - 1)),
          ).toBe(true);
          expect(g.network.evaluate([-3])[0]!.eq(g.weight.mul(D(-3)))).toBe(true);
        },
      ),
    );
    const third = weight(Rational.parse('1/3'), { lambda: 4, t: 12 });
    expect(third.weight.eq(D('1365*2^-12'))).toBe(true);
    expect(third.report.bound.gt(Dyadic.ZERO)).toBe(true);
  });

  test('large t and lambda stay shallow and letters stay short', () => {
    for (const [lambda, t] of [
      [2, 100],
      [3, 100],
      [16, 100],
      [64, 256],
    ] as const) {
      const w = Dyadic.of((1n << BigInt(t)) - 5n, -t);
      const g = weight(w, { lambda, t });
      expect(g.network.evaluate([1])[0]!.eq(w)).toBe(true);
      // With letters of 30 bits no product of depth L is below 2^-30L.
      const floor = Math.ceil(t / 30) + 1;
      expect(g.report.counts.depth).toBeLessThanOrEqual(Math.max(g.report.paper.depth.value!, floor));
      expect(gadgetLayout(lambda, t, 'fixed', 'lambda').alphabet.fractionalBits).toBeLessThanOrEqual(30);
    }
  });

  test('bad arguments are refused in a sentence', () => {
    const bad = (w: number, o: Partial<WeightOptions>) => () => weight(w, { lambda: 2, t: 3, ...o });
    expect(bad(0.5, { lambda: 1 })).toThrow('weight: lambda: expected a whole number in 2..64, got 1');
    expect(bad(0.5, { t: 0 })).toThrow('weight: t: expected a whole number in 1..256, got 0');
    expect(bad(0.5, { t: Number.NaN })).toThrow(InputError);
    expect(bad(1.5, {})).toThrow('weight: expected a weight in [-1,1], got "1.5"');
    expect(bad(Number.NaN, {})).toThrow(InputError);
    expect(bad(0.5, { lambda: 3, quantisation: 'linear' })).toThrow(InputError);
    expect(bad(0.5, { topology: 'loose' as 'fixed' })).toThrow(InputError);
    expect(bad(0.5, { quantisation: 'log' as 'linear' })).toThrow(InputError);
  });
});
