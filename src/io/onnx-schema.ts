/**
 * The messages of an ONNX model that this library reads, decoded from protobuf field by field (numbers as in the
 * published onnx.proto). Files are hostile: a length beyond its message, more messages than the limits below, or a
 * field of another wire type ends in one sentence. Tensor data is not copied: `raw` is a view into the file.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { InputError, refuse, shown } from '../exact/index.ts';

/** Documented limits; what exceeds them is refused before memory is taken. */
export const ONNX_LIMITS = Object.freeze({
  fileBytes: 1 << 30,
  nodes: 1 << 16,
  /** Nodes, tensors, attributes, names, dimensions and attribute values together. */
  messages: 1 << 20,
  nameBytes: 1 << 16,
  rank: 16,
  /** Elements of one tensor. */
  elements: 1 << 26,
  /** Bytes that all tensors of a model may take while it is read. */
  memory: 2 ** 29,
  /** Exact multiplications and additions that folding the graph may take. */
  work: 2 ** 26,
});

export interface TensorProto {
  name: string;
  dims: number[];
  type: number;
  raw: Uint8Array | undefined;
  floats: number[];
  doubles: number[];
  ints: (number | bigint)[];
  external: Map<string, string> | undefined;
}

export interface AttributeProto {
  name: string;
  f: number | undefined;
  i: number | undefined;
  s: string | undefined;
  t: TensorProto | undefined;
  floats: number[];
  ints: number[];
  /** A kind that no operator here reads: subgraphs, sparse tensors, lists of tensors. */
  other: boolean;
}

export interface NodeProto {
  name: string;
  operator: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: Map<string, AttributeProto>;
}

export interface ValueInfo {
  name: string;
  type: number;
  /** One a dimension: a size, or the name of a dynamic one; undefined where the model states no shape. */
  shape: (number | string)[] | undefined;
}

export interface GraphProto {
  name: string;
  nodes: NodeProto[];
  initialisers: TensorProto[];
  inputs: ValueInfo[];
  outputs: ValueInfo[];
}

export interface ModelProto {
  irVersion: number;
  producer: string;
  /** Operator-set version by domain; the default domain is ''. */
  opsets: Map<string, number>;
  graph: GraphProto;
  metadata: Map<string, string>;
}

/** Decodes a model. Throws InputError where the bytes are not one. */
export function decodeModel(bytes: Uint8Array, where = 'onnx'): ModelProto {
  if (bytes.length > ONNX_LIMITS.fileBytes) refuse(where, `at most ${ONNX_LIMITS.fileBytes} bytes`, bytes.length);
  const decoder = new Decoder(where);
  const model = guarded(where, () => decoder.model(bytes));
  if (!model) refuse(where, 'an ONNX model with a graph', `${bytes.length} bytes without one`);
  return model;
}

/** Decodes a TensorProto that lies in a file of its own (the .pb files of test vectors). */
export function decodeTensor(bytes: Uint8Array, where = 'tensor'): TensorProto {
  return guarded(where, () => new Decoder(where).tensor(bytes));
}

