import { linearPieces, type Piece } from '../certify/index.ts';
import { InputError, type Interval, Rational } from '../exact/index.ts';
import type { Meta, Quantity, Table } from '../io/index.ts';
import { evaluateRational, type Network } from '../net/index.ts';
import { type FitResult, fit as fitTarget, METHODS } from '../workbench/index.ts';
import { bytesOption, positiveOption, wholeOption } from './arguments.ts';
import { certificateRows } from './certify.ts';
import type { Define } from './command.ts';
import { writeWhole } from './files.ts';
import { fitIntoDecoder, normOption } from './intrinsic.ts';
import { bound, boundJson, certifiedJson, networkJson, note, printJson, printRows, size } from './output.ts';
import { progress } from './progress.ts';
import {
  fitOnCube,
  printPlan,
  type QuantisedFlags,
  quantisedFlags,
  quantisedOptions,
  reportRows,
} from './quantised.ts';
import { fitSpecification, isSpecification } from './specification.ts';
import { domainOption, type OpenedTarget, openTarget } from './target.ts';

interface Options extends QuantisedFlags {
  bytes?: number;
  bits?: number;
  domain?: ReturnType<typeof domainOption>;
  swap?: boolean;
  seconds?: Rational;
  cellBits?: number;
  norm?: 'sup' | number;
  meta: boolean;
  quiet?: boolean;
}

/** `dyadnet fit`: a function or a measured table becomes a network with few-bit weights and a proved error. */
export const defineFit: Define = (command, done) => {
  const methods = METHODS.map((m) => `  ${m.name.padEnd(12)} ${m.about}`).join('\n');
  quantisedFlags(command)
    .argument('<f>', 'expression in x (or x1, x2, ...), a table (CSV, TSV, ITS-90), or a .vnnlib of one input')
    .option('--eps <error>', 'wanted bound on sup |f - net|', positiveOption('--eps'))
    .option('--bytes <size>', 'the smallest error within a file of this size (512, 64KiB)', bytesOption('--bytes'))
    .option('--bits <b>', 'weights in Q(a,b): b fractional bits, a as it fits', wholeOption('--bits', 0, 4096))
    .option('--domain <a,b>', 'where, for example -1,2*pi (default 0,1; for a table its own range)', domainOption)
    .option('--method <name>', 'construction; auto takes the smallest file', 'auto')
    .option('--norm <p>', 'intrinsic: the error in L^p, p >= 1, instead of the sup norm', normOption)
    .option('--cell-bits <n>', 'intrinsic, instead of --eps: 2^n cells an axis', wholeOption('--cell-bits', 1, 20))
    .option('--swap', "exchange the table's columns: the inverse function")
    .option('--seconds <s>', 'give up a proof after this time', positiveOption('--seconds'))
    .option('--no-meta', 'a file of the network and its domain only: no names, units or proof')
    .option('-o, --output <file>', 'write the network here')
    .option('--quiet', 'no progress')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `\nMethods:\n  auto         whichever of these gives the smallest file\n${methods}\n
Exit code: 0 proved, 1 undecided, or refuted: no network found is within the wanted error.\n\nExample:\n  dyadnet fit "sin(2*pi*x)/(2*pi)" --eps 1e-4 -o sine.dyad\n`,
    )
    .action((spec: string, options: Options) => {
      if (isSpecification(spec)) {
        const asked = ['eps', 'bytes', 'bits', 'domain', 'lambda', 'smoothness', 'linear', 'plan', 'swap'] as const;
        refuseBeside(options, asked, `nothing beside ${spec}, whose clauses say what is wanted and where`);
        if (options.method !== 'auto') {
          throw new InputError(`--method: expected nothing beside the specification ${spec}, got ${options.method}`);
        }
        fitSpecification(spec, options.output, options.json === true);
        return done(0);
      }
      const opened = openTarget(spec, { swap: options.swap === true });
      if (options.plan) {
        printPlan(opened.target, options);
        return done(0);
      }
      const { inputs } = opened.target;
      if (options.method !== 'intrinsic') {
        refuseBeside(options, ['norm', 'cellBits'], '--method intrinsic beside it');
      } else if (inputs > 1 || options.norm !== undefined || options.cellBits !== undefined) {
        refuseBeside(options, ['bytes', 'bits', 'seconds'], 'nothing of the kind beside --method intrinsic');
        if (inputs > 1) refuseBeside(options, ['domain'], `a function of one input beside it, got ${inputs} inputs`);
        return done(fitIntoDecoder(opened, options));
      }
      if (inputs > 1) {
        refuseBeside(options, ['bytes', 'bits', 'domain'], `a function of one input beside it, got ${inputs} inputs`);
        return done(fitOnCube(opened.target, options));
      }
      const quantised = quantisedOptions(options);
      const bar = progress(`fit ${spec}`, options.quiet);
      const started = performance.now();
      const result = fitTarget(opened.target, {
        ...(options.eps ? { epsilon: options.eps } : {}),
        ...(options.bytes === undefined ? {} : { bytes: options.bytes }),
        ...(options.bits === undefined ? {} : { bits: options.bits }),
        ...(options.domain ? { domain: options.domain } : {}),
        ...(options.seconds ? { seconds: options.seconds.toNumber() } : {}),
        ...(quantised ? { quantised } : {}),
        method: options.method,
        ...(options.meta ? { meta: (fitted) => describe(opened, fitted) } : {}),
        onProgress: ({ stage, method }) => bar.update(stage === 'build' ? 0.3 : 0.7, `${stage} ${method}`),
      });
      bar.stop();
      const seconds = (performance.now() - started) / 1000;
      const entries = opened.table && checkEntries(opened.table, result);
      if (options.output !== undefined) writeWhole(options.output, result.file);
      if (options.json)
        printJson({ ...fitJson(result), ...(entries ? { entries: entriesJson(entries) } : {}), seconds });
      else {
        printRows(fitRows(opened, result, options, entries));
        note(`dyadnet: ${seconds.toFixed(2)} s`);
      }
      done(result.status === 'proved' ? 0 : 1);
    });
};

