/** Sweeps: many jobs, on one machine or many, and their records. Node only. */

export { type BullmqOptions, bullmqEngine } from './bullmq.ts';
export type { Engine, EngineRun } from './engine.ts';
export {
  DEFAULT_LIMITS,
  isJobId,
  type Job,
  type JobLimits,
  type JobTarget,
  jobId,
  methodName,
  type Quantiser,
  quantiserName,
  readJob,
  targetName,
} from './job.ts';
export { type LocalOptions, localEngine } from './local.ts';
export { type LogOptions, RecordLog, readRecords } from './log.ts';
export { isMeasured, type Measured, paretoFronts, type TargetFront } from './pareto.ts';
export { Pool, PoolClosed, type PoolOptions } from './pool.ts';
export {
  type Bound,
  type Failure,
  type JobRecord,
  RECORD_VERSION,
  type Result,
  readRecord,
  type Times,
  type Versions,
  withoutTimes,
} from './record.ts';
export { type RedisAddress, redisAddress } from './redis.ts';
export { type OpenTable, type Outcome, runJob } from './run.ts';
export { MAX_JOBS, MAX_TABLE, readSpec, type Sweep } from './spec.ts';
export { runSweep, type SweepOptions, type SweepProgress, type SweepSummary } from './sweep.ts';
export { runWorker, type WorkerOptions } from './worker.ts';
