/**
 * One line for a whole interval: net(x) = a x + c + (at most radius) for lo <= x <= hi, where there are too many pieces to
 * look at each. Every unit carries a sum c + a s + n_1 e_1 + n_2 e_2 + ... + (at most r), |e_k| <= 1: affine arithmetic. A unit
 * whose sign is not settled is replaced by the line of slope hi/(hi-lo) through the middle of its triangle, whose half
 * height becomes a noise e_k of its own, so that what cancels above it still cancels (a sawtooth of depth L keeps its range,
 * where plain intervals would grow 2^L). What rounding takes away goes to r.
 */
import { bitLength, Dyadic } from '../exact/index.ts';
import type { Layer, Network } from '../net/index.ts';

export interface LineEnclosure {
  readonly slope: Dyadic;
  readonly intercept: Dyadic;
  readonly radius: Dyadic;
  /** Hidden units whose sign is not settled on the interval. */
  readonly unsettled: number;
}

/** Leading digits kept of a layer's sums. */
const DIGITS = 96;
/** Fractional digits of relaxation slopes. */
const SLOPE_DIGITS = 16n;
/** Most noises that are kept apart, and most products a layer may spend on them. */
const NOISES = 32;
const PRODUCTS = 1 << 22;

const abs = (v: bigint): bigint => (v < 0n ? -v : v);

/** A layer's sums, as whole numbers times one power of two. */
interface Sums {
  /** columns[0] the constants, columns[1] the factors of s = (x - mid) 2^-h, then one column a noise; one entry a unit. */
  readonly columns: bigint[][];
  readonly r: bigint[];
}

/** Output `output` of a network with one input over [lo, hi], lo < hi. */
export function lineEnclosure(net: Network, lo: Dyadic, hi: Dyadic, output = 0): LineEnclosure {
  const mid = lo.add(hi).scale(-1);
  const half = hi.sub(mid);
  const h = half.m === 1n ? half.exponent : half.exponent + 1;
  // |s| <= reach 2^-16.
  const reach = half.scale(16 - h).ceil();
  const most = Math.max(4, Math.min(NOISES, Math.floor(PRODUCTS / net.connectivity)));
  let scale = Math.max(mid.fractionalBits, -h, 0);
  let sums: Sums = { columns: [[mid.mantissaAt(scale)], [1n << BigInt(scale + h)]], r: [0n] };
  let unsettled = 0;
  net.layers.forEach((layer, l) => {
    const last = l === net.depth - 1;
    const sum = scale + layer.scale;
    sums = affine(layer, sums, scale, last ? output : 0, last ? output + 1 : layer.outputs, BigInt(Math.max(0, -sum)));
    scale = Math.max(0, sum);
    scale -= shorten(sums, scale);
    if (last) return;
    for (let i = 0; i < sums.r.length; i++) unsettled += rectify(sums, i, reach);
    fold(sums, most);
  });
  const { columns, r } = sums;
  const slope = Dyadic.of((columns[1] as bigint[])[0] as bigint, -scale - h);
  const noise = columns.slice(2).reduce((n, column) => n + abs(column[0] as bigint), r[0] as bigint);
  return {
    slope,
    intercept: Dyadic.of((columns[0] as bigint[])[0] as bigint, -scale).sub(slope.mul(mid)),
    radius: Dyadic.of(noise, -scale),
    unsettled,
  };
}

/** Rows from..to-1 of the layer's affine map, times 2^twist. */
function affine(layer: Layer, { columns, r }: Sums, scale: number, from: number, to: number, twist: bigint): Sums {
  const { rowStart, column, weight, bias } = layer;
  const row = (v: readonly bigint[], i: number, start: bigint, signed: boolean): bigint => {
    let sum = start;
    const end = rowStart[i + 1] as number;
    for (let k = rowStart[i] as number; k < end; k++) {
      const x = v[column[k] as number] as bigint;
      if (x === 0n) continue;
      const w = BigInt(weight[k] as number | bigint);
      sum += (signed || w >= 0n ? w : -w) * x;
    }
    return sum << twist;
  };
  const out: Sums = { columns: columns.map(() => new Array<bigint>(to - from)), r: new Array<bigint>(to - from) };
  for (let i = from; i < to; i++) {
    columns.forEach((v, k) => {
      const start = k === 0 ? BigInt(bias[i] as number | bigint) << BigInt(scale) : 0n;
      (out.columns[k] as bigint[])[i - from] = row(v, i, start, true);
    });
    out.r[i - from] = row(r, i, 0n, false);
  }
  return out;
}

/** Cuts the layer to its leading digits; returns how many binary digits went. */
function shorten({ columns, r }: Sums, scale: number): number {
  let largest = 1n;
  for (let i = 0; i < r.length; i++) {
    let size = r[i] as bigint;
    for (const v of columns) size += abs(v[i] as bigint);
    if (size > largest) largest = size;
  }
  const drop = Math.min(scale, Math.max(0, bitLength(largest) - DIGITS));
  if (drop === 0) return 0;
  const by = BigInt(drop);
  for (let i = 0; i < r.length; i++) {
    let lost = 1n;
    for (const v of columns) {
      if (v[i] === 0n) continue;
      v[i] = (v[i] as bigint) >> by;
      lost++;
    }
    r[i] = ((r[i] as bigint) >> by) + lost;
  }
  return drop;
}

/** relu of unit i, in place, perhaps with one more noise; 1 where its sign is not settled. */
function rectify({ columns, r }: Sums, i: number, reach: bigint): number {
  const [constants, slopes] = columns as [bigint[], bigint[]];
  const centre = constants[i] as bigint;
  let swing = ((abs(slopes[i] as bigint) * reach) >> 16n) + 1n + (r[i] as bigint);
  for (let k = 2; k < columns.length; k++) swing += abs((columns[k] as bigint[])[i] as bigint);
  if (centre >= swing) return 0;
  const hi = centre + swing;
  if (hi <= 0n) {
    for (const v of columns) v[i] = 0n;
    r[i] = 0n;
    return 0;
  }
  // For any 0 <= k <= 1, relu(z) - k z lies between 0 (at z = 0) and its value at one of the ends.
  const k = (hi << SLOPE_DIGITS) / (2n * swing);
  const atLo = k * (swing - centre);
  const atHi = ((1n << SLOPE_DIGITS) - k) * hi;
  const height = ((atLo > atHi ? atLo : atHi) >> (SLOPE_DIGITS + 1n)) + 1n;
  let lost = 1n;
  for (const v of columns) {
    if (v[i] === 0n) continue;
    v[i] = (k * (v[i] as bigint)) >> SLOPE_DIGITS;
    lost++;
  }
  constants[i] = (constants[i] as bigint) + height;
  r[i] = ((k * (r[i] as bigint)) >> SLOPE_DIGITS) + lost;
  const noise = new Array<bigint>(r.length).fill(0n);
  noise[i] = height;
  columns.push(noise);
  return 1;
}

/** Keeps the latest noises apart and adds the others to r. */
function fold({ columns, r }: Sums, most: number): void {
  const extra = columns.length - 2 - most;
  if (extra <= 0) return;
  for (const v of columns.splice(2, extra)) {
    for (let i = 0; i < r.length; i++) r[i] = (r[i] as bigint) + abs(v[i] as bigint);
  }
}
