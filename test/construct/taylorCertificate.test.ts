import { describe, expect, test } from 'vitest';
import { certifySup } from '../../src/certify/index.ts';
import {
  blockTable,
  cached,
  certifyTaylor,
  paperCounts,
  planTaylor,
  readRecipe,
  recipeOf,
  type TaylorOptions,
  taylor,
} from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { callbackTarget, Dyadic, InputError, Interval } from '../../src/exact/index.ts';

const CASES: readonly [string, TaylorOptions][] = [
  ['exp(-x)', { n: 3, epsilon: 1e-3, constants: 'sharp' }],
  ['sin(2*x)/16', { n: 2, epsilon: 1e-2 }],
  ['10*x^3', { n: 3, epsilon: 1 }],
  ['abs(x-0.3)', { n: 1, epsilon: 0.2 }],
  ['sin(x1)*cos(x2)', { n: 3, N: 8 }],
  ['exp(-x1^2-x2^2)', { n: 2, N: 8 }],
  ['sin(x1)*cos(x2)*x3', { n: 2, N: 4 }],
];

describe('certifyTaylor', () => {
  for (const [text, options] of CASES) {
    test(`${text}, n = ${options.n}: lower <= sup <= function's bound <= theorem`, () => {
      const f = expressionTarget(text);
      const made = taylor(f, options);
      const c = certifyTaylor(f, made, 96);
      expect(c.status).toBe('proved');
      expect(c.function).toBeDefined();
      expect(c.upper.le(c.class) && c.class.le(c.theorem) && c.upper.le(c.function!)).toBe(true);
      expect(c.lower.sign).toBe(1);
      expect(c.lower.le(c.upper)).toBe(true);
      // The witness stands on the network itself.
      const y = made.network.evaluate(c.witness)[0]!;
      const value = f.enclose(
        c.witness.map((v) => Interval.of(v)),
        100,
      )!;
      expect(Interval.of(y).sub(value).mignitude.ge(c.lower)).toBe(true);
    });
  }

  test('one dimension: the sup error of the network itself lies between the bounds', () => {
    for (const [text, options] of CASES.slice(0, 2)) {
      const f = expressionTarget(text);
      const made = taylor(f, options);
      const c = certifyTaylor(f, made);
      const sup = certifySup(made.network, f);
      expect(sup.status).toBe('proved');
      expect(sup.upper!.ge(c.lower)).toBe(true);
      expect(sup.lower.le(c.upper)).toBe(true);
      expect(certifySup(made.network, f, { within: made.report.theoremBound }).status).toBe('proved');
    }
  });

  test('without enclosed derivatives the class bound remains', () => {
    const f = callbackTarget((x) => Math.sin(x), { lipschitz: 1 });
    const made = taylor(f, { n: 2, N: 8, scaleLog2: 0, derivatives: ([n], [x]) => [Math.sin(x!), Math.cos(x!)][n!]! });
    const c = certifyTaylor(f, made, 32);
    expect(c.function).toBeUndefined();
    expect(c.upper.eq(c.class)).toBe(true);
    expect(c.restsOn.join()).toMatch(/derivatives up to order 2 are at most 2\^0/);
  });

  test('a wrong class is found out: the error at a witness exceeds the bound', () => {
    // Claimed: |f''| <= 1. In truth f'' = -900 sin(30x)/30.
    const f = callbackTarget((x) => Math.sin(30 * x) / 30, { lipschitz: 1 });
    const made = taylor(f, {
      n: 2,
      N: 8,
      scaleLog2: 0,
      derivatives: ([n], [x]) => [Math.sin(30 * x!) / 30, Math.cos(30 * x!)][n!]!,
    });
    expect(made.report.bound.lt(Dyadic.pow2(-6))).toBe(true);
    expect(() => certifyTaylor(f, made)).toThrow(/exceeds the bound/);
  });
});

describe('D9 block tables', () => {
  test('recipes come back from JSON, rows add up to the network', () => {
    const reports = [
      taylor(expressionTarget('sin(x)'), { n: 3, N: 8, lambda: 4 }).report,
      planTaylor({ d: 2 }, { n: 3, N: 16, lambda: 16, quantisation: 'linear', sharing: 'none' }),
      cached(expressionTarget('abs(x-0.3)'), { epsilon: 0.01, lambda: 3 }).report,
    ];
    for (const report of reports) {
      const recipe = readRecipe(JSON.parse(JSON.stringify(recipeOf(report))));
      expect(recipe).toEqual(recipeOf(report));
      const rows = blockTable(recipe);
      const total = rows.reduce((n, { built }) => n + (built?.connectivity ?? 0), 0);
      expect(total).toBe(report.counts.connectivity);
      const product = rows.find(({ block }) => block === "B_x'");
      if (product) {
        expect(product.paper).toMatchObject({ width: { value: 60 } });
        expect(product.built!.bits).toBe(Math.ceil(product.built!.connectivity * Math.log2(report.lambda)));
      }
      expect(rows.filter(({ paper }) => paper).length).toBe(recipe.table === 1 ? 6 : 12);
      expect(paperCounts(recipe)).toEqual(report.paper);
    }
  });

  test('what is no recipe is refused', () => {
    const good = recipeOf(planTaylor({ d: 1 }, { n: 1, N: 4 }));
    for (const bad of [
      null,
      7,
      {},
      { ...good, table: 3 },
      { ...good, lambda: 1 },
      { ...good, lambda: Number.NaN },
      { ...good, quantisation: 'log' },
      { ...good, parameters: {} },
      { ...good, parameters: { ...good.parameters, q: 1e9 } },
      { ...good, parameters: { ...good.parameters, d: 7 } },
      { ...good, blocks: 'none' },
      { ...good, blocks: new Array(65).fill(good.blocks[0]) },
      { ...good, blocks: [{ ...good.blocks[0], block: '\u001b[2J' }] },
      { ...good, blocks: [{ ...good.blocks[0], width: -1 }] },
    ]) {
      expect(() => readRecipe(bad)).toThrow(InputError);
    }
  });
});
