// What f and g - f do on a box, enclosed: the arithmetic of src/certify/propagate.ts, number by number, in i64.
// That file says what is computed and why it holds; here a product of sums is a row of
//
//   i32 columns of a unit  x  one weight  ->  i64 columns of a pre-activation       (two i64 a vector)
//
// over the live units below it. No sum leaves 63 bits (src/net/pair.ts); every shift rounds down and is paid for in `rest`.
import {
  ANSWER_AT_SCALE_D, ANSWER_AT_SCALE_F, ANSWER_AT_UNSETTLED, ANSWER_AT_VALUES, KNOWN_AT_RANGES, LIVE_BYTES,
  NODE_AT_HEIGHT_D, NODE_AT_HEIGHT_F, NODE_AT_KEEP, NODE_AT_LIVE_D, NODE_AT_LIVE_F, NODE_AT_NOISE_D, NODE_AT_NOISE_F,
  NODE_AT_SHARED, NODE_AT_SHIFT_D, NODE_AT_SLOPE, NODE_AT_SLOPE_G, NODE_BYTES,
  PAIR_AT_BLAME, PAIR_AT_DEPTH, PAIR_AT_INPUTS, PAIR_AT_LAYERS, PAIR_AT_LIVE_D, PAIR_AT_LIVE_F, PAIR_AT_NODES,
  PAIR_AT_NOISES, PAIR_AT_REST_D, PAIR_AT_REST_F, PAIR_AT_SHARES_D, PAIR_AT_SHARES_F, PAIR_AT_XD, PAIR_AT_XE, PAIR_AT_XF,
  PAIR_AT_ZD, PAIR_AT_ZE, PAIR_AT_ZF, PAIR_AT_ZREST_D, PAIR_AT_ZREST_F,
  PAIR_LAYER_AT_BIAS_D, PAIR_LAYER_AT_BIAS_F, PAIR_LAYER_AT_COLUMNS, PAIR_LAYER_AT_D, PAIR_LAYER_AT_F, PAIR_LAYER_AT_G,
  PAIR_LAYER_AT_INPUTS, PAIR_LAYER_AT_KNOWN_F, PAIR_LAYER_AT_KNOWN_G, PAIR_LAYER_AT_OUTPUTS, PAIR_LAYER_AT_ROWS, PAIR_LAYER_BYTES,
  PAIR_ZERO_SCALE, PART_AT_LOOSE, PART_AT_SCALE, PART_AT_VALUES,
} from "./pairLayout";
import { beginTighten, boundOf, hasBound, note, noteAll } from "./tighten";

const SUM_BITS: i64 = 29;
const SLOPE_BITS: i64 = 20;
const SLOPE_ONE: i64 = 1 << 20;
const SHARE_BITS: i64 = 16;
const FAR: i64 = 1 << 60;
const NEAR: i32 = 28;

// The state of one propagation. Widths are columns in use; strides are widths rounded up to whole vectors of 4.
let pair: usize = 0;
let inputs: i32 = 0;
let noises: i32 = 0;
let width: i32 = 0;
let ownWidth: i32 = 0;
let stride: i32 = 0;
let ownStride: i32 = 0;
let scaleF: i32 = 0;
let scaleD: i32 = 0;
let unsettled: i32 = 0;
/** How far the pre-activations are still to be shifted. */
let cutF: i64 = 0;
let cutD: i64 = 0;

// @ts-ignore: decorator
@inline function word(at: i32): i32 { return load<i32>(pair + at); }
// @ts-ignore: decorator
@inline function address(at: i32): usize { return <usize>load<u32>(pair + at); }
// @ts-ignore: decorator
@inline function abs64(v: i64): i64 { return v < 0 ? -v : v; }
// @ts-ignore: decorator
@inline function padded(n: i32): i32 { return (n + 3) & ~3; }
// @ts-ignore: decorator
@inline function shiftBy(n: i32): i64 { return <i64>(n > 63 ? 63 : n); }

/**
 * Propagates a box (i32 scale, then centre and radius of each input) and writes the answer (see pairLayout.ts).
 */
export function propagateBox(at: usize, box: usize, answer: usize): void {
  pair = at;
  inputs = word(PAIR_AT_INPUTS);
  noises = word(PAIR_AT_NOISES);
  unsettled = 0;
  begin(box);
  beginTighten(at, box);
  const depth = word(PAIR_AT_DEPTH);
  let layer = address(PAIR_AT_LAYERS);
  for (let l = 0; l < depth; l++) {
    affine(layer);
    const units = load<i32>(layer, PAIR_LAYER_AT_OUTPUTS);
    normal(units);
    if (l == depth - 1) finish(units, answer);
    else rectify(units, layer, l > 0, box);
    layer += PAIR_LAYER_BYTES;
  }
}

