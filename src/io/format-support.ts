/**
 * The writer's choice of supports. Rows that pick their columns irregularly, such as the rows of a random 0-1 matrix, are
 * given a common support with zero cells in it: one bit a cell is cheaper than the distances between the columns.
 * Consecutive rows are grouped while a common support pays; rows may alternate between up to four supports.
 */
import { log2 } from './format-range-write.ts';
import type { Rows } from './format-rows.ts';
import { lg } from './format-search.ts';
import type { Whole } from './format-whole.ts';

/** A support holds at most this many cells for each non-zero entry. */
const SPARSEST = 24;
/** A group of more cells than this must be at least half full. */
const MOST_CELLS = 1 << 25;
/** Rows that are taken into a group together. */
const STEP = 8;
const MOST_ALTERNATING = 4;

/** The rows with common supports where that is shorter, and unchanged elsewhere. */
export function regularSupports(rows: Rows): Rows {
  const stretches = irregularStretches(rows);
  if (stretches.length === 0) return rows;
  const groups: Group[] = [];
  for (const [from, end] of stretches) {
    let best = { groups: [] as Group[], bits: separateBits(rows, from, end) };
    for (let phases = 1; phases <= MOST_ALTERNATING && 2 * phases <= end - from; phases++) {
      const found: Group[] = [];
      for (let phase = 0; phase < phases; phase++) grouped(rows, from + phase, end, phases, found);
      const bits = found.reduce((sum, group) => sum + group.bits, 20 * phases);
      if (bits < best.bits) best = { groups: found, bits };
    }
    for (const group of best.groups) groups.push(group);
  }
  return groups.length === 0 ? rows : widened(rows, groups);
}

/** Rows from, from + step, ... < end with one support. */
interface Group {
  readonly from: number;
  readonly end: number;
  readonly step: number;
  readonly bits: number;
  readonly support: readonly number[];
}

/** Stretches of rows most of which repeat the pattern of no neighbour and are no arithmetic progression. */
function irregularStretches(rows: Rows): [number, number][] {
  const out: [number, number][] = [];
  const patterns: number[] = [];
  for (let i = 0; i < rows.outputs; i++) {
    const pattern = patternOf(rows, i);
    const known = pattern === 0 || patterns.includes(pattern);
    if (patterns.length === 4) patterns.shift();
    patterns.push(pattern);
    if (known) continue;
    const last = out[out.length - 1];
    if (last && i - last[1] < 4) last[1] = i + 1;
    else out.push([i, i + 1]);
  }
  return out.filter(([from, end]) => end - from > 1);
}

/** A hash of the gaps between the row's columns; 0 where they are equal or fewer than two. */
function patternOf({ start, column }: Rows, i: number): number {
  const from = start[i] as number;
  const end = start[i + 1] as number;
  if (end - from < 3) return 0;
  let hash = 1;
  let even = true;
  const gap = (column[from + 1] as number) - (column[from] as number);
  for (let k = from + 1; k < end; k++) {
    const g = (column[k] as number) - (column[k - 1] as number);
    if (g !== gap) even = false;
    hash = (Math.imul(hash, 0x9e3779b1) + g) >>> 0;
  }
  return even ? 0 : hash + 1;
}

/** About the bits of these rows with their columns given one by one: each about what its place in such a row is worth. */
function separateBits({ start, column, inputs }: Rows, from: number, end: number): number {
  let bits = 0;
  for (let i = from; i < end; i++) {
    const first = start[i] as number;
    const n = (start[i + 1] as number) - first;
    if (n === 0) continue;
    const span = (column[first + n - 1] as number) - (column[first] as number) + 1;
    bits += 5 + lg(inputs) + 1.03 * span * entropy(n / span);
  }
  return bits;
}

/** A set of columns, and the arithmetic progression low, low + step, ..., high around it. */
class Columns {
  private readonly stamp: Uint32Array;
  private now = 0;
  readonly list: number[] = [];
  low = 0;
  high = 0;
  step = 0;

  constructor(inputs: number) {
    this.stamp = new Uint32Array(inputs);
    this.clear();
  }

  clear(): void {
    this.now++;
    this.list.length = 0;
    this.step = 0;
  }

  has(c: number): boolean {
    return this.stamp[c] === this.now;
  }

  add(c: number): void {
    if (this.stamp[c] === this.now) return;
    this.stamp[c] = this.now;
    if (this.list.length === 0) {
      this.low = c;
      this.high = c;
    } else {
      this.step = gcd(this.step, Math.abs(c - this.low));
      if (c < this.low) this.low = c;
      if (c > this.high) this.high = c;
    }
    this.list.push(c);
  }

  addAll(other: Columns): void {
    for (const c of other.list) this.add(c);
  }

  /** The columns of the support: the whole progression where it is not much larger than the set. */
  support(): number[] {
    const n = this.list.length;
    const size = supportSize(n, this.low, this.high, this.step);
    return size === n
      ? this.list.slice().sort((a, b) => a - b)
      : Array.from({ length: size }, (_, i) => this.low + i * this.step);
  }

