/**
 * The L^p norm of f - net over boxes in any dimension, enclosed, where net is nearly constant on each: the piecewise bound of lp.ts
 * with planes for lines.
 *
 * On every box f - net is a plane l, give or take a radius r: the Taylor polynomial of degree 1 around the box's middle, or what f
 * offers instead. | ||f - net|| - ||planes|| | <= (sum of r^p volume)^(1/p) by Minkowski's inequality. The mean of |l|^p over a box
 * is l(m)^2 + sum (g_i h_i)^2 / 12 for p = 2. For other p it follows from convexity: over every part of the box it is between the
 * value in the part's middle and the mean of those at its corners. Boxes whose radius is too large are halved.
 */
import { Dyadic, Interval, quotient, type Target } from '../exact/index.ts';
import { raised, rooted } from '../exact/power.ts';

export interface NormBox {
  readonly sides: readonly Interval[];
  /** The network's range. */
  readonly range: Interval;
}

export interface BoxNorm {
  /** Undefined where f is not shown to be bounded. */
  readonly upper: Dyadic | undefined;
  readonly lower: Dyadic;
  readonly boxes: number;
}

const PRECISION = 64;
/** Planes keep this many digits; what is dropped is in the radius. */
const SHORT = 40;
/** Parts of a box for the bounds by convexity, at most; powers that are not whole take longer. */
const PARTS = 64;
const FEW_PARTS = 16;
const NOTHING: BoxNorm = Object.freeze({ upper: undefined, lower: Dyadic.ZERO, boxes: 0 });

/** f - net on a box: value in the middle, slopes, radius. */
interface Plane extends NormBox {
  readonly value: Dyadic;
  readonly slopes: readonly Dyadic[];
  readonly radius: Dyadic;
}

/** Boxes that do not overlap; at most `more` of them are added by halving until upper/lower is about `ratio`. */
export function boxNorm(boxes: readonly NormBox[], target: Target, p: number, ratio: number, more: number): BoxNorm {
  let planes: Plane[] = [];
  // Where the network itself moves (on ramps, a small part of the volume) a box counts with all that f - net can be there.
  let [low, high] = [Dyadic.ZERO, Dyadic.ZERO];
  for (const box of boxes) {
    if (box.range.isPoint) {
      const plane = planeOn(box, target);
      if (!plane) return NOTHING;
      planes.push(plane);
      continue;
    }
    const f = target.enclose(box.sides, PRECISION);
    if (!f) return NOTHING;
    const e = f.sub(box.range);
    const volume = volumeOf(box);
    low = low.add(raised(Interval.of(e.mignitude), p, PRECISION).lo.mul(volume)).roundBits(2 * PRECISION, 'down');
    high = high.add(raised(Interval.of(e.magnitude), p, PRECISION).hi.mul(volume)).roundBits(2 * PRECISION, 'up');
  }
  const rest = Interval.of(low, high);
  const whole = planes.reduce((v, box) => v.add(volumeOf(box)), Dyadic.ZERO);
  let left = more;
  let share = shareOf(planes, whole, ratio);
  for (let open = true; open && left > 0; ) {
    open = false;
    const next: Plane[] = [];
    for (const plane of planes) {
      if (plane.radius.le(share) || left <= 0) {
        next.push(plane);
        continue;
      }
      open = true;
      left--;
      for (const half of halves(plane)) {
        const made = planeOn(half, target);
        if (!made) return NOTHING;
        next.push(made);
      }
    }
    planes = next;
    if (open) share = shareOf(planes, whole, ratio);
  }
  const main = rooted(planesNorm(planes, p).add(rest), p, PRECISION);
  let radii = Dyadic.ZERO;
  for (const plane of planes) {
    if (plane.radius.isZero) continue;
    const each = raised(Interval.of(plane.radius), p, PRECISION).hi.mul(volumeOf(plane));
    radii = radii.add(each).roundBits(PRECISION, 'up');
  }
  const off = rooted(Interval.of(radii), p, PRECISION).hi;
  return {
    upper: main.hi.add(off).roundBits(PRECISION, 'up'),
    lower: main.lo.sub(off).max(Dyadic.ZERO).roundBits(PRECISION, 'down'),
    boxes: boxes.length + more - left,
  };
}

/** The radius at which a box is left as it is: about a quarter of what `ratio` allows, beside the root of the mean square. */
function shareOf(planes: readonly Plane[], whole: Dyadic, ratio: number): Dyadic {
  if (whole.isZero) return Dyadic.ZERO;
  const mean = quotient(planesNorm(planes, 2), Interval.of(whole), PRECISION) as Interval;
  return rooted(mean, 2, PRECISION)
    .lo.mul(Dyadic.from((ratio - 1) / 4))
    .roundBits(32, 'down');
}

const volumeOf = ({ sides }: NormBox): Dyadic => sides.reduce((v, s) => v.mul(s.width), Dyadic.ONE);

