/**
 * A graph of affine maps and ReLUs becomes a layered network. While the graph is read, every element of an activation is
 * a Row: a bias plus weights times *atoms*, where an atom is a network input or a ReLU unit. A ReLU over a tensor makes
 * one Block of units, a level above everything that it reads.
 *
 * At the end the blocks of level l become layer l, in the order in which they were made; an atom that is read
 * further up than the next layer is carried there: a unit as itself (it is not negative), an input x as relu(x), relu(-x).
 * A plain chain of layers carries nothing, and comes out layer by layer, row by row as it is in the file.
 */
import { LayerBuilder, Network, type Term } from '../net/index.ts';
import type { Budget } from './budget.ts';
import { compactScalars, isZero, negated, product, type Scalar, type Scalars, total } from './scalar.ts';

/** bias + sum of weight * atom; the atoms of a row are distinct, weights may be zero. */
export interface Row {
  readonly bias: Scalar;
  readonly atoms: ArrayLike<number>;
  readonly weights: Scalars;
}

/** What is known of the values that an atom takes on the stated inputs. */
export interface AtomDomain {
  /** Every value is a multiple of 2^unit. */
  readonly unit: number;
  readonly lo: Scalar | undefined;
  readonly hi: Scalar | undefined;
}

export interface Block {
  /** 1 where it reads inputs only. */
  readonly level: number;
  /** Its first atom. */
  readonly first: number;
  /** What its units apply relu to. */
  readonly rows: readonly Row[];
  readonly uses: readonly Block[];
  /** Stated where interval arithmetic on the rows would see less (a staircase's value). */
  readonly domain: AtomDomain | undefined;
}

/** Rows, and the blocks that they read: an activation without its shape. */
export interface Rows {
  readonly rows: readonly Row[];
  /** The highest level of any block read; 0 where only inputs are. */
  readonly level: number;
  readonly uses: readonly Block[];
}

/** About what a row of one atom takes. */
export const ROW_BYTES = 128;

const NONE: readonly number[] = [];
const NO_WEIGHTS = new Float64Array(0);
const ONE = Float64Array.of(1);

export function constantRow(bias: Scalar): Row {
  return { bias, atoms: NONE, weights: NO_WEIGHTS };
}

export function shiftedRow(row: Row, by: Scalar): Row {
  return isZero(by) ? row : { bias: total(row.bias, by), atoms: row.atoms, weights: row.weights };
}

export function negatedRow(row: Row): Row {
  return scaledRow(row, -1);
}

export function scaledRow(row: Row, by: Scalar): Row {
  if (by === 1) return row;
  return { bias: product(row.bias, by), atoms: row.atoms, weights: scaledAll(row.weights, by) };
}

function scaledAll(weights: Scalars, by: Scalar): Scalars {
  return compactScalars(Array.from(weights as ArrayLike<Scalar>, (w) => product(w, by)));
}

/** The atoms of rows that are single atoms, each once: then a combination needs no arithmetic. */
export function plainAtoms(rows: readonly Row[]): Uint32Array | undefined {
  const atoms = new Uint32Array(rows.length);
  let last = -1;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Row;
    const atom = row.atoms[0] as number;
    if (row.atoms.length !== 1 || row.weights[0] !== 1 || row.bias !== 0 || atom <= last) return undefined;
    atoms[i] = atom;
    last = atom;
  }
  return atoms;
}

/** sum of weight * row. `plain` is what {@link plainAtoms} says of the rows. */
export function combine(rows: readonly Row[], weights: Scalars, plain: Uint32Array | undefined): Row {
  if (plain) return { bias: 0, atoms: plain, weights };
  let bias: Scalar = 0;
  const sums = new Map<number, Scalar>();
  for (let i = 0; i < rows.length; i++) {
    const w = weights[i] as Scalar;
    if (isZero(w)) continue;
    const row = rows[i] as Row;
    bias = total(bias, product(w, row.bias));
    for (let k = 0; k < row.atoms.length; k++) {
      const atom = row.atoms[k] as number;
      const before = sums.get(atom);
      const term = product(w, row.weights[k] as Scalar);
      sums.set(atom, before === undefined ? term : total(before, term));
    }
  }
  return { bias, atoms: Uint32Array.from(sums.keys()), weights: compactScalars([...sums.values()]) };
}

/** The blocks read by any of several activations, each once, and their level. */
export function together(...parts: readonly Rows[]): { level: number; uses: readonly Block[] } {
  const first = parts[0];
  const level = parts.reduce((l, p) => Math.max(l, p.level), 0);
  if (first && parts.every((p) => p.uses === first.uses)) return { level, uses: first.uses };
  return { level, uses: [...new Set(parts.flatMap((p) => p.uses))] };
}

export class Units {
  readonly blocks: Block[] = [];
  private atoms: number;

  constructor(
    readonly inputs: number,
    private readonly budget: Budget,
  ) {
    this.atoms = inputs;
  }

