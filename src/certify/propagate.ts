/**
 * What f and g - f do on a box, enclosed: one propagation through both networks at once, in whole numbers.
 *
 * Every unit carries two sums (affine forms). f's:  z = c + sum a_i x_i + sum n_k e_k + (at most r), where x_i runs over
 * [-1, 1] along input i of the box and each e_k in [-1, 1] is the noise of one earlier relu whose sign is not settled; and
 * the difference's:  delta = g - f  in the same x_i and e_k, with noises of its own. The difference is carried as such:
 *
 *   delta_(l+1) = G Delta_l + (G - F) a_l + (bias of g - bias of f),   Delta = relu(z + delta) - relu(z), a = relu(z),
 *
 * never as a difference of two ranges. Delta is delta where both are active and 0 where both are inactive; else it is
 * enclosed by whichever of these is tightest, with z in [zl, zu], g = z + delta in [gl, gu] and |delta| <= M:
 *
 *   Delta - delta    in [relu(-gu) - relu(-zl), relu(-gl) - relu(-zu)]
 *   Delta            in [relu(gl) - relu(zu), relu(gu) - relu(zl)]
 *   Delta - delta/2  in [-M/2, M/2]                    (relu has slopes between 0 and 1)
 *   Delta + a - k g  in [0, 2h]                        (k, h: the line through the middle of g's triangle; h = 0 where
 *                                                       g's sign is settled, so that -a and g - a are exact)
 *
 * Sums of a layer are whole numbers times 2^-e with magnitudes that add up to at most 2^29 in every unit; e follows the
 * numbers from layer to layer. Every shift rounds down and adds what it may have lost to r. No 64-bit sum can overflow
 * (see net/pair.ts); the core does the same arithmetic in i64 and must give the same numbers.
 *
 * This file is the oracle, in BigInt.
 */
import { bitLength } from '../exact/index.ts';
import {
  type BoxNumbers,
  MAX_NOISES,
  type NetworkPair,
  type PairLayer,
  type Propagated,
  type Propagator,
  type ShortBias,
  type ShortMatrix,
  ZERO_SCALE,
} from '../net/index.ts';
import { type Ranges, type Side, upperBound } from './tighten.ts';

/** Magnitudes of one unit add up to at most about 2^SUM_BITS before its relu, and twice that behind it. */
const SUM_BITS = 29n;
/** Fractional digits of relaxation slopes, and of the shares of blame. */
const SLOPE_BITS = 20n;
const SLOPE_ONE = 1n << SLOPE_BITS;
const SHARE_BITS = 16;
/** Scales that differ by more than this are not brought together. */
const NEAR = 28;

/** A layer's sums: columns by unit, then what is not in any column. */
interface Sums {
  readonly columns: bigint[][];
  readonly rest: bigint[];
  readonly scale: number;
}

/** A propagator that computes in BigInt. */
export function exactPropagator(pair: NetworkPair, noises = MAX_NOISES): Propagator {
  return (box) => propagate(pair, box, noises);
}

function propagate(pair: NetworkPair, box: BoxNumbers, noises: number): Propagated {
  const d = pair.inputs;
  let a: Sums = {
    columns: Array.from(box.centre, (c, i) => {
      const sum = new Array<bigint>(d + 1).fill(0n);
      sum[0] = BigInt(c);
      sum[i + 1] = BigInt(box.radius[i] as number);
      return sum;
    }),
    rest: new Array<bigint>(d).fill(0n),
    scale: box.scale,
  };
  // The difference: its columns shared with f, then (in `own`) those of its own noises.
  let delta: Sums = zeros(d, d + 1);
  let own: bigint[][] = delta.columns.map(() => []);
  /** Shares of the inputs in each noise of f, and in each own noise. */
  const sharesF: bigint[][] = [];
  const sharesD: bigint[][] = [];
  const known: Record<Side, Ranges[]> = { f: [], g: [] };
  let unsettled = 0;
  for (let l = 0; l < pair.layers.length; l++) {
    const layer = pair.layers[l] as PairLayer;
    const z = affineF(layer, a);
    const e = affineD(layer, a, delta, own);
    if (l === pair.layers.length - 1) return output(d, z, e.shared, e.own, sharesF, sharesD, unsettled);
    const upper: Upper = (side, i, sign, scale) =>
      l === 0 ? undefined : upperBound(pair, side, box, known[side], i, sign, scale);
    const ranges = rangesOf(z, e.shared, e.own, upper);
    known.f.push(ranges.f);
    known.g.push(ranges.g);
    const settled = rectify(d, z, e.shared, e.own, ranges, sharesF, sharesD, noises);
    unsettled += settled.unsettled;
    a = settled.a;
    delta = settled.delta;
    own = settled.own;
  }
  throw new Error('a network has at least one layer');
}

