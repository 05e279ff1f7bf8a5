/** Bytes in, bytes out: everything is validated once, at this border. */

export * from './nnet.ts';
