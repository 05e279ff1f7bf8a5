import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  interpolatedProduct,
  interpolatedSquare,
  linearAlphabet,
  multiply,
  multiplyError,
  planMultiply,
  planSquare,
  square,
  squareError,
} from '../../src/construct/index.ts';
import { Dyadic, InputError } from '../../src/exact/index.ts';

const D = Dyadic.from;
const grid = (k: number, s: number): Dyadic => Dyadic.of(BigInt(k), -s);

describe('D1 square', () => {
  test('equals x^2 at every k/2^r for r <= 12', () => {
    for (let r = 1; r <= 12; r++) {
      const { network } = square(r);
      for (let k = 0; k <= 2 ** r; k++) {
        const x = grid(k, r);
        if (!network.evaluate([x])[0]!.eq(x.mul(x))) expect.fail(`r = ${r}, k = ${k}`);
      }
    }
  });

  test('is the interpolant between the nodes too, so its error is 2^(-2(r+1)) and attained', () => {
    for (let r = 1; r <= 7; r++) {
      const { network, report } = square(r);
      let worst = Dyadic.ZERO;
      for (let k = 0; k <= 2 ** (r + 2); k++) {
        const x = grid(k, r + 2);
        const y = network.evaluate([x])[0]!;
        expect(y.eq(interpolatedSquare(x, r))).toBe(true);
        worst = worst.max(y.sub(x.mul(x)).abs());
      }
      expect(worst.eq(squareError(r)) && report.bound.eq(worst)).toBe(true);
    }
    const { network } = square(9);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (x) => {
        expect(network.evaluate([x])[0]!.eq(interpolatedSquare(D(x), 9))).toBe(true);
      }),
    );
  });

  test('counts, alphabet and plan', () => {
    for (let r = 1; r <= 40; r++) {
      const { network, report } = square(r);
      expect(network.alphabet().map(String)).toEqual(['-1*2^-1', '1*2^-1']);
      const { depth, width, connectivity } = network;
      expect([depth, width, connectivity]).toEqual([2 * r + 1, r === 1 ? 4 : 10, r === 1 ? 21 : 28 * r + 2]);
      expect(report.counts).toEqual({ depth, width, connectivity, bits: connectivity });
      expect(planSquare(r)).toEqual(report);
      // The paper's order, with the constants of its own layout.
      expect(depth).toBeLessThanOrEqual(3 * r + 2);
      expect(connectivity).toBeLessThanOrEqual(Math.max(314 * r - 200, 114));
    }
    const linear = square(6, linearAlphabet(4));
    expect(linear.network.evaluate([0.75])[0]!.eq(D(0.5625))).toBe(true);
    expect(linear.network.connectivity).toBeLessThan(square(6).network.connectivity / 2);
  });

  test('bad levels are refused', () => {
    for (const r of [0, -1, 1.5, Number.NaN, 4097, '3' as unknown as number]) {
      expect(() => square(r)).toThrow(InputError);
      expect(() => multiply(r)).toThrow(/multiply: levels r: expected a whole number in 1..4096, got/);
    }
  });
});

describe('D2 multiply', () => {
  test('is its formula, zero on the axes, at most min(|x|,|y|), error in [-4,0] * 2^(-2(r+1)), both ends attained', () => {
    for (let r = 1; r <= 4; r++) {
      const { network } = multiply(r);
      const s = Math.min(r + 2, 5);
      const n = 2 ** s;
      const unit = Dyadic.pow2(-2 * (r + 1));
      let least = Dyadic.ZERO;
      let most = unit.neg();
      for (let i = -n; i <= n; i++) {
        for (let j = -n; j <= n; j++) {
          const x = grid(i, s);
          const y = grid(j, s);
          const z = network.evaluate([x, y])[0]!;
          if (!z.eq(interpolatedProduct(x, y, r))) expect.fail(`${x} ${y}`);
          if ((i === 0 || j === 0) && !z.isZero) expect.fail(`${x} ${y} on an axis`);
          if (z.abs().gt(x.abs().min(y.abs()))) expect.fail(`${x} ${y} beyond the minimum`);
          if (z.sign !== 0 && z.sign !== x.sign * y.sign) expect.fail(`${x} ${y} has the wrong sign`);
          const error = z.sub(x.mul(y));
          least = least.min(error);
          most = most.max(error);
        }
      }
      expect(least.eq(unit.scale(2).neg())).toBe(true);
      expect(most.isZero).toBe(true);
      expect(multiplyError(r).eq(least.neg())).toBe(true);
    }
  });

  test('at any point of the square', () => {
    const coordinate = fc.double({ min: -1, max: 1, noNaN: true });
    for (const r of [1, 2, 7, 14]) {
      const { network, report } = multiply(r);
      fc.assert(
        fc.property(coordinate, coordinate, (x, y) => {
          const z = network.evaluate([x, y])[0]!;
          expect(z.eq(interpolatedProduct(D(x), D(y), r))).toBe(true);
          const error = z.sub(D(x).mul(D(y)));
          expect(error.sign <= 0 && error.abs().le(report.bound)).toBe(true);
          expect(z.abs().le(D(x).abs().min(D(y).abs()))).toBe(true);
        }),
      );
    }
  });

  test('counts, alphabet and plan', () => {
    for (let r = 1; r <= 30; r++) {
      const { network, report } = multiply(r);
      expect(network.alphabet().map(String)).toEqual(['-1*2^-1', '1*2^-1']);
      const { depth, width, connectivity } = network;
      expect([depth, width, connectivity]).toEqual([2 * r + 1, r === 1 ? 12 : 52, r === 1 ? 70 : 72 * r + 76]);
      expect(planMultiply(r)).toEqual(report);
      // Table 1, B_x'.
      expect(report.paper).toMatchObject({ depth: { value: 3 * r + 1 }, width: { value: 60 } });
      expect(depth).toBeLessThanOrEqual(3 * r + 1);
      expect(width).toBeLessThanOrEqual(60);
    }
  });
});
