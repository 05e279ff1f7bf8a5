/** A run of adjoining linear pieces, kept while they are compared with f. */
import { type Dyadic, Rational } from '../exact/index.ts';
import { fractionOf, type Sweep } from './pieces.ts';

export class Chunk {
  /** Ends of the pieces as fractions: piece i is [n_i/d_i, n_(i+1)/d_(i+1)]. */
  readonly n: bigint[] = [];
  readonly d: bigint[] = [];
  /** Lines (slope x + offset) 2^-scale. */
  readonly slope: bigint[] = [];
  readonly offset: bigint[] = [];

  constructor(readonly scale: number) {}

  /** The next pieces of the sweep, at most `limit` of them, behind those of `before`. */
  static read(sweep: Sweep, limit: number, before = new Chunk(sweep.scale)): Chunk {
    for (let i = 0; i < limit && sweep.next(); i++) {
      if (before.n.length === 0) {
        before.n.push(sweep.from.n);
        before.d.push(sweep.from.d);
      }
      before.slope.push(sweep.slope);
      before.offset.push(sweep.intercept);
      before.n.push(sweep.to.n);
      before.d.push(sweep.to.d);
    }
    return before;
  }

  /** The pieces that go on beyond x. */
  rest(x: Dyadic): Chunk {
    const from = this.pieceAfter(x, 0, this.count);
    const out = new Chunk(this.scale);
    if (from === this.count) return out;
    for (const [to, part] of [
      [out.n, this.n],
      [out.d, this.d],
      [out.slope, this.slope],
      [out.offset, this.offset],
    ] as const) {
      for (let i = from; i < part.length; i++) to.push(part[i] as bigint);
    }
    return out;
  }

  /** Where the last piece ends. */
  get end(): Rational {
    return Rational.of(this.n[this.count] as bigint, this.d[this.count] as bigint);
  }

  get count(): number {
    return this.slope.length;
  }

  /** The first piece in i0..i1-1 that ends beyond x; i1 where none does. */
  pieceAfter(x: Dyadic, i0: number, i1: number): number {
    const { n, d } = fractionOf(x);
    let lo = i0;
    let hi = i1;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if ((this.n[mid + 1] as bigint) * d > n * (this.d[mid + 1] as bigint)) hi = mid;
      else lo = mid + 1;
    }
    return lo;
  }
}
