/** Expressions: what they mean (MPFR evaluates the same tree), their derivatives (Taylor's theorem), what is refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXPANSIONS, type FunctionName } from '../../src/exact/derivatives.ts';
import { expressionTarget, FUNCTION_NAMES, MAX_ORDER, parseNumber } from '../../src/exact/expression.ts';
import { Dyadic, enclosing, InputError, Interval, Rational, type Target } from '../../src/exact/index.ts';
import { MAX_TEXT, parseTree } from '../../src/exact/parse.ts';
import { MAX_DEPTH, MAX_NODES, type Node } from '../../src/exact/syntax.ts';
import { mpfrValue } from '../support/mpfrTree.ts';
import { type Random, seeded } from '../support/random.ts';

const D = Dyadic.from;

function check(holds: boolean, note: () => string): void {
  if (!holds) throw new Error(note());
}

/** x within the interval, or as near as MPFR's own rounding lets one see. */
function holds(range: Interval, x: Dyadic): boolean {
  const slack = x.abs().max(Dyadic.pow2(-100)).scale(-500);
  return range.lo.sub(slack).le(x) && x.le(range.hi.add(slack));
}

describe('what an expression means', () => {
  test.each([
    ['2 x', '3', '6'],
    ['2x^2', '3', '18'],
    ['1/2 x', '3', '3/2'],
    ['x/2 x', '3', '1/2'],
    ['-2^2', '0', '-4'],
    ['-x^2', '3', '-9'],
    ['2^3^2', '0', '512'],
    ['2^-x', '3', '1/8'],
    ['0.1 + 0.2', '0', '3/10'],
    ['1e-4 x', '5', '1/2000'],
    ['(x+1)(x-1)', '3', '8'],
    ['abs(x)', '-3', '3'],
    ['max(x, 1, 2)', '-3', '2'],
    ['min(x, 1)', '-3', '-3'],
    ['relu(x)', '-3', '0'],
    ['clamp(x, -1, 1)', '-3', '-1'],
    ['floor(x/2)', '-3', '-2'],
    ['ceil(x/2)', '-3', '-1'],
    ['sign(x)', '-3', '-1'],
    ['sqrt(x)', '16', '4'],
    ['cbrt(x)', '-27', '-3'],
    ['nthRoot(x, 5)', '-32', '-2'],
    ['nthRoot(x, 4)', '81', '3'],
    ['x^(2/3)', '27', '9'],
    ['x^0', '0', '1'],
    ['x^-2', '3', '1/9'],
    ['pow(x, 3)', '-2', '-8'],
    ['cube(x) + square(x)', '-2', '-4'],
    ['log2(x)', '8', '3'],
    ['log(x, 2) * 0 + 1', '8', '1'],
    ['x < 1 ? 5 : 6', '1', '6'],
    ['x <= 1 ? 5 : 6', '1', '5'],
    ['0 < x < 2 ? 5 : 6', '1', '5'],
    ['x < 0 or x > 2 ? 5 : 6', '1', '6'],
    ['not (x == 1) ? 5 : 6', '1', '6'],
    ['x != 1 and x > 0 ? 5 : x < 0 ? 7 : 8', '-1', '7'],
    ['+x', '2', '2'],
    ['x # a comment', '2', '2'],
  ])('%s at %s is %s', (text, at, value) => {
    const box = [enclosing(Rational.parse(at), 60)];
    const found = expressionTarget(text).enclose(box, 60) as Interval;
    const wanted = Rational.parse(value);
    expect(
      Rational.fromDyadic(found.lo).compare(wanted) <= 0 && Rational.fromDyadic(found.hi).compare(wanted) >= 0,
    ).toBe(true);
    expect(found.width.toNumber()).toBeLessThanOrEqual(Math.abs(wanted.toNumber()) * 2 ** -58);
    // 2^x goes by exp and log; everything else here is exact where its value is short.
    if (wanted.toDyadic() && text !== '2^-x') expect(found.isPoint).toBe(true);
    expect(expressionTarget(text).estimate([Rational.parse(at).toNumber()])).toBeCloseTo(wanted.toNumber(), 12);
  });

  test('a condition that turns at the end of a box is still open', () => {
    const over = (text: string, a: number, b: number): Interval =>
      expressionTarget(text).enclose([Interval.of(a, b)], 60) as Interval;
    const both = Interval.of(0, 5);
    for (const [text, a, b] of [
      ['x <= 1 ? 0 : 5', 1, 2],
      ['x >= 1 ? 0 : 5', 0, 1],
      ['x < 1 ? 0 : 5', 0, 1],
      ['x > 1 ? 0 : 5', 1, 2],
      ['x == 1 ? 0 : 5', 1, 2],
      ['x != 1 ? 0 : 5', 0, 1],
      ['not (x <= 1) ? 0 : 5', 1, 2],
      ['x <= 1 and x >= 0 ? 0 : 5', 1, 2],
      ['x <= 1 or x > 3 ? 0 : 5', 1, 2],
    ] as const) {
      expect(over(text, a, b), text).toEqual(both);
    }
    expect(over('x < 1 ? 0 : 5', 1, 2)).toEqual(Interval.of(5));
    expect(over('x <= 1 ? 0 : 5', 0, 1)).toEqual(Interval.of(0));
    expect(over('x < 0.5 ? x : 1 - x', 0, 1)).toEqual(Interval.of(0, 0.5));
  });

  test('names: x for one input, x1..xd for several, pi, e, tau', () => {
    expect(expressionTarget('1').inputs).toBe(1);
    expect(expressionTarget('x1 + x3').inputs).toBe(3);
    expect(expressionTarget('x1', { inputs: 2 }).inputs).toBe(2);
    expect(expressionTarget('x').text).toBe('x');
    const same = expressionTarget('tau - 2 pi + log(e) - 1').enclose([Interval.of(0)], 60) as Interval;
    expect(same.contains(Dyadic.ZERO) && same.magnitude.toNumber() < 2 ** -55).toBe(true);
  });

  test('numbers for domain ends', () => {
    expect(parseNumber('0.1').exact?.toString()).toBe('1/10');
    expect(parseNumber(' -3/4 ').enclose(10)).toEqual(Interval.of(-0.75));
    expect(parseNumber('2*pi').exact).toBeUndefined();
    const third = parseNumber('1/3').enclose(40);
    expect(third.lo.mul(D(3)).lt(Dyadic.ONE) && third.hi.mul(D(3)).gt(Dyadic.ONE)).toBe(true);
    expect(() => parseNumber('x')).toThrow('expected a number, pi, e, tau, got the unknown name "x"');
    expect(() => parseNumber('log(0)')).toThrow('expected a number, got an expression without a value');
    expect(() => parseNumber('')).toThrow(InputError);
  });
});

