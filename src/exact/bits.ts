/** Questions about the binary digits of a bigint, answered in time linear in its length. */

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);
/** Index of the half of a float64 that holds its exponent; machines differ in the order of the two. */
const TOP = (() => {
  float[0] = 1;
  return words[1] === 0 ? 0 : 1;
})();

/** Number of binary digits of |m| or one more (rounding to float64 may carry); 0 for 0. The cheap way below 2^1023. */
export function roughBitLength(m: bigint): number {
  const v = Number(m);
  if (v === 0) return 0;
  float[0] = v;
  const biased = (words[TOP] >>> 20) & 0x7ff;
  return biased === 0x7ff ? bitLength(m) : biased - 1022;
}

/** Number of binary digits of |m|; 0 for 0. */
export function bitLength(m: bigint): number {
  const a = m < 0n ? -m : m;
  const v = Number(a);
  if (v < 0x20000000000000) return v < 4294967296 ? 32 - Math.clz32(v) : 64 - Math.clz32(Math.floor(v / 4294967296));
  if (v < 2 ** 1000) {
    float[0] = v;
    const rough = ((words[TOP] >>> 20) & 0x7ff) - 1022;
    // Only a number that rounds up to a power of two is a digit shorter than its float64.
    return words[1 - TOP] === 0 && a >> BigInt(rough - 1) === 0n ? rough - 1 : rough;
  }
  const hex = a.toString(16);
  return 4 * (hex.length - 1) + (32 - Math.clz32(Number.parseInt(hex[0] as string, 16)));
}

/** Exponent of the largest power of two that divides m; 0 for 0. */
export function trailingZeros(m: bigint): number {
  if (m === 0n) return 0;
  const low = Number(BigInt.asUintN(32, m));
  if (low !== 0) return 31 - Math.clz32(low & -low);
  // Double the window until it holds a set bit, then look inside the last half of it.
  let width = 64;
  while (BigInt.asUintN(width, m) === 0n) width *= 2;
  const half = width / 2;
  return half + trailingZeros(BigInt.asUintN(width, m) >> BigInt(half));
}

/** How many times 2 divides every value; Infinity where all are zero. */
export function commonZeros(values: Iterable<bigint>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const v of values) {
    if (v !== 0n) least = Math.min(least, trailingZeros(v));
    if (least === 0) break;
  }
  return least;
}

/** m * 2^k for any whole k; for negative k the result is floor(m / 2^-k). */
export function shift(m: bigint, k: number): bigint {
  return k >= 0 ? m << BigInt(k) : m >> BigInt(-k);
}

/** ceil(m / 2^k), k >= 0. */
export function ceilShift(m: bigint, k: number): bigint {
  return -(-m >> BigInt(k));
}
