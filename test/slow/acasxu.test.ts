/** The depth-precision trade-off on a trained network, on a million exact inputs for each target precision. */
import { describe, test } from 'vitest';
import { readNnet } from '../../src/io/index.ts';
import { depthPrecision } from '../../src/quantize/index.ts';
import { roundedTo } from '../support/entries.ts';
import { expectSameOutputs, seededInputs } from '../support/same.ts';
import { haveShared, sharedText } from '../support/shared.ts';

describe.skipIf(!haveShared('acasxu'))('ACAS Xu, a million inputs', () => {
  test.each([8, 4, 2, 1])('16 fractional bits to %i: equal outputs', (bits) => {
    const { network } = readNnet(sharedText('acasxu/ACASXU_run2a_2_3_batch_2000.nnet'));
    const at16 = roundedTo(network, 16);
    const { network: deep } = depthPrecision(at16, { bits });
    for (let part = 0; part < 50; part++) {
      expectSameOutputs(at16, deep, 20_000, 0, seededInputs(100_000, part * 4 + bits));
    }
  });
});
