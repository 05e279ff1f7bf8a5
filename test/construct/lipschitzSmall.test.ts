import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lipschitz, planBudget } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, InputError, Interval, Rational } from '../../src/exact/index.ts';
import { lowerBounds } from '../../src/rates/index.ts';
import { expectWithin, worstAt } from '../support/budgets.ts';
import { randomBits, zigZagTarget } from '../support/zigzags.ts';

test('500 random budgets: the guaranteed error is never below the lower bound', () => {
  const budget = fc.record({
    width: fc.integer({ min: 1, max: 20 }),
    depth: fc.integer({ min: 1, max: 30 }),
    bits: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 600 })),
  });
  fc.assert(
    fc.property(budget, ({ width, depth, bits }) => {
      const plan = planBudget({ width, depth, bits });
      const { best } = lowerBounds({ width, depth, bits });
      expect(Rational.fromDyadic(plan.guaranteed).compare(best)).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 500, seed: 1 },
  );
});

describe('small budgets', () => {
  test('keep their budget and their guarantee on hard zig-zags, whatever is built', () => {
    const methods = new Set<string>();
    for (const [width, depth, bits] of [
      [1, 1, 1],
      [1, 1, 9],
      [1, 7, 2],
      [2, 2, 4],
      [2, 3, 1],
      [3, 5, 4],
      [4, 10, 3],
      [8, 4, 2],
      [64, 2, 5],
      [64, 3, 1],
      [64, 3, 2],
      [64, 3, 6],
      [16, 16, 1],
      [16, 16, 4],
      [12, 40, 5],
    ] as const) {
      const plan = planBudget({ width, depth, bits });
      methods.add(plan.method);
      for (const [steps, seed] of [
        [8, 1],
        [64, 2],
        [256, 3],
        [128, 4],
      ] as const) {
        const f = zigZagTarget(
          seed === 4 ? Uint8Array.from({ length: 128 }, (_, i) => i & 1) : randomBits(steps, seed),
        );
        const { network, guaranteed, offset } = plan.network(f);
        expectWithin(network, plan);
        const points = Array.from({ length: 257 }, (_, i) => Rational.of(BigInt(i), 256n));
        expect(worstAt(f, network, points, offset)).toBeLessThanOrEqual(guaranteed.toNumber());
      }
    }
    expect([...methods].sort()).toEqual(['affine', 'bits', 'knots']);
  });

  test('say so where nothing but an affine map fits', () => {
    const { method, sentence } = planBudget({ width: 1, depth: 1, bits: 4 });
    expect([method, sentence]).toEqual(['affine', 'one affine map: the budget is too small for anything else']);
  });
});

describe('lipschitz({ width, depth, bits })', () => {
  test('brings any interval, constant and offset to H1', () => {
    for (const [text, domain, constant] of [
      ['sin(6*x)/6', [0, 1], 1],
      ['1000 + 3*abs(x)', [-2, 2], 3],
      ['x/3 + 5', [0, 1], 1],
      ['exp(x)', [-1, 0], 1],
    ] as const) {
      const f = expressionTarget(text);
      for (const [width, depth, bits] of [
        [20, 40, 4],
        [16, 4, 6],
        [1, 1, 8],
      ] as const) {
        const plan = lipschitz({ width, depth, bits, domain, constant });
        const { network, guaranteed, normalisation, status } = plan.network(f);
        expect(status).toBe('proved');
        expectWithin(network, { width, depth, bits });
        const { lo, length, height, offset } = normalisation;
        for (let i = 0; i <= 50; i++) {
          const u = Dyadic.of(BigInt(i * 20), -10);
          const y = offset.add(height.mul(network.evaluate([u])[0] as Dyadic));
          const value = f.enclose([Interval.of(lo.add(length.mul(u)))], 100) as Interval;
          expect(value.hi.sub(y).abs().max(value.lo.sub(y).abs()).le(guaranteed)).toBe(true);
        }
      }
    }
  });

  test('never does worse with more', () => {
    const error = (width: number, depth: number, bits: number): number =>
      planBudget({ width, depth, bits }).guaranteed.toNumber();
    for (const [width, depth, bits] of [
      [8, 12, 2],
      [14, 30, 5],
      [20, 20, 3],
      [5, 9, 8],
    ] as const) {
      const base = error(width, depth, bits);
      expect(error(width + 1, depth, bits)).toBeLessThanOrEqual(base);
      expect(error(width, depth + 1, bits)).toBeLessThanOrEqual(base);
      expect(error(width, depth, bits + 1)).toBeLessThanOrEqual(base);
    }
  });

  test('refuses in a sentence', () => {
    expect(() => lipschitz({ width: 0, depth: 3, bits: 1 })).toThrow(
      new InputError('lipschitz width: expected a whole number in 1..4096, got 0'),
    );
    expect(() => lipschitz({ width: 3, depth: 3, bits: 0 })).toThrow(
      new InputError('lipschitz bits: expected a whole number in 1..65536, got 0'),
    );
    expect(() => lipschitz({ width: 8, depth: 8, bits: 3 }).network(expressionTarget('2*x'))).toThrow(
      new InputError('lipschitz: expected a target with Lipschitz constant at most 1, got "2 for 2*x"'),
    );
  });
});