const abs = (v: bigint): bigint => (v < 0n ? -v : v);
const max = (x: bigint, y: bigint): bigint => (x > y ? x : y);

function zeros(units: number, width: number): Sums {
  return {
    columns: Array.from({ length: units }, () => new Array<bigint>(width).fill(0n)),
    rest: new Array<bigint>(units).fill(0n),
    scale: ZERO_SCALE,
  };
}

function magnitude(columns: readonly bigint[]): bigint {
  return columns.reduce((n, v) => n + abs(v), 0n);
}

/** Everything a layer's sums reach, added up: what one unit of a weight may be worth. */
function reach({ columns, rest }: Sums, own?: readonly bigint[][]): bigint {
  return columns.reduce(
    (n, unit, j) => n + magnitude(unit) + (rest[j] as bigint) + (own ? magnitude(own[j] as bigint[]) : 0n),
    0n,
  );
}

/** Row i of a matrix times columns, and times what is not in any column. */
function product(layer: PairLayer, w: ShortMatrix, i: number, columns: readonly bigint[][], width: number): bigint[] {
  const out = new Array<bigint>(width).fill(0n);
  for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
    const m = BigInt(w.values[k] as number);
    if (m === 0n) continue;
    (columns[layer.column[k] as number] as bigint[]).forEach((v, s) => {
      if (v !== 0n) out[s] = (out[s] as bigint) + m * v;
    });
  }
  return out;
}

function restProduct(layer: PairLayer, w: ShortMatrix, i: number, rest: readonly bigint[]): bigint {
  let sum = 0n;
  for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
    sum += abs(BigInt(w.values[k] as number)) * (rest[layer.column[k] as number] as bigint);
  }
  return sum;
}

/** At most 63: further digits are gone either way. */
const shiftBy = (n: number): bigint => BigInt(Math.min(n, 63));

/** What a bias adds at a coarser scale, and what that may be off by. */
function biasAt(bias: ShortBias, i: number, scale: number): { value: bigint; slack: bigint } {
  const by = bias.scale - scale;
  return {
    value: (bias.values[i] as bigint) >> shiftBy(by),
    slack: BigInt(bias.loose) + (by > 0 && bias.scale !== ZERO_SCALE ? 1n : 0n),
  };
}

/** What cutting `width` products and the rest may lose; zeros lose nothing. */
function slackOf(cut: bigint, w: ShortMatrix, x: Sums, width: number): bigint {
  return cut > 0n && w.scale !== ZERO_SCALE && x.scale !== ZERO_SCALE ? BigInt(width + 1) : 0n;
}

function affineF(layer: PairLayer, a: Sums): Sums {
  const width = (a.columns[0] as bigint[]).length;
  const fine = layer.f.scale + a.scale;
  const scale = Math.min(fine, layer.biasF.scale);
  const cut = shiftBy(fine - scale);
  const whole = layer.f.loose === 1 ? reach(a) : 0n;
  const columns: bigint[][] = [];
  const rest: bigint[] = [];
  for (let i = 0; i < layer.outputs; i++) {
    const sum = product(layer, layer.f, i, a.columns, width).map((v) => v >> cut);
    const bias = biasAt(layer.biasF, i, scale);
    sum[0] = (sum[0] as bigint) + bias.value;
    columns.push(sum);
    rest.push(((restProduct(layer, layer.f, i, a.rest) + whole) >> cut) + slackOf(cut, layer.f, a, width) + bias.slack);
  }
  return normal({ columns, rest, scale }).shared;
}