/** The sum over the boxes of the integral of |plane|^p. */
function planesNorm(planes: readonly Plane[], p: number): Interval {
  let [low, high] = [Dyadic.ZERO, Dyadic.ZERO];
  for (const plane of planes) {
    const mean = p === 2 ? meanSquare(plane) : meanPower(plane, p);
    const volume = volumeOf(plane);
    low = low.add(mean.lo.mul(volume)).roundBits(2 * PRECISION, 'down');
    high = high.add(mean.hi.mul(volume)).roundBits(2 * PRECISION, 'up');
  }
  return Interval.of(low, high);
}

function meanSquare({ value, slopes, sides }: Plane): Interval {
  const twelve = Interval.of(12);
  let sum = Dyadic.ZERO;
  slopes.forEach((g, k) => {
    const rise = g.mul((sides[k] as Interval).width);
    sum = sum.add(rise.mul(rise));
  });
  const spread = quotient(Interval.of(sum), twelve, 2 * PRECISION) as Interval;
  return spread.add(Interval.of(value.mul(value)));
}

/** Between the mean over the middles of equal parts and that over their corners. */
function meanPower({ value, slopes, sides }: Plane, p: number): Interval {
  const d = sides.length;
  const parts = 2 ** Math.floor(Math.log2(Number.isInteger(p) ? PARTS : FEW_PARTS) / d);
  const steps = slopes.map((g, k) => g.mul((sides[k] as Interval).width).scale(-Math.log2(parts) - 1));
  const power = (x: Dyadic): Interval => raised(Interval.of(x.abs()), p, PRECISION);
  // Positions in half parts from the box's lower corner: odd ones are middles, even ones corners.
  const at = (position: readonly number[]): Dyadic =>
    steps.reduce((v, s, k) => v.add(s.mul(Dyadic.from((position[k] as number) - parts))), value);
  let low = Dyadic.ZERO;
  let high = Dyadic.ZERO;
  for (const position of places(d, 1, parts)) low = low.add(power(at(position)).lo);
  for (const position of places(d, 0, parts + 1)) {
    // A corner belongs to 2^d parts inside, to half as many for every side it lies on.
    const outer = position.reduce((n, x) => n + (x === 0 || x === 2 * parts ? 1 : 0), 0);
    high = high.add(power(at(position)).hi.scale(-outer));
  }
  const count = d * Math.log2(parts);
  return Interval.of(low.scale(-count), high.scale(-count));
}

/** All lists of d numbers first, first + 2, ..., `count` of them. */
function* places(d: number, first: number, count: number): Generator<readonly number[]> {
  for (let k = 0; k < count ** d; k++) {
    yield Array.from({ length: d }, (_, axis) => first + 2 * (Math.floor(k / count ** axis) % count));
  }
}

/** Undefined where f is not shown to be bounded on the box. */
function planeOn(box: NormBox, target: Target): Plane | undefined {
  const { sides, range } = box;
  const middle = sides.map((s) => s.mid);
  const half = sides.map((s) => s.width.scale(-1));
  const point = middle.map((x) => Interval.of(x));
  const unit = (v: number): string => sides.map((_, w) => (v === w ? 1 : 0)).join(',');
  const curved = target.partials?.(sides, 2, PRECISION);
  const centre = target.enclose(point, PRECISION);
  const slopesAt = curved ? target.partials?.(point, 1, PRECISION) : target.partials?.(sides, 1, PRECISION);
  let value: Interval | undefined = centre;
  let slopes = sides.map(() => Interval.of(0));
  let radius = Dyadic.ZERO;
  if (slopesAt && centre) {
    slopes = sides.map((_, v) => slopesAt.get(unit(v)) as Interval);
    for (const [key, d] of curved ?? []) {
      const powers = key.split(',').map(Number);
      if (powers.reduce((a, b) => a + b, 0) !== 2) continue;
      let most = d.magnitude;
      powers.forEach((q, k) => {
        for (let i = 0; i < q; i++) most = most.mul(half[k] as Dyadic);
      });
      radius = radius.add(most);
    }
  } else value = target.enclose(sides, PRECISION);
  if (!value) return undefined;
  const [main, off] = shortened(value.sub(range));
  const lines = slopes.map(shortened);
  radius = lines.reduce((r, [, o], k) => r.add(o.mul(half[k] as Dyadic)), radius.add(off));
  return { ...box, value: main, slopes: lines.map(([g]) => g), radius: radius.roundBits(32, 'up') };
}

/** A short number in or near the interval, and how far it is at most from any of its points. */
function shortened(x: Interval): [Dyadic, Dyadic] {
  const near = x.mid.roundBits(SHORT, 'nearest');
  return [near, x.hi.sub(near).max(near.sub(x.lo))];
}

/** Both halves along the longest side. */
function halves({ sides, range }: NormBox): NormBox[] {
  let most = 0;
  sides.forEach((s, k) => {
    if (s.width.gt((sides[most] as Interval).width)) most = k;
  });
  const side = sides[most] as Interval;
  return [Interval.of(side.lo, side.mid), Interval.of(side.mid, side.hi)].map((half) => ({
    sides: sides.map((s, k) => (k === most ? half : s)),
    range,
  }));
}
