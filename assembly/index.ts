// The whole ABI of the core on one page. Every pointer is a byte offset into the linear memory.
// `describe` and `checkPlan` are typed calls (as-bind); the rest take raw pointers and allocate nothing.
import { encodeRows, extractRows } from "./bits";
import { scanFloats } from "./convert";
import { propagateBox } from "./deviation";
import { PLAN_AT_BYTES, PLAN_AT_CHECK, PLAN_AT_MAGIC, PLAN_AT_VERSION, PLAN_MAGIC, PLAN_VERSION } from "./layout";
import { walk } from "./walk";

/** The instruction set of this build. */
export function describe(): string {
  return ASC_FEATURE_SIMD ? "simd" : "scalar";
}

/** The plans that it reads. */
export function planVersion(): i32 {
  return PLAN_VERSION;
}

/** Grows the memory by 64 KiB pages; the first new byte, or 0 where the memory cannot grow. */
export function grow(pages: i32): usize {
  const before = memory.grow(pages);
  return before < 0 ? 0 : <usize>before << 16;
}

/** "" for a plan that arrived whole, or what is wrong with it. */
export function checkPlan(plan: usize): string {
  if (load<i32>(plan, PLAN_AT_MAGIC) != PLAN_MAGIC) return "expected a plan, got other bytes";
  if (load<i32>(plan, PLAN_AT_VERSION) != PLAN_VERSION) return "expected a plan of this version, got another";
  let hash: u32 = 0x811c9dc5;
  const end = plan + load<u32>(plan, PLAN_AT_BYTES);
  for (let p = plan + PLAN_AT_CHECK + 4; p < end; p += 4) hash = (hash ^ load<u32>(p)) * 0x01000193;
  return hash == load<u32>(plan, PLAN_AT_CHECK) ? "" : "expected an undamaged plan, got a wrong checksum";
}

/** See convert.ts. */
export function scan(src: usize, rows: i32, inputs: i32, domain: usize, result: usize, fraction: i32, top: i32): i32 {
  return scanFloats(src, rows, inputs, domain, result, fraction, top);
}

/** See walk.ts. */
export function forward(plan: usize, src: usize, inForm: i32, inWords: i32, rows: i32, dst: usize, outForm: i32, a: usize, b: usize, panel: usize): void {
  walk(plan, src, inForm, inWords, rows, dst, outForm, a, b, panel);
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
