/** Damages files as transport, disks and attackers do: seeded, so that every case can be had again. */
import { readdirSync } from 'node:fs';
import { readNnet } from '../../src/io/nnet.ts';
import { encodeTensor } from '../../src/io/onnx-encode.ts';
import { readOnnx } from '../../src/io/onnx-read.ts';
import { decodeModel } from '../../src/io/onnx-schema.ts';
import { readVnnlib } from '../../src/io/vnnlib.ts';
import { floats, INT8, INT64, ints, model, node, tensor } from './onnxModels.ts';
import { haveShared, sharedBytes, sharedPath } from './shared.ts';

export interface Victim {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly read: (bytes: Uint8Array) => unknown;
}

/** A seeded stream of whole numbers below a limit. */
export function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return Math.floor((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * below);
  };
}

/** One damaged copy. */
export function damaged(bytes: Uint8Array, roll: (below: number) => number): Uint8Array {
  const n = bytes.length;
  const at = roll(n);
  switch (roll(8)) {
    case 0:
      return bytes.slice(0, at);
    case 1: {
      const out = bytes.slice();
      out[at]! ^= 1 << roll(8);
      return out;
    }
    case 2: {
      // Several bytes become anything.
      const out = bytes.slice();
      for (let k = 0; k < 1 + roll(4); k++) out[roll(n)] = roll(256);
      return out;
    }
    case 3: // a piece is missing
      return join(bytes.subarray(0, at), bytes.subarray(at + 1 + roll(16)));
    case 4: // a piece is there twice
      return join(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - roll(64))));
    case 5: {
      // A length or a size becomes huge: a varint of up to ten bytes.
      const big = Uint8Array.from({ length: 1 + roll(9) }, () => 0x80 + roll(128));
      return join(bytes.subarray(0, at), Uint8Array.of(...big, roll(128)), bytes.subarray(at + 1));
    }
    case 6: {
      // A number becomes another one, in text.
      const texts = ['99999999999', '-1', '1e999', '0', '1e-400', '((((', '', '2147483648', 'NaN'];
      return join(
        bytes.subarray(0, at),
        new TextEncoder().encode(texts[roll(texts.length)]),
        bytes.subarray(at + 1 + roll(3)),
      );
    }
    default: {
      const from = roll(n);
      return join(bytes.subarray(0, at), bytes.subarray(from, from + roll(200)), bytes.subarray(at));
    }
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
const onnx = (bytes: Uint8Array): unknown =>
  readOnnx(bytes, { foldBatchNorm: 12, grid: { fractionalBits: 4, lo: -8, hi: 8 } });