function begin(box: usize): void {
  width = inputs + 1;
  stride = padded(width);
  ownWidth = 0;
  ownStride = 0;
  scaleF = load<i32>(box);
  scaleD = PAIR_ZERO_SCALE;
  const xf = address(PAIR_AT_XF);
  memory.fill(xf, 0, <usize>inputs * stride << 2);
  memory.fill(address(PAIR_AT_XD), 0, <usize>inputs * stride << 2);
  for (let i = 0; i < inputs; i++) {
    const unit = xf + (<usize>i * stride << 2);
    store<i32>(unit, load<i32>(box + (<usize>i << 3), 4));
    store<i32>(unit + (<usize>(i + 1) << 2), load<i32>(box + (<usize>i << 3), 8));
    store<i64>(address(PAIR_AT_REST_F) + (<usize>i << 3), 0);
    store<i64>(address(PAIR_AT_REST_D) + (<usize>i << 3), 0);
    const node = address(PAIR_AT_NODES) + <usize>i * NODE_BYTES;
    store<i32>(node, 1, NODE_AT_LIVE_F);
    store<i32>(node, 0, NODE_AT_LIVE_D);
  }
}

/** Magnitudes of a unit's i32 columns, added up. */
function magnitude32(p: usize, n: i32): i64 {
  let sum: i64 = 0;
  for (let s = 0; s < n; s++) sum += abs64(<i64>load<i32>(p + (<usize>s << 2)));
  return sum;
}

function magnitude64(p: usize, n: i32): i64 {
  let sum: i64 = 0;
  for (let s = 0; s < n; s++) sum += abs64(load<i64>(p + (<usize>s << 3)));
  return sum;
}

/** Everything the units in hand reach, f's or the difference's. */
function reach(units: i32, difference: bool): i64 {
  let sum: i64 = 0;
  const x = address(difference ? PAIR_AT_XD : PAIR_AT_XF);
  const rest = address(difference ? PAIR_AT_REST_D : PAIR_AT_REST_F);
  for (let j = 0; j < units; j++) {
    sum += magnitude32(x + (<usize>j * stride << 2), width) + load<i64>(rest + (<usize>j << 3));
    if (difference) sum += magnitude32(address(PAIR_AT_XE) + (<usize>j * ownStride << 2), ownWidth);
  }
  return sum;
}