/** Throws InputError where one of these options is given. */
function refuseBeside(options: Options, names: readonly (keyof Options)[], expected: string): void {
  for (const name of names) {
    const flag = name === 'cellBits' ? 'cell-bits' : name;
    if (options[name] !== undefined) throw new InputError(`--${flag}: expected ${expected}`);
  }
}

/** What the file says about itself. Everything is an exact text. */
function describe({ target, table }: OpenedTarget, fitted: Omit<FitResult, 'file' | 'storage' | 'kappa'>): Meta {
  const { certificate, method } = fitted;
  const quantity = (q: Quantity | undefined): Quantity[] => (q && Object.keys(q).length > 0 ? [q] : [{}]);
  return {
    method,
    target: target.text,
    ...(table?.title ? { name: table.title } : {}),
    ...(table ? { inputs: quantity(table.x), outputs: quantity(table.y) } : {}),
    ...(table && table.notes.length > 0 ? { notes: table.notes } : {}),
    ...(certificate.upper && fitted.status === 'proved'
      ? {
          proved: {
            upper: certificate.upper.toString(),
            lower: certificate.lower.toString(),
            witness: [certificate.witness.toString()],
            restsOn: certificate.restsOn,
          },
        }
      : {}),
  };
}

interface Entries {
  /** Entries in the domain, and in the table. */
  readonly count: number;
  readonly all: number;
  readonly worst: Rational;
  readonly at: Rational;
}

/** Beyond so many products the oracle is asked about the worst entry only; the others follow from the network's linear pieces. */
const MOST_PRODUCTS = 2 ** 25;

