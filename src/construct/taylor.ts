/**
 * D4, D5: smooth functions of d variables by networks of lambda distinct weights whose topology is the same for every function
 * [DLS18, Thm. 1; linear quantisation: Sec. 4.4].
 *
 *   map       f' of taylorFormula.ts, exactly, by either network
 *   domain    [0,1]^d, f / 2^scale in F_{d,n}
 *   error     sup |f' - f| <= 3 * 2^d (d/N)^n * 2^scale (the theorem); `report.bound` proves less (taylorShape.ts)
 *   sharing   'full' (default): taylorShared.ts. 'none': taylorLiteral.ts, every f_{m,n} with its own products and gadget
 *   plan      `planTaylor` gives the same report without building, for any epsilon: counts do not depend on f
 */
import { type Dyadic, type DyadicLike, type Rational, refuse, type Target } from '../exact/index.ts';
import type { Blueprint } from './blueprint.ts';
import { gadgetLayout, type Layout, type Quantisation } from './gadget.ts';
import { assumed, derivativeBound, epsilonOf, type Membership, membershipOf, membershipRests } from './membership.ts';
import { binaryPacking, fullPacking, type Packing } from './packing.ts';
import { type Construction, type ConstructionReport, countsOf, freezeReport } from './report.ts';
import {
  cellPoint,
  type DerivativeCallback,
  type TaylorCoefficients,
  taylorCoefficients,
} from './taylorCoefficients.ts';
import { chunkLetters } from './taylorDigits.ts';
import { taylorFormula, termSign } from './taylorFormula.ts';
import type { ChunkLetter } from './taylorGates.ts';
import { drawLiteral, type TermMantissa } from './taylorLiteral.ts';
import {
  boundOf,
  type Constants,
  cellsOf,
  chooseShape,
  orderOf,
  type TaylorShape,
  theoremBound,
} from './taylorShape.ts';
import { drawShared } from './taylorShared.ts';
import { taylorPaper } from './taylorTables.ts';

export interface TaylorOptions {
  /** Smoothness: derivatives up to order n are used, 1 <= n <= 16. */
  readonly n: number;
  /** The error wanted: a number (read as its shortest decimal), a text such as '1e-6' or a fraction. Or give N. */
  readonly epsilon?: number | string | Rational;
  /** The grid, a power of two. */
  readonly N?: number;
  /** Distinct weights, 2 by default: 2..64, or 2, 4, 8, 16 for linear quantisation. */
  readonly lambda?: number;
  readonly quantisation?: Quantisation;
  /** 'paper' (default): N, r, t by the paper's formulas. 'sharp': the least that the proved bound allows. */
  readonly constants?: Constants;
  readonly sharing?: 'full' | 'none';
  /** D^n f(x), where the target has no enclosed derivatives; its float64 values are taken as exact. */
  readonly derivatives?: DerivativeCallback;
  /** States that all derivatives up to order n are at most 2^scaleLog2 on the cube; by default this is proved from the target. */
  readonly scaleLog2?: number;
}

export interface TaylorReport extends ConstructionReport {
  readonly shape: TaylorShape;
  readonly membership: Membership;
  /** The theorem's bound 3 * 2^d (d/N)^n 2^scale; `bound` is never above it. */
  readonly theoremBound: Dyadic;
  readonly derivatives: 'expression' | 'table' | 'callback' | 'none';
  readonly sharing: {
    readonly kind: 'full' | 'none';
    /** M of the literal network and of the shared one, by plan. */
    readonly literal: number;
    readonly shared: number;
    /** Bits of a coefficient that one connection of the shared network carries. */
    readonly bitsPerConnection: number;
  };
}

export interface TaylorConstruction extends Construction {
  readonly report: TaylorReport;
  readonly coefficients: TaylorCoefficients;
  /** f'(x) by its formula, exactly: equal to the network's realisation on the cube. */
  formula(x: readonly DyadicLike[]): Dyadic;
}

/** A class instead of a function: enough for a plan. */
export interface TaylorClass {
  readonly d: number;
}

/**
 * The network for a target. Throws InputError where an option is out of range, where f is not shown to have n bounded derivatives
 * on the cube, or where the network exceeds the library's limits.
 */
export function taylor(target: Target, options: TaylorOptions): TaylorConstruction {
  const member = membershipOf('taylor', target, options.n, options.scaleLog2);
  const chosen = choose(target.inputs, options, member);
  const coefficients = taylorCoefficients(target, chosen.shape, options.derivatives);
  const b =
    chosen.sharing === 'full'
      ? chosen.shared(chunkLetters(coefficients, chosen.packing))
      : chosen.literal(literalMantissas(coefficients));
  const derivatives = options.derivatives ? 'callback' : target.kind;
  const report = describe(b, chosen, member, derivatives, restsOn(target, options, member));
  return Object.freeze({
    network: b.build(),
    report,
    coefficients,
    formula: (x: readonly DyadicLike[]): Dyadic => taylorFormula(coefficients, x),
  });
}

/** The report of {@link taylor} for a target, or for any function of the class on [0,1]^d, without building. */
export function planTaylor(what: Target | TaylorClass, options: TaylorOptions): TaylorReport {
  const isTarget = 'inputs' in what;
  const member = isTarget
    ? membershipOf('taylor', what, options.n, options.scaleLog2)
    : assumed('taylor', options.scaleLog2 ?? 0);
  const chosen = choose(isTarget ? what.inputs : what.d, options, member);
  const b = chosen.sharing === 'full' ? chosen.shared(unread) : chosen.literal(() => 0n);
  const kind = options.derivatives ? 'callback' : isTarget ? what.kind : 'none';
  return describe(b, chosen, member, kind, isTarget ? restsOn(what, options, member) : []);
}

