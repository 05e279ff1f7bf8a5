/**
 * certifyDeviation: how far two networks with the same inputs and outputs are apart on a box, proved, in any dimension.
 *
 *   observed_i <= max over the box of |f_i - g_i| <= certified_i      for every output i
 *
 * Upper bounds come from propagating the difference through both networks (propagate.ts), halving boxes, the worst first;
 * lower bounds from exact evaluation at points that a search in doubles proposes (ascent.ts). The search ends when every
 * bound is within `ratio` of its observed value or `within` is answered, or when its time is over: the bounds hold then too.
 *
 * Networks of different layer sizes are compared through one network that computes f - g.
 */
import { Dyadic, type DyadicLike, refuse } from '../exact/index.ts';
import {
  affine,
  compose,
  type Domain,
  intervals,
  type Network,
  type NetworkPair,
  type Propagator,
  pairOf,
  sameShape,
  sum,
} from '../net/index.ts';
import { Ascent } from './ascent.ts';
import { exactPropagator } from './propagate.ts';
import { boxNumbers, cutOf, exactly, halved, UnitBox } from './unitBox.ts';
import { WorstFirst } from './worst.ts';

export interface DeviationOptions {
  /** Asks whether every output's deviation is at most this; the search ends with the answer. */
  readonly within?: DyadicLike;
  /** Without `within`: bounds are refined until certified/observed is at most this for every output. Default 1.01. */
  readonly ratio?: number;
  /** Where witnesses are taken from, where it is less than the box (an outward rounded one). Default: the box. */
  readonly witnessIn?: Domain;
  /** Default 60. Bounds hold whenever the search ends. */
  readonly seconds?: number;
  /** Most boxes kept at once; default 2^20. */
  readonly maxBoxes?: number;
  /** Stops with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DeviationProgress) => void;
  /** Makes the propagator of a pair: the core's, which is faster. Default: BigInt. */
  readonly propagator?: (pair: NetworkPair) => Propagator | Promise<Propagator>;
}

export interface DeviationProgress {
  /** Boxes bounded so far. */
  readonly boxes: number;
  /** Part of the volume whose bounds are good enough. */
  readonly settled: number;
  readonly certified: readonly number[];
  readonly observed: readonly number[];
}

export interface OutputDeviation {
  /** Proved upper bound of |f_i - g_i| on the box. */
  readonly certified: Dyadic;
  /** |f_i - g_i| at the witness, exactly. */
  readonly observed: Dyadic;
  readonly witness: readonly Dyadic[];
}

export interface DeviationCertificate {
  /** Without `within`: `proved` when every ratio is reached. With it: whether all deviations are at most that. */
  readonly status: 'proved' | 'refuted' | 'undecided';
  readonly outputs: readonly OutputDeviation[];
  readonly restsOn: readonly string[];
  /** Boxes that were bounded. */
  readonly boxes: number;
  readonly seconds: number;
  /** What is missing, unless proved. */
  readonly missing?: string;
}

interface Box {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
  /** Bounds by output. */
  readonly upper: Float64Array;
  /** Input to halve next. */
  readonly cut: number;
  /** Part of the volume. */
  readonly share: number;
  readonly priority: number;
}

/** Milliseconds between two pauses for other work. */
const PAUSE_EVERY = 30;
/** First climbs: how many, for how long (milliseconds), and for how many outputs each. */
const STARTS = 64;
const EXPLORE_FOR = 300;
const CLIMBED = 16;
/** Part of the time that goes into points. */
const POINTS = 0.1;

/**
 * Bounds |f_i - g_i| over the box for every output. Throws InputError unless f and g have the same numbers of inputs and
 * outputs and the box one interval an input; the signal's reason when it is aborted.
 */
export async function certifyDeviation(
  f: Network,
  g: Network,
  box: Domain,
  options: DeviationOptions = {},
): Promise<DeviationCertificate> {
  const search = new DeviationSearch(f, g, box, options);
  const propagate = await (options.propagator ?? exactPropagator)(search.pair);
  try {
    await search.run(propagate);
    return search.certificate();
  } finally {
    propagate.free?.();
  }
}

