import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, FLOAT32, fitsFormat, InputError } from '../../src/exact/index.ts';
import { readOnnx } from '../../src/io/onnx-read.ts';
import { writeOnnx } from '../../src/io/onnx-write.ts';
import { affine, type Layer, LayerBuilder, Network } from '../../src/net/index.ts';
import { network } from '../support/arbitrary.ts';
import { haveRuntime, runModel } from '../support/onnxruntime.ts';
import { haveShared, sharedBytes } from '../support/shared.ts';

/** A seeded network of small whole mantissas: exact where the chosen sizes say so. */
function small(sizes: readonly number[], most: number, scale: number, seed: number): Network {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const value = (): number => Math.round((2 * next() - 1) * most) * 2 ** -scale;
  const layers = sizes.slice(1).map((outputs, l): Layer => {
    const layer = new LayerBuilder(sizes[l]!);
    for (let i = 0; i < outputs; i++) {
      layer.row(
        value(),
        Array.from({ length: sizes[l]! }, (_, j) => [j, value()] as const),
      );
    }
    return layer.build();
  });
  return new Network(layers);
}

/** Multiples of 2^-6 that are float32, also where two of them are added. */
const sixth = fc.integer({ min: -5000, max: 5000 }).map((m) => Dyadic.of(BigInt(m), -6));

describe('round trips', () => {
  test('written and read again, every layer is equal', () => {
    fc.assert(
      fc.property(network({ weight: sixth }), fc.constantFrom('float32', 'float64'), (net, type) => {
        const { bytes, exact } = writeOnnx(net, { type, acceptRounding: true });
        expect(exact).toBe(false);
        const model = readOnnx(bytes);
        expect(model.network.equals(net)).toBe(true);
        expect([model.irVersion, model.opset, model.producer]).toEqual([7, 14, 'dyadnet']);
      }),
    );
  });

  test('int8: the same function of the whole numbers that the grid is', () => {
    const net = small([4, 3, 2], 3, 2, 1);
    const grid = { domain: [0, 1] as const, fractionalBits: 3 };
    const written = writeOnnx(net, { type: 'int8', inputs: grid });
    expect([written.inputType, written.inputScale, written.exact]).toEqual(['uint8', 3, true]);
    const read = readOnnx(written.bytes, { grid: { fractionalBits: 0, lo: 0, hi: 8 } });
    for (let k = 0; k < 50; k++) {
      const x = [k % 9, (k * 5) % 9, (k * 7) % 9, (k * 2) % 9];
      const y = net.evaluate(x.map((v) => v / 8));
      expect(read.network.evaluate(x).map(String)).toEqual(y.map(String));
    }
  });

  test.skipIf(!haveShared('acasxu') || !haveShared('mlp'))('trained networks: read, written, read', () => {
    for (const file of [
      'acasxu/ACASXU_run2a_2_3_batch_2000.onnx',
      'mlp/cartpole.onnx',
      'mlp/robot.onnx',
      'mlp/vdp.onnx',
    ]) {
      const { network } = readOnnx(sharedBytes(file));
      for (const type of ['float32', 'float64'] as const) {
        const again = readOnnx(writeOnnx(network, { type, acceptRounding: true }).bytes);
        expect(again.network.equals(network), `${file} ${type}`).toBe(true);
      }
    }
  });
});

describe('refusals by name', () => {
  const net = small([2, 3, 1], 100, 3, 2);
  const inputs = { domain: [-1, 1] as const, fractionalBits: 4 };
  test.each([
    ['no inputs', () => writeOnnx(net, { type: 'float32' }), 'whether sums are exact depends on the inputs'],
    [
      'a weight that is no float32',
      () => writeOnnx(affine([['1*2^-200']]), { type: 'float32', acceptRounding: true }),
      'weight [0, 0] of layer 1 is 1*2^-200, not a number of float32',
    ],
    [
      'a bias of too many digits',
      () => writeOnnx(affine([[1]], [2 ** 24 + 1]), { type: 'float32', acceptRounding: true }),
      'bias 0 of layer 1 is 16777217, not a number of float32',
    ],
    [
      'sums too long for float32',
      () => writeOnnx(net, { type: 'float32', inputs: { ...inputs, fractionalBits: 14 } }),
      /layer 2 has sums of up to \d\d binary digits, float32 holds 24/,
    ],
    [
      'inputs too long',
      () => writeOnnx(net, { type: 'float32', inputs: { ...inputs, fractionalBits: 30 } }),
      'inputs of the stated grid are not all float32 numbers',
    ],
    [
      'activations beyond a byte',
      () => writeOnnx(net, { type: 'int8', inputs }),
      'layer 1 has activations beyond 0..255',
    ],
    [
      'weights beyond a byte',
      () => writeOnnx(affine([[300, 1]]), { type: 'int8', inputs }),
      'layer 1 has weights beyond 8 bits',
    ],
    [
      'inputs beyond a byte',
      () => writeOnnx(net, { type: 'int8', inputs: { domain: [-1, 1], fractionalBits: 10 } }),
      'inputs of the stated grid are not all in 0..255 or -128..127',
    ],
    ['another type', () => writeOnnx(net, { type: 'int4' as never }), "expected 'float32', 'float64' or 'int8'"],
  ])('%s', (_, write, sentence) => {
    expect(write).toThrow(InputError);
    expect(write).toThrow(sentence);
  });

  test('the limit is where it is said to be: one bit more is refused', () => {
    // 1 * x + 0 with |x| < 2^24 needs 24 bits; a bias of 2^23 more needs 25.
    const identity = affine([[1]]);
    const grid = (hi: number) => ({ domain: [0, hi] as [number, number], fractionalBits: 0 });
    expect(writeOnnx(identity, { type: 'float32', inputs: grid(2 ** 24 - 1) }).sumBits).toEqual([24]);
    expect(() => writeOnnx(affine([[1]], [1]), { type: 'float32', inputs: grid(2 ** 24 - 1) })).toThrow(
      '25 binary digits',
    );
  });
});

