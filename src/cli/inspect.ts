import { Dyadic, type Rational } from '../exact/index.ts';
import { kappa } from '../io/index.ts';
import type { Define } from './command.ts';
import { type ImportOptions, importOptions } from './import.ts';
import { type OpenedNetwork, openNetwork } from './network.ts';
import { about, bound, boundJson, certifiedJson, networkJson, printJson, printRows, size } from './output.ts';

/** `dyadnet inspect`: what a network file holds, how it is stored, and what was proved of it. */
export const defineInspect: Define = (command, done) => {
  importOptions(command)
    .argument('<network>', 'network file (.dyad, .onnx, .nnet)')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  dyadnet fit "x^2" --eps 1e-3 -o square.dyad\n  dyadnet inspect square.dyad\n')
    .action((path: string, options: ImportOptions & { json?: boolean }) => {
      const facts = study(openNetwork(path, options));
      if (options.json) printJson(inspectJson(facts));
      else printRows(inspectRows(facts));
      done(0);
    });
};

interface Facts {
  readonly file: OpenedNetwork;
  readonly alphabet: readonly Dyadic[];
  readonly storage: { denseBits: number; nonZeroBits: number; fileBytes: number };
  readonly upper: Dyadic | undefined;
  readonly lower: Dyadic | undefined;
  readonly guaranteed: Dyadic | undefined;
  readonly kappa: Rational | undefined;
}

function study(file: OpenedNetwork): Facts {
  const alphabet = file.network.alphabet();
  const read = (text: string | undefined): Dyadic | undefined => (text === undefined ? undefined : Dyadic.parse(text));
  const upper = read(file.meta?.proved?.upper);
  const guaranteed = read(file.meta?.guaranteed);
  const error = guaranteed ?? upper;
  return {
    file,
    alphabet,
    storage: { ...file.network.storage(alphabet.length), fileBytes: file.bytes },
    upper,
    lower: read(file.meta?.proved?.lower),
    guaranteed,
    kappa: error && kappa(8 * file.bytes, error),
  };
}

function inspectJson({ file, alphabet, storage, upper, lower, guaranteed, kappa }: Facts): Record<string, unknown> {
  const { meta, domain } = file;
  return {
    ...(upper ? { status: 'proved' } : {}),
    ...(upper
      ? {
          certified: certifiedJson({
            upper,
            lower,
            witness: meta?.proved?.witness?.[0],
            restsOn: meta?.proved?.restsOn,
          }),
        }
      : {}),
    network: { ...networkJson(file.network, alphabet.length), alphabet: shorten(alphabet).map(String) },
    storage,
    ...(kappa ? { kappa: kappa.toNumber('up'), kappaExact: kappa.toString() } : {}),
    ...boundJson({ guaranteed }),
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
  alphabet,
  storage,
  upper,
  lower,
  guaranteed,
  kappa,
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
      'kappa',
      kappa &&
        `${kappa.toNumber('up').toPrecision(4)} = file bits x error (1 is the entropy limit for 1-Lipschitz f on [0,1])`,
    ],
    ['guaranteed', guaranteed && `error <= ${bound(guaranteed)} for the class`],
    ['proved', upper && `sup |f - net| <= ${bound(upper)}`],
    ['at the witness', lower && `${bound(lower)} at x = ${meta?.proved?.witness?.join(', ') ?? '?'}`],
    ['rests on', meta?.proved?.restsOn?.join('; ')],
  ];
}

function shorten(alphabet: readonly Dyadic[]): readonly Dyadic[] {
  return alphabet.slice(0, 12);
}
