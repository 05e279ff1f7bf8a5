/** Small ONNX models for tests, written through the library's own encoder. */
import {
  type AttributeMessage,
  encodeModel,
  type NodeMessage,
  type TensorMessage,
  type ValueMessage,
} from '../../src/io/onnx-encode.ts';

export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const INT32 = 6;
export const INT64 = 7;
export const DOUBLE = 11;

/** A tensor of one of the types above. */
export function tensor(name: string, type: number, dims: readonly number[], values: readonly number[]): TensorMessage {
  const size = ({ 1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 11: 8 } as Record<number, number>)[type] as number;
  const view = new DataView(new ArrayBuffer(values.length * size));
  values.forEach((v, i) => {
    if (type === FLOAT) view.setFloat32(4 * i, v, true);
    else if (type === UINT8) view.setUint8(i, v);
    else if (type === INT8) view.setInt8(i, v);
    else if (type === INT32) view.setInt32(4 * i, v, true);
    else if (type === INT64) view.setBigInt64(8 * i, BigInt(v), true);
    else view.setFloat64(8 * i, v, true);
  });
  return { name, dims, type, raw: new Uint8Array(view.buffer) };
}

export const floats = (name: string, dims: readonly number[], values: readonly number[]): TensorMessage =>
  tensor(name, FLOAT, dims, values);
export const ints = (name: string, values: readonly number[]): TensorMessage =>
  tensor(name, INT64, [values.length], values);

export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Record<string, AttributeMessage> = {},
  domain?: string,
): NodeMessage {
  return { operator, inputs, outputs, attributes, ...(domain === undefined ? {} : { domain }) };
}

export interface SmallModel {
  nodes: readonly NodeMessage[];
  initialisers?: readonly TensorMessage[];
  input?: readonly (number | string)[];
  inputs?: readonly ValueMessage[];
  /** Shape of `y`; runtimes check it where it is given. */
  output?: readonly (number | string)[];
  type?: number;
  outputType?: number;
  opset?: number;
  opsets?: Record<string, number>;
  irVersion?: number;
}

/** A model from `x` (float32, shape [2, 3] unless said) to `y`. */
export function model(m: SmallModel): Uint8Array {
  const type = m.type ?? FLOAT;
  return encodeModel({
    irVersion: m.irVersion ?? 8,
    opsets: m.opsets ?? { '': m.opset ?? 17 },
    name: 'test',
    nodes: m.nodes,
    initialisers: m.initialisers ?? [],
    inputs: m.inputs ?? [{ name: 'x', type, shape: m.input ?? [2, 3] }],
    outputs: [{ name: 'y', type: m.outputType ?? type, shape: m.output ?? [] }],
  });
}
