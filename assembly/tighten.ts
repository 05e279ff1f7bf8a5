// How large one pre-activation can be, by backward substitution: the arithmetic of src/certify/tighten.ts, number by number, in i64.
// That file says what is computed and why it holds. No sum leaves 63 bits: |A|, |c| and the weights of a row add up to less than 2^31.
import {
  KNOWN_AT_LIVE, KNOWN_AT_RANGES, KNOWN_AT_REACH, KNOWN_AT_SCALE,
  LIVE_ROW_AT_COEFFICIENT, LIVE_ROW_AT_END, LIVE_ROW_AT_START, LIVE_ROW_AT_VALUES, LIVE_ROW_BYTES,
  PAIR_AT_BACK_LIVE, PAIR_AT_BACK_P, PAIR_AT_INPUTS, PAIR_AT_LAYERS,
  PAIR_LAYER_AT_BIAS_F, PAIR_LAYER_AT_BIAS_G, PAIR_LAYER_AT_COLUMNS, PAIR_LAYER_AT_F, PAIR_LAYER_AT_G, PAIR_LAYER_AT_INPUTS,
  PAIR_LAYER_AT_KNOWN_F, PAIR_LAYER_AT_KNOWN_G, PAIR_LAYER_AT_OUTPUTS, PAIR_LAYER_AT_ROWS, PAIR_LAYER_BYTES,
  PAIR_ZERO_SCALE, PART_AT_LOOSE, PART_AT_SCALE, PART_AT_VALUES, RANGE_AT_HI, RANGE_AT_LO, RANGE_AT_SLOPE, RANGE_AT_UNIT, RANGE_BYTES,
} from "./pairLayout";

const SLOPE_BITS: i64 = 20;
const COEFFICIENT_BITS: i64 = 30;
const ABOVE_DROP: i32 = 24;
const BIAS_DROP: i32 = 31;
const HALF_DROP: i32 = 16;
const MOST_BITS: i32 = 60;

/** K, at the scale asked for; whether it fits. */
let value: i64 = 0;
let fits: bool = true;
let target: i32 = 0;
/** Which network: where a layer's entry has its weights, biases and what is known. */
let weightPart: usize = 0;
let biasPart: usize = 0;
let knownPart: usize = 0;
/** What the inputs are at most, added up, at the box's scale. */
let inputReach: i64 = 0;

// @ts-ignore: decorator
@inline function abs64(v: i64): i64 { return v < 0 ? -v : v; }
// @ts-ignore: decorator
@inline function bits(v: i64): i64 { return 64 - clz<i64>(v); }

function add(v: i64, scale: i32): void {
  if (v == 0 || !fits) return;
  const by = target - scale;
  if (by <= 0) value -= -v >> <i64>(-by > 63 ? 63 : -by);
  else if (by >= MOST_BITS || abs64(v) >> <i64>(MOST_BITS - by) != 0) fits = false;
  else value += v << <i64>by;
  if (abs64(value) >> MOST_BITS != 0) fits = false;
}

/** To be called once a box. */
export function beginTighten(pair: usize, box: usize): void {
  inputReach = 0;
  const inputs = load<i32>(pair, PAIR_AT_INPUTS);
  for (let i = 0; i < inputs; i++) {
    const at = box + (<usize>i << 3);
    inputReach += abs64(load<i32>(at, 4)) + <i64>load<i32>(at, 8);
  }
}

/** The bound; meaningful where `hasBound` says so. */
export function boundOf(): i64 { return value; }

