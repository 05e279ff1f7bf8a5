/**
 * certifyLp: the L^p norm of f - net over an interval, enclosed.
 *
 *   lower <= (integral of |f - net|^p)^(1/p) <= upper,   p >= 1
 *
 * On every linear piece of the network f is a line, give or take a radius r: exactly where f is a table (its knots cut the pieces
 * too), by a Taylor polynomial elsewhere. The integral of |line|^p is exact; the radii enter by Minkowski's inequality:
 * | ||f - net|| - ||lines|| | <= (sum of r^p h)^(1/p). Pieces whose radius is too large are halved.
 */
import { Dyadic, type DyadicLike, Interval, quotient, Rational, refuse, type Target } from '../exact/index.ts';
import { raised, rooted } from '../exact/power.ts';
import { type Network, withoutConstants } from '../net/index.ts';
import { lineIntegral } from './integral.ts';
import { linearPieces } from './pieces.ts';

export interface LpOptions {
  /** p >= 1. */
  readonly p: number;
  /** Default [0, 1]; for a table its own range. */
  readonly domain?: readonly [DyadicLike, DyadicLike];
  /** Pieces are halved until upper/lower is about this. Default 1.01. */
  readonly ratio?: number;
  /** Most pieces after halving. Default 2^20. */
  readonly maxParts?: number;
}

export interface LpCertificate {
  /** 'undecided': f is not shown to be bounded. */
  readonly status: 'proved' | 'undecided';
  readonly upper: Dyadic | undefined;
  readonly lower: Dyadic;
  readonly p: number;
  /** Lines that were integrated. */
  readonly parts: number;
  readonly restsOn: readonly string[];
}

/** An interval on which the network is a line, give or take `radius`. */
export interface Part {
  readonly from: Rational;
  readonly to: Rational;
  readonly slope: Dyadic;
  readonly intercept: Dyadic;
  readonly radius: Dyadic;
}

const PRECISION = 96;
/** A piece is halved at most so often. */
const HALVINGS = 40;

/** Throws InputError unless network and target have one input and one output and p >= 1. */
export function certifyLp(net: Network, target: Target, options: LpOptions): LpCertificate {
  if (net.inputs !== 1 || net.outputs !== 1) {
    refuse('certifyLp', 'a network with 1 input and 1 output', `${net.inputs} and ${net.outputs}`);
  }
  if (target.inputs !== 1) refuse('certifyLp', 'a target with 1 input', target.inputs);
  const { knots } = target;
  const [a, b] = options.domain ?? [knots?.[0]?.x.roundTo(64, 'up') ?? 0, knots?.at(-1)?.x.roundTo(64, 'down') ?? 1];
  const [lo, hi] = [Dyadic.from(a), Dyadic.from(b)];
  if (!lo.lt(hi)) refuse('certifyLp domain', 'lower end < upper end', `[${lo}, ${hi}]`);
  const limit = options.maxParts ?? 1 << 20;
  const parts: Part[] = [];
  for (const piece of linearPieces(withoutConstants(net), { lo, hi, limit: limit + 1 })) {
    parts.push({ ...piece, radius: Dyadic.ZERO });
  }
  if (parts.length > limit) refuse('certifyLp', `a network of at most ${limit} linear pieces`, 'more');
  return lineNorm(parts, target, options);
}

/** The norm over the parts, which adjoin. */
export function lineNorm(parts: readonly Part[], target: Target, options: LpOptions): LpCertificate {
  const { p, ratio = 1.01, maxParts = 1 << 20 } = options;
  if (!(p >= 1 && Number.isFinite(p))) refuse('certifyLp p', 'a number p >= 1', p);
  if (!(ratio > 1)) refuse('certifyLp ratio', 'a number above 1', ratio);
  const found = linesOf(parts, target, p, ratio, maxParts);
  if (!found) return missing(target, p, parts.length);
  const total = sums(found, p);
  const main = rooted(total.lines, p, PRECISION);
  const rest = rooted(Interval.of(total.radii), p, PRECISION).hi;
  return Object.freeze({
    status: 'proved',
    upper: main.hi.add(rest).roundBits(64, 'up'),
    lower: main.lo.sub(rest).max(Dyadic.ZERO).roundBits(64, 'down'),
    p,
    parts: found.length,
    restsOn: target.restsOn,
  });
}

/** f - net as lines; undefined where f is not shown to be bounded. */
function linesOf(
  parts: readonly Part[],
  target: Target,
  p: number,
  ratio: number,
  maxParts: number,
): readonly Line[] | undefined {
  const exact = target.kind === 'table' && target.knots?.length ? againstTable(parts, target) : undefined;
  if (exact) return exact;
  const lines: Line[] = [];
  for (const part of parts) {
    const line = modelled(part, target);
    if (!line) return undefined;
    lines.push(line);
  }
  // Halve where the radius matters beside the norm so far.
  const whole = (parts.at(-1) as Part).to.sub((parts[0] as Part).from).roundBits(64, 'up');
  const mean = rooted(sums(lines, p).lines, p, 32).hi;
  const weight = rooted(Interval.of(whole), p, 32).lo;
  const share = quotient(Interval.of(mean.mul(Dyadic.from((ratio - 1) / 4))), Interval.of(weight), 32)?.hi;
  return halved(lines, target, share ?? Dyadic.ZERO, maxParts);
}

function missing(target: Target, p: number, parts: number): LpCertificate {
  return Object.freeze({
    status: 'undecided',
    upper: undefined,
    lower: Dyadic.ZERO,
    p,
    parts,
    restsOn: target.restsOn,
  });
}

/** f - net on one part: values at its ends, and the radius; `own` is what halving the part may improve. */
interface Line {
  readonly part: Part;
  readonly a: Rational;
  readonly c: Rational;
  readonly radius: Dyadic;
  readonly own: Dyadic;
}

