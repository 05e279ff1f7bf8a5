// Dense layers on one input, sixteen rows at a time: lanes are rows. Weights as in dense.ts; activations are 16-bit limbs, unit after
// unit, and behind each limb the list of its pairs that are not zero:
//
//   limb 0: pair 0, pair 1, .. | end of the list, or 0 | [offset of its weights, pair] ..
//
// After relu about half of the units are zero, and more of the highest limbs.
import { limbSum } from "./dense";
import { LAYER_AT_BIAS, LAYER_AT_BIAS_COUNT, LAYER_AT_BIAS_START, LAYER_AT_BLOCKS, LAYER_AT_DIGITS, LAYER_AT_PAIRS, LAYER_AT_ROWS, LAYER_AT_STORAGE, STORAGE_INT8 } from "./layout";

/** Bytes of one limb of `pairs` pairs, an even number. */
// @ts-ignore: decorator
@inline
export function oneLimbBytes(pairs: i32): usize {
  return <usize>pairs * 12 + 24;
}

/**
 * Lists the pairs of a limb that are not zero; `shift` is the logarithm of a pair's weights. Every sixteen rows leave out what is
 * zero, the list is made once: where that would not pay, there is none.
 */
function listLive(x: usize, pairs: i32, blocks: i32, shift: i32): void {
  const list = x + (<usize>pairs << 2);
  let zeros = i32x4.splat(0);
  for (let p = x; p + 16 <= list; p += 16) zeros = i32x4.sub(zeros, i32x4.eq(v128.load(p), i32x4.splat(0)));
  zeros = i32x4.add(zeros, v128.shuffle<i64>(zeros, zeros, 1, 0));
  if ((i32x4.extract_lane(zeros, 0) + i32x4.extract_lane(zeros, 1)) * blocks <= 6 * pairs) {
    store<usize>(list, 0);
    return;
  }
  let q = list + 8;
  for (let k = 0; k < pairs; k++) {
    const v = <u64>load<u32>(x);
    store<u64>(q, (v << 32) | <u64>(k << shift));
    q += <usize>(v != 0) << 3;
    x += 4;
  }
  store<usize>(list, q);
}

/**
 * One layer on one input. Results are limbs as above, after relu, or with `last` signed 32-bit limbs, `yLimb` bytes apart.
 * Returns the limbs that the results really use.
 */
export function denseOne(plan: usize, layer: usize, x: usize, y: usize, yLimb: usize, lin: i32, lout: i32, base: i32, last: bool): i32 {
  const pairs = load<i32>(layer, LAYER_AT_PAIRS);
  const blocks = load<i32>(layer, LAYER_AT_BLOCKS);
  const digits = load<i32>(layer, LAYER_AT_DIGITS);
  const small = load<i32>(layer, LAYER_AT_STORAGE) == STORAGE_INT8;
  const biasStart = load<i32>(layer, LAYER_AT_BIAS_START);
  const biasCount = load<i32>(layer, LAYER_AT_BIAS_COUNT);
  const xLimb = oneLimbBytes(pairs);
  let bias = plan + load<u32>(layer, LAYER_AT_BIAS);
  let w = plan + load<u32>(layer, LAYER_AT_ROWS);
  const size = <usize>(digits * pairs) << (small ? 3 : 4);
  const unit: usize = last ? 16 : 8;
  if (ASC_FEATURE_SIMD) {
    for (let l = 0; l < lin; l++) listLive(x + <usize>l * xLimb, pairs, blocks, small ? 5 : 6);
    let top = i32x4.splat(0);
    for (let o = 0; o < blocks; o += 4) {
      top = v128.or(top, fourBlocks(x, xLimb, w, small, blocks - o == 1, bias, biasStart, biasCount, y, yLimb, pairs, digits, lin, lout, base, last));
      w += size << 2;
      bias += <usize>biasCount << 6;
      y += unit << 2;
    }
    return v128.any_true(top) || lout == 1 ? lout : lout - 1;
  } else {
    const mask = (1 << base) - 1;
    let top = 0;
    for (let o = 0; o < blocks; o++) {
      for (let row = 0; row < 4; row++) {
        const at = y + (last ? <usize>row << 2 : <usize>row << 1);
        let c = 0;
        for (let l = 0; l < lout; l++) {
          c += small
            ? limbSum8(x, xLimb, w + (<usize>row << 1), 32, <usize>pairs << 5, bias + (<usize>row << 2), biasStart, biasCount, pairs, digits, lin, l)
            : limbSum(x, xLimb, 4, w + (<usize>row << 2), 64, <usize>pairs << 6, bias + (<usize>row << 2), biasStart, biasCount, pairs, digits, lin, l);
          const q = at + <usize>l * yLimb;
          if (last) store<i32>(q, l == lout - 1 ? c : c & mask);
          else store<i16>(q, <i16>(c & mask));
          c >>= base;
        }
        if (!last) {
          if (c < 0) for (let l = 0; l < lout; l++) store<i16>(at + <usize>l * yLimb, 0);
          top |= load<i16>(at + <usize>(lout - 1) * yLimb);
        }
      }
      w += small ? 8 : 16;
      if ((o & 3) == 3) w += (size << 2) - (small ? 32 : 64);
      bias += <usize>biasCount << 4;
      y += unit;
    }
    return last || top != 0 || lout == 1 ? lout : lout - 1;
  }
}

