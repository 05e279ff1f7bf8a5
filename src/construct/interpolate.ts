/**
 * Piecewise-linear interpolation, exactly. Given knots (x_0, y_0), ..., (x_n, y_n), x increasing, all dyadic, every slope
 * s_i = (y_i - y_{i-1}) / (x_i - x_{i-1}) dyadic, with m kinks (interior knots where the slope jumps, by d_i):
 *
 *   map       R(Phi)(x) = the function that is linear between neighbouring knots, for every real x in [x_0, x_n]
 *   depth     1 where m = 0 (then the line goes on at both ends); otherwise 2, or 2 + t under `bits` (below)
 *   forms     'left'   y_0 + s_1 relu(x - x_0) + sum d_i relu(x - x_i); width m + 1; constant before x_0, slope s_n after x_n
 *             'right'  its mirror image: y_n - s_n relu(x_n - x) + sum d_i relu(x_i - x); slope s_1 before x_0, constant after
 *             'lines'  c + sum d_i relu(+-(x - x_i)) with the signs chosen so that the units turned left carry s_1;
 *                      width m, the first and last line go on at both ends; where the jumps allow it
 *             'auto'   the fewest non-zero weights, in the order lines, left, right
 *             A unit whose weight is zero (s_1 = 0 in 'left') is not built.
 *   weights   +-1 and the knots before the relu, the jumps and one constant after it: M <= 3 width + 1
 *   bits      with `bits` b (and `integerBits` a) every weight lies in Q(a, b): unit i becomes
 *             (d_i 2^-j) relu(2^j x - 2^j x_i), equal because relu is positively homogeneous; jumps of 2^(a+1) and more are
 *             shared by copies of the unit; a constant finer than 2^-b comes from a unit of its own; what is finer still
 *             is built 2^(t b) times too large and brought down by t layers that multiply by 2^-b (width 2).
 *
 * Throws InputError where the knots do not increase, a slope is not dyadic, or Q(a, b) cannot hold the function this way.
 */
import { Dyadic, type DyadicLike, InputError, refuse, shown } from '../exact/index.ts';
import { LayerBuilder, Network, type Term } from '../net/index.ts';

export interface DyadicKnot {
  readonly x: Dyadic;
  readonly y: Dyadic;
}
export type DyadicKnotLike = DyadicKnot | readonly [x: DyadicLike, y: DyadicLike];

export type InterpolateForm = 'left' | 'right' | 'lines';

export interface InterpolateOptions {
  /** Default 'auto'. */
  readonly form?: InterpolateForm | 'auto';
  /** Fractional bits b of Q(a, b); without it each weight has the bits that it needs. */
  readonly bits?: number;
  /** Integer bits a of Q(a, b); without it as many as are needed. */
  readonly integerBits?: number;
  /**
   * With 'even' each unit is scaled by the power of two that leaves the knots of all units equally many fractional bits as
   * far as that is possible: knots that crowd together in one place (as for a square root) then need few bits each.
   */
  readonly units?: 'plain' | 'even';
}

/** weight * relu(side * (x - at)). */
interface Hinge {
  readonly at: Dyadic;
  readonly side: 1 | -1;
  readonly weight: Dyadic;
}

/** constant + the sum of the hinges. */
interface HingeSum {
  readonly constant: Dyadic;
  readonly hinges: readonly Hinge[];
}

const FORMS: readonly InterpolateForm[] = ['lines', 'left', 'right'];
/** Most units that stand in for one whose weight is too large for Q(a, b). */
const MAX_COPIES = 1 << 16;
const MAX_SCALE_LAYERS = 4096;

/** The network that equals the piecewise-linear function through the knots on [x_0, x_n]. */
export function interpolate(knots: readonly DyadicKnotLike[], options: InterpolateOptions = {}): Network {
  const polyline = readKnots(knots);
  const form = options.form ?? 'auto';
  if (form !== 'auto' && !FORMS.includes(form)) {
    refuse('interpolate form', "'auto', 'lines', 'left' or 'right'", form);
  }
  if (polyline.kinks.length === 0) return line(polyline, options);
  const sums = (form === 'auto' ? FORMS : [form]).flatMap((f) => hingeSum(polyline, f) ?? []);
  const best = sums.reduce<HingeSum | undefined>((a, b) => (a && weightsOf(a) <= weightsOf(b) ? a : b), undefined);
  if (!best) refuse(`interpolate form '${form}'`, 'jumps of which some add up to the first slope', 'knots without');
  return realise(best, options);
}

