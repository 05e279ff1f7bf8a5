import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BudgetPlan, heightsOf, lipschitz, planBudget, type ZigZag } from '../../src/construct/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, InputError, Interval, Rational, type Target } from '../../src/exact/index.ts';
import type { Network } from '../../src/net/index.ts';
import { lowerBounds } from '../../src/rates/index.ts';
import { randomBits, zigZagTarget } from '../support/zigzags.ts';

const gapOf = ({ width, depth, bits, guaranteed }: BudgetPlan): number =>
  guaranteed.toNumber() / lowerBounds({ width, depth, bits }).best.toNumber();

function expectWithin(net: Network, { width, depth, bits }: { width: number; depth: number; bits: number }): void {
  expect(net.width).toBeLessThanOrEqual(width);
  expect(net.depth).toBeLessThanOrEqual(depth);
  expect(net.fractionalBits).toBeLessThanOrEqual(bits);
  expect(net.integerBits).toBe(0);
}

/** A zig-zag that stays within [-1, 1]: random, fast and slow stretches. */
function mixed(steps: number, seed: number): ZigZag {
  const bits = randomBits(steps, seed);
  for (let i = 0; i < steps; i++) {
    if (i % 5000 < 1500) bits[i] = i & 1;
    else if (i % 5000 > 4000) bits[i] = Math.floor(i / 300) & 1;
  }
  return { start: seed % 17, up: bits };
}

/** Cell ends, both ends and the middle of short steps, and seeded points. */
function pointsFor(plan: BudgetPlan & { rate: Dyadic; period: number }, count: number): Float64Array {
  const points = [0, 1];
  const rate = plan.rate.toNumber();
  const cells = Math.floor(plan.pieces / plan.period);
  for (let n = 0; n < count; n++) {
    const k = 1 + ((n * 7919) % Math.max(1, cells));
    for (const off of [-1.25, -1, -0.75, -0.5, -0.25, 0, 0.25]) points.push((k * plan.period + off) / rate);
  }
  let state = 3;
  for (let n = 0; n < 5 * count; n++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    points.push(state / 2 ** 32);
  }
  return Float64Array.from(points.filter((x) => x >= 0 && x <= 1));
}

function expectZigZag(net: Network, g: ZigZag, rate: Dyadic, unit: Dyadic, points: Float64Array): void {
  const heights = heightsOf(g);
  const engine = Engine.createSync(net);
  const outputs = engine.forwardExact(points);
  engine.dispose();
  let wrong = 0;
  points.forEach((p, r) => {
    const t = Dyadic.from(p).mul(rate);
    const i = Math.min(Number(t.floor()), g.up.length - 1);
    const part = t.sub(Dyadic.from(i));
    const height = Dyadic.from(heights[i] as number).add(g.up[i] === 1 ? part : part.neg());
    if (!outputs.at(r, 0).eq(unit.mul(height))) wrong++;
  });
  expect(wrong).toBe(0);
}

describe('networks of bits inside a budget', () => {
  test.each([
    [64, 64, 4],
    [64, 64, 8],
    [64, 64, 16],
    [64, 64, 32],
    [64, 64, 1],
    [64, 64, 2],
    [16, 64, 4],
    [12, 100, 6],
    [24, 40, 3],
    [40, 30, 11],
    [128, 20, 7],
    [33, 129, 48],
  ])('W = %i, L = %i, b = %i: within the budget, and the zig-zag at every real input', (width, depth, bits) => {
    const plan = planBudget({ width, depth, bits });
    expect(plan.method).toBe('bits');
    const f = zigZagTarget(randomBits(97, 5));
    const small = plan.network(f);
    const g = mixed(plan.pieces, width);
    const net = plan.fromZigZag?.(g) as Network;
    expectWithin(net, plan);
    const steps = Number(/of (\d+) bits/.exec(plan.sentence)?.[1]);
    const rate = small.rate as Dyadic;
    const points = pointsFor({ ...plan, rate, period: steps + 1 }, 40);
    expectZigZag(net, g, rate, plan.guaranteed, points);
    expectZigZag(small.network, small.zigZag as ZigZag, rate, plan.guaranteed, points.subarray(0, 300));
    for (const x of points.subarray(0, 6)) {
      const engine = Engine.createSync(net);
      expect(engine.forwardExact(Float64Array.of(x)).at(0, 0)).toEqual(net.evaluate([x])[0]);
      engine.dispose();
    }
  });

  test('gap factors: 12 at (64,64) for b = 4 and 8, 15 for b = 16, 25 for b = 32, 9 at (64,256,4)', () => {
    const gap = (width: number, depth: number, bits: number): number => gapOf(planBudget({ width, depth, bits }));
    expect(gap(64, 64, 4)).toBeLessThan(12);
    expect(gap(64, 64, 8)).toBeLessThan(12);
    expect(gap(64, 64, 16)).toBeLessThan(15);
    expect(gap(64, 64, 32)).toBeLessThan(25);
    expect(gap(64, 256, 4)).toBeLessThan(9);
    expect(gap(16, 64, 4)).toBeLessThan(22);
  });
});