/** The pre-activations of a layer, as i64 columns at scaleF and scaleD. */
function affine(layer: usize): void {
  const n = load<i32>(layer, PAIR_LAYER_AT_INPUTS);
  const units = load<i32>(layer, PAIR_LAYER_AT_OUTPUTS);
  const rows = <usize>load<u32>(layer, PAIR_LAYER_AT_ROWS);
  const columns = <usize>load<u32>(layer, PAIR_LAYER_AT_COLUMNS);
  const F = layer + PAIR_LAYER_AT_F;
  const G = layer + PAIR_LAYER_AT_G;
  const D = layer + PAIR_LAYER_AT_D;
  const biasF = layer + PAIR_LAYER_AT_BIAS_F;
  const biasD = layer + PAIR_LAYER_AT_BIAS_D;
  const fValues = <usize>load<u32>(F, PART_AT_VALUES);
  const gValues = <usize>load<u32>(G, PART_AT_VALUES);
  const dValues = <usize>load<u32>(D, PART_AT_VALUES);
  const fScale = load<i32>(F, PART_AT_SCALE);
  const gScale = load<i32>(G, PART_AT_SCALE);
  const dScale = load<i32>(D, PART_AT_SCALE);

  const fine = fScale + scaleF;
  const newF = min(fine, load<i32>(biasF, PART_AT_SCALE));
  const byF = shiftBy(fine - newF);
  const fineG = gScale + scaleD;
  const fineD = dScale + scaleF;
  const newD = min(min(fineG, fineD), load<i32>(biasD, PART_AT_SCALE));
  const byG = shiftBy(fineG - newD);
  const byD = shiftBy(fineD - newD);

  const zeroF = scaleF == PAIR_ZERO_SCALE;
  const zeroD = scaleD == PAIR_ZERO_SCALE;
  const slackF: i64 = byF > 0 && !zeroF && fScale != PAIR_ZERO_SCALE ? width + 1 : 0;
  const slackD: i64 = (byG > 0 && !zeroD && gScale != PAIR_ZERO_SCALE ? <i64>(width + ownWidth + 1) : 0) + (byD > 0 && !zeroF && dScale != PAIR_ZERO_SCALE ? <i64>(width + 1) : 0);
  const wholeF: i64 = load<i32>(F, PART_AT_LOOSE) != 0 ? reach(n, false) : 0;
  const wholeG: i64 = load<i32>(G, PART_AT_LOOSE) != 0 ? reach(n, true) : 0;
  const wholeD: i64 = load<i32>(D, PART_AT_LOOSE) != 0 ? reach(n, false) : 0;

  const nodes = address(PAIR_AT_NODES);
  const restF = address(PAIR_AT_REST_F);
  const restD = address(PAIR_AT_REST_D);
  const liveF = address(PAIR_AT_LIVE_F);
  const liveD = address(PAIR_AT_LIVE_D);
  const xf = address(PAIR_AT_XF);
  const xd = address(PAIR_AT_XD);
  const xe = address(PAIR_AT_XE);
  for (let i = 0; i < units; i++) {
    let endF = liveF;
    let endD = liveD;
    let sumF: i64 = 0;
    let sumG: i64 = 0;
    let sumD: i64 = 0;
    const stop = load<u32>(rows + (<usize>i << 2), 4);
    for (let k = load<u32>(rows + (<usize>i << 2)); k < stop; k++) {
      const j = load<u32>(columns + (<usize>k << 2));
      const node = nodes + <usize>j * NODE_BYTES;
      const wf = load<i32>(fValues + (<usize>k << 2));
      const wg = load<i32>(gValues + (<usize>k << 2));
      const wd = load<i32>(dValues + (<usize>k << 2));
      if (load<i32>(node, NODE_AT_LIVE_F) != 0) {
        store<u32>(endF, j);
        store<i32>(endF, wf, 4);
        store<i32>(endF, wd, 8);
        endF += LIVE_BYTES;
        const r = load<i64>(restF + (<usize>j << 3));
        sumF += abs64(wf) * r;
        sumD += abs64(wd) * r;
      }
      if (load<i32>(node, NODE_AT_LIVE_D) != 0) {
        store<u32>(endD, j);
        store<i32>(endD, wg, 4);
        endD += LIVE_BYTES;
        sumG += abs64(wg) * load<i64>(restD + (<usize>j << 3));
      }
    }
    const zf = address(PAIR_AT_ZF) + (<usize>i * stride << 3);
    const zd = address(PAIR_AT_ZD) + (<usize>i * stride << 3);
    const ze = address(PAIR_AT_ZE) + (<usize>i * ownStride << 3);
    products(xf, xd, zf, zd, liveF, endF, liveD, endD, byF, byD, byG);
    ownProducts(xe, ze, liveD, endD, byG);
    store<i64>(zf, load<i64>(zf) + biasAt(biasF, i, newF));
    store<i64>(zd, load<i64>(zd) + biasAt(biasD, i, newD));
    store<i64>(address(PAIR_AT_ZREST_F) + (<usize>i << 3), ((sumF + wholeF) >> byF) + slackF + biasSlack(biasF, newF));
    store<i64>(address(PAIR_AT_ZREST_D) + (<usize>i << 3), ((sumG + wholeG) >> byG) + ((sumD + wholeD) >> byD) + slackD + biasSlack(biasD, newD));
  }
  scaleF = newF;
  scaleD = newD;
}

function biasAt(bias: usize, i: i32, scale: i32): i64 {
  return load<i64>(<usize>load<u32>(bias, PART_AT_VALUES) + (<usize>i << 3)) >> shiftBy(load<i32>(bias, PART_AT_SCALE) - scale);
}

function biasSlack(bias: usize, scale: i32): i64 {
  const own = load<i32>(bias, PART_AT_SCALE);
  return <i64>load<i32>(bias, PART_AT_LOOSE) + (own > scale && own != PAIR_ZERO_SCALE ? 1 : 0);
}

