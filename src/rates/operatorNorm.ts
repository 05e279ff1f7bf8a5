/**
 * Operator norms of a layer's matrix A, from above, and of the pattern S of its non-zero entries (what a change of every entry
 * by at most 1 can do): `whole` is the norm from l_q to l_q, `out` from l_q to l_inf (a last layer is judged output by output).
 *
 *   l_inf   largest row sum of |a_ij|, exactly          l_1   largest column sum; to l_inf: the largest |a_ij|
 *   l_2     enclosed outward: ||A||_2^2 = ||A A^T||_2 and ||G||_2 = ||G^2||_2^(1/2) for symmetric G, squared a few times, then
 *           the Frobenius norm. Entries are cut to whole numbers whose sums stay below 2^53 (float64 adds these exactly), what
 *           is cut off is added back as a norm. At most sqrt(l_1 l_inf), which is taken where the matrix is large
 */
import { Dyadic, floorSqrt } from '../exact/index.ts';
import { type Layer, weightAt } from '../net/index.ts';

export const NORMS = ['lInf', 'l1', 'l2'] as const;
export type NormName = (typeof NORMS)[number];

/** Upper bounds for one layer in one norm. */
export interface LayerNorms {
  /** ||A|| and ||S||, l_q -> l_q. */
  readonly matrix: Dyadic;
  readonly pattern: Dyadic;
  /** l_q -> l_inf. */
  readonly matrixOut: Dyadic;
  readonly patternOut: Dyadic;
  /** ||c||, and the norm of the pattern of its non-zero entries; in l_inf for the last layer. */
  readonly bias: Dyadic;
  readonly biasPattern: Dyadic;
  readonly biasOut: Dyadic;
}

/** Digits kept of every bound. */
export const KEPT = 64;

export const up = (x: Dyadic): Dyadic => x.roundBits(KEPT, 'up');

/** An upper bound of sqrt(x), x >= 0, right to KEPT digits. */
function sqrtUp(x: Dyadic): Dyadic {
  if (x.sign <= 0) return Dyadic.ZERO;
  const s = 2 * Math.ceil((2 * KEPT - x.exponent) / 2);
  const m = x.scale(s).ceil();
  const root = floorSqrt(m);
  return up(Dyadic.of(root * root === m ? root : root + 1n, -s / 2));
}

const known = new WeakMap<Layer, Readonly<Record<NormName, LayerNorms>>>();

/** The norms of one layer, in all three; a layer never changes, so they are computed once. */
export function layerNorms(layer: Layer): Readonly<Record<NormName, LayerNorms>> {
  const before = known.get(layer);
  if (before) return before;
  const norms = Object.freeze(computed(layer));
  known.set(layer, norms);
  return norms;
}

function computed(layer: Layer): Readonly<Record<NormName, LayerNorms>> {
  const { inputs, outputs, rowStart, column } = layer;
  const size = (m: number | bigint): bigint => {
    const v = BigInt(m);
    return v < 0n ? -v : v;
  };
  const columns = new Array<bigint>(inputs).fill(0n);
  const columnCount = new Uint32Array(inputs);
  let [row, entry, rowSquares, squares, biasMost, biasSum, biasSquares] = [0n, 0n, 0n, 0n, 0n, 0n, 0n];
  let rowCount = 0;
  let biasCount = 0;
  for (let i = 0; i < outputs; i++) {
    let sum = 0n;
    let square = 0n;
    for (let k = rowStart[i]; k < rowStart[i + 1]; k++) {
      const a = size(layer.weight[k]);
      sum += a;
      square += a * a;
      columns[column[k]] += a;
      columnCount[column[k]]++;
      if (a > entry) entry = a;
    }
    if (sum > row) row = sum;
    if (square > rowSquares) rowSquares = square;
    squares += square;
    rowCount = Math.max(rowCount, rowStart[i + 1] - rowStart[i]);
    const c = size(layer.bias[i]);
    if (c > 0n) biasCount++;
    if (c > biasMost) biasMost = c;
    biasSum += c;
    biasSquares += c * c;
  }
  const one = (m: bigint): Dyadic => up(Dyadic.of(m, -layer.scale));
  const root = (m: bigint): Dyadic => sqrtUp(Dyadic.of(m, -2 * layer.scale));
  const mostColumn = columns.reduce((a, b) => (b > a ? b : a), 0n);
  const mostCount = columnCount.reduce((a, b) => Math.max(a, b), 0);
  const some = Dyadic.from(biasCount > 0 ? 1 : 0);
  const mixed = sqrtUp(one(row).mul(one(mostColumn))).min(root(squares));
  const whole = (n: number): Dyadic => Dyadic.from(n);
  return {
    lInf: {
      matrix: one(row),
      pattern: whole(rowCount),
      matrixOut: one(row),
      patternOut: whole(rowCount),
      bias: one(biasMost),
      biasPattern: some,
      biasOut: one(biasMost),
    },
    l1: {
      matrix: one(mostColumn),
      pattern: whole(mostCount),
      matrixOut: one(entry),
      patternOut: whole(rowCount > 0 ? 1 : 0),
      bias: one(biasSum),
      biasPattern: whole(biasCount),
      biasOut: one(biasMost),
    },
    l2: {
      matrix: mixed.min(spectral(layer) ?? mixed),
      pattern: sqrtUp(whole(rowCount).mul(whole(mostCount))).min(sqrtUp(whole(column.length))),
      matrixOut: root(rowSquares),
      patternOut: sqrtUp(whole(rowCount)),
      bias: root(biasSquares),
      biasPattern: sqrtUp(whole(biasCount)),
      biasOut: one(biasMost),
    },
  };
}

