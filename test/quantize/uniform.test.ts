import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, FLOAT16, fitsFormat, InputError } from '../../src/exact/index.ts';
import { affine, biasAt, type Network, weightAt } from '../../src/net/index.ts';
import { quantizeUniform, toFloat16 } from '../../src/quantize/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';

/** Every entry of every layer, zeros included, row by row, the bias last. */
function entries(net: Network): Dyadic[] {
  return net.layers.flatMap((layer) =>
    Array.from({ length: layer.outputs }, (_, i) => {
      const row = new Array<Dyadic>(layer.inputs).fill(Dyadic.ZERO);
      for (let k = layer.rowStart[i]!; k < layer.rowStart[i + 1]!; k++) row[layer.column[k]!] = weightAt(layer, k);
      return [...row, biasAt(layer, i)];
    }).flat(),
  );
}

describe('quantizeUniform', () => {
  test('is the quantiser of its header, entry by entry, and counts what it changed', () => {
    fc.assert(
      fc.property(
        network({ weight: dyadic(8) }),
        fc.integer({ min: 0, max: 12 }),
        fc.constantFrom<'nearest' | 'floor'>('nearest', 'floor'),
        (net, bits, rounding) => {
          const { network: q, changed, vanished, largestChange } = quantizeUniform(net, { bits, rounding });
          const before = entries(net);
          const after = entries(q);
          expect(after.length).toBe(before.length);
          const step = Dyadic.pow2(-bits);
          let moved = 0;
          let gone = 0;
          let most = Dyadic.ZERO;
          before.forEach((w, i) => {
            const v = after[i]!;
            expect(v.fractionalBits).toBeLessThanOrEqual(bits);
            const drop = w.sub(v);
            if (rounding === 'floor') expect(drop.sign >= 0 && drop.lt(step)).toBe(true);
            else expect(drop.abs().le(step.scale(-1))).toBe(true);
            if (!drop.isZero) moved++;
            if (!drop.isZero && v.isZero) gone++;
            most = most.max(drop.abs());
          });
          expect([changed, vanished]).toEqual([moved, gone]);
          expect(largestChange.eq(most)).toBe(true);
          expect(q.fractionalBits).toBeLessThanOrEqual(bits);
          // What already lies on the grid stays.
          expect(quantizeUniform(q, { bits, rounding }).network.equals(q)).toBe(true);
        },
      ),
    );
  });

  test('ties go to the even multiple, floor goes down', () => {
    const net = affine([[0.25, 0.75, -0.25, -0.75]], [1.25]);
    const texts = (rounding: 'nearest' | 'floor') =>
      entries(quantizeUniform(net, { bits: 1, rounding }).network).map(String);
    expect(texts('nearest')).toEqual(['0', '1', '0', '-1', '1']);
    expect(texts('floor')).toEqual(['0', '1*2^-1', '-1*2^-1', '-1', '1']);
  });

  test.each([
    [
      () => quantizeUniform(affine([[1]]), { bits: -1 }),
      'quantizeUniform bits: expected a whole number in 0..4096, got -1',
    ],
    [() => quantizeUniform(affine([[1]]), { bits: 2.5 }), 'got 2.5'],
    [
      () => quantizeUniform(affine([[1]]), { bits: 4, rounding: 'up' as never }),
      "expected 'nearest' or 'floor', got \"up\"",
    ],
    [() => quantizeUniform(affine([[1]]), { bits: 4, rounding: 'toString' as never }), "expected 'nearest' or 'floor'"],
  ])('bad arguments are refused', (call, sentence) => {
    expect(call).toThrow(InputError);
    expect(call).toThrow(sentence);
  });
});

describe('toFloat16', () => {
  test('every weight is the nearest half-precision number', () => {
    fc.assert(
      fc.property(network({ weight: fc.double({ min: -16000, max: 16000, noNaN: true }).map(Dyadic.from) }), (net) => {
        const before = entries(net);
        const after = entries(toFloat16(net).network);
        before.forEach((w, i) => {
          const v = after[i]!;
          expect(fitsFormat(v, FLOAT16)).toBe(true);
          // Half a unit in the last place, or half of the smallest number.
          const ulp = w.isZero ? -24 : Math.max(w.exponent - 10, -24);
          expect(
            v
              .sub(w)
              .abs()
              .le(Dyadic.pow2(ulp - 1)),
          ).toBe(true);
        });
      }),
    );
  });

  test('what is too large is refused', () => {
    expect(() => toFloat16(affine([[65520]]))).toThrow(
      'layer 1: the weight 4095*2^4 is beyond the range of float16, 65504',
    );
    expect(String(entries(toFloat16(affine([[65519]])).network)[0])).toBe('2047*2^5');
  });
});