/** limbSum with 8-bit weights and units side by side. */
function limbSum8(x: usize, xLimb: usize, w: usize, wPair: usize, wDigit: usize, bias: usize, biasStart: i32, biasCount: i32, pairs: i32, digits: i32, lin: i32, l: i32): i32 {
  let sum = <u32>(l - biasStart) < <u32>biasCount ? load<i32>(bias + (<usize>(l - biasStart) << 4)) : 0;
  for (let d = 0; d < digits; d++) {
    if (<u32>(l - d) < <u32>lin) {
      let xp = x + <usize>(l - d) * xLimb;
      let wp = w + <usize>d * wDigit;
      for (let k = 0; k < pairs; k++) {
        sum += <i32>load<i16>(xp) * <i32>load<i8>(wp) + <i32>load<i16>(xp, 2) * <i32>load<i8>(wp, 1);
        xp += 4;
        wp += wPair;
      }
    }
  }
  return sum;
}

/** Sixteen rows. */
function fourBlocks(x: usize, xLimb: usize, w: usize, small: bool, single: bool, bias: usize, biasStart: i32, biasCount: i32, y: usize, yLimb: usize, pairs: i32, digits: i32, lin: i32, lout: i32, base: i32, last: bool): v128 {
  const mask = i32x4.splat((1 << base) - 1);
  const wDigit = <usize>pairs << (small ? 5 : 6);
  let a = i32x4.splat(0), b = a, c = a, d = a;
  let q = y;
  for (let l = 0; l < lout; l++) {
    let wt = w;
    for (let t = 0; t < digits; t++, wt += wDigit) {
      if (<u32>(l - t) >= <u32>lin) continue;
      let s = x + <usize>(l - t) * xLimb + (<usize>pairs << 2);
      const end = load<usize>(s);
      s += 8;
      if (end == 0) {
        // No list: pair by pair.
        let p = wt;
        s -= 8;
        let xp = s - (<usize>pairs << 2);
        if (small) {
          for (; xp < s; xp += 4, p += 32) {
            const v = v128.load32_splat(xp);
            a = i32x4.add(a, i32x4.dot_i16x8_s(v, v128.load8x8_s(p)));
            b = i32x4.add(b, i32x4.dot_i16x8_s(v, v128.load8x8_s(p, 8)));
            c = i32x4.add(c, i32x4.dot_i16x8_s(v, v128.load8x8_s(p, 16)));
            d = i32x4.add(d, i32x4.dot_i16x8_s(v, v128.load8x8_s(p, 24)));
          }
        } else if (single) {
          // Two sums for one block, for speed; the other blocks hold no rows.
          for (; xp < s; xp += 8, p += 128) {
            a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load32_splat(xp), v128.load(p)));
            b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load32_splat(xp, 4), v128.load(p, 64)));
          }
          a = i32x4.add(a, b);
          b = c;
        } else {
          for (; xp < s; xp += 8, p += 128) {
            let v = v128.load32_splat(xp);
            a = i32x4.add(a, i32x4.dot_i16x8_s(v, v128.load(p)));
            b = i32x4.add(b, i32x4.dot_i16x8_s(v, v128.load(p, 16)));
            c = i32x4.add(c, i32x4.dot_i16x8_s(v, v128.load(p, 32)));
            d = i32x4.add(d, i32x4.dot_i16x8_s(v, v128.load(p, 48)));
            v = v128.load32_splat(xp, 4);
            a = i32x4.add(a, i32x4.dot_i16x8_s(v, v128.load(p, 64)));
            b = i32x4.add(b, i32x4.dot_i16x8_s(v, v128.load(p, 80)));
            c = i32x4.add(c, i32x4.dot_i16x8_s(v, v128.load(p, 96)));
            d = i32x4.add(d, i32x4.dot_i16x8_s(v, v128.load(p, 112)));
          }
        }
      } else if (small) {
        for (; s < end; s += 8) {
          const p = wt + load<usize>(s);
          const v = v128.load32_splat(s, 4);
          a = i32x4.add(a, i32x4.dot_i16x8_s(v, v128.load8x8_s(p)));
          b = i32x4.add(b, i32x4.dot_i16x8_s(v, v128.load8x8_s(p, 8)));
          c = i32x4.add(c, i32x4.dot_i16x8_s(v, v128.load8x8_s(p, 16)));
          d = i32x4.add(d, i32x4.dot_i16x8_s(v, v128.load8x8_s(p, 24)));
        }
      } else {
        for (; s < end; s += 8) {
          const p = wt + load<usize>(s);
          const v = v128.load32_splat(s, 4);
          a = i32x4.add(a, i32x4.dot_i16x8_s(v, v128.load(p)));
          b = i32x4.add(b, i32x4.dot_i16x8_s(v, v128.load(p, 16)));
          c = i32x4.add(c, i32x4.dot_i16x8_s(v, v128.load(p, 32)));
          d = i32x4.add(d, i32x4.dot_i16x8_s(v, v128.load(p, 48)));
        }
      }
    }
    if (<u32>(l - biasStart) < <u32>biasCount) {
      const next = <usize>biasCount << 4;
      const p = bias + (<usize>(l - biasStart) << 4);
      a = i32x4.add(a, v128.load(p));
      b = i32x4.add(b, v128.load(p + next));
      c = i32x4.add(c, v128.load(p + 2 * next));
      d = i32x4.add(d, v128.load(p + 3 * next));
    }
    if (last) {
      const keep = l == lout - 1 ? i32x4.splat(-1) : mask;
      v128.store(q, v128.and(a, keep));
      v128.store(q, v128.and(b, keep), 16);
      v128.store(q, v128.and(c, keep), 32);
      v128.store(q, v128.and(d, keep), 48);
    } else {
      v128.store(q, i16x8.narrow_i32x4_s(v128.and(a, mask), v128.and(b, mask)));
      v128.store(q, i16x8.narrow_i32x4_s(v128.and(c, mask), v128.and(d, mask)), 16);
    }
    a = i32x4.shr_s(a, base);
    b = i32x4.shr_s(b, base);
    c = i32x4.shr_s(c, base);
    d = i32x4.shr_s(d, base);
    q += yLimb;
  }
  if (last) return mask;
  const n0 = i16x8.narrow_i32x4_s(i32x4.shr_s(a, 31), i32x4.shr_s(b, 31));
  const n1 = i16x8.narrow_i32x4_s(i32x4.shr_s(c, 31), i32x4.shr_s(d, 31));
  if (v128.any_true(v128.or(n0, n1))) {
    for (let p = y; p < q; p += yLimb) {
      v128.store(p, v128.andnot(v128.load(p), n0));
      v128.store(p, v128.andnot(v128.load(p, 16), n1), 16);
    }
  }
  q -= yLimb;
  return v128.or(v128.load(q), v128.load(q, 16));
}
