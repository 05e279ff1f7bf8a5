import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bitLength,
  Dyadic,
  floorRoot,
  floorSqrt,
  gcd,
  InputError,
  Interval,
  printBound,
  quotient,
  Rational,
  roughBitLength,
  toHexFloat,
  toScientific,
  trailingZeros,
} from '../../src/exact/index.ts';
import { dyadic, float64 } from '../support/arbitrary.ts';

const D = Dyadic.from;

describe('bits', () => {
  test('bitLength and trailingZeros agree with the binary text', () => {
    fc.assert(
      fc.property(fc.bigInt(-(1n << 300n), 1n << 300n), fc.nat(200), (m, k) => {
        const v = m << BigInt(k);
        const text = (v < 0n ? -v : v).toString(2);
        expect(bitLength(v)).toBe(v === 0n ? 0 : text.length);
        expect(trailingZeros(v)).toBe(v === 0n ? 0 : text.length - text.replace(/0+$/, '').length);
      }),
    );
    for (const k of [0, 1, 31, 32, 33, 52, 53, 54, 63, 64, 1023, 4096]) {
      expect(bitLength((1n << BigInt(k)) - 1n)).toBe(k);
      expect(bitLength(1n << BigInt(k))).toBe(k + 1);
      expect(trailingZeros(1n << BigInt(k))).toBe(k);
    }
  });

  test('gcd divides both and leaves coprime quotients', () => {
    const side = fc.oneof(
      fc.bigInt(-(1n << 200n), 1n << 200n),
      fc.bigInt(-(1n << 54n), 1n << 54n),
      fc.bigInt(-20n, 20n),
    );
    fc.assert(
      fc.property(side, side, side, (a, b, c) => {
        const g = gcd(a * c, b * c);
        if (a * c === 0n && b * c === 0n) return g === 0n;
        // Bezout, by the plain extended algorithm.
        let [r, s, u, v] = [a * c, b * c, 1n, 0n];
        while (s !== 0n) {
          const q = r / s;
          [r, s, u, v] = [s, r - q * s, v, u - q * v];
        }
        return g > 0n && (a * c) % g === 0n && (b * c) % g === 0n && (r === g || r === -g);
      }),
      { numRuns: 2000 },
    );
  });

  test('floorRoot is the floor', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 400n), fc.integer({ min: 1, max: 12 }), (n, k) => {
        const r = floorRoot(n, k);
        return r ** BigInt(k) <= n && (r + 1n) ** BigInt(k) > n;
      }),
    );
  });

  test('roughBitLength is the length or one more', () => {
    fc.assert(
      fc.property(fc.bigInt(-(1n << 300n), 1n << 300n), fc.nat(1200), (m, k) => {
        const v = m << BigInt(k);
        const rough = roughBitLength(v);
        return rough === bitLength(v) || rough === bitLength(v) + 1;
      }),
    );
    for (const k of [1, 52, 53, 54, 100, 999, 1000, 1001, 1022, 1023, 1024, 1025]) {
      for (const m of [1n << BigInt(k), (1n << BigInt(k)) - 1n, (1n << BigInt(k)) + 1n]) {
        expect(bitLength(m)).toBe(m.toString(2).length);
        expect([m.toString(2).length, m.toString(2).length + 1]).toContain(roughBitLength(m));
      }
    }
  });

  test('floorSqrt is the floor', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 400n), (n) => {
        const r = floorSqrt(n);
        expect(r * r <= n && (r + 1n) * (r + 1n) > n).toBe(true);
      }),
    );
    for (const r of [0n, 1n, (1n << 26n) + 1n, (1n << 53n) - 1n, 1n << 200n]) {
      expect(floorSqrt(r * r)).toBe(r);
      if (r > 0n) expect(floorSqrt(r * r - 1n)).toBe(r - 1n);
    }
  });
});

