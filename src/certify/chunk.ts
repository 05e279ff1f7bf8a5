/** A run of adjoining linear pieces, kept while they are compared with f. */
import type { Dyadic } from '../exact/index.ts';
import { fractionOf, type Sweep } from './pieces.ts';

export class Chunk {
  /** Ends of the pieces as fractions: piece i is [n_i/d_i, n_(i+1)/d_(i+1)]. */
  readonly n: bigint[] = [];
  readonly d: bigint[] = [];
  /** Lines (slope x + offset) 2^-scale. */
  readonly slope: bigint[] = [];
  readonly offset: bigint[] = [];

  constructor(readonly scale: number) {}

  /** The next pieces of the sweep, at most `limit`; undefined at its end. */
  static read(sweep: Sweep, limit: number): Chunk | undefined {
    if (limit < 1 || !sweep.next()) return undefined;
    const chunk = new Chunk(sweep.scale);
    chunk.n.push(sweep.from.n);
    chunk.d.push(sweep.from.d);
    do {
      chunk.slope.push(sweep.slope);
      chunk.offset.push(sweep.intercept);
      chunk.n.push(sweep.to.n);
      chunk.d.push(sweep.to.d);
    } while (chunk.slope.length < limit && sweep.next());
    return chunk;
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
