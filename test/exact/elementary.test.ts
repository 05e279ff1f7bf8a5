/** Our elementary functions against MPFR's directed rounding: containment everywhere, and width within a few units. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as elementary from '../../src/exact/elementary.ts';
import { ln2Fixed, piFixed } from '../../src/exact/fixed.ts';
import { Dyadic, Rational } from '../../src/exact/index.ts';
import * as spans from '../../src/exact/span.ts';
import { EXPONENT_LIMIT, exactly, type Span, UNDEFINED } from '../../src/exact/span.ts';
import * as special from '../../src/exact/special.ts';
import * as trigonometric from '../../src/exact/trigonometric.ts';
import { type Bounds, mpfr, mpfr2, mpfrConstant, mpfrRoot, type Unary } from '../support/mpfr.ts';
import { type Random, seeded } from '../support/random.ts';

type OfSpan = (x: Span, p: number) => Span;

/** The largest width of a result at a point, in units of 2^-p of its size. */
const ULPS = 6;

const functions: Readonly<Record<Unary, OfSpan>> = {
  sin: trigonometric.sin,
  cos: trigonometric.cos,
  tan: trigonometric.tan,
  asin: trigonometric.asin,
  acos: trigonometric.acos,
  atan: trigonometric.atan,
  sinh: elementary.sinh,
  cosh: elementary.cosh,
  tanh: elementary.tanh,
  asinh: elementary.asinh,
  acosh: elementary.acosh,
  atanh: elementary.atanh,
  exp: elementary.exp,
  expm1: elementary.expm1,
  log: elementary.log,
  log1p: elementary.log1p,
  log2: elementary.log2,
  log10: elementary.log10,
  sqrt: spans.sqrt,
  cbrt: elementary.cbrt,
  erf: special.erf,
  erfc: special.erfc,
};

const point = (x: Dyadic): Span => exactly(x.m, x.e);
const low = (x: Span): Dyadic => Dyadic.of(x.lo, x.e);
const high = (x: Span): Dyadic => Dyadic.of(x.hi, x.e);

/** The result, or undefined where the function has no value there. */
function attempt(f: () => Span): Span | undefined {
  try {
    return f();
  } catch (error) {
    if (error === UNDEFINED) return undefined;
    throw error;
  }
}

/** Arguments of every size: moderate, tiny, subnormal, huge, and close to the places where functions turn or end. */
function argument(random: Random): Dyadic {
  const kind = random.unit();
  if (kind < 0.3) return random.dyadic(64, -4, 4);
  if (kind < 0.45) return random.dyadic(64, -40, 7);
  if (kind < 0.6) return random.dyadic(53, -1074, 1023);
  if (kind < 0.65) return random.dyadic(200, -200, 30);
  const place = random.pick(['0', '1', '-1', 'pi', 'pi/2', '2']);
  const near = Dyadic.of(random.unit() < 0.5 ? 1n : -1n, -random.whole(1, 400));
  if (place !== 'pi' && place !== 'pi/2') return Dyadic.from(place).add(near);
  // A multiple of pi/2 cut at a random number of digits: the hardest arguments of sin, cos and tan.
  const digits = random.whole(4, 120);
  const multiple = random.whole(1, 1 << random.whole(1, 20));
  return Dyadic.of(BigInt(multiple) * piFixed(digits), -digits - (place === 'pi' ? 0 : 1));
}

/** A plain check, a hundred times cheaper than an expectation: these tests make a million of them. */
function check(holds: boolean, note: () => string): void {
  if (!holds) throw new Error(note());
}

/** Fails where `found` misses a part of what MPFR encloses. */
function expectHolds(found: Span, reference: Bounds, note: () => string): void {
  const holds = low(found).le(reference.lo) && reference.hi.le(high(found));
  if (!holds) {
    const gap = [reference.lo.sub(low(found)), high(found).sub(reference.hi)].map((d) => d.toNumber());
    throw new Error(`${note()}: MPFR's value lies outside, gaps ${gap.join(', ')}`);
  }
}

