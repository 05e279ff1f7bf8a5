/**
 * Bits as the constructions store them: into code words, out of them, and together again, on many rows at once in the core.
 *
 * A row is m bits d_1 .. d_m (bytes 0 or 1), the first one the most significant. Its code word is a whole number:
 *   binary   sum d_i 2^(m-i), m places
 *   digits   s bits v at a time as one digit 2v to the base 2^(s+1): (s+1) ceil(m/s) places; s = 1 is base 4 with digits {0, 2}
 *   gray     the number whose Gray code v ^ (v >> 1) is the bits, m places
 * as in [OSB] bit extraction; theta = word * 2^-places lies in [0, 1).
 */
import { Dyadic, refuse, wholeNumber } from '../exact/index.ts';
import type { CoreBuild } from './runtime.ts';
import { type Tools, tools } from './tools.ts';

export type Coding = 'binary' | 'gray' | 'base4' | { readonly digits: number };

/** Code words of many rows. */
export interface CodeWords {
  readonly rows: number;
  /** Bits a row. */
  readonly bits: number;
  readonly coding: Coding;
  /** Binary places of a word. */
  readonly places: number;
  /** 32-bit words of one code word. */
  readonly wordsEach: number;
  /** Row after row, the lowest 32 bits first. */
  readonly words: Uint32Array;
}

const MAX_BITS = 1 << 20;
/** Bytes that pass through the core at once. */
const CHUNK_BYTES = 1 << 18;

/** Bits a digit: 0 where every place is a bit. Throws InputError where the coding is none. */
function digitOf(coding: Coding): number {
  if (coding === 'binary' || coding === 'gray') return 0;
  if (coding === 'base4') return 1;
  return wholeNumber('coding digits', (coding as { digits?: unknown })?.digits, 1, 30);
}

/** Binary places of the code word of m bits. */
export function codePlaces(m: number, coding: Coding): number {
  const s = digitOf(coding);
  return s === 0 ? m : Math.ceil(m / s) * (s + 1);
}

/** The bit kernels of one core. */
export class BitKernels {
  private constructor(private readonly core: Tools) {}

  static async create(build?: CoreBuild): Promise<BitKernels> {
    return new BitKernels(await tools(build));
  }

  /**
   * Code words of rows of `bits` bits each. `source` holds bytes 0 or 1, row after row.
   * Throws InputError where the length is no multiple of `bits` or a byte is neither.
   */
  encode(source: Uint8Array, bits: number, coding: Coding = 'binary'): CodeWords {
    const digit = digitOf(coding);
    wholeNumber('encode bits', bits, 1, MAX_BITS);
    if (source.length === 0 || source.length % bits !== 0)
      refuse('encode', `whole rows of ${bits} bits`, source.length);
    for (let k = 0; k < source.length; k++) {
      if ((source[k] as number) > 1) refuse(`encode, row ${Math.floor(k / bits) + 1}`, 'bits 0 and 1', source[k]);
    }
    const rows = source.length / bits;
    const places = codePlaces(bits, coding);
    const wordsEach = Math.ceil(places / 32);
    const words = new Uint32Array(rows * wordsEach);
    const out = new Uint8Array(words.buffer);
    this.inParts(source, out, rows, bits, 4 * wordsEach, (src, n, dst) => {
      this.core.calls.encodeBits(src, n, bits, dst, wordsEach, digit, places, coding === 'gray');
    });
    return Object.freeze({ rows, bits, coding, places, wordsEach, words });
  }

  /** The bits of code words, row after row: what {@link encode} was given. */
  extract(code: CodeWords): Uint8Array {
    const { rows, bits, coding, words, wordsEach } = code;
    const digit = digitOf(coding);
    wholeNumber('extract bits', bits, 1, MAX_BITS);
    const places = codePlaces(bits, coding);
    if (wordsEach !== Math.ceil(places / 32) || words.length !== rows * wordsEach) {
      refuse('extract', `${rows} words of ${places} places`, words.length);
    }
    const out = new Uint8Array(rows * bits);
    const source = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    this.inParts(source, out, rows, 4 * wordsEach, bits, (src, n, dst) => {
      this.core.calls.extractBits(src, n, wordsEach, dst, bits, digit, places, coding === 'gray');
    });
    return out;
  }

  /** theta of row r: its bits put together again, sum d_i 2^-i, whatever the coding of `source`. */
  assemble(source: CodeWords): CodeWords {
    return source.coding === 'binary' ? source : this.encode(this.extract(source), source.bits, 'binary');
  }

  private inParts(
    source: Uint8Array,
    out: Uint8Array,
    rows: number,
    inEach: number,
    outEach: number,
    call: (src: number, rows: number, dst: number) => void,
  ): void {
    const most = Math.max(1, Math.min(rows, Math.floor(CHUNK_BYTES / (inEach + outEach))));
    // Vector loads may read 15 bytes past the last row.
    const room = most * (inEach + outEach) + 64;
    const src = this.core.take(room);
    // Words first need a multiple of 4.
    const dst = src + Math.ceil((most * inEach) / 16) * 16;
    try {
      for (let r = 0; r < rows; r += most) {
        const n = Math.min(most, rows - r);
        this.core.u8.set(source.subarray(r * inEach, (r + n) * inEach), src);
        call(src, n, dst);
        out.set(this.core.u8.subarray(dst, dst + n * outEach), r * outEach);
      }
    } finally {
      this.core.give(src, room);
    }
  }
}

/** Code word r as a whole number. */
export function codeWord({ words, wordsEach, rows }: CodeWords, r: number): bigint {
  wholeNumber('row', r, 0, rows - 1);
  let text = '0x';
  for (let k = (r + 1) * wordsEach - 1; k >= r * wordsEach; k--) {
    text += (words[k] as number).toString(16).padStart(8, '0');
  }
  return BigInt(text);
}

/** theta = word * 2^-places of row r. */
export function theta(code: CodeWords, r: number): Dyadic {
  return Dyadic.of(codeWord(code, r), -code.places);
}