function restsOn(target: Target, options: TaylorOptions, member: Membership): string[] {
  const out = membershipRests(target, options.n, member);
  if (options.derivatives) out.push('the derivative values that the callback returns, taken as exact');
  return out;
}

interface Chosen {
  readonly shape: TaylorShape;
  readonly layout: Layout;
  readonly sharing: 'full' | 'none';
  readonly derivative: Rational;
  /** How many bits of a coefficient a connection of the shared network carries. */
  readonly packing: Packing;
  shared(letter: ChunkLetter): Blueprint;
  literal(mantissa: TermMantissa): Blueprint;
}

function choose(d: number, options: TaylorOptions, member: Membership): Chosen {
  const { n, N, lambda = 2, quantisation = 'lambda', constants = 'paper', sharing = 'full' } = options;
  if (sharing !== 'full' && sharing !== 'none') refuse('taylor: sharing', "'full' or 'none'", sharing);
  if (quantisation !== 'lambda' && quantisation !== 'linear') {
    refuse('taylor: quantisation', "'lambda' or 'linear'", quantisation);
  }
  const derivative = derivativeBound(member);
  const shape = chooseShape({
    d,
    n,
    constants,
    derivative,
    scaleLog2: member.scaleLog2,
    ...(options.epsilon === undefined ? {} : { epsilon: epsilonOf(options.epsilon) }),
    ...(N === undefined ? {} : { N }),
  });
  const layout = gadgetLayout(lambda, shape.digits[0] as number, 'fixed', quantisation);
  const exponents =
    quantisation === 'linear'
      ? Array.from({ length: Math.log2(lambda) }, (_, e) => e + 1)
      : layout.alphabet.letters.filter((v) => v > 0).map((v) => -Math.log2(v));
  const packing = choosePacking(shape, [binaryPacking(layout.alphabet, exponents), fullPacking(lambda, quantisation)]);
  return {
    shape,
    layout,
    sharing,
    derivative,
    packing,
    shared: (letter) => drawShared(shape, packing, letter),
    literal: (mantissa) => drawLiteral(shape, layout, mantissa),
  };
}

/** The packing with the fewest weights: reading packed bits costs more the fewer cells share it. */
function choosePacking(shape: TaylorShape, candidates: readonly (Packing | undefined)[]): Packing {
  let best: { packing: Packing; weights: number } | undefined;
  for (const packing of candidates) {
    if (!packing) continue;
    const weights = drawShared(shape, packing, unread).plan().connectivity;
    if (!best || weights < best.weights) best = { packing, weights };
  }
  return (best as { packing: Packing }).packing;
}

function unread(): never {
  throw new Error('a plan reads no coefficients');
}

function literalMantissas({ shape, mantissas }: TaylorCoefficients): TermMantissa {
  const { digits, terms } = shape;
  return (term, cell) => {
    const n = terms[term] as readonly number[];
    const k =
      ((mantissas[term] as readonly bigint[])[cell] as bigint) <<
      BigInt((digits[0] as number) - (digits[orderOf(n)] as number));
    return termSign(n, cellPoint(shape, cell)) === 1 ? k : -k;
  };
}

function describe(
  b: Blueprint,
  chosen: Chosen,
  membership: Membership,
  derivatives: TaylorReport['derivatives'],
  rests: readonly string[],
): TaylorReport {
  const { shape, layout, sharing, derivative } = chosen;
  const { d, n, q, r, digits, scaleLog2 } = shape;
  const plan = b.plan();
  const bound = boundOf(shape, derivative);
  const theorem = theoremBound(shape);
  if (bound.compare(theorem) > 0) throw new Error(`taylor: the bound ${bound} exceeds the theorem's ${theorem}`);
  const literal = sharing === 'none' ? plan : chosen.literal(() => 0n).plan();
  const shared = sharing === 'full' ? plan : chosen.shared(unread).plan();
  return freezeReport({
    statement: layout.quantisation === 'linear' ? '[DLS18, Sec. 4.4]' : '[DLS18, Thm. 1]',
    lambda: layout.lambda,
    quantisation: layout.quantisation,
    alphabet: b.alphabet.letters,
    parameters: {
      d,
      n,
      N: 2 ** q,
      r,
      t: digits.join(', '),
      scaleLog2,
      cells: cellsOf(shape),
      terms: shape.terms.length,
    },
    counts: countsOf(plan, layout.lambda),
    paper: taylorPaper(shape, layout),
    bound: bound.roundBits(64, 'up'),
    blocks: plan.blocks,
    notes: notesOf(shape),
    restsOn: rests,
    shape,
    membership: Object.freeze(membership),
    theoremBound: theorem.roundBits(64, 'up'),
    derivatives,
    sharing: Object.freeze({
      kind: sharing,
      literal: literal.connectivity,
      shared: shared.connectivity,
      bitsPerConnection: chosen.packing.bits,
    }),
  });
}

function notesOf({ d, n, q, scaleLog2 }: TaylorShape): string[] {
  const notes = [
    'N is a power of two, so that m/N and every value at a dyadic input is dyadic; the paper takes N = c d^2.',
    'The bumps sum to 1: the factor 2^d of eq. 18 is not needed in the Taylor and rounding errors.',
  ];
  if (d === 1 && n > 1)
    notes.push(
      `For d = 1 there are n = ${n} terms a cell, not d^n = 1 (eq. 24): n stands inside the logarithm of eq. 26.`,
    );
  if (2 ** q < 2 * d * d)
    notes.push(`N = ${2 ** q} is below the paper's least 2 d^2 = ${2 * d * d}, which dyadic m/N do not need.`);
  if (scaleLog2 !== 0)
    notes.push(`f is approximated as 2^${scaleLog2} times a function of the class; the error is multiplied alike.`);
  return notes;
}
