/** A sweep from its specification to its records: what is recorded already is not done again, whatever ended the run before. */
import type { Engine } from './engine.ts';
import { RecordLog } from './log.ts';
import type { JobRecord } from './record.ts';
import type { Sweep } from './spec.ts';

export interface SweepOptions {
  /** The folder of the records; it is made where it is not there. */
  readonly folder: string;
  readonly engine: Engine;
  /** Takes failed records out first, so that their jobs run again. */
  readonly retryFailed?: boolean;
  /** Stops; what is recorded stays recorded. */
  readonly signal?: AbortSignal;
  readonly onRecord?: (record: JobRecord, progress: SweepProgress) => void;
  readonly say?: (sentence: string) => void;
}

export interface SweepProgress {
  /** Jobs of the sweep, and how many of them have a record. */
  readonly jobs: number;
  readonly done: number;
}

export interface SweepSummary {
  readonly jobs: number;
  /** Records that were there before. */
  readonly before: number;
  readonly proved: number;
  readonly undecided: number;
  readonly failed: number;
  /** Records in the folder that this sweep does not ask for. */
  readonly others: number;
}

/**
 * Runs the jobs that have no record yet. Throws InputError where the folder is in use or damaged, and the signal's reason when
 * it is aborted.
 */
export async function runSweep(sweep: Sweep, options: SweepOptions): Promise<SweepSummary> {
  const { folder, engine, signal = new AbortController().signal } = options;
  const say = options.say ?? (() => {});
  const log = await RecordLog.open(folder, { retryFailed: options.retryFailed === true });
  try {
    if (log.torn > 0) say(`${folder}: a torn last line of ${log.torn} bytes was dropped`);
    const pending = new Map([...sweep.jobs].filter(([id]) => !log.jobs.has(id)));
    const jobs = sweep.jobs.size;
    const before = jobs - pending.size;
    let done = before;
    const keep = async (record: JobRecord): Promise<void> => {
      const isNew = !log.jobs.has(record.id);
      await log.append(record);
      if (isNew) options.onRecord?.(record, { jobs, done: ++done });
    };
    if (pending.size > 0) await engine({ sweep, folder, pending, keep, say, signal });
    const statuses = [...sweep.jobs.keys()].map((id) => log.jobs.get(id));
    const count = (status: JobRecord['status']): number => statuses.filter((s) => s === status).length;
    return {
      jobs,
      before,
      proved: count('proved'),
      undecided: count('undecided'),
      failed: count('failed'),
      others: log.jobs.size - statuses.length,
    };
  } finally {
    await log.close();
  }
}
