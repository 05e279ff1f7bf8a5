import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import { affine } from '../../src/net/index.ts';
import { quantizeUniform } from '../../src/quantize/index.ts';
import { observe } from '../../src/workbench/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';

describe('observe', () => {
  test('is what the oracle sees, row by row', () => {
    fc.assert(
      fc.property(
        network({ inputs: 2, outputs: 3 }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.tuple(dyadic(6), dyadic(6)), { minLength: 1, maxLength: 6 }),
        (net, bits, rows) => {
          const low = quantizeUniform(net, { bits }).network;
          const seen = observe(net, low, rows.flat());
          let largest = Dyadic.ZERO;
          let same = 0;
          const choice = (y: readonly Dyadic[]): number => y.reduce((best, v, i) => (v.gt(y[best]!) ? i : best), 0);
          for (const x of rows) {
            const [a, b] = [net.evaluate(x), low.evaluate(x)];
            if (choice(a) === choice(b)) same++;
            a.forEach((v, i) => {
              largest = largest.max(v.sub(b[i]!).abs());
            });
          }
          expect([seen.rows, seen.sameChoice, seen.largest.toString()]).toEqual([
            rows.length,
            same,
            largest.toString(),
          ]);
          const [a, b] = [net, low].map((n) => n.evaluate(rows[seen.row]!)[seen.output]!) as [Dyadic, Dyadic];
          expect(a.sub(b).abs().eq(seen.largest)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('more rows than one batch', () => {
    const x = Float64Array.from({ length: 10_000 }, (_, i) => i / 8);
    const seen = observe(affine([[1]]), affine([[1 + 2 ** -10]]), x);
    expect([seen.rows, seen.row, seen.sameChoice, seen.largest.toNumber()]).toEqual([
      10_000,
      9999,
      10_000,
      9999 / 8 / 1024,
    ]);
  });

  test('what does not fit together is refused', () => {
    expect(() => observe(affine([[1]]), affine([[1, 2]]), [Dyadic.ONE])).toThrow(
      'expected two networks with 1 inputs and 1 outputs',
    );
    expect(() => observe(affine([[1, 2]]), affine([[1, 2]]), [Dyadic.ONE])).toThrow(InputError);
    expect(() => observe(affine([[1]]), affine([[1]]), [])).toThrow(
      'expected one or more vectors of 1 numbers, got "0 numbers"',
    );
  });
});
