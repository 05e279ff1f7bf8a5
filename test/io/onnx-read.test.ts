import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import { encodeTensor } from '../../src/io/onnx-encode.ts';
import { ONNX_OPERATORS } from '../../src/io/onnx-operators.ts';
import { type ReadOnnxOptions, readOnnx } from '../../src/io/onnx-read.ts';
import {
  DOUBLE,
  floats,
  INT8,
  INT32,
  INT64,
  ints,
  model,
  node,
  type SmallModel,
  tensor,
  UINT8,
} from '../support/onnxModels.ts';
import { haveRuntime, runModel } from '../support/onnxruntime.ts';

const relu = (v: number): number => Math.max(0, v);
const f = (v: number): number => Math.fround(v);

interface Case extends SmallModel {
  /** The operator's definition, on one input of six numbers (or as many as the shape has). */
  y: (x: readonly number[]) => readonly number[];
  depth?: number;
}

const A = [1, -2, 0.5, 3, 0, -0.25];
/** Six numbers on a coarse grid: every float32 sum below is exact. */
const POINTS = [
  [0, 0, 0, 0, 0, 0],
  [1, 2, 3, 4, 5, 6],
  [-1, 0.5, -2.25, 3, -0.125, 7],
  [-8, -4, -2, -1, -0.5, -0.25],
  [16, -15.5, 0.125, 2.5, -6, 1],
];

