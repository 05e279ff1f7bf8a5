/** Bits that no scheme can do without: against the definitions, and never above what a scheme here uses. */
import { describe, expect, test } from 'vitest';
import { intrinsicDecoder, lipschitz } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { entropyBits } from '../../src/rates/index.ts';
import { certifyIntrinsic } from '../../src/workbench/index.ts';

const d = (v: number): Dyadic => Dyadic.from(v);
const bits = (sides: number[], constant: number, error: number, norm: 'sup' | number): number =>
  Number(entropyBits({ sides: sides.map(d), constant: d(constant), error: d(error), norm }));

describe('entropyBits', () => {
  test('sup: whole numbers below lambda L / error, or cubes of edge above 2 error / lambda', () => {
    expect(bits([1], 1, 0.25, 'sup')).toBe(3);
    expect(bits([1], 1, 0.249, 'sup')).toBe(4);
    expect(bits([2], 3, 0.25, 'sup')).toBe(23);
    expect(bits([1], 1, 1, 'sup')).toBe(0);
    expect(bits([1, 1], 1, 0.125, 'sup')).toBe(9);
    expect(bits([1, 2], 1, 0.125, 'sup')).toBe(21);
  });

  test('L^p: the patterns it counts are apart', () => {
    for (const p of [1, 2, 3.5]) {
      const [lambda, error] = [1, 2 ** -12];
      const found = bits([1], lambda, error, p);
      // K/8 bits, K the largest number of cones with K/8 (lambda/K)^p (1/K) / (p + 1) > (2 error)^p.
      const apart = (K: number): boolean => ((K / 8) * (lambda / K) ** p) / K / (p + 1) > (2 * error) ** p;
      let K = 1;
      while (apart(K + 1)) K++;
      expect(found).toBe(Math.floor(K / 8));
    }
    expect(bits([1, 1], 1, 2 ** -10, 2)).toBeGreaterThan(100);
    expect(bits([1], 1, 1, 2)).toBe(0);
  });

  test('the schemes here use more', () => {
    const plan = lipschitz({ bytes: 64 });
    expect(
      Number(entropyBits({ sides: [Dyadic.ONE], constant: Dyadic.ONE, error: plan.guaranteed, norm: 'sup' })),
    ).toBeLessThanOrEqual(plan.bits);
    for (const norm of ['sup', 1, 2] as const) {
      const f = expressionTarget('sin(x)');
      const fit = intrinsicDecoder({ d: 1, n: 5, norm, sharedWords: true }).fit(f);
      const error = certifyIntrinsic(fit, f).upper!;
      expect(Number(entropyBits({ sides: [Dyadic.ONE], constant: Dyadic.ONE, error, norm }))).toBeLessThan(
        fit.intrinsicBits,
      );
    }
  });

  test('says what is wrong', () => {
    expect(() => bits([1], 1, 0, 'sup')).toThrow('entropyBits: error: expected a number > 0');
    expect(() => bits([1], 0, 1, 'sup')).toThrow(/constant/);
    expect(() => bits([0], 1, 1, 'sup')).toThrow(/sides/);
    expect(() => bits([1], 1, 1, 0.5)).toThrow(/p >= 1/);
  });
});
