// Across the border: float64 values or words into limbs, limbs into correctly rounded float64 values or words.
import {
  LANES,
  SCAN_AT_FRACTION,
  SCAN_AT_INDEX,
  SCAN_AT_TOP,
  SCAN_FINE,
  SCAN_NOT_FINITE,
  SCAN_OUTSIDE,
  VECTOR_BYTES,
} from "./layout";

const FRACTION_MASK: u64 = 0x000fffffffffffff;
const HIDDEN_BIT: u64 = 0x0010000000000000;

/** The whole number m of a finite float64 = +-m * 2^exponentOf. */
// @ts-ignore: decorator
@inline
function magnitudeOf(bits: u64): u64 {
  const fraction = bits & FRACTION_MASK;
  return ((bits >> 52) & 0x7ff) == 0 ? fraction : fraction | HIDDEN_BIT;
}

// @ts-ignore: decorator
@inline
function exponentOf(bits: u64): i32 {
  return max(<i32>((bits >> 52) & 0x7ff), 1) - 1075;
}

/**
 * Looks at rows x inputs float64 values: all finite, all within the domain (pairs of float64, or 0 for none)?
 * Returns a SCAN_ code; `result` gets the index refused, the fractional bits and the top exponent.
 */
export function scanFloats(src: usize, rows: i32, inputs: i32, domain: usize, result: usize): i32 {
  let fraction = 0;
  let top = i32.MIN_VALUE;
  let index = 0;
  for (let r = 0; r < rows; r++) {
    let pair = domain;
    for (let i = 0; i < inputs; i++) {
      const bits = load<u64>(src);
      if (((bits >> 52) & 0x7ff) == 0x7ff) {
        store<i32>(result, index, SCAN_AT_INDEX);
        return SCAN_NOT_FINITE;
      }
      if (domain != 0) {
        const value = load<f64>(src);
        if (value < load<f64>(pair) || value > load<f64>(pair, 8)) {
          store<i32>(result, index, SCAN_AT_INDEX);
          return SCAN_OUTSIDE;
        }
        pair += 16;
      }
      const m = magnitudeOf(bits);
      if (m != 0) {
        const e = exponentOf(bits);
        fraction = max(fraction, -(e + <i32>ctz(m)));
        top = max(top, e + 64 - <i32>clz(m));
      }
      src += 8;
      index++;
    }
  }
  store<i32>(result, fraction, SCAN_AT_FRACTION);
  store<i32>(result, top, SCAN_AT_TOP);
  return SCAN_FINE;
}

/** Writes rows x inputs float64 values, each a multiple of 2^-scale, as limbs; lanes past the last row repeat it. */
export function packFloats(src: usize, rows: i32, inputs: i32, dst: usize, stride: usize, vectors: i32, limbs: i32, radix: i32, scale: i32): void {
  const step = <usize>vectors * VECTOR_BYTES;
  const mask: u64 = ((<u64>1) << radix) - 1;
  for (let lane = 0; lane < vectors * LANES; lane++) {
    let from = src + <usize>(min(lane, rows - 1) * inputs) * 8;
    let to = dst + (<usize>lane << 2);
    for (let i = 0; i < inputs; i++) {
      const bits = load<u64>(from);
      let m = magnitudeOf(bits);
      let shift = exponentOf(bits) + scale;
      if (m == 0) shift = 0;
      else if (shift < 0) {
        m >>= -shift;
        shift = 0;
      }
      const negative = <i64>bits < 0;
      if (limbs == 1) {
        const v = <i32>(m << shift);
        store<i32>(to, negative ? -v : v);
      } else {
        const first = shift / radix;
        let held = shift - first * radix; // zero bits below m in its first limb
        let at = to;
        for (let l = 0; l < limbs; l++) {
          let v: i32 = 0;
          if (l >= first) {
            v = <i32>((m << held) & mask);
            m >>= radix - held;
            held = 0;
          }
          store<i32>(at, negative ? -v : v);
          at += step;
        }
      }
      from += 8;
      to += stride;
    }
  }
}

/** As packFloats for whole numbers of `words` 32-bit words in two's complement. */
export function packWords(src: usize, words: i32, rows: i32, inputs: i32, dst: usize, stride: usize, vectors: i32, limbs: i32, radix: i32): void {
  const step = <usize>vectors * VECTOR_BYTES;
  // A single limb holds 31 bits, whatever the radix.
  const width = limbs == 1 ? 31 : radix;
  const mask: u64 = ((<u64>1) << width) - 1;
  const size = <usize>words << 2;
  for (let lane = 0; lane < vectors * LANES; lane++) {
    let from = src + <usize>min(lane, rows - 1) * <usize>inputs * size;
    let to = dst + (<usize>lane << 2);
    for (let i = 0; i < inputs; i++) {
      const negative = load<i32>(from + size - 4) < 0;
      let carry: u64 = negative ? 1 : 0;
      let flip: u32 = negative ? 0xffffffff : 0;
      let read = from;
      const end = from + size;
      let held: u64 = 0;
      let count = 0;
      let at = to;
      for (let l = 0; l < limbs; l++) {
        if (count < width && read < end) {
          const word = <u64>(load<u32>(read) ^ flip) + carry;
          carry = word >> 32;
          held |= (word & 0xffffffff) << count;
          count += 32;
          read += 4;
        }
        const v = <i32>(held & mask);
        held >>= width;
        count = max(count - width, 0);
        store<i32>(at, negative ? -v : v);
        at += step;
      }
      from = end;
      to += stride;
    }
  }
}

