/**
 * f on a block [from, to], m its middle, as a Taylor polynomial with an enclosed remainder, against lines:
 *
 *   f(m + 2^h t) = sum C_k t^k + (at most radius),   |t| <= 1, all in units of 2^-unit.
 *
 * On a part t0..t1 of a line, with e the difference of f and the line and B = max(-e''/2) (t1 - t0)^2 / 4,
 *
 *   e(t) = chord(t) - (e''/2)(xi) (t - t0)(t1 - t)  <=  e0 + (e1 - e0) s + 4 B s (1 - s),   s = (t - t0)/(t1 - t0).
 */
import type { Enclosures, Node, Span } from './enclose.ts';
import { need } from './read.ts';
import type { Fraction } from './sweep.ts';

const abs = (v: bigint): bigint => (v < 0n ? -v : v);
const move = (v: bigint, by: number): bigint => (by >= 0 ? v << BigInt(by) : v >> BigInt(-by));

export class Model {
  /** m = mid 2^-fine. */
  private readonly mid: bigint;
  private readonly fine: number;
  private readonly h: number;
  /** Points t are rounded down to multiples of 2^-grid. */
  private readonly grid: number;
  private readonly c: bigint[] = [];
  private readonly radius: bigint;
  /** Of e''/2: the polynomial's coefficients, how fast it changes at most, and how far f's may be from it. */
  private readonly bends: bigint[];
  private readonly change: bigint;
  private readonly bendRadius: bigint;
  private readonly bendMost: bigint;
  private readonly steep: bigint;
  private readonly scale: number;
  /** The longest part so far, and B there for any e''. */
  private widest = 0n;
  private highest = 0n;
  private last: { x: Fraction; t: bigint; value: bigint } | undefined;

  /** `q` is the lines' denominator, a power of two. */
  constructor(
    e: Enclosures,
    f: Node,
    from: Fraction,
    to: Fraction,
    order: number,
    private readonly unit: number,
    q: bigint,
  ) {
    need(Number.isInteger(order) && order >= 0 && order <= 24, 'expected a block of order 0..24');
    const [a, b] = [from, to].map(({ n, d }) => {
      need((n << BigInt(e.q)) % d === 0n, 'a block whose ends are not dyadic');
      return (n << BigInt(e.q)) / d;
    }) as [bigint, bigint];
    const m = (a + b) >> 1n;
    const zeros = m === 0n ? e.q : Math.min(e.q, (m & -m).toString(2).length - 1);
    this.mid = m >> BigInt(zeros);
    this.fine = e.q - zeros;
    this.scale = q.toString(2).length - 1;
    this.h = (b - m - 1n).toString(2).length - e.q; // b - m <= 2^(h + q)
    const jet = (x: Span, k: number) => f([x, e.ratio(1n, 1n), ...Array<Span>(24).fill([0n, 0n])].slice(0, k + 1));
    const over = jet([a, b], order);
    const terms = order === 0 ? over : [...jet([m, m], order - 1), over[order] as Span];
    // |t| <= reach 2^-16; its powers k, k - 1, k - 2.
    const reach = move(b - m, 16 - this.h - e.q) + 1n;
    let [power, before, first] = [1n << 16n, 0n, 0n];
    let [radius, bendRadius] = [0n, 0n];
    terms.forEach(([lower, higher], k) => {
      const by = unit - e.q + this.h * k;
      const [l, r] = [move(lower, by), -move(-higher, by)];
      const c = (l + r) >> 1n;
      this.c.push(c);
      radius += (((r - c) * power) >> 16n) + 1n;
      bendRadius += ((BigInt((k * (k - 1)) / 2) * (r - c) * first) >> 16n) + 1n;
      [power, before, first] = [((power * reach) >> 16n) + 1n, power, before];
    });
    this.bends = this.c.slice(2).map((c, k) => (c * BigInt((k + 2) * (k + 1))) / 2n);
    this.change = this.bends.reduce((s, c, k) => s + BigInt(k) * abs(c), 0n);
    this.bendRadius = bendRadius + BigInt(order + 3);
    this.bendMost = this.bends.reduce((s, c) => s + abs(c), this.bendRadius);
    this.steep = this.c.reduce((s, c, k) => s + BigInt(k) * abs(c), 0n);
    this.grid = this.steep.toString(2).length + 8;
    // What polynomials and lines lose by rounding, less than a unit each time.
    this.radius = radius + BigInt(order + 8);
  }

  /** A point on the grid, and the polynomial there, less than one unit a term below. */
  private at(x: Fraction): { x: Fraction; t: bigint; value: bigint } {
    if (this.last?.x === x) return this.last;
    const by = this.grid - this.h - this.fine;
    let top = (x.n << BigInt(this.fine)) - this.mid * x.d;
    let bottom = x.d;
    if (by >= 0) top <<= BigInt(by);
    else bottom <<= BigInt(-by);
    const t = top / bottom - (top < 0n ? 1n : 0n); // at most 2 below
    const g = BigInt(this.grid);
    let k = this.c.length - 1;
    let value = this.c[k] as bigint;
    while (--k >= 0) value = (this.c[k] as bigint) + ((value * t) >> g);
    this.last = { x, t, value };
    return this.last;
  }

  /** Whether |f - (a x + c)/q| <= limit from x to y in the block. */
  within(x: Fraction, y: Fraction, a: bigint, c: bigint, limit: bigint): boolean {
    const g = BigInt(this.grid);
    const p = this.at(x);
    const r = this.at(y);
    // The line is a0 + a1 t, each less than a unit below.
    const a0 = move(a * this.mid + (c << BigInt(this.fine)), this.unit - this.fine - this.scale);
    const a1 = move(a, this.unit + this.h - this.scale);
    const e0 = p.value - a0 - ((a1 * p.t) >> g);
    const e1 = r.value - a0 - ((a1 * r.t) >> g);
    const room = limit - this.radius - ((this.steep + abs(a1)) >> (g - 1n));
    const most = e0 > e1 ? e0 : e1;
    const least = e0 > e1 ? e1 : e0;
    if (most > room || -least > room) return false;
    if (this.c.length <= 2) return true;
    const h = r.t - p.t + 2n; // at least its length
    if (h > this.widest) {
      this.widest = h;
      this.highest = this.bulge(this.bendMost, h);
    }
    if (most + this.highest <= room && this.highest - least <= room) return true;
    const middle = p.t + (h >> 1n);
    let k = this.bends.length - 1;
    let bend = this.bends[k] as bigint;
    while (--k >= 0) bend = (this.bends[k] as bigint) + ((bend * middle) >> g);
    const slack = ((this.change * h) >> (g + 1n)) + this.bendRadius + 1n;
    return fits(e0, e1, this.bulge(slack - bend, h), room) && fits(-e0, -e1, this.bulge(slack + bend, h), room);
  }

  /** B for -e''/2 <= b on a part of length h. */
  private bulge(b: bigint, h: bigint): bigint {
    return b <= 0n ? 0n : ((b * ((h * h + 3n) >> 2n)) >> BigInt(2 * this.grid)) + 1n;
  }
}

/** Whether p + (r - p) s + 4 b s (1 - s) <= room for 0 <= s <= 1; p and r are. */
function fits(p: bigint, r: bigint, b: bigint, room: bigint): boolean {
  const d = abs(p - r);
  if ((p > r ? p : r) + b <= room || d >= 4n * b) return true;
  return 8n * b * (p + r) + 16n * b * b + d * d <= 16n * b * room;
}
