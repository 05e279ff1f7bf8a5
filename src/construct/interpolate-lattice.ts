/**
 * A polyline of few and short numbers inside a tube: knots and slopes are taken from dyadic lattices that are as coarse as
 * the tube allows, and among all polylines on them the cheapest is found by dynamic programming.
 *
 * A state is a place (x, y) that some polyline inside the tube reaches, with the slope it came in by. From it the slopes
 * that stay inside up to a later knot form an interval, the cone, which narrows with every post that it passes. As a value
 * y is always the one that the chosen slopes really lead to, rounding errors cannot add up.
 *
 * The lattices follow the function: where fewest lines (see fewestLines) have length h, knots are multiples of 2^-k,
 * 2^-k about h / knotsPerLine, and slopes multiples of 2^-m, 2^-m about 2 epsilon / (h slopesPerLine).
 *
 * Everything here is float64: it chooses and proves nothing. The knots it returns are exact.
 */
import { Dyadic, type Interval } from '../exact/index.ts';
import type { DyadicKnot } from './interpolate.ts';
import type { Samples, TubeLine } from './interpolate-tube.ts';

export interface Lattice {
  /** Places for a knot on the length of one longest line: 1, 2, 4, ... */
  readonly knotsPerLine: number;
  /** Slopes that fit into the tube over the length of one longest line: 1, 2, 4, ... */
  readonly slopesPerLine: number;
  /** Finest lattices allowed: multiples of 2^-knotBits and 2^-slopeBits. */
  readonly knotBits?: number;
  readonly slopeBits?: number;
  /** Fractional bits of the first value. */
  readonly valueBits?: number;
  /** The finest slopes everywhere, and knots nowhere coarser than for a line of median length. */
  readonly shared?: boolean;
  /** About how many steps the search may take; it keeps fewer states for one place, or gives up, rather than take more. */
  readonly steps?: number;
}

/** What a line costs, in bits, told its length and its jump of slope in units of their lattices. */
export interface Prices {
  readonly line: number;
  gap(units: number): number;
  jump(units: number): number;
}

/** Magnitudes cost about twice their binary digits. */
export const PLAIN_PRICES: Prices = Object.freeze({
  line: 6,
  gap: (n: number) => Math.log2(1 + n),
  jump: (n: number) => 2 + Math.log2(1 + Math.abs(n)),
});

export interface LatticePath {
  readonly knots: readonly DyadicKnot[];
  readonly lines: number;
  readonly price: number;
  /** About how many steps the search took. */
  readonly steps: number;
  /** Of every line but the last, and of every line but the first: in lattice units. */
  readonly gaps: readonly number[];
  readonly jumps: readonly number[];
}

/** States kept for one place: no more, and no fewer. */
const MOST_STATES = 16;
const LEAST_STATES = 2;
/** Knots nearer than this part of the way that a line could go are not tried. */
const SHORTEST = 0.5;
/** Most slopes tried from one place to another. */
const MOST_SLOPES = 16;

/** The cheapest polyline on the lattice inside the tube, or undefined where there is none. */
export function latticePath(
  samples: Samples,
  domain: Interval,
  epsilon: number,
  fewest: readonly TubeLine[],
  lattice: Lattice,
  prices: Prices = PLAIN_PRICES,
): LatticePath | undefined {
  const scales = exponents(samples, epsilon, fewest, lattice);
  const perState = workPerState(samples, epsilon, fewest, lattice, scales);
  const beam = Math.min(MOST_STATES, Math.floor((lattice.steps ?? Number.POSITIVE_INFINITY) / perState));
  if (beam < LEAST_STATES) return undefined;
  const grid = makeGrid(samples, domain, epsilon, fewest, lattice, scales);
  const path = new Search(grid, prices, beam).run(firstValues(grid, lattice));
  return path && { ...path, steps: beam * perState };
}

/** The lattices' exponents k and m, line by line. */
interface Exponents {
  readonly knot: readonly number[];
  readonly slope: readonly number[];
}

function exponents(
  { x }: Samples,
  epsilon: number,
  fewest: readonly TubeLine[],
  { knotsPerLine, slopesPerLine, knotBits = 1000, slopeBits = 1000, shared }: Lattice,
): Exponents {
  const knot: number[] = [];
  const slope: number[] = [];
  const width = (x[x.length - 1] as number) - (x[0] as number);
  let from = x[0] as number;
  for (const { until } of fewest) {
    const h = Math.max(until - from, width * 2 ** -60, 2 ** -1000);
    knot.push(Math.min(Math.ceil(Math.log2(knotsPerLine / h)), knotBits, finest(Math.max(-from, until))));
    slope.push(Math.min(Math.ceil(Math.log2((slopesPerLine * h) / (2 * epsilon))), slopeBits));
    from = until;
  }
  if (shared) {
    const usual = [...knot].sort((p, q) => p - q)[(knot.length - 1) >> 1] as number;
    fewest.forEach(({ until }, i) => {
      const before = i === 0 ? (x[0] as number) : (fewest[i - 1] as TubeLine).until;
      knot[i] = Math.max(knot[i] as number, Math.min(usual, finest(Math.max(-before, until))));
    });
    slope.fill(slope.reduce((p, q) => Math.max(p, q)));
  }
  return { knot, slope };
}

