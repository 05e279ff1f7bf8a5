import { type Dyadic, InputError, type Rational } from '../exact/index.ts';
import { encodeNetwork, type Meta } from '../io/index.ts';
import type { Network } from '../net/index.ts';
import { quantizeUniform, type Rounded, toFloat16 } from '../quantize/index.ts';
import { type FoundBits, findBits, type Observation, observe } from '../workbench/index.ts';
import { positiveOption, wholeOption } from './arguments.ts';
import { openBox } from './box.ts';
import type { Define } from './command.ts';
import { writeWhole } from './files.ts';
import { type ImportOptions, importOptions } from './import.ts';
import { inputsFromFile } from './inputs.ts';
import { type OpenedNetwork, openNetwork } from './network.ts';
import { about, bound, networkJson, note, printJson, printRows, progress, size } from './output.ts';

interface Options extends ImportOptions {
  bits?: number;
  rounding?: string;
  format?: string;
  error?: Rational;
  box?: string;
  seconds?: Rational;
  in?: string;
  out?: string;
  json?: boolean;
}

/** `dyadnet quantize`: a network with fewer bits a weight, and how far it was seen to move. */
export const defineQuantize: Define = (command, done) => {
  importOptions(command)
    .argument('<network>', 'network file (.dyad, .onnx, .nnet)')
    .option('--bits <b>', 'weights become multiples of 2^-b', wholeOption('--bits', 0, 4096))
    .option('--rounding <mode>', 'nearest (ties to even) or floor (default nearest)')
    .option('--format <name>', 'float16: weights become half-precision numbers')
    .option('--error <e>', 'the fewest bits whose outputs provably move by at most this', positiveOption('--error'))
    .option('--box <box>', "where, for --error: a VNN-LIB file, lo,hi or lo,hi;lo,hi;... (default: the file's domain)")
    .option('--seconds <s>', 'for --error: time for each number of bits (default 10)', positiveOption('--seconds'))
    .option('--in <file>', 'CSV of inputs, one vector a line: compare both networks on them')
    .option('-o, --out <file>', 'write the network here (.dyad)')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  dyadnet quantize model.onnx --bits 6 --in samples.csv -o model6.dyad\n')
    .action(async (path: string, options: Options) => {
      const file = openNetwork(path, options);
      const found = options.error === undefined ? undefined : await fewestBits(file, options.error, options);
      if (found && !found.rounded) {
        printAttempts(found, options);
        return done(1);
      }
      const rounded = found?.rounded ?? quantise(file.network, options);
      const seen = options.in === undefined ? undefined : compare(file.network, rounded.network, options.in);
      const bytes = encodeNetwork({
        network: rounded.network,
        ...(file.domain ? { domain: file.domain } : {}),
        meta: metaOf(file, found?.bits === undefined ? options : { ...options, bits: found.bits }),
      });
      if (options.out !== undefined) writeWhole(options.out, bytes);
      if (options.json) printJson({ ...foundJson(found), ...quantizeJson(rounded, seen, bytes.length, options) });
      else
        printRows([
          ...file.facts,
          ...foundRows(found),
          ...quantizeRows(file.network, rounded, seen, bytes.length, options),
        ]);
      done(0);
    });
};

async function fewestBits(file: OpenedNetwork, error: Rational, options: Options): Promise<FoundBits> {
  if (options.bits !== undefined || options.format !== undefined) {
    throw new InputError('quantize: expected --error without --bits and --format, which it finds');
  }
  const box = openBox(options.box, file.network.inputs, file.domain);
  const bar = progress(`quantize ${file.path}`);
  const found = await findBits(file.network, box.outer, error.toDyadic() ?? error.roundBits(80, 'down'), {
    witnessIn: box.inner,
    ...(options.rounding ? { rounding: options.rounding as 'nearest' } : {}),
    ...(options.seconds ? { seconds: options.seconds.toNumber() } : {}),
    onBits: (bits) => bar.update(0, `${bits} bits`),
    onProgress: ({ settled }) => bar.update(settled),
  });
  bar.stop();
  return found;
}

