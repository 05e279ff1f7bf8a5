import { once } from 'node:events';
import { statSync } from 'node:fs';
import { Engine, EnginePool, type ExactBatch } from '../engine/index.ts';
import { Dyadic, InputError } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import type { Define } from './command.ts';
import { checkGrid, type ImportOptions, importOptions } from './import.ts';
import { type Inputs, inputStream, inputsFromFile, inputsFromOperands } from './inputs.ts';
import { type OpenedNetwork, openNetwork } from './network.ts';
import { note, printJson } from './output.ts';
import { progress } from './progress.ts';

interface Options extends ImportOptions {
  in?: string;
  exact?: boolean;
  round?: boolean;
  oracle?: boolean;
  json?: boolean;
}

/** `dyadnet eval`: a network at points, exactly, in WebAssembly. */
export const defineEval: Define = (command, done) => {
  importOptions(command)
    .argument('<network>', 'network file (.dyad, .onnx, .nnet)')
    .argument('[inputs...]', 'numbers, or vectors such as 0.5,-1; 0.1 is read as its nearest float64')
    .option('--in <file>', 'CSV of inputs, one vector a line (- is standard input)')
    .option('--exact', 'print outputs exactly, as m*2^e')
    .option('--round', 'take the nearest float64 of fractions such as 1/3')
    .option('--oracle', 'evaluate by the BigInt oracle too, and fail unless every bit is the same')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  dyadnet fit "x^2" --eps 1e-3 -o square.dyad\n  dyadnet eval square.dyad 0.25 0.5 --exact\n',
    )
    .action(async (path: string, operands: string[], options: Options) => {
      const file = openNetwork(path, options);
      if (options.in !== undefined && operands.length > 0) {
        throw new InputError('eval: expected inputs either as arguments or by --in, got both');
      }
      if (options.in === undefined && operands.length === 0) {
        throw new InputError('eval: expected inputs as arguments or by --in, got none');
      }
      if (options.json) await whole(file, operands, options);
      else await streamed(file, operands, options);
      done(0);
    });
};

/** Numbers of a batch; about this many pass at once. */
const BATCH_NUMBERS = 1 << 15;

/** Prints a line an input as results come, on all threads where the inputs are many. */
async function streamed(file: OpenedNetwork, operands: readonly string[], options: Options): Promise<void> {
  const { network } = file;
  const size = Math.max(16, Math.min(4096, Math.floor(BATCH_NUMBERS / network.inputs)));
  const bar = progress('evaluating', options.in === undefined || process.stdout.isTTY === true);
  const bytes = options.in === undefined || options.in === '-' ? 0 : statSync(options.in).size;
  const heard = (read: number): void => bar.update(bytes > 0 ? read / bytes : 0);
  const source =
    options.in === undefined
      ? [inputsFromOperands(operands, network.inputs, options.round === true)]
      : inputStream(options.in, network.inputs, options.round === true, size, heard);
  const check = checks(options);
  const steps = (source as AsyncIterable<Inputs>)[Symbol.asyncIterator]?.() ?? (source as Inputs[])[Symbol.iterator]();
  const first = await steps.next();
  const second = first.done ? first : await steps.next();
  // One batch is done before a thread would have started.
  const pool = await EnginePool.create(network, {
    ...(file.domain ? { domain: file.domain } : {}),
    ...(second.done ? { threads: 1 } : {}),
  });
  const waiting: Inputs[] = [];
  async function* batches(): AsyncGenerator<Inputs['values']> {
    for (const step of [first, second]) if (!step.done) yield take(step.value);
    for (let step = second; !step.done; ) {
      step = await steps.next();
      if (!step.done) yield take(step.value);
    }
  }
  const take = (inputs: Inputs): Inputs['values'] => {
    check(inputs);
    waiting.push(inputs);
    return inputs.values;
  };
  const exact = options.exact === true || options.oracle === true;
  let rows = 0;
  try {
    for await (const result of exact ? pool.forwardExactStream(batches()) : pool.forwardStream(batches())) {
      const inputs = waiting.shift() as Inputs;
      if (options.oracle) compareWithOracle(file, inputs, result as ExactBatch, rows);
      rows += inputs.rows;
      const text = lines(inputs, result, network, options.exact === true);
      if (!process.stdout.write(text)) await once(process.stdout, 'drain');
    }
  } finally {
    bar.stop();
    await pool.close();
  }
  if (options.oracle) sameBits(rows);
}

/** A batch and its results, a line a row. */
function lines(inputs: Inputs, result: ExactBatch | Float64Array, network: Network, exact: boolean): string {
  let text = '';
  for (let r = 0; r < inputs.rows; r++) {
    for (let k = 0; k < network.inputs; k++) text += `${inputs.values[r * network.inputs + k]} `;
    text += '->';
    for (let o = 0; o < network.outputs; o++) {
      if (result instanceof Float64Array) text += ` ${result[r * network.outputs + o]}`;
      else text += ` ${exact ? result.at(r, o) : result.at(r, o).toNumber()}`;
    }
    text += '\n';
  }
  return text;
}

/** Prints one JSON object. */
async function whole(file: OpenedNetwork, operands: readonly string[], options: Options): Promise<void> {
  const { network, domain } = file;
  const round = options.round === true;
  const inputs =
    options.in === undefined
      ? inputsFromOperands(operands, network.inputs, round)
      : inputsFromFile(options.in, network.inputs, round);
  checks(options)(inputs);
  const engine = await Engine.create(network, domain ? { domain } : {});
  const exact = engine.forwardExact(inputs.values);
  if (options.oracle) {
    compareWithOracle(file, inputs, exact, 0);
    sameBits(inputs.rows);
  }
  const vectors = <T>(value: (row: number, output: number) => T): T[][] =>
    Array.from({ length: inputs.rows }, (_, r) => Array.from({ length: network.outputs }, (__, o) => value(r, o)));
  printJson({
    inputs: points(inputs, network).map((p) => p.map((v) => (v instanceof Dyadic ? v.toNumber() : v))),
    outputs: vectors((r, o) => exact.at(r, o).toNumber()),
    exact: vectors((r, o) => {
      const value = exact.at(r, o);
      return { mantissa: value.m.toString(), scale: (-value.e).toString(), value: value.toString() };
    }),
    ...(options.oracle ? { oracle: 'same bits' } : {}),
  });
}

/** What is said and asked of every batch of inputs. */
function checks(options: Options): (inputs: Inputs) => void {
  let said = false;
  return (inputs) => {
    if (inputs.rounded && !said) {
      note('dyadnet: decimals that are not dyadic are read as their nearest float64');
      said = true;
    }
    checkGrid(inputs.values, options);
  };
}

function compareWithOracle({ network }: OpenedNetwork, inputs: Inputs, exact: ExactBatch, before: number): void {
  points(inputs, network).forEach((point, r) => {
    network.evaluate(point).forEach((value, o) => {
      const got = exact.at(r, o);
      if (!value.eq(got)) throw new Error(`row ${before + r + 1}: the core gives ${got}, the oracle ${value}`);
    });
  });
}

function sameBits(rows: number): void {
  note(`dyadnet: ${rows} input${rows === 1 ? '' : 's'}: the BigInt oracle gives the same bits`);
}

function points(inputs: Inputs, { inputs: each }: Network): (number | Dyadic)[][] {
  return Array.from({ length: inputs.rows }, (_, r) => [
    ...(inputs.values.slice(r * each, (r + 1) * each) as Iterable<number | Dyadic>),
  ]);
}
