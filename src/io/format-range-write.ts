/** The two coders that read nothing: the writer, and the one that only adds up what writing would cost (see format-range.ts). */
import { type Coder, learned, type Model } from './format-range.ts';

export class RangeWriter implements Coder {
  readonly reading = false;
  private low = 0;
  private range = 0xffffffff;
  private bytes = new Uint8Array(256);
  private size = 0;

  bit(model: Model, at: number, bit: number): number {
    const counter = model[at] as number;
    model[at] = learned(counter, bit);
    return this.split((counter >>> 16) | 1, bit);
  }

  split(q: number, bit: number): number {
    const bound = (this.range >>> 16) * q;
    if (bit !== 0) this.range = bound;
    else {
      this.low += bound;
      this.range -= bound;
    }
    this.settle();
    return bit;
  }

  direct(count: number, value: number): number {
    const part = this.range >>> count;
    this.low += part * value;
    this.range = part;
    this.settle();
    return value;
  }

  private settle(): void {
    if (this.low >= 4294967296) {
      this.low -= 4294967296;
      this.carry();
    }
    while (this.range < 16777216) {
      this.push(this.low >>> 24);
      this.low = (this.low << 8) >>> 0;
      this.range = (this.range << 8) >>> 0;
    }
  }

  private carry(): void {
    let i = this.size - 1;
    while (this.bytes[i] === 255) this.bytes[i--] = 0;
    (this.bytes[i] as number)++;
  }

  private push(byte: number): void {
    if (this.size === this.bytes.length) {
      const more = new Uint8Array(2 * this.size);
      more.set(this.bytes);
      this.bytes = more;
    }
    this.bytes[this.size++] = byte;
  }

  /** Ends with the fewest bytes that, with zeros behind, still lie in the last interval. */
  finish(): Uint8Array {
    for (let n = 0; n <= 4; n++) {
      const unit = 2 ** (32 - 8 * n);
      let v = Math.ceil(this.low / unit) * unit;
      if (v >= this.low + this.range) continue;
      if (v >= 4294967296) {
        v -= 4294967296;
        this.carry();
      }
      for (let i = 0; i < n; i++) this.push((v >>> (24 - 8 * i)) & 255);
      break;
    }
    return this.bytes.slice(0, this.size);
  }
}

/** Counts bits (estimates, used only to choose between codings; plain IEEE arithmetic, so every engine chooses alike). */
export class CostCounter implements Coder {
  readonly reading = false;
  bits = 0;

  bit(model: Model, at: number, bit: number): number {
    const counter = model[at] as number;
    model[at] = learned(counter, bit);
    return this.split(counter >>> 16, bit);
  }

  split(q: number, bit: number): number {
    this.bits += COST[bit !== 0 ? q >>> 4 : 4095 - (q >>> 4)] as number;
    return bit;
  }

  direct(count: number, value: number): number {
    this.bits += count;
    return value;
  }

  count(bits: number): void {
    this.bits += bits;
  }
}

/** log2 of x > 0 by the series of atanh; no library function, so equal in every engine. */
export function log2(x: number): number {
  let whole = 0;
  let y = x;
  for (; y >= 2; y /= 2) whole++;
  for (; y < 1; y *= 2) whole--;
  const z = (y - 1) / (y + 1);
  let sum = 0;
  for (let i = 39, zz = z * z; i > 0; i -= 2) sum = sum * zz + 1 / i;
  return whole + (2 * z * sum) / Math.LN2;
}

/** COST[q] = -log2((q + 1/2) / 4096). */
const COST = Float64Array.from({ length: 4096 }, (_, q) => -log2((q + 0.5) / 4096));
