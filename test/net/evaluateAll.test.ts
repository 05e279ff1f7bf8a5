/** The oracle at many points is the oracle at each of them, and both are the definition in deep networks. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import { evaluateAll, LayerBuilder, Network } from '../../src/net/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';
import { seeded } from '../support/random.ts';

test('is evaluate at every point', () => {
  fc.assert(
    fc.property(
      network({ maxDepth: 7 }).chain((net) =>
        fc.tuple(
          fc.constant(net),
          fc.array(fc.array(dyadic(), { minLength: net.inputs, maxLength: net.inputs }), { maxLength: 5 }),
        ),
      ),
      ([net, points]) => {
        const all = evaluateAll(net, points);
        expect(all.length).toBe(points.length);
        all.forEach((y, p) => {
          expect(y.map(String)).toEqual(net.evaluate(points[p]!).map(String));
        });
      },
    ),
    { numRuns: 300 },
  );
});

/** relu(x), carried and scaled to and fro beside a long constant that no input moves; then their sum. */
function carrier(depth: number, word: bigint): Network {
  const layers = Array.from({ length: depth }, (_, l) => {
    const layer = new LayerBuilder(l === 0 ? 1 : 2);
    const by = Dyadic.pow2(l % 2 === 0 ? -7 : 7);
    if (l === 0) {
      layer.unit(0, [0, by]);
      layer.unit(word);
    } else {
      layer.unit(0, [0, by]);
      layer.unit(0, [1, 1]);
    }
    return layer.build();
  });
  const end = new LayerBuilder(2);
  end.unit(0, [0, 1], [1, 1]);
  return new Network([...layers, end.build()]);
}

test('digits that every layer adds do not add up: 4001 layers, a word of 3000 bits', () => {
  const next = seeded(11);
  const word = next.digits(3000);
  const net = carrier(4000, word);
  const points = Array.from({ length: 50 }, () => [next.dyadic(53, -20, 20)]);
  evaluateAll(net, points).forEach(([y], p) => {
    const want = points[p]![0]!.max(Dyadic.ZERO).add(Dyadic.of(word));
    expect(y!.eq(want)).toBe(true);
    if (p < 3) expect(net.evaluate(points[p]!)[0]!.eq(want)).toBe(true);
  });
});

test('more points than one batch holds, and none', () => {
  const wide = new LayerBuilder(1);
  for (let k = 0; k < 1 << 18; k++) wide.unit(-k, [0, 1]);
  const end = new LayerBuilder(1 << 18);
  end.unit(0, [0, 1], [(1 << 18) - 1, -1], [5, 1]);
  const net = new Network([wide.build(), end.build()]);
  const points = Array.from({ length: 11 }, (_, k) => [k]);
  expect(evaluateAll(net, points).map(([y]) => y!.toNumber())).toEqual(points.map(([k]) => k! + Math.max(0, k! - 5)));
  expect(evaluateAll(net, [])).toEqual([]);
});

test('says what is wrong in a sentence', () => {
  const net = carrier(1, 1n);
  expect(() => evaluateAll(net, [[1], [1, 2]])).toThrow(InputError);
  expect(() => evaluateAll(net, [[1], [1, 2]])).toThrow('evaluateAll: expected 1 inputs, got 2');
});
