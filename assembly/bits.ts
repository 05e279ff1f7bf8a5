// Bits into code words and back, row by row. Bits are bytes 0 or 1, the first one the most significant; a code word is
// 32-bit words, the lowest first. `digit` = 0: a bit a place. `digit` = s: s bits v as one digit 2v to the base 2^(s+1), so
// that one place in s + 1 stays zero: the gap that lets a network read digits with constant weights.

/** Where bit i of `places` sits, counted from the most significant place. */
// @ts-ignore: decorator
@inline
function place(i: i32, digit: i32): i32 {
  return digit == 0 ? i : i + i / digit;
}

/** rows x bits bytes -> rows x words words. `gray`: the word whose Gray code is the bits. */
export function encodeRows(src: usize, rows: i32, bits: i32, dst: usize, words: i32, digit: i32, places: i32, gray: bool): void {
  for (let r = 0; r < rows; r++) {
    memory.fill(dst, 0, <usize>words << 2);
    let i = 0;
    if (ASC_FEATURE_SIMD && digit == 0) {
      // Sixteen bits at a time: bit i goes to place `places - 1 - i`, so the first byte must be the highest of its mask.
      for (; i + 16 <= bits; i += 16) {
        const bytes = v128.load(src + i);
        const turned = i8x16.swizzle(bytes, i8x16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
        put(dst, places - 16 - i, i8x16.bitmask(i8x16.shl(turned, 7)));
      }
    }
    for (; i < bits; i++) put(dst, places - 1 - place(i, digit), load<u8>(src + i));
    if (gray) {
      // Place by place the word is the running sum (mod 2) of the bits above.
      let carry: u32 = 0;
      for (let w = words - 1; w >= 0; w--) {
        let v = load<u32>(dst + ((<usize>w) << 2));
        v ^= v >> 1;
        v ^= v >> 2;
        v ^= v >> 4;
        v ^= v >> 8;
        v ^= v >> 16;
        v ^= carry;
        // Places above the first bit hold zeros and pass no carry on.
        store<u32>(dst + ((<usize>w) << 2), v);
        carry = (v & 1) != 0 ? 0xffffffff : 0;
      }
    }
    src += bits;
    dst += <usize>words << 2;
  }
}

/** rows x words words -> rows x bits bytes, the inverse of encodeRows. */
export function extractRows(src: usize, rows: i32, words: i32, dst: usize, bits: i32, digit: i32, places: i32, gray: bool): void {
  for (let r = 0; r < rows; r++) {
    let i = 0;
    if (ASC_FEATURE_SIMD && digit == 0) {
      const spread = i8x16(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
      const pick = i8x16(-128, 64, 32, 16, 8, 4, 2, 1, -128, 64, 32, 16, 8, 4, 2, 1);
      for (; i + 16 <= bits; i += 16) {
        const at = places - 16 - i;
        let v = take(src, at, words);
        if (gray) v ^= take(src, at + 1, words);
        const both = i8x16.swizzle(i16x8.splat(<i16>v), spread);
        v128.store(dst + i, v128.and(i8x16.eq(v128.and(both, pick), pick), i8x16.splat(1)));
      }
    }
    for (; i < bits; i++) {
      const at = places - 1 - place(i, digit);
      let v = take(src, at, words);
      if (gray) v ^= take(src, at + 1, words);
      store<u8>(dst + i, v & 1);
    }
    src += <usize>words << 2;
    dst += bits;
  }
}

/** ORs at most 16 bits into a word at place `at`. */
// @ts-ignore: decorator
@inline
function put(word: usize, at: i32, bits: i32): void {
  const p = word + ((<usize>at >> 5) << 2);
  const low = at & 31;
  const v = <u64>bits << low;
  store<u32>(p, load<u32>(p) | <u32>v);
  if (v >> 32 != 0) store<u32>(p, load<u32>(p, 4) | <u32>(v >> 32), 4);
}

/** At least 16 bits of a word from place `at` upwards; zeros above its end. */
// @ts-ignore: decorator
@inline
function take(word: usize, at: i32, words: i32): u32 {
  const w = at >> 5;
  if (w >= words) return 0;
  const p = word + ((<usize>w) << 2);
  const low = <u64>load<u32>(p) | (w + 1 < words ? <u64>load<u32>(p, 4) << 32 : 0);
  return <u32>(low >> (at & 31));
}
