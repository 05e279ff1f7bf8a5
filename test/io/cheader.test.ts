import { describe, expect, test } from 'vitest';
import { Dyadic, type DyadicLike, InputError } from '../../src/exact/index.ts';
import { type WriteCOptions, writeC } from '../../src/io/cheader.ts';
import { readOnnx } from '../../src/io/onnx-read.ts';
import { affine, LayerBuilder, Network } from '../../src/net/index.ts';
import { quantizeUniform } from '../../src/quantize/index.ts';
import { COMPILERS, compileC, haveCompiler } from '../support/compilers.ts';
import { haveShared, sharedBytes } from '../support/shared.ts';

/** Reads vectors of whole numbers, prints what the function makes of them. */
function program(net: Network, name: string): string {
  const scalar = net.inputs === 1 && net.outputs === 1;
  return `#include <stdio.h>
#include <inttypes.h>
#include "${name}.h"
int main(void) {
  int64_t v[${net.inputs}];
  for (;;) {
    for (int i = 0; i < ${net.inputs}; i++) if (scanf("%" SCNd64, &v[i]) != 1) return 0;
    ${
      scalar
        ? `printf("%" PRId64 "\\n", (int64_t)${name}(v[0]));`
        : `INPUT x[${net.inputs}]; OUTPUT y[${net.outputs}];
    for (int i = 0; i < ${net.inputs}; i++) x[i] = (INPUT)v[i];
    ${name}(x, y);
    for (int i = 0; i < ${net.outputs}; i++) printf("%" PRId64 "\\n", (int64_t)y[i]);`
    }
  }
}
`;
}

/** Seeded whole numbers in lo..hi. */
function whole(count: number, lo: number, hi: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return lo + Math.floor((state / 2 ** 32) * (hi - lo + 1));
  });
}

