import { checkProof } from '../check/check.ts';
import { Rejected } from '../check/read.ts';
import { InputError, printBound, Rational, toScientific } from '../exact/index.ts';
import type { Define } from './command.ts';
import { readBytes, readText } from './files.ts';
import { printJson, printRows } from './output.ts';

/** `dyadnet check`: whether a proof proves what it claims of a network, found out without any code of the prover. */
export const defineCheck: Define = (command, done) => {
  command
    .argument('<proof>', 'proof, as `dyadnet certify --proof` writes it')
    .argument('<network>', 'network file (.dyad) that it speaks of')
    .argument('[f]', 'network file (.dyad) of f, where f is a network')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExit code: 0 the proof holds, 1 it is rejected.\n\nExample:\n  dyadnet fit "x^2" --eps 1e-3 -o square.dyad\n  dyadnet certify square.dyad "x^2" --proof p.json\n  dyadnet check p.json square.dyad\n',
    )
    .action((path: string, network: string, f: string | undefined, options: { json?: boolean }) => {
      const proof = parsed(path);
      const [file, other] = [readBytes(network), f === undefined ? undefined : readBytes(f)];
      const started = performance.now();
      try {
        const claim = checkProof(proof, file, other);
        const seconds = (performance.now() - started) / 1000;
        if (options.json) {
          printJson({ status: 'proved', ...claim, seconds });
        } else {
          const about = (x: string): string => {
            const exact = Rational.parse(x).toDyadic();
            return exact ? toScientific(exact, 6, 'nearest') : x;
          };
          const upper = Rational.parse(claim.upper);
          printRows([
            ['status', 'proved'],
            ['f', claim.f],
            ['domain', `[${claim.domain.map(about).join(', ')}]`],
            ['sup |f - net|', `<= ${printBound(upper.toDyadic() ?? upper.roundBits(64, 'up'))}`],
            ['witness', `|f - net| >= ${about(claim.lower)} at x = ${about(claim.witness)}`],
            ['checked', `${claim.pieces} linear pieces`],
          ]);
        }
        done(0);
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
        if (options.json) printJson({ status: 'rejected', reason: error.message });
        else printRows([['status', `rejected: ${error.message}`]]);
        done(1);
      }
    });
};

function parsed(path: string): unknown {
  try {
    return JSON.parse(readText(path)) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`${path}: expected a proof in JSON, got ${error.message}`);
    throw error;
  }
}