const CASES: Record<string, Case> = {
  Identity: { nodes: [node('Identity', ['x'], ['y'])], y: (x) => x },
  Relu: { nodes: [node('Relu', ['x'], ['y'])], y: (x) => x.map(relu), depth: 2 },
  'LeakyRelu of slope 1/4': {
    nodes: [node('LeakyRelu', ['x'], ['y'], { alpha: { f: 0.25 } })],
    y: (x) => x.map((v) => (v < 0 ? v / 4 : v)),
    depth: 2,
  },
  'PRelu, a slope a column': {
    nodes: [node('PRelu', ['x', 's'], ['y'])],
    initialisers: [floats('s', [3], [0.5, -1, 2])],
    y: (x) => x.map((v, i) => (v < 0 ? v * [0.5, -1, 2][i % 3]! : v)),
  },
  'Clip on both sides': {
    nodes: [node('Clip', ['x', 'lo', 'hi'], ['y'])],
    initialisers: [floats('lo', [], [-1]), floats('hi', [], [2.5])],
    y: (x) => x.map((v) => Math.min(Math.max(v, -1), 2.5)),
    depth: 2,
  },
  'Clip from below': {
    nodes: [node('Clip', ['x', 'lo'], ['y'])],
    initialisers: [floats('lo', [], [-1])],
    y: (x) => x.map((v) => Math.max(v, -1)),
  },
  'Clip from above': {
    nodes: [node('Clip', ['x', '', 'hi'], ['y'])],
    initialisers: [floats('hi', [], [2])],
    y: (x) => x.map((v) => Math.min(v, 2)),
  },
  'Clip by attributes (opset 6)': {
    opset: 8,
    nodes: [node('Clip', ['x'], ['y'], { min: { f: 0 }, max: { f: 6 } })],
    y: (x) => x.map((v) => Math.min(Math.max(v, 0), 6)),
  },
  'Clip with the bounds of float32 itself': {
    opset: 8,
    nodes: [node('Clip', ['x'], ['y'], { min: { f: -3.4028234663852886e38 }, max: { f: 3.4028234663852886e38 } })],
    y: (x) => x,
    depth: 1,
  },
  Abs: { nodes: [node('Abs', ['x'], ['y'])], y: (x) => x.map(Math.abs) },
  Neg: { nodes: [node('Neg', ['x'], ['y'])], y: (x) => x.map((v) => 0 - v) },
  'Max with a constant and an activation': {
    nodes: [node('Neg', ['x'], ['n']), node('Max', ['x', 'n', 'c'], ['y'])],
    initialisers: [floats('c', [1], [3])],
    y: (x) => x.map((v) => Math.max(v, -v, 3)),
  },
  Min: {
    nodes: [node('Min', ['x', 'c'], ['y'])],
    initialisers: [floats('c', [2, 1], [1, -1])],
    y: (x) => x.map((v, i) => Math.min(v, i < 3 ? 1 : -1)),
  },
  'Add, broadcast along rows': {
    nodes: [node('Add', ['x', 'c'], ['y'])],
    initialisers: [floats('c', [2, 1], [1.5, -2])],
    y: (x) => x.map((v, i) => v + (i < 3 ? 1.5 : -2)),
    depth: 1,
  },
  'Add that makes the activation wider': {
    input: [3],
    nodes: [node('Add', ['c', 'x'], ['y'])],
    initialisers: [floats('c', [2, 1], [1, 2])],
    y: (x) => [...x.map((v) => v + 1), ...x.map((v) => v + 2)],
  },
  'Sub, constant first': {
    nodes: [node('Sub', ['c', 'x'], ['y'])],
    initialisers: [floats('c', [], [10])],
    y: (x) => x.map((v) => 10 - v),
  },
  'Mul by a column of constants': {
    nodes: [node('Mul', ['c', 'x'], ['y'])],
    initialisers: [floats('c', [3], [2, 0, -0.5])],
    y: (x) => x.map((v, i) => v * [2, 0, -0.5][i % 3]! + 0),
  },
  'Div by powers of two': {
    nodes: [node('Div', ['x', 'c'], ['y'])],
    initialisers: [floats('c', [], [-8])],
    y: (x) => x.map((v) => v / -8 + 0),
  },
  'Div by 3 where 3 divides': {
    nodes: [node('Mul', ['x', 'c'], ['m']), node('Div', ['m', 'd'], ['y'])],
    initialisers: [floats('c', [], [12]), floats('d', [], [3])],
    y: (x) => x.map((v) => 4 * v),
  },
  'Sum of three': { nodes: [node('Sum', ['x', 'x', 'x'], ['y'])], y: (x) => x.map((v) => 3 * v), depth: 1 },
  'Gemm with everything': {
    nodes: [
      node('Gemm', ['x', 'w', 'c'], ['y'], { alpha: { f: 0.5 }, beta: { f: 2 }, transA: { i: 1 }, transB: { i: 1 } }),
    ],
    initialisers: [floats('w', [2, 2], [1, 2, 3, -4]), floats('c', [3, 1], [1, 2, 3])],
    y: (x) =>
      [0, 1, 2].flatMap((i) =>
        [
          [1, 2],
          [3, -4],
        ].map((w) => 0.5 * (w[0]! * x[i]! + w[1]! * x[3 + i]!) + 2 * (i + 1)),
      ),
  },
  'Gemm with the constant on the left': {
    nodes: [node('Gemm', ['w', 'x'], ['y'])],
    initialisers: [floats('w', [1, 2], [2, -3])],
    y: (x) => [0, 1, 2].map((j) => 2 * x[j]! - 3 * x[3 + j]!),
  },
  'Gemm with an activation as bias': {
    nodes: [node('Relu', ['x'], ['r']), node('Gemm', ['r', 'w', 'x'], ['y'])],
    initialisers: [floats('w', [3, 3], [1, 0, 0, 0, 2, 0, 0, 0, 4])],
    y: (x) => x.map((v, i) => [1, 2, 4][i % 3]! * relu(v) + v),
    depth: 2,
  },
  'MatMul of two affine maps in a row': {
    nodes: [node('MatMul', ['x', 'a'], ['m']), node('MatMul', ['m', 'b'], ['y'])],
    initialisers: [floats('a', [3, 2], A), floats('b', [2, 1], [2, -1])],
    y: (x) =>
      [0, 3].map((o) =>
        [0, 1].reduce((s, j) => s + [2, -1][j]! * [0, 1, 2].reduce((t, k) => t + x[o + k]! * A[2 * k + j]!, 0), 0),
      ),
    depth: 1,
  },
  'MatMul, a vector, batches on the right': {
    input: [2],
    nodes: [node('MatMul', ['x', 'b'], ['y'])],
    initialisers: [floats('b', [2, 2, 1], [1, 2, 3, 4])],
    y: (x) => [x[0]! + 2 * x[1]!, 3 * x[0]! + 4 * x[1]!],
  },
  'Flatten, Reshape, Squeeze, Unsqueeze, Transpose': {
    input: [1, 2, 3, 1],
    nodes: [
      node('Flatten', ['x'], ['a'], { axis: { i: 2 } }),
      node('Transpose', ['a'], ['b']),
      node('Reshape', ['b', 'shape'], ['c']),
      node('Unsqueeze', ['c', 'axes'], ['d']),
      node('Squeeze', ['d', 'axes'], ['y']),
    ],
    initialisers: [ints('shape', [0, -1]), ints('axes', [0, -1])],
    y: (x) => [x[0]!, x[3]!, x[1]!, x[4]!, x[2]!, x[5]!],
    depth: 1,
  },
  'Squeeze and Unsqueeze by attributes (opset 12)': {
    opset: 12,
    nodes: [
      node('Unsqueeze', ['x'], ['a'], { axes: { ints: [0, 3] } }),
      node('Squeeze', ['a'], ['y'], { axes: { ints: [-1] } }),
    ],
    y: (x) => x,
  },
  'Concat of branches with and without a ReLU, then a layer': {
    nodes: [
      node('Relu', ['x'], ['r']),
      node('Concat', ['x', 'r'], ['c'], { axis: { i: -1 } }),
      node('Relu', ['c'], ['d']),
      node('MatMul', ['d', 'w'], ['y']),
    ],
    initialisers: [floats('w', [6, 1], [1, 2, 3, 4, 5, 6])],
    y: (x) =>
      [0, 3].map((o) => [0, 1, 2].reduce((s, k) => s + (k + 1) * relu(x[o + k]!) + (k + 4) * relu(x[o + k]!), 0)),
  },
  'a skip connection over two layers': {
    nodes: [
      node('MatMul', ['x', 'w'], ['a']),
      node('Relu', ['a'], ['b']),
      node('MatMul', ['b', 'w'], ['c']),
      node('Relu', ['c'], ['d']),
      node('Add', ['d', 'x'], ['e']),
      node('Add', ['e', 'b'], ['y']),
    ],
    initialisers: [floats('w', [3, 3], [1, -1, 0, 0, 1, -1, 0.5, 0, 1])],
    y: (x) => {
      const w = [
        [1, -1, 0],
        [0, 1, -1],
        [0.5, 0, 1],
      ];
      const layer = (v: readonly number[]) =>
        [0, 1, 2].map((j) => relu([0, 1, 2].reduce((s, k) => s + v[k]! * w[k]![j]!, 0)));
      return [x.slice(0, 3), x.slice(3)].flatMap((row) => {
        const b = layer(row);
        const d = layer(b);
        return row.map((v, j) => d[j]! + v + b[j]!);
      });
    },
    depth: 3,
  },
  'Slice with steps, from behind': {
    nodes: [node('Slice', ['x', 's', 'e', 'a', 't'], ['y'])],
    initialisers: [ints('s', [-1, 0]), ints('e', [-1000, 2]), ints('a', [1, 0]), ints('t', [-2, 1])],
    y: (x) => [x[2]!, x[0]!, x[5]!, x[3]!],
  },
  'Slice by attributes (opset 9)': {
    opset: 9,
    nodes: [node('Slice', ['x'], ['y'], { starts: { ints: [1] }, ends: { ints: [3] }, axes: { ints: [1] } })],
    y: (x) => [x[1]!, x[2]!, x[4]!, x[5]!],
  },
  'Slice to the end, as exporters write it: the largest and the least int64': {
    nodes: [node('Slice', ['x', 's', 'e', 'a', 't'], ['y'])],
    initialisers: [ints('s', [2 ** 62, 1]), ints('e', [-(2 ** 63), 2 ** 62]), ints('a', [1, 0]), ints('t', [-1, 1])],
    y: (x) => [x[5]!, x[4]!, x[3]!],
  },
  'Slice by attributes, to the end (opset 9)': {
    opset: 9,
    nodes: [node('Slice', ['x'], ['y'], { starts: { ints: [1] }, ends: { ints: [2 ** 62] }, axes: { ints: [1] } })],
    y: (x) => [x[1]!, x[2]!, x[4]!, x[5]!],
  },
  Gather: {
    nodes: [node('Gather', ['x', 'i'], ['y'], { axis: { i: 1 } })],
    initialisers: [ints('i', [2, -3])],
    y: (x) => [x[2]!, x[0]!, x[5]!, x[3]!],
  },
  'a shape computed in the graph': {
    nodes: [
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'zero'], ['n']),
      node('Unsqueeze', ['n', 'axis'], ['n1']),
      node('Concat', ['n1', 'minus'], ['shape'], { axis: { i: 0 } }),
      node('Reshape', ['x', 'shape'], ['y']),
    ],
    initialisers: [tensor('zero', INT64, [], [0]), ints('axis', [0]), ints('minus', [-1])],
    input: [2, 3, 1],
    y: (x) => x,
  },
  'Constant and Dropout': {
    nodes: [
      node('Constant', [], ['c'], { value: { t: floats('', [3], [1, 2, 3]) } }),
      node('Dropout', ['x'], ['d']),
      node('Add', ['d', 'c'], ['y']),
    ],
    y: (x) => x.map((v, i) => v + 1 + (i % 3)),
  },
  'Constant of one float': {
    nodes: [node('Constant', [], ['c'], { value_float: { f: 1.5 } }), node('Add', ['x', 'c'], ['y'])],
    y: (x) => x.map((v) => v + 1.5),
  },
  'Cast to double and back': {
    nodes: [node('Cast', ['x'], ['d'], { to: { i: DOUBLE } }), node('Cast', ['d'], ['y'], { to: { i: 1 } })],
    y: (x) => x,
  },
  'weights quantised and dequantised': {
    nodes: [
      node('QuantizeLinear', ['w', 's', 'z'], ['q']),
      node('DequantizeLinear', ['q', 's', 'z'], ['d']),
      node('MatMul', ['x', 'd'], ['y']),
    ],
    // 0.3 -> 1.2 -> 1; 0.625 -> 2.5 -> 2 (even); -40 -> saturates at -128 - 3
    initialisers: [floats('w', [3, 1], [0.3, 0.625, -40]), floats('s', [], [0.25]), tensor('z', INT8, [], [3])],
    y: (x) => [0, 3].map((o) => 0.25 * x[o]! + 0.5 * x[o + 1]! - 32.75 * x[o + 2]!),
  },
  'nodes in the wrong order, initialisers among the inputs': {
    irVersion: 3,
    opset: 8,
    nodes: [node('Relu', ['s'], ['y']), node('Add', ['x', 'c'], ['s'])],
    initialisers: [floats('c', [3], [1, 2, 3])],
    inputs: [
      { name: 'x', type: 1, shape: ['N', 3] },
      { name: 'c', type: 1, shape: [3] },
    ],
    input: [1, 3],
    y: (x) => x.map((v, i) => relu(v + i + 1)),
  },
};