/** zf = (F xf) >> byF and zd = ((D xf) >> byD) + ((G xd) >> byG), all columns. */
function products(xf: usize, xd: usize, zf: usize, zd: usize, liveF: usize, endF: usize, liveD: usize, endD: usize, byF: i64, byD: i64, byG: i64): void {
  const step = <usize>stride << 2;
  for (let s = 0; s < stride; s += 4) {
    const at = <usize>s << 2;
    if (ASC_FEATURE_SIMD) {
      let f0 = i64x2.splat(0);
      let f1 = i64x2.splat(0);
      let d0 = i64x2.splat(0);
      let d1 = i64x2.splat(0);
      for (let p = liveF; p < endF; p += LIVE_BYTES) {
        const x = v128.load(xf + <usize>load<u32>(p) * step + at);
        const wf = v128.load32_splat(p, 4);
        const wd = v128.load32_splat(p, 8);
        f0 = i64x2.add(f0, i64x2.extmul_low_i32x4_s(x, wf));
        f1 = i64x2.add(f1, i64x2.extmul_high_i32x4_s(x, wf));
        d0 = i64x2.add(d0, i64x2.extmul_low_i32x4_s(x, wd));
        d1 = i64x2.add(d1, i64x2.extmul_high_i32x4_s(x, wd));
      }
      v128.store(zf + (at << 1), i64x2.shr_s(f0, <i32>byF));
      v128.store(zf + (at << 1), i64x2.shr_s(f1, <i32>byF), 16);
      let g0 = i64x2.splat(0);
      let g1 = i64x2.splat(0);
      for (let p = liveD; p < endD; p += LIVE_BYTES) {
        const x = v128.load(xd + <usize>load<u32>(p) * step + at);
        const wg = v128.load32_splat(p, 4);
        g0 = i64x2.add(g0, i64x2.extmul_low_i32x4_s(x, wg));
        g1 = i64x2.add(g1, i64x2.extmul_high_i32x4_s(x, wg));
      }
      v128.store(zd + (at << 1), i64x2.add(i64x2.shr_s(d0, <i32>byD), i64x2.shr_s(g0, <i32>byG)));
      v128.store(zd + (at << 1), i64x2.add(i64x2.shr_s(d1, <i32>byD), i64x2.shr_s(g1, <i32>byG)), 16);
    } else {
      for (let lane: usize = 0; lane < 16; lane += 4) {
        let f: i64 = 0;
        let d: i64 = 0;
        let g: i64 = 0;
        for (let p = liveF; p < endF; p += LIVE_BYTES) {
          const x = <i64>load<i32>(xf + <usize>load<u32>(p) * step + at + lane);
          f += x * <i64>load<i32>(p, 4);
          d += x * <i64>load<i32>(p, 8);
        }
        for (let p = liveD; p < endD; p += LIVE_BYTES) {
          g += <i64>load<i32>(xd + <usize>load<u32>(p) * step + at + lane) * <i64>load<i32>(p, 4);
        }
        store<i64>(zf + ((at + lane) << 1), f >> byF);
        store<i64>(zd + ((at + lane) << 1), (d >> byD) + (g >> byG));
      }
    }
  }
}

/** ze = (G xe) >> byG, the difference's own columns. */
function ownProducts(xe: usize, ze: usize, liveD: usize, endD: usize, byG: i64): void {
  const step = <usize>ownStride << 2;
  for (let s = 0; s < ownStride; s += 4) {
    const at = <usize>s << 2;
    if (ASC_FEATURE_SIMD) {
      let g0 = i64x2.splat(0);
      let g1 = i64x2.splat(0);
      for (let p = liveD; p < endD; p += LIVE_BYTES) {
        const x = v128.load(xe + <usize>load<u32>(p) * step + at);
        const wg = v128.load32_splat(p, 4);
        g0 = i64x2.add(g0, i64x2.extmul_low_i32x4_s(x, wg));
        g1 = i64x2.add(g1, i64x2.extmul_high_i32x4_s(x, wg));
      }
      v128.store(ze + (at << 1), i64x2.shr_s(g0, <i32>byG));
      v128.store(ze + (at << 1), i64x2.shr_s(g1, <i32>byG), 16);
    } else {
      for (let lane: usize = 0; lane < 16; lane += 4) {
        let g: i64 = 0;
        for (let p = liveD; p < endD; p += LIVE_BYTES) {
          g += <i64>load<i32>(xe + <usize>load<u32>(p) * step + at + lane) * <i64>load<i32>(p, 4);
        }
        store<i64>(ze + ((at + lane) << 1), g >> byG);
      }
    }
  }
}

/** How far the pre-activations have to be cut so that each unit's magnitudes add up to at most 2^SUM_BITS. */
function normal(units: i32): void {
  let most: i64 = 0;
  let mostD: i64 = 0;
  for (let i = 0; i < units; i++) {
    const at = <usize>i << 3;
    const f = magnitude64(address(PAIR_AT_ZF) + at * stride, width) + load<i64>(address(PAIR_AT_ZREST_F) + at);
    const d = magnitude64(address(PAIR_AT_ZD) + at * stride, width) + magnitude64(address(PAIR_AT_ZE) + at * ownStride, ownWidth) + load<i64>(address(PAIR_AT_ZREST_D) + at);
    if (f > most) most = f;
    if (d > mostD) mostD = d;
  }
  cutF = max<i64>(0, 64 - clz<i64>(most) - SUM_BITS);
  cutD = max<i64>(0, 64 - clz<i64>(mostD) - SUM_BITS);
  scaleF = most == 0 ? PAIR_ZERO_SCALE : scaleF - <i32>cutF;
  scaleD = mostD == 0 ? PAIR_ZERO_SCALE : scaleD - <i32>cutD;
  const lostF: i64 = cutF > 0 ? width + 1 : 0;
  const lostD: i64 = cutD > 0 ? width + ownWidth + 1 : 0;
  for (let i = 0; i < units; i++) {
    const f = address(PAIR_AT_ZREST_F) + (<usize>i << 3);
    const d = address(PAIR_AT_ZREST_D) + (<usize>i << 3);
    store<i64>(f, (load<i64>(f) >> cutF) + lostF);
    store<i64>(d, (load<i64>(d) >> cutD) + lostD);
  }
}

