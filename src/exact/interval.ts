/**
 * Closed intervals [lo, hi] with dyadic ends. Sums, differences and products are exact; `round` moves the ends
 * outward (division: quotient.ts). What holds for every real number in the operands holds for every real number in the result.
 */
import { Dyadic, type DyadicLike } from './dyadic.ts';
import { refuse } from './refuse.ts';

export class Interval {
  private constructor(
    readonly lo: Dyadic,
    readonly hi: Dyadic,
  ) {
    Object.freeze(this);
  }

  /** [lo, hi]; throws InputError where lo > hi. */
  static of(lo: DyadicLike, hi: DyadicLike = lo): Interval {
    const a = Dyadic.from(lo);
    const b = Dyadic.from(hi);
    if (a.gt(b)) refuse('Interval.of', `lower end <= upper end`, `[${a}, ${b}]`);
    return new Interval(a, b);
  }

  get isPoint(): boolean {
    return this.lo.eq(this.hi);
  }
  get width(): Dyadic {
    return this.hi.sub(this.lo);
  }
  /** The exact midpoint. */
  get mid(): Dyadic {
    return this.lo.add(this.hi).scale(-1);
  }
  /** max |x| over the interval. */
  get magnitude(): Dyadic {
    return this.lo.abs().max(this.hi.abs());
  }
  /** min |x| over the interval. */
  get mignitude(): Dyadic {
    return this.lo.sign > 0 ? this.lo : this.hi.sign < 0 ? this.hi.neg() : Dyadic.ZERO;
  }

  contains(x: Dyadic): boolean {
    return this.lo.le(x) && x.le(this.hi);
  }
  encloses(o: Interval): boolean {
    return this.lo.le(o.lo) && o.hi.le(this.hi);
  }
  hull(o: Interval): Interval {
    return new Interval(this.lo.min(o.lo), this.hi.max(o.hi));
  }
  /** The common part, or undefined where there is none. */
  meet(o: Interval): Interval | undefined {
    const lo = this.lo.max(o.lo);
    const hi = this.hi.min(o.hi);
    return lo.le(hi) ? new Interval(lo, hi) : undefined;
  }

  neg(): Interval {
    return new Interval(this.hi.neg(), this.lo.neg());
  }
  add(o: Interval): Interval {
    return new Interval(this.lo.add(o.lo), this.hi.add(o.hi));
  }
  sub(o: Interval): Interval {
    return new Interval(this.lo.sub(o.hi), this.hi.sub(o.lo));
  }
  mul(o: Interval): Interval {
    if (this.lo.sign >= 0 && o.lo.sign >= 0) return new Interval(this.lo.mul(o.lo), this.hi.mul(o.hi));
    const ends = [this.lo.mul(o.lo), this.lo.mul(o.hi), this.hi.mul(o.lo), this.hi.mul(o.hi)];
    return new Interval(
      ends.reduce((a, b) => a.min(b)),
      ends.reduce((a, b) => a.max(b)),
    );
  }
  /** this * 2^k. */
  scale(k: number): Interval {
    return new Interval(this.lo.scale(k), this.hi.scale(k));
  }
  abs(): Interval {
    return new Interval(this.mignitude, this.magnitude);
  }
  /** max(0, x). */
  relu(): Interval {
    return this.lo.sign >= 0 ? this : new Interval(Dyadic.ZERO, this.hi.max(Dyadic.ZERO));
  }
  max(o: Interval): Interval {
    return new Interval(this.lo.max(o.lo), this.hi.max(o.hi));
  }
  min(o: Interval): Interval {
    return new Interval(this.lo.min(o.lo), this.hi.min(o.hi));
  }

  /** Moves the ends outward to `precision` leading binary digits each. */
  round(precision: number): Interval {
    return new Interval(this.lo.roundBits(precision, 'down'), this.hi.roundBits(precision, 'up'));
  }

  toString(): string {
    return `[${this.lo}, ${this.hi}]`;
  }
}
