/** Bytes in, bytes out: everything is validated once, at this border. */

export type { StatedInputs } from './accumulators.ts';
export * from './cheader.ts';
export * from './converter.ts';
export type { NetworkFile } from './format-container.ts';
export * from './format-decode.ts';
export type { Json, Meta, Proved, Quantity } from './format-meta.ts';
export type { Entry } from './format-rows.ts';
export * from './format-write.ts';
export * from './json.ts';
export * from './nnet.ts';
export { ONNX_OPERATORS } from './onnx-operators.ts';
export * from './onnx-read.ts';
export { ONNX_LIMITS } from './onnx-schema.ts';
export type { External } from './onnx-tensor.ts';
export * from './onnx-write.ts';
export * from './table.ts';
export * from './vnnlib.ts';
