/** Three numbers a function [SYZ]: one word that holds all values, and the error asked for. */
import { describe, expect, test } from 'vitest';
import { type IntrinsicFit, intrinsicThree, intrinsicThreeDecoder } from '../../src/construct/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Interval, Rational } from '../../src/exact/index.ts';
import { encodeNetwork, sharedDecoder } from '../../src/io/index.ts';
import { evaluateAll } from '../../src/net/index.ts';
import { certifyIntrinsic } from '../../src/workbench/index.ts';
import { seeded } from '../support/random.ts';

const f1 = expressionTarget('sin(3*x)/3');
const f2 = expressionTarget('x1*x2/2');
const decoder = intrinsicThreeDecoder({ d: 1, epsilon: '0.1', constant: 1 });
const FITS: readonly (readonly [string, IntrinsicFit])[] = [
  ['a class', decoder.fit(f1)],
  ['a target', intrinsicThree({ target: expressionTarget('x^2'), epsilon: 0.125 })],
  ['two bits a layer', intrinsicThree({ target: f1, epsilon: 0.1, perLayer: 2 })],
  ['an infinite slope', intrinsicThree({ target: expressionTarget('sqrt(x)'), epsilon: Rational.parse('0.3') })],
  ['d = 2', intrinsicThree({ target: f2, epsilon: 0.25 })],
  ['another interval', intrinsicThree({ target: f1, epsilon: 0.2, domain: [[-1, 2]] })],
];

describe.each(FITS)('%s', (_, fit) => {
  const { shape } = fit.decoder;
  const d = shape.inputs;
  const cells = shape.cells ** d;

  test('has three intrinsic numbers; the word has B N^d bits', () => {
    expect(fit.intrinsic.map(({ name }) => name)).toEqual(['v', 'b', 's']);
    expect(fit.intrinsic[0]!.bits).toBe(shape.valueBits * cells);
    expect(fit.network.depth).toBe(cells * Math.ceil(shape.valueBits / shape.perLayer) + 6 + 3 * d);
  });

  test('is within epsilon; formula, oracle and core agree at 1000 exact points', () => {
    expect(fit.guaranteed.le(fit.theorem.value)).toBe(true);
    expect(fit.theorem.value.eq(fit.decoder.epsilon!)).toBe(true);
    const { unit } = seeded(3);
    const points = Array.from({ length: 1000 }, (_, k) =>
      shape.domain.map(({ lo, width }, axis) => {
        const border = shape.borders[axis]![Math.floor(unit() * (shape.cells - 1))]!;
        if (k % 3 === 0) return border.add(Dyadic.from(4 * unit() - 2).scale(-shape.rampDigits));
        return lo.add(width.mul(Dyadic.from(unit())));
      }),
    );
    const engine = Engine.createSync(fit.network);
    const out = engine.forwardExact(points.flat());
    const oracle = evaluateAll(fit.network, points);
    expect(points.findIndex((_, r) => !out.at(r, 0).eq(oracle[r]![0]!))).toBe(-1);
    expect(points.findIndex((x, r) => !fit.formula(x).eq(oracle[r]![0]!))).toBe(-1);
    engine.dispose();
  });
});

test('every function of the class fits one decoder', () => {
  const texts = ['x', 'abs(x - 1/2)', 'exp(-x)', 'sqrt(1 + x^2)/2', '0', '1 - cos(x)'];
  const files = texts.map((text) => {
    const f = expressionTarget(text);
    const fit = decoder.fit(f);
    const c = certifyIntrinsic(fit, f);
    expect(c.upper!.le(fit.guaranteed), text).toBe(true);
    expect(c.upper!.toNumber()).toBeLessThanOrEqual(0.1);
    return encodeNetwork({ network: fit.network, intrinsic: fit.intrinsic });
  });
  for (const file of files) expect(sharedDecoder(file)).toEqual(sharedDecoder(files[0]!));
});

test('a Hoelder class', () => {
  const hoelder = intrinsicThreeDecoder({ d: 1, epsilon: 0.25, constant: 1, exponent: 0.5 });
  const f = expressionTarget('sqrt(x)');
  const fit = hoelder.fit(f);
  const error = (x: number): number =>
    f
      .enclose([Interval.of(x)], 64)!
      .sub(Interval.of(fit.formula([Dyadic.from(x)])))
      .magnitude.toNumber();
  for (let k = 0; k <= 512; k++) expect(error(k / 512)).toBeLessThanOrEqual(0.25);
});

test('says what is wrong in a sentence', () => {
  expect(() => intrinsicThree({ target: f1, epsilon: 0 })).toThrow('intrinsic: epsilon: expected a number > 0, got 0');
  expect(() => intrinsicThree({ target: f1, epsilon: -1 })).toThrow(
    'intrinsic: epsilon: expected a number > 0, got -1',
  );
  expect(() => intrinsicThree({ target: f1, epsilon: Number.NaN })).toThrow(/expected a number > 0, got NaN/);
  expect(() => intrinsicThree({ target: f1, epsilon: 1e-9 })).toThrow(/cells an axis reach|fit 1 GiB/);
  expect(() => intrinsicThree({ target: expressionTarget('1/x'), epsilon: 0.1 })).toThrow(
    /modulus of continuity is known/,
  );
  expect(() => decoder.fit(expressionTarget('5*x'))).toThrow(
    /^intrinsic: expected a target that this decoder brings within 0.1.*, got "5\*x, for which 0\.\d+ is guaranteed"$/,
  );
  expect(() => intrinsicThreeDecoder({ d: 1, epsilon: 0.1, constant: 0 })).toThrow(/constant: expected a number > 0/);
  expect(() => intrinsicThreeDecoder({ d: 1, epsilon: 0.1, constant: 1, exponent: 2 })).toThrow(/at most 1, got 2/);
});