function expectNarrow(found: Span, reference: Bounds, p: number, note: () => string): void {
  const size = reference.lo.abs().max(reference.hi.abs());
  // Below this only [0, 2^-EXPONENT_LIMIT] is known.
  if (size.exponent < -EXPONENT_LIMIT + 64) return;
  const width = high(found).sub(low(found)).scale(p);
  if (width.gt(size.mul(Dyadic.of(BigInt(ULPS))))) {
    throw new Error(`${note()}: ${width.toNumber() / size.toNumber()} units wide`);
  }
}

test('no floating-point function of the engine takes part, so every engine returns the same bits', () => {
  const folder = join(import.meta.dirname, '../../src/exact');
  const exact = new Set(['min', 'max', 'floor', 'ceil', 'round', 'abs', 'sign', 'clz32', 'sqrt', 'LOG2E']);
  for (const file of readdirSync(folder).filter((name) => name !== 'estimate.ts')) {
    const used = readFileSync(join(folder, file), 'utf8').matchAll(/\bMath\.(\w+)/g);
    expect(
      [...used].map((found) => found[1] as string).filter((name) => !exact.has(name)),
      file,
    ).toEqual([]);
  }
});

describe('points', () => {
  test.each(Object.keys(functions) as Unary[])('%s', (name) => {
    const random = seeded(1000 + name.length * 17 + name.charCodeAt(0));
    const f = functions[name];
    let values = 0;
    // Half of what comes lies outside the domain of some functions: draw until there are enough.
    for (let k = 0; k < 20_000 && values < 2000; k++) {
      const x = argument(random);
      const p = random.whole(30, 300);
      const found = attempt(() => f(point(x), p));
      // Enough digits that MPFR's neighbours lie closer together than ours, exact results included.
      const bits =
        p + 80 + (name === 'sqrt' || name === 'cbrt' ? 200 : 0) + (name === 'expm1' || name === 'cos' ? 800 : 0);
      const note = (): string => `${name}(${x}) to ${p} bits`;
      if (found === undefined) {
        // Only where MPFR has no finite value either, or a magnitude beyond the limit.
        const reference = mpfr(name, x, 64);
        check(reference === undefined || reference.hi.abs().exponent >= EXPONENT_LIMIT - 2, note);
        continue;
      }
      const reference = mpfr(name, x, bits) as Bounds;
      check(reference !== undefined, note);
      if (spans.isPoint(found)) {
        check(reference.lo.eq(low(found)) && reference.hi.eq(low(found)), note);
      } else {
        expectHolds(found, reference, note);
        expectNarrow(found, reference, p, note);
      }
      values++;
    }
    expect(values).toBeGreaterThanOrEqual(2000);
  });

  test('exact where the value is short', () => {
    const one = exactly(1n);
    const zero = exactly(0n);
    const pairs: [Span, number][] = [
      [elementary.exp(zero, 60), 1],
      [elementary.log(one, 60), 0],
      [elementary.log2(exactly(1n, -7), 60), -7],
      [spans.sqrt(exactly(9n, -2), 60), 1.5],
      [elementary.cbrt(exactly(-27n, 3), 60), -6],
      [trigonometric.sin(zero, 60), 0],
      [trigonometric.cos(zero, 60), 1],
      [trigonometric.acos(one, 60), 0],
      [special.erf(zero, 60), 0],
    ];
    for (const [found, value] of pairs) {
      expect([low(found).toNumber(), high(found).toNumber()]).toEqual([value, value]);
    }
  });
});

describe('constants', () => {
  test('pi and ln 2 to every length', () => {
    for (const w of [1, 2, 10, 64, 65, 200, 1000, 5000, 20_000, 300, 63]) {
      for (const [digits, name] of [
        [piFixed(w), 'pi'],
        [ln2Fixed(w), 'log2'],
      ] as const) {
        const { lo, hi } = mpfrConstant(name, w + 40);
        expect(Dyadic.of(digits - 2n, -w).lt(lo) && hi.lt(Dyadic.of(digits + 2n, -w)), `${name} ${w}`).toBe(true);
      }
    }
  });
});