describe('operators, by their definition', () => {
  test.each(Object.entries(CASES))('%s', (_, c) => {
    const { network } = readOnnx(model(c));
    if (c.depth !== undefined) expect(network.depth).toBe(c.depth);
    for (const point of POINTS) {
      const x = point.slice(0, network.inputs);
      expect(network.evaluate(x).map((v) => v.toNumber())).toEqual(c.y(x).map((v) => v + 0));
    }
  });

  test.skipIf(!haveRuntime()).each(Object.entries(CASES).filter(([name]) => !name.startsWith('nodes in the wrong')))(
    '%s: as onnxruntime',
    async (_, c) => {
      const bytes = model({ ...c, output: c.output ?? outputShape(c) });
      const { network } = readOnnx(bytes);
      const shape = (c.input ?? [2, 3]) as number[];
      for (const point of POINTS) {
        const x = point.slice(0, network.inputs);
        const got = await runModel(bytes, Float32Array.from(x), shape);
        expect(network.evaluate(x).map((v) => v.toNumber())).toEqual([...got].map((v) => v + 0));
      }
    },
  );

  test('the list of operators has no operator without a case', () => {
    const vectors = [
      'BatchNormalization',
      'DequantizeLinear',
      'MatMulInteger',
      'QLinearMatMul',
      'Quant',
      'QuantizeLinear',
    ];
    const used = new Set(Object.values(CASES).flatMap((c) => c.nodes.map((n) => n.operator)));
    expect(ONNX_OPERATORS.filter((o) => !used.has(o) && !vectors.includes(o))).toEqual([]);
    const page = readFileSync(join(import.meta.dirname, '../../docs/onnx.md'), 'utf8');
    expect(ONNX_OPERATORS.filter((o) => !new RegExp(`\\b${o}\\b`).test(page))).toEqual([]);
  });
});

