/** dyadnet: a table of contents. */
export * from './exact/index.ts';
export * from './net/index.ts';
