import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Dyadic,
  FLOAT4E2M1,
  FLOAT8E4M3FN,
  FLOAT8E5M2,
  FLOAT16,
  FLOAT32,
  FLOAT64,
  fitsFormat,
  roundToFormat,
} from '../../src/exact/index.ts';
import { dyadic, float64 } from '../support/arbitrary.ts';

/** Every value of a small format, from its definition: significand digits, exponents, the largest one. */
function values(precision: number, minUnit: number, max: number): number[] {
  const out = new Set<number>([0]);
  for (let unit = minUnit; 2 ** (unit + precision - 1) <= max; unit++) {
    for (let m = 0; m < 2 ** precision; m++) if (m * 2 ** unit <= max) out.add(m * 2 ** unit).add(-m * 2 ** unit || 0);
  }
  return [...out].sort((a, b) => a - b);
}

describe('formats', () => {
  test('float32 is what the machine rounds to', () => {
    fc.assert(
      fc.property(float64(), (v) => {
        const machine = Math.fround(v);
        const here = roundToFormat(Dyadic.from(v), FLOAT32);
        expect(here?.toNumber() ?? Math.sign(v) * Number.POSITIVE_INFINITY).toBe(machine === 0 ? 0 : machine);
      }),
      { numRuns: 2000 },
    );
    for (const v of [
      2 ** -150,
      3 * 2 ** -150,
      2 ** -149,
      3.4028235677973366e38,
      3.4028235e38,
      1 + 2 ** -24,
      1 + 3 * 2 ** -24,
    ]) {
      const machine = Math.fround(v);
      expect(roundToFormat(Dyadic.from(v), FLOAT32)?.toNumber() ?? Number.POSITIVE_INFINITY).toBe(machine);
    }
  });

  test('float64 is what Dyadic.toNumber rounds to', () => {
    fc.assert(
      fc.property(dyadic(90), (x) => {
        expect(roundToFormat(x, FLOAT64)?.toNumber()).toBe(x.toNumber());
        expect(fitsFormat(x, FLOAT64)).toBe(Dyadic.from(x.toNumber()).eq(x));
      }),
    );
  });

  test.each([
    [FLOAT4E2M1, [-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6]],
    [FLOAT8E4M3FN, values(4, -9, 448)],
    [FLOAT8E5M2, values(3, -16, 57344)],
    [FLOAT16, values(11, -24, 65504)],
  ])('$name: every value stays, and midpoints go to the even neighbour', (format, all) => {
    for (let i = 0; i < all.length; i++) {
      const x = Dyadic.from(all[i]!);
      expect(roundToFormat(x, format)?.eq(x)).toBe(true);
      if (i === 0) continue;
      const below = Dyadic.from(all[i - 1]!);
      const middle = below.add(x).scale(-1);
      const rounded = roundToFormat(middle, format)!;
      // The even neighbour is the one that is a multiple of twice the spacing.
      const spacing = x.sub(below);
      const even = (v: Dyadic): boolean => v.isZero || v.e > spacing.e;
      expect(even(x)).not.toBe(even(below));
      expect(rounded.eq(even(x) ? x : below)).toBe(true);
      expect(roundToFormat(middle.add(Dyadic.pow2(-40)), format)!.eq(x)).toBe(true);
    }
    const top = Dyadic.from(all[all.length - 1]!);
    expect(roundToFormat(top.scale(1), format)).toBeUndefined();
    expect(format.max.eq(top)).toBe(true);
  });
});
