/** Waiting for what may never come, without keeping the process alive for it. */

/** Resolves when the signal is aborted, at once where it is. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Waits for it, but no longer than this: a server that is away must not keep us from ending. */
export async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}

/** Resolves when the condition holds, which is looked at ten times a second; rejects with the reason of `stop` before that. */
export async function until(condition: () => boolean, stop: AbortSignal): Promise<void> {
  while (!condition()) {
    stop.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
