/**
 * A network drawn before it is built: layers of groups of equal units, over any alphabet.
 *
 * A construction writes coefficients (2, -1/2, ...). The blueprint turns each into a strand of letters, copies the units
 * below as often as the layer above asks, and so gives a network with every weight and bias in the alphabet.
 * `plan` counts it without building: rows of a group have equal length, so one row a group is enough.
 * `build` writes straight into arrays of the planned size, in time linear in the number of weights.
 *
 *   const b = new Blueprint(1, HALVES);
 *   const half = b.group('half', 1, (row) => row.add(b.input, 0, 0.5));   // relu(x/2)
 *   b.close();
 *   b.group('out', 1, (row) => row.add(half, 0, 2));                      // 2 relu(x/2): four copies, four weights 1/2
 *   b.close();
 *   b.plan().connectivity;                                               // 8
 */
import { Dyadic, refuse } from '../exact/index.ts';
import { LIMITS, makeLayer, Network } from '../net/index.ts';
import type { Alphabet } from './alphabet.ts';

/** One row as a construction writes it. Each source unit appears at most once in a row. */
export interface Row {
  /** coefficient * unit `index` of the group. */
  add(from: Group, index: number, coefficient: number): void;
  /** The letters given, one a copy of unit `index`: where a choice of letters carries information. */
  join(from: Group, index: number, letters: readonly number[]): void;
  /** One letter a unit, to every unit of the group: letter(index). Planned without asking for the letters. */
  joinAll(from: Group, letter: (index: number) => number): void;
  /** each(0), ..., each(count - 1): writers of equal length that read the same groups. Planned from the first alone. */
  repeat(count: number, each: (i: number) => void): void;
  /** A letter. */
  bias(letter: number): void;
}

export type Draw = (row: Row, index: number) => void;

/** `count` units of one layer that are drawn alike. */
export interface Group {
  readonly block: string;
  readonly count: number;
}

/** What a blueprint will cost; equal to the built network's counts. */
export interface BlueprintPlan {
  readonly depth: number;
  readonly width: number;
  readonly connectivity: number;
  /** In the order in which the blocks were first drawn. */
  readonly blocks: readonly BlockPlan[];
}

export interface BlockPlan {
  readonly block: string;
  /** Layers in which the block has units. */
  readonly depth: number;
  /** Most units of the block in one layer. */
  readonly width: number;
  /** Units of the block, over all layers. */
  readonly units: number;
  /** Non-zero weights and biases of these units' rows. */
  readonly connectivity: number;
}

interface DrawnGroup extends Group {
  readonly layer: number;
  readonly draw: Draw;
  /** Rows may differ in length or in the groups they read: then every row is counted when planning. */
  readonly ragged: boolean;
  /** Set by the plan: copies of every unit, weights and biases of the longest row and of all rows (one copy each). */
  copies: number;
  rowWeights: number;
  allWeights: number;
  allBiases: number;
  /** Set by the build: index of the first unit in its layer. */
  offset: number;
}

export class Blueprint {
  /** The input units; the only ones that cannot be copied. */
  readonly input: Group;
  private readonly layers: DrawnGroup[][] = [[]];
  private planned: BlueprintPlan | undefined;

  constructor(
    readonly inputs: number,
    readonly alphabet: Alphabet,
  ) {
    this.input = this.make('input', inputs, () => {}, false, 0);
  }

  /** Index of the layer being drawn, from 1. */
  get layer(): number {
    return this.layers.length;
  }

  /** Adds `count` units to the layer being drawn; `ragged` where rows differ in length or in the groups they read. */
  group(block: string, count: number, draw: Draw, ragged = false): Group {
    const made = this.make(block, count, draw, ragged, this.layer);
    (this.layers[this.layer - 1] as DrawnGroup[]).push(made);
    return made;
  }

  /** Ends the layer being drawn and opens the next. */
  close(): void {
    this.layers.push([]);
  }

  private make(block: string, count: number, draw: Draw, ragged: boolean, layer: number): DrawnGroup {
    return {
      block,
      count,
      draw,
      ragged,
      layer,
      copies: layer === 0 ? 1 : 0,
      rowWeights: 0,
      allWeights: 0,
      allBiases: 0,
      offset: 0,
    };
  }

