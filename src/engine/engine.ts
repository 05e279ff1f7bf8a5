/**
 * Engine: a network ready to be evaluated exactly, in batches.
 *
 * A batch is looked at before anything is computed: values outside the domain are refused by name, and the fractional
 * bits found choose a plan (made on first need, a few are kept). Without a domain, the magnitudes found choose too.
 */
import {
  FORM_FLOAT64,
  FORM_WORDS,
  SCAN_AT_FRACTION,
  SCAN_AT_INDEX,
  SCAN_AT_TOP,
  SCAN_BYTES,
  SCAN_FINE,
  SCAN_NOT_FINITE,
} from '../../assembly/layout.ts';
import { bitLength, Dyadic, Interval, refuse } from '../exact/index.ts';
import { type Domain, floatEnds, intervals, type Network } from '../net/index.ts';
import { compile } from './compile.ts';
import { type Batch, ExactBatch, type ScaledMantissas, writeWords } from './exactBatch.ts';
import type { Plan } from './plan.ts';
import { type Feed, floatFeed, rowsAtOnce, runRows } from './planRun.ts';
import { type Core, type CoreBuild, core, coreSync, placePlan } from './runtime.ts';

export interface EngineOptions {
  /** Where inputs may lie; without it the engine plans for the inputs it is given. */
  readonly domain?: Domain;
  /** `simd` where the machine has it; for tests, any build. */
  readonly build?: CoreBuild;
}

/** Inputs and outputs in the core's own memory, row after row. */
export interface Views {
  readonly inputs: Float64Array;
  readonly outputs: Float64Array;
}

interface Loaded {
  readonly plan: Plan;
  readonly at: number;
  /** Inputs are multiples of 2^-fraction and below 2^top. */
  readonly fraction: number;
  readonly top: number;
  used: number;
}

/** A scan with this fraction looks at every value closely; with this top it does not ask for the size. */
const UNHINTED = 1 << 20;
const MOST_TOP = 1000;
/** One look in so many is a closer one. */
const CLOSER_LOOK = 64;
/** Plans kept by an engine; the one longest unused makes room. */
const MOST_PLANS = 8;

export class Engine {
  readonly inputs: number;
  readonly outputs: number;
  /** Where inputs may lie, or undefined where every number may come. */
  readonly domain: readonly Interval[] | undefined;
  private readonly loaded: Loaded[] = [];
  /** Lower and upper ends of the domain in the core: one pair where all inputs share it. */
  private readonly endsAt: number;
  private readonly ends: number;
  private readonly resultAt: number;
  /** Rows that pass at once, and where they lie. */
  private chunkRows = 0;
  private inAt = 0;
  private outAt = 0;
  private clock = 0;
  /** The plan used last. */
  private current: Loaded | undefined;
  private open = true;

