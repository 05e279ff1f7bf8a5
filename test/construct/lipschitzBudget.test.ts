import { describe, expect, test } from 'vitest';
import { type BudgetPlan, heightsOf, planBudget, type ZigZag, zigZagAt } from '../../src/construct/index.ts';
import { buildShallow, planShallow, type ShallowShape } from '../../src/construct/shallow.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Rational } from '../../src/exact/index.ts';
import type { Network } from '../../src/net/index.ts';
import { lowerBounds } from '../../src/rates/index.ts';
import { expectWithin, worstAt } from '../support/budgets.ts';
import { randomBits, zigZags, zigZagTarget } from '../support/zigzags.ts';

const gapOf = ({ width, depth, bits, guaranteed }: BudgetPlan): number =>
  guaranteed.toNumber() / lowerBounds({ width, depth, bits }).best.toNumber();

const UNIT_GRID = { lo: Dyadic.ZERO, hi: Dyadic.ONE, offset: Dyadic.ZERO };

/** A zig-zag that stays within [-1, 1]: random, fast and slow stretches. */
function mixed(steps: number, seed: number): ZigZag {
  const bits = randomBits(steps, seed);
  for (let i = 0; i < steps; i++) {
    if (i % 5000 < 1500) bits[i] = i & 1;
    else if (i % 5000 > 4000) bits[i] = Math.floor(i / 300) & 1;
  }
  return { start: seed % 17, up: bits };
}

/** Cell ends and what is beside them, and seeded points. */
function pointsFor(
  { rate: steps, period, pieces }: Pick<BudgetPlan, 'rate' | 'period' | 'pieces'>,
  count: number,
): Float64Array {
  const points = [0, 1];
  const rate = (steps as Dyadic).toNumber();
  const every = period as number;
  const cells = Math.floor(pieces / every);
  for (let n = 0; n < count; n++) {
    const k = 1 + ((n * 7919) % Math.max(1, cells));
    for (const off of [-1.25, -1, -0.75, -0.5, -0.25, 0, 0.25]) points.push((k * every + off) / rate);
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

describe('zig-zags inside a budget', () => {
  test.each([
    ['bits', 64, 64, 4],
    ['bits', 64, 64, 8],
    ['bits', 64, 64, 16],
    ['bits', 64, 64, 32],
    ['bits', 64, 64, 1],
    ['bits', 64, 64, 2],
    ['bits', 16, 64, 4],
    ['bits', 12, 100, 6],
    ['bits', 24, 40, 3],
    ['bits', 40, 30, 11],
    ['bits', 128, 20, 7],
    ['bits', 33, 129, 48],
    ['matrix', 64, 4, 16],
    ['matrix', 65, 9, 16],
    ['matrix', 128, 10, 14],
    ['matrix', 256, 4, 14],
    ['matrix', 300, 6, 64],
  ] as const)(
    '%s, W = %i, L = %i, b = %i: within the budget, and the zig-zag at every real input',
    (method, width, depth, bits) => {
      const plan = planBudget({ width, depth, bits });
      expect(plan.method).toBe(method);
      const g = mixed(plan.pieces, width);
      const net = plan.fromZigZag?.(g) as Network;
      expectWithin(net, plan);
      const rate = plan.rate as Dyadic;
      const points = pointsFor(plan, 20);
      expectZigZag(net, g, rate, plan.guaranteed, points);
      // The oracle confirms the engine.
      for (const x of points.subarray(0, 3)) {
        const height = zigZagAt(g, { ...UNIT_GRID, rate, unit: plan.guaranteed }, Dyadic.from(x));
        expect(net.evaluate([x])[0]).toEqual(height);
      }
    },
  );

  test('encode a function of the class: the network is its sigma-delta zig-zag', () => {
    for (const [width, depth, bits] of [
      [24, 40, 4],
      [20, 60, 9],
    ] as const) {
      const plan = planBudget({ width, depth, bits });
      for (const f of [zigZagTarget(randomBits(97, 5)), expressionTarget('sin(8*x)/8'), expressionTarget('7 - x')]) {
        const { network, zigZag, offset, guaranteed } = plan.network(f);
        expect(guaranteed).toEqual(plan.guaranteed);
        expectZigZag(network, zigZag as ZigZag, plan.rate as Dyadic, plan.guaranteed, pointsFor(plan, 20));
        const points = Array.from({ length: 65 }, (_, i) => Rational.of(BigInt(i), 64n));
        expect(worstAt(f, network, points, offset)).toBeLessThanOrEqual(guaranteed.toNumber());
      }
    }
  });

  test.each([
    [39, 4, 4, 1],
    [39, 4, 5, 1],
    [39, 5, 30, 1],
    [41, 7, 12, 2],
    [39, 13, 11, 4],
    [51, 10, 40, 3],
  ])('matrices where other ways are better: W = %i, L = %i, b = %i', (width, depth, bits, blocks) => {
    const budget = { width, depth, bits };
    const shape = planShallow(budget) as ShallowShape;
    expect(shape.blocks).toBe(blocks);
    const { pieces, steps, unit } = shape;
    expect(unit.toNumber()).toBeLessThan((1 + 2 ** (1 - bits)) / pieces);
    for (const g of Object.values(zigZags(pieces))) {
      const net = buildShallow(shape, g);
      expectWithin(net, budget);
      const points = pointsFor({ rate: Dyadic.from(pieces), period: steps, pieces }, 3 * shape.cells);
      expectZigZag(net, g, Dyadic.from(pieces), unit, points);
    }
    expect(planShallow({ width: 38, depth, bits })).toBe(undefined);
    expect(planShallow({ width, depth: 3, bits })).toBe(undefined);
  });

  test('gap factors: 12 at (64,64) for b = 4 and 8, 15 for b = 16, 25 for b = 32, 9 at (64,256,4), 300 at (256,4,16)', () => {
    const gap = (width: number, depth: number, bits: number): number => gapOf(planBudget({ width, depth, bits }));
    expect(gap(64, 64, 4)).toBeLessThan(12);
    expect(gap(64, 64, 8)).toBeLessThan(12);
    expect(gap(64, 64, 16)).toBeLessThan(15);
    expect(gap(64, 64, 32)).toBeLessThan(25);
    expect(gap(64, 256, 4)).toBeLessThan(9);
    expect(gap(16, 64, 4)).toBeLessThan(22);
    // Wide and shallow.
    expect(gap(256, 4, 16)).toBeLessThan(300);
    expect(gap(1024, 4, 18)).toBeLessThan(330);
  });
});
