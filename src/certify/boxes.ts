/**
 * What a network can be on many boxes at once: intervals through every layer, all boxes side by side.
 *
 * Numbers are float64, and no rounding is left to them: where all sums of a layer are multiples of a power of two and below 2^53
 * of these, which weights, grid and largest values decide beforehand, float64 sums are exact; other layers are computed in whole
 * numbers and rounded outward once. From layer `monotoneFrom` on both ends of the intervals go through the network as points:
 * sharp, and true only where the caller has shown that the layers above do not decrease in any of their inputs.
 */
import { Dyadic, InputError } from '../exact/index.ts';
import { biasAt, type Layer, type Network, weightAt } from '../net/index.ts';

/** Float64 numbers in each of the four buffers of two layers. */
const ROOM = 1 << 20;
/** Most boxes side by side: what the narrow layers hold of them stays in the cache. */
const MOST_BLOCK = 256;
/** Magnitudes beyond are not looked at. */
const MOST = 2 ** 1000;
/** What float64 sums may be off, relatively, with much to spare. */
const SLACK = 2 ** -40;

export interface Ranges {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

interface Numbers {
  readonly layer: Layer;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  /** Inputs are multiples of 2^grid. */
  readonly grid: number;
  readonly exact: boolean;
  readonly last: boolean;
}

/**
 * The network's (first) output on the boxes between neighbouring cuts, the first input's cuts running fastest. `cuts`: increasing,
 * one list an input. Throws InputError where numbers exceed 2^1000.
 */
export function rangesOn(
  net: Network,
  cuts: readonly (readonly Dyadic[])[],
  monotoneFrom = Number.POSITIVE_INFINITY,
): Ranges {
  const counts = cuts.map((c) => c.length - 1);
  const count = counts.reduce((a, b) => a * b, 1);
  const layers = study(net, cuts);
  const widest = net.layers.reduce((w, { outputs }) => Math.max(w, outputs), net.inputs);
  const block = Math.max(1, Math.min(count, MOST_BLOCK, Math.floor(ROOM / widest)));
  const lo = new Float64Array(count);
  const hi = new Float64Array(count);
  const buffers = Array.from({ length: 4 }, () => new Float64Array(widest * block));
  for (let from = 0; from < count; from += block) {
    const n = Math.min(block, count - from);
    let [a, b, c, d] = buffers as [Float64Array, Float64Array, Float64Array, Float64Array];
    layers.forEach((numbers, l) => {
      if (l === 0) firstLayer(numbers, cuts, counts, from, n, c, d);
      else if (numbers.exact) inFloats(numbers, a, b, c, d, n, l >= monotoneFrom);
      else inWhole(numbers, a, b, c, d, n, l >= monotoneFrom);
      [a, b, c, d] = [c, d, a, b];
    });
    lo.set(a.subarray(0, n), from);
    hi.set(b.subarray(0, n), from);
  }
  return { lo, hi };
}

/** For every layer, whether float64 sums are exact: from the grid of its inputs and from how large they can be on the whole box. */
function study(net: Network, cuts: readonly (readonly Dyadic[])[]): Numbers[] {
  let low = cuts.map((c) => (c[0] as Dyadic).toNumber('down'));
  let high = cuts.map((c) => (c[c.length - 1] as Dyadic).toNumber('up'));
  let grid = Math.min(...cuts.map((c) => finest(c.length, (k) => c[k] as Dyadic)));
  return net.layers.map((layer, l) => {
    const last = l === net.depth - 1;
    const weight = Float64Array.from({ length: layer.weight.length }, (_, k) => weightAt(layer, k).toNumber());
    const bias = Float64Array.from({ length: layer.outputs }, (_, i) => biasAt(layer, i).toNumber());
    const inputGrid = grid;
    grid = Math.min(
      grid + finest(layer.weight.length, (k) => weightAt(layer, k)),
      finest(layer.outputs, (i) => biasAt(layer, i)),
    );
    const sums = Array.from({ length: layer.outputs }, (_, i) => {
      let [down, up, total] = [bias[i] as number, bias[i] as number, Math.abs(bias[i] as number)];
      for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
        const w = weight[k] as number;
        const c = layer.column[k] as number;
        const [x, y] = [w * (low[c] as number), w * (high[c] as number)];
        down += Math.min(x, y);
        up += Math.max(x, y);
        total += Math.max(Math.abs(x), Math.abs(y));
      }
      return [down, up, total] as const;
    });
    const largest = sums.reduce((m, [, , total]) => Math.max(m, total), 0);
    if (!(largest < MOST && grid > -1000))
      throw new InputError('bounds on boxes: expected numbers below 2^1000 on a grid above 2^-1000');
    // Cuts that are no float64 numbers are met in the first layer only. One digit is kept for the rounding of these very sums.
    const exact =
      largest < 2 ** (grid + 52) && (l > 0 || cuts.every((c) => c.every((v) => v.eq(Dyadic.from(v.toNumber())))));
    const slack = exact ? 0 : SLACK;
    low = sums.map(([down, , total]) => clip(down - slack * total, last));
    high = sums.map(([, up, total]) => clip(up + slack * total, last));
    return { layer, weight, bias, grid: inputGrid, exact, last };
  });
}

