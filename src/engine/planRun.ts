/** Rows through the core in parts, by a plan that lies in its memory. */
import { FORM_FLOAT64, FORM_WORDS } from '../../assembly/layout.ts';
import type { Plan } from './plan.ts';
import type { Core } from './runtime.ts';

/** Bytes of inputs and of outputs that pass through the core at once, at least one row. */
const CHUNK_BYTES = 1 << 17;
/** Fewer rows than a tile has lanes cost as much as all of them: long results may take more memory for that. */
const TILE_ROWS = 64;
const TILE_BYTES = 1 << 22;

/** Rows that pass at once, where one takes `each` bytes. */
export function rowsAtOnce(each: number): number {
  return Math.max(1, Math.min(TILE_ROWS, Math.floor(TILE_BYTES / each)), Math.floor(CHUNK_BYTES / each));
}

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
  const most = Math.min(rows, rowsAtOnce(Math.max(inBytes, outBytes)));
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
