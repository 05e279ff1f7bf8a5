import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, FLOAT16, fitsFormat, InputError, Rational } from '../../src/exact/index.ts';
import { affine, Network } from '../../src/net/index.ts';
import { quantizeUniform, toFloat16 } from '../../src/quantize/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';
import { entries } from '../support/entries.ts';

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

  test('a step that is no power of two, and one a layer', () => {
    fc.assert(
      fc.property(
        network({ weight: dyadic(8) }),
        fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 4, maxLength: 4 }),
        (net, list) => {
          const step = list.slice(0, net.depth).map((m) => Dyadic.of(BigInt(m), -5));
          const { network: q, radius } = quantizeUniform(net, { step, rounding: 'floor' });
          expect(radius.map(String)).toEqual(step.map(String));
          net.layers.forEach((_, l) => {
            const before = entries(new Network([net.layers[l]!]));
            const after = entries(new Network([q.layers[l]!]));
            before.forEach((w, i) => {
              const ratio = Rational.fromDyadic(w).div(Rational.fromDyadic(step[l]!));
              expect(after[i]!.eq(ratio.roundTo(0, 'down').mul(step[l]!))).toBe(true);
            });
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  test('stochastic: one of the two neighbours, the same for the same seed, right on average', () => {
    const net = affine([new Array<number>(4000).fill(0.3125)], [-0.125]);
    const round = (seed: number) => quantizeUniform(net, { bits: 2, rounding: 'stochastic', seed });
    const { network: q, radius, largestChange } = round(5);
    expect(radius.map(String)).toEqual(['1*2^-2']);
    expect(largestChange.lt(Dyadic.pow2(-2))).toBe(true);
    const weights = entries(q).slice(0, -1).map(String);
    const ups = weights.filter((w) => w === '1*2^-1').length;
    expect(ups + weights.filter((w) => w === '1*2^-2').length).toBe(4000);
    // 0.3125 lies a quarter of the way up: 1000 of 4000 expected, standard deviation 27.
    expect(Math.abs(ups - 1000)).toBeLessThan(5 * 27);
    expect(round(5).network.equals(q)).toBe(true);
    expect(round(6).network.equals(q)).toBe(false);
    // What lies on the grid does not move.
    expect(quantizeUniform(q, { bits: 2, rounding: 'stochastic', seed: 9 }).network.equals(q)).toBe(true);
  });

  test.each([
    [
      () => quantizeUniform(affine([[1]]), { bits: -1 }),
      'quantizeUniform bits: expected a whole number in 0..4096, got -1',
    ],
    [() => quantizeUniform(affine([[1]]), { bits: 2.5 }), 'got 2.5'],
    [
      () => quantizeUniform(affine([[1]]), { bits: 4, rounding: 'up' as never }),
      "expected 'nearest', 'floor' or 'stochastic', got \"up\"",
    ],
    [
      () => quantizeUniform(affine([[1]]), { bits: 4, rounding: 'toString' as never }),
      "expected 'nearest', 'floor' or 'stochastic'",
    ],
    [() => quantizeUniform(affine([[1]]), {}), 'quantizeUniform: expected either bits or step, got "neither"'],
    [() => quantizeUniform(affine([[1]]), { bits: 1, step: 1 }), 'expected either bits or step, got "both"'],
    [() => quantizeUniform(affine([[1]]), { step: 0 }), 'quantizeUniform step: expected a number above 0, got 0'],
    [() => quantizeUniform(affine([[1]]), { step: Number.NaN }), 'expected a finite number, got NaN'],
    [() => quantizeUniform(affine([[1]]), { bits: [1, 2] }), 'bits: expected one, or one for each of 1 layers, got 2'],
    [
      () => quantizeUniform(affine([[1]]), { bits: 1, rounding: 'stochastic', seed: -1 }),
      'quantizeUniform seed: expected a whole number in 0..4294967295, got -1',
    ],
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