/** About how many steps it takes to go on from one state at every place: posts passed and knots tried. */
function workPerState(
  { x }: Samples,
  epsilon: number,
  fewest: readonly TubeLine[],
  lattice: Lattice,
  { knot, slope }: Exponents,
): number {
  let work = 1;
  let from = x[0] as number;
  let i = 0;
  fewest.forEach(({ until, bend }, line) => {
    let posts = 0;
    for (; i < x.length && (x[i] as number) <= until; i++) posts++;
    const kink = bend && kinkAt(bend, lattice, Math.max(knot[line] as number, knot[line + 1] as number));
    const atKink = kink ? Math.ceil((kink.to - kink.from) * 2 ** kink.bits) : 0;
    const places = (until - from) * 2 ** (knot[line] as number) + lattice.knotsPerLine + atKink;
    const slopes = Math.min(MOST_SLOPES, 1 + (4 * epsilon * 2 ** (slope[line] as number)) / (until - from));
    work += places * (1.5 * posts + (2 + slopes) * places);
    from = until;
  });
  return work;
}

/** Values at the left end: of the fewest bits with which there is one, and of up to two more. */
function firstValues({ lo, hi, finestKnot, finestSlope }: Grid, lattice: Lattice): Arrivals {
  const values = new Arrivals();
  const bits = Math.min(lattice.valueBits ?? Number.POSITIVE_INFINITY, finestKnot + finestSlope);
  const [low, high] = [lo[0] as number, hi[0] as number];
  const coarse = Math.min(Math.ceil(-Math.log2(high - low)), bits);
  for (let v = coarse; v <= Math.min(coarse + 2, bits); v++) {
    const step = 2 ** -v;
    for (let n = Math.ceil(low / step); n * step <= high; n++) {
      if (!values.known.has(n * step)) values.offer(n * step, Number.NaN, Math.log2(1 + Math.abs(n)), -1);
    }
  }
  return values;
}

interface Grid {
  /** All posts, the places for knots among them. */
  readonly x: Float64Array;
  readonly lo: Float64Array;
  readonly hi: Float64Array;
  /** 1 where a knot may stand. */
  readonly place: Uint8Array;
  /** Exponents k, m of the lattices at each post. */
  readonly knotExponent: Int16Array;
  readonly slopeExponent: Int16Array;
  readonly finestKnot: number;
  readonly finestSlope: number;
  /** Where the first line begins: the lattice's last place up to the domain. */
  readonly first: number;
  /** The right end of the domain. */
  readonly last: Dyadic;
}

function makeGrid(
  { x: sx, y: sy }: Samples,
  domain: Interval,
  epsilon: number,
  fewest: readonly TubeLine[],
  lattice: Lattice,
  { knot: ks, slope: ms }: Exponents,
): Grid {
  const a = sx[0] as number;
  const b = sx[sx.length - 1] as number;
  const x: number[] = [];
  const y: number[] = [];
  const place: number[] = [];
  const kx: number[] = [];
  const mx: number[] = [];
  const kinks = kinkPlaces(fewest, lattice, ks);
  let kink = 0;
  let line = 0;
  let regular = nextMultiple(a, ks[0] as number);
  for (let j = 0; j < sx.length; ) {
    while (kink < kinks.length && (kinks[kink] as number) <= (x[x.length - 1] ?? a)) kink++;
    const post = sx[j] as number;
    const knot = Math.min(regular, kinks[kink] ?? Number.POSITIVE_INFINITY);
    const at = Math.min(post, knot);
    while (line < fewest.length - 1 && at >= (fewest[line] as TubeLine).until) line++;
    x.push(at);
    if (at === post) y.push(sy[j++] as number);
    else {
      const x0 = sx[j - 1] as number;
      const y0 = sy[j - 1] as number;
      y.push(y0 + ((sy[j] as number) - y0) * ((at - x0) / (post - x0)));
    }
    place.push(at === knot && at < b ? 1 : 0);
    kx.push(ks[line] as number);
    mx.push(ms[line] as number);
    if (at === regular) regular = nextMultiple(at, ks[line] as number);
  }
  return {
    x: Float64Array.from(x),
    lo: Float64Array.from(y, (v) => v - epsilon),
    hi: Float64Array.from(y, (v) => v + epsilon),
    place: Uint8Array.from(place),
    knotExponent: Int16Array.from(kx),
    slopeExponent: Int16Array.from(mx),
    finestKnot: ks.reduce((p, q) => Math.max(p, q)),
    finestSlope: ms.reduce((p, q) => Math.max(p, q)),
    first: Math.floor(domain.lo.toNumber('down') * 2 ** (ks[0] as number)) * 2 ** -(ks[0] as number),
    last: domain.hi,
  };
}

