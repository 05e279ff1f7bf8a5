/** Running networks fast, and exactly. */

export * from './bits.ts';
export * from './compile.ts';
export * from './engine.ts';
export * from './exactBatch.ts';
export * from './exhaustive.ts';
export * from './explain.ts';
export { type PairOptions, pairPropagator } from './pair.ts';
export { Plan } from './plan.ts';
export { readPlan } from './planRead.ts';
export { MAX_PLAN_BYTES } from './planSize.ts';
export { EnginePool, type PoolOptions, type RunOptions } from './pool.ts';
export { type CoreBuild, MAX_CORE_BYTES, MemoryError } from './runtime.ts';
