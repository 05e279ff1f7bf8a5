/** The depth-precision trade-off on trained networks: ACAS Xu at 16 fractional bits becomes 8, 4, 2 and 1 bit. */
import { describe, expect, test } from 'vitest';
import { readNnet } from '../../src/io/index.ts';
import { biasAt, LayerBuilder, Network, type Term, weightAt } from '../../src/net/index.ts';
import { depthPrecision } from '../../src/quantize/index.ts';
import { haveShared, sharedText } from '../support/shared.ts';

/** Every weight rounded to the nearest multiple of 2^-bits. */
function rounded(net: Network, bits: number): Network {
  return new Network(
    net.layers.map((layer) => {
      const out = new LayerBuilder(layer.inputs);
      for (let i = 0; i < layer.outputs; i++) {
        const terms: Term[] = [];
        for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
          terms.push([layer.column[k] as number, weightAt(layer, k).roundTo(bits)]);
        }
        out.row(biasAt(layer, i).roundTo(bits), terms);
      }
      return out.build();
    }),
  );
}

describe.skipIf(!haveShared('acasxu'))('ACAS Xu', () => {
  const { network } = readNnet(sharedText('acasxu/ACASXU_run2a_1_1_batch_2000.nnet'));
  const at16 = rounded(network, 16);

  test.each([8, 4, 2, 1])('16 fractional bits to %i: equal outputs', (bits) => {
    const { network: deep, before, after, memoryRatio } = depthPrecision(at16, { bits });
    expect(before.fractionalBits).toBe(16);
    expect(after.fractionalBits).toBe(bits);
    expect(after.integerBits).toBe(before.integerBits);
    expect(deep.depth).toBe((16 / bits) * 7 + 1);
    expect(deep.width).toBe(100);
    expect(memoryRatio).toBeLessThan((1.2 * 4 * (before.integerBits + bits + 2)) / bits);
    let state = 1;
    for (let n = 0; n < 5; n++) {
      const x = Array.from({ length: 5 }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32 - 0.5;
      });
      expect(deep.evaluate(x).map(String)).toEqual(at16.evaluate(x).map(String));
    }
  });
});
