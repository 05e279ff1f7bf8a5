import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expressionTarget, parseNumber } from '../../src/exact/expression.ts';
import {
  callbackTarget,
  Dyadic,
  enclosing,
  InputError,
  Interval,
  modulusBound,
  Rational,
  tableTarget,
} from '../../src/exact/index.ts';
import { mpfr } from '../support/mpfr.ts';

const D = Dyadic.from;
const at = (x: number | Dyadic): Interval => Interval.of(x);

describe('expressionTarget', () => {
  test('sin(2*pi*x)/(2*pi) holds what MPFR finds', () => {
    const f = expressionTarget('sin(2*pi*x)/(2*pi)');
    const quarter = f.enclose([at(0.25)], 60) as Interval;
    expect(quarter.lo.toNumber()).toBe(1 / (2 * Math.PI));
    expect(f.restsOn[0]).toContain('sin(2*pi*x)/(2*pi)');
    const slope = f.taylor?.(at(0), 1, 60) as Interval[];
    expect((slope[1] as Interval).contains(Dyadic.ONE)).toBe(true);
    expect((slope[1] as Interval).width.toNumber()).toBeLessThan(2 ** -55);
  });

  test('kinks have generalised first derivatives and no second', () => {
    const f = expressionTarget('abs(x-1/3)');
    const across = Interval.of(0, 1);
    expect(f.enclose([across], 60)?.lo.isZero).toBe(true);
    expect(f.taylor?.(across, 1, 60)?.[1]).toEqual(Interval.of(-1, 1));
    expect(f.taylor?.(across, 2, 60)).toBeUndefined();
    expect(f.taylor?.(Interval.of(0.5, 1), 2, 60)?.[1]).toEqual(Interval.of(1));
    expect(f.lipschitz?.([across], 30)?.toNumber()).toBe(1);
  });

  test('decimals are decimals', () => {
    expect(expressionTarget('x - 0.1').enclose([at(0.1)], 100)?.lo.sign).toBe(1);
    expect(parseNumber('0.1').exact).toEqual(Rational.of(1n, 10n));
    const turn = parseNumber('2*pi').enclose(80);
    expect(turn.hi.sub(turn.lo).exponent).toBeLessThan(-75);
    expect(mpfr('sin', turn.lo, 60)?.hi.sign).toBe(-1);
    expect(mpfr('sin', turn.hi, 60)?.lo.sign).toBe(1);
  });
});

