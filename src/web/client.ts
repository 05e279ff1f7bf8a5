/**
 * The page's side of its workers. Computing in a worker does not give way, so a request that is superseded gets a moment to
 * finish (small ones do, and their worker stays warm); then its worker is ended and a spare one, already started, takes over.
 */
import type { Answer, Problem, Progress, Reply, Request } from './protocol.ts';

/** Milliseconds that a superseded request may still take. */
const GRACE = 120;

function startWorker(): Worker {
  return new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'dyadnet' });
}

export interface SolverEvents {
  /** With undefined: nothing is being computed any more. */
  readonly onProgress: (progress: Progress | undefined) => void;
  readonly onAnswer: (answer: Answer, problem: Problem) => void;
  readonly onFailed: (sentence: string, input: boolean) => void;
}

/** Solves the newest problem; older ones are dropped. */
export class Solver {
  private worker = startWorker();
  private spare = startWorker();
  private running: Problem | undefined;
  private next: Problem | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: SolverEvents) {
    this.listen();
  }

  solve(problem: Problem): void {
    this.next = problem;
    if (!this.running) this.begin();
    else this.timer ??= setTimeout(() => this.replace(), GRACE);
  }

  /** Ends what is being computed. */
  cancel(): void {
    this.next = undefined;
    if (this.running) this.replace();
  }

  private begin(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = this.next;
    this.next = undefined;
    if (!this.running) {
      this.events.onProgress(undefined);
      return;
    }
    this.events.onProgress({ text: 'computing' });
    this.worker.postMessage({ kind: 'solve', problem: this.running } satisfies Request);
  }

  private replace(): void {
    this.worker.terminate();
    this.worker = this.spare;
    this.spare = startWorker();
    this.listen();
    this.running = undefined;
    this.begin();
  }

  private listen(): void {
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => this.hear(data);
    this.worker.onerror = (event) => {
      this.running = undefined;
      this.events.onFailed(`the worker stopped: ${event.message ?? 'unknown'}`, false);
      this.replace();
    };
  }

  private hear(reply: Reply): void {
    const problem = this.running;
    if (reply.kind === 'progress') {
      if (!this.next) this.events.onProgress(reply.progress);
      return;
    }
    if (!problem || (reply.kind !== 'answer' && reply.kind !== 'failed')) return;
    const superseded = this.next !== undefined;
    // An answer that came in time is shown even where the next is on its way: the picture follows the slider.
    if (reply.kind === 'answer') this.events.onAnswer(reply.answer, problem);
    else if (!superseded) this.events.onFailed(reply.sentence, reply.input);
    this.begin();
  }
}

/** A worker that answers one request after the other: curves, points and downloads of the network at hand. */
export class Viewer {
  private readonly worker = startWorker();
  private last: Promise<unknown>;
  private hear: (reply: Reply) => void = () => {};

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => this.hear(data);
    this.last = new Promise<void>((resolve) => {
      this.hear = () => resolve();
    });
  }

  /** The reply of the given kind; rejects with the sentence of a refusal. */
  ask<K extends Exclude<Reply['kind'], 'failed' | 'progress' | 'ready' | 'answer'>>(
    request: Request,
    kind: K,
  ): Promise<Extract<Reply, { kind: K }>> {
    const turn = this.last.then(
      () =>
        new Promise<Extract<Reply, { kind: K }>>((resolve, reject) => {
          this.hear = (reply) => {
            if (reply.kind === kind) resolve(reply as Extract<Reply, { kind: K }>);
            else if (reply.kind === 'failed') reject(new Error(reply.sentence));
          };
          this.worker.postMessage(request);
        }),
    );
    this.last = turn.catch(() => {});
    return turn;
  }
}
