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

/** 2^e as a float64, -1022 <= e <= 1023. */
// @ts-ignore: decorator
@inline
export function powerOfTwo(e: i32): f64 {
  return reinterpret<f64>(<u64>(1023 + e) << 52);
}

/**
 * Looks at rows x inputs float64 values: all finite, all within the domain (inputs lower ends, then inputs upper ends)?
 * Returns a SCAN_ code. `result` gets the index refused, or the fractional bits and the top exponent; where all values are
 * multiples of 2^-fraction and below 2^top, those two without a closer look.
 */
export function scanFloats(src: usize, rows: i32, inputs: i32, domain: usize, result: usize, fraction: i32, top: i32): i32 {
  if (ASC_FEATURE_SIMD && fraction <= 900 && top <= 1000 && allFit(src, rows, inputs, domain, fraction, top)) {
    store<i32>(result, fraction, SCAN_AT_FRACTION);
    store<i32>(result, top, SCAN_AT_TOP);
    return SCAN_FINE;
  }
  fraction = 0;
  top = i32.MIN_VALUE;
  let index = 0;
  const upper = <usize>inputs << 3;
  for (let r = 0; r < rows; r++) {
    let lower = domain;
    for (let i = 0; i < inputs; i++) {
      const bits = load<u64>(src);
      if (((bits >> 52) & 0x7ff) == 0x7ff) {
        store<i32>(result, index, SCAN_AT_INDEX);
        return SCAN_NOT_FINITE;
      }
      const value = load<f64>(src);
      if (value < load<f64>(lower) || value > load<f64>(lower + upper)) {
        store<i32>(result, index, SCAN_AT_INDEX);
        return SCAN_OUTSIDE;
      }
      lower += 8;
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

/** Whether every value lies in the domain, below 2^top in size, and is a multiple of 2^-fraction. */
// @ts-ignore: decorator
@inline
function allFit(src: usize, rows: i32, inputs: i32, domain: usize, fraction: i32, top: i32): bool {
  const factor = f64x2.splat(powerOfTwo(fraction));
  if (inputs == 1 && rows > 1) return allLike(src, rows, load<f64>(domain), load<f64>(domain, 8), factor, top);
  const most = f64x2.splat(powerOfTwo(top));
  const upper = domain + (<usize>inputs << 3);
  let fine = i32x4.splat(-1);
  // Two inputs at a time, the last pair overlapping; one input stands twice.
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < inputs; i += 2) {
      const at = <usize>(inputs == 1 ? 0 : min(i, inputs - 2)) << 3;
      const v = inputs == 1 ? v128.load64_splat(src) : v128.load(src + at);
      const lo = inputs == 1 ? v128.load64_splat(domain) : v128.load(domain + at);
      const hi = inputs == 1 ? v128.load64_splat(upper) : v128.load(upper + at);
      const whole = f64x2.mul(v, factor);
      fine = v128.and(fine, v128.and(f64x2.ge(v, lo), f64x2.le(v, hi)));
      fine = v128.and(fine, v128.and(f64x2.lt(f64x2.abs(v), most), f64x2.eq(f64x2.nearest(whole), whole)));
    }
    src += <usize>inputs << 3;
  }
  return i64x2.all_true(fine);
}

/** As allFit for 2 or more values that share their domain; four at a time, the last four or two overlapping. */
// @ts-ignore: decorator
@inline
function allLike(src: usize, count: i32, lower: f64, upper: f64, factor: v128, top: i32): bool {
  // Below 2^top is at most the float64 before it.
  const most = reinterpret<f64>(reinterpret<u64>(powerOfTwo(top)) - 1);
  const lo = f64x2.splat(max(lower, -most)), hi = f64x2.splat(min(upper, most));
  const last = src + (<usize>count << 3);
  let fine = i32x4.splat(-1), also = fine;
  if (count < 4) {
    fine = v128.and(fits(v128.load(src), lo, hi, factor), fits(v128.load(last - 16), lo, hi, factor));
    return i64x2.all_true(fine);
  }
  for (; src < last; src += 32) {
    const p = min(src, last - 32);
    fine = v128.and(fine, fits(v128.load(p), lo, hi, factor));
    also = v128.and(also, fits(v128.load(p, 16), lo, hi, factor));
  }
  return i64x2.all_true(v128.and(fine, also));
}

// @ts-ignore: decorator
@inline
function fits(v: v128, lo: v128, hi: v128, factor: v128): v128 {
  const whole = f64x2.mul(v, factor);
  return v128.and(v128.and(f64x2.ge(v, lo), f64x2.le(v, hi)), f64x2.eq(f64x2.nearest(whole), whole));
}

/** Writes rows x inputs float64 values, each a multiple of 2^-scale, as limbs; lanes past the last row repeat it. */
export function packFloats(src: usize, rows: i32, inputs: i32, dst: usize, stride: usize, vectors: i32, limbs: i32, radix: i32, scale: i32): void {
  const step = <usize>vectors * VECTOR_BYTES;
  if (ASC_FEATURE_SIMD && limbs <= 4 && scale <= 900) {
    packShort(src, rows, inputs, dst, stride, vectors, limbs, radix, scale);
    return;
  }
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

/**
 * packFloats by float arithmetic, two inputs of the batch at a time. Every step is exact: scaling, taking the floor of a
 * power of two's multiple, and the difference; adding 1.5 * 2^52 leaves a whole number in the low word.
 */
// @ts-ignore: decorator
@inline
function packShort(src: usize, rows: i32, inputs: i32, dst: usize, stride: usize, vectors: i32, limbs: i32, radix: i32, scale: i32): void {
  const step = <usize>vectors * VECTOR_BYTES;
  const factor = f64x2.splat(powerOfTwo(scale));
  const down = f64x2.splat(powerOfTwo(-radix));
  const up = f64x2.splat(powerOfTwo(radix));
  const magic = f64x2.splat(6755399441055744);
  const signBit = i64x2.splat(i64.MIN_VALUE);
  const row = <usize>inputs << 3;
  const end = src + <usize>(rows - 1) * row;
  for (let lane = 0; lane < vectors * LANES; lane += 2) {
    let a = min(src + <usize>lane * row, end);
    let b = min(a + row, end);
    let to = dst + (<usize>lane << 2);
    for (let i = 0; i < inputs; i++) {
      let t = f64x2.mul(f64x2.replace_lane(v128.load64_zero(a), 1, load<f64>(b)), factor);
      if (limbs == 1) {
        store<i64>(to, lowPair(f64x2.add(t, magic)));
      } else {
        const sign = v128.and(t, signBit);
        t = f64x2.abs(t);
        let at = to;
        for (let l = 0; l < limbs; l++) {
          const high = f64x2.floor(f64x2.mul(t, down));
          const digit = f64x2.sub(t, f64x2.mul(high, up));
          store<i64>(at, lowPair(f64x2.add(v128.or(digit, sign), magic)));
          t = high;
          at += step;
        }
      }
      a += 8;
      b += 8;
      to += stride;
    }
  }
}

// @ts-ignore: decorator
@inline
function lowPair(v: v128): i64 {
  return i64x2.extract_lane(v128.shuffle<i32>(v, v, 0, 2, 0, 2), 0);
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

/**
 * The float64 nearest to the signed limbs times 2^-scale, ties to even, subnormals and overflow included.
 *
 * Leading limbs are gathered into 63 bits, rounded to odd (the last bit is set where anything is left below): rounding
 * that to 53 bits or fewer is rounding the whole number.
 */
function roundLimbs(at: usize, step: usize, limbs: i32, radix: i32, scale: i32): f64 {
  let l = limbs - 1;
  let p = at + <usize>l * step;
  let m = <i64>load<i32>(p);
  const most: i64 = (<i64>1) << (62 - radix);
  while (l > 0 && m < most && m >= -most) {
    l--;
    p -= step;
    m = (m << radix) + <i64>load<i32>(p);
  }
  let exponent = l * radix - scale;
  if (l > 0) {
    const room = <i32>clz(m ^ (m >> 63)) - 1;
    const next = load<i32>(p - step);
    const rest = radix - room;
    let left = next & ((1 << rest) - 1);
    for (let q = at; left == 0 && q < p - step; q += step) left = load<i32>(q);
    m = (m << room) | <i64>(next >> rest) | <i64>(left != 0 ? 1 : 0);
    exponent -= room;
  }
  // Up to 63 bits a conversion rounds once, and a power of two that keeps the result normal is exact.
  if (exponent >= -1000 && exponent <= 900) return <f64>m * reinterpret<f64>(<u64>(1023 + exponent) << 52);
  return m == 0 ? 0 : assemble(m < 0, <u64>(m < 0 ? -m : m), exponent);
}

/** (-1)^negative * m * 2^exponent, rounded. m > 0, at most 63 bits. */
function assemble(negative: bool, m: u64, exponent: i32): f64 {
  const sign: u64 = negative ? 0x8000000000000000 : 0;
  const length = 64 - <i32>clz(m);
  // Exponent of the last digit that is kept.
  const last = max(exponent + length - 53, -1074);
  const drop = last - exponent;
  let q: u64;
  if (drop <= 0) {
    q = m << -drop;
  } else if (drop > 63) {
    q = 0;
  } else {
    q = m >> drop;
    const half: u64 = (<u64>1) << (drop - 1);
    const rest = m & ((half << 1) - 1);
    if (rest > half || (rest == half && (q & 1) != 0)) q++;
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
  const top = <usize>(limbs - 1) * step;
  const each = <usize>words << 2;
  for (let lane = 0; lane < rows; lane++) {
    let at = src + (<usize>lane << 2);
    for (let o = 0; o < outputs; o++) {
      const end = dst + each;
      const last = at + top;
      let held: i64 = 0;
      let count = 0;
      for (let p = at; p < last; p += step) {
        held += <i64>load<i32>(p) << count;
        count += radix;
        if (count >= 32) {
          if (dst == end) break;
          store<u32>(dst, <u32>held);
          dst += 4;
          held >>= 32;
          count -= 32;
        }
      }
      // The top limb carries the sign into every higher bit.
      held += <i64>load<i32>(last) << count;
      for (; dst < end; dst += 4) {
        store<u32>(dst, <u32>held);
        held >>= 32;
      }
      at += stride;
    }
  }
}
