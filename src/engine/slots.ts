/**
 * Memory that threads share while a batch is evaluated: slots that the calling thread fills with rows and workers take, evaluate
 * and give back with the results. Nothing is sent from part to part, and what is copied lies close to the processor.
 *
 *   control: the run that is open | bell | per slot: state, rows, first row | slots: inputs, results
 *
 * A state names its run, so that a worker that wakes late takes nothing of the next one.
 */
import type { LentPlan } from './runner.ts';

/** What a worker needs to know of a run. */
export interface Job {
  readonly run: number;
  readonly lent: LentPlan;
  readonly memory: SharedArrayBuffer;
  readonly shape: Shape;
  /** The whole batch where it lies in shared memory already: then slots hold no inputs. */
  readonly batch: Float64Array | undefined;
}

/** Rows of a batch. */
export interface Part {
  readonly first: number;
  readonly rows: number;
}

/** Sizes of the slots of a run. */
export interface Shape {
  readonly slots: number;
  /** Most rows of a slot, and numbers of a row. */
  readonly rows: number;
  readonly inputs: number;
  /** Places of a row's results: float64 values, or 32-bit words where they are exact. */
  readonly results: number;
  readonly exact: boolean;
  /** Whether slots hold inputs. */
  readonly filled: boolean;
}

const OPEN = 0;
const BELL = 1;
const HEAD = 2;
const STATE = 0;
const ROWS = 1;
const FIRST = 2;
const SLOT_WORDS = 3;

// States, plus 8 times the run.
const FREE = 0;
const FULL = 1;
const TAKEN = 2;
const DONE = 3;
const MISFIT = 4;
const STALE = 5;

/** Runs are numbered in 1 .. this. */
const MOST_RUN = 2 ** 27;
/** A worker that hears nothing looks again. */
const LISTEN_MS = 1000;

export class Slots {
  private readonly words: Int32Array;
  private readonly inBytes: number;
  private readonly outBytes: number;
  private readonly start: number;

  constructor(
    readonly memory: SharedArrayBuffer,
    readonly run: number,
    readonly shape: Shape,
  ) {
    this.words = new Int32Array(memory, 0, HEAD + SLOT_WORDS * shape.slots);
    const { start, inBytes, outBytes } = sizes(shape);
    this.start = start;
    this.inBytes = inBytes;
    this.outBytes = outBytes;
  }

  /** Slots for a new run, in `memory` where it is large enough. No other run may have it. */
  static open(shape: Shape, memory: SharedArrayBuffer | undefined): Slots {
    const { start, inBytes, outBytes } = sizes(shape);
    const bytes = start + shape.slots * (inBytes + outBytes);
    const room = memory && memory.byteLength >= bytes ? memory : new SharedArrayBuffer(bytes);
    const head = new Int32Array(room, 0, HEAD);
    // The bell counts runs too: it only ever rises.
    const run = ((Atomics.add(head, BELL, 1) >>> 0) % MOST_RUN) + 1;
    const slots = new Slots(room, run, shape);
    for (let k = 0; k < shape.slots; k++) slots.set(k, STATE, FREE);
    Atomics.store(head, OPEN, run);
    return slots;
  }

  // ---- the calling thread

  isFree(k: number): boolean {
    return this.state(k) === FREE;
  }

  /** Rows for a worker; `rows` of the batch from row `first` on. */
  fill(k: number, first: number, rows: number, batch: Float64Array): void {
    if (this.shape.filled) this.input(k, rows).set(batch);
    this.set(k, ROWS, rows);
    this.set(k, FIRST, first);
    this.set(k, STATE, FULL + 8 * this.run);
    this.ring(1);
  }

  /** What came of a slot, which is free afterwards; undefined while a worker has it. */
  collect(k: number): (Part & { results: Float64Array | Uint32Array | undefined }) | undefined {
    const state = this.state(k);
    if (state !== DONE && state !== MISFIT) return undefined;
    const [first, rows] = [this.get(k, FIRST), this.get(k, ROWS)];
    this.set(k, STATE, FREE);
    return { first, rows, results: state === DONE ? this.output(k, rows) : undefined };
  }

