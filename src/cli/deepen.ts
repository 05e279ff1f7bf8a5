import { extname } from 'node:path';
import { Dyadic, InputError } from '../exact/index.ts';
import { encodeNetwork } from '../io/index.ts';
import { type DenseMemory, depthPrecision } from '../quantize/index.ts';
import { wholeOption } from './arguments.ts';
import type { Define } from './command.ts';
import { writeWhole } from './files.ts';
import { type ImportOptions, importOptions } from './import.ts';
import { openNetwork } from './network.ts';
import { networkJson, printJson, printRows, size } from './output.ts';

interface Options extends ImportOptions {
  bits: number;
  out: string;
  nonNegative?: boolean;
  json?: boolean;
}

/** `dyadnet deepen`: the same function, exactly, with weights of fewer bits and more layers. */
export const defineDeepen: Define = (command, done) => {
  importOptions(command)
    .argument('<network>', 'network file (.dyad, .onnx, .nnet)')
    .requiredOption('--bits <b>', 'fractional bits of the new weights, at least 1', wholeOption('--bits', 1, 1 << 20))
    .requiredOption('-o, --out <file>', 'what to write, .dyad')
    .option('--non-negative', 'no input is ever negative: saves the layer that splits their signs')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nThe new network equals the given one at every real input. Depth <= k L + 1, width <= max(3 W, 2 W + 2 d), k = ceil(p / b).\n\nExample:\n  dyadnet deepen net.dyad --bits 1 -o deep.dyad\n',
    )
    .action((path: string, options: Options) => {
      if (extname(options.out).toLowerCase() !== '.dyad') {
        throw new InputError(`-o: expected a file that ends in .dyad, got ${JSON.stringify(options.out)}`);
      }
      const file = openNetwork(path, options);
      const { network, domain, meta } = file;
      if (options.nonNegative && !(domain?.every(({ lo }) => lo.sign >= 0) ?? false)) {
        throw new InputError(`--non-negative: expected a file whose domain holds no negative input, got ${path}`);
      }
      const upper = meta?.proved?.upper;
      const deep = depthPrecision(network, {
        bits: options.bits,
        nonNegativeInputs: options.nonNegative === true,
        ...(upper === undefined ? {} : { error: Dyadic.parse(upper) }),
      });
      // The function is the same, so what was proved of it still is.
      const bytes = encodeNetwork({
        network: deep.network,
        ...(domain ? { domain } : {}),
        ...(meta ? { meta } : {}),
      });
      writeWhole(options.out, bytes);
      if (options.json) {
        printJson({
          out: options.out,
          digits: deep.digits,
          before: { ...deep.before, fileBytes: file.bytes },
          after: { ...deep.after, fileBytes: bytes.length },
          memoryRatio: deep.memoryRatio,
          network: networkJson(deep.network),
        });
      } else {
        printRows([
          ['before', counts(deep.before)],
          ['after', counts(deep.after)],
          ['dense memory', `${deep.memoryRatio.toPrecision(4)} times as much`],
          ['written', `${options.out}, ${size(bytes.length)}; the same function at every real input`],
        ]);
      }
      done(0);
    });
};

function counts({ depth, width, integerBits, fractionalBits, connectivity, denseBits, kappa }: DenseMemory): string {
  const shown = kappa === undefined ? '' : `, kappa ${kappa.toPrecision(4)}`;
  return `depth ${depth}, width ${width}, ${connectivity} weights in Q(${integerBits},${fractionalBits}), ${denseBits} dense bits${shown}`;
}
