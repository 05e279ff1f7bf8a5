/** Common divisors, and whole parts of quotients and roots; apart, so that running a network needs none of them. */
import { bitLength, roughBitLength } from './bits.ts';

/** Greatest common divisor of |a| and |b|. */
export function gcd(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y > 0x1fffffffffffffn) [x, y] = [y, x % y];
  if (y === 0n) return x;
  // The rest in float64, whose remainder of whole numbers below 2^53 is exact.
  let u = Number(y);
  let v = Number(x % y);
  while (v !== 0) [u, v] = [v, u % v];
  return BigInt(u);
}

/** floor(a / b) for b > 0 (BigInt division truncates towards zero). */
export function floorDivide(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -((b - 1n - a) / b);
}

/** ceil(a / b) for b > 0. */
export function ceilDivide(a: bigint, b: bigint): bigint {
  return -floorDivide(-a, b);
}

/** floor(sqrt(n)) for n >= 0, by Newton's iteration from above. */
export function floorSqrt(n: bigint): bigint {
  if (n < 0x20000000000000n) {
    // A float64 square root is within one of the floor here; two exact comparisons settle it.
    let r = BigInt(Math.floor(Math.sqrt(Number(n))));
    while (r * r > n) r--;
    while ((r + 1n) * (r + 1n) <= n) r++;
    return r;
  }
  // Newton's iteration falls monotonically from any start at or above the root. The start: the float64 root of the
  // leading digits, one part in 2^40 too large, which covers every rounding on the way.
  const drop = Math.max(0, roughBitLength(n) - 400) & ~1;
  const lead = BigInt(Math.ceil(Math.sqrt(Number(n >> BigInt(drop)))));
  let x = (lead + (lead >> 40n) + 2n) << BigInt(drop / 2);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

/** floor(n^(1/k)) for n >= 0 and whole k >= 1, by Newton's iteration from above. */
export function floorRoot(n: bigint, k: number): bigint {
  if (k === 1 || n < 2n) return n;
  if (k === 2) return floorSqrt(n);
  const degree = BigInt(k);
  let x = 1n << BigInt(Math.ceil(bitLength(n) / k));
  for (;;) {
    const y = ((degree - 1n) * x + n / x ** (degree - 1n)) / degree;
    if (y >= x) return x;
    x = y;
  }
}
