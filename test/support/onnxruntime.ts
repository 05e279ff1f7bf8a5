/** onnxruntime, an outside oracle, where bench's packages are installed (`npm ci --prefix bench`). */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const BENCH = join(import.meta.dirname, '../../bench');

export type Elements = Float32Array | Float64Array | Int32Array | Uint8Array | Int8Array;

interface Tensor {
  readonly data: Elements;
  readonly dims: readonly number[];
}
interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, unknown>): Promise<Record<string, Tensor>>;
}
interface Ort {
  Tensor: new (type: string, data: Elements, dims: readonly number[]) => unknown;
  InferenceSession: { create(bytes: Uint8Array, options: object): Promise<Session> };
}

/** Whether onnxruntime is there; prints the sentence that names what is missing. */
export function haveRuntime(): boolean {
  const there = existsSync(join(BENCH, 'node_modules/onnxruntime-node'));
  if (!there)
    process.stderr.write('skipped: bench/node_modules/onnxruntime-node is not there (npm ci --prefix bench)\n');
  return there;
}

const NAMES = new Map<unknown, string>([
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Int32Array, 'int32'],
  [Uint8Array, 'uint8'],
  [Int8Array, 'int8'],
]);

/** A model's only output at one input of the given shape. */
export async function runModel(bytes: Uint8Array, input: Elements, shape: readonly number[]): Promise<Elements> {
  const require = createRequire(join(BENCH, 'package.json'));
  const ort = require('onnxruntime-node') as Ort;
  // Optimised, onnxruntime replaces some quantised products by ones that also quantise the activations.
  const options = { intraOpNumThreads: 1, logSeverityLevel: 3, graphOptimizationLevel: 'disabled' };
  const session = await ort.InferenceSession.create(bytes, options);
  const feeds = {
    [session.inputNames[0] as string]: new ort.Tensor(NAMES.get(input.constructor) as string, input, shape),
  };
  const outputs = await session.run(feeds);
  return (outputs[session.outputNames[0] as string] as Tensor).data;
}