class DeviationSearch {
  private readonly started = performance.now();
  private readonly unit: UnitBox;
  /** What is propagated: f and g, or f - g beside itself. */
  readonly pair: NetworkPair;
  private propagate!: Propagator;
  /** Whether the pair is f - g and itself: its own range is the deviation. */
  private readonly joint: boolean;
  private readonly ascent: Ascent;
  private readonly open: WorstFirst<Box>;
  private readonly settled: Float64Array;
  private readonly observed: Dyadic[];
  private readonly witness: Dyadic[][];
  private readonly goal: Float64Array;
  /** The largest goal. */
  private most: number;
  private readonly within: Dyadic | undefined;
  private readonly ratio: number;
  private readonly seconds: number;
  private readonly maxBoxes: number;
  private boxes = 0;
  private settledShare = 0;
  private refutedBy = -1;
  /** Of the points outside boxes: how many were climbed from, the milliseconds they took, the state of their random numbers. */
  private climbs = 1;
  private pointsTime = 0;
  private state = 1;
  private halted: string | undefined;
  private reported = performance.now();

  constructor(
    private readonly f: Network,
    private readonly g: Network,
    box: Domain,
    private readonly options: DeviationOptions,
  ) {
    const where = 'certifyDeviation';
    if (f.inputs !== g.inputs || f.outputs !== g.outputs) {
      refuse(where, `networks of ${f.inputs} inputs and ${f.outputs} outputs`, `${g.inputs} and ${g.outputs}`);
    }
    this.within = options.within === undefined ? undefined : Dyadic.from(options.within);
    if (this.within && this.within.sign < 0) refuse(`${where} within`, 'a number >= 0', this.within);
    this.ratio = options.ratio ?? 1.01;
    if (!(this.ratio > 1)) refuse(`${where} ratio`, 'a number above 1', this.ratio);
    this.seconds = options.seconds ?? 60;
    if (!(this.seconds > 0)) refuse(`${where} seconds`, 'a number above 0', this.seconds);
    this.maxBoxes = options.maxBoxes ?? 1 << 20;
    this.unit = new UnitBox(intervals(box, f.inputs), options.witnessIn && intervals(options.witnessIn, f.inputs));
    const { lo, hi, map } = this.unit;
    const fu = compose(f, map);
    const gu = compose(g, map);
    this.joint = !sameShape(fu, gu);
    const difference = this.joint ? sum(gu, compose(minus(f.outputs), fu)) : undefined;
    this.pair = difference ? pairOf(difference, difference) : pairOf(fu, gu);
    this.ascent = new Ascent(fu, gu, lo, hi);
    this.settled = new Float64Array(f.outputs);
    this.most = this.within ? this.within.toNumber('down') : 0;
    this.goal = new Float64Array(f.outputs).fill(this.most);
    // Doubles may see no difference anywhere: then the first corner's own is what was observed.
    this.observed = new Array<Dyadic>(f.outputs).fill(Dyadic.ZERO);
    this.witness = Array.from({ length: f.outputs }, () => this.unit.corner);
    this.open = new WorstFirst<Box>((x, y) => x.priority > y.priority);
    this.observeAt(this.unit.corner);
  }

  async run(propagate: Propagator): Promise<void> {
    this.propagate = propagate;
    this.enter(this.unit.lo, this.unit.hi, undefined, 1);
    // Where the answer is known at once, a few points are enough.
    this.explore(!this.within ? EXPLORE_FOR : this.open.size > 0 ? EXPLORE_FOR / 8 : EXPLORE_FOR / 40);
    let paused = performance.now();
    for (;;) {
      this.options.signal?.throwIfAborted();
      if (this.refutedBy >= 0) return;
      const box = this.open.pop();
      if (!box) return;
      if (this.isGood(box.upper)) {
        this.settle(box);
        continue;
      }
      if (!this.halve(box)) {
        this.halted = 'boxes became too narrow to halve';
        this.open.push(box);
        return;
      }
      const now = performance.now();
      if (now - this.started > 1000 * this.seconds) this.halted = `${this.seconds} seconds were not enough`;
      else if (this.open.size > this.maxBoxes) this.halted = `${this.maxBoxes} boxes were not enough (maxBoxes)`;
      if (this.halted) return;
      if (now - paused > PAUSE_EVERY) {
        this.report(now);
        await new Promise((resolve) => setTimeout(resolve));
        paused = performance.now();
      }
    }
  }

