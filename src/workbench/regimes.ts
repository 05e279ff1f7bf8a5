/**
 * The three-regime experiment [OSB; theory 2.1, 2.4]: for a class R(W,L,Q(a,b)) the three lower bounds of its minimax error over
 * H1 beside the guaranteed error of a network that is really built within the budget, b by b, or depth by depth at a
 * constant dense memory.
 *
 * Lower bounds are rounded down, achieved errors up. Both are proved; fitted exponents are estimates.
 */
import { planBudget } from '../construct/index.ts';
import { expressionTarget } from '../exact/expression.ts';
import { refuse, type Target, wholeNumber } from '../exact/index.ts';
import { denseEntries, type Network } from '../net/index.ts';
import { lowerBounds, type NetworkClass, type Regime } from '../rates/index.ts';

export interface RegimeRow {
  readonly width: number;
  readonly depth: number;
  readonly bits: number;
  /** No network of the class has less error for all of H1; each holds. */
  readonly lower: { readonly precision: number; readonly memory: number; readonly vc: number };
  readonly regime: Regime;
  /** The guaranteed error, for all of H1, of a network within the budget. */
  readonly achieved: number;
  /** achieved over the best lower bound. */
  readonly gap: number;
}

export interface RegimeOptions {
  readonly width: number;
  readonly depth: number;
  /** First and last b, 1..65536. */
  readonly bits: readonly [from: number, to: number];
  /** a of the class, 0 by default; the networks built have a = 0. */
  readonly integerBits?: number;
  /** done in 0..1. */
  readonly onProgress?: (done: number) => void;
}

/** Errors as near as this (relatively) count as equal when values of b are skipped; the larger one is reported. */
const NEARLY = 2 ** -20;

/**
 * One row for every b. A network for b is one for every larger b too: so achieved errors never grow with b, and where two values
 * of b give the same error, nothing is built in between. Throws InputError where the class or the range is none.
 */
export function regimeRows(options: RegimeOptions): RegimeRow[] {
  const { width, depth, integerBits = 0, onProgress } = options;
  const from = wholeNumber('regimes bits', options.bits[0], 1, 1 << 16);
  const to = wholeNumber('regimes bits', options.bits[1], from, 1 << 16);
  const achieved = achievedErrors(width, depth, from, to, onProgress);
  return Array.from(achieved, (error, i) => row({ width, depth, bits: from + i, integerBits }, error));
}

function achievedErrors(
  width: number,
  depth: number,
  from: number,
  to: number,
  onProgress?: (done: number) => void,
): Float64Array {
  const errors = new Float64Array(to - from + 1);
  const at = (bits: number, before: number): number => {
    const error = Math.min(before, builtError(width, depth, bits));
    errors[bits - from] = error;
    return error;
  };
  const between = (low: number, high: number): void => {
    if (high - low < 2) return;
    const before = errors[low - from] as number;
    const after = errors[high - from] as number;
    if (before - after <= after * NEARLY) {
      errors.fill(before, low - from + 1, high - from);
      onProgress?.((high - from + 1) / errors.length);
      return;
    }
    const mid = (low + high) >> 1;
    at(mid, before);
    // The end's network may be worse than the middle's.
    if ((errors[mid - from] as number) < after) errors[high - from] = errors[mid - from] as number;
    between(low, mid);
    between(mid, high);
    onProgress?.((high - from + 1) / errors.length);
  };
  at(from, Number.POSITIVE_INFINITY);
  if (to > from) {
    at(to, errors[0] as number);
    between(from, to);
  }
  for (let i = 1; i < errors.length; i++) errors[i] = Math.min(errors[i] as number, errors[i - 1] as number);
  return errors;
}

/** The guaranteed error of the best plan of a budget; one of its networks is built, and counted against the budget. */
function builtError(width: number, depth: number, bits: number): number {
  const plan = planBudget({ width, depth, bits });
  const net = plan.fromZigZag
    ? plan.fromZigZag({ start: 0, up: Uint8Array.from({ length: plan.pieces }, (_, i) => (i ^ (i >> 3)) & 1) })
    : plan.network(sample()).network;
  if (!within(net, width, depth, bits)) {
    throw new Error(`the network built for W = ${width}, L = ${depth}, b = ${bits} exceeds its budget`);
  }
  return plan.guaranteed.toNumber('up');
}

function within(net: Network, width: number, depth: number, bits: number): boolean {
  return net.width <= width && net.depth <= depth && net.fractionalBits <= bits && net.integerBits === 0;
}

let sampled: Target | undefined;

function sample(): Target {
  sampled ??= expressionTarget('abs(x-1/3)');
  return sampled;
}

