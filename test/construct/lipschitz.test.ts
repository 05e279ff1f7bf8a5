import { describe, expect, test } from 'vitest';
import { type Grid, heightsOf, lipschitz, type ZigZag, zigZagAt } from '../../src/construct/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, InputError, Interval, Rational, type Target } from '../../src/exact/index.ts';
import type { Network } from '../../src/net/index.ts';
import { dyadicPoints, randomBits, zigZags, zigZagTarget } from '../support/zigzags.ts';

/** Expects net = g at every point, exactly. Points are float64 in the grid's interval. */
function expectZigZag(net: Network, g: ZigZag, grid: Grid, points: Float64Array): void {
  const heights = heightsOf(g);
  const engine = Engine.createSync(net);
  const outputs = engine.forwardExact(points);
  engine.dispose();
  let wrong = 0;
  points.forEach((p, r) => {
    const t = Dyadic.from(p).sub(grid.lo).mul(grid.rate);
    const i = Math.min(Number(t.floor()), g.up.length - 1);
    const part = t.sub(Dyadic.from(i));
    const height = Dyadic.from(heights[i] as number).add(g.up[i] === 1 ? part : part.neg());
    if (!outputs.at(r, 0).eq(grid.offset.add(grid.unit.mul(height)))) wrong++;
  });
  expect(wrong).toBe(0);
}

/** sup |f - g| over all grid points and all knots of f: exact, since both are linear between them. */
function worst(f: Target, g: ZigZag, grid: Grid): Rational {
  const heights = heightsOf(g);
  let most = Rational.of(0n);
  const rate = Rational.fromDyadic(grid.rate);
  const points = [...(f.knots ?? []).map((knot) => knot.x)];
  for (let i = 0; i < heights.length; i++)
    points.push(Rational.fromDyadic(grid.lo).add(Rational.of(BigInt(i)).div(rate)));
  const last = f.knots?.[f.knots.length - 1]?.x as Rational;
  for (const x of points) {
    if (x.compare(last) > 0) continue;
    const t = x.sub(Rational.fromDyadic(grid.lo)).mul(rate);
    const i = Math.min(Number(t.roundTo(0, 'down').floor()), g.up.length - 1);
    const part = t.sub(Rational.of(BigInt(i)));
    const height = Rational.of(BigInt(heights[i] as number)).add(g.up[i] === 1 ? part : part.neg());
    const value = Rational.fromDyadic(grid.offset).add(height.mul(Rational.fromDyadic(grid.unit)));
    const error = heightAt(f, x).sub(value).abs();
    if (error.compare(most) > 0) most = error;
  }
  return most;
}

function heightAt(f: Target, x: Rational): Rational {
  const knots = f.knots as readonly { x: Rational; y: Rational }[];
  let [lo, hi] = [0, knots.length - 1];
  while (hi - lo > 1) {
    const mid = (lo + hi) >> 1;
    if ((knots[mid] as { x: Rational }).x.compare(x) <= 0) lo = mid;
    else hi = mid;
  }
  const a = knots[lo] as { x: Rational; y: Rational };
  const b = knots[hi] as { x: Rational; y: Rational };
  return a.y.add(b.y.sub(a.y).mul(x.sub(a.x)).div(b.x.sub(a.x)));
}

describe('the bit matrix', () => {
  test('is the zig-zag at every multiple of a sixteenth of a step, whatever the zig-zag', () => {
    for (const bytes of [8, 32, 128]) {
      const plan = lipschitz({ bytes });
      expect(plan.bits).toBe(8 * bytes);
      const bits = Math.log2(plan.bits);
      for (const g of Object.values(zigZags(plan.cells * (plan.stepsPerCell + 1) - 1))) {
        // Cell ends, grid points, midpoints and points inside every short step are multiples of a sixteenth of a step.
        expectZigZag(plan.fromZigZag(g), g, plan.grid(), dyadicPoints(bits + 4, 2000));
      }
    }
  });

  test('engine and oracle agree with the recursion on other shapes and intervals', () => {
    for (const options of [
      { bytes: 9 },
      { bytes: 77 },
      { bytes: 32, cells: 16 },
      { bytes: 32, cells: 37 },
      { bytes: 8, cells: 1 },
      { epsilon: 0.01 },
      { epsilon: Rational.parse('0.003'), domain: [-3, 5.5], constant: 0.375 },
    ] as const) {
      const plan = lipschitz(options);
      const g = { start: -5, up: randomBits(plan.cells * (plan.stepsPerCell + 1) - 1, 3) };
      const grid = plan.grid(Dyadic.parse('1.25'));
      const net = plan.fromZigZag(g, Dyadic.parse('1.25'));
      const length = plan.domain[1].sub(plan.domain[0]).toNumber();
      const points = dyadicPoints(8, 3000).map((x) => plan.domain[0].toNumber() + length * x);
      expectZigZag(net, g, grid, points);
      for (const x of points.subarray(0, 20)) {
        expect(net.evaluate([x])[0]).toEqual(zigZagAt(g, grid, Dyadic.from(x)));
      }
      expect([net.depth, net.width]).toEqual([plan.depth, plan.width]);
    }
  });

  test('8 KiB: depth 7, one bit a step, error 2^-16', () => {
    const plan = lipschitz({ bytes: 8192 });
    expect([plan.cells, plan.stepsPerCell, plan.depth, plan.width]).toEqual([64, 1024, 7, 2050]);
    expect(plan.guaranteed.toString()).toBe('1*2^-16');
    const g = { start: 0, up: randomBits(64 * 1025 - 1, 5) };
    expectZigZag(plan.fromZigZag(g), g, plan.grid(), dyadicPoints(12, 5000));
  });
});

