/** Networks constructed, imported, and deep with long numbers. Those of others are left out, in a sentence, where absent. */
import { deepNet } from '../../bench/nets.ts';
import { bitExtraction, cached, lipschitz, multiply, square, taylor, weight } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Rational } from '../../src/exact/index.ts';
import { encodeNetwork, readNnet, readOnnx } from '../../src/io/index.ts';
import { LayerBuilder, Network } from '../../src/net/index.ts';
import { bitmapCase, Random } from '../support/engineCases.ts';
import { dense } from '../support/pairs.ts';
import { haveShared, sharedBytes, sharedText } from '../support/shared.ts';

export interface Spec {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Inputs are seeded multiples of 2^-bits in [lo, hi). */
  readonly lo: number;
  readonly hi: number;
  readonly bits: number;
  readonly rows: number;
}

export interface Sample {
  readonly spec: Spec;
  readonly network: Network;
  readonly file: Uint8Array;
}

const onnx = (file: string, output?: string, grid?: number): Network =>
  readOnnx(sharedBytes(file), {
    name: file,
    ...(output === undefined ? {} : { output }),
    ...(grid === undefined ? {} : { grid: { fractionalBits: grid, lo: '-4', hi: '4' } }),
  }).network;

type Made = readonly [name: string, network: Network, lo: number, hi: number, bits: number];

function constructed(): Made[] {
  const bits = bitExtraction({ bits: 50, coding: 'gray' }).network;
  const f = expressionTarget('abs(x - 1/3)');
  return [
    ['square, 8', square(8).network, 0, 1, 30],
    ['square, 20', square(20).network, 0, 1, 52],
    ['multiply, 10', multiply(10).network, 0, 1, 24],
    ['weight 1/3', weight(Rational.of(1n, 3n), { lambda: 2, t: 64 }).network, -1, 1, 40],
    ['bit extraction', bits, 0, 1, 52],
    ['Lipschitz', lipschitz({ bytes: 64 }).network(f).network, 0, 1, 40],
    ['Taylor', taylor(expressionTarget('sin(x)'), { n: 3, N: 16 }).network, 0, 1, 33],
    ['cached', cached(f, { T: 16, m: 8 }).network, 0, 1, 20],
  ];
}

/** Weights of up to 60 digits, most of them small, over `depth` layers of few terms. */
function uneven(depth: number): Network {
  const random = new Random(17);
  const width = 10;
  return new Network(
    Array.from({ length: depth }, () => {
      const layer = new LayerBuilder(width);
      for (let i = 0; i < width; i++) {
        const terms = Array.from({ length: 3 }, () => {
          const size = random.chance(9) ? 60 : 3;
          return [random.below(width), Dyadic.of(random.big(size), -size)] as const;
        });
        layer.row(Dyadic.of(random.big(8), -9), terms);
      }
      return layer.build();
    }),
  );
}

function deep(sizes: readonly number[], depth: number): Made[] {
  const grown = sizes.map((bits): Made => [`deep, ${bits} bits`, deepNet(bits).network, 0, 65536, 0]);
  return [...grown, ['deep, uneven weights', uneven(depth), -1, 1, 52]];
}

function ownDense(): Made[] {
  return [
    ['dense, 20-bit weights', dense([4, 30, 30, 5], 2), -1, 1, 16],
    ['dense, 52-bit weights', dense([8, 20, 20, 10], 9, 52), -1, 1, 52],
    ['bit planes', bitmapCase(new Random(5), 1).network, -1, 1, 30],
  ];
}

function imported(): Made[] {
  const made: Made[] = [];
  if (haveShared('acasxu')) {
    made.push(['ACAS Xu 1_1', onnx('acasxu/ACASXU_run2a_1_1_batch_2000.onnx'), -0.5, 0.5, 24]);
    made.push(['ACAS Xu 2_3', onnx('acasxu/ACASXU_run2a_2_3_batch_2000.onnx'), -0.5, 0.5, 24]);
    const nnet = readNnet(sharedText('acasxu/ACASXU_run2a_4_5_batch_2000.nnet'), 'acasxu');
    made.push(['ACAS Xu 4_5, NNet', nnet.network, -0.5, 0.5, 30]);
  }
  if (haveShared('mlp')) {
    made.push(['van der Pol', onnx('mlp/vdp.onnx'), -2, 2, 20]);
    made.push(['jet tagging', onnx('mlp/qkeras_jettagging.onnx', 'Add_3', 6), -4, 4, 6]);
  }
  if (haveShared('lindex')) made.push(['lindex', onnx('lindex/lindex.onnx'), 0, 1, 24]);
  return made;
}

/** Left out of the smaller set: their files take long to write. */
const LARGE = ['Taylor', 'cached', 'bit extraction', 'ACAS Xu 1_1', 'ACAS Xu 4_5, NNet', 'jet tagging', 'lindex'];

/** Twenty networks and one, or a dozen `few`; each with as many rows as give `outputs` outputs. */
export function samples(outputs: number, few = false): Sample[] {
  const all = [...constructed(), ...imported(), ...(few ? deep([96], 16) : deep([64, 256, 1024], 80)), ...ownDense()];
  const chosen = all.filter(([name]) => !few || !LARGE.includes(name));
  return chosen.map(([name, network, lo, hi, bits]) => {
    const spec = { name, inputs: network.inputs, outputs: network.outputs, lo, hi, bits };
    return { spec: { ...spec, rows: Math.ceil(outputs / network.outputs) }, network, file: encodeNetwork({ network }) };
  });
}