function affineD(layer: PairLayer, a: Sums, delta: Sums, own: readonly bigint[][]): { shared: Sums; own: bigint[][] } {
  const width = (a.columns[0] as bigint[]).length;
  const ownWidth = (own[0] as bigint[]).length;
  const fineG = layer.g.scale + delta.scale;
  const fineD = layer.d.scale + a.scale;
  const scale = Math.min(fineG, fineD, layer.biasD.scale);
  const cutG = shiftBy(fineG - scale);
  const cutD = shiftBy(fineD - scale);
  const wholeG = layer.g.loose === 1 ? reach(delta, own) : 0n;
  const wholeD = layer.d.loose === 1 ? reach(a) : 0n;
  const slack = slackOf(cutG, layer.g, delta, width + ownWidth) + slackOf(cutD, layer.d, a, width);
  const columns: bigint[][] = [];
  const owns: bigint[][] = [];
  const rest: bigint[] = [];
  for (let i = 0; i < layer.outputs; i++) {
    const g = product(layer, layer.g, i, delta.columns, width);
    const f = product(layer, layer.d, i, a.columns, width);
    const sum = g.map((v, s) => (v >> cutG) + ((f[s] as bigint) >> cutD));
    const bias = biasAt(layer.biasD, i, scale);
    sum[0] = (sum[0] as bigint) + bias.value;
    columns.push(sum);
    owns.push(product(layer, layer.g, i, own, ownWidth).map((v) => v >> cutG));
    rest.push(
      ((restProduct(layer, layer.g, i, delta.rest) + wholeG) >> cutG) +
        ((restProduct(layer, layer.d, i, a.rest) + wholeD) >> cutD) +
        slack +
        bias.slack,
    );
  }
  return normal({ columns, rest, scale }, owns);
}

/** Cut to sums of at most 2^SUM_BITS a unit. */
function normal({ columns, rest, scale }: Sums, own?: bigint[][]): { shared: Sums; own: bigint[][] } {
  let largest = 0n;
  columns.forEach((sum, i) => {
    largest = max(largest, magnitude(sum) + (rest[i] as bigint) + (own ? magnitude(own[i] as bigint[]) : 0n));
  });
  if (largest === 0n) return { shared: { columns, rest, scale: ZERO_SCALE }, own: own ?? [] };
  const cut = BigInt(Math.max(0, bitLength(largest) - Number(SUM_BITS)));
  if (cut === 0n) return { shared: { columns, rest, scale }, own: own ?? [] };
  const lost = BigInt((columns[0] as bigint[]).length + (own ? (own[0] as bigint[]).length : 0) + 1);
  const cutAll = (sums: bigint[][]): bigint[][] => sums.map((sum) => sum.map((v) => v >> cut));
  return {
    shared: { columns: cutAll(columns), rest: rest.map((r) => (r >> cut) + lost), scale: scale - Number(cut) },
    own: own ? cutAll(own) : [],
  };
}

/** From whole numbers at scale `from` to scale `to`, rounded up or down; what moves too far becomes plainly too much. */
function rescale(v: bigint, from: number, to: number, up: boolean): bigint {
  if (to <= from) return up ? -(-v >> shiftBy(from - to)) : v >> shiftBy(from - to);
  if (to - from <= NEAR) return v << BigInt(to - from);
  // Only magnitudes come here.
  return v === 0n ? 0n : up ? FAR : v << BigInt(NEAR);
}
const FAR = 1n << 60n;

/** v 2^by, rounded down. */
const moveBy = (v: bigint, by: number): bigint => (by >= 0 ? v << BigInt(by) : v >> shiftBy(-by));

interface Rectified {
  readonly a: Sums;
  readonly delta: Sums;
  readonly own: bigint[][];
  readonly unsettled: number;
}

type Upper = (side: Side, i: number, sign: 1n | -1n, scale: number) => bigint | undefined;

/**
 * What each unit of f and of g can be: what the affine forms say and, where that leaves a sign open, what going back through
 * all layers says as well; for g only where the difference is so large that this has a chance to say more.
 */