/** The largest error over the table's own entries in the domain, each computed exactly; undefined where none lies there. */
function checkEntries({ points }: Table, { network, hull }: FitResult): Entries | undefined {
  const [lo, hi] = [Rational.fromDyadic(hull.lo), Rational.fromDyadic(hull.hi)];
  const inside = points.filter(({ x }) => x.compare(lo) >= 0 && x.compare(hi) <= 0);
  const [first] = inside;
  if (!first) return undefined;
  const oracle = (x: Rational): Rational => evaluateRational(network, [x])[0] as Rational;
  const many = inside.length * network.connectivity > MOST_PRODUCTS;
  const value = many ? alongPieces(network, hull) : oracle;
  let worst = Rational.of(0n);
  let at = first.x;
  for (const { x, y } of inside) {
    const error = value(x).sub(y).abs();
    if (error.compare(worst) > 0) [worst, at] = [error, x];
  }
  if (many) {
    const { y } = inside.find(({ x }) => x === at) as { y: Rational };
    if (!oracle(at).sub(y).abs().eq(worst)) throw new Error(`checkEntries: pieces and oracle differ at ${at}`);
  }
  return { count: inside.length, all: points.length, worst, at };
}

/** The network's values at points that only grow, from its linear pieces: linear time in the points and the pieces together. */
function alongPieces(network: Network, { lo, hi }: Interval): (x: Rational) => Rational {
  const pieces = linearPieces(network, { lo, hi });
  const next = (): Piece => pieces.next().value as Piece;
  let piece = next();
  return (x) => {
    while (piece.to.compare(x) < 0) piece = next();
    return x.mul(Rational.fromDyadic(piece.slope)).add(Rational.fromDyadic(piece.intercept));
  };
}

function fitJson(result: FitResult): Record<string, unknown> {
  const { certificate, network, storage, kappa, guaranteed, weights, hull } = result;
  return {
    status: certificate.status,
    ...(certificate.missing ? { missing: certificate.missing } : {}),
    certified: certifiedJson(certificate),
    network: networkJson(network),
    weights: { integerBits: weights.a, fractionalBits: weights.b },
    storage,
    ...(kappa ? { kappa: kappa.toNumber('up'), kappaExact: kappa.toString() } : {}),
    ...(guaranteed ? boundJson({ guaranteed }) : {}),
    method: result.method,
    details: result.details,
    domain: [hull.lo.toNumber('down'), hull.hi.toNumber('up')],
    domainExact: [hull.lo.toString(), hull.hi.toString()],
  };
}

function entriesJson({ count, worst, at }: Entries): object {
  return {
    count,
    worst: worst.toNumber('up'),
    worstExact: worst.toString(),
    at: at.toNumber(),
    atExact: at.toString(),
  };
}

function fitRows(
  { target, table }: OpenedTarget,
  result: FitResult,
  options: Options,
  entries: Entries | undefined,
): [string, string | undefined][] {
  const { network, storage, weights, kappa } = result;
  const unit = (q: Quantity | undefined): string => (q?.unit ? ` ${q.unit}` : '');
  return [
    ['f', table?.title ?? target.text],
    ...(table?.notes.map((text): [string, string] => ['note', text]) ?? []),
    ...certificateRows(result.certificate, options.eps),
    [
      'table entries',
      entries &&
        `${entries.count === entries.all ? 'all' : `the ${entries.count} in the domain, of`} ${entries.all} checked exactly: within ${bound(entries.worst.roundBits(64, 'up'))}${unit(table?.y)}, worst at ${entries.at.toNumber()}${unit(table?.x)}`,
    ],
    ['method', result.method],
    ...(result.report ? reportRows(result.report) : []),
    [
      'network',
      `depth ${network.depth}, width ${network.width}, ${network.connectivity} weights in Q(${weights.a},${weights.b})`,
    ],
    ['alphabet', `${network.alphabet().length} distinct values`],
    ['file', `${size(storage.fileBytes)}${options.output === undefined ? '' : ` -> ${options.output}`}`],
    ['kappa', kappa && `${kappa.toNumber('up').toPrecision(4)} = file bits x error`],
  ];
}
