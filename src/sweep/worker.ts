/** A worker: takes jobs from the queue, runs them in a pool of processes, and sends their records to the sweep that asked. */
import type { Queue, Job as QueueJob } from 'bullmq';
import { InputError } from '../exact/index.ts';
import { Pool } from './pool.ts';
import { checkQueue, defaultQueue, readPayload, resultsQueue, tableKey } from './queue.ts';
import { sha256 } from './read.ts';
import type { JobRecord, Versions } from './record.ts';
import { Connection, loadBullmq, type RedisAddress } from './redis.ts';
import { aborted, until, within } from './wait.ts';

export interface WorkerOptions {
  readonly address: RedisAddress;
  readonly queue?: string;
  readonly versions: Versions;
  /** Jobs at once. */
  readonly workers: number;
  /** Most MiB that a job may take here, whatever its sweep allows. */
  readonly memoryMiB?: number;
  /** Seconds after which a job whose worker gave no sign of life is given to another. Default 30. */
  readonly lockSeconds?: number;
  /** Seconds without a job after which the worker ends. Default: it waits for more. */
  readonly idleSeconds?: number;
  /** Ends the worker: jobs that run are finished first. A second abort, of `kill`, ends it at once. */
  readonly signal: AbortSignal;
  readonly kill?: AbortSignal;
  readonly say: (sentence: string) => void;
  readonly onRecord?: (record: JobRecord) => void;
}

/** Queues of results that are held open. */
const OPEN_QUEUES = 64;
/** Milliseconds for taking leave of a server that may be away. */
const LEAVE_MS = 2000;
/** Tables that are held in memory. */
const HELD_TABLES = 64;

/** Resolves when the worker has ended. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { address, versions, workers, signal, say } = options;
  const name = checkQueue(options.queue ?? defaultQueue(versions.dyadnet));
  const { bullmq, Redis } = await loadBullmq();
  const connection = new Connection(address, Redis, say);
  try {
    await Promise.race([connection.ready, connection.refused, aborted(signal)]);
  } catch (error) {
    connection.close();
    throw error;
  }
  if (signal.aborted) {
    connection.close();
    return;
  }
  const pool = new Pool({ size: workers, versions });
  const replies = new Map<string, Queue>();
  const tables = new Map<string, Uint8Array>();
  let busy = 0;
  let lastJob = Date.now();

  const reply = (to: string): Queue => {
    let queue = replies.get(to);
    if (!queue) {
      queue = new bullmq.Queue(resultsQueue(name, to), { connection: connection.client });
      queue.on('error', () => {});
      if (replies.size >= OPEN_QUEUES) replies.delete(replies.keys().next().value as string);
      replies.set(to, queue);
    }
    return queue;
  };

  const fetchTable = async (hash: string): Promise<void> => {
    if (tables.has(hash)) return;
    const bytes = await connection.client.getBuffer(tableKey(hash));
    if (!bytes || sha256(bytes) !== hash) throw new Error(`the table ${hash} is not on the server`);
    if (tables.size >= HELD_TABLES) tables.delete(tables.keys().next().value as string);
    tables.set(hash, bytes);
  };

  const work = async ({ data, id: at }: QueueJob): Promise<void> => {
    busy++;
    try {
      const { reply: to, id, job, limits } = readPayload(data, 'payload');
      if (at !== `${to}-${id}`) throw new InputError(`payload: expected the id ${to}-${id}`);
      if ('table' in job.target) await fetchTable(job.target.sha256);
      const memoryMiB = Math.min(limits.memoryMiB, options.memoryMiB ?? limits.memoryMiB);
      const record = await pool.run(job, { ...limits, memoryMiB }, (hash) => tables.get(hash) as Uint8Array);
      await reply(to).add('record', record, { jobId: `r${id}`, removeOnComplete: true, removeOnFail: true });
      options.onRecord?.(record);
    } catch (error) {
      // A payload that is none stays none.
      if (error instanceof InputError) throw new bullmq.UnrecoverableError(error.message);
      throw error;
    } finally {
      busy--;
      lastJob = Date.now();
    }
  };

  const lock = 1000 * (options.lockSeconds ?? 30);
  const worker = new bullmq.Worker(name, work, {
    connection: connection.open(),
    concurrency: workers,
    lockDuration: lock,
    stalledInterval: lock / 2,
    maxStalledCount: 4,
    runRetryDelay: 1000,
  });
  worker.on('error', () => {});
  const ended = new AbortController();
  try {
    const enough = until(() => signal.aborted || idle(), ended.signal).catch(() => {});
    await Promise.race([connection.refused, enough]);
    const since = Date.now();
    const atRest = (): boolean => busy === 0 && Date.now() - Math.max(lastJob, since) > LEAVE_MS;
    const left = until(atRest, ended.signal).catch(() => {});
    await Promise.race([worker.close(), left, ...(options.kill ? [aborted(options.kill)] : [])]);
  } finally {
    ended.abort();
    pool.close();
    connection.close();
    await within(worker.disconnect(), 500);
  }

  function idle(): boolean {
    const { idleSeconds } = options;
    return idleSeconds !== undefined && busy === 0 && Date.now() - lastJob > 1000 * idleSeconds;
  }
}
