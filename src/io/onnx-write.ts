/**
 * A network as an ONNX model that a runtime evaluates without rounding, or a refusal that names what would be rounded.
 *
 *   float32, float64   Gemm and Relu. Exact where every weight is a number of the type, and every partial sum of
 *                      every layer has at most 24 (53) binary digits on the stated inputs, in whatever order a runtime adds.
 *   int8               MatMulInteger, Add, Relu, Cast: whole numbers all the way. Fits where weights have 8 bits,
 *                      hidden activations lie in 0..255 and sums in 32 bits.
 */
import { type Dyadic, FLOAT32, FLOAT64, type FloatFormat, fitsFormat, InputError, refuse } from '../exact/index.ts';
import { biasAt, biasOf, type Layer, type Network, weightAt } from '../net/index.ts';
import { rangeEnds, type StatedInputs, type WholeLayer, wholeLayers } from './accumulators.ts';
import { encodeModel, type NodeMessage, type TensorMessage } from './onnx-encode.ts';
import { DOUBLE, type ElementType, FLOAT, INT8, INT32, UINT8 } from './onnx-types.ts';

/** Largest dense weight matrix that is written: 2^28 entries. */
export const MAX_DENSE_ENTRIES = 1 << 28;

export interface WriteOnnxOptions {
  readonly type: 'float32' | 'float64' | 'int8';
  /** The inputs that are to be exact. Needed, unless rounding is accepted. */
  readonly inputs?: StatedInputs;
  /** Write float weights even where sums may be rounded, or where no inputs are stated. Default false. */
  readonly acceptRounding?: boolean;
}

export interface WrittenOnnx {
  readonly bytes: Uint8Array;
  /** Binary digits of the largest partial sum, layer by layer; undefined where no inputs are stated. */
  readonly sumBits: readonly number[] | undefined;
  /** Whether every sum is proved exact on the stated inputs. */
  readonly exact: boolean;
  /** int8: the model's input is x * 2^inputScale, as whole numbers of `inputType`. */
  readonly inputType: string;
  readonly inputScale: number;
}

const OPSET = 14; // Relu of int32 since 14
const IR_VERSION = 7;

/** Writes a model. Throws InputError, naming layer and cause, where it would not be exact. */
export function writeOnnx(network: Network, options: WriteOnnxOptions): WrittenOnnx {
  network.layers.forEach((layer, l) => {
    if (layer.inputs * layer.outputs > MAX_DENSE_ENTRIES) {
      refuse(
        `writeOnnx layer ${l + 1}`,
        `at most ${MAX_DENSE_ENTRIES} dense weights`,
        `${layer.outputs} x ${layer.inputs}`,
      );
    }
  });
  if (options.type === 'int8') return writeWhole(network, options);
  if (options.type !== 'float32' && options.type !== 'float64') {
    refuse('writeOnnx type', "'float32', 'float64' or 'int8'", options.type);
  }
  return writeFloats(network, options);
}

function writeFloats(network: Network, { type, inputs, acceptRounding = false }: WriteOnnxOptions): WrittenOnnx {
  const format = type === 'float32' ? FLOAT32 : FLOAT64;
  const element = type === 'float32' ? FLOAT : DOUBLE;
  const whole = inputs && wholeLayers(network, inputs);
  if (!whole && !acceptRounding) {
    throw new InputError('writeOnnx: whether sums are exact depends on the inputs; state them, or accept rounding');
  }
  const trouble = whole && firstInexact(whole, format);
  if (trouble && !acceptRounding) throw new InputError(`writeOnnx: ${trouble}; write a wider type, or accept rounding`);
  const nodes: NodeMessage[] = [];
  const initialisers: TensorMessage[] = [];
  network.layers.forEach((layer, l) => {
    const last = l === network.depth - 1;
    const name = `layer${l + 1}`;
    initialisers.push(
      tensor(`${name}.weight`, [layer.outputs, layer.inputs], element, denseWeights(layer, l, format)),
      tensor(`${name}.bias`, [layer.outputs], element, denseBias(layer, l, format)),
    );
    nodes.push({
      operator: 'Gemm',
      name,
      inputs: [l === 0 ? 'input' : `relu${l}`, `${name}.weight`, `${name}.bias`],
      outputs: [last ? 'output' : `sum${l + 1}`],
      attributes: { transB: { i: 1 } },
    });
    if (!last)
      nodes.push({ operator: 'Relu', name: `relu${l + 1}`, inputs: [`sum${l + 1}`], outputs: [`relu${l + 1}`] });
  });
  const exact = whole !== undefined && trouble === undefined;
  return written(network, nodes, initialisers, element, element, exact, whole, 0);
}