/** A stretch around a kink, and how fine the places for knots are there. */
interface Kink {
  readonly from: number;
  readonly to: number;
  readonly bits: number;
}

/**
 * Where a fewest line gives way to the next only within a stretch much shorter than the places' distance: at kinks. There
 * the places lie closer, as many to the stretch as to a line elsewhere. Undefined where the places are close enough.
 */
function kinkAt(
  bend: { readonly from: number; readonly to: number },
  { knotsPerLine, knotBits = 1000 }: Lattice,
  usual: number,
): Kink | undefined {
  const width = Math.max(bend.to - bend.from, Math.abs(bend.to) * 2 ** -48, 2 ** -1000);
  const bits = Math.min(Math.ceil(Math.log2(knotsPerLine / width)), knotBits, finest(Math.abs(bend.to) + width));
  return bits <= usual + 1 ? undefined : { from: bend.from - width, to: bend.to + width, bits };
}

/** The places at all kinks, increasing. */
function kinkPlaces(fewest: readonly TubeLine[], lattice: Lattice, ks: readonly number[]): number[] {
  const out = new Set<number>();
  fewest.forEach(({ bend }, i) => {
    const kink = bend && kinkAt(bend, lattice, Math.max(ks[i] as number, ks[i + 1] as number));
    if (!kink) return;
    const { from, to, bits } = kink;
    for (let at = nextMultiple(from, bits); at < to; at = nextMultiple(at, bits)) out.add(at);
  });
  return [...out].sort((p, q) => p - q);
}

/** The finest k for which float64 tells all multiples of 2^-k up to this size apart. */
function finest(size: number): number {
  return 51 - Math.floor(Math.log2(Math.max(size, 2 ** -1000)));
}

/** The next multiple of 2^-k above x; k is at most finest(x). */
function nextMultiple(x: number, k: number): number {
  return (Math.floor(x * 2 ** k) + 1) * 2 ** -k;
}

/** The states that reached one place, each value with the cheapest way to it. */
class Arrivals {
  readonly known = new Map<number, number>();
  readonly y: number[] = [];
  readonly slope: number[] = [];
  readonly cost: number[] = [];
  readonly back: number[] = [];

  offer(y: number, slope: number, cost: number, back: number): void {
    const i = this.known.get(y);
    if (i === undefined) {
      this.known.set(y, this.y.length);
      this.y.push(y);
      this.slope.push(slope);
      this.cost.push(cost);
      this.back.push(back);
    } else if (cost < (this.cost[i] as number)) {
      this.slope[i] = slope;
      this.cost[i] = cost;
      this.back[i] = back;
    }
  }

  /** The cheapest few, in order; of many thousands `most` are wanted. */
  cheapest(most: number): number[] {
    const { cost } = this;
    const order: number[] = [];
    for (let i = 0; i < cost.length; i++) {
      const c = cost[i] as number;
      if (order.length === most && c >= (cost[order[most - 1] as number] as number)) continue;
      if (order.length === most) order.pop();
      let k = order.length;
      for (; k > 0 && (cost[order[k - 1] as number] as number) > c; k--) order[k] = order[k - 1] as number;
      order[k] = i;
    }
    return order;
  }
}

class Search {
  /** The states kept, in order of their places. */
  private readonly x: number[] = [];
  private readonly y: number[] = [];
  private readonly slope: number[] = [];
  private readonly back: number[] = [];
  private readonly arrivals: (Arrivals | undefined)[];
  /** The places that one state reaches, and the multiples of its slope step that lead there. */
  private readonly coneAt: Int32Array;
  private readonly coneLeast: Float64Array;
  private readonly coneMost: Float64Array;
  private best = Number.POSITIVE_INFINITY;
  private endState = -1;
  private endSlope = 0;

  constructor(
    private readonly grid: Grid,
    private readonly prices: Prices,
    private readonly beam: number,
  ) {
    this.arrivals = new Array(grid.x.length);
    this.coneAt = new Int32Array(grid.x.length);
    this.coneLeast = new Float64Array(grid.x.length);
    this.coneMost = new Float64Array(grid.x.length);
  }

