/** Network in, network with cheaper weights out, the bound beside it. */

export { type Codebook, type CodebookOptions, quantizeCodebook } from './codebook.ts';
export * from './depthPrecision.ts';
export * from './floatFormat.ts';
export { type Clusters, kmeans, type Weighted } from './kmeans.ts';
export type { Rounded } from './rounding.ts';
export * from './uniform.ts';