function row(network: NetworkClass & { integerBits: number }, achieved: number): RegimeRow {
  const { width, depth, bits } = network;
  const { precision, memory, vc, best, regime } = lowerBounds(network);
  return Object.freeze({
    width,
    depth,
    bits,
    lower: Object.freeze({
      precision: precision.toNumber('down'),
      memory: memory.toDyadic()?.toNumber('down') ?? memory.roundBits(60, 'down').toNumber('down'),
      vc: vc.roundBits(60, 'down').toNumber('down'),
    }),
    regime,
    achieved,
    gap: achieved / best.toNumber(),
  });
}

/** A straight line through the rows of one regime: an estimate, for comparison with the theory's exponent. */
export interface FittedExponent {
  readonly regime: Regime;
  readonly from: number;
  readonly to: number;
  /** What the exponent is of: log2 of the error against b ('bit'), or log error against log b ('power'). */
  readonly against: 'bit' | 'power';
  readonly theory: number;
  readonly lower: number;
  readonly achieved: number;
}

/** Fits every regime that has three rows or more. Under-quantisation falls by 2^-L a bit, proper like b^-1, over not at all. */
export function fitExponents(rows: readonly RegimeRow[]): FittedExponent[] {
  const fitted: FittedExponent[] = [];
  for (const regime of ['under', 'proper', 'over'] as const) {
    const own = rows.filter((r) => r.regime === regime);
    if (own.length < 3) continue;
    const against = regime === 'under' ? 'bit' : 'power';
    const x = own.map(({ bits }) => (against === 'bit' ? bits : Math.log2(bits)));
    fitted.push(
      Object.freeze({
        regime,
        from: (own[0] as RegimeRow).bits,
        to: (own[own.length - 1] as RegimeRow).bits,
        against,
        theory: regime === 'under' ? -(own[0] as RegimeRow).depth : regime === 'proper' ? -1 : 0,
        lower: slope(
          x,
          own.map((r) => Math.log2(r.achieved / r.gap)),
        ),
        achieved: slope(
          x,
          own.map((r) => Math.log2(r.achieved)),
        ),
      }),
    );
  }
  return fitted;
}

function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (v: readonly number[]): number => v.reduce((s, t) => s + t, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  let above = 0;
  let below = 0;
  x.forEach((v, i) => {
    above += (v - mx) * ((y[i] as number) - my);
    below += (v - mx) ** 2;
  });
  return above / below;
}

export interface DepthRow extends RegimeRow {
  /** n(W,L)(b+2), at most the memory. */
  readonly denseBits: number;
}

export interface DepthOptions {
  /** Dense memory in bits. */
  readonly memory: number;
  /** Depths to look at; by default 2, 3, 4, 6, 8, 12, ... as long as a width of 4 fits. */
  readonly depths?: readonly number[];
  /** Fractional bits to choose from; by default 1, 2, 3, 4, 6, 8, 12, 16. */
  readonly bits?: readonly number[];
  readonly onProgress?: (done: number) => void;
}

/** The widest W with n(W,L)(b+2) <= memory, at most 4096; 0 where not even W = 1 fits. */
export function widthWithin(memory: number, depth: number, bits: number): number {
  let low = 0;
  let high = 4097;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (denseEntries(mid, depth) * (bits + 2) <= memory) low = mid;
    else high = mid;
  }
  return low;
}

/**
 * Error against depth at constant dense memory: for every depth the widest network of each b that fits, and the best of these.
 * Throws InputError where no depth fits.
 */
export function depthRows(options: DepthOptions): DepthRow[] {
  const memory = wholeNumber('regimes memory in bits', options.memory, 12, 2 ** 40);
  const choices = options.bits ?? [1, 2, 3, 4, 6, 8, 12, 16];
  const least = choices.reduce((a, b) => Math.min(a, b));
  const depths = options.depths ?? usualDepths().filter((depth) => widthWithin(memory, depth, least) >= 4);
  const rows: DepthRow[] = [];
  depths.forEach((depth, i) => {
    let best: DepthRow | undefined;
    for (const bits of choices) {
      const width = widthWithin(memory, depth, bits);
      if (width < 1) continue;
      const error = builtError(width, depth, bits);
      if (best && best.achieved <= error) continue;
      best = {
        ...row({ width, depth, bits, integerBits: 0 }, error),
        denseBits: denseEntries(width, depth) * (bits + 2),
      };
    }
    if (best) rows.push(Object.freeze(best));
    options.onProgress?.((i + 1) / depths.length);
  });
  if (rows.length === 0) refuse('regimes memory', 'room for a network of the wanted depths', `${memory} bits`);
  return rows;
}

function usualDepths(): number[] {
  return Array.from({ length: 16 }, (_, i) => 2 ** (i + 1)).flatMap((n) => [n, (3 * n) / 2]);
}
