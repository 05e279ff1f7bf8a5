/** The depth-precision trade-off on trained networks: ACAS Xu at 16 fractional bits becomes 8, 4, 2 and 1 bit. */
import { describe, expect, test } from 'vitest';
import { readNnet } from '../../src/io/index.ts';
import { depthPrecision } from '../../src/quantize/index.ts';
import { roundedTo } from '../support/entries.ts';
import { expectSameOutputs } from '../support/same.ts';
import { haveShared, sharedText } from '../support/shared.ts';

describe.skipIf(!haveShared('acasxu'))('ACAS Xu', () => {
  test.each([8, 4, 2, 1])('16 fractional bits to %i: equal outputs', (bits) => {
    const at16 = roundedTo(readNnet(sharedText('acasxu/ACASXU_run2a_1_1_batch_2000.nnet')).network, 16);
    const { network: deep, before, after, memoryRatio } = depthPrecision(at16, { bits });
    expect(before.fractionalBits).toBe(16);
    expect(after.fractionalBits).toBe(bits);
    expect(after.integerBits).toBe(before.integerBits);
    expect(deep.depth).toBe((16 / bits) * 7 + 1);
    expect(deep.width).toBe(100);
    expect(memoryRatio).toBeLessThan((1.2 * 4 * (before.integerBits + bits + 2)) / bits);
    expectSameOutputs(at16, deep, 10_000);
  });
});
