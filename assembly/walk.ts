// Walks a plan, tile by tile: pack, one kernel a layer between two buffers, unpack.
import { packFloats, packWords, unpackFloats, unpackWords } from "./convert";
import { int32Rows, limb32Rows, limb64Rows, usedLimbs } from "./lanes";
import {
  FORM_FLOAT64,
  KERNEL_INT32,
  KERNEL_LIMB32,
  LANES,
  LAYER_AT_BIAS_LIMBS,
  LAYER_AT_GROWTH,
  LAYER_AT_KERNEL,
  LAYER_AT_LIMBS_OUT,
  LAYER_AT_LIMBS_SUM,
  LAYER_AT_OUTPUTS,
  LAYER_AT_ROWS,
  LAYER_BYTES,
  PLAN_AT_INPUT_LIMBS,
  PLAN_AT_INPUT_SCALE,
  PLAN_AT_INPUTS,
  PLAN_AT_LAYERS,
  PLAN_AT_OUTPUT_SCALE,
  PLAN_AT_OUTPUT_WORDS,
  PLAN_AT_OUTPUTS,
  PLAN_AT_RADIX,
  PLAN_AT_TILE_VECTORS,
  PLAN_HEADER_BYTES,
  UNIT_PAD_BYTES,
  VECTOR_BYTES,
} from "./layout";

// @ts-ignore: decorator
@inline
function strideOf(limbs: i32, vectors: i32): usize {
  return <usize>(limbs * vectors) * VECTOR_BYTES + UNIT_PAD_BYTES;
}

/** Evaluates `rows` inputs; a and b are the two activation buffers. */
export function walk(plan: usize, src: usize, inForm: i32, inWords: i32, rows: i32, dst: usize, outForm: i32, a: usize, b: usize): void {
  const inputs = load<i32>(plan, PLAN_AT_INPUTS);
  const outputs = load<i32>(plan, PLAN_AT_OUTPUTS);
  const layers = load<i32>(plan, PLAN_AT_LAYERS);
  const radix = load<i32>(plan, PLAN_AT_RADIX);
  const most = load<i32>(plan, PLAN_AT_TILE_VECTORS);
  const outWords = load<i32>(plan, PLAN_AT_OUTPUT_WORDS);
  const inBytes = <usize>inputs * (inForm == FORM_FLOAT64 ? 8 : <usize>inWords << 2);
  const outBytes = <usize>outputs * (outForm == FORM_FLOAT64 ? 8 : <usize>outWords << 2);
  while (rows > 0) {
    const vectors = min(most, rows > 2 * LANES ? 4 : rows > LANES ? 2 : 1);
    const here = min(rows, vectors * LANES);
    let limbs = load<i32>(plan, PLAN_AT_INPUT_LIMBS);
    let x = a;
    let y = b;
    let xs = strideOf(limbs, vectors);
    if (inForm == FORM_FLOAT64) {
      packFloats(src, here, inputs, x, xs, vectors, limbs, radix, load<i32>(plan, PLAN_AT_INPUT_SCALE));
    } else {
      packWords(src, inWords, here, inputs, x, xs, vectors, limbs, radix);
    }
    for (let l = 0; l < layers; l++) {
      const layer = plan + PLAN_HEADER_BYTES + <usize>l * LAYER_BYTES;
      const kernel = load<i32>(layer, LAYER_AT_KERNEL);
      const program = plan + load<u32>(layer, LAYER_AT_ROWS);
      const units = load<i32>(layer, LAYER_AT_OUTPUTS);
      const last = l == layers - 1;
      const lout = min(
        load<i32>(layer, LAYER_AT_LIMBS_SUM),
        max(limbs, load<i32>(layer, LAYER_AT_BIAS_LIMBS)) + load<i32>(layer, LAYER_AT_GROWTH),
      );
      const ys = strideOf(lout, vectors);
      if (kernel == KERNEL_INT32) int32Rows(vectors, x, xs, y, ys, program, units, last);
      else if (kernel == KERNEL_LIMB32) limb32Rows(vectors, x, xs, y, ys, program, units, limbs, lout, radix, last);
      else limb64Rows(vectors, x, xs, y, ys, program, units, limbs, lout, radix, last);
      limbs = last ? lout : usedLimbs(vectors, y, ys, units, min(lout, load<i32>(layer, LAYER_AT_LIMBS_OUT)));
      xs = ys;
      const t = x;
      x = y;
      y = t;
    }
    if (outForm == FORM_FLOAT64) {
      unpackFloats(x, xs, vectors, limbs, radix, load<i32>(plan, PLAN_AT_OUTPUT_SCALE), here, outputs, dst);
    } else {
      unpackWords(x, xs, vectors, limbs, radix, here, outputs, dst, outWords);
    }
    rows -= here;
    src += <usize>here * inBytes;
    dst += <usize>here * outBytes;
  }
}
