import { basename } from 'node:path';
import type { ArgmaxCertificate, DeviationCertificate } from '../certify/index.ts';
import { type Dyadic, InputError, type Rational } from '../exact/index.ts';
import { deviationPicture } from '../plot/index.ts';
import { compareDecisions, compareNetworks } from '../workbench/index.ts';
import { positiveOption } from './arguments.ts';
import { type OpenedBox, openBox } from './box.ts';
import type { Define } from './command.ts';
import { type ImportOptions, importOptions } from './import.ts';
import { type OpenedNetwork, openNetwork } from './network.ts';
import { about, bound, note, printJson, printRows, worstJson } from './output.ts';
import { CSV_OPTION, pictureOption, typedCommand, writePicture } from './picture.ts';
import { progress } from './progress.ts';

interface Options extends ImportOptions {
  box?: string;
  within?: Rational;
  ratio?: Rational;
  seconds?: Rational;
  argmax?: boolean;
  argmin?: boolean;
  out?: string;
  csv?: boolean;
  quiet?: boolean;
  json?: boolean;
}

const DEFAULT_SECONDS = 60;

/** `dyadnet compare`: how far two networks are apart on a box, or whether they decide alike there, proved. */
export const defineCompare: Define = (command, done) => {
  importOptions(command)
    .argument('<network>', 'network file (.dyad, .onnx, .nnet)')
    .argument('<other>', 'network file with the same inputs and outputs')
    .option('--box <box>', "a VNN-LIB file, lo,hi for all inputs, or lo,hi;lo,hi;... (default: the file's own domain)")
    .option('--within <error>', 'ask whether every output differs by at most this', positiveOption('--within'))
    .option('--ratio <r>', 'refine until certified/observed is at most this (default 1.01)', positiveOption('--ratio'))
    .option('--argmax', 'ask whether the largest output is always the same one')
    .option('--argmin', 'ask whether the least output is always the same one')
    .option(
      '--seconds <s>',
      `stop after this time with the bounds found so far (default ${DEFAULT_SECONDS})`,
      positiveOption('--seconds'),
    )
    .option('-o, --out <file>', 'draw the bounds, .svg', pictureOption)
    .option(...CSV_OPTION)
    .option('--quiet', 'no progress')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExit code: 0 proved (without a question: bounds found), 1 refuted or undecided.\n\nExample:\n  dyadnet quantize model.onnx --bits 8 -o model8.dyad\n  dyadnet compare model.onnx model8.dyad --box 0,1 --seconds 10\n',
    )
    .action(async (path: string, other: string, options: Options) => {
      const f = openNetwork(path, options);
      const g = openNetwork(other, options);
      const box = openBox(options.box, f.network.inputs, f.domain ?? g.domain);
      done(
        options.argmax || options.argmin ? await decisions(f, g, box, options) : await deviation(f, g, box, options),
      );
    });
};

async function deviation(f: OpenedNetwork, g: OpenedNetwork, box: OpenedBox, options: Options): Promise<number> {
  const { within, ratio } = options;
  if (ratio && !(ratio.toNumber() > 1)) throw new InputError('--ratio: expected a number above 1');
  const bar = progress(`compare ${f.path}`, options.quiet);
  const c = await compareNetworks(f.network, g.network, box.outer, {
    witnessIn: box.inner,
    seconds: options.seconds?.toNumber() ?? DEFAULT_SECONDS,
    ...(within ? { within: within.toDyadic() ?? within.roundBits(80, 'down') } : {}),
    ...(ratio ? { ratio: ratio.toNumber() } : {}),
    onProgress: ({ settled, certified }) => bar.update(settled, `<= ${Math.max(...certified).toPrecision(3)}`),
  });
  bar.stop();
  const written = options.out === undefined ? undefined : draw(c, f, g, box, options);
  if (options.json) {
    printJson({
      status: c.status,
      ...(c.missing ? { missing: c.missing } : {}),
      certified: worstJson(c),
      outputs: c.outputs.map((o) => ({
        certified: o.certified.toNumber('up'),
        certifiedExact: o.certified.toString(),
        observed: o.observed.toNumber('down'),
        observedExact: o.observed.toString(),
        witness: o.witness.map((x) => x.toNumber()),
        witnessExact: o.witness.map(String),
      })),
      ...(within ? { within: within.toNumber(), withinExact: within.toString() } : {}),
      restsOn: c.restsOn,
      box: box.text,
      boxes: c.boxes,
      seconds: c.seconds,
      ...(written ? { written } : {}),
    });
  } else {
    printRows([...deviationRows(c, within), ['written', written?.join(', ')]]);
    note(`dyadnet: ${c.boxes} boxes, ${c.seconds.toFixed(2)} s`);
  }
  return c.status === 'proved' || (within === undefined && c.status !== 'refuted') ? 0 : 1;
}

