/** The engine of one machine: a pool of processes over its cores, and no server. */
import type { Engine } from './engine.ts';
import { Pool } from './pool.ts';
import type { Versions } from './record.ts';

export interface LocalOptions {
  /** Processes at once. */
  readonly workers: number;
  readonly versions: Versions;
}

/** Records that may wait for the disk while further jobs run. */
const UNSYNCED = 64;

export function localEngine({ workers, versions }: LocalOptions): Engine {
  return async ({ sweep, pending, keep, signal }) => {
    signal.throwIfAborted();
    const pool = new Pool({ size: workers, versions });
    const stop = (): void => pool.close();
    signal.addEventListener('abort', stop);
    const jobs = pending.values();
    const kept = new Set<Promise<void>>();
    const table = (hash: string): Uint8Array => sweep.tables.get(hash) as Uint8Array;
    const work = async (): Promise<void> => {
      for (const job of jobs) {
        const record = await pool.run(job, sweep.limits, table);
        const written = keep(record).finally(() => kept.delete(written));
        kept.add(written);
        if (kept.size >= UNSYNCED) await Promise.race(kept);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(workers, pending.size) }, work));
      await Promise.all(kept);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      pool.close();
      await Promise.allSettled(kept);
    }
  };
}