/** The forms of which this function has a network. */
export function interpolateForms(knots: readonly DyadicKnotLike[]): InterpolateForm[] {
  const polyline = readKnots(knots);
  return polyline.kinks.length === 0 ? ['lines'] : FORMS.filter((f) => hingeSum(polyline, f));
}

interface Polyline {
  readonly first: DyadicKnot;
  readonly last: DyadicKnot;
  readonly firstSlope: Dyadic;
  readonly lastSlope: Dyadic;
  readonly kinks: readonly { readonly x: Dyadic; readonly jump: Dyadic }[];
}

function readKnots(given: readonly DyadicKnotLike[]): Polyline {
  if (given.length === 0) refuse('interpolate', 'at least one knot', 'none');
  const knots = given.map((k): DyadicKnot => ('x' in k ? k : { x: Dyadic.from(k[0]), y: Dyadic.from(k[1]) }));
  const kinks: { x: Dyadic; jump: Dyadic }[] = [];
  const slopes: Dyadic[] = [];
  for (let i = 1; i < knots.length; i++) {
    const a = knots[i - 1] as DyadicKnot;
    const b = knots[i] as DyadicKnot;
    const dx = b.x.sub(a.x);
    const dy = b.y.sub(a.y);
    if (dx.sign <= 0) refuse(`interpolate knot ${i}`, `an x above ${shown(a.x)}`, b.x);
    if (dy.m % dx.m !== 0n) {
      refuse(`interpolate knot ${i}`, 'a dyadic slope from the knot before', `(${dy}) / (${dx})`);
    }
    const slope = Dyadic.of(dy.m / dx.m, dy.e - dx.e);
    const before = slopes.at(-1);
    if (before && !before.eq(slope)) kinks.push({ x: a.x, jump: slope.sub(before) });
    slopes.push(slope);
  }
  return {
    first: knots[0] as DyadicKnot,
    last: knots[knots.length - 1] as DyadicKnot,
    firstSlope: slopes[0] ?? Dyadic.ZERO,
    lastSlope: slopes.at(-1) ?? Dyadic.ZERO,
    kinks,
  };
}

function hingeSum(
  { first, last, firstSlope, lastSlope, kinks }: Polyline,
  form: InterpolateForm,
): HingeSum | undefined {
  if (form === 'left') {
    const hinges = kinks.map(({ x, jump }): Hinge => ({ at: x, side: 1, weight: jump }));
    if (!firstSlope.isZero) hinges.unshift({ at: first.x, side: 1, weight: firstSlope });
    return { constant: first.y, hinges };
  }
  if (form === 'right') {
    const hinges = kinks.map(({ x, jump }): Hinge => ({ at: x, side: -1, weight: jump }));
    if (!lastSlope.isZero) hinges.push({ at: last.x, side: -1, weight: lastSlope.neg() });
    return { constant: last.y, hinges };
  }
  const turned = kinksThatCarry(
    firstSlope.neg(),
    kinks.map((k) => k.jump),
  );
  if (!turned) return undefined;
  // Every hinge turned left adds jump * (at - x) at the first knot; the others are zero there.
  let constant = first.y;
  const hinges = kinks.map(({ x, jump }, i): Hinge => {
    if (!turned.has(i)) return { at: x, side: 1, weight: jump };
    constant = constant.sub(jump.mul(x.sub(first.x)));
    return { at: x, side: -1, weight: jump };
  });
  return { constant, hinges };
}

/**
 * Kinks whose jumps add up to `wanted`: none, all up to a flat piece, or at most two that are turned or two that are not
 * (a search over all subsets is not worth one unit).
 */
