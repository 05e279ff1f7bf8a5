/** The words behind `npm run bench --`: what to run, how long, and where the rows go. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const SUITES = ['dense', 'sparse', 'wide', 'bits', 'constructions', 'imported', 'threads', 'start'] as const;
export type Suite = (typeof SUITES)[number];

export interface Wanted {
  readonly suites: readonly Suite[];
  readonly case: string | undefined;
  readonly json: string | undefined;
  readonly rounds: 'full' | 'quick' | 'smoke';
}

/** What is wrong with the words, in one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Throws UsageError where a word is not known, or the rows could not be written. */
export function wanted(words: readonly string[]): Wanted {
  const values = parsed(words);
  const { only, json, quick, smoke } = values;
  const known = (name: string): name is Suite => (SUITES as readonly string[]).includes(name);
  if (only !== undefined && !known(only)) {
    throw new UsageError(`bench: expected --only ${SUITES.join(' | ')}, got ${JSON.stringify(only)}`);
  }
  if (quick && smoke) throw new UsageError('bench: expected --quick or --smoke, got both');
  if (values.case !== undefined && only === undefined) {
    throw new UsageError('bench: expected --only SUITE with --case, got --case alone');
  }
  if (json !== undefined) checkTarget(json);
  return {
    suites: only === undefined ? SUITES : [only],
    case: values.case,
    json: json === undefined ? undefined : resolve(json),
    rounds: smoke ? 'smoke' : quick ? 'quick' : 'full',
  };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        only: { type: 'string' },
        case: { type: 'string' },
        json: { type: 'string' },
        quick: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`bench: ${(error as Error).message.split('. ')[0]}`);
  }
}

/** A run takes minutes: that its file cannot be written is said before it begins. */
function checkTarget(json: string): void {
  const folder = dirname(resolve(json));
  if (!existsSync(folder)) throw new UsageError(`bench: expected --json in a folder that is there, got ${json}`);
  if (existsSync(json) && !statSync(json).isFile()) throw new UsageError(`bench: expected --json FILE, got ${json}`);
  try {
    accessSync(existsSync(json) ? json : folder, constants.W_OK);
  } catch {
    throw new UsageError(`bench: expected --json in a folder that may be written to, got ${json}`);
  }
}
