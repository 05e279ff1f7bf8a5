import { describe, expect, test } from 'vitest';
import { planBudget } from '../../src/construct/index.ts';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import { denseEntries } from '../../src/net/index.ts';
import { depthPicture, drawPicture, regimesPicture } from '../../src/plot/index.ts';
import { lowerBounds, regimeThresholds } from '../../src/rates/index.ts';
import { askBudget, bestWithin, depthRows, fitExponents, regimeRows, widthWithin } from '../../src/workbench/index.ts';
import { elementsOf } from '../support/svg.ts';

describe('the three-regime experiment', () => {
  const rows = regimeRows({ width: 64, depth: 3, bits: [1, 128] });

  test('has one row for every b, between its bounds, and never gets worse with more bits', () => {
    expect(rows.map((r) => r.bits)).toEqual(Array.from({ length: 128 }, (_, i) => i + 1));
    for (const [i, row] of rows.entries()) {
      const { precision, memory, vc, best, regime } = lowerBounds(row);
      expect(row.regime).toBe(regime);
      for (const [shown, exact] of [
        [row.lower.precision, precision.toNumber()],
        [row.lower.memory, memory.toNumber()],
        [row.lower.vc, vc.toNumber()],
      ] as const) {
        expect(shown).toBeLessThanOrEqual(exact);
        expect(shown).toBeGreaterThan(exact * (1 - 1e-12));
      }
      expect(row.gap).toBe(row.achieved / best.toNumber());
      expect(row.gap).toBeGreaterThanOrEqual(1);
      if (i > 0) expect(row.achieved).toBeLessThanOrEqual((rows[i - 1] as typeof row).achieved);
    }
  });

  test('reports what the plans give, also where values of b were skipped', () => {
    for (const bits of [1, 2, 3, 5, 9, 17, 33, 100, 128]) {
      const { achieved } = rows[bits - 1] as (typeof rows)[number];
      const plan = planBudget({ width: 64, depth: 3, bits }).guaranteed.toNumber();
      expect(achieved).toBeLessThanOrEqual(plan * (1 + 2 ** -20));
    }
  });

  test('shows the three regimes where they exist: (64,3) to b = 4 and from b = 44, and three classes more', () => {
    expect(rows.map((r) => r.regime).join()).toBe(
      [...Array(4).fill('under'), ...Array(39).fill('proper'), ...Array(85).fill('over')].join(),
    );
    expect(regimeThresholds(256, 3)).toEqual({ proper: 7, over: 48 });
    expect(regimeThresholds(1024, 3).proper).toBe(8);
    const { proper, over } = regimeThresholds(256, 4);
    expect([proper > 2, over > proper]).toEqual([true, true]);
  });

  test('exponents of the lower bound are near the theory, which the fit finds exactly on its own laws', () => {
    const [under, proper, over] = fitExponents(rows);
    expect(under).toMatchObject({ regime: 'under', from: 1, to: 4, theory: -3, against: 'bit' });
    expect(under?.lower).toBeCloseTo(-3, 10);
    expect(proper?.lower).toBeGreaterThan(-1);
    expect(proper?.lower).toBeLessThan(-0.8);
    expect(over?.lower).toBeCloseTo(0, 10);
    const law = rows.map((r) => ({ ...r, regime: 'proper' as const, achieved: r.bits ** -1.5, gap: 1 }));
    expect(fitExponents(law)[0]?.achieved).toBeCloseTo(-1.5, 10);
  });

  test('is drawn: shades, bounds, achieved, and what is proved', () => {
    const svg = drawPicture(regimesPicture({ rows, exponents: fitExponents(rows), command: 'c' }));
    const texts = elementsOf(svg).map((e) => e.text);
    for (const name of ['under-quantised', 'proper', 'over-quantised', 'lower bound: memory']) {
      expect(texts).toContain(name);
    }
  });

  test('integer bits make the class larger, so its memory bound smaller', () => {
    const [wide] = regimeRows({ width: 16, depth: 3, bits: [4, 4], integerBits: 3 });
    const [plain] = regimeRows({ width: 16, depth: 3, bits: [4, 4] });
    expect(wide?.lower.memory).toBeLessThan(plain?.lower.memory as number);
    expect(wide?.achieved).toBe(plain?.achieved);
  });

  test('refuses ranges and memories that are none', () => {
    expect(() => regimeRows({ width: 4, depth: 4, bits: [3, 2] })).toThrow(InputError);
    expect(() => depthRows({ memory: 1 })).toThrow('regimes memory in bits: expected a whole number in 12..');
  });
});

test('at constant memory the deep networks win, and no row exceeds the memory', () => {
  const memory = 8 * 16384;
  const rows = depthRows({ memory, bits: [4, 8], depths: [3, 8, 48] });
  for (const r of rows) {
    expect(r.denseBits).toBe(denseEntries(r.width, r.depth) * (r.bits + 2));
    expect(r.denseBits).toBeLessThanOrEqual(memory);
    expect(denseEntries(r.width + 1, r.depth) * (r.bits + 2)).toBeGreaterThan(memory);
  }
  expect((rows[2] as (typeof rows)[number]).achieved * 10).toBeLessThan((rows[0] as (typeof rows)[number]).achieved);
  elementsOf(drawPicture(depthPicture({ rows, memory, command: 'c' })));
});

describe('a budget', () => {
  test('is answered with a bound that is reached, one that is not, and the change that helps most', () => {
    const answer = askBudget({ width: 16, depth: 16, bits: 4, height: Dyadic.from(3) });
    expect(answer.achieved).toEqual(planBudget({ width: 16, depth: 16, bits: 4 }).guaranteed.mul(Dyadic.from(3)));
    expect(answer.regime).toBe('proper');
    expect(answer.lower.toNumber()).toBeCloseTo(3 * lowerBounds({ width: 16, depth: 16, bits: 4 }).best.toNumber(), 12);
    const [first, second, third] = answer.changes.map((c) => c.achieved.toNumber()) as [number, number, number];
    expect([first <= second, second <= third]).toEqual([true, true]);
    for (const { denseBits } of answer.changes) expect(denseBits).toBeLessThan(2.3 * answer.denseBits);
    expect(new Set(answer.changes.map((c) => c.change)).size).toBe(3);
  });

  test('of memory alone gives the best shape found, within the memory', () => {
    const { best, matrix } = bestWithin(256);
    expect(denseEntries(best.width, best.depth) * (best.bits + 2)).toBeLessThanOrEqual(2048);
    const here = planBudget(best).guaranteed;
    for (const [depth, bits] of [
      [2, 4],
      [3, 2],
      [8, 4],
    ] as const) {
      const other = planBudget({ width: widthWithin(2048, depth, bits), depth, bits }).guaranteed;
      expect(here.le(other)).toBe(true);
    }
    expect(matrix?.toNumber()).toBe(2 ** -11);
  });
});
