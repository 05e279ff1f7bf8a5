/** Two networks on the same inputs: the largest difference that was seen, exactly, and how often they choose the same output. */
import { Engine } from '../engine/index.ts';
import { Dyadic, refuse } from '../exact/index.ts';
import type { Network } from '../net/index.ts';

/** Sampled, never an error bound. */
export interface Observation {
  readonly rows: number;
  /** max |a(x) - b(x)| over all rows and outputs. */
  readonly largest: Dyadic;
  /** The row (from 0) and the output where it is attained first. */
  readonly row: number;
  readonly output: number;
  /** Rows on which the largest output of both is the same one (of equal outputs, the first counts). */
  readonly sameChoice: number;
}

/** Rows that are evaluated at once. */
const CHUNK = 4096;

/**
 * Evaluates both networks exactly on every row. `inputs` holds one vector behind the other, float64 or Dyadic.
 * Throws InputError where the networks or the inputs do not fit together.
 */
export function observe(a: Network, b: Network, inputs: Float64Array | readonly Dyadic[]): Observation {
  if (a.inputs !== b.inputs || a.outputs !== b.outputs) {
    refuse('observe', `two networks with ${a.inputs} inputs and ${a.outputs} outputs`, `${b.inputs} and ${b.outputs}`);
  }
  if (inputs.length === 0 || inputs.length % a.inputs !== 0) {
    refuse('observe', `one or more vectors of ${a.inputs} numbers`, `${inputs.length} numbers`);
  }
  const [first, second] = [Engine.createSync(a), Engine.createSync(b)];
  const rows = inputs.length / a.inputs;
  let largest = Dyadic.ZERO;
  let [row, output, sameChoice] = [0, 0, 0];
  for (let from = 0; from < rows; from += CHUNK) {
    const count = Math.min(CHUNK, rows - from);
    const part = inputs.slice(from * a.inputs, (from + count) * a.inputs) as typeof inputs;
    const [ya, yb] = [first.forwardExact(part), second.forwardExact(part)];
    for (let r = 0; r < count; r++) {
      let [bestA, bestB] = [0, 0];
      let [topA, topB] = [ya.at(r, 0), yb.at(r, 0)];
      for (let o = 0; o < a.outputs; o++) {
        const [va, vb] = [ya.at(r, o), yb.at(r, o)];
        const away = va.sub(vb).abs();
        if (away.gt(largest)) [largest, row, output] = [away, from + r, o];
        if (va.gt(topA)) [topA, bestA] = [va, o];
        if (vb.gt(topB)) [topB, bestB] = [vb, o];
      }
      if (bestA === bestB) sameChoice++;
    }
  }
  return Object.freeze({ rows, largest, row, output, sameChoice });
}
