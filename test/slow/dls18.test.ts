/** [DLS18] on a million exact samples each, by the engine; and the literal networks, tens of millions of weights, within 2 GiB. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  cached,
  interpolatedProduct,
  interpolatedSquare,
  multiply,
  square,
  type TaylorOptions,
  taylor,
  weight,
} from '../../src/construct/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Interval, type Target } from '../../src/exact/index.ts';
import type { Network } from '../../src/net/index.ts';

const BATCH = 4096;

/** Calls `check` with `count` random points of [lo,1]^d and the network's exact values. */
function sample(net: Network, count: number, lo: number, check: (x: number[], y: Dyadic) => void): void {
  const d = net.inputs;
  const engine = Engine.createSync(net);
  let state = 2025;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let done = 0; done < count; done += BATCH) {
    const rows = Math.min(BATCH, count - done);
    const inputs = Float64Array.from({ length: rows * d }, () => lo + (1 - lo) * (next() + next() * 2 ** -32));
    const out = engine.forwardExact(inputs);
    for (let k = 0; k < rows; k++) check([...inputs.subarray(k * d, (k + 1) * d)], out.at(k, 0));
  }
  engine.dispose();
}

const fail = (x: readonly number[], what: string): never => expect.fail(`at ${x.join(', ')}: ${what}`);

describe('a million exact samples', () => {
  test('D1', () => {
    const { network, report } = square(10);
    sample(network, 1e6, 0, (x, y) => {
      const v = Dyadic.from(x[0]!);
      if (!y.eq(interpolatedSquare(v, 10))) fail(x, 'not the interpolant');
      if (y.sub(v.mul(v)).abs().gt(report.bound)) fail(x, 'beyond the bound');
    });
  });

  test('D2', () => {
    const { network, report } = multiply(10);
    sample(network, 1e6, -1, (x, y) => {
      const [a, b] = x.map((v) => Dyadic.from(v)) as [Dyadic, Dyadic];
      const error = y.sub(a.mul(b));
      if (error.lt(report.bound.neg()) || error.sign > 0) fail(x, 'beyond [-4, 0] 2^(-2(r+1))');
      if (y.abs().gt(a.abs().min(b.abs()))) fail(x, 'beyond min(|x|,|y|)');
      if (!y.eq(interpolatedProduct(a, b, 10))) fail(x, 'not the formula');
    });
  });

  test('D3', () => {
    for (const lambda of [2, 3, 4, 8, 16]) {
      const { network, weight: w } = weight(-0.6180339887, { lambda, t: 20 });
      sample(network, 2e5, -1, (x, y) => {
        if (!y.eq(w.mul(Dyadic.from(x[0]!)))) fail(x, 'not w x');
      });
    }
  });

  const within = (f: Target, bound: Dyadic, x: readonly number[], y: Dyadic): void => {
    const value = f.enclose(
      x.map((v) => Interval.of(v)),
      80,
    )!;
    if (Interval.of(y).sub(value).magnitude.gt(bound)) fail(x, 'beyond the bound');
  };

  const taylors: [string, TaylorOptions, number][] = [
    ['sin(2*x)/16', { n: 3, epsilon: 1e-6 }, 250_000],
    ['exp(-x)', { n: 4, epsilon: 1e-4, lambda: 16 }, 250_000],
    ['sin(x1)*cos(x2)', { n: 3, epsilon: 1e-1, lambda: 3 }, 300_000],
    ['x1*x2', { n: 4, epsilon: 1e-2, lambda: 4, quantisation: 'linear' }, 150_000],
    ['sin(x1)*cos(x2)*x3', { n: 4, N: 8 }, 50_000],
  ];
  for (const [text, options, count] of taylors) {
    test(`D4, ${text}, n = ${options.n}: ${count} of them`, () => {
      const f = expressionTarget(text);
      const made = taylor(f, options);
      let k = 0;
      sample(made.network, count, 0, (x, y) => {
        within(f, made.report.bound, x, y);
        if (k++ % 64 === 0 && !y.eq(made.formula(x))) fail(x, 'not the formula');
      });
    });
  }

  for (const family of ['three', 'zigzag', 'plain'] as const) {
    test(`D7, ${family}`, () => {
      const f = expressionTarget('abs(sin(30*x))/40+abs(x-0.3)/4');
      const made = cached(f, { T: 64, m: 8, family });
      sample(made.network, 333_334, 0, (x, y) => {
        within(f, made.report.bound, x, y);
        if (!y.eq(made.formula(x[0]!))) fail(x, 'not the formula');
      });
    });
  }
});

describe('within 2 GiB', () => {
  const dist = join(import.meta.dirname, '../../dist/index.js');
  const script = (text: string, options: TaylorOptions): string => `
    const { taylor, expressionTarget, Engine } = await import(${JSON.stringify(dist)});
    const made = taylor(expressionTarget(${JSON.stringify(text)}), ${JSON.stringify(options)});
    const engine = Engine.createSync(made.network);
    const d = made.network.inputs;
    const x = Float64Array.from({ length: 2 * d }, (_, k) => ((k * 7919 + 13) % 1009) / 1009);
    const y = engine.forwardExact(x);
    const equal = [0, 1].every((k) => y.at(k, 0).eq(made.formula([...x.subarray(k * d, (k + 1) * d)])));
    console.log(JSON.stringify({ M: made.network.connectivity, plan: made.report.counts.connectivity, equal,
      mib: process.resourceUsage().maxRSS / 1024 }));`;
  const built = (text: string, options: TaylorOptions): number => {
    if (!existsSync(dist)) expect.fail('dist/ is missing: npm run build');
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script(text, options)], {
      encoding: 'utf8',
    });
    const { M, plan, equal, mib } = JSON.parse(out) as { M: number; plan: number; equal: boolean; mib: number };
    expect(M).toBe(plan);
    expect(equal).toBe(true);
    expect(mib).toBeLessThan(2048);
    return M;
  };

  for (const [text, options, least] of [
    ['sin(x1)*cos(x2)', { n: 3, epsilon: 1e-2 }, 1e7],
    ['sin(x1)*cos(x2)*x3', { n: 4, N: 8 }, 3e7],
  ] as const) {
    test(`literally: ${text}, n = ${options.n}`, () => {
      expect(built(text, { ...options, sharing: 'none' })).toBeGreaterThan(least);
    });
  }

  for (const lambda of [2, 3, 4, 8, 16]) {
    test(`shared, lambda = ${lambda}: d = 1 to 1e-6, d = 2 to 1e-2, d = 3 at N = 8`, () => {
      for (const [text, options] of [
        ['sin(x)', { n: 3, epsilon: 1e-6 }],
        ['sin(x)', { n: 4, epsilon: 1e-6 }],
        ['sin(x1)*cos(x2)', { n: 3, epsilon: 1e-2 }],
        ['sin(x1)*cos(x2)*x3', { n: 4, N: 8 }],
      ] as const) {
        built(text, { ...options, lambda });
        if (lambda !== 3) built(text, { ...options, lambda, quantisation: 'linear' });
      }
    });
  }
});
