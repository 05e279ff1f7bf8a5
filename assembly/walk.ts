// Walks a plan, block by block: pack, one kernel a layer between two buffers, unpack. Sparse layers work on limbs in lanes,
// dense ones on limbs in pairs; where neighbours differ the activations are recoded between them.
import { packFloats, packWords, powerOfTwo, unpackFloats, unpackWords } from "./convert";
import { denseTiles, limbBytes } from "./dense";
import { denseOne, oneLimbBytes } from "./denseOne";
import { closeWindows, leaveZeros, openWindows, widestWindow, windowRows } from "./window";
import { int32Rows, limb32Rows, limb64Rows, usedLimbs } from "./lanes";
import {
  DENSE_TILES,
  FORM_FLOAT64,
  KERNEL_DENSE,
  KERNEL_INT32,
  KERNEL_LIMB32,
  KERNEL_WINDOW,
  LANES,
  LAYER_AT_BIAS_LIMBS,
  LAYER_AT_BLOCKS,
  LAYER_AT_GROWTH,
  LAYER_AT_HINTS,
  LAYER_AT_INPUTS,
  LAYER_AT_KERNEL,
  LAYER_AT_LIMBS_IN,
  LAYER_AT_LIMBS_OUT,
  LAYER_AT_LIMBS_SUM,
  LAYER_AT_OUTPUTS,
  LAYER_AT_PAIRS,
  LAYER_AT_ROWS,
  LAYER_AT_STORAGE,
  LAYER_AT_WEIGHT_BITS,
  LAYER_BYTES,
  ONE_BY_ONE,
  PLAN_AT_BASE,
  PLAN_AT_INPUT_LIMBS,
  PLAN_AT_INPUT_SCALE,
  PLAN_AT_INPUTS,
  PLAN_AT_KIND,
  PLAN_AT_LAYERS,
  PLAN_AT_OUTPUT_SCALE,
  PLAN_AT_OUTPUT_WORDS,
  PLAN_AT_OUTPUTS,
  PLAN_AT_PANEL_BYTES,
  PLAN_AT_RADIX,
  PLAN_AT_LIST_BYTES,
  PLAN_AT_TABLE_BYTES,
  PLAN_AT_TILE_VECTORS,
  PLAN_DENSE,
  PLAN_HEADER_BYTES,
  PLAN_SPARSE,
  STORAGE_BITS,
  TERM_BYTES,
  TILE,
  UNIT_PAD_BYTES,
  VECTOR_BYTES,
  WIDE_TERM_BYTES,
} from "./layout";
import { splitLimbs, toLanes, toPairs } from "./recode";
import { shortRows } from "./short";

/** Bytes from one unit to the next where limbs lie in lanes. */
// @ts-ignore: decorator
@inline
function strideOf(limbs: i32, vectors: i32): usize {
  return <usize>(limbs * vectors) * VECTOR_BYTES + UNIT_PAD_BYTES;
}

/** Bytes from one tile to the next where limbs lie in pairs. */
// @ts-ignore: decorator
@inline
function tileOf(limbs: i32, pairs: i32): usize {
  return <usize>limbs * limbBytes(pairs) + UNIT_PAD_BYTES;
}

// @ts-ignore: decorator
@inline
function layerAt(plan: usize, l: i32): usize {
  return plan + PLAN_HEADER_BYTES + <usize>l * LAYER_BYTES;
}

/** Limbs of a layer's sums when `limbs` come in. */
// @ts-ignore: decorator
@inline
function sumLimbs(layer: usize, limbs: i32): i32 {
  return min(
    load<i32>(layer, LAYER_AT_LIMBS_SUM),
    max(limbs, load<i32>(layer, LAYER_AT_BIAS_LIMBS)) + load<i32>(layer, LAYER_AT_GROWTH),
  );
}

/** Evaluates `rows` inputs; a and b are the two activation buffers, panel the room for a block of weights. */
export function walk(plan: usize, src: usize, inForm: i32, inWords: i32, rows: i32, dst: usize, outForm: i32, a: usize, b: usize, panel: usize): void {
  const kind = load<i32>(plan, PLAN_AT_KIND);
  const most = load<i32>(plan, PLAN_AT_TILE_VECTORS);
  const inBytes = <usize>load<i32>(plan, PLAN_AT_INPUTS) * (inForm == FORM_FLOAT64 ? 8 : <usize>inWords << 2);
  const outBytes = <usize>load<i32>(plan, PLAN_AT_OUTPUTS) * (outForm == FORM_FLOAT64 ? 8 : <usize>load<i32>(plan, PLAN_AT_OUTPUT_WORDS) << 2);
  while (rows > 0) {
    let here: i32;
    if (kind == PLAN_DENSE && rows <= ONE_BY_ONE) {
      here = 1;
      walkOne(plan, src, inForm, inWords, dst, outForm, a, b);
    } else {
      let vectors: i32;
      if (kind == PLAN_DENSE) vectors = min(2 * DENSE_TILES, ((rows + TILE - 1) / TILE) << 1);
      else vectors = min(most, rows >= 16 * LANES ? 16 : rows >= 8 * LANES ? 8 : rows > 2 * LANES ? 4 : rows > LANES || kind != PLAN_SPARSE ? 2 : 1);
      here = min(rows, vectors * LANES);
      walkBlock(plan, src, inForm, inWords, here, vectors, dst, outForm, a, b, panel);
    }
    rows -= here;
    src += <usize>here * inBytes;
    dst += <usize>here * outBytes;
  }
}