  certificate(): DeviationCertificate {
    const outputs = this.observed.map((observed, i) => {
      let upper = this.settled[i] as number;
      for (const box of this.open.all) upper = Math.max(upper, box.upper[i] as number);
      return Object.freeze({
        certified: upper === Number.POSITIVE_INFINITY ? refuseInfinite() : Dyadic.from(upper).max(observed),
        observed,
        witness: Object.freeze([...(this.witness[i] as Dyadic[])]),
      });
    });
    const { within, ratio } = this;
    const refuted = within !== undefined && outputs.some((o) => o.observed.gt(within));
    const proved = outputs.every((o) =>
      within !== undefined
        ? o.certified.le(within)
        : ratio === Number.POSITIVE_INFINITY || o.certified.le(o.observed.mul(Dyadic.from(ratio))),
    );
    const status = refuted ? 'refuted' : proved ? 'proved' : 'undecided';
    const missing = status === 'proved' ? undefined : refuted ? undefined : (this.halted ?? 'the search ended early');
    return Object.freeze({
      status,
      outputs: Object.freeze(outputs),
      restsOn: Object.freeze(['both networks as they are stored, exactly']),
      boxes: this.boxes,
      seconds: (performance.now() - this.started) / 1000,
      ...(missing === undefined ? {} : { missing }),
    });
  }

  /** First points to climb from. */
  private explore(milliseconds: number): void {
    const x = this.ascent.scratch;
    const until = performance.now() + Math.min(milliseconds, 100 * this.seconds);
    for (let k = 0; k < STARTS && performance.now() < until; k++) {
      this.anywhere(x, k);
      for (let output = 0; output < this.f.outputs && output < CLIMBED && performance.now() < until; output++)
        this.ascent.climb(x, output);
    }
    this.observe();
  }