function guarded<T>(where: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof InputError) throw error;
    // What the wire reader throws: a length beyond the end, an illegal tag, a varint without an end.
    throw new InputError(`${where}: not a protobuf message: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type OnField = (field: number, reader: Field) => boolean;

class Decoder {
  private messages = 0;

  constructor(private readonly where: string) {}

  model(bytes: Uint8Array): ModelProto | undefined {
    let graph: GraphProto | undefined;
    const model = {
      irVersion: 0,
      producer: '',
      opsets: new Map<string, number>(),
      metadata: new Map<string, string>(),
    };
    this.each(bytes, 'model', (field, r) => {
      if (field === 1) model.irVersion = r.whole();
      else if (field === 2) model.producer = r.text();
      else if (field === 7) graph = this.graph(r.bytes());
      else if (field === 8) {
        let domain = '';
        let version = 0;
        this.each(r.bytes(), 'opset_import', (f, o) => {
          if (f === 1) domain = o.text();
          else if (f === 2) version = o.whole();
          else return false;
          return true;
        });
        model.opsets.set(domain === 'ai.onnx' ? '' : domain, version);
      } else if (field === 14) this.entry(r.bytes(), model.metadata);
      else return false;
      return true;
    });
    return graph && { ...model, graph };
  }

  private graph(bytes: Uint8Array): GraphProto {
    const graph: GraphProto = { name: '', nodes: [], initialisers: [], inputs: [], outputs: [] };
    this.each(bytes, 'graph', (field, r) => {
      if (field === 1) {
        if (graph.nodes.length >= ONNX_LIMITS.nodes) refuse(this.where, `at most ${ONNX_LIMITS.nodes} nodes`, 'more');
        graph.nodes.push(this.node(r.bytes()));
      } else if (field === 2) graph.name = r.text();
      else if (field === 5) graph.initialisers.push(this.tensor(r.bytes()));
      else if (field === 11) graph.inputs.push(this.valueInfo(r.bytes()));
      else if (field === 12) graph.outputs.push(this.valueInfo(r.bytes()));
      else if (field === 15) refuse(this.where, 'dense initialisers', 'a sparse one');
      else return false;
      return true;
    });
    return graph;
  }

  private node(bytes: Uint8Array): NodeProto {
    const node: NodeProto = { name: '', operator: '', domain: '', inputs: [], outputs: [], attributes: new Map() };
    this.each(bytes, 'node', (field, r) => {
      if (field === 1) node.inputs.push(r.text());
      else if (field === 2) node.outputs.push(r.text());
      else if (field === 3) node.name = r.text();
      else if (field === 4) node.operator = r.text();
      else if (field === 5) {
        const attribute = this.attribute(r.bytes());
        node.attributes.set(attribute.name, attribute);
      } else if (field === 7) node.domain = r.text();
      else return false;
      return true;
    });
    if (node.domain === 'ai.onnx') node.domain = '';
    return node;
  }

  private attribute(bytes: Uint8Array): AttributeProto {
    const a: AttributeProto = {
      name: '',
      f: undefined,
      i: undefined,
      s: undefined,
      t: undefined,
      floats: [],
      ints: [],
      other: false,
    };
    this.each(bytes, 'attribute', (field, r) => {
      if (field === 1) a.name = r.text();
      else if (field === 2) a.f = r.float();
      else if (field === 3) a.i = r.whole();
      else if (field === 4) a.s = r.text();
      else if (field === 5) a.t = this.tensor(r.bytes());
      else if (field === 7) r.floats(a.floats);
      else if (field === 8) r.saturated(a.ints);
      else {
        if ([6, 9, 10, 11, 14, 15, 22, 23].includes(field)) a.other = true;
        return false;
      }
      return true;
    });
    return a;
  }

  tensor(bytes: Uint8Array): TensorProto {
    const t: TensorProto = {
      name: '',
      dims: [],
      type: 0,
      raw: undefined,
      floats: [],
      doubles: [],
      ints: [],
      external: undefined,
    };
    let elsewhere = false;
    const entries = new Map<string, string>();
    this.each(bytes, 'tensor', (field, r) => {
      if (field === 1) r.wholes(t.dims);
      else if (field === 2) t.type = r.whole();
      else if (field === 3) refuse(this.where, 'whole tensors', 'a segment of one');
      else if (field === 4) r.floats(t.floats);
      else if (field === 5 || field === 7 || field === 11) r.integers(t.ints, field === 11);
      else if (field === 8) t.name = r.text();
      else if (field === 9) t.raw = r.bytes();
      else if (field === 10) r.doubles(t.doubles);
      else if (field === 13) this.entry(r.bytes(), entries);
      else if (field === 14) elsewhere = r.whole() === 1;
      else return false;
      return true;
    });
    if (elsewhere) t.external = entries;
    return t;
  }

  private valueInfo(bytes: Uint8Array): ValueInfo {
    const info: ValueInfo = { name: '', type: 0, shape: undefined };
    this.each(bytes, 'value', (field, r) => {
      if (field === 1) info.name = r.text();
      else if (field === 2) {
        // TypeProto: its tensor_type holds the element type and the shape.
        this.each(r.bytes(), 'type', (kind, t) => {
          if (kind !== 1) return false;
          this.each(t.bytes(), 'tensor type', (f, tt) => {
            if (f === 1) info.type = tt.whole();
            else if (f === 2) info.shape = this.shape(tt.bytes());
            else return false;
            return true;
          });
          return true;
        });
      } else return false;
      return true;
    });
    return info;
  }

  private shape(bytes: Uint8Array): (number | string)[] {
    const shape: (number | string)[] = [];
    this.each(bytes, 'shape', (field, r) => {
      if (field !== 1) return false;
      let dimension: number | string = '?';
      this.each(r.bytes(), 'dimension', (f, d) => {
        if (f === 1) dimension = d.whole();
        else if (f === 2) dimension = d.text();
        else return false;
        return true;
      });
      shape.push(dimension);
      return true;
    });
    return shape;
  }

  private entry(bytes: Uint8Array, into: Map<string, string>): void {
    let key = '';
    let value = '';
    this.each(bytes, 'entry', (f, r) => {
      if (f === 1) key = r.text();
      else if (f === 2) value = r.text();
      else return false;
      return true;
    });
    into.set(key, value);
  }

  /** Calls `on` for every field; what it does not know (it returns false) is skipped. */
  private each(bytes: Uint8Array, what: string, on: OnField): void {
    const reader = new BinaryReader(bytes);
    const field = new Field(reader, `${this.where} ${what}`);
    while (reader.pos < reader.len) {
      if (++this.messages > ONNX_LIMITS.messages) refuse(this.where, `at most ${ONNX_LIMITS.messages} fields`, 'more');
      const [number, wire] = reader.tag();
      field.wire = wire;
      if (!on(number, field)) reader.skip(wire, number);
      if (reader.pos > reader.len) throw new RangeError('a field reaches beyond its message');
    }
  }
}

/** The value behind a tag, read as what the schema says; another wire type is refused. */
class Field {
  wire: WireType = WireType.Varint;

  constructor(
    private readonly reader: BinaryReader,
    private readonly where: string,
  ) {}

  private expect(wire: WireType): void {
    if (this.wire !== wire) refuse(this.where, `wire type ${wire}`, this.wire);
  }

  bytes(): Uint8Array {
    this.expect(WireType.LengthDelimited);
    return this.reader.bytes();
  }

  text(): string {
    const bytes = this.bytes();
    if (bytes.length > ONNX_LIMITS.nameBytes) {
      refuse(this.where, `texts of at most ${ONNX_LIMITS.nameBytes} bytes`, bytes.length);
    }
    return new TextDecoder().decode(bytes);
  }

  /** An int64 that a float64 holds. */
  whole(): number {
    this.expect(WireType.Varint);
    return this.safe(BigInt(this.reader.int64()));
  }

  float(): number {
    this.expect(WireType.Bit32);
    return this.reader.float();
  }

  wholes(into: number[]): void {
    this.repeated(WireType.Varint, ONNX_LIMITS.messages, into, (r) => this.safe(BigInt(r.int64())));
  }

  /** Whole numbers of which those beyond float64's stand for the last one: "to the end" is written as the largest int64. */
  saturated(into: number[]): void {
    this.repeated(WireType.Varint, ONNX_LIMITS.messages, into, (r) => saturate(Number(r.int64())));
  }

  integers(into: (number | bigint)[], unsigned: boolean): void {
    this.repeated(WireType.Varint, ONNX_LIMITS.elements, into, (r) => {
      const v = BigInt(unsigned ? r.uint64() : r.int64());
      return v >= BigInt(Number.MIN_SAFE_INTEGER) && v <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(v) : v;
    });
  }

  floats(into: number[]): void {
    this.repeated(WireType.Bit32, ONNX_LIMITS.elements, into, (r) => r.float());
  }

  doubles(into: number[]): void {
    this.repeated(WireType.Bit64, ONNX_LIMITS.elements, into, (r) => r.double());
  }

  /** Packed or one by one: writers do both. */
  private repeated<T>(wire: WireType, limit: number, into: T[], read: (reader: BinaryReader) => T): void {
    if (this.wire === wire) {
      into.push(read(this.reader));
    } else {
      const packed = new BinaryReader(this.bytes());
      while (packed.pos < packed.len) {
        into.push(read(packed));
        if (packed.pos > packed.len) throw new RangeError('a value reaches beyond its field');
        if (into.length > limit) break;
      }
    }
    if (into.length > limit) refuse(this.where, `at most ${limit} values`, into.length);
  }

  private safe(v: bigint): number {
    const n = Number(v);
    if (!Number.isSafeInteger(n)) refuse(this.where, 'whole numbers below 2^53', shown(v));
    return n;
  }
}

/** The nearest of the whole numbers that float64 tells apart. */
export function saturate(v: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(v, Number.MAX_SAFE_INTEGER));
}
