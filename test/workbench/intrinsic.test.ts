/** Certificates of intrinsic networks: from the layers themselves, never above the theorem, never below what is seen. */
import { describe, expect, test } from 'vitest';
import { certifyLp, certifySup } from '../../src/certify/index.ts';
import { type IntrinsicDecoderOptions, intrinsicDecoder } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Interval, type Target } from '../../src/exact/index.ts';
import { Network } from '../../src/net/index.ts';
import { certifyIntrinsic } from '../../src/workbench/index.ts';
import { seeded } from '../support/random.ts';

const smooth = expressionTarget('sin(5*x) + x^2');
const root = expressionTarget('sqrt(x)');
const plane = expressionTarget('x1*x2 - x2^2');
const CASES: readonly (readonly [string, Target, IntrinsicDecoderOptions])[] = [
  ['sup', smooth, { d: 1, n: 5 }],
  ['sup of a root', root, { d: 1, n: 4, sharedWords: true }],
  ['L^1', smooth, { d: 1, n: 6, norm: 1 }],
  ['L^2', root, { d: 1, n: 5, norm: 2 }],
  ['L^2.5', smooth, { d: 1, n: 4, norm: 2.5, perLayer: 2 }],
  ['L^9, ramps finer than float64', smooth, { d: 1, n: 3, norm: 9 }],
  ['another interval', smooth, { d: 1, n: 4, norm: 2, domain: [[-1, 2]] }],
  ['sup, d = 2', plane, { d: 2, n: 2, sharedWords: true }],
  ['L^2, d = 2', plane, { d: 2, n: 3, norm: 2 }],
  ['L^1, d = 2', plane, { d: 2, n: 2, norm: 1 }],
  ['L^2, d = 3', expressionTarget('x1*x2 + abs(x3 - 1/3)'), { d: 3, n: 2, norm: 2 }],
  ['L^2 of a root, d = 2', expressionTarget('sqrt(x1) + x2'), { d: 2, n: 2, norm: 2 }],
];

describe.each(CASES)('%s', (_, f, options) => {
  const fit = intrinsicDecoder(options).fit(f);
  const c = certifyIntrinsic(fit, f);
  const { norm, domain } = fit.decoder.shape;

  test('is proved, and below what the theorem guarantees', () => {
    expect(c.status).toBe('proved');
    expect(c.lower.le(c.upper!)).toBe(true);
    expect(c.upper!.le(fit.guaranteed)).toBe(true);
    expect(fit.guaranteed.le(fit.theorem.value)).toBe(true);
    expect(c.upper!.toNumber() / c.lower.toNumber()).toBeLessThan(options.d > 1 && norm !== 'sup' ? 1.1 : 1.3);
  });

  test('agrees with what points show', () => {
    const { unit } = seeded(7);
    const error = (x: readonly Dyadic[]): number =>
      f
        .enclose(
          x.map((v) => Interval.of(v)),
          64,
        )!
        .sub(Interval.of(fit.formula(x)))
        .magnitude.toNumber();
    const points = Array.from({ length: 3000 }, () =>
      domain.map(({ lo, width }) => lo.add(width.mul(Dyadic.from(unit())))),
    );
    const errors = points.map(error);
    if (norm === 'sup') {
      expect(Math.max(...errors)).toBeLessThanOrEqual(c.upper!.toNumber());
      expect(error(c.witness!)).toBeGreaterThanOrEqual(c.lower.toNumber() * (1 - 1e-14));
    } else {
      const volume = domain.reduce((v, s) => v * s.width.toNumber(), 1);
      const mean = (volume * errors.reduce((s, e) => s + e ** norm, 0)) / errors.length;
      expect(mean ** (1 / norm)).toBeLessThan(c.upper!.toNumber() * 1.1);
      expect(mean ** (1 / norm)).toBeGreaterThan(c.lower.toNumber() / 1.1);
    }
  });
});

describe.each(CASES.filter(([, , { d }]) => d === 1))('%s', (_, f, options) => {
  test('agrees with the exact linear pieces', () => {
    const fit = intrinsicDecoder(options).fit(f);
    const c = certifyIntrinsic(fit, f);
    const { norm, domain } = fit.decoder.shape;
    const [lo, hi] = [domain[0]!.lo, domain[0]!.hi];
    if (norm === 'sup') {
      const pieces = certifySup(fit.network, f, { domain: [lo, hi] });
      expect(pieces.lower.le(c.upper!)).toBe(true);
      expect(c.lower.le(pieces.upper!)).toBe(true);
      expect(c.upper!.toNumber() / pieces.upper!.toNumber()).toBeLessThan(1.15);
    } else {
      const pieces = certifyLp(fit.network, f, { p: norm, domain: [lo, hi] });
      expect(pieces.lower.le(c.upper!)).toBe(true);
      expect(c.lower.le(pieces.upper!)).toBe(true);
      expect(c.upper!.toNumber() / pieces.upper!.toNumber()).toBeLessThan(1.15);
    }
  });
});

test('a wrong word is seen, and a network without its middle values is refused', () => {
  const fit = intrinsicDecoder({ d: 1, n: 4 }).fit(smooth);
  const other = intrinsicDecoder({ d: 1, n: 4 }).fit(expressionTarget('1 - x'));
  const c = certifyIntrinsic({ decoder: fit.decoder, network: other.network }, smooth);
  expect(c.lower.gt(fit.guaranteed)).toBe(true);
  const layers = [...fit.network.layers];
  layers[layers.length - 3] = layers[layers.length - 4]!;
  expect(() => certifyIntrinsic({ decoder: fit.decoder, network: new Network(layers) }, smooth)).toThrow();
});
