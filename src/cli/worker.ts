import { availableParallelism } from 'node:os';
import type { Rational } from '../exact/index.ts';
import { runWorker } from '../sweep/index.ts';
import { positiveOption, wholeOption } from './arguments.ts';
import type { Define } from './command.ts';
import { note, printJsonLine } from './output.ts';
import { onStop, serverOf, versionsOf } from './sweep.ts';

interface Options {
  redis?: string;
  queue?: string;
  workers?: number;
  memory?: number;
  lock?: Rational;
  idle?: Rational;
  json?: boolean;
}

/** `dyadnet worker`: does the jobs that sweeps put on a server. */
export const defineWorker: Define = (command, done) => {
  command
    .option(
      '--redis <url>',
      'the server, redis://... or rediss://...; better kept in DYADNET_REDIS, which ps does not show',
    )
    .option('--queue <name>', "the queue's name (default: one for each version)")
    .option('--workers <n>', 'jobs at once (default: one a core)', wholeOption('--workers', 1, 4096))
    .option('--memory <MiB>', 'most that one job may take here', wholeOption('--memory', 128, 1 << 20))
    .option(
      '--lock <s>',
      'after so long without a sign of life a job goes to another worker (default 30)',
      positiveOption('--lock'),
    )
    .option('--idle <s>', 'end after so long without a job (default: never)', positiveOption('--idle'))
    .option('--json', 'print the record of every job that is done, one object a line')
    .addHelpText(
      'after',
      '\nEnds after its running jobs on the first SIGINT or SIGTERM, at once on the second.\n\nExample:\n  DYADNET_REDIS=redis://10.0.0.5:6379 dyadnet worker --workers 8\n',
    )
    .action(async (options: Options) => {
      const workers = options.workers ?? availableParallelism();
      const address = serverOf(options.redis);
      const stopped = onStop('jobs that run are finished first');
      let records = 0;
      note(`dyadnet: ${workers} jobs at once from ${address.shown}`);
      try {
        await runWorker({
          address,
          versions: versionsOf(command),
          workers,
          ...(options.queue === undefined ? {} : { queue: options.queue }),
          ...(options.memory === undefined ? {} : { memoryMiB: options.memory }),
          ...(options.lock ? { lockSeconds: options.lock.toNumber() } : {}),
          ...(options.idle ? { idleSeconds: options.idle.toNumber() } : {}),
          signal: stopped.signal,
          kill: stopped.kill,
          say: (sentence) => note(`dyadnet: ${sentence}`),
          onRecord: (record) => {
            records++;
            if (options.json) printJsonLine(record);
          },
        });
      } finally {
        stopped.forget();
      }
      note(`dyadnet: ${records} jobs done`);
      done(0);
    });
};
