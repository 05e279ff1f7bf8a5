/**
 * The lines of a network with one input, followed from left to right through the switches that a proof lists.
 *
 * Nothing is believed: a unit's line may only change sign where it is listed, because its sign is looked at whenever its line
 * changes and at the right end, and a line that has one sign at both ends of an interval has it in between.
 */
import { type Layer, need } from './read.ts';

/** n/d, d > 0. */
export type Fraction = { readonly n: bigint; readonly d: bigint };

/** The sign of x - y. */
export const compare = (x: Fraction, y: Fraction): number => {
  const e = x.n * y.d - y.n * x.d;
  return e < 0n ? -1 : e > 0n ? 1 : 0;
};

/** Adjoining lines (a x + c) / q up to `to`. */
export type Lines = Pick<Sweep, 'a' | 'c' | 'q' | 'to' | 'next'>;

/** A unit that reads another one, with its weight; and the next such unit. */
type Edge = { readonly to: Unit; readonly w: bigint; readonly next: Edge | undefined };

/** The line slope x + offset of a unit, the line before, and the weights of those that read the unit. */
class Unit {
  oldSlope = 0n;
  oldOffset = 0n;
  on = true;
  mark = -1;
  out: Edge | undefined;

  constructor(
    readonly layer: number,
    public offset: bigint,
    public slope = 0n,
  ) {}

  /** The line's value at x, times x.d. */
  at(x: Fraction): bigint {
    return this.slope * x.n + this.offset * x.d;
  }
}

/** Whether the sign of the unit's line, which has the value z, is still the one that it has been taken for. */
const check = (u: Unit, z: bigint): void => need(u.on ? z >= 0n : z <= 0n, 'a unit switches that is not listed');

export class Sweep {
  a = 0n;
  c = 0n;
  q: bigint;
  to: Fraction;
  count = 0;
  /** Layer after layer, the output last. */
  private readonly units: Unit[] = [];
  private readonly moved: Unit[][];
  private k = 0;

  constructor(
    layers: readonly Layer[],
    private x: Fraction,
    private readonly hi: Fraction,
    private readonly switches: readonly unknown[],
  ) {
    need(layers[0]?.inputs === 1 && layers.at(-1)?.outputs === 1, 'expected a network with one input and one output');
    let below = [new Unit(-1, 0n, 1n)];
    let scale = 0;
    layers.forEach(({ outputs, start, column, weight, bias, scale: own }, l) => {
      const twist = 1n << BigInt(Math.max(0, -scale - own));
      const here: Unit[] = [];
      for (let i = 0; i < outputs; i++) {
        const u = new Unit(l, ((bias[i] as bigint) << BigInt(scale)) * twist);
        for (let k = start[i] as number; k < (start[i + 1] as number); k++) {
          const from = below[column[k] as number] as Unit;
          const w = (weight[k] as bigint) * twist;
          from.out = { to: u, w, next: from.out };
          if (from.on) u.slope += w * from.slope;
          if (from.on) u.offset += w * from.offset;
        }
        const z = u.at(x);
        u.on = z === 0n ? u.slope > 0n : z > 0n;
        here.push(u);
        this.units.push(u);
      }
      below = here;
      scale = Math.max(0, scale + own);
    });
    this.q = 1n << BigInt(scale);
    this.moved = layers.map(() => []);
    this.to = x;
    this.next();
  }

  /** To the next line; what it claims holds once `finish` has passed. */
  next(): void {
    const out = this.units[this.units.length - 1] as Unit;
    this.a = out.slope;
    this.c = out.offset;
    this.count++;
    this.to = this.hi;
    while (this.k < this.switches.length) {
      this.switch();
      if (out.slope === this.a && out.offset === this.c) continue;
      this.to = this.x;
      return;
    }
  }

  /** All switches lie in the domain, and none is missing up to its right end. */
  finish(): void {
    while (this.k < this.switches.length) this.switch();
    need(compare(this.x, this.hi) <= 0, 'a switch beyond the domain');
    for (const u of this.units.slice(0, -1)) check(u, u.at(this.hi));
  }

  /** Units that switch together, increasing. */
  private switch(): void {
    const listed = this.switches[this.k++];
    let before = -1;
    let x = this.x;
    for (const number of (Array.isArray(listed) ? listed : [listed]) as number[]) {
      const u = number > before && number + 1 < this.units.length ? this.units[number] : undefined;
      need(u !== undefined && u.slope !== 0n, 'a switch of no unit');
      if (before < 0) x = u.slope > 0n ? { n: -u.offset, d: u.slope } : { n: u.offset, d: -u.slope };
      else need(u.at(x) === 0n, 'units switch together that do not');
      this.touch(u);
      before = number;
    }
    need(before >= 0 && compare(this.x, x) <= 0, 'switches are not in order');
    this.x = x;
    for (const list of this.moved) {
      // What is moved here moves units of later layers only.
      for (const u of list) {
        if (u.layer + 1 === this.moved.length) break;
        // The old line ends here: it must have kept its sign.
        const z = u.oldSlope * x.n + u.oldOffset * x.d;
        check(u, z);
        const was = u.on;
        if (z === 0n) u.on = u.slope > 0n;
        const da = (u.on ? u.slope : 0n) - (was ? u.oldSlope : 0n);
        const dc = (u.on ? u.offset : 0n) - (was ? u.oldOffset : 0n);
        if (da === 0n && dc === 0n) continue;
        for (let e = u.out; e; e = e.next) {
          this.touch(e.to);
          e.to.slope += e.w * da;
          e.to.offset += e.w * dc;
        }
      }
      list.length = 0;
    }
  }

  private touch(u: Unit): void {
    if (u.mark === this.k) return;
    u.mark = this.k;
    u.oldSlope = u.slope;
    u.oldOffset = u.offset;
    this.moved[u.layer]?.push(u);
  }
}