const NAMES = Object.keys(EXPANSIONS) as FunctionName[];

/** A random expression that the reader takes (it refuses a division by what is plainly 0). */
function randomTree(random: Random, variables: readonly string[], depth: number): { text: string; root: Node } {
  for (;;) {
    const text = randomText(random, variables, depth);
    try {
      return { text, root: parseTree(text).root };
    } catch (error) {
      if (!/divisor other than 0/.test((error as Error).message)) throw error;
    }
  }
}

/** A random expression over the variables, its constants decimals and fractions. */
function randomText(random: Random, variables: readonly string[], depth: number): string {
  const sub = (): string => randomText(random, variables, depth - 1);
  if (depth === 0 || random.unit() < 0.1) {
    return random.unit() < 0.7
      ? random.pick(variables)
      : random.pick(['0.1', '2', '1/3', 'pi', 'e', '3.25', '1e-3', '7']);
  }
  switch (random.whole(0, 11)) {
    case 0:
    case 1:
      return `(${sub()} + ${sub()})`;
    case 2:
      return `(${sub()} - ${sub()})`;
    case 3:
    case 4:
      return `(${sub()} * ${sub()})`;
    case 5:
      return `(${sub()} / ${sub()})`;
    case 6:
      return `(${sub()})^${random.pick(['2', '3', '(-1)', '(1/2)', '(2/3)', '5', '0.3'])}`;
    case 7:
      return random.pick([`abs(${sub()})`, `max(${sub()}, ${sub()})`, `relu(${sub()})`, `min(${sub()}, ${sub()})`]);
    case 8:
      return random.pick([
        `(-${sub()})`,
        `cbrt(${sub()})`,
        `sqrt(${sub()})`,
        `(${sub()} < ${sub()} ? ${sub()} : ${sub()})`,
      ]);
    default:
      return `${random.pick(NAMES)}(${sub()})`;
  }
}