  private constructor(
    readonly network: Network,
    domain: Domain | undefined,
    private readonly core: Core,
  ) {
    this.inputs = network.inputs;
    this.outputs = network.outputs;
    this.domain = domain === undefined ? undefined : intervals(domain, network.inputs);
    this.resultAt = core.take(SCAN_BYTES);
    const first = this.domain?.[0];
    const shared = !this.domain || this.domain.every((d) => d === first);
    const ends = !first
      ? Float64Array.of(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
      : floatEnds(shared ? [first] : (this.domain as readonly Interval[]));
    this.ends = ends.length / 2;
    this.endsAt = core.take(ends.byteLength);
    core.f64.set(ends, this.endsAt >> 3);
  }

  /** Starts the core where it does not run yet, and readies `network`. Throws InputError where the domain does not fit. */
  static async create(network: Network, options: EngineOptions = {}): Promise<Engine> {
    return new Engine(network, options.domain, await core(options.build));
  }

  /** As {@link create}, at once: for Node and workers, where WebAssembly compiles synchronously. */
  static createSync(network: Network, options: EngineOptions = {}): Engine {
    return new Engine(network, options.domain, coreSync(options.build));
  }

  /** The plan that serves this batch; refusals count rows from `before` on. */
  planFor(batch: Batch, before = 0): Plan {
    if (batch instanceof Float64Array) {
      return this.lookAtAll(batch, this.rowsOf(batch.length), before).plan;
    }
    const exact = this.mantissasOf(batch);
    return this.planOf(exact.fraction, exact.top).plan;
  }

  /** Realisations at the rows of `batch`, row after row, each rounded to the nearest float64 (ties to even). */
  forward(batch: Batch): Float64Array {
    const count = batch instanceof Float64Array ? batch.length : lengthOf(batch);
    return this.forwardInto(batch, new Float64Array(this.rowsOf(count) * this.outputs));
  }

  /** As {@link forward}, into `out`, which it returns. Throws InputError where `out` is too short. */
  forwardInto(batch: Batch, out: Float64Array): Float64Array {
    if (!(batch instanceof Float64Array)) {
      this.runExact(batch, out);
      return out;
    }
    const rows = this.rowsOf(batch.length);
    if (out.length < rows * this.outputs) refuse('forwardInto', `${rows * this.outputs} places`, out.length);
    this.reserve(rows);
    if (rows <= this.chunkRows) {
      const to = this.inAt >> 3;
      const { f64 } = this.core;
      // A call costs more than a few numbers.
      if (batch.length <= 16) for (let k = 0; k < batch.length; k++) f64[to + k] = batch[k] as number;
      else f64.set(batch, to);
      this.forwardChunk(this.look(0, rows), rows);
      this.copyOut(out, 0, rows);
      return out;
    }
    // Everything is looked at before anything is computed; each part then takes the plan that suits it.
    this.lookAtAll(batch, rows);
    for (let r = 0; r < rows; r += this.chunkRows) {
      const here = Math.min(this.chunkRows, rows - r);
      this.copyIn(batch, r, here);
      this.forwardChunk(this.look(r, here), here);
      this.copyOut(out, r, here);
    }
    return out;
  }

  /** Realisations exactly: mantissas under one scale. */
  forwardExact(batch: Batch): ExactBatch {
    const source = batch instanceof Float64Array ? undefined : this.mantissasOf(batch);
    const rows = this.rowsOf(source ? source.values.length : (batch as Float64Array).length);
    const { plan } = this.planForExact(batch, source);
    const words = new Uint32Array(rows * this.outputs * plan.outputWords);
    return this.forwardExactInto(batch, words);
  }

  /** As {@link forwardExact}, into `words` (rows x outputs x planFor(batch).outputWords of them). */
  forwardExactInto(batch: Batch, words: Uint32Array): ExactBatch {
    const plan = this.runExact(batch, words);
    const rows = this.rowsOf(batch instanceof Float64Array ? batch.length : lengthOf(batch));
    return new ExactBatch(rows, this.outputs, plan.outputScale, plan.outputWords, words);
  }

  /**
   * The core's own memory for `rows` rows: fill `inputs`, call {@link forwardViews}, read `outputs`. Nothing is copied.
   * The views die when the core's memory grows (their length becomes 0): ask again after creating engines.
   */
  views(rows: number): Views {
    this.alive();
    this.reserve(rows, true);
    const { buffer } = this.core.f64;
    return {
      inputs: new Float64Array(buffer as ArrayBuffer, this.inAt, rows * this.inputs),
      outputs: new Float64Array(buffer as ArrayBuffer, this.outAt, rows * this.outputs),
    };
  }

  /** Evaluates the first `rows` rows of the views. Throws InputError as {@link forward}. */
  forwardViews(rows: number): void {
    this.alive();
    if (!(rows >= 1 && rows <= this.chunkRows)) refuse('forwardViews', `1..${this.chunkRows} rows`, rows);
    this.forwardChunk(this.look(0, rows), rows);
  }

  /** Gives the memory back; the engine is of no use afterwards. */
  dispose(): void {
    if (!this.open) return;
    this.open = false;
    for (const l of this.loaded) this.core.give(l.at, l.plan.bytes);
    this.core.give(this.resultAt, SCAN_BYTES);
    this.core.give(this.endsAt, 16 * this.ends);
    this.core.give(this.inAt, this.chunkRows * this.inputs * 8);
    this.core.give(this.outAt, this.chunkRows * this.outputs * 8);
    this.loaded.length = 0;
  }

  // ---- steps

  private alive(): void {
    if (!this.open) throw new Error('the engine was disposed');
  }

  private rowsOf(count: number): number {
    if (count === 0 || count % this.inputs !== 0) {
      refuse('batch', `a whole number of rows of ${this.inputs} inputs`, count);
    }
    return count / this.inputs;
  }

  /** Room for `rows` rows, or for as many as pass at once. */
  private reserve(rows: number, whole = false): void {
    if (rows <= this.chunkRows) return;
    const most = rowsAtOnce(8 * Math.max(this.inputs, this.outputs));
    const wanted = whole ? rows : Math.min(rows, most);
    if (wanted <= this.chunkRows) return;
    const { core } = this;
    const size = Math.max(wanted, Math.min(most, 2 * this.chunkRows));
    core.give(this.inAt, this.chunkRows * this.inputs * 8);
    core.give(this.outAt, this.chunkRows * this.outputs * 8);
    this.chunkRows = 0;
    this.inAt = core.take(size * this.inputs * 8);
    this.outAt = core.take(size * this.outputs * 8);
    this.chunkRows = size;
  }

  /** Looks at the whole batch, part by part. Returns a plan for all of it. */
  private lookAtAll(batch: Float64Array, rows: number, before = 0): Loaded {
    this.alive();
    this.reserve(rows);
    // That all are whole numbers is quickly seen, and says what a closer look would say.
    const whole = this.domain !== undefined && this.current?.fraction === 0;
    let fraction = 0;
    let top = Number.NEGATIVE_INFINITY;
    for (let r = 0; r < rows; r += this.chunkRows) {
      const here = Math.min(this.chunkRows, rows - r);
      this.copyIn(batch, r, here);
      this.scan(before + r, here, whole ? 0 : UNHINTED, whole ? MOST_TOP : 0);
      fraction = Math.max(fraction, this.core.i32[(this.resultAt + SCAN_AT_FRACTION) >> 2] as number);
      top = Math.max(top, this.core.i32[(this.resultAt + SCAN_AT_TOP) >> 2] as number);
    }
    return this.planOf(fraction, top);
  }

  /** Looks at the rows that lie in the core; `before` rows went before them. Returns a plan for them. */
  private look(before: number, rows: number): Loaded {
    this.alive();
    // Usually the plan used last serves again, which is quickly seen; now and then a closer look finds a leaner one.
    const { current } = this;
    const hinted = current !== undefined && ++this.clock % CLOSER_LOOK !== 0;
    this.scan(before, rows, hinted ? current.fraction : UNHINTED, hinted && !this.domain ? current.top : MOST_TOP);
    const fraction = this.core.i32[(this.resultAt + SCAN_AT_FRACTION) >> 2] as number;
    const top = this.core.i32[(this.resultAt + SCAN_AT_TOP) >> 2] as number;
    if (hinted && fraction === current.fraction && (this.domain !== undefined || top === current.top)) return current;
    return this.planOf(fraction, top);
  }

  private scan(before: number, rows: number, fraction: number, top: number): void {
    const { calls } = this.core;
    const shared = this.ends === 1;
    const lines = shared ? rows * this.inputs : rows;
    const code = calls.scan(this.inAt, lines, shared ? 1 : this.inputs, this.endsAt, this.resultAt, fraction, top);
    if (code === SCAN_FINE) return;
    const index = this.core.i32[(this.resultAt + SCAN_AT_INDEX) >> 2] as number;
    const value = this.core.f64[(this.inAt >> 3) + index] as number;
    this.refuseInput(before * this.inputs + index, value, code === SCAN_NOT_FINITE);
  }

  private refuseInput(index: number, value: number | Dyadic, notFinite = false): never {
    const row = Math.floor(index / this.inputs);
    const input = index % this.inputs;
    const range = this.domain?.[input];
    const expected = notFinite || !range ? 'a finite number' : `a number in ${inWords(range)}`;
    refuse(`row ${row + 1}, input ${input + 1}`, expected, value);
  }

  /** A plan for inputs that are multiples of 2^-fraction and, where there is no domain, below 2^top. */
  private planOf(fraction: number, top: number): Loaded {
    const wanted = this.domain ? Number.NEGATIVE_INFINITY : top;
    const { loaded } = this;
    let best: Loaded | undefined;
    for (const l of loaded) {
      if (l.fraction >= fraction && l.top >= wanted && (!best || l.fraction + l.top < best.fraction + best.top))
        best = l;
    }
    const kept = fractionStep(fraction);
    const reach = this.domain ? 0 : topStep(wanted);
    // A plan made for much finer or larger inputs would do, but slowly: make one that fits.
    if (!best || best.fraction > kept || best.top > reach) best = this.load(kept, reach);
    best.used = ++this.clock;
    this.current = best;
    return best;
  }

  private load(fraction: number, top: number): Loaded {
    const domain = this.domain ?? [Interval.of(Dyadic.pow2(top).neg(), Dyadic.pow2(top))];
    const plan = compile(this.network, {
      domain: this.domain ? domain : (domain[0] as Interval),
      fractionalBits: fraction,
    });
    if (this.loaded.length >= MOST_PLANS) {
      const oldest = this.loaded.reduce((a, b) => (a.used <= b.used ? a : b));
      this.loaded.splice(this.loaded.indexOf(oldest), 1);
      this.core.give(oldest.at, oldest.plan.bytes);
    }
    this.core.scratch(plan.workingBytes);
    const entry = { plan, at: placePlan(this.core, plan.buffer), fraction, top, used: 0 };
    this.loaded.push(entry);
    return entry;
  }

  private forwardChunk({ plan, at }: Loaded, rows: number): void {
    const a = this.core.scratch(plan.workingBytes);
    const b = a + plan.bufferBytes;
    const panel = b + plan.bufferBytes;
    this.core.calls.forward(at, this.inAt, FORM_FLOAT64, 0, rows, this.outAt, FORM_FLOAT64, a, b, panel);
  }

  private copyIn(batch: Float64Array, firstRow: number, rows: number): void {
    this.core.f64.set(batch.subarray(firstRow * this.inputs, (firstRow + rows) * this.inputs), this.inAt >> 3);
  }

  private copyOut(out: Float64Array, firstRow: number, rows: number): void {
    const from = this.outAt >> 3;
    const count = rows * this.outputs;
    const to = firstRow * this.outputs;
    const { f64 } = this.core;
    if (count <= 64) for (let k = 0; k < count; k++) out[to + k] = f64[from + k] as number;
    else out.set(f64.subarray(from, from + count), to);
  }

  private planForExact(batch: Batch, source: Source | undefined): Loaded {
    if (source) return this.planOf(source.fraction, source.top);
    return this.lookAtAll(batch as Float64Array, this.rowsOf((batch as Float64Array).length));
  }

  /** One plan for the whole batch, so that all results share a scale. Returns it. */
  private runExact(batch: Batch, out: Float64Array | Uint32Array): Plan {
    this.alive();
    const source = batch instanceof Float64Array ? undefined : this.mantissasOf(batch);
    const rows = this.rowsOf(source ? source.values.length : (batch as Float64Array).length);
    const chosen = this.planForExact(batch, source);
    const { plan } = chosen;
    const outEach = this.outputs * (out instanceof Float64Array ? 1 : plan.outputWords);
    if (out.length < rows * outEach) refuse('out', `${rows * outEach} places`, out.length);
    const feed = source ? this.exactFeed(source, plan) : floatFeed(this.core, batch as Float64Array, this.inputs);
    runRows(this.core, plan, chosen.at, rows, feed, out);
    return plan;
  }

  private exactFeed(source: Source, plan: Plan): Feed {
    const words = Math.ceil((source.bits + plan.inputScale + 1) / 32);
    return {
      form: FORM_WORDS,
      words,
      put: (first, rows, at) => {
        const lines = new Uint32Array(rows * this.inputs * words);
        for (let k = 0; k < rows * this.inputs; k++) {
          writeWords(lines, k * words, words, wholeAt(source, first * this.inputs + k, plan.inputScale));
        }
        this.core.u8.set(new Uint8Array(lines.buffer), at);
      },
    };
  }

  /** Exact inputs, looked at: each in the domain; their fractional bits and magnitude. */
  private mantissasOf(batch: Exclude<Batch, Float64Array>): Source {
    lengthOf(batch);
    const dyadic = Array.isArray(batch);
    const values: readonly Dyadic[] = dyadic
      ? (batch as readonly (Dyadic | number)[]).map((v) => Dyadic.from(v))
      : Array.from((batch as ScaledMantissas).mantissas as ArrayLike<number | bigint>, (m) =>
          Dyadic.of(BigInt(m), -(batch as ScaledMantissas).scale),
        );
    let fraction = 0;
    let top = Number.NEGATIVE_INFINITY;
    values.forEach((v, k) => {
      const range = this.domain?.[k % this.inputs];
      if (range && !range.contains(v)) this.refuseInput(k, v);
      fraction = Math.max(fraction, v.fractionalBits);
      if (!v.isZero) top = Math.max(top, v.exponent + 1);
    });
    return { values, fraction, top, bits: Math.max(0, top) };
  }
}

interface Source {
  readonly values: readonly Dyadic[];
  readonly fraction: number;
  readonly top: number;
  /** Binary digits before the point. */
  readonly bits: number;
}

function wholeAt({ values }: Source, k: number, scale: number): bigint {
  return (values[k] as Dyadic).mantissaAt(scale);
}

function lengthOf(batch: Exclude<Batch, Float64Array>): number {
  const values = Array.isArray(batch) ? batch : (batch as ScaledMantissas | null)?.mantissas;
  if (values?.length === undefined) refuse('batch', 'a Float64Array, an array of numbers, or mantissas', batch);
  return values.length;
}

/** Fractional bits are planned in steps, so that random inputs share a plan: exactly to 32, then coarser. */
function fractionStep(s: number): number {
  if (s <= 32) return s;
  if (s <= 128) return Math.ceil((s - 8) / 16) * 16 + 8;
  return 2 ** bitLength(BigInt(s - 1));
}

/** Magnitudes are planned in steps: 2^0, 2^1, 2^2, 2^4, ... */
function topStep(top: number): number {
  return top <= 1 ? Math.max(0, top) : 2 ** bitLength(BigInt(top - 1));
}

function inWords(range: Interval): string {
  const end = (x: Dyadic): string => (x.fractionalBits <= 60 && x.exponent < 60 ? x.toDecimal() : x.toString());
  return `[${end(range.lo)}, ${end(range.hi)}]`;
}
