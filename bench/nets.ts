/** The networks that are timed: seeded, dense or sparse, as arrays for the peers and as networks for us. */
import { makeLayer, Network } from '../src/net/index.ts';

/** A small seeded generator (mulberry32): whole numbers in lo..hi. */
export function seeded(seed: number): (lo: number, hi: number) => number {
  let state = seed | 0;
  return (lo, hi) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return lo + (((t ^ (t >>> 14)) >>> 0) % (hi - lo + 1));
  };
}

/** A dense network: weights[l][o * inputs + k] in -7..7, biases in -100..100, inputs 0..255. */
export interface Mlp {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly weights: readonly Int8Array[];
  readonly biases: readonly Int32Array[];
  readonly network: Network;
  readonly macs: number;
}

export const MLP_SHAPES: Readonly<Record<string, readonly number[]>> = {
  '1-64-64-64-1': [1, 64, 64, 64, 1],
  '5-50x6-5': [5, 50, 50, 50, 50, 50, 50, 5],
  '784-256-256-10': [784, 256, 256, 10],
  '1024x5': [1024, 1024, 1024, 1024, 1024, 1024],
};

export function mlp(name: string, seed = 1): Mlp {
  const sizes = MLP_SHAPES[name] as readonly number[];
  const random = seeded(seed);
  const weights: Int8Array[] = [];
  const biases: Int32Array[] = [];
  for (let l = 0; l + 1 < sizes.length; l++) {
    weights.push(Int8Array.from({ length: (sizes[l] as number) * (sizes[l + 1] as number) }, () => random(-7, 7)));
    biases.push(Int32Array.from({ length: sizes[l + 1] as number }, () => random(-100, 100)));
  }
  const layers = weights.map((w, l) => denseLayer(sizes[l] as number, w, biases[l] as Int32Array));
  return {
    name,
    sizes,
    weights,
    biases,
    network: new Network(layers),
    macs: weights.reduce((n, w) => n + w.length, 0),
  };
}

function denseLayer(inputs: number, w: Int8Array, bias: Int32Array) {
  const rowStart = new Uint32Array(bias.length + 1);
  const column: number[] = [];
  const weight: number[] = [];
  for (let o = 0; o < bias.length; o++) {
    for (let k = 0; k < inputs; k++) {
      const v = w[o * inputs + k] as number;
      if (v === 0) continue;
      column.push(k);
      weight.push(v);
    }
    rowStart[o + 1] = column.length;
  }
  return makeLayer({
    inputs,
    outputs: bias.length,
    scale: 0,
    rowStart,
    column: Uint32Array.from(column),
    weight,
    bias: Array.from(bias),
  });
}

/**
 * A deep sparse network of width 16: 4 terms of weight +-1..4 a row (sum of sizes at most 15), over 16 units and the constant
 * 4^l; activations grow to `bits` binary digits. In real terms weights are multiples of 1/4 and the constant is 1.
 */
export interface DeepNet {
  readonly bits: number;
  readonly depth: number;
  /** Layer, row, term: [unit, weight]; unit 16 is the constant. */
  readonly rows: readonly (readonly (readonly (readonly [number, number])[])[])[];
  readonly network: Network;
  /** Terms x 64-bit limbs of an evaluation, by the activations' real lengths. */
  readonly work: number;
}

export const DEEP_WIDTH = 16;