  /** The network's inputs. */
  inputRows(): Rows {
    this.budget.memory('inputs', ROW_BYTES * this.inputs);
    return { rows: atomRows(0, this.inputs), level: 0, uses: [] };
  }

  /**
   * relu of every row, as a new block of units. `domain` states what the rows' values are known to be, for inputs on
   * their stated grid, where interval arithmetic would not find it.
   */
  relu({ rows, level, uses }: Rows, where: string, domain?: AtomDomain): Rows {
    if (rows.length === 0) return { rows, level, uses };
    this.budget.memory(where, ROW_BYTES * rows.length + 8 * uses.length);
    const block: Block = { level: level + 1, first: this.atoms, rows, uses, domain };
    this.blocks.push(block);
    this.atoms += rows.length;
    return { rows: atomRows(block.first, rows.length), level: block.level, uses: [block] };
  }

  /** The network whose outputs are the given rows. */
  network({ rows, level: top, uses }: Rows): Network {
    const needed = reachable(uses);
    const blocksOf: Block[][] = Array.from({ length: top + 1 }, () => []);
    for (const block of this.blocks) if (needed.has(block)) (blocksOf[block.level] as Block[]).push(block);
    const readUpTo = this.lastReaders(blocksOf, rows, top);
    const layers = [];
    const columns = new Columns(this.inputs, this.atoms);
    let alive = Array.from({ length: this.inputs }, (_, i) => i);
    for (let level = 1; level <= top; level++) {
      const builder = new LayerBuilder(columns.count);
      const native: number[] = [];
      for (const block of blocksOf[level] as Block[]) {
        block.rows.forEach((row, i) => {
          columns.put(block.first + i, builder.row(row.bias, columns.terms(row)));
          native.push(block.first + i);
        });
      }
      const carried = alive.filter((atom) => (readUpTo[atom] as number) >= level);
      this.budget.work('units', carried.length);
      for (const atom of carried) {
        const [plus, minus] = columns.of(atom);
        if (atom >= this.inputs) columns.put(atom, builder.unit(0, [plus, 1]));
        else if (level === 1) columns.put(atom, builder.unit(0, [plus, 1]), builder.unit(0, [plus, -1]));
        else columns.put(atom, builder.unit(0, [plus, 1]), builder.unit(0, [minus, 1]));
      }
      layers.push(builder.build());
      columns.turn(builder.size);
      alive = [...carried, ...native];
    }
    const last = new LayerBuilder(columns.count);
    for (const row of rows) last.row(row.bias, columns.terms(row));
    return new Network([...layers, last.build()]);
  }

  /** For each atom the highest layer whose output must hold it. */
  private lastReaders(blocksOf: readonly Block[][], out: readonly Row[], top: number): Int32Array {
    const last = new Int32Array(this.atoms).fill(-1);
    const mark = (row: Row, layer: number): void => {
      for (let k = 0; k < row.atoms.length; k++) {
        const atom = row.atoms[k] as number;
        if ((last[atom] as number) < layer && !isZero(row.weights[k] as Scalar)) last[atom] = layer;
      }
    };
    blocksOf.forEach((blocks, level) => {
      for (const block of blocks) for (const row of block.rows) mark(row, level - 1);
    });
    for (const row of out) mark(row, top);
    return last;
  }
}

function atomRows(first: number, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({ bias: 0, atoms: [first + i], weights: ONE }));
}

function reachable(from: readonly Block[]): Set<Block> {
  const found = new Set(from);
  for (const block of found) for (const below of block.uses) found.add(below); // a Set visits what is added while it is walked
  return found;
}

/** Where the atoms are among the outputs of the layer below, while the next layer is written. */
class Columns {
  private readonly plus: Int32Array;
  /** The column of the negative part, where the atom is carried as two units; -1 elsewhere. */
  private readonly minus: Int32Array;
  private next: [atom: number, plus: number, minus: number][] = [];

  constructor(
    /** Outputs of the layer below. */
    public count: number,
    atoms: number,
  ) {
    this.plus = new Int32Array(atoms).map((_, i) => i);
    this.minus = new Int32Array(atoms).fill(-1);
  }

  /** Where the atom will be, once the layer that is being written is the layer below. */
  put(atom: number, plus: number, minus = -1): void {
    this.next.push([atom, plus, minus]);
  }

  turn(count: number): void {
    for (const [atom, plus, minus] of this.next) {
      this.plus[atom] = plus;
      this.minus[atom] = minus;
    }
    this.next = [];
    this.count = count;
  }

  of(atom: number): [plus: number, minus: number] {
    return [this.plus[atom] as number, this.minus[atom] as number];
  }

  terms(row: Row): Term[] {
    const terms: Term[] = [];
    for (let k = 0; k < row.atoms.length; k++) {
      const w = row.weights[k] as Scalar;
      if (isZero(w)) continue;
      const [plus, minus] = this.of(row.atoms[k] as number);
      terms.push([plus, w]);
      if (minus >= 0) terms.push([minus, negated(w)]);
    }
    return terms;
  }
}
