/** What a command approximates or compares with: an expression, a table's file, or another network's file. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { expressionTarget, type ParsedNumber, parseNumber } from '../exact/expression.ts';
import { InputError, Interval, type Target, tableTarget } from '../exact/index.ts';
import { readTable, type Table } from '../io/index.ts';
import { readBytes } from './files.ts';

export interface OpenedTarget {
  readonly target: Target;
  /** The file it came from, where it came from one. */
  readonly table?: Table;
}

const TABLE_ENDINGS = ['.csv', '.tsv', '.tab', '.txt', '.dat'];
const NETWORK_ENDINGS = ['.dyad', '.onnx', '.nnet'];

export function isNetworkPath(spec: string): boolean {
  return NETWORK_ENDINGS.includes(extname(spec).toLowerCase());
}

/** An expression, or the path of a table; what ends like a table or lies on the disk is a path. */
export function openTarget(spec: string, options: { swap?: boolean; inputs?: number } = {}): OpenedTarget {
  if (TABLE_ENDINGS.includes(extname(spec).toLowerCase()) || existsSync(spec)) {
    const table = readTable(readBytes(spec), { swap: options.swap === true, name: spec });
    return { target: tableTarget(table.points, { text: `table ${spec}`, rows: table.rows }), table };
  }
  if (options.swap)
    throw new InputError(`--swap: expected a table to exchange the columns of, got the expression ${spec}`);
  return { target: expressionTarget(spec, options.inputs === undefined ? {} : { inputs: options.inputs }) };
}

/** `a,b`, each a number or a formula such as 2*pi, as enclosures; commas inside brackets belong to the formula. */
export function domainOption(text: string): readonly [Interval, Interval] {
  const ends = splitOutsideBrackets(text);
  if (ends.length !== 2)
    throw new InputError(`--domain: expected two ends such as 0,1 or -1,2*pi, got ${JSON.stringify(text)}`);
  const [lo, hi] = ends.map((end) => enclosed(parseNumber(end))) as [Interval, Interval];
  if (!lo.hi.lt(hi.lo))
    throw new InputError(`--domain: expected a lower end below the upper end, got ${JSON.stringify(text)}`);
  return [lo, hi];
}

/** A point where the number is dyadic, else an enclosure with 64 digits. */
function enclosed(number: ParsedNumber): Interval {
  const exact = number.exact?.toDyadic();
  return exact ? Interval.of(exact) : number.enclose(64);
}

function splitOutsideBrackets(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const c of text) {
    if (c === '(') depth++;
    if (c === ')') depth--;
    if (c === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts;
}
