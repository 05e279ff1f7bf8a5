/**
 * The search behind certifySup for targets that are enclosed rather than known: blocks of f's model against the network's
 * pieces. Everything is counted in units of 2^-P.
 */
import { type Dyadic, Interval, type Target } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { CellBound } from './cell.ts';
import { Chunk } from './chunk.ts';
import { ExactMax } from './exactMax.ts';
import type { Job } from './job.ts';
import { type Model, makeModel, middle } from './model.ts';
import { fractionOf, Sweep } from './pieces.ts';
import { compareFractions, type Fraction } from './queue.ts';
import { lineEnclosure } from './relax.ts';
import { WorstFirst } from './worst.ts';

/** Highest Taylor coefficient asked of a target. */
const ORDER = 7;
/** Halvings of a chunk's block before its parts wait for the rest of the domain. */
const EAGER = 10;
/** Blocks between two looks at the clock. */
const BETWEEN_LOOKS = 31;
/** Few enough unsettled units, and pieces, for an exact look at a relaxed block. */
const SETTLED = 24;
const LOCAL_PIECES = 256;

/** Blocks on which f stays undefined are not halved below 2^-(4 P + NARROWEST). */
const NARROWEST = 1000;

/** A part of the domain whose bound is not yet within the goal. */
interface Part {
  /** In units; undefined where there is none yet, which is worse than any. */
  readonly upper: bigint | undefined;
  readonly lo: Dyadic;
  readonly hi: Dyadic;
  /** Its pieces; undefined where the network is relaxed there. */
  readonly chunk: Chunk | undefined;
  readonly i0: number;
  readonly i1: number;
}

export interface SearchScale {
  /** Bounds are whole numbers of units 2^-P. */
  readonly P: number;
  /** Digits of the sup, in units, at which rounding does not disturb the wanted ratio. */
  readonly digits: number;
  /** Bounds up to lower * (1 + slack 2^-52) are good enough. */
  readonly slack: bigint;
  /** Bounds up to this are good enough as well. */
  readonly enough: bigint;
  /** A proved lower bound, in units. */
  readonly lower: bigint;
  /** Exponent of the greatest |f| seen. */
  readonly size: number;
}

export class Search {
  /** sup |f - net| over all parts that are settled, in units. */
  settled = 0n;
  /** Greatest proved lower bound, in units, and where. */
  lower: bigint;
  witness: Dyadic | undefined;
  /** Parts where f is exactly linear. */
  readonly exact = new ExactMax();
  readonly open = new WorstFirst<Part>(worse);
  readonly P: number;
  /** What ended the search early, where something did. */
  halted: string | undefined;
  /** Where f is not shown to be defined, which no halving cures. */
  hole: Dyadic | undefined;

  private readonly cell: CellBound;

  constructor(
    private readonly net: Network,
    private readonly f: Target,
    private readonly scale: SearchScale,
    private readonly job: Job,
  ) {
    this.P = scale.P;
    this.cell = new CellBound(scale.P);
    this.lower = scale.lower;
  }

  get isGoing(): boolean {
    return this.halted === undefined && this.hole === undefined;
  }

  get goal(): bigint {
    const goal = this.lower + ((this.lower * this.scale.slack) >> 52n);
    return goal > this.scale.enough ? goal : this.scale.enough;
  }

  /** The greatest bound of all parts, settled or not; undefined where a part has none. */
  get upper(): bigint | undefined {
    const worst = this.open.first;
    if (worst && worst.upper === undefined) return undefined;
    return worst?.upper !== undefined && worst.upper > this.settled ? worst.upper : this.settled;
  }

  /** Whether the bounds are so few units that rounding drowns them: the caller starts again with more digits. */
  get needsDigits(): boolean {
    const worst = this.open.first?.upper;
    if (worst === undefined || worst <= this.goal) return false;
    const { digits } = this.scale;
    if (this.lower === 0n) return worst >> 7n === 0n;
    return this.lower >> BigInt(digits - 7) === 0n && worst >> BigInt(digits - 3) === 0n;
  }

