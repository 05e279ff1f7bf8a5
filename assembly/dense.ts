// Dense layers: products of 16-bit limbs, two at a time (i32x4.dot_i16x8_s), summed in 32-bit lanes.
//
//   activations of a tile of 8 inputs          weights of 4 rows (a block)
//   limb 0: pair 0 [8 x (k, k+1)]              digit 0: pair 0 [4 x (k, k+1)]
//           pair 1 [8 x (k, k+1)] ..                    pair 1 [4 x (k, k+1)] ..
//   limb 1: ..                                 digit 1: ..
//
// Limbs are digits to the base 2^B, B <= 15, in [0, 2^B) (of either sign in the first layer); long weights are cut into
// signed digits to the same base. The plan has proved that no sum over one limb leaves 32 bits, in any order.
// Batch 1 reads the same weights with lanes = rows.
import { LAYER_AT_BIAS, LAYER_AT_BIAS_COUNT, LAYER_AT_BIAS_START, LAYER_AT_BLOCKS, LAYER_AT_DIGITS, LAYER_AT_PAIRS, LAYER_AT_ROWS, LAYER_AT_STORAGE, STORAGE_INT8 } from "./layout";

/** Bytes of one limb of a tile: `pairs` pairs of units, 8 inputs. */
// @ts-ignore: decorator
@inline
export function limbBytes(pairs: i32): usize {
  return (<usize>pairs << 5) + 64;
}

/** 8-bit weights of a block as 16-bit ones; both are [digit][pair][4 rows x (k, k+1)]. */
function widen(src: usize, dst: usize, count: i32): void {
  if (ASC_FEATURE_SIMD) {
    for (let i = 0; i < count; i++) {
      v128.store(dst, v128.load8x8_s(src));
      src += 8;
      dst += 16;
    }
  } else {
    for (let i = 0; i < count << 3; i++) {
      store<i16>(dst, load<i8>(src));
      src++;
      dst += 2;
    }
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
  let w = plan + load<u32>(layer, LAYER_AT_ROWS);
  const xLimb = limbBytes(pairs);
  const yLimb = limbBytes(blocks << 1);
  const size = <usize>(digits * pairs) << (small ? 3 : 4);
  let used = false;
  for (let o = 0; o < blocks; o++) {
    let from = w;
    if (small) {
      widen(w, panel, digits * pairs);
      from = panel;
    }
    for (let t = 0; t < tiles; t++) {
      const xt = x + <usize>t * xTile;
      const yt = y + <usize>t * yTile;
      if (last) lastBlock(xt, xLimb, from, bias, biasStart, biasCount, yt + <usize>o * 4 * yUnit, yUnit, pairs, digits, lin, lout, base);
      else if (hiddenBlock(xt, xLimb, from, bias, biasStart, biasCount, yt + ((<usize>o) << 6), yLimb, pairs, digits, lin, lout, base)) used = true;
    }
    w += size;
    bias += <usize>biasCount << 4;
  }
  return used || lout == 1 ? lout : lout - 1;
}

/** Four rows on one tile; true where the top limb of a result is not zero. */
function hiddenBlock(x: usize, xLimb: usize, w: usize, bias: usize, biasStart: i32, biasCount: i32, y: usize, yLimb: usize, pairs: i32, digits: i32, lin: i32, lout: i32, base: i32): bool {
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
      let wp = w;
      for (let d = 0; d < digits; d++) {
        const we = wp + wDigit;
        if (<u32>(l - d) < <u32>lin) {
          let xp = x + <usize>(l - d) * xLimb;
          while (wp < we) {
            const x0 = v128.load(xp), x1 = v128.load(xp, 16);
            let v = v128.load32_splat(wp);
            a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x0, v)); a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x1, v));
            v = v128.load32_splat(wp, 4);
            b0 = i32x4.add(b0, i32x4.dot_i16x8_s(x0, v)); b1 = i32x4.add(b1, i32x4.dot_i16x8_s(x1, v));
            v = v128.load32_splat(wp, 8);
            c0 = i32x4.add(c0, i32x4.dot_i16x8_s(x0, v)); c1 = i32x4.add(c1, i32x4.dot_i16x8_s(x1, v));
            v = v128.load32_splat(wp, 12);
            d0 = i32x4.add(d0, i32x4.dot_i16x8_s(x0, v)); d1 = i32x4.add(d1, i32x4.dot_i16x8_s(x1, v));
            xp += 32;
            wp += 16;
          }
        }
        wp = we;
      }
      v128.store(q, pair(a0, b0, mask));
      v128.store(q, pair(a1, b1, mask), 16);
      v128.store(q, pair(c0, d0, mask), 32);
      v128.store(q, pair(c1, d1, mask), 48);
      a0 = i32x4.shr_s(a0, base); a1 = i32x4.shr_s(a1, base);
      b0 = i32x4.shr_s(b0, base); b1 = i32x4.shr_s(b1, base);
      c0 = i32x4.shr_s(c0, base); c1 = i32x4.shr_s(c1, base);
      d0 = i32x4.shr_s(d0, base); d1 = i32x4.shr_s(d1, base);
      q += yLimb;
    }
    // The carries out of the top limb are negative where the sums are: relu.
    const n0 = signs(a0, b0), n1 = signs(a1, b1), n2 = signs(c0, d0), n3 = signs(c1, d1);
    if (v128.any_true(v128.or(v128.or(n0, n1), v128.or(n2, n3)))) {
      for (let p = y; p < q; p += yLimb) {
        v128.store(p, v128.andnot(v128.load(p), n0));
        v128.store(p, v128.andnot(v128.load(p, 16), n1), 16);
        v128.store(p, v128.andnot(v128.load(p, 32), n2), 32);
        v128.store(p, v128.andnot(v128.load(p, 48), n3), 48);
      }
    }
    q -= yLimb;
    return v128.any_true(v128.or(v128.or(v128.load(q), v128.load(q, 16)), v128.or(v128.load(q, 32), v128.load(q, 48))));
  } else {
    const mask = (1 << base) - 1;
    let top = 0;
    for (let row = 0; row < 4; row++) {
      for (let lane = 0; lane < 8; lane++) {
        // Pair row >> 1, vector lane >> 2, then lane & 3, then the half of the pair.
        const at = y + (<usize>(row >> 1) << 5) + (<usize>lane << 2) + (<usize>(row & 1) << 1);
        let c = 0;
        let q = at;
        for (let l = 0; l < lout; l++) {
          c += limbSum(x + (<usize>lane << 2), xLimb, 32, w + (<usize>row << 2), wDigit, bias + (<usize>row << 2), biasStart, biasCount, pairs, digits, lin, l);
          store<i16>(q, <i16>(c & mask));
          c >>= base;
          q += yLimb;
        }
        if (c < 0) for (let p = at; p < q; p += yLimb) store<i16>(p, 0);
        top |= load<i16>(q - yLimb);
      }
    }
    return top != 0;
  }
}

