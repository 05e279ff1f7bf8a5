/**
 * The engine of many machines: jobs on a BullMQ queue, records back over another. The server is a carrier and not a store:
 * what it forgets is asked again, what it gives twice is dropped, and a record leaves it only when it is on our disk.
 */
import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Queue, Job as QueueJob } from 'bullmq';
import { InputError } from '../exact/index.ts';
import type { Engine, EngineRun } from './engine.ts';
import { checkQueue, defaultQueue, payloadOf, replyOf, resultsQueue, tableKey } from './queue.ts';
import { type JobRecord, readRecord, type Versions } from './record.ts';
import { type Bullmq, Connection, loadBullmq, type RedisAddress } from './redis.ts';
import { aborted, within } from './wait.ts';

export interface BullmqOptions {
  readonly address: RedisAddress;
  /** Default: a queue of this version's own. */
  readonly queue?: string;
  readonly versions: Versions;
}

/** Jobs that are on the server at once, and that are put there in one go. */
const WINDOW = 10_000;
const CHUNK = 500;
/** Milliseconds between two looks at what the server may have forgotten. */
const LOOK_EVERY = 2000;
/** Records that are written at once. */
const WRITERS = 64;
const TABLE_SECONDS = 14 * 86_400;

export function bullmqEngine({ address, queue, versions }: BullmqOptions): Engine {
  const name = checkQueue(queue ?? defaultQueue(versions.dyadnet));
  return async (run) => {
    const { bullmq, Redis } = await loadBullmq();
    let parent: Parent | undefined;
    const connection = new Connection(address, Redis, run.say, () => parent?.onBack());
    try {
      await Promise.race([connection.ready, connection.refused, stopped(run.signal)]);
      parent = new Parent(run, name, versions, bullmq, connection);
      await parent.run();
    } finally {
      connection.close();
    }
  };
}

class Parent {
  private readonly jobs: Queue;
  private readonly reply: string;
  private readonly resultsName: string;
  /** Ids that are on the server. */
  private readonly out = new Set<string>();
  /** How often a job was lost with its worker, or came back as what is no record. */
  private readonly lost = new Map<string, number>();
  private lastRecord = Date.now();
  private looking: Promise<void> | undefined;
  private saidNoWorker = false;
  private forgotten = false;

  constructor(
    private readonly sweep: EngineRun,
    private readonly name: string,
    private readonly versions: Versions,
    private readonly bullmq: Bullmq,
    private readonly connection: Connection,
  ) {
    this.reply = replyOf(hostname(), realpathSync(sweep.folder));
    this.resultsName = resultsQueue(name, this.reply);
    this.jobs = new bullmq.Queue(name, { connection: this.connection.client });
    this.jobs.on('error', () => {});
  }

  async run(): Promise<void> {
    const { Worker } = this.bullmq;
    const results = new Worker(this.resultsName, (job) => this.receive(job), {
      connection: this.connection.open(),
      concurrency: WRITERS,
      lockDuration: 5000,
      stalledInterval: 2500,
      maxStalledCount: 1000,
      runRetryDelay: 1000,
    });
    results.on('error', () => {});
    const broken = new Promise<never>((_, reject) => {
      this.stop = reject;
    });
    broken.catch(() => {});
    try {
      await Promise.race([this.feed(), broken, this.connection.refused, stopped(this.sweep.signal)]);
    } finally {
      this.ended = true;
      await within(results.close(), 2000);
      if (this.out.size === 0) await within(this.clean(), 2000);
      this.connection.close();
      await within(results.disconnect(), 500);
    }
  }

  /** The server is back: it may have forgotten what it was told. */
  onBack(): void {
    this.forgotten = true;
  }

  private ended = false;
  private stop: (reason: unknown) => void = () => {};

