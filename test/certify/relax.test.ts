/** One line for an interval of a network's inputs: it must hold everywhere, and be the line itself where nothing switches. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineEnclosure } from '../../src/certify/relax.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';

test('the line and its radius hold at the ends and at random points', () => {
  let unsettled = 0;
  let exact = 0;
  fc.assert(
    fc.property(
      network({ inputs: 1, outputs: 1, maxDepth: 6, maxWidth: 8, weight: dyadic(4) }),
      dyadic(6),
      fc.integer({ min: -30, max: 3 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
      (net, lo, width, inside) => {
        const hi = lo.add(Dyadic.pow2(width));
        const line = lineEnclosure(net, lo, hi);
        unsettled += line.unsettled;
        if (line.radius.isZero) exact++;
        for (const t of [0, 1, ...inside]) {
          const x = lo.add(Dyadic.from(t).scale(width));
          const e = net.evaluate([x])[0]!.sub(line.slope.mul(x)).sub(line.intercept);
          expect(e.abs().le(line.radius)).toBe(true);
        }
      },
    ),
    { numRuns: 3000 },
  );
  expect(unsettled).toBeGreaterThan(500);
  expect(exact).toBeGreaterThan(500);
});

test('the line holds where digits are cut off: weights of 80 bits and hundreds of layers', () => {
  fc.assert(
    fc.property(
      network({ inputs: 1, outputs: 1, maxDepth: 60, maxWidth: 3, weight: dyadic(80) }),
      dyadic(6),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 10 }),
      (net, lo, inside) => {
        const line = lineEnclosure(net, lo, lo.add(Dyadic.ONE));
        for (const t of [0, 1, ...inside]) {
          const x = lo.add(Dyadic.from(t));
          const e = net.evaluate([x])[0]!.sub(line.slope.mul(x)).sub(line.intercept);
          expect(e.abs().le(line.radius)).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});
