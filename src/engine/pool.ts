/**
 * EnginePool: long batches over worker threads (Node) or web workers (browsers), each with its own instance of the core.
 *
 * In Node the calling thread evaluates parts of the batch too, and its event loop turns between parts; workers take theirs from
 * shared memory (slots.ts). In browsers, where the page should stay free, parts are handed to the workers. Every part is looked at
 * where it is computed; the first that does not fit the plan has the whole batch looked at here, so that what is refused is refused
 * by name. Where workers are not to be had, one thread does the same.
 */
import { refuse, wholeNumber } from '../exact/index.ts';
import { floatEnds, type Network } from '../net/index.ts';
import { type Crew, webCrew } from './crewWeb.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { type Batch, ExactBatch } from './exactBatch.ts';
import type { Plan } from './plan.ts';
import { type LentPlan, Runners } from './runner.ts';
import { type CoreBuild, core } from './runtime.ts';
import { type Answer, CHANGED, evaluate, type Task } from './serve.ts';
import { type Part, Slots } from './slots.ts';

export interface PoolOptions extends EngineOptions {
  /**
   * Threads that work; the machine's, at most 16, unless stated. 1 starts no worker. In Node the calling thread is one of them:
   * its event loop turns between parts of some milliseconds.
   */
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
/** Fewer products than this are done before a worker wakes. */
const WORTH_PRODUCTS = 2 ** 19;
/** Slots a worker: one that it works on, one that waits. */
const SLOTS_EACH = 2;
/** Turns of the event loop for the last worker's last part before this thread sleeps between looks. */
const MOST_TURNS = 500;

/** A batch on its way through the pool. */
interface Run {
  readonly batch: Float64Array;
  readonly rows: number;
  /** Most rows of a part. */
  readonly size: number;
  readonly threads: number;
  readonly out: Answer;
  /** Places of a row in `out`. */
  readonly each: number;
  readonly options: RunOptions;
  /** Rows from here on were not begun; neither were these parts. */
  next: number;
  readonly again: Part[];
  done: number;
}

export class EnginePool {
  readonly inputs: number;
  readonly outputs: number;
  private readonly lentPlans = new Map<Plan, LentPlan>();
  private planned = 0;
  private open = true;
  /** Shared memory that no run has at the moment: of slots, and of the batches of streams. */
  private slotMemory: SharedArrayBuffer | undefined;
  private readonly spare: SharedArrayBuffer[] = [];

  private constructor(
    private readonly engine: Engine,
    private readonly build: CoreBuild | undefined,
    private readonly crew: Crew,
    private readonly runners: Runners,
  ) {
    this.inputs = engine.inputs;
    this.outputs = engine.outputs;
  }

  /** Threads that really work: 1 where workers are not to be had. */
  get threads(): number {
    return this.crew.threads;
  }

  /** Whether the calling thread evaluates too. */
  private get works(): boolean {
    return this.crew.shares || this.crew.threads === 1;
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
    const runners = new Runners(await core(options.build));
    const crew = (threads > 1 ? await hire(threads) : undefined) ?? alone(runners);
    return new EnginePool(engine, options.build, crew, runners);
  }

  /** As Engine.forward, on all threads. The batch must stay as it is until the promise is kept. */
  async forward(batch: Float64Array, options: RunOptions = {}): Promise<Float64Array> {
    // The first rows say which plan will probably do; what is handed over is looked at here.
    const guess = this.works && checked(batch).length % this.inputs === 0;
    const plan = this.look(guess ? batch.subarray(0, Math.min(batch.length, 64 * this.inputs)) : batch, 0);
    const out = new Float64Array((batch.length / this.inputs) * this.outputs);
    await this.spread(plan, batch, out, this.outputs, options);
    return out;
  }

  /** As Engine.forwardExact, on all threads. The batch must stay as it is until the promise is kept. */
  async forwardExact(batch: Float64Array, options: RunOptions = {}): Promise<ExactBatch> {
    const plan = this.look(batch, 0);
    const rows = batch.length / this.inputs;
    const each = this.outputs * plan.outputWords;
    const words = new Uint32Array(rows * each);
    await this.spread(plan, batch, words, each, options);
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
    this.runners.dispose();
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
    return this.engine.planFor(checked(batch), before);
  }