describe('the guarantee', () => {
  const plan = lipschitz({ bytes: 32 });

  test('holds against zig-zags at, above and below the frequency of the grid', () => {
    for (const steps of [256, 255, 257, 128, 512, 511, 1021, 100]) {
      for (const seed of [1, 2, 3]) {
        const f = zigZagTarget(randomBits(steps, seed), Rational.of(1n, 7n));
        const fit = plan.network(f);
        expect(worst(f, fit.zigZag, fit.grid).compare(Rational.fromDyadic(fit.guaranteed))).toBeLessThanOrEqual(0);
        expectZigZag(fit.network, fit.zigZag, fit.grid, dyadicPoints(9, 100));
      }
      const fastest = zigZagTarget(Uint8Array.from({ length: steps }, (_, i) => i & 1));
      const fit = plan.network(fastest);
      expect(worst(fastest, fit.zigZag, fit.grid).compare(Rational.fromDyadic(fit.guaranteed))).toBeLessThanOrEqual(0);
    }
  });

  test('covers expressions, any dyadic interval and any constant', () => {
    for (const [text, domain, constant] of [
      ['sin(6*x)/6', [0, 1], 1],
      ['abs(x-1/3)', [0, 1], 1],
      ['3*x', [0, 1], 3],
      ['1000 + exp(x)/4', [-1, 1.5], 1.25],
      ['x', [-2, 2], 1],
    ] as const) {
      const f = expressionTarget(text);
      const { network, guaranteed, grid } = lipschitz({ bytes: 32, domain, constant }).network(f);
      expect(
        guaranteed.le(
          Dyadic.from(constant * (domain[1] - domain[0]))
            .scale(-8)
            .mul(Dyadic.from(1.0001)),
        ),
      ).toBe(true);
      for (let i = 0; i <= 64; i++) {
        const x = grid.lo.add(grid.hi.sub(grid.lo).mul(Dyadic.of(BigInt(i), -6)));
        const value = f.enclose([Interval.of(x)], 100) as Interval;
        const y = network.evaluate([x])[0] as Dyadic;
        expect(value.hi.sub(y).abs().max(value.lo.sub(y).abs()).le(guaranteed)).toBe(true);
      }
    }
  });

  test('epsilon is met with the fewest bits', () => {
    for (const epsilon of [0.1, 0.01, 2 ** -10, 0.0007]) {
      const { guaranteed, bits } = lipschitz({ epsilon });
      expect(guaranteed.le(Dyadic.from(epsilon))).toBe(true);
      expect(bits).toBeLessThanOrEqual(Math.max(81, 1.1 / epsilon));
    }
  });
});

test('refuses in a sentence', () => {
  const sentence = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
    return 'nothing refused';
  };
  expect(sentence(() => lipschitz({}))).toBe('lipschitz: expected either bytes or epsilon, got "neither"');
  expect(sentence(() => lipschitz({ bytes: 32, epsilon: 1 }))).toBe(
    'lipschitz: expected either bytes or epsilon, got "both"',
  );
  expect(sentence(() => lipschitz({ bytes: 1 }))).toBe(
    'lipschitz bytes: expected a whole number in 8..16777216, got 1',
  );
  expect(sentence(() => lipschitz({ epsilon: 0 }))).toBe('lipschitz epsilon: expected a number greater than 0, got 0');
  expect(sentence(() => lipschitz({ epsilon: 1e-12 }))).toContain('lipschitz epsilon: expected at most 134217728 bits');
  expect(sentence(() => lipschitz({ bytes: 32, domain: [1, 1] }))).toBe(
    'lipschitz domain: expected a lower end below the upper end, got "[1, 1]"',
  );
  expect(sentence(() => lipschitz({ bytes: 32, constant: -1 }))).toBe(
    'lipschitz constant: expected a number greater than 0, got -1',
  );
  expect(sentence(() => lipschitz({ bytes: 32 }).network(expressionTarget('2*x')))).toBe(
    'lipschitz: expected a target with Lipschitz constant at most 1, got "2 for 2*x"',
  );
  expect(sentence(() => lipschitz({ bytes: 32 }).network(expressionTarget('sqrt(x)')))).toContain(
    'Lipschitz constant is known',
  );
  expect(sentence(() => lipschitz({ bytes: 32 }).network(expressionTarget('x1+x2')))).toContain('one input');
});
