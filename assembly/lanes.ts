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
    if ((vectors & 3) == 0) for (let v: usize = 0; v < <usize>vectors << 4; v += 64) int32Tile(x + v, xs, y + v, ys, program, rows, last);
    else for (let v: usize = 0; v < <usize>vectors << 4; v += VECTOR_BYTES) int32Vector(x + v, xs, y + v, ys, program, rows, last);
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

/**
 * As int32Rows for limbs: `lin` limbs come in, `lout` go out, sums fit 32 bits (scalar builds; SIMD: short.ts). `bits`: rows are bit
 * planes of so many units.
 */
export function limb32Rows(vectors: i32, x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, lin: i32, lout: i32, radix: i32, last: bool, list: usize, bits: i32): void {
  const mask = (1 << radix) - 1;
  const step = <usize>vectors * VECTOR_BYTES;
  for (let i = 0; i < rows; i++) {
    const terms = rowTerms(program);
    let live = list;
    let end: usize;
    if (bits != 0) {
      end = terms;
      for (let sign = 1, k = load<i32>(program); k > 0; k--, sign = -1) {
        for (let u = 0; u < bits; u += 32, end += 4) {
          for (let m = load<u32>(end); m != 0; m &= m - 1) {
            store<usize>(live, x + <usize>(u + <i32>ctz(m)) * xs);
            store<i32>(live, sign, 4);
            live += 8;
          }
        }
      }
    } else {
      end = terms + load<u32>(program) * TERM_BYTES;
      for (let p = terms; p < end; p += TERM_BYTES) {
        store<usize>(live, x + load<usize>(p) * xs);
        store<i32>(live, load<i32>(p, 4), 4);
        live += 8;
      }
    }
    for (let lane = 0; lane < vectors * LANES; lane++) {
      const first = <usize>lane << 2;
      let at = first;
      let bias = program + ROW_HEADER_BYTES;
      let c: i32 = 0;
      for (let l = 0; l < lout; l++) {
        if (bias < terms && load<i32>(bias) == l) {
          c += load<i32>(bias, 4);
          bias += BIAS_BYTES;
        }
        if (l < lin) {
          for (let p = list; p < live; p += 8) {
            const v = load<i32>(load<usize>(p) + at);
            const w = load<i32>(p, 4);
            c += bits != 0 ? (w > 0 ? v : -v) : v * w;
          }
        }
        const keep = last && l == lout - 1;
        store<i32>(y + at, keep ? c : c & mask);
        c >>= radix;
        at += step;
      }
      if (!last && c < 0) clearLane(y + first, step, lout);
    }
    program = end;
    y += ys;
  }
}

/**
 * As limb32Rows with sums in 64 bits and weights of any length, cut into digits that sit at a limb offset. Terms stand by rising
 * offset, so those at work on a limb are a stretch of the row that only moves on.
 */
