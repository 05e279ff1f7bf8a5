/**
 * Elementary functions in fixed point: bigints that stand for multiples of 2^-W. Each kernel states the largest distance
 * between what it returns and the true value, in units of 2^-W ("ulp" below), and proves it beside the code.
 *
 * Arguments are brought within 1/64 (exp, sin, cos, atan) or 1/128 (log) of a table entry; the rest is a short series in
 * Horner's form with rounded coefficients. Tables are made when first asked for and kept for each W.
 * No Math.* transcendental takes part, so every engine returns the same bits.
 */

import { bitLength } from './bits.ts';

/** Sum over k of (n/d)^(2k+1)/(2k+1) * 2^w with signs alternating or not: atan(n/d) or atanh(n/d), 0 < n/d <= 1/2. */
function arc(n: bigint, d: bigint, w: number, alternate: boolean): bigint {
  const nn = n * n;
  const dd = d * d;
  let power = (n << BigInt(w)) / d;
  let sum = 0n;
  for (let k = 1n; power > 0n; k += 2n) {
    sum += alternate && (k & 2n) === 2n ? -(power / k) : power / k;
    power = (power * nn) / dd;
  }
  // Each power is at most 1/(1 - 1/4) < 2 too small, so each term less than 2 + 1; at most w/2 + 1 terms; the tail is below 1.
  // In all: |error| < 3 (w/2 + 1) + 1 < 2 w + 5 ulp.
  return sum;
}

/** The guard bits that take the sums of `arc` (times 64, for at most 2^14 digits, three of them) below a tenth of an ulp. */
const GUARD = 28;

interface Constant {
  readonly make: (w: number) => bigint;
  digits: number;
  value: bigint;
}

const PI: Constant = {
  // Machin: pi = 16 atan(1/5) - 4 atan(1/239).
  make: (w) => 16n * arc(1n, 5n, w, true) - 4n * arc(1n, 239n, w, true),
  digits: 0,
  value: 0n,
};
const LN2: Constant = {
  // ln 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749).
  make: (w) => 18n * arc(1n, 26n, w, false) - 2n * arc(1n, 4801n, w, false) + 8n * arc(1n, 8749n, w, false),
  digits: 0,
  value: 0n,
};

/** A constant at w binary digits, off by less than 2 ulp. */
function digitsOf(c: Constant, w: number): bigint {
  if (w > c.digits) {
    c.digits = Math.max(w, Math.ceil(c.digits * 1.5), 256);
    // 28 * (2 w + 5) < 2^(GUARD - 3) for w < 2^18; each of the two cuts below loses less than 1 more, the first of them halved.
    c.value = c.make(c.digits + GUARD) >> BigInt(GUARD);
  }
  return w === c.digits ? c.value : c.value >> BigInt(c.digits - w);
}

/** pi * 2^w, error below 2 ulp. */
export const piFixed = (w: number): bigint => digitsOf(PI, w);
/** ln(2) * 2^w, error below 2 ulp. */
export const ln2Fixed = (w: number): bigint => digitsOf(LN2, w);

/** What the kernels keep for one W. */
interface Tables {
  readonly W: number;
  readonly w: bigint;
  readonly one: bigint;
  /** floor(2^W / k!). */
  readonly inverseFactorial: bigint[];
  /** floor(2^W / (2k+1)). */
  readonly inverseOdd: bigint[];
  readonly exp: bigint[];
  readonly sin: bigint[];
  readonly cos: bigint[];
  readonly log: bigint[];
  readonly atan: bigint[];
}

const tables = new Map<number, Tables>();
let latest: Tables | undefined;

/** The W in use for at least w digits: few different ones, so that tables are shared. */
export function roundDigits(w: number): number {
  return w <= 512 ? (w + 31) & ~31 : w <= 2048 ? (w + 127) & ~127 : (w + 511) & ~511;
}

