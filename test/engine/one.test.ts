/** Few inputs at a time through dense layers, and the look at a batch that goes before: paths of their own in the core. */
import { describe, expect, test } from 'vitest';
import { Engine, explainPlan } from '../../src/engine/index.ts';
import type { Dyadic } from '../../src/exact/index.ts';
import { type Layer, makeLayer, Network } from '../../src/net/index.ts';
import { Random } from '../support/engineCases.ts';

function full(random: Random, inputs: number, outputs: number, most: number): Layer {
  const column = new Uint32Array(inputs * outputs).map((_, k) => k % inputs);
  const weight = Array.from(column, () => random.between(1, most) * (random.chance(2) ? -1 : 1));
  return makeLayer({
    ...{ inputs, outputs, scale: 0, column, weight },
    rowStart: new Uint32Array(outputs + 1).map((_, i) => i * inputs),
    bias: Array.from({ length: outputs }, () => random.between(-100, 100)),
  });
}

describe.each(['simd', 'scalar'] as const)('%s', (build) => {
  test.each([
    [255, 1],
    [30_000, 1],
    [2 ** 24, 2],
    [2 ** 28, 2],
    [2 ** 40, 3],
  ])('inputs up to %i, %i limbs: batches of one to nine give the oracle its values', async (most, limbs) => {
    const random = new Random(most % 1009);
    for (const [inputs, hidden, outputs] of [
      [8, 16, 4],
      [11, 21, 3],
      [16, 40, 17],
      [37, 12, 5],
    ] as const) {
      const network = new Network([
        full(random, inputs, hidden, 7),
        full(random, hidden, hidden, 7),
        full(random, hidden, outputs, 90),
      ]);
      const engine = await Engine.create(network, { domain: [-most, most], build });
      for (const rows of [1, 2, 5, 9]) {
        const batch = Float64Array.from({ length: rows * inputs }, () => random.between(-most, most));
        batch[0] = -most;
        const results = engine.forwardExact(batch);
        for (let r = 0; r < rows; r++) {
          const expected = network.evaluate([...batch.subarray(r * inputs, (r + 1) * inputs)]);
          expect(expected.every((v, o) => results.at(r, o).eq(v))).toBe(true);
        }
        const rounded = engine.forward(batch);
        expect([...rounded]).toEqual(results.toDyadics().map((v) => v.toNumber()));
      }
      const { layers } = explainPlan(engine.planFor(Float64Array.from({ length: inputs }, () => most)));
      expect(layers.map((l) => l.kernel)).toEqual(['dense', 'dense', 'dense']);
      expect(layers[0]!.limbsIn).toBe(limbs);
      engine.dispose();
    }
  });

  test.each([
    ['16-bit weights', [40, 150, 85, 3]],
    ['8-bit weights', [24, 800, 660, 19]],
  ] as const)(
    'layers of many rows, %s, some inputs zero: what is zero is left out, and nothing else',
    async (_, widths) => {
      const random = new Random(widths[1]);
      const network = new Network(
        widths.slice(1).map((outputs, l) => full(random, widths[l] as number, outputs, l === 1 ? 90 : 7)),
      );
      const engine = await Engine.create(network, { domain: [0, 60_000], build });
      const inputs = widths[0];
      // All at work, half of them, a last one alone, a first one alone, none.
      const alive = [
        () => true,
        () => random.chance(2),
        (k: number) => k === inputs - 1,
        (k: number) => k === 0,
        () => false,
      ];
      const batch = Float64Array.from(
        alive.flatMap((at) => Array.from({ length: inputs }, (_, k) => (at(k) ? random.between(1, 60_000) : 0))),
      );
      const expected = alive.flatMap((_, r) => network.evaluate([...batch.subarray(r * inputs, (r + 1) * inputs)]));
      const same = (results: readonly Dyadic[], times: number): boolean =>
        results.every((v, k) => v.eq(expected[k % expected.length] as Dyadic)) &&
        results.length === times * expected.length;
      expect(same(engine.forwardExact(batch).toDyadics(), 1)).toBe(true);
      // The same inputs in tiles of eight: the last tile of 15 is not full.
      const long = Float64Array.from({ length: 3 * batch.length }, (_, k) => batch[k % batch.length] as number);
      expect(same(engine.forwardExact(long).toDyadics(), 3)).toBe(true);
      const { layers } = explainPlan(engine.planFor(batch));
      expect(layers.map((l) => l.kernel)).toEqual(['dense', 'dense', 'dense']);
      expect(layers.some((l) => l.limbsIn > 1)).toBe(true);
      expect(layers.some((l) => l.why.includes('8 bits'))).toBe(widths[1] === 800);
      engine.dispose();
    },
  );

  test('one bad value is found wherever it is, in batches of every length', async () => {
    const random = new Random(3);
    for (let inputs = 1; inputs <= 13; inputs++) {
      const engine = await Engine.create(new Network([full(random, inputs, 2, 5)]), { domain: [-2, 2], build });
      const good = Float64Array.from({ length: inputs }, () => random.between(-8, 8) / 4);
      // The plan is made, so that what follows is looked at quickly.
      for (let k = 0; k < 3; k++) engine.forward(good);
      for (let at = 0; at < inputs; at++) {
        for (const [bad, said] of [
          [2.25, 'a number in [-2, 2], got 2.25'],
          [-2.25, 'a number in [-2, 2], got -2.25'],
          [Number.NaN, 'a finite number, got NaN'],
          [Number.NEGATIVE_INFINITY, 'a finite number, got -Infinity'],
        ] as const) {
          const batch = good.slice();
          batch[at] = bad;
          expect(() => engine.forward(batch)).toThrow(`row 1, input ${at + 1}: expected ${said}`);
        }
        // Finer than all before: another plan, the same exactness.
        const finer = good.slice();
        finer[at] = 2 ** -9;
        const exact = engine.network.evaluate([...finer]).map((v) => v.toNumber());
        expect([...engine.forward(finer)]).toEqual(exact);
        engine.forward(good);
      }
      engine.dispose();
    }
  });

  test('without a domain, numbers just below and at a power of two take the plan that holds them', async () => {
    const network = new Network([full(new Random(9), 6, 3, 7)]);
    const engine = await Engine.create(network, { build });
    const small = Float64Array.of(1, -2, 3, -4, 5, 7);
    engine.forward(small);
    for (let at = 0; at < 6; at++) {
      for (const v of [15.5, 15.999, 16, -16, 16.25, 2 ** 40]) {
        const batch = small.slice();
        batch[at] = v;
        expect([...engine.forward(batch)]).toEqual(network.evaluate([...batch]).map((y) => y.toNumber()));
        engine.forward(small);
      }
    }
    engine.dispose();
  });
});