export function limb64Rows(vectors: i32, x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, lin: i32, lout: i32, radix: i32, last: bool): void {
  if (ASC_FEATURE_SIMD) {
    limb64Tile(vectors, x, xs, y, ys, program, rows, lin, lout, radix, last);
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
        let from = terms;
        for (let l = 0; l < lout; l++) {
          if (bias < terms && load<i32>(bias) == l) {
            c += <i64>load<i32>(bias, 4);
            bias += BIAS_BYTES;
          }
          while (from < end && load<i32>(from, 4) <= l - lin) from += WIDE_TERM_BYTES;
          for (let p = from; p < end; p += WIDE_TERM_BYTES) {
            const k = l - load<i32>(p, 4);
            if (k < 0) break;
            c += <i64>load<i32>(x + load<usize>(p) * xs + first + <usize>k * step) * <i64>load<i32>(p, 8);
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

// Tiles of 4 vectors keep their sums in registers; smaller tiles go vector by vector.

function int32Tile(x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, last: bool): void {
  const floor = i32x4.splat(last ? i32.MIN_VALUE : 0);
  for (let i = 0; i < rows; i++) {
    let p = rowTerms(program);
    const end = p + load<u32>(program) * TERM_BYTES;
    let a0 = i32x4.splat(load<u32>(program, 4) != 0 ? load<i32>(program, ROW_HEADER_BYTES + 4) : 0);
    let a1 = a0, a2 = a0, a3 = a0;
    for (; p < end; p += TERM_BYTES) {
      const q = x + load<usize>(p) * xs;
      const w = v128.load32_splat(p, 4);
      a0 = i32x4.add(a0, i32x4.mul(v128.load(q), w));
      a1 = i32x4.add(a1, i32x4.mul(v128.load(q, 16), w));
      a2 = i32x4.add(a2, i32x4.mul(v128.load(q, 32), w));
      a3 = i32x4.add(a3, i32x4.mul(v128.load(q, 48), w));
    }
    v128.store(y, i32x4.max_s(a0, floor));
    v128.store(y, i32x4.max_s(a1, floor), 16);
    v128.store(y, i32x4.max_s(a2, floor), 32);
    v128.store(y, i32x4.max_s(a3, floor), 48);
    program = end;
    y += ys;
  }
}

function int32Vector(x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, last: bool): void {
  const floor = i32x4.splat(last ? i32.MIN_VALUE : 0);
  for (let i = 0; i < rows; i++) {
    let p = rowTerms(program);
    const end = p + load<u32>(program) * TERM_BYTES;
    let a = i32x4.splat(load<u32>(program, 4) != 0 ? load<i32>(program, ROW_HEADER_BYTES + 4) : 0);
    for (; p < end; p += TERM_BYTES) a = i32x4.add(a, i32x4.mul(v128.load(x + load<usize>(p) * xs), v128.load32_splat(p, 4)));
    v128.store(y, i32x4.max_s(a, floor));
    program = end;
    y += ys;
  }
}

/**
 * One row of limbs, vector by vector, from a list of terms [address, weight]; bias digits lie in digits .. digitsEnd. With `mid` the
 * terms before it are added, those from it on subtracted. True where anything is not zero.
 */
export function limb32Row(list: usize, mid: usize, listEnd: usize, digits: usize, digitsEnd: usize, y: usize, step: usize, lin: i32, lout: i32, radix: i32, last: bool): bool {
  const mask = i32x4.splat((1 << radix) - 1);
  let any = i32x4.splat(0);
  for (let v: usize = 0; v < step; v += VECTOR_BYTES) {
    let bias = digits;
    let c = i32x4.splat(0);
    let at = v;
    for (let l = 0; l < lout; l++) {
      if (bias < digitsEnd && load<i32>(bias) == l) {
        c = i32x4.add(c, v128.load32_splat(bias, 4));
        bias += BIAS_BYTES;
      }
      if (l < lin) {
        let p = list;
        for (; p < mid; p += 8) c = i32x4.add(c, v128.load(load<usize>(p) + at));
        if (mid != 0) for (; p < listEnd; p += 8) c = i32x4.sub(c, v128.load(load<usize>(p) + at));
        else for (; p < listEnd; p += 8) c = i32x4.add(c, i32x4.mul(v128.load(load<usize>(p) + at), v128.load32_splat(p, 4)));
      }
      v128.store(y + at, last && l == lout - 1 ? c : v128.and(c, mask));
      c = i32x4.shr_s(c, radix);
      at += step;
    }
    if (!last) clearNegative(y + v, step, lout, c);
    for (let p = y + v; p < y + at; p += step) any = v128.or(any, v128.load(p));
  }
  return v128.any_true(any);
}

function limb64Tile(vectors: i32, x: usize, xs: usize, y: usize, ys: usize, program: usize, rows: i32, lin: i32, lout: i32, radix: i32, last: bool): void {
  const mask = i32x4.splat((1 << radix) - 1);
  const step = <usize>vectors * VECTOR_BYTES;
  for (let i = 0; i < rows; i++) {
    const terms = rowTerms(program);
    const end = terms + load<u32>(program) * WIDE_TERM_BYTES;
    // One vector at a time: its two 64-bit sums stay in registers.
    for (let v: usize = 0; v < step; v += VECTOR_BYTES) {
      let bias = program + ROW_HEADER_BYTES;
      let low = i64x2.splat(0);
      let high = low;
      let q = y + v;
      let from = terms;
      for (let l = 0; l < lout; l++) {
        if (bias < terms && load<i32>(bias) == l) {
          const b = i64x2.splat(<i64>load<i32>(bias, 4));
          low = i64x2.add(low, b);
          high = i64x2.add(high, b);
          bias += BIAS_BYTES;
        }
        while (from < end && load<i32>(from, 4) <= l - lin) from += WIDE_TERM_BYTES;
        for (let p = from; p < end; p += WIDE_TERM_BYTES) {
          const k = l - load<i32>(p, 4);
          if (k < 0) break;
          const d = v128.load(x + v + load<usize>(p) * xs + <usize>k * step);
          const w = v128.load32_splat(p, 8);
          low = i64x2.add(low, i64x2.extmul_low_i32x4_s(d, w));
          high = i64x2.add(high, i64x2.extmul_high_i32x4_s(d, w));
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
function clearNegative(y: usize, step: usize, limbs: i32, carry: v128): void {
  const negative = i32x4.shr_s(carry, 31);
  if (v128.any_true(negative)) {
    for (let l = 0; l < limbs; l++) {
      v128.store(y, v128.andnot(v128.load(y), negative));
      y += step;
    }
  }
}
