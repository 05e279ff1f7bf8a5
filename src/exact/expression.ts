/**
 * Expressions as targets: `expressionTarget("sin(2*pi*x)/(2*pi)")`. Value, derivatives and Lipschitz constants are enclosed by
 * our own outward-rounded arithmetic; nothing rests on floats, and decimals mean what they say (0.1 is 1/10).
 */
import { Dyadic } from './dyadic.ts';
import { compileEstimate } from './estimate.ts';
import { Evaluation } from './evaluate.ts';
import type { Interval } from './interval.ts';
import { type Jet, shapeOf, valueIn } from './jet.ts';
import { parseTree } from './parse.ts';
import type { Rational } from './rational.ts';
import { InputError, refuse, shown, wholeNumber } from './refuse.ts';
import {
  add,
  EXPONENT_LIMIT,
  exactly,
  hull,
  isPoint,
  MAX_PRECISION,
  meet,
  mul,
  ofInterval,
  type Span,
  sub,
  toInterval,
  top,
  Undefined,
  ZERO,
} from './span.ts';
import type { Node } from './syntax.ts';
import type { Target } from './target.ts';

export { FUNCTION_NAMES } from './vocabulary.ts';

/** Largest order of derivatives of a function of one input, and of several. */
export const MAX_ORDER = 64;
const MAX_PARTIAL_ORDER = 16;

/** Guard bits: an expression of a few dozen operations loses fewer than these. */
const GUARD = 12;

/** The boxes that {@link Target.lipschitz} looks at before it settles for what it has. */
const LIPSCHITZ_BOXES = 256;

export interface ExpressionOptions {
  /** Number of inputs d; by default the largest of x1..xd that occurs, 1 for x or for none. */
  readonly inputs?: number;
}

/**
 * The target an expression in `x` (one input) or `x1`..`xd` describes. Throws InputError, one sentence, for anything that is not
 * a real function made of the documented parts.
 */
export function expressionTarget(text: string, options: ExpressionOptions = {}): Target {
  const { root, used } = parseTree(text);
  const least = used.length === 0 ? 1 : (used[used.length - 1] as number) + 1;
  const inputs = options.inputs === undefined ? least : wholeNumber('expressionTarget inputs', options.inputs, 1, 64);
  if (inputs < least)
    throw new InputError(`expression ${shown(text)}: expected at most ${inputs} input(s), got x${least}`);
  return new ExpressionTarget(text.trim(), root, inputs);
}

/** A number given as text: a decimal, a fraction or a formula of constants such as `2*pi`. */
export interface ParsedNumber {
  readonly text: string;
  /** The number itself where it is a fraction. */
  readonly exact?: Rational;
  /** An interval around it with about `precision` significant bits at each end; a point where the number is dyadic and short. */
  enclose(precision: number): Interval;
}

/** Reads `0.1`, `1/3`, `2*pi`, `sqrt(2)`: any expression without variables. Throws InputError for anything else. */
export function parseNumber(text: string): ParsedNumber {
  const { root } = parseTree(text, false);
  const at = (precision: number): Interval => {
    checkPrecision(precision);
    const value = orUndefined(() => sharpPoint(root, [ZERO], precision));
    if (!value) throw new InputError(`number ${shown(text)}: expected a number, got an expression without a value`);
    return toInterval(value, precision);
  };
  if (root.op === 'number') return Object.freeze({ text: text.trim(), exact: root.value, enclose: at });
  at(64);
  return Object.freeze({ text: text.trim(), enclose: at });
}

class ExpressionTarget implements Target {
  readonly kind = 'expression';
  readonly restsOn: readonly string[];
  readonly #estimate: (x: readonly number[]) => number;

  constructor(
    readonly text: string,
    readonly root: Node,
    readonly inputs: number,
  ) {
    this.restsOn = Object.freeze([`f is the expression ${text}, its decimals read exactly`]);
    this.#estimate = compileEstimate(root);
    Object.freeze(this);
  }

