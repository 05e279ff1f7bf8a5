import { type LipschitzBudgetNetwork, lipschitz } from '../construct/index.ts';
import { Dyadic, InputError, Interval, type Target } from '../exact/index.ts';
import { askBudget, type BudgetAnswer, type BudgetChange, bestWithin, type MemoryAnswer } from '../workbench/index.ts';
import { bytesOption, dyadicOption, wholeOption } from './arguments.ts';
import type { Define } from './command.ts';
import { bound, networkJson, printJson, printRows, size } from './output.ts';
import { progress } from './progress.ts';
import { domainOption, openTarget } from './target.ts';

interface Options {
  width?: number;
  depth?: number;
  bits?: number;
  memory?: number;
  domain?: ReturnType<typeof domainOption>;
  lipschitz?: Dyadic;
  quiet?: boolean;
  json?: boolean;
}

/** Networks of more pieces than this are not built for the answer; their guarantee does not need it. */
const MOST_PIECES = 1 << 18;

/** `dyadnet budget`: what a budget can reach for f, what it cannot for f's class, and what to change first. */
export const defineBudget: Define = (command, done) => {
  command
    .argument('<f>', 'expression in x, or a table (CSV, TSV, ITS-90)')
    .option('--width <W>', 'width, 1..4096', wholeOption('--width', 1, 4096))
    .option('--depth <L>', 'depth, 1..65536', wholeOption('--depth', 1, 1 << 16))
    .option('--bits <b>', 'fractional bits of every weight', wholeOption('--bits', 1, 1 << 16))
    .option('--memory <size>', 'instead: the best width, depth and bits for this dense memory', bytesOption('--memory'))
    .option('--domain <a,b>', 'where (default 0,1; for a table its own range)', domainOption)
    .option(
      '--lipschitz <c>',
      "a Lipschitz constant of the class (default: f's own, where it is found)",
      dyadicOption('--lipschitz'),
    )
    .option('--quiet', 'no progress')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  dyadnet budget "sin(6*x)/6" --width 32 --depth 64 --bits 4\n  dyadnet budget "sin(6*x)/6" --memory 2KiB\n',
    )
    .action((spec: string, options: Options) => {
      const { target } = openTarget(spec);
      const domain = hull(target, options);
      const constant = constantOf(target, domain, options);
      const height = constant.mul(domain[1].sub(domain[0]));
      const found = options.memory === undefined ? undefined : search(options, options.memory, height);
      const budget = found?.best ?? stated(options);
      const answer = askBudget({ ...budget, height });
      const plan = lipschitz({ ...budget, domain, constant });
      const built = plan.pieces <= MOST_PIECES ? plan.network(target) : undefined;
      if (options.json) {
        printJson({
          f: target.text,
          domain: domain.map((d) => d.toNumber()),
          constant: constant.toNumber('up'),
          ...answerJson(answer),
          ...(found ? { memoryBytes: options.memory, compared: found.compared } : {}),
          ...(found?.matrix ? { matrix: found.matrix.toNumber('up') } : {}),
          ...(built ? { built: { ...networkJson(built.network), guaranteed: built.guaranteed.toNumber('up') } } : {}),
        });
      } else {
        printRows(answerRows(target, domain, constant, answer, found, options.memory, built));
      }
      done(0);
    });
};

function stated({ width, depth, bits }: Options): { width: number; depth: number; bits: number } {
  if (width === undefined || depth === undefined || bits === undefined) {
    throw new InputError('budget: expected --width, --depth and --bits, or --memory');
  }
  return { width, depth, bits };
}

function search(options: Options, bytes: number, height: Dyadic): MemoryAnswer {
  for (const name of ['width', 'depth', 'bits'] as const) {
    if (options[name] !== undefined) throw new InputError(`--memory: expected no --${name} beside it`);
  }
  const bar = progress(`budget ${size(bytes)}`, options.quiet);
  const found = bestWithin(bytes, { height, onProgress: (p) => bar.update(p) });
  bar.stop();
  return found;
}