/**
 * Writes the results of a tile as float64, each rounded to nearest with ties to even. Units lie `stride` bytes apart, limbs
 * `step`, inputs 4.
 */
export function unpackFloats(src: usize, stride: usize, step: usize, limbs: i32, radix: i32, scale: i32, rows: i32, outputs: i32, dst: usize): void {
  // Up to 62 bits a conversion rounds once and a power of two that keeps the result normal is exact.
  const short = (limbs == 1 || limbs * radix <= 62) && scale <= 1000 && scale >= -900;
  const factor = short ? reinterpret<f64>(<u64>(1023 - scale) << 52) : 0;
  for (let lane = 0; lane < rows; lane++) {
    let at = src + (<usize>lane << 2);
    for (let o = 0; o < outputs; o++) {
      if (short) {
        let v: i64 = 0;
        for (let l = limbs - 1; l >= 0; l--) v = (v << radix) + <i64>load<i32>(at + <usize>l * step);
        store<f64>(dst, <f64>v * factor);
      } else {
        store<f64>(dst, roundLimbs(at, step, limbs, radix, scale));
      }
      at += stride;
      dst += 8;
    }
  }
}

/** Digit l of the magnitude of a number whose lowest non-zero limb is `lowest`. */
// @ts-ignore: decorator
@inline
function magnitudeLimb(at: usize, step: usize, l: i32, lowest: i32, mask: i64, negative: bool, top: i32): i64 {
  const v = <i64>load<i32>(at + <usize>l * step);
  if (!negative) return v;
  if (l < lowest) return 0;
  if (l == top) return l == lowest ? -v : -v - 1;
  return l == lowest ? mask + 1 - v : mask - v;
}

/** The float64 nearest to the signed limbs times 2^-scale, ties to even, subnormals and overflow included. */
function roundLimbs(at: usize, step: usize, limbs: i32, radix: i32, scale: i32): f64 {
  const top = limbs - 1;
  const mask: i64 = ((<i64>1) << radix) - 1;
  const negative = load<i32>(at + <usize>top * step) < 0;
  let lowest = 0;
  while (lowest < top && load<i32>(at + <usize>lowest * step) == 0) lowest++;
  let l = top;
  let digit: i64 = 0;
  for (; l >= lowest; l--) {
    digit = magnitudeLimb(at, step, l, lowest, mask, negative, top);
    if (digit != 0) break;
  }
  if (digit == 0) return 0;
  // Gather the leading bits, at least 54 where there are as many, below 2^63; what is left decides only as "not zero".
  let m = <u64>digit;
  while (l > lowest && clz(m) > <u64>radix) {
    l--;
    m = (m << radix) | <u64>magnitudeLimb(at, step, l, lowest, mask, negative, top);
  }
  let exponent = l * radix - scale;
  let sticky = l > lowest;
  const room = <i32>clz(m) - 1;
  if (sticky && room > 0) {
    // Part of the next limb.
    const next = <u64>magnitudeLimb(at, step, l - 1, lowest, mask, negative, top);
    m = (m << room) | (next >> (radix - room));
    exponent -= room;
    sticky = l - 1 > lowest || (next & (((<u64>1) << (radix - room)) - 1)) != 0;
  }
  return assemble(negative, m, exponent, sticky);
}

/** (-1)^negative * (m + something in (0,1) if sticky) * 2^exponent, rounded. m > 0. */
function assemble(negative: bool, m: u64, exponent: i32, sticky: bool): f64 {
  const sign: u64 = negative ? 0x8000000000000000 : 0;
  const length = 64 - <i32>clz(m);
  // Exponent of the last digit that is kept.
  const last = max(exponent + length - 53, -1074);
  const drop = last - exponent;
  let q: u64;
  if (drop <= 0) {
    q = m << -drop;
  } else if (drop > 64) {
    q = 0;
  } else {
    q = drop == 64 ? 0 : m >> drop;
    const half: u64 = (<u64>1) << (drop - 1);
    const rest = drop == 64 ? m : m & ((half << 1) - 1);
    if (rest > half || (rest == half && (sticky || (q & 1) != 0))) q++;
  }
  // A dyadic number has no negative zero, so neither has its rounding.
  if (q == 0) return 0;
  // 2^53 after rounding carries into the exponent field by itself, as does 2^52 of a subnormal.
  const field = last + 1074;
  if (field >= 2046) return reinterpret<f64>(sign | 0x7ff0000000000000);
  const bits = ((<u64>field) << 52) + q;
  return reinterpret<f64>(sign | min(bits, 0x7ff0000000000000));
}

/** Writes the results of a tile as two's complement of `words` 32-bit words each. */
export function unpackWords(src: usize, stride: usize, step: usize, limbs: i32, radix: i32, rows: i32, outputs: i32, dst: usize, words: i32): void {
  for (let lane = 0; lane < rows; lane++) {
    let at = src + (<usize>lane << 2);
    for (let o = 0; o < outputs; o++) {
      let held: i64 = 0;
      let count = 0;
      let l = 0;
      for (let w = 0; w < words; w++) {
        while (count < 32 && l < limbs) {
          // The top limb carries the sign into every higher bit.
          held += <i64>load<i32>(at + <usize>l * step) << count;
          count += l == limbs - 1 ? 64 : radix;
          l++;
        }
        store<u32>(dst, <u32>held);
        held >>= 32;
        count -= 32;
        dst += 4;
      }
      at += stride;
    }
  }
}