  /** The layers that hold units: an empty last one was opened by the last `close`. */
  private drawn(): DrawnGroup[][] {
    const last = this.layers[this.layers.length - 1] as DrawnGroup[];
    return last.length === 0 ? this.layers.slice(0, -1) : this.layers;
  }

  /** Exact counts. Costs one row a group (every row of a ragged group). */
  plan(): BlueprintPlan {
    if (this.planned) return this.planned;
    const layers = this.drawn();
    // From the top down: a group that nothing above reads is not built (but a layer keeps one unit).
    for (let l = layers.length - 1; l >= 0; l--) {
      const groups = layers[l] as DrawnGroup[];
      if (l === layers.length - 1) for (const g of groups) g.copies = 1;
      else if (groups.every((g) => g.copies === 0)) (groups[0] as DrawnGroup).copies = 1;
      for (const g of groups) if (g.copies > 0) countRows(g, this.alphabet);
    }
    const blocks = new Map<string, { depth: number; width: number; units: number; connectivity: number }>();
    let width = this.inputs;
    let connectivity = 0;
    for (const groups of layers) {
      const inLayer = new Map<string, number>();
      let units = 0;
      for (const g of groups) {
        if (g.copies === 0) continue;
        const n = g.count * g.copies;
        const weights = (g.allWeights + g.allBiases) * g.copies;
        units += n;
        connectivity += weights;
        const block = blocks.get(g.block) ?? { depth: 0, width: 0, units: 0, connectivity: 0 };
        block.units += n;
        block.connectivity += weights;
        blocks.set(g.block, block);
        inLayer.set(g.block, (inLayer.get(g.block) ?? 0) + n);
      }
      for (const [name, n] of inLayer) {
        const block = blocks.get(name) as { depth: number; width: number };
        block.depth++;
        block.width = Math.max(block.width, n);
      }
      width = Math.max(width, units);
    }
    this.planned = Object.freeze({
      depth: layers.length,
      width,
      connectivity,
      blocks: Object.freeze([...blocks].map(([block, counts]) => Object.freeze({ block, ...counts }))),
    });
    return this.planned;
  }

  /** The network. Throws InputError where it exceeds the library's limits; nothing large is allocated before that. */
  build(): Network {
    const { depth, width, connectivity } = this.plan();
    if (depth > LIMITS.depth) refuse('build', `a depth of at most ${LIMITS.depth}`, depth);
    if (width > LIMITS.width) refuse('build', `a width of at most ${LIMITS.width}`, width);
    if (connectivity > LIMITS.connectivity) refuse('build', `at most ${LIMITS.connectivity} weights`, connectivity);
    let inputs = this.inputs;
    return new Network(
      this.drawn().map((groups) => {
        const layer = fill(
          groups.filter((g) => g.copies > 0),
          inputs,
          this.alphabet,
        );
        inputs = layer.outputs;
        return layer;
      }),
    );
  }
}

/** Counts a group's rows and tells the groups below how many copies they need. */
function countRows(g: DrawnGroup, alphabet: Alphabet): void {
  let weights = 0;
  let biases = 0;
  const need = (from: Group, copies: number): void => {
    const source = from as DrawnGroup;
    if (source.layer !== g.layer - 1) {
      throw new Error(`blueprint: ${g.block} in layer ${g.layer} reads ${source.block} of layer ${source.layer}`);
    }
    if (source.layer === 0 && copies > 1) throw new Error(`blueprint: ${g.block} needs ${copies} copies of an input`);
    if (copies > source.copies) source.copies = copies;
  };
  const counter: Row = {
    add(from, _index, coefficient) {
      const n = alphabet.strand(coefficient).length;
      need(from, n);
      weights += n;
    },
    join(from, _index, letters) {
      need(from, letters.length);
      weights += letters.length;
    },
    joinAll(from) {
      need(from, 1);
      weights += from.count;
    },
    repeat(count, each) {
      const before = weights;
      if (count > 0) each(0);
      weights += (weights - before) * (count - 1);
    },
    bias() {
      biases++;
    },
  };
  let longest = 0;
  const rows = g.ragged ? g.count : Math.min(g.count, 1);
  for (let i = 0; i < rows; i++) {
    const before = weights;
    g.draw(counter, i);
    longest = Math.max(longest, weights - before);
  }
  g.rowWeights = longest;
  g.allWeights = g.ragged ? weights : weights * g.count;
  g.allBiases = g.ragged ? biases : biases * g.count;
}