/** A sentence about the first sum that the format may not hold; undefined where all are exact. */
function firstInexact(whole: readonly WholeLayer[], format: FloatFormat): string | undefined {
  const first = whole[0] as WholeLayer;
  const { lo, hi } = rangeEnds(first.inputs);
  const most = [...lo, ...hi].reduce((a, v) => (v > a ? v : -v > a ? -v : a), 0n);
  if (most >= 1n << BigInt(format.precision)) return `inputs of the stated grid are not all ${format.name} numbers`;
  for (const [l, { bounds, inputScale, resultScale }] of whole.entries()) {
    const bits = bounds.sumBits;
    if (bits > format.precision) {
      return `layer ${l + 1} has sums of up to ${bits} binary digits, ${format.name} holds ${format.precision}`;
    }
    // Normal numbers only: runtimes may flush the subnormal ones to zero.
    const lowest = format.minUnit + format.precision - 1;
    const top = format.max.exponent;
    if (-resultScale < lowest || -inputScale < lowest || bits - resultScale > top) {
      return `layer ${l + 1} has sums beyond the normal range of ${format.name}`;
    }
  }
  return undefined;
}

function floatOf(value: Dyadic, format: FloatFormat, where: () => string): number {
  if (!fitsFormat(value, format))
    throw new InputError(`writeOnnx: ${where()} is ${value}, not a number of ${format.name}`);
  return value.toNumber();
}

function denseWeights(layer: Layer, l: number, format: FloatFormat): Float64Array {
  const dense = new Float64Array(layer.outputs * layer.inputs);
  for (let i = 0; i < layer.outputs; i++) {
    for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
      const j = layer.column[k] as number;
      dense[i * layer.inputs + j] = floatOf(weightAt(layer, k), format, () => `weight [${i}, ${j}] of layer ${l + 1}`);
    }
  }
  return dense;
}

function denseBias(layer: Layer, l: number, format: FloatFormat): Float64Array {
  return Float64Array.from({ length: layer.outputs }, (_, i) =>
    floatOf(biasAt(layer, i), format, () => `bias ${i} of layer ${l + 1}`),
  );
}

/**
 * MatMulInteger over unsigned weights with zero point 128: the product of unsigned bytes is exact on every runtime, where
 * signed weights beside unsigned activations may saturate at 16 bits on processors without dot-product instructions.
 */
