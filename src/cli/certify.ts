import { certifySup, type SupCertificate, type SupOptions } from '../certify/index.ts';
import { Dyadic, InputError, type Rational } from '../exact/index.ts';
import { kappa } from '../io/index.ts';
import { positiveOption } from './arguments.ts';
import type { Define } from './command.ts';
import { type ImportOptions, importOptions } from './import.ts';
import { openNetwork } from './network.ts';
import { about, bound, certifiedJson, networkJson, note, printJson, printRows } from './output.ts';
import { progress } from './progress.ts';
import { writeProof } from './proof.ts';
import { certifySpecification, isSpecification } from './specification.ts';
import { domainOption, isNetworkPath, openTarget } from './target.ts';

/** Default of --seconds. */
const SECONDS = 300;

interface Options extends ImportOptions {
  domain?: ReturnType<typeof domainOption>;
  eps?: Rational;
  seconds?: Rational;
  swap?: boolean;
  proof?: string;
  quiet?: boolean;
  json?: boolean;
}

/** `dyadnet certify`: how far a network is from a function, a table or another network, proved. */
export const defineCertify: Define = (command, done) => {
  importOptions(command)
    .argument('<network>', 'network file (.dyad, .onnx, .nnet) with one input and one output')
    .argument('<f>', 'expression in x, table (CSV, TSV, ITS-90), network file, or .vnnlib of one input')
    .option('--domain <a,b>', "where (default: the network file's own domain, else 0,1)", domainOption)
    .option('--eps <error>', 'ask whether the error is at most this', positiveOption('--eps'))
    .option(
      '--seconds <s>',
      `stop after this time with the bounds found so far (default: ${SECONDS})`,
      positiveOption('--seconds'),
    )
    .option('--proof <file>', 'write down why the bound holds, for `dyadnet check`')
    .option('--swap', "exchange the table's columns")
    .option('--quiet', 'no progress')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExit code: 0 proved, 1 refuted or undecided.\n\nExample:\n  dyadnet fit "x^2" --eps 1e-3 -o square.dyad\n  dyadnet certify square.dyad "x^2"\n',
    )
    .action((path: string, spec: string, options: Options) => {
      const file = openNetwork(path, options);
      if (isSpecification(spec)) {
        done(certifySpecification(file, spec, options.json === true));
        return;
      }
      const { network, domain, bytes } = file;
      const { target, text } = isNetworkPath(spec)
        ? { target: openNetwork(spec).network, text: spec }
        : named(openTarget(spec, { swap: options.swap === true }).target);
      const within = options.eps && (options.eps.toDyadic() ?? options.eps.roundBits(80, 'down'));
      const bar = progress(`certify ${path}`, options.quiet);
      const started = performance.now();
      const ends = options.domain ?? (domain?.[0] && ([domain[0].lo, domain[0].hi] as const));
      const settings: SupOptions = {
        ...(ends ? { domain: ends } : {}),
        ...(within ? { within } : {}),
        seconds: options.seconds?.toNumber() ?? SECONDS,
        onProgress: ({ swept }) => bar.update(swept),
      };
      const proved = options.proof === undefined ? undefined : writeProof(options.proof, network, target, settings);
      const certificate = proved?.certificate ?? certifySup(network, target, settings);
      bar.stop();
      const seconds = (performance.now() - started) / 1000;
      const used = certificate.upper && kappa(8 * bytes, certificate.upper);
      if (options.json) {
        printJson({
          status: certificate.status,
          ...(certificate.missing ? { missing: certificate.missing } : {}),
          certified: certifiedJson(certificate),
          ...(options.eps ? { eps: options.eps.toNumber(), epsExact: options.eps.toString() } : {}),
          network: networkJson(network),
          storage: { ...network.storage(), fileBytes: bytes },
          ...(used ? { kappa: used.toNumber('up'), kappaExact: used.toString() } : {}),
          target: text,
          pieces: certificate.pieces,
          ...(proved?.proof ? { proof: options.proof } : {}),
          seconds,
        });
      } else {
        printRows([
          ...certificateRows(certificate, options.eps),
          ['proof', proved && (proved.proof ? `${options.proof}` : 'none: f is not shown to be bounded')],
        ]);
        note(`dyadnet: ${certificate.pieces} linear pieces, ${seconds.toFixed(2)} s`);
      }
      done(certificate.status === 'proved' ? 0 : 1);
    });
};

function named(target: ReturnType<typeof openTarget>['target']): { target: typeof target; text: string } {
  if (target.inputs !== 1) throw new InputError(`certify: expected f of one input x, got ${target.inputs} inputs`);
  return { target, text: target.text };
}

/** A certificate for people. */
export function certificateRows(c: SupCertificate, eps?: Rational): [string, string | undefined][] {
  const question = eps ? ` (asked: sup |f - net| <= ${eps.toNumber()})` : '';
  return [
    ['status', `${c.status}${question}`],
    ['missing', c.missing],
    ['sup |f - net|', c.upper ? `<= ${bound(c.upper)}` : 'not shown to be bounded'],
    ['witness', `|f - net| >= ${about(c.lower)} at x = ${c.witness instanceof Dyadic ? about(c.witness) : c.witness}`],
    ['rests on', c.restsOn.join('; ')],
  ];
}