function kinksThatCarry(wanted: Dyadic, jumps: readonly Dyadic[]): Set<number> | undefined {
  const pair = atMostTwo(wanted, jumps);
  if (pair) return new Set(pair);
  let sum = Dyadic.ZERO;
  for (let i = 0; i < jumps.length; i++) {
    sum = sum.add(jumps[i] as Dyadic);
    if (sum.eq(wanted)) return new Set(Array.from({ length: i + 1 }, (_, k) => k));
  }
  let all = Dyadic.ZERO;
  for (const jump of jumps) all = all.add(jump);
  const kept = atMostTwo(all.sub(wanted), jumps);
  if (!kept) return undefined;
  return new Set(jumps.map((_, i) => i).filter((i) => !kept.includes(i)));
}

function atMostTwo(wanted: Dyadic, jumps: readonly Dyadic[]): number[] | undefined {
  if (wanted.isZero) return [];
  const seen = new Map<string, number>();
  let found: number[] | undefined;
  for (let i = 0; i < jumps.length; i++) {
    const jump = jumps[i] as Dyadic;
    if (jump.eq(wanted)) return [i];
    const other = seen.get(wanted.sub(jump).toString());
    if (other !== undefined) found ??= [other, i];
    seen.set(jump.toString(), i);
  }
  return found;
}

function weightsOf({ constant, hinges }: HingeSum): number {
  return hinges.reduce((n, h) => n + (h.at.isZero ? 2 : 3), constant.isZero ? 0 : 1);
}

/** y = slope * x + constant, with no hidden unit where Q(a, b) holds both numbers. */
function line({ first, last, firstSlope }: Polyline, options: InterpolateOptions): Network {
  const constant = first.y.sub(firstSlope.mul(first.x));
  const { bits = Number.POSITIVE_INFINITY, integerBits = Number.POSITIVE_INFINITY } = options;
  if ([constant, firstSlope].every((w) => w.fractionalBits <= bits && w.exponent <= integerBits)) {
    const layer = new LayerBuilder(1);
    layer.unit(constant, [0, firstSlope]);
    return new Network([layer.build()]);
  }
  const hinges: Hinge[] = firstSlope.isZero ? [] : [{ at: first.x.min(last.x), side: 1, weight: firstSlope }];
  return realise({ constant: first.y, hinges }, options);
}

function realise(sum: HingeSum, options: InterpolateOptions): Network {
  const { bits, integerBits = Number.POSITIVE_INFINITY } = options;
  const even = options.units === 'even' ? evenShift(sum.hinges) : undefined;
  const wish = (h: Hinge): number => (even === undefined || h.at.isZero ? 0 : h.at.fractionalBits - even);
  if (bits === undefined && integerBits === Number.POSITIVE_INFINITY) {
    return assemble(sum, sum.hinges.map(wish), 0, Number.POSITIVE_INFINITY, integerBits);
  }
  const b = bits ?? Number.POSITIVE_INFINITY;
  const layers = scaleLayers(sum, b);
  if (layers > MAX_SCALE_LAYERS) {
    refuse(`interpolate with ${b} fractional bits`, `at most ${MAX_SCALE_LAYERS} scaling layers`, layers);
  }
  const shifts = sum.hinges.map((h) => {
    const most = Math.min(b * (1 + layers) - h.weight.fractionalBits, integerBits, integerBits - h.at.exponent);
    const least = Number.isFinite(b) ? Math.max(h.at.fractionalBits - b, -b) : Number.NEGATIVE_INFINITY;
    if (least > most) {
      throw new InputError(
        `interpolate: no unit for the knot at ${shown(h.at)} in Q(${integerBits},${b}): give more bits, or more integer bits`,
      );
    }
    return Math.min(Math.max(wish(h), least), most);
  });
  return assemble(sum, shifts, layers, b, integerBits);
}

/** The number of fractional bits to which the most knots can be brought. */
function evenShift(hinges: readonly Hinge[]): number {
  return hinges.reduce((least, h) => (h.at.isZero ? least : Math.min(least, h.at.fractionalBits)), 64);
}

