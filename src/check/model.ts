/**
 * f on a block [from, to], m its middle, as a Taylor polynomial with an enclosed remainder, against lines:
 *
 *   f(m + 2^h t) = sum C_k t^k + (at most radius),   |t| <= 1, all in units of 2^-unit.
 *
 * On a part t0..t1 of a line, with e the difference of f and the line and B = max(-e''/2) (t1 - t0)^2 / 4,
 *
 *   e(t) = chord(t) - (e''/2)(xi) (t - t0)(t1 - t)  <=  e0 + (e1 - e0) s + 4 B s (1 - s),   s = (t - t0)/(t1 - t0).
 */
import { abs, type Enclosures, type Node, type Span } from './enclose.ts';
import { need } from './read.ts';
import type { Fraction } from './sweep.ts';

const move = (v: bigint, by: number): bigint => (by >= 0 ? v << BigInt(by) : v >> BigInt(-by));

type Block = { readonly from: Fraction; readonly to: Fraction; readonly order: number; readonly unit: number };

/** Whether |f - (a x + c)/q| <= limit from x to y in the block; q is a power of two. */
export type Within = (x: Fraction, y: Fraction, a: bigint, c: bigint, limit: bigint) => boolean;

export function model(e: Enclosures, f: Node, { from, to, order, unit }: Block, q: bigint): Within {
  need(Number.isInteger(order) && order >= 0 && order <= 24, 'expected a block of order 0..24');
  const [left, right] = [from, to].map(({ n, d }) => {
    need((n << BigInt(e.q)) % d === 0n, 'a block whose ends are not dyadic');
    return (n << BigInt(e.q)) / d;
  }) as [bigint, bigint];
  const m = (left + right) >> 1n;
  // m = mid 2^-fine, and |x - m| <= 2^h.
  const zeros = m === 0n ? e.q : Math.min(e.q, (m & -m).toString(2).length - 1);
  const mid = m >> BigInt(zeros);
  const fine = e.q - zeros;
  const h = (right - m - 1n).toString(2).length - e.q;
  const jet = (x: Span, k: number) => f([x, e.ratio(1n, 1n), ...Array<Span>(24).fill([0n, 0n])].slice(0, k + 1));
  const over = jet([left, right], order);
  const terms = order === 0 ? over : [...jet([m, m], order - 1), over[order] as Span];
  // |t| <= reach 2^-16; its powers k, k - 1, k - 2.
  const reach = move(right - m, 16 - h - e.q) + 1n;
  let [power, before, first] = [1n << 16n, 0n, 0n];
  // What polynomials and lines lose by rounding is less than a unit each time.
  let [radius, bendRadius] = [BigInt(order + 8), BigInt(order + 3)];
  const C = terms.map(([lower, higher], k) => {
    const by = unit - e.q + h * k;
    const [l, r] = [move(lower, by), -move(-higher, by)];
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
  // Points t are rounded down to multiples of 2^-grid.
  const grid = steep.toString(2).length + 8;
  const g = BigInt(grid);
  const scale = q.toString(2).length - 1;
  const polynomial = (c: readonly bigint[], t: bigint): bigint => {
    let k = c.length - 1;
    let value = c[k] as bigint;
    while (--k >= 0) value = (c[k] as bigint) + ((value * t) >> g);
    return value; // less than one unit a term below
  };
  const point = (x: Fraction) => {
    const by = grid - h - fine;
    const top = (x.n << BigInt(fine)) - mid * x.d;
    const t = by >= 0 ? (top << BigInt(by)) / x.d : top / (x.d << BigInt(-by));
    const below = top < 0n ? t - 1n : t; // at most 1 below
    return { x, t: below, value: polynomial(C, below) };
  };
  /** B for -e''/2 <= b on a part of this length. */
  const bulge = (b: bigint, length: bigint): bigint =>
    b <= 0n ? 0n : ((b * ((length * length + 3n) >> 2n)) >> (2n * g)) + 1n;
  // The longest part so far, and B there for any e''.
  let [widest, highest] = [0n, 0n];
  let last = point(from);
  return (x, y, a, c, limit) => {
    const p = last.x === x ? last : point(x);
    const r = point(y);
    last = r;
    // The line is a0 + a1 t, each less than a unit below.
    const a0 = move(a * mid + (c << BigInt(fine)), unit - fine - scale);
    const a1 = move(a, unit + h - scale);
    const e0 = p.value - a0 - ((a1 * p.t) >> g);
    const e1 = r.value - a0 - ((a1 * r.t) >> g);
    const room = limit - radius - ((steep + abs(a1)) >> (g - 1n));
    const most = e0 > e1 ? e0 : e1;
    const least = e0 > e1 ? e1 : e0;
    if (most > room || -least > room) return false;
    if (bends.length === 0) return true;
    const length = r.t - p.t + 2n; // at least that
    if (length > widest) [widest, highest] = [length, bulge(bendMost, length)];
    if (most + highest <= room && highest - least <= room) return true;
    const bend = polynomial(bends, p.t + (length >> 1n));
    const slack = ((change * length) >> (g + 1n)) + bendRadius + 1n;
    return fits(e0, e1, bulge(slack - bend, length), room) && fits(-e0, -e1, bulge(slack + bend, length), room);
  };
}

/** Whether p + (r - p) s + 4 b s (1 - s) <= room for 0 <= s <= 1; p and r are. */
function fits(p: bigint, r: bigint, b: bigint, room: bigint): boolean {
  const d = abs(p - r);
  if ((p > r ? p : r) + b <= room || d >= 4n * b) return true;
  return 8n * b * (p + r) + 16n * b * b + d * d <= 16n * b * room;
}