describe('Dyadic', () => {
  test('float64 to Dyadic and back is the identity', () => {
    fc.assert(
      fc.property(float64(), (v) => {
        expect(D(v).toNumber()).toBe(v);
      }),
      { numRuns: 2000 },
    );
    for (const v of [
      5e-324,
      -5e-324,
      2 ** -1022,
      2 ** -1022 - 5e-324,
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
      0.1,
      1 / 3,
    ]) {
      for (const mode of ['nearest', 'down', 'up'] as const) expect(D(v).toNumber(mode)).toBe(v);
    }
  });

  test('sums and products round as float64 does (IEEE 754 is correctly rounded)', () => {
    fc.assert(
      fc.property(float64(), float64(), (a, b) => {
        expect(D(a).add(D(b)).toNumber() + 0).toBe(a + b + 0);
        expect(D(a).mul(D(b)).toNumber() + 0).toBe(a * b + 0);
      }),
      { numRuns: 2000 },
    );
  });

  test('directed rounding brackets, one step apart', () => {
    fc.assert(
      fc.property(dyadic(90), (x) => {
        const lo = x.toNumber('down');
        const hi = x.toNumber('up');
        expect(D(lo).le(x) && x.le(D(hi))).toBe(true);
        expect([lo, hi]).toContain(x.toNumber());
        if (lo !== hi) expect(D(lo).add(D(hi)).scale(-1).toNumber('down') === lo).toBe(true);
      }),
    );
    const beyond = Dyadic.pow2(1024);
    expect([beyond.toNumber(), beyond.toNumber('down'), beyond.neg().toNumber('up')]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
    ]);
    expect(Dyadic.pow2(-1075).toNumber()).toBe(0);
    expect(Dyadic.of(3n, -1076).toNumber()).toBe(5e-324);
    expect(Dyadic.pow2(-5000).toNumber('up')).toBe(5e-324);
  });

  test('ring laws', () => {
    fc.assert(
      fc.property(dyadic(), dyadic(), dyadic(), (a, b, c) => {
        expect(a.add(b).eq(b.add(a))).toBe(true);
        expect(
          a
            .add(b)
            .add(c)
            .eq(a.add(b.add(c))),
        ).toBe(true);
        expect(a.mul(b.add(c)).eq(a.mul(b).add(a.mul(c)))).toBe(true);
        expect(a.sub(a).isZero).toBe(true);
        expect(a.compare(b)).toBe(a.sub(b).sign);
        expect(a.floor() <= a.ceil()).toBe(true);
        expect(D(a.floor()).le(a) && D(a.floor() + 1n).gt(a)).toBe(true);
      }),
    );
  });

  test('every printed form reads back', () => {
    fc.assert(
      fc.property(dyadic(), (x) => {
        for (const text of [x.toString(), x.toDecimal(), toHexFloat(x)]) expect(Dyadic.parse(text).eq(x)).toBe(true);
      }),
    );
    expect(D('0x1.8p-3').eq(D(0.1875))).toBe(true);
    expect(D('3*2^-4').eq(D(0.1875))).toBe(true);
    expect(D('2^-1').eq(Dyadic.HALF)).toBe(true);
    expect(D(-0.375).toDecimal()).toBe('-0.375');
    expect(toHexFloat(D(-0.375))).toBe('-0x1.8p-2');
  });

  test('roundTo takes ties to even and never crosses', () => {
    expect(D(0.5).roundTo(0).eq(D(0))).toBe(true);
    expect(D(1.5).roundTo(0).eq(D(2))).toBe(true);
    expect(D(-0.5).roundTo(0).eq(D(0))).toBe(true);
    expect(D(-1.25).roundTo(1, 'down').eq(D(-1.5))).toBe(true);
    expect(D(-1.25).roundTo(1, 'up').eq(D(-1))).toBe(true);
  });

  test('what is not a dyadic number is refused in a sentence', () => {
    for (const bad of ['0.1', '1/3', 'x', '', '1e9999999', '2^99999999', '0x', '.', 'NaN']) {
      expect(() => Dyadic.parse(bad), bad).toThrow(InputError);
    }
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => D(bad)).toThrow(/finite/);
  });
});

