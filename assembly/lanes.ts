// Sparse layers on structure-of-arrays tiles: a lane is another input, so a carry never crosses lanes.
//
//   unit i:   limb 0           limb 1           ...
//             [v0 v1 .. vV-1]  [v0 v1 .. vV-1]        v = 4 inputs, V = vectors of the tile
//
// Limbs are digits in [0, 2^R); the top limb of a last layer keeps the sign. Inputs of the first layer may have all
// limbs negative. The plan has proved that no sum leaves its lane, in any order of the terms.
import {
  BIAS_BYTES,
  LANES,
  ROW_HEADER_BYTES,
  TERM_BYTES,
  VECTOR_BYTES,
  WIDE_TERM_BYTES,
} from "./layout";

/** y = max(0, A x + c) (or A x + c where `last`), every number one limb of 31 bits and a sign. */
export function int32Rows(vectors: i32, x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, last: bool): void {
  if (ASC_FEATURE_SIMD) {
    if (vectors == 4) int32Tile(4, x, xs, y, ys, program, rows, last);
    else if (vectors == 2) int32Tile(2, x, xs, y, ys, program, rows, last);
    else int32Tile(1, x, xs, y, ys, program, rows, last);
  } else {
    for (let i = 0; i < rows; i++) {
      const terms = rowTerms(program);
      const end = terms + load<u32>(program) * TERM_BYTES;
      for (let lane = 0; lane < vectors * LANES; lane++) {
        const at = <usize>lane << 2;
        let a = load<u32>(program, 4) != 0 ? load<i32>(program, ROW_HEADER_BYTES + 4) : 0;
        for (let p = terms; p < end; p += TERM_BYTES) a += load<i32>(x + load<usize>(p) * xs + at) * load<i32>(p, 4);
        store<i32>(y + at, last ? a : max(a, 0));
      }
      program = end;
      y += ys;
    }
  }
}

/** As int32Rows for limbs: `lin` limbs come in, `lout` go out, sums fit 32 bits. */
export function limb32Rows(vectors: i32, x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, lin: i32, lout: i32, radix: i32, last: bool): void {
  if (ASC_FEATURE_SIMD) {
    if (vectors == 4) limb32Tile(4, x, xs, y, ys, program, rows, lin, lout, radix, last);
    else if (vectors == 2) limb32Tile(2, x, xs, y, ys, program, rows, lin, lout, radix, last);
    else limb32Tile(1, x, xs, y, ys, program, rows, lin, lout, radix, last);
  } else {
    const mask = (1 << radix) - 1;
    const step = <usize>vectors * VECTOR_BYTES;
    for (let i = 0; i < rows; i++) {
      const terms = rowTerms(program);
      const end = terms + load<u32>(program) * TERM_BYTES;
      for (let lane = 0; lane < vectors * LANES; lane++) {
        let at = <usize>lane << 2;
        let bias = program + ROW_HEADER_BYTES;
        let c: i32 = 0;
        for (let l = 0; l < lout; l++) {
          if (bias < terms && load<i32>(bias) == l) {
            c += load<i32>(bias, 4);
            bias += BIAS_BYTES;
          }
          if (l < lin) for (let p = terms; p < end; p += TERM_BYTES) c += load<i32>(x + load<usize>(p) * xs + at) * load<i32>(p, 4);
          const keep = last && l == lout - 1;
          store<i32>(y + at, keep ? c : c & mask);
          c >>= radix;
          at += step;
        }
        if (!last && c < 0) clearLane(y + (<usize>lane << 2), step, lout);
      }
      program = end;
      y += ys;
    }
  }
}

