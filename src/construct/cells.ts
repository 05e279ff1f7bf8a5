/**
 * A zig-zag cut into cells that a network can tell apart without an error at any real input.
 *
 *   cell k:  m steps (long), then one step (short) to the next cell      K cells, K (m+1) steps
 *   Y(x):    0 ... m on even cells, m on the short step behind them, m ... 0 on odd cells, 0 on the short step behind those
 *
 * Each cell stores its m bits in the order in which Y passes them (reversed on odd cells), and two heights: valley, where
 * Y = 0, and peak, where Y = m. All of them are constant on the cell and move linearly over the short steps, so
 *
 *   S = valley + 2 sum_i relu(bit_i + c_i(Y) - 1) - Y,  c_i(Y) = clamp(Y - i, 0, 1),   is g on cells and on short steps with Y = 0
 *   B = peak                                                                          is g on short steps with Y = m
 *   |g - B| <= D := m - Y wherever S is g, and D = 0 where it is not, so   g = B + clip(S - B, -D, D)   at every real x.
 *
 * (One parity of cells, one copy of the bits. The hold of Y on the short steps is what makes it exact.)
 */
import { refuse } from '../exact/index.ts';
import type { ZigZag } from './sigmaDelta.ts';

export interface Cells {
  readonly count: number;
  /** m. */
  readonly steps: number;
  /** g where Y = 0 and where Y = m, in multiples of the zig-zag's unit, one a cell. */
  readonly valley: Int32Array;
  readonly peak: Int32Array;
  /** count x m: 1 where g rises with Y. */
  readonly bits: Uint8Array;
}

/** Cuts a zig-zag of at least count (m+1) - 1 steps. */
export function cutCells(g: ZigZag, count: number, m: number): Cells {
  const period = m + 1;
  if (g.up.length < count * period - 1) refuse('cells', `${count * period - 1} steps`, g.up.length);
  const valley = new Int32Array(count);
  const peak = new Int32Array(count);
  const bits = new Uint8Array(count * m);
  let height = g.start;
  for (let k = 0; k < count; k++) {
    const left = height;
    for (let i = 0; i < m; i++) {
      const rises = g.up[k * period + i] === 1;
      height += rises ? 1 : -1;
      // On odd cells Y falls as x grows, so what rises with x falls with Y.
      if (k % 2 === 0) bits[k * m + i] = rises ? 1 : 0;
      else bits[k * m + m - 1 - i] = rises ? 0 : 1;
    }
    valley[k] = k % 2 === 0 ? left : height;
    peak[k] = k % 2 === 0 ? height : left;
    if (k < count - 1) height += g.up[k * period + m] === 1 ? 1 : -1;
  }
  return { count, steps: m, valley, peak, bits };
}
