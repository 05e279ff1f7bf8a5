/** Files that mean harm: one sentence each, in bounded memory and time. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/exact/index.ts';
import { encodeModel } from '../../src/io/onnx-encode.ts';
import { type ReadOnnxOptions, readOnnx } from '../../src/io/onnx-read.ts';
import { decodeModel, ONNX_LIMITS } from '../../src/io/onnx-schema.ts';
import { fuzz, victims } from '../support/mutate.ts';
import { floats, INT64, ints, model, node, tensor } from '../support/onnxModels.ts';

/** A model whose initialiser `t` has no data behind its shape. */
const hollow = (dims: readonly number[]) =>
  model({
    nodes: [node('Add', ['x', 't'], ['y'])],
    initialisers: [{ name: 't', dims, type: 1, raw: new Uint8Array() }],
  });
const chain = (count: number, operator: string, more: readonly string[] = []) =>
  Array.from({ length: count }, (_, i) =>
    node(operator, [i === 0 ? 'x' : `v${i}`, ...more], [i === count - 1 ? 'y' : `v${i + 1}`]),
  );

describe('graphs', () => {
  test.each<[string, Uint8Array, string, ReadOnnxOptions?]>([
    ['a node that feeds itself', model({ nodes: [node('Add', ['x', 'y'], ['y'])] }), 'expected a graph without cycles'],
    [
      'a long cycle',
      model({
        nodes: [
          node('Add', ['x', 'c'], ['a']),
          node('Relu', ['a'], ['b']),
          node('Neg', ['b'], ['c']),
          node('Relu', ['b'], ['y']),
        ],
      }),
      'expected a graph without cycles, got "one that feeds itself"',
    ],
    [
      'two nodes for one value',
      model({ nodes: [node('Relu', ['x'], ['y']), node('Neg', ['x'], ['y'])] }),
      'expected one node for each value',
    ],
    [
      '2^40 inputs',
      model({ nodes: [node('Relu', ['x'], ['y'])], input: [1, 2 ** 40] }),
      'input "x": expected a tensor of at most 67108864 elements',
    ],
    [
      '2^52 x 2^52 inputs',
      model({ nodes: [node('Relu', ['x'], ['y'])], input: [2 ** 52, 2 ** 52] }),
      'expected a tensor of at most',
    ],
    ['2^25 inputs', model({ nodes: [node('Relu', ['x'], ['y'])], input: [2 ** 25] }), 'the model needs more than'],
    [
      'a negative dimension',
      model({ nodes: [node('Relu', ['x'], ['y'])], input: [1, -3] }),
      'expected a size for dimension 1',
    ],
    [
      '17 dimensions',
      model({ nodes: [node('Relu', ['x'], ['y'])], input: new Array(17).fill(1) }),
      'expected at most 16 dimensions, got 17',
    ],
    [
      'a tensor of 2^40 elements without data',
      hollow([2 ** 20, 2 ** 20]),
      'expected a tensor of at most 67108864 elements',
    ],
    ['a tensor of 2^24 elements without data', hollow([2 ** 12, 2 ** 12]), 'expected 67108864 bytes of data'],
    [
      'a reshape to 2^40',
      model({ nodes: [node('Reshape', ['x', 's'], ['y'])], initialisers: [ints('s', [2 ** 40, -1])] }),
      'expected a tensor of at most',
    ],
    [
      'a broadcast to 2^40',
      model({
        input: [2 ** 20, 1],
        nodes: [node('Transpose', ['x'], ['t']), node('Add', ['x', 't'], ['y'])],
      }),
      'expected a tensor of at most 67108864 elements',
    ],
    [
      'a matrix product of 2^32 elements',
      model({
        input: [2 ** 20, 1],
        nodes: [node('MatMul', ['x', 'w'], ['y'])],
        initialisers: [{ ...floats('w', [1, 2 ** 12], new Array(2 ** 12).fill(1)) }],
      }),
      'expected a tensor of at most 67108864 elements',
    ],
    [
      'doubling by concatenation, 40 times',
      model({
        nodes: Array.from({ length: 40 }, (_, i) =>
          node('Concat', [i === 0 ? 'x' : `v${i}`, i === 0 ? 'x' : `v${i}`], [i === 39 ? 'y' : `v${i + 1}`], {
            axis: { i: 0 },
          }),
        ),
      }),
      'the model needs more than 536870912 bytes of memory',
    ],
    [
      'dense layers without a ReLU between them, again and again',
      model({
        input: [1, 700],
        nodes: chain(40, 'MatMul', ['w']),
        initialisers: [floats('w', [700, 700], new Array(490_000).fill(0.5))],
      }),
      'folding the graph takes more than 67108864 multiplications',
    ],
    [
      'a huge axis',
      model({ nodes: [node('Concat', ['x', 'x'], ['y'], { axis: { i: 2 ** 50 } })] }),
      'expected an axis in -2..1',
    ],
    [
      'an index that overflows',
      model({ nodes: [node('Gather', ['x', 'i'], ['y'])], initialisers: [ints('i', [2 ** 40])] }),
      'expected indices in -2..1',
    ],
    [
      'a block size of -1',
      model({
        nodes: [node('DequantizeLinear', ['x', 's'], ['y'], { block_size: { i: -1 } })],
        initialisers: [floats('s', [3], [1, 2, 3])],
      }),
      'expected parameters of shape',
    ],
    [
      'a bit width of 10^9',
      model({
        nodes: [node('Quant', ['x', 'o', 'z', 'b'], ['y'], {}, 'onnx.brevitas')],
        initialisers: [floats('o', [], [1]), floats('z', [], [0]), floats('b', [], [1e9])],
      }),
      'expected a whole bit width in 1..64',
    ],
    [
      'a staircase of 2^32 steps',
      model({
        input: [1],
        nodes: [node('Quant', ['x', 'o', 'z', 'b'], ['y'], {}, 'onnx.brevitas')],
        initialisers: [floats('o', [], [1]), floats('z', [], [0]), floats('b', [], [32])],
      }),
      'expected a quantiser of at most 1048576 levels',
      { grid: { fractionalBits: 0 } },
    ],
    [
      'a sparse initialiser',
      Uint8Array.of(8, 8, 0x3a, 3, 0x7a, 1, 0),
      'expected dense initialisers, got "a sparse one"',
    ],
    [
      'an input named like a method',
      model({ nodes: [node('Relu', ['constructor'], ['y'])] }),
      'expected a node or a tensor behind every value',
    ],
    ['an operator named like a method', model({ nodes: [node('toString', ['x'], ['y'])] }), 'not an operator'],
    ['nothing', new Uint8Array(), 'expected an ONNX model with a graph'],
    ['text', new TextEncoder().encode('hello, this is no model'), 'not a protobuf message'],
    [
      'a length beyond the end',
      Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f),
      'not a protobuf message: premature EOF',
    ],
    ['groups in groups', new Uint8Array(1000).fill(0x4b), 'maximum recursion depth'],
  ])('%s', (_, bytes, sentence, options = {}) => {
    let refusal: unknown;
    try {
      readOnnx(bytes, options);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(InputError);
    const { message } = refusal as InputError;
    expect(message).toContain(sentence);
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(600);
  });

  test('names are shown, not printed: no control characters, no length without end', () => {
    const bytes = model({ nodes: [{ ...node('Bad\nOp', ['x'], ['y']), name: `\u001b[31m${'n'.repeat(5000)}` }] });
    expect(() => readOnnx(bytes)).toThrow(/^"Bad\\nOp" "\\u001b\[31mn{40,60}\.\.\.": not an operator/);
  });

  test('65536 nodes are read, one more is refused; a deep chain needs no deep stack', () => {
    const deep = readOnnx(model({ nodes: chain(20_000, 'Identity').reverse() }));
    expect(deep.network.depth).toBe(1);
    expect(() => readOnnx(model({ nodes: chain(ONNX_LIMITS.nodes + 1, 'Identity') }))).toThrow(
      'expected at most 65536 nodes',
    );
  });

  test('a million empty fields are refused before they become objects', () => {
    const empties = new Uint8Array(2 * (ONNX_LIMITS.messages + 1));
    for (let i = 0; i < empties.length; i += 2) empties[i] = 0x2a; // initialisers of no bytes
    const length = (n: number): number[] => (n < 128 ? [n] : [(n % 128) + 128, ...length(Math.floor(n / 128))]);
    const bytes = new Uint8Array([0x3a, ...length(empties.length), ...empties]);
    expect(() => decodeModel(bytes)).toThrow(`expected at most ${ONNX_LIMITS.messages} fields`);
  });

  test('subgraphs are not followed', () => {
    // An attribute of type GRAPH that holds the bytes of a model inside a model, a thousand deep, is skipped as bytes.
    const bytes = encodeModel({
      irVersion: 8,
      opsets: { '': 17 },
      name: 'g',
      nodes: [node('If', ['x'], ['y'], { then_branch: { i: 1 } })],
      initialisers: [tensor('t', INT64, [], [1])],
      inputs: [{ name: 'x', type: 1, shape: [1] }],
      outputs: [{ name: 'y', type: 1, shape: [1] }],
    });
    expect(() => readOnnx(bytes)).toThrow('If "-> y": not an operator');
  });
});

test('random damage to every kind of file: a result or one sentence', () => {
  const { read, refused, wrong } = fuzz(60, 1);
  expect(wrong).toEqual([]);
  expect(read + refused).toBe(60 * victims().length);
  // Damage is felt, and not everything is refused: else this would test nothing.
  expect(refused).toBeGreaterThan(read / 4);
  expect(read).toBeGreaterThan(0);
});
