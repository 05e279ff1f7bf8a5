/**
 * The three regimes of quantisation [OSB] for E(W,L,b) = sup over H1 of the best error in R(W,L,Q(a,b)), H1 the functions on
 * [0,1] with |f| <= 1 and Lipschitz constant 1. Three lower bounds with explicit constants (theory 2.1):
 *
 *   precision   E >= 2^-(L b + 1)            at x = 0 every output is a multiple of 2^-(L b), and H1 holds the constants
 *   memory      E >= 1/(floor(B) + 1)        2^n zig-zags on n steps lie 2/n apart; B = log2 of the number of networks
 *   vc          E >= 1/(2 (VC + 1))          bumps of height 1/(2N) at N points cannot all be matched when N > VC
 *
 * The bound that dominates names the regime: under-quantisation (exponential in b), proper (polynomial, memory-optimal),
 * over-quantisation (constant in b). Each bound falls, or stays, as W, L or b grows.
 */
import { Dyadic, Rational, wholeNumber } from '../exact/index.ts';
import { CLASS_LIMITS, checkClass, memoryBits, vcDimension } from './capacity.ts';

export type Regime = 'under' | 'proper' | 'over';

/** R(W,L,Q(a,b)): width <= W, depth <= L, weights k 2^-b below 2^(a+1) in magnitude. */
export interface NetworkClass {
  readonly width: number;
  readonly depth: number;
  /** b, at least 1. */
  readonly bits: number;
  /** a, 0 by default. */
  readonly integerBits?: number;
}

export interface LowerBounds {
  readonly precision: Dyadic;
  readonly memory: Rational;
  readonly vc: Rational;
  /** The largest of the three. */
  readonly best: Rational;
  readonly regime: Regime;
}

/** Throws InputError where the class is not one. */
export function lowerBounds(network: NetworkClass): LowerBounds {
  const { width, depth, bits, integerBits } = checked(network);
  const precision = Dyadic.pow2(-(depth * bits + 1));
  const memory = Rational.of(1n, memoryBits(width, depth, integerBits, bits) + 1n);
  const vc = Rational.of(1n, 2n * (vcOf(width, depth) + 1n));
  const regime = regimeOf(precision, memory, vc);
  const best = regime === 'under' ? Rational.fromDyadic(precision) : regime === 'proper' ? memory : vc;
  return Object.freeze({ precision, memory, vc, best, regime });
}

/** The first b of the proper and of the over-quantised regime; a regime that no b has gets the next one's threshold. */
export function regimeThresholds(width: number, depth: number, integerBits = 0): { proper: number; over: number } {
  const rank = (bits: number): number =>
    ['under', 'proper', 'over'].indexOf(lowerBounds({ width, depth, bits, integerBits }).regime);
  const first = (least: number): number => {
    let high = 1;
    while (rank(high) < least) high *= 2;
    let low = Math.floor(high / 2);
    while (high - low > 1) {
      const mid = (low + high) >> 1;
      if (rank(mid) < least) low = mid;
      else high = mid;
    }
    return high;
  };
  return { proper: first(1), over: first(2) };
}

function regimeOf(precision: Dyadic, memory: Rational, vc: Rational): Regime {
  // The other two lie above 2^-200 whatever the class; beyond that the power of two is not written out.
  if (precision.e > -200) {
    const under = Rational.fromDyadic(precision);
    if (under.compare(memory) > 0 && under.compare(vc) > 0) return 'under';
  }
  return vc.compare(memory) > 0 ? 'over' : 'proper';
}

const known = new Map<string, bigint>();

/** The VC number depends on W and L alone: a table of b asks for it once. */
function vcOf(width: number, depth: number): bigint {
  const key = `${width},${depth}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const number = vcDimension(width, depth);
  if (known.size > 1000) known.clear();
  known.set(key, number);
  return number;
}

function checked({ width, depth, bits, integerBits = 0 }: NetworkClass): Required<NetworkClass> {
  checkClass('network class', width, depth);
  wholeNumber('network class bits', bits, 1, CLASS_LIMITS.bits);
  wholeNumber('network class integer bits', integerBits, 0, CLASS_LIMITS.bits);
  return { width, depth, bits, integerBits };
}
