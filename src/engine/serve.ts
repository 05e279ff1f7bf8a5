/** What a worker does, in Node and in browsers: it keeps a few plans and runs rows through them. */
import { type LentPlan, Runners } from './runner.ts';
import { type CoreBuild, core } from './runtime.ts';
import { type Job, Slots } from './slots.ts';

/** Rows for a plan. */
export interface Task {
  /** Undefined: nothing to do but to be there. */
  readonly lent: LentPlan | undefined;
  readonly build: CoreBuild | undefined;
  readonly batch: Float64Array;
  /** Mantissas as words, or rounded float64 values. */
  readonly exact: boolean;
}

export type Answer = Float64Array | Uint32Array;

let runners: Runners | undefined;

async function here(build: CoreBuild | undefined): Promise<Runners> {
  runners ??= new Runners(await core(build));
  return runners;
}

/** 'missing': the plan is not held here; it has to be sent along. */
export async function serve({ lent, build, batch, exact }: Task): Promise<Answer | 'missing'> {
  const at = await here(build);
  if (!lent) return new Float64Array(0);
  if (lent.buffer.byteLength === 0 && !at.has(lent.number)) return 'missing';
  return evaluate(at, lent, batch, exact);
}

/** Results of a batch that was looked at before it came. */
export function evaluate(runners: Runners, lent: LentPlan, batch: Float64Array, exact: boolean): Answer {
  const runner = runners.of(lent);
  const { inputs, outputs, outputWords } = runner.plan;
  const places = (batch.length / inputs) * outputs;
  const out = exact ? new Uint32Array(places * outputWords) : new Float64Array(places);
  if (!runner.run(batch, out)) throw new Error(CHANGED);
  return out;
}

export const CHANGED = 'the batch was changed while it was evaluated';

/** Works on a run until it is closed. */
export async function help(job: Job, build: CoreBuild | undefined): Promise<void> {
  const runner = (await here(build)).of(job.lent);
  new Slots(job.memory, job.run, job.shape).work(job.batch, (batch, out) => runner.run(batch, out));
}