function foundJson(found: FoundBits | undefined): Record<string, unknown> {
  if (!found) return {};
  const last = found.attempts.at(-1);
  return {
    status: found.status,
    ...(found.bits === undefined ? {} : { bits: found.bits }),
    ...(found.certificate && last
      ? {
          certified: {
            upper: last.certified.toNumber('up'),
            upperExact: last.certified.toString(),
            restsOn: found.certificate.restsOn,
          },
        }
      : {}),
    attempts: found.attempts.map((a) => ({
      bits: a.bits,
      status: a.status,
      certified: a.certified.toNumber('up'),
      observed: a.observed.toNumber('down'),
      seconds: a.seconds,
    })),
  };
}

function foundRows(found: FoundBits | undefined): [string, string][] {
  return (found?.attempts ?? []).map((a) => [
    `${a.bits} bits`,
    a.status === 'refuted'
      ? `refuted: an output moves by ${about(a.observed)}`
      : `${a.status}: no output moves by more than ${bound(a.certified)}`,
  ]);
}

function printAttempts(found: FoundBits, options: Options): void {
  if (options.json) printJson(foundJson(found));
  else printRows([['status', 'undecided: no number of bits was proved'], ...foundRows(found)]);
}

function quantise(network: Network, { bits, rounding, format }: Options): Rounded {
  if ((bits === undefined) === (format === undefined)) {
    throw new InputError('quantize: expected either --bits or --format');
  }
  if (bits !== undefined)
    return quantizeUniform(network, { bits, ...(rounding ? { rounding: rounding as 'nearest' } : {}) });
  if (format !== 'float16') throw new InputError(`--format: expected float16, got ${JSON.stringify(format)}`);
  if (rounding !== undefined) throw new InputError('--rounding: half precision is always rounded to the nearest');
  return toFloat16(network);
}

function compare(before: Network, after: Network, path: string): Observation {
  const inputs = inputsFromFile(path, before.inputs, false);
  if (inputs.rounded) note('dyadnet: decimals that are not dyadic are read as their nearest float64');
  return observe(before, after, inputs.values);
}

/** What was proved of the network before does not hold of the rounded one. */
function metaOf({ meta, path }: OpenedNetwork, { bits, rounding = 'nearest', format }: Options): Meta {
  const { proved: _, guaranteed: __, ...kept } = meta ?? {};
  const how = bits === undefined ? { format: format as string } : { bits, rounding };
  return { ...kept, method: 'quantised', quantised: { ...how, from: path } };
}

function quantizeJson(
  rounded: Rounded,
  seen: Observation | undefined,
  bytes: number,
  options: Options,
): Record<string, unknown> {
  const number = (name: string, value: Dyadic): object => ({
    [name]: value.toNumber('up'),
    [`${name}Exact`]: value.toString(),
  });
  return {
    network: networkJson(rounded.network),
    storage: { ...rounded.network.storage(), fileBytes: bytes },
    changed: rounded.changed,
    vanished: rounded.vanished,
    ...number('largestChange', rounded.largestChange),
    ...(seen
      ? {
          observed: {
            ...number('deviation', seen.largest),
            rows: seen.rows,
            row: seen.row,
            output: seen.output,
            sameArgmax: seen.sameChoice,
            argmaxAgreement: seen.sameChoice / seen.rows,
          },
        }
      : {}),
    ...(options.out === undefined ? {} : { out: options.out }),
  };
}

function quantizeRows(
  before: Network,
  rounded: Rounded,
  seen: Observation | undefined,
  bytes: number,
  { out }: Options,
): [string, string | undefined][] {
  const { network } = rounded;
  const percent = (n: number, of: number): string => `${((100 * n) / of).toFixed(2)}%`;
  return [
    ['weights', `${network.connectivity} non-zero, ${before.connectivity} before`],
    [
      'changed',
      `${rounded.changed}, ${rounded.vanished} of them to 0, none by more than ${bound(rounded.largestChange)}`,
    ],
    [
      'Q(a,b)',
      `a = ${network.integerBits}, b = ${network.fractionalBits} fractional bits (${before.fractionalBits} before)`,
    ],
    [
      'observed',
      seen &&
        `|difference| up to ${bound(seen.largest)} on ${seen.rows} inputs (row ${seen.row + 1}, output ${seen.output}); not a bound`,
    ],
    [
      'argmax',
      seen && network.outputs > 1
        ? `the same output is largest on ${seen.sameChoice} of ${seen.rows} inputs (${percent(seen.sameChoice, seen.rows)})`
        : undefined,
    ],
    ['file', `${size(bytes)}${out === undefined ? '; not written (-o)' : `, ${out}`}`],
  ];
}
