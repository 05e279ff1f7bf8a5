/** Networks that others trained: imported exactly, against onnxruntime, against each other, and against first principles. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/exact/index.ts';
import { externalBeside } from '../../src/io/beside.ts';
import { Budget } from '../../src/io/budget.ts';
import { readNnet } from '../../src/io/nnet.ts';
import { readOnnx } from '../../src/io/onnx-read.ts';
import { decodeModel } from '../../src/io/onnx-schema.ts';
import { decodeConstant } from '../../src/io/onnx-tensor.ts';
import { writeOnnx } from '../../src/io/onnx-write.ts';
import { biasAt, weightAt } from '../../src/net/index.ts';
import { quantizeUniform } from '../../src/quantize/index.ts';
import { floatBound } from '../support/floatBound.ts';
import { haveRuntime, runModel } from '../support/onnxruntime.ts';
import { haveShared, sharedBytes, sharedText } from '../support/shared.ts';

/** File, input shape, layer sizes, the box that inputs are drawn from, and bits at which its float64 form is exact. */
const MODELS = [
  ['acasxu/ACASXU_run2a_1_1_batch_2000.onnx', [1, 1, 1, 5], [5, 50, 50, 50, 50, 50, 50, 5], [-0.5, 0.5], 1],
  ['acasxu/ACASXU_run2a_2_3_batch_2000.onnx', [1, 1, 1, 5], [5, 50, 50, 50, 50, 50, 50, 5], [-0.5, 0.5], 1],
  ['acasxu/ACASXU_run2a_4_5_batch_2000.onnx', [1, 1, 1, 5], [5, 50, 50, 50, 50, 50, 50, 5], [-0.5, 0.5], 1],
  ['mlp/cartpole.onnx', [1, 4], [4, 64, 64, 2], [-2, 2], 8],
  ['mlp/vdp.onnx', [1, 3], [3, 32, 32, 3], [-2, 2], 8],
  ['mlp/robot.onnx', [1, 5], [5, 64, 64, 64, 5], [-2, 2], 5],
  ['mlp/mnist-net_256x2.onnx', [1, 784, 1], [784, 256, 256, 10], [0, 1], 7],
  ['lindex/lindex.onnx', [1, 1], [1, 128, 128, 128, 1], [0, 1], 4],
] as const;

const have = haveShared('acasxu') && haveShared('mlp') && haveShared('lindex');

/** `count` points of the box on the grid 2^-bits, scattered by a seeded generator. */
function points(inputs: number, count: number, [lo, hi]: readonly [number, number], bits: number): number[][] {
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const cells = (hi - lo) * 2 ** bits;
  return Array.from({ length: count }, () =>
    Array.from({ length: inputs }, () => lo + Math.round(next() * cells) / 2 ** bits),
  );
}

describe.skipIf(!have).each(MODELS)('%s', (file, shape, sizes, box, bits) => {
  const { network, inputs } = have ? readOnnx(sharedBytes(file)) : ({} as ReturnType<typeof readOnnx>);

  test('has the layers of the file', () => {
    expect(inputs).toEqual([{ name: expect.any(String), type: 'float32', shape }]);
    expect([network.inputs, ...network.layers.map((l) => l.outputs)]).toEqual(sizes);
  });

  test.skipIf(!haveRuntime())('float32 onnxruntime stays within its own rounding bound', async () => {
    let widest = 0;
    for (const x of points(network.inputs, network.inputs > 100 ? 3 : 40, box, 20)) {
      const got = await runModel(sharedBytes(file), Float32Array.from(x), shape);
      const bound = floatBound(network, x, 2 ** -24);
      network.evaluate(x).forEach((y, i) => {
        const away = Math.abs(y.toNumber() - got[i]!);
        expect(away, `output ${i} at ${x.slice(0, 5)}`).toBeLessThanOrEqual(bound[i]!);
        widest = Math.max(widest, away);
      });
    }
    // The runtime does round: were this 0, the comparison would not compare anything.
    expect(widest).toBeGreaterThan(0);
  });

  test.skipIf(!haveRuntime())('quantised so far that float64 is exact, its float64 form is equal', async () => {
    const { network: low } = quantizeUniform(network, { bits });
    const { bytes, exact, sumBits } = writeOnnx(low, {
      type: 'float64',
      inputs: { domain: [...box], fractionalBits: 4 },
    });
    expect(exact).toBe(true);
    expect(Math.max(...sumBits!)).toBeLessThanOrEqual(53);
    expect(readOnnx(bytes).network.equals(low)).toBe(true);
    const x = points(network.inputs, network.inputs > 100 ? 5 : 50, box, 4);
    const got = await runModel(bytes, Float64Array.from(x.flat()), [x.length, network.inputs]);
    expect([...got]).toEqual(x.flatMap((p) => low.evaluate(p).map((v) => v.toNumber())));
  });
});