/** Small files that reach every reader: operators of all kinds, text formats, and the shared ones where they are. */
export function victims(): Victim[] {
  const graphs: [string, Uint8Array][] = [
    [
      'shapes',
      model({
        nodes: [
          node('Transpose', ['x'], ['a'], { perm: { ints: [1, 0] } }),
          node('Reshape', ['a', 's'], ['b']),
          node('Slice', ['b', 'st', 'en'], ['c']),
          node('Concat', ['c', 'b'], ['d'], { axis: { i: 0 } }),
          node('Gather', ['d', 'g'], ['e'], { axis: { i: 0 } }),
          node('Unsqueeze', ['e', 'ax'], ['f']),
          node('Flatten', ['f'], ['y'], { axis: { i: 1 } }),
        ],
        initialisers: [ints('s', [2, -1]), ints('st', [0]), ints('en', [1]), ints('g', [0, 2]), ints('ax', [0])],
      }),
    ],
    [
      'layers',
      model({
        nodes: [
          node('Gemm', ['x', 'w', 'b'], ['h'], { transB: { i: 1 }, alpha: { f: 0.5 } }),
          node('Relu', ['h'], ['r']),
          node('BatchNormalization', ['r', 'one', 'one', 'one', 'one'], ['n']),
          node('Clip', ['n', 'lo', 'hi'], ['c']),
          node('MatMul', ['c', 'v'], ['m']),
          node('Add', ['m', 'x'], ['y']),
        ],
        initialisers: [
          floats(
            'w',
            [4, 3],
            Array.from({ length: 12 }, (_, i) => i / 4 - 1),
          ),
          floats('b', [4], [1, 2, 3, 4]),
          floats('one', [4], [1, 2, 3, 4]),
          floats('lo', [], [0]),
          floats('hi', [], [6]),
          floats(
            'v',
            [4, 3],
            Array.from({ length: 12 }, (_, i) => 1 - i / 8),
          ),
        ],
      }),
    ],
    [
      'quantisers',
      model({
        input: [1, 3],
        nodes: [
          node('QuantizeLinear', ['x', 's', 'z'], ['q']),
          node('DequantizeLinear', ['q', 's', 'z'], ['d']),
          node(
            'Quant',
            ['w', 's', 'zero', 'bits'],
            ['p'],
            { signed: { i: 1 }, rounding_mode: { s: 'ROUND' } },
            'onnx.brevitas',
          ),
          node('MatMul', ['d', 'p'], ['y']),
        ],
        initialisers: [
          floats('s', [], [0.25]),
          tensor('z', INT8, [], [3]),
          floats('w', [3, 2], [1, -2, 3, 0.3, 0.7, -0.1]),
          floats('zero', [], [0]),
          tensor('bits', INT64, [], [4]),
        ],
        opsets: { '': 17, 'onnx.brevitas': 1 },
      }),
    ],
  ];
  const out: Victim[] = graphs.map(([name, bytes]) => ({ name, bytes, read: onnx }));
  const nnet =
    '// c\n2,2,1,3,\n2,3,1,\n0,\n-1,-2,\n1,2,\n0,0.5,1,\n2,4,0.1,\n1,0,\n0,1,\n-1,0.1,\n0,\n.5,\n0,\n1,1,1,\n-.25,\n';
  const spec =
    '(declare-const X_0 Real)\n(declare-const Y_0 Real)\n(assert (or (and (>= X_0 0.5) (<= Y_0 -1e-3)) (<= X_0 2)))\n';
  out.push({ name: 'nnet', bytes: new TextEncoder().encode(nnet), read: (b) => readNnet(text(b)) });
  out.push({ name: 'vnnlib', bytes: new TextEncoder().encode(spec), read: (b) => readVnnlib(text(b)) });
  out.push({
    name: 'tensor',
    bytes: encodeTensor(floats('t', [2, 2], [1, 2, 3, 4])),
    read: (b) => readOnnx(graphs[0]![1], { bind: { s: b } }),
  });
  if (haveShared('onnx-node')) {
    for (const name of readdirSync(sharedPath('onnx-node'))) {
      const bytes = sharedBytes(`onnx-node/${name}/model.onnx`);
      const bind = Object.fromEntries(
        decodeModel(bytes)
          .graph.inputs.slice(1)
          .map((v, i) => [v.name, sharedBytes(`onnx-node/${name}/test_data_set_0/input_${i + 1}.pb`)]),
      );
      out.push({ name, bytes, read: (b) => readOnnx(b, { bind, grid: { fractionalBits: 2, lo: -64, hi: 64 } }) });
    }
  }
  if (haveShared('mlp')) {
    out.push({ name: 'cartpole.onnx', bytes: sharedBytes('mlp/cartpole.onnx'), read: onnx });
    out.push({
      name: 'jet tagger',
      bytes: sharedBytes('mlp/qkeras_jettagging.onnx'),
      read: (b) => readOnnx(b, { output: 'Add_0' }),
    });
    out.push({ name: 'cartpole.nnet', bytes: sharedBytes('mlp/cartpole_nnet.nnet'), read: (b) => readNnet(text(b)) });
  }
  return out;
}

/** Damages every victim `count` times; returns what is not a result or a refusal, as sentences. */
export function fuzz(count: number, seed: number): { read: number; refused: number; wrong: string[] } {
  const result = { read: 0, refused: 0, wrong: [] as string[] };
  for (const { name, bytes, read } of victims()) {
    const roll = dice(seed + bytes.length);
    for (let k = 0; k < count; k++) {
      try {
        read(damaged(bytes, roll));
        result.read++;
      } catch (error) {
        const refused = error instanceof Error && error.name === 'InputError' && error.message.length < 600;
        if (refused && !error.message.includes('\n')) result.refused++;
        else result.wrong.push(`${name}, seed ${seed}, case ${k}: ${String(error).slice(0, 300)}`);
      }
    }
  }
  return result;
}
