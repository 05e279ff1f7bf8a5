/** Writes the messages of an ONNX model (field numbers as in onnx-schema.ts). */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export interface TensorMessage {
  readonly name: string;
  readonly dims: readonly number[];
  /** TensorProto.DataType. */
  readonly type: number;
  readonly raw: Uint8Array;
}

/** One of: a whole number, a float, a text, whole numbers, a tensor. */
export type AttributeMessage =
  | { readonly i: number }
  | { readonly f: number }
  | { readonly s: string }
  | { readonly ints: readonly number[] }
  | { readonly t: TensorMessage };

export interface NodeMessage {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeMessage>>;
}

export interface ValueMessage {
  readonly name: string;
  readonly type: number;
  /** A text is a dynamic dimension's name. */
  readonly shape: readonly (number | string)[];
}

export interface ModelMessage {
  readonly irVersion: number;
  /** Version by domain; '' is the default one. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly name: string;
  readonly nodes: readonly NodeMessage[];
  readonly initialisers: readonly TensorMessage[];
  readonly inputs: readonly ValueMessage[];
  readonly outputs: readonly ValueMessage[];
}

export function encodeModel(model: ModelMessage): Uint8Array {
  const out = new Message();
  out.int(1, model.irVersion);
  if (model.producer !== undefined) out.text(2, model.producer);
  out.message(7, (graph) => {
    for (const node of model.nodes) graph.message(1, (m) => writeNode(m, node));
    graph.text(2, model.name);
    for (const tensor of model.initialisers) graph.message(5, (m) => writeTensor(m, tensor));
    for (const value of model.inputs) graph.message(11, (m) => writeValue(m, value));
    for (const value of model.outputs) graph.message(12, (m) => writeValue(m, value));
  });
  for (const [domain, version] of Object.entries(model.opsets)) {
    out.message(8, (m) => {
      if (domain !== '') m.text(1, domain);
      m.int(2, version);
    });
  }
  for (const [key, value] of Object.entries(model.metadata ?? {})) {
    out.message(14, (m) => {
      m.text(1, key);
      m.text(2, value);
    });
  }
  return out.finish();
}

export function encodeTensor(tensor: TensorMessage): Uint8Array {
  const out = new Message();
  writeTensor(out, tensor);
  return out.finish();
}

function writeNode(m: Message, node: NodeMessage): void {
  for (const input of node.inputs) m.text(1, input);
  for (const output of node.outputs) m.text(2, output);
  if (node.name !== undefined) m.text(3, node.name);
  m.text(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    m.message(5, (a) => {
      a.text(1, name);
      if ('f' in value) a.float(2, value.f);
      else if ('i' in value) a.int(3, value.i);
      else if ('s' in value) a.text(4, value.s);
      else if ('t' in value) a.message(5, (t) => writeTensor(t, value.t));
      else for (const v of value.ints) a.int(8, v);
      // The discriminator: FLOAT, INT, STRING, TENSOR, INTS.
      a.int(20, 'f' in value ? 1 : 'i' in value ? 2 : 's' in value ? 3 : 't' in value ? 4 : 7);
    });
  }
  if (node.domain !== undefined) m.text(7, node.domain);
}

function writeTensor(m: Message, { name, dims, type, raw }: TensorMessage): void {
  for (const d of dims) m.int(1, d);
  m.int(2, type);
  m.text(8, name);
  m.bytes(9, raw);
}

function writeValue(m: Message, { name, type, shape }: ValueMessage): void {
  m.text(1, name);
  m.message(2, (typeProto) => {
    typeProto.message(1, (tensor) => {
      tensor.int(1, type);
      tensor.message(2, (shapeProto) => {
        for (const d of shape) {
          shapeProto.message(1, (dimension) => {
            if (typeof d === 'number') dimension.int(1, d);
            else dimension.text(2, d);
          });
        }
      });
    });
  });
}

class Message {
  constructor(private readonly writer = new BinaryWriter()) {}

  int(field: number, value: number): void {
    this.writer.tag(field, WireType.Varint).int64(value);
  }
  float(field: number, value: number): void {
    this.writer.tag(field, WireType.Bit32).float(value);
  }
  text(field: number, value: string): void {
    this.writer.tag(field, WireType.LengthDelimited).string(value);
  }
  bytes(field: number, value: Uint8Array): void {
    this.writer.tag(field, WireType.LengthDelimited).bytes(value);
  }
  message(field: number, write: (inner: Message) => void): void {
    this.writer.tag(field, WireType.LengthDelimited).fork();
    write(this);
    this.writer.join();
  }
  finish(): Uint8Array {
    return this.writer.finish();
  }
}
