/** L^p norms over boxes: integrals known by hand, and bounds that tighten when boxes are halved. */
import { describe, expect, test } from 'vitest';
import { certifyOnGrid } from '../../src/certify/grid.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { callbackTarget, Dyadic, type Target } from '../../src/exact/index.ts';
import { affine } from '../../src/net/index.ts';

const ends = (d: number): Dyadic[][] => Array.from({ length: d }, () => [Dyadic.ZERO, Dyadic.ONE]);
const nothing = (d: number) => affine([Array.from({ length: d }, () => 0)]);
const norm = (f: Target, p: number, maxBoxes?: number) =>
  certifyOnGrid(nothing(f.inputs), f, {
    cuts: ends(f.inputs),
    norm: p,
    ratio: 1.01,
    ...(maxBoxes === undefined ? {} : { maxBoxes }),
  });

describe.each([1, 1.5, 2, 3, 4])('p = %d', (p) => {
  test.each([
    ['x1 - x2', 2 / ((p + 1) * (p + 2))],
    ['x1', 1 / (p + 1)],
    ['3/4 + 0*x1*x2', 0.75 ** p],
    ['abs(x1 - x2)', 2 / ((p + 1) * (p + 2))],
    ['x1*x2', 1 / (p + 1) ** 2],
    ['x1*x2*x3', 1 / (p + 1) ** 3],
    ['sqrt(x1)', 1 / (p / 2 + 1)],
  ])('%s', (text, integral) => {
    const f = expressionTarget(text, { inputs: text.includes('x3') ? 3 : 2 });
    const want = integral ** (1 / p);
    const { status, lower, upper } = norm(f, p, 256);
    expect(status).toBe('proved');
    expect(lower.toNumber()).toBeLessThanOrEqual(want * (1 + 1e-12));
    expect(upper!.toNumber()).toBeGreaterThanOrEqual(want * (1 - 1e-12));
    expect(upper!.toNumber() / lower.toNumber()).toBeLessThan(1.25);
  });
});

test('more boxes, sharper bounds', () => {
  const f = expressionTarget('sin(5*x1)*x2');
  const [coarse, fine] = [norm(f, 2, 8), norm(f, 2, 512)];
  expect(fine.upper!.lt(coarse.upper!)).toBe(true);
  expect(fine.lower.gt(coarse.lower)).toBe(true);
  // The integral of sin(5x)^2 y^2 over the square.
  const want = Math.sqrt((1 / 2 - Math.sin(10) / 20) / 3);
  expect(fine.lower.toNumber()).toBeLessThan(want);
  expect(fine.upper!.toNumber()).toBeGreaterThan(want);
  expect(fine.upper!.toNumber() / fine.lower.toNumber()).toBeLessThan(1.02);
});

test('a callback with a Lipschitz constant, and a target that is not bounded', () => {
  const f = callbackTarget((x, y) => Math.abs(x - y), { lipschitz: 2, inputs: 2 });
  const { lower, upper } = norm(f, 1, 500);
  expect(lower.toNumber()).toBeLessThan(1 / 3);
  expect(upper!.toNumber()).toBeGreaterThan(1 / 3);
  expect(norm(expressionTarget('1/(x1 + x2)'), 2)).toMatchObject({ status: 'undecided', upper: undefined });
});