describe('intervals', () => {
  const rising = ['asin', 'atan', 'sinh', 'tanh', 'asinh', 'acosh', 'atanh', 'exp', 'expm1', 'log', 'log1p', 'log2'];
  const growing = new Set(['exp', 'expm1', 'sinh', 'cosh', 'erfc']);
  const monotone = new Set([...rising, 'log10', 'sqrt', 'cbrt', 'erf', 'erfc', 'acos']);

  test.each(Object.keys(functions) as Unary[])('%s', (name) => {
    const random = seeded(2000 + name.length * 31 + name.charCodeAt(1));
    const f = functions[name];
    let values = 0;
    for (let k = 0; k < 30_000 && values < 2000; k++) {
      const start = random.unit() < 0.8 ? random.dyadic(60, -6, 3) : argument(random);
      const length = random.dyadic(60, -80, 2).abs();
      const [a, b] = [start, start.add(length)];
      // Exponentials of such numbers are compared as points above; here their sums would fill memory.
      if (growing.has(name) && a.abs().max(b.abs()).exponent > 8) continue;
      const p = random.whole(30, 200);
      const whole = attempt(() => f(between(a, b), p));
      const note = (): string => `${name}([${a}, ${b}]) to ${p} bits`;
      if (whole === undefined) {
        if (name !== 'tan') {
          const ends = [mpfr(name, a, 40), mpfr(name, b, 40)];
          const finite = ends.every((y) => y !== undefined && y.lo.exponent < EXPONENT_LIMIT - 2);
          check(!finite, note);
        }
        continue;
      }
      values++;
      // Random inner points, and both ends.
      const inner = [a, b];
      for (let n = 0; n < 3; n++)
        inner.push(a.add(length.mul(Dyadic.of(random.digits(20), -20)).scale(-random.whole(0, 3))));
      for (const x of inner) {
        const reference = mpfr(name, x, p + 80) as Bounds;
        check(reference !== undefined, note);
        const margin = reference.hi.sub(reference.lo);
        check(low(whole).sub(margin).le(reference.lo) && reference.hi.le(high(whole).add(margin)), note);
      }
      if (monotone.has(name)) {
        const ends = [mpfr(name, a, p + 80), mpfr(name, b, p + 80)] as Bounds[];
        const [first, last] = name === 'acos' || name === 'erfc' ? [ends[1], ends[0]] : ends;
        const lost = [first!.lo.sub(low(whole)), high(whole).sub(last!.hi)];
        const sizes = [first!.lo.abs(), last!.hi.abs()];
        lost.forEach((d, n) => {
          const size = sizes[n] as Dyadic;
          if (size.exponent > -EXPONENT_LIMIT + 64) {
            check(d.scale(p).le(size.mul(Dyadic.of(BigInt(ULPS)))), () => `${note()} is not sharp`);
          }
        });
      }
      // A part of the interval gives a part of the result, up to the last digits.
      const [c, d] = [a.add(length.scale(-2)), a.add(length.scale(-1))];
      const part = f(between(c, d), p);
      const slack = low(whole)
        .abs()
        .max(high(whole).abs())
        .scale(3 - p);
      check(low(whole).sub(slack).le(low(part)) && high(part).le(high(whole).add(slack)), note);
    }
    expect(values).toBeGreaterThanOrEqual(2000);
  });

  const between = (a: Dyadic, b: Dyadic): Span => spans.between(point(a), point(b));

  test('sin and cos reach 1 and -1 exactly where an extremum lies inside', () => {
    const random = seeded(7);
    const seen = [0, 0];
    for (let k = 0; k < 3000; k++) {
      const a = random.dyadic(60, -10, random.pick([2, 6, 60, 300]));
      const b = a.add(random.dyadic(60, -12, 3).abs());
      const digits = 800;
      const half = mpfrConstant('pi', digits).lo.scale(-1);
      // The number of the last multiple of pi/2 at or below x; 800 digits decide it for these arguments.
      const turn = (x: Dyadic): bigint =>
        Rational.fromDyadic(x).div(Rational.fromDyadic(half)).roundTo(0, 'down').floor();
      const turns: number[] = [];
      for (let n = turn(a) + 1n; n <= turn(b) && turns.length < 8; n++) turns.push(Number(BigInt.asUintN(2, n)));
      const p = random.whole(30, 100);
      const { sin, cos } = trigonometric.sinCos(between(a, b), p);
      const isOne = (x: Dyadic): boolean => x.abs().eq(Dyadic.ONE);
      expect(isOne(high(sin)), `sin over [${a}, ${b}]`).toBe(turns.includes(1));
      expect(isOne(low(sin))).toBe(turns.includes(3));
      expect(isOne(high(cos))).toBe(turns.includes(0) || (a.sign <= 0 && b.sign >= 0));
      expect(isOne(low(cos))).toBe(turns.includes(2));
      seen[turns.length > 0 ? 1 : 0]!++;
    }
    expect(Math.min(...seen)).toBeGreaterThan(300);
  });

  test('tan over a pole is undefined, and defined up to it', () => {
    const half = piFixed(200); // pi/2 at 201 digits, within 2 units
    const below = Dyadic.of(half - 2n, -201);
    const above = Dyadic.of(half + 2n, -201);
    expect(attempt(() => trigonometric.tan(between(below, above), 100))).toBeUndefined();
    expect(low(trigonometric.tan(between(Dyadic.ONE, below), 100)).toNumber()).toBeCloseTo(Math.tan(1), 12);
    expect(attempt(() => trigonometric.tan(between(Dyadic.from(-10), Dyadic.from(10)), 60))).toBeUndefined();
  });
});

