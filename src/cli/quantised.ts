/** What `dyadnet fit` needs for the constructions of [DLS18]: their options, plans without a network, and [0,1]^d, d > 1. */
import type { Command } from 'commander';
import { MAX_DIMENSION, type Membership, planCached, planTaylor } from '../construct/index.ts';
import { InputError, type Rational, type Target } from '../exact/index.ts';
import type { Meta } from '../io/index.ts';
import {
  type CubeOptions,
  type CubeResult,
  cachedOptions,
  type DescribedReport,
  detailsOf,
  fitCube,
  type QuantisedOptions,
  taylorOptions,
} from '../workbench/index.ts';
import { wholeOption } from './arguments.ts';
import { paperRows } from './blocks.ts';
import { writeWhole } from './files.ts';
import { about, bound, boundJson, networkJson, note, printJson, printRows, size } from './output.ts';

export interface QuantisedFlags {
  eps?: Rational;
  method: string;
  lambda?: number;
  smoothness?: number;
  linear?: boolean;
  sharp?: boolean;
  plan?: boolean;
  /** False: the file keeps the network alone. */
  meta: boolean;
  output?: string;
  json?: boolean;
}

export function quantisedFlags(command: Command): Command {
  return command
    .option('--lambda <count>', 'taylor, cached: distinct weights (default 2)', wholeOption('--lambda', 2, 64))
    .option('-n, --smoothness <n>', 'taylor: f has n bounded derivatives', wholeOption('--smoothness', 1, 16))
    .option('--linear', 'taylor, cached: weights are the multiples of 1/lambda; lambda 2, 4, 8, 16')
    .option('--sharp', "taylor, cached: the least sizes that the proof allows instead of the paper's")
    .option('--plan', 'taylor, cached: count the network without building it');
}

/** Undefined where none of these options is given. */
export function quantisedOptions({ lambda, smoothness, linear, sharp }: QuantisedFlags): QuantisedOptions | undefined {
  const asked: QuantisedOptions = {
    ...(lambda === undefined ? {} : { lambda }),
    ...(smoothness === undefined ? {} : { n: smoothness }),
    ...(linear ? { quantisation: 'linear' } : {}),
    ...(sharp ? { constants: 'sharp' } : {}),
  };
  return Object.keys(asked).length > 0 ? asked : undefined;
}

function epsilonOf({ eps }: QuantisedFlags): Rational {
  if (!eps) throw new InputError('--eps: expected the wanted error');
  return eps;
}

/** Counts of the network that would be built; nothing is written. */
export function printPlan(target: Target, flags: QuantisedFlags): void {
  const { method } = flags;
  if (method !== 'taylor' && method !== 'cached') {
    throw new InputError(`--plan: expected --method taylor or --method cached, got ${method}`);
  }
  const asked = quantisedOptions(flags);
  const epsilon = epsilonOf(flags);
  const report: DescribedReport =
    method === 'taylor'
      ? planTaylor(target, taylorOptions(asked, epsilon))
      : planCached(target, cachedOptions(asked, epsilon));
  if (flags.json) {
    printJson({
      planned: report.counts,
      ...boundJson({ guaranteed: report.bound }),
      method,
      details: detailsOf(report),
      alphabet: report.alphabet,
      paper: report.paper,
      blocks: report.blocks,
      restsOn: report.restsOn,
    });
    return;
  }
  printRows([
    ['f', target.text],
    ['status', 'planned, not built'],
    ...reportRows(report),
    ...paperRows(report.counts, report.paper),
  ]);
}

/** The parameters, the theorem's bound and what differs from the paper. */
export function reportRows(report: DescribedReport): [string, string][] {
  const { membership, derivatives } = report;
  return [
    ['theorem', `${report.statement}: error <= ${bound(report.bound)} for the class`],
    [
      'parameters',
      Object.entries(report.parameters)
        .map(([k, v]) => `${k} = ${v}`)
        .join(', '),
    ],
    ...(membership ? [['class', classOf(membership, derivatives)] as [string, string]] : []),
    ...report.notes.map((text): [string, string] => ['note', text]),
  ];
}

/** Whether f is in the class, after which scaling, and where its derivatives come from. */
function classOf({ status, scaleLog2, upper }: Membership, derivatives: DescribedReport['derivatives']): string {
  const scaled = scaleLog2 === 0 ? 'f' : `f/2^${scaleLog2}`;
  const from = derivatives && derivatives !== 'none' ? `; derivatives from the ${derivatives}` : '';
  return status === 'proved'
    ? `${scaled} is in it, proved; the largest derivative of f, enclosed, is ${about(upper)}${from}`
    : `${scaled} is in it, as stated${from}`;
}

/** A function of several inputs; the exit code. */
export function fitOnCube(target: Target, flags: QuantisedFlags): number {
  const started = performance.now();
  if (target.inputs > MAX_DIMENSION) {
    throw new InputError(`fit: expected a function of at most ${MAX_DIMENSION} inputs, got ${target.inputs}`);
  }
  const result = fitCube(target, {
    epsilon: epsilonOf(flags),
    method: flags.method,
    ...quantisedOptions(flags),
    ...(flags.meta ? { meta: (fitted) => metaOf(target, fitted) } : {}),
  });
  const seconds = (performance.now() - started) / 1000;
  if (flags.output !== undefined) writeWhole(flags.output, result.file);
  if (flags.json) printJson({ ...cubeJson(result), seconds });
  else {
    printRows(cubeRows(target, result, flags));
    note(`dyadnet: ${seconds.toFixed(2)} s`);
  }
  return result.status === 'proved' ? 0 : 1;
}

function metaOf(
  target: Target,
  { certificate, restsOn, report }: Parameters<NonNullable<CubeOptions['meta']>>[0],
): Meta {
  return {
    method: 'taylor',
    target: target.text,
    guaranteed: report.bound.toString(),
    proved: {
      upper: certificate.upper.toString(),
      lower: certificate.lower.toString(),
      witness: certificate.witness.map(String),
      restsOn,
    },
  };
}

function cubeJson({
  status,
  certificate: c,
  network,
  report,
  storage,
  details,
  restsOn,
}: CubeResult): Record<string, unknown> {
  return {
    status,
    certified: { ...boundJson({ upper: c.upper, lower: c.lower }), witness: c.witness, restsOn },
    ...boundJson({ guaranteed: c.class, theorem: c.theorem }),
    network: networkJson(network),
    alphabet: report.alphabet,
    storage,
    method: 'taylor',
    details,
    paper: report.paper,
    domain: c.witness.map(() => [0, 1]),
  };
}

function cubeRows(target: Target, result: CubeResult, { eps, output }: QuantisedFlags): [string, string | undefined][] {
  const { certificate: c, network, report, storage, restsOn } = result;
  return [
    ['f', target.text],
    ['status', `${result.status} (asked: sup |f - net| <= ${eps?.toNumber()})`],
    ['sup |f - net|', `<= ${bound(c.upper)}`],
    ['witness', `|f - net| >= ${about(c.lower)} at x = (${c.witness.join(', ')})`],
    ['rests on', restsOn.join('; ')],
    ['method', 'taylor'],
    ...reportRows(report),
    ['network', `depth ${network.depth}, width ${network.width}, ${network.connectivity} weights`],
    ['alphabet', `${network.alphabet().length} distinct values`],
    ['file', `${size(storage.fileBytes)}${output === undefined ? '' : ` -> ${output}`}`],
  ];
}
