import { compile, explainPlan, type PlanReport } from '../engine/index.ts';
import { Dyadic, InputError, Interval, type Rational } from '../exact/index.ts';
import { type Embedded, embeddedCosts, kappa } from '../io/index.ts';
import { type IntrinsicFacts, intrinsicFacts } from '../workbench/index.ts';
import { wholeOption } from './arguments.ts';
import type { Define } from './command.ts';
import { type ImportOptions, importOptions } from './import.ts';
import { type OpenedNetwork, openNetwork } from './network.ts';
import { about, bound, boundJson, certifiedJson, networkJson, place, printJson, printRows, size } from './output.ts';

/** `dyadnet inspect`: what a network file holds, how it is stored, and what was proved of it. */
export const defineInspect: Define = (command, done) => {
  importOptions(command)
    .argument('<network>', 'network file (.dyad, .onnx, .nnet)')
    .option('--plan', 'print how the engine runs it: each layer with its arithmetic, its limbs, and why')
    .option(
      '--fraction <bits>',
      'with --plan: inputs are multiples of 2^-bits (53 unless stated)',
      wholeOption('--fraction', 0, 4096),
    )
    .option(
      '--adc <bits>',
      'flash, RAM and multiplications in C for the counts of a converter of so many bits (default 12)',
      wholeOption('--adc', 1, 32),
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  dyadnet fit "x^2" --eps 1e-3 -o square.dyad\n  dyadnet inspect square.dyad\n  dyadnet inspect square.dyad --plan --fraction 16\n',
    )
    .action((path: string, options: Options) => {
      const file = openNetwork(path, options);
      if (options.plan) {
        const { on, report } = planOf(file, options);
        if (options.json) printJson({ plannedOn: on, ...report });
        else process.stdout.write(`${on}\n${report.text}\n`);
        done(0);
        return;
      }
      if (options.fraction !== undefined)
        throw new InputError('--fraction: expected together with --plan, got it alone');
      const facts = study(file, options.adc);
      if (options.json) printJson(inspectJson(facts));
      else printRows(inspectRows(facts));
      done(0);
    });
};

interface Options extends ImportOptions {
  readonly json?: boolean;
  readonly plan?: boolean;
  readonly fraction?: number;
  readonly adc?: number;
}

/** Domain of a plan where the file states none. */
const USUAL = Interval.of(-1, 1);

/** The engine's plan as data, and the inputs that it is made for in words. */
function planOf({ network, domain }: OpenedNetwork, options: Options): { on: string; report: PlanReport } {
  const fractionalBits = options.fraction ?? options.grid?.fractionalBits ?? 53;
  const plan = compile(network, { domain: domain ?? USUAL, fractionalBits: Math.max(0, fractionalBits) });
  const box = domain ? "the file's domain" : 'the file states no domain: [-1, 1] for every input';
  return { on: `planned for ${box}`, report: explainPlan(plan) };
}

interface Facts {
  readonly embedded: Embedded | string;
  readonly file: OpenedNetwork;
  readonly alphabet: readonly Dyadic[];
  readonly storage: { denseBits: number; nonZeroBits: number; fileBytes: number };
  readonly upper: Dyadic | undefined;
  readonly lower: Dyadic | undefined;
  readonly guaranteed: Dyadic | undefined;
  readonly kappa: Rational | undefined;
  readonly intrinsic: IntrinsicFacts | undefined;
}

function study(file: OpenedNetwork, converterBits = 12): Facts {
  const alphabet = file.network.alphabet();
  const read = (text: string | undefined): Dyadic | undefined => (text === undefined ? undefined : Dyadic.parse(text));
  const upper = read(file.meta?.proved?.upper);
  const guaranteed = read(file.meta?.guaranteed);
  const error = guaranteed ?? upper;
  return {
    file,
    embedded: embeddedCosts(file.network, file.domain, converterBits),
    alphabet,
    storage: { ...file.network.storage(alphabet.length), fileBytes: file.bytes },
    upper,
    lower: read(file.meta?.proved?.lower),
    guaranteed,
    kappa: error && kappa(8 * file.bytes, error),
    intrinsic: intrinsicFacts(file),
  };
}

