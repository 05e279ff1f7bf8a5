import { expect, test } from 'vitest';
import { kappaOf } from '../support/kappa.ts';

test('kappa(file) is at most 1.004 at 512 KiB of bit matrix', () => {
  expect(kappaOf(524288)).toBeLessThan(1.004);
});