  /** A batch of a stream to a worker. It is copied at once: who asks may change it afterwards. */
  private async send(plan: Plan, batch: Float64Array, exact: boolean): Promise<Answer> {
    const task = { lent: this.lend(plan), build: this.build, exact };
    if (!this.crew.shares) return this.crew.run({ ...task, batch: batch.slice() });
    const bytes = batch.byteLength;
    const found = this.spare.findIndex((s) => s.byteLength >= bytes);
    const memory = found < 0 ? new SharedArrayBuffer(bytes) : (this.spare.splice(found, 1)[0] as SharedArrayBuffer);
    const shared = new Float64Array(memory, 0, batch.length);
    shared.set(batch);
    try {
      return await this.crew.run({ ...task, batch: shared });
    } finally {
      this.spare.push(memory);
      if (this.spare.length > this.crew.threads + 2) this.spare.shift();
    }
  }

  /** Plans are known to workers by number; in Node they lie in memory that all threads share. */
  private lend(plan: Plan): LentPlan {
    let known = this.lentPlans.get(plan);
    if (!known) {
      let buffer: ArrayBuffer | SharedArrayBuffer = plan.buffer;
      if (this.crew.shares) {
        buffer = new SharedArrayBuffer(plan.bytes);
        new Uint8Array(buffer).set(new Uint8Array(plan.buffer));
      }
      const first = plan.domain[0] as Plan['domain'][number];
      const ends = floatEnds(plan.domain.every((d) => d === first) ? [first] : plan.domain);
      known = { number: this.planned++, buffer, ends };
      this.lentPlans.set(plan, known);
      // As many as engines keep; an older one is numbered anew when it comes again.
      if (this.lentPlans.size > 8) this.lentPlans.delete(this.lentPlans.keys().next().value as Plan);
    }
    return known;
  }

  /** Evaluates the batch into `out`, by `plan` or, where rows do not fit it, by one that fits all. */
  private async spread(plan: Plan, batch: Float64Array, out: Answer, each: number, options: RunOptions): Promise<void> {
    const rows = batch.length / this.inputs;
    const { threads } = this;
    // At least four parts a thread.
    const size = Math.min(this.partRows, wholeVectors(rows / (4 * threads)));
    const run: Run = { batch, rows, size, threads, out, each, options, next: 0, again: [], done: 0 };
    if (!this.works) return this.apart(run, plan);
    if (await this.together(run, plan)) return;
    const better = this.look(batch, 0);
    // An exact batch was looked at before: its results have one scale.
    if (out instanceof Uint32Array || !(await this.together(run, better))) throw new Error(CHANGED);
  }