/** Multiplications that one layer's spectral norm may take. */
const WORK = 2 ** 28;
const SQUARINGS = 8;

/** An upper bound of ||A||_2 by repeated squaring; undefined where that is too much work. */
function spectral(layer: Layer): Dyadic | undefined {
  const { inputs, outputs, rowStart, column } = layer;
  const flat = outputs <= inputs;
  const n = Math.min(inputs, outputs);
  const long = Math.max(inputs, outputs);
  if (column.length === 0 || n * n * (long + SQUARINGS * n) > WORK || long > 1 << 20) return undefined;
  const digits = Math.floor((53 - Math.log2(long)) / 2);
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < column.length; k++) largest = Math.max(largest, weightAt(layer, k).exponent);
  // A = 2^unit (whole numbers below 2^digits + at most 1/2 each).
  const unit = largest + 1 - digits;
  const rows = Array.from({ length: n }, () => new Float64Array(long));
  let cut = false;
  for (let i = 0; i < outputs; i++) {
    for (let k = rowStart[i]; k < rowStart[i + 1]; k++) {
      const w = weightAt(layer, k).scale(-unit);
      const r = w.roundTo(0);
      if (!r.eq(w)) cut = true;
      const [a, b] = flat ? [i, column[k]] : [column[k], i];
      rows[a][b] = r.toNumber();
    }
  }
  const rest = cut ? sqrtUp(Dyadic.of(BigInt(column.length), -2)) : Dyadic.ZERO;
  const gram = rows.map((r) => Float64Array.from(rows, (s) => dot(r, s, long)));
  return up(sqrtUp(symmetric(gram, SQUARINGS)).add(rest).scale(unit));
}

/** ||G||_2 from above for a symmetric matrix of whole numbers below 2^53. */
function symmetric(g: readonly Float64Array[], squarings: number): Dyadic {
  const n = g.length;
  let rowSum = 0n;
  let squares = 0n;
  let largest = 0;
  for (const row of g) {
    let sum = 0n;
    for (const v of row) {
      const m = BigInt(Math.abs(v));
      sum += m;
      squares += m * m;
      largest = Math.max(largest, Math.abs(v));
    }
    if (sum > rowSum) rowSum = sum;
  }
  const plain = Dyadic.of(rowSum).min(sqrtUp(Dyadic.of(squares)));
  if (squarings === 0 || largest === 0 || n === 1) return plain;
  // G = 2^drop (H + at most 1/2 each), H of `digits` digits; ||rest||_2 <= n/2.
  const digits = Math.floor((53 - Math.log2(n)) / 2);
  const drop = Math.max(0, Math.ceil(Math.log2(largest + 1)) - digits);
  const h = g.map((row) => row.map((v) => Math.round(v / 2 ** drop)));
  const square = h.map((r) => Float64Array.from(h, (s) => dot(r, s, n)));
  const rest = drop > 0 ? Dyadic.of(BigInt(n), -1) : Dyadic.ZERO;
  return plain.min(
    up(
      sqrtUp(symmetric(square, squarings - 1))
        .add(rest)
        .scale(drop),
    ),
  );
}

function dot(a: Float64Array, b: Float64Array, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a[k] * b[k];
  return sum;
}

/** ||x|| over a box given by its magnitudes, in each norm. */
export function vectorNorms(magnitudes: readonly Dyadic[]): Readonly<Record<NormName, Dyadic>> {
  const e = magnitudes.reduce((s, v) => Math.max(s, v.fractionalBits), 0);
  let [most, sum, squares] = [0n, 0n, 0n];
  for (const v of magnitudes) {
    const m = v.mantissaAt(e);
    if (m > most) most = m;
    sum += m;
    squares += m * m;
  }
  return { lInf: up(Dyadic.of(most, -e)), l1: up(Dyadic.of(sum, -e)), l2: sqrtUp(Dyadic.of(squares, -2 * e)) };
}