describe('two arguments', () => {
  test('x^y', () => {
    const random = seeded(11);
    let values = 0;
    for (let k = 0; k < 4000; k++) {
      const x = random.dyadic(50, -20, 20).abs();
      const y = random.unit() < 0.5 ? random.dyadic(40, -20, 5) : Dyadic.from(random.whole(-20, 20));
      const p = random.whole(30, 300);
      const found = attempt(() => elementary.realPower(point(x), point(y), p));
      const reference = mpfr2('pow', x, y, p + 80 + 1000);
      if (!found || !reference) continue;
      expectHolds(found, reference, () => `${x}^${y}`);
      expectNarrow(found, reference, p, () => `${x}^${y} to ${p}`);
      values++;
    }
    expect(values).toBeGreaterThan(2000);
  });

  test('whole powers and roots', () => {
    const random = seeded(12);
    for (let k = 0; k < 2000; k++) {
      const x = random.dyadic(50, -20, 20);
      const n = random.whole(1, 60);
      const p = random.whole(30, 300);
      const power = spans.power(point(x), n, p);
      const exact = mpfr2('pow', x, Dyadic.from(n), 60 * 50 + 10) as Bounds;
      expect(exact.lo).toEqual(exact.hi);
      expectHolds(power, exact, () => `${x}^${n}`);
      expectNarrow(power, exact, p, () => `${x}^${n}`);
      const root = elementary.oddRoot(point(x), 2 * (n % 20) + 3, p);
      expectHolds(root, mpfrRoot(x, 2 * (n % 20) + 3, p + 200) as Bounds, () => `root of ${x}`);
      const spread = Dyadic.of(random.digits(10), -8);
      const around = spans.power(spans.between(point(x.sub(spread)), point(x.add(spread))), n, p);
      for (const y of [x.sub(spread), x, x.add(spread), x.add(spread.scale(-1))]) {
        expectHolds(around, mpfr2('pow', y, Dyadic.from(n), 60 * 64) as Bounds, () => `${y}^${n}`);
      }
    }
  });

  test('atan2', () => {
    const random = seeded(13);
    for (let k = 0; k < 2000; k++) {
      const [y, x] = [random.dyadic(50, -30, 30), random.dyadic(50, -30, 30)];
      const p = random.whole(30, 300);
      const found = trigonometric.atan2(point(y), point(x), p);
      const reference = mpfr2('atan2', y, x, p + 100) as Bounds;
      expectHolds(found, reference, () => `atan2(${y}, ${x})`);
      expectNarrow(found, reference, p, () => `atan2(${y}, ${x}) to ${p}`);
    }
    const wide = { lo: -1n, hi: 1n, e: 0 };
    expect(attempt(() => trigonometric.atan2(wide, exactly(-1n), 60))).toBeUndefined();
    expect(attempt(() => trigonometric.atan2(wide, wide, 60))).toBeUndefined();
    const straight = trigonometric.atan2(exactly(0n), exactly(-1n), 60);
    expectHolds(straight, mpfrConstant('pi', 200), () => 'atan2(0, -1)');
  });
});