/** The shape that the reader finds; onnxruntime checks it against its own. */
function outputShape(c: Case): readonly number[] {
  return readOnnx(model(c)).output.shape;
}

describe('batch normalisation', () => {
  const parts = {
    nodes: [node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], ['y'], { epsilon: { f: 0 } })],
    initialisers: [
      floats('s', [3], [1, -2, 3]),
      floats('b', [3], [0.5, 0, 1]),
      floats('m', [3], [1, 2, -1]),
      floats('v', [3], [2, 0.25, 7]),
    ],
  };

  test('is refused by name, and folded on request with the deviation said', () => {
    expect(() => readOnnx(model(parts))).toThrow(
      'BatchNormalization "-> y": batch normalisation divides by a square root',
    );
    for (const bits of [4, 16, 40]) {
      const { network, notes } = readOnnx(model(parts), { foldBatchNorm: bits });
      expect(network.fractionalBits).toBeLessThanOrEqual(bits);
      const said = Number(/moved by more than (\S+)$/.exec(notes[0]!)![1]);
      expect(notes[0]).toContain(`multiples of 2^-${bits}`);
      expect(said).toBeLessThanOrEqual(2 ** -(bits + 1) * (1 + 2 ** -20));
      const slope = [1 / Math.sqrt(2), -4, 3 / Math.sqrt(7)];
      const offset = [0.5 - slope[0]!, 8, 1 + slope[2]!];
      const zero = network.evaluate([0, 0, 0, 0, 0, 0]).map((v) => v.toNumber());
      const one = network.evaluate([1, 1, 1, 1, 1, 1]).map((v) => v.toNumber());
      for (let c = 0; c < 3; c++) {
        // The reference is float64: a relative 1e-15 of its own.
        expect(Math.abs(zero[c]! - offset[c]!)).toBeLessThanOrEqual(said + 1e-14);
        expect(Math.abs(one[c]! - zero[c]! - slope[c]!)).toBeLessThanOrEqual(said + 1e-14);
      }
    }
  });

  test('a square root that is exact stays exact', () => {
    const { network, notes } = readOnnx(
      model({
        ...parts,
        initialisers: parts.initialisers.map((t) => (t.name === 'v' ? floats('v', [3], [4, 0.25, 16]) : t)),
      }),
      { foldBatchNorm: 8 },
    );
    expect(network.evaluate([3, 2, 7, 0, 0, 0]).slice(0, 3).map(String)).toEqual(['3*2^-1', '0', '7']);
    expect(Number(/than (\S+)$/.exec(notes[0]!)![1])).toBeLessThan(2 ** -69);
  });
});

