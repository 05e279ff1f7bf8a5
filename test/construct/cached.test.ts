import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certifySup } from '../../src/certify/index.ts';
import {
  type CachedConstruction,
  type CachedOptions,
  cached,
  cachedFormula,
  lipschitzTransform,
  planCached,
  planTaylor,
  table2,
} from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import {
  callbackTarget,
  Dyadic,
  InputError,
  Interval,
  Rational,
  type Target,
  tableTarget,
} from '../../src/exact/index.ts';

/** Steps, cell ends, points between them and anything. */
function points(T: number, m: number, count: number): number[] {
  let state = 7;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  };
  const at = (k: number): number => Math.min(1, Math.max(0, k));
  const out = [0, 1, 1 / T, 1 - 1 / T, 1 / (2 * T)];
  while (out.length < count) {
    const kind = next();
    if (kind < 0.25) out.push(Math.floor(next() * (T + 1)) / T);
    else if (kind < 0.5) out.push(Math.floor(next() * (T * m + 1)) / (T * m));
    else if (kind < 0.75) out.push(at((Math.floor(next() * T * m) + 0.5) / (T * m)));
    else out.push(next());
  }
  return out;
}

function check(f: Target, made: CachedConstruction, count = 30): void {
  const { network, report, formula } = made;
  for (const x of points(report.T, report.m, count)) {
    const y = network.evaluate([x])[0]!;
    if (!y.eq(formula(x))) expect.fail(`${f.text} at ${x}: ${y} is not ${formula(x)}`);
    const value = f.enclose([Interval.of(x)], 100)!;
    // The enclosure of f at a point is at most 2^-90 wide.
    const error = Interval.of(y).sub(value).magnitude;
    if (error.gt(report.bound.add(Dyadic.pow2(-90)))) expect.fail(`${f.text} at ${x}: beyond the bound`);
  }
  for (const letter of network.alphabet()) expect(report.alphabet).toContain(letter.toNumber());
  const { depth, width, connectivity } = network;
  expect(report.counts).toMatchObject({ depth, width, connectivity });
}

/** A Lipschitz function that needs many cached functions: slopes +-1, drawn at random, as an exact table. */
function rough(steps: number): Target {
  let state = 99;
  let y = 0n;
  const knots = [{ x: Rational.of(0n), y: Rational.of(0n) }];
  for (let i = 1; i <= steps; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    y += state >= 2 ** 31 ? 1n : -1n;
    knots.push({ x: Rational.of(BigInt(i), BigInt(steps)), y: Rational.of(y, BigInt(steps)) });
  }
  return tableTarget(knots, { text: `a random zigzag of ${steps} steps` });
}

const FUNCTIONS = ['abs(x-0.3)', 'sin(x)', 'abs(sin(20*x))/20', 'x', '0', '-1', '1', 'min(abs(x-0.2),abs(x-0.7))-0.5'];

