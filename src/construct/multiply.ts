/**
 * D2: the product on [-1,1]^2 from the weights -1/2 and 1/2 alone [DLS18, Prop. 2].
 *
 *   map      x'(x,y) = 2 (f_r(|x+y|/2) - f_r(|x|/2) - f_r(|y|/2)), f_r of square.ts
 *   domain   [-1,1]^2
 *   error    -4 * 2^(-2(r+1)) <= x'(x,y) - xy <= 0; both ends are attained. (The paper has 6 for both sides.)
 *   also     x'(x,y) = 0 where x = 0 or y = 0;  |x'(x,y)| <= min(|x|,|y|);  x' has the sign of xy or is 0
 *   depth    2r + 1      width 52      M = 72r + 76      (r = 1: width 12, M = 70)
 *
 * Why -4: with e(z) = f_r(z) - z^2 in [0, 2^(-2(r+1))] the error is 2 (e(|x+y|/2) - e(|x|/2) - e(|y|/2)).
 * Why 0: e(z) = 4^-r g(u), g(u) = u(1-u), u the fractional part of 2^r z. With a, b those of |x|/2, |y|/2 and g of period 1,
 * g(a+b) - g(a) - g(b) is -2ab or -2(1-a)(1-b), and g(a-b) - g(a) - g(b) is -2b(1-a) or -2a(1-b).
 * Why the minimum: let b = |y|/2 <= a = |x|/2 <= 1/2. f_r has slope (2k+1)/2^r on cell k, so f_r'(a+b) - f_r'(b) <= 1 and
 * f_r'(a-b) + f_r'(b) <= 1 for almost all b (a 2^r is at most the whole number 2^(r-1)). Hence b - (f_r(a+b) - f_r(a) - f_r(b))
 * and b + (f_r(a-b) - f_r(a) - f_r(b)), both 0 at b = 0, grow with b; and |x+y|/2 lies in [a-b, a+b], where f_r grows.
 */
import { Dyadic, wholeNumber } from '../exact/index.ts';
import { type Alphabet, HALVES } from './alphabet.ts';
import { Blueprint, type Group, type Row } from './blueprint.ts';
import { addSignal, type Draft, draw, type Signal } from './draft.ts';
import { type Construction, type ConstructionReport, countsOf, freezeReport } from './report.ts';
import { MAX_LEVELS } from './square.ts';
import { type Accumulator, type Argument, drawSquares, interpolatedSquare, type Outcome } from './squares.ts';

/** The network x' and its report. Throws InputError where r is not a whole number in 1..MAX_LEVELS. */
export function multiply(r: number, alphabet: Alphabet = HALVES): Construction {
  const b = drawMultiply(r, alphabet);
  return Object.freeze({ network: b.build(), report: report(b, r) });
}

/** The report of {@link multiply} without the network. */
export function planMultiply(r: number, alphabet: Alphabet = HALVES): ConstructionReport {
  return report(drawMultiply(r, alphabet), r);
}

/** x'(x,y) by its formula, for x and y in [-1,1]. */
export function interpolatedProduct(x: Dyadic, y: Dyadic, r: number): Dyadic {
  const f = (z: Dyadic): Dyadic => interpolatedSquare(z.abs().scale(-1), r);
  return f(x.add(y)).sub(f(x)).sub(f(y)).scale(1);
}

/** sup over [-1,1]^2 of |x'(x,y) - xy|: 4 * 2^(-2(r+1)) = 4^-r. */
export function multiplyError(r: number): Dyadic {
  return Dyadic.pow2(-2 * r);
}

function drawMultiply(r: number, alphabet: Alphabet): Blueprint {
  wholeNumber('multiply: levels r', r, 1, MAX_LEVELS);
  const b = new Blueprint(2, alphabet);
  const input = (k: number): Operand => ({ add: (row, _i, c) => row.add(b.input, k, c), signed: true });
  draw(
    b,
    drawSquares(b, 'multiply', 1, r, () => halves(b, 'multiply', 1, input(0), input(1)), SIGNED, [[2, -2]]),
  );
  return b;
}