/** As hiddenBlock without relu; limbs go out one 32-bit word each, the top one with the sign. */
function lastBlock(x: usize, xLimb: usize, w: usize, bias: usize, biasStart: i32, biasCount: i32, y: usize, yUnit: usize, pairs: i32, digits: i32, lin: i32, lout: i32, base: i32): void {
  const wDigit = <usize>pairs << 4;
  if (ASC_FEATURE_SIMD) {
    const mask = i32x4.splat((1 << base) - 1);
    let a0 = i32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    for (let l = 0; l < lout; l++) {
      if (<u32>(l - biasStart) < <u32>biasCount) {
        const p = bias + (<usize>(l - biasStart) << 4);
        let v = v128.load32_splat(p); a0 = i32x4.add(a0, v); a1 = i32x4.add(a1, v);
        v = v128.load32_splat(p, 4); b0 = i32x4.add(b0, v); b1 = i32x4.add(b1, v);
        v = v128.load32_splat(p, 8); c0 = i32x4.add(c0, v); c1 = i32x4.add(c1, v);
        v = v128.load32_splat(p, 12); d0 = i32x4.add(d0, v); d1 = i32x4.add(d1, v);
      }
      let wp = w;
      for (let d = 0; d < digits; d++) {
        const we = wp + wDigit;
        if (<u32>(l - d) < <u32>lin) {
          let xp = x + <usize>(l - d) * xLimb;
          while (wp < we) {
            const x0 = v128.load(xp), x1 = v128.load(xp, 16);
            let v = v128.load32_splat(wp);
            a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x0, v)); a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x1, v));
            v = v128.load32_splat(wp, 4);
            b0 = i32x4.add(b0, i32x4.dot_i16x8_s(x0, v)); b1 = i32x4.add(b1, i32x4.dot_i16x8_s(x1, v));
            v = v128.load32_splat(wp, 8);
            c0 = i32x4.add(c0, i32x4.dot_i16x8_s(x0, v)); c1 = i32x4.add(c1, i32x4.dot_i16x8_s(x1, v));
            v = v128.load32_splat(wp, 12);
            d0 = i32x4.add(d0, i32x4.dot_i16x8_s(x0, v)); d1 = i32x4.add(d1, i32x4.dot_i16x8_s(x1, v));
            xp += 32;
            wp += 16;
          }
        }
        wp = we;
      }
      const keep = l == lout - 1 ? i32x4.splat(-1) : mask;
      const q = y + (<usize>l << 5);
      v128.store(q, v128.and(a0, keep)); v128.store(q, v128.and(a1, keep), 16);
      v128.store(q + yUnit, v128.and(b0, keep)); v128.store(q + yUnit, v128.and(b1, keep), 16);
      v128.store(q + 2 * yUnit, v128.and(c0, keep)); v128.store(q + 2 * yUnit, v128.and(c1, keep), 16);
      v128.store(q + 3 * yUnit, v128.and(d0, keep)); v128.store(q + 3 * yUnit, v128.and(d1, keep), 16);
      a0 = i32x4.shr_s(a0, base); a1 = i32x4.shr_s(a1, base);
      b0 = i32x4.shr_s(b0, base); b1 = i32x4.shr_s(b1, base);
      c0 = i32x4.shr_s(c0, base); c1 = i32x4.shr_s(c1, base);
      d0 = i32x4.shr_s(d0, base); d1 = i32x4.shr_s(d1, base);
    }
  } else {
    const mask = (1 << base) - 1;
    for (let row = 0; row < 4; row++) {
      for (let lane = 0; lane < 8; lane++) {
        let c = 0;
        for (let l = 0; l < lout; l++) {
          c += limbSum(x + (<usize>lane << 2), xLimb, 32, w + (<usize>row << 2), wDigit, bias + (<usize>row << 2), biasStart, biasCount, pairs, digits, lin, l);
          store<i32>(y + <usize>row * yUnit + (<usize>l << 5) + (<usize>lane << 2), l == lout - 1 ? c : c & mask);
          c >>= base;
        }
      }
    }
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

/** The sum over limb l of one row for one input, without the carry; xPair and 16 bytes lie between pairs. */
function limbSum(x: usize, xLimb: usize, xPair: usize, w: usize, wDigit: usize, bias: usize, biasStart: i32, biasCount: i32, pairs: i32, digits: i32, lin: i32, l: i32): i32 {
  let sum = <u32>(l - biasStart) < <u32>biasCount ? load<i32>(bias + (<usize>(l - biasStart) << 4)) : 0;
  for (let d = 0; d < digits; d++) {
    if (<u32>(l - d) < <u32>lin) {
      let xp = x + <usize>(l - d) * xLimb;
      let wp = w + <usize>d * wDigit;
      for (let k = 0; k < pairs; k++) {
        sum += <i32>load<i16>(xp) * <i32>load<i16>(wp) + <i32>load<i16>(xp, 2) * <i32>load<i16>(wp, 2);
        xp += xPair;
        wp += 16;
      }
    }
  }
  return sum;
}

/**
 * One layer on one input: lanes are rows. Limbs of 16 bits, unit after unit, `xLimb` bytes a limb; with `last` 32-bit limbs.
 * Returns the limbs that the results really use.
 */
export function denseOne(plan: usize, layer: usize, x: usize, xLimb: usize, y: usize, yLimb: usize, lin: i32, lout: i32, base: i32, last: bool): i32 {
  const pairs = load<i32>(layer, LAYER_AT_PAIRS);
  const blocks = load<i32>(layer, LAYER_AT_BLOCKS);
  const digits = load<i32>(layer, LAYER_AT_DIGITS);
  const small = load<i32>(layer, LAYER_AT_STORAGE) == STORAGE_INT8;
  const biasStart = load<i32>(layer, LAYER_AT_BIAS_START);
  const biasCount = load<i32>(layer, LAYER_AT_BIAS_COUNT);
  let bias = plan + load<u32>(layer, LAYER_AT_BIAS);
  let w = plan + load<u32>(layer, LAYER_AT_ROWS);
  const size = <usize>(digits * pairs) << (small ? 3 : 4);
  const unit: usize = last ? 16 : 8;
  if (ASC_FEATURE_SIMD) {
    let top = i32x4.splat(0);
    let o = 0;
    for (; o + 4 <= blocks; o += 4) {
      top = v128.or(top, fourBlocks(x, xLimb, w, size, small, bias, biasStart, biasCount, y, yLimb, pairs, digits, lin, lout, base, last));
      w += size << 2;
      bias += <usize>biasCount << 6;
      y += unit << 2;
    }
    for (; o < blocks; o++) {
      top = v128.or(top, oneBlock(x, xLimb, w, small, bias, biasStart, biasCount, y, yLimb, pairs, digits, lin, lout, base, last));
      w += size;
      bias += <usize>biasCount << 4;
      y += unit;
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
            ? limbSum8(x, xLimb, w + (<usize>row << 1), <usize>pairs << 3, bias + (<usize>row << 2), biasStart, biasCount, pairs, digits, lin, l)
            : limbSum(x, xLimb, 4, w + (<usize>row << 2), <usize>pairs << 4, bias + (<usize>row << 2), biasStart, biasCount, pairs, digits, lin, l);
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
      w += size;
      bias += <usize>biasCount << 4;
      y += unit;
    }
    return last || top != 0 || lout == 1 ? lout : lout - 1;
  }
}

/** limbSum with 8-bit weights and units side by side. */
function limbSum8(x: usize, xLimb: usize, w: usize, wDigit: usize, bias: usize, biasStart: i32, biasCount: i32, pairs: i32, digits: i32, lin: i32, l: i32): i32 {
  let sum = <u32>(l - biasStart) < <u32>biasCount ? load<i32>(bias + (<usize>(l - biasStart) << 4)) : 0;
  for (let d = 0; d < digits; d++) {
    if (<u32>(l - d) < <u32>lin) {
      let xp = x + <usize>(l - d) * xLimb;
      let wp = w + <usize>d * wDigit;
      for (let k = 0; k < pairs; k++) {
        sum += <i32>load<i16>(xp) * <i32>load<i8>(wp) + <i32>load<i16>(xp, 2) * <i32>load<i8>(wp, 1);
        xp += 4;
        wp += 8;
      }
    }
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function weights(p: usize, small: bool): v128 {
  return small ? v128.load8x8_s(p) : v128.load(p);
}

/**
 * Sixteen rows on one input. Where weights are one digit, two limbs go together, so that each weight is loaded once for both.
 */
function fourBlocks(x: usize, xLimb: usize, w: usize, size: usize, small: bool, bias: usize, biasStart: i32, biasCount: i32, y: usize, yLimb: usize, pairs: i32, digits: i32, lin: i32, lout: i32, base: i32, last: bool): v128 {
  const mask = i32x4.splat((1 << base) - 1);
  const wDigit = <usize>pairs << (small ? 3 : 4);
  const length = <usize>pairs << 2;
  let a = i32x4.splat(0), b = a, c = a, d = a;
  let a1 = a, b1 = a, c1 = a, d1 = a;
  let q = y;
  let ready = false;
  for (let l = 0; l < lout; l++) {
    if (ready) {
      // The sums of this limb came with those of the limb below.
      a = i32x4.add(a, a1); b = i32x4.add(b, b1); c = i32x4.add(c, c1); d = i32x4.add(d, d1);
      ready = false;
    } else if (digits == 1 && l + 1 < lin) {
      a1 = i32x4.splat(0); b1 = a1; c1 = a1; d1 = a1;
      let xp = x + <usize>l * xLimb;
      const xe = xp + length;
      let p = w, p1 = p + size, p2 = p1 + size, p3 = p2 + size;
      if (small) {
        while (xp < xe) {
          const v = v128.load32_splat(xp), u = v128.load32_splat(xp + xLimb);
          let z = v128.load8x8_s(p); a = i32x4.add(a, i32x4.dot_i16x8_s(v, z)); a1 = i32x4.add(a1, i32x4.dot_i16x8_s(u, z));
          z = v128.load8x8_s(p1); b = i32x4.add(b, i32x4.dot_i16x8_s(v, z)); b1 = i32x4.add(b1, i32x4.dot_i16x8_s(u, z));
          z = v128.load8x8_s(p2); c = i32x4.add(c, i32x4.dot_i16x8_s(v, z)); c1 = i32x4.add(c1, i32x4.dot_i16x8_s(u, z));
          z = v128.load8x8_s(p3); d = i32x4.add(d, i32x4.dot_i16x8_s(v, z)); d1 = i32x4.add(d1, i32x4.dot_i16x8_s(u, z));
          xp += 4; p += 8; p1 += 8; p2 += 8; p3 += 8;
        }
      } else {
        while (xp < xe) {
          const v = v128.load32_splat(xp), u = v128.load32_splat(xp + xLimb);
          let z = v128.load(p); a = i32x4.add(a, i32x4.dot_i16x8_s(v, z)); a1 = i32x4.add(a1, i32x4.dot_i16x8_s(u, z));
          z = v128.load(p1); b = i32x4.add(b, i32x4.dot_i16x8_s(v, z)); b1 = i32x4.add(b1, i32x4.dot_i16x8_s(u, z));
          z = v128.load(p2); c = i32x4.add(c, i32x4.dot_i16x8_s(v, z)); c1 = i32x4.add(c1, i32x4.dot_i16x8_s(u, z));
          z = v128.load(p3); d = i32x4.add(d, i32x4.dot_i16x8_s(v, z)); d1 = i32x4.add(d1, i32x4.dot_i16x8_s(u, z));
          xp += 4; p += 16; p1 += 16; p2 += 16; p3 += 16;
        }
      }
      ready = true;
    } else {
      let wt = w;
      for (let t = 0; t < digits; t++, wt += wDigit) {
        if (<u32>(l - t) >= <u32>lin) continue;
        let xp = x + <usize>(l - t) * xLimb;
        const xe = xp + length;
        let p = wt, p1 = p + size, p2 = p1 + size, p3 = p2 + size;
        if (small) {
          while (xp < xe) {
            const v = v128.load32_splat(xp);
            a = i32x4.add(a, i32x4.dot_i16x8_s(v, v128.load8x8_s(p)));
            b = i32x4.add(b, i32x4.dot_i16x8_s(v, v128.load8x8_s(p1)));
            c = i32x4.add(c, i32x4.dot_i16x8_s(v, v128.load8x8_s(p2)));
            d = i32x4.add(d, i32x4.dot_i16x8_s(v, v128.load8x8_s(p3)));
            xp += 4; p += 8; p1 += 8; p2 += 8; p3 += 8;
          }
        } else {
          while (xp < xe) {
            const v = v128.load32_splat(xp);
            a = i32x4.add(a, i32x4.dot_i16x8_s(v, v128.load(p)));
            b = i32x4.add(b, i32x4.dot_i16x8_s(v, v128.load(p1)));
            c = i32x4.add(c, i32x4.dot_i16x8_s(v, v128.load(p2)));
            d = i32x4.add(d, i32x4.dot_i16x8_s(v, v128.load(p3)));
            xp += 4; p += 16; p1 += 16; p2 += 16; p3 += 16;
          }
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

/** Four rows on one input. */
function oneBlock(x: usize, xLimb: usize, w: usize, small: bool, bias: usize, biasStart: i32, biasCount: i32, y: usize, yLimb: usize, pairs: i32, digits: i32, lin: i32, lout: i32, base: i32, last: bool): v128 {
  const mask = i32x4.splat((1 << base) - 1);
  const wDigit = <usize>pairs << (small ? 3 : 4);
  let a = i32x4.splat(0);
  let q = y;
  for (let l = 0; l < lout; l++) {
    if (<u32>(l - biasStart) < <u32>biasCount) a = i32x4.add(a, v128.load(bias + (<usize>(l - biasStart) << 4)));
    for (let t = 0; t < digits; t++) {
      if (<u32>(l - t) < <u32>lin) {
        let xp = x + <usize>(l - t) * xLimb;
        const xe = xp + (<usize>pairs << 2);
        let p = w + <usize>t * wDigit;
        while (xp < xe) {
          const v = v128.load32_splat(xp);
          a = i32x4.add(a, i32x4.dot_i16x8_s(v, weights(p, small)));
          xp += 4;
          p += small ? 8 : 16;
        }
      }
    }
    if (last) v128.store(q, v128.and(a, l == lout - 1 ? i32x4.splat(-1) : mask));
    else store<i64>(q, i64x2.extract_lane(i16x8.narrow_i32x4_s(v128.and(a, mask), mask), 0));
    a = i32x4.shr_s(a, base);
    q += yLimb;
  }
  if (last) return mask;
  const n = i16x8.narrow_i32x4_s(i32x4.shr_s(a, 31), i32x4.splat(0));
  if (v128.any_true(n)) {
    for (let p = y; p < q; p += yLimb) store<i64>(p, i64x2.extract_lane(v128.andnot(v128.load64_zero(p), n), 0));
  }
  return v128.load64_zero(q - yLimb);
}