function inspectJson({
  file,
  embedded,
  alphabet,
  storage,
  upper,
  lower,
  guaranteed,
  kappa,
  intrinsic,
}: Facts): Record<string, unknown> {
  const { meta, domain } = file;
  return {
    ...(upper ? { status: 'proved' } : {}),
    ...(upper
      ? {
          certified: certifiedJson({
            upper,
            lower,
            witness: meta?.proved?.witness,
            restsOn: meta?.proved?.restsOn,
          }),
        }
      : {}),
    network: { ...networkJson(file.network, alphabet.length), alphabet: alphabet.slice(0, MOST_LISTED).map(String) },
    storage,
    embedded: typeof embedded === 'string' ? { missing: embedded } : embedded,
    ...(kappa ? { kappa: kappa.toNumber('up'), kappaExact: kappa.toString() } : {}),
    ...boundJson({ guaranteed }),
    ...(intrinsic ? { intrinsic: intrinsicJson(intrinsic) } : {}),
    ...(meta?.method ? { method: meta.method } : {}),
    ...(meta?.target ? { target: meta.target } : {}),
    ...(meta?.name ? { name: meta.name } : {}),
    ...(file.facts.length > 0 ? { imported: Object.fromEntries(file.facts) } : {}),
    ...(meta?.inputs ? { inputs: meta.inputs } : {}),
    ...(meta?.outputs ? { outputs: meta.outputs } : {}),
    ...(domain ? { domain: domain.map(({ lo, hi }) => [lo.toNumber('down'), hi.toNumber('up')]) } : {}),
    ...(domain ? { domainExact: domain.map(({ lo, hi }) => [lo.toString(), hi.toString()]) } : {}),
  };
}

function inspectRows({
  file,
  embedded,
  alphabet,
  storage,
  upper,
  lower,
  guaranteed,
  kappa,
  intrinsic,
}: Facts): [string, string | undefined][] {
  const { network, meta, domain } = file;
  const quantity = (q: { name?: string; unit?: string } | undefined): string =>
    [q?.name, q?.unit && `[${q.unit}]`].filter(Boolean).join(' ');
  const units = [...(meta?.inputs ?? []), ...(meta?.outputs ?? [])].map(quantity).filter(Boolean).join(' -> ');
  return [
    ['name', meta?.name],
    ['target', meta?.target],
    ['method', meta?.method],
    ...file.facts.map(([name, value]): [string, string] => [name, value]),
    ['units', units === '' ? undefined : units],
    ['domain', domain?.map(({ lo, hi }) => `[${about(lo)}, ${about(hi)}]`).join(' x ')],
    ['inputs, outputs', `${network.inputs}, ${network.outputs}`],
    ['depth L', `${network.depth}`],
    ['width W', `${network.width}`],
    ['connectivity M', `${network.connectivity} non-zero weights, biases included`],
    [
      'alphabet',
      `${alphabet.length} values: ${shorten(alphabet).map(String).join(' ')}${alphabet.length > 12 ? ' ...' : ''}`,
    ],
    ['Q(a,b)', `a = ${network.integerBits}, b = ${network.fractionalBits} fractional bits`],
    ['dense storage', `${storage.denseBits} bits (${size(Math.ceil(storage.denseBits / 8))})`],
    ['non-zero storage', `${storage.nonZeroBits} bits (${size(Math.ceil(storage.nonZeroBits / 8))})`],
    ['file', size(storage.fileBytes)],
    [
      'in C',
      typeof embedded === 'string'
        ? `none: ${embedded}`
        : `${embedded.flashBytes} bytes of flash for constants, ${embedded.ramBytes} of RAM, ${embedded.multiplications} multiplications a call (input: counts of a ${embedded.converterBits}-bit converter over the domain)`,
    ],
    [
      'kappa',
      kappa &&
        `${kappa.toNumber('up').toPrecision(4)} = file bits x error (1 is the entropy limit for 1-Lipschitz f on [0,1])`,
    ],
    ...(intrinsic ? intrinsicRows(intrinsic) : []),
    ['guaranteed', guaranteed && `error <= ${bound(guaranteed)} for the class`],
    ['proved', upper && `sup |f - net| <= ${bound(upper)}`],
    ['at the witness', lower && `${bound(lower)} at x = ${place(meta?.proved?.witness ?? ['?'])}`],
    ['rests on', meta?.proved?.restsOn?.join('; ')],
  ];
}

function intrinsicJson({ count, bits, words, wordBits, norm, upper, lower, theorem, entropy }: IntrinsicFacts): object {
  return {
    count,
    bits,
    words,
    wordBits,
    norm,
    ...boundJson({ upper, lower, theorem }),
    ...(entropy === undefined ? {} : { entropyBits: Number(entropy) }),
  };
}

/** The lesson: few parameters, many bits. */
function intrinsicRows(facts: IntrinsicFacts): [string, string | undefined][] {
  const { count, bits, words, wordBits, norm, upper, lower, theorem, lipschitz, entropy } = facts;
  const measured = norm === 'sup' ? 'sup |f - net|' : `||f - net||_${norm}`;
  return [
    ['intrinsic', `${count} numbers depend on f, ${bits} bits: ${words} of ${wordBits} bits, the scale and the offset`],
    ['error', `${measured} <= ${bound(upper)}, >= ${bound(lower)}; by the theorem <= ${bound(theorem)}`],
    [
      'no free lunch',
      entropy === undefined || lipschitz === undefined
        ? undefined
        : `whatever is stored, all f with Lipschitz constant ${about(lipschitz)} within this error need ${entropy} bits`,
    ],
  ];
}

/** Letters that the JSON object lists. */
const MOST_LISTED = 4096;

function shorten(alphabet: readonly Dyadic[]): readonly Dyadic[] {
  return alphabet.slice(0, 12);
}