  enclose(box: readonly Interval[], precision: number): Interval | undefined {
    const x = this.#box(box, precision);
    const value = orUndefined(() =>
      x.every(isPoint) ? sharpPoint(this.root, x, precision) : sharpBox(this.root, x, precision),
    );
    return value && toInterval(value, precision);
  }

  taylor(x: Interval, order: number, precision: number): Interval[] | undefined {
    if (this.inputs !== 1) refuse('taylor', 'a target of one input', this.inputs);
    const jet = this.#jet([x], order, precision);
    return jet?.map((c) => toInterval(c ?? ZERO, precision));
  }

  partials(box: readonly Interval[], order: number, precision: number): ReadonlyMap<string, Interval> | undefined {
    const jet = this.#jet(box, order, precision);
    if (!jet) return undefined;
    const { monomials } = shapeOf(this.inputs, order);
    return new Map(monomials.map((n, k) => [n.join(','), toInterval(jet[k] ?? ZERO, precision)]));
  }

  lipschitz(box: readonly Interval[], precision: number): Dyadic | undefined {
    return lipschitzBound(this.root, this.#box(box, precision), precision);
  }

  estimate(x: readonly number[]): number {
    return this.#estimate(x);
  }

  #jet(box: readonly Interval[], order: number, precision: number): Jet | undefined {
    wholeNumber('order of derivatives', order, 0, this.inputs === 1 ? MAX_ORDER : MAX_PARTIAL_ORDER);
    const x = this.#box(box, precision);
    return orUndefined(() => new Evaluation(shapeOf(this.inputs, order), x, precision + GUARD).jet(this.root));
  }

  #box(box: readonly Interval[], precision: number): Span[] {
    checkPrecision(precision);
    if (box.length !== this.inputs) refuse('box', `${this.inputs} interval(s)`, box.length);
    return box.map(ofInterval);
  }
}

function checkPrecision(precision: number): void {
  wholeNumber('precision', precision, 2, MAX_PRECISION);
}

/** The result, or undefined where the arithmetic found no value. */
function orUndefined<T>(compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Undefined) return undefined;
    throw error;
  }
}

/** Binary digits that an enclosure of one number has: those of its size above its width. */
function digitsOf(x: Span): number {
  return isPoint(x) ? Number.POSITIVE_INFINITY : top(x) - top({ lo: 0n, hi: x.hi - x.lo, e: x.e });
}

/** f at a point, with more working digits where subtractions cancelled some. */
function sharpPoint(root: Node, x: readonly Span[], precision: number): Span {
  const shape = shapeOf(x.length, 0);
  const at = (p: number): Span => new Evaluation(shape, x, p).value(root);
  let p = precision + GUARD;
  let value = at(p);
  for (let round = 0; round < 3; round++) {
    const missing = precision - digitsOf(value);
    // A value that stays around 0 is 0, or too near to it for what was asked.
    if (missing <= 0 || p > 4 * precision + 256) break;
    p += missing < precision ? missing + 4 : precision + 64;
    value = meet(value, at(p));
  }
  return value;
}

/**
 * f over a box: the natural enclosure, cut down by what the first derivatives tell. Variables in which f is monotone go to
 * their ends; the others are centred (mean value form).
 */
function sharpBox(root: Node, x: readonly Span[], precision: number): Span {
  const p = precision + GUARD;
  const slopes = orUndefined(() => new Evaluation(shapeOf(x.length, 1), x, p).jet(root));
  if (!slopes) return new Evaluation(shapeOf(x.length, 0), x, p).value(root);
  let low = x;
  let high = x;
  let open = false;
  x.forEach((side, v) => {
    const slope = slopes[1 + v] ?? ZERO;
    if (isPoint(side)) return;
    const [first, last] = [exactly(side.lo, side.e), exactly(side.hi, side.e)];
    if (slope.lo >= 0n || slope.hi <= 0n) {
      low = replaced(low, v, slope.lo >= 0n ? first : last);
      high = replaced(high, v, slope.lo >= 0n ? last : first);
    } else open = true;
  });
  const least = centred(root, low, slopes, open, precision);
  const most = centred(root, high, slopes, open, precision);
  return meet(valueIn(slopes), hull(least, most));
}