describe('Rational', () => {
  test('toNumber is correctly rounded: decimals agree with the engine’s own reader', () => {
    fc.assert(
      fc.property(float64(), fc.integer({ min: 1, max: 30 }), (v, digits) => {
        const text = v.toExponential(digits);
        expect(Rational.parse(text).toNumber() + 0).toBe(Number(text) + 0);
      }),
      { numRuns: 1000 },
    );
    expect(Rational.parse('1/3').toNumber()).toBe(1 / 3);
    expect(Rational.parse('4.9e-324').toNumber()).toBe(5e-324);
    expect(Rational.parse('2.4703282292062327e-324').toNumber()).toBe(0);
    expect(Rational.parse('2.4703282292062328e-324').toNumber()).toBe(5e-324);
  });

  test('field laws and rounding', () => {
    const rational = fc.tuple(fc.bigInt(-1000n, 1000n), fc.bigInt(1n, 1000n)).map(([n, d]) => Rational.of(n, d));
    fc.assert(
      fc.property(rational, rational, fc.integer({ min: -3, max: 20 }), (a, b, s) => {
        expect(a.add(b).sub(b).eq(a)).toBe(true);
        if (b.sign !== 0) expect(a.div(b).mul(b).eq(a)).toBe(true);
        const down = Rational.fromDyadic(a.roundTo(s, 'down'));
        const up = Rational.fromDyadic(a.roundTo(s, 'up'));
        expect(down.compare(a) <= 0 && a.compare(up) <= 0).toBe(true);
      }),
    );
  });
});

describe('Interval', () => {
  test('operations hold every point of the operands', () => {
    const interval = fc.tuple(dyadic(10), dyadic(10)).map(([a, b]) => Interval.of(a.min(b), a.max(b)));
    fc.assert(
      fc.property(interval, interval, fc.nat(8), fc.nat(8), (x, y, i, j) => {
        const a = x.lo.add(x.width.mul(D(i / 8)));
        const b = y.lo.add(y.width.mul(D(j / 8)));
        expect(x.add(y).contains(a.add(b))).toBe(true);
        expect(x.sub(y).contains(a.sub(b))).toBe(true);
        expect(x.mul(y).contains(a.mul(b))).toBe(true);
        expect(x.abs().contains(a.abs())).toBe(true);
        expect(x.relu().contains(a.max(Dyadic.ZERO))).toBe(true);
        expect(x.mul(y).round(5).encloses(x.mul(y))).toBe(true);
        const q = quotient(x, y, 20);
        if (q && !b.isZero) {
          const exact = Rational.fromDyadic(a).div(Rational.fromDyadic(b));
          expect(Rational.fromDyadic(q.lo).compare(exact) <= 0 && exact.compare(Rational.fromDyadic(q.hi)) <= 0).toBe(
            true,
          );
        }
      }),
    );
  });
});

describe('print', () => {
  test('scientific text stays on the asked side', () => {
    fc.assert(
      fc.property(dyadic(), fc.integer({ min: 1, max: 12 }), (x, digits) => {
        const up = Rational.parse(toScientific(x, digits, 'up'));
        const down = Rational.parse(toScientific(x, digits, 'down'));
        const q = Rational.fromDyadic(x);
        expect(down.compare(q) <= 0 && q.compare(up) <= 0).toBe(true);
      }),
    );
    expect(toScientific(D(999.96), 3, 'up')).toBe('1e3');
    expect(printBound(Dyadic.pow2(-22))).toBe('2.39e-7 (= 2^-22)');
    expect(printBound(D(0.75))).toBe('7.5e-1 (below 2^0)');
  });
});