describe.skipIf(!haveRuntime())('onnxruntime', () => {
  /** Every multiple of 2^-bits for one axis, scattered over the others. */
  function points(inputs: number, count: number, bits: number, lo: number, hi: number): number[][] {
    const cells = (hi - lo) * 2 ** bits;
    return Array.from({ length: count }, (_, k) =>
      Array.from({ length: inputs }, (_, j) => lo + ((k * (2 * j + 1) * 7919 + j * 104729) % (cells + 1)) / 2 ** bits),
    );
  }

  test.each([
    ['float32', [3, 16, 16, 2], 7, 3, 5],
    ['float64', [3, 32, 32, 32, 2], 200, 7, 8],
  ] as const)('%s: equal wherever every sum fits', async (type, sizes, most, scale, bits) => {
    const net = small(sizes, most, scale, 3);
    const { bytes, exact, sumBits } = writeOnnx(net, { type, inputs: { domain: [-1, 1], fractionalBits: bits } });
    expect(exact).toBe(true);
    expect(Math.max(...sumBits!)).toBeLessThanOrEqual(type === 'float32' ? 24 : 53);
    const x = points(3, 300, bits, -1, 1);
    const flat = x.flat();
    const got = await runModel(bytes, type === 'float32' ? Float32Array.from(flat) : Float64Array.from(flat), [300, 3]);
    expect([...got]).toEqual(x.flatMap((p) => net.evaluate(p).map((v) => v.toNumber())));
  });

  test('int8: equal, at the ends of the byte range too', async () => {
    const weights = Array.from({ length: 16 }, (_, i) =>
      Array.from({ length: 8 }, (_, j) => ((i * 8 + j) % 2 ? 127 : -128) / 128),
    );
    const first = affine(weights).layers[0]!;
    const second = affine([Array.from({ length: 16 }, (_, j) => (j % 3 ? 1 : -1))]).layers[0]!;
    const wide = new Network([first, second]);
    // Activations of the first layer are mantissas up to 255 * 4 * 127: too large to be bytes. The last layer alone fits.
    expect(() => writeOnnx(wide, { type: 'int8', inputs: { domain: [0, 255], fractionalBits: 0 } })).toThrow('0..255');
    const alone = new Network([first]);
    const { bytes } = writeOnnx(alone, { type: 'int8', inputs: { domain: [0, 255], fractionalBits: 0 } });
    const x = Array.from({ length: 64 }, (_, k) =>
      Array.from({ length: 8 }, (_, j) => (k < 8 ? 255 : (k * 37 + j * 91) % 256)),
    );
    const got = await runModel(bytes, Uint8Array.from(x.flat()), [64, 8]);
    expect([...got]).toEqual(x.flatMap((p) => alone.evaluate(p).map((v) => v.toNumber())));
  });

  test('int8 with hidden layers', async () => {
    const net = small([4, 3, 2], 3, 2, 1);
    const { bytes } = writeOnnx(net, { type: 'int8', inputs: { domain: [0, 1], fractionalBits: 3 } });
    const x = Array.from({ length: 200 }, (_, k) => [k % 9, (k * 5) % 9, (k * 7) % 9, (k * 2) % 9]);
    const got = await runModel(bytes, Uint8Array.from(x.flat()), [200, 4]);
    expect([...got]).toEqual(x.flatMap((p) => net.evaluate(p.map((v) => v / 8)).map((v) => v.toNumber())));
  });
});

test('weights that are float32 are found to be', () => {
  expect(fitsFormat(Dyadic.from(Math.fround(0.1)), FLOAT32)).toBe(true);
  expect(fitsFormat(Dyadic.from(0.1), FLOAT32)).toBe(false);
});
