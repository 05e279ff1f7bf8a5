/**
 * How much a class of networks can tell apart, as whole numbers that hold without a doubt: logarithms are enclosed, never
 * rounded the wrong way.
 *
 *   memoryBits(W, L, a, b)   floor(log2 of the number of realisations in R(W,L,Q(a,b))), bounded from above
 *   vcDimension(W, L)        an upper bound for real weights: the largest m with 2^m <= prod_i 2 (2 e m k_i i / n_i)^(n_i)
 *                            (Warren's bound layer by layer; Bartlett, Harvey, Liaw, Mehrabian 2019, Theorem 7). k_i units in
 *                            layer i, n_i weights up to layer i. Where m k_i < n_i that factor is not proved, and 2^(m k_i) counts.
 */

import { ln2, log2 } from '../exact/elementary.ts';
import { ceilShift, wholeNumber } from '../exact/index.ts';
import { add, div, ONE, type Span } from '../exact/span.ts';
import { denseEntries } from '../net/index.ts';

/** Widths and depths that the bounds accept. */
export const CLASS_LIMITS = Object.freeze({ width: 1 << 16, depth: 1 << 16, bits: 1 << 20 });

/** Binary digits of the logarithms. */
const PRECISION = 96;

/** floor(log2 |R(W,L,Q(a,b))|), at most one too large: n(W,L) weights of 2^(a+b+2) - 1 values each, L depths. */
export function memoryBits(width: number, depth: number, integerBits: number, bits: number): bigint {
  checkClass('memoryBits', width, depth);
  const digits = BigInt(integerBits + bits + 2);
  const entries = BigInt(denseEntries(width, depth));
  // From 100 digits on the one value that is missing does not show in the sum.
  const perWeight = digits < 100n ? upper(log2(whole((1n << digits) - 1n), PRECISION + 100)) : digits << BigInt(SCALE);
  const depths = upper(log2(whole(BigInt(depth)), PRECISION));
  // Both are numerators over 2^SCALE, rounded up.
  return (entries * perWeight + depths) >> BigInt(SCALE);
}

/** An upper bound for the VC dimension of the signs of all networks with real weights, width W and depth L. */
export function vcDimension(width: number, depth: number): bigint {
  checkClass('vcDimension', width, depth);
  const layers = layersOf(width, depth);
  // Floats find the place, enclosures decide it.
  let low = 1;
  let high = 2;
  while (patternsEstimate(layers, high) >= high) high *= 2;
  low = high / 2;
  while (high - low > Math.max(1, low * 2 ** -40)) {
    const mid = Math.floor((low + high) / 2);
    if (patternsEstimate(layers, mid) >= mid) low = mid;
    else high = mid;
  }
  // The count of patterns is concave in m: where it falls below m it stays below.
  let under = BigInt(Math.max(1, low));
  for (let step = 1n; fewerPatterns(layers, under); step *= 2n) under = under > step ? under - step : 0n;
  let over = under + 1n;
  for (let step = 1n; !fewerPatterns(layers, over); step *= 2n) {
    under = over;
    over += step;
  }
  while (over - under > 1n) {
    const mid = (over + under) / 2n;
    if (fewerPatterns(layers, mid)) over = mid;
    else under = mid;
  }
  return under;
}

interface LayerCount {
  /** i, from 1. */
  readonly index: number;
  /** k_i. */
  readonly units: number;
  /** n_i. */
  readonly weights: number;
}

function layersOf(width: number, depth: number): LayerCount[] {
  let weights = 0;
  let inputs = 1;
  return Array.from({ length: depth }, (_, l) => {
    const units = l < depth - 1 ? width : 1;
    weights += units * (inputs + 1);
    inputs = units;
    return { index: l + 1, units, weights };
  });
}

function patternsEstimate(layers: readonly LayerCount[], m: number): number {
  let sum = 0;
  for (const { index, units, weights } of layers) {
    const trivial = m * units;
    sum +=
      trivial < weights
        ? trivial
        : Math.min(trivial, 1 + weights * Math.log2((2 * Math.E * m * units * index) / weights));
  }
  return sum;
}

/** Whether log2 of the number of sign patterns on m points is surely below m. */
function fewerPatterns(layers: readonly LayerCount[], m: bigint): boolean {
  let sum = 0n;
  for (const { index, units, weights } of layers) {
    const trivial = m * BigInt(units);
    let bits = trivial << BigInt(SCALE);
    if (trivial >= BigInt(weights)) {
      const ratio = div(whole(2n * trivial * BigInt(index)), whole(BigInt(weights)), PRECISION);
      const each = upper(add(log2(ratio, PRECISION), LOG2_E, PRECISION));
      const warren = (1n << BigInt(SCALE)) + BigInt(weights) * each;
      if (warren < bits) bits = warren;
    }
    sum += bits;
  }
  return sum < m << BigInt(SCALE);
}

/** Fixed-point digits of the sums above. */
const SCALE = 80;
const LOG2_E: Span = div(ONE, ln2(PRECISION), PRECISION);

const whole = (n: bigint): Span => ({ lo: n, hi: n, e: 0 });

/** The upper end times 2^SCALE, rounded up. */
function upper({ hi, e }: Span): bigint {
  const shift = e + SCALE;
  return shift >= 0 ? hi << BigInt(shift) : ceilShift(hi, -shift);
}

export function checkClass(where: string, width: number, depth: number): void {
  wholeNumber(`${where} width`, width, 1, CLASS_LIMITS.width);
  wholeNumber(`${where} depth`, depth, 1, CLASS_LIMITS.depth);
}
