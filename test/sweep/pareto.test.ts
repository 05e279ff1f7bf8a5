/** The Pareto front against its definition. */
import { expect, test } from 'vitest';
import { Dyadic } from '../../src/exact/index.ts';
import { isMeasured, type JobRecord, type Measured, paretoFronts } from '../../src/sweep/index.ts';
import { seeded } from '../support/random.ts';
import { madeUp } from '../support/sweeps.ts';

function beats(a: Measured, b: Measured): boolean {
  const error = (r: Measured): Dyadic => Dyadic.parse(r.result.upper.exact);
  const order = [
    Math.sign(a.result.bytes - b.result.bytes),
    error(a).compare(error(b)),
    Math.sign(a.result.connectivity - b.result.connectivity),
  ];
  return order.every((s) => s <= 0) && (order.some((s) => s < 0) || a.id < b.id);
}

test('the front is what nothing beats, in bytes, error and multiplications', () => {
  const random = seeded(11);
  for (let round = 0; round < 40; round++) {
    const records = Array.from({ length: 30 }, (_, seed) =>
      madeUp({
        seed,
        expression: random.pick(['x', 'x^2']),
        bytes: random.whole(10, 14),
        upper: Dyadic.of(BigInt(random.whole(1, 4)), -9),
        connectivity: random.whole(3, 6),
      }),
    );
    const fronts = paretoFronts(records);
    for (const { target, front, records: all } of fronts) {
      const own = records.filter((r) => 'expression' in r.job.target && r.job.target.expression === target);
      const expected = (own as Measured[]).filter((r) => !own.some((o) => isMeasured(o) && o !== r && beats(o, r)));
      expect(front.map((r) => r.id).sort()).toEqual(expected.map((r) => r.id).sort());
      expect(all.length).toBe(own.length);
    }
  }
});

test('errors are compared exactly, not as the float64 beside them', () => {
  const upper = Dyadic.parse('1*2^-9');
  const [a, b] = [madeUp({ seed: 1, upper: upper.add(Dyadic.pow2(-70)) }), madeUp({ seed: 2, upper })];
  const records: JobRecord[] = [a, b];
  expect(paretoFronts(records)[0]!.front.map((r) => r.id)).toEqual([b.id]);
});