const clip = (v: number, last: boolean): number => (last || v > 0 ? v : 0);

/** Exponent of the lowest digit of any of the values. */
function finest(count: number, value: (k: number) => Dyadic): number {
  let e = 1 << 20;
  for (let k = 0; k < count; k++) {
    const v = value(k);
    if (!v.isZero && v.e < e) e = v.e;
  }
  return e;
}

/** The first layer on boxes from .. from + n: each input adds what one of its cuts decides. */
function firstLayer(
  numbers: Numbers,
  cuts: readonly (readonly Dyadic[])[],
  counts: readonly number[],
  from: number,
  n: number,
  outLo: Float64Array,
  outHi: Float64Array,
): void {
  // Which cut bounds each box from below, input by input.
  let stride = 1;
  const at = counts.map((count) => {
    const own = Uint32Array.from({ length: n }, (_, q) => Math.floor((from + q) / stride) % count);
    stride *= count;
    return own;
  });
  if (numbers.exact) {
    const below = cuts.map((c, k) => Float64Array.from(at[k] as Uint32Array, (i) => (c[i] as Dyadic).toNumber()));
    const above = cuts.map((c, k) => Float64Array.from(at[k] as Uint32Array, (i) => (c[i + 1] as Dyadic).toNumber()));
    const pack = (parts: readonly Float64Array[]): Float64Array => {
      const all = new Float64Array(parts.length * n);
      parts.forEach((part, k) => {
        all.set(part, k * n);
      });
      return all;
    };
    inFloats(numbers, pack(below), pack(above), outLo, outHi, n, false);
    return;
  }
  const { layer, last } = numbers;
  for (let i = 0; i < layer.outputs; i++) {
    const terms = Array.from({ length: (layer.rowStart[i + 1] as number) - (layer.rowStart[i] as number) }, (_, t) => {
      const k = (layer.rowStart[i] as number) + t;
      return { axis: layer.column[k] as number, weight: weightAt(layer, k) };
    });
    for (let q = 0; q < n; q++) {
      let down = biasAt(layer, i);
      let up = down;
      for (const { axis, weight } of terms) {
        const c = cuts[axis] as readonly Dyadic[];
        const first = (at[axis] as Uint32Array)[q] as number;
        const [x, y] = weight.sign > 0 ? [first, first + 1] : [first + 1, first];
        down = down.add(weight.mul(c[x] as Dyadic));
        up = up.add(weight.mul(c[y] as Dyadic));
      }
      outLo[i * n + q] = clip(down.toNumber('down'), last);
      outHi[i * n + q] = clip(up.toNumber('up'), last);
    }
  }
}

function inFloats(
  { layer, weight, bias, last }: Numbers,
  lo: Float64Array,
  hi: Float64Array,
  outLo: Float64Array,
  outHi: Float64Array,
  n: number,
  point: boolean,
): void {
  for (let i = 0; i < layer.outputs; i++) {
    const down = outLo.subarray(i * n, (i + 1) * n);
    const up = outHi.subarray(i * n, (i + 1) * n);
    down.fill(bias[i] as number);
    up.fill(bias[i] as number);
    for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
      const w = weight[k] as number;
      const c = (layer.column[k] as number) * n;
      const [least, most] = w > 0 || point ? [lo, hi] : [hi, lo];
      for (let q = 0; q < n; q++) {
        down[q] = (down[q] as number) + w * (least[c + q] as number);
        up[q] = (up[q] as number) + w * (most[c + q] as number);
      }
    }
    if (last) continue;
    for (let q = 0; q < n; q++) {
      if ((down[q] as number) < 0) down[q] = 0;
      if ((up[q] as number) < 0) up[q] = 0;
    }
  }
}

function inWhole(
  { layer, grid, last }: Numbers,
  lo: Float64Array,
  hi: Float64Array,
  outLo: Float64Array,
  outHi: Float64Array,
  n: number,
  point: boolean,
): void {
  const exactly = (v: number): bigint => Dyadic.from(v).mantissaAt(-grid);
  for (let i = 0; i < layer.outputs; i++) {
    for (let q = 0; q < n; q++) {
      let down = 0n;
      let up = 0n;
      for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
        const w = BigInt(layer.weight[k] as number | bigint);
        const c = (layer.column[k] as number) * n + q;
        const [x, y] = [exactly(lo[c] as number), exactly(hi[c] as number)];
        down += w * (w > 0n || point ? x : y);
        up += w * (w > 0n || point ? y : x);
      }
      const b = biasAt(layer, i);
      const value = (sum: bigint): Dyadic => Dyadic.of(sum, grid - layer.scale).add(b);
      outLo[i * n + q] = clip(value(down).toNumber('down'), last);
      outHi[i * n + q] = clip(value(up).toNumber('up'), last);
    }
  }
}