/** As limb32Rows with sums in 64 bits and weights of any length, cut into digits that sit at a limb offset. */
export function limb64Rows(vectors: i32, x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, lin: i32, lout: i32, radix: i32, last: bool): void {
  if (ASC_FEATURE_SIMD) {
    if (vectors == 4) limb64Tile(4, x, xs, y, ys, program, rows, lin, lout, radix, last);
    else if (vectors == 2) limb64Tile(2, x, xs, y, ys, program, rows, lin, lout, radix, last);
    else limb64Tile(1, x, xs, y, ys, program, rows, lin, lout, radix, last);
  } else {
    const mask = ((<i64>1) << radix) - 1;
    const step = <usize>vectors * VECTOR_BYTES;
    for (let i = 0; i < rows; i++) {
      const terms = rowTerms(program);
      const end = terms + load<u32>(program) * WIDE_TERM_BYTES;
      for (let lane = 0; lane < vectors * LANES; lane++) {
        const first = <usize>lane << 2;
        let at = first;
        let bias = program + ROW_HEADER_BYTES;
        let c: i64 = 0;
        for (let l = 0; l < lout; l++) {
          if (bias < terms && load<i32>(bias) == l) {
            c += <i64>load<i32>(bias, 4);
            bias += BIAS_BYTES;
          }
          for (let p = terms; p < end; p += WIDE_TERM_BYTES) {
            const k = l - load<i32>(p, 4);
            if (<u32>k < <u32>lin) c += <i64>load<i32>(x + load<usize>(p) * xs + first + <usize>k * step) * <i64>load<i32>(p, 8);
          }
          const keep = last && l == lout - 1;
          store<i32>(y + at, <i32>(keep ? c : c & mask));
          c >>= radix;
          at += step;
        }
        if (!last && c < 0) clearLane(y + first, step, lout);
      }
      program = end;
      y += ys;
    }
  }
}

/** The number of limbs, at most `limbs` and at least 1, that the units of a tile really use. */
export function usedLimbs(vectors: i32, y: usize, ys: usize, rows: i32, limbs: i32): i32 {
  const step = <usize>vectors * VECTOR_BYTES;
  while (limbs > 1) {
    let at = y + <usize>(limbs - 1) * step;
    let any: u64 = 0;
    for (let i = 0; i < rows && any == 0; i++) {
      for (let b: usize = 0; b < step; b += 8) any |= load<u64>(at + b);
      at += ys;
    }
    if (any != 0) break;
    limbs--;
  }
  return limbs;
}

// @ts-ignore: decorator
@inline
function rowTerms(program: usize): usize {
  return program + ROW_HEADER_BYTES + load<u32>(program, 4) * BIAS_BYTES;
}

function clearLane(y: usize, step: usize, limbs: i32): void {
  for (let l = 0; l < limbs; l++) {
    store<i32>(y, 0);
    y += step;
  }
}

// The tiles below are compiled once for each V (a constant after inlining).

