/** kappa = bits of the file x error for the whole class, on real file bytes: 1 is the entropy limit (theory 2.2). */
import { expect, test } from 'vitest';
import { kappaOf } from '../support/kappa.ts';

test('kappa(file) is at most 1.04 at 8 KiB of bit matrix and 1.006 at 128 KiB', () => {
  expect(kappaOf(8192)).toBeLessThan(1.04);
  expect(kappaOf(131072)).toBeLessThan(1.006);
});
