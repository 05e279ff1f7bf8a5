/**
 * Where a sequence is regular: a shortest-path search that cuts it into runs of constant residual and stretches to be
 * written element by element. Runs are looked for at small distances, at the distances of rows and layers, and where a
 * hash has seen the same steps before. Linear in the sequence's length. Writer only; plain IEEE arithmetic, so every engine
 * makes the same choices.
 */
import type { Hints } from './format-network-write.ts';
import { log2 } from './format-range-write.ts';
import { predicted, type Sequence } from './format-sequence.ts';
import { digits, minus, type Whole } from './format-whole.ts';

/** A stretch of x: a run of constant residual, or (order -1) elements to be written one by one. */
export interface Cut {
  readonly from: number;
  readonly end: number;
  readonly order: number;
  readonly distance: number;
  readonly residual: Whole;
  /** About what it costs. */
  readonly bits: number;
}

/** Positions that one search looks at together; a run of JUMP elements is taken at once. */
const BLOCK = 1 << 14;
const JUMP = 1 << 11;
/** Less than any run costs. */
const CHEAPEST = 6;
/** About what beginning a stretch of single elements costs. */
const BEGIN = 16;

const LOG2 = Float64Array.from({ length: 1025 }, (_, n) => (n === 0 ? 0 : log2(n)));
/** log2 of a whole number n >= 1, to about a tenth. */
export function lg(n: number): number {
  let v = n;
  let more = 0;
  for (; v > 1024; v /= 32) more += 5;
  return more + (LOG2[Math.floor(v)] as number);
}

/** Where distances come from: 1..FIXED are fixed ones, the others change with the position. */
const FIXED = 16;
const HASH = FIXED + 1;
const ROW = HASH + 1;
const ROWS = 4;
const LAYER = ROW + ROWS;
const LAYERS = 16;
const SOURCES = LAYER + LAYERS;
/** In sequences longer than this, only near sources are asked at every position; the others where a layer begins. */
const SMALL = 1 << 15;
const NEAR = new Set([0, 1, 2, 3, 4, HASH, ROW, ROW + 1, LAYER, LAYER + 1]);

/** Runs of one prediction order at the distance that one source suggests. */
interface Slot {
  readonly order: number;
  readonly source: number;
  distance: number;
  /** About what the run costs without its length. */
  price: number;
  /** Where the run through the last position looked at ends, and its constant. */
  end: number;
  residual: Whole;
}

/** Cuts x up; single elements are taken to cost `guess` times what their frequency says. */
export function search(x: Sequence, hints: Hints, guess: number): Cut[] {
  const state = new Search(x, hints, guess);
  const cuts: Cut[] = [];
  for (let from = 0; from < x.length; ) from = state.block(from, cuts);
  // Blocks part what belongs together.
  const out: Cut[] = [];
  for (const cut of cuts) {
    const last = out[out.length - 1];
    if (last && last.order < 0 && cut.order < 0) {
      out[out.length - 1] = { ...last, end: cut.end, bits: last.bits + cut.bits };
    } else out.push(cut);
  }
  return out;
}

class Search {
  private readonly v: Float64Array;
  private readonly slots: Slot[] = [];
  /** How many of them are asked at every position, and where the runs of the others end. */
  private near = 0;
  private farEnd = 0;
  private readonly distances = new Float64Array(SOURCES);
  /** How often a value's hash occurs. */
  private readonly counts = new Uint32Array(1 << 12);
  /** Where steps with this hash were seen last. */
  private readonly places: Int32Array;
  /** The last starts of layers and of non-empty rows, the latest first. */
  private readonly layerStarts = new Array<number>(LAYERS + 1).fill(-1).with(0, 0);
  private readonly rowStarts = new Array<number>(ROWS + 1).fill(-1).with(0, 0);
  private readonly hashBits: number;
  private segment = 0;
  private row = 0;
  // The search over one block: cheapest ways to end at a position inside elements written singly, or after a run.
  private readonly singles: Float64Array;
  private readonly single: Float64Array;
  private readonly after: Float64Array;
  private readonly begun: Uint8Array;
  private readonly runFrom: Int32Array;
  private readonly runSlot: Int32Array;
  private readonly runDistance: Float64Array;

