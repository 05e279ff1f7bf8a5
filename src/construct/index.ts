/** One theorem a file: the contract, the recursion and the network. */
export * from './alphabet.ts';
export * from './bits.ts';
export * from './blueprint.ts';
export { gadgetLayout, type Layout, type Quantisation, type Topology } from './gadget.ts';
export * from './lipschitz.ts';
export { interpolatedProduct, multiply, multiplyError, planMultiply } from './multiply.ts';
export * from './report.ts';
export * from './sigmaDelta.ts';
export * from './square.ts';
export { interpolatedSquare } from './squares.ts';
export { type WeightGadget, type WeightOptions, weight, weightFormulas } from './weight.ts';
