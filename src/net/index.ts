/** What a network is and means. */

export * from './bounds.ts';
export * from './builder.ts';
export * from './calculus.ts';
export * from './constants.ts';
export * from './domain.ts';
export * from './evaluateAll.ts';
export * from './layer.ts';
export * from './network.ts';
export * from './pair.ts';
export * from './rational.ts';
