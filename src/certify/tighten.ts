/**
 * How large one pre-activation of f or of g can be on a box, by backward substitution: beside its affine form, a second bound.
 *
 * sign z_i <= sum A_j a_j + K goes back a layer at a time, a = relu(z) with z in [zl, zu] known by then. Any whole numbers c
 * will do for
 *
 *   A relu(z) <= c z + (the greatest value of A relu(z) - c z on [zl, zu], which it takes at zl, at zu or at 0),
 *
 * so rounding them costs nothing but tightness. Chosen is A where z >= 0, nothing where z <= 0, and in between the line through
 * both ends where A > 0, and A or 0, whichever leaves less below relu, where A < 0. K is a whole number at the scale of z_i;
 * all that is added to it is rounded up.
 *
 * The core does the same arithmetic in i64 and must give the same numbers: |A| add up to less than 2^31, and so do |c|.
 */
import { bitLength } from '../exact/index.ts';
import {
  type BoxNumbers,
  type NetworkPair,
  type PairLayer,
  type ShortBias,
  type ShortMatrix,
  ZERO_SCALE,
} from '../net/index.ts';

/** What is known of a layer's pre-activations: whole numbers times 2^-scale. */
export interface Ranges {
  readonly lo: readonly bigint[];
  readonly hi: readonly bigint[];
  readonly scale: number;
}

const SLOPE_BITS = 20n;
const COEFFICIENT_BITS = 30;
/** Digits of what a unit adds to K that are dropped, rounded up, so that all units' sum fits. */
const ABOVE_DROP = 24n;
/** Digits of a bias, and of two sums that are multiplied, that are dropped. */
const BIAS_DROP = 31;
const HALF_DROP = 16;
/** K stays below 2^MOST_BITS, or there is no bound. */
const MOST_BITS = 60;

const abs = (v: bigint): bigint => (v < 0n ? -v : v);
const max = (x: bigint, y: bigint): bigint => (x > y ? x : y);

/** Which network of the pair. */
export type Side = 'f' | 'g';

/** K, in whole numbers at one scale. */
class Constant {
  value = 0n;
  fits = true;

  constructor(private readonly scale: number) {}

  /** Adds v 2^-scale, rounded up. */
  add(v: bigint, scale: number): void {
    if (v === 0n || !this.fits) return;
    const by = this.scale - scale;
    if (by <= 0) this.value -= -v >> BigInt(Math.min(-by, 63));
    else if (by >= MOST_BITS || abs(v) >> BigInt(MOST_BITS - by) !== 0n) this.fits = false;
    else this.value += v << BigInt(by);
    if (abs(this.value) >> BigInt(MOST_BITS) !== 0n) this.fits = false;
  }
}

/**
 * An upper bound of sign z_i in layer `known.length`, at `scale`, from the ranges of all layers before; undefined where it
 * would be too large.
 */
export function upperBound(
  { layers }: NetworkPair,
  side: Side,
  box: BoxNumbers,
  known: readonly Ranges[],
  i: number,
  sign: 1n | -1n,
  scale: number,
): bigint | undefined {
  const k = new Constant(scale);
  let layer = oneSide(layers[known.length] as PairLayer, side);
  let product: bigint[] = new Array<bigint>(layer.inputs).fill(0n);
  addRow(layer, i, sign, product);
  addBias(k, layer, [sign], 0, i);
  let productScale = layer.weight.scale;
  if (layer.weight.loose === 1) {
    const e = known.length === 0 ? box.scale : (known[known.length - 1] as Ranges).scale;
    k.add(reachOf(box, known, known.length - 1), productScale + e);
  }
  for (let l = known.length - 1; l >= 0; l--) {
    const { lo, hi, scale: e } = known[l] as Ranges;
    const [a, aScale] = shorten(k, product, productScale, reachOf(box, known, l), e);
    const c = a.map((v, j) => slope(v, lo[j] as bigint, hi[j] as bigint));
    let sum = 0n;
    a.forEach((v, j) => {
      sum -= -above(v, c[j] as bigint, lo[j] as bigint, hi[j] as bigint) >> ABOVE_DROP;
    });
    k.add(sum, aScale + e - Number(ABOVE_DROP));
    layer = oneSide(layers[l] as PairLayer, side);
    product = new Array<bigint>(layer.inputs).fill(0n);
    for (let j = 0; j < c.length; j++) if (c[j] !== 0n) addRow(layer, j, c[j] as bigint, product);
    addBias(k, layer, c, aScale, 0);
    productScale = aScale + layer.weight.scale;
    addLoose(
      k,
      layer,
      c.reduce((n, v) => n + abs(v), 0n),
      productScale,
      box,
      known.slice(0, l),
    );
  }
  const [a, aScale] = shorten(k, product, productScale, reachOf(box, known, -1), box.scale);
  a.forEach((v, j) => {
    k.add(v * BigInt(box.centre[j] as number) + abs(v) * BigInt(box.radius[j] as number), aScale + box.scale);
  });
  return k.fits ? k.value : undefined;
}

