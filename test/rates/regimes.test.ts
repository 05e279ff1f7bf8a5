import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitLength, Dyadic, InputError, Rational } from '../../src/exact/index.ts';
import { denseEntries } from '../../src/net/index.ts';
import { lowerBounds, memoryBits, regimeThresholds, vcDimension } from '../../src/rates/index.ts';

describe('capacity', () => {
  test('memoryBits is floor(log2) of the number of realisations, counted whole', () => {
    for (const [width, depth] of [
      [1, 1],
      [1, 2],
      [2, 2],
      [3, 5],
      [8, 8],
      [5, 16],
    ] as const) {
      for (const [a, b] of [
        [0, 1],
        [0, 2],
        [1, 3],
        [2, 9],
        [0, 40],
      ] as const) {
        const values = (1n << BigInt(a + b + 2)) - 1n;
        const count = values ** BigInt(denseEntries(width, depth)) * BigInt(depth);
        expect(memoryBits(width, depth, a, b)).toBe(BigInt(bitLength(count) - 1));
      }
    }
  });

  test('vcDimension is the largest m of the inequality', () => {
    // Another program's answers, in floats, for the same inequality (theory 2.1).
    expect(vcDimension(8, 8)).toBe(28541n);
    expect(vcDimension(16, 16)).toBe(564241n);
    expect(vcDimension(16, 64)).toBe(11985779n);
    expect(vcDimension(64, 16)).toBe(9477720n);
    // Depth 1: sign patterns of a x + c on m points; 2 (2 e m / 2)^2 >= 2^m up to m = 8, and m >= 2 weights.
    expect(vcDimension(1, 1)).toBe(BigInt(largest((m) => 1 + 2 * Math.log2(Math.E * m) >= m)));
  });

  test('a network that shatters more points than its parameters allow would refute it: no bound below the weights', () => {
    // W-1 free knots and two affine parameters match any signs at W points already at depth 2.
    for (const width of [1, 2, 5, 40]) expect(vcDimension(width, 2)).toBeGreaterThanOrEqual(BigInt(width));
  });
});

function largest(holds: (m: number) => boolean): number {
  let m = 1;
  while (holds(m + 1)) m++;
  return m;
}

describe('lowerBounds', () => {
  test('the three bounds, by their formulas', () => {
    const { precision, memory, vc } = lowerBounds({ width: 8, depth: 8, bits: 2 });
    expect(precision).toEqual(Dyadic.pow2(-17));
    const bits = BigInt(bitLength(15n ** BigInt(denseEntries(8, 8)) * 8n) - 1);
    expect(memory).toEqual(Rational.of(1n, bits + 1n));
    expect(vc).toEqual(Rational.of(1n, 2n * 28542n));
    expect(lowerBounds({ width: 64, depth: 64, bits: 4 }).best.toNumber()).toBeCloseTo(6.4816e-7, 10);
  });

  test('regimes lie where theory 2.1 says', () => {
    const regimes = (width: number, depth: number, bits: readonly number[]): string =>
      bits.map((b) => lowerBounds({ width, depth, bits: b }).regime).join(' ');
    expect(regimes(8, 8, [1, 2, 64, 128])).toBe('under proper proper over');
    expect(regimes(16, 16, [1, 256, 512])).toBe('proper proper over');
    expect(regimes(64, 16, [1, 2])).toBe('under proper');
    expect(regimeThresholds(64, 3)).toEqual({ proper: 5, over: 44 });
    expect(regimeThresholds(256, 3)).toEqual({ proper: 7, over: 48 });
    expect(regimeThresholds(1024, 3)).toEqual({ proper: 8, over: 53 });
    expect(regimes(64, 3, [4, 5, 43, 44])).toBe('under proper proper over');
  });

  test('every bound falls or stays as W, L, a or b grows', () => {
    const grown = fc.record({
      width: fc.integer({ min: 1, max: 100 }),
      depth: fc.integer({ min: 1, max: 40 }),
      bits: fc.integer({ min: 1, max: 600 }),
      integerBits: fc.integer({ min: 0, max: 5 }),
      more: fc.record({
        width: fc.integer({ min: 0, max: 3 }),
        depth: fc.integer({ min: 0, max: 3 }),
        bits: fc.integer({ min: 0, max: 3 }),
        integerBits: fc.integer({ min: 0, max: 3 }),
      }),
    });
    fc.assert(
      fc.property(grown, ({ width, depth, bits, integerBits, more }) => {
        const small = lowerBounds({ width, depth, bits, integerBits });
        const large = lowerBounds({
          width: width + more.width,
          depth: depth + more.depth,
          bits: bits + more.bits,
          integerBits: integerBits + more.integerBits,
        });
        expect(large.precision.le(small.precision)).toBe(true);
        expect(large.memory.compare(small.memory)).toBeLessThanOrEqual(0);
        expect(large.vc.compare(small.vc)).toBeLessThanOrEqual(0);
        expect(large.best.compare(small.best)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  test('regimes come in order as b grows', () => {
    for (const [width, depth] of [
      [2, 2],
      [64, 3],
      [16, 16],
    ] as const) {
      const order = ['under', 'proper', 'over'];
      let before = 0;
      for (let bits = 1; bits <= 600; bits++) {
        const rank = order.indexOf(lowerBounds({ width, depth, bits }).regime);
        expect(rank).toBeGreaterThanOrEqual(before);
        before = rank;
      }
    }
  });

  test('very many bits cost no time, and refusals are sentences', () => {
    expect(lowerBounds({ width: 64, depth: 64, bits: 1 << 20 }).regime).toBe('over');
    expect(() => lowerBounds({ width: 0, depth: 3, bits: 1 })).toThrow(
      new InputError('network class width: expected a whole number in 1..65536, got 0'),
    );
    expect(() => lowerBounds({ width: 3, depth: 3, bits: 0 })).toThrow(InputError);
  });
});