  /** The calling thread and, where there are workers, slots for them. False where rows did not fit the plan. */
  private async together(run: Run, plan: Plan): Promise<boolean> {
    const { batch, rows, size, out, each } = run;
    const { inputs, crew, engine } = this;
    const lent = this.lend(plan);
    const runner = this.runners.of(lent);
    const part = (first: number, count: number): Float64Array =>
      batch.subarray(first * inputs, (first + count) * inputs);
    const worth = (rows - run.done) * engine.network.connectivity >= WORTH_PRODUCTS && rows - run.done > size;
    let slots: Slots | undefined;
    let failed: unknown;
    if (crew.help && worth) {
      const filled = !(batch.buffer instanceof SharedArrayBuffer);
      const exact = out instanceof Uint32Array;
      const hands = crew.threads - 1;
      slots = Slots.open(
        { slots: SLOTS_EACH * hands, rows: size, inputs, results: each, exact, filled },
        this.slotMemory,
      );
      this.slotMemory = undefined;
      const { memory, run: number, shape } = slots;
      const job = { run: number, lent, memory, shape, batch: filled ? undefined : batch };
      for (const hand of crew.help(hands, job, this.build)) {
        hand.catch((error: unknown) => {
          failed ??= error ?? new Error('a worker ended');
        });
      }
    }
    const count = slots?.shape.slots ?? 0;
    let fits = true;
    let turns = 0;
    try {
      while (run.done < rows && fits) {
        for (let k = 0; slots && k < count && fits; k++) {
          const back = slots.collect(k);
          if (back) {
            turns = 0;
            fits = back.results !== undefined;
            if (back.results) {
              out.set(back.results as Float64Array, back.first * each);
              this.heard(run, back.rows);
            } else run.again.push(back);
          }
          if (!fits || !slots.isFree(k)) continue;
          const more = take(run);
          if (more) slots.fill(k, more.first, more.rows, part(more.first, more.rows));
        }
        let own = fits ? take(run) : undefined;
        for (let k = 0; slots && k < count && fits && !own; k++) own = slots.takeBack(k);
        if (own) {
          fits = runner.run(part(own.first, own.rows), out.subarray(own.first * each, (own.first + own.rows) * each));
          if (fits) this.heard(run, own.rows);
          else run.again.push(own);
        }
        if (failed !== undefined) throw failed;
        await (own || ++turns < MOST_TURNS ? turn() : sleep());
        this.alive();
        run.options.signal?.throwIfAborted();
      }
    } finally {
      const end = slots?.close();
      run.again.push(...(end?.left ?? []));
      if (!end?.busy) this.slotMemory = slots?.memory ?? this.slotMemory;
    }
    return fits;
  }

  /** Parts to the workers, some ahead of each. */
  private async apart(run: Run, plan: Plan): Promise<void> {
    const { batch, out, each, options } = run;
    const lent = this.lend(plan);
    const lane = async (): Promise<void> => {
      for (let part = take(run); part; part = take(run)) {
        options.signal?.throwIfAborted();
        const rows = batch.slice(part.first * this.inputs, (part.first + part.rows) * this.inputs);
        const task: Task = { lent, build: this.build, batch: rows, exact: out instanceof Uint32Array };
        out.set((await this.crew.run(task)) as Float64Array, part.first * each);
        this.heard(run, part.rows);
      }
    };
    const lanes = Array.from({ length: 2 * this.crew.threads }, lane);
    const ended = await Promise.allSettled(lanes);
    const failed = ended.find((e) => e.status === 'rejected');
    if (failed) throw failed.reason;
    options.signal?.throwIfAborted();
  }

  private heard(run: Run, rows: number): void {
    run.done += rows;
    run.options.progress?.(run.done, run.rows);
  }
}

/** The next part of a run, if there is one. Parts become smaller near the end, so that all threads end at about the same time. */
function take(run: Run): Part | undefined {
  const back = run.again.pop();
  const left = run.rows - run.next;
  if (back || left === 0) return back;
  const rows = Math.min(left, run.size, wholeVectors(left / (2 * run.threads)));
  const first = run.next;
  run.next += rows;
  return { first, rows };
}

/** So many rows, rounded up to what kernels like. */
function wholeVectors(rows: number): number {
  return 16 * Math.ceil(rows / 16);
}

function checked(batch: unknown): Float64Array {
  if (!(batch instanceof Float64Array)) refuse('batch', 'a Float64Array', batch);
  return batch;
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
    await crew.run({ lent: undefined, build: undefined, batch: new Float64Array(0), exact: false });
    return crew;
  } catch {
    return undefined;
  }
}

/** The same on the thread that asks; the event loop turns between batches. */
function alone(runners: Runners): Crew {
  return {
    threads: 1,
    shares: false,
    async run({ lent, batch, exact }: Task) {
      await turn();
      return evaluate(runners, lent as LentPlan, batch, exact);
    },
    close: async () => undefined,
  };
}

type Immediate = { setImmediate?(done: () => void): void };

/** One turn of the event loop. */
function turn(): Promise<void> {
  const { setImmediate } = globalThis as Immediate;
  if (setImmediate) return new Promise((done) => setImmediate(done));
  // Timers wait for milliseconds on a page; messages do not.
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(0);
  });
}

function sleep(): Promise<void> {
  return new Promise((done) => setTimeout(done, 1));
}
