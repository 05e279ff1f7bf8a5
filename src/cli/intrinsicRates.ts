/** `dyadnet rates --method intrinsic`: one function in decoders of growing n, and what its few numbers cost. */
import { InputError } from '../exact/index.ts';
import { intrinsicPicture } from '../plot/index.ts';
import { estimateRate } from '../rates/index.ts';
import { type IntrinsicStep, type IntrinsicStudy, intrinsicStudy } from '../workbench/index.ts';
import { bound, boundJson, note, printJson, printRows, printTable } from './output.ts';
import { typedCommand, writePicture } from './picture.ts';
import { progress } from './progress.ts';
import { openTarget } from './target.ts';

export interface IntrinsicRatesOptions {
  target?: string;
  largest?: number;
  seed?: number;
  out?: string;
  csv?: boolean;
  quiet?: boolean;
  json?: boolean;
}

export function intrinsicRates(options: IntrinsicRatesOptions): void {
  if (options.target === undefined) {
    throw new InputError('--target: expected a function beside --method intrinsic, such as "sin(x)"');
  }
  if (options.seed !== undefined) throw new InputError('--seed: expected no zig-zags beside --method intrinsic');
  const { target } = openTarget(options.target);
  const bar = progress('rates', options.quiet);
  const study = intrinsicStudy(target, {
    ...(options.largest === undefined ? {} : { largest: options.largest }),
    onStep: (n, of) => bar.update((n - 1) / of, `n = ${n}`),
  });
  bar.stop();
  const { steps, lipschitz, bestRate, restsOn } = study;
  const { rate } = estimateRate(steps.map((s) => ({ size: s.connectivity, error: s.upper.toNumber('up') })));
  const files =
    options.out === undefined
      ? []
      : writePicture(
          options.out,
          intrinsicPicture({
            points: steps.map(({ n, count, bits, connectivity, upper, theorem, entropy }) => ({
              n,
              count,
              bits,
              connectivity,
              error: upper.toNumber('up'),
              theorem: theorem.toNumber('up'),
              ...(entropy === undefined ? {} : { entropy: Number(entropy) }),
            })),
            text: target.text,
            inputs: target.inputs,
            bestRate,
            rate,
            ...(lipschitz ? { lipschitz: lipschitz.toNumber('up') } : {}),
            restsOn,
            command: typedCommand(),
          }),
          options.csv,
        );
  if (options.json) printJson(asJson(study, rate, files));
  else print(study, rate, files);
}

function print({ steps, bestRate, lipschitz, restsOn }: IntrinsicStudy, rate: number, files: readonly string[]): void {
  printTable(
    ['n', 'numbers', 'their bits', 'all M', 'proved error', 'theorem', 'entropy bits', `M^-${bestRate}`],
    steps.map((s) => [
      `${s.n}`,
      `${s.count}`,
      `${s.bits}`,
      `${s.connectivity}`,
      ...[s.upper, s.theorem].map((x) => bound(x).replace(/ .*/, '')),
      s.entropy === undefined ? 'none' : `${s.entropy}`,
      (s.connectivity ** -bestRate).toExponential(1),
    ]),
    0,
  );
  printRows([
    ['rate in M', `${rate.toFixed(3)}, an estimate; ReLU networks reach ${bestRate} for Lipschitz functions`],
    [
      'entropy bits',
      lipschitz && `what no scheme can do without for all f with Lipschitz constant ${lipschitz.toNumber('up')}`,
    ],
    ['rests on', restsOn.join('; ')],
    ['picture', files.length > 0 ? files.join(', ') : undefined],
  ]);
  note('dyadnet: errors are certified in the sup norm; rates are estimates');
}

function asJson(study: IntrinsicStudy, rate: number, files: readonly string[]): Record<string, unknown> {
  const step = (s: IntrinsicStep): object => ({
    n: s.n,
    count: s.count,
    bits: s.bits,
    connectivity: s.connectivity,
    depth: s.depth,
    ...boundJson({ upper: s.upper, lower: s.lower, theorem: s.theorem }),
    ...(s.entropy === undefined ? {} : { entropyBits: Number(s.entropy) }),
  });
  return {
    steps: study.steps.map(step),
    rate,
    bestRate: study.bestRate,
    ...(study.lipschitz ? boundJson({ lipschitz: study.lipschitz }) : {}),
    restsOn: study.restsOn,
    ...(files.length > 0 ? { written: files } : {}),
  };
}
