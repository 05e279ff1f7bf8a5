import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/exact/index.ts';
import { estimateRate, type RateSample } from '../../src/rates/index.ts';
import { seeded } from '../support/random.ts';

/** error = 3 size^-rate 2^noise at sizes 2^4, 2^5, ... */
const line = (count: number, rate: number, noise: (i: number) => number): RateSample[] =>
  Array.from({ length: count }, (_, i) => ({ size: 2 ** (4 + i), error: 3 * 2 ** (-rate * (4 + i) + noise(i)) }));

describe('estimateRate', () => {
  test('a line has its slope and its intercept', () => {
    for (const rate of [0.5, 1, 2, 0]) {
      const found = estimateRate(line(9, rate, () => 0));
      expect(found.rate).toBeCloseTo(rate, 12);
      expect(found.intercept).toBeCloseTo(Math.log2(3), 10);
      expect(found.interval[0]).toBeCloseTo(rate, 10);
      expect(found.interval[1]).toBeCloseTo(rate, 10);
      expect(found.decades).toBeCloseTo(8 * Math.log10(2), 12);
      if (rate > 0) expect(found.warnings).toEqual([]);
    }
    expect(estimateRate(line(9, 0, () => 0)).warnings).toEqual(['errors differ by less than a factor of 2']);
  });

  test('wild points do not move it', () => {
    const samples = line(12, 1, (i) => (i % 6 === 5 ? 20 : 0));
    expect(estimateRate(samples).rate).toBeCloseTo(1, 1);
  });

  test('the interval holds the rate as often as it says', () => {
    const random = seeded(99);
    let held = 0;
    for (let k = 0; k < 2000; k++) {
      const { interval } = estimateRate(line(8, 1, () => random.unit() - 0.5));
      if (interval[0] <= 1 && 1 <= interval[1]) held++;
    }
    // At least 95 %; Kendall's steps make it a little more, 2000 runs a little uncertain.
    expect(held).toBeGreaterThan(1890);
    expect(held).toBeLessThan(1985);
  });

  test('the confidence is Kendall’s: of 5 points all slopes, of 4 none', () => {
    const noisy = line(5, 1, (i) => [0, 0.3, -0.2, 0.1, 0][i]!);
    const five = estimateRate(noisy);
    expect(five.confidence).toBeCloseTo(1 - 2 / 120, 12);
    const four = estimateRate(noisy.slice(0, 4));
    expect(four.interval).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(four.warnings[0]).toBe('4 points: an interval needs at least 5');
    expect(estimateRate(line(100, 0.5, (i) => ((i * 7) % 5) / 50)).rate).toBeCloseTo(0.5, 2);
  });

  test('short ranges and bent lines are told', () => {
    const short = [10, 11, 12, 13, 14, 15].map((size) => ({ size, error: 1 / size ** 4 }));
    expect(estimateRate(short).warnings).toEqual(['sizes span 0.18 decades: a rate needs at least 1']);
    expect(estimateRate(line(10, 1, (i) => 0.1 * i * i)).warnings[0]).toMatch(/^the line bends: slope/);
  });

  test.each([
    [[], 'estimateRate: expected 2..2000 samples, got 0'],
    [[{ size: 1, error: 1 }], 'expected 2..2000 samples, got 1'],
    [
      [
        { size: 1, error: 1 },
        { size: 2, error: 0 },
      ],
      'estimateRate sample 2: expected a finite error above 0, got 0',
    ],
    [
      [
        { size: Number.NaN, error: 1 },
        { size: 2, error: 1 },
      ],
      'estimateRate sample 1: expected a finite size above 0, got NaN',
    ],
    [
      [
        { size: 2, error: 1 },
        { size: 2, error: 2 },
      ],
      'expected at least two different sizes, got "one"',
    ],
  ])('%o is refused', (samples, sentence) => {
    expect(() => estimateRate(samples)).toThrow(InputError);
    expect(() => estimateRate(samples)).toThrow(sentence);
  });
});
