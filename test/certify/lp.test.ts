/** L^p norms, enclosed: integrals known in closed form, two ways that must agree, and bounds that random points cannot break. */
import { describe, expect, test } from 'vitest';
import { certifyLp, certifyOnGrid, certifySup } from '../../src/certify/index.ts';
import { lineIntegral } from '../../src/certify/integral.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Interval, Rational, tableTarget } from '../../src/exact/index.ts';
import { affine, LayerBuilder, Network, withoutConstants } from '../../src/net/index.ts';
import { seeded } from '../support/random.ts';
import { polynomial } from '../support/targets.ts';

const r = (n: number, d = 1): Rational => Rational.of(BigInt(n), BigInt(d));
const zero = affine([[0]]);

describe('the integral of |line|^p', () => {
  test('is exact where the closed form is dyadic', () => {
    expect(lineIntegral(r(0), r(1), r(1), 1)).toEqual(Interval.of(0.5));
    expect(lineIntegral(r(-1), r(1), r(2), 1)).toEqual(Interval.of(1));
    expect(lineIntegral(r(3), r(3), r(1, 4), 3)).toEqual(Interval.of(6.75));
    expect(lineIntegral(r(0), r(0), r(5), 2)).toEqual(Interval.of(0));
  });

  test.each([1, 1.25, 2, 2.5, 3, 7.75])('lies between lower and upper sums, p = %s', (p) => {
    const { unit } = seeded(Math.round(4 * p));
    for (let k = 0; k < 20; k++) {
      const [a, c] = [unit() - 0.5, k % 5 === 0 ? 0 : unit() - (k % 2)];
      const h = unit() + 0.1;
      const exact = (v: number): Rational => Rational.fromDyadic(Dyadic.from(v));
      const found = lineIntegral(exact(a), exact(c), exact(h), p);
      expect(found.width.toNumber()).toBeLessThan(1e-20);
      const n = 2000;
      let [low, high] = [0, 0];
      for (let i = 0; i < n; i++) {
        const [u, v] = [a + ((c - a) * i) / n, a + ((c - a) * (i + 1)) / n];
        low += (h / n) * (u * v <= 0 ? 0 : Math.min(Math.abs(u), Math.abs(v)) ** p);
        high += (h / n) * Math.max(Math.abs(u), Math.abs(v)) ** p;
      }
      expect(found.lo.toNumber()).toBeGreaterThanOrEqual(low * (1 - 1e-12));
      expect(found.hi.toNumber()).toBeLessThanOrEqual(high * (1 + 1e-12));
    }
  });

  test('nearly flat lines with real exponents', () => {
    const found = lineIntegral(r(1), Rational.of((1n << 60n) + 1n, 1n << 60n), r(1), 1.5);
    // The integral of (1 + u x)^(3/2), u = 2^-60, is 1 + 3u/4 and a little.
    expect(found.lo.le(Dyadic.ONE.add(Dyadic.of(3n, -62)).add(Dyadic.pow2(-90)))).toBe(true);
    expect(found.hi.ge(Dyadic.ONE.add(Dyadic.of(3n, -62)))).toBe(true);
    expect(found.width.toNumber()).toBeLessThan(1e-28);
  });
});

describe('certifyLp', () => {
  test('x^2 against 0: (1/(2p+1))^(1/p)', () => {
    for (const p of [1, 2, 3, 1.5]) {
      const c = certifyLp(zero, expressionTarget('x^2'), { p, ratio: 1.0001 });
      const truth = (1 / (2 * p + 1)) ** (1 / p);
      expect(c.status).toBe('proved');
      expect(c.lower.toNumber()).toBeLessThanOrEqual(truth * (1 + 1e-14));
      expect(c.upper!.toNumber()).toBeGreaterThanOrEqual(truth * (1 - 1e-14));
      expect(c.upper!.toNumber() / c.lower.toNumber()).toBeLessThan(1.0002);
    }
  });

  test('is exact for tables', () => {
    const hat = tableTarget([
      { x: r(0), y: r(0) },
      { x: r(1, 2), y: r(1) },
      { x: r(1), y: r(0) },
    ]);
    const one = certifyLp(affine([[1]]), hat, { p: 1 });
    // |hat - x| is 0, x to 1/2, then |2 - 3x|: 1/8 + the triangles 1/24 and 1/6.
    expect(one.upper!.sub(one.lower).toNumber()).toBeLessThan(2 ** -60);
    expect(one.upper!.toNumber()).toBeCloseTo(1 / 8 + 1 / 24 + 1 / 6, 12);
    const two = certifyLp(zero, hat, { p: 2 });
    expect(two.upper!.toNumber()).toBeCloseTo(Math.sqrt(1 / 3), 14);
  });

  test('a kink and a root converge too', () => {
    const kink = certifyLp(zero, expressionTarget('abs(x - 1/3)'), { p: 1 });
    const truth = (1 / 9 + 4 / 9) / 2;
    expect(kink.lower.toNumber()).toBeLessThanOrEqual(truth);
    expect(kink.upper!.toNumber()).toBeGreaterThanOrEqual(truth);
    expect(kink.upper!.toNumber()).toBeLessThan(truth * 1.02);
    const root = certifyLp(zero, expressionTarget('sqrt(x)'), { p: 2 });
    expect(root.upper!.toNumber()).toBeLessThan(Math.SQRT1_2 * 1.02);
    expect(root.upper!.toNumber()).toBeGreaterThanOrEqual(Math.SQRT1_2 * (1 - 1e-14));
  });

  test('says what is wrong, and what is not shown', () => {
    const f = expressionTarget('x^2');
    expect(() => certifyLp(zero, f, { p: 0.5 })).toThrow('certifyLp p: expected a number p >= 1, got 0.5');
    expect(() => certifyLp(zero, f, { p: Number.NaN })).toThrow(/p >= 1/);
    expect(() => certifyLp(affine([[1, 1]]), f, { p: 1 })).toThrow(/1 input and 1 output/);
    expect(() => certifyLp(zero, f, { p: 1, domain: [1, 1] })).toThrow(/lower end < upper end/);
    const hole = certifyLp(zero, expressionTarget('1/x'), { p: 1 });
    expect([hole.status, hole.upper]).toEqual(['undecided', undefined]);
  });
});

