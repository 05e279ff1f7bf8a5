/**
 * D3: a connection of any weight w in [-1,1] from lambda distinct weights [DLS18, Prop. 3; linear form: Sec. 4.4].
 *
 *   map      x -> w' x for every real x, w' = k 2^-t the multiple of 2^-t nearest to w
 *   error    |w' - w| <= 2^-(t+1) (the paper has < 2^-t)
 *   lambda = 2            fixed topology, depth t + 1, width 8, M = 14t + 2 (Horner: a <- a/2 + digit * x)
 *   lambda >= 3           depth and M at most the paper's (see weightFormulas), by freely chosen exponents
 *   linear quantisation   depth ceil(t / log2 lambda) + 1, radix lambda
 *
 * Both signs of x are handled by two halves, relu(x) and relu(-x). Where the paper's depth is below 2 it asks for one
 * connection, which has lambda values to offer, while the multiples of 2^-t are 2^(t+1): it fails at t = 1 for lambda = 2, 3 and
 * at t = 2 for lambda = 5, 6, 7, and holds everywhere else (checked for lambda <= 16, t <= 40).
 */
import { Dyadic, type DyadicLike, Rational, refuse } from '../exact/index.ts';
import { Blueprint, type Group, type Row } from './blueprint.ts';
import { abreast, type Draft, draw } from './draft.ts';
import { gadgetLayout, type Layout, type Quantisation, type Topology } from './gadget.ts';
import { type Construction, type ConstructionReport, countsOf, freezeReport, type PaperExpression } from './report.ts';
import type { Form } from './squares.ts';

export interface WeightOptions {
  /** Distinct weight values: 2..64, or 2, 4, 8, 16 for linear quantisation. */
  readonly lambda: number;
  /** Precision: w is rounded to a multiple of 2^-t, 1 <= t <= 256. */
  readonly t: number;
  /** 'lambda' (default): any lambda values. 'linear': the multiples of 1/lambda up to 1. */
  readonly quantisation?: Quantisation;
  /** 'selected' (default): digits 0 are missing connections. 'fixed': the topology is the same for every w. */
  readonly topology?: Topology;
}

export interface WeightGadget extends Construction {
  /** w', the weight that the network has exactly. */
  readonly weight: Dyadic;
}

/** The sub-network x -> w' x. Throws InputError where w is not in [-1,1] or an option is out of range. */
export function weight(w: DyadicLike | Rational, options: WeightOptions): WeightGadget {
  const { lambda, t, quantisation = 'lambda', topology = 'selected' } = options;
  if (quantisation !== 'lambda' && quantisation !== 'linear') {
    refuse('weight: quantisation', "'lambda' or 'linear'", quantisation);
  }
  if (topology !== 'fixed' && topology !== 'selected') refuse('weight: topology', "'fixed' or 'selected'", topology);
  const layout = gadgetLayout(lambda, t, topology, quantisation);
  const exact = w instanceof Rational ? w : Rational.fromDyadic(Dyadic.from(w));
  if (exact.abs().compare(Rational.of(1n)) > 0) refuse('weight', 'a weight in [-1,1]', String(w));
  const rounded = exact.roundTo(t, 'nearest');
  const k = rounded.mantissaAt(t);
  const b = new Blueprint(1, layout.alphabet);
  const halves: readonly Form[] = [(row, _i, c) => row.add(b.input, 0, c), (row, _i, c) => row.add(b.input, 0, -c)];
  const connect = draw(
    b,
    drawWeights(b, 'B_w', 1, layout, halves, () => k),
  );
  b.group('B_w', 1, (row) => connect(row, 0, 1));
  const plan = b.plan();
  const report = freezeReport({
    statement: quantisation === 'linear' ? '[DLS18, Sec. 4.4]' : '[DLS18, Prop. 3]',
    lambda,
    quantisation,
    alphabet: layout.alphabet.letters,
    parameters: { t, topology },
    counts: countsOf(plan, lambda),
    paper: weightFormulas(lambda, t, quantisation),
    bound: Rational.fromDyadic(rounded).sub(exact).abs().roundBits(64, 'up'),
    blocks: plan.blocks,
    notes: [],
    restsOn: [],
  } satisfies ConstructionReport);
  return Object.freeze({ network: b.build(), weight: rounded, report });
}

