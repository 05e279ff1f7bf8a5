// Dense layers: products of 16-bit limbs, two at a time (i32x4.dot_i16x8_s), summed in 32-bit lanes.
//
//   activations of a tile of 8 inputs                    weights of a group of 16 rows, 4 blocks of 4
//   limb 0: pair 0 [8 x (k, k+1)], pair 1 .., live list   digit 0: pair 0 [16 x (k, k+1)], pair 1 ..
//   limb 1: ..                                            digit 1: ..
//
// Limbs are digits to the base 2^B, B <= 15, in [0, 2^B) (of either sign in the first layer); long weights are cut into
// signed digits to the same base. The plan has proved that no sum over one limb leaves 32 bits, in any order.
// A pair that is zero for the whole tile is in no live list: after relu, and in high limbs, many are. One input at a time:
// denseOne.ts.
import { LAYER_AT_BIAS, LAYER_AT_BIAS_COUNT, LAYER_AT_BIAS_START, LAYER_AT_BLOCKS, LAYER_AT_DIGITS, LAYER_AT_PAIRS, LAYER_AT_ROWS, LAYER_AT_STORAGE, STORAGE_INT8 } from "./layout";

/** Bytes of one limb of a tile: `pairs` pairs of units, 8 inputs, and the list of those that are not zero: [its end, offsets of weights ..]. */
// @ts-ignore: decorator
@inline
export function limbBytes(pairs: i32): usize {
  return (<usize>pairs * 36 + 127) & ~63;
}

/** Lists the pairs of a limb of a tile that are not zero. */
function listLive(x: usize, pairs: i32): void {
  const list = x + (<usize>pairs << 5);
  let q = list + 4;
  for (let k = 0; k < pairs; k++) {
    store<u32>(q, k << 4);
    q += <usize>v128.any_true(v128.or(v128.load(x), v128.load(x, 16))) << 2;
    x += 32;
  }
  store<usize>(list, q);
}

/** The weights of one block, 16 bits each, [digit][pair][4 rows x (k, k+1)]; `step` bytes lie between pairs of its group. */
function unfold(src: usize, step: usize, small: bool, dst: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    if (ASC_FEATURE_SIMD) v128.store(dst, small ? v128.load8x8_s(src) : v128.load(src));
    else for (let k: usize = 0; k < 8; k++) store<i16>(dst + (k << 1), small ? <i16>load<i8>(src + k) : load<i16>(src + (k << 1)));
    src += step;
    dst += 16;
  }
}

/**
 * One layer on `tiles` tiles. Results are limbs in pairs, after relu; with `last` they are signed 32-bit limbs, unit by
 * unit as in lanes.ts with 2 vectors. Returns the limbs that the results really use.
 */
export function denseTiles(plan: usize, layer: usize, x: usize, xTile: usize, y: usize, yTile: usize, tiles: i32, lin: i32, lout: i32, base: i32, last: bool, yUnit: usize, panel: usize): i32 {
  const pairs = load<i32>(layer, LAYER_AT_PAIRS);
  const blocks = load<i32>(layer, LAYER_AT_BLOCKS);
  const digits = load<i32>(layer, LAYER_AT_DIGITS);
  const small = load<i32>(layer, LAYER_AT_STORAGE) == STORAGE_INT8;
  const biasStart = load<i32>(layer, LAYER_AT_BIAS_START);
  const biasCount = load<i32>(layer, LAYER_AT_BIAS_COUNT);
  let bias = plan + load<u32>(layer, LAYER_AT_BIAS);
  const w = plan + load<u32>(layer, LAYER_AT_ROWS);
  const xLimb = limbBytes(pairs);
  const yLimb = limbBytes(blocks << 1);
  const shift: usize = small ? 3 : 4;
  const size = <usize>(digits * pairs) << shift;
  if (ASC_FEATURE_SIMD) {
    for (let t = 0; t < tiles; t++) {
      for (let l = 0; l < lin; l++) listLive(x + <usize>t * xTile + <usize>l * xLimb, pairs);
    }
  }
  let used = false;
  for (let o = 0; o < blocks; o++) {
    unfold(w + <usize>(o & -4) * size + (<usize>(o & 3) << shift), <usize>4 << shift, small, panel, digits * pairs);
    for (let t = 0; t < tiles; t++) {
      const yt = y + <usize>t * yTile + (last ? <usize>o * 4 * yUnit : <usize>o << 6);
      if (block(x + <usize>t * xTile, xLimb, panel, bias, biasStart, biasCount, yt, last ? yUnit : yLimb, pairs, digits, lin, lout, base, last)) used = true;
    }
    bias += <usize>biasCount << 4;
  }
  return used || lout == 1 ? lout : lout - 1;
}