const BIG = 2000;

describe('random expressions', () => {
  test('at points: MPFR finds the same value, and our digits are as many as asked', () => {
    const random = seeded(31);
    let values = 0;
    let narrow = 0;
    let shy = 0;
    let close = 0;
    for (let k = 0; k < 8000 && values < 2500; k++) {
      const { text, root } = randomTree(random, ['x'], random.whole(1, 5));
      const x = random.dyadic(30, -6, 3);
      const reference = mpfrValue(root, [x]);
      const p = random.whole(30, 200);
      const found = expressionTarget(text).enclose([Interval.of(x)], p);
      if (!reference || reference.exponent > BIG || (!reference.isZero && reference.exponent < -BIG)) continue;
      if (!found) {
        shy++; // an argument that touches the end of a domain within the working digits
        continue;
      }
      values++;
      check(holds(found, reference), () => `${text} at ${x}: ${reference.toNumber()} is not in ${found}`);
      const near = expressionTarget(text).estimate([x.toNumber()]);
      if (Math.abs(near - reference.toNumber()) <= 1e-9 * Math.abs(reference.toNumber())) close++;
      if (found.width.le(reference.abs().scale(1 - p))) narrow++;
    }
    expect(values).toBe(2500);
    expect(narrow / values).toBeGreaterThan(0.97);
    expect(shy / values).toBeLessThan(0.03);
    // Float64 estimates: most are near, those that cancel or overflow are not.
    expect(close / values).toBeGreaterThan(0.9);
  });

  test('over boxes: every value, every mean slope, the Lipschitz constant', () => {
    const random = seeded(32);
    const seen = { values: 0, slopes: 0, constants: 0 };
    for (let k = 0; k < 6000 && seen.values < 2000; k++) {
      const { text, root } = randomTree(random, ['x'], random.whole(1, 4));
      const a = random.dyadic(30, -6, 2);
      const length = random.dyadic(30, -30, 1).abs();
      const box = Interval.of(a, a.add(length));
      const f = expressionTarget(text);
      const p = random.whole(30, 120);
      const range = f.enclose([box], p);
      if (!range || range.magnitude.exponent > BIG) continue;
      const points = [a, box.hi, box.mid, a.add(length.mul(Dyadic.of(random.digits(20), -20)))];
      const values = points.map((x) => mpfrValue(root, [x]));
      values.forEach((y, n) => {
        check(y !== undefined && holds(range, y), () => `${text} over ${box}: ${y} at ${points[n]} is not in ${range}`);
      });
      seen.values++;
      const jet = f.taylor?.(box, 1, p);
      const constant = jet && k % 8 === 0 ? f.lipschitz?.([box], p) : undefined;
      for (const [i, j] of jet
        ? ([
            [0, 1],
            [0, 2],
            [2, 1],
          ] as const)
        : []) {
        const dx = Rational.fromDyadic(points[j]!.sub(points[i]!));
        const mean = Rational.fromDyadic(values[j]!.sub(values[i]!)).div(dx).roundBits(600, 'nearest');
        // The quotient has lost the digits that its numerator lost.
        const slack = values[0]!
          .abs()
          .max(values[1]!.abs())
          .max(Dyadic.pow2(-100))
          .scale(-400 - Math.floor(length.exponent));
        const slope = jet![1]!;
        check(
          slope.lo.sub(slack).le(mean) && mean.le(slope.hi.add(slack)),
          () => `${text} over ${box}: mean slope ${mean.toNumber()} is not in ${slope}`,
        );
        seen.slopes++;
        if (constant) {
          check(
            mean.abs().le(constant.add(slack)),
            () => `${text} over ${box}: slope ${mean.toNumber()} > ${constant}`,
          );
          seen.constants++;
        }
      }
    }
    expect(seen.values).toBe(2000);
    expect(seen.slopes).toBeGreaterThan(3000);
    expect(seen.constants).toBeGreaterThan(300);
  });

  test("Taylor's theorem: f(x + h) from the coefficients at x and the last one over [x, x + h]", () => {
    const random = seeded(33);
    let seen = 0;
    for (let k = 0; k < 12_000 && seen < 2500; k++) {
      const text =
        k % 2 === 0 ? `${NAMES[(k / 2) % NAMES.length]}(x)` : randomTree(random, ['x'], random.whole(1, 3)).text;
      seen += taylorHolds(random, text, 1) ? 1 : 0;
    }
    expect(seen).toBe(2500);
  });

  test("Taylor's theorem in two and three variables", () => {
    const random = seeded(34);
    for (const [d, wanted] of [
      [2, 500],
      [3, 200],
    ] as const) {
      const variables = Array.from({ length: d }, (_, v) => `x${v + 1}`);
      let seen = 0;
      for (let k = 0; k < 5000 && seen < wanted; k++) {
        seen += taylorHolds(random, randomTree(random, variables, random.whole(1, 4)).text, d) ? 1 : 0;
      }
      expect(seen).toBe(wanted);
    }
  });
});

