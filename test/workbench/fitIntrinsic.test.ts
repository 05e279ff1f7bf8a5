/** fitIntrinsic: the smallest decoder that is sure to reach an error, or the one asked for, in d dimensions and every norm. */
import { describe, expect, test } from 'vitest';
import { expressionTarget } from '../../src/exact/expression.ts';
import { callbackTarget, InputError, Rational } from '../../src/exact/index.ts';
import { evaluateAll } from '../../src/net/index.ts';
import { type FitIntrinsicOptions, fitIntrinsic } from '../../src/workbench/index.ts';

const plane = expressionTarget('x1*x2');

describe.each([
  ['sup, d = 2', plane, { epsilon: '0.3' }],
  ['L^2, d = 2', plane, { epsilon: Rational.parse('1/4'), norm: 2 }],
  ['L^1, d = 3', expressionTarget('x1*x2 + x3/2'), { epsilon: 0.7, norm: 1 }],
  ['sup, another interval', expressionTarget('sin(x)'), { epsilon: 0.1, domain: [[-1, 2]] }],
] as const)('%s', (_, target, options) => {
  const { fit, certificate } = fitIntrinsic(target, options as FitIntrinsicOptions);
  const epsilon = Rational.parse(String(options.epsilon)).toNumber();

  test('reaches epsilon, proved, and a decoder of n - 1 is not sure to', () => {
    expect(certificate.status).toBe('proved');
    expect(certificate.upper!.toNumber()).toBeLessThanOrEqual(epsilon);
    expect(fit.guaranteed.toNumber()).toBeLessThanOrEqual(epsilon);
    const n = fit.decoder.shape.valueBits;
    const { epsilon: _epsilon, ...rest } = options as FitIntrinsicOptions;
    if (n > 1) expect(fitIntrinsic(target, { ...rest, n: n - 1 }).fit.guaranteed.toNumber()).toBeGreaterThan(epsilon);
    expect(fit.intrinsic.length).toBe(n + 2);
  });
});

test('a callback with a stated modulus: Hoelder, and one that is no power of t', () => {
  const root = callbackTarget((x) => Math.sqrt(Math.abs(x - 0.5)), { modulus: (t) => Math.sqrt(t), text: 'a root' });
  const slow = callbackTarget((x) => (x === 0 ? 0 : 1 / (1 - Math.log(x / 2))), {
    modulus: (t) => (t === 0 ? 0 : 1 / (1 - Math.log(Math.min(t, 1) / 2))),
    text: 'slower than every power',
  });
  for (const [f, n, omega] of [
    [root, 5, (t: number) => Math.sqrt(t)],
    [slow, 4, (t: number) => 1 / (1 - Math.log(Math.min(t, 1) / 2))],
  ] as const) {
    const { fit, certificate } = fitIntrinsic(f, { n });
    expect(certificate.status).toBe('proved');
    expect(certificate.upper!.le(fit.guaranteed)).toBe(true);
    expect(certificate.restsOn.join()).toContain(`the stated modulus of continuity of ${f.text}`);
    // The theorem's bound with this very modulus, and what is seen of f at floats.
    expect(fit.theorem.value.toNumber()).toBeCloseTo(omega(2 ** -n) + 2 ** (2 - n) * omega(1), 12);
    const points = Array.from({ length: 1001 }, (_, k) => [k / 1000]);
    const errors = evaluateAll(fit.network, points).map(([y], k) => Math.abs(f.estimate(points[k]!) - y!.toNumber()));
    expect(Math.max(...errors)).toBeLessThanOrEqual(certificate.upper!.toNumber() * (1 + 1e-12));
    expect(Math.max(...errors)).toBeGreaterThan(certificate.upper!.toNumber() / 4);
  }
});

test('a Lipschitz constant: 5 lambda sqrt(d) 2^-n', () => {
  for (const [text, lambda, d] of [
    ['3*x', 3, 1],
    ['x1/2 + x2/2', 1, 2],
  ] as const) {
    const n = 3;
    const { fit } = fitIntrinsic(expressionTarget(text), { n, norm: 2 });
    expect(fit.theorem.value.toNumber()).toBeLessThanOrEqual(5 * lambda * Math.sqrt(d) * 2 ** -n * (1 + 2 ** -50));
    expect(fit.guaranteed.le(fit.theorem.value)).toBe(true);
  }
});

test('says what is wrong in a sentence', () => {
  const said = (options: FitIntrinsicOptions, f = plane): string => {
    try {
      fitIntrinsic(f, options);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      return (error as Error).message;
    }
    return 'nothing';
  };
  expect(said({})).toBe('fitIntrinsic: expected either epsilon or n, got "neither"');
  expect(said({ epsilon: 0.1, n: 2 })).toBe('fitIntrinsic: expected either epsilon or n, got "both"');
  for (const epsilon of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(said({ epsilon })).toBe(`intrinsic: epsilon: expected a number > 0, got ${epsilon}`);
  }
  expect(said({ n: 0 })).toBe('intrinsic: n: expected a whole number in 1..20, got 0');
  expect(said({ n: 2.5 })).toBe('intrinsic: n: expected a whole number in 1..20, got 2.5');
  expect(said({ n: 2, norm: 0.99 })).toBe("intrinsic: norm: expected 'sup' or a number p >= 1, got 0.99");
  expect(said({ n: 2, norm: Number.NaN })).toBe("intrinsic: norm: expected 'sup' or a number p >= 1, got NaN");
  expect(said({ n: 2 }, expressionTarget('1/(x1 + x2)'))).toMatch(
    /expected a target whose modulus of continuity is known/,
  );
  expect(said({ epsilon: 1e-6 })).toBe('intrinsic: expected an error that 2^6 cells an axis reach, got 0.000001');
  expect(
    said(
      { n: 2 },
      callbackTarget(() => Number.NaN, { lipschitz: 1, inputs: 2 }),
    ),
  ).toMatch(/intrinsic: expected/);
  expect(said({ n: 2, domain: [[0, 1]] })).toBe('intrinsic: domain: expected 2 pair(s) of ends, got 1');
});