const at = ({ slope, intercept }: Part, x: Rational): Rational =>
  Rational.fromDyadic(slope).mul(x).add(Rational.fromDyadic(intercept));

/** A table is linear between its knots: every line is exact. */
function againstTable(parts: readonly Part[], { knots = [] }: Target): Line[] | undefined {
  const first = parts[0] as Part;
  const last = parts.at(-1) as Part;
  if (first.from.compare((knots[0] as { x: Rational }).x) < 0) return undefined;
  if (last.to.compare((knots.at(-1) as { x: Rational }).x) > 0) return undefined;
  const lines: Line[] = [];
  let k = 0;
  for (const part of parts) {
    let from = part.from;
    while (from.compare(part.to) < 0) {
      while ((knots[k + 1] as { x: Rational }).x.compare(from) <= 0) k++;
      const [p, q] = [knots[k], knots[k + 1]] as [{ x: Rational; y: Rational }, { x: Rational; y: Rational }];
      const to = q.x.compare(part.to) < 0 ? q.x : part.to;
      const slope = q.y.sub(p.y).div(q.x.sub(p.x));
      const value = (x: Rational): Rational => p.y.add(slope.mul(x.sub(p.x))).sub(at(part, x));
      lines.push({ part: { ...part, from, to }, a: value(from), c: value(to), radius: part.radius, own: Dyadic.ZERO });
      from = to;
    }
  }
  return lines;
}

/** The line f(m) + f'(m) (x - m), or with the middle of f' over the part, or the middle of f over it: the best that f offers. */
function modelled(part: Part, target: Target): Line | undefined {
  const { from, to } = part;
  const box = Interval.of(low(from, 'down'), low(to, 'up'));
  const middle = box.mid;
  const half = Interval.of(middle.sub(box.lo).max(box.hi.sub(middle)));
  const taylor = target.taylor?.(box, 2, 64);
  const centre = target.enclose([Interval.of(middle)], 64);
  const point = taylor && target.taylor?.(Interval.of(middle), 1, 64);
  let value: Dyadic;
  let slope = Dyadic.ZERO;
  let own: Dyadic;
  if (taylor && point) {
    value = (point[0] as Interval).mid;
    slope = (point[1] as Interval).mid;
    own = radius(point[0] as Interval)
      .add(radius(point[1] as Interval).mul(half.hi))
      .add((taylor[2] as Interval).magnitude.mul(half.hi).mul(half.hi));
  } else {
    const flat = target.taylor?.(box, 1, 64);
    if (flat && centre) {
      value = centre.mid;
      slope = (flat[1] as Interval).mid;
      own = radius(centre).add(radius(flat[1] as Interval).mul(half.hi));
    } else {
      const whole = target.enclose([box], 64);
      if (!whole) return undefined;
      value = whole.mid;
      own = radius(whole);
    }
  }
  own = own.roundBits(32, 'up');
  const short = slope.roundBits(64, 'nearest');
  own = own.add(slope.sub(short).abs().mul(half.hi)).roundBits(32, 'up');
  const line = (x: Rational): Rational =>
    Rational.fromDyadic(value)
      .add(Rational.fromDyadic(short).mul(x.sub(Rational.fromDyadic(middle))))
      .sub(at(part, x));
  return { part, a: line(from), c: line(to), radius: own.add(part.radius), own };
}

const radius = ({ lo, hi }: Interval): Dyadic => hi.sub(lo).scale(-1);

/** A dyadic end: the fraction itself, or a little outside. */
function low(x: Rational, mode: 'down' | 'up'): Dyadic {
  return x.toDyadic() ?? x.roundBits(128, mode);
}

function halved(lines: readonly Line[], target: Target, share: Dyadic, limit: number): Line[] | undefined {
  const out: Line[] = [];
  const stack: { line: Line; depth: number }[] = [];
  let left = limit - lines.length;
  for (const first of lines) {
    stack.push({ line: first, depth: 0 });
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { line, depth } = next;
      if (line.own.le(share) || depth >= HALVINGS || left <= 0) {
        out.push(line);
        continue;
      }
      const { part } = line;
      const middle = part.from.add(part.to).mul(Rational.of(1n, 2n));
      const [a, b] = [modelled({ ...part, to: middle }, target), modelled({ ...part, from: middle }, target)];
      if (!a || !b) return undefined;
      left--;
      stack.push({ line: b, depth: depth + 1 }, { line: a, depth: depth + 1 });
    }
  }
  return out;
}

/** The integral of the lines' p-th power, and the radii's (f's own; that of the network is in the first). */
function sums(lines: readonly Line[], p: number): { lines: Interval; radii: Dyadic } {
  let sum = Interval.of(0);
  let radii = Dyadic.ZERO;
  for (const { part, a, c, radius } of lines) {
    const length = part.to.sub(part.from);
    if (!part.radius.isZero) {
      // The network itself is uncertain: such parts are short, and count with the most that they can be.
      const most = a.abs().roundBits(64, 'up').max(c.abs().roundBits(64, 'up')).add(radius);
      const each = raised(Interval.of(most), p, PRECISION).hi.mul(length.roundBits(64, 'up'));
      sum = sum.add(Interval.of(Dyadic.ZERO, each)).round(PRECISION + 32);
      continue;
    }
    sum = sum.add(lineIntegral(a, c, length, p)).round(PRECISION + 32);
    if (radius.isZero) continue;
    const each = raised(Interval.of(radius), p, PRECISION).hi.mul(length.roundBits(64, 'up'));
    radii = radii.add(each).roundBits(PRECISION, 'up');
  }
  return { lines: Interval.of(sum.lo.max(Dyadic.ZERO), sum.hi), radii };
}