/** Runs the C file on vectors of whole numbers, in one compiler. */
function run(compiler: string, net: Network, options: WriteCOptions, inputs: readonly number[]): bigint[] {
  const name = options.name ?? 'dyadnet';
  const { source } = writeC(net, options);
  const types =
    / (int\d+_t) input\[\d+\], (int\d+_t) output/.exec(source) ?? / (int\d+_t) dyadnet\((int\d+_t)/.exec(source)!;
  const main = program(net, name)
    .replaceAll('INPUT', types[1]!)
    .replaceAll('OUTPUT', types[2]!)
    .replace('(v[0])', `((${types[2]})v[0])`);
  return compileC(compiler, { [`${name}.h`]: source, 'main.c': main })(inputs.join(' '))
    .trim()
    .split('\n')
    .map(BigInt);
}

/** What the oracle says: outputs at x(count), as whole numbers at 2^-scale, or rounded half up after scaling. */
function oracle(
  net: Network,
  inputs: readonly number[],
  x: (count: number) => DyadicLike,
  out: { scaleLog2: number } | { units: number },
): bigint[] {
  const result: bigint[] = [];
  for (let i = 0; i < inputs.length; i += net.inputs) {
    for (const y of net.evaluate(inputs.slice(i, i + net.inputs).map(x))) {
      result.push(
        'units' in out ? y.mul(Dyadic.from(out.units)).add(Dyadic.HALF).floor() : y.mantissaAt(out.scaleLog2),
      );
    }
  }
  return result;
}

const scaleOf = (source: string): number => Number(/OUTPUT_SCALE_LOG2 (-?\d+)/.exec(source)![1]);

/** A tooth on [0, 1] with 24 kinks, 12 fractional bits. */
function curve(): Network {
  const hinge = new LayerBuilder(1);
  const sum: [number, number][] = [];
  for (let i = 0; i < 24; i++) {
    hinge.unit(-(i * 170) / 4096, [0, 1]);
    sum.push([i, ((i * 37) % 64) / 16 - 2 + 2 ** -7]);
  }
  const out = new LayerBuilder(24);
  out.row(0.3125, sum);
  return new Network([hinge.build(), out.build()]);
}

const random = (sizes: readonly number[], most: number, scale: number, density: number, seed: number): Network => {
  const values = whole(200_000, -most, most, seed);
  const dice = whole(200_000, 0, 99, seed + 1);
  let k = 0;
  return new Network(
    sizes.slice(1).map((outputs, l) => {
      const layer = new LayerBuilder(sizes[l]!);
      for (let i = 0; i < outputs; i++) {
        const terms = Array.from({ length: sizes[l]! }, (_, j) => j).filter(() => dice[k++ % dice.length]! < density);
        layer.row(
          values[k++ % values.length]! * 2 ** -scale,
          terms.map((j) => [j, values[k++ % values.length]! * 2 ** -scale] as const),
        );
      }
      return layer.build();
    }),
  );
};

describe.each(COMPILERS)('%s', (compiler) => {
  const skip = !haveCompiler(compiler);

  test.skipIf(skip)('an ADC in, milli-units out: 10^5 inputs, bit for bit, beyond the range too', () => {
    const net = curve();
    const counts = { scale: Dyadic.pow2(-12), lo: 0, hi: 4095 };
    const inputs = [...Array.from({ length: 4096 }, (_, i) => i), ...whole(96_000, -5000, 9000)];
    const got = run(compiler, net, { counts, output: { scale: 1000 } }, inputs);
    const clamp = (c: number): number => Math.min(Math.max(c, 0), 4095) / 4096;
    expect(inputs.length).toBeGreaterThan(100_000);
    expect(got).toEqual(oracle(net, inputs, clamp, { units: 1000 }));
  });

  test.skipIf(skip)('raw mantissas, many inputs and outputs, 64-bit sums', () => {
    const net = random([3, 17, 9, 4], 5000, 12, 70, 5);
    const options: WriteCOptions = { inputs: { domain: [-2, 2], fractionalBits: 10 }, name: 'wide' };
    const { source, sumBits } = writeC(net, options);
    expect(Math.max(...sumBits)).toBeGreaterThan(31);
    const inputs = whole(3 * 4000, -2048, 2048);
    const got = run(compiler, net, options, inputs);
    expect(got).toEqual(oracle(net, inputs, (k) => k / 1024, { scaleLog2: scaleOf(source) }));
  });

  test.skipIf(skip)('sums at the very limit of int32_t', () => {
    // 2^31 - 1 = 1 * (2^24 - 1) + 127 * 2^24: the largest sum, attained at the largest input.
    const net = affine([[127], [-127]], [2 ** 24 - 1, 1 - 2 ** 24]);
    const options: WriteCOptions = { inputs: { domain: [0, 2 ** 24], fractionalBits: 0 }, accumulator: 'int32_t' };
    expect(writeC(net, options).sumBits).toEqual([31]);
    const inputs = [0, 1, 2 ** 24 - 1, 2 ** 24, 2 ** 24 + 1, -1];
    const clamp = (k: number): number => Math.min(Math.max(k, 0), 2 ** 24);
    expect(run(compiler, net, options, inputs)).toEqual(oracle(net, inputs, clamp, { scaleLog2: 0 }));
    const more = affine([[127]], [2 ** 24]);
    expect(() => writeC(more, options)).toThrow('layer 1 has sums of up to 32 binary digits, int32_t holds 31');
  });

  test.skipIf(skip)('odd shapes: empty rows, a zero layer, one output of many inputs, one input to many', () => {
    const zero = new LayerBuilder(2);
    zero.unit(0.5);
    zero.unit(-1);
    const odd: [Network, WriteCOptions][] = [
      [new Network([zero.build()]), { inputs: { domain: [0, 1], fractionalBits: 3 } }],
      [
        random([2, 3, 1], 9, 2, 40, 7),
        {
          inputs: {
            domain: [
              [-1, 1],
              [0, 3],
            ],
            fractionalBits: 4,
          },
        },
      ],
      [random([1, 5, 5, 3], 9, 2, 60, 8), { inputs: { domain: [-1, 1], fractionalBits: 4 }, output: { scale: 16 } }],
      [affine([[4, -8]]), { inputs: { domain: [-1, 1], fractionalBits: 0 } }],
    ];
    for (const [net, options] of odd) {
      const t = options.inputs!.fractionalBits;
      const inputs = whole(net.inputs * 200, 0, 2 ** t);
      const out = options.output ? { units: 16 } : { scaleLog2: scaleOf(writeC(net, options).source) };
      expect(run(compiler, net, options, inputs)).toEqual(oracle(net, inputs, (k) => Dyadic.of(BigInt(k), -t), out));
    }
  });

  test.skipIf(skip || !haveShared('mlp'))('a trained controller at 8 fractional bits', () => {
    const { network } = quantizeUniform(readOnnx(sharedBytes('mlp/vdp.onnx')).network, { bits: 8 });
    const options: WriteCOptions = { inputs: { domain: [-2, 2], fractionalBits: 10 }, name: 'vdp' };
    const inputs = whole(3 * 2000, -2048, 2048);
    const got = run(compiler, network, options, inputs);
    expect(got).toEqual(
      oracle(network, inputs, (k) => k / 1024, { scaleLog2: scaleOf(writeC(network, options).source) }),
    );
  });
});

describe('what the comment says', () => {
  test('flash is the bytes of the tables, RAM of the arrays, multiplications of the loops', () => {
    for (const net of [curve(), random([3, 17, 9, 4], 50, 4, 70, 5), random([20, 30, 10], 3, 2, 8, 6)]) {
      const options: WriteCOptions = { inputs: { domain: [0, 1], fractionalBits: 6 } };
      const { source, flashBytes, ramBytes, multiplications } = writeC(net, options);
      const size = (type: string): number => Number(/\d+/.exec(type)![0]) / 8;
      const tables = [...source.matchAll(/static const (u?int\d+_t) \w+\[(\d+)\]/g)];
      expect(flashBytes).toBe(tables.reduce((n, [, type, length]) => n + size(type!) * Number(length), 0));
      const arrays = [...source.matchAll(/^ {2}(int\d+_t) [xab]\[(\d+)\];/gm)];
      expect(ramBytes).toBe(arrays.reduce((n, [, type, length]) => n + size(type!) * Number(length), 0));
      expect(source).toContain(`flash            ${flashBytes} bytes`);
      expect(source).toContain(`RAM              ${ramBytes} bytes`);
      expect(source).toContain(`multiplications  ${multiplications} a call`);
      // Sparse layers multiply once a weight, full ones once an entry.
      const weights = net.layers.reduce((n, l) => n + l.weight.length, 0);
      const entries = net.layers.reduce((n, l) => n + l.inputs * l.outputs, 0);
      expect(multiplications).toBeGreaterThanOrEqual(weights);
      expect(multiplications).toBeLessThanOrEqual(entries);
    }
  });

  test('a note cannot leave the comment', () => {
    const { source } = writeC(affine([[1]]), {
      inputs: { domain: [0, 1], fractionalBits: 0 },
      notes: ['ends here */ int evil; /*', 'a line\nmore', 'µ'],
    });
    expect(source.match(/\*\//g)!.length).toBe(1);
    expect(source).toContain(' * ends here * / int evil; / *\n * a line?more\n * ?\n');
  });
});

describe('refusals', () => {
  const inputs = { domain: [0, 1] as const, fractionalBits: 4 };
  test.each<[string, Network, WriteCOptions, string]>([
    ['neither inputs nor counts', affine([[1]]), {}, 'writeC: expected either inputs or counts, got "neither"'],
    ['both', affine([[1]]), { inputs, counts: { scale: 1, lo: 0, hi: 1 } }, 'got "both"'],
    [
      'a keyword as name',
      affine([[1]]),
      { inputs, name: 'while' },
      'writeC name: expected a C identifier, got "while"',
    ],
    ['a type as name', affine([[1]]), { inputs, name: 'int32_t' }, 'writeC name'],
    ['injected code', affine([[1]]), { inputs, name: 'f(void){} int g' }, 'writeC name'],
    [
      'another accumulator',
      affine([[1]]),
      { inputs, accumulator: 'float' as never },
      "expected 'int32_t' or 'int64_t'",
    ],
    [
      'counts the wrong way',
      affine([[1]]),
      { counts: { scale: 1, lo: 5, hi: 4 } },
      'writeC counts hi: expected a whole number in 5..',
    ],
    [
      'a negative output scale',
      affine([[1]]),
      { inputs, output: { scale: -1 } },
      'writeC output scale: expected a positive number',
    ],
    ['a scale that is not dyadic', affine([[1]]), { counts: { scale: '0.1', lo: 0, hi: 9 } }, '0.1 is not dyadic'],
    [
      'sums beyond 64 bits',
      affine([[1, '1*2^-70']]),
      { inputs },
      'layer 1 has sums of up to 75 binary digits, int64_t holds 63; quantise',
    ],
    [
      'inputs beyond the type',
      affine([['1*2^-9']]),
      { inputs: { domain: [0, 2 ** 40], fractionalBits: 30 }, accumulator: 'int64_t' },
      'layer 1 has sums of up to 71',
    ],
  ])('%s', (_, net, options, sentence) => {
    expect(() => writeC(net, options)).toThrow(InputError);
    expect(() => writeC(net, options)).toThrow(sentence);
  });
});