interface OneSide {
  readonly inputs: number;
  readonly rowStart: Uint32Array;
  readonly column: Uint32Array;
  readonly weight: ShortMatrix;
  readonly bias: ShortBias;
}

function oneSide(layer: PairLayer, side: Side): OneSide {
  const { inputs, rowStart, column } = layer;
  return { inputs, rowStart, column, weight: layer[side], bias: side === 'f' ? layer.biasF : layer.biasG };
}

/** The coefficient of z in place of A relu(z). */
function slope(a: bigint, lo: bigint, hi: bigint): bigint {
  if (hi <= 0n) return 0n;
  if (lo >= 0n) return a;
  if (a > 0n) return (a * ((hi << SLOPE_BITS) / (hi - lo))) >> SLOPE_BITS;
  return hi > -lo ? a : 0n;
}

/** The greatest value of a relu(z) - c z for lo <= z <= hi. */
function above(a: bigint, c: bigint, lo: bigint, hi: bigint): bigint {
  if (hi <= 0n || lo >= 0n) return 0n; // c is 0, or a
  return max(max(0n, (a - c) * hi), -c * lo);
}

function addRow(layer: OneSide, i: number, c: bigint, into: bigint[]): void {
  for (let p = layer.rowStart[i] as number; p < (layer.rowStart[i + 1] as number); p++) {
    const j = layer.column[p] as number;
    into[j] = (into[j] as bigint) + c * BigInt(layer.weight.values[p] as number);
  }
}

/** c times the biases of units from, from + 1, ... */
function addBias(k: Constant, { bias }: OneSide, c: readonly bigint[], cScale: number, from: number): void {
  if (bias.scale === ZERO_SCALE) return;
  let sum = 0n;
  c.forEach((v, j) => {
    sum += v * ((bias.values[from + j] as bigint) >> BigInt(BIAS_DROP)) + abs(v) * BigInt(1 + bias.loose);
  });
  k.add(sum, cScale + bias.scale - BIAS_DROP);
}

/** What weights that are off by one unit can add. */
function addLoose(
  k: Constant,
  layer: OneSide,
  coefficients: bigint,
  scale: number,
  box: BoxNumbers,
  known: readonly Ranges[],
): void {
  if (layer.weight.loose === 0) return;
  const inputs = reachOf(box, known, known.length - 1);
  const e = known.length === 0 ? box.scale : (known[known.length - 1] as Ranges).scale;
  const half = (v: bigint): bigint => (v >> BigInt(HALF_DROP)) + 1n;
  if (inputs !== 0n && coefficients !== 0n) k.add(half(coefficients) * half(inputs), scale + e - 2 * HALF_DROP);
}

/** What the units of layer l, or the inputs (-1), are at most, added up. */
function reachOf(box: BoxNumbers, known: readonly Ranges[], l: number): bigint {
  if (l >= 0) return (known[l] as Ranges).hi.reduce((n, v) => n + max(0n, v), 0n);
  return box.centre.reduce((n, c, j) => n + BigInt(Math.abs(c) + (box.radius[j] as number)), 0n);
}

/** Coefficients that add up to less than 2^COEFFICIENT_BITS, rounded down; what they multiply adds up to `reach` at scale e. */
function shorten(
  k: Constant,
  product: readonly bigint[],
  scale: number,
  reach: bigint,
  e: number,
): [readonly bigint[], number] {
  const total = product.reduce((n, v) => n + abs(v), 0n);
  const cut = Math.max(0, bitLength(total) - COEFFICIENT_BITS);
  if (cut === 0) return [product, scale];
  k.add(reach, scale - cut + e);
  return [product.map((v) => v >> BigInt(cut)), scale - cut];
}