function walkBlock(plan: usize, src: usize, inForm: i32, inWords: i32, rows: i32, vectors: i32, dst: usize, outForm: i32, a: usize, b: usize, panel: usize): void {
  const inputs = load<i32>(plan, PLAN_AT_INPUTS);
  const layers = load<i32>(plan, PLAN_AT_LAYERS);
  const radix = load<i32>(plan, PLAN_AT_RADIX);
  const base = load<i32>(plan, PLAN_AT_BASE);
  const scale = load<i32>(plan, PLAN_AT_INPUT_SCALE);
  const tiles = (vectors + 1) >> 1;
  let limbs = load<i32>(plan, PLAN_AT_INPUT_LIMBS);
  // Where a dense layer comes first, inputs are packed to its base.
  let dense = load<i32>(layerAt(plan, 0), LAYER_AT_KERNEL) == KERNEL_DENSE;
  const inRadix = dense ? base : radix;
  let x = a;
  let y = b;
  let xs = strideOf(limbs, vectors);
  if (inForm == FORM_FLOAT64) packFloats(src, rows, inputs, x, xs, vectors, limbs, inRadix, scale);
  else packWords(src, inWords, rows, inputs, x, xs, vectors, limbs, inRadix);
  if (dense) {
    const pairs = load<i32>(layerAt(plan, 0), LAYER_AT_PAIRS);
    toPairs(x, xs, vectors, inputs, limbs, base, y, tileOf(limbs, pairs), pairs, limbs, base);
    xs = tileOf(limbs, pairs);
    const t = x;
    x = y;
    y = t;
  }
  let units = inputs;
  let oneLimb = false; // a single limb of up to 31 bits
  let windows = false; // units have windows, in the table of x
  let uniform = false; // and all that are not zero have the same one, from limb 0
  const tableBytes = load<u32>(plan, PLAN_AT_TABLE_BYTES);
  let from = panel + load<u32>(plan, PLAN_AT_PANEL_BYTES);
  let to = from + tableBytes;
  const list = to + tableBytes;
  const hints = list + load<u32>(plan, PLAN_AT_LIST_BYTES);
  for (let l = 0; l < layers; l++) {
    const layer = layerAt(plan, l);
    const kernel = load<i32>(layer, LAYER_AT_KERNEL);
    const last = l == layers - 1;
    // Short layers keep a table too: units that are zero for the whole tile are at work in no row.
    const short = ASC_FEATURE_SIMD && (kernel == KERNEL_LIMB32 || (kernel == KERNEL_WINDOW && limbs <= 3 && (!windows || uniform) && load<i32>(layer, LAYER_AT_WEIGHT_BITS) <= radix));
    if (windows && kernel != KERNEL_WINDOW && !(short && uniform)) {
      closeWindows(from, units, limbs, <usize>vectors * VECTOR_BYTES);
      windows = false;
    }
    if (kernel == KERNEL_DENSE) {
      const pairs = load<i32>(layer, LAYER_AT_PAIRS);
      if (!dense) {
        const width = limbs == 1 && oneLimb ? 31 : radix;
        const more = min((limbs * width + base - 1) / base, load<i32>(layer, LAYER_AT_LIMBS_IN));
        const ts = tileOf(more, pairs);
        toPairs(x, xs, vectors, units, limbs, width, y, ts, pairs, more, base);
        limbs = more;
        xs = ts;
        dense = true;
        const t = x;
        x = y;
        y = t;
      }
      const lout = sumLimbs(layer, limbs);
      const blocks = load<i32>(layer, LAYER_AT_BLOCKS);
      const ys = last ? <usize>blocks * 4 * strideOf(lout, 2) : tileOf(lout, blocks << 1);
      const used = denseTiles(plan, layer, x, xs, y, ys, tiles, limbs, lout, base, last, strideOf(lout, 2), panel);
      limbs = last ? lout : min(used, load<i32>(layer, LAYER_AT_LIMBS_OUT));
      xs = ys;
      oneLimb = false;
    } else {
      const program = plan + load<u32>(layer, LAYER_AT_ROWS);
      if (dense) {
        const most = load<i32>(layer, LAYER_AT_LIMBS_IN);
        const more = min(most, (limbs * base + radix - 1) / radix);
        const ls = strideOf(more, vectors);
        toLanes(x, xs, (units + 3) >> 2 << 1, limbs, base, y, ls, vectors, units, more, most == 1 ? 31 : radix);
        limbs = more;
        xs = ls;
        dense = false;
        const t = x;
        x = y;
        y = t;
      }
      if (oneLimb && kernel != KERNEL_INT32) {
        // A limb of up to 31 bits becomes limbs of `radix` bits.
        const most = load<i32>(layer, LAYER_AT_LIMBS_IN);
        const ss = strideOf(most, vectors);
        splitLimbs(x, xs, y, ss, vectors, units, most, radix);
        limbs = usedLimbs(vectors, y, ss, units, most);
        xs = ss;
        const t = x;
        x = y;
        y = t;
      }
      const rowsHere = load<i32>(layer, LAYER_AT_OUTPUTS);
      const lout = sumLimbs(layer, limbs);
      const ys = strideOf(lout, vectors);
      const bits = load<i32>(layer, LAYER_AT_STORAGE) == STORAGE_BITS ? units : 0;
      if (kernel == KERNEL_WINDOW || short) {
        if (!windows) openWindows(from, x, xs, units, limbs);
        if (bits != 0) leaveZeros(from, units, <usize>(limbs * vectors) * VECTOR_BYTES);
        if (short) {
          if (ASC_FEATURE_SIMD) shortRows(vectors, from, to, y, ys, program, rowsHere, min(limbs, lout), lout, radix, last, list, kernel == KERNEL_LIMB32 ? TERM_BYTES : WIDE_TERM_BYTES, bits);
        } else windowRows(vectors, from, to, y, ys, program, rowsHere, min(limbs, lout), lout, radix, load<i32>(layer, LAYER_AT_GROWTH), last, l == 0, list, hints + load<u32>(layer, LAYER_AT_HINTS));
        windows = !last;
        uniform = short;
        const swap = from;
        from = to;
        to = swap;
      } else if (kernel == KERNEL_INT32) int32Rows(vectors, x, xs, y, ys, program, rowsHere, last);
      else if (kernel == KERNEL_LIMB32) {
        if (!ASC_FEATURE_SIMD) limb32Rows(vectors, x, xs, y, ys, program, rowsHere, limbs, lout, radix, last, list, bits);
      } else limb64Rows(vectors, x, xs, y, ys, program, rowsHere, limbs, lout, radix, last);
      if (last) limbs = lout;
      else if (windows && !short) limbs = widestWindow(from, rowsHere);
      else limbs = usedLimbs(vectors, y, ys, rowsHere, min(lout, load<i32>(layer, LAYER_AT_LIMBS_OUT)));
      xs = ys;
      oneLimb = kernel == KERNEL_INT32;
    }
    units = load<i32>(layer, LAYER_AT_OUTPUTS);
    const t = x;
    x = y;
    y = t;
  }
  if (!dense) {
    unpack(plan, x, xs, <usize>vectors * VECTOR_BYTES, limbs, radix, rows, dst, outForm);
    return;
  }
  const outBytes = <usize>TILE * <usize>units * (outForm == FORM_FLOAT64 ? 8 : <usize>load<i32>(plan, PLAN_AT_OUTPUT_WORDS) << 2);
  for (let t = 0; t < tiles; t++) {
    unpack(plan, x, strideOf(limbs, 2), 2 * VECTOR_BYTES, limbs, base, min(TILE, rows - t * TILE), dst, outForm);
    x += xs;
    dst += outBytes;
  }
}

