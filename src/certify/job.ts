/** The arguments of certifySup, checked, and how its time is spent. */
import { Dyadic, type DyadicLike, Interval, Rational, refuse, type Target } from '../exact/index.ts';
import { Network } from '../net/index.ts';
import { fractionOf } from './pieces.ts';
import { compareFractions, type Fraction } from './queue.ts';

/** An end of a domain: a number, or an enclosure of one (2 pi). Proofs cover the enclosure, witnesses lie inside it. */
export type DomainEnd = DyadicLike | Rational | Interval;

export interface SupOptions {
  /** Default [0, 1]; for a table its own range. */
  readonly domain?: readonly [DomainEnd, DomainEnd];
  /** Bounds are refined until upper/lower is at most this. Default 1.01; Infinity: until `within` is answered. */
  readonly ratio?: number;
  /** Asks whether sup |f - net| is at most this: `proved`, `refuted` or `undecided` answer it. */
  readonly within?: DyadicLike;
  /** The network at a point, exactly, for the witness; default `net.evaluate`. */
  readonly evaluate?: (x: Dyadic) => Dyadic;
  /** Pieces looked at one by one. Default 2^20. */
  readonly maxPieces?: number;
  /** Enclosures of f over a block. Default 2^20. */
  readonly maxBlocks?: number;
  /** Time after which the bounds so far are returned. Default none. */
  readonly seconds?: number;
  /** Stops with the signal's reason. The call does not give way to other work: abort from `onProgress`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SupProgress) => void;
}

export interface SupProgress {
  /** Linear pieces of the network seen so far. */
  readonly pieces: number;
  /** Enclosures of f made so far. */
  readonly blocks: number;
  /** Part of the domain whose pieces were seen, 0..1. */
  readonly swept: number;
}

const DEFAULT_PIECES = 1 << 20;
const DEFAULT_BLOCKS = 1 << 20;
/** Milliseconds between two reports. */
const REPORT_EVERY = 100;

export class Job {
  /** Ends of the domain's hull. */
  readonly lo: Fraction;
  readonly hi: Fraction;
  /** Ends of what surely lies inside the domain. */
  readonly innerLo: Fraction;
  readonly innerHi: Fraction;
  /** What is to be said about ends that are enclosures. */
  readonly hullSentences: readonly string[];
  /** Infinity: only `within` matters. */
  readonly ratio: number;
  readonly within: Dyadic | undefined;
  readonly evaluate: (x: Dyadic) => Dyadic;
  readonly maxPieces: number;
  pieces = 0;
  blocks = 0;

  private readonly options: SupOptions;
  private readonly maxBlocks: number;
  private readonly deadline: number;
  private reported = performance.now();

  /** Throws InputError unless network and target have one input and one output and the options make sense. */
  constructor(
    readonly net: Network,
    target: Target | Network,
    options: SupOptions,
  ) {
    const where = 'certifySup';
    if (net.inputs !== 1 || net.outputs !== 1) {
      refuse(where, 'a network with 1 input and 1 output', `${net.inputs} and ${net.outputs}`);
    }
    if (target?.inputs !== 1) refuse(where, 'a target with 1 input', target?.inputs ?? target);
    if (target instanceof Network && target.outputs !== 1) refuse(where, 'a target with 1 output', target.outputs);
    const ratio = options.ratio ?? 1.01;
    if (!(ratio > 1)) refuse(`${where} ratio`, 'a number above 1', ratio);
    for (const name of ['maxPieces', 'maxBlocks', 'seconds'] as const) {
      const v = options[name];
      if (v !== undefined && !(v > 0)) refuse(`${where} ${name}`, 'a number above 0', v);
    }
    const knots = target instanceof Network ? undefined : target.knots;
    const ends = options.domain ?? (knots?.length ? [knots[0]!.x, knots[knots.length - 1]!.x] : [0, 1]);
    if (!Array.isArray(ends) || ends.length !== 2) refuse(`${where} domain`, 'a pair [lo, hi]', ends);
    const [a, b] = ends.map(enclosed) as [Enclosed, Enclosed];
    if (compareFractions(a.hi, b.lo) > 0) refuse(`${where} domain`, 'lower end <= upper end', `[${ends.join(', ')}]`);
    this.lo = a.lo;
    this.hi = b.hi;
    this.innerLo = a.hi;
    this.innerHi = b.lo;
    this.hullSentences = ends.flatMap((end, i) =>
      end instanceof Interval && !end.isPoint
        ? [`the domain's ${i === 0 ? 'lower' : 'upper'} end lies in ${end}; the bound covers all of it`]
        : [],
    );
    this.ratio = ratio;
    this.within = options.within === undefined ? undefined : Dyadic.from(options.within);
    this.evaluate = options.evaluate ?? ((x) => net.evaluate([x])[0] as Dyadic);
    this.maxPieces = options.maxPieces ?? DEFAULT_PIECES;
    this.maxBlocks = options.maxBlocks ?? DEFAULT_BLOCKS;
    this.deadline = performance.now() + 1000 * (options.seconds ?? Number.POSITIVE_INFINITY);
    this.options = options;
  }

  /** Reports, and says why to stop where there is a reason. Throws the signal's reason. */
  halt(): string | undefined {
    const { signal, onProgress, seconds } = this.options;
    signal?.throwIfAborted();
    const now = performance.now();
    if (onProgress && now - this.reported > REPORT_EVERY) {
      this.reported = now;
      onProgress(Object.freeze({ pieces: this.pieces, blocks: this.blocks, swept: this.swept }));
      signal?.throwIfAborted();
    }
    if (now > this.deadline) return `${seconds} seconds were not enough`;
    if (this.blocks >= this.maxBlocks) return `${this.maxBlocks} enclosures of f were not enough (maxBlocks)`;
    return undefined;
  }

  /** Where the sweep is, for reports. */
  at: Fraction | undefined;

  private get swept(): number {
    if (!this.at) return 0;
    const near = (x: Fraction): number => Rational.of(x.n, x.d).toNumber();
    return (near(this.at) - near(this.lo)) / (near(this.hi) - near(this.lo));
  }
}

interface Enclosed {
  readonly lo: Fraction;
  readonly hi: Fraction;
}

function enclosed(x: DomainEnd): Enclosed {
  if (x instanceof Interval) return { lo: fractionOf(x.lo), hi: fractionOf(x.hi) };
  const f = x instanceof Rational ? { n: x.n, d: x.d } : fractionOf(Dyadic.from(x));
  return { lo: f, hi: f };
}