  /** Takes rows back that no worker has begun. */
  takeBack(k: number): Part | undefined {
    if (!this.claim(k, FREE)) return undefined;
    return { first: this.get(k, FIRST), rows: this.get(k, ROWS) };
  }

  /**
   * Sends the workers home, once they are done with what they have. Returns the parts that were not collected, and whether a
   * worker still writes: then the memory is its own.
   */
  close(): { left: Part[]; busy: boolean } {
    const left: Part[] = [];
    let busy = false;
    for (let k = 0; k < this.shape.slots; k++) {
      this.claim(k, STALE);
      const state = this.get(k, STATE);
      if (state === FREE) continue;
      left.push({ first: this.get(k, FIRST), rows: this.get(k, ROWS) });
      busy ||= (state & 7) === TAKEN;
    }
    Atomics.store(this.words, OPEN, 0);
    this.ring(Number.POSITIVE_INFINITY);
    return { left, busy };
  }

  // ---- workers

  /** Evaluates slot after slot until the run is closed. `evaluate` returns false where rows do not fit the plan. */
  work(
    batch: Float64Array | undefined,
    evaluate: (batch: Float64Array, out: Float64Array | Uint32Array) => boolean,
  ): void {
    const { slots, inputs } = this.shape;
    while (Atomics.load(this.words, OPEN) === this.run) {
      const heard = Atomics.load(this.words, BELL);
      let found = false;
      for (let k = 0; k < slots; k++) {
        if (!this.claim(k, TAKEN + 8 * this.run)) continue;
        found = true;
        const [first, rows] = [this.get(k, FIRST), this.get(k, ROWS)];
        const here = batch ? batch.subarray(first * inputs, (first + rows) * inputs) : this.input(k, rows);
        const fine = evaluate(here, this.output(k, rows));
        this.set(k, STATE, (fine ? DONE : MISFIT) + 8 * this.run);
      }
      if (!found) Atomics.wait(this.words, BELL, heard, LISTEN_MS);
    }
  }

  // ---- steps

  private claim(k: number, state: number): boolean {
    const full = FULL + 8 * this.run;
    return Atomics.compareExchange(this.words, HEAD + SLOT_WORDS * k + STATE, full, state) === full;
  }

  /** The state of a slot in this run. */
  private state(k: number): number {
    return this.get(k, STATE) & 7;
  }

  private get(k: number, word: number): number {
    return Atomics.load(this.words, HEAD + SLOT_WORDS * k + word);
  }

  private set(k: number, word: number, value: number): void {
    Atomics.store(this.words, HEAD + SLOT_WORDS * k + word, value);
  }

  private ring(workers: number): void {
    Atomics.add(this.words, BELL, 1);
    Atomics.notify(this.words, BELL, workers);
  }

  private input(k: number, rows: number): Float64Array {
    const at = this.start + k * (this.inBytes + this.outBytes);
    return new Float64Array(this.memory, at, rows * this.shape.inputs);
  }

  private output(k: number, rows: number): Float64Array | Uint32Array {
    const at = this.start + k * (this.inBytes + this.outBytes) + this.inBytes;
    const places = rows * this.shape.results;
    return this.shape.exact ? new Uint32Array(this.memory, at, places) : new Float64Array(this.memory, at, places);
  }
}

/** Slots begin on their own cache lines. */
function sizes({ slots, rows, inputs, results, exact, filled }: Shape): {
  start: number;
  inBytes: number;
  outBytes: number;
} {
  const lines = (bytes: number): number => Math.ceil(bytes / 64) * 64;
  return {
    start: lines(4 * (HEAD + SLOT_WORDS * slots)),
    inBytes: filled ? lines(8 * rows * inputs) : 0,
    outBytes: lines((exact ? 4 : 8) * rows * results),
  };
}
