import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boundParts,
  planTaylor,
  type TaylorConstruction,
  type TaylorOptions,
  table1,
  taylor,
} from '../../src/construct/index.ts';
import { grayLevel, grayStep } from '../../src/construct/packing.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { callbackTarget, Dyadic, InputError, Interval, Rational, type Target } from '../../src/exact/index.ts';
import type { Network } from '../../src/net/index.ts';

/** Grid points, ends of bumps, and a few points between, on every axis alike. */
function points(d: number, N: number, count: number): number[][] {
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  };
  const coordinate = (): number => {
    const kind = next();
    const m = Math.floor(next() * (N + 1)) / N;
    if (kind < 0.25) return m;
    if (kind < 0.5)
      return Math.min(1, Math.max(0, m + (next() < 0.5 ? 1 : -1) * (next() < 0.5 ? 1 / (3 * N) : 2 / (3 * N))));
    return next();
  };
  return Array.from({ length: count }, () => Array.from({ length: d }, coordinate));
}

/** |f'(x) - f(x)| is at most `bound`: f enclosed far more finely. */
function within(f: Target, x: readonly number[], y: Dyadic, bound: Dyadic): boolean {
  const value = f.enclose(
    x.map((v) => Interval.of(v)),
    80,
  );
  if (!value) throw new Error(`f has no value at ${x}`);
  return Interval.of(y).sub(value).magnitude.le(bound);
}

function check(f: Target, made: TaylorConstruction, count: number): void {
  const { network, report, formula } = made;
  for (const x of points(f.inputs, 2 ** report.shape.q, count)) {
    const y = network.evaluate(x)[0]!;
    if (!y.eq(formula(x))) expect.fail(`${f.text} at ${x}: ${y} is not ${formula(x)}`);
    if (!within(f, x, y, report.bound)) expect.fail(`${f.text} at ${x}: beyond the bound`);
  }
  expect(report.bound.le(report.theoremBound)).toBe(true);
  for (const letter of network.alphabet()) expect(report.alphabet).toContain(letter.toNumber());
  const { depth, width, connectivity } = network;
  expect(report.counts).toMatchObject({ depth, width, connectivity });
  expect(report.blocks.reduce((n, b) => n + b.connectivity, 0)).toBe(connectivity);
}

/** Layers, units, columns and which biases there are, without the weights. */
const pattern = (net: Network): unknown =>
  net.layers.map((l) => [l.inputs, l.rowStart, l.column, [...l.bias].map((b) => Number(b) !== 0)]);

/** Layers in which the weights of two networks of one topology differ. */
const changedLayers = (a: Network, b: Network): number[] =>
  a.layers.flatMap((l, i) => (l.weight.every((w, k) => w === b.layers[i]!.weight[k]) ? [] : [i + 1]));

const CASES: readonly [text: string, options: TaylorOptions][] = [
  ['sin(x)/2', { n: 1, epsilon: 0.25 }],
  ['abs(x-0.3)', { n: 1, epsilon: 0.25 }],
  ['1-x/8', { n: 2, N: 2 }],
  ['sin(3*x)/9', { n: 3, epsilon: '1/10' }],
  ['exp(-x)', { n: 4, epsilon: 1e-3, constants: 'sharp' }],
  ['cos(x)', { n: 6, epsilon: 1e-4 }],
  ['sin(x1)*cos(x2)', { n: 1, N: 8 }],
  ['x1*x2', { n: 2, N: 4 }],
  ['exp(-x1^2-x2^2)', { n: 3, N: 4 }],
  ['x1*x2*x3', { n: 1, N: 4 }],
  ['sin(x1)*cos(x2)*x3', { n: 3, N: 2 }],
];

