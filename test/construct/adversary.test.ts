/**
 * Worst cases found by search: zig-zags that a climb makes as bad as it can for one plan. The guarantee holds against each of
 * them, and for small plans the climb comes near it, so that a smaller guarantee would have been refuted.
 */
import { expect, test } from 'vitest';
import { certifySup } from '../../src/certify/index.ts';
import { type BudgetPlan, planBudget } from '../../src/construct/index.ts';
import { Dyadic, Rational, tableTarget } from '../../src/exact/index.ts';
import { randomBits } from '../support/zigzags.ts';

/** A zig-zag within [-1, 1] on n steps; `shift` moves it off the plan's own grid. */
function target(up: Uint8Array, shift: number): ReturnType<typeof tableTarget> {
  const n = BigInt(up.length);
  let y = 0;
  const points = [{ x: Rational.of(0n), y: Rational.of(BigInt(shift), 16n * n) }];
  up.forEach((u, i) => {
    y += u === 1 ? 1 : -1;
    points.push({ x: Rational.of(BigInt(i + 1), n), y: Rational.of(16n * BigInt(y) + BigInt(shift), 16n * n) });
  });
  return tableTarget(points, { text: 'a zig-zag found by search' });
}

/** The exact error of the plan's network for this zig-zag. */
function errorOf(plan: BudgetPlan, up: Uint8Array, shift: number): Dyadic {
  const f = target(up, shift);
  const { network, guaranteed, offset } = plan.network(f);
  expect(guaranteed).toEqual(plan.guaranteed);
  const shifted = offset.isZero
    ? f
    : tableTarget(
        (f.knots ?? []).map(({ x, y }) => ({ x, y: y.sub(Rational.fromDyadic(offset)) })),
        { text: 'shifted' },
      );
  const { upper } = certifySup(network, shifted);
  return upper as Dyadic;
}

test.each([
  [4, 10, 3, 24, 0.5],
  [8, 4, 4, 40, 0.5],
  [12, 6, 3, 60, 0.5],
  [2, 2, 4, 5, 0.3],
])(
  'W = %i, L = %i, b = %i: a climb over zig-zags of %i steps stays below the guarantee',
  (width, depth, bits, steps, near) => {
    const plan = planBudget({ width, depth, bits });
    let worst = Dyadic.ZERO;
    for (const seed of [1, 2]) {
      const up = randomBits(steps, seed);
      let here = errorOf(plan, up, seed);
      for (let round = 0; round < 25; round++) {
        const at = (round * 7919 + seed * 31) % steps;
        const length = 1 + (round % 3);
        for (let i = at; i < Math.min(steps, at + length); i++) up[i] = 1 - (up[i] as number);
        const next = errorOf(plan, up, seed);
        if (next.ge(here)) here = next;
        else for (let i = at; i < Math.min(steps, at + length); i++) up[i] = 1 - (up[i] as number);
      }
      expect(here.le(plan.guaranteed)).toBe(true);
      worst = worst.max(here);
    }
    expect(worst.toNumber() / plan.guaranteed.toNumber()).toBeGreaterThan(near);
  },
);