describe('D7 cached', () => {
  test('every family is its formula, within its bound', () => {
    for (const text of FUNCTIONS) {
      const f = expressionTarget(text);
      for (const family of ['three', 'zigzag', 'plain'] as const) {
        for (const [T, m] of [
          [2, 1],
          [4, 2],
          [8, 4],
          [16, 8],
          [4, 16],
        ] as const) {
          check(f, cached(f, { T, m, family }), 16);
        }
      }
    }
    const f = rough(1000);
    for (const family of ['three', 'zigzag', 'plain'] as const) check(f, cached(f, { T: 64, m: 8, family }), 100);
  });

  test("the paper's sizes: m = log2(1/eps)/2 and T = 4/(eps m), rounded up to powers of two", () => {
    const f = expressionTarget('abs(x-0.3)');
    for (const [epsilon, m, T] of [
      [1e-2, 4, 128],
      [1e-3, 8, 512],
      [1e-4, 8, 8192],
    ] as const) {
      const { report } = cached(f, { epsilon });
      expect([report.m, report.T, report.family]).toEqual([m, T, 'three']);
      expect(report.bound.le(Rational.parse(String(epsilon)).roundBits(64, 'down'))).toBe(true);
    }
  });

  test('the proved sup error is at most epsilon', () => {
    const f = expressionTarget('abs(sin(20*x))/20');
    for (const options of [
      { epsilon: 0.02 },
      { epsilon: 0.01, constants: 'sharp', family: 'zigzag' },
      { epsilon: 0.01, constants: 'sharp', family: 'plain' },
    ] as CachedOptions[]) {
      const made = cached(f, options);
      check(f, made);
      const certificate = certifySup(made.network, f, { within: made.report.bound });
      expect(certificate.status).toBe('proved');
      expect(certificate.upper!.le(made.report.bound)).toBe(true);
      expect(certificate.lower.sign).toBe(1);
    }
  });

  test('cached functions: slopes -2, 0, 2, zero at both ends, each distinct one built once', () => {
    const f = rough(4096);
    const { functions: g, report } = cached(f, { T: 256, m: 8 });
    expect(report.functions).toEqual({ built: g.patterns.length, possible: 3 ** 8 });
    expect(g.patterns.length).toBeGreaterThan(20);
    expect(g.patterns.length).toBeLessThanOrEqual(256);
    for (const p of g.patterns) {
      for (const v of p) expect([-16, 0, 16]).toContain(v);
      expect(p.reduce((s, v) => s + v, 0)).toBe(0);
    }
    expect(new Set(g.patterns.map(String)).size).toBe(g.patterns.length);
    expect(new Set(g.cells).size).toBeLessThanOrEqual(g.patterns.length + 1);
    // The knots are those of D6.
    const { values } = lipschitzTransform(f, 256, 3);
    let height = g.start;
    for (let i = 0; i <= 256; i++) {
      expect(BigInt(height)).toBe(values[i]);
      if (i < 256) height += g.rises[i]!;
    }
    const zigzag = cached(f, { T: 256, m: 8, family: 'zigzag' });
    expect(zigzag.report.functions.possible).toBe(2 ** 8);
    check(f, zigzag, 60);
    expect(zigzag.report.bound.scale(1).eq(report.bound)).toBe(true);
  });

  test('M grows like 1/epsilon, stays below D4 with n = 1, and caching pays', () => {
    const f = expressionTarget('abs(x-0.3)');
    const M = (options: CachedOptions): number => planCached(f, options).counts.connectivity;
    const series = [2, 4, 6, 8, 10, 12].map((k) => M({ epsilon: `1/${2 ** k}` }) / 2 ** k);
    for (const v of series.slice(2)) expect(v).toBeLessThan(series[1]!);
    for (const epsilon of [1e-2, 1e-3]) {
      expect(M({ epsilon })).toBeLessThan(planTaylor(f, { n: 1, epsilon }).counts.connectivity / 10);
      // Even against the sharp constants of D4.
      expect(M({ epsilon })).toBeLessThan(planTaylor(f, { n: 1, epsilon, constants: 'sharp' }).counts.connectivity);
    }
    // The paper's sizes do not beat plain interpolation at 1e-4, zigzags do at 1e-3, for a rough function too.
    const plain = (g: Target, epsilon: number) =>
      planCached(g, { epsilon, family: 'plain', constants: 'sharp' }).counts.connectivity;
    expect(M({ epsilon: 1e-4 })).toBeGreaterThan(plain(f, 1e-4));
    for (const g of [f, rough(1 << 15)]) {
      expect(planCached(g, { epsilon: 1e-3, constants: 'sharp' }).counts.connectivity).toBeLessThan(plain(g, 1e-3));
    }
  });

  test('every lambda and linear quantisation (D8): the same function', () => {
    const f = rough(500);
    const first = cached(f, { T: 32, m: 4, family: 'zigzag' });
    for (const [lambda, quantisation] of [
      [3, 'lambda'],
      [4, 'lambda'],
      [8, 'lambda'],
      [16, 'lambda'],
      [2, 'linear'],
      [4, 'linear'],
      [8, 'linear'],
      [16, 'linear'],
    ] as const) {
      const made = cached(f, { T: 32, m: 4, family: 'zigzag', lambda, quantisation });
      check(f, made);
      for (const x of points(32, 4, 20))
        expect(made.network.evaluate([x])[0]!.eq(cachedFormula(first.functions, x))).toBe(true);
      expect(planCached(f, { T: 32, m: 4, family: 'zigzag', lambda, quantisation })).toEqual(made.report);
      if (quantisation === 'linear') expect(made.network.connectivity).toBeLessThan(0.7 * first.network.connectivity);
    }
  });

  test('targets are scaled into the class, by a proved power of two', () => {
    const f = expressionTarget('3*abs(x-0.5)');
    const made = cached(f, { epsilon: 0.05 });
    expect(made.report.membership).toMatchObject({ status: 'proved', scaleLog2: 2 });
    expect(made.report.notes.join(' ')).toMatch(/2\^2 times/);
    check(f, made);
    const stated = callbackTarget((x) => Math.sin(6 * x), { lipschitz: 6, text: 'my sine' });
    const scaled = cached(stated, { epsilon: 0.2 });
    expect(scaled.report.membership.scaleLog2).toBe(3);
    expect(scaled.report.restsOn.join()).toMatch(/stated Lipschitz constant 6/);
    check(stated, scaled);
  });

  test('Table 2 beside the network', () => {
    const rows = table2({ T: 512, m: 8, lambda: 2, quantisation: 'lambda' });
    expect(rows.map((row) => [row.block, row.width.value, row.depth.value])).toEqual([
      ['B_T', 9, 9],
      ['B_delta', 1, 6],
      ['B_m', 3, 6],
      ['B_f^T', 512, 1],
      ['B_Phi', 2048, 1],
      ['B_s1', 4, 9],
      ['B_s2', 1, 9],
      ['B_s3', 4, 3],
      ['B_f1*', 512, 1],
      ['B_f2*', 6561, 1],
      ['B_f3*', 52488, 1],
      ["B_f''", 4, 1],
    ]);
    const { report } = cached(rough(4096), { T: 512, m: 8 });
    const built = report.blocks.map(({ block }) => block);
    for (const block of ['B_T', 'B_m', 'B_f^T', 'B_Phi', 'B_s1', 'B_f1*', 'B_f2*', 'B_f3*', "B_f''"]) {
      expect(built).toContain(block);
    }
    expect(report.blocks.reduce((n, b) => n + b.connectivity, 0)).toBe(report.counts.connectivity);
  });

  test('any zigzag', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 2, maxLength: 12 }),
        fc.constantFrom('three', 'zigzag', 'plain'),
        (rises, family) => {
          // Slopes rises/4 on pieces of equal length.
          const n = BigInt(rises.length);
          let y = Rational.of(0n);
          const knots = [{ x: Rational.of(0n), y }];
          rises.forEach((rise, i) => {
            y = y.add(Rational.of(BigInt(rise), 4n * n));
            knots.push({ x: Rational.of(BigInt(i + 1), n), y });
          });
          const f = tableTarget(knots);
          check(f, cached(f, { T: 8, m: 4, family: family as 'three' }), 12);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('bad arguments are refused in a sentence', () => {
    const f = expressionTarget('sin(x)');
    const bad = (o: CachedOptions) => () => cached(f, o);
    expect(bad({})).toThrow('cached: expected epsilon, or T and m, got "neither"');
    expect(bad({ epsilon: 0 })).toThrow('epsilon: expected an error above 0, got 0');
    expect(bad({ epsilon: Number.NaN })).toThrow(InputError);
    expect(bad({ epsilon: 0.1, T: 4, m: 2 })).toThrow(/either epsilon or T and m/);
    expect(bad({ T: 12, m: 4 })).toThrow('cached: T: expected a power of two (weights are dyadic), got 12');
    expect(bad({ T: 1, m: 4 })).toThrow(/cached: T: expected a whole number in 2/);
    expect(bad({ epsilon: 0.1, lambda: 1 })).toThrow('weight: lambda: expected a whole number in 2..64, got 1');
    expect(bad({ epsilon: 0.1, lambda: 3, quantisation: 'linear' })).toThrow(InputError);
    expect(bad({ epsilon: 0.1, family: 'four' as 'three' })).toThrow(InputError);
    expect(bad({ epsilon: 1e-12 })).toThrow(/at most 16777216 steps to build/);
    expect(() => cached(expressionTarget('x1*x2'), { epsilon: 0.1 })).toThrow(/one input/);
    expect(() => cached(expressionTarget('sqrt(x)'), { epsilon: 0.1 })).toThrow(/1 bounded derivative on/);
    expect(() => cached(expressionTarget('2*x'), { epsilon: 0.1, scaleLog2: 0 })).toThrow(/Lipschitz constant 1/);
    expect(() => cached(expressionTarget('1/x'), { epsilon: 0.1, scaleLog2: 0 })).toThrow(/defined on \[0,1\]/);
  });
});