export function deepNet(bits: number, seed = 7): DeepNet {
  const random = seeded(seed);
  const rows: (readonly (readonly [number, number])[])[][] = [];
  // A few inputs are followed, so that layers are kept only while enough units live and the numbers grow.
  let values = Array.from({ length: 8 }, () => Array.from({ length: DEEP_WIDTH }, () => BigInt(random(0, 65535))));
  let now = 16;
  let work = 0;
  while (now < bits) {
    const constant = 1n << BigInt(2 * rows.length);
    const layer = Array.from({ length: DEEP_WIDTH }, () => deepRow(random));
    const next = values.map((x) =>
      layer.map((row) => {
        const sum = row.reduce((s, [j, w]) => s + BigInt(w) * (j === DEEP_WIDTH ? constant : (x[j] as bigint)), 0n);
        return sum > 0n ? sum : 0n;
      }),
    );
    const longest = Math.max(...next.flat().map((v) => v.toString(2).length));
    if (longest < now || !next.every((y) => y.filter((v) => v > 0n).length >= 4)) continue;
    work += (4 * DEEP_WIDTH * now) / 64;
    rows.push(layer);
    values = next;
    now = longest;
  }
  const layers = rows.map((layer) => {
    const rowStart = new Uint32Array(DEEP_WIDTH + 1);
    const column: number[] = [];
    const weight: number[] = [];
    const bias: number[] = [];
    layer.forEach((row, i) => {
      bias.push(0);
      for (const [j, w] of [...row].sort((a, b) => a[0] - b[0])) {
        if (j === DEEP_WIDTH) bias[i] = w;
        else {
          column.push(j);
          weight.push(w);
        }
      }
      rowStart[i + 1] = column.length;
    });
    return makeLayer({
      inputs: DEEP_WIDTH,
      outputs: DEEP_WIDTH,
      scale: 2,
      rowStart,
      column: Uint32Array.from(column),
      weight,
      bias,
    });
  });
  return { bits: now, depth: rows.length, rows, network: new Network(layers), work };
}

function deepRow(random: (lo: number, hi: number) => number): readonly (readonly [number, number])[] {
  const units = new Set<number>();
  while (units.size < 4) units.add(random(0, DEEP_WIDTH));
  for (;;) {
    const row = [...units].map((j) => [j, random(1, 4) * (random(0, 1) === 0 ? -1 : 1)] as const);
    if (row.reduce((s, [, w]) => s + Math.abs(w), 0) <= 15) return row;
  }
}

/** Sparse rows and inputs as native/sparse.c reads them. */
export function sparseFile(net: DeepNet, inputs: Int32Array): Uint8Array {
  const rows = inputs.length / DEEP_WIDTH;
  const words = [net.depth, DEEP_WIDTH, 4, rows, ...net.rows.flat(3)];
  const all = new Int32Array(words.length + inputs.length);
  all.set(words);
  all.set(inputs, words.length);
  return new Uint8Array(all.buffer);
}

/**
 * Square dense layers of weights -7..7 on numbers of `bits` binary digits, relu between them. `network` makes those numbers
 * itself, in a first layer of its own: unit i is its input times a long constant of its own.
 */
export interface WideNet {
  readonly bits: number;
  readonly width: number;
  readonly layers: readonly Int8Array[];
  readonly factors: readonly bigint[];
  readonly network: Network;
}

export function wideNet(bits: number, width = 64, depth = 4, seed = 5): WideNet {
  const random = seeded(seed);
  const factors = Array.from({ length: width }, () => {
    let v = 1n;
    for (let k = 0; k < bits - 9; k++) v = 2n * v + BigInt(random(0, 1));
    return v;
  });
  const layers = Array.from({ length: depth }, () => Int8Array.from({ length: width * width }, () => random(-7, 7)));
  const widen = makeLayer({
    inputs: width,
    outputs: width,
    scale: 0,
    rowStart: Uint32Array.from({ length: width + 1 }, (_, i) => i),
    column: Uint32Array.from({ length: width }, (_, i) => i),
    weight: factors,
    bias: factors.map(() => 0),
  });
  const zeros = new Int32Array(width);
  return {
    bits,
    width,
    layers,
    factors,
    network: new Network([widen, ...layers.map((w) => denseLayer(width, w, zeros))]),
  };
}

/** As native/dense.c reads it: the layers behind the first, and the long numbers. */
export function wideFile(net: WideNet, inputs: Float64Array): string {
  const { layers, width, factors } = net;
  const rows = inputs.length / width;
  const numbers = Array.from(inputs, (v, k) => (BigInt(v) * (factors[k % width] as bigint)).toString(16));
  return [`${layers.length} ${width} ${rows}`, ...layers.map((w) => w.join(' ')), ...numbers].join('\n');
}
