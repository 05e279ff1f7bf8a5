/** Rows through the core in parts, by a plan that lies in its memory. */
import { FORM_FLOAT64, FORM_WORDS } from '../../assembly/layout.ts';
import { Plan } from './plan.ts';
import { type Core, placePlan } from './runtime.ts';

/** Bytes of inputs and of outputs that pass through the core at once, at least one row. */
export const CHUNK_BYTES = 1 << 17;
/** Fewer rows than a tile has lanes cost as much as all of them: long results may take more memory for that. */
const TILE_ROWS = 64;
const TILE_BYTES = 1 << 22;

/** How inputs lie in the core, and who puts `rows` rows from row `first` on at byte `at`. */
export interface Feed {
  readonly form: number;
  /** 32-bit words of an input (0 for float64). */
  readonly words: number;
  put(first: number, rows: number, at: number): void;
}

/** Evaluates `rows` rows into `out`, whose places are float64 values or words of mantissas. */
export function runRows(
  core: Core,
  plan: Plan,
  at: number,
  rows: number,
  feed: Feed,
  out: Float64Array | Uint32Array,
): void {
  const outForm = out instanceof Float64Array ? FORM_FLOAT64 : FORM_WORDS;
  const inBytes = plan.inputs * (feed.form === FORM_FLOAT64 ? 8 : 4 * feed.words);
  const outBytes = plan.outputs * (outForm === FORM_FLOAT64 ? 8 : 4 * plan.outputWords);
  const each = Math.max(inBytes, outBytes);
  const tile = Math.min(TILE_ROWS, Math.floor(TILE_BYTES / each));
  const most = Math.max(1, Math.min(rows, Math.max(tile, Math.floor(CHUNK_BYTES / each))));
  const inAt = core.take(most * inBytes);
  let outAt = 0;
  try {
    outAt = core.take(most * outBytes);
    const a = core.scratch(plan.workingBytes);
    const b = a + plan.bufferBytes;
    for (let r = 0; r < rows; r += most) {
      const here = Math.min(most, rows - r);
      feed.put(r, here, inAt);
      core.calls.forward(at, inAt, feed.form, feed.words, here, outAt, outForm, a, b, b + plan.bufferBytes);
      const target = new Uint8Array(out.buffer, out.byteOffset + r * outBytes, here * outBytes);
      target.set(core.u8.subarray(outAt, outAt + here * outBytes));
    }
  } finally {
    core.give(inAt, most * inBytes);
    if (outAt !== 0) core.give(outAt, most * outBytes);
  }
}

/** float64 rows as a feed. */
export function floatFeed(core: Core, batch: Float64Array, inputs: number): Feed {
  return {
    form: FORM_FLOAT64,
    words: 0,
    put: (first, rows, at) => core.f64.set(batch.subarray(first * inputs, (first + rows) * inputs), at >> 3),
  };
}

/** A plan that someone else made, ready to run here: what a worker holds. Inputs must have been looked at there. */
export class PlanRunner {
  readonly plan: Plan;
  private readonly at: number;

  /** Throws InputError where the plan is damaged. */
  constructor(
    private readonly core: Core,
    buffer: ArrayBuffer,
  ) {
    this.plan = new Plan(buffer, []);
    this.at = placePlan(core, buffer);
  }

  /** Results of float64 rows: rounded to float64, or exact mantissas as words. */
  run(batch: Float64Array, exact: boolean): Float64Array | Uint32Array {
    const { plan, core } = this;
    const rows = batch.length / plan.inputs;
    const out = exact ? new Uint32Array(rows * plan.outputs * plan.outputWords) : new Float64Array(rows * plan.outputs);
    runRows(core, plan, this.at, rows, floatFeed(core, batch, plan.inputs), out);
    return out;
  }

  dispose(): void {
    this.core.give(this.at, this.plan.bytes);
  }
}
