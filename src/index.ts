/** dyadnet: a table of contents. */
export * from './certify/index.ts';
export * from './construct/index.ts';
export * from './engine/index.ts';
export * from './exact/expression.ts';
export * from './exact/index.ts';
export * from './io/index.ts';
export * from './net/index.ts';
export * from './plot/index.ts';
export * from './quantize/index.ts';
export * from './rates/index.ts';
export * from './workbench/index.ts';