function tablesFor(W: number): Tables {
  if (latest !== undefined && latest.W === W) return latest;
  let t = tables.get(W);
  if (!t) {
    if (tables.size >= 48) tables.clear();
    const one = 1n << BigInt(W);
    t = {
      W,
      w: BigInt(W),
      one,
      inverseFactorial: [one],
      inverseOdd: [one],
      exp: [],
      sin: [],
      cos: [],
      log: [],
      atan: [],
    };
    tables.set(W, t);
  }
  latest = t;
  return t;
}

/** floor(2^W / n!): floors of floors, which lose nothing. */
function inverseFactorials(t: Tables, n: number): readonly bigint[] {
  const list = t.inverseFactorial;
  for (let k = list.length; k <= n; k++) list.push((list[k - 1] as bigint) / BigInt(k));
  return list;
}

function inverseOdds(t: Tables, n: number): readonly bigint[] {
  const list = t.inverseOdd;
  for (let k = list.length; k <= n; k++) list.push(t.one / BigInt(2 * k + 1));
  return list;
}

/** Whole binary digits of n!: floor(log2 n!). */
const factorialBits: number[] = [0];
let factorial = 1n;
function bitsOfFactorial(n: number): number {
  for (let k = factorialBits.length; k <= n; k++) {
    factorial *= BigInt(k);
    factorialBits.push(bitLength(factorial) - 1);
  }
  return factorialBits[n] as number;
}

/**
 * The powers k = first, first + step, ... that a series with terms below s^k / k! needs, s < 2^-small: the least number n of
 * them such that the first one left out is below 2^-W.
 */
function factorialTerms(W: number, small: number, first: number, step: number): number {
  let n = 1;
  while (small * (first + n * step) + bitsOfFactorial(first + n * step) < W + 1) n++;
  return n;
}

/** sum of (j/64)^k/k! over k = first, first + step, ...: terms with alternating signs where asked. */
function tableSeries(W: number, j: number, first: number, step: number, alternate: boolean): bigint {
  const J = BigInt(j);
  let term = 1n << BigInt(W + GUARD);
  let sum = 0n;
  for (let k = 0, n = 0; term > 0n; ) {
    if (k === first + n * step) {
      sum += alternate && n % 2 === 1 ? -term : term;
      n++;
    }
    k++;
    term = (term * J) / BigInt(64 * k);
  }
  // j < 64: each term is less than 1 + 1/2 + ... < 3 too small; fewer than 2^14 of them; the tail is below 3: error < 2^-12 ulp.
  return sum >> BigInt(GUARD);
}

/**
 * e^(r/2^W) * 2^W for 0 <= r < 2^W. Error below 12 ulp.
 *
 * r = j/64 + s, 0 <= s < 1/64. Horner for sum_{k<=N} s^k/k!: a step multiplies the error so far by s < 1/64, then loses
 * less than 1 (cut) + 1 (coefficient): all of it below 2.04 ulp. The tail is below 1.02 ulp by the choice of N. The table entry
 * is below 2.72 and off by < 1.01; the product: 2.72 * 3.06 + 1.02 * 1.01 + 1 (cut) < 10.4.
 */
export function expFixed(r: bigint, W: number): bigint {
  const t = tablesFor(W);
  const { w } = t;
  const at = BigInt(W - 6);
  const j = Number(r >> at);
  const s = r - (BigInt(j) << at);
  const n = expTerms(W);
  const c = inverseFactorials(t, n);
  let sum = c[n] as bigint;
  for (let k = n - 1; k >= 0; k--) sum = (c[k] as bigint) + ((sum * s) >> w);
  let entry = t.exp[j];
  if (entry === undefined) {
    entry = tableSeries(W, j, 0, 1, false);
    t.exp[j] = entry;
  }
  return (entry * sum) >> w;
}