describe.skipIf(!haveShared('acasxu'))('.nnet and .onnx of one network', () => {
  test.each(['1_1', '2_3', '4_5'])('ACAS Xu %s: the decimals, rounded to float32, are the weights', (name) => {
    const path = `acasxu/ACASXU_run2a_${name}_batch_2000`;
    const onnx = readOnnx(sharedBytes(`${path}.onnx`)).network;
    const nnet = readNnet(sharedText(`${path}.nnet`)).network;
    expect(onnx.depth).toBe(nnet.depth);
    let same = 0;
    nnet.layers.forEach((layer, l) => {
      const other = onnx.layers[l]!;
      expect([...other.rowStart]).toEqual([...layer.rowStart]);
      expect([...other.column]).toEqual([...layer.column]);
      for (let k = 0; k < layer.weight.length; k++, same++) {
        expect(weightAt(other, k).toNumber()).toBe(Math.fround(weightAt(layer, k).toNumber()));
      }
      for (let i = 0; i < layer.outputs; i++) {
        expect(biasAt(other, i).toNumber()).toBe(Math.fround(biasAt(layer, i).toNumber()));
      }
    });
    expect(same).toBeGreaterThan(12500);
    // So the two functions differ by the rounding of the weights alone, six decimals against float32.
    for (const x of points(5, 20, [-0.5, 0.5], 10)) {
      const [a, b] = [onnx, nnet].map((n) => n.evaluate(x).map((v) => v.toNumber())) as [number[], number[]];
      a.forEach((v, i) => {
        expect(Math.abs(v - b[i]!)).toBeLessThan(1e-5);
      });
    }
  });
});

describe.skipIf(!haveShared('mlp'))('the 6-bit jet tagger (QONNX)', () => {
  const bytes = haveShared('mlp') ? sharedBytes('mlp/qkeras_jettagging.onnx') : new Uint8Array();
  const grid = { fractionalBits: 6, lo: -4, hi: 4 };

  test('its activation quantisers are refused by name, its softmax too', () => {
    const quantiser =
      'finn.custom_op.general.Quant "Quant_8": it rounds activations, and a staircase is not a ReLU network';
    expect(() => readOnnx(bytes)).toThrow(InputError);
    expect(() => readOnnx(bytes, { output: 'Add_3_out0' })).toThrow(quantiser);
    expect(() => readOnnx(bytes, { grid })).toThrow('Softmax "Softmax_0": not an operator');
    expect(() => readOnnx(bytes, { grid })).toThrow('output "Add_3_out0" stops before it');
  });

  test('up to the first quantiser it is an ordinary network, with 6-bit weights', () => {
    const { network } = readOnnx(bytes, { output: 'Relu_0' });
    expect([network.inputs, network.depth, network.outputs]).toEqual([16, 2, 64]);
    // Weights and biases are multiples of 2^-5 in [-1, 31/32].
    expect(network.layers[0]!.scale).toBe(5);
    expect(network.alphabet().length).toBeLessThanOrEqual(64);
  });

  test('on a stated grid it is exact: every output equals the quantised arithmetic of its file', () => {
    const { network, output } = readOnnx(bytes, { grid, output: 'Add_3' });
    expect(output).toEqual({ name: 'Add_3_out0', type: 'float32', shape: [1, 5] });
    const { graph } = decodeModel(bytes);
    const constants = new Map(
      graph.initialisers.map((t) => [t.name, [...(decodeConstant(t, t.name, new Budget()).values as Float64Array)]]),
    );
    // Every number below is a small dyadic: float64 arithmetic on them is exact.
    const even = (v: number): number => {
      const down = Math.floor(v);
      const rest = v - down;
      return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
    };
    const quant = (v: number, scale: number, lo: number, hi: number): number =>
      Math.min(Math.max(even(v / scale), lo), hi) * scale;
    const weights = (i: number): number[] => constants.get(`Quant_${i}_param0`)!.map((w) => quant(w, 2 ** -5, -32, 31));
    const layer = (x: number[], w: number[], b: number[]): number[] =>
      b.map((c, j) => x.reduce((s, v, i) => s + v * w[i * b.length + j]!, c));
    const hidden = (x: number[], w: number, b: number): number[] =>
      layer(x, weights(w), weights(b)).map((v) => quant(Math.max(0, v), 2 ** -6, 0, 63));
    for (const x of points(16, 40, [-4, 4], 6)) {
      const y = layer(hidden(hidden(hidden(x, 6, 7), 4, 5), 2, 3), weights(0), weights(1));
      expect(network.evaluate(x).map((v) => v.toNumber())).toEqual(y);
    }
  });
});

