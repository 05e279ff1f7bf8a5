/** What a network is and means. */

export * from './builder.ts';
export * from './calculus.ts';
export * from './layer.ts';
export * from './network.ts';
