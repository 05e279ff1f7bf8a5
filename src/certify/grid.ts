/**
 * certifyOnGrid: a norm of f - net over a box of any dimension, enclosed, for networks that are nearly constant between known cuts.
 *
 *   sup     lower <= sup |f - net| <= upper
 *   L^p     lower <= (integral of |f - net|^p)^(1/p) <= upper
 *
 * On every box between neighbouring cuts the network's range comes from its layers (boxes.ts), f's from its enclosure. Boxes that
 * matter most are halved until upper/lower is within `ratio` or `maxBoxes` is reached; the network's range is kept while f's
 * sharpens. In L^p the integrals are those of lines in one dimension (lp.ts), of planes in others (boxNorm.ts). The cuts decide how
 * sharp the bounds are, never whether they hold.
 */
import { Dyadic, Interval, Rational, refuse, type Target } from '../exact/index.ts';
import { type Network, withoutConstants } from '../net/index.ts';
import { rangesOn } from './boxes.ts';
import { boxNorm } from './boxNorm.ts';
import { lineNorm, type Part } from './lp.ts';

export interface GridOptions {
  /** For each input where to cut, increasing, the ends of the box included. */
  readonly cuts: readonly (readonly Dyadic[])[];
  /** 'sup', or p >= 1. */
  readonly norm: 'sup' | number;
  /** The layers from this one on (counted from 0) are known not to decrease in any of their inputs. */
  readonly monotoneFrom?: number;
  /** Default 1.05. */
  readonly ratio?: number;
  /** Boxes beyond those of the grid. Default 2^13. */
  readonly maxBoxes?: number;
}

export interface GridCertificate {
  /** 'undecided': f is not shown to be bounded. */
  readonly status: 'proved' | 'undecided';
  readonly upper: Dyadic | undefined;
  readonly lower: Dyadic;
  readonly norm: 'sup' | number;
  /** sup: |f - net| is at least `lower` here. */
  readonly witness?: readonly Dyadic[];
  readonly boxes: number;
  readonly restsOn: readonly string[];
}

/** Most boxes of the grid itself. */
const MOST_BOXES = 1 << 22;
const PRECISION = 53;

/** Throws InputError where cuts, norm and target do not fit the network. */
export function certifyOnGrid(net: Network, target: Target, options: GridOptions): GridCertificate {
  const { cuts, norm, monotoneFrom } = options;
  const d = net.inputs;
  if (net.outputs !== 1) refuse('certifyOnGrid', 'a network with 1 output', net.outputs);
  if (target.inputs !== d) refuse('certifyOnGrid', `a target with ${d} input(s)`, target.inputs);
  if (cuts.length !== d || cuts.some((c) => c.length < 2 || c.some((v, k) => k > 0 && !(c[k - 1] as Dyadic).lt(v)))) {
    refuse('certifyOnGrid', `${d} increasing list(s) of at least 2 cuts`, cuts.map((c) => c.length).join(', '));
  }
  if (norm !== 'sup' && !(norm >= 1 && Number.isFinite(norm)))
    refuse('certifyOnGrid norm', "'sup' or a number p >= 1", norm);
  const { ratio = 1.05, maxBoxes = 1 << 13 } = options;
  if (!(ratio > 1)) refuse('certifyOnGrid ratio', 'a number above 1', ratio);
  const total = cuts.reduce((n, c) => n * (c.length - 1), 1);
  if (total > MOST_BOXES) refuse('certifyOnGrid', `at most ${MOST_BOXES} boxes`, total);
  const { lo, hi } = rangesOn(withoutConstants(net), cuts, monotoneFrom);
  if (d === 1 && norm !== 'sup') {
    const c = cuts[0] as readonly Dyadic[];
    const parts = Array.from(lo, (low, k): Part => {
      const range = Interval.of(low, hi[k] as number);
      const [from, to] = [c[k] as Dyadic, c[k + 1] as Dyadic].map((x) => Rational.fromDyadic(x)) as [
        Rational,
        Rational,
      ];
      return { from, to, slope: Dyadic.ZERO, intercept: range.mid, radius: range.hi.sub(range.mid) };
    });
    const { parts: boxes, status, upper, lower, restsOn } = lineNorm(parts, target, { p: norm, ratio });
    return Object.freeze({ status, upper, lower, norm, boxes, restsOn });
  }
  if (norm !== 'sup') {
    const found = boxNorm(
      Array.from(lo, (low, k) => ({ sides: sidesOf(cuts, k), range: Interval.of(low, hi[k] as number) })),
      target,
      norm,
      ratio,
      maxBoxes,
    );
    const status = found.upper ? ('proved' as const) : ('undecided' as const);
    return Object.freeze({ status, ...found, norm, restsOn: target.restsOn });
  }
  return new GridSearch(target, cuts, { ratio, maxBoxes }, total, lo, hi).run();
}