describe('D4 taylor', () => {
  for (const [text, options] of CASES) {
    test(`${text}, n = ${options.n}: both networks are the formula, counts are the plan's`, () => {
      const f = expressionTarget(text);
      const full = taylor(f, options);
      const none = taylor(f, { ...options, sharing: 'none' });
      check(f, full, 24);
      check(f, none, 8);
      expect(planTaylor(f, options)).toEqual(full.report);
      expect(planTaylor(f, { ...options, sharing: 'none' })).toEqual(none.report);
      expect(full.report.sharing).toMatchObject({
        shared: full.network.connectivity,
        literal: none.network.connectivity,
      });
    });
  }

  test('every lambda, and linear quantisation (D5)', () => {
    const f = expressionTarget('sin(2*x)/8+x^2/4');
    for (const sharing of ['full', 'none'] as const) {
      let first: TaylorConstruction | undefined;
      for (const [lambda, quantisation] of [
        [2, 'lambda'],
        [3, 'lambda'],
        [4, 'lambda'],
        [5, 'lambda'],
        [8, 'lambda'],
        [16, 'lambda'],
        [2, 'linear'],
        [4, 'linear'],
        [8, 'linear'],
        [16, 'linear'],
      ] as const) {
        const made = taylor(f, { n: 3, N: 16, lambda, quantisation, sharing });
        check(f, made, 6);
        first ??= made;
        // Another alphabet, the same function.
        for (const x of points(1, 16, 6))
          expect(made.network.evaluate(x)[0]!.eq(first.network.evaluate(x)[0]!)).toBe(true);
        if (quantisation === 'lambda') expect(made.network.alphabet().length).toBeLessThanOrEqual(lambda);
        else expect(made.network.alphabet().every((v) => v.scale(Math.log2(lambda)).fractionalBits === 0)).toBe(true);
      }
    }
  });

  test('the topology is the same for every function of the class; only letters change', () => {
    const pairs: [string, string, TaylorOptions][] = [
      ['sin(x)', '1-x^3/7', { n: 3, N: 16 }],
      ['sin(x)', '0', { n: 2, N: 8, lambda: 3 }],
      ['cos(x1)*x2', 'exp(-x1)/2', { n: 2, N: 4, lambda: 2 }],
      ['cos(x1)*x2', '1', { n: 2, N: 4, lambda: 16, quantisation: 'linear' }],
    ];
    for (const [a, b, options] of pairs) {
      for (const sharing of ['full', 'none'] as const) {
        const of = (text: string) =>
          taylor(expressionTarget(text, { inputs: a.includes('x2') ? 2 : 1 }), { ...options, sharing, scaleLog2: 0 });
        const [f, g] = [of(a), of(b)];
        expect(pattern(f.network)).toEqual(pattern(g.network));
        const changed = changedLayers(f.network, g.network);
        expect(changed.length).toBeGreaterThan(0);
        // Shared: the digits all lie in one layer.
        if (sharing === 'full') expect(changed.length).toBe(1);
        expect(planTaylor({ d: f.network.inputs }, { ...options, sharing, scaleLog2: 0 }).counts).toEqual(
          f.report.counts,
        );
      }
    }
  });

  test('one connection carries log2(lambda) bits where enough cells share the reading of them', () => {
    const shape = { n: 3, N: 64, scaleLog2: 0 };
    const M = ([2, 4, 8, 16] as const).map((lambda) => planTaylor({ d: 2 }, { ...shape, lambda }));
    expect(M.map(({ sharing }) => sharing.bitsPerConnection)).toEqual([1, 2, 3, 4]);
    for (let k = 1; k < 4; k++) expect(M[k]!.counts.connectivity).toBeLessThan(M[k - 1]!.counts.connectivity);
    const linear = planTaylor({ d: 2 }, { ...shape, lambda: 16, quantisation: 'linear' });
    expect(linear.sharing.bitsPerConnection).toBe(5);
    expect(linear.counts.connectivity).toBeLessThan(M[3]!.counts.connectivity);
    // Few cells: one bit a connection is cheaper.
    expect(planTaylor({ d: 1 }, { n: 3, N: 4, lambda: 16 }).sharing.bitsPerConnection).toBe(1);
    for (let word = 0; word < 64; word++) {
      const level = grayLevel(word);
      expect(level ^ (level >> 1)).toBe(word);
      if (level > 0) {
        const { bit, rises } = grayStep(level);
        expect(word ^ (1 << bit)).toBe((level - 1) ^ ((level - 1) >> 1));
        expect(((word >> bit) & 1) === 1).toBe(rises);
      }
    }
  });

  test('a target outside the class is scaled, by how much is proved', () => {
    for (const [text, n, scaleLog2] of [
      ['sin(x)', 5, 0],
      ['x^2', 2, 1],
      ['sin(pi*x1)*cos(pi*x2)', 2, 4],
      ['1/(1+25*(2*x-1)^2)', 2, 8],
      ['abs(x-0.5)', 1, 0],
      ['3*abs(x-0.5)', 1, 2],
      ['0', 3, 0],
    ] as const) {
      const { membership } = planTaylor(expressionTarget(text), { n, N: 4 });
      expect([text, membership.status, membership.scaleLog2]).toEqual([text, 'proved', scaleLog2]);
      expect(membership.lower.le(membership.upper)).toBe(true);
      if (scaleLog2 > 0) expect(membership.lower.gt(Dyadic.pow2(scaleLog2 - 1).scale(-1))).toBe(true);
    }
    const scaled = taylor(expressionTarget('10*x^2'), { n: 3, epsilon: 0.1 });
    expect(scaled.report.membership.scaleLog2).toBe(5);
    expect(scaled.report.notes.join(' ')).toMatch(/2\^5 times a function of the class/);
    check(expressionTarget('10*x^2'), scaled, 12);
  });

  test('derivatives from a callback: used as they are, and the report says on what it rests', () => {
    const target = callbackTarget((x) => Math.sin(x), { lipschitz: 1, text: 'my sine' });
    const derivatives = ([n]: readonly number[], [x]: readonly number[]): number =>
      [Math.sin(x!), Math.cos(x!), -Math.sin(x!)][n!]!;
    const made = taylor(target, { n: 3, N: 16, derivatives, scaleLog2: 0 });
    expect(made.report.derivatives).toBe('callback');
    expect(made.report.membership.status).toBe('assumed');
    expect(made.report.restsOn.join('; ')).toMatch(
      /my sine.*derivatives up to order 3 are at most 2\^0.*taken as exact/,
    );
    check(expressionTarget('sin(x)'), made, 12);
    // Order 0 alone needs no derivatives: a stated Lipschitz constant puts f in F_{1,1}.
    expect(taylor(target, { n: 1, N: 8 }).report.membership).toMatchObject({ status: 'proved', scaleLog2: 0 });
    expect(() => taylor(target, { n: 3, N: 16 })).toThrow(/taylor: expected a function with 3 bounded derivatives/);
    const wrong = () => taylor(target, { n: 2, N: 4, scaleLog2: 0, derivatives: () => Number.NaN });
    expect(wrong).toThrow('derivative (0) at 0: expected a finite number, got NaN');
    expect(() => taylor(target, { n: 2, N: 4, scaleLog2: 0, derivatives: () => 3 })).toThrow(/at most 2\^0/);
  });

  test('the bound: three parts in exact arithmetic; where the paper counts d^n terms, d = 1 has n', () => {
    const plan = planTaylor({ d: 1 }, { n: 3, N: 16 });
    const { shape } = plan;
    expect([shape.r, ...shape.digits]).toEqual([8, 14, 10, 6]);
    expect(shape.terms.length).toBe(3);
    expect(shape.terms.length).toBeGreaterThan(1 ** 3);
    const parts = boundParts(shape);
    // (2/48)^3 / 6, rounding with 33/64, 2 cells x (0 + 1 + 2/2) products of 4^-r (beta rounded up).
    expect(parts.taylor.eq(Rational.parse('1/82944'))).toBe(true);
    expect(parts.products.compare(Rational.of(4n, 4n ** 8n)) > 0).toBe(true);
    expect(parts.products.compare(Rational.of(5n, 4n ** 8n)) < 0).toBe(true);
    const total = parts.taylor.add(parts.rounding).add(parts.products);
    expect(plan.bound.ge(total.roundBits(60, 'down'))).toBe(true);
    // The handbook's remark: for d = 1 the products together cost at most 6/N^n, n <= 9, with eq. 26 as printed.
    for (let n = 2; n <= 9; n++) {
      const { shape: s } = planTaylor({ d: 1 }, { n, N: 64 });
      const inside = 6n * 64n ** BigInt(n) * BigInt(n);
      let r = 1;
      while (4n ** BigInt(r + 1) < inside) r++;
      expect(boundParts({ ...s, r }).products.compare(Rational.of(6n, 64n ** BigInt(n))) <= 0).toBe(true);
    }
  });

  test('sharp constants are smaller and still proved', () => {
    const f = expressionTarget('sin(2*x)/8');
    const paper = planTaylor(f, { n: 3, epsilon: 1e-5 });
    const sharp = taylor(f, { n: 3, epsilon: 1e-5, constants: 'sharp' });
    expect(sharp.report.shape.q).toBeLessThan(paper.shape.q);
    expect(sharp.report.counts.connectivity).toBeLessThan(0.6 * paper.counts.connectivity);
    expect(sharp.report.bound.le(Rational.parse('1e-5').roundBits(64, 'up'))).toBe(true);
    check(f, sharp, 12);
  });

  test('plans go where no network is built; Table 1 beside them', () => {
    const plan = planTaylor({ d: 3 }, { n: 4, epsilon: 1e-9, lambda: 4 });
    expect(plan.counts.connectivity).toBeGreaterThan(1e12);
    expect(plan.sharing.literal).toBeGreaterThan(10 * plan.sharing.shared);
    expect(plan.paper.connectivity.order).toBeGreaterThan(1e9);
    const small = planTaylor({ d: 1 }, { n: 2, N: 8 });
    const { q, r, digits } = small.shape;
    const layoutFree = table1({ q, r, t: digits[0]! }, { lambda: 2, quantisation: 'lambda' }).map((row) => [
      row.block,
      row.width.value,
      row.depth.value,
    ]);
    // t = log2(2 * 64) = 7, r = ceil(log2(6 * 64 * 2 * 2) / 2) - 1 = 5.
    expect(layoutFree).toEqual([
      ['B_w', 7, 13],
      ['B_N', 16, 1],
      ['B_abs', 4, 1],
      ['B_s', 4, Math.log2(12)],
      ['B_h', 12, 1],
      ["B_x'", 60, 16],
    ]);
  });

  test('the engine agrees, on many points', async () => {
    const f = expressionTarget('sin(x1+2*x2)/8');
    const made = taylor(f, { n: 3, N: 8 });
    const engine = await Engine.create(made.network);
    const xs = points(2, 8, 400);
    const exact = engine.forwardExact(Float64Array.from(xs.flat()));
    xs.forEach((x, i) => {
      const y = exact.at(i, 0);
      if (!y.eq(made.formula(x))) expect.fail(`at ${x}`);
      if (!within(f, x, y, made.report.bound)) expect.fail(`at ${x}: beyond the bound`);
    });
    engine.dispose();
  });

  test('any function of the class: random polynomials scaled into it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        (c, n) => {
          const f = expressionTarget(c.map((v, k) => `(${v}/7)*x^${k}`).join('+'));
          const made = taylor(f, { n, N: 8 });
          for (const x of points(1, 8, 4)) {
            expect(made.network.evaluate(x)[0]!.eq(made.formula(x))).toBe(true);
            expect(within(f, x, made.formula(x), made.report.bound)).toBe(true);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('bad arguments are refused in a sentence', () => {
    const f = expressionTarget('sin(x)');
    const bad = (o: Partial<TaylorOptions>) => () => taylor(f, { n: 2, epsilon: 0.1, ...o });
    expect(bad({ lambda: 1 })).toThrow('weight: lambda: expected a whole number in 2..64, got 1');
    expect(bad({ n: 0 })).toThrow('taylor: smoothness n: expected a whole number in 1..16, got 0');
    expect(bad({ n: Number.NaN })).toThrow(InputError);
    expect(bad({ epsilon: 0 })).toThrow('epsilon: expected an error above 0, got 0');
    expect(bad({ epsilon: -1 })).toThrow(InputError);
    expect(bad({ epsilon: Number.NaN })).toThrow('epsilon: expected an error above 0, got NaN');
    expect(bad({ N: 8 })).toThrow('taylor: expected either epsilon or N, got "both"');
    expect(() => taylor(f, { n: 2 })).toThrow(InputError);
    expect(() => taylor(f, { n: 2, N: 12 })).toThrow('taylor: N: expected a power of two (weights are dyadic), got 12');
    expect(bad({ lambda: 3, quantisation: 'linear' })).toThrow(/one of 2, 4, 8, 16/);
    expect(bad({ sharing: 'some' as 'full' })).toThrow(InputError);
    expect(bad({ constants: 'best' as 'sharp' })).toThrow(InputError);
    expect(() => planTaylor({ d: 0 }, { n: 1, N: 2 })).toThrow(
      'taylor: dimension d: expected a whole number in 1..6, got 0',
    );
    expect(() => taylor(expressionTarget('1/x'), { n: 1, N: 4 })).toThrow(/1 bounded derivative on \[0,1\]\^1/);
    expect(() => taylor(expressionTarget('sqrt(x)'), { n: 2, N: 4 })).toThrow(InputError);
    expect(() => taylor(expressionTarget('abs(x-0.3)'), { n: 2, N: 4 })).toThrow(InputError);
    expect(() => taylor(expressionTarget('log(x-2)'), { n: 1, N: 4, scaleLog2: 0 })).toThrow(InputError);
    expect(bad({ epsilon: 1e-300 })).toThrow(/grid of 2\^40/);
  });
});
