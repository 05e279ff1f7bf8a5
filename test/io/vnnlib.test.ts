import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, InputError, Rational } from '../../src/exact/index.ts';
import { intervalRequirements, outwardBox, readVnnlib, unsafeAt } from '../../src/io/vnnlib.ts';
import { haveShared, sharedText } from '../support/shared.ts';

const declare = (inputs: number, outputs: number): string =>
  [
    ...Array.from({ length: inputs }, (_, i) => `(declare-const X_${i} Real)`),
    ...Array.from({ length: outputs }, (_, i) => `(declare-const Y_${i} Real)`),
  ].join('\n');
const D = Dyadic.from;

describe('the unsafe set', () => {
  test('assertions together: a box and linear conditions, decimals exact', () => {
    const spec = readVnnlib(`; a comment (with parentheses
      ${declare(2, 2)}
      (assert (<= X_0 0.1)) (assert (>= X_0 -3e-1))
      (assert (and (<= 0 X_1) (<= (* 2 X_1) 1)))
      (assert (<= (+ Y_1 (* -2.0 Y_0)) (- 3 Y_1)))`);
    expect(spec.clauses.length).toBe(1);
    const { box, conditions, number } = spec.clauses[0]!;
    expect(number).toBe(1);
    expect(box.map(({ lower, upper }) => `${lower}..${upper}`)).toEqual(['-3/10..1/10', '0..1/2']);
    expect(
      conditions.map((c) => [c.terms.map((t) => `${t.coefficient} Y_${t.output}`).join(' + '), String(c.atMost)]),
    ).toEqual([['2 Y_1 + -2 Y_0', '3']]);
    expect(outwardBox(spec.clauses[0]!, 4).map(String)).toEqual(['[-5*2^-4, 1*2^-3]', '[0, 1*2^-1]']);
  });

  test('or multiplies out, and clauses are numbered', () => {
    const spec = readVnnlib(`${declare(1, 1)}
      (assert (or (<= X_0 0) (>= X_0 1)))
      (assert (or (<= Y_0 0) (and (>= Y_0 1) (<= Y_0 2))))
      (assert (<= X_0 5))`);
    expect(spec.clauses.map((c) => c.number)).toEqual([1, 2, 3, 4]);
    expect(spec.clauses.map((c) => c.conditions.length)).toEqual([1, 2, 1, 2]);
    expect(spec.clauses.map(({ box }) => String(box[0]!.upper))).toEqual(['0', '0', '5', '5']);
  });

  test('membership is that of the formula', () => {
    const spec = readVnnlib(`${declare(1, 2)}
      (assert (or (and (>= X_0 0) (<= X_0 0.5) (<= Y_0 Y_1)) (and (>= X_0 0.25) (>= Y_0 2))))`);
    const value = fc.integer({ min: -8, max: 24 }).map((k) => k / 8);
    fc.assert(
      fc.property(value, value, value, (x, y0, y1) => {
        const holds = [x >= 0 && x <= 0.5 && y0 <= y1, x >= 0.25 && y0 >= 2];
        const numbers = holds.flatMap((h, i) => (h ? [i + 1] : []));
        expect(unsafeAt(spec, [D(x)], [D(y0), D(y1)])).toEqual(numbers);
      }),
    );
  });
});

