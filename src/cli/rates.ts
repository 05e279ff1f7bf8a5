import { InputError } from '../exact/index.ts';
import type { Picture } from '../plot/index.ts';
import type { RateEstimate } from '../rates/index.ts';
import { RATE_METHODS, type RateCurve, type RatePoint, type RateRun, rateRun } from '../workbench/index.ts';
import { wholeOption } from './arguments.ts';
import type { Define } from './command.ts';
import { intrinsicRates } from './intrinsicRates.ts';
import { note, printJson, printRows } from './output.ts';
import { CSV_OPTION, pictureOption, typedCommand, writePicture } from './picture.ts';
import { progress } from './progress.ts';
import { openTarget } from './target.ts';

interface Options {
  class: string;
  method: string;
  largest?: number;
  target?: string;
  seed?: number;
  out?: string;
  csv?: boolean;
  quiet?: boolean;
  json?: boolean;
}

/** `dyadnet rates`: constructions at growing size, before and after quantisation, beside the best rate that is possible. */
export const defineRates: Define = (command, done) => {
  const methods = Object.keys(RATE_METHODS);
  command
    .requiredOption('--class <name>', 'the class of functions: lipschitz')
    .option(
      '--method <list>',
      `constructions, with commas: ${methods.join(', ')}; or intrinsic, alone: n = 1, 2, ... for --target`,
      methods.join(','),
    )
    .option(
      '--largest <k>',
      'the largest size is 2^k parts, for intrinsic 2^k cells an axis (default by method)',
      wholeOption('--largest', 2, 16),
    )
    .option('--target <f>', 'one function for all sizes (default: a new zig-zag of the class for each size)')
    .option('--seed <n>', 'of the zig-zags (default 1)', wholeOption('--seed', 0, 2 ** 32 - 1))
    .option('-o, --out <file>', 'draw the errors here, .svg', pictureOption)
    .option(...CSV_OPTION)
    .option('--quiet', 'no progress')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nErrors are certified, rates are estimated from them.\n\nExample:\n  dyadnet rates --class lipschitz --method lipschitz,interpolate,cached -o rates.svg\n',
    )
    .action(async (options: Options) => {
      if (options.class !== 'lipschitz') {
        throw new InputError(`--class: expected lipschitz, got ${JSON.stringify(options.class)}`);
      }
      if (options.csv && options.out === undefined) throw new InputError('--csv: expected with -o');
      if (options.method === 'intrinsic') {
        intrinsicRates(options);
        return done(0);
      }
      const bar = progress('rates', options.quiet);
      const run = await rateRun({
        methods: options.method.split(',').map((m) => m.trim()),
        ...(options.largest === undefined ? {} : { largest: options.largest }),
        ...(options.target === undefined ? {} : { target: openTarget(options.target).target }),
        ...(options.seed === undefined ? {} : { seed: options.seed }),
        onPoint: (method, parts, share) => bar.update(share, `${method} ${parts}`),
      });
      bar.stop();
      const files = options.out === undefined ? [] : writePicture(options.out, picture(run, options), options.csv);
      if (options.json) printJson(asJson(run, files));
      else print(run, files);
      done(0);
    });
};

function rateText({ rate, interval, confidence }: RateEstimate): string {
  const [lo, hi] = interval;
  const range = Number.isFinite(lo)
    ? `, ${(100 * confidence).toFixed(1)}% in [${lo.toFixed(3)}, ${hi.toFixed(3)}]`
    : '';
  return `${rate.toFixed(3)}${range}`;
}

function print({ ceiling, curves }: RateRun, files: readonly string[]): void {
  const rows: [string, string][] = [['ceiling', ceiling.sentence]];
  for (const { method, before, after, rateBefore, rateAfter, notes } of curves) {
    rows.push([method, `rate ${rateText(rateBefore)}`]);
    rows.push(['  quantised', `rate ${rateText(rateAfter)}`]);
    before.forEach((p, i) => {
      rows.push([
        `  N = ${p.parts}`,
        `M = ${p.connectivity}: ${errorText(p)}; quantised: ${errorText(after[i] as RatePoint)}`,
      ]);
    });
    for (const w of notes) rows.push(['  mind', w]);
  }
  if (files.length > 0) rows.push(['picture', files.join(', ')]);
  printRows(rows);
  note('dyadnet: errors are certified on [0, 1]; rates are estimates');
}

const errorText = (p: RatePoint): string => `${p.error.toNumber('up').toExponential(3)} at ${p.bits} bits`;

function asJson({ ceiling, curves }: RateRun, files: readonly string[]): Record<string, unknown> {
  const points = (list: readonly RatePoint[]): object[] =>
    list.map((p) => ({
      parts: p.parts,
      connectivity: p.connectivity,
      bits: p.bits,
      error: p.error.toNumber('up'),
      errorExact: p.error.toString(),
    }));
  return {
    ceiling: {
      speed: ceiling.speed?.toNumber() ?? null,
      holds: ceiling.holds,
      sentence: ceiling.sentence,
      source: ceiling.source,
    },
    curves: curves.map((c) => ({
      method: c.method,
      notes: c.notes,
      before: { rate: c.rateBefore, points: points(c.before) },
      after: { rate: c.rateAfter, points: points(c.after) },
    })),
    ...(files.length > 0 ? { written: files } : {}),
  };
}

/** Errors over M on two logarithmic axes; the ceiling's slope through the best point. */
function picture({ ceiling, curves }: RateRun, { target }: Options): Picture {
  const line = (points: readonly RatePoint[]): (readonly [number, number])[] =>
    points.map((p) => [p.connectivity, p.error.toNumber('up')] as const);
  const every = curves.flatMap((c) => [...c.before, ...c.after]);
  const speed = ceiling.speed?.toNumber();
  const marks = curves.flatMap((c, i) => [
    { kind: 'line' as const, name: c.method, color: i, points: line(c.before) },
    { kind: 'scatter' as const, name: `${c.method}, quantised`, color: i, points: line(c.after) },
  ]);
  const ends = [
    every.reduce((m, p) => Math.min(m, p.connectivity), Infinity),
    every.reduce((m, p) => Math.max(m, p.connectivity), 0),
  ];
  const anchor = every.reduce((m, p) => Math.min(m, p.error.toNumber('up') * p.connectivity ** (speed ?? 0)), Infinity);
  const bound =
    speed === undefined || !ceiling.holds
      ? []
      : [
          {
            kind: 'line' as const,
            name: `slope of the ceiling, M^-${speed}`,
            color: 7,
            dash: true,
            points: ends.map((m) => [m, anchor * m ** -speed] as const),
          },
        ];
  const rates = curves.map(slopes).join(' ');
  return {
    title: `Lipschitz functions: error over size${target ? `, ${target}` : ''}`,
    panels: [
      {
        x: { label: 'M, non-zero weights', scale: 'log' },
        y: { label: 'certified sup error on [0, 1]', scale: 'log' },
        marks: [...marks, ...bound],
      },
    ],
    caption: `Errors are certified; rates are estimated from them. ${rates} ${ceiling.sentence}.`,
    command: typedCommand(),
  };
}

const slopes = (c: RateCurve): string => {
  const mind = c.notes.length > 0 ? ` (${c.notes.join('; ')})` : '';
  return `${c.method}: rate ${rateText(c.rateBefore)}; quantised ${rateText(c.rateAfter)}${mind}.`;
};