test('500 random budgets: the guaranteed error is never below the lower bound', () => {
  const budget = fc.record({
    width: fc.integer({ min: 1, max: 24 }),
    depth: fc.integer({ min: 1, max: 40 }),
    bits: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 600 })),
  });
  fc.assert(
    fc.property(budget, ({ width, depth, bits }) => {
      const plan = planBudget({ width, depth, bits });
      const { best } = lowerBounds({ width, depth, bits });
      expect(Rational.fromDyadic(plan.guaranteed).compare(best)).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 500, seed: 1 },
  );
});

/** |f - net| at every knot of f and in between, in rationals; f is a table. */
function worstAt(f: Target, net: Network, points: readonly Rational[], offset: Dyadic): number {
  let worst = 0;
  for (const x of points) {
    const at = x.toDyadic();
    if (!at) continue;
    const value = f.enclose([Interval.of(at)], 80) as Interval;
    const y = (net.evaluate([at])[0] as Dyadic).add(offset);
    worst = Math.max(worst, value.hi.sub(y).abs().toNumber(), value.lo.sub(y).abs().toNumber());
  }
  return worst;
}

describe('small budgets', () => {
  test('keep their budget and their guarantee on hard zig-zags, whatever is built', () => {
    const methods = new Set<string>();
    for (const [width, depth, bits] of [
      [1, 1, 1],
      [1, 1, 9],
      [1, 7, 2],
      [2, 2, 4],
      [2, 3, 1],
      [3, 5, 4],
      [4, 10, 3],
      [8, 4, 2],
      [64, 2, 5],
      [64, 3, 1],
      [64, 3, 2],
      [64, 3, 6],
      [16, 16, 1],
      [16, 16, 4],
      [9, 30, 5],
    ] as const) {
      const plan = planBudget({ width, depth, bits });
      methods.add(plan.method);
      for (const [steps, seed] of [
        [8, 1],
        [64, 2],
        [256, 3],
        [128, 4],
      ] as const) {
        const f = zigZagTarget(
          seed === 4 ? Uint8Array.from({ length: 128 }, (_, i) => i & 1) : randomBits(steps, seed),
        );
        const { network, guaranteed, offset } = plan.network(f);
        expectWithin(network, plan);
        const points = Array.from({ length: 257 }, (_, i) => Rational.of(BigInt(i), 256n));
        expect(worstAt(f, network, points, offset)).toBeLessThanOrEqual(guaranteed.toNumber());
      }
    }
    expect([...methods].sort()).toEqual(['affine', 'bits', 'knots']);
  });

  test('say so where nothing but an affine map fits', () => {
    const { method, sentence } = planBudget({ width: 1, depth: 1, bits: 4 });
    expect([method, sentence]).toEqual(['affine', 'one affine map: the budget is too small for anything else']);
  });
});

describe('lipschitz({ width, depth, bits })', () => {
  test('brings any interval, constant and offset to H1', () => {
    for (const [text, domain, constant] of [
      ['sin(6*x)/6', [0, 1], 1],
      ['1000 + 3*abs(x)', [-2, 2], 3],
      ['x/3 + 5', [0, 1], 1],
      ['exp(x)', [-1, 0], 1],
    ] as const) {
      const f = expressionTarget(text);
      for (const [width, depth, bits] of [
        [20, 40, 4],
        [16, 4, 6],
        [1, 1, 8],
      ] as const) {
        const plan = lipschitz({ width, depth, bits, domain, constant });
        const { network, guaranteed, normalisation, status } = plan.network(f);
        expect(status).toBe('proved');
        expectWithin(network, { width, depth, bits });
        const { lo, length, height, offset } = normalisation;
        for (let i = 0; i <= 50; i++) {
          const u = Dyadic.of(BigInt(i * 20), -10);
          const y = offset.add(height.mul(network.evaluate([u])[0] as Dyadic));
          const value = f.enclose([Interval.of(lo.add(length.mul(u)))], 100) as Interval;
          expect(value.hi.sub(y).abs().max(value.lo.sub(y).abs()).le(guaranteed)).toBe(true);
        }
      }
    }
  });

  test('never does worse with more', () => {
    const error = (width: number, depth: number, bits: number): number =>
      planBudget({ width, depth, bits }).guaranteed.toNumber();
    for (const [width, depth, bits] of [
      [8, 12, 2],
      [14, 30, 5],
      [20, 20, 3],
      [5, 9, 8],
    ] as const) {
      const base = error(width, depth, bits);
      expect(error(width + 1, depth, bits)).toBeLessThanOrEqual(base);
      expect(error(width, depth + 1, bits)).toBeLessThanOrEqual(base);
      expect(error(width, depth, bits + 1)).toBeLessThanOrEqual(base);
    }
  });

  test('refuses in a sentence', () => {
    expect(() => lipschitz({ width: 0, depth: 3, bits: 1 })).toThrow(
      new InputError('lipschitz width: expected a whole number in 1..4096, got 0'),
    );
    expect(() => lipschitz({ width: 3, depth: 3, bits: 0 })).toThrow(
      new InputError('lipschitz bits: expected a whole number in 1..65536, got 0'),
    );
    expect(() => lipschitz({ width: 8, depth: 8, bits: 3 }).network(expressionTarget('2*x'))).toThrow(
      new InputError('lipschitz: expected a target with Lipschitz constant at most 1, got "2 for 2*x"'),
    );
  });
});
