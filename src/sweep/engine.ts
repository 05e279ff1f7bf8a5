/** What runs a sweep's jobs: this machine's cores, or a queue that workers on many machines take from. */
import type { Job } from './job.ts';
import type { JobRecord } from './record.ts';
import type { Sweep } from './spec.ts';

export interface EngineRun {
  readonly sweep: Sweep;
  /** The results folder. */
  readonly folder: string;
  /** The jobs without a record, by id. */
  readonly pending: ReadonlyMap<string, Job>;
  /** Hands over a finished record; resolves when it is on the disk. */
  readonly keep: (record: JobRecord) => Promise<void>;
  /** A sentence for people: a server that does not answer, a worker that is missing. */
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/** Resolves when every pending job has its record on the disk; rejects with the signal's reason. */
export type Engine = (run: EngineRun) => Promise<void>;