function writeWhole(network: Network, { inputs }: WriteOnnxOptions): WrittenOnnx {
  if (!inputs) throw new InputError('writeOnnx int8: expected the inputs to be stated, got none');
  const whole = wholeLayers(network, inputs);
  const first = rangeEnds((whole[0] as WholeLayer).inputs);
  const within = (lo: bigint, hi: bigint, ends: { lo: bigint[]; hi: bigint[] }): boolean =>
    ends.lo.every((v) => v >= lo) && ends.hi.every((v) => v <= hi);
  const inputType = within(0n, 255n, first) ? UINT8 : within(-128n, 127n, first) ? INT8 : undefined;
  if (!inputType) throw new InputError('writeOnnx int8: inputs of the stated grid are not all in 0..255 or -128..127');
  const nodes: NodeMessage[] = [];
  const initialisers = [
    tensor('zero', [], inputType, [0]),
    tensor('zero.hidden', [], UINT8, [0]),
    tensor('zero.weight', [], UINT8, [128]),
  ];
  whole.forEach(({ layer, lift, inputScale, bounds }, l) => {
    const where = `writeOnnx int8: layer ${l + 1}`;
    const last = l === network.depth - 1;
    const name = `layer${l + 1}`;
    if (bounds.sumBits > 31)
      throw new InputError(`${where} has sums of up to ${bounds.sumBits} binary digits, int32 holds 31`);
    if (!last && !within(0n, 255n, rangeEnds(bounds.ranges))) {
      throw new InputError(`${where} has activations beyond 0..255 on the stated inputs`);
    }
    const matrix = new Float64Array(layer.inputs * layer.outputs).fill(128);
    const factor = 2 ** lift;
    for (let i = 0; i < layer.outputs; i++) {
      for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
        const w = Number(layer.weight[k]) * factor;
        if (w < -128 || w > 127)
          throw new InputError(`${where} has weights beyond 8 bits: ${w} * 2^-${layer.scale + lift}`);
        matrix[(layer.column[k] as number) * layer.outputs + i] = w + 128;
      }
    }
    const bias = Array.from({ length: layer.outputs }, (_, i) => Number(biasOf(layer, i, inputScale, lift)));
    initialisers.push(
      tensor(`${name}.weight`, [layer.inputs, layer.outputs], UINT8, matrix),
      tensor(`${name}.bias`, [layer.outputs], INT32, bias),
    );
    const from = l === 0 ? ['input', 'zero'] : [`hidden${l}`, 'zero.hidden'];
    nodes.push(
      {
        operator: 'MatMulInteger',
        name: `${name}.product`,
        inputs: [from[0] as string, `${name}.weight`, from[1] as string, 'zero.weight'],
        outputs: [`product${l + 1}`],
      },
      { operator: 'Add', name: `${name}.sum`, inputs: [`product${l + 1}`, `${name}.bias`], outputs: [`sum${l + 1}`] },
    );
    if (!last) {
      nodes.push(
        { operator: 'Relu', name: `relu${l + 1}`, inputs: [`sum${l + 1}`], outputs: [`relu${l + 1}`] },
        {
          operator: 'Cast',
          inputs: [`relu${l + 1}`],
          outputs: [`hidden${l + 1}`],
          attributes: { to: { i: UINT8.code } },
        },
      );
    }
  });
  const { resultScale } = whole[network.depth - 1] as WholeLayer;
  if (Math.abs(resultScale) > 1000)
    throw new InputError(`writeOnnx int8: a result scale of 2^${-resultScale} is beyond float64`);
  initialisers.push(tensor('scale', [], DOUBLE, [2 ** -resultScale]));
  nodes.push(
    {
      operator: 'Cast',
      name: 'widen',
      inputs: [`sum${network.depth}`],
      outputs: ['wide'],
      attributes: { to: { i: DOUBLE.code } },
    },
    { operator: 'Mul', name: 'scale', inputs: ['wide', 'scale'], outputs: ['output'] },
  );
  return written(network, nodes, initialisers, inputType, DOUBLE, true, whole, inputs.fractionalBits);
}

function written(
  network: Network,
  nodes: readonly NodeMessage[],
  initialisers: readonly TensorMessage[],
  inputType: ElementType,
  outputType: ElementType,
  exact: boolean,
  whole: readonly WholeLayer[] | undefined,
  inputScale: number,
): WrittenOnnx {
  const bytes = encodeModel({
    irVersion: IR_VERSION,
    opsets: { '': OPSET },
    producer: 'dyadnet',
    metadata: {
      'dyadnet.exact': exact ? 'every sum is exact on the stated inputs' : 'sums may be rounded',
      'dyadnet.inputScale': String(inputScale),
    },
    name: 'network',
    nodes,
    initialisers,
    inputs: [{ name: 'input', type: inputType.code, shape: ['batch', network.inputs] }],
    outputs: [{ name: 'output', type: outputType.code, shape: ['batch', network.outputs] }],
  });
  const sumBits = whole && Object.freeze(whole.map((w) => w.bounds.sumBits));
  return Object.freeze({ bytes, sumBits, exact, inputType: inputType.name, inputScale });
}

function tensor(name: string, dims: number[], type: ElementType, values: ArrayLike<number>): TensorMessage {
  const size = type.bits / 8;
  const view = new DataView(new ArrayBuffer(values.length * size));
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number;
    if (type === FLOAT) view.setFloat32(4 * i, v, true);
    else if (type === DOUBLE) view.setFloat64(8 * i, v, true);
    else if (type === INT32) view.setInt32(4 * i, v, true);
    else view.setUint8(i, v);
  }
  return { name, dims, type: type.code, raw: new Uint8Array(view.buffer) };
}