function rangesOf(z: Sums, e: Sums, eOwn: readonly bigint[][], upper: Upper): Record<Side, Ranges> {
  const units = z.columns.length;
  const scale = Math.min(z.scale, e.scale);
  const f = { lo: new Array<bigint>(units), hi: new Array<bigint>(units), scale: z.scale };
  const g = { lo: new Array<bigint>(units), hi: new Array<bigint>(units), scale };
  const low = (v: bigint, from: number): bigint => rescale(v, from, scale, false);
  const high = (v: bigint, from: number): bigint => rescale(v, from, scale, true);
  for (let i = 0; i < units; i++) {
    const [zc, zr] = rangeOf(z.columns[i] as bigint[], [], z.rest[i] as bigint);
    const [ec, er] = rangeOf(e.columns[i] as bigint[], eOwn[i] as bigint[], e.rest[i] as bigint);
    let [zl, zu] = [zc - zr, zc + zr];
    const [el, eu] = [ec - er, ec + er];
    const isOpen =
      (zl < 0n || low(zl, z.scale) + low(el, e.scale) < 0n) && (zu > 0n || high(zu, z.scale) + high(eu, e.scale) > 0n);
    if (isOpen) [zl, zu] = nearer(zl, zu, (sign) => upper('f', i, sign, z.scale));
    let gl = low(zl, z.scale) + low(el, e.scale);
    let gu = high(zu, z.scale) + high(eu, e.scale);
    const size = high(max(abs(el), abs(eu)), e.scale);
    if (gl < 0n && gu > 0n && (high(zu, z.scale) - low(zl, z.scale)) >> 3n < size) {
      [gl, gu] = nearer(gl, gu, (sign) => upper('g', i, sign, scale));
    }
    f.lo[i] = zl;
    f.hi[i] = zu;
    g.lo[i] = gl;
    g.hi[i] = gu;
  }
  return { f, g };
}

/** Bounds first the end that is nearer to 0; then the other one, where that has not settled the sign. */
function nearer(lo: bigint, hi: bigint, upper: (sign: 1n | -1n) => bigint | undefined): [bigint, bigint] {
  for (const sign of -lo < hi ? ([-1n, 1n] as const) : ([1n, -1n] as const)) {
    const most = upper(sign);
    if (most !== undefined && sign > 0n && most < hi) hi = most;
    if (most !== undefined && sign < 0n && -most > lo) lo = -most;
    if (lo >= 0n || hi <= 0n) break;
  }
  return [lo, hi];
}

/** Centre and radius of an affine form. */
function rangeOf(shared: readonly bigint[], own: readonly bigint[], rest: bigint): [bigint, bigint] {
  const centre = shared[0] as bigint;
  return [centre, magnitude(shared) - abs(centre) + magnitude(own) + rest];
}

