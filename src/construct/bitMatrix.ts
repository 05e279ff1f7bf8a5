/**
 * The bit matrix [OSB; theory 2.3]: a network of depth 7 that realises a zig-zag of K (m+1) - 1 steps at every real input of
 * its interval. Its only large part is a K x m matrix of bits, so that stored bits x error tends to the entropy limit.
 *
 *   layer 1   T = (x - lo) rate, and for each short step the ramps relu(T - k(m+1) + 1), relu(T - k(m+1))
 *   layer 2   step_k in [0,1], one a short step, and D = m - Y
 *   layer 3   cell_k in [0,1]: 1 on cell k, linear to 0 over the short steps beside it; the rows valley and peak
 *   layer 4   bit_j = sum_k bits[k][j] cell_k (the matrix), and d_j = relu(D - j)
 *   layer 5   z_j = relu(bit_j - d_j + d_(j+1)) = relu(bit + c - 1): the bit times the part of its step that Y has passed
 *   layer 6   the two halves of clip(S - B, -D, D)
 *   layer 7   offset + unit (B + clip)                                         (cells.ts says why this is g)
 *
 * Depth 7, width max(2K - 1, 2m + 2, K + 2); weights +-1 and 2 but for the first layer's rate, the increments of valley and
 * peak, and the last layer's unit.
 */
import { Dyadic } from '../exact/index.ts';
import { type Layer, LayerBuilder, Network, type Term } from '../net/index.ts';
import type { Cells } from './cells.ts';
import type { Grid } from './sigmaDelta.ts';

export function bitMatrix(cells: Cells, grid: Grid): Network {
  const { count, steps: m } = cells;
  // Heights are stored above the lowest one: units carry what is not negative.
  const base = lowest(cells);
  return new Network([
    ramps(count, m, grid),
    stepUnits(count, m),
    cellUnits(cells, base),
    matrix(cells),
    products(m),
    clip(m),
    output(grid, base),
  ]);
}

function lowest({ valley, peak }: Cells): number {
  let least = valley[0] as number;
  for (const h of valley) if (h < least) least = h;
  for (const h of peak) if (h < least) least = h;
  return least;
}

/** T, then the ramps of short step k = 1 .. K-1, in pairs. */
function ramps(count: number, m: number, { lo, rate }: Grid): Layer {
  const layer = new LayerBuilder(1);
  const start = lo.mul(rate).neg();
  layer.unit(start, [0, rate]);
  for (let k = 1; k < count; k++) {
    const end = Dyadic.from(k * (m + 1));
    layer.unit(start.sub(end).add(Dyadic.ONE), [0, rate]);
    layer.unit(start.sub(end), [0, rate]);
  }
  return layer.build();
}

/** step_1 .. step_(K-1), then D. */
function stepUnits(count: number, m: number): Layer {
  const layer = new LayerBuilder(2 * count - 1);
  const distance: Term[] = [[0, -1]];
  for (let k = 1; k < count; k++) {
    const first = 2 * k - 1;
    layer.unit(0, [first, 1], [first + 1, -1]);
    // D falls on even cells, rests, rises on odd ones, rests.
    const bend = k % 2 === 1 ? 1 : -1;
    distance.push([first, bend], [first + 1, bend]);
  }
  layer.row(m, distance);
  return layer.build();
}

/** cell_0 .. cell_(K-1), valley, peak, D. */
function cellUnits({ count, valley, peak }: Cells, base: number): Layer {
  const layer = new LayerBuilder(count);
  for (let k = 0; k < count; k++) {
    const terms: Term[] = [];
    if (k > 0) terms.push([k - 1, 1]);
    if (k < count - 1) terms.push([k, -1]);
    layer.row(k === 0 ? 1 : 0, terms);
  }
  for (const heights of [valley, peak]) {
    const terms: Term[] = [];
    for (let k = 1; k < count; k++) terms.push([k - 1, (heights[k] as number) - (heights[k - 1] as number)]);
    layer.row((heights[0] as number) - base, terms);
  }
  layer.unit(0, [count - 1, 1]);
  return layer.build();
}

/** bit_0 .. bit_(m-1) in the order of falling Y, d_0 .. d_(m-1), valley, peak. */
function matrix({ count, steps: m, bits }: Cells): Layer {
  const layer = new LayerBuilder(count + 3);
  for (let j = 0; j < m; j++) {
    const terms: Term[] = [];
    for (let k = 0; k < count; k++) if (bits[k * m + m - 1 - j] === 1) terms.push([k, 1]);
    layer.row(0, terms);
  }
  for (let j = 0; j < m; j++) layer.unit(-j, [count + 2, 1]);
  layer.unit(0, [count, 1]);
  layer.unit(0, [count + 1, 1]);
  return layer.build();
}

/** z_0 .. z_(m-1), D, valley, peak. */
function products(m: number): Layer {
  const layer = new LayerBuilder(2 * m + 2);
  for (let j = 0; j < m; j++) {
    const terms: Term[] = [
      [j, 1],
      [m + j, -1],
    ];
    if (j < m - 1) terms.push([m + j + 1, 1]);
    layer.row(0, terms);
  }
  for (const from of [m, 2 * m, 2 * m + 1]) layer.unit(0, [from, 1]);
  return layer.build();
}

/** relu(S - B + D), relu(S - B - D), B, D, where S = valley + 2 sum z - m + D. */
function clip(m: number): Layer {
  const layer = new LayerBuilder(m + 3);
  const z: Term[] = Array.from({ length: m }, (_, j) => [j, 2]);
  layer.row(-m, [...z, [m, 2], [m + 1, 1], [m + 2, -1]]);
  layer.row(-m, [...z, [m + 1, 1], [m + 2, -1]]);
  layer.unit(0, [m + 2, 1]);
  layer.unit(0, [m, 1]);
  return layer.build();
}

function output({ unit, offset }: Grid, base: number): Layer {
  const layer = new LayerBuilder(4);
  const down = unit.neg();
  layer.unit(offset.add(unit.mul(Dyadic.from(base))), [0, unit], [1, down], [2, unit], [3, down]);
  return layer.build();
}