  constructor(
    private readonly x: Sequence,
    private readonly hints: Hints,
    private readonly guess: number,
  ) {
    this.v = x.plain;
    const size = Math.min(BLOCK, x.length) + 1;
    this.singles = new Float64Array(size);
    this.single = new Float64Array(size);
    this.after = new Float64Array(size);
    this.begun = new Uint8Array(size);
    this.runFrom = new Int32Array(size);
    this.runSlot = new Int32Array(size);
    this.runDistance = new Float64Array(size);
    this.hashBits = Math.min(14, 2 + digits(x.length));
    this.places = new Int32Array(1 << this.hashBits).fill(-1);
    for (let source = 0; source < SOURCES; source++) {
      if (source <= FIXED) this.distances[source] = source;
    }
    const near = (source: number): boolean => x.length <= SMALL || NEAR.has(source);
    const sources = Array.from({ length: SOURCES }, (_, source) => source);
    for (const source of [...sources.filter(near), ...sources.filter((source) => !near(source))]) {
      const orders = source === 0 ? [0] : source === 1 ? [1, 2, 3] : [1, 2];
      for (const order of orders) this.slots.push({ order, source, distance: 0, price: 0, end: 0, residual: 0 });
      if (near(source)) this.near = this.slots.length;
    }
    for (let j = 0; j < x.length; j++) (this.counts[bucket(this.v[j] as number)] as number)++;
  }

  /** Cuts x up from here on for a block or until a long run; returns where it stopped. */
  block(from: number, cuts: Cut[]): number {
    const { x, single, after, singles } = this;
    const size = Math.min(BLOCK, x.length - from);
    single.fill(Number.POSITIVE_INFINITY, 0, size + 1);
    after.fill(Number.POSITIVE_INFINITY, 0, size + 1);
    after[0] = 0;
    for (let i = 0; i < size; i++) singles[i + 1] = (singles[i] as number) + this.singly(from + i);
    for (let i = 0; i < size; i++) {
      const j = from + i;
      this.move(j);
      const toLayerEnd = (this.hints.ends[this.segment] as number) - j;
      const best = Math.min(single[i] as number, after[i] as number);
      const amidst = (single[i] as number) <= (after[i] as number);
      const atStart = this.layerStarts[0] === j;
      const count = atStart || j < this.farEnd ? this.slots.length : this.near;
      let longest: Slot | undefined;
      for (let k = 0; k < count; k++) {
        const slot = this.slots[k] as Slot;
        if (slot.end <= j) {
          if (k >= this.near && !atStart) continue;
          this.rescan(slot, j);
          if (k >= this.near && slot.end > this.farEnd) this.farEnd = slot.end;
        }
        const length = slot.end - j;
        const within = length < size - i ? length : size - i;
        // Amid single elements a run that costs more than its own elements is no run.
        if (length < 2) continue;
        if (amidst && (singles[i + within] as number) - (singles[i] as number) < CHEAPEST) continue;
        if (length >= JUMP && (!longest || slot.end > longest.end)) longest = slot;
        const price = best + slot.price;
        this.relax(from, i, within, k, price + (length === toLayerEnd ? 1 : lengthPrice(length)));
        if (toLayerEnd < within && toLayerEnd > 0) this.relax(from, i, toLayerEnd, k, price + 1);
      }
      if (longest) {
        this.trace(from, i, cuts);
        const { order, distance, residual, end } = longest;
        cuts.push({ from: j, end, order, distance, residual, bits: longest.price + 3 });
        return end;
      }
      const fresh = best + BEGIN;
      const goesOn = (single[i] as number) <= fresh;
      single[i + 1] = (goesOn ? (single[i] as number) : fresh) + (singles[i + 1] as number) - (singles[i] as number);
      this.begun[i + 1] = goesOn ? 0 : 1;
    }
    this.trace(from, size, cuts);
    return from + size;
  }

  private relax(from: number, i: number, length: number, slot: number, cost: number): void {
    const to = i + length;
    if (cost >= (this.after[to] as number)) return;
    this.after[to] = cost;
    this.runFrom[to] = from + i;
    this.runSlot[to] = slot;
    this.runDistance[to] = (this.slots[slot] as Slot).distance;
  }

  /** Appends the cheapest cuts of the block's first `size` positions. */
  private trace(from: number, size: number, cuts: Cut[]): void {
    const back: Cut[] = [];
    let i = size;
    let inRun = (this.after[i] as number) <= (this.single[i] as number);
    while (i > 0) {
      const end = from + i;
      if (inRun) {
        const start = this.runFrom[i] as number;
        const { order } = this.slots[this.runSlot[i] as number] as Slot;
        const distance = this.runDistance[i] as number;
        const residual = this.residual(start, order, distance);
        i = start - from;
        back.push({
          from: start,
          end,
          order,
          distance,
          residual,
          bits: (this.after[end - from] as number) - this.cheapest(i),
        });
        inRun = (this.after[i] as number) <= (this.single[i] as number);
      } else {
        while ((this.begun[i] as number) === 0) i--;
        const bits = (this.single[end - from] as number) - this.cheapest(i - 1);
        i--;
        back.push({ from: from + i, end, order: -1, distance: 1, residual: 0, bits });
        inRun = (this.after[i] as number) <= (this.single[i] as number);
      }
    }
    for (let k = back.length - 1; k >= 0; k--) cuts.push(back[k] as Cut);
  }