function rectify(
  d: number,
  z: Sums,
  e: Sums,
  eOwn: bigint[][],
  ranges: Record<Side, Ranges>,
  sharesF: bigint[][],
  sharesD: bigint[][],
  noises: number,
): Rectified {
  const units = z.columns.length;
  const aColumns: bigint[][] = [];
  const aRest: bigint[] = [];
  const dColumns: bigint[][] = [];
  const dOwn: bigint[][] = [];
  const dRest: bigint[] = [];
  const newF: { unit: number; height: bigint }[] = [];
  const newD: { unit: number; height: bigint }[] = [];
  /** Where the difference moves with f's new noise. */
  const shared: { unit: number; noise: number; height: bigint }[] = [];
  const freeF = noises - sharesF.length;
  const freeD = noises - sharesD.length;
  let unsettled = 0;
  for (let i = 0; i < units; i++) {
    const zi = z.columns[i] as bigint[];
    const ei = e.columns[i] as bigint[];
    const oi = eOwn[i] as bigint[];
    const [zc, zr] = rangeOf(zi, [], z.rest[i] as bigint);
    const [ec, er] = rangeOf(ei, oi, e.rest[i] as bigint);
    const zl = ranges.f.lo[i] as bigint;
    const zu = ranges.f.hi[i] as bigint;
    const el = ec - er;
    const eu = ec + er;
    let split = false;
    let splitF = false;
    let slopeF = 0n;
    let heightF = 0n;
    let noiseF = -1;
    // f
    if (zl >= 0n) {
      slopeF = SLOPE_ONE;
      aColumns.push(zi.slice());
      aRest.push(z.rest[i] as bigint);
    } else if (zu <= 0n) {
      aColumns.push(zi.map(() => 0n));
      aRest.push(0n);
    } else {
      split = true;
      splitF = true;
      // For 0 <= k <= 1, relu(z) - k z lies between 0 (at z = 0) and its value at one of the ends.
      slopeF = (zu << SLOPE_BITS) / (zu - zl);
      heightF = (max(slopeF * -zl, (SLOPE_ONE - slopeF) * zu) >> (SLOPE_BITS + 1n)) + 1n;
      const sum = zi.map((v) => (slopeF * v) >> SLOPE_BITS);
      sum[0] = (sum[0] as bigint) + heightF;
      aColumns.push(sum);
      let rest = ((slopeF * (z.rest[i] as bigint)) >> SLOPE_BITS) + BigInt(zi.length + 1);
      if (newF.length < freeF) {
        noiseF = newF.length;
        newF.push({ unit: i, height: heightF });
      } else rest += heightF;
      aRest.push(rest);
    }
    // The difference.
    if (e.scale === ZERO_SCALE) {
      dColumns.push(ei);
      dOwn.push(oi);
      dRest.push(0n);
      if (split) unsettled++;
      continue;
    }
    const coarse = ranges.g.scale;
    const gl = ranges.g.lo[i] as bigint;
    const gu = ranges.g.hi[i] as bigint;
    // Parts of the ranges, in units of e: rounded to whichever side is asked for.
    const posZl = rescale(max(0n, zl), z.scale, e.scale, false);
    const posZu = rescale(max(0n, zu), z.scale, e.scale, true);
    const negZl = rescale(max(0n, -zl), z.scale, e.scale, true);
    const negZu = rescale(max(0n, -zu), z.scale, e.scale, false);
    const posGl = rescale(max(0n, gl), coarse, e.scale, false);
    const posGu = rescale(max(0n, gu), coarse, e.scale, true);
    const negGl = rescale(max(0n, -gl), coarse, e.scale, true);
    const negGu = rescale(max(0n, -gu), coarse, e.scale, false);
    let from = negGu - negZl;
    let to = negGl - negZu;
    let keep = 2; // halves of delta that stay
    if (zl >= 0n && gl >= 0n) {
      from = 0n;
      to = 0n;
    } else if (zu <= 0n && gu <= 0n) {
      from = 0n;
      to = 0n;
      keep = 0;
    } else {
      if (posGu - posZl - (posGl - posZu) < to - from) {
        from = posGl - posZu;
        to = posGu - posZl;
        keep = 0;
      }
      const size = max(abs(el), abs(eu));
      if (size < to - from) {
        const half = (size + 1n) >> 1n;
        from = -half;
        to = half;
        keep = 1;
      }
    }
    let height = (to - from + 1n) >> 1n;
    let shift = (from + to) >> 1n;
    let slopeG = 0n;
    if (height > 0n && e.scale - z.scale <= NEAR) {
      // The line through g's triangle, and f's own line.
      let h = 0n;
      if (gl >= 0n) slopeG = SLOPE_ONE;
      else if (gu > 0n) {
        slopeG = (gu << SLOPE_BITS) / (gu - gl);
        h = (max(slopeG * -gl, (SLOPE_ONE - slopeG) * gu) >> (SLOPE_BITS + 1n)) + 1n;
        h = rescale(h, coarse, e.scale, true);
      }
      const part = abs(slopeG - slopeF) * (abs(zc) + zr);
      const moved = rescale(part >> SLOPE_BITS, z.scale, e.scale, true);
      const own = rescale(heightF, z.scale, e.scale, true);
      if (h + own < height && moved < 1n << SUM_BITS) {
        keep = 3;
        height = h;
        shift = h;
      }
    }
    let sum: bigint[];
    let sumOwn: bigint[];
    let rest: bigint;
    if (keep === 3) {
      const by = e.scale - z.scale - Number(SLOPE_BITS);
      const difference = slopeG - slopeF;
      sum = ei.map((v, s) => moveBy(difference * (zi[s] as bigint), by) + ((slopeG * v) >> SLOPE_BITS));
      sumOwn = oi.map((v) => (slopeG * v) >> SLOPE_BITS);
      rest =
        ((slopeG * (e.rest[i] as bigint)) >> SLOPE_BITS) +
        moveBy(abs(difference) * (z.rest[i] as bigint), by) +
        BigInt(2 * ei.length + oi.length + 4);
      const h = moveBy(heightF, e.scale - z.scale);
      sum[0] = (sum[0] as bigint) + shift - h;
      if (splitF && noiseF < 0) rest += h;
      else if (splitF) shared.push({ unit: i, noise: noiseF, height: -h });
    } else {
      const by = keep === 1 ? 1n : 0n;
      sum = keep === 0 ? ei.map(() => 0n) : ei.map((v) => v >> by);
      sum[0] = (sum[0] as bigint) + shift;
      sumOwn = keep === 0 ? oi.map(() => 0n) : oi.map((v) => v >> by);
      rest = keep === 0 ? 0n : (e.rest[i] as bigint) >> by;
      if (keep === 1) rest += BigInt(ei.length + oi.length + 1);
    }
    dColumns.push(sum);
    dOwn.push(sumOwn);
    if (height > 0n) {
      split = true;
      if (newD.length < freeD) newD.push({ unit: i, height });
      else rest += height;
    }
    dRest.push(rest);
    if (split) unsettled++;
  }
  // Shares first: they look at the forms before the new noises.
  const width = (z.columns[0] as bigint[]).length;
  for (const { unit } of newF) sharesF.push(sharesOf(d, z.columns[unit] as bigint[], sharesF, width));
  const before = sharesF.length - newF.length;
  for (const { unit } of newD) sharesD.push(sharesOf(d, z.columns[unit] as bigint[], sharesF.slice(0, before), width));
  append(aColumns, newF);
  for (const sum of dColumns) for (let k = 0; k < newF.length; k++) sum.push(0n);
  for (const { unit, noise, height } of shared) (dColumns[unit] as bigint[])[width + noise] = height;
  append(dOwn, newD);
  return {
    a: { columns: aColumns, rest: aRest, scale: z.scale },
    delta: { columns: dColumns, rest: dRest, scale: e.scale },
    own: dOwn,
    unsettled,
  };
}

