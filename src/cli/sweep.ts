import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../exact/index.ts';
import {
  bullmqEngine,
  type Engine,
  localEngine,
  RECORD_VERSION,
  readSpec,
  redisAddress,
  runSweep,
  type Sweep,
  type SweepSummary,
  type Versions,
} from '../sweep/index.ts';
import { wholeOption } from './arguments.ts';
import type { Define } from './command.ts';
import { readBytes, readText } from './files.ts';
import { note, printJson, printRows } from './output.ts';
import { progress } from './progress.ts';

interface Options {
  out?: string;
  engine?: string;
  redis?: string;
  queue?: string;
  workers?: number;
  retryFailed?: boolean;
  quiet?: boolean;
  json?: boolean;
}

/** `dyadnet sweep`: many jobs, each to one record, resumable. */
export const defineSweep: Define = (command, done) => {
  command
    .argument('<spec>', 'what to do (.json); or: report')
    .argument('[folder]', 'report: the results folder')
    .option(
      '-o, --out <folder>',
      'results folder; jobs that have a record there are not done again. report: where pictures go',
    )
    .option('--engine <name>', 'local (default), or bullmq: jobs go to the workers of a Redis or Valkey server')
    .option(
      '--redis <url>',
      'the server, redis://... or rediss://...; better kept in DYADNET_REDIS, which ps does not show',
    )
    .option('--queue <name>', "the queue's name (default: one for each version)")
    .option('--workers <n>', 'local: jobs at once (default: one a core)', wholeOption('--workers', 1, 4096))
    .option('--retry-failed', 'do failed jobs again')
    .option('--quiet', 'no progress')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExit code: 0 every job has a result, 1 some failed (their records say why).\n\nExample:\n  dyadnet sweep spec.json -o results/\n  dyadnet sweep report results/\n',
    )
    .action(async (path: string, folder: string | undefined, options: Options) => {
      if (path === 'report') {
        if (folder === undefined) throw new InputError('sweep report: expected the folder of the results');
        const { reportSweep } = await import('./sweepReport.ts');
        done(await reportSweep(folder, options));
        return;
      }
      if (folder !== undefined)
        throw new InputError(`sweep: expected one specification, got ${JSON.stringify(folder)} too`);
      const sweep = openSpec(path);
      if (options.out === undefined) throw new InputError('--out: expected a folder for the results');
      const engine = engineOf(options, versionsOf(command));
      const bar = progress(`sweep ${path}`, options.quiet);
      const stopped = onStop(`the sweep goes on from here when it is called again`);
      try {
        const summary = await runSweep(sweep, {
          folder: options.out,
          engine,
          retryFailed: options.retryFailed === true,
          signal: stopped.signal,
          say: (sentence) => note(`dyadnet: ${sentence}`),
          onRecord: (_record, p) => bar.update(p.done / p.jobs, `${p.done}/${p.jobs}`),
        });
        printSummary(sweep, summary, options);
        done(summary.failed === 0 ? 0 : 1);
      } catch (error) {
        if (!stopped.signal.aborted || error !== stopped.signal.reason) throw error;
        done(130);
      } finally {
        bar.stop();
        stopped.forget();
      }
    });
};

function engineOf({ engine = 'local', redis, queue, workers }: Options, versions: Versions): Engine {
  if (engine === 'bullmq') {
    if (workers !== undefined)
      throw new InputError('--workers: expected with --engine local; dyadnet worker has its own');
    return bullmqEngine({ address: serverOf(redis), versions, ...(queue === undefined ? {} : { queue }) });
  }
  if (engine !== 'local') throw new InputError(`--engine: expected local or bullmq, got ${JSON.stringify(engine)}`);
  if (redis !== undefined || queue !== undefined) {
    throw new InputError(`${redis === undefined ? '--queue' : '--redis'}: expected with --engine bullmq`);
  }
  return localEngine({ workers: workers ?? availableParallelism(), versions });
}

/** The server of --redis or, better, of the environment. */
export function serverOf(option: string | undefined): ReturnType<typeof redisAddress> {
  const text = option ?? process.env.DYADNET_REDIS;
  if (text === undefined) throw new InputError('--redis: expected a URL here or in DYADNET_REDIS');
  // From here on `ps` shows the name alone.
  if (option !== undefined) process.title = 'dyadnet';
  return redisAddress(text, option === undefined ? 'DYADNET_REDIS' : '--redis');
}

export function versionsOf(command: Command): Versions {
  return { dyadnet: command.parent?.version() ?? '', node: process.version, record: RECORD_VERSION };
}

/** Aborts at the first SIGINT or SIGTERM, with a sentence; `kill` at the second. */
export function onStop(sentence: string): { signal: AbortSignal; kill: AbortSignal; forget: () => void } {
  const [first, second] = [new AbortController(), new AbortController()];
  const stop = (): void => {
    if (first.signal.aborted) second.abort();
    else note(`dyadnet: stopping; ${sentence}`);
    first.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: first.signal,
    kill: second.signal,
    forget: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}

function openSpec(path: string): Sweep {
  let value: unknown;
  try {
    value = JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`${path}: expected JSON, ${error.message}`);
    throw error;
  }
  return readSpec(value, (table) => readBytes(resolve(dirname(path), table)), path);
}

function printSummary(sweep: Sweep, summary: SweepSummary, { out, json }: Options): void {
  if (json) {
    printJson({ ...summary, repeated: sweep.repeated, out });
    return;
  }
  const { jobs, before, proved, undecided, failed, others } = summary;
  const some = (n: number, text: string): string | undefined => (n === 0 ? undefined : `${n}${text}`);
  printRows([
    ['jobs', `${jobs}${sweep.repeated > 0 ? `; ${sweep.repeated} more were the same again` : ''}`],
    ['before', some(before, ' had a record before')],
    ['proved', proved],
    ['undecided', some(undecided, ': bounds that are true, but not as tight as asked')],
    ['failed', some(failed, '; dyadnet sweep report lists why')],
    ['others', some(others, ' records in the folder are of other jobs')],
    ['records', `${out?.replace(/\/$/, '')}/records.jsonl`],
  ]);
}
