/** What a user drops on the page: an expression, a table or a network's file, recognised by its ending and its first bytes. */
import { expressionTarget, parseNumber } from '../exact/expression.ts';
import { InputError, Interval, type Target, tableTarget } from '../exact/index.ts';
import { decodeNetwork, type NetworkFile, type Quantity, readNnet, readOnnx, readTable } from '../io/index.ts';
import type { Source } from './protocol.ts';
import { isDyad } from './source-kind.ts';

export interface OpenedTarget {
  readonly target: Target;
  readonly x?: Quantity;
  readonly y?: Quantity;
  readonly notes: readonly string[];
}

/** The target of an expression or a table. Throws InputError where it is none of one input. */
export function openTarget(source: Exclude<Source, { kind: 'network' }>): OpenedTarget {
  if (source.kind === 'expression') {
    const target = expressionTarget(source.text);
    if (target.inputs !== 1) throw new InputError(`f: expected a function of one input x, got ${target.inputs} inputs`);
    return { target, notes: [] };
  }
  const table = readTable(source.bytes, { swap: source.swap, name: source.name });
  const target = tableTarget(table.points, { text: `table ${source.name}`, rows: table.rows });
  return { target, x: table.x, y: table.y, notes: table.notes };
}

export interface OpenedFile extends NetworkFile {
  readonly notes: readonly string[];
}

/** The network of a file. Throws InputError, beginning with the name, where it cannot be read. */
export function openFile({ name, bytes }: { name: string; bytes: Uint8Array }): OpenedFile {
  try {
    if (isDyad(bytes)) return { ...decodeNetwork(bytes), notes: [] };
    if (/\.onnx$/i.test(name)) {
      const { network, notes } = readOnnx(bytes, { name });
      return { network, meta: { name, method: 'imported' }, notes };
    }
    if (/\.nnet$/i.test(name)) {
      const { network } = readNnet(new TextDecoder('latin1').decode(bytes), name);
      const notes = ['its inputs and outputs are the normalised ones of the NNet header'];
      return { network, meta: { name, method: 'imported' }, notes };
    }
  } catch (error) {
    if (error instanceof InputError && !error.message.startsWith(name))
      throw new InputError(`${name}: ${error.message}`);
    throw error;
  }
  throw new InputError(`${name}: expected a network file (.dyad, .onnx, .nnet)`);
}

/** `a, b`, each a number or a formula such as 2*pi; undefined for an empty text. */
export function readDomain(text: string): readonly [Interval, Interval] | undefined {
  if (text.trim() === '') return undefined;
  const parts = outsideBrackets(text);
  if (parts.length !== 2) throw new InputError(`domain: expected two ends such as 0, 1 or -pi, pi, got ${text.trim()}`);
  const [lo, hi] = parts.map((part) => {
    const number = parseNumber(part);
    const exact = number.exact?.toDyadic();
    return exact ? Interval.of(exact) : number.enclose(64);
  }) as [Interval, Interval];
  if (!lo.hi.lt(hi.lo)) throw new InputError(`domain: expected a lower end below the upper end, got ${text.trim()}`);
  return [lo, hi];
}

function outsideBrackets(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const c of text.replace(/^\s*\[|\]\s*$/g, '')) {
    if (c === '(') depth++;
    if (c === ')') depth--;
    if (c === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts;
}

/** A name and a unit for an axis. */
export function axisName(quantity: Quantity | undefined, otherwise: string): string {
  const name = quantity?.name ?? otherwise;
  return quantity?.unit ? `${name} [${quantity.unit}]` : name;
}
