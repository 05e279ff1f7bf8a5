/** One theorem a file: the contract, the recursion and the network. */
export * from './alphabet.ts';
export * from './bits.ts';
export { type BlockRow, blockTable, paperCounts, type Recipe, readRecipe, recipeOf } from './blockTable.ts';
export * from './blueprint.ts';
export { type CachedConstruction, type CachedOptions, type CachedReport, cached, planCached } from './cached.ts';
export {
  type CachedFamily,
  type CachedFunctions,
  cachedError,
  cachedFormula,
  cachedFunctions,
} from './cachedFunctions.ts';
export { table2 } from './cachedTables.ts';
export { gadgetLayout, type Layout, type Quantisation, type Topology } from './gadget.ts';
export * from './interpolate.ts';
export * from './interpolate-search.ts';
export {
  type IntrinsicDecoder,
  type IntrinsicDecoderOptions,
  type IntrinsicFit,
  type IntrinsicNumber,
  type IntrinsicOptions,
  intrinsic,
  intrinsicDecoder,
} from './intrinsic.ts';
export type { IntrinsicEntry, IntrinsicValues } from './intrinsicNetwork.ts';
export type { IntrinsicNorm, IntrinsicShape } from './intrinsicShape.ts';
export { type IntrinsicThreeDecoderOptions, intrinsicThree, intrinsicThreeDecoder } from './intrinsicThree.ts';
export * from './lipschitz.ts';
export { type BudgetMethod, type BudgetOptions, type BudgetPlan, planBudget } from './lipschitzBudget.ts';
export { type LipschitzTransform, lipschitzTransform, transformedAt } from './lipschitzTransform.ts';
export { epsilonOf, type Membership } from './membership.ts';
export { interpolatedProduct, multiply, multiplyError, planMultiply } from './multiply.ts';
export * from './report.ts';
export * from './sigmaDelta.ts';
export { type Smoothness, smoothness } from './smoothness.ts';
export * from './square.ts';
export { interpolatedSquare } from './squares.ts';
export {
  planTaylor,
  type TaylorClass,
  type TaylorConstruction,
  type TaylorOptions,
  type TaylorReport,
  taylor,
} from './taylor.ts';
export { certifyTaylor, type TaylorCertificate } from './taylorCertificate.ts';
export type { DerivativeCallback, TaylorCoefficients } from './taylorCoefficients.ts';
export { taylorFormula } from './taylorFormula.ts';
export {
  type BoundParts,
  boundParts,
  type Constants,
  MAX_DIMENSION,
  type MultiIndex,
  type TaylorShape,
} from './taylorShape.ts';
export { type PaperBlock, table1 } from './taylorTables.ts';
export { type WeightGadget, type WeightOptions, weight, weightFormulas } from './weight.ts';
