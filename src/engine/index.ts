/** Running networks fast, and exactly. */

export * from './bits.ts';
export * from './compile.ts';
export * from './engine.ts';
export * from './exactBatch.ts';
export { type PairOptions, pairPropagator } from './pair.ts';
export { type Kernel, type LayerPlan, MAX_PLAN_BYTES, Plan, type Tier } from './plan.ts';
export { type CoreBuild, MAX_CORE_BYTES, MemoryError } from './runtime.ts';