/** Box number k of the grid. */
function sidesOf(cuts: GridOptions['cuts'], k: number): Interval[] {
  let rest = k;
  return cuts.map((c) => {
    const at = rest % (c.length - 1);
    rest = (rest - at) / (c.length - 1);
    return Interval.of(c[at] as Dyadic, c[at + 1] as Dyadic);
  });
}

/** A box, what |f - net| can be on it, and how much it matters. */
interface Box {
  readonly sides: readonly Interval[];
  /** The network's range. */
  readonly range: Interval;
  readonly high: Dyadic;
  readonly weight: number;
}

class GridSearch {
  private readonly heap: Box[] = [];
  private lower = Dyadic.ZERO;
  /** The greatest bound on a box that halving does not improve. */
  private settled = Dyadic.ZERO;
  private witness: readonly Dyadic[] | undefined;

  constructor(
    private readonly target: Target,
    private readonly cuts: GridOptions['cuts'],
    private readonly limits: Required<Pick<GridOptions, 'ratio' | 'maxBoxes'>>,
    private readonly total: number,
    private readonly lo: Float64Array,
    private readonly hi: Float64Array,
  ) {}

  run(): GridCertificate {
    const { cuts, total } = this;
    const { ratio, maxBoxes } = this.limits;
    for (let k = 0; k < total; k++) {
      const box = this.box(sidesOf(cuts, k), Interval.of(this.lo[k] as number, this.hi[k] as number));
      if (!box) return this.result(undefined, k + 1);
      this.push(box);
    }
    let left = maxBoxes;
    while (left > 0) {
      const worst = this.heap[0] as Box;
      if (worst.weight <= 0) break;
      if (worst.high.le(this.settled) || worst.high.le(this.lower.mul(Dyadic.from(ratio)))) break;
      this.pop();
      for (const half of this.halves(worst)) {
        if (!half) return this.result(undefined, total);
        this.push(half);
      }
      left--;
    }
    const boxes = this.heap.length;
    const upper = this.heap.reduce((m, { high }) => m.max(high), Dyadic.ZERO);
    return this.result(upper, boxes);
  }

  private result(upper: Dyadic | undefined, boxes: number): GridCertificate {
    const { lower, witness, target } = this;
    return Object.freeze({
      status: upper ? ('proved' as const) : ('undecided' as const),
      upper,
      lower,
      norm: 'sup',
      ...(witness ? { witness } : {}),
      boxes,
      restsOn: target.restsOn,
    });
  }

  private box(sides: readonly Interval[], range: Interval): Box | undefined {
    const f = this.target.enclose(sides, PRECISION);
    if (!f) return undefined;
    const e = f.sub(range);
    const high = e.magnitude.roundBits(PRECISION, 'up');
    // Where the network itself is more uncertain than f, halving gains little.
    const open = range.width.lt(f.width);
    const weight = high.toNumber('up');
    if (weight > this.lower.toNumber()) this.look(sides, range);
    if (!open) this.settled = this.settled.max(high);
    return { range, sides, high, weight: open ? weight : 0 };
  }

  /** |f - net| in the middle of a box and in two of its corners, as a lower bound. */
  private look(sides: readonly Interval[], range: Interval): void {
    for (const pick of [(s: Interval) => s.mid, (s: Interval) => s.lo, (s: Interval) => s.hi]) {
      const point = sides.map(pick);
      const f = this.target.enclose(
        point.map((x) => Interval.of(x)),
        PRECISION,
      );
      const low = f?.sub(range).mignitude.roundBits(PRECISION, 'down');
      if (low?.gt(this.lower)) {
        this.lower = low;
        this.witness = Object.freeze(point);
      }
    }
  }

  /** Both halves along the side that is longest beside the grid's. */
  private halves({ sides, range }: Box): (Box | undefined)[] {
    let longest = 0;
    sides.forEach((s, k) => {
      if (s.width.gt((sides[longest] as Interval).width)) longest = k;
    });
    const side = sides[longest] as Interval;
    const middle = side.mid;
    return [Interval.of(side.lo, middle), Interval.of(middle, side.hi)].map((half) =>
      this.box(
        sides.map((s, k) => (k === longest ? half : s)),
        range,
      ),
    );
  }

  private push(box: Box): void {
    const { heap } = this;
    let k = heap.push(box) - 1;
    while (k > 0) {
      const up = (k - 1) >> 1;
      if ((heap[up] as Box).weight >= box.weight) break;
      heap[k] = heap[up] as Box;
      k = up;
    }
    heap[k] = box;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Box;
    if (heap.length === 0) return;
    let k = 0;
    for (;;) {
      let child = 2 * k + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Box).weight > (heap[child] as Box).weight) child++;
      if ((heap[child] as Box).weight <= last.weight) break;
      heap[k] = heap[child] as Box;
      k = child;
    }
    heap[k] = last;
  }
}