  /** How large the support of this set and another would be together. */
  sizeWith(other: Columns): number {
    if (this.list.length === 0) return supportSize(other.list.length, other.low, other.high, other.step);
    if (other.list.length === 0) return supportSize(this.list.length, this.low, this.high, this.step);
    let n = this.list.length;
    for (const c of other.list) if (!this.has(c)) n++;
    const step = gcd(gcd(this.step, other.step), Math.abs(this.low - other.low));
    return supportSize(n, Math.min(this.low, other.low), Math.max(this.high, other.high), step);
  }
}

function supportSize(size: number, low: number, high: number, step: number): number {
  const all = size < 2 ? size : (high - low) / step + 1;
  return all <= 1.5 * size ? all : size;
}

/** The cells and entries of some rows with a common support; `own` entries lie outside it. */
interface Tally {
  readonly rows: number;
  readonly entries: number;
  readonly own: number;
  readonly support: number;
}

function tallyBits({ rows, entries, own, support }: Tally, inputs: number): number {
  const cells = rows * support;
  const inside = entries - own;
  const apart = own * (3 + lg(inputs)) + (own > 0 ? 4 * rows : 0);
  if (cells === 0) return apart + 16;
  if (cells > SPARSEST * inside || (cells > MOST_CELLS && cells > 2 * inside)) return Number.POSITIVE_INFINITY;
  return cells * entropy(inside / cells) + 16 + support / 8 + apart;
}

/** Groups rows from, from + step, ... < end greedily, some rows at a time, and appends the groups. */
function grouped(layer: Rows, from: number, end: number, step: number, out: Group[]): void {
  const { start, column, inputs } = layer;
  const group = new Columns(inputs);
  const block = new Columns(inputs);
  const uses = new Uint32Array(inputs);
  let first = from;
  let sum: Tally = { rows: 0, entries: 0, own: 0, support: 0 };
  let bits = 0;
  const close = (to: number): void => {
    out.push({ from: first, end: to, step, bits, support: group.support() });
  };
  for (let at = from; at < end; at += STEP * step) {
    const to = Math.min(at + STEP * step, end);
    // Columns that two rows of the block use are the block's; the others are their row's own.
    block.clear();
    let rows = 0;
    let entries = 0;
    for (let i = at; i < to; i += step, rows++) {
      for (let k = start[i] as number; k < (start[i + 1] as number); k++, entries++) {
        const c = column[k] as number;
        if (++(uses[c] as number) === 2) block.add(c);
      }
    }
    let own = 0;
    let ownTogether = 0;
    for (let i = at; i < to; i += step) {
      for (let k = start[i] as number; k < (start[i + 1] as number); k++) {
        const c = column[k] as number;
        if ((uses[c] as number) === 1) {
          own++;
          if (!group.has(c)) ownTogether++;
        }
        uses[c] = 0;
      }
    }
    // A column counted above 1 is reset by its first visit: its later ones find 0 and are not counted.
    const alone: Tally = { rows, entries, own, support: block.sizeWith(block) };
    const together: Tally = {
      rows: sum.rows + rows,
      entries: sum.entries + entries,
      own: sum.own + ownTogether,
      support: group.sizeWith(block),
    };
    const aloneBits = tallyBits(alone, inputs);
    const togetherBits = tallyBits(together, inputs);
    if (sum.rows > 0 && togetherBits > bits + aloneBits) {
      close(at);
      first = at;
      group.clear();
      sum = alone;
      bits = aloneBits;
    } else {
      sum = together;
      bits = togetherBits;
    }
    group.addAll(block);
  }
  close(end);
}

/** The rows with every group's rows on the group's support and their own columns. */
function widened(rows: Rows, groups: readonly Group[]): Rows {
  const { outputs, start, column, cell } = rows;
  const supports = new Array<readonly number[] | undefined>(outputs);
  for (const { from, end, step, support } of groups) for (let i = from; i < end; i += step) supports[i] = support;
  const wideStart = new Uint32Array(outputs + 1);
  const wideColumn: number[] = [];
  const wideCell: Whole[] = [];
  for (let i = 0; i < outputs; i++) {
    const support = supports[i] ?? [];
    const end = start[i + 1] as number;
    let k = start[i] as number;
    let s = 0;
    while (k < end || s < support.length) {
      const own = k < end ? (column[k] as number) : Number.POSITIVE_INFINITY;
      const common = s < support.length ? (support[s] as number) : Number.POSITIVE_INFINITY;
      wideColumn.push(own < common ? own : common);
      wideCell.push(own <= common ? (cell[k++] as Whole) : 0);
      if (common <= own) s++;
    }
    wideStart[i + 1] = wideColumn.length;
  }
  return { ...rows, start: wideStart, column: Uint32Array.from(wideColumn), cell: wideCell };
}

/** Entropy in bits of a coin with probability d. */
function entropy(d: number): number {
  return d <= 0 || d >= 1 ? 0 : -d * log2(d) - (1 - d) * log2(1 - d);
}

function gcd(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