function report(b: Blueprint, r: number): ConstructionReport {
  const plan = b.plan();
  return freezeReport({
    statement: '[DLS18, Prop. 2]',
    lambda: 2,
    quantisation: 'lambda',
    alphabet: b.alphabet.letters,
    parameters: { r },
    counts: countsOf(plan, 2),
    paper: {
      depth: { formula: '3 r + 1', value: 3 * r + 1 },
      width: { formula: '60', value: 60 },
      connectivity: { formula: 'O(r)' },
      bits: { formula: 'O(r)' },
    },
    bound: multiplyError(r),
    blocks: plan.blocks,
    notes: [
      'The paper bounds the error by 6 * 2^(-2(r+1)); it lies in [-4, 0] * 2^(-2(r+1)), and both ends are attained.',
    ],
    restsOn: [],
  });
}

/** One factor of `count` products: coefficient * x_index as terms of a row. */
export interface Operand {
  readonly add: Argument['form'];
  /** False where x >= 0 is known. */
  readonly signed: boolean;
  /** True where products of one group read units of different groups. */
  readonly varies?: boolean;
}

/** The numbers of a signal as factors; `at` says which of them product i takes. */
export function operand(s: Signal, at: (i: number) => number = (i) => i): Operand {
  return { add: (row, i, c) => addSignal(row, s, at(i), c), signed: s.minus.length > 0 };
}

/** f_r(s) and f_r(a) + f_r(b); for factors that are not negative their difference never is, and one sum is enough. */
const SIGNED: readonly Accumulator[] = [
  { start: [1, 0, 0], sign: [-1, 0, 0] },
  { start: [0, 1, 1], sign: [0, -1, -1] },
];
const UNSIGNED: readonly Accumulator[] = [{ start: [0, 0, 0], sign: [-1, 1, 1] }];

/** Draws `count` products x'(x_i, y_i) in 2r + 1 layers. */
export function* drawProducts(
  b: Blueprint,
  block: string,
  count: number,
  r: number,
  x: Operand,
  y: Operand,
): Draft<Signal[]> {
  const signed = x.signed || y.signed;
  const outcomes: Outcome[] = signed
    ? [
        [1, -1],
        [-1, 1],
      ]
    : [[1]];
  const first = (): readonly Argument[] => halves(b, block, count, x, y);
  const [plus, minus] = yield* drawSquares(b, block, count, r, first, signed ? SIGNED : UNSIGNED, outcomes);
  // The units hold half the product: a following product wants x/2 anyway.
  return [{ count, plus: [plus as Group], minus: minus ? [minus] : [], scale: 1 }];
}

/** |x+y|/2, |x|/2, |y|/2 as sums of their positive and negative parts. */
function halves(b: Blueprint, block: string, count: number, x: Operand, y: Operand): Argument[] {
  const part = (sign: number, ...factors: Operand[]): Group =>
    b.group(
      block,
      count,
      (row, i) => addSum(row, i, sign / 2, factors),
      factors.some((f) => f.varies),
    );
  const parts = (...factors: Operand[]): Group[] =>
    factors.some((f) => f.signed) ? [part(1, ...factors), part(-1, ...factors)] : [part(1, ...factors)];
  const sum =
    (groups: readonly Group[]): Argument['form'] =>
    (row, i, c) => {
      for (const g of groups) row.add(g, i, c);
    };
  const a = parts(x);
  const c = parts(y);
  // Where neither factor is negative, |x+y|/2 is the sum of the other two.
  const s = x.signed || y.signed ? parts(x, y) : [...a, ...c];
  return [
    { form: sum(s), wide: true },
    { form: sum(a), wide: false },
    { form: sum(c), wide: false },
  ];
}

/** c * (sum of the factors); factors that share a unit (a square) add up their coefficients. */
function addSum(row: Row, index: number, c: number, factors: readonly Operand[]): void {
  if (factors.length === 1) {
    (factors[0] as Operand).add(row, index, c);
    return;
  }
  const terms: { from: Group; index: number; coefficient: number }[] = [];
  const collect = {
    add(from: Group, at: number, coefficient: number): void {
      const known = terms.find((t) => t.from === from && t.index === at);
      if (known) known.coefficient += coefficient;
      else terms.push({ from, index: at, coefficient });
    },
  } as Row;
  for (const f of factors) f.add(collect, index, c);
  for (const t of terms) if (t.coefficient !== 0) row.add(t.from, t.index, t.coefficient);
}
