// The ABI of the tools, a module of its own, so that running a network does not carry them. Pointers as in index.ts.
import { encodeRows, extractRows } from "./bits";
import { propagateBox } from "./deviation";

export { describe, grow } from "./memory";

/** See bits.ts. */
export function encodeBits(src: usize, rows: i32, bits: i32, dst: usize, words: i32, digit: i32, places: i32, gray: bool): void {
  encodeRows(src, rows, bits, dst, words, digit, places, gray);
}

/** See bits.ts. */
export function extractBits(src: usize, rows: i32, words: i32, dst: usize, bits: i32, digit: i32, places: i32, gray: bool): void {
  extractRows(src, rows, words, dst, bits, digit, places, gray);
}

/** See deviation.ts. */
export function propagate(pair: usize, box: usize, answer: usize): void {
  propagateBox(pair, box, answer);
}
