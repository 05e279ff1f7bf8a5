/** certifyArgmax: proved only where decisions are equal, refuted only with an input where they differ. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certifyArgmax } from '../../src/certify/index.ts';
import { pairPropagator } from '../../src/engine/index.ts';
import { Dyadic, Interval } from '../../src/exact/index.ts';
import { affine, compose, type Network } from '../../src/net/index.ts';
import { roundedTo } from '../support/entries.ts';
import { dense } from '../support/pairs.ts';

function choice(net: Network, x: readonly Dyadic[], least = false): number {
  const y = net.evaluate(x);
  let best = 0;
  y.forEach((v, i) => {
    if (least ? v.lt(y[best]!) : v.gt(y[best]!)) best = i;
  });
  return best;
}

/** Points of a box: corners, a grid's worth of random ones. */
function* points(box: readonly Interval[], count: number): Generator<Dyadic[]> {
  let state = 9;
  for (let k = 0; k < count; k++) {
    yield box.map(({ lo, hi }) => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
      return lo.add(hi.sub(lo).mul(k % 2 === 0 ? Dyadic.from(state >>> 31) : Dyadic.from(state / 2 ** 32)));
    });
  }
}

describe('certifyArgmax', () => {
  test('random networks, boxes and bits: no point contradicts a proof, every witness is one', async () => {
    const seen = { proved: 0, refuted: 0, undecided: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 3, max: 12 }),
        fc.integer({ min: -6, max: 0 }),
        fc.array(fc.double({ min: -0.9, max: 0.9, noNaN: true }), { minLength: 3, maxLength: 3 }),
        fc.boolean(),
        async (seed, bits, log, centre, least) => {
          const f = dense([3, 12, 12, 4], seed);
          const g = roundedTo(f, bits);
          const box = centre.map((c) => Interval.of(c - 2 ** log, c + 2 ** log));
          const c = await certifyArgmax(f, g, box, { least, seconds: 0.5, propagator: pairPropagator });
          seen[c.status]++;
          if (c.witness) {
            expect(choice(f, c.witness.x, least)).toBe(c.witness.f);
            expect(choice(g, c.witness.x, least)).toBe(c.witness.g);
            expect(c.witness.f).not.toBe(c.witness.g);
            expect(c.witness.x.every((x, i) => box[i]!.contains(x))).toBe(true);
          }
          expect(c.status === 'refuted').toBe(c.witness !== undefined);
          if (c.status !== 'proved') return;
          expect(c.settled).toBe(1);
          for (const x of points(box, 100)) {
            const k = choice(f, x, least);
            expect(choice(g, x, least)).toBe(k);
            expect(c.decisions).toContain(k);
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(seen.proved).toBeGreaterThan(20);
    expect(seen.refuted).toBeGreaterThan(20);
  });

  test('equal networks decide alike even where they change their minds', async () => {
    const f = dense([3, 12, 4], 2);
    const c = await certifyArgmax(f, f, [-1, 1]);
    expect(c.status).toBe('proved');
  });

  test('a shift of the boundary by 2^-30 is found', async () => {
    const f = affine([[1], [0]]); // 0 where x >= 0
    const g = affine([[1], [0]], [2 ** -30, 0]); // 0 where x >= -2^-30
    const c = await certifyArgmax(f, g, [-1, 1]);
    expect(c.status).toBe('refuted');
    expect([c.witness!.f, c.witness!.g]).toEqual([1, 0]);
    const away = await certifyArgmax(f, g, [2 ** -20, 1]);
    expect(away.status).toBe('proved');
    expect(away.decisions).toEqual([0]);
  });

  test('ties go to the first output, for largest and least', async () => {
    const tie = affine([[1], [1]]);
    const first = affine([[1], [1]], [1, 0]);
    const last = affine([[1], [1]], [0, 1]);
    const twice = affine([[2], [2]]);
    expect((await certifyArgmax(tie, first, [0, 1])).status).toBe('proved');
    expect((await certifyArgmax(tie, last, [0, 1])).status).toBe('refuted');
    expect((await certifyArgmax(tie, first, [0, 1], { least: true })).status).toBe('refuted');
    expect((await certifyArgmax(tie, last, [0, 1], { least: true })).status).toBe('proved');
    expect((await certifyArgmax(tie, twice, [0, 1])).status).toBe('proved');
  });

  test('bad arguments are refused in a sentence', async () => {
    const f = dense([2, 4, 3], 1);
    await expect(certifyArgmax(f, compose(affine([[1, 0, 0]]), f), [0, 1])).rejects.toThrow('of the same layer sizes');
    await expect(certifyArgmax(dense([2, 4, 1], 1), dense([2, 4, 1], 1), [0, 1])).rejects.toThrow(
      '2..256 outputs, got 1',
    );
  });
});
