import { InputError } from '../exact/index.ts';
import { depthPicture, regimesPicture } from '../plot/index.ts';
import { depthRows, fitExponents, type RegimeRow, regimeRows } from '../workbench/index.ts';
import { bytesOption, wholeOption } from './arguments.ts';
import type { Define } from './command.ts';
import { printJson, printRows } from './output.ts';
import { CSV_OPTION, pictureOption, typedCommand, writePicture } from './picture.ts';
import { progress } from './progress.ts';

interface Options {
  width?: number;
  depth?: number;
  bits?: readonly [number, number];
  integerBits?: number;
  memory?: number;
  out?: string;
  csv?: boolean;
  quiet?: boolean;
  json?: boolean;
}

/** `dyadnet regimes`: lower bounds and the errors of networks built, bit by bit or depth by depth. */
export const defineRegimes: Define = (command, done) => {
  command
    .option('--width <W>', 'width of the class, 1..4096', wholeOption('--width', 1, 4096))
    .option('--depth <L>', 'depth of the class, 1..65536', wholeOption('--depth', 1, 1 << 16))
    .option(
      '--bits <b..c>',
      'fractional bits, one number or a range (default 1..1024; with --memory 1..16)',
      rangeOption,
    )
    .option('--integer-bits <a>', 'a of Q(a,b) (default 0)', wholeOption('--integer-bits', 0, 1 << 16))
    .option(
      '--memory <size>',
      'instead of a width and a depth: error against depth at this dense memory',
      bytesOption('--memory'),
    )
    .option('-o, --out <file>', 'the picture, .svg', pictureOption)
    .option(...CSV_OPTION)
    .option('--quiet', 'no progress')
    .option('--json', 'print one JSON object: rows {width, depth, bits, lower, regime, achieved, gap}')
    .addHelpText(
      'after',
      '\nExamples:\n  dyadnet regimes --width 16 --depth 16 --bits 1..1024 -o regimes.svg\n  dyadnet regimes --memory 2KiB -o depth.svg\n',
    )
    .action((options: Options) => {
      if (options.csv && options.out === undefined) throw new InputError('--csv: expected -o beside it');
      done(options.memory === undefined ? byBits(options) : byDepth(options, options.memory));
    });
};

function byBits({ width, depth, bits = [1, 1024], integerBits = 0, out, csv, quiet, json }: Options): number {
  if (width === undefined || depth === undefined) {
    throw new InputError('regimes: expected --width and --depth, or --memory');
  }
  const bar = progress(`regimes ${width} x ${depth}`, quiet);
  const rows = regimeRows({ width, depth, bits, integerBits, onProgress: (p) => bar.update(p) });
  bar.stop();
  const exponents = fitExponents(rows);
  const written =
    out === undefined
      ? []
      : writePicture(out, regimesPicture({ rows, exponents, integerBits, command: typedCommand() }), csv);
  if (json) printJson({ rows, exponents, integerBits, ...(written.length > 0 ? { written } : {}) });
  else {
    printTable(rows);
    printRows([
      ...exponents.map((e): [string, string] => [
        `${e.regime}, b = ${e.from}..${e.to}`,
        `fitted ${e.against === 'bit' ? 'log2 error per bit' : 'exponent of b'}: ${e.lower.toFixed(2)} lower bound, ${e.achieved.toFixed(2)} achieved, ${e.theory} in theory`,
      ]),
      ['written', written.length > 0 ? written.join(', ') : undefined],
    ]);
  }
  return 0;
}

function byDepth(options: Options, bytes: number): number {
  for (const name of ['width', 'depth', 'integerBits'] as const) {
    if (options[name] !== undefined)
      throw new InputError('--memory: expected no --width, --depth or --integer-bits beside it');
  }
  const [from, to] = options.bits ?? [1, 16];
  if (to - from > 63) throw new InputError('--bits: expected at most 64 values beside --memory');
  const memory = 8 * bytes;
  const bar = progress(`regimes ${bytes} bytes`, options.quiet);
  const every = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const rows = depthRows({
    memory,
    bits: options.bits ? every : [1, 2, 3, 4, 6, 8, 12, 16],
    onProgress: (p) => bar.update(p),
  });
  bar.stop();
  const written =
    options.out === undefined
      ? []
      : writePicture(options.out, depthPicture({ rows, memory, command: typedCommand() }), options.csv);
  if (options.json) printJson({ memoryBits: memory, rows, ...(written.length > 0 ? { written } : {}) });
  else {
    printTable(rows);
    printRows([['written', written.length > 0 ? written.join(', ') : undefined]]);
  }
  return 0;
}

function printTable(rows: readonly RegimeRow[]): void {
  const cells = rows.map((r) => [
    `${r.width}`,
    `${r.depth}`,
    `${r.bits}`,
    r.lower.precision.toExponential(2),
    r.lower.memory.toExponential(2),
    r.lower.vc.toExponential(2),
    r.regime,
    r.achieved.toExponential(3),
    r.gap.toPrecision(3),
  ]);
  const head = ['W', 'L', 'b', 'precision', 'memory', 'vc', 'regime', 'achieved', 'gap'];
  const wide = head.map((h, i) => cells.reduce((n, c) => Math.max(n, (c[i] as string).length), h.length));
  for (const line of [head, ...cells]) {
    process.stdout.write(`${line.map((c, i) => c.padStart(wide[i] as number)).join('  ')}\n`);
  }
}

/** `4` or `1..1024`. */
function rangeOption(text: string): readonly [number, number] {
  const parts = /^\s*(\d+)\s*(?:\.\.\s*(\d+)\s*)?$/.exec(text);
  const from = Number(parts?.[1]);
  const to = parts?.[2] === undefined ? from : Number(parts[2]);
  if (!parts || from < 1 || to < from || to > 1 << 16) {
    throw new InputError(
      `--bits: expected a whole number or a range such as 1..1024 within 1..65536, got ${JSON.stringify(text)}`,
    );
  }
  return [from, to];
}
