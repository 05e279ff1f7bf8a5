/** How far D4 must reach, for every lambda: built, evaluated by the engine, equal to the formula, within its bound. */
import { describe, expect, test } from 'vitest';
import { type TaylorOptions, taylor } from '../../src/construct/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Interval, Rational } from '../../src/exact/index.ts';

const REACH: readonly [text: string, options: TaylorOptions][] = [
  ['sin(2*x)/16', { n: 3, epsilon: 1e-6 }],
  ['exp(-x)', { n: 4, epsilon: 1e-6 }],
  ['sin(x1)*cos(x2)', { n: 3, epsilon: 1e-2 }],
  ['sin(x1)*cos(x2)', { n: 4, epsilon: 1e-2 }],
  ['sin(x1)*cos(x2)*x3', { n: 4, N: 8 }],
];

describe.each(REACH)('%s, %j', (text, options) => {
  const f = expressionTarget(text);
  const d = f.inputs;
  test.each([
    [2, 'lambda'],
    [3, 'lambda'],
    [4, 'lambda'],
    [8, 'lambda'],
    [16, 'lambda'],
    [2, 'linear'],
    [16, 'linear'],
  ] as const)('lambda = %d, %s', (lambda, quantisation) => {
    const made = taylor(f, { ...options, lambda, quantisation });
    const { network, report } = made;
    if (options.epsilon !== undefined) {
      expect(report.bound.le(Rational.parse(String(options.epsilon)).roundBits(64, 'down'))).toBe(true);
    }
    if (quantisation === 'lambda') expect(network.alphabet().length).toBeLessThanOrEqual(lambda);
    for (const letter of network.alphabet()) expect(report.alphabet).toContain(letter.toNumber());
    // What sharing saved: the literal network has tens of times as many weights.
    expect(report.sharing.literal).toBeGreaterThan((d > 1 ? 50 : 15) * report.sharing.shared);

    const rows = 24;
    const N = 2 ** report.shape.q;
    const inputs = Float64Array.from({ length: rows * d }, (_, k) => {
      const v = ((k * 7919 + 13) % 1009) / 1009;
      return k % 3 === 0 ? Math.round(v * N) / N : v;
    });
    const engine = Engine.createSync(network);
    const out = engine.forwardExact(inputs);
    for (let k = 0; k < rows; k++) {
      const x = [...inputs.subarray(k * d, (k + 1) * d)];
      const y = out.at(k, 0);
      if (!y.eq(made.formula(x))) expect.fail(`at ${x}`);
      const value = f.enclose(
        x.map((v) => Interval.of(v)),
        80,
      )!;
      if (Interval.of(y).sub(value).magnitude.gt(report.bound)) expect.fail(`at ${x}: beyond the bound`);
    }
    engine.dispose();
  });
});