describe('tableTarget', () => {
  const R = (n: number, d = 1): Rational => Rational.of(BigInt(n), BigInt(d));

  test('is the piecewise linear function through its points, and nothing outside', () => {
    const point = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 }));
    fc.assert(
      fc.property(
        fc.uniqueArray(point, { minLength: 2, maxLength: 60, selector: ([x]) => x }),
        fc.array(fc.tuple(fc.integer({ min: -60 * 64, max: 60 * 64 }), fc.nat(64 * 40)), { maxLength: 20 }),
        (points, boxes) => {
          const f = tableTarget(points.map(([x, y]) => ({ x: R(x, 3), y: R(y, 7) })));
          const sorted = [...points].sort((a, b) => a[0] - b[0]);
          const value = (x: Rational): Rational | undefined => {
            for (let k = 0; k + 1 < sorted.length; k++) {
              const [a, b] = [sorted[k] as [number, number], sorted[k + 1] as [number, number]];
              const [x0, x1] = [R(a[0], 3), R(b[0], 3)];
              if (x0.compare(x) <= 0 && x.compare(x1) <= 0) {
                const slope = R(b[1], 7).sub(R(a[1], 7)).div(x1.sub(x0));
                return R(a[1], 7).add(slope.mul(x.sub(x0)));
              }
            }
            return undefined;
          };
          for (const [start, length] of boxes) {
            const box = Interval.of(Dyadic.of(BigInt(start), -6), Dyadic.of(BigInt(start + length), -6));
            const found = f.enclose([box], 50);
            const ends = [box.lo, box.hi].map((x) => value(Rational.fromDyadic(x)));
            if (ends.some((y) => y === undefined)) {
              expect(found).toBeUndefined();
              continue;
            }
            const inside = sorted
              .map(([x, y]) => ({ x: R(x, 3), y: R(y, 7) }))
              .filter(
                ({ x }) => x.compare(Rational.fromDyadic(box.lo)) >= 0 && x.compare(Rational.fromDyadic(box.hi)) <= 0,
              );
            const heights = [...(ends as Rational[]), ...inside.map(({ y }) => y)];
            const range = heights.reduce((a, b) => (a.compare(b) < 0 ? a : b));
            const peak = heights.reduce((a, b) => (a.compare(b) > 0 ? a : b));
            // Outward from the exact range, by less than two units of the 50th digit.
            const slack = (y: Rational): Rational => y.abs().mul(R(1, 2 ** 49));
            const [lo, hi] = [found?.lo, found?.hi].map((y) => Rational.fromDyadic(y as Dyadic)) as [
              Rational,
              Rational,
            ];
            expect(lo.compare(range) <= 0 && lo.compare(range.sub(slack(range))) >= 0).toBe(true);
            expect(hi.compare(peak) >= 0 && hi.compare(peak.add(slack(peak))) <= 0).toBe(true);
            const slope = f.taylor?.(box, 1, 50)?.[1];
            if (!box.isPoint) {
              const mean = (ends[1] as Rational).sub(ends[0] as Rational).div(Rational.fromDyadic(box.width));
              expect(slope?.encloses(enclosing(mean, 60)) || slope?.encloses(enclosing(mean, 50))).toBe(true);
            }
          }
        },
      ),
    );
  });

  test('refuses a doubled x by its rows', () => {
    const points = [
      { x: R(1), y: R(1) },
      { x: R(2), y: R(1) },
      { x: R(1), y: R(3) },
    ];
    expect(() => tableTarget(points)).toThrow('x = 1 in rows 1 and 3 with different y');
    expect(() => tableTarget(points, { rows: [7, 8, 9] })).toThrow('rows 7 and 9');
    expect(() => tableTarget(points.slice(0, 1))).toThrow('expected at least two points, got 1');
  });

  test('10^5 knots: whole ranges and slopes without looking at every knot each time', () => {
    const n = 100_000;
    const points = Array.from({ length: n + 1 }, (_, k) => ({ x: R(k, 10), y: R(k % 2 === 0 ? 0 : 1 + (k % 997)) }));
    const f = tableTarget(points);
    const whole = Interval.of(0, n / 10);
    expect(f.enclose([whole], 40)).toEqual(Interval.of(0, 997));
    for (let k = 0; k < 1000; k++) f.enclose([Interval.of(k, n / 10 - k)], 40);
    expect(f.lipschitz?.([whole], 40)?.toNumber()).toBe(9970);
  });
});

describe('callbackTarget', () => {
  test('encloses a Lipschitz function and says what this rests on', () => {
    const f = callbackTarget((x) => Math.abs(x - 0.3), { lipschitz: 1, text: 'distance to 0.3' });
    expect(f.restsOn).toEqual([
      'the stated Lipschitz constant 1 of distance to 0.3 in the maximum norm',
      'the float64 values that distance to 0.3 returns, taken as the exact values of f',
    ]);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1024 }),
        fc.nat(1024),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, w, t) => {
          const box = Interval.of(a / 1024, (a + w) / 1024);
          const range = f.enclose([box], 60) as Interval;
          const x = a / 1024 + t * (w / 1024);
          expect(range.contains(D(Math.abs(x - 0.3)))).toBe(true);
          expect(range.width.le(box.width)).toBe(true);
        },
      ),
    );
  });

  test('a modulus serves where no Lipschitz constant does', () => {
    const root = callbackTarget(Math.sqrt, { modulus: (t) => Math.sqrt(t) * (1 + 2 ** -40) });
    const range = root.enclose([Interval.of(0, 0.25)], 60) as Interval;
    expect(range.contains(Dyadic.ZERO) && range.contains(Dyadic.HALF)).toBe(true);
    expect(root.lipschitz?.([Interval.of(0, 1)], 30)).toBeUndefined();
  });

  test('what cannot be is refused in a sentence', () => {
    expect(() => callbackTarget(Math.sin, {})).toThrow(
      'expected either a lipschitz constant or a modulus, got "neither"',
    );
    expect(() => callbackTarget(Math.sin, { lipschitz: -1 })).toThrow('expected a lipschitz constant >= 0, got -1');
    expect(() => callbackTarget(Math.sin, { lipschitz: Number.NaN })).toThrow(InputError);
    const steep = callbackTarget((x) => 10 * x, { lipschitz: 1, text: 'steep' });
    expect(() => steep.enclose([Interval.of(0, 1)], 40)).toThrow(
      'steep: its values at 0 and 0.5 contradict the stated Lipschitz constant 1',
    );
  });
});