/** Magnitudes of columns 1.. of a pre-activation, cut. */
function swing(p: usize, from: i32, n: i32, cut: i64): i64 {
  let sum: i64 = 0;
  for (let s = from; s < n; s++) sum += abs64(load<i64>(p + (<usize>s << 3)) >> cut);
  return sum;
}

/** From scale `from` to scale `to`, rounded up or down; what moves too far becomes plainly too much. */
function rescale(v: i64, from: i32, to: i32, up: bool): i64 {
  if (to <= from) return up ? -(-v >> shiftBy(from - to)) : v >> shiftBy(from - to);
  if (to - from <= NEAR) return v << <i64>(to - from);
  return v == 0 ? 0 : up ? FAR : v << <i64>NEAR;
}

/** v 2^by, rounded down. */
// @ts-ignore: decorator
@inline function moveBy(v: i64, by: i32): i64 { return by >= 0 ? v << <i64>by : v >> shiftBy(-by); }

function rectify(units: i32, layer: usize, deep: bool, box: usize): void {
  let rangeF = <usize>load<u32>(layer + PAIR_LAYER_AT_KNOWN_F, KNOWN_AT_RANGES);
  let rangeG = <usize>load<u32>(layer + PAIR_LAYER_AT_KNOWN_G, KNOWN_AT_RANGES);
  const coarse = min(scaleF, scaleD);
  let reachF: i64 = 0;
  let reachG: i64 = 0;
  const sharesF = address(PAIR_AT_SHARES_F);
  const sharesD = address(PAIR_AT_SHARES_D);
  const nodes = address(PAIR_AT_NODES);
  const usedF = width - 1 - inputs;
  const usedD = ownWidth;
  let newF = 0;
  let newD = 0;
  for (let i = 0; i < units; i++) {
    const at = <usize>i << 3;
    const node = nodes + <usize>i * NODE_BYTES;
    const zi = address(PAIR_AT_ZF) + at * stride;
    const ei = address(PAIR_AT_ZD) + at * stride;
    const oi = address(PAIR_AT_ZE) + at * ownStride;
    const restF = address(PAIR_AT_ZREST_F) + at;
    const restD = address(PAIR_AT_ZREST_D) + at;
    const zc = load<i64>(zi) >> cutF;
    const ec = load<i64>(ei) >> cutD;
    const zr = swing(zi, 1, width, cutF) + load<i64>(restF);
    const er = swing(ei, 1, width, cutD) + swing(oi, 0, ownWidth, cutD) + load<i64>(restD);
    let zl = zc - zr;
    let zu = zc + zr;
    const el = ec - er;
    const eu = ec + er;
    if (deep) {
      // Where the sign of f or of g is open.
      const open = (zl < 0 || rescale(zl, scaleF, coarse, false) + rescale(el, scaleD, coarse, false) < 0) &&
        (zu > 0 || rescale(zu, scaleF, coarse, true) + rescale(eu, scaleD, coarse, true) > 0);
      if (open) {
        // First the end that is nearer to 0; the other one where that has not settled f's sign.
        const lower = -zl < zu;
        if (lower && hasBound(false, pair, box, layer, i, -1, scaleF)) zl = max(zl, -boundOf());
        if (!(lower && (zl >= 0 || zu <= 0)) && hasBound(false, pair, box, layer, i, 1, scaleF)) zu = min(zu, boundOf());
        if (!lower && zl < 0 && zu > 0 && hasBound(false, pair, box, layer, i, -1, scaleF)) zl = max(zl, -boundOf());
      }
    }
    let gl = rescale(zl, scaleF, coarse, false) + rescale(el, scaleD, coarse, false);
    let gu = rescale(zu, scaleF, coarse, true) + rescale(eu, scaleD, coarse, true);
    if (deep && gl < 0 && gu > 0) {
      // Where the difference is so large that this has a chance to say more.
      const size = rescale(max(abs64(el), abs64(eu)), scaleD, coarse, true);
      if ((rescale(zu, scaleF, coarse, true) - rescale(zl, scaleF, coarse, false)) >> 3 < size) {
        const lower = -gl < gu;
        if (lower && hasBound(true, pair, box, layer, i, -1, coarse)) gl = max(gl, -boundOf());
        if (!(lower && (gl >= 0 || gu <= 0)) && hasBound(true, pair, box, layer, i, 1, coarse)) gu = min(gu, boundOf());
        if (!lower && gl < 0 && gu > 0 && hasBound(true, pair, box, layer, i, -1, coarse)) gl = max(gl, -boundOf());
      }
    }
    let split = false;
    let splitF = false;
    let slope: i64 = 0;
    let height: i64 = 0;
    let noiseF = -1;
    const zRest = load<i64>(restF);
    if (zl >= 0) slope = SLOPE_ONE;
    else if (zu <= 0) store<i64>(restF, 0);
    else {
      split = true;
      splitF = true;
      slope = (zu << SLOPE_BITS) / (zu - zl);
      height = (max(slope * -zl, (SLOPE_ONE - slope) * zu) >> (SLOPE_BITS + 1)) + 1;
      let rest = ((slope * zRest) >> SLOPE_BITS) + <i64>(width + 1);
      if (newF < noises - usedF) noiseF = newF++;
      else rest += height;
      store<i64>(restF, rest);
    }
    if (zu > 0) {
      rangeF = note(rangeF, i, zl, zu, slope);
      reachF += zu;
    }
    if (gu > 0) {
      rangeG = note(rangeG, i, gl, gu, gl >= 0 ? SLOPE_ONE : (gu << SLOPE_BITS) / (gu - gl));
      reachG += gu;
    }
    store<i32>(node, <i32>slope, NODE_AT_SLOPE);
    store<i32>(node, noiseF, NODE_AT_NOISE_F);
    store<i64>(node, height, NODE_AT_HEIGHT_F);
    store<i32>(node, zl >= 0 || zu > 0 ? 1 : 0, NODE_AT_LIVE_F);

    let keep = 2;
    let noiseD = -1;
    let shift: i64 = 0;
    let heightD: i64 = 0;
    let slopeG: i64 = 0;
    let shared: i64 = 0;
    if (scaleD == PAIR_ZERO_SCALE) store<i64>(restD, 0);
    else {
      const posZl = rescale(max<i64>(0, zl), scaleF, scaleD, false);
      const posZu = rescale(max<i64>(0, zu), scaleF, scaleD, true);
      const negZl = rescale(max<i64>(0, -zl), scaleF, scaleD, true);
      const negZu = rescale(max<i64>(0, -zu), scaleF, scaleD, false);
      const posGl = rescale(max<i64>(0, gl), coarse, scaleD, false);
      const posGu = rescale(max<i64>(0, gu), coarse, scaleD, true);
      const negGl = rescale(max<i64>(0, -gl), coarse, scaleD, true);
      const negGu = rescale(max<i64>(0, -gu), coarse, scaleD, false);
      let from = negGu - negZl;
      let to = negGl - negZu;
      if (zl >= 0 && gl >= 0) {
        from = 0;
        to = 0;
      } else if (zu <= 0 && gu <= 0) {
        from = 0;
        to = 0;
        keep = 0;
      } else {
        if (posGu - posZl - (posGl - posZu) < to - from) {
          from = posGl - posZu;
          to = posGu - posZl;
          keep = 0;
        }
        const size = max(abs64(el), abs64(eu));
        if (size < to - from) {
          const half = (size + 1) >> 1;
          from = -half;
          to = half;
          keep = 1;
        }
      }
      heightD = (to - from + 1) >> 1;
      shift = (from + to) >> 1;
      const by = scaleD - scaleF;
      if (heightD > 0 && by <= NEAR) {
        let h: i64 = 0;
        if (gl >= 0) slopeG = SLOPE_ONE;
        else if (gu > 0) {
          slopeG = (gu << SLOPE_BITS) / (gu - gl);
          h = (max(slopeG * -gl, (SLOPE_ONE - slopeG) * gu) >> (SLOPE_BITS + 1)) + 1;
          h = rescale(h, coarse, scaleD, true);
        }
        const part = abs64(slopeG - slope) * (abs64(zc) + zr);
        const moved = rescale(part >> SLOPE_BITS, scaleF, scaleD, true);
        const own = rescale(height, scaleF, scaleD, true);
        if (h + own < heightD && moved < <i64>1 << SUM_BITS) {
          keep = 3;
          heightD = h;
          shift = h;
        }
      }
      let rest = load<i64>(restD);
      if (keep == 3) {
        rest = ((slopeG * rest) >> SLOPE_BITS) + moveBy(abs64(slopeG - slope) * zRest, by - <i32>SLOPE_BITS) + <i64>(2 * width + ownWidth + 4);
        const h = moveBy(height, by);
        shift -= h;
        if (splitF && noiseF < 0) rest += h;
        else if (splitF) shared = -h;
      } else if (keep == 1) rest = (rest >> 1) + <i64>(width + ownWidth + 1);
      else if (keep == 0) rest = 0;
      if (heightD > 0) {
        split = true;
        if (newD < noises - usedD) noiseD = newD++;
        else rest += heightD;
      }
      store<i64>(restD, rest);
    }
    store<i32>(node, keep, NODE_AT_KEEP);
    store<i32>(node, noiseD, NODE_AT_NOISE_D);
    store<i64>(node, shift, NODE_AT_SHIFT_D);
    store<i64>(node, heightD, NODE_AT_HEIGHT_D);
    store<i32>(node, <i32>slopeG, NODE_AT_SLOPE_G);
    store<i64>(node, shared, NODE_AT_SHARED);
    store<i32>(node, scaleD != PAIR_ZERO_SCALE && (keep != 0 || heightD != 0 || shift != 0) ? 1 : 0, NODE_AT_LIVE_D);
    if (split) unsettled++;
    if (noiseF >= 0) share(zi, sharesF, sharesF + (<usize>(usedF + noiseF) * inputs << 2));
    if (noiseD >= 0) share(zi, sharesF, sharesD + (<usize>(usedD + noiseD) * inputs << 2));
  }
  noteAll(layer + PAIR_LAYER_AT_KNOWN_F, rangeF, scaleF, reachF);
  noteAll(layer + PAIR_LAYER_AT_KNOWN_G, rangeG, coarse, reachG);
  write(units, newF, newD);
}

