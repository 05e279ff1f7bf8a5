import { describe, expect, test } from 'vitest';
import { Dyadic, InputError, Interval, Rational } from '../../src/exact/index.ts';
import { rateRun, zigZag } from '../../src/workbench/index.ts';

describe('rateRun', () => {
  test('interpolation has the rate of its class, and keeps it when its weights are rounded', async () => {
    const { ceiling, curves } = await rateRun({ methods: ['interpolate'], largest: 10 });
    expect(ceiling.holds).toBe(true);
    expect(ceiling.speed!.toString()).toBe('1');
    expect(ceiling.sentence).toMatch(/no better rate can be hoped for$/);
    const [curve] = curves;
    const { before, after, rateBefore, rateAfter } = curve!;
    // A zig-zag of four steps a segment: at most 1/(2N), which some segment attains.
    for (const p of before) {
      expect(p.error.toNumber()).toBeLessThanOrEqual(1 / (2 * p.parts));
      expect(p.error.toNumber()).toBeGreaterThan(0.99 / (2 * p.parts));
    }
    // Point (iii): at most M^-1 more, and the same slope.
    after.forEach((p, i) => {
      const limit = before[i]!.error.add(Dyadic.from(1 / p.connectivity));
      expect(p.error.le(limit)).toBe(true);
      expect(p.bits).toBeLessThan(before[i]!.bits);
    });
    expect(Math.abs(rateBefore.rate - 1)).toBeLessThan(0.1);
    expect(Math.abs(rateAfter.rate - rateBefore.rate)).toBeLessThan(0.05);
    // The two intervals overlap.
    expect(rateAfter.interval[0]).toBeLessThan(rateBefore.interval[1]);
    expect(rateAfter.interval[1]).toBeGreaterThan(rateBefore.interval[0]);
  });

  test('a short range is told, and so is a rate above the ceiling', async () => {
    const { curves } = await rateRun({ methods: ['lipschitz'], largest: 12 });
    expect(curves[0]!.notes.join('; ')).toMatch(/an interval needs at least 5|a rate needs at least 1/);
    expect(curves[0]!.notes.join('; ')).toContain('rounding changes nothing');
  });

  test('zig-zags have slope 1 - 3/2^24 everywhere and stay in [-1, 1]', () => {
    const f = zigZag(8, 3);
    const c = Rational.of((1n << 24n) - 3n, 1n << 24n);
    const knots = f.knots!;
    expect(knots.length).toBe(33);
    for (let i = 1; i < knots.length; i++) {
      const slope = knots[i]!.y.sub(knots[i - 1]!.y).div(knots[i]!.x.sub(knots[i - 1]!.x));
      expect(slope.abs().eq(c)).toBe(true);
      expect(knots[i]!.y.abs().compare(Rational.of(1n)) <= 0).toBe(true);
    }
    expect(f.lipschitz!([Interval.of(0, 1)], 64)!.le(Dyadic.ONE)).toBe(true);
  });

  test.each([
    [{ methods: [] }, 'rates method: expected lipschitz, interpolate, cached, got "none"'],
    [{ methods: ['spline'] }, 'rates method: expected lipschitz, interpolate, cached, got "spline"'],
    [{ methods: ['toString'] }, 'got "toString"'],
    [{ methods: ['interpolate'], largest: 2 }, 'rates largest: expected a whole number in 5..20, got 2'],
  ])('%o is refused', async (options, sentence) => {
    await expect(rateRun(options)).rejects.toThrow(InputError);
    await expect(rateRun(options)).rejects.toThrow(sentence);
  });
});
