/**
 * EnginePool: long batches over worker threads (Node) or web workers (browsers), each with its own instance of the core.
 * Inputs are looked at here, once, so that one plan serves a batch and what is refused is refused by name; rows then go out
 * in parts and results are put in their places. Where workers are not to be had, one thread does the same.
 */
import { refuse, wholeNumber } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { type Crew, webCrew } from './crewWeb.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { type Batch, ExactBatch } from './exactBatch.ts';
import type { Plan } from './plan.ts';
import { PlanRunner } from './planRun.ts';
import { type CoreBuild, core } from './runtime.ts';
import type { Answer, Task } from './serve.ts';

export interface PoolOptions extends EngineOptions {
  /** Threads that work; the machine's, at most 16, unless stated. 1 starts no worker. */
  readonly threads?: number;
}

export interface RunOptions {
  /** Ends the run early: the promise is rejected with the signal's reason, and rows not begun are not computed. */
  readonly signal?: AbortSignal;
  /** Called after every part: rows done, of all rows (undefined for streams, whose end is not known). */
  readonly progress?: (rows: number, of: number | undefined) => void;
}

/** Products of a weight and an activation in a part: some milliseconds of work. */
const PART_PRODUCTS = 2 ** 23;
const MOST_PART_ROWS = 1 << 14;
const MOST_THREADS = 256;

export class EnginePool {
  readonly inputs: number;
  readonly outputs: number;
  private readonly numbers = new Map<Plan, { number: number; buffer: ArrayBuffer | SharedArrayBuffer }>();
  private planned = 0;
  private open = true;

  private constructor(
    private readonly engine: Engine,
    private readonly build: CoreBuild | undefined,
    private readonly crew: Crew,
  ) {
    this.inputs = engine.inputs;
    this.outputs = engine.outputs;
  }

  /** Threads that really work: 1 where workers are not to be had. */
  get threads(): number {
    return this.crew.threads;
  }

  /** Rows of a part: enough work to be worth a message. */
  get partRows(): number {
    const rows = Math.ceil(PART_PRODUCTS / Math.max(1, this.engine.network.connectivity));
    return Math.max(64, Math.min(MOST_PART_ROWS, Math.ceil(rows / 64) * 64));
  }

  /** Starts the workers. Throws InputError where the domain does not fit the network. */
  static async create(network: Network, options: PoolOptions = {}): Promise<EnginePool> {
    const { threads: asked, ...rest } = options;
    const threads = asked === undefined ? Math.min(16, usualThreads()) : wholeNumber('threads', asked, 1, MOST_THREADS);
    const engine = await Engine.create(network, rest);
    const own = await core(options.build);
    const crew = (threads > 1 ? await hire(threads) : undefined) ?? alone(own);
    return new EnginePool(engine, options.build, crew);
  }

  /** As Engine.forward, on all threads. */
  async forward(batch: Float64Array, options: RunOptions = {}): Promise<Float64Array> {
    const plan = this.look(batch, 0);
    const rows = batch.length / this.inputs;
    const out = new Float64Array(rows * this.outputs);
    await this.spread(plan, batch, false, options, (part, first) => out.set(part, first * this.outputs));
    return out;
  }

  /** As Engine.forwardExact, on all threads. */
  async forwardExact(batch: Float64Array, options: RunOptions = {}): Promise<ExactBatch> {
    const plan = this.look(batch, 0);
    const rows = batch.length / this.inputs;
    const words = new Uint32Array(rows * this.outputs * plan.outputWords);
    const each = this.outputs * plan.outputWords;
    await this.spread(plan, batch, true, options, (part, first) => words.set(part, first * each));
    return new ExactBatch(rows, this.outputs, plan.outputScale, plan.outputWords, words);
  }

  /**
   * Batch after batch, in order: as many as there are threads (and one more) are held at a time, so a stream of any length
   * takes constant memory. Best with batches of about {@link partRows} rows. Inputs that are no float64 array are evaluated here.
   */
  forwardStream(
    source: AsyncIterable<Batch> | Iterable<Batch>,
    options: RunOptions = {},
  ): AsyncGenerator<Float64Array> {
    return this.stream(
      source,
      options,
      (batch) => this.engine.forward(batch),
      (out) => out as Float64Array,
      false,
    );
  }

  /** As {@link forwardStream}, exactly; each batch has a scale of its own. */
  forwardExactStream(
    source: AsyncIterable<Batch> | Iterable<Batch>,
    options: RunOptions = {},
  ): AsyncGenerator<ExactBatch> {
    const wrap = (out: Answer, plan: Plan): ExactBatch => {
      const { outputScale, outputWords } = plan;
      const words = out as Uint32Array;
      return new ExactBatch(words.length / outputWords / this.outputs, this.outputs, outputScale, outputWords, words);
    };
    return this.stream(source, options, (batch) => this.engine.forwardExact(batch), wrap, true);
  }

