/** Web workers for a pool. Each has its own instance of the core, so a page needs no cross-origin isolation. */
import type { CoreBuild } from './runtime.ts';
import type { Answer, Task } from './serve.ts';
import type { Job } from './slots.ts';

/** Workers that take tasks; tasks may end in any order. */
export interface Crew {
  readonly threads: number;
  /** Whether plans and batches can lie in memory that all threads share; otherwise a task's batch is handed over. */
  readonly shares: boolean;
  run(task: Task): Promise<Answer>;
  /** Where memory is shared: so many workers, each on a run until it is closed. */
  help?(hands: number, job: Job, build: CoreBuild | undefined): Promise<void>[];
  close(): Promise<void>;
}

/** A worker that does not answer within this time counts as not to be had. */
const PATIENCE_MS = 10_000;

/** `missing`: the worker does not hold the plan, and gives the rows back. */
type Reply = Answer | 'ready' | { readonly missing: Float64Array };

/** What stands for a plan that was sent before. */
const SENT = new ArrayBuffer(0);

interface Hand {
  readonly worker: Worker;
  /** Tasks sent and not answered, the oldest first. */
  readonly waiting: { done(answer: Reply): void; failed(error: unknown): void }[];
}

/** Throws where workers are not to be had. */
export async function webCrew(threads: number): Promise<Crew> {
  const hands: Hand[] = [];
  const close = async (): Promise<void> => {
    for (const { worker, waiting } of hands) {
      worker.terminate();
      for (const w of waiting.splice(0)) w.failed(new Error('the pool was closed'));
    }
  };
  try {
    for (let k = 0; k < threads; k++) hands.push(hire());
    await Promise.all(hands.map((hand) => within(send(hand, 'ready?'))));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    threads,
    shares: false,
    close,
    async run(task) {
      const hand = hands.reduce((a, b) => (b.waiting.length < a.waiting.length ? b : a));
      const { lent } = task;
      const answer = await send(hand, lent ? { ...task, lent: { ...lent, buffer: SENT } } : task);
      const missing = (answer as { missing?: Float64Array }).missing;
      return (missing ? await send(hand, { ...task, batch: missing }) : answer) as Answer;
    },
  };
}

function hire(): Hand {
  const worker = new Worker(new URL('./workerWeb.ts', import.meta.url), { type: 'module' });
  const waiting: Hand['waiting'] = [];
  worker.onmessage = ({ data }: MessageEvent<{ answer: Reply } | { error: unknown }>) => {
    const next = waiting.shift();
    if ('answer' in data) next?.done(data.answer);
    else next?.failed(data.error);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    for (const w of waiting.splice(0)) w.failed(new Error(event.message || 'the worker did not start'));
  };
  return { worker, waiting };
}

function send(hand: Hand, message: Task | 'ready?'): Promise<Reply> {
  return new Promise((done, failed) => {
    hand.waiting.push({ done, failed });
    hand.worker.postMessage(message, message === 'ready?' ? [] : [message.batch.buffer as ArrayBuffer]);
  });
}

function within<T>(soon: Promise<T>): Promise<T> {
  return new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error('the worker did not answer')), PATIENCE_MS);
    soon.then(done, failed).finally(() => clearTimeout(timer));
  });
}