describe('refusals, with the line', () => {
  test.each([
    ['no declaration', '(assert (<= X_0 1))', 'expected inputs X_0, ... and outputs Y_0, ...'],
    ['another order', '(declare-const X_1 Real)', 'line 1: expected X_0 as the next variable, got "X_1"'],
    ['another sort', '(declare-const X_0 Int)', 'line 1: expected a declaration such as (declare-const X_0 Real)'],
    ['no outputs', '(declare-const X_0 Real)\n(assert (<= X_0 1))', 'expected inputs X_0, ... and outputs Y_0, ...'],
    ['nothing asserted', declare(1, 1), 'expected at least one assertion'],
    ['nothing', '', 'expected at least one assertion'],
    ['text', 'hello', 'line 1: expected a list in parentheses, got "hello"'],
    ['an open list', `${declare(1, 1)}\n(assert (<= X_0 1)`, 'line 3: expected a closing parenthesis'],
    ['an unknown command', `${declare(1, 1)}\n(push 1)`, 'line 3: expected declare-const or assert, got "push"'],
    [
      'a strict comparison',
      `${declare(1, 1)}\n(assert (< X_0 1))`,
      'line 3: expected and, or, <= or >= with two sides, got "<"',
    ],
    ['a product', `${declare(1, 1)}\n(assert (<= (* Y_0 Y_0) 1))`, 'line 3: expected a linear combination, got "*"'],
    [
      'a mixture',
      `${declare(1, 1)}\n\n(assert (<= Y_0 X_0))`,
      'line 4: expected bounds of single inputs and conditions on outputs',
    ],
    ['not a number', `${declare(1, 1)}\n(assert (<= Y_0 1e99999))`, 'line 3: expected a number or a declared variable'],
    ['a huge exponent', `${declare(1, 1)}\n(assert (<= Y_0 1e99999))`, 'got "1e99999"'],
    ['deep nesting', `${'('.repeat(100)}`, 'line 1: expected at most 64 levels of parentheses'],
  ])('%s', (_, text, sentence) => {
    expect(() => readVnnlib(text)).toThrow(InputError);
    expect(() => readVnnlib(text)).toThrow(sentence);
  });

  test('a union that multiplies beyond the limit', () => {
    const pair = '(assert (or (<= Y_0 0) (>= Y_0 1)))';
    expect(() => readVnnlib(`${declare(1, 1)}${pair.repeat(30)}`)).toThrow(
      /expected at most \d+ (clauses|conditions in all clauses), got "more"/,
    );
  });

  test('random damage never does worse than a refusal', () => {
    const good = `${declare(2, 1)}\n(assert (or (and (>= X_0 0.5) (<= Y_0 -1e-3)) (<= X_1 2)))\n`;
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(good.length), fc.string({ maxLength: 3 }), (at, end, put) => {
        try {
          readVnnlib(good.slice(0, at) + put + good.slice(Math.max(at, end)));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('interval specifications', () => {
  const clause = (...parts: string[]): string => `(and (>= X_0 0) (<= X_0 1) ${parts.join(' ')})`;
  const read = (...clauses: string[]) =>
    intervalRequirements(readVnnlib(`${declare(1, 1)}(assert (or ${clauses.join('\n')}))`));

  test('are what remains when the unsafe clauses are negated', () => {
    const two = read(clause('(<= Y_0 0.3)'), clause('(>= (* 2 Y_0) 1)', '(>= Y_0 0.4)'));
    expect(two.map((r) => [r.clause, String(r.from), String(r.to), String(r.above), String(r.below)])).toEqual([
      [1, '0', '1', '3/10', 'undefined'],
      [2, '0', '1', 'undefined', '1/2'],
    ]);
    // Never true: an empty interval of inputs, of outputs, a false constant.
    expect(
      read(
        '(and (>= X_0 1) (<= X_0 0) (<= Y_0 0))',
        clause('(>= Y_0 2)', '(<= Y_0 1)'),
        clause('(<= 1 0)', '(<= Y_0 1)'),
      ),
    ).toEqual([]);
  });

  test.each([
    [[clause('(<= Y_0 1)'), clause()], 'clause 2 (line 3): it forbids every value, no function satisfies it'],
    [
      [clause('(<= Y_0 2)', '(>= Y_0 1)')],
      'clause 1 (line 2): expected a bound on one side of Y_0, got "a forbidden band from 1 to 2"',
    ],
    [['(and (<= X_0 1) (<= Y_0 2))'], 'clause 1 (line 2): expected both ends of an interval of X_0'],
  ])('others are refused by number', (clauses, sentence) => {
    expect(() => read(...clauses)).toThrow(sentence);
  });

  test.skipIf(!haveShared('lindex')).each([
    ['lindex_200', 200],
    ['lindex_1000', 1000],
  ])('%s', (file, intervals) => {
    const spec = readVnnlib(sharedText(`lindex/${file}.vnnlib`));
    const requirements = intervalRequirements(spec);
    expect(requirements.length).toBe(2 * intervals);
    expect(new Set(requirements.map((r) => `${r.from} ${r.to}`)).size).toBe(intervals);
    expect(spec.clauses[0]!.line).toBe(4);
    expect(spec.clauses[1]!.line).toBe(5);
    if (intervals === 200) expect(requirements[0]!.above!.eq(Rational.parse('0.3868026645672127'))).toBe(true);
  });
});

describe.skipIf(!haveShared('acasxu'))('ACAS Xu properties', () => {
  test.each([
    ['prop_1', 1],
    ['prop_2', 4],
    ['prop_3', 4],
    ['prop_4', 4],
  ])('%s', (file, conditions) => {
    const { inputs, outputs, clauses } = readVnnlib(sharedText(`acasxu/${file}.vnnlib`));
    expect([inputs, outputs, clauses.length, clauses[0]!.conditions.length]).toEqual([5, 5, 1, conditions]);
    for (const { lower, upper } of clauses[0]!.box) expect(lower!.compare(upper!)).toBeLessThanOrEqual(0);
    outwardBox(clauses[0]!, 12).forEach((box, i) => {
      const { lower, upper } = clauses[0]!.box[i]!;
      expect(Rational.fromDyadic(box.lo).compare(lower!)).toBeLessThanOrEqual(0);
      expect(Rational.fromDyadic(box.hi).compare(upper!)).toBeGreaterThanOrEqual(0);
    });
  });
});