  run(first: Arrivals): Omit<LatticePath, 'steps'> | undefined {
    const { x } = this.grid;
    this.arrivals[0] = first;
    for (let i = 0; i < x.length; i++) {
      const here = this.arrivals[i];
      if (!here) continue;
      for (const s of here.cheapest(this.beam)) {
        this.x.push(i === 0 ? this.grid.first : (x[i] as number));
        this.y.push(here.y[s] as number);
        this.slope.push(here.slope[s] as number);
        this.back.push(here.back[s] as number);
        this.expand(this.x.length - 1, here.cost[s] as number, i);
      }
      this.arrivals[i] = undefined;
    }
    return this.endState < 0 ? undefined : this.path();
  }

  private expand(state: number, cost: number, post: number): void {
    const { x, lo, hi, place, slopeExponent, knotExponent, finestSlope } = this.grid;
    const { prices } = this;
    const x0 = this.x[state] as number;
    const y0 = this.y[state] as number;
    const before = this.slope[state] as number;
    // The first line has no slope before it.
    const from0 = Number.isNaN(before) ? 0 : before;
    const step = 2 ** -(slopeExponent[post] as number);
    const toUnits = 2 ** finestSlope;
    const gapUnits = 2 ** (knotExponent[post] as number);
    // First how far a line goes and what slopes each place allows, then the places that are worth a knot.
    const { coneAt, coneLeast, coneMost } = this;
    let places = 0;
    let least = Number.NEGATIVE_INFINITY;
    let most = Number.POSITIVE_INFINITY;
    const end = x.length - 1;
    for (let j = post; j <= end; j++) {
      const dx = (x[j] as number) - x0;
      if (dx === 0) continue;
      const down = ((lo[j] as number) - y0) / dx;
      const up = ((hi[j] as number) - y0) / dx;
      if (down > least) least = down;
      if (up < most) most = up;
      if (least > most) break;
      if (place[j] === 0 && j !== end) continue;
      const from = Math.ceil(least / step);
      const to = Math.floor(most / step);
      if (from > to) continue;
      coneAt[places] = j;
      coneLeast[places] = from;
      coneMost[places++] = to;
    }
    if (places === 0) return;
    const shortest = SHORTEST * ((x[coneAt[places - 1] as number] as number) - x0);
    for (let i = places - 1; i >= 0; i--) {
      const j = coneAt[i] as number;
      const dx = (x[j] as number) - x0;
      if (dx < shortest) return;
      const price = cost + prices.line + (j === end ? 0 : prices.gap(dx * gapUnits));
      const from = coneLeast[i] as number;
      const to = coneMost[i] as number;
      // Of many slopes only those of the fewest digits.
      let every = 1;
      while (to - from >= MOST_SLOPES * every) every *= 2;
      for (let s = every * Math.ceil(from / every); s <= to; s += every) {
        const slope = s * step;
        if (slope === before) continue;
        const sum = price + prices.jump((slope - from0) * toUnits);
        if (sum >= this.best) continue;
        if (j === end) {
          this.best = sum;
          this.endState = state;
          this.endSlope = slope;
        } else {
          let there = this.arrivals[j];
          if (!there) {
            there = new Arrivals();
            this.arrivals[j] = there;
          }
          there.offer(y0 + slope * dx, slope, sum, state);
        }
      }
    }
  }

  /** The exact knots: values are added up from the first one. */
  private path(): Omit<LatticePath, 'steps'> {
    const xs: number[] = [];
    const slopes: number[] = [this.endSlope];
    let s = this.endState;
    for (; (this.back[s] as number) >= 0; s = this.back[s] as number) {
      xs.push(this.x[s] as number);
      slopes.push(this.slope[s] as number);
    }
    xs.reverse();
    slopes.reverse();
    let at: DyadicKnot = { x: Dyadic.from(this.x[s] as number), y: Dyadic.from(this.y[s] as number) };
    const knots = [at];
    [...xs.map((v) => Dyadic.from(v)), this.grid.last].forEach((next, i) => {
      if (next.le(at.x)) return; // a domain of one point
      at = { x: next, y: at.y.add(Dyadic.from(slopes[i] as number).mul(next.sub(at.x))) };
      knots.push(at);
    });
    const { finestKnot, finestSlope } = this.grid;
    const starts = [this.x[s] as number, ...xs];
    return {
      knots,
      lines: slopes.length,
      price: this.best,
      gaps: xs.map((v, i) => (v - (starts[i] as number)) * 2 ** finestKnot),
      jumps: slopes.map((v, i) => (v - (i ? (slopes[i - 1] as number) : 0)) * 2 ** finestSlope),
    };
  }
}
