// The ABI of the tools, a module of its own, so that running a network does not carry them. Pointers as in index.ts.
// `describe` and `searchTiny` are typed calls (as-bind); the others run on whole batches and take raw pointers.
import { encodeRows, extractRows } from "./bits";
import { propagateBox } from "./deviation";
import { searchRange } from "./tiny";

export { grow } from "./memory";

/** The instruction set of this build. */
export function describe(): string {
  return ASC_FEATURE_SIMD ? "simd" : "scalar";
}

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

/** See tiny.ts. `common` and the index of the first network are i64 at `job`, which holds the rest of the scratch behind them. */
export function searchTiny(
  depth: i32,
  count: i32,
  levels: usize,
  levelCount: i32,
  scale: i32,
  heights: usize,
  targets: i32,
  n: i32,
  heightScale: i32,
  best: usize,
  which: usize,
  job: usize,
): void {
  const first = load<i64>(job);
  const common = load<i64>(job + 8);
  searchRange(depth, first, count, levels, levelCount, scale, heights, targets, n, heightScale, common, best, which, job + 16);
}
