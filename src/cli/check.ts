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
    .argument('[f]', 'what f should be: expression in x, table, or network file (needed where f is a network)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExit code: 0 the proof holds, 1 it is rejected.\n\nExample:\n  dyadnet fit "x^2" --eps 1e-3 -o square.dyad\n  dyadnet certify square.dyad "x^2" --proof p.json\n  dyadnet check p.json square.dyad\n',
    )
    .action(async (path: string, network: string, f: string | undefined, options: { json?: boolean }) => {
      const proof = parsed(path);
      // The library's own reading of f is loaded only where there is an f to compare with.
      const named = f === undefined ? undefined : { f, ...(await import('./target.ts')) };
      const [file, other] = [readBytes(network), named?.isNetworkPath(named.f) ? readBytes(named.f) : undefined];
      const started = performance.now();
      try {
        const claim = checkProof(proof, file, other);
        if (named && !speaksOf(proof as Checked, named)) {
          throw new Rejected(`the proof speaks of ${claim.f}, not of ${f}`);
        }
        const copied =
          f === undefined && 'table' in (proof as Checked).f ? ": the proof's copy, name yours to compare" : '';
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
            ['f', `${claim.f}${copied}`],
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

/** A proof that was checked. */
interface Checked {
  readonly f: {
    readonly expression?: string;
    readonly table?: readonly (readonly [number | string, number | string])[];
    readonly over?: readonly [number | string, number | string];
  };
}

type Named = { readonly f: string } & typeof import('./target.ts');

/** Whether f is what the user names: the same text but for blanks, the same points, or some network (whose file was checked). */
function speaksOf({ f }: Checked, { f: spec, isNetworkPath, openTarget }: Named): boolean {
  if (isNetworkPath(spec)) return f.expression === undefined && f.table === undefined;
  const { target } = openTarget(spec);
  const squeezed = (text: string): string => text.replace(/\s+/g, '');
  if (target.kind !== 'table') return f.expression !== undefined && squeezed(f.expression) === squeezed(target.text);
  const { table = [], over: [dx, dy] = [1, 1] } = f;
  const same = (v: Rational, n: number | string, d: number | string): boolean =>
    v.eq(Rational.of(BigInt(n), BigInt(d)));
  const knots = target.knots ?? [];
  return (
    table.length === knots.length &&
    knots.every(({ x, y }, i) => same(x, table[i]![0], dx) && same(y, table[i]![1], dy))
  );
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readText(path)) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`${path}: expected a proof in JSON, got ${error.message}`);
    throw error;
  }
}
