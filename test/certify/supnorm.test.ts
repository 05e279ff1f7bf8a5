/** certifySup against exact evaluation: bounds hold at every point tried, are tight, and no planted violation is proved. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certifySup, type SupCertificate } from '../../src/certify/index.ts';
import { linearPieces } from '../../src/certify/pieces.ts';
import { Dyadic, Interval, Rational, type Target } from '../../src/exact/index.ts';
import { affine, compose, LayerBuilder, Network, sum } from '../../src/net/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';
import { interpolant } from '../support/interpolant.ts';
import { sawtooth } from '../support/sawtooth.ts';
import { distanceTo, lipschitzCallback, polynomial, reciprocal, squareRoot, tableTarget } from '../support/targets.ts';

/** |f - net| at x, enclosed. */
function errorAt(net: Network, f: Target, x: Dyadic): Interval {
  const value = f.enclose([Interval.of(x)], 200);
  if (!value) throw new Error(`undefined at ${x}`);
  return value.sub(Interval.of(net.evaluate([x])[0]!)).abs();
}

/** A seeded stream of dyadics in [lo, hi]. */
function* points(count: number, lo = 0, hi = 1): Generator<Dyadic> {
  let state = 12345n;
  const [a, width] = [Dyadic.from(lo), Dyadic.from(hi - lo)];
  for (let i = 0; i < count; i++) {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    yield a.add(width.mul(Dyadic.of(state >> 11n, -53)));
  }
}

function tight(c: SupCertificate): void {
  expect(c.status).toBe('proved');
  expect(c.upper!.toNumber()).toBeLessThanOrEqual(1.01 * c.lower.toNumber());
  expect(c.lower.sign).toBe(1);
}

/** Tight, attained at the witness, and above |f - net| at 10^4 exact points. */
function holds(net: Network, f: Target, c: SupCertificate, lo = 0, hi = 1, count = 10_000): void {
  tight(c);
  expect(c.witness).toBeInstanceOf(Dyadic);
  expect(errorAt(net, f, c.witness as Dyadic).hi.ge(c.lower)).toBe(true);
  for (const x of points(count, lo, hi)) {
    const e = errorAt(net, f, x);
    if (e.lo.gt(c.upper!)) throw new Error(`|f - net| = ${e} at ${x} exceeds ${c.upper}`);
  }
}

const third = Rational.of(1n, 3n);
const targets: [string, Target, (x: number) => number][] = [
  ['x^2', polynomial(0, 0, 1), (x) => x * x],
  ['x^3 - 3/2 x^2, with an inflection', polynomial(0, 0, -1.5, 1), (x) => x * x * x - 1.5 * x * x],
  ['x^3 - 9/4 x^2, mostly concave', polynomial(0, 0, -2.25, 1), (x) => x * x * x - 2.25 * x * x],
  ['9/4 x^2 - x^3, mostly convex', polynomial(0, 0, 2.25, -1), (x) => 2.25 * x * x - x * x * x],
  ['1/(1+x)', reciprocal, (x) => 1 / (1 + x)],
  ['sqrt(x), of infinite slope at 0', squareRoot, Math.sqrt],
  ['abs(x - 1/3), with a kink', distanceTo(third), (x) => Math.abs(x - 1 / 3)],
];

