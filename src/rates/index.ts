/** Inequalities: what no network of a class can do, and what a class costs. */

export * from './capacity.ts';
export * from './dictionaries.ts';
export * from './encodability.ts';
export * from './encodingSpeed.ts';
export * from './entropy.ts';
export * from './family.ts';
export { type CodeOptions, coveringBits, decode, type Encoded, encode } from './familyCode.ts';
export { type Growth, type GrowthLike, growth, log2At, type Order, orderOf, orderText, valueAt } from './growth.ts';
export * from './lipschitzBound.ts';
export * from './lipschitzWitness.ts';
export * from './networkFamily.ts';
export { type LayerNorms, layerNorms, type NormName } from './operatorNorm.ts';
export * from './parameterClass.ts';
export * from './regimes.ts';
export * from './slope.ts';
