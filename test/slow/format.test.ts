/** Network files, the long runs: 10^5 damaged files, and a bit matrix of 512 KiB. */
import { expect, test } from 'vitest';
import { Rational } from '../../src/exact/index.ts';
import { kappa } from '../../src/io/index.ts';
import { randomBitMatrix, returns } from '../support/files.ts';
import { fuzzFiles } from '../support/hostile-dyad.ts';

test('10^5 damaged files with right checksums: a network or one sentence', { timeout: 600_000 }, () => {
  const { read, refused, wrong } = fuzzFiles(100_000, 2, 1 << 20);
  process.stdout.write(`100000 damaged files: ${read} read, ${refused} refused\n`);
  expect(wrong).toEqual([]);
  expect(read + refused).toBe(100_000);
});

test('2000 damaged files within the default limits', { timeout: 600_000 }, () => {
  expect(fuzzFiles(2000, 3, 2 ** 30).wrong).toEqual([]);
});

test.each([
  { K: 2048, m: 2048, most: '1.006' },
  { K: 512, m: 8192, most: '1.0025' },
])('512 KiB of bit matrix, $K x $m: kappa below $most', { timeout: 300_000 }, ({ K, m, most }) => {
  const { net, guaranteed } = randomBitMatrix(K, m, K);
  const bytes = returns({ network: net });
  expect(kappa(8 * bytes.length, guaranteed).compare(Rational.parse(most))).toBeLessThan(0);
});
