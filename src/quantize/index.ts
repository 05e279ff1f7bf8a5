/** Network in, network with cheaper weights out, the bound beside it. */

export * from './depthPrecision.ts';
export * from './floatFormat.ts';
export type { Rounded } from './rounding.ts';
export * from './uniform.ts';
