/** Peers for dense networks: onnxruntime (native and wasm), tfjs, plain JavaScript and BigInt. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { writeOnnx } from '../../src/io/index.ts';
import { encodeModel, type NodeMessage, type TensorMessage } from '../../src/io/onnx-encode.ts';
import * as types from '../../src/io/onnx-types.ts';
import type { Mlp } from '../nets.ts';

/** x: batch x inputs whole numbers 0..255; gives the outputs, row after row. */
export type Forward = () => ArrayLike<number | bigint> | Promise<ArrayLike<number | bigint>>;

export interface DensePeer {
  readonly name: string;
  readonly isAsync: boolean;
  /** Rounds or requantises: its answers are another function's. */
  readonly exact: boolean;
  prepare(net: Mlp): Promise<(x: Uint8Array, batch: number) => Forward>;
}

const [FLOAT, INT8, UINT8] = [types.FLOAT.code, types.INT8.code, types.UINT8.code];

// The runtimes have no types that this project checks against.
// biome-ignore lint/suspicious/noExplicitAny: outside code
type Any = any;

const floats = (x: Uint8Array): Float32Array => Float32Array.from(x);

async function ort(which: 'onnxruntime-node' | 'onnxruntime-web'): Promise<Any> {
  const loaded = (await import(which)) as Any;
  const runtime = loaded.default?.InferenceSession ? loaded.default : loaded;
  if (which === 'onnxruntime-web') runtime.env.wasm.numThreads = 1;
  return runtime;
}

