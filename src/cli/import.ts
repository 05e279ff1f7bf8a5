/** Networks that others wrote, as every command that takes a network reads them: .onnx and .nnet beside .dyad. */
import type { Command } from 'commander';
import { Dyadic, InputError, Interval } from '../exact/index.ts';
import { externalBeside } from '../io/beside.ts';
import { applyNormalisation, type InputGrid, type Meta, readNnet, readOnnx } from '../io/index.ts';
import type { Network } from '../net/index.ts';
import { wholeOption } from './arguments.ts';

export interface ImportOptions {
  /** ONNX: stop at this value or node. */
  readonly output?: string;
  readonly foldBatchnorm?: number;
  readonly grid?: InputGrid;
  /** NNet: put the normalisation around the network. */
  readonly normalise?: boolean;
}

/** A network from another format. */
export interface Imported {
  readonly network: Network;
  readonly meta: Meta;
  /** Stated with the grid: inputs beyond it are refused. */
  readonly domain?: readonly Interval[];
  /** What people should know of it, name and value. */
  readonly facts: readonly (readonly [string, string])[];
}

/** The options of every command that reads networks. */
export function importOptions(command: Command): Command {
  return command
    .option('--output <name>', 'ONNX: stop at this value or node, such as the one before a softmax')
    .option(
      '--fold-batchnorm <bits>',
      'ONNX: fold batch normalisation, its coefficients rounded to this many fractional bits',
      wholeOption('--fold-batchnorm', 0, 4096),
    )
    .option(
      '--grid <bits[,lo,hi]>',
      'ONNX: state that inputs are multiples of 2^-bits (in [lo, hi]); then activation quantisers are exact',
      gridOption,
    )
    .option('--normalise', 'NNet: inputs and outputs in the units of the header, not normalised');
}

function gridOption(text: string): InputGrid {
  const [bits, lo, hi, ...more] = text.split(',');
  if (more.length > 0 || (lo === undefined) !== (hi === undefined)) {
    throw new InputError(`--grid: expected bits, or bits,lo,hi such as 6,-4,4, got ${JSON.stringify(text)}`);
  }
  const fractionalBits = wholeOption('--grid', -1024, 1100)(bits as string);
  return lo === undefined || hi === undefined ? { fractionalBits } : { fractionalBits, lo, hi };
}

/** The bytes as another format's network; undefined where the name and the first bytes speak of none. */
export function importNetwork(path: string, bytes: Uint8Array, options: ImportOptions): Imported | undefined {
  if (/\.onnx$/i.test(path) || (bytes[0] === 0x08 && !/\.\w+$/.test(path))) return fromOnnx(path, bytes, options);
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 64));
  if (/\.nnet$/i.test(path) || /^\s*(\/\/|\d+\s*[,\n\r])/.test(start)) return fromNnet(path, bytes, options);
  return undefined;
}

function fromOnnx(path: string, bytes: Uint8Array, { output, foldBatchnorm, grid }: ImportOptions): Imported {
  const model = readOnnx(bytes, {
    name: 'model',
    ...(output === undefined ? {} : { output }),
    ...(foldBatchnorm === undefined ? {} : { foldBatchNorm: foldBatchnorm }),
    ...(grid === undefined ? {} : { grid }),
    ...(path === '-' ? {} : { external: externalBeside(path) }),
  });
  const shape = (v: { name: string; type: string; shape: readonly number[] }): string =>
    `${v.name} [${v.shape.join(', ')}] ${v.type}`;
  const stated =
    grid &&
    `exact where inputs are multiples of 2^-${grid.fractionalBits}${grid.lo === undefined ? '' : ` in [${grid.lo}, ${grid.hi}]`}`;
  const facts: [string, string][] = [
    ['read from', `ONNX, IR ${model.irVersion}, opset ${model.opset}${model.producer && `, by ${model.producer}`}`],
    ['model input', model.inputs.map(shape).join('; ')],
    ['model output', shape(model.output)],
    ...model.notes.map((note): [string, string] => ['folded', note]),
    ...(stated ? [['grid', stated] as [string, string]] : []),
  ];
  const domain = grid?.lo === undefined || grid.hi === undefined ? undefined : Interval.of(grid.lo, grid.hi);
  return {
    network: model.network,
    meta: { method: 'imported', imported: Object.fromEntries(facts) },
    ...(domain ? { domain: new Array<Interval>(model.network.inputs).fill(domain) } : {}),
    facts,
  };
}

/** Refuses inputs off the grid that was stated for reading the network: there it is another function than the file's. */
export function checkGrid(values: Iterable<number | Dyadic>, { grid }: ImportOptions): void {
  if (!grid) return;
  for (const v of values) {
    if (Dyadic.from(v).fractionalBits > grid.fractionalBits) {
      throw new InputError(`eval: expected multiples of 2^-${grid.fractionalBits}, as --grid states, got ${v}`);
    }
  }
}

function fromNnet(path: string, bytes: Uint8Array, { normalise }: ImportOptions): Imported {
  const file = readNnet(new TextDecoder('latin1').decode(bytes), path);
  const { normalisation } = file;
  const facts: [string, string][] = [
    ['read from', `NNet, ${file.decimals} decimals, ${file.rounded} of them rounded to the nearest float64`],
  ];
  if (!normalisation) {
    if (normalise) throw new InputError('--normalise: its header states no normalisation');
    return { network: file.network, meta: { method: 'imported', imported: Object.fromEntries(facts) }, facts };
  }
  let network = file.network;
  if (normalise) {
    const folded = applyNormalisation(network, normalisation);
    network = folded.network;
    facts.push([
      'normalisation',
      `folded in: (x - mean) / range moved by at most ${folded.inputDeviation.toNumber('up')} over the header's box`,
    ]);
  } else {
    facts.push(['normalisation', 'kept as metadata: inputs are (x - mean) / range, outputs (y - mean) / range']);
  }
  const texts = (values: readonly { toString(): string }[]): string[] => values.map(String);
  const kept = {
    minimum: texts(normalisation.minimum),
    maximum: texts(normalisation.maximum),
    mean: texts(normalisation.mean),
    range: texts(normalisation.range),
    outputMean: String(normalisation.outputMean),
    outputRange: String(normalisation.outputRange),
    folded: normalise === true,
  };
  return { network, meta: { method: 'imported', imported: Object.fromEntries(facts), normalisation: kept }, facts };
}