describe('inputs', () => {
  test('several inputs lie one behind the other', () => {
    const bytes = model({
      nodes: [node('Sub', ['a', 'b'], ['y'])],
      inputs: [
        { name: 'a', type: 1, shape: [2] },
        { name: 'b', type: 1, shape: ['batch', 2] },
      ],
    });
    const { network, inputs } = readOnnx(bytes);
    expect(inputs).toEqual([
      { name: 'a', type: 'float32', shape: [2] },
      { name: 'b', type: 'float32', shape: [1, 2] },
    ]);
    expect(network.evaluate([5, 6, 1, 3]).map(String)).toEqual(['1*2^2', '3']);
    const bound = readOnnx(bytes, { bind: { b: encodeTensor(floats('b', [1, 2], [0.5, 1])) } });
    expect(bound.network.evaluate([5, 6]).map(String)).toEqual(['9*2^-1', '5']);
  });

  test('a dynamic dimension that is not the batch is stated or refused', () => {
    const bytes = model({ nodes: [node('Relu', ['x'], ['y'])], input: ['N', 'features'] });
    expect(() => readOnnx(bytes)).toThrow(
      'input "x": expected a size for dimension 1, stated with the shape, got "features"',
    );
    expect(readOnnx(bytes, { shapes: { x: [1, 7] } }).network.inputs).toBe(7);
  });

  test('a value inside the graph is an output, by its name or its node', () => {
    const bytes = model({
      nodes: [{ ...node('Add', ['x', 'x'], ['twice']), name: 'doubling' }, node('Softmax', ['twice'], ['y'])],
    });
    expect(() => readOnnx(bytes)).toThrow(
      'Softmax "-> y": not an operator of networks of affine maps and ReLUs that is read here; output "twice" stops before it',
    );
    for (const output of ['twice', 'doubling']) {
      expect(readOnnx(bytes, { output }).network.evaluate([1, 2, 3, 4, 5, 6]).map(String)[1]).toBe('1*2^2');
    }
    expect(() => readOnnx(bytes, { output: 'thrice' })).toThrow(
      'onnx output: expected the name of a value or a node, got "thrice"',
    );
  });
});

