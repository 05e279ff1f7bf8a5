/** interpolate: the network is compared with the formula by equality, and every number of the contract is counted. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type InterpolateForm, interpolate, interpolateForms } from '../../src/construct/index.ts';
import { Dyadic } from '../../src/exact/index.ts';
import type { Network } from '../../src/net/index.ts';

interface Knot {
  x: Dyadic;
  y: Dyadic;
}

/** The function itself: linear between knots, `before` and `after` as the form says. */
function formula(knots: readonly Knot[], x: Dyadic, left: 'flat' | 'line', right: 'flat' | 'line'): Dyadic {
  const n = knots.length - 1;
  const first = knots[0]!;
  const last = knots[n]!;
  if (x.lt(first.x) && left === 'flat') return first.y;
  if (x.gt(last.x) && right === 'flat') return last.y;
  if (n === 0) return first.y;
  let i = 1;
  while (i < n && x.gt(knots[i]!.x)) i++;
  const [p, q] = [knots[i - 1]!, knots[i]!];
  const dx = q.x.sub(p.x);
  const dy = q.y.sub(p.y);
  // The slope is dyadic: the odd part of dx divides that of dy.
  const slope = Dyadic.of(dy.m / dx.m, dy.e - dx.e);
  return p.y.add(slope.mul(x.sub(p.x)));
}

const ENDS: Record<InterpolateForm, ['flat' | 'line', 'flat' | 'line']> = {
  left: ['flat', 'line'],
  right: ['line', 'flat'],
  lines: ['line', 'line'],
};

/** Knots, their neighbours, midpoints and points beyond both ends. */
function points(knots: readonly Knot[]): Dyadic[] {
  const near = Dyadic.pow2(-70);
  const out: Dyadic[] = [];
  knots.forEach(({ x }, i) => {
    out.push(x, x.add(near), x.sub(near));
    if (i > 0) out.push(x.add(knots[i - 1]!.x).scale(-1));
  });
  const last = knots[knots.length - 1]!.x;
  return [...out, knots[0]!.x.sub(Dyadic.from(1000)), last.add(Dyadic.from(0.3))];
}

const value = (net: Network, x: Dyadic): Dyadic => net.evaluate([x])[0]!;

function expectEqual(
  net: Network,
  knots: readonly Knot[],
  ends: ['flat' | 'line', 'flat' | 'line'],
  more: Dyadic[] = [],
) {
  for (const x of [...points(knots), ...more]) {
    expect(value(net, x).toString()).toBe(formula(knots, x, ...ends).toString());
  }
}

/** Polylines with dyadic knots and slopes. */
const polyline = fc
  .record({
    x0: fc.integer({ min: -400, max: 400 }),
    y0: fc.integer({ min: -400, max: 400 }),
    steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: -12, max: 12 })), {
      minLength: 0,
      maxLength: 12,
    }),
    knotBits: fc.integer({ min: -3, max: 9 }),
    slopeBits: fc.integer({ min: -3, max: 9 }),
  })
  .map(({ x0, y0, steps, knotBits, slopeBits }) => {
    let x = Dyadic.of(BigInt(x0), -knotBits);
    let y = Dyadic.of(BigInt(y0), -knotBits - slopeBits);
    const knots: Knot[] = [{ x, y }];
    for (const [gap, slope] of steps) {
      const dx = Dyadic.of(BigInt(gap), -knotBits);
      x = x.add(dx);
      y = y.add(dx.mul(Dyadic.of(BigInt(slope), -slopeBits)));
      knots.push({ x, y });
    }
    return knots;
  });

const randomDyadics = fc.array(
  fc.tuple(fc.bigInt(-(1n << 40n), 1n << 40n), fc.integer({ min: -60, max: -20 })).map(([m, e]) => Dyadic.of(m, e)),
  { maxLength: 8 },
);

