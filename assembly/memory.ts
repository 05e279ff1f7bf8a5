// What every module of the core offers.

/** Grows the memory by 64 KiB pages; the first new byte, or 0 where the memory cannot grow. */
export function grow(pages: i32): usize {
  const before = memory.grow(pages);
  return before < 0 ? 0 : <usize>before << 16;
}