  private cheapest(i: number): number {
    return Math.min(this.after[i] as number, this.single[i] as number);
  }

  /** About what a run costs without its length. */
  private price({ order, distance, residual }: Slot): number {
    const far = order === 0 ? 0 : distance === 1 ? 1 : 3 + 1.3 * lg(distance);
    return 5 + far + (residual === 0 ? 1 : 5 + digits(residual));
  }

  /** About what the element costs when it is written singly. */
  private singly(j: number): number {
    const v = this.v[j] as number;
    const size = digits(Number.isNaN(v) ? this.x.get(j) : v);
    const share = this.x.length / (this.counts[bucket(v)] as number);
    const rarity = (share < 32 ? lg(Math.ceil(32 * share)) - 5 : lg(Math.ceil(share))) + 0.2;
    return this.guess * (rarity < size + 3 ? rarity : size + 3);
  }

  /** Brings the suggested distances up to position j. */
  private move(j: number): void {
    const { distances, v } = this;
    const { ends, rows } = this.hints;
    while ((ends[this.segment] as number) <= j) {
      this.segment++;
      remember(this.layerStarts, j);
      for (let k = 0; k < LAYERS; k++) distances[LAYER + k] = distanceTo(this.layerStarts, k + 1);
    }
    if (rows) {
      while (this.row < rows.length && (rows.get(this.row) as number) <= j) {
        remember(this.rowStarts, rows.get(this.row++) as number);
        for (let k = 0; k < ROWS; k++) distances[ROW + k] = distanceTo(this.rowStarts, k + 1);
      }
    }
    if (j + 3 < this.x.length) {
      const a = ((v[j + 1] as number) - (v[j] as number)) | 0;
      const b = ((v[j + 2] as number) - (v[j + 1] as number)) | 0;
      const c = ((v[j + 3] as number) - (v[j + 2] as number)) | 0;
      const h = Math.imul(Math.imul(Math.imul(a, 0x9e3779b1) + b, 0x9e3779b1) + c, 0x9e3779b1) >>> (32 - this.hashBits);
      const place = this.places[h] as number;
      if (place >= 0) distances[HASH] = j - place;
      this.places[h] = j;
    }
  }

  /** Begins the slot's run anew at j. */
  private rescan(slot: Slot, j: number): void {
    const { order } = slot;
    const distance = order === 0 ? 1 : (this.distances[slot.source] as number);
    slot.distance = distance;
    slot.end = j;
    if (distance === 0) return;
    const residual = this.residual(j, order, distance);
    let end = j + 1;
    while (end < this.x.length && this.residual(end, order, distance) === residual) end++;
    slot.residual = residual;
    slot.end = end;
    if (end > j + 1) slot.price = this.price(slot);
  }

  private residual(j: number, order: number, distance: number): Whole {
    const { v } = this;
    const a = v[j] as number;
    const b = order === 0 || j < distance ? 0 : (v[j - distance] as number);
    const p = order < 2 ? b : order > 2 ? -b : 2 * b - (j < 2 * distance ? 0 : (v[j - 2 * distance] as number));
    const r = a - p;
    const safe = r <= Number.MAX_SAFE_INTEGER && r >= -Number.MAX_SAFE_INTEGER && p <= Number.MAX_SAFE_INTEGER;
    return safe && p >= -Number.MAX_SAFE_INTEGER ? r : minus(this.x.get(j), predicted(this.x, j, order, distance));
  }
}

function lengthPrice(length: number): number {
  return 3 + 1.3 * lg(length);
}

function bucket(v: number): number {
  return Math.imul((v | 0) ^ ((v / 1048576) | 0), 0x9e3779b1) >>> 20;
}

function remember(starts: number[], start: number): void {
  if (starts[0] === start) return;
  starts.pop();
  starts.unshift(start);
}

function distanceTo(starts: readonly number[], k: number): number {
  const there = starts[k] as number;
  return there < 0 ? 0 : (starts[0] as number) - there;
}