/** Bounds sign z_i of a layer of f (or g) from above, at `scale`; false where the bound would be too large. */
export function hasBound(ofG: bool, pair: usize, box: usize, layer: usize, i: i32, sign: i64, scale: i32): bool {
  weightPart = ofG ? PAIR_LAYER_AT_G : PAIR_LAYER_AT_F;
  biasPart = ofG ? PAIR_LAYER_AT_BIAS_G : PAIR_LAYER_AT_BIAS_F;
  knownPart = ofG ? PAIR_LAYER_AT_KNOWN_G : PAIR_LAYER_AT_KNOWN_F;
  value = 0;
  fits = true;
  target = scale;
  const first = <usize>load<u32>(pair, PAIR_AT_LAYERS);
  const product = <usize>load<u32>(pair, PAIR_AT_BACK_P);
  const live = <usize>load<u32>(pair, PAIR_AT_BACK_LIVE);
  const boxScale = load<i32>(box);

  let n = load<i32>(layer, PAIR_LAYER_AT_INPUTS);
  memory.fill(product, 0, <usize>n << 3);
  const start = load<u32>(<usize>load<u32>(layer, PAIR_LAYER_AT_ROWS) + (<usize>i << 2));
  const end = load<u32>(<usize>load<u32>(layer, PAIR_LAYER_AT_ROWS) + (<usize>i << 2), 4);
  scatter(product, layer, start, end, sign);
  if (load<i32>(layer + biasPart, PART_AT_SCALE) != PAIR_ZERO_SCALE) {
    add(sign * biasDigits(layer, i) + biasSlack(layer), load<i32>(layer + biasPart, PART_AT_SCALE) - BIAS_DROP);
  }
  let productScale = load<i32>(layer + weightPart, PART_AT_SCALE);
  if (load<i32>(layer + weightPart, PART_AT_LOOSE) != 0) add(reachBelow(layer, first), productScale + scaleBelow(layer, first, boxScale));

  for (let below = layer - PAIR_LAYER_BYTES; below >= first; below -= PAIR_LAYER_BYTES) {
    n = load<i32>(below, PAIR_LAYER_AT_OUTPUTS);
    const e = load<i32>(below + knownPart, KNOWN_AT_SCALE);
    const aScale = productScale - shorten(product, n, productScale, load<i64>(below + knownPart, KNOWN_AT_REACH), e);
    // Rows that read every input come first, the others from the end.
    const inputs = load<i32>(below, PAIR_LAYER_AT_INPUTS);
    const rows = <usize>load<u32>(below, PAIR_LAYER_AT_ROWS);
    const values = <usize>load<u32>(below + weightPart, PART_AT_VALUES);
    const hasBias = load<i32>(below + biasPart, PART_AT_SCALE) != PAIR_ZERO_SCALE;
    const slack = biasSlack(below);
    let denseEnd = live;
    const sparseEnd = live + <usize>n * LIVE_ROW_BYTES;
    let sparse = sparseEnd;
    let coefficients: i64 = 0;
    let biases: i64 = 0;
    let sum: i64 = 0;
    const ranges = <usize>load<u32>(below + knownPart, KNOWN_AT_RANGES);
    const rangesEnd = ranges + <usize>load<i32>(below + knownPart, KNOWN_AT_LIVE) * RANGE_BYTES;
    for (let range = ranges; range < rangesEnd; range += RANGE_BYTES) {
      const j = load<i32>(range, RANGE_AT_UNIT);
      const a = load<i64>(product + (<usize>j << 3));
      let c = a;
      const lo = load<i64>(range, RANGE_AT_LO);
      if (lo < 0) {
        const hi = load<i64>(range, RANGE_AT_HI);
        if (a > 0) {
          c = (a * <i64>load<i32>(range, RANGE_AT_SLOPE)) >> SLOPE_BITS;
          sum -= -max((a - c) * hi, -c * lo) >> ABOVE_DROP;
        } else if (hi <= -lo) c = 0;
      }
      if (c == 0) continue;
      coefficients += abs64(c);
      if (hasBias) biases += c * biasDigits(below, j) + abs64(c) * slack;
      const from = load<u32>(rows + (<usize>j << 2));
      const to = load<u32>(rows + (<usize>j << 2), 4);
      let entry = denseEnd;
      if (<i32>(to - from) == inputs) denseEnd += LIVE_ROW_BYTES;
      else {
        sparse -= LIVE_ROW_BYTES;
        entry = sparse;
      }
      store<i32>(entry, <i32>c, LIVE_ROW_AT_COEFFICIENT);
      store<u32>(entry, <u32>(values + (<usize>from << 2)), LIVE_ROW_AT_VALUES);
      store<u32>(entry, from, LIVE_ROW_AT_START);
      store<u32>(entry, to, LIVE_ROW_AT_END);
    }
    add(sum, aScale + e - ABOVE_DROP);
    dense(product, inputs, live, denseEnd);
    for (; sparse < sparseEnd; sparse += LIVE_ROW_BYTES) {
      scatter(product, below, load<u32>(sparse, LIVE_ROW_AT_START), load<u32>(sparse, LIVE_ROW_AT_END), <i64>load<i32>(sparse, LIVE_ROW_AT_COEFFICIENT));
    }
    if (hasBias) add(biases, aScale + load<i32>(below + biasPart, PART_AT_SCALE) - BIAS_DROP);
    productScale = aScale + load<i32>(below + weightPart, PART_AT_SCALE);
    if (load<i32>(below + weightPart, PART_AT_LOOSE) != 0) {
      const reach = reachBelow(below, first);
      if (reach != 0 && coefficients != 0) {
        add(((coefficients >> HALF_DROP) + 1) * ((reach >> HALF_DROP) + 1), productScale + scaleBelow(below, first, boxScale) - 2 * HALF_DROP);
      }
    }
    if (!fits) return false;
  }

  n = load<i32>(pair, PAIR_AT_INPUTS);
  const aScale = productScale - shorten(product, n, productScale, inputReach, boxScale);
  for (let j = 0; j < n; j++) {
    const a = load<i64>(product + (<usize>j << 3));
    const at = box + (<usize>j << 3);
    add(a * <i64>load<i32>(at, 4) + abs64(a) * <i64>load<i32>(at, 8), aScale + boxScale);
  }
  return fits;
}