/** Checks f(x+h) = sum of c_n(x) h^n below the order + sum of c_n(box) h^n at it; false where f has no such expansion. */
function taylorHolds(random: Random, text: string, d: number): boolean {
  const { root } = parseTree(text);
  const f = expressionTarget(text, { inputs: d });
  const order = random.whole(1, d === 1 ? 8 : 4);
  const p = 200;
  const x = Array.from({ length: d }, () => random.dyadic(20, -3, 2));
  const h = x.map(() => random.dyadic(10, -20, -2));
  const box = x.map((c, v) => Interval.of(c.min(c.add(h[v]!)), c.max(c.add(h[v]!))));
  const start = f.partials?.(
    x.map((c) => Interval.of(c)),
    order,
    p,
  );
  const rest = f.partials?.(box, order, p);
  const value = mpfrValue(
    root,
    x.map((c, v) => c.add(h[v]!)),
  );
  if (!start || !rest || !value || value.exponent > BIG) return false;
  let sum = Interval.of(0);
  let size = Dyadic.ZERO;
  for (const [key, c] of start) {
    const n = key.split(',').map(Number);
    const degree = n.reduce((a, b) => a + b, 0);
    let term = degree < order ? c : rest.get(key)!;
    n.forEach((power, v) => {
      for (let i = 0; i < power; i++) term = term.mul(Interval.of(h[v]!));
    });
    if (term.magnitude.exponent > BIG) return false;
    sum = sum.add(term);
    size = size.max(term.magnitude);
  }
  check(holds(sum, value), () => `${text} at ${x} + ${h}, order ${order}: ${value.toNumber()} is not in ${sum}`);
  return true;
}

