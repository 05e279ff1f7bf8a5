/**
 * f on a block [from, to], m its middle, as a Taylor polynomial with an enclosed remainder, against lines:
 *
 *   f(m + 2^h t) = sum C_k t^k + (at most radius),   |t| <= 1, all in units of 2^-unit.
 *
 * On a part t0..t1 of a line, with e the difference of f and the line,
 *
 *   e(t) = chord(t) - b (t - t0)(t1 - t)  <=  e0 + (e1 - e0) s + 4 B s (1 - s),   s = (t - t0)/(t1 - t0),
 *
 * B = max(-b) (t1 - t0)^2 / 4, where b is a mean of e''/2 over points of the part whose own mean is (t0 + t + t1)/3, at most a
 * sixth of its length from its middle (Hermite and Genocchi): e''/2 there, its slope and its curvature bound b.
 *
 * Numbers are whole and below 2^53 all along.
 */
import { type Enclosures, type Node, length as size } from './enclose.ts';
import { need } from './read.ts';
import type { Fraction, Lines } from './sweep.ts';

/** Differences are counted in 2^-unit, up to `limit`; the network's lines are (a x + c)/q, q a power of two. */
export type Scale = { readonly unit: number; readonly limit: bigint; readonly q: bigint };
/** A point, rounded down to the block's grid and to 2^-50, and f - net there, nearly. */
export type Place = { readonly t: bigint; readonly near: number; readonly e: number };

const HALF = 2 ** 25;
/** v t / 2^50, or less by at most 2, for |v| < 2^50 and |t| <= 2^51. */
function times(v: number, t: number): number {
  const [a, c] = [Math.floor(v / HALF), Math.floor(t / HALF)];
  return a * c + Math.floor((a * (t - c * HALF) + (v - a * HALF) * c) / HALF);
}
const polynomial = (c: readonly number[], t: number): number => {
  let value = 0;
  for (let k = c.length - 1; k >= 0; k--) value = (c[k] as number) + times(value, t);
  return value;
};
/** b t^2 / 4 or more, for -e''/2 <= b on a part of length t. */
const bulge = (b: number, t: number): number => (b <= 0 ? 0 : Math.floor((times(times(b, t) + 2, t) + 2) / 4) + 1);

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
  const over = e.taylor(f, [left, right], order);
  const terms = order === 0 ? over : [...e.taylor(f, [m, m], order - 1), ...over.slice(order)];
  // |t| <= reach 2^-16; its powers k, k - 1, k - 2.
  const reach = ((right - m) << BigInt(16 - h - e.q)) + 1n;
  let [power, before, first] = [1n << 16n, 0n, 0n];
  // What polynomials and lines lose by rounding is less than two units a term.
  let [radius, bendRadius] = [BigInt(2 * order + 8), BigInt(2 * order + 4)];
  const C = terms.map(([lower, higher], k) => {
    const by = BigInt(unit - e.q + h * k); // a shift to the left by less than 0 rounds down
    const [l, r] = [lower << by, -(-higher << by)];
    const c = (l + r) >> 1n;
    radius += (((r - c) * power) >> 16n) + 1n;
    bendRadius += ((BigInt((k * (k - 1)) / 2) * (r - c) * first) >> 16n) + 1n;
    [power, before, first] = [((power * reach) >> 16n) + 1n, power, before];
    return c;
  });
  const [C0, C1 = 0n] = C as [bigint, bigint?];
  const bent = C.slice(2).map(Number);
  // e''/2 and its slope: the polynomials' coefficients, how fast the slope changes at most, the sizes.
  const bends = bent.map((c, k) => (c * (k + 2) * (k + 1)) / 2);
  const turns = bends.slice(1).map((c, k) => c * (k + 1));
  const wild = turns.reduce((s, c, k) => s + k * Math.abs(c), 0);
  const bendMost = bends.reduce((s, c) => s + Math.abs(c), Number(bendRadius));
  need(bends.length === 0 || 2 * wild + 32 * bendMost < 2 ** 49, 'the difference exceeds the claimed bound'); // by far
  // Points t are multiples of 2^-grid: t = (n 2^up - d start) / (d 2^down) - one for x = n/d.
  const grid = Math.max(size(C1) + 8, 50);
  const [g, one, gain] = [BigInt(grid), 1n << BigInt(grid), grid - h - fine];
  const [up, down] = [BigInt(fine + Math.max(gain, 0)), BigInt(Math.max(-gain, 0))];
  const start = ((m >> BigInt(e.q - fine)) - (1n << BigInt(h + fine))) << BigInt(Math.max(gain, 0));
  const room = Number(limit - radius - 1n);
  // The last point's denominator, and twice more: they repeat. The longest part, and the room for its ends at any bend.
  let [sameD, shift, below, widest, inner] = [0n, 0n, 1n, 0, room];
  const lift = BigInt(unit + 1 - size(q));

  /** t at x, at most 1 below. */
  const at = ({ n, d }: Fraction): bigint => {
    if (d !== sameD) [sameD, shift, below] = [d, d * start, d << down];
    return ((n << up) - shift) / below - one;
  };
  /** x in the block, on the network's line there. */
  const place = (x: Fraction, { a, c }: Lines, t = at(x)): Place => {
    const near = Number(t >> (g - 50n));
    const value = C0 + (((C1 + BigInt(times(polynomial(bent, near), near))) * t) >> g);
    return { t, near, e: Number(value - ((a * x.n + c * x.d) << lift) / x.d) };
  };
  /** Whether |f - net| is within the limit on a part of one line. */
  const within = (p: Place, r: Place): boolean => {
    const length = r.near - p.near + 2; // at least that
    if (length > widest && bends.length > 0) [widest, inner] = [length, room - bulge(bendMost, length)];
    if (p.e <= inner && r.e <= inner && -p.e <= inner && -r.e <= inner) return true;
    const middle = p.near + Math.floor(length / 2);
    const [bend, turn] = [polynomial(bends, middle), Math.abs(polynomial(turns, middle)) + 2 * order + 3];
    const slack = Math.floor(times(turn, length) / 6 + times(times(wild, length), length) / 8) + Number(bendRadius) + 6;
    return fits(p.e, r.e, bulge(slack - bend, length), room) && fits(-p.e, -r.e, bulge(slack + bend, length), room);
  };
  return { at, place, within };
}

/** Whether p + (r - p) s + 4 b s (1 - s) <= room for 0 <= s <= 1. */
function fits(p: number, r: number, b: number, room: number): boolean {
  const [d, most] = [Math.abs(p - r), Math.max(p, r)];
  if (most > room) return false;
  if (most + b <= room || d >= 4 * b) return true;
  return b <= 2 * room && 8 * b * (p + r) + 16 * b * b + d * d <= 16 * b * room;
}
