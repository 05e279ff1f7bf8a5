/** Inequalities: what no network of a class can do, and what a class costs. */

export * from './capacity.ts';
export * from './lipschitzBound.ts';
export * from './lipschitzWitness.ts';
export { type LayerNorms, layerNorms, type NormName } from './operatorNorm.ts';
export * from './parameterClass.ts';
export * from './regimes.ts';
