/** A plan that someone else made, ready to run here: what a worker holds, and the calling thread of a pool. */
import { SCAN_AT_FRACTION, SCAN_BYTES, SCAN_FINE } from '../../assembly/layout.ts';
import { Plan } from './plan.ts';
import { floatFeed, runRows } from './planRun.ts';
import { type Core, placePlan } from './runtime.ts';

/** A plan on its way to a thread. */
export interface LentPlan {
  /** Its number within its pool. */
  readonly number: number;
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** Lower and upper ends of its domain as float64: one pair where all inputs share it. */
  readonly ends: Float64Array;
}

/** Values below 2^this are looked at quickly, others closely. */
const QUICK_TOP = 1000;

export class PlanRunner {
  readonly plan: Plan;
  private readonly at: number;
  private readonly endsAt: number;
  private readonly resultAt: number;

  /** Throws InputError where the plan is damaged. */
  constructor(
    private readonly core: Core,
    private readonly lent: LentPlan,
  ) {
    const { buffer, ends } = lent;
    this.plan = new Plan(buffer as ArrayBuffer, []);
    this.at = placePlan(core, this.plan.buffer);
    this.resultAt = core.take(SCAN_BYTES);
    this.endsAt = core.take(ends.byteLength);
    core.f64.set(ends, this.endsAt >> 3);
  }

  /**
   * Results of float64 rows into `out`: rounded to float64, or exact mantissas as words. False where a value is not what the plan
   * was made for; what is in `out` is of no use then. Values are looked at where they are computed, so a batch that someone changes
   * meanwhile cannot leave the plan's proofs.
   */
  run(batch: Float64Array, out: Float64Array | Uint32Array): boolean {
    const { plan, core } = this;
    const feed = floatFeed(core, batch, plan.inputs);
    const put: typeof feed.put = (first, rows, at) => {
      feed.put(first, rows, at);
      if (!this.fits(rows, at)) throw MISFIT;
    };
    try {
      runRows(core, plan, this.at, batch.length / plan.inputs, { ...feed, put }, out);
    } catch (error) {
      if (error === MISFIT) return false;
      throw error;
    }
    return true;
  }

  dispose(): void {
    const { core, plan, lent } = this;
    core.give(this.at, plan.bytes);
    core.give(this.resultAt, SCAN_BYTES);
    core.give(this.endsAt, lent.ends.byteLength);
  }

  private fits(rows: number, at: number): boolean {
    const { plan, core, resultAt } = this;
    const { inputs, inputScale } = plan;
    const shared = this.lent.ends.length === 2;
    const lines = shared ? rows * inputs : rows;
    const code = core.calls.scan(at, lines, shared ? 1 : inputs, this.endsAt, resultAt, inputScale, QUICK_TOP);
    return code === SCAN_FINE && (core.i32[(resultAt + SCAN_AT_FRACTION) >> 2] as number) <= inputScale;
  }
}

const MISFIT = Symbol('misfit');

/** Plans held by a thread at once; the one held longest makes room. */
const MOST_HELD = 8;

/** The plans that a thread holds, by number. */
export class Runners {
  private readonly held = new Map<number, PlanRunner>();

  constructor(private readonly core: Core) {}

  has(number: number): boolean {
    return this.held.has(number);
  }

  of(lent: LentPlan): PlanRunner {
    const known = this.held.get(lent.number);
    if (known) return known;
    const runner = new PlanRunner(this.core, lent);
    this.held.set(lent.number, runner);
    if (this.held.size > MOST_HELD) {
      const [oldest, gone] = this.held.entries().next().value as [number, PlanRunner];
      this.held.delete(oldest);
      gone.dispose();
    }
    return runner;
  }

  dispose(): void {
    for (const runner of this.held.values()) runner.dispose();
    this.held.clear();
  }
}
