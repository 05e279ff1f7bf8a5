import { basename, extname } from 'node:path';
import { Dyadic, InputError, Interval } from '../exact/index.ts';
import {
  type CountsIn,
  converterCounts,
  encodeNetwork,
  type StatedInputs,
  type WriteCOptions,
  writeC,
  writeOnnx,
} from '../io/index.ts';
import type { Domain } from '../net/index.ts';
import { dyadicOption, wholeOption } from './arguments.ts';
import type { Define } from './command.ts';
import { writeWhole } from './files.ts';
import { type ImportOptions, importOptions } from './import.ts';
import { type OpenedNetwork, openNetwork } from './network.ts';
import { networkJson, printJson, printRows, size } from './output.ts';
import { domainOption } from './target.ts';

interface Options extends ImportOptions {
  out: string;
  type?: string;
  domain?: ReturnType<typeof domainOption>;
  inputBits?: number;
  acceptRounding?: boolean;
  name?: string;
  accumulator?: string;
  counts?: readonly [number, number];
  adc?: number;
  countScale?: Dyadic;
  countOffset?: Dyadic;
  outputScale?: Dyadic;
  json?: boolean;
}

interface Converted {
  readonly bytes: Uint8Array | string;
  /** What the writer says of it: rows for people, the same as JSON. */
  readonly rows: readonly (readonly [string, string])[];
  readonly json: Readonly<Record<string, unknown>>;
}

/** `dyadnet convert`: a network from one format to another, exactly or not at all. */
export const defineConvert: Define = (command, done) => {
  importOptions(command)
    .argument('<network>', 'network file (.dyad, .onnx, .nnet)')
    .requiredOption('-o, --out <file>', 'what to write: .dyad, .onnx, or .h for C99')
    .option('--domain <a,b>', "where inputs lie (default: the network file's own domain)", domainOption)
    .option('--input-bits <bits>', 'inputs are multiples of 2^-bits', wholeOption('--input-bits', -1024, 1100))
    .option('--type <type>', '.onnx: float32, float64 or int8 (default float32)')
    .option('--accept-rounding', '.onnx: write floats even where sums may be rounded')
    .option('--name <identifier>', ".h: the function's name (default: the file's)")
    .option('--accumulator <type>', '.h: the widest type of sums, int32_t or int64_t (default int64_t)')
    .option(
      '--adc <bits>',
      '.h: inputs are counts 0..2^bits - 1 of a converter, spread evenly over the domain',
      wholeOption('--adc', 1, 32),
    )
    .option('--counts <lo,hi>', '.h: inputs are whole counts in lo..hi, such as 0,4095', countsOption)
    .option(
      '--count-scale <s>',
      '.h: x = offset + s * count; dyadic, such as 1/4096 (default 1)',
      dyadicOption('--count-scale'),
    )
    .option('--count-offset <x>', '.h: the offset (default 0)', dyadicOption('--count-offset'))
    .option(
      '--output-scale <s>',
      '.h: the result is round(y * s); 1000 gives milli-units',
      dyadicOption('--output-scale'),
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  dyadnet convert model.onnx -o model.dyad --output logits\n  dyadnet convert k.dyad -o k.h --counts 0,4095 --count-scale 1/64 --output-scale 1000\n  dyadnet convert k.dyad -o k.h --adc 12\n',
    )
    .action((path: string, options: Options) => {
      const file = openNetwork(path, options);
      const written = convert(file, options);
      writeWhole(options.out, written.bytes);
      const bytes = Buffer.byteLength(written.bytes);
      if (options.json) {
        printJson({
          out: options.out,
          network: networkJson(file.network),
          storage: { ...file.network.storage(), fileBytes: bytes },
          ...(file.facts.length > 0 ? { imported: Object.fromEntries(file.facts) } : {}),
          ...written.json,
        });
      } else {
        printRows([...file.facts, ...written.rows, ['written', `${options.out}, ${size(bytes)}`]]);
      }
      done(0);
    });
};

