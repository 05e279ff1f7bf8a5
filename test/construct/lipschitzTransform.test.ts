import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lipschitzTransform, transformedAt } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, InputError, Interval, Rational, tableTarget } from '../../src/exact/index.ts';

const FUNCTIONS = [
  'sin(x)',
  'abs(x-1/3)-1/2',
  'x',
  '1-x',
  '0',
  'abs(sin(5*x))/5',
  'min(x,0.3)',
  'cos(7*x)/7',
  'sqrt(1+x^2)-1',
] as const;

const unit = fc.double({ min: 0, max: 1, noNaN: true });

describe('D6 lipschitzTransform', () => {
  test('grid values are f rounded up to multiples of 2^-t/T', () => {
    for (const text of FUNCTIONS) {
      const f = expressionTarget(text);
      for (const [T, t] of [
        [1, 0],
        [4, 2],
        [16, 3],
        [64, 5],
      ] as const) {
        const { values, slack, target } = lipschitzTransform(f, T, t);
        const step = Dyadic.pow2(-t).mul(Dyadic.of(1n, -Math.log2(T)));
        expect(values.length).toBe(T + 1);
        for (let i = 0; i <= T; i++) {
          const x = Dyadic.from(i / T);
          const value = step.mul(Dyadic.of(values[i]!));
          const y = f.enclose([Interval.of(x)], 200)!;
          expect(value.add(slack).ge(y.lo) && value.sub(step).lt(y.hi)).toBe(true);
          // f~ itself takes that value.
          expect(target.enclose([Interval.of(x)], 60)!.contains(value)).toBe(true);
        }
      }
    }
  });

  test('|f~ - f| < 2^-t/T and Lipschitz constant 1, at any two points', () => {
    for (const text of FUNCTIONS) {
      const f = expressionTarget(text);
      const transform = lipschitzTransform(f, 8, 2);
      const most = Dyadic.pow2(-5);
      fc.assert(
        fc.property(unit, unit, (x, y) => {
          const [a, b] = [transformedAt(transform, x, 120), transformedAt(transform, y, 120)];
          const fx = f.enclose([Interval.of(x)], 120)!;
          // Rounded up: never below f, and above it by less than a step (up to the enclosures' width).
          expect(a.sub(fx).hi.sign).toBeGreaterThanOrEqual(0);
          expect(a.sub(fx).lo.lt(most)).toBe(true);
          const distance = Dyadic.from(x).sub(Dyadic.from(y)).abs();
          expect(a.sub(b).mignitude.le(distance)).toBe(true);
        }),
        { numRuns: 60 },
      );
    }
  });

  test('boxes hold the values at their points', () => {
    const transform = lipschitzTransform(expressionTarget('abs(sin(5*x))/5'), 64, 3);
    fc.assert(
      fc.property(unit, unit, unit, (a, b, c) => {
        const [lo, x, hi] = [a, b, c].sort((p, q) => p - q) as [number, number, number];
        const box = transform.target.enclose([Interval.of(lo, hi)], 53)!;
        expect(box.encloses(transformedAt(transform, x, 80)) || box.contains(transformedAt(transform, x, 80).mid)).toBe(
          true,
        );
      }),
    );
    expect(transform.target.enclose([Interval.of(-1, 0)], 53)).toBeUndefined();
  });

  test('tables work, exactly', () => {
    const f = tableTarget([
      { x: Rational.of(0n), y: Rational.of(1n, 3n) },
      { x: Rational.of(1n, 3n), y: Rational.of(0n) },
      { x: Rational.of(1n), y: Rational.of(1n, 2n) },
    ]);
    const { values, slack } = lipschitzTransform(f, 4, 2);
    expect(slack.isZero).toBe(true);
    // 16 f(i/4) = 5.33.., 1.33.., 2, 5, 8, rounded up.
    expect(values.map(Number)).toEqual([6, 2, 2, 5, 8]);
  });

  test('what is not Lipschitz, not defined or out of range is refused', () => {
    expect(() => lipschitzTransform(expressionTarget('2*x'), 4, 3)).toThrow(
      'lipschitzTransform: expected a function with Lipschitz constant 1, got "2*x, steeper between 0/4 and 1/4"',
    );
    expect(() => lipschitzTransform(expressionTarget('1/x'), 4, 3)).toThrow(/defined on \[0,1\]/);
    expect(() => lipschitzTransform(expressionTarget('x'), 3, 3)).toThrow(/power of two/);
    expect(() => lipschitzTransform(expressionTarget('x'), 4, -1)).toThrow(InputError);
    expect(() => lipschitzTransform(expressionTarget('x1+x2'), 4, 1)).toThrow(/one input/);
  });
});
