import { type Dyadic, InputError, type Rational } from '../exact/index.ts';
import { encodeNetwork, type Meta } from '../io/index.ts';
import type { Network } from '../net/index.ts';
import type { Rounded } from '../quantize/index.ts';
import {
  type ChosenBits,
  chooseBits,
  type Observation,
  observe,
  type QuantisationReport,
  reportOf,
  roundedBy,
} from '../workbench/index.ts';
import { positiveOption } from './arguments.ts';
import { openBox } from './box.ts';
import type { Define } from './command.ts';
import { writeWhole } from './files.ts';
import { type ImportOptions, importOptions } from './import.ts';
import { inputsFromFile } from './inputs.ts';
import { type OpenedNetwork, openNetwork } from './network.ts';
import { about, bound, boundJson, networkJson, note, printJson, printRows, size, worstJson } from './output.ts';
import { progress } from './progress.ts';
import { type QuantiserOptions, quantiserMeta, quantiserOf, quantiserOptions } from './quantiser.ts';

interface Options extends ImportOptions, QuantiserOptions {
  error?: Rational;
  certify?: boolean;
  box?: string;
  seconds?: Rational;
  in?: string;
  out?: string;
  json?: boolean;
}

/** `dyadnet quantize`: a network with fewer bits a weight, and how far it moves: by formula, proved, and seen. */
export const defineQuantize: Define = (command, done) => {
  quantiserOptions(importOptions(command).argument('<network>', 'network file (.dyad, .onnx, .nnet)'))
    .option('--error <e>', 'the fewest bits whose outputs provably move by at most this', positiveOption('--error'))
    .option('--certify', 'bound how far the outputs move on the box: by formula, proved, and seen')
    .option('--box <box>', "for both: a VNN-LIB file, lo,hi or lo,hi;lo,hi;... (default: the file's domain)")
    .option(
      '--seconds <s>',
      'time for the proof, with --error for each number of bits (default 10)',
      positiveOption('--seconds'),
    )
    .option('--in <file>', 'CSV of inputs, one vector a line: compare both networks on them')
    .option('-o, --out <file>', 'write the network here (.dyad)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  dyadnet quantize model.onnx --bits 6 --in samples.csv -o model6.dyad\n  dyadnet quantize model.onnx --codebook 16 --certify --box 0,1\n',
    )
    .action(async (path: string, options: Options) => {
      const file = openNetwork(path, options);
      const found = options.error === undefined ? undefined : await fewestBits(file, options.error, options);
      const how = found ? undefined : quantiserOf(options);
      const rounded = found?.certified.rounded ?? roundedBy(file.network, how!);
      const seen = options.in === undefined ? undefined : compare(file.network, rounded.network, options.in);
      const moved = found ? undefined : await certified(file, rounded, options);
      const kept = how ? quantiserMeta(how) : { bits: found!.certified.bits, rounding: options.rounding ?? 'nearest' };
      const bytes = encodeNetwork({
        network: rounded.network,
        ...(file.domain ? { domain: file.domain } : {}),
        meta: metaOf(file, kept),
      });
      if (options.out !== undefined) writeWhole(options.out, bytes);
      if (options.json) {
        printJson({
          ...foundJson(found),
          ...quantizeJson(rounded, seen, bytes.length, options),
          ...(moved ? { status: 'proved', certified: worstJson(moved.certificate), deviation: movedJson(moved) } : {}),
        });
      } else
        printRows([
          ...file.facts,
          ...foundRows(found),
          ...quantizeRows(file.network, rounded, seen, bytes.length, options),
          ...movedRows(moved),
        ]);
      done(0);
    });
};

async function certified(
  file: OpenedNetwork,
  rounded: Rounded,
  { certify, box, seconds }: Options,
): Promise<QuantisationReport | undefined> {
  if (!certify && box === undefined) return undefined;
  const where = openBox(box, file.network.inputs, file.domain);
  const bar = progress(`certify ${file.path}`);
  const report = await reportOf(file.network, rounded, where.outer, {
    witnessIn: where.inner,
    ...(seconds ? { seconds: seconds.toNumber() } : {}),
    onProgress: ({ settled }) => bar.update(settled),
  });
  bar.stop();
  return report;
}