/** The files written. */
function draw(
  certificate: DeviationCertificate,
  f: OpenedNetwork,
  g: OpenedNetwork,
  box: OpenedBox,
  { within, out, csv }: Options,
): string[] {
  const picture = deviationPicture({
    certificate,
    names: [basename(f.path), basename(g.path)],
    box: box.text,
    ...(within ? { within: within.toNumber() } : {}),
    command: typedCommand(),
  });
  return writePicture(out as string, picture, csv);
}

function deviationRows(c: DeviationCertificate, within: Rational | undefined): [string, string | undefined][] {
  const worst = c.outputs.reduce((a, b) => (b.observed.gt(a.observed) ? b : a));
  return [
    ['status', within ? `${c.status} (asked: every |f - g| <= ${within.toNumber()})` : undefined],
    ['missing', within ? c.missing : undefined],
    ...c.outputs.map((o, i): [string, string] => [
      `output ${i}`,
      `|f - g| <= ${bound(o.certified)}; observed ${about(o.observed)}`,
    ]),
    ['worst seen at', point(worst.witness)],
    ['rests on', c.restsOn.join('; ')],
  ];
}

async function decisions(f: OpenedNetwork, g: OpenedNetwork, box: OpenedBox, options: Options): Promise<number> {
  if (options.out !== undefined)
    throw new InputError('-o: expected nothing beside --argmax or --argmin, which have no bounds to draw');
  if (options.argmax && options.argmin) throw new InputError('compare: expected one of --argmax and --argmin');
  const bar = progress(`compare ${f.path}`, options.quiet);
  const c = await compareDecisions(f.network, g.network, box.outer, {
    least: options.argmin === true,
    witnessIn: box.inner,
    seconds: options.seconds?.toNumber() ?? DEFAULT_SECONDS,
    onProgress: ({ settled }) => bar.update(settled),
  });
  bar.stop();
  if (options.json) {
    printJson({
      status: c.status,
      ...(c.missing ? { missing: c.missing } : {}),
      ...(c.witness
        ? {
            witness: c.witness.x.map((x) => x.toNumber()),
            witnessExact: c.witness.x.map(String),
            decisions: [c.witness.f, c.witness.g],
          }
        : { decisions: c.decisions }),
      settled: c.settled,
      restsOn: c.restsOn,
      box: box.text,
      boxes: c.boxes,
      seconds: c.seconds,
    });
  } else {
    printRows(decisionRows(c, options.argmin === true ? 'least' : 'largest'));
    note(`dyadnet: ${c.boxes} boxes, ${c.seconds.toFixed(2)} s`);
  }
  return c.status === 'proved' ? 0 : 1;
}

function decisionRows(c: ArgmaxCertificate, which: string): [string, string | undefined][] {
  return [
    ['status', `${c.status} (asked: the ${which} output is always the same one)`],
    ['missing', c.missing],
    [
      'witness',
      c.witness && `output ${c.witness.f} of the first network, ${c.witness.g} of the other, at ${point(c.witness.x)}`,
    ],
    ['settled', c.status === 'proved' ? undefined : `${(100 * c.settled).toFixed(1)}% of the box`],
    ['decisions', c.decisions.length > 0 ? `outputs ${c.decisions.join(', ')} occur` : undefined],
    ['rests on', c.restsOn.join('; ')],
  ];
}

function point(x: readonly Dyadic[]): string {
  const shown = x.slice(0, 8).map((v) => v.toNumber());
  return `x = (${shown.join(', ')}${x.length > 8 ? `, ... ${x.length} in all` : ''})`;
}
