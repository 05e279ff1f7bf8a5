/** Foreign networks on the command line: import, quantise, convert. Needs the build (`npm test` makes it). */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Dyadic } from '../../src/exact/index.ts';
import { decodeNetwork, encodeNetwork, readNnet, readOnnx } from '../../src/io/index.ts';
import { LayerBuilder, Network } from '../../src/net/index.ts';
import { quantizeUniform, toFloat16 } from '../../src/quantize/index.ts';
import { dyadnet, json } from '../support/cli.ts';
import { floats, model, node } from '../support/onnxModels.ts';
import { haveShared, sharedBytes, sharedPath, sharedText } from '../support/shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-cli-'));
const at = (name: string): string => join(folder, name);

/** max(x, y) and x - y, from an ONNX model with a softmax behind. */
writeFileSync(
  at('max.onnx'),
  model({
    input: ['batch', 2],
    nodes: [
      node('MatMul', ['x', 'd'], ['difference']),
      node('Relu', ['difference'], ['positive']),
      node('Concat', ['positive', 'difference'], ['both'], { axis: { i: 1 } }),
      node('MatMul', ['x', 'p'], ['second']),
      node('Add', ['both', 'second'], ['logits']),
      node('Softmax', ['logits'], ['y']),
    ],
    initialisers: [floats('d', [2, 1], [1, -1]), floats('p', [2, 2], [0, 0, 1, 0])],
  }),
);

describe('foreign networks in every command', () => {
  test('a softmax is refused in one sentence, and cut on request', () => {
    const refused = dyadnet(['eval', at('max.onnx'), '1,2']);
    expect(refused.code).toBe(2);
    expect(refused.err).toBe(
      `dyadnet: ${at('max.onnx')}: Softmax "-> y": not an operator of networks of affine maps and ReLUs that is read here; output "logits" stops before it\n`,
    );
    expect(dyadnet(['eval', at('max.onnx'), '--output', 'logits', '1,2', '-0.5,-3']).out).toBe(
      '1 2 -> 2 -1\n-0.5 -3 -> -0.5 2.5\n',
    );
  });

  test('inspect says where it comes from', () => {
    const said = json(['inspect', at('max.onnx'), '--output', 'logits']);
    expect(said.imported).toMatchObject({
      'read from': 'ONNX, IR 8, opset 17',
      'model output': 'logits [1, 2] float32',
    });
    expect(said.network).toMatchObject({ depth: 2, inputs: 2, outputs: 2 });
  });

  test('a grid holds for the inputs too', () => {
    writeFileSync(
      at('round.onnx'),
      model({
        input: [1, 1],
        nodes: [node('QuantizeLinear', ['x', 's'], ['q']), node('DequantizeLinear', ['q', 's'], ['y'])],
        initialisers: [floats('s', [], [0.5])],
      }),
    );
    expect(dyadnet(['eval', at('round.onnx'), '1']).err).toContain(
      'it rounds activations, and a staircase is not a ReLU network',
    );
    const grid = ['eval', at('round.onnx'), '--grid', '4,0,8'];
    expect(dyadnet([...grid, '0.25', '0.3125', '0.75', '7.9375']).out).toBe(
      '0.25 -> 0\n0.3125 -> 0.5\n0.75 -> 1\n7.9375 -> 8\n',
    );
    expect(dyadnet([...grid, '0.28125'])).toMatchObject({
      code: 2,
      err: 'dyadnet: eval: expected multiples of 2^-4, as --grid states, got 0.28125\n',
    });
    expect(dyadnet([...grid, '9']).code).toBe(2);
    expect(dyadnet(['eval', at('round.onnx'), '--grid', '4,0', '1']).err).toContain(
      '--grid: expected bits, or bits,lo,hi such as 6,-4,4',
    );
  });

  test.skipIf(!haveShared('acasxu') || !haveShared('acasxu-tiny'))(
    'ACAS Xu: .nnet with its normalisation folded or kept',
    () => {
      const tiny = 'acasxu-tiny/ACASXU_run2a_1_1_tiny.nnet';
      const file = readNnet(sharedText(tiny));
      const said = json(['convert', sharedPath(tiny), '-o', at('kept.dyad')]);
      expect(said.imported).toMatchObject({ normalisation: expect.stringContaining('kept as metadata') });
      const kept = decodeNetwork(new Uint8Array(readFileSync(at('kept.dyad'))));
      expect(kept.network.equals(file.network)).toBe(true);
      expect((kept.meta!.normalisation as { mean: string[] }).mean[0]).toBe(file.normalisation!.mean[0]!.toString());
      const path = sharedPath('acasxu/ACASXU_run2a_1_1_batch_2000.nnet');
      const folded = json(['eval', path, '--normalise', '19791.091,0,0,650,600']).outputs as number[][];
      const plain = json(['eval', path, '0,0,0,0,0']).outputs as number[][];
      folded[0]!.forEach((y, i) => {
        expect(y).toBeCloseTo(plain[0]![i]! * 373.94992 + 7.5188840201005975, 9);
      });
    },
  );
});