/** relu(x - 1/4) - relu(x - 3/4) among units that hold constants, long ones too. */
function withConstants(): Network {
  const first = new LayerBuilder(1);
  first.unit(-0.25, [0, 1]);
  first.unit(7);
  first.unit(-0.75, [0, 1]);
  first.unit(Dyadic.pow2(200).add(Dyadic.ONE));
  const second = new LayerBuilder(4);
  second.unit(0, [0, 1], [1, 1]);
  second.unit(-6, [1, 1]);
  second.unit(Dyadic.pow2(200).neg(), [2, 1], [3, 1]);
  const third = new LayerBuilder(3);
  third.unit(-7, [0, 1], [1, 1], [2, -1]);
  return new Network([first.build(), second.build(), third.build()]);
}

describe('without constants', () => {
  test('is the same function, of fewer units', () => {
    const net = withConstants();
    const small = withoutConstants(net);
    expect(small.layers.map((l) => l.outputs)).toEqual([2, 2, 1]);
    for (let k = -8; k < 24; k++) expect(small.evaluate([k / 16])[0]!.eq(net.evaluate([k / 16])[0]!)).toBe(true);
    expect(withoutConstants(zero)).toBe(zero);
  });

  test('a network that is constant keeps a unit a layer', () => {
    const one = new LayerBuilder(1);
    one.unit(3);
    one.unit(-5, [0, 0]);
    const two = new LayerBuilder(2);
    two.unit(1, [0, 2], [1, 1]);
    const net = new Network([one.build(), two.build()]);
    const small = withoutConstants(net);
    expect(small.evaluate([9])[0]!.toNumber()).toBe(7);
    expect(small.layers[0]!.outputs).toBe(1);
  });
});

describe('certifyOnGrid', () => {
  const net = withConstants();
  const cuts = [[0, 0.25, 0.5, 0.75, 1].map((v) => Dyadic.from(v))];
  const f = polynomial(0, 1, -1);

  test('holds beside the piecewise certificates', () => {
    const sup = certifyOnGrid(net, f, { cuts, norm: 'sup', ratio: 1.02 });
    const exact = certifySup(net, f);
    expect(sup.upper!.ge(exact.lower)).toBe(true);
    expect(sup.lower.le(exact.upper as Dyadic)).toBe(true);
    for (const p of [1, 2, 2.5]) {
      const grid = certifyOnGrid(net, f, { cuts, norm: p });
      const pieces = certifyLp(net, f, { p });
      expect(grid.upper!.ge(pieces.lower)).toBe(true);
      expect(grid.lower.le(pieces.upper as Dyadic)).toBe(true);
    }
  });

  test('two inputs: x1 x2 against a constant, sup and L^p', () => {
    const half = affine([[0, 0]], [0.5]);
    const g = expressionTarget('x1*x2');
    const two = [0, 1].map(() => [0, 0.5, 1].map((v) => Dyadic.from(v)));
    const sup = certifyOnGrid(half, g, { cuts: two, norm: 'sup' });
    expect([sup.lower.toNumber(), sup.upper!.toNumber()]).toEqual([0.5, 0.5]);
    // The integral of (xy - 1/2)^2 is 1/9 - 1/4 + 1/4.
    const l2 = certifyOnGrid(half, g, { cuts: two, norm: 2 });
    expect(l2.lower.toNumber()).toBeLessThan(1 / 3);
    expect(l2.upper!.toNumber()).toBeGreaterThan(1 / 3);
    expect(l2.upper!.toNumber()).toBeLessThan(1.06 / 3);
  });

  test('numbers that float64 cannot hold are met exactly', () => {
    // relu(2^80 (x - 1/3)) - relu(2^80 (x - 1/3) - 1), 1/3 rounded to 80 digits: a step.
    const third = Rational.of(1n, 3n).roundTo(80, 'down');
    const first = new LayerBuilder(1);
    first.unit(third.scale(80).neg(), [0, Dyadic.pow2(80)]);
    first.unit(third.scale(80).neg().sub(Dyadic.ONE), [0, Dyadic.pow2(80)]);
    const second = new LayerBuilder(2);
    second.unit(0, [0, 1], [1, -1]);
    const step = new Network([first.build(), second.build()]);
    const c = [[Dyadic.ZERO, third, third.add(Dyadic.pow2(-80)), Dyadic.ONE]];
    const found = certifyOnGrid(step, polynomial(0), { cuts: c, norm: 1 });
    // Differences of large units are loose in intervals, never wrong.
    expect(found.upper!.toNumber()).toBeGreaterThanOrEqual(2 / 3);
    expect(found.lower.toNumber()).toBeLessThanOrEqual(2 / 3);
  });

  test('says what is wrong', () => {
    expect(() => certifyOnGrid(net, f, { cuts: [[Dyadic.ONE]], norm: 1 })).toThrow(/increasing list/);
    expect(() => certifyOnGrid(net, f, { cuts, norm: 0 })).toThrow(/p >= 1/);
    expect(() => certifyOnGrid(net, expressionTarget('x1*x2'), { cuts, norm: 1 })).toThrow(/1 input/);
  });
});