/** One input through a plan of dense layers only, rows in the lanes. */
function walkOne(plan: usize, src: usize, inForm: i32, inWords: i32, dst: usize, outForm: i32, a: usize, b: usize): void {
  const inputs = load<i32>(plan, PLAN_AT_INPUTS);
  const layers = load<i32>(plan, PLAN_AT_LAYERS);
  const base = load<i32>(plan, PLAN_AT_BASE);
  let limbs = load<i32>(plan, PLAN_AT_INPUT_LIMBS);
  let layer = layerAt(plan, 0);
  let x = b;
  let y = a;
  const pairs = load<i32>(layer, LAYER_AT_PAIRS);
  const xLimb = oneLimbBytes(pairs);
  const scale = load<i32>(plan, PLAN_AT_INPUT_SCALE);
  // Packed as the one lane of a tile of one vector, then brought together.
  const stride = strideOf(limbs, 1);
  if (inForm == FORM_FLOAT64 && limbs <= 2 && scale <= 1000) {
    const factor = powerOfTwo(scale);
    const mask = (1 << base) - 1;
    let i = 0;
    if (ASC_FEATURE_SIMD) {
      for (; i + 8 <= inputs; i += 8) packEight(src + (<usize>i << 3), factor, x + (<usize>i << 1), limbs > 1 ? xLimb : 0, base);
    }
    for (; i < inputs; i++) {
      const v = <i32>(load<f64>(src + (<usize>i << 3)) * factor);
      const size = v < 0 ? -v : v;
      const low = size & mask;
      const q = x + (<usize>i << 1);
      store<i16>(q, <i16>(v < 0 ? -low : low));
      if (limbs > 1) store<i16>(q + xLimb, <i16>(v < 0 ? -(size >> base) : size >> base));
    }
  } else if (inForm == FORM_FLOAT64) packFloats(src, 1, inputs, y, stride, 1, limbs, base, scale);
  else packWords(src, inWords, 1, inputs, y, stride, 1, limbs, base);
  const direct = inForm == FORM_FLOAT64 && limbs <= 2 && scale <= 1000;
  for (let l = 0; l < limbs; l++) {
    let p = y + <usize>l * VECTOR_BYTES;
    const q = x + <usize>l * xLimb;
    if (!direct) for (let i = 0; i < inputs; i++) {
      store<i16>(q + (<usize>i << 1), load<i16>(p));
      p += stride;
    }
    for (let i = inputs; i < pairs << 1; i++) store<i16>(q + (<usize>i << 1), 0);
  }
  let yLimb: usize = 0;
  for (let l = 0; l < layers; l++) {
    layer = layerAt(plan, l);
    const last = l == layers - 1;
    const lout = sumLimbs(layer, limbs);
    // A result of the last layer is as wide as a pair.
    yLimb = oneLimbBytes(load<i32>(layer, LAYER_AT_BLOCKS) << (last ? 2 : 1));
    const used = denseOne(plan, layer, x, y, yLimb, limbs, lout, base, last);
    limbs = last ? lout : min(used, load<i32>(layer, LAYER_AT_LIMBS_OUT));
    const t = x;
    x = y;
    y = t;
  }
  unpack(plan, x, 4, yLimb, limbs, base, 1, dst, outForm);
}