/** The least t for which units with b fractional bits, brought down by 2^(-t b), reach every jump and the constant. */
function scaleLayers({ constant, hinges }: HingeSum, b: number): number {
  let need = constant.fractionalBits - b; // a unit of its own reaches 2b bits
  for (const h of hinges) {
    const knot = Math.max(h.at.fractionalBits - b, -b);
    need = Math.max(need, h.weight.fractionalBits + knot);
  }
  if (need <= b || !Number.isFinite(b)) return 0;
  if (b === 0) throw new InputError('interpolate: 0 fractional bits hold only whole knots, values and slopes');
  return Math.ceil(need / b) - 1;
}

/**
 * Layer 1: the units. Layer 2: their sum, times 2^(t b); where t > 0 as its positive and negative part, followed by
 * t layers of two weights 2^-b.
 */
function assemble(sum: HingeSum, shifts: readonly number[], t: number, b: number, a: number): Network {
  const up = t === 0 ? 0 : t * b;
  const first = new LayerBuilder(1);
  const terms: Term[] = [];
  const add = (bias: Dyadic, slope: Dyadic, weight: Dyadic): void => {
    for (const part of shares(weight, b, a)) terms.push([first.unit(bias, [0, slope]), part]);
  };
  sum.hinges.forEach((h, i) => {
    const j = shifts[i] as number;
    const slope = Dyadic.of(BigInt(h.side), j);
    add(slope.mul(h.at).neg(), slope, h.weight.scale(up - j));
  });
  let constant = sum.constant.scale(up);
  if (Number.isFinite(b) && constant.fractionalBits > b) {
    const coarse = constant.roundTo(b, 'down');
    add(Dyadic.pow2(-b), Dyadic.ZERO, constant.sub(coarse).scale(b));
    constant = coarse;
  }
  if (constant.exponent > a) {
    // Half of the largest power of two that Q(a, b) holds, as often as it goes; the rest is the bias.
    const unit = Dyadic.pow2(a);
    const times = Dyadic.of(constant.abs().scale(-a).floor());
    add(unit, Dyadic.ZERO, constant.sign < 0 ? times.neg() : times);
    constant = constant.sign < 0 ? constant.add(unit.mul(times)) : constant.sub(unit.mul(times));
  }
  if (first.size === 0) add(Dyadic.ZERO, Dyadic.ZERO, Dyadic.ONE);
  const second = new LayerBuilder(first.size);
  second.row(constant, terms);
  if (t === 0) return new Network([first.build(), second.build()]);
  second.row(
    constant.neg(),
    terms.map(([from, w]) => [from, (w as Dyadic).neg()] as const),
  );
  const down = Dyadic.pow2(-b);
  const middle = Array.from({ length: t - 1 }, () => {
    const layer = new LayerBuilder(2);
    layer.unit(0, [0, down]);
    layer.unit(0, [1, down]);
    return layer.build();
  });
  const last = new LayerBuilder(2);
  last.unit(0, [0, down], [1, down.neg()]);
  return new Network([first.build(), second.build(), ...middle, last.build()]);
}

/** The weight as a sum of few weights of Q(a, b): itself, or as many nearly equal ones as it takes. */
function shares(weight: Dyadic, b: number, a: number): Dyadic[] {
  if (weight.exponent <= a) return [weight];
  const s = Math.max(Number.isFinite(b) ? b : 0, weight.fractionalBits, -a);
  const whole = weight.mantissaAt(s);
  const size = whole < 0n ? -whole : whole;
  const most = (1n << BigInt(a + 1 + s)) - 1n;
  const n = (size + most - 1n) / most;
  if (n > BigInt(MAX_COPIES)) {
    throw new InputError(
      `interpolate: the weight ${shown(weight)} needs ${n} copies of its unit below 2^${a + 1}: give more integer bits`,
    );
  }
  const share = size / n;
  const extra = Number(size % n);
  const sign = whole < 0n ? -1n : 1n;
  return Array.from({ length: Number(n) }, (_, i) => Dyadic.of(sign * (share + (i < extra ? 1n : 0n)), -s));
}
