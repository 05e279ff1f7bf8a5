/** ONNX's own operator vectors: each passes or is refused by name, and docs/onnx.md says which. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Dyadic, InputError, Rational } from '../../src/exact/index.ts';
import { Budget } from '../../src/io/budget.ts';
import { encodeModel } from '../../src/io/onnx-encode.ts';
import { readOnnx } from '../../src/io/onnx-read.ts';
import { decodeModel, decodeTensor } from '../../src/io/onnx-schema.ts';
import { decodeConstant } from '../../src/io/onnx-tensor.ts';
import { type Scalar, toDyadic } from '../../src/io/scalar.ts';
import type { Constant } from '../../src/io/tensor.ts';
import { biasAt, type Network, weightAt } from '../../src/net/index.ts';
import { haveRuntime, runModel } from '../support/onnxruntime.ts';
import { haveShared, sharedPath } from '../support/shared.ts';

const have = haveShared('onnx-node');
const names = have ? readdirSync(sharedPath('onnx-node')).sort() : [];
const docs = readFileSync(join(import.meta.dirname, '../../docs/onnx.md'), 'utf8');

const bytes = (...path: string[]): Uint8Array => new Uint8Array(readFileSync(sharedPath(join('onnx-node', ...path))));
const tensor = (...path: string[]): Constant =>
  decodeConstant(decodeTensor(bytes(...path)), path.join('/'), new Budget());
const values = (c: Constant): Dyadic[] => Array.from(c.values as ArrayLike<Scalar>, toDyadic);

/** Bits of a significand, by the name of the type. */
const PRECISION: Record<string, number> = { float32: 24, float16: 11, float64: 53 };

/**
 * ONNX 1.21 made these four expected outputs with a cast that wraps around; the operator's text says saturate, runtimes
 * do, and ONNX corrected them later (onnx/onnx#7868).
 */
const WRAPPED = /^test_qlinearmatmul_[23]D_int8_/;

/** round((a - za) (b - zb) sa sb / sy) + zy without saturation, from the vector's own inputs. */
function unsaturatedCodes(name: string, inputs: number): bigint[] {
  const parts = Array.from({ length: inputs }, (_, i) => tensor(name, 'test_data_set_0', `input_${i}.pb`));
  const [a, sa, za, b, sb, zb, sy, zy] = parts.map(values) as Dyadic[][];
  const [m, k] = parts[0]!.shape.slice(-2) as [number, number];
  const n = parts[3]!.shape.at(-1)!;
  const scale = Rational.fromDyadic(sa![0]!.mul(sb![0]!)).div(Rational.fromDyadic(sy![0]!));
  const out: bigint[] = [];
  for (let g = 0; g < a!.length / (m * k); g++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = Dyadic.ZERO;
        for (let t = 0; t < k; t++) {
          const x = a![(g * m + i) * k + t]!.sub(za![0]!);
          sum = sum.add(x.mul(b![(g * k + t) * n + j]!.sub(zb![0]!)));
        }
        out.push(Rational.fromDyadic(sum).mul(scale).roundTo(0, 'nearest').floor() + zy![0]!.floor());
      }
    }
  }
  return out;
}