const termCounts = new Map<number, number>();
/** The highest power N of exp's series at W: s^(N+1)/(N+1)! < 2^-W. */
function expTerms(W: number): number {
  let n = termCounts.get(W);
  if (n === undefined) {
    n = factorialTerms(W, 6, 0, 1) - 1;
    termCounts.set(W, n);
  }
  return n;
}

/** What {@link sinCosFixed} found, in units of 2^-W; overwritten by the next call. */
export const sinCosResult = { sin: 0n, cos: 0n };

/**
 * sin and cos of r/2^W for 0 <= r < 2^W. Error of each below 8 ulp. The results are left in {@link sinCosResult}.
 *
 * r = j/64 + s, u = s^2 < 2^-12 off by < 1 ulp. cos s: coefficients 1, 1/2, 1/24...: the last step is exact in its coefficient,
 * loses 1 by its cut and 1/2 by the error of u; what comes from before is multiplied by 2^-12: below 1.51, and 1 for the tail.
 * sin s / s likewise below 1.2, tail 1; times s < 2^-6, then 1 for the cut: below 1.04.
 * sin(j/64 + s) = S cos s + C sin s with S^2 + C^2 = 1, S, C off by < 1.01: 1.42 * 2.51 + 1.01 * (1 + 1/64) + 1 (cut) < 5.7.
 */
export function sinCosFixed(r: bigint, W: number): void {
  const t = tablesFor(W);
  const { w } = t;
  const at = BigInt(W - 6);
  const j = Number(r >> at);
  const s = r - (BigInt(j) << at);
  const u = (s * s) >> w;
  const n = cosTerms(W);
  const c = inverseFactorials(t, 2 * n + 1);
  let even = c[2 * n] as bigint;
  let odd = c[2 * n + 1] as bigint;
  for (let k = n - 1; k >= 0; k--) {
    even = (c[2 * k] as bigint) - ((even * u) >> w);
    odd = (c[2 * k + 1] as bigint) - ((odd * u) >> w);
  }
  odd = (odd * s) >> w;
  if (j === 0) {
    sinCosResult.sin = odd;
    sinCosResult.cos = even;
    return;
  }
  let S = t.sin[j];
  if (S === undefined) {
    S = tableSeries(W, j, 1, 2, true);
    t.sin[j] = S;
  }
  let C = t.cos[j];
  if (C === undefined) {
    C = tableSeries(W, j, 0, 2, true);
    t.cos[j] = C;
  }
  sinCosResult.sin = (S * even + C * odd) >> w;
  sinCosResult.cos = (C * even - S * odd) >> w;
}

const cosTermCounts = new Map<number, number>();
/** The N of cos's last term s^(2N)/(2N)!: the first one left out, of cos and of sin(s)/s, is below 2^-W. */
function cosTerms(W: number): number {
  let n = cosTermCounts.get(W);
  if (n === undefined) {
    // For sin(s)/s the term s^(2k)/(2k+1)! is smaller than that of cos.
    n = factorialTerms(W, 6, 0, 2) - 1;
    cosTermCounts.set(W, n);
  }
  return n;
}

/** sum_{k} (+-u)^k/(2k+1) for u = z^2, z off by < 1 ulp, |z| < 2^-small: see the callers for its error. */
function oddSeries(t: Tables, u: bigint, small: number, alternate: boolean): bigint {
  // u^n < 2^(-2 n small) <= 2^-W at the first power left out.
  const n = Math.max(0, Math.ceil(t.W / (2 * small)) - 1);
  const c = inverseOdds(t, n);
  let sum = c[n] as bigint;
  if (alternate) for (let k = n - 1; k >= 0; k--) sum = (c[k] as bigint) - ((sum * u) >> t.w);
  else for (let k = n - 1; k >= 0; k--) sum = (c[k] as bigint) + ((sum * u) >> t.w);
  return sum;
}