/** Each input's share in the range of z, as parts of 2^SHARE_BITS. */
function share(z: usize, shares: usize, into: usize): void {
  let total: i64 = 0;
  for (let s = 1; s < width; s++) total += abs64(load<i64>(z + (<usize>s << 3)) >> cutF);
  const blame = address(PAIR_AT_BLAME);
  for (let i = 0; i < inputs; i++) {
    store<i64>(blame + (<usize>i << 3), abs64(load<i64>(z + (<usize>(i + 1) << 3)) >> cutF) << SHARE_BITS);
  }
  for (let s = inputs + 1; s < width; s++) {
    const weight = abs64(load<i64>(z + (<usize>s << 3)) >> cutF);
    if (weight == 0) continue;
    const row = shares + (<usize>(s - inputs - 1) * inputs << 2);
    for (let i = 0; i < inputs; i++) {
      const at = blame + (<usize>i << 3);
      store<i64>(at, load<i64>(at) + weight * <i64>load<i32>(row + (<usize>i << 2)));
    }
  }
  for (let i = 0; i < inputs; i++) {
    store<i32>(into + (<usize>i << 2), total == 0 ? 0 : <i32>(load<i64>(blame + (<usize>i << 3)) / total));
  }
}

/** Units behind the relu, with their new noises. */
function write(units: i32, newF: i32, newD: i32): void {
  const nextWidth = width + newF;
  const nextOwn = ownWidth + newD;
  const nextStride = padded(nextWidth);
  const nextOwnStride = padded(nextOwn);
  const nodes = address(PAIR_AT_NODES);
  for (let i = 0; i < units; i++) {
    const node = nodes + <usize>i * NODE_BYTES;
    const zi = address(PAIR_AT_ZF) + (<usize>i * stride << 3);
    const ei = address(PAIR_AT_ZD) + (<usize>i * stride << 3);
    const oi = address(PAIR_AT_ZE) + (<usize>i * ownStride << 3);
    const xf = address(PAIR_AT_XF) + (<usize>i * nextStride << 2);
    const xd = address(PAIR_AT_XD) + (<usize>i * nextStride << 2);
    const xe = address(PAIR_AT_XE) + (<usize>i * nextOwnStride << 2);
    const slope = <i64>load<i32>(node, NODE_AT_SLOPE);
    if (slope == SLOPE_ONE) {
      for (let s = 0; s < width; s++) store<i32>(xf + (<usize>s << 2), <i32>(load<i64>(zi + (<usize>s << 3)) >> cutF));
    } else if (slope == 0 && load<i32>(node, NODE_AT_LIVE_F) == 0) memory.fill(xf, 0, <usize>width << 2);
    else {
      for (let s = 0; s < width; s++) store<i32>(xf + (<usize>s << 2), <i32>((slope * (load<i64>(zi + (<usize>s << 3)) >> cutF)) >> SLOPE_BITS));
      store<i32>(xf, load<i32>(xf) + <i32>load<i64>(node, NODE_AT_HEIGHT_F));
    }
    memory.fill(xf + (<usize>width << 2), 0, <usize>(nextStride - width) << 2);
    const noiseF = load<i32>(node, NODE_AT_NOISE_F);
    if (noiseF >= 0) store<i32>(xf + (<usize>(width + noiseF) << 2), <i32>load<i64>(node, NODE_AT_HEIGHT_F));

    const keep = load<i32>(node, NODE_AT_KEEP);
    if (keep == 0) {
      memory.fill(xd, 0, <usize>width << 2);
      memory.fill(xe, 0, <usize>ownWidth << 2);
    } else if (keep == 3) {
      const slopeG = <i64>load<i32>(node, NODE_AT_SLOPE_G);
      const by = scaleD - scaleF - <i32>SLOPE_BITS;
      for (let s = 0; s < width; s++) {
        const z = load<i64>(zi + (<usize>s << 3)) >> cutF;
        const e = load<i64>(ei + (<usize>s << 3)) >> cutD;
        store<i32>(xd + (<usize>s << 2), <i32>(moveBy((slopeG - slope) * z, by) + ((slopeG * e) >> SLOPE_BITS)));
      }
      for (let s = 0; s < ownWidth; s++) store<i32>(xe + (<usize>s << 2), <i32>((slopeG * (load<i64>(oi + (<usize>s << 3)) >> cutD)) >> SLOPE_BITS));
    } else {
      const by = cutD + (keep == 1 ? 1 : 0);
      for (let s = 0; s < width; s++) store<i32>(xd + (<usize>s << 2), <i32>(load<i64>(ei + (<usize>s << 3)) >> by));
      for (let s = 0; s < ownWidth; s++) store<i32>(xe + (<usize>s << 2), <i32>(load<i64>(oi + (<usize>s << 3)) >> by));
    }
    store<i32>(xd, load<i32>(xd) + <i32>load<i64>(node, NODE_AT_SHIFT_D));
    memory.fill(xd + (<usize>width << 2), 0, <usize>(nextStride - width) << 2);
    if (noiseF >= 0) store<i32>(xd + (<usize>(width + noiseF) << 2), <i32>load<i64>(node, NODE_AT_SHARED));
    memory.fill(xe + (<usize>ownWidth << 2), 0, <usize>(nextOwnStride - ownWidth) << 2);
    const noiseD = load<i32>(node, NODE_AT_NOISE_D);
    if (noiseD >= 0) store<i32>(xe + (<usize>(ownWidth + noiseD) << 2), <i32>load<i64>(node, NODE_AT_HEIGHT_D));
    store<i64>(address(PAIR_AT_REST_F) + (<usize>i << 3), load<i64>(address(PAIR_AT_ZREST_F) + (<usize>i << 3)));
    store<i64>(address(PAIR_AT_REST_D) + (<usize>i << 3), load<i64>(address(PAIR_AT_ZREST_D) + (<usize>i << 3)));
  }
  width = nextWidth;
  ownWidth = nextOwn;
  stride = nextStride;
  ownStride = nextOwnStride;
}