function biasDigits(layer: usize, i: i32): i64 {
  return load<i64>(<usize>load<u32>(layer + biasPart, PART_AT_VALUES) + (<usize>i << 3)) >> BIAS_DROP;
}

function biasSlack(layer: usize): i64 {
  return 1 + <i64>load<i32>(layer + biasPart, PART_AT_LOOSE);
}

function reachBelow(layer: usize, first: usize): i64 {
  return layer == first ? inputReach : load<i64>(layer - PAIR_LAYER_BYTES + knownPart, KNOWN_AT_REACH);
}

function scaleBelow(layer: usize, first: usize, boxScale: i32): i32 {
  return layer == first ? boxScale : load<i32>(layer - PAIR_LAYER_BYTES + knownPart, KNOWN_AT_SCALE);
}

/** Cuts coefficients until they add up to less than 2^COEFFICIENT_BITS, in place; returns by how much. */
function shorten(product: usize, n: i32, scale: i32, reach: i64, e: i32): i32 {
  let total: i64 = 0;
  for (let j = 0; j < n; j++) total += abs64(load<i64>(product + (<usize>j << 3)));
  const cut = max<i64>(0, bits(total) - COEFFICIENT_BITS);
  if (cut == 0) return 0;
  add(reach, scale - <i32>cut + e);
  for (let j = 0; j < n; j++) {
    const at = product + (<usize>j << 3);
    store<i64>(at, load<i64>(at) >> cut);
  }
  return <i32>cut;
}

/** product += c times connections start .. end - 1 of a layer. */
function scatter(product: usize, layer: usize, start: u32, end: u32, c: i64): void {
  const columns = <usize>load<u32>(layer, PAIR_LAYER_AT_COLUMNS);
  const values = <usize>load<u32>(layer + weightPart, PART_AT_VALUES);
  for (let k = start; k < end; k++) {
    const at = product + (<usize>load<u32>(columns + (<usize>k << 2)) << 3);
    store<i64>(at, load<i64>(at) + c * <i64>load<i32>(values + (<usize>k << 2)));
  }
}

/** product = sum of rows times their coefficients; rows may be read, and product written, up to the next multiple of 4. */
function dense(product: usize, n: i32, live: usize, end: usize): void {
  for (let m = 0; m < n; m += 4) {
    const at = <usize>m << 2;
    if (ASC_FEATURE_SIMD) {
      let p0 = i64x2.splat(0);
      let p1 = i64x2.splat(0);
      for (let p = live; p < end; p += LIVE_ROW_BYTES) {
        const c = v128.load32_splat(p, LIVE_ROW_AT_COEFFICIENT);
        const w = v128.load(<usize>load<u32>(p, LIVE_ROW_AT_VALUES) + at);
        p0 = i64x2.add(p0, i64x2.extmul_low_i32x4_s(w, c));
        p1 = i64x2.add(p1, i64x2.extmul_high_i32x4_s(w, c));
      }
      v128.store(product + (at << 1), p0);
      v128.store(product + (at << 1), p1, 16);
    } else {
      for (let lane: usize = 0; lane < 16; lane += 4) {
        let sum: i64 = 0;
        for (let p = live; p < end; p += LIVE_ROW_BYTES) {
          sum += <i64>load<i32>(p, LIVE_ROW_AT_COEFFICIENT) * <i64>load<i32>(<usize>load<u32>(p, LIVE_ROW_AT_VALUES) + at + lane);
        }
        store<i64>(product + ((at + lane) << 1), sum);
      }
    }
  }
}

/** Notes that a unit lies in [lo, hi], hi > 0; returns where the next one goes. */
export function note(range: usize, unit: i32, lo: i64, hi: i64, slope: i64): usize {
  store<i64>(range, lo, RANGE_AT_LO);
  store<i64>(range, hi, RANGE_AT_HI);
  store<i32>(range, unit, RANGE_AT_UNIT);
  store<i32>(range, <i32>slope, RANGE_AT_SLOPE);
  return range + RANGE_BYTES;
}

/** Notes a layer's list of ranges, up to `end`. */
export function noteAll(known: usize, end: usize, scale: i32, reach: i64): void {
  store<i32>(known, <i32>((end - <usize>load<u32>(known, KNOWN_AT_RANGES)) / RANGE_BYTES), KNOWN_AT_LIVE);
  store<i32>(known, scale, KNOWN_AT_SCALE);
  store<i64>(known, reach, KNOWN_AT_REACH);
}
