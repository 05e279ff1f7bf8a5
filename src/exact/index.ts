/** Numbers, without loss: what every other room computes with. */

export * from './bits.ts';
export * from './dyadic.ts';
export * from './float.ts';
export * from './interval.ts';
export * from './print.ts';
export * from './rational.ts';
export * from './refuse.ts';
export * from './target.ts';
