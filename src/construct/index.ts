/** One theorem a file: the contract, the recursion and the network. */
export * from './alphabet.ts';
export * from './bits.ts';
export * from './blueprint.ts';
export { gadgetLayout, type Layout, type Quantisation, type Topology } from './gadget.ts';
export * from './lipschitz.ts';
export { type LipschitzTransform, lipschitzTransform, transformedAt } from './lipschitzTransform.ts';
export { interpolatedProduct, multiply, multiplyError, planMultiply } from './multiply.ts';
export * from './report.ts';
export * from './sigmaDelta.ts';
export { type Smoothness, smoothness } from './smoothness.ts';
export * from './square.ts';
export { interpolatedSquare } from './squares.ts';
export {
  epsilonOf,
  type Membership,
  planTaylor,
  type TaylorClass,
  type TaylorConstruction,
  type TaylorOptions,
  type TaylorReport,
  taylor,
} from './taylor.ts';
export type { DerivativeCallback, TaylorCoefficients } from './taylorCoefficients.ts';
export { taylorFormula } from './taylorFormula.ts';
export { type BoundParts, boundParts, type Constants, type MultiIndex, type TaylorShape } from './taylorShape.ts';
export { type PaperBlock, table1 } from './taylorTables.ts';
export { type WeightGadget, type WeightOptions, weight, weightFormulas } from './weight.ts';
