/**
 * The adaptive binary range coder of the network file (docs/format.md, "Decisions").
 *
 * A model is an array of counters. A counter holds p * 2^10 + n: p / 2^22 is the probability that the next bit is 1,
 * n how often the counter was used, at most 1023. Fresh counters are p = 1/2, n = 0, and after a bit
 *
 *   p <- p + trunc(2 (bit * 2^22 - p) / (2 n + 3)),   n <- min(n + 1, 1023).
 *
 * One class codes both ways: `bit(model, at, b)` writes b and returns it, or reads a bit and ignores b. So every syntax
 * element is written down once. A third coder only adds up what the bits would cost.
 */
import { InputError } from '../exact/index.ts';

/** Counters, range and code are 32 unsigned bits in signed words: numbers that no engine has to put on its heap. */
export type Model = Int32Array;

const FRESH = -(2 ** 31);
const MOST_USES = 1023;
/** How many zero bytes a reader may imagine behind the end; so every bit it reads has been paid for. */
const BEYOND = 4;

/** A counter that expects 0: p = 1/8, n = 0. */
export const EXPECTS_0 = 2 ** 29;

/** n fresh counters. */
export function freshModel(n: number): Model {
  return new Int32Array(n).fill(FRESH);
}

/** The counter after `bit`. */
export function learned(counter: number, bit: number): number {
  const n = counter & 1023;
  const p = counter >>> 10;
  const moved = p + (((2 * ((bit === 0 ? 0 : 4194304) - p)) / (2 * n + 3)) | 0);
  return (moved << 10) | (n < MOST_USES ? n + 1 : n);
}

export interface Coder {
  /** Whether this coder reads: then the values given to it are ignored, and what it returns is news. */
  readonly reading: boolean;
  /** One bit, predicted by model[at], which learns it. */
  bit(model: Model, at: number, bit: number): number;
  /** One bit that is 1 with probability q / 2^16, 0 < q < 2^16. */
  split(q: number, bit: number): number;
  /** `count` <= 8 bits that nothing predicts. */
  direct(count: number, value: number): number;
  /** Adds up bits that nothing predicts: has only the coder that writes nothing. */
  count?(bits: number): void;
}

export class RangeReader implements Coder {
  readonly reading = true;
  private range = -1;
  private code = 0;
  private beyond = 0;

  /** Reads bytes[at..end). */
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly end: number,
  ) {
    for (let i = 0; i < 4; i++) this.code = (this.code << 8) | this.next();
  }

  /** As {@link split}, in one piece: a file of a few bytes is read before any compiler has put the pieces together. */
  bit(model: Model, at: number): number {
    const counter = model[at] as number;
    const bound = ((this.range >>> 16) * ((counter >>> 16) | 1)) | 0;
    const bit = (this.code ^ FRESH) < (bound ^ FRESH) ? 1 : 0;
    if (bit !== 0) this.range = bound;
    else {
      this.code = (this.code - bound) | 0;
      this.range = (this.range - bound) | 0;
    }
    while (this.range >>> 24 === 0) this.shift();
    model[at] = learned(counter, bit);
    return bit;
  }

  split(q: number): number {
    const bound = ((this.range >>> 16) * q) | 0;
    const bit = (this.code ^ FRESH) < (bound ^ FRESH) ? 1 : 0;
    if (bit !== 0) this.range = bound;
    else {
      this.code = (this.code - bound) | 0;
      this.range = (this.range - bound) | 0;
    }
    while (this.range >>> 24 === 0) this.shift();
    return bit;
  }

  direct(count: number): number {
    const part = this.range >>> count;
    const value = Math.floor((this.code >>> 0) / part);
    if (value >= 1 << count) damaged();
    this.code = (this.code - part * value) | 0;
    this.range = part;
    while (this.range >>> 24 === 0) this.shift();
    return value;
  }

  private shift(): void {
    this.code = (this.code << 8) | this.next();
    this.range <<= 8;
  }

  private next(): number {
    if (this.at < this.end) return this.bytes[this.at++] as number;
    if (++this.beyond > BEYOND) throw new InputError('network file: a section ends too early');
    return 0;
  }

  /** Throws InputError unless all bytes were needed. */
  finish(): void {
    const spare = this.at < this.end || (this.beyond < BEYOND && this.end > 0 && this.bytes[this.end - 1] === 0);
    if (spare) throw new InputError('network file: a section is longer than what it holds');
  }
}

export function damaged(): never {
  throw new InputError('network file: damaged (a value that no writer produces)');
}