/**
 * ln(y/2^W) * 2^W for 2^W <= y < 2^(W+1). Error below 8 ulp.
 *
 * c = 1 + (2j+1)/128 is the middle of y's 64th of [1, 2); z = (y-c)/(y+c), |z| < 2^-8, off by < 1 ulp; ln y = ln c + 2 atanh z.
 * u = z^2 is off by < 1.01 ulp. The sum of z^(2k)/(2k+1) loses 1 (cut) + 1.01/3 and 2^-16 of what came before, + 1 (tail): < 2.4;
 * times |z| < 2^-8, + 1.01 (z) + 1 (cut): below 2.02; doubled, + 1.01 (table): below 5.1.
 */
export function logFixed(y: bigint, W: number): bigint {
  const t = tablesFor(W);
  const j = Number((y - t.one) >> BigInt(W - 6));
  const c = t.one + (BigInt(2 * j + 1) << BigInt(W - 7));
  const z = ((y - c) << t.w) / (y + c);
  const sum = oddSeries(t, (z * z) >> t.w, 8, false);
  let entry = t.log[j];
  if (entry === undefined) {
    entry = (2n * arc(BigInt(2 * j + 1), BigInt(257 + 2 * j), W + GUARD, false)) >> BigInt(GUARD);
    t.log[j] = entry;
  }
  return entry + 2n * ((z * sum) >> t.w);
}

/**
 * 2 atanh(z/2^W) * 2^W for |z| < 2^(W-small), small >= 4, z off by less than 2 ulp. Error below 7 ulp.
 *
 * u is off by less than 2 * 2^-4 * 2 + 1 = 1.25; the sum loses 1 + 1.25/3 + 1 (tail) < 2.5, times 2^-4; + 2.01 (z) + 1 (cut): below
 * 3.2; doubled: 6.4.
 */
export function twiceAtanhFixed(z: bigint, W: number, small: number): bigint {
  const t = tablesFor(W);
  return 2n * ((z * oddSeries(t, (z * z) >> t.w, small, false)) >> t.w);
}

/**
 * atan(x/2^W) * 2^W for 0 <= x <= 2^W. Error below 5 ulp.
 *
 * c = j/64 nearest to x, z = (x-c)/(1+xc), |z| <= 2^-7, off by < 2 ulp (1 for the cut of the quotient, less than 1 for the cut of the
 * divisor); u = z^2 off by < 1.04. The sum loses 1 + 1.04/3, + 1 (tail): < 2.4; times 2^-7, + 2.01 (z) + 1 (cut): below 3.1;
 * + 1.01 (table): below 4.2.
 */
export function atanFixed(x: bigint, W: number): bigint {
  const t = tablesFor(W);
  const j = Number((x + (1n << BigInt(W - 7))) >> BigInt(W - 6));
  const c = BigInt(j) << BigInt(W - 6);
  const z = j === 0 ? x : ((x - c) << t.w) / (t.one + ((x * c) >> t.w));
  const part = (z * oddSeries(t, (z * z) >> t.w, 7, true)) >> t.w;
  let entry = t.atan[j];
  if (entry === undefined) {
    entry = atanEntry(j, W);
    t.atan[j] = entry;
  }
  return entry + part;
}

/** atan(j/64), 0 <= j <= 64, within 1.01 ulp, by Euler's series x/(1+x^2) sum_n prod_{k<=n} (2k/(2k+1)) (x^2/(1+x^2))^n. */
function atanEntry(j: number, W: number): bigint {
  const n = BigInt(j * j);
  const d = BigInt(4096 + j * j);
  // Terms at least halve, each less than 2 too small; fewer than W + GUARD of them; the tail is below 2.
  let term = (BigInt(64 * j) << BigInt(W + GUARD)) / d;
  let sum = 0n;
  for (let k = 1n; term > 0n; k++) {
    sum += term;
    term = (term * 2n * k * n) / ((2n * k + 1n) * d);
  }
  return sum >> BigInt(GUARD);
}
