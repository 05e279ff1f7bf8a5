import { existsSync } from 'node:fs';
import { certifySup, type SupCertificate } from '../certify/index.ts';
import { Dyadic, InputError, Interval, printBound, type Rational, type Target } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { approximationPicture } from '../plot/index.ts';
import { positiveOption } from './arguments.ts';
import type { Define } from './command.ts';
import { type ImportOptions, importOptions } from './import.ts';
import { type OpenedNetwork, openNetwork } from './network.ts';
import { bound, certifiedJson, networkJson, printJson, printRows } from './output.ts';
import { CSV_OPTION, pictureOption, typedCommand, writePicture } from './picture.ts';
import { progress } from './progress.ts';
import { domainOption, isNetworkPath, openTarget } from './target.ts';

interface Options extends ImportOptions {
  out: string;
  target?: string;
  domain?: ReturnType<typeof domainOption>;
  seconds?: Rational;
  swap?: boolean;
  csv?: boolean;
  quiet?: boolean;
  json?: boolean;
}

const DEFAULT_SECONDS = 20;

/** `dyadnet plot`: a network, what it approximates, and the certified error, as one picture. */
export const definePlot: Define = (command, done) => {
  importOptions(command)
    .argument('<network>', 'network file (.dyad, .onnx, .nnet) with one input')
    .requiredOption('-o, --out <file>', 'the picture, .svg', pictureOption)
    .option('--target <f>', "what it approximates: an expression, a table or a network file (default: the file's own)")
    .option('--domain <a,b>', "where (default: the network file's own domain, else 0,1)", domainOption)
    .option(
      '--seconds <s>',
      `stop proving after this time with the bounds found so far (default ${DEFAULT_SECONDS})`,
      positiveOption('--seconds'),
    )
    .option('--swap', "exchange the table's columns")
    .option(...CSV_OPTION)
    .option('--quiet', 'no progress')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  dyadnet plot square.dyad --target "x^2" -o square.svg --csv\n')
    .action((path: string, options: Options) => {
      const file = openNetwork(path, options);
      const { network, meta } = file;
      const found = targetOf(file, options);
      const ends = endsOf(file, found?.target, options);
      let certificate: SupCertificate | undefined;
      if (found) {
        const bar = progress(`plot ${path}`, options.quiet);
        certificate = certifySup(network, found.target, {
          domain: ends,
          seconds: options.seconds?.toNumber() ?? DEFAULT_SECONDS,
          onProgress: ({ swept }) => bar.update(swept),
        });
        bar.stop();
      }
      const remark = certificate ? undefined : recorded(file);
      const picture = approximationPicture({
        network,
        ...(found ? { target: found.target, targetText: found.text } : {}),
        ...(certificate ? { certificate } : {}),
        domain: [ends[0].hi, ends[1].lo],
        ...(meta?.name ? { title: meta.name } : {}),
        ...(meta?.inputs?.[0] ? { input: meta.inputs[0] } : {}),
        ...(meta?.outputs?.[0] ? { output: meta.outputs[0] } : {}),
        ...(remark ? { remark } : {}),
        command: typedCommand(),
      });
      const written = writePicture(options.out, picture, options.csv);
      if (options.json) {
        printJson({
          written,
          network: networkJson(network),
          ...(found ? { target: found.text } : {}),
          ...(certificate ? { status: certificate.status, certified: certifiedJson(certificate) } : {}),
        });
      } else {
        printRows([
          ['target', found?.text ?? 'none'],
          [
            'sup |f - net|',
            certificate && (certificate.upper ? `<= ${bound(certificate.upper)}` : 'not shown to be bounded'),
          ],
          ['written', written.join(', ')],
        ]);
      }
      done(0);
    });
};

interface Found {
  readonly target: Target | Network;
  readonly text: string;
}

/** The target asked for, else the one the file names, where it can still be read. */
function targetOf({ network, meta, path }: OpenedNetwork, { target, swap }: Options): Found | undefined {
  const spec = target ?? meta?.target;
  if (network.inputs !== 1) throw new InputError(`${path}: expected a network with 1 input, got ${network.inputs}`);
  if (spec === undefined || (target === undefined && network.outputs !== 1)) return undefined;
  try {
    const opened = isNetworkPath(spec)
      ? { target: openNetwork(spec).network, text: spec }
      : openedTarget(spec.startsWith('table ') && existsSync(spec.slice(6)) ? spec.slice(6) : spec, swap === true);
    if (opened.target.inputs !== 1)
      throw new InputError(`--target: expected f of one input x, got ${opened.target.inputs} inputs`);
    return opened;
  } catch (error) {
    // A target that only the file names may be a table that is not here.
    if (target === undefined && (error instanceof InputError || (error as { code?: string }).code === 'ENOENT'))
      return undefined;
    throw error;
  }
}

function openedTarget(spec: string, swap: boolean): Found {
  const { target } = openTarget(spec, { swap });
  return { target, text: target.text };
}

/** The domain: as asked, the file's, the table's range, or [0, 1]. */
function endsOf(
  { domain }: OpenedNetwork,
  target: Target | Network | undefined,
  options: Options,
): readonly [Interval, Interval] {
  if (options.domain) return options.domain;
  if (domain?.[0]) return [Interval.of(domain[0].lo), Interval.of(domain[0].hi)];
  const knots = target && 'knots' in target ? target.knots : undefined;
  if (knots?.length) {
    const [first, last] = [knots[0]!.x, knots[knots.length - 1]!.x];
    return [
      Interval.of(first.roundBits(80, 'down'), first.roundBits(80, 'up')),
      Interval.of(last.roundBits(80, 'down'), last.roundBits(80, 'up')),
    ];
  }
  return [Interval.of(0), Interval.of(1)];
}

function recorded({ meta }: OpenedNetwork): string | undefined {
  const upper = meta?.proved?.upper;
  if (upper === undefined) return undefined;
  return `The file states |f − net| ≤ ${printBound(Dyadic.parse(upper))}${meta?.target ? ` for f = ${meta.target}` : ''}; that was not proved again here.`;
}
