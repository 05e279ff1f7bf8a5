/**
 * The page's side of its workers. Computing in a worker does not give way: one worker answers quickly and stays warm, with what
 * it has found; another looks for a better answer once the form is at rest, and is ended as soon as its problem is superseded.
 */
import type { Answer, Problem, Progress, Reply, Request } from './protocol.ts';

/** Milliseconds that a superseded quick request may still take. */
const GRACE = 250;
/** Milliseconds of rest before a better answer is looked for. */
const REST = 250;

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
  private readonly refiner: Refiner;
  private running: Problem | undefined;
  private next: Problem | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: SolverEvents) {
    this.refiner = new Refiner(events);
    this.listen();
  }

  solve(problem: Problem): void {
    this.refiner.stop();
    this.next = problem;
    if (!this.running) this.begin();
    else this.timer ??= setTimeout(() => this.replace(), GRACE);
  }

  /** Ends what is being computed. Returns whether an answer to the problem is there already. */
  cancel(): boolean {
    this.next = undefined;
    if (this.running) {
      this.replace();
      return false;
    }
    this.refiner.stop();
    this.events.onProgress(undefined);
    return true;
  }

  private begin(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = this.next;
    this.next = undefined;
    if (!this.running) {
      if (!this.refiner.busy) this.events.onProgress(undefined);
      return;
    }
    this.events.onProgress({ text: 'computing' });
    this.worker.postMessage({ kind: 'solve', problem: this.running, stage: 'draft' } satisfies Request);
  }

  private replace(): void {
    this.worker.terminate();
    this.worker = startWorker();
    this.listen();
    this.running = undefined;
    this.begin();
  }

  private listen(): void {
    const { worker } = this;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (worker === this.worker) this.hear(data);
    };
    worker.onerror = (event) => {
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
    if (reply.kind === 'answer' && reply.answer.draft && !superseded) this.refiner.refine(problem);
    this.begin();
  }
}

/** Looks for the best answer to a problem that has one already. */
class Refiner {
  private worker: Worker | undefined;
  private running = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly events: SolverEvents) {}

  get busy(): boolean {
    return this.running || this.timer !== undefined;
  }

  refine(problem: Problem): void {
    this.stop();
    this.events.onProgress({ text: 'looking for a better one' });
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.begin(problem);
    }, REST);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.running) return;
    this.running = false;
    this.worker?.terminate();
    this.worker = undefined;
  }

  private begin(problem: Problem): void {
    const worker = this.worker ?? startWorker();
    this.worker = worker;
    this.running = true;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (worker === this.worker) this.hear(data, problem);
    };
    worker.onerror = () => {
      this.stop();
      this.events.onProgress(undefined);
    };
    worker.postMessage({ kind: 'solve', problem, stage: 'full' } satisfies Request);
  }

  private hear(reply: Reply, problem: Problem): void {
    if (!this.running || reply.kind === 'ready') return;
    if (reply.kind === 'progress') {
      this.events.onProgress({ ...reply.progress, text: `looking for a better one: ${reply.progress.text}` });
      return;
    }
    this.running = false;
    if (reply.kind === 'answer') this.events.onAnswer(reply.answer, problem);
    this.events.onProgress(undefined);
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