// @ts-ignore: decorator
@inline
function int32Tile(V: i32, x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, last: bool): void {
  const floor = i32x4.splat(last ? i32.MIN_VALUE : 0);
  for (let i = 0; i < rows; i++) {
    let p = rowTerms(program);
    const end = p + load<u32>(program) * TERM_BYTES;
    let a0 = i32x4.splat(load<u32>(program, 4) != 0 ? load<i32>(program, ROW_HEADER_BYTES + 4) : 0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    for (; p < end; p += TERM_BYTES) {
      const q = x + load<usize>(p) * xs;
      const w = v128.load32_splat(p, 4);
      a0 = i32x4.add(a0, i32x4.mul(v128.load(q), w));
      if (V > 1) a1 = i32x4.add(a1, i32x4.mul(v128.load(q, 16), w));
      if (V > 2) a2 = i32x4.add(a2, i32x4.mul(v128.load(q, 32), w));
      if (V > 2) a3 = i32x4.add(a3, i32x4.mul(v128.load(q, 48), w));
    }
    v128.store(y, i32x4.max_s(a0, floor));
    if (V > 1) v128.store(y, i32x4.max_s(a1, floor), 16);
    if (V > 2) v128.store(y, i32x4.max_s(a2, floor), 32);
    if (V > 2) v128.store(y, i32x4.max_s(a3, floor), 48);
    program = end;
    y += ys;
  }
}

// @ts-ignore: decorator
@inline
function limb32Tile(V: i32, x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, lin: i32, lout: i32, radix: i32, last: bool): void {
  const mask = i32x4.splat((1 << radix) - 1);
  const step: usize = V * VECTOR_BYTES;
  for (let i = 0; i < rows; i++) {
    const terms = rowTerms(program);
    const end = terms + load<u32>(program) * TERM_BYTES;
    let bias = program + ROW_HEADER_BYTES;
    let biasLimb = bias < terms ? load<i32>(bias) : -1;
    let c0 = i32x4.splat(0);
    let c1 = c0;
    let c2 = c0;
    let c3 = c0;
    let xl = x;
    let q = y;
    for (let l = 0; l < lout; l++) {
      if (l == biasLimb) {
        const b = v128.load32_splat(bias, 4);
        c0 = i32x4.add(c0, b);
        if (V > 1) c1 = i32x4.add(c1, b);
        if (V > 2) c2 = i32x4.add(c2, b);
        if (V > 2) c3 = i32x4.add(c3, b);
        bias += BIAS_BYTES;
        biasLimb = bias < terms ? load<i32>(bias) : -1;
      }
      if (l < lin) {
        for (let p = terms; p < end; p += TERM_BYTES) {
          const s = xl + load<usize>(p) * xs;
          const w = v128.load32_splat(p, 4);
          c0 = i32x4.add(c0, i32x4.mul(v128.load(s), w));
          if (V > 1) c1 = i32x4.add(c1, i32x4.mul(v128.load(s, 16), w));
          if (V > 2) c2 = i32x4.add(c2, i32x4.mul(v128.load(s, 32), w));
          if (V > 2) c3 = i32x4.add(c3, i32x4.mul(v128.load(s, 48), w));
        }
        xl += step;
      }
      const keep = last && l == lout - 1 ? i32x4.splat(-1) : mask;
      v128.store(q, v128.and(c0, keep));
      if (V > 1) v128.store(q, v128.and(c1, keep), 16);
      if (V > 2) v128.store(q, v128.and(c2, keep), 32);
      if (V > 2) v128.store(q, v128.and(c3, keep), 48);
      c0 = i32x4.shr_s(c0, radix);
      if (V > 1) c1 = i32x4.shr_s(c1, radix);
      if (V > 2) c2 = i32x4.shr_s(c2, radix);
      if (V > 2) c3 = i32x4.shr_s(c3, radix);
      q += step;
    }
    if (!last) {
      clearNegative(y, step, lout, c0);
      if (V > 1) clearNegative(y + 16, step, lout, c1);
      if (V > 2) clearNegative(y + 32, step, lout, c2);
      if (V > 2) clearNegative(y + 48, step, lout, c3);
    }
    program = end;
    y += ys;
  }
}

// @ts-ignore: decorator
@inline
function limb64Tile(V: i32, x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, lin: i32, lout: i32, radix: i32, last: bool): void {
  const mask = i32x4.splat((1 << radix) - 1);
  const step: usize = V * VECTOR_BYTES;
  for (let i = 0; i < rows; i++) {
    const terms = rowTerms(program);
    const end = terms + load<u32>(program) * WIDE_TERM_BYTES;
    // One vector at a time: its two 64-bit sums stay in registers.
    for (let v: usize = 0; v < step; v += VECTOR_BYTES) {
      let bias = program + ROW_HEADER_BYTES;
      let low = i64x2.splat(0);
      let high = low;
      let q = y + v;
      for (let l = 0; l < lout; l++) {
        if (bias < terms && load<i32>(bias) == l) {
          const b = i64x2.splat(<i64>load<i32>(bias, 4));
          low = i64x2.add(low, b);
          high = i64x2.add(high, b);
          bias += BIAS_BYTES;
        }
        for (let p = terms; p < end; p += WIDE_TERM_BYTES) {
          const k = l - load<i32>(p, 4);
          if (<u32>k < <u32>lin) {
            const d = v128.load(x + v + load<usize>(p) * xs + <usize>k * step);
            const w = v128.load32_splat(p, 8);
            low = i64x2.add(low, i64x2.extmul_low_i32x4_s(d, w));
            high = i64x2.add(high, i64x2.extmul_high_i32x4_s(d, w));
          }
        }
        const keep = last && l == lout - 1 ? i32x4.splat(-1) : mask;
        v128.store(q, v128.and(lowWords(low, high), keep));
        low = i64x2.shr_s(low, radix);
        high = i64x2.shr_s(high, radix);
        q += step;
      }
      if (!last) clearNegative(y + v, step, lout, v128.shuffle<i32>(low, high, 1, 3, 5, 7));
    }
    program = end;
    y += ys;
  }
}

// @ts-ignore: decorator
@inline
function lowWords(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
}

/** Sets the limbs of those lanes to zero whose carry out of the top limb (its sign word) is negative: relu. */
// @ts-ignore: decorator
@inline
function clearNegative(y: usize, step: usize, limbs: i32, carry: v128): void {
  const negative = i32x4.shr_s(carry, 31);
  if (v128.any_true(negative)) {
    for (let l = 0; l < limbs; l++) {
      v128.store(y, v128.andnot(v128.load(y), negative));
      y += step;
    }
  }
}