  /** Number k of the points to begin at: the centre, corners, points inside. */
  private anywhere(x: Float64Array, k: number): void {
    const { lo, hi } = this.unit;
    for (let i = 0; i < x.length; i++) {
      this.state = (Math.imul(this.state ^ (this.state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
      const t = k === 0 ? 0.5 : k % 2 === 0 ? this.state / 2 ** 32 : this.state >>> 31;
      x[i] = (lo[i] as number) + t * ((hi[i] as number) - (lo[i] as number));
    }
  }

  /** Evaluates, exactly, the points that the search in doubles holds for better. */
  private observe(): void {
    for (let i = 0; i < this.observed.length; i++) {
      const known = (this.observed[i] as Dyadic).toNumber();
      const value = this.ascent.value[i] as number;
      if (value <= known * 1.0001) continue;
      this.observeAt(this.unit.toDomain(this.ascent.point[i] as Float64Array));
    }
  }

  private observeAt(x: Dyadic[]): void {
    const y = this.f.evaluate(x);
    const z = this.g.evaluate(x);
    for (let k = 0; k < this.observed.length; k++) {
      const e = (y[k] as Dyadic).sub(z[k] as Dyadic).abs();
      if (e.le(this.observed[k] as Dyadic)) continue;
      this.observed[k] = e;
      this.witness[k] = x;
      if (this.within === undefined) {
        this.goal[k] = e.toNumber('down') * (1 + (this.ratio - 1) * 0.999);
        this.most = Math.max(this.most, this.goal[k] as number);
      } else if (e.gt(this.within)) this.refutedBy = k;
    }
  }

  private isGood(upper: Float64Array): boolean {
    for (let i = 0; i < upper.length; i++) if ((upper[i] as number) > (this.goal[i] as number)) return false;
    return true;
  }

  private settle(box: Box): void {
    this.settledShare += box.share;
    for (let i = 0; i < box.upper.length; i++) {
      if ((box.upper[i] as number) > (this.settled[i] as number)) this.settled[i] = box.upper[i] as number;
    }
  }

  /** Bounds a box, which then is settled or open. */
  private enter(lo: Float64Array, hi: Float64Array, parent: Float64Array | undefined, share: number): void {
    this.boxes++;
    const result = this.propagate(boxNumbers(lo, hi));
    const { centre, radius, scale } = this.joint ? result.f : result.d;
    const upper = new Float64Array(centre.length);
    let worst = 0;
    let behind = 0;
    for (let i = 0; i < upper.length; i++) {
      const bound = exactly(Math.abs(centre[i] as number) + (radius[i] as number), scale);
      upper[i] = parent ? Math.min(bound, parent[i] as number) : bound;
      if ((upper[i] as number) > (upper[worst] as number)) worst = i;
      behind = Math.max(behind, (upper[i] as number) / Math.max(this.goal[i] as number, 1e-300));
    }
    // The largest deviation of all outputs first; behind it, in (0, 1), whatever is farthest from its own goal.
    const first = (upper[worst] as number) / Math.max(this.most, 1e-300);
    const priority = first > 1 ? first : 1 - 1 / Math.max(behind, 1);
    if (behind > 1) this.lookInto(lo, hi, result.slopes, Math.sign(centre[worst] as number) || 1, worst);
    const box = { lo, hi, upper, cut: cutOf(lo, hi, result.blame), share, priority };
    if (this.isGood(upper)) this.settle(box);
    else this.open.push(box);
  }

  /**
   * The corner towards which the enclosure of the worst output grows, and a point anywhere, from which the outputs are climbed
   * in turn; but not for longer than the points' part of the time.
   */
  private lookInto(lo: Float64Array, hi: Float64Array, slopes: Float64Array, sign: number, worst: number): void {
    const before = performance.now();
    if (this.pointsTime > POINTS * (before - this.started)) return;
    const d = lo.length;
    const corner = this.ascent.scratch;
    for (let i = 0; i < d; i++) {
      const s = (slopes[worst * d + i] as number) * sign;
      corner[i] = (s >= 0 ? hi[i] : lo[i]) as number;
    }
    this.ascent.climb(corner, worst);
    this.anywhere(corner, this.climbs);
    this.ascent.climb(corner, this.climbs % this.f.outputs);
    this.climbs++;
    this.observe();
    this.pointsTime += performance.now() - before;
  }

  private halve({ lo, hi, upper, cut, share }: Box): boolean {
    if (cut < 0) return false;
    const [left, right] = halved(lo, hi, cut);
    this.enter(lo, left, upper, share / 2);
    this.enter(right, hi, upper, share / 2);
    return true;
  }

  private report(now: number): void {
    const { onProgress } = this.options;
    if (!onProgress || now - this.reported < 100) return;
    this.reported = now;
    const certified = Array.from(this.settled);
    for (const box of this.open.all) {
      for (let i = 0; i < certified.length; i++)
        certified[i] = Math.max(certified[i] as number, box.upper[i] as number);
    }
    onProgress(
      Object.freeze({
        boxes: this.boxes,
        settled: this.settledShare,
        certified,
        observed: this.observed.map((e) => e.toNumber()),
      }),
    );
  }
}

function minus(outputs: number): Network {
  return affine(
    Array.from({ length: outputs }, (_, i) => Array.from({ length: outputs }, (_, j) => (i === j ? -1 : 0))),
  );
}

function refuseInfinite(): never {
  return refuse('certifyDeviation', 'networks with outputs below 2^900', 'larger ones');
}
