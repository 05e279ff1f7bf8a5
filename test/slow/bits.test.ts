import { test } from 'vitest';
import { CODINGS } from '../../src/construct/index.ts';
import { randomCodewords } from '../support/codewords.ts';

test.each(CODINGS)('codewords of 4096 bits, %s', (coding) => {
  randomCodewords(coding, 4096, 1);
  randomCodewords(coding, 4096, 2);
});
