/** 10^5 damaged files and more: ONNX, NNet, VNN-LIB. The fast part of this is in test/io/hostile.test.ts. */
import { expect, test } from 'vitest';
import { fuzz, victims } from '../support/mutate.ts';

test('10^5 damaged files: a result or one sentence', { timeout: 600_000 }, () => {
  const each = Math.ceil(100_000 / victims().length);
  const { read, refused, wrong } = fuzz(each, 20260);
  process.stdout.write(`${read + refused + wrong.length} damaged files: ${read} read, ${refused} refused\n`);
  expect(wrong).toEqual([]);
  expect(read + refused).toBeGreaterThanOrEqual(100_000);
});