const kinksOf = (knots: readonly Knot[]): number => {
  let kinks = 0;
  for (let i = 1; i < knots.length - 1; i++) {
    const [p, q, r] = [knots[i - 1]!, knots[i]!, knots[i + 1]!];
    if (
      !q.y
        .sub(p.y)
        .mul(r.x.sub(q.x))
        .eq(r.y.sub(q.y).mul(q.x.sub(p.x)))
    )
      kinks++;
  }
  return kinks;
};

describe('interpolate', () => {
  test('equals the formula on the whole line in every form, with the width and weights of the contract', () => {
    fc.assert(
      fc.property(polyline, randomDyadics, (knots, more) => {
        const kinks = kinksOf(knots);
        const forms = interpolateForms(knots);
        for (const form of forms) {
          const net = interpolate(knots, { form });
          expectEqual(net, knots, kinks === 0 ? ['line', 'line'] : ENDS[form], more);
          expect(net.depth).toBe(kinks === 0 ? 1 : 2);
          const width = kinks === 0 ? 1 : form === 'lines' ? kinks : kinks + 1;
          expect(net.width).toBeLessThanOrEqual(width);
          expect(net.connectivity).toBeLessThanOrEqual(3 * width + 1);
          if (form === 'lines') expect(net.width).toBe(Math.max(width, 1));
          if (kinks > 0)
            for (const w of net.layers[0]!.weight) expect(Math.abs(Number(w)) * 2 ** -net.layers[0]!.scale).toBe(1);
        }
        if (kinks > 0) expect(forms).toEqual(expect.arrayContaining(['left', 'right']));
        const best = interpolate(knots);
        for (const form of forms) {
          expect(best.connectivity).toBeLessThanOrEqual(interpolate(knots, { form }).connectivity);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a tent takes one unit less in lines than from the left; a flat first piece is no unit', () => {
    const tent = [
      [0, 0],
      [0.5, 1],
      [1, 0],
    ] as const;
    expect(interpolate(tent, { form: 'left' }).width).toBe(2);
    expect(interpolateForms(tent)).toEqual(['left', 'right']); // the only jump, -4, is not minus the first slope
    const ramp = [
      [0, 0],
      [0.5, 0],
      [1, 1],
    ] as const;
    expect(interpolateForms(ramp)).toContain('lines');
    expect(interpolate(ramp, { form: 'left' }).width).toBe(1);
    expect(interpolate(ramp).connectivity).toBe(3);
    // V: 1 - x to 0, then up: the jump 2 is carried by no subset, but |x| with slopes -1, 0, 1 needs no constant unit.
    expect(
      interpolateForms([
        [-2, 1],
        [-1, 0],
        [1, 0],
        [2, 1],
      ]),
    ).toContain('lines');
    expect(
      interpolate([
        [-2, 1],
        [-1, 0],
        [1, 0],
        [2, 1],
      ]).width,
    ).toBe(2);
  });

  test('units scaled evenly compute the same and bring crowded knots to few bits', () => {
    let y = 0;
    const knots = [0, 2 ** -12, 2 ** -10, 2 ** -8, 2 ** -6, 2 ** -4, 2 ** -2, 1].map((x, i, all) => {
      if (i > 0) y += (x - all[i - 1]!) * 2 ** (7 - i);
      return [x, y] as const;
    });
    const plain = interpolate(knots, { form: 'left' });
    const even = interpolate(knots, { form: 'left', units: 'even' });
    for (const x of points(knots.map(([x, y]) => ({ x: Dyadic.from(x), y: Dyadic.from(y) })))) {
      expect(value(even, x).toString()).toBe(value(plain, x).toString());
    }
    expect(plain.layers[0]!.scale).toBe(12);
    expect(even.layers[0]!.scale).toBe(2);
    fc.assert(
      fc.property(polyline, (k) => {
        const net = interpolate(k, { form: kinksOf(k) === 0 ? 'lines' : 'left', units: 'even' });
        expectEqual(net, k, kinksOf(k) === 0 ? ['line', 'line'] : ENDS.left);
      }),
      { numRuns: 60 },
    );
  });

  test('with bits and integer bits every weight lies in Q(a, b), and the function stays the same on the knots', () => {
    let deep = 0;
    let copied = 0;
    fc.assert(
      fc.property(polyline, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 12 }), (knots, bits, a) => {
        const net = interpolate(knots, { bits });
        expect(net.fractionalBits).toBeLessThanOrEqual(bits);
        const inside = points(knots).filter((x) => knots[0]!.x.le(x) && x.le(knots[knots.length - 1]!.x));
        for (const x of inside) expect(value(net, x).eq(formula(knots, x, 'line', 'line'))).toBe(true);
        if (net.depth > 2) {
          deep++;
          expect(net.layers.slice(2).every((l) => l.inputs === 2)).toBe(true);
        }
        let small: Network;
        try {
          small = interpolate(knots, { bits, integerBits: a });
        } catch (error) {
          expect((error as Error).message).toMatch(/^interpolate: /);
          return;
        }
        expect(small.fractionalBits).toBeLessThanOrEqual(bits);
        expect(small.integerBits).toBeLessThanOrEqual(a);
        if (small.width > net.width) copied++;
        for (const x of inside) expect(value(small, x).eq(formula(knots, x, 'line', 'line'))).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(deep).toBeGreaterThan(20);
    expect(copied).toBeGreaterThan(20);
  });

  test('one knot is a constant, two are a line, collinear knots are dropped', () => {
    expect(interpolate([[3, 0.75]]).depth).toBe(1);
    expect(value(interpolate([[3, 0.75]]), Dyadic.from(-8))).toEqual(Dyadic.from(0.75));
    expect(value(interpolate([[3, 0]]), Dyadic.from(5))).toEqual(Dyadic.ZERO);
    const line = interpolate([
      [0, 1],
      [1, 1.5],
      [4, 3],
    ]);
    expect(line.depth).toBe(1);
    expect(line.connectivity).toBe(2);
  });

  test('refuses what is no such function, in one sentence', () => {
    expect(() => interpolate([])).toThrow('interpolate: expected at least one knot, got "none"');
    expect(() =>
      interpolate([
        [0, 0],
        [0, 1],
      ]),
    ).toThrow('interpolate knot 1: expected an x above "0", got "0"');
    expect(() =>
      interpolate([
        [0, 0],
        [3, 1],
      ]),
    ).toThrow(/knot 1: expected a dyadic slope from the knot before/);
    expect(() =>
      interpolate(
        [
          [0, 0],
          [1, 1],
        ],
        { form: 'up' as never },
      ),
    ).toThrow(/^interpolate form: expected 'auto'/);
    expect(() =>
      interpolate(
        [
          [0, 0],
          [0.5, 1],
          [1, 0],
        ],
        { form: 'lines' },
      ),
    ).toThrow(/jumps of which some add up/);
    expect(() =>
      interpolate(
        [
          [0, 0],
          [0.5, 1],
          [1, 0],
        ],
        { bits: 0 },
      ),
    ).toThrow(/0 fractional bits hold only whole/);
    expect(() =>
      interpolate(
        [
          [1000, 0],
          [1001, 1],
          [1002, 0],
        ],
        { bits: 4, integerBits: 0 },
      ),
    ).toThrow(/no unit for the knot/);
  });

  test('a hundred thousand knots are a matter of linear time', () => {
    let y = Dyadic.ZERO;
    const knots = Array.from({ length: 100_001 }, (_, i): Knot => {
      const knot = { x: Dyadic.of(BigInt(i), -17), y };
      y = y.add(Dyadic.of(BigInt((i * 7919) % 13) - 6n, -20));
      return knot;
    });
    const net = interpolate(knots);
    for (const i of [0, 1, 777, 50_000, 99_999, 100_000]) expect(value(net, knots[i]!.x).eq(knots[i]!.y)).toBe(true);
  });
});