/** One layer, written row by row into arrays of the planned size. */
function fill(groups: readonly DrawnGroup[], inputs: number, alphabet: Alphabet): ReturnType<typeof makeLayer> {
  let outputs = 0;
  let total = 0;
  let longest = 0;
  for (const g of groups) {
    g.offset = outputs;
    outputs += g.count * g.copies;
    total += g.allWeights * g.copies;
    longest = Math.max(longest, g.rowWeights);
  }
  const scale = alphabet.fractionalBits;
  const unit = Dyadic.pow2(scale).toNumber();
  const most = Math.max(...alphabet.letters.map(Math.abs)) * unit;
  const Kind = most <= 0x7f ? Int8Array : most <= 0x7fff ? Int16Array : Int32Array;
  const rowStart = new Uint32Array(outputs + 1);
  const column = new Uint32Array(total);
  const weight = new Kind(total);
  const bias = new Kind(outputs);
  const order = new RowSorter(longest);
  let at = 0;
  let ownBias = 0;
  let rising = true;
  let last = -1;
  const put = (c: number, letter: number): void => {
    if (c <= last) rising = false;
    last = c;
    column[at] = c;
    weight[at++] = letter * unit;
  };
  const pen: Row = {
    add(from, index, coefficient) {
      this.join(from, index, alphabet.strand(coefficient));
    },
    join(from, index, letters) {
      const source = from as DrawnGroup;
      if (letters.length > source.copies) mismatch(source);
      const first = source.offset + index * source.copies;
      for (let k = 0; k < letters.length; k++) put(first + k, letters[k] as number);
    },
    joinAll(from, letter) {
      const source = from as DrawnGroup;
      if (source.copies === 0) mismatch(source);
      for (let i = 0; i < source.count; i++) put(source.offset + i * source.copies, letter(i));
    },
    repeat(count, each) {
      for (let i = 0; i < count; i++) each(i);
    },
    bias(letter) {
      ownBias = letter * unit;
    },
  };
  let unitIndex = 0;
  for (const g of groups) {
    for (let i = 0; i < g.count; i++) {
      const start = at;
      ownBias = 0;
      rising = true;
      last = -1;
      g.draw(pen, i);
      const length = at - start;
      if (!g.ragged && length !== g.rowWeights) {
        throw new Error(`blueprint: row ${i} of ${g.block} has ${length} weights, row 0 has ${g.rowWeights}`);
      }
      if (!rising) order.sort(column, weight, start, at);
      for (let copy = 0; copy < g.copies; copy++) {
        if (copy > 0) {
          column.copyWithin(at, start, start + length);
          weight.copyWithin(at, start, start + length);
          at += length;
        }
        bias[unitIndex++] = ownBias;
        rowStart[unitIndex] = at;
      }
    }
  }
  return makeLayer({ inputs, outputs, scale, rowStart, column, weight, bias });
}

/** A row asked for copies that row 0 of its group did not announce: the group should have been ragged. */
function mismatch(source: DrawnGroup): never {
  throw new Error(`blueprint: only ${source.copies} copies of ${source.block} in layer ${source.layer} were planned`);
}

/** Sorts one row by column, in memory that is taken once a layer. */
class RowSorter {
  private keys: Float64Array | undefined;
  private readonly longest: number;

  constructor(longest: number) {
    this.longest = longest;
  }

  sort(column: Uint32Array, weight: { [k: number]: number }, start: number, end: number): void {
    // Column and weight in one float64 key: 32 + 16 bits would do; weights are looked up by position instead.
    this.keys ??= new Float64Array(this.longest);
    const n = end - start;
    const keys = this.keys.subarray(0, n);
    for (let k = 0; k < n; k++) keys[k] = (column[start + k] as number) * n + k;
    keys.sort();
    const weights = new Array<number>(n);
    for (let k = 0; k < n; k++) weights[k] = weight[start + ((keys[k] as number) % n)] as number;
    for (let k = 0; k < n; k++) {
      column[start + k] = Math.floor((keys[k] as number) / n);
      weight[start + k] = weights[k] as number;
    }
  }
}