  /** Keeps the server supplied until every job has its record. */
  private async feed(): Promise<void> {
    const waiting = this.sweep.pending.keys();
    await this.putTables();
    for (let more = true; (more || this.out.size > 0) && !this.ended; ) {
      while (more && this.out.size <= WINDOW - CHUNK) {
        const ids: string[] = [];
        while (ids.length < CHUNK) {
          const next = waiting.next();
          if (next.done) break;
          ids.push(next.value);
        }
        more = ids.length === CHUNK;
        for (const id of ids) this.out.add(id);
        await this.put(ids);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      this.looking ??= this.look().finally(() => {
        this.looking = undefined;
      });
    }
  }

  private async put(ids: readonly string[]): Promise<void> {
    const { pending, sweep } = this.sweep;
    await this.jobs.addBulk(
      ids.map((id) => ({
        name: 'job',
        data: payloadOf(this.reply, id, pending.get(id)!, sweep.limits),
        opts: {
          jobId: `${this.reply}-${id}`,
          attempts: sweep.limits.attempts,
          backoff: { type: 'fixed', delay: 1000 },
          removeOnComplete: true,
          stackTraceLimit: 1,
        },
      })),
    );
  }

  private async putTables(): Promise<void> {
    for (const [hash, bytes] of this.sweep.sweep.tables) {
      await this.connection.client.set(tableKey(hash), Buffer.from(bytes), 'EX', TABLE_SECONDS);
    }
  }

  /** A record that arrives. The server keeps it until this resolves. */
  private async receive({ data, id: at }: QueueJob): Promise<void> {
    let record: JobRecord;
    try {
      record = readRecord(data, 'record');
      const { dyadnet, record: layout } = record.versions;
      if (dyadnet !== this.versions.dyadnet || layout !== this.versions.record) {
        throw new InputError(`record.versions: expected ${this.versions.dyadnet}, got ${dyadnet}`);
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const id = String(at).slice(1);
      this.sweep.say(`a worker's answer was refused: ${error.message}`);
      if (this.out.has(id)) await this.lose(id, `a worker's answer was refused: ${error.message}`);
      return;
    }
    // What this sweep does not ask for may be an answer to an earlier one of this folder.
    if (this.out.has(record.id)) await this.keep(record);
  }

  private async keep(record: JobRecord): Promise<void> {
    try {
      await this.sweep.keep(record);
    } catch (error) {
      // The disk is full, or worse: the sweep ends, the record stays on the server.
      this.stop(error);
      throw error;
    }
    this.out.delete(record.id);
    this.lastRecord = Date.now();
  }

  /** A job that came to nothing is asked again, up to the limit of attempts; then that is its record. */
  private async lose(id: string, why: string): Promise<void> {
    const times = (this.lost.get(id) ?? 0) + 1;
    this.lost.set(id, times);
    const { pending, sweep } = this.sweep;
    if (times < sweep.limits.attempts) {
      await this.put([id]);
      return;
    }
    const message = `${why.slice(0, 1900)} (${times} attempts)`;
    await this.keep(
      readRecord(
        {
          id,
          job: pending.get(id),
          versions: this.versions,
          status: 'failed',
          error: { kind: 'crash', message },
          times: { finished: new Date().toISOString(), seconds: 0 },
        },
        'record',
      ),
    );
  }

  /** What the server has forgotten is put there again; what failed there is looked into. */
  private async look(): Promise<void> {
    if (!this.forgotten) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
      if (Date.now() - this.lastRecord < LOOK_EVERY && !this.forgotten) return;
    }
    this.forgotten = false;
    try {
      await this.findFailed();
      await this.findForgotten();
      await this.findWorkers();
    } catch {
      // The server went away; the next look comes after it is back.
    }
  }

  private async findFailed(): Promise<void> {
    const prefix = `${this.reply}-`;
    for (const job of await this.jobs.getFailed(0, 999)) {
      const at = job?.id;
      if (!at?.startsWith(prefix)) continue;
      const why = job.failedReason ?? 'it failed';
      await job.remove();
      const id = at.slice(prefix.length);
      if (this.out.has(id)) await this.lose(id, why);
    }
  }

  private async findForgotten(): Promise<void> {
    const ids = [...this.out];
    await this.putTables();
    for (let from = 0; from < ids.length; from += CHUNK) {
      const part = ids.slice(from, from + CHUNK);
      const pipeline = this.connection.client.pipeline();
      for (const id of part) {
        // In this order: a record is put on the server before its job is taken off.
        pipeline.exists(this.jobs.toKey(`${this.reply}-${id}`));
        pipeline.exists(`${this.jobs.opts.prefix ?? 'bull'}:${this.resultsName}:r${id}`);
      }
      const found = (await pipeline.exec()) ?? [];
      const missing = part.filter((id, i) => {
        const there = [found[2 * i], found[2 * i + 1]];
        return this.out.has(id) && there.every((r) => r && r[0] === null && r[1] === 0);
      });
      if (missing.length > 0) await this.put(missing);
    }
  }

  private async findWorkers(): Promise<void> {
    if (this.saidNoWorker || Date.now() - this.lastRecord < 5 * LOOK_EVERY) return;
    if ((await this.jobs.getWorkersCount()) > 0) return;
    this.saidNoWorker = true;
    const { shown } = this.connection.address;
    this.sweep.say(`no worker takes jobs from ${this.name} at ${shown}: start some with dyadnet worker --redis ...`);
  }

  /** Takes the sweep's own queue off the server. */
  private async clean(): Promise<void> {
    const results = new this.bullmq.Queue(this.resultsName, { connection: this.connection.client });
    results.on('error', () => {});
    await results.obliterate({ force: true });
  }
}

/** Rejects with the signal's reason. */
function stopped(signal: AbortSignal): Promise<never> {
  const promise = aborted(signal).then(() => Promise.reject(signal.reason));
  promise.catch(() => {});
  return promise;
}
