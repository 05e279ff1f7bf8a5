/** The greatest |e| among points where e is a known fraction: the supremum itself where e is linear between them. */
import { type Dyadic, Rational } from '../exact/index.ts';
import { quotient } from './queue.ts';

export class ExactMax {
  /** Greatest |e| so far as n/d, at x = atN/atD; undefined before the first point. */
  private n = -1n;
  private d = 1n;
  private near = -1;
  private atN = 0n;
  private atD = 1n;

  /** e = n/d (d > 0) at x = atN/atD. */
  offer(n: bigint, d: bigint, atN: bigint, atD: bigint): void {
    const size = n < 0n ? -n : n;
    const near = quotient(size, d);
    // Doubles decide only where they are far apart; equal ones go to the integers.
    if (near < this.near * (1 - 2 ** -40)) return;
    if (this.n >= 0n && size * this.d <= this.n * d) return;
    this.n = size;
    this.d = d;
    this.near = near;
    this.atN = atN;
    this.atD = atD;
  }

  get isEmpty(): boolean {
    return this.n < 0n;
  }
  get value(): Rational {
    return Rational.of(this.n < 0n ? 0n : this.n, this.d);
  }
  get witness(): Dyadic | Rational {
    const x = Rational.of(this.atN, this.atD);
    return x.toDyadic() ?? x;
  }
}
