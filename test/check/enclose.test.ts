/** The checker's enclosures beside the library's: two ways to the same Taylor coefficients, which must always meet. */
import { describe, expect, test } from 'vitest';
import { enclosures, type Span } from '../../src/check/enclose.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Interval } from '../../src/exact/index.ts';
import { FUNCTION_NAMES } from '../../src/exact/vocabulary.ts';

const Q = 96;
const EXPRESSIONS = [
  'sin(6*x)', 'cos(x)^2 - x', 'exp(-x^2)', 'exp(3*x)/e', 'log(2+x)', 'ln(2+x)*x', 'log2(3+x)', 'log10(3+x)', 'log1p(x^2)',
  'expm1(x)', 'tanh(4*x-2)', 'sigmoid(8*x)', 'logistic(x)', 'softplus(4*x)', 'swish(x)', 'silu(x)', 'gauss(x)', 'sqrt(2+x)',
  'cbrt(x+5)', 'cbrt(x-5)', '(2+x)^(2/3)', '(2+x)^-1.5', '(3+x)^x', '2^x', '2^-x', '-x^2', 'x^3-2*x^2+x/3-1.25e-1', '1/(3-x)',
  '(2-x)/(2+x)*x', 'tan(x/2)', 'sec(x/2)', 'csc(x+2)', 'cot(x+2)', 'sinh(x)', 'cosh(2*x)', 'abs(x+3)', 'abs(x-3)',
  'relu(x+2)', 'max(x,x^2+1)', 'min(x,5,x^3+9)', 'square(x)', 'cube(x)', 'sin(2*pi*x)/(2*pi)', 'sin(tau*x)', '2^3^0.5*x',
  'asin(x/2)', 'acos(x/3)', 'atan(x/4)', 'atan(9*x)', 'atan(1e6*x)', 'asinh(4*x)', 'acosh(x+3)', 'atanh(x/2)', 'erf(x/8)', 'erf(2*x)',
  'erf(18*x)', 'erfc(3*x)', 'gelu(3*x)', 'sech(2*x)', 'tanh(50*x)', 'softplus(-30*x)', 'hypot(x,2)', 'clamp(x,-5,x+9)', 'pow(x+2,3)',
  'pow(2+x,x)', 'nthRoot(x+2,5)', 'nthRoot(x-3,3)', 'log(x+3,2)', 'PI*x+E^x+e', '1-2-x', '8/2/4*x', '-2^2+x', '--x', '+x*.5', '(x)', 'x*1e-3+1E2', '0.1*x',
]; // biome-ignore format: a list

function meets([lo, hi]: Span, other: Interval): boolean {
  return Dyadic.of(lo, -Q).le(other.hi) && other.lo.le(Dyadic.of(hi, -Q));
}

describe('Taylor coefficients over points and intervals', () => {
  test.each(EXPRESSIONS)('%s', (text) => {
    const e = enclosures(Q);
    const f = e.parse(text);
    const target = expressionTarget(text);
    for (const [a, b] of [
      [-1, -1],
      [0.375, 0.375],
      [1, 1],
      [-0.5, -0.25],
      [0.25, 0.25 + 2 ** -12],
      [0.5, 1],
    ] as const) {
      const x = [BigInt(Math.round(a * 2 ** 52)), BigInt(Math.round(b * 2 ** 52))].map((v) => v << BigInt(Q - 52));
      const jet = e.taylor(f, [x[0]!, x[1]!], 5);
      const ours = target.taylor!(Interval.of(Dyadic.from(a), Dyadic.from(b)), 5, Q)!;
      ours.forEach((_, k) => {
        const span = jet[k]!;
        expect(meets(span, ours[k]!), `${text} at [${a}, ${b}], coefficient ${k}`).toBe(true);
        // At a point they are tight.
        if (a === b) expect(Number(span[1] - span[0]) * 2 ** -Q).toBeLessThan(2 ** -60);
        else
          for (const t of [a, (a + b) / 2, b]) {
            const [inner] = target.taylor!(Interval.of(Dyadic.from(t)), 5, Q)!.slice(k);
            expect(meets(span, inner!), `${text} at ${t} in [${a}, ${b}], coefficient ${k}`).toBe(true);
          }
      });
    }
  });
});

test('every function of the library is known but those of jumps', () => {
  const e = enclosures(64);
  const reads = (text: string): boolean => {
    try {
      return e.parse(text) !== undefined;
    } catch {
      return false;
    }
  };
  const unknown = FUNCTION_NAMES.filter((name) => !['x', 'x,2', 'x,2,3'].some((args) => reads(`${name}(${args})`)));
  expect(unknown).toEqual(['atan2', 'ceil', 'floor', 'sign']);
  expect(reads('erf(x,x)') || reads('hypot(x)') || reads('erf') || reads('pi(x)')).toBe(false);
});

test.each([
  '',
  'x+',
  'sin x',
  'y',
  'sin(x',
  'x)',
  'sin(x,x)',
  'constructor(x)',
  '1..2',
  'x!',
  '('.repeat(1000),
  '('.repeat(20_000),
  `${'-('.repeat(249)}x`,
  `x${'^-x'.repeat(9999)}`,
])('no expression: %s', (text) => {
  expect(() => enclosures(64).parse(text)).toThrow(/does not read/);
});

test.each(['log(x-2)', '1/(x-0.5)', 'sqrt(x-2)', 'x^0.5'])('%s where it is not defined', (text) => {
  const e = enclosures(64);
  expect(() => e.taylor(e.parse(text), [-(1n << 63n), 1n << 64n], 0)).toThrow(/not shown to be/);
});

test('kinks and roots have values everywhere, and slopes of either side', () => {
  const e = enclosures(64);
  const one = 1n << 64n;
  const around: Span = [-(1n << 62n), 1n << 62n];
  const [value, slope] = e.taylor(e.parse('abs(x)'), around, 1);
  expect(value![1]).toBeGreaterThanOrEqual(1n << 62n);
  expect(value![0]).toBeLessThanOrEqual(0n);
  expect(slope).toEqual([-one, one]);
  expect(() => e.taylor(e.parse('abs(x)'), around, 2)).toThrow(/kink/);
  const [root] = e.taylor(e.parse('cbrt(x)'), around, 0);
  expect(root![0]).toBeLessThan(-(1n << 63n));
  expect(root![1]).toBeGreaterThan(1n << 63n);
});
