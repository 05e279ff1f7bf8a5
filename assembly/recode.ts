// Activations from one form into the other: limbs to the base 2^radix in 32-bit lanes (lanes.ts) and limbs to the base
// 2^base in 16-bit pairs (dense.ts). Lanes stay lanes, so a limb is cut from its neighbours by the same shifts everywhere.
import { limbBytes } from "./dense";
import { LANES, VECTOR_BYTES } from "./layout";

/**
 * `units` units of `lin` limbs, `vectors` vectors each, into tiles of 8 inputs with `lout` limbs and `pairs` pairs.
 * Limbs that do not change their base may have either sign; others are not negative. Two vectors make a tile.
 */
export function toPairs(x: usize, stride: usize, vectors: i32, units: i32, lin: i32, radix: i32, y: usize, tile: usize, pairs: i32, lout: i32, base: i32): void {
  const xLimb = <usize>vectors * VECTOR_BYTES;
  const yLimb = limbBytes(pairs);
  for (let v = 0; v < vectors; v++) {
    const xv = x + <usize>v * VECTOR_BYTES;
    const yv = y + <usize>(v >> 1) * tile + (<usize>(v & 1) << 4);
    for (let k = 0; k < pairs; k++) {
      const even = xv + <usize>(2 * k) * stride;
      let q = yv + (<usize>k << 5);
      for (let l = 0; l < lout; l++) {
        if (ASC_FEATURE_SIMD) {
          const a = 2 * k < units ? digitVector(even, xLimb, lin, radix, l, base) : i32x4.splat(0);
          const b = 2 * k + 1 < units ? digitVector(even + stride, xLimb, lin, radix, l, base) : i32x4.splat(0);
          v128.store(q, v128.or(v128.and(a, i32x4.splat(0xffff)), i32x4.shl(b, 16)));
        } else {
          for (let lane: usize = 0; lane < <usize>LANES; lane++) {
            const at = lane << 2;
            store<i16>(q + at, 2 * k < units ? <i16>digit(even + at, xLimb, lin, radix, l, base) : 0);
            store<i16>(q + at, 2 * k + 1 < units ? <i16>digit(even + stride + at, xLimb, lin, radix, l, base) : 0, 2);
          }
        }
        q += yLimb;
      }
    }
  }
}

/** Digit l to the base 2^base of a number given by limbs to the base 2^radix; radix 31 and one limb: a whole lane. */
// @ts-ignore: decorator
@inline
function digitVector(x: usize, step: usize, limbs: i32, radix: i32, l: i32, base: i32): v128 {
  if (radix == base) return l < limbs ? v128.load(x + <usize>l * step) : i32x4.splat(0);
  const bit = l * base;
  const a = bit / radix;
  const low = bit - a * radix;
  if (a >= limbs) return i32x4.splat(0);
  let v = i32x4.shr_u(v128.load(x + <usize>a * step), low);
  for (let k = a + 1, place = radix - low; place < base && k < limbs; k++, place += radix) {
    v = v128.or(v, i32x4.shl(v128.load(x + <usize>k * step), place));
  }
  return v128.and(v, i32x4.splat((1 << base) - 1));
}

// @ts-ignore: decorator
@inline
function digit(x: usize, step: usize, limbs: i32, radix: i32, l: i32, base: i32): i32 {
  if (radix == base) return l < limbs ? load<i32>(x + <usize>l * step) : 0;
  const bit = l * base;
  const a = bit / radix;
  const low = bit - a * radix;
  if (a >= limbs) return 0;
  let v = load<u32>(x + <usize>a * step) >> low;
  for (let k = a + 1, place = radix - low; place < base && k < limbs; k++, place += radix) {
    v |= load<u32>(x + <usize>k * step) << place;
  }
  return <i32>(v & ((1 << base) - 1));
}

/** The other way: tiles into `units` units of `lout` limbs to the base 2^radix. */
export function toLanes(x: usize, tile: usize, pairs: i32, lin: i32, base: i32, y: usize, stride: usize, vectors: i32, units: i32, lout: i32, radix: i32): void {
  const xLimb = limbBytes(pairs);
  const yLimb = <usize>vectors * VECTOR_BYTES;
  const whole: i32 = (<i32>1 << radix) - 1;
  for (let v = 0; v < vectors; v++) {
    const xv = x + <usize>(v >> 1) * tile + (<usize>(v & 1) << 4);
    for (let u = 0; u < units; u++) {
      const p = xv + (<usize>(u >> 1) << 5);
      let q = y + <usize>u * stride + <usize>v * VECTOR_BYTES;
      for (let l = 0; l < lout; l++) {
        const bit = l * radix;
        let j = bit / base;
        let place = j * base - bit; // in (-base, 0]: where digit j begins in this limb
        if (ASC_FEATURE_SIMD) {
          let sum = i32x4.splat(0);
          for (; j < lin && place < radix; j++, place += base) {
            const both = v128.load(p + <usize>j * xLimb);
            const d = (u & 1) != 0 ? i32x4.shr_u(both, 16) : v128.and(both, i32x4.splat(0xffff));
            sum = v128.or(sum, place < 0 ? i32x4.shr_u(d, -place) : i32x4.shl(d, place));
          }
          v128.store(q, v128.and(sum, i32x4.splat(whole)));
        } else {
          const first = j;
          const start = place;
          for (let lane: usize = 0; lane < <usize>LANES; lane++) {
            let sum: u32 = 0;
            j = first;
            place = start;
            for (; j < lin && place < radix; j++, place += base) {
              const d = <u32>load<u16>(p + <usize>j * xLimb + (lane << 2) + (<usize>(u & 1) << 1));
              sum |= place < 0 ? d >> -place : d << place;
            }
            store<u32>(q + (lane << 2), sum & whole);
          }
        }
        q += yLimb;
      }
    }
  }
}

/** Units of one limb of up to 31 bits, not negative, as `limbs` limbs to the base 2^radix: all of them are written. */
export function splitLimbs(x: usize, xs: usize, y: usize, ys: usize, vectors: i32, units: i32, limbs: i32, radix: i32): void {
  const mask: u32 = (1 << radix) - 1;
  const step = <usize>vectors * VECTOR_BYTES;
  for (let u = 0; u < units; u++) {
    for (let at: usize = 0; at < step; at += 4) {
      let rest = load<u32>(x + at);
      let q = y + at;
      for (let l = 1; l < limbs; l++) {
        store<u32>(q, rest & mask);
        rest >>= radix;
        q += step;
      }
      store<u32>(q, rest);
    }
    x += xs;
    y += ys;
  }
}
