// The whole ABI of the core on one page. Every pointer is a byte offset into the linear memory.

/** A greeting that shows the typed border at work: the layout version both sides were built with. */
export function describeCore(): string {
  return ASC_FEATURE_SIMD ? "dyadnet core, SIMD" : "dyadnet core, scalar";
}