describe('modulusBound', () => {
  const over = (text: string, t: number, ...box: [number, number][]): number =>
    modulusBound(
      expressionTarget(text),
      box.map(([a, b]) => Interval.of(a, b)),
      D(t),
      40,
    )?.toNumber() ?? Number.NaN;

  test('is the modulus of continuity, from above and not by much', () => {
    for (const [text, t, omega, ...box] of [
      ['x', 0.25, 0.25, [0, 1]],
      ['sqrt(x)', 0.25, 0.5, [0, 1]],
      ['sqrt(x)', 2 ** -8, 2 ** -4, [0, 1]],
      ['sqrt(abs(x-1/3))', 2 ** -6, 2 ** -3, [0, 1]],
      ['sin(2*pi*x)', 0.5, 2, [0, 1]],
      ['sin(2*pi*x)', 4, 2, [0, 1]],
      ['7', 0.5, 0, [0, 1]],
      ['x1*x2', 0.5, 0.75, [0, 1], [0, 1]],
      ['sqrt(x1)+sqrt(x2)', 0.25, 1, [0, 1], [0, 1]],
      ['x < 1/2 ? 0 : 1', 2 ** -5, 1, [0, 1]],
    ] as [string, number, number, ...[number, number][]][]) {
      const found = over(text, t, ...box);
      expect(found, text).toBeGreaterThanOrEqual(omega);
      expect(found, text).toBeLessThanOrEqual(box.length > 1 ? omega * 1.35 : omega * 1.07);
    }
    expect(over('1/x', 0.5, [0, 1])).toBeNaN();
  });

  test('holds for random pairs', () => {
    const f = expressionTarget('sqrt(abs(x1 - 0.3)) * (1 + x2^2)');
    const unit = Interval.of(0, 1);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.nat(1024), { minLength: 4, maxLength: 4 }),
        (k, [a, b, c, d]) => {
          const t = 2 ** -k;
          const near = (x: number, dx: number): number => Math.min(1, x / 1024 + (dx / 1024) * t);
          const [p, q] = [
            [a! / 1024, b! / 1024],
            [near(a!, c!), near(b!, d!)],
          ] as [number[], number[]];
          const bound = modulusBound(f, [unit, unit], D(t), 30) as Dyadic;
          const at = (x: number[]): Interval =>
            f.enclose(
              x.map((v) => Interval.of(v)),
              60,
            ) as Interval;
          expect(at(p).sub(at(q)).mignitude.le(bound)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a callback states its own; a table has its slopes', () => {
    const stated = callbackTarget(Math.sqrt, { modulus: Math.sqrt });
    expect(modulusBound(stated, [Interval.of(0, 1)], D(0.25), 40)?.toNumber()).toBe(0.5);
    const zigzag = tableTarget(
      Array.from({ length: 9 }, (_, k) => ({ x: Rational.of(BigInt(k)), y: Rational.of(BigInt(k % 2)) })),
    );
    expect(modulusBound(zigzag, [Interval.of(0, 8)], D(0.5), 40)?.toNumber()).toBe(0.5);
    expect(modulusBound(zigzag, [Interval.of(0, 8)], D(4), 40)?.toNumber()).toBe(1);
    expect(() => modulusBound(zigzag, [Interval.of(0, 8)], D(0), 40)).toThrow(
      'modulusBound: t: expected a distance > 0',
    );
  });
});
