import { Engine } from '../engine/index.ts';
import { Dyadic, InputError } from '../exact/index.ts';
import type { Define } from './command.ts';
import { checkGrid, type ImportOptions, importOptions } from './import.ts';
import { inputsFromFile, inputsFromOperands } from './inputs.ts';
import { openNetwork } from './network.ts';
import { note, printJson } from './output.ts';

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
      const { network, domain } = openNetwork(path, options);
      if (options.in !== undefined && operands.length > 0) {
        throw new InputError('eval: expected inputs either as arguments or by --in, got both');
      }
      if (options.in === undefined && operands.length === 0) {
        throw new InputError('eval: expected inputs as arguments or by --in, got none');
      }
      const round = options.round === true;
      const inputs =
        options.in === undefined
          ? inputsFromOperands(operands, network.inputs, round)
          : inputsFromFile(options.in, network.inputs, round);
      if (inputs.rounded) note('dyadnet: decimals that are not dyadic are read as their nearest float64');
      checkGrid(inputs.values, options);
      const engine = await Engine.create(network, domain ? { domain } : {});
      const wantExact = options.exact === true || options.json === true || options.oracle === true;
      const exact = wantExact ? engine.forwardExact(inputs.values) : undefined;
      const vectors = <T>(value: (row: number, output: number) => T): T[][] =>
        Array.from({ length: inputs.rows }, (_, r) => Array.from({ length: network.outputs }, (__, o) => value(r, o)));
      const floats = engine.forward(inputs.values);
      const outputs = vectors((r, o) => floats[r * network.outputs + o] as number);
      const points = Array.from({ length: inputs.rows }, (_, r) => [
        ...(inputs.values.slice(r * network.inputs, (r + 1) * network.inputs) as Iterable<number | Dyadic>),
      ]);
      if (options.oracle && exact) {
        points.forEach((point, r) => {
          network.evaluate(point).forEach((value, o) => {
            if (!value.eq(exact.at(r, o)))
              throw new Error(`row ${r + 1}: the core gives ${exact.at(r, o)}, the oracle ${value}`);
          });
        });
        note(`dyadnet: ${inputs.rows} input${inputs.rows === 1 ? '' : 's'}: the BigInt oracle gives the same bits`);
      }
      if (options.json && exact) {
        printJson({
          inputs: points.map((p) => p.map((v) => (v instanceof Dyadic ? v.toNumber() : v))),
          outputs,
          exact: vectors((r, o) => {
            const value = exact.at(r, o);
            return { mantissa: value.m.toString(), scale: (-value.e).toString(), value: value.toString() };
          }),
          ...(options.oracle ? { oracle: 'same bits' } : {}),
        });
      } else {
        const text = points.map((point, r) => {
          const left = point.map((v) => v.toString()).join(' ');
          const right =
            options.exact && exact ? exactRow(exact, r, network.outputs) : (outputs[r] as number[]).join(' ');
          return `${left} -> ${right}\n`;
        });
        process.stdout.write(text.join(''));
      }
      done(0);
    });
};

function exactRow(exact: { at(row: number, output: number): Dyadic }, row: number, outputs: number): string {
  return Array.from({ length: outputs }, (_, o) => exact.at(row, o).toString()).join(' ');
}