describe('external data', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dyadnet-'));
  const inside = join(folder, 'model');
  mkdirSync(join(inside, 'data'), { recursive: true });
  const weights = new Uint8Array(Float32Array.of(9, 1, 2, 3).buffer);
  writeFileSync(join(inside, 'data', 'w.bin'), weights);
  writeFileSync(join(folder, 'secret.bin'), weights);
  symlinkSync(join(folder, 'secret.bin'), join(inside, 'link.bin'));
  symlinkSync(folder, join(inside, 'up'));
  symlinkSync('/dev/zero', join(inside, 'zero.bin'));

  /** y = x * w with w outside of the model; the message is written by hand, field by field. */
  function withExternal(entries: Record<string, string>, dims = [3]): Uint8Array {
    const text = new TextEncoder();
    const field = (number: number, payload: Uint8Array | number): number[] =>
      typeof payload === 'number'
        ? [number << 3, ...varint(payload)]
        : [(number << 3) | 2, ...varint(payload.length), ...payload];
    const varint = (v: number): number[] => (v < 128 ? [v] : [(v % 128) + 128, ...varint(Math.floor(v / 128))]);
    const entry = ([key, value]: [string, string]): number[] =>
      field(13, Uint8Array.from([...field(1, text.encode(key)), ...field(2, text.encode(value))]));
    const tensor = [
      ...dims.flatMap((d) => field(1, d)),
      ...field(2, 1),
      ...field(8, text.encode('w')),
      ...Object.entries(entries).flatMap(entry),
      ...field(14, 1),
    ];
    const node = [
      ...field(1, text.encode('x')),
      ...field(1, text.encode('w')),
      ...field(2, text.encode('y')),
      ...field(4, text.encode('Mul')),
    ];
    const dimension = field(1, Uint8Array.from(field(1, 3)));
    const type = field(1, Uint8Array.from([...field(1, 1), ...field(2, Uint8Array.from(dimension))]));
    const value = (name: string): Uint8Array =>
      Uint8Array.from([...field(1, text.encode(name)), ...field(2, Uint8Array.from(type))]);
    const graph = [
      ...field(1, Uint8Array.from(node)),
      ...field(5, Uint8Array.from(tensor)),
      ...field(11, value('x')),
      ...field(12, value('y')),
    ];
    return Uint8Array.from([
      ...field(1, 8),
      ...field(7, Uint8Array.from(graph)),
      ...field(8, Uint8Array.from(field(2, 17))),
    ]);
  }
  const external = externalBeside(join(inside, 'm.onnx'));

  test('is read beside the model, from its offset', () => {
    const { network } = readOnnx(withExternal({ location: 'data/w.bin', offset: '4', length: '12' }), { external });
    expect(network.evaluate([1, 1, 1]).map((v) => v.toNumber())).toEqual([1, 2, 3]);
  });

  test.each([
    ['..', { location: '../secret.bin' }],
    ['.. inside', { location: 'data/../../secret.bin' }],
    ['an absolute path', { location: join(folder, 'secret.bin') }],
    ['a drive', { location: 'C:secret.bin' }],
    ['backslashes', { location: '..\\secret.bin' }],
    ['a NUL', { location: 'data/w.bin\0.txt' }],
    ['nothing', { location: '' }],
    ['no location', {}],
  ])('refuses %s', (_, entries) => {
    expect(() => readOnnx(withExternal(entries as Record<string, string>), { external })).toThrow(
      "expected external data in a file beside the model (a relative path without '..')",
    );
  });

  test.each([
    [
      'a link to the outside',
      { location: 'link.bin' },
      'expected a file inside the folder of the model, got "link.bin"',
    ],
    ['a linked folder', { location: 'up/secret.bin' }, 'expected a file inside the folder of the model'],
    ['a device', { location: 'zero.bin' }, 'expected a file inside the folder of the model'],
    ['a folder', { location: 'data' }, 'expected a regular file'],
    ['no such file', { location: 'data/v.bin' }, 'cannot open "data/v.bin"'],
    ['an end beyond the file', { location: 'data/w.bin', offset: '8' }, 'expected 20 bytes in "data/w.bin", got 16'],
    ['another length', { location: 'data/w.bin', length: '16' }, 'expected 12 bytes of external data, got 16'],
    [
      'a negative offset',
      { location: 'data/w.bin', offset: '-4' },
      'expected a whole number as external offset, got "-4"',
    ],
    [
      'a huge offset',
      { location: 'data/w.bin', offset: '99999999999999999999' },
      'expected a whole number as external offset',
    ],
  ])('refuses %s', (_, entries, sentence) => {
    expect(() => readOnnx(withExternal(entries as Record<string, string>), { external })).toThrow(sentence);
  });

  test('2^40 elements are refused before they are read', () => {
    expect(() => readOnnx(withExternal({ location: 'data/w.bin' }, [2 ** 20, 2 ** 20]), { external })).toThrow(
      'expected a tensor of at most 67108864 elements, got "shape [1048576, 1048576]"',
    );
  });

  test('without a folder it is refused', () => {
    expect(() => readOnnx(withExternal({ location: 'data/w.bin' }))).toThrow('no folder to read from was given');
  });
});
