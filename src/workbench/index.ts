/** Joins the rooms below: what needs two of them at once. */

export * from './observe.ts';