describe('whole-number types', () => {
  test('MatMulInteger with zero points a row and a column', () => {
    const bytes = model({
      type: UINT8,
      outputType: INT32,
      input: [2, 3],
      nodes: [node('MatMulInteger', ['x', 'w', 'zx', 'zw'], ['y'])],
      initialisers: [
        tensor('w', INT8, [3, 2], [1, -2, 3, -4, 5, 127]),
        tensor('zx', UINT8, [2], [128, 3]),
        tensor('zw', INT8, [2], [1, -1]),
      ],
    });
    const x = [0, 255, 7, 9, 1, 200];
    const y = [0, 1].flatMap((i) =>
      [0, 1].map((j) =>
        [0, 1, 2].reduce(
          (s, k) => s + (x[3 * i + k]! - [128, 3][i]!) * ([1, -2, 3, -4, 5, 127][2 * k + j]! - [1, -1][j]!),
          0,
        ),
      ),
    );
    expect(
      readOnnx(bytes)
        .network.evaluate(x)
        .map((v) => v.toNumber()),
    ).toEqual(y);
  });

  test('a sum that may wrap around is refused, and passes where the stated inputs are small', () => {
    const bytes = model({
      type: INT32,
      nodes: [node('Add', ['x', 'c'], ['y'])],
      initialisers: [tensor('c', INT32, [], [5])],
    });
    expect(() => readOnnx(bytes)).toThrow('Add "-> y": its int32 result may wrap around on the stated inputs');
    expect(
      readOnnx(bytes, { grid: { fractionalBits: 0, lo: -10, hi: 10 } })
        .network.evaluate([1, 2, 3, 4, 5, 6])
        .map(String)[0],
    ).toBe('3*2^1');
  });

  test('casts that would change an activation are refused', () => {
    const to = (type: number, inputType = 1) =>
      model({ type: inputType, outputType: type, nodes: [node('Cast', ['x'], ['y'], { to: { i: type } })] });
    expect(() => readOnnx(to(INT32))).toThrow('casting an activation from float32 to int32 may change it');
    expect(() => readOnnx(to(10))).toThrow('casting an activation from float32 to float16 may change it');
    expect(readOnnx(to(INT32), { grid: { fractionalBits: 0, lo: -9, hi: 9 } }).network.inputs).toBe(6);
    expect(() => readOnnx(to(INT32), { grid: { fractionalBits: 1, lo: -9, hi: 9 } })).toThrow('may change it');
    expect(readOnnx(to(10), { grid: { fractionalBits: 8, lo: -7, hi: 7 } }).network.inputs).toBe(6);
    expect(() => readOnnx(to(10), { grid: { fractionalBits: 8, lo: -9, hi: 9 } })).toThrow('may change it');
    expect(readOnnx(to(INT32, UINT8)).network.inputs).toBe(6);
    expect(() => readOnnx(to(INT8, UINT8))).toThrow('may change it');
  });
});