/**
 * Four rows on one tile, relu, limbs in pairs `step` bytes apart; true where the top limb of a result is not zero. With `last` no
 * relu, limbs one 32-bit word each, the top one with the sign, rows `step` bytes apart.
 */
function block(x: usize, xLimb: usize, w: usize, bias: usize, biasStart: i32, biasCount: i32, y: usize, step: usize, pairs: i32, digits: i32, lin: i32, lout: i32, base: i32, last: bool): bool {
  const wDigit = <usize>pairs << 4;
  if (ASC_FEATURE_SIMD) {
    const mask = i32x4.splat((1 << base) - 1);
    let a0 = i32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    let q = y;
    for (let l = 0; l < lout; l++) {
      if (<u32>(l - biasStart) < <u32>biasCount) {
        const p = bias + (<usize>(l - biasStart) << 4);
        let v = v128.load32_splat(p); a0 = i32x4.add(a0, v); a1 = i32x4.add(a1, v);
        v = v128.load32_splat(p, 4); b0 = i32x4.add(b0, v); b1 = i32x4.add(b1, v);
        v = v128.load32_splat(p, 8); c0 = i32x4.add(c0, v); c1 = i32x4.add(c1, v);
        v = v128.load32_splat(p, 12); d0 = i32x4.add(d0, v); d1 = i32x4.add(d1, v);
      }
      let wd = w;
      for (let d = 0; d < digits; d++, wd += wDigit) {
        if (<u32>(l - d) >= <u32>lin) continue;
        const xl = x + <usize>(l - d) * xLimb;
        let list = xl + (wDigit << 1);
        const end = load<usize>(list);
        for (list += 4; list < end; list += 4) {
          const at = load<usize>(list);
          const xp = xl + (at << 1), wp = wd + at;
          const x0 = v128.load(xp), x1 = v128.load(xp, 16);
          let v = v128.load32_splat(wp);
          a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x0, v)); a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x1, v));
          v = v128.load32_splat(wp, 4);
          b0 = i32x4.add(b0, i32x4.dot_i16x8_s(x0, v)); b1 = i32x4.add(b1, i32x4.dot_i16x8_s(x1, v));
          v = v128.load32_splat(wp, 8);
          c0 = i32x4.add(c0, i32x4.dot_i16x8_s(x0, v)); c1 = i32x4.add(c1, i32x4.dot_i16x8_s(x1, v));
          v = v128.load32_splat(wp, 12);
          d0 = i32x4.add(d0, i32x4.dot_i16x8_s(x0, v)); d1 = i32x4.add(d1, i32x4.dot_i16x8_s(x1, v));
        }
      }
      if (last) {
        const keep = l == lout - 1 ? i32x4.splat(-1) : mask;
        v128.store(q, v128.and(a0, keep)); v128.store(q, v128.and(a1, keep), 16);
        v128.store(q + step, v128.and(b0, keep)); v128.store(q + step, v128.and(b1, keep), 16);
        v128.store(q + 2 * step, v128.and(c0, keep)); v128.store(q + 2 * step, v128.and(c1, keep), 16);
        v128.store(q + 3 * step, v128.and(d0, keep)); v128.store(q + 3 * step, v128.and(d1, keep), 16);
        q += 32;
      } else {
        v128.store(q, pair(a0, b0, mask));
        v128.store(q, pair(a1, b1, mask), 16);
        v128.store(q, pair(c0, d0, mask), 32);
        v128.store(q, pair(c1, d1, mask), 48);
        q += step;
      }
      a0 = i32x4.shr_s(a0, base); a1 = i32x4.shr_s(a1, base);
      b0 = i32x4.shr_s(b0, base); b1 = i32x4.shr_s(b1, base);
      c0 = i32x4.shr_s(c0, base); c1 = i32x4.shr_s(c1, base);
      d0 = i32x4.shr_s(d0, base); d1 = i32x4.shr_s(d1, base);
    }
    if (last) return true;
    // The carries out of the top limb are negative where the sums are: relu.
    const n0 = signs(a0, b0), n1 = signs(a1, b1), n2 = signs(c0, d0), n3 = signs(c1, d1);
    if (v128.any_true(v128.or(v128.or(n0, n1), v128.or(n2, n3)))) {
      for (let p = y; p < q; p += step) {
        v128.store(p, v128.andnot(v128.load(p), n0));
        v128.store(p, v128.andnot(v128.load(p, 16), n1), 16);
        v128.store(p, v128.andnot(v128.load(p, 32), n2), 32);
        v128.store(p, v128.andnot(v128.load(p, 48), n3), 48);
      }
    }
    q -= step;
    return v128.any_true(v128.or(v128.or(v128.load(q), v128.load(q, 16)), v128.or(v128.load(q, 32), v128.load(q, 48))));
  } else {
    const mask = (1 << base) - 1;
    let top = 0;
    for (let row = 0; row < 4; row++) {
      for (let lane = 0; lane < 8; lane++) {
        // Pair row >> 1, vector lane >> 2, then lane & 3, then the half of the pair.
        const at = y + (last ? <usize>row * step : (<usize>(row >> 1) << 5) + (<usize>(row & 1) << 1)) + (<usize>lane << 2);
        let c = 0;
        let q = at;
        for (let l = 0; l < lout; l++) {
          c += limbSum(x + (<usize>lane << 2), xLimb, 32, w + (<usize>row << 2), 16, wDigit, bias + (<usize>row << 2), biasStart, biasCount, pairs, digits, lin, l);
          if (last) store<i32>(q, l == lout - 1 ? c : c & mask);
          else store<i16>(q, <i16>(c & mask));
          c >>= base;
          q += last ? 32 : step;
        }
        if (last) continue;
        if (c < 0) for (let p = at; p < q; p += step) store<i16>(p, 0);
        top |= load<i16>(q - step);
      }
    }
    return last || top != 0;
  }
}

