/**
 * Numbers, without loss: what every other room computes with. `expression.ts` (which reaches mathjs) is imported by its own
 * name, so that whoever only runs networks never loads a parser.
 */

export * from './bits.ts';
export * from './callback.ts';
export * from './dyadic.ts';
export * from './float.ts';
export * from './interval.ts';
export * from './modulus.ts';
export * from './print.ts';
export * from './quotient.ts';
export * from './rational.ts';
export * from './refuse.ts';
export * from './roots.ts';
export * from './table.ts';
export * from './target.ts';