/** Eight whole numbers, given as float64 times 1 / factor, as 16-bit limbs with their sign: one limb, or two that lie `high` bytes apart. */
// @ts-ignore: decorator
@inline
function packEight(src: usize, factor: f64, dst: usize, high: usize, base: i32): void {
  const by = f64x2.splat(factor);
  const a = wholeFour(src, by), b = wholeFour(src + 32, by);
  if (high == 0) {
    v128.store(dst, i16x8.narrow_i32x4_s(a, b));
    return;
  }
  const mask = i32x4.splat((1 << base) - 1);
  const s = i32x4.shr_s(a, 31), t = i32x4.shr_s(b, 31);
  const p = i32x4.abs(a), q = i32x4.abs(b);
  v128.store(dst, i16x8.narrow_i32x4_s(withSign(v128.and(p, mask), s), withSign(v128.and(q, mask), t)));
  v128.store(dst + high, i16x8.narrow_i32x4_s(withSign(i32x4.shr_u(p, base), s), withSign(i32x4.shr_u(q, base), t)));
}

/** Adding 1.5 * 2^52 leaves a whole number in the low word. */
// @ts-ignore: decorator
@inline
function wholeFour(src: usize, by: v128): v128 {
  const magic = f64x2.splat(6755399441055744);
  const a = f64x2.add(f64x2.mul(v128.load(src), by), magic);
  const b = f64x2.add(f64x2.mul(v128.load(src, 16), by), magic);
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/** -v in the lanes where `sign` is -1, v where it is 0. */
// @ts-ignore: decorator
@inline
function withSign(v: v128, sign: v128): v128 {
  return i32x4.sub(v128.xor(v, sign), sign);
}

function unpack(plan: usize, x: usize, stride: usize, step: usize, limbs: i32, radix: i32, rows: i32, dst: usize, outForm: i32): void {
  const outputs = load<i32>(plan, PLAN_AT_OUTPUTS);
  if (outForm == FORM_FLOAT64) {
    unpackFloats(x, stride, step, limbs, radix, load<i32>(plan, PLAN_AT_OUTPUT_SCALE), rows, outputs, dst);
  } else {
    unpackWords(x, stride, step, limbs, radix, rows, outputs, dst, load<i32>(plan, PLAN_AT_OUTPUT_WORDS));
  }
}