/** Low halves of `a`, high halves of `b`: the limbs of two units as pairs. */
// @ts-ignore: decorator
@inline
function pair(a: v128, b: v128, mask: v128): v128 {
  return v128.or(v128.and(a, mask), i32x4.shl(v128.and(b, mask), 16));
}

/** All ones in the half of each pair whose unit is negative. */
// @ts-ignore: decorator
@inline
function signs(a: v128, b: v128): v128 {
  return v128.or(i32x4.shr_u(i32x4.shr_s(a, 31), 16), i32x4.shl(i32x4.shr_s(b, 31), 16));
}

/** The sum over limb l of one row for one input, without the carry; xPair and wPair bytes lie between pairs. */
export function limbSum(x: usize, xLimb: usize, xPair: usize, w: usize, wPair: usize, wDigit: usize, bias: usize, biasStart: i32, biasCount: i32, pairs: i32, digits: i32, lin: i32, l: i32): i32 {
  let sum = <u32>(l - biasStart) < <u32>biasCount ? load<i32>(bias + (<usize>(l - biasStart) << 4)) : 0;
  for (let d = 0; d < digits; d++) {
    if (<u32>(l - d) < <u32>lin) {
      let xp = x + <usize>(l - d) * xLimb;
      let wp = w + <usize>d * wDigit;
      for (let k = 0; k < pairs; k++) {
        sum += <i32>load<i16>(xp) * <i32>load<i16>(wp) + <i32>load<i16>(xp, 2) * <i32>load<i16>(wp, 2);
        xp += xPair;
        wp += wPair;
      }
    }
  }
  return sum;
}