describe('arithmetic of spans', () => {
  test('sums, products, quotients hold every value of their operands, and squares are sharp', () => {
    const random = seeded(21);
    const span = (): { s: Span; inside: Dyadic[] } => {
      const a = random.dyadic(random.pick([8, 60, 300]), -400, 400);
      const b = random.unit() < 0.2 ? a : a.add(random.dyadic(60, -300, 300).abs());
      return { s: spans.between(point(a), point(b)), inside: [a, b, a.add(b.sub(a).scale(-random.whole(1, 5)))] };
    };
    const Q = Rational.fromDyadic;
    const holds = (s: Span, x: Rational): boolean => Q(low(s)).compare(x) <= 0 && x.compare(Q(high(s))) <= 0;
    for (let k = 0; k < 3000; k++) {
      const p = random.whole(20, 120);
      const [a, b] = [span(), span()];
      const ratio = attempt(() => spans.div(a.s, b.s, p));
      expect(ratio === undefined).toBe(low(b.s).sign <= 0 && high(b.s).sign >= 0);
      for (const x of a.inside) {
        check(holds(spans.square(a.s, p), Q(x.mul(x))), () => `span ${k}`);
        check(holds(spans.abs(a.s), Q(x.abs())), () => `span ${k}`);
        check(holds(spans.scaleBy(a.s, -7n, 3n, p), Q(x).mul(Rational.of(-7n, 3n))), () => `span ${k}`);
        for (const y of b.inside) {
          check(holds(spans.add(a.s, b.s, p), Q(x.add(y))), () => `span ${k}`);
          check(holds(spans.sub(a.s, b.s, p), Q(x.sub(y))), () => `span ${k}`);
          check(holds(spans.mul(a.s, b.s, p), Q(x.mul(y))), () => `span ${k}`);
          check(holds(spans.max(a.s, b.s), Q(x.max(y))), () => `span ${k}`);
          check(holds(spans.min(a.s, b.s), Q(x.min(y))), () => `span ${k}`);
          if (ratio) check(holds(ratio, Q(x).div(Q(y))), () => `span ${k}`);
        }
      }
      expect(low(spans.square(a.s, p)).sign).toBeGreaterThanOrEqual(0);
    }
  });

  test('exponents further apart than memory are cut outward', () => {
    const huge = exactly(1n, 900_000);
    const tiny = exactly(1n, -900_000);
    const sum = spans.add(huge, tiny, 60);
    expect(low(sum).eq(Dyadic.pow2(900_000)) && high(sum).gt(Dyadic.pow2(900_000))).toBe(true);
    const difference = spans.sub(huge, tiny, 60);
    expect(high(difference).eq(Dyadic.pow2(900_000)) && low(difference).lt(Dyadic.pow2(900_000))).toBe(true);
    expect(attempt(() => spans.mul(huge, huge, 60))).toBeUndefined();
    const nothing = spans.mul(tiny, tiny, 60);
    expect(low(nothing).sign).toBe(0);
    expect(high(nothing).sign).toBe(1);
  });
});
