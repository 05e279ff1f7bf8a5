/** VNN-LIB interval specifications on the command line: a network for one (`fit`), and whether one holds (`certify`). */
import { extname } from 'node:path';
import type { Rational } from '../exact/index.ts';
import { encodeNetwork, type IntervalRequirement, intervalRequirements, readVnnlib } from '../io/index.ts';
import { checkIntervals, fitIntervals, type IntervalCheck } from '../workbench/index.ts';
import { readText, writeWhole } from './files.ts';
import type { OpenedNetwork } from './network.ts';
import { networkJson, printJson, printRows, size } from './output.ts';

export function isSpecification(path: string): boolean {
  return extname(path).toLowerCase() === '.vnnlib';
}

function requirementsOf(path: string): IntervalRequirement[] {
  return intervalRequirements(readVnnlib(readText(path), path));
}

/** Clauses that are listed one by one. */
const SHOWN = 8;

function checkJson({ status, clauses, violations, margin }: IntervalCheck): Record<string, unknown> {
  const exact = (v: Rational): object => ({ value: v.toNumber(), exact: v.toString() });
  return {
    status,
    clauses,
    violated: violations.map((v) => v.clause),
    violations: violations.slice(0, SHOWN).map(({ clause, x, y }) => ({ clause, x: exact(x), y: exact(y) })),
    ...(margin ? { margin: margin.toNumber('down'), marginExact: margin.toString() } : {}),
  };
}

function checkRows({ status, clauses, violations, margin }: IntervalCheck): [string, string | undefined][] {
  const shown = violations
    .slice(0, SHOWN)
    .map(({ clause, x, y }) => `clause ${clause} at x = ${x.toNumber()}, y = ${y.toNumber()}`);
  const more = violations.length > SHOWN ? `; and ${violations.length - SHOWN} more` : '';
  return [
    ['status', status],
    ['clauses', `${clauses - violations.length} of ${clauses} hold for every x of their interval`],
    ['violated', shown.length > 0 ? shown.join('; ') + more : undefined],
    ['margin', margin && `no value is closer to a bound than ${margin.toNumber('down')}`],
  ];
}

/** Decides every clause; the exit code. */
export function certifySpecification(file: OpenedNetwork, path: string, json: boolean): number {
  const check = checkIntervals(file.network, requirementsOf(path));
  if (json) printJson({ ...checkJson(check), network: networkJson(file.network), target: path });
  else printRows(checkRows(check));
  return check.status === 'proved' ? 0 : 1;
}

/** Finds a small network that satisfies every clause, and writes it. */
export function fitSpecification(path: string, out: string | undefined, json: boolean): void {
  const { network, check, lines, fewest, fileBytes } = fitIntervals(requirementsOf(path));
  const meta = { method: 'intervals', target: path, clauses: check.clauses };
  const bytes = encodeNetwork({ network, meta });
  if (out !== undefined) writeWhole(out, bytes);
  if (json) {
    printJson({
      ...checkJson(check),
      method: 'intervals',
      lines,
      fewest,
      network: networkJson(network),
      storage: { ...network.storage(), fileBytes: bytes.length },
      target: path,
      ...(out === undefined ? {} : { out }),
    });
    return;
  }
  printRows([
    ...checkRows(check),
    ['lines', `${lines}; no continuous function needs fewer than ${fewest} (estimated)`],
    ['weights', `${network.connectivity}, ${network.fractionalBits} fractional bits`],
    [
      'file',
      `${size(bytes.length)}, ${size(fileBytes)} of them the network${out === undefined ? '; not written (-o)' : `, ${out}`}`,
    ],
  ]);
}
