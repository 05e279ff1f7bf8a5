/**
 * A process of the pool. Jobs hold the main thread for as long as they take; a second thread watches over them: it ends the
 * process when its memory passes the limit (which it reports first), and when the pool that began it is gone.
 */
import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { ANSWERS, type Answer } from './wire.ts';

const EVERY_MS = 25;

interface Watched {
  readonly parent: number;
  readonly bytes: number;
}

if (isMainThread) {
  const watched: Watched = { parent: process.ppid, bytes: Number(process.argv[2]) * 2 ** 20 };
  new Worker(new URL(import.meta.url), { workerData: watched, stdin: false }).unref();
  const { serve } = await import('./serve.ts');
  serve();
} else {
  watch(workerData as Watched);
}

function watch({ parent, bytes }: Watched): void {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
    if (process.memoryUsage.rss() <= bytes) return;
    const ended: Answer = { ended: 'memory' };
    try {
      writeSync(ANSWERS, `${JSON.stringify(ended)}\n`);
    } finally {
      process.kill(process.pid, 'SIGKILL');
    }
  }, EVERY_MS);
}
