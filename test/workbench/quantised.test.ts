import { describe, expect, test } from 'vitest';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import { decodeNetwork, encodeNetwork, readOnnx } from '../../src/io/index.ts';
import { affine } from '../../src/net/index.ts';
import { bitsAPriori, chooseBits, type Quantiser, quantise } from '../../src/workbench/index.ts';
import { dense } from '../support/pairs.ts';
import { seeded } from '../support/random.ts';
import { haveShared, sharedBytes } from '../support/shared.ts';

describe('quantise', () => {
  const net = dense([2, 6, 5, 2], 3, 16);
  const ways: Quantiser[] = [
    { method: 'uniform', bits: 6 },
    { method: 'uniform', bits: [6, 5, 7], rounding: 'floor' },
    { method: 'uniform', step: 0.046875, rounding: 'stochastic', seed: 4 },
    { method: 'codebook', lambda: 8 },
    { method: 'codebook', lambda: 8, perLayer: true },
    { method: 'codebook', powers: { from: -6, to: 0 } },
    { method: 'codebook', alphabet: [-0.75, -0.25, 0, 0.25, 0.75] },
    { method: 'float16' },
  ];
  test.each(ways)('observed <= certified <= a priori, and no random point is beyond: %o', async (how) => {
    const { network, report } = await quantise(net, how, [-1, 1], { seconds: 0.3 });
    expect(report.observed.le(report.certified) && report.certified.le(report.aPriori)).toBe(true);
    expect(report.observed.sign).toBe(1);
    const { best, byClass, witness } = report.lipschitz;
    expect(witness.lower.le(best) && best.le(byClass.constant)).toBe(true);
    const [y, z] = [net.evaluate(report.witness), network.evaluate(report.witness)];
    expect(y.reduce((m, v, i) => m.max(v.sub(z[i]!).abs()), Dyadic.ZERO).eq(report.observed)).toBe(true);
    const random = seeded(1);
    for (let k = 0; k < 300; k++) {
      const x = [0, 1].map(() => Dyadic.of(BigInt(random.whole(-64, 64)), -6));
      const b = network.evaluate(x);
      for (const [i, v] of net.evaluate(x).entries()) expect(v.sub(b[i]!).abs().le(report.certified)).toBe(true);
    }
    const file = encodeNetwork({ network });
    expect(report.fileBytes).toBe(file.length);
    expect(decodeNetwork(file).network.equals(network)).toBe(true);
    expect(report.bits).toBe(network.integerBits + network.fractionalBits + 2);
    expect(2 ** report.indexBits).toBeGreaterThanOrEqual(network.alphabet().length);
  });

  test('a method that is none is refused', async () => {
    await expect(quantise(net, { method: 'magic' } as never, [-1, 1])).rejects.toThrow(InputError);
  });
});

describe.skipIf(!haveShared('mlp'))('a trained controller', () => {
  test.each([16, 12, 8, 6, 4])('vdp with %i bits: the bounds in order, the file smaller', async (bits) => {
    const { network } = readOnnx(sharedBytes('mlp/vdp.onnx'));
    const { report } = await quantise(network, { method: 'uniform', bits }, [-1, 1], { seconds: 0.3 });
    expect(report.observed.le(report.certified) && report.certified.le(report.aPriori)).toBe(true);
    expect(report.observed.toNumber()).toBeGreaterThan(report.certified.toNumber() / 10);
    expect(report.fileBytes).toBeLessThan(encodeNetwork({ network }).length);
  });
});

describe('chooseBits', () => {
  const net = dense([2, 5, 1], 8, 20);

  test.each(['nearest', 'floor'] as const)(
    'the fewest bits a priori: one bit less misses the error (%s)',
    async (rounding) => {
      for (const error of [1, 0.1, 2 ** -10, 1e-30]) {
        const { bits, bound, rounded } = bitsAPriori(net, { error, box: [-1, 1], rounding });
        expect(bound.le(Dyadic.from(error))).toBe(true);
        expect(rounded.network.fractionalBits).toBeLessThanOrEqual(bits);
        if (bits > 0) {
          // The next larger error that a coarser step guarantees is beyond what was asked.
          const coarser = await quantise(net, { method: 'uniform', bits: bits - 1, rounding }, [-1, 1], {
            seconds: 0.01,
          });
          expect(coarser.report.aPriori.gt(Dyadic.from(error))).toBe(true);
        }
      }
    },
  );

  test('certified never takes more bits than the formula, and proves what it says', async () => {
    for (const error of [0.5, 2 ** -6]) {
      const { aPriori, certified, attempts } = await chooseBits(net, { error, box: [-1, 1], seconds: 1 });
      expect(certified.bits).toBeLessThanOrEqual(aPriori.bits);
      expect(certified.bound.le(Dyadic.from(error))).toBe(true);
      for (const a of attempts.filter((t) => t.bits < certified.bits)) expect(a.status).not.toBe('proved');
    }
    const fine = await chooseBits(net, { error: 2 ** -6, box: [-1, 1], seconds: 1 });
    expect(fine.certified.bits).toBeLessThan(fine.aPriori.bits);
  });

  test('nothing to lose: an error beyond every output takes no bits', async () => {
    const { aPriori, certified } = await chooseBits(affine([[0.25]]), { error: 10, box: [-1, 1] });
    expect([aPriori.bits, certified.bits]).toEqual([0, 0]);
  });

  test.each([0, -1, Number.NaN])('error %d is refused', async (error) => {
    await expect(chooseBits(net, { error, box: [-1, 1] })).rejects.toThrow(InputError);
  });
});
