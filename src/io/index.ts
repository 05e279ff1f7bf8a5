/** Bytes in, bytes out: everything is validated once, at this border. */

export * from './format.ts';
export type { Json, Meta, Proved, Quantity } from './format-meta.ts';
export * from './nnet.ts';
