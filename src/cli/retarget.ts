import { InputError, type Interval, Rational, type Target, tableTarget } from '../exact/index.ts';
import { encodeNetwork, type Meta, sharedDecoder } from '../io/index.ts';
import { retarget } from '../workbench/index.ts';
import type { Define } from './command.ts';
import { readBytes, writeWhole } from './files.ts';
import { fileRow, intrinsicJson, intrinsicRows, namesOf } from './intrinsic.ts';
import { openNetwork } from './network.ts';
import { note, printJson, printRows, size } from './output.ts';
import { type OpenedTarget, openTarget } from './target.ts';

interface Options {
  output?: string;
  swap?: boolean;
  rescale?: boolean;
  json?: boolean;
}

/** `dyadnet retarget`: another function in the same decoder; only the intrinsic numbers change. */
export const defineRetarget: Define = (command, done) => {
  command
    .argument('<network>', 'network file made by the method intrinsic (.dyad)')
    .argument('<g>', 'expression, or a table (CSV, TSV, ITS-90)')
    .option('-o, --output <file>', 'write the network here')
    .option('--rescale', "map a table's own interval onto the network's")
    .option('--swap', "exchange the table's columns: the inverse function")
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExit code: 0 proved, 1 undecided.\n\nExample:\n  dyadnet fit "x^2" --eps 0.05 --method intrinsic -o f.dyad\n  dyadnet retarget f.dyad "sin(x)" -o g.dyad\n',
    )
    .action((path: string, spec: string, options: Options) => {
      const started = performance.now();
      const file = openNetwork(path);
      const opened = openTarget(spec, { swap: options.swap === true, inputs: file.network.inputs });
      const { target, meta } = options.rescale ? rescaled(opened, file.domain) : { target: opened.target, meta: {} };
      const result = retarget(file, target, { meta: { ...namesOf(opened), ...meta } });
      const bytes = encodeNetwork(result.file);
      const shared = sharedDecoder(bytes);
      const before = sharedDecoder(readBytes(path));
      const same = shared.length === before.length && shared.every((b, k) => b === before[k]);
      if (!same)
        throw new InputError(`retarget: the decoder of ${path} was written by another version of this library`);
      if (options.output !== undefined) writeWhole(options.output, bytes);
      if (options.json) printJson(intrinsicJson(result, bytes.length, shared.length));
      else {
        printRows([
          ...intrinsicRows('g', result, `${size(shared.length)} of the file, byte for byte as before`),
          fileRow(bytes.length, options.output),
          ['rests on', result.certificate.restsOn.join('; ')],
        ]);
        note(`dyadnet: ${((performance.now() - started) / 1000).toFixed(2)} s`);
      }
      done(result.certificate.status === 'proved' ? 0 : 1);
    });
};

/** The table on the network's interval: its knots moved, exactly. */
function rescaled(
  { target, table }: OpenedTarget,
  domain: readonly Interval[] | undefined,
): { target: Target; meta: Meta } {
  const side = domain?.[0];
  if (!table || !side || domain.length !== 1)
    throw new InputError('--rescale: expected a table and a network of one input');
  const points = table.points;
  const [first, last] = [points[0]?.x as Rational, points.at(-1)?.x as Rational];
  const lo = Rational.fromDyadic(side.lo);
  const factor = Rational.fromDyadic(side.width).div(last.sub(first));
  const moved = points.map(({ x, y }) => ({ x: lo.add(x.sub(first).mul(factor)), y }));
  return {
    target: tableTarget(moved, { text: target.text }),
    meta: { normalisation: { input: [first.toString(), last.toString()] } },
  };
}