describe('derivatives', () => {
  const slopeAt = (f: Target, x: number, order: number): number[] =>
    f.taylor?.(Interval.of(x), order, 80)?.map((c) => c.mid.toNumber()) ?? [];

  test('known coefficients', () => {
    expect(slopeAt(expressionTarget('exp(x)'), 0, 5)).toEqual([1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120]);
    expect(slopeAt(expressionTarget('1/(1-x)'), 0, 4)).toEqual([1, 1, 1, 1, 1]);
    expect(slopeAt(expressionTarget('tan(x)'), 0, 5)).toEqual([0, 1, 0, 1 / 3, 0, 2 / 15]);
    expect(slopeAt(expressionTarget('(1+x)^(1/2)'), 0, 4)).toEqual([1, 1 / 2, -1 / 8, 1 / 16, -5 / 128]);
    expect(slopeAt(expressionTarget('x^3'), 2, 5)).toEqual([8, 12, 6, 1, 0, 0]);
    expect(slopeAt(expressionTarget('x^2.5'), 0, 2)).toEqual([0, 0, 0]);
  });

  test('many variables: the multi-indices of order 8 in three of them', () => {
    const f = expressionTarget('x1^2 * x2^3 * x3^3');
    const all = f.partials?.([Interval.of(1), Interval.of(2), Interval.of(3)], 8, 60) as ReadonlyMap<string, Interval>;
    expect(all.size).toBe(165);
    expect(all.get('2,3,3')).toEqual(Interval.of(1));
    expect(all.get('1,1,1')).toEqual(Interval.of(2 * 12 * 27));
    expect(all.get('0,0,4')).toEqual(Interval.of(0));
  });

  test('where there is none, there is none', () => {
    const across = Interval.of(-1, 1);
    const cases: [string, Interval, number | undefined][] = [
      // [expression, interval, the largest order that exists]
      ['sqrt(x)', Interval.of(0, 1), 0],
      ['sqrt(x)', Interval.of(0), 0],
      ['x^1.5', Interval.of(0, 1), 1],
      ['x^(7/3)', Interval.of(0, 1), 2],
      ['cbrt(x)', across, 0],
      ['asin(x)', across, 0],
      ['acosh(x)', Interval.of(1, 2), 0],
      ['abs(x)', across, 1],
      ['abs(x)', Interval.of(0, 1), 3],
      ['abs(x)', Interval.of(0), 1],
      ['relu(x)', Interval.of(0), 1],
      ['max(x, 0)', Interval.of(0), 1],
      ['min(x, 1 - x)', Interval.of(0.5), 1],
      ['max(x, 0)', Interval.of(-1, 0), 3],
      ['max(x, x^2)', Interval.of(0.5, 2), 1],
      ['relu(x)^2', across, 1],
      ['floor(x)', across, 0],
      ['floor(x)', Interval.of(0.25, 0.5), 3],
      ['sign(x)', across, 0],
      ['x < 0 ? 0 : x', across, 1],
      ['x < 0 ? 0 : 1 + x', across, 0],
      ['x < 0.1 ? 0 : 1 + x', across, 0],
      ['x == 0 ? 0 : x', across, 0],
      ['log(x)', Interval.of(0, 1), undefined],
      ['1/x', across, undefined],
      ['1/x', Interval.of(0, 1), undefined],
      ['log(x)', across, undefined],
      ['sqrt(x)', across, undefined],
      ['tan(x)', Interval.of(1, 2), undefined],
      ['asin(x)', Interval.of(0, 2), undefined],
      ['x^x', Interval.of(0, 1), undefined],
      ['exp(exp(exp(x)))', Interval.of(4), undefined],
      ['(sin(x)-sin(x))/(sin(x)-sin(x))', Interval.of(1), undefined],
      ['log(-1) - log(-1)', Interval.of(1), undefined],
      ['log(x)^0', Interval.of(-1), undefined],
      ['x < 0 ? 1 : 1/x', across, undefined],
      ['0 * log(x)', across, undefined],
    ];
    for (const [text, x, most] of cases) {
      const f = expressionTarget(text);
      expect(f.enclose([x], 60) !== undefined, `${text} over ${x}`).toBe(most !== undefined);
      for (const order of [0, 1, 2, 3]) {
        const jet = f.taylor?.(x, order, 60);
        expect(jet !== undefined, `${text} over ${x}, order ${order}`).toBe(most !== undefined && order <= most);
        if (jet) expect(jet.length).toBe(order + 1);
      }
    }
  });

  test('at a kink itself the first derivative is that of both sides', () => {
    for (const [text, at, lo, hi] of [
      ['abs(x)', 0, -1, 1],
      ['relu(x)', 0, 0, 1],
      ['max(x, 0)', 0, 0, 1],
      ['min(x, 1 - x)', 0.5, -1, 1],
      ['abs(2 x - 1)', 0.5, -2, 2],
    ] as const) {
      expect(expressionTarget(text).taylor?.(Interval.of(at), 1, 60)?.[1], text).toEqual(Interval.of(lo, hi));
    }
  });

  test('wide boxes are sharp where f is monotone, and centred elsewhere', () => {
    const over = (text: string, a: number, b: number): [number, number] => {
      const { lo, hi } = expressionTarget(text).enclose([Interval.of(a, b)], 60) as Interval;
      return [lo.toNumber(), hi.toNumber()];
    };
    expect(over('x^3 + 4*x - x^2', 0, 2)).toEqual([0, 12]);
    expect(over('x*exp(-x)', 0, 0.5)[0]).toBe(0);
    expect(over('x*exp(-x)', 0, 0.5)[1]).toBeCloseTo(0.5 * Math.exp(-0.5), 15);
    const [lo, hi] = over('x*(1-x)', 0.49, 0.51);
    expect(lo).toBeGreaterThan(0.24979);
    expect(hi).toBeLessThan(0.25021);
    // Points where digits cancel get more of them.
    const flat = expressionTarget('(1-cos(x))/x^2').enclose([Interval.of(2 ** -40)], 60) as Interval;
    expect(flat.width.toNumber()).toBeLessThan(2 ** -59);
    expect(flat.hi.toNumber()).toBe(0.5);
  });

  test('the Lipschitz constant is within a percent, kinks and several inputs included', () => {
    const constant = (text: string, ...box: [number, number][]): number =>
      expressionTarget(text)
        .lipschitz?.(
          box.map(([a, b]) => Interval.of(a, b)),
          40,
        )
        ?.toNumber() ?? Number.NaN;
    for (const [text, wanted, ...box] of [
      ['sin(2*pi*x)/(2*pi)', 1, [0, 1]],
      ['abs(x-1/3)', 1, [0, 1]],
      ['x1*x2', 2, [0, 1], [0, 1]],
      ['x*(1-x)', 1, [0, 1]],
      ['tanh(4*x-2)/4', 1, [0, 1]],
      ['3', 0, [0, 1]],
      ['max(x, 2-3*x)', 3, [0, 1]],
    ] as [string, number, ...[number, number][]][]) {
      const found = constant(text, ...box);
      expect(found).toBeGreaterThanOrEqual(wanted);
      expect(found).toBeLessThanOrEqual(wanted * 1.0101);
    }
    expect(constant('sqrt(x)', [0, 1])).toBeNaN();
  });
});