/** The paper's counts for one weight gadget. */
export function weightFormulas(lambda: number, t: number, quantisation: Quantisation): ConstructionReport['paper'] {
  if (quantisation === 'linear') {
    return {
      depth: { formula: 't/log2(lambda) + 1', value: t / Math.log2(lambda) + 1 },
      width: { formula: 't', value: t },
      connectivity: { formula: 'O(t^2/log(lambda))' },
      bits: { formula: 'O(t^2)' },
    };
  }
  const steps = lambda * (t ** (1 / (lambda - 1)) - 1);
  const connectivity: PaperExpression = {
    formula: '4 t lambda (t^(1/(lambda-1)) - 1) + 8 t + 4',
    value: 4 * t * steps + 8 * t + 4,
  };
  return {
    depth: { formula: 'lambda (t^(1/(lambda-1)) - 1) + 1', value: steps + 1 },
    width: { formula: 'O(t)' },
    connectivity,
    bits: {
      formula: `log2(lambda) * (${connectivity.formula})`,
      value: Math.log2(lambda) * (connectivity.value as number),
    },
  };
}

/** Writes the last layer of gadget i into a row of the layer above: + sign * w'_i x_i. */
export type Connect = (row: Row, index: number, sign: 1 | -1) => void;

/**
 * Draws `count` gadgets of one layout in layout.depth - 1 layers; the last layer is for the caller to write, by the function
 * returned. `halves` are max(x,0) and max(-x,0) as linear forms (behind a relu), one where x >= 0; `mantissa(i)` is w'_i 2^t.
 */
export function* drawWeights(
  b: Blueprint,
  block: string,
  count: number,
  layout: Layout,
  halves: readonly Form[],
  mantissa: (i: number) => bigint,
): Draft<Connect> {
  if (layout.kind === 'letter') {
    return (row, i, sign) => {
      const k = mantissa(i);
      if (k !== 0n) (halves[0] as Form)(row, i, (sign * Number(k)) / 2 ** layout.t);
    };
  }
  const parts: Connect[] = yield* abreast(
    halves.map((half, h) => {
      const signed = (i: number): bigint => (h === 0 ? mantissa(i) : -mantissa(i));
      return layout.kind === 'horner'
        ? drawHorner(b, block, count, layout, half, signed)
        : drawLadder(b, block, count, layout, half, signed);
    }),
  );
  return (row, i, sign) => {
    for (const connect of parts) connect(row, i, sign);
  };
}

/** Digit D of radix 2^digitBits as letters with sum D/radix; a fixed topology asks for two letters whatever D is. */
function digitLetters(layout: Layout, digit: number, sign: number): readonly number[] {
  const unit = sign / 2 ** layout.digitBits;
  if (layout.quantisation === 'lambda') return [unit, digit === 1 ? unit : -unit];
  if (layout.topology === 'selected') return digit === 0 ? [] : [digit * unit];
  if (digit === 0) return [unit, -unit];
  return digit === 1 ? [2 * unit, -unit] : [unit, (digit - 1) * unit];
}

