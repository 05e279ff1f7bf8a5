import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, floorDivide, InputError } from '../../src/exact/index.ts';
import { kmeans, type Weighted } from '../../src/quantize/index.ts';
import { seeded } from '../support/random.ts';

/** Increasing values with counts, from whole numbers in units of 2^-scale. */
function values(list: readonly (readonly [number, number])[], scale: number): Weighted[] {
  const counts = new Map<number, number>();
  for (const [v, n] of list) counts.set(v, (counts.get(v) ?? 0) + n);
  return [...counts].sort((a, b) => a[0] - b[0]).map(([v, count]) => ({ value: Dyadic.of(BigInt(v), -scale), count }));
}

/** The least sum over every way to cut the values into at most lambda runs and every centre of a grid: no idea shared with the code. */
function bruteForce(list: readonly Weighted[], lambda: number, bits: number): Dyadic {
  const grid: Dyadic[] = [];
  const [first, last] = [list[0]!.value, list.at(-1)!.value];
  for (let c = first.roundTo(bits, 'down'); c.le(last.roundTo(bits, 'up')); c = c.add(Dyadic.pow2(-bits))) grid.push(c);
  const costOf = (c: Dyadic, i: number, j: number): Dyadic =>
    list.slice(i, j).reduce((s, { value, count }) => {
      const d = value.sub(c);
      return s.add(d.mul(d).mul(Dyadic.from(count)));
    }, Dyadic.ZERO);
  const best = (i: number, j: number): Dyadic => grid.map((c) => costOf(c, i, j)).reduce((a, b) => a.min(b));
  const from = (i: number, runs: number): Dyadic => {
    if (i === list.length) return Dyadic.ZERO;
    let least = best(i, list.length);
    if (runs > 1) {
      for (let j = i + 1; j < list.length; j++) least = least.min(best(i, j).add(from(j, runs - 1)));
    }
    return least;
  };
  return from(0, lambda);
}

/** What the centres cost when every value goes to the nearest. */
function costOfCentres(list: readonly Weighted[], centres: readonly Dyadic[]): Dyadic {
  return list.reduce((sum, { value, count }) => {
    const d = centres.map((c) => c.sub(value).abs()).reduce((a, b) => a.min(b));
    return sum.add(d.mul(d).mul(Dyadic.from(count)));
  }, Dyadic.ZERO);
}

describe('kmeans', () => {
  test('is the brute-force optimum, and its centres cost what it says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 1, max: 4 })), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 3 }),
        (list, lambda, bits) => {
          const input = values(list, 3);
          const { centres, squaredError } = kmeans(input, lambda, bits);
          expect(centres.length).toBeLessThanOrEqual(lambda);
          for (const c of centres) expect(c.fractionalBits).toBeLessThanOrEqual(bits);
          expect(squaredError.toString()).toBe(bruteForce(input, lambda, bits).toString());
          expect(costOfCentres(input, centres).toString()).toBe(squaredError.toString());
        },
      ),
      { numRuns: 300 },
    );
  });

  test('float64 may not decide: values that differ in their last of 200 digits, and exact ties', () => {
    // Three clumps around 0, 1, 2 far finer than float64 sees; two centres for each: the cut inside each clump is exact.
    const tiny = (k: number): Dyadic => Dyadic.of(BigInt(k), -200);
    const input: Weighted[] = [0, 1, 2].flatMap((base) =>
      [0, 1, 7, 8].map((k) => ({ value: Dyadic.from(base).add(tiny(k)), count: 1 })),
    );
    const { centres, squaredError } = kmeans(input, 6, 201);
    expect(centres.map((c) => c.sub(Dyadic.from(c.floor())).toString())).toEqual(
      [1, 15, 1, 15, 1, 15].map((k) => Dyadic.of(BigInt(k), -201).toString()),
    );
    expect(squaredError.eq(Dyadic.of(6n, -401))).toBe(true);
    // 0, 1, 2, 3 with three centres: any one pair may share; the cost is 1/2 whichever it is.
    const ties = kmeans(
      values(
        [
          [0, 1],
          [1, 1],
          [2, 1],
          [3, 1],
        ],
        0,
      ),
      3,
      4,
    );
    expect(ties.squaredError.eq(Dyadic.HALF)).toBe(true);
  });

  test.each([
    [400, 5],
    [3000, 2],
  ])('%i random values, lambda = %i: the sum of the plain recursion in whole numbers', (count, lambda) => {
    const random = seeded(count);
    const input = values(
      Array.from({ length: count }, () => [random.whole(-(2 ** 28), 2 ** 28), random.whole(1, 3)] as const),
      24,
    );
    const n = input.length;
    const [sums, squares, counts] = [[0n], [0n], [0n]];
    input.forEach(({ value, count }, i) => {
      const [v, m] = [value.mantissaAt(24), BigInt(count)];
      sums.push(sums[i]! + v * m);
      squares.push(squares[i]! + v * v * m);
      counts.push(counts[i]! + m);
    });
    const cost = (i: number, j: number): bigint => {
      const [s, q, m] = [sums[j]! - sums[i]!, squares[j]! - squares[i]!, counts[j]! - counts[i]!];
      const c = floorDivide(2n * s + m, 2n * m);
      return q - c * (2n * s - c * m);
    };
    let row = Array.from({ length: n + 1 }, (_, j) => (j === 0 ? 0n : cost(0, j)));
    for (let k = 1; k < lambda; k++) {
      const before = row;
      row = before.map((least, j) => {
        if (j < n && k === lambda - 1) return least;
        for (let i = k; i < j; i++) {
          const v = before[i]! + cost(i, j);
          if (v < least) least = v;
        }
        return least;
      });
    }
    expect(kmeans(input, lambda, 24).squaredError.eq(Dyadic.of(row[n]!, -48))).toBe(true);
  });

  test.each([
    [() => kmeans([], 2, 4), 'kmeans: expected at least one value, got "none"'],
    [() => kmeans(values([[1, 1]], 0), 0, 4), 'kmeans lambda: expected a whole number in 1..134217728, got 0'],
    [() => kmeans(values([[1, 1]], 0), Number.NaN, 4), 'got NaN'],
  ])('bad arguments are refused', (call, sentence) => {
    expect(call).toThrow(InputError);
    expect(call).toThrow(sentence);
  });
});