describe('hostile expressions get one sentence', () => {
  test.each([
    ['foo(x)', 'expected a known function, got "foo"'],
    ['constructor(x)', 'expected a known function, got "constructor"'],
    ['toString()', 'expected a known function, got "toString"'],
    ['__proto__(x)', 'got "__proto__"'],
    ['import("fs")', 'expected a known function, got "import"'],
    ['eval("1")', 'expected a known function, got "eval"'],
    ['x.constructor', 'got a property access'],
    ['y', 'got the unknown name "y"'],
    ['i', 'got the unknown name "i"'],
    ['x0', 'got the unknown name "x0"'],
    ['x1 + x99', 'expected x1..x64, got x99'],
    ['x + x1', 'expected either x or x1..xd, got both'],
    ['x = 3', 'got an assignment'],
    ['f(x) = x', 'got a function definition'],
    ['x; x', 'got several expressions'],
    ['x\nx', 'got several expressions'],
    ['"abc"', 'expected a number, got "abc"'],
    ['[1, 2]', 'got a matrix'],
    ['{a: 1}', 'got an object'],
    ['1:3', 'got a range'],
    ['x[1]', 'got a property access'],
    ['5 cm', 'got the unknown name "cm"'],
    ['x > 0', 'got a comparison'],
    ['1 < x < 2', 'got a comparison'],
    ['x and 1', 'got a comparison'],
    ['x ? 1 : 2', 'expected a comparison such as x < 1 before the question mark'],
    ['x!', 'got the operator "!"'],
    ["x'", 'got the operator'],
    ['x mod 2', 'got the operator "mod"'],
    ['5 %', 'got a percentage'],
    ['x | 1', 'got the operator "|"'],
    ['|x|', 'write abs(x) for an absolute value'],
    ['sin', 'expected sin(...), got sin without an argument'],
    ['sin()', 'expected 1 argument(s) for sin, got 0'],
    ['sin(x, x)', 'expected 1 argument(s) for sin, got 2'],
    ['nthRoot(x, x)', 'expected a whole number in 1..64 as the second argument of nthRoot'],
    ['1/0', 'expected a divisor other than 0, got 0'],
    ['0^-1', 'expected a divisor other than 0, got 0'],
    ['1e99999', 'expected numbers of at most 5000 digits and exponents of ten, got "1e99999"'],
    ['1e999999999999', 'is beyond'],
    ['0x1F', 'expected a decimal number, got "0x1F"'],
    ['x^99999999', 'expected exponents up to 65536, got 99999999'],
    ['9^9^9^9', 'expected'],
    ['NaN', 'NaN is not a number'],
    ['Infinity', 'Infinity is not a number'],
    ['true', 'expected a number, got true'],
    ['null', 'expected a number, got null'],
    ['', 'got an empty text'],
    ['  ', 'got an empty text'],
    ['#', 'expected a number, got undefined'],
    ['x +', 'not understood'],
    [')', 'not understood'],
    ['\u0000', 'not understood'],
    ['('.repeat(5000), 'levels of nesting'],
    [`${'('.repeat(5000)}x${')'.repeat(5000)}`, `expected at most ${MAX_DEPTH} levels of nesting`],
    [`${'-'.repeat(9000)}x`, `expected at most ${MAX_DEPTH} levels of nesting`],
    [`x${'+x'.repeat(5000)}`, `expected at most ${MAX_DEPTH} levels of nesting`],
    ['x'.repeat(MAX_TEXT + 1), `expected at most ${MAX_TEXT} characters, got ${MAX_TEXT + 1}`],
  ])('%s', (text, message) => {
    expect(() => expressionTarget(text)).toThrow(InputError);
    expect(() => expressionTarget(text)).toThrow(message);
    try {
      expressionTarget(text);
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
      expect((error as Error).message.length).toBeLessThan(250);
    }
  });

  test('docs/targets.md names every function, and no other', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/targets.md'), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) => [...(row.split('|')[1] as string).matchAll(/`([a-z]\w*)(?:\(.*?\))?`/gi)]);
    const names = new Set(named.map((found) => found[1] as string));
    expect([...names].sort()).toEqual([...FUNCTION_NAMES]);
  });

  test('arguments of the methods are checked', () => {
    const f = expressionTarget('x1 + x2');
    const side = Interval.of(0, 1);
    expect(() => f.enclose([side], 60)).toThrow('box: expected 2 interval(s), got 1');
    expect(() => f.enclose([side, side], 0)).toThrow('precision: expected a whole number in 2..8192, got 0');
    expect(() => f.taylor?.(side, 1, 60)).toThrow('taylor: expected a target of one input, got 2');
    expect(() => f.partials?.([side, side], 17, 60)).toThrow(
      'order of derivatives: expected a whole number in 0..16, got 17',
    );
    expect(() => expressionTarget('x').taylor?.(side, MAX_ORDER + 1, 60)).toThrow('order of derivatives');
    expect(() => expressionTarget('x1 + x3', { inputs: 2 })).toThrow('expected at most 2 input(s), got x3');
    expect(MAX_NODES).toBe(10_000);
  });

  test('what is used twice is computed once, however deep', () => {
    const f = expressionTarget(`${'gelu('.repeat(80)}x${')'.repeat(80)}`);
    const exact = f.enclose([Interval.of(1)], 60)?.lo.toNumber() as number;
    expect(f.estimate([1]) / exact).toBeCloseTo(1, 9);
    const gate = `x < ${'gelu('.repeat(80)}2${')'.repeat(80)} ? 1 : 2`;
    expect(expressionTarget(gate).enclose([Interval.of(0, 1)], 60)).toEqual(Interval.of(1, 2));
    const most = `max(${Array.from({ length: 1000 }, (_, k) => `x-${k}`).join(', ')})`;
    expect(expressionTarget(most).enclose([Interval.of(3)], 60)).toEqual(Interval.of(3));
  });

  test('long constants stay cheap', () => {
    const digits = '9'.repeat(150);
    const text = Array.from({ length: 120 }, (_, k) => `1/${digits}${k}`).join('+');
    const f = expressionTarget(text);
    expect(f.enclose([Interval.of(0)], 60)?.lo.toNumber()).toBeCloseTo(0, 10);
    const zero = expressionTarget('1e-4000 * 1e4000 - 1').enclose([Interval.of(0)], 60) as Interval;
    expect(zero.contains(Dyadic.ZERO)).toBe(true);
  });

  test('huge values end in a shrug, not in gigabytes', () => {
    for (const text of [
      '10^(10^4) * x',
      '2^(2^(2^(2^x)))',
      'exp(exp(exp(x)))',
      '((((x^99)^99)^99)^99)^99',
      '(10^5000)^13 + x',
    ]) {
      const f = expressionTarget(text);
      for (const box of [Interval.of(0.5), Interval.of(3), Interval.of(0, 100), Interval.of(2 ** 1000)]) {
        f.enclose([box], 60);
        f.taylor?.(box, 3, 60);
      }
    }
  });
});
