/** Inequalities: what no network of a class can do, and what a class costs. */

export * from './capacity.ts';
export * from './regimes.ts';