/** What the vector's row in the table says; throws where the network disagrees with the published output. */
function outcome(name: string): string {
  const { graph } = decodeModel(bytes(name, 'model.onnx'));
  const set = 'test_data_set_0';
  const bind = Object.fromEntries(graph.inputs.slice(1).map((v, i) => [v.name, bytes(name, set, `input_${i + 1}.pb`)]));
  const x = values(tensor(name, set, 'input_0.pb'));
  const expected = tensor(name, set, 'output_0.pb');
  const grid = {
    fractionalBits: Math.max(...x.map((v) => v.fractionalBits)),
    lo: x.reduce((a, b) => a.min(b)),
    hi: x.reduce((a, b) => a.max(b)),
  };
  let said: string;
  let network: Network;
  try {
    network = readOnnx(bytes(name, 'model.onnx'), { bind }).network;
    said = '';
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toContain(graph.nodes[0]!.operator);
    expect(error.message).toContain('a staircase is not a ReLU network');
    network = readOnnx(bytes(name, 'model.onnx'), { bind, grid }).network;
    said = ' on a stated grid of inputs, refused without';
  }
  const got = network.evaluate(x);
  const wanted = values(expected);
  expect(got.length).toBe(wanted.length);
  const precision = PRECISION[expected.type.name];
  if (WRAPPED.test(name)) {
    const codes = unsaturatedCodes(name, graph.inputs.length);
    const clamp = (v: bigint): bigint => (v < -128n ? -128n : v > 127n ? 127n : v);
    expect(got.map((v) => v.floor())).toEqual(codes.map(clamp));
    // Published: the same codes modulo 256; the generator computed float16 scales in float16, a unit off at most there.
    const slack = name.endsWith('float16') ? 1n : 0n;
    wanted.forEach((v, i) => {
      const away = BigInt.asIntN(8, v.floor() - codes[i]!);
      expect(away <= slack && away >= -slack, `${name} output ${i}`).toBe(true);
    });
    expect(codes.some((v) => v !== clamp(v))).toBe(true);
    return `saturates; the published output wraps around${said}`;
  }
  if (precision === undefined || got.every((v, i) => v.eq(wanted[i]!))) {
    expect(got.map(String)).toEqual(wanted.map(String));
    return `equal${said}`;
  }
  // A float output is one affine map here: K products and sums in an unknown order, each rounded once, and the two
  // factors of Gemm. Higham's bound: gamma * (sum |w x| + |b|), gamma = n u / (1 - n u), u = 2^-precision.
  expect(network.depth).toBe(1);
  const layer = network.layers[0]!;
  got.forEach((v, i) => {
    let magnitude = biasAt(layer, i).abs();
    let n = 3n;
    for (let k = layer.rowStart[i]!; k < layer.rowStart[i + 1]!; k++, n += 2n) {
      magnitude = magnitude.add(weightAt(layer, k).mul(x[layer.column[k]!]!).abs());
    }
    const gamma = Rational.of(n, (1n << BigInt(precision)) - n);
    const away = Rational.fromDyadic(v.sub(wanted[i]!).abs());
    expect(away.compare(gamma.mul(Rational.fromDyadic(magnitude))), `${name} output ${i}`).toBeLessThanOrEqual(0);
  });
  return `within the rounding of ${expected.type.name}${said}`;
}

describe.skipIf(!have)('operator vectors of ONNX 1.21', () => {
  test('all of them are here', () => {
    expect(names.length).toBe(55);
  });

  test.each(names)('%s', (name) => {
    const row = `| \`${name}\` | ${outcome(name)} |`;
    expect(docs).toContain(row);
  });
});

describe.skipIf(!have || !haveRuntime())('onnxruntime on the vectors whose published output wraps around', () => {
  test.each(names.filter((n) => WRAPPED.test(n) && n.endsWith('float32')))(
    '%s: it saturates, as we do',
    async (name) => {
      const { graph } = decodeModel(bytes(name, 'model.onnx'));
      const set = 'test_data_set_0';
      const fixed = graph.inputs.slice(1).map(({ name: input }, i) => {
        const { dims, type, raw } = decodeTensor(bytes(name, set, `input_${i + 1}.pb`));
        return { name: input, dims, type, raw: raw! };
      });
      const [first, node, output] = [graph.inputs[0]!, graph.nodes[0]!, graph.outputs[0]!];
      const shape = first.shape as number[];
      const closed = encodeModel({
        irVersion: 10,
        opsets: { '': 21 },
        name: 'closed',
        nodes: [{ operator: node.operator, inputs: node.inputs, outputs: node.outputs }],
        initialisers: fixed,
        inputs: [{ name: first.name, type: first.type, shape }],
        outputs: [{ name: output.name, type: output.type, shape: output.shape as number[] }],
      });
      const x = values(tensor(name, set, 'input_0.pb'));
      const got = await runModel(
        closed,
        Int8Array.from(x, (v) => v.toNumber()),
        shape,
      );
      expect(
        readOnnx(closed)
          .network.evaluate(x)
          .map((v) => v.toNumber()),
      ).toEqual([...got]);
      expect([...got]).toContain(-128);
    },
  );
});