describe('certifySup of interpolants', () => {
  for (const [name, f, near] of targets) {
    for (const [pieces, bits] of [
      [1, 4],
      [16, 12],
      [1024, 40],
    ] as const) {
      test(`${name}, ${pieces} pieces of ${bits} bits`, () => {
        const net = interpolant(near, pieces, bits);
        holds(net, f, certifySup(net, f), 0, 1, pieces > 100 ? 500 : 10_000);
      });
    }
  }

  test('2^16 pieces at relative accuracy 2^-7', () => {
    const net = interpolant((x) => 1 / (1 + x), 1 << 16, 44);
    const c = certifySup(net, reciprocal, { ratio: 1 + 2 ** -7 });
    expect(c.status).toBe('proved');
    expect(c.pieces).toBe([...linearPieces(net)].length);
    expect(c.upper!.toNumber()).toBeLessThanOrEqual((1 + 2 ** -7) * c.lower.toNumber());
  });

  test('a callback with a stated Lipschitz constant, and its budget', () => {
    const near = (x: number): number => Math.sin(3 * x) / 3;
    const f = lipschitzCallback(near, 1);
    const net = interpolant(near, 16, 20);
    const c = certifySup(net, f);
    holds(net, f, c);
    expect(c.restsOn).toContain('the stated Lipschitz constant 1');
    const short = certifySup(net, f, { maxBlocks: 200 });
    expect(short.status).toBe('undecided');
    expect(short.missing).toBe('200 enclosures of f were not enough (maxBlocks)');
    expect(short.upper!.ge(c.lower)).toBe(true);
  });

  test('a zig-zag of 4096 teeth given as a table, exactly', () => {
    const teeth = Array.from(
      { length: 4097 },
      (_, i) => [Rational.of(BigInt(i), 4096n), Rational.of(BigInt(i % 2), 3n)] as const,
    );
    const table = tableTarget(teeth);
    const net = interpolant((x) => (Math.round(x * 4096) % 2) / 3, 4096, 20);
    const c = certifySup(net, table);
    tight(c);
    // The network's peaks are 1/3 rounded to 20 bits: 349525 * 2^-20.
    const sup = third.sub(Rational.of(349525n, 1n << 20n)).abs();
    expect(Rational.fromDyadic(c.lower).compare(sup)).toBeLessThanOrEqual(0);
    expect(Rational.fromDyadic(c.upper!).compare(sup)).toBeGreaterThanOrEqual(0);
    expect(c.upper!.sub(c.lower).exponent).toBeLessThan(sup.roundBits(2, 'down').exponent - 60);
    // A network that misses every tooth is off by the teeth's height.
    const flat = certifySup(affine([[0]]), table);
    expect(flat.upper!.ge(third.roundBits(64, 'down')) && flat.lower.le(third.roundBits(64, 'up'))).toBe(true);
  });

  test('tables with knots anywhere equal the naive maximum over merged points', () => {
    const value = fc.tuple(fc.bigInt(-50n, 50n), fc.bigInt(1n, 9n)).map(([n, d]) => Rational.of(n, d));
    fc.assert(
      fc.property(
        network({ inputs: 1, outputs: 1, weight: dyadic(3) }),
        fc.array(value, { minLength: 2, maxLength: 8 }),
        (net, ys) => {
          const knots = ys.map((y, i) => [Rational.of(BigInt(i), 3n), y] as const);
          const f = tableTarget(knots);
          const hi = knots[knots.length - 1]![0];
          const c = certifySup(net, f);
          let sup = Rational.of(0n);
          const at = (x: Rational): void => {
            const piece = [...linearPieces(net, { lo: Dyadic.ZERO, hi: hi.roundTo(0, 'up') })].find(
              (p) => p.to.compare(x) >= 0,
            )!;
            const y = Rational.fromDyadic(piece.slope).mul(x).add(Rational.fromDyadic(piece.intercept));
            const i = Math.max(
              1,
              knots.findIndex(([k]) => k.compare(x) >= 0),
            );
            const [p, q] = [knots[i - 1]!, knots[i]!];
            const e = p[1]
              .add(x.sub(p[0]).div(q[0].sub(p[0])).mul(q[1].sub(p[1])))
              .sub(y)
              .abs();
            if (e.compare(sup) > 0) sup = e;
          };
          for (const [x] of knots) at(x);
          for (const p of linearPieces(net, { lo: Dyadic.ZERO, hi: hi.roundTo(0, 'up') })) {
            if (p.to.compare(hi) <= 0) at(p.to);
          }
          expect(Rational.fromDyadic(c.lower).compare(sup)).toBeLessThanOrEqual(0);
          expect(Rational.fromDyadic(c.upper!).compare(sup)).toBeGreaterThanOrEqual(0);
          if (sup.toDyadic()) expect(c.upper!.eq(c.lower)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('certifySup of random networks', () => {
  /** sup |q x^2 + p x - net| over [lo, hi] as an exact fraction: ends of pieces and the parabola's vertex on each. */
  function exactSup(net: Network, p: Dyadic, q: Dyadic, lo: Dyadic, hi: Dyadic): Rational {
    let sup = Rational.of(0n);
    const [b, a] = [Rational.fromDyadic(p), Rational.fromDyadic(q)];
    for (const piece of linearPieces(net, { lo, hi })) {
      const slope = b.sub(Rational.fromDyadic(piece.slope));
      const e = (x: Rational): Rational => a.mul(x).add(slope).mul(x).sub(Rational.fromDyadic(piece.intercept)).abs();
      const xs = [piece.from, piece.to];
      if (a.sign !== 0) {
        const vertex = slope.neg().div(a.add(a));
        if (vertex.compare(piece.from) > 0 && vertex.compare(piece.to) < 0) xs.push(vertex);
      }
      for (const x of xs) if (e(x).compare(sup) > 0) sup = e(x);
    }
    return sup;
  }

  test('lower <= exact sup <= upper against parabolas, and the ratio is kept', () => {
    fc.assert(
      fc.property(
        network({ inputs: 1, outputs: 1, maxWidth: 8, weight: dyadic(4) }),
        dyadic(6),
        dyadic(6),
        (net, p, q) => {
          const [lo, hi] = [Dyadic.from(-2), Dyadic.from(3)];
          const c = certifySup(net, polynomial(0, p, q), { domain: [lo, hi] });
          const sup = exactSup(net, p, q, lo, hi);
          expect(c.status).toBe('proved');
          expect(Rational.fromDyadic(c.lower).compare(sup)).toBeLessThanOrEqual(0);
          expect(Rational.fromDyadic(c.upper!).compare(sup)).toBeGreaterThanOrEqual(0);
          expect(c.upper!.le(c.lower.mul(Dyadic.from(1.01)))).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('another network as target: both bounds are the exact sup', () => {
    const shape = { inputs: 1, outputs: 1, maxWidth: 6, weight: dyadic(4) };
    fc.assert(
      fc.property(network(shape), network(shape), (f, g) => {
        const [lo, hi] = [Dyadic.from(-2), Dyadic.from(3)];
        const c = certifySup(f, g, { domain: [lo, hi] });
        const sup = exactSup(sum(f, compose(affine([[-1]]), g)), Dyadic.ZERO, Dyadic.ZERO, lo, hi);
        expect(c.status).toBe('proved');
        expect(Rational.fromDyadic(c.lower).compare(sup)).toBeLessThanOrEqual(0);
        expect(Rational.fromDyadic(c.upper!).compare(sup)).toBeGreaterThanOrEqual(0);
        if (sup.toDyadic()) expect(c.upper!.eq(c.lower)).toBe(true);
        expect(certifySup(f, f).upper!.isZero).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('no planted violation is proved, however narrow', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.98, noNaN: true }),
        fc.integer({ min: 8, max: 300 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(-1, 1),
        (x, narrow, height, side) => {
          const base = interpolant((v) => v * v, 16, 30); // error 2^-10
          // A tent of width 2^(1-narrow) and height `height` 2^-10 around x.
          const width = Dyadic.pow2(-narrow);
          const steep = Dyadic.of(BigInt(side * height), narrow - 10);
          const at = Dyadic.from(x);
          const knots = new LayerBuilder(1);
          for (const k of [0, 1, 2]) knots.unit(at.add(width.mul(Dyadic.from(k))).neg(), [0, 1]);
          const tent = new LayerBuilder(3);
          tent.unit(0, [0, steep], [1, steep.scale(1).neg()], [2, steep]);
          const net = sum(base, new Network([knots.build(), tent.build()]));
          const f = polynomial(0, 0, 1);
          const violated = errorAt(net, f, at.add(width)).lo;
          const c = certifySup(net, f, { within: violated.roundBits(10, 'down').mul(Dyadic.from(0.999)) });
          expect(c.status).not.toBe('proved');
          expect(c.upper!.ge(violated)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('certifySup at its limits', () => {
  const square = polynomial(0, 0, 1);

  test('an exact representation has error 0, proved', () => {
    const kinked = interpolant((x) => Math.abs(x - 0.25), 64, 40);
    for (const [net, f] of [
      [kinked, distanceTo(Rational.of(1n, 4n))],
      [affine([[0.5]], [-3]), polynomial(-3, 0.5)],
      [affine([[0]], [0]), polynomial(0)],
    ] as const) {
      const c = certifySup(net, f);
      expect(c.status).toBe('proved');
      expect(c.upper!.isZero && c.lower.isZero).toBe(true);
    }
  });

  test('within: proved, refuted, and undecided between the bounds', () => {
    const net = interpolant((x) => x * x, 16, 20); // sup = 2^-10
    expect(certifySup(net, square, { within: 2 ** -10 + 2 ** -16 }).status).toBe('proved');
    expect(certifySup(net, square, { within: 2 ** -10 - 2 ** -16 }).status).toBe('refuted');
    const close = certifySup(net, square, { within: 2 ** -10 });
    expect(close.status).toBe('undecided');
    expect(close.missing).toBe('the wanted bound lies between lower and upper');
    const quick = certifySup(net, square, { within: 0.5, ratio: Number.POSITIVE_INFINITY });
    expect(quick.status).toBe('proved');
  });

  test('f undefined inside the domain is said, not guessed', () => {
    const c = certifySup(affine([[1]]), squareRoot, { domain: [-1, 1] });
    expect(c.status).toBe('undecided');
    expect(c.upper).toBeUndefined();
    expect(c.missing).toMatch(/^sqrt\(x\) is not shown to be defined at x = -/);
    const pole = certifySup(affine([[1]]), reciprocal, { domain: [-1, 1] });
    expect(pole.status).toBe('undecided');
    expect(pole.missing).toMatch(/not shown to be defined at x = -1/);
  });

  test('domain ends may be enclosures and fractions', () => {
    const net = interpolant((x) => x * x, 16, 20, 0, 4);
    const end = Interval.of(Dyadic.from(2).sub(Dyadic.pow2(-40)), Dyadic.from(2).add(Dyadic.pow2(-40)));
    const c = certifySup(net, square, { domain: [0, end] });
    tight(c);
    expect((c.witness as Dyadic).le(end.lo)).toBe(true);
    expect(c.restsOn.at(-1)).toMatch(/^the domain's upper end lies in/);
    tight(certifySup(net, square, { domain: [third, Rational.of(2n, 3n)] }));
    const point = certifySup(net, square, { domain: [0.375, 0.375] });
    expect(point.upper!.eq(errorAt(net, square, Dyadic.from(0.375)).hi)).toBe(true);
  });

  test('more pieces than the limit: the bounds hold and the answer says what is missing', () => {
    const c = certifySup(sawtooth(30, 2 ** -10), square, { maxPieces: 5000, maxBlocks: 300 });
    expect(c.upper!.ge(Dyadic.ONE) && c.lower.le(Dyadic.ONE)).toBe(true); // the last tooth ends at 1
    expect(c.status).toBe('undecided');
    expect(c.missing).toBe('300 enclosures of f were not enough (maxBlocks)');
    expect(c.pieces).toBe(5000);
  });

  test('more pieces than the limit, but the error is in one place: proved by branch and bound', () => {
    const net = sum(
      sawtooth(10, 2 ** -30),
      interpolant((x) => Math.max(0, 0.1 - Math.abs(x - 0.7)), 64, 20),
    );
    const c = certifySup(net, polynomial(0), { maxPieces: 100 });
    tight(c);
    const whole = certifySup(net, polynomial(0));
    tight(whole);
    expect(c.lower.le(whole.upper!) && whole.lower.le(c.upper!)).toBe(true);
    expect(c.pieces).toBe(100);
    expect(whole.pieces).toBeGreaterThan(1000);
  });

  test('bad arguments are refused in a sentence, and an aborted signal stops', () => {
    const net = affine([[1]]);
    expect(() => certifySup(affine([[1, 1]]), square)).toThrow('expected a network with 1 input and 1 output');
    expect(() => certifySup(net, square, { ratio: 1 })).toThrow('certifySup ratio: expected a number above 1, got 1');
    expect(() => certifySup(net, square, { domain: [1, 0] })).toThrow('expected lower end <= upper end, got');
    expect(() => certifySup(net, square, { seconds: 0 })).toThrow('certifySup seconds: expected a number above 0');
    const table = tableTarget([
      [Rational.of(0n), Rational.of(0n)],
      [Rational.of(1n), Rational.of(1n)],
    ]);
    expect(() => certifySup(net, table, { domain: [0, 2] })).toThrow("a part of the table's range [0, 1]");
    const fine = interpolant((x) => x * x, 4096, 40);
    expect(() => certifySup(fine, square, { signal: AbortSignal.abort(new Error('enough')) })).toThrow('enough');
  });
});