  /** Looks at the clock. */
  look(): void {
    this.halted ??= this.job.halt();
  }

  /** Compares f with a run of pieces; [lo, hi] holds them all. */
  compare(chunk: Chunk, lo: Dyadic, hi: Dyadic): void {
    this.divide({ lo, hi, chunk, i0: 0, i1: chunk.count, upper: undefined }, EAGER);
  }

  /** A part of the domain without known pieces. */
  relaxed(lo: Dyadic, hi: Dyadic): void {
    this.divide({ lo, hi, chunk: undefined, i0: 0, i1: 0, upper: undefined }, 0);
  }

  /** Halves the worst open part until every bound is within the goal. */
  finish(): void {
    for (;;) {
      const worst = this.open.first;
      if (!worst || !this.isGoing) return;
      if (worst.upper !== undefined && worst.upper <= this.goal) return;
      if (this.needsDigits) return;
      this.open.pop();
      this.halves(worst, 0);
    }
  }

  /** After a halt: gives every open part that has none a bound, if f has one there. */
  close(): void {
    const parts: Part[] = [];
    for (let part = this.open.first; part && part.upper === undefined; part = this.open.first) {
      this.open.pop();
      parts.push({ ...part, upper: this.bound(part, false) });
    }
    for (const part of parts) this.open.push(part);
  }

  private halves(part: Part, eager: number): void {
    const { lo, hi, chunk, i0, i1 } = part;
    const mid = middle(lo, hi);
    // A piece that ends at mid belongs to the left half only, one that goes on to both.
    const j = chunk ? chunk.pieceAfter(mid, i0, i1) : 0;
    const goesOn = chunk !== undefined && j < i1 && startsBefore(chunk, j, mid);
    this.divide({ lo, hi: mid, chunk, i0, i1: goesOn ? j + 1 : j, upper: part.upper }, eager);
    this.divide({ lo: mid, hi, chunk, i0: j, i1, upper: part.upper }, eager);
  }

  private divide(part: Part, eager: number): void {
    if (part.chunk && part.i0 >= part.i1) return;
    if ((++this.job.blocks & BETWEEN_LOOKS) === 0) this.look();
    if (!this.isGoing) {
      this.open.push(part);
      return;
    }
    const upper = this.bound(part, eager > 0);
    if (upper !== undefined && upper <= this.goal) {
      if (upper > this.settled) this.settled = upper;
      return;
    }
    if (this.isGoing && eager > 0) this.halves(part, eager - 1);
    else this.open.push({ ...part, upper: tighter(upper, part.upper) });
  }

  /** A bound over the part; undefined where there is none, or (`hasty`) where it is plainly not good enough. */
  private bound(part: Part, hasty: boolean): bigint | undefined {
    const { lo, hi } = part;
    const model = makeModel(this.f, lo, hi, this.P, ORDER, this.scale.size);
    if (!model) {
      const mid = middle(lo, hi);
      const vanishing = hi.sub(lo).exponent < -4 * this.P - NARROWEST;
      if (vanishing || !this.f.enclose([Interval.of(mid)], 64)) this.hole = mid;
      return undefined;
    }
    if (!part.chunk) return this.boundRelaxed(part, model);
    return this.boundPieces(model, part.chunk, part.i0, part.i1, hasty);
  }

  private boundPieces(model: Model, chunk: Chunk, i0: number, i1: number, hasty: boolean): bigint | undefined {
    const { cell } = this;
    const { n, d, slope, offset, scale } = chunk;
    if (model.line) return this.boundExactly(model, chunk, i0, i1);
    if (hasty && this.lower > 0n && model.radius > this.goal) return undefined;
    cell.enter(model);
    const left = fractionOf(model.lo);
    const right = fractionOf(model.hi);
    let worst = 0n;
    for (let i = i0; i < i1; i++) {
      const from = i === i0 ? later({ n: n[i] as bigint, d: d[i] as bigint }, left) : undefined;
      const to = i === i1 - 1 ? earlier({ n: n[i + 1] as bigint, d: d[i + 1] as bigint }, right) : undefined;
      cell.bound(
        from ? from.n : (n[i] as bigint),
        from ? from.d : (d[i] as bigint),
        to ? to.n : (n[i + 1] as bigint),
        to ? to.d : (d[i + 1] as bigint),
        slope[i] as bigint,
        offset[i] as bigint,
        scale,
        this.goal,
      );
      this.offerCell();
      if (cell.upper > worst) {
        worst = cell.upper;
        if (hasty && worst > this.goal) return undefined;
      }
    }
    return worst;
  }