function finish(outputs: i32, answer: usize): void {
  store<i32>(answer, scaleF, ANSWER_AT_SCALE_F);
  store<i32>(answer, scaleD, ANSWER_AT_SCALE_D);
  store<i32>(answer, unsettled, ANSWER_AT_UNSETTLED);
  const block = <usize>outputs << 2;
  const values = answer + ANSWER_AT_VALUES;
  const sharesF = address(PAIR_AT_SHARES_F);
  const sharesD = address(PAIR_AT_SHARES_D);
  const blame = address(PAIR_AT_BLAME);
  memory.fill(blame, 0, <usize>inputs << 3);
  for (let i = 0; i < outputs; i++) {
    const at = <usize>i << 3;
    const zi = address(PAIR_AT_ZF) + at * stride;
    const ei = address(PAIR_AT_ZD) + at * stride;
    const oi = address(PAIR_AT_ZE) + at * ownStride;
    const to = values + (<usize>i << 2);
    store<i32>(to, <i32>(load<i64>(zi) >> cutF));
    store<i32>(to + block, <i32>(swing(zi, 1, width, cutF) + load<i64>(address(PAIR_AT_ZREST_F) + at)));
    store<i32>(to + 2 * block, <i32>(load<i64>(ei) >> cutD));
    store<i32>(to + 3 * block, <i32>(swing(ei, 1, width, cutD) + swing(oi, 0, ownWidth, cutD) + load<i64>(address(PAIR_AT_ZREST_D) + at)));
    for (let k = 0; k < inputs; k++) {
      const slope = load<i64>(ei + (<usize>(k + 1) << 3)) >> cutD;
      store<i32>(values + 4 * block + (<usize>(i * inputs + k) << 2), <i32>slope);
      // A linear part counts a quarter.
      let sum = abs64(slope) << (SHARE_BITS - 2);
      for (let s = inputs + 1; s < width; s++) {
        sum += abs64(load<i64>(ei + (<usize>s << 3)) >> cutD) * <i64>load<i32>(sharesF + (<usize>((s - inputs - 1) * inputs + k) << 2));
      }
      for (let s = 0; s < ownWidth; s++) {
        sum += abs64(load<i64>(oi + (<usize>s << 3)) >> cutD) * <i64>load<i32>(sharesD + (<usize>(s * inputs + k) << 2));
      }
      const b = blame + (<usize>k << 3);
      store<i64>(b, load<i64>(b) + (sum >> SHARE_BITS));
    }
  }
}