/** acc <- acc/radix + (digit/radix) x from the last digit on, x carried beside; the first digit is the caller's. */
function* drawHorner(
  b: Blueprint,
  block: string,
  count: number,
  layout: Layout,
  half: Form,
  mantissa: (i: number) => bigint,
): Draft<Connect> {
  const { digitBits, depth } = layout;
  const digits = depth - 1;
  const radix = 2 ** digitBits;
  const linear = layout.quantisation === 'linear';
  // The digits of |k| 2^(digits * digitBits - t), most significant first. |k| = 2^t is one more than the digits can say:
  // linearly, the first digit may be radix itself (the letter 1); otherwise a second last digit takes it up.
  const digitsOf = (i: number): { sign: number; digit: number[]; extra: number } => {
    const k = mantissa(i);
    const a = (k < 0n ? -k : k) << BigInt(digits * digitBits - layout.t);
    const full = a === 1n << BigInt(digits * digitBits);
    let rest = full && !linear ? a - 1n : a;
    const digit = new Array<number>(digits);
    for (let j = digits - 1; j > 0; j--) {
      digit[j] = Number(rest & BigInt(radix - 1));
      rest >>= BigInt(digitBits);
    }
    digit[0] = Number(rest);
    return { sign: k < 0n ? -1 : 1, digit, extra: full ? 1 : 0 };
  };
  // A pair of letters 1/2 is worth 1, a digit 1/2: lambda = 2 carries x/2. Linear quantisation carries x by its letter 1.
  let x = b.group(block, count, (row, i) => half(row, i, linear ? 1 : 0.5));
  yield;

  const lettersAt = (i: number, j: number, sign: number): number[] => {
    const { digit, extra } = digitsOf(i);
    const letters = [...digitLetters(layout, digit[j] as number, sign)];
    if (!linear && j === digits - 1) letters.push(...digitLetters(layout, extra, sign));
    return letters;
  };
  let acc: Group | undefined;
  for (let j = digits - 1; j > 0; j--) {
    const from = x;
    const before = acc;
    const next = b.group(
      block,
      count,
      (row, i) => {
        if (before) row.add(before, i, 1 / radix);
        row.join(from, i, lettersAt(i, j, 1));
      },
      layout.topology === 'selected' && linear,
    );
    x = b.group(block, count, (row, i) => row.add(from, i, 1));
    acc = next;
    yield;
  }
  const last = acc;
  return (row, i, sign) => {
    const own = sign * digitsOf(i).sign;
    if (last) row.join(last, i, [own / radix]);
    row.join(x, i, lettersAt(i, 0, own));
  };
}

/** Every route's value 2^-(sum of exponents) x, shared from the root on; the last letters are the caller's. */
function* drawLadder(
  b: Blueprint,
  block: string,
  count: number,
  layout: Layout,
  half: Form,
  mantissa: (i: number) => bigint,
): Draft<Connect> {
  const { routes, depth, topology, t } = layout;
  let nodes = new Map<number, Group>();
  for (let l = 0; l < depth - 1; l++) {
    const above = new Map<number, Group>();
    for (const { exponents } of routes) {
      const sum = exponents.slice(0, l + 1).reduce((a, e) => a + e, 0);
      if (above.has(sum)) continue;
      const e = exponents[l] as number;
      const from = nodes.get(sum - e);
      const letter = 2 ** -e;
      above.set(
        sum,
        b.group(block, count, (row, i) => {
          if (from) row.add(from, i, letter);
          else half(row, i, letter);
        }),
      );
    }
    nodes = above;
    yield;
  }
  // Routes that end in the same unit share its copies' letters, one after the other.
  const ends = new Map<Group, { place: number; letter: number }[]>();
  for (const { place, exponents } of routes) {
    const e = exponents[depth - 1] as number;
    const node = nodes.get(exponents.slice(0, -1).reduce((a, x) => a + x, 0)) as Group;
    ends.set(node, [...(ends.get(node) ?? []), { place, letter: 2 ** -e }]);
  }
  return (row, i, outer) => {
    const k = mantissa(i);
    const sign = k < 0n ? -outer : outer;
    const a = k < 0n ? -k : k;
    for (const [node, digits] of ends) {
      const letters = digits.flatMap(({ place, letter }) => pathLetters(topology, a, t, place, sign * letter));
      if (letters.length > 0) row.join(node, i, letters);
    }
  };
}

/** The last letters of the path of one place, for |k| = a. */
function pathLetters(topology: Topology, a: bigint, t: number, place: number, letter: number): number[] {
  const full = a === 1n << BigInt(t);
  const bit = (j: number): boolean => (((full && topology === 'fixed' ? a - 1n : a) >> BigInt(t - j)) & 1n) === 1n;
  if (topology === 'fixed') {
    const pair = (one: boolean): number[] => [letter, one ? letter : -letter];
    return place === t ? [...pair(bit(t)), ...pair(full)] : pair(bit(place));
  }
  // Place 2 is the largest that a path of one letter a layer can have: 1/2 takes two of them, 1 takes four.
  const times = place > 2 ? Number(bit(place)) : 4 * Number(full) + 2 * Number(bit(1)) + Number(t >= 2 && bit(2));
  return new Array<number>(times).fill(letter);
}