describe('quantize', () => {
  test.skipIf(!haveShared('mlp'))('a controller at 6 bits and in half precision: what changed, what was seen', () => {
    const path = sharedPath('mlp/vdp.onnx');
    const { network } = readOnnx(sharedBytes('mlp/vdp.onnx'));
    const rows = Array.from({ length: 200 }, (_, k) =>
      [0, 1, 2].map((j) => Math.round(Math.sin(k * (j + 2)) * 512) / 256),
    );
    writeFileSync(at('inputs.csv'), rows.map((r) => r.join(',')).join('\n'));
    const choice = (y: readonly Dyadic[]): number => y.reduce((best, v, i) => (v.gt(y[best]!) ? i : best), 0);
    for (const [options, low] of [
      [['--bits', '6'], quantizeUniform(network, { bits: 6 })],
      [['--bits', '6', '--rounding', 'floor'], quantizeUniform(network, { bits: 6, rounding: 'floor' })],
      [['--format', 'float16'], toFloat16(network)],
    ] as const) {
      const said = json(['quantize', path, ...options, '--in', at('inputs.csv'), '-o', at('low.dyad')]);
      const file = decodeNetwork(new Uint8Array(readFileSync(at('low.dyad'))));
      expect(file.network.equals(low.network)).toBe(true);
      expect([said.changed, said.vanished]).toEqual([low.changed, low.vanished]);
      expect(said.largestChangeExact).toBe(low.largestChange.toString());
      // The oracle, row by row.
      let same = 0;
      let largest = low.largestChange.sub(low.largestChange);
      for (const row of rows) {
        const [a, b] = [network.evaluate(row), low.network.evaluate(row)];
        if (choice(a) === choice(b)) same++;
        a.forEach((v, i) => {
          largest = largest.max(v.sub(b[i]!).abs());
        });
      }
      expect(said.observed).toMatchObject({
        rows: 200,
        sameArgmax: same,
        argmaxAgreement: same / 200,
        deviationExact: largest.toString(),
      });
    }
    const text = dyadnet(['quantize', path, '--bits', '6', '--in', at('inputs.csv')]).out;
    expect(text).toMatch(/observed +\|difference\| up to .* on 200 inputs .*; not a bound/);
    expect(text).toMatch(/argmax +the same output is largest on \d+ of 200 inputs/);
  });

  test.each([
    [['--bits', '4', '--format', 'float16'], 'quantize: expected one of --bits, --step, --codebook'],
    [[], 'quantize: expected one of --bits, --step, --codebook, --powers, --alphabet and --format'],
    [['--codebook', '0'], '--codebook: expected a whole number in 1..65536, got "0"'],
    [['--alphabet', '0.5,NaN'], '--alphabet: expected a number, got "NaN"'],
    [['--powers', '3'], '--powers: expected from,to such as -6,0, or auto, got "3"'],
    [['--powers', 'auto'], 'expected one of --bits'],
    [['--bits', '4', '--seed', '3'], '--seed: expected with --rounding stochastic'],
    [['--bits', '4', '--per-layer'], '--per-layer: expected with --codebook'],
    [['--codebook', '4', '--rounding', 'floor'], '--rounding: expected with --bits or --step alone'],
    [['--format', 'int4'], '--format: expected float16, got "int4"'],
    [['--bits', 'x'], '--bits: expected a whole number in 0..4096, got "x"'],
    [['--bits', '4', '--rounding', 'up'], "expected 'nearest', 'floor' or 'stochastic', got \"up\""],
  ])('bad options: %s', (options, sentence) => {
    const ran = dyadnet(['quantize', at('max.onnx'), '--output', 'logits', ...options, '-o', at('never.dyad')]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(sentence);
    expect(existsSync(at('never.dyad'))).toBe(false);
  });
});

describe('convert', () => {
  const tooth = (): Network => {
    const hinge = new LayerBuilder(1);
    hinge.unit(0, [0, 1]);
    hinge.unit(-0.5, [0, 1]);
    const out = new LayerBuilder(2);
    out.unit(0.25, [0, 2], [1, -4]);
    return new Network([hinge.build(), out.build()]);
  };
  writeFileSync(at('tooth.dyad'), encodeNetwork({ network: tooth(), meta: { target: 'a tooth' } }));

  test('to ONNX and back: the same network', () => {
    const said = json(['convert', at('tooth.dyad'), '-o', at('tooth.onnx'), '--domain', '0,1', '--input-bits', '10']);
    expect(said).toMatchObject({ exact: true, inputType: 'float32' });
    expect(readOnnx(new Uint8Array(readFileSync(at('tooth.onnx')))).network.equals(tooth())).toBe(true);
    json(['convert', at('tooth.onnx'), '-o', at('again.dyad')]);
    expect(decodeNetwork(new Uint8Array(readFileSync(at('again.dyad')))).network.equals(tooth())).toBe(true);
  });

  test('to C, with an ADC in and milli-units out', () => {
    const said = json([
      'convert',
      at('tooth.dyad'),
      '-o',
      at('tooth.h'),
      '--counts',
      '0,4095',
      '--count-scale',
      '1/4096',
      '--output-scale',
      '1000',
    ]);
    const source = readFileSync(at('tooth.h'), 'utf8');
    expect(source).toContain('static inline int32_t tooth(int32_t input)');
    expect(source).toContain('Approximates a tooth.');
    expect(source).toContain(`flash            ${said.flashBytes} bytes`);
    expect(said.multiplications).toBe(4);
  });

  test.each([
    [['-o', at('x.txt')], 'expected an ending of .dyad, .onnx or .h, got ".txt"'],
    [['-o', at('x.onnx')], 'whether sums are exact depends on the inputs; state them, or accept rounding'],
    [['-o', at('x.onnx'), '--input-bits', '4'], 'its inputs have no domain; state it with --domain a,b'],
    [
      ['-o', at('x.onnx'), '--input-bits', '30', '--domain', '0,1'],
      'inputs of the stated grid are not all float32 numbers',
    ],
    [['-o', at('x.h')], 'expected --adc bits, --counts lo,hi, or --input-bits with a domain, for C'],
    [
      ['-o', at('x.h'), '--counts', '0,4095', '--count-scale', '0.1'],
      '--count-scale: expected a whole number over a power of two, got 0.1',
    ],
    [['-o', at('x.h'), '--counts', '4095'], '--counts: expected two whole numbers such as 0,4095, got "4095"'],
    [['-o', at('x.h'), '--counts', '0,9', '--name', 'int'], 'writeC name: expected a C identifier, got "int"'],
  ])('bad options: %s', (options, sentence) => {
    const ran = dyadnet(['convert', at('tooth.dyad'), ...options]);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(sentence);
    expect(existsSync(options[1]!)).toBe(false);
  });
});

describe('interval specifications', () => {
  writeFileSync(
    at('spec.vnnlib'),
    '(declare-const X_0 Real)\n(declare-const Y_0 Real)\n(assert (or\n(and (>= X_0 0) (<= X_0 0.1) (<= Y_0 0.2))\n(and (>= X_0 0.25) (<= X_0 0.5) (>= Y_0 1.2))))\n',
  );
  writeFileSync(at('ramp.nnet'), '1\n1,1\n0\n0\n0\n0\n0\n2\n0.25\n');

  test('certify decides every clause and names those that fail', () => {
    const ran = dyadnet(['certify', at('ramp.nnet'), at('spec.vnnlib'), '--json']);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out)).toMatchObject({
      status: 'refuted',
      clauses: 2,
      violated: [2],
      violations: [{ clause: 2, x: { exact: '1/2' }, y: { exact: '5/4' } }],
    });
    expect(dyadnet(['certify', at('ramp.nnet'), at('spec.vnnlib')]).out).toContain('clause 2 at x = 0.5, y = 1.25');
  });

  test.skipIf(!haveShared('lindex'))('the trained index keeps its specification', () => {
    const said = json(['certify', sharedPath('lindex/lindex.onnx'), sharedPath('lindex/lindex_200.vnnlib')]);
    expect(said).toMatchObject({ status: 'proved', clauses: 400, violated: [] });
  });

  test('a specification of several inputs is refused', () => {
    writeFileSync(
      at('two.vnnlib'),
      '(declare-const X_0 Real)\n(declare-const X_1 Real)\n(declare-const Y_0 Real)\n(assert (<= Y_0 0))\n',
    );
    const ran = dyadnet(['certify', at('ramp.nnet'), at('two.vnnlib')]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(
      'interval specification: expected one input and one output, got "2 inputs and 1 outputs"',
    );
  });
});
