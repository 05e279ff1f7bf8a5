/**
 * An ONNX model as a network, exactly: float32 and float64 weights are dyadic, so the network is the graph's function
 * over the real numbers, without a runtime's rounding. What is not a ReLU network with dyadic weights is refused by
 * the name of its node. Only what the asked output needs is read.
 */
import { Dyadic, type DyadicLike, refuse, wholeNumber } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { Graph, type Grid } from './onnx-graph.ts';
import { decodeModel } from './onnx-schema.ts';
import type { External } from './onnx-tensor.ts';
import { asActivation } from './tensor.ts';

/** A grid that all float inputs lie on: there a rounding activation quantiser is exact. */
export interface InputGrid {
  /** Inputs are multiples of 2^-fractionalBits. */
  readonly fractionalBits: number;
  /** And within [lo, hi], where given. Inputs of whole-number types are within their type's range, or within this. */
  readonly lo?: DyadicLike;
  readonly hi?: DyadicLike;
}

export interface ReadOnnxOptions {
  /** What sentences call the file. */
  readonly name?: string;
  /** Stop at this value, or at the first output of the node of this name, instead of the model's output. */
  readonly output?: string;
  /** Fold batch normalisation, its coefficients rounded to multiples of 2^-foldBatchNorm; refused where absent. */
  readonly foldBatchNorm?: number;
  readonly grid?: InputGrid;
  /** Reads data that lies beside the model. */
  readonly external?: External;
  /** Graph inputs that are fixed: serialized TensorProto messages by name. */
  readonly bind?: Readonly<Record<string, Uint8Array>>;
  /** Shapes of inputs that the model leaves open; a dynamic first dimension (the batch) is 1 by itself. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

export interface OnnxModel {
  /** Its inputs are the graph's free inputs, row-major, one behind the other; its outputs the asked output, row-major. */
  readonly network: Network;
  readonly inputs: readonly OnnxValue[];
  readonly output: OnnxValue;
  readonly irVersion: number;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly producer: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** What a user should know: batch normalisation that was folded, and how far its coefficients moved. */
  readonly notes: readonly string[];
}

/** Reads a model. Throws InputError where it is damaged, beyond the limits, or not a ReLU network with dyadic weights. */
export function readOnnx(bytes: Uint8Array, options: ReadOnnxOptions = {}): OnnxModel {
  const name = options.name ?? 'onnx';
  const { foldBatchNorm } = options;
  if (foldBatchNorm !== undefined) wholeNumber('foldBatchNorm', foldBatchNorm, 0, 4096);
  const model = decodeModel(bytes, name);
  const graph = new Graph(
    model,
    {
      foldBatchNorm,
      grid: options.grid && checkedGrid(options.grid),
      external: options.external,
      bind: options.bind ?? {},
      shapes: options.shapes ?? {},
    },
    name,
  );
  const target = graph.target(options.output);
  const out = asActivation(name, graph.evaluate(target), graph.reading.budget);
  if (out.rows.length === 0) refuse(name, 'an output with elements', `shape [${out.shape.join(', ')}]`);
  return Object.freeze({
    network: graph.reading.units.network(out),
    inputs: Object.freeze(graph.free.map(({ name, type, shape }) => Object.freeze({ name, type: type.name, shape }))),
    output: Object.freeze({ name: target, type: out.type.name, shape: out.shape }),
    irVersion: model.irVersion,
    opset: model.opsets.get('') ?? 1,
    producer: model.producer,
    metadata: model.metadata,
    notes: Object.freeze([...graph.reading.notes]),
  });
}

function checkedGrid({ fractionalBits, lo, hi }: InputGrid): Grid {
  wholeNumber('grid fractionalBits', fractionalBits, -1024, 1100);
  const [low, high] = [lo, hi].map((end) => (end === undefined ? undefined : Dyadic.from(end)));
  if (low && high && low.gt(high)) refuse('grid', 'lo <= hi', `${low} and ${high}`);
  return { unit: -fractionalBits, lo: low, hi: high };
}
