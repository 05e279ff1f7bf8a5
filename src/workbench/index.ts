/** Joins the rooms below: what needs two of them at once. */

export * from './compare.ts';
export * from './findBits.ts';
export * from './fit.ts';
export { type FitJob, type FitMethod, METHODS, type Proposal } from './fit-methods.ts';
export * from './fitIntervals.ts';
export * from './intervals.ts';
export * from './observe.ts';
export * from './quantised.ts';