function replaced(x: readonly Span[], v: number, side: Span): readonly Span[] {
  return x.map((y, w) => (w === v ? side : y));
}

/** f over a box by f(mid) + sum of slopes times (x - mid), and by the natural enclosure; the slopes hold on the box. */
function centred(root: Node, x: readonly Span[], slopes: Jet, open: boolean, precision: number): Span {
  if (!open) return sharpPoint(root, x, precision);
  const p = precision + GUARD;
  const middle = x.map((side) => exactly(side.lo + side.hi, side.e - 1));
  let sum = sharpPoint(root, middle, precision);
  x.forEach((side, v) => {
    const slope = slopes[1 + v] ?? ZERO;
    if (!isPoint(side)) sum = add(sum, mul(slope, sub(side, middle[v] as Span, p), p), p);
  });
  return meet(sum, new Evaluation(shapeOf(x.length, 0), x, p).value(root));
}

/** sup over the box of the sum of |partial derivatives|, from above: boxes are halved until the bound is within 1 % or they run out. */
function lipschitzBound(root: Node, box: readonly Span[], precision: number): Dyadic | undefined {
  const shape = shapeOf(box.length, 1);
  const p = precision + GUARD;
  const look = (x: readonly Span[]): Piece => {
    const jet = orUndefined(() => new Evaluation(shape, x, p).jet(root));
    if (!jet) return { x, upper: undefined, lower: Dyadic.ZERO };
    let upper = Dyadic.ZERO;
    let lower = Dyadic.ZERO;
    for (const c of jet.slice(1)) {
      const slope = toInterval(c ?? ZERO, 30);
      upper = upper.add(slope.magnitude);
      lower = lower.add(slope.mignitude);
    }
    return { x, upper, lower };
  };
  let pieces = [look(box)];
  let lower = (pieces[0] as Piece).lower;
  for (let made = 1; made < LIPSCHITZ_BOXES; made++) {
    const worst = pieces.reduce((a, b) => (isWorse(b, a) ? b : a));
    if (worst.upper && (worst.upper.isZero || lower.mul(Dyadic.of(101n)).ge(worst.upper.mul(Dyadic.of(100n))))) break;
    const side = widest(worst.x);
    if (side === undefined) break;
    const cut = worst.x[side] as Span;
    const middle = cut.lo + cut.hi;
    const halves = [
      { lo: 2n * cut.lo, hi: middle, e: cut.e - 1 },
      { lo: middle, hi: 2n * cut.hi, e: cut.e - 1 },
    ].map((half) => look(replaced(worst.x, side, half)));
    for (const half of halves) lower = lower.max(half.lower);
    pieces = [...pieces.filter((piece) => piece !== worst), ...halves];
  }
  const worst = pieces.reduce((a, b) => (isWorse(b, a) ? b : a));
  return worst.upper?.roundBits(precision, 'up');
}

interface Piece {
  readonly x: readonly Span[];
  /** Undefined where the derivatives were not shown to exist. */
  readonly upper: Dyadic | undefined;
  readonly lower: Dyadic;
}

const isWorse = (a: Piece, b: Piece): boolean =>
  b.upper !== undefined && (a.upper === undefined || a.upper.gt(b.upper));

/** The widest side of a box, by binary order; undefined where all are points. */
function widest(x: readonly Span[]): number | undefined {
  let best: number | undefined;
  let size = -EXPONENT_LIMIT;
  x.forEach((side, v) => {
    const width = top({ lo: 0n, hi: side.hi - side.lo, e: side.e });
    if (width > size) {
      best = v;
      size = width;
    }
  });
  return best;
}
