/** How long work speaks: a bar on a terminal, silence in a pipe. A file of its own, so that commands without it start sooner. */
import { SingleBar } from 'cli-progress';
import { isQuiet } from './output.ts';

export interface Progress {
  /** done in 0..1. */
  update(done: number, what?: string): void;
  stop(): void;
}

/** A bar on a terminal's standard error after the first half second; nothing in a pipe or with --quiet. */
export function progress(what: string, quiet = false): Progress {
  if (quiet || isQuiet() || !process.stderr.isTTY || (process.stderr.columns ?? 80) < 20)
    return { update() {}, stop() {} };
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${what} {bar} {percentage}% {what} ETA {eta_formatted}`,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 50,
  });
  const from = Date.now();
  let started = false;
  return {
    update(done, detail = '') {
      if (!started) {
        if (Date.now() - from < 500) return;
        bar.start(1000, 0, { what: detail });
        started = true;
      }
      bar.update(Math.round(done * 1000), { what: detail });
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
