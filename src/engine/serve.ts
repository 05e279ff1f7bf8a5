/** What a worker does, in Node and in browsers: it keeps a few plans and runs rows through them. */
import { PlanRunner } from './planRun.ts';
import { type CoreBuild, core } from './runtime.ts';

/** Rows for a plan. */
export interface Task {
  /** Number of the plan within its pool. */
  readonly plan: number;
  /** The plan itself, unless the worker should hold it. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer | undefined;
  readonly build: CoreBuild | undefined;
  readonly batch: Float64Array;
  /** Mantissas as words, or rounded float64 values. */
  readonly exact: boolean;
}

/** 'missing': the worker does not hold the plan; it has to be sent along. */
export type Answer = Float64Array | Uint32Array | 'missing';

/** Plans held at once; the one held longest makes room. */
const MOST_HELD = 8;
const held = new Map<number, PlanRunner>();

export async function serve(task: Task): Promise<Answer> {
  const running = await core(task.build);
  let runner = held.get(task.plan);
  if (!runner) {
    if (!task.buffer) return 'missing';
    runner = new PlanRunner(running, task.buffer as ArrayBuffer);
    held.set(task.plan, runner);
    if (held.size > MOST_HELD) {
      const [oldest, gone] = held.entries().next().value as [number, PlanRunner];
      held.delete(oldest);
      gone.dispose();
    }
  }
  return runner.run(task.batch, task.exact);
}