function ortPeer(which: 'onnxruntime-node' | 'onnxruntime-web', int8: boolean): DensePeer {
  return {
    name: `${which} ${int8 ? 'int8' : 'f32'}`,
    isAsync: true,
    exact: false,
    async prepare(net) {
      const runtime = await ort(which);
      const bytes = int8
        ? quantisedModel(net)
        : writeOnnx(net.network, { type: 'float32', acceptRounding: true }).bytes;
      const session = await runtime.InferenceSession.create(
        bytes,
        which === 'onnxruntime-node'
          ? { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' }
          : { executionProviders: ['wasm'] },
      );
      const [input] = session.inputNames;
      const [output] = session.outputNames;
      return (x, batch) => {
        const data = int8 ? x : floats(x);
        const shape = [batch, net.sizes[0]];
        return async () => {
          const tensor = new runtime.Tensor(int8 ? 'uint8' : 'float32', data, shape);
          return (await session.run({ [input]: tensor }))[output].data;
        };
      };
    },
  };
}

/** QLinearMatMul on uint8 activations, relu by saturation: what int8 deployments run. Not the same function as ours. */
function quantisedModel(net: Mlp): Uint8Array {
  const raw = (a: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): Uint8Array =>
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const scalar = (name: string, type: number, data: Float32Array | Uint8Array | Int8Array): TensorMessage => ({
    name,
    dims: [],
    type,
    raw: raw(data),
  });
  const initialisers: TensorMessage[] = [
    scalar('one', FLOAT, Float32Array.of(1)),
    scalar('step', FLOAT, Float32Array.of(1 / 128)),
    scalar('zeroU', UINT8, Uint8Array.of(0)),
    scalar('zeroS', INT8, Int8Array.of(0)),
  ];
  const nodes: NodeMessage[] = [];
  let from = 'x';
  net.weights.forEach((w, l) => {
    const [inputs, outputs] = [net.sizes[l] as number, net.sizes[l + 1] as number];
    const turned = new Int8Array(w.length);
    for (let o = 0; o < outputs; o++)
      for (let k = 0; k < inputs; k++) turned[k * outputs + o] = w[o * inputs + k] as number;
    initialisers.push({ name: `w${l}`, dims: [inputs, outputs], type: INT8, raw: raw(turned) });
    const to = l === net.weights.length - 1 ? 'y' : `a${l}`;
    nodes.push({
      operator: 'QLinearMatMul',
      inputs: [from, 'one', 'zeroU', `w${l}`, 'step', 'zeroS', 'one', 'zeroU'],
      outputs: [to],
    });
    from = to;
  });
  const ends = (k: number): readonly (number | string)[] => ['N', net.sizes[k] as number];
  return encodeModel({
    irVersion: 7,
    opsets: { '': 13 },
    name: 'quantised',
    nodes,
    initialisers,
    inputs: [{ name: 'x', type: UINT8, shape: ends(0) }],
    outputs: [{ name: 'y', type: UINT8, shape: ends(net.sizes.length - 1) }],
  });
}

const tfjs: DensePeer = {
  name: 'tfjs-wasm f32',
  isAsync: false,
  exact: false,
  async prepare(net) {
    const require = createRequire(import.meta.url);
    const tf = require('@tensorflow/tfjs-core') as Any;
    const wasm = require('@tensorflow/tfjs-backend-wasm') as Any;
    wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
    await tf.setBackend('wasm');
    await tf.ready();
    const kernels = net.weights.map((w, l) => {
      const [inputs, outputs] = [net.sizes[l] as number, net.sizes[l + 1] as number];
      const turned = new Float32Array(w.length);
      for (let o = 0; o < outputs; o++)
        for (let k = 0; k < inputs; k++) turned[k * outputs + o] = w[o * inputs + k] as number;
      return tf.tensor2d(turned, [inputs, outputs]);
    });
    const biases = net.biases.map((b) => tf.tensor1d(Float32Array.from(b)));
    return (x, batch) => {
      const data = floats(x);
      return () => {
        const result = tf.tidy(() => {
          let v = tf.tensor2d(data, [batch, net.sizes[0]]);
          kernels.forEach((kernel, l) => {
            const activation = l === kernels.length - 1 ? 'linear' : 'relu';
            v = tf.fused.matMul({ a: v, b: kernel, bias: biases[l], activation });
          });
          return v;
        });
        const values = result.dataSync();
        result.dispose();
        return values;
      };
    };
  },
};

/** The same network in plain JavaScript: exact while every sum stays below 2^53. */
const jsFloat64: DensePeer = {
  name: 'JavaScript float64',
  isAsync: false,
  exact: true,
  async prepare(net) {
    const weights = net.weights.map((w) => Float64Array.from(w));
    const biases = net.biases.map((b) => Float64Array.from(b));
    const hold = net.sizes.map((n) => new Float64Array(n));
    return (x, batch) => () => {
      const width = net.sizes[0] as number;
      const outputs = net.sizes[net.sizes.length - 1] as number;
      const out = new Float64Array(batch * outputs);
      for (let r = 0; r < batch; r++) {
        let v = hold[0] as Float64Array;
        for (let k = 0; k < width; k++) v[k] = x[r * width + k] as number;
        for (let l = 0; l < weights.length; l++) {
          const w = weights[l] as Float64Array;
          const b = biases[l] as Float64Array;
          const y = hold[l + 1] as Float64Array;
          const last = l === weights.length - 1;
          let at = 0;
          for (let o = 0; o < y.length; o++) {
            let sum = b[o] as number;
            for (let k = 0; k < v.length; k++) sum += (w[at++] as number) * (v[k] as number);
            y[o] = last || sum > 0 ? sum : 0;
          }
          v = y;
        }
        out.set(v, r * outputs);
      }
      return out;
    };
  },
};

const bigints: DensePeer = {
  name: 'BigInt',
  isAsync: false,
  exact: true,
  async prepare(net) {
    const weights = net.weights.map((w) => Array.from(w, BigInt));
    const biases = net.biases.map((b) => Array.from(b, BigInt));
    return (x, batch) => () => {
      const width = net.sizes[0] as number;
      const out: bigint[] = [];
      for (let r = 0; r < batch; r++) {
        let v = Array.from(x.subarray(r * width, (r + 1) * width), BigInt);
        weights.forEach((w, l) => {
          const b = biases[l] as bigint[];
          const y = new Array<bigint>(b.length);
          const last = l === weights.length - 1;
          let at = 0;
          for (let o = 0; o < b.length; o++) {
            let sum = b[o] as bigint;
            for (let k = 0; k < v.length; k++) sum += (w[at++] as bigint) * (v[k] as bigint);
            y[o] = last || sum > 0n ? sum : 0n;
          }
          v = y;
        });
        for (const y of v) out.push(y);
      }
      return out;
    };
  },
};

export const DENSE_PEERS: readonly DensePeer[] = [
  ortPeer('onnxruntime-node', false),
  ortPeer('onnxruntime-node', true),
  ortPeer('onnxruntime-web', false),
  ortPeer('onnxruntime-web', true),
  tfjs,
  jsFloat64,
  bigints,
];