function convert(file: OpenedNetwork, options: Options): Converted {
  const { network, meta } = file;
  const ending = extname(options.out).toLowerCase();
  if (ending === '.dyad') {
    const domain = options.domain
      ? { domain: new Array<Interval>(network.inputs).fill(stated(options.domain)) }
      : file.domain && { domain: file.domain };
    return { bytes: encodeNetwork({ network, ...domain, ...(meta ? { meta } : {}) }), rows: [], json: {} };
  }
  if (ending === '.onnx') {
    const inputs = statedInputs(file, options);
    const written = writeOnnx(network, {
      type: (options.type ?? 'float32') as 'float32',
      ...(inputs ? { inputs } : {}),
      acceptRounding: options.acceptRounding === true,
    });
    const sums = written.sumBits?.join(', ');
    const exact = written.exact ? 'every sum, on the stated inputs' : 'the weights; sums may be rounded';
    return {
      bytes: written.bytes,
      rows: [...(sums ? [['largest sums', `${sums} binary digits, layer by layer`] as const] : []), ['exact', exact]],
      json: {
        exact: written.exact,
        inputType: written.inputType,
        inputScale: written.inputScale,
        sumBits: written.sumBits,
      },
    };
  }
  if (ending === '.h' || ending === '.c') return toC(file, options);
  throw new InputError(`${options.out}: expected an ending of .dyad, .onnx or .h, got ${JSON.stringify(ending)}`);
}

function toC(file: OpenedNetwork, options: Options): Converted {
  const { counts, countScale = Dyadic.ONE, countOffset = Dyadic.ZERO, outputScale, accumulator } = options;
  const converter = options.adc === undefined ? undefined : converterOf(file, options, options.adc);
  const inputs = counts || converter ? undefined : statedInputs(file, options);
  if (!counts && !converter && !inputs)
    throw new InputError('convert: expected --adc bits, --counts lo,hi, or --input-bits with a domain, for C');
  if (counts && converter) throw new InputError('convert: expected one of --adc and --counts, got both');
  const notes = [file.meta?.name, file.meta?.target && `Approximates ${file.meta.target}.`, proved(file)].filter(
    (n) => n !== undefined,
  );
  const written = writeC(file.network, {
    name: options.name ?? identifier(options.out),
    ...(accumulator ? { accumulator: accumulator as NonNullable<WriteCOptions['accumulator']> } : {}),
    ...(counts ? { counts: { scale: countScale, offset: countOffset, lo: counts[0], hi: counts[1] } } : {}),
    ...(converter ? { counts: converter } : {}),
    ...(inputs ? { inputs } : {}),
    ...(outputScale ? { output: { scale: outputScale } } : {}),
    notes,
  });
  const { source, ...figures } = written;
  return {
    bytes: source,
    rows: [
      ['flash', `${figures.flashBytes} bytes of constants, and the code`],
      ['RAM', `${figures.ramBytes} bytes on the stack`],
      ['multiplications', `${figures.multiplications} a call`],
      ['largest sums', `${figures.sumBits.join(', ')} binary digits, layer by layer`],
    ],
    json: figures,
  };
}

function converterOf(file: OpenedNetwork, options: Options, bits: number): CountsIn {
  const domain = options.domain ? [stated(options.domain)] : file.domain;
  if (!domain) throw new InputError(`${file.path}: its inputs have no domain; state it with --domain a,b`);
  return converterCounts(domain, bits);
}

function proved({ meta }: OpenedNetwork): string | undefined {
  const upper = meta?.proved?.upper;
  return upper === undefined
    ? undefined
    : `Proved: sup |f - net| <= ${Dyadic.parse(upper).toNumber('up')}, before the output is rounded.`;
}

function identifier(path: string): string {
  const stem = basename(path, extname(path)).replace(/\W/g, '_');
  return /^[A-Za-z]/.test(stem) ? stem : `net_${stem}`;
}

function statedInputs(file: OpenedNetwork, options: Options): StatedInputs | undefined {
  if (options.inputBits === undefined) return undefined;
  const domain: Domain | undefined = options.domain ? stated(options.domain) : file.domain;
  if (!domain) throw new InputError(`${file.path}: its inputs have no domain; state it with --domain a,b`);
  return { domain, fractionalBits: options.inputBits };
}

function countsOption(text: string): readonly [number, number] {
  const ends = text.split(',').map(Number);
  if (ends.length !== 2 || !ends.every(Number.isSafeInteger)) {
    throw new InputError(`--counts: expected two whole numbers such as 0,4095, got ${JSON.stringify(text)}`);
  }
  return ends as unknown as readonly [number, number];
}

/** The hull of `--domain a,b`, the same for every input. */
function stated(domain: NonNullable<Options['domain']>): Interval {
  return Interval.of(domain[0].lo, domain[1].hi);
}
