// The whole ABI of the core on one page. Every pointer is a byte offset into the linear memory.
// Numbers only, and nothing is allocated: running a network needs no conversions at the border.
import { scanFloats } from "./convert";
import { PLAN_AT_BYTES, PLAN_AT_CHECK, PLAN_AT_MAGIC, PLAN_AT_VERSION, PLAN_MAGIC, PLAN_VERSION } from "./layout";
import { walk } from "./walk";

export { grow } from "./memory";

/** The plans that it reads. */
export function planVersion(): i32 {
  return PLAN_VERSION;
}

/** 0 for a plan that arrived whole; 1 where it is none, 2 where it is of another version, 3 where its checksum is wrong. */
export function checkPlan(plan: usize): i32 {
  if (load<i32>(plan, PLAN_AT_MAGIC) != PLAN_MAGIC) return 1;
  if (load<i32>(plan, PLAN_AT_VERSION) != PLAN_VERSION) return 2;
  let hash: u32 = 0x811c9dc5;
  const end = plan + load<u32>(plan, PLAN_AT_BYTES);
  for (let p = plan + PLAN_AT_CHECK + 4; p < end; p += 4) hash = (hash ^ load<u32>(p)) * 0x01000193;
  return hash == load<u32>(plan, PLAN_AT_CHECK) ? 0 : 3;
}

/** See convert.ts. */
export function scan(src: usize, rows: i32, inputs: i32, domain: usize, result: usize, fraction: i32, top: i32): i32 {
  return scanFloats(src, rows, inputs, domain, result, fraction, top);
}

/** See walk.ts. */
export function forward(plan: usize, src: usize, inForm: i32, inWords: i32, rows: i32, dst: usize, outForm: i32, a: usize, b: usize, panel: usize): void {
  walk(plan, src, inForm, inWords, rows, dst, outForm, a, b, panel);
}
