/** Network in, network with cheaper weights out, the bound beside it. */

export * from './depthPrecision.ts';
