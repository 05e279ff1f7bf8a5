/**
 * f on a block [from, to], m its middle, as a Taylor polynomial with an enclosed remainder, against lines:
 *
 *   f(m + 2^h t) = sum C_k t^k + (at most radius),   |t| <= 1, all in units of 2^-unit.
 *
 * On a part t0..t1 of a line, with e the difference of f and the line and B = max(-e''/2) (t1 - t0)^2 / 4,
 *
 *   e(t) = chord(t) - (e''/2)(xi) (t - t0)(t1 - t)  <=  e0 + (e1 - e0) s + 4 B s (1 - s),   s = (t - t0)/(t1 - t0).
 */
import { abs, type Enclosures, type Node, type Span, length as size } from './enclose.ts';
import { need } from './read.ts';
import type { Fraction, Lines } from './sweep.ts';

/** Differences are counted in 2^-unit, up to `limit`; the network's lines are (a x + c)/q, q a power of two. */
export type Scale = { readonly unit: number; readonly limit: bigint; readonly q: bigint };
/** A point, rounded down to the block's grid, and f - net there, nearly. */
export type Place = { readonly t: bigint; readonly e: bigint };

export function model(e: Enclosures, f: Node, from: Fraction, to: Fraction, order: number, { unit, limit, q }: Scale) {
  need(Number.isInteger(order) && order >= 0 && order <= 24, 'expected a block of order 0..24');
  const [left, right] = [from, to].map(({ n, d }) => {
    need((n << BigInt(e.q)) % d === 0n, 'a block whose ends are not dyadic');
    return (n << BigInt(e.q)) / d;
  }) as [bigint, bigint];
  const m = (left + right) >> 1n;
  // |x - m| <= 2^h, and m and 2^h are multiples of 2^-fine.
  const h = size(right - m - 1n) - e.q;
  const fine = m === 0n ? Math.max(0, -h) : Math.max(-h, e.q + 1 - size(m & -m), 0);
  const jet = (x: Span, k: number): Span[] => {
    e.order = k;
    return [...f([x, e.ratio(1n, 1n)]), ...Array<Span>(k).fill([0n, 0n])].slice(0, k + 1);
  };
  const over = jet([left, right], order);
  const terms = order === 0 ? over : [...jet([m, m], order - 1), over[order] as Span];
  // |t| <= reach 2^-16; its powers k, k - 1, k - 2.
  const reach = ((right - m) << BigInt(16 - h - e.q)) + 1n;
  let [power, before, first] = [1n << 16n, 0n, 0n];
  // What polynomials and lines lose by rounding is less than a unit each time, and as much again where numbers are short.
  let [radius, bendRadius] = [BigInt(2 * order + 8), BigInt(order + 3)];
  const C = terms.map(([lower, higher], k) => {
    const by = BigInt(unit - e.q + h * k); // a shift to the left by less than 0 rounds down
    const [l, r] = [lower << by, -(-higher << by)];
    const c = (l + r) >> 1n;
    radius += (((r - c) * power) >> 16n) + 1n;
    bendRadius += ((BigInt((k * (k - 1)) / 2) * (r - c) * first) >> 16n) + 1n;
    [power, before, first] = [((power * reach) >> 16n) + 1n, power, before];
    return c;
  });
  const steep = C.reduce((s, c, k) => s + BigInt(k) * abs(c), 0n);
  // e''/2: the polynomial's coefficients, how fast it changes at most, its size.
  const bends = C.slice(2).map((c, k) => (c * BigInt((k + 2) * (k + 1))) / 2n);
  const change = bends.reduce((s, c, k) => s + BigInt(k) * abs(c), 0n);
  const bendMost = bends.reduce((s, c) => s + abs(c), bendRadius);
  // Points t are multiples of 2^-grid: t = (n 2^up - d start) / (d 2^down) - one for x = n/d.
  const grid = Math.max(size(steep) + 8, 26);
  const [g, one, gain] = [BigInt(grid), 1n << BigInt(grid), grid - h - fine];
  const [up, down] = [BigInt(fine + Math.max(gain, 0)), BigInt(Math.max(-gain, 0))];
  const start = ((m >> BigInt(e.q - fine)) - (1n << BigInt(h + fine))) << BigInt(Math.max(gain, 0));
  const room = limit - radius - (steep >> (g - 1n));
  // The highest terms whose sum is below 2^25: with 26 digits of t they are summed in numbers, whole ones below 2^53.
  let few = C.length;
  const bound = (k: number): bigint => abs(C[k] as bigint) + 1n;
  for (let sum = bound(few - 1); few > 1 && sum < 1n << 25n; sum += bound(few - 1)) few--;
  const [large, small] = [C.slice(0, few), C.slice(few).map(Number)];

  const polynomial = (c: readonly bigint[], t: bigint, last = 0n): bigint => {
    let value = last;
    for (let k = c.length - 1; k >= 0; k--) value = (c[k] as bigint) + ((value * t) >> g);
    return value; // less than one unit a term below
  };
  const value = (t: bigint): bigint => {
    const near = Number(t >> (g - 26n));
    let rest = 0;
    for (let k = small.length - 1; k >= 0; k--) rest = (small[k] as number) + Math.floor((rest * near) / 2 ** 26);
    return polynomial(large, t, BigInt(rest));
  };
  /** B on a part of that length for -e''/2 <= b. */
  const bulge = (b: bigint, length: bigint): bigint =>
    b <= 0n ? 0n : ((b * ((length * length + 3n) >> 2n)) >> (2n * g)) + 1n;
  // The last point's denominator, and twice more: they repeat. The longest part, and the room for its ends at any bend.
  let [sameD, shift, below, widest, inner] = [0n, 0n, 1n, 0n, room];
  const lift = BigInt(unit + 1 - size(q));

  /** t at x, at most 1 below. */
  const at = ({ n, d }: Fraction): bigint => {
    if (d !== sameD) [sameD, shift, below] = [d, d * start, d << down];
    return ((n << up) - shift) / below - one;
  };
  /** x in the block, on the network's line there. */
  const place = (x: Fraction, { a, c }: Lines, t = at(x)): Place => {
    return { t, e: value(t) - ((a * x.n + c * x.d) << lift) / x.d };
  };
  /** Whether |f - net| is within the limit on a part of one line. */
  const within = (p: Place, r: Place): boolean => {
    const length = r.t - p.t + 2n; // at least that
    if (length > widest && bends.length > 0) [widest, inner] = [length, room - bulge(bendMost, length)];
    if (p.e <= inner && r.e <= inner && -p.e <= inner && -r.e <= inner) return true;
    if (bends.length === 0) return false;
    const bend = polynomial(bends, p.t + (length >> 1n));
    const slack = ((change * length) >> (g + 1n)) + bendRadius + 1n;
    return fits(p.e, r.e, bulge(slack - bend, length), room) && fits(-p.e, -r.e, bulge(slack + bend, length), room);
  };
  return { at, place, within };
}

/** Whether p + (r - p) s + 4 b s (1 - s) <= room for 0 <= s <= 1. */
function fits(p: bigint, r: bigint, b: bigint, room: bigint): boolean {
  const d = abs(p - r);
  const most = p > r ? p : r;
  if (most > room) return false;
  if (most + b <= room || d >= 4n * b) return true;
  return 8n * b * (p + r) + 16n * b * b + d * d <= 16n * b * room;
}