  private offerCell(): void {
    if (this.cell.lower > this.lower) {
      this.lower = this.cell.lower;
      this.witness = this.cell.witnessPoint;
    }
  }

  /** f is a line here too: the ends of the cells decide, exactly. */
  private boundExactly(model: Model, chunk: Chunk, i0: number, i1: number): bigint {
    const { a, c } = model.line as { a: Dyadic; c: Dyadic };
    const { scale, slope, offset, n, d } = chunk;
    const s = Math.max(scale, a.fractionalBits, c.fractionalBits);
    const up = BigInt(s - scale);
    const fa = a.mantissaAt(s);
    const fc = c.mantissaAt(s);
    const left = fractionOf(model.lo);
    const right = fractionOf(model.hi);
    const one = 1n << BigInt(s);
    for (let i = i0; i < i1; i++) {
      const from = later({ n: n[i] as bigint, d: d[i] as bigint }, left);
      const to = earlier({ n: n[i + 1] as bigint, d: d[i + 1] as bigint }, right);
      const ea = fa - ((slope[i] as bigint) << up);
      const ec = fc - ((offset[i] as bigint) << up);
      for (const x of [from, to]) this.exact.offer(ea * x.n + ec * x.d, x.d * one, x.n, x.d);
    }
    const v = this.exact.value;
    const floor = v.roundTo(this.P, 'down').mantissaAt(this.P);
    if (floor > this.lower) {
      this.lower = floor;
      this.witness = undefined; // the exact maximum is the witness
    }
    return 0n; // `exact` holds the bound of all such parts
  }

  private boundRelaxed(part: Part, model: Model): bigint | undefined {
    const { lo, hi } = part;
    const line = lineEnclosure(this.net, lo, hi);
    const from = fractionOf(lo);
    const to = fractionOf(hi);
    if (line.unsettled <= SETTLED) {
      const sweep = new Sweep(this.net, from, to);
      const chunk = Chunk.read(sweep, LOCAL_PIECES);
      if (compareFractions({ n: chunk.n[chunk.count] as bigint, d: chunk.d[chunk.count] as bigint }, to) === 0) {
        return this.boundPieces(model, chunk, 0, chunk.count, false);
      }
    }
    const scale = Math.max(line.slope.fractionalBits, line.intercept.fractionalBits);
    const radius = line.radius.scale(this.P).ceil();
    this.cell.enter(model);
    this.cell.bound(
      from.n,
      from.d,
      to.n,
      to.d,
      line.slope.mantissaAt(scale),
      line.intercept.mantissaAt(scale),
      scale,
      this.goal,
    );
    this.cell.lower = this.cell.lower > radius ? this.cell.lower - radius : 0n;
    this.offerCell();
    return this.cell.upper + radius;
  }
}

function worse(x: Part, y: Part): boolean {
  if (x.upper === undefined) return y.upper !== undefined;
  return y.upper !== undefined && x.upper > y.upper;
}

function tighter(x: bigint | undefined, y: bigint | undefined): bigint | undefined {
  return x === undefined ? y : y === undefined || x < y ? x : y;
}

function startsBefore(chunk: Chunk, i: number, x: Dyadic): boolean {
  return compareFractions({ n: chunk.n[i] as bigint, d: chunk.d[i] as bigint }, fractionOf(x)) < 0;
}

const later = (x: Fraction, y: Fraction): Fraction => (compareFractions(x, y) >= 0 ? x : y);
const earlier = (x: Fraction, y: Fraction): Fraction => (compareFractions(x, y) <= 0 ? x : y);
