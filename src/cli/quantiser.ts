/** Which quantiser a command line asks for. */
import type { Command } from 'commander';
import { type Dyadic, InputError } from '../exact/index.ts';
import type { Quantiser } from '../workbench/index.ts';
import { dyadicOption, wholeOption } from './arguments.ts';

export interface QuantiserOptions {
  bits?: number | readonly number[];
  rounding?: string;
  seed?: number;
  step?: Dyadic;
  codebook?: number;
  powers?: true | { from: number; to: number };
  alphabet?: readonly Dyadic[];
  perLayer?: boolean;
  format?: string;
}

export function quantiserOptions(command: Command): Command {
  return command
    .option('--bits <b>', 'weights become multiples of 2^-b; b1,b2,...: one number a layer', bitsOption)
    .option('--step <eta>', 'weights become multiples of eta, any dyadic number', dyadicOption('--step'))
    .option('--rounding <mode>', 'nearest (ties to even), floor or stochastic (default nearest)')
    .option('--seed <n>', 'of stochastic rounding (default 0)', wholeOption('--seed', 0, 2 ** 32 - 1))
    .option(
      '--codebook <lambda>',
      'at most so many shared values, optimal (k-means)',
      wholeOption('--codebook', 1, 65536),
    )
    .option(
      '--powers <from,to>',
      'weights +-2^from .. +-2^to; auto, with --codebook: so many from the largest',
      powersOption,
    )
    .option('--alphabet <list>', 'weights become the nearest of these: -0.5,0.5', alphabetOption)
    .option('--per-layer', 'a codebook for each layer')
    .option('--format <name>', 'float16: weights become half-precision numbers');
}

/** Throws InputError where the options name no quantiser or several. */
export function quantiserOf(options: QuantiserOptions): Quantiser {
  const { bits, step, rounding, seed, codebook: lambda, powers, alphabet, perLayer, format } = options;
  const asked = [bits, step, powers === true ? undefined : (powers ?? undefined), lambda, alphabet, format];
  if (asked.filter((v) => v !== undefined).length !== 1) {
    throw new InputError('quantize: expected one of --bits, --step, --codebook, --powers, --alphabet and --format');
  }
  const uniform = bits !== undefined || step !== undefined;
  if (format !== undefined && rounding !== undefined) {
    throw new InputError('--rounding: half precision is always rounded to the nearest');
  }
  if (!uniform && rounding !== undefined) throw new InputError('--rounding: expected with --bits or --step alone');
  if (seed !== undefined && rounding !== 'stochastic')
    throw new InputError('--seed: expected with --rounding stochastic');
  if (perLayer && lambda === undefined) throw new InputError('--per-layer: expected with --codebook');
  if (uniform) {
    return {
      method: 'uniform',
      ...(bits === undefined ? { step: step as Dyadic } : { bits }),
      ...(rounding === undefined ? {} : { rounding: rounding as 'nearest' }),
      ...(seed === undefined ? {} : { seed }),
    };
  }
  if (format !== undefined) {
    if (format !== 'float16') throw new InputError(`--format: expected float16, got ${JSON.stringify(format)}`);
    return { method: 'float16' };
  }
  return {
    method: 'codebook',
    ...(lambda === undefined ? {} : { lambda }),
    ...(powers === undefined ? {} : { powers }),
    ...(alphabet === undefined ? {} : { alphabet }),
    ...(perLayer ? { perLayer } : {}),
  };
}

/** The options as a file's meta section keeps them. */
export function quantiserMeta(how: Quantiser): Record<string, string | number | boolean> {
  if (how.method === 'float16') return { format: 'float16' };
  const out: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(how)) {
    if (name === 'method' && value === 'uniform') continue;
    out[name] = typeof value === 'number' || typeof value === 'boolean' ? value : textOf(value);
  }
  return how.method === 'uniform' && how.rounding === undefined ? { ...out, rounding: 'nearest' } : out;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'object' && value !== null && 'from' in value && 'to' in value)
    return `${value.from},${value.to}`;
  return String(value);
}

function bitsOption(text: string): number | readonly number[] {
  const each = text.split(',').map(wholeOption('--bits', 0, 4096));
  return each.length === 1 ? (each[0] as number) : each;
}

function powersOption(text: string): true | { from: number; to: number } {
  if (text === 'auto') return true;
  const ends = text.split(',').map(wholeOption('--powers', -65536, 65536));
  const [from, to] = ends;
  if (from === undefined || to === undefined || ends.length !== 2) {
    throw new InputError(`--powers: expected from,to such as -6,0, or auto, got ${JSON.stringify(text)}`);
  }
  return { from, to };
}

function alphabetOption(text: string): readonly Dyadic[] {
  return text.split(',').map(dyadicOption('--alphabet'));
}