/** Adds one column a new noise. */
function append(columns: bigint[][], noises: readonly { unit: number; height: bigint }[]): void {
  columns.forEach((sum) => {
    for (let k = 0; k < noises.length; k++) sum.push(0n);
  });
  noises.forEach(({ unit, height }, k) => {
    const sum = columns[unit] as bigint[];
    sum[sum.length - noises.length + k] = height;
  });
}

/** Each input's share in the range of z, as parts of 2^SHARE_BITS. */
function sharesOf(d: number, z: readonly bigint[], shares: readonly bigint[][], width: number): bigint[] {
  const out = new Array<bigint>(d).fill(0n);
  let total = 0n;
  for (let s = 1; s < width; s++) total += abs(z[s] as bigint);
  if (total === 0n) return out;
  for (let i = 0; i < d; i++) out[i] = abs(z[i + 1] as bigint) << BigInt(SHARE_BITS);
  for (let s = d + 1; s < width; s++) {
    const weight = abs(z[s] as bigint);
    if (weight === 0n) continue;
    (shares[s - d - 1] as bigint[]).forEach((share, i) => {
      out[i] = (out[i] as bigint) + weight * share;
    });
  }
  return out.map((v) => v / total);
}

function output(
  d: number,
  z: Sums,
  e: Sums,
  own: readonly bigint[][],
  sharesF: readonly bigint[][],
  sharesD: readonly bigint[][],
  unsettled: number,
): Propagated {
  const outputs = z.columns.length;
  const f = { scale: z.scale, centre: new Float64Array(outputs), radius: new Float64Array(outputs) };
  const dd = { scale: e.scale, centre: new Float64Array(outputs), radius: new Float64Array(outputs) };
  const slopes = new Float64Array(outputs * d);
  const blame = new Array<bigint>(d).fill(0n);
  for (let i = 0; i < outputs; i++) {
    const zi = z.columns[i] as bigint[];
    const ei = e.columns[i] as bigint[];
    const oi = own[i] as bigint[];
    f.centre[i] = Number(zi[0]);
    f.radius[i] = Number(magnitude(zi) - abs(zi[0] as bigint) + (z.rest[i] as bigint));
    dd.centre[i] = Number(ei[0]);
    dd.radius[i] = Number(magnitude(ei) - abs(ei[0] as bigint) + magnitude(oi) + (e.rest[i] as bigint));
    for (let k = 0; k < d; k++) slopes[i * d + k] = Number(ei[k + 1]);
    for (let k = 0; k < d; k++) {
      let sum = abs(ei[k + 1] as bigint) << BigInt(SHARE_BITS - 2); // a linear part counts a quarter
      sharesF.forEach((shares, s) => {
        sum += abs(ei[d + 1 + s] as bigint) * (shares[k] as bigint);
      });
      sharesD.forEach((shares, s) => {
        sum += abs(oi[s] as bigint) * (shares[k] as bigint);
      });
      blame[k] = (blame[k] as bigint) + (sum >> BigInt(SHARE_BITS));
    }
  }
  return { f, d: dd, slopes, blame: Float64Array.from(blame, Number), unsettled };
}
