/** How commands speak: one JSON object, or aligned lines for people. */
import type { DeviationCertificate } from '../certify/index.ts';
import { Dyadic, printBound, Rational, toScientific } from '../exact/index.ts';
import type { Network } from '../net/index.ts';

/** Prints one JSON object on standard output. */
export function printJson(object: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(object, null, 2)}\n`);
}

/** Prints one JSON object as one line, for a command that has many to print. */
export function printJsonLine(object: object): void {
  process.stdout.write(`${JSON.stringify(object)}\n`);
}

/** Prints `name  value` lines with the values aligned; a row without a value is left out. */
export function printRows(rows: readonly (readonly [name: string, value: string | number | undefined])[]): void {
  const shown = rows.filter(([, value]) => value !== undefined);
  const wide = shown.reduce((n, [name]) => Math.max(n, name.length), 0);
  for (const [name, value] of shown) process.stdout.write(`${name.padEnd(wide)}  ${value}\n`);
}

/** Columns under their names: the first `left` to the left, the others to the right. */
export function printTable(names: readonly string[], rows: readonly (readonly string[])[], left = 1): void {
  const wide = names.map((name, k) => rows.reduce((n, row) => Math.max(n, (row[k] as string).length), name.length));
  for (const row of [names, ...rows]) {
    const cells = row.map((cell, k) => (k < left ? cell.padEnd(wide[k] as number) : cell.padStart(wide[k] as number)));
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
  }
}

let silent = false;

/** `--quiet`, which every command has: no notes and no progress. */
export function beQuiet(): void {
  silent = true;
}

/** Whether {@link beQuiet} was called. */
export const isQuiet = (): boolean => silent;

/** A sentence for people on standard error, where it does not disturb the result. */
export function note(text: string): void {
  if (!silent) process.stderr.write(`${text}\n`);
}

/** A certified bound in JSON: numbers rounded outward, each with its exact text beside it. */
export function boundJson(
  bounds: Readonly<Record<string, Dyadic | undefined>>,
  down: readonly string[] = ['lower'],
): object {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(bounds)) {
    if (value === undefined) continue;
    out[name] = value.toNumber(down.includes(name) ? 'down' : 'up');
    out[`${name}Exact`] = value.toString();
  }
  return out;
}

/** What was certified, in every command that says it: numbers rounded outward, exact texts beside them; a list where x has several inputs. */
export function certifiedJson(c: {
  readonly upper: Dyadic | undefined;
  readonly lower: Dyadic | undefined;
  readonly witness?: Dyadic | Rational | string | readonly (Dyadic | string)[] | undefined;
  readonly restsOn?: readonly string[] | undefined;
}): object {
  const { witness } = c;
  const exact = witness === undefined ? [] : isList(witness) ? witness.map(String) : [witness.toString()];
  const near = exact.map((x) => Rational.parse(x).toNumber());
  return {
    ...boundJson({ upper: c.upper, lower: c.lower }),
    ...(exact.length === 1 ? { witness: near[0], witnessExact: exact[0] } : {}),
    ...(exact.length > 1 ? { witness: near, witnessExact: exact } : {}),
    restsOn: c.restsOn ?? [],
  };
}

/** A point, exactly: a number, or a list in brackets where there are several inputs. */
export function place(x: readonly (Dyadic | string)[]): string {
  return x.length === 1 ? `${x[0]}` : `(${x.join(', ')})`;
}

const isList = (x: unknown): x is readonly (Dyadic | string)[] => Array.isArray(x);

/** What was certified of the outputs of two networks: the largest bound, and the largest difference with where it was seen. */
export function worstJson({ outputs, restsOn }: Pick<DeviationCertificate, 'outputs' | 'restsOn'>): object {
  const upper = outputs.reduce((most, o) => most.max(o.certified), Dyadic.ZERO);
  const { observed: lower, witness } = outputs.reduce((a, b) => (b.observed.gt(a.observed) ? b : a));
  return {
    ...boundJson({ upper, lower }),
    witness: witness.map((x) => x.toNumber()),
    witnessExact: witness.map(String),
    restsOn,
  };
}

/** The counts of a network, in every command that shows one. */
export function networkJson(net: Network, alphabetSize = net.alphabet().length): object {
  return {
    depth: net.depth,
    width: net.width,
    connectivity: net.connectivity,
    alphabetSize,
    fractionalBits: net.fractionalBits,
    integerBits: net.integerBits,
    inputs: net.inputs,
    outputs: net.outputs,
  };
}

/** `2.4e-7 (below 2^-21)`, or `0 (exactly)`. */
export function bound(x: Dyadic): string {
  return x.isZero ? '0 (exactly)' : printBound(x);
}

/** A number for people, to six digits. */
export function about(x: Dyadic): string {
  return toScientific(x, 6, 'nearest');
}

/** 1234 bytes, 12.1 KiB, 3.40 MiB. */
export function size(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  return bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / (1 << 20)).toFixed(2)} MiB`;
}