  /** Ends the workers; runs under way are rejected. */
  async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    this.engine.dispose();
    await this.crew.close();
  }

  // ---- steps

  private async *stream<T>(
    source: AsyncIterable<Batch> | Iterable<Batch>,
    { signal, progress }: RunOptions,
    here: (batch: Batch) => T,
    wrap: (answer: Answer, plan: Plan) => T,
    exact: boolean,
  ): AsyncGenerator<T> {
    const ahead: { result: Promise<T>; rows: number }[] = [];
    let before = 0;
    let done = 0;
    const next = async (): Promise<T> => {
      const { result, rows } = ahead.shift() as { result: Promise<T>; rows: number };
      const value = await result;
      done += rows;
      progress?.(done, undefined);
      return value;
    };
    try {
      for await (const batch of source) {
        signal?.throwIfAborted();
        this.alive();
        const count = batch instanceof Float64Array || Array.isArray(batch) ? batch.length : lengthOf(batch);
        const rows = count / this.inputs;
        let result: Promise<T>;
        if (batch instanceof Float64Array) {
          const plan = this.look(batch, before);
          result = this.send(plan, batch, exact).then((answer) => wrap(answer, plan));
        } else result = Promise.resolve(here(batch));
        // Who asks in turn hears of a failure in turn; until then nobody else should.
        result.catch(() => undefined);
        ahead.push({ result, rows });
        before += rows;
        if (ahead.length > this.crew.threads) yield await next();
      }
      while (ahead.length > 0) {
        signal?.throwIfAborted();
        yield await next();
      }
    } finally {
      // An early end leaves parts under way; their results go nowhere.
      await Promise.allSettled(ahead.map((a) => a.result));
    }
  }

  private alive(): void {
    if (!this.open) throw new Error('the pool was closed');
  }

  /** Refuses what lies outside the domain, by name; `before` rows went before these. Returns the plan for all of them. */
  private look(batch: Float64Array, before: number): Plan {
    this.alive();
    if (!(batch instanceof Float64Array)) refuse('batch', 'a Float64Array', batch);
    return this.engine.planFor(batch, before);
  }

  private send(plan: Plan, batch: Float64Array, exact: boolean): Promise<Answer> {
    const { number, buffer } = this.number(plan);
    return this.crew.run({ plan: number, buffer, build: this.build, batch, exact });
  }

  /** Plans are known to workers by number; in Node they lie in memory that all threads share. */
  private number(plan: Plan): { number: number; buffer: ArrayBuffer | SharedArrayBuffer } {
    let known = this.numbers.get(plan);
    if (!known) {
      let buffer: ArrayBuffer | SharedArrayBuffer = plan.buffer;
      if (this.crew.shares) {
        buffer = new SharedArrayBuffer(plan.bytes);
        new Uint8Array(buffer).set(new Uint8Array(plan.buffer));
      }
      known = { number: this.planned++, buffer };
      this.numbers.set(plan, known);
      // As many as engines keep; an older one is numbered anew when it comes again.
      if (this.numbers.size > 8) this.numbers.delete(this.numbers.keys().next().value as Plan);
    }
    return known;
  }

  /** Parts of the batch to the crew, a few ahead of each thread, results to `put` with their first row. */
  private async spread(
    plan: Plan,
    batch: Float64Array,
    exact: boolean,
    { signal, progress }: RunOptions,
    put: (part: Float64Array | Uint32Array, first: number) => void,
  ): Promise<void> {
    const rows = batch.length / this.inputs;
    // At least four parts a thread, so that all end at about the same time.
    const size = Math.max(1, Math.min(this.partRows, Math.ceil(rows / (4 * this.crew.threads))));
    let first = 0;
    let done = 0;
    const lane = async (): Promise<void> => {
      while (first < rows) {
        signal?.throwIfAborted();
        const from = first;
        const here = Math.min(size, rows - from);
        first += here;
        // A copy: who called may change the batch meanwhile, and messages copy all that a view looks at.
        const part = batch.slice(from * this.inputs, (from + here) * this.inputs);
        put((await this.send(plan, part, exact)) as Float64Array | Uint32Array, from);
        done += here;
        progress?.(done, rows);
      }
    };
    const lanes = Array.from({ length: 2 * this.crew.threads }, lane);
    const ended = await Promise.allSettled(lanes);
    const failed = ended.find((e) => e.status === 'rejected');
    if (failed) throw failed.reason;
    signal?.throwIfAborted();
  }
}

function lengthOf(batch: Batch): number {
  return 'mantissas' in batch ? batch.mantissas.length : batch.length;
}

function usualThreads(): number {
  return Math.max(1, globalThis.navigator?.hardwareConcurrency ?? nodeThreads());
}

type NodeProcess = {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: string): { availableParallelism(): number };
};

const nodeProcess = (globalThis as { process?: NodeProcess }).process;

function nodeThreads(): number {
  return nodeProcess?.getBuiltinModule?.('node:os').availableParallelism() ?? 1;
}

/** Workers of this machine, or undefined where they are not to be had, for whatever reason. */
async function hire(threads: number): Promise<Crew | undefined> {
  try {
    if (nodeProcess?.versions?.node === undefined) return await webCrew(threads);
    // By address and not by name, so that bundlers for the browser do not look for Node's half.
    const half = new URL('./crew-node.js', import.meta.url).href;
    const { nodeCrew } = (await import(/* @vite-ignore */ half)) as { nodeCrew(threads: number): Crew };
    const crew = nodeCrew(threads);
    // One answer shows that threads start at all.
    await crew.run({ plan: -1, buffer: undefined, build: undefined, batch: new Float64Array(0), exact: false });
    return crew;
  } catch {
    return undefined;
  }
}

/** The same on the thread that asks; the event loop turns between parts, so that a run can be ended. */
function alone(own: Awaited<ReturnType<typeof core>>): Crew {
  const held = new Map<number, PlanRunner>();
  return {
    threads: 1,
    shares: false,
    async run({ plan, buffer, batch, exact }: Task) {
      await turn();
      let runner = held.get(plan);
      if (!runner) {
        for (const [number, old] of held) {
          old.dispose();
          held.delete(number);
        }
        runner = new PlanRunner(own, buffer as ArrayBuffer);
        held.set(plan, runner);
      }
      return runner.run(batch, exact);
    },
    async close() {
      for (const runner of held.values()) runner.dispose();
      held.clear();
    },
  };
}

function turn(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0));
}