describe('refusals by name', () => {
  const one = (operator: string, inputs: string[], attributes = {}, initialisers = [floats('c', [3], [3, 1, 2])]) =>
    model({ nodes: [{ ...node(operator, inputs, ['y'], attributes), name: 'here' }], initialisers });
  const weights = [floats('c', [2, 2], [1, 2, 3, 4])];
  test.each<[string, Uint8Array, ReadOnnxOptions, string]>([
    ['another operator', one('Conv', ['x', 'c']), {}, 'Conv "here": not an operator'],
    [
      'another domain',
      model({ nodes: [node('Gelu', ['x'], ['y'], {}, 'com.microsoft')] }),
      {},
      'com.microsoft.Gelu "-> y": not an operator',
    ],
    ['a product of activations', one('Mul', ['x', 'x']), {}, 'Mul "here": expected a constant factor'],
    ['a matrix product of activations', one('MatMul', ['x', 'x']), {}, 'MatMul "here": expected 3 rows on the right'],
    [
      'a divisor that is no power of two',
      one('Div', ['x', 'c']),
      {},
      'Div "here": 1 / 3 is not dyadic, so it cannot be exact',
    ],
    [
      'a divisor of 0',
      one('Div', ['x', 'c'], {}, [floats('c', [], [0])]),
      {},
      'Div "here": expected a divisor other than 0',
    ],
    ['a division by an activation', one('Div', ['c', 'x']), {}, 'Div "here": expected a constant as input 1'],
    [
      'NaN among the weights',
      one('Add', ['x', 'c'], {}, [floats('c', [], [Number.NaN])]),
      {},
      'Add "here": expected finite weights, got NaN',
    ],
    [
      'shapes that do not fit',
      one('MatMul', ['x', 'c'], {}, weights),
      {},
      'MatMul "here": expected 3 rows on the right',
    ],
    [
      'shapes that do not broadcast',
      one('Add', ['x', 'c'], {}, weights),
      {},
      'Add "here": expected shapes that broadcast',
    ],
    [
      'a transposition of too many axes',
      one('Transpose', ['x'], { perm: { ints: [0, 1, 2] } }),
      {},
      'Transpose "here": expected a permutation of 2 axes',
    ],
    [
      'an axis beyond the rank',
      one('Concat', ['x', 'x'], { axis: { i: 2 } }),
      {},
      'Concat "here": expected an axis in -2..1, got 2',
    ],
    [
      'a reshape of another size',
      one('Reshape', ['x', 's'], {}, [ints('s', [4, 2])]),
      {},
      'Reshape "here": expected a shape of 6 elements',
    ],
    [
      'two unknown dimensions',
      one('Reshape', ['x', 's'], {}, [ints('s', [-1, -1])]),
      {},
      'at most one dimension of -1',
    ],
    [
      'a missing input',
      one('Add', ['x', 'nowhere']),
      {},
      'expected a node or a tensor behind every value, got "none behind nowhere"',
    ],
    [
      'training',
      one('Dropout', ['x', 'r', 't'], {}, [floats('r', [], [0.5]), tensor('t', 9 as never, [], [])]),
      {},
      'tensor "t": expected 1 bytes of data',
    ],
    [
      'a rounding activation quantiser',
      one('QuantizeLinear', ['x', 's'], {}, [floats('s', [], [0.5])]),
      {},
      'QuantizeLinear "here": it rounds activations',
    ],
    [
      'a cast to text',
      one('Cast', ['x'], { to: { i: 8 } }),
      {},
      'Cast "here": expected a tensor of floats or whole numbers, got "string"',
    ],
    ['a silly fold', one('Relu', ['x']), { foldBatchNorm: -1 }, 'foldBatchNorm: expected a whole number in 0..4096'],
    ['a silly grid', one('Relu', ['x']), { grid: { fractionalBits: 0, lo: 1, hi: 0 } }, 'grid: expected lo <= hi'],
  ])('%s', (_, bytes, options, sentence) => {
    expect(() => readOnnx(bytes, options)).toThrow(InputError);
    expect(() => readOnnx(bytes, options)).toThrow(sentence);
  });
});

test('weights of any float type are themselves', () => {
  const w = [f(0.1), f(-1e-30), f(3e38), 2 ** -149, -0, 1];
  const { network } = readOnnx(
    model({ nodes: [node('Mul', ['x', 'w'], ['y'])], initialisers: [floats('w', [2, 3], w)] }),
  );
  const x = [3, 5, 7, 11, 13, 17];
  const exact = x.map((v, i) => Dyadic.from(v).mul(Dyadic.from(w[i]! + 0)));
  expect(network.evaluate(x).map(String)).toEqual(exact.map(String));
});