function hull(target: Target, { domain }: Options): readonly [Dyadic, Dyadic] {
  if (target.inputs !== 1) throw new InputError(`budget: expected f of one input x, got ${target.inputs} inputs`);
  if (domain) return [domain[0].lo, domain[1].hi];
  const { knots } = target;
  if (!knots?.length) return [Dyadic.ZERO, Dyadic.ONE];
  const [lo, hi] = [knots[0]!.x, knots[knots.length - 1]!.x];
  // A table says nothing beyond its ends.
  return [lo.toDyadic() ?? lo.roundBits(80, 'up'), hi.toDyadic() ?? hi.roundBits(80, 'down')];
}

function constantOf(target: Target, [lo, hi]: readonly [Dyadic, Dyadic], options: Options): Dyadic {
  if (options.lipschitz) {
    if (options.lipschitz.sign <= 0) throw new InputError('--lipschitz: expected a number greater than 0');
    return options.lipschitz;
  }
  const found = target.lipschitz?.([Interval.of(lo, hi)], 64);
  if (!found || found.sign <= 0) {
    throw new InputError(
      `budget: ${target.text} has no Lipschitz constant above 0 that is found here; state one with --lipschitz`,
    );
  }
  return found.roundBits(24, 'up');
}

function answerJson(a: BudgetAnswer): Record<string, unknown> {
  return {
    width: a.width,
    depth: a.depth,
    bits: a.bits,
    denseBits: a.denseBits,
    regime: a.regime,
    achieved: a.achieved.toNumber('up'),
    achievedExact: a.achieved.toString(),
    lower: a.lower.toNumber('down'),
    lowerExact: a.lower.toString(),
    gap: a.gap,
    construction: a.construction,
    first: a.changes[0]?.change,
    changes: a.changes.map(({ achieved, ...rest }) => ({ ...rest, achieved: achieved.toNumber('up') })),
  };
}

const REGIMES = {
  under: 'under-quantised: the weights are too coarse, the error falls by a power of two with every bit',
  proper: 'proper: every bit of memory counts, wherever it is spent',
  over: 'over-quantised: the shape is too small for its bits, more bits cannot help',
} as const;

function answerRows(
  target: Target,
  [lo, hi]: readonly [Dyadic, Dyadic],
  constant: Dyadic,
  a: BudgetAnswer,
  found: MemoryAnswer | undefined,
  bytes: number | undefined,
  built: LipschitzBudgetNetwork | undefined,
): [string, string | undefined][] {
  const [first, ...others] = a.changes as [BudgetChange, ...BudgetChange[]];
  const step = (c: BudgetChange): string =>
    `${c.change} ${a[c.change]} -> ${c[c.change]}: ${c.achieved.toNumber('up').toExponential(2)}`;
  const helps = first.achieved.lt(a.achieved);
  return [
    [
      'f',
      `${target.text} on [${lo.toNumber()}, ${hi.toNumber()}], Lipschitz constant at most ${constant.toNumber('up')}`,
    ],
    [
      'budget',
      `width ${a.width}, depth ${a.depth}, ${a.bits} fractional bits: ${a.denseBits} bits of dense memory (${size(Math.ceil(a.denseBits / 8))})`,
    ],
    ['', found && `the best of ${found.compared} budgets within ${size(bytes as number)}`],
    ['reached here', `error <= ${bound(a.achieved)}, guaranteed for every function of the class; ${a.construction}`],
    [
      '',
      built &&
        `built for f: depth ${built.network.depth}, width ${built.network.width}, ${built.network.connectivity} weights`,
    ],
    [
      'out of reach',
      `no network of this budget has error below ${a.lower.toNumber().toExponential(2)} for the whole class: at most ${a.gap.toPrecision(3)} times better`,
    ],
    ['regime', REGIMES[a.regime]],
    [
      'change first',
      helps
        ? `the ${first.change}; for about twice the memory, ${[first, ...others].map(step).join('; ')}`
        : `nothing: twice the memory in width, depth or bits alone does not lower the error`,
    ],
    [
      'as a file',
      found?.matrix &&
        `a bit matrix of the same size would guarantee ${bound(found.matrix)}: \`lipschitz({ bytes })\`, width and depth free`,
    ],
  ];
}
