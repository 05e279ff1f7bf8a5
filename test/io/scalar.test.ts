import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Dyadic, Rational } from '../../src/exact/index.ts';
import {
  compareScalars,
  isZero,
  negated,
  product,
  quotient,
  type Scalar,
  simplify,
  toDyadic,
  total,
} from '../../src/io/scalar.ts';
import { dyadic, float64 } from '../support/arbitrary.ts';

/** float32 and float64 of every size, numbers that cancel, and dyadics beyond float64. */
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  float64(),
  fc.integer({ min: -9, max: 9 }).map((k) => k * 2 ** 60 + (k % 2)),
  fc.constantFrom(0, 1, -1, 2 ** -1074, -(2 ** -1074), 1.7976931348623157e308, 2 ** 53, 2 ** 53 - 1, 0.1, 1 / 3),
  dyadic(120),
);
const exact = (x: Scalar): string => toDyadic(x).toString();

test('sums, products, signs and comparisons are those of the dyadics', () => {
  fc.assert(
    fc.property(scalar, scalar, (a, b) => {
      const [x, y] = [toDyadic(a), toDyadic(b)];
      expect(exact(total(a, b))).toBe(x.add(y).toString());
      expect(exact(product(a, b))).toBe(x.mul(y).toString());
      expect(exact(negated(a))).toBe(x.neg().toString());
      expect(Math.sign(compareScalars(a, b)) + 0).toBe(x.compare(y)); // -0 is 0
      expect(isZero(a)).toBe(x.isZero);
    }),
    { numRuns: 5000 },
  );
});

test('a quotient is exact or absent', () => {
  fc.assert(
    fc.property(scalar, scalar, (a, b) => {
      fc.pre(!isZero(b));
      const q = quotient(a, b);
      const real = Rational.fromDyadic(toDyadic(a))
        .div(Rational.fromDyadic(toDyadic(b)))
        .toDyadic();
      expect(q === undefined ? undefined : exact(q)).toBe(real?.toString());
    }),
  );
});

test('a number is a float64 wherever one holds it', () => {
  fc.assert(
    fc.property(float64(), (v) => {
      expect(simplify(Dyadic.from(v))).toBe(v);
    }),
  );
  expect(simplify(Dyadic.of((1n << 53n) + 1n))).toBeInstanceOf(Dyadic);
  expect(simplify(Dyadic.pow2(-1075))).toBeInstanceOf(Dyadic);
  expect(simplify(Dyadic.pow2(1024))).toBeInstanceOf(Dyadic);
  expect(simplify(Dyadic.pow2(-1074))).toBe(2 ** -1074);
});