function movedJson({ aPriori, certified, observed, bounds, witness, lipschitz }: QuantisationReport): object {
  const { lInf, l1, l2, entrywise } = bounds;
  const slopes = { byClass: lipschitz.byClass.constant, network: lipschitz.best, witness: lipschitz.witness.lower };
  return {
    ...boundJson({ aPriori, certified, observed }, ['observed']),
    aPrioriBy: boundJson({ entrywise, lInf, l1, l2 }),
    lipschitz: boundJson(slopes, ['witness']),
    witness: witness.map((x) => x.toNumber()),
    witnessExact: witness.map(String),
  };
}

function movedRows(moved: QuantisationReport | undefined): [string, string][] {
  if (!moved) return [];
  return [
    ['a priori', `no output moves by more than ${bound(moved.aPriori)}, by the size of the weights alone`],
    ['certified', `no output moves by more than ${bound(moved.certified)}`],
    ['seen', `an output moves by ${about(moved.observed)}`],
    [
      'Lipschitz',
      `of weights to outputs: ${about(moved.lipschitz.byClass.constant)} for the class, ${about(moved.lipschitz.best)} for this network, at least ${about(moved.lipschitz.witness.lower)} by a witness`,
    ],
  ];
}

async function fewestBits(file: OpenedNetwork, error: Rational, options: Options): Promise<ChosenBits> {
  for (const [flag, value] of [
    ['--bits', options.bits],
    ['--step', options.step],
    ['--codebook', options.codebook],
    ['--powers', options.powers],
    ['--alphabet', options.alphabet],
    ['--format', options.format],
  ] as const) {
    if (value !== undefined)
      throw new InputError(`quantize: expected --error without ${flag}: it finds the bits itself`);
  }
  if (options.rounding === 'stochastic') {
    throw new InputError('quantize: expected --error with --rounding nearest or floor, got "stochastic"');
  }
  const box = openBox(options.box, file.network.inputs, file.domain);
  const bar = progress(`quantize ${file.path}`);
  const chosen = await chooseBits(file.network, {
    error: error.toDyadic() ?? error.roundBits(80, 'down'),
    box: box.outer,
    witnessIn: box.inner,
    ...(options.rounding ? { rounding: options.rounding as 'nearest' } : {}),
    ...(options.seconds ? { seconds: options.seconds.toNumber() } : {}),
    onBits: (bits) => bar.update(0, `${bits} bits`),
    onProgress: ({ settled }) => bar.update(settled),
  });
  bar.stop();
  return chosen;
}

function foundJson(found: ChosenBits | undefined): Record<string, unknown> {
  if (!found) return {};
  const { certified, aPriori, attempts } = found;
  return {
    status: 'proved',
    bits: certified.bits,
    certified: boundJson({ upper: certified.bound }),
    aPriori: { bits: aPriori.bits, ...boundJson({ upper: aPriori.bound }) },
    attempts: attempts.map((a) => ({
      bits: a.bits,
      status: a.status,
      certified: a.certified.toNumber('up'),
      observed: a.observed.toNumber('down'),
      seconds: a.seconds,
    })),
  };
}

function foundRows(found: ChosenBits | undefined): [string, string][] {
  if (!found) return [];
  const { aPriori, attempts } = found;
  return [
    ...attempts.map((a): [string, string] => [
      `${a.bits} bits`,
      a.status === 'refuted'
        ? `refuted: an output moves by ${about(a.observed)}`
        : `${a.status}: no output moves by more than ${bound(a.certified)}`,
    ]),
    [
      'a priori',
      `${aPriori.bits} bits: by the size of the weights alone no output moves by more than ${bound(aPriori.bound)}`,
    ],
  ];
}

function compare(before: Network, after: Network, path: string): Observation {
  const inputs = inputsFromFile(path, before.inputs, false);
  if (inputs.rounded) note('dyadnet: decimals that are not dyadic are read as their nearest float64');
  return observe(before, after, inputs.values);
}

/** What was proved of the network before does not hold of the rounded one. */
function metaOf({ meta, path }: OpenedNetwork, how: Readonly<Record<string, string | number | boolean>>): Meta {
  const { proved: _, guaranteed: __, ...kept } = meta ?? {};
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
