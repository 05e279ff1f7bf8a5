/**
 * A small network that satisfies an interval specification. The specification at its ends is a tube; the fewest lines
 * through it, with some room to its borders, are found in float64; knots and slopes then become the shortest dyadics that
 * the room allows, one after the other, so that errors do not add up; the network is kept only if every clause holds,
 * decided exactly.
 */
import { fewestLines, type Tube, type TubeLine } from '../construct/interpolate-tube.ts';
import { Dyadic, InputError } from '../exact/index.ts';
import { encodeNetwork, type IntervalRequirement } from '../io/index.ts';
import { LayerBuilder, Network } from '../net/index.ts';
import { checkIntervals, type IntervalCheck, type Post, posts } from './intervals.ts';

export interface IntervalFit {
  readonly status: 'proved';
  /** Depth 2: c + sum of slope change * relu(x - knot). */
  readonly network: Network;
  readonly check: IntervalCheck;
  /** Linear pieces, and the fewest that any continuous function needs here as far as float64 can tell. */
  readonly lines: number;
  readonly fewest: number;
  readonly fileBytes: number;
}

/** The room kept to the borders, as a part of half the tube. */
const ROOMS: readonly number[] = [
  1 / 2,
  1 / 3,
  1 / 4,
  1 / 6,
  1 / 8,
  1 / 12,
  1 / 16,
  1 / 24,
  1 / 32,
  1 / 64,
  1 / 128,
  1 / 512,
  1 / 4096,
];

/**
 * The smallest network (by file bytes) among those found, proved. Throws InputError where clauses contradict each other
 * (naming them), or where no network was found because the tube is too narrow for float64 to steer through.
 */
export function fitIntervals(requirements: readonly IntervalRequirement[]): IntervalFit {
  const asked = posts(requirements);
  const fewest = fewestLines(tubeOf(asked, 0) ?? tooNarrow()).length;
  let best: IntervalFit | undefined;
  for (const room of ROOMS) {
    const tube = tubeOf(asked, room);
    if (!tube) continue;
    const polyline = shorten(fewestLines(tube), tube, asked, room);
    if (!polyline) continue;
    const network = realise(polyline);
    const fileBytes = encodeNetwork({ network }).length;
    if (best && fileBytes >= best.fileBytes) continue;
    const check = checkIntervals(network, requirements);
    if (check.status === 'proved') {
      best = Object.freeze({ status: 'proved', network, check, lines: polyline.slopes.length, fewest, fileBytes });
    }
  }
  return best ?? tooNarrow();
}

function tooNarrow(): never {
  throw new InputError('fit: the clauses leave too narrow a tube for the search in float64; no network was found');
}

/** The posts as a tube, `room` of its half-width away from its borders; undefined where float64 cannot hold it apart. */
function tubeOf(asked: readonly Post[], room: number): Tube | undefined {
  const values = asked.flatMap(({ above, below }) => [above, below].flatMap((b) => (b ? [b.value.toNumber()] : [])));
  const reach = values.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
  const x: number[] = [];
  const lo: number[] = [];
  const hi: number[] = [];
  for (const post of asked) {
    // A side that nothing asks for is open: far away from everything that is asked.
    const low = post.above?.value.toNumber('up') ?? -4 * reach;
    const high = post.below?.value.toNumber('down') ?? 4 * reach;
    const keep = (room * (high - low)) / 2;
    const at = post.x.toNumber();
    if (x.length > 0 && x[x.length - 1] === at) {
      lo[x.length - 1] = Math.max(lo[x.length - 1] as number, low + keep);
      hi[x.length - 1] = Math.min(hi[x.length - 1] as number, high - keep);
    } else {
      x.push(at);
      lo.push(low + keep);
      hi.push(high - keep);
    }
    if (!((lo[lo.length - 1] as number) < (hi[hi.length - 1] as number))) return undefined;
  }
  return { x: Float64Array.from(x), lo: Float64Array.from(lo), hi: Float64Array.from(hi) };
}

/** y = start at the first knot; then each slope up to the next knot. */
interface Polyline {
  readonly knots: readonly Dyadic[];
  readonly start: Dyadic;
  readonly slopes: readonly Dyadic[];
}

/** Knots and slopes of few digits within the room; undefined where there are none. */
function shorten(lines: readonly TubeLine[], tube: Tube, asked: readonly Post[], room: number): Polyline | undefined {
  const spare = spareOf(lines, tube, asked, room);
  const valueOn = (line: TubeLine, x: number): number => line.y0 + line.slope * (x - line.x0);
  const first = lines[0] as TubeLine;
  const left = tube.x[0] as number;
  const right = tube.x[tube.x.length - 1] as number;
  const start = simplest(left - (right - left || 1) / 4, left);
  const knots = [start];
  for (let i = 0; i + 1 < lines.length; i++) {
    const { until, slope } = lines[i] as TubeLine;
    const turn = Math.abs((lines[i + 1] as TubeLine).slope - slope);
    // Moving a knot by this much moves the polyline by a quarter of what is spare.
    const give = Math.min((spare[i] as number) / 4 / turn, (until - (knots[i] as Dyadic).toNumber()) / 4);
    const knot = simplest(until - give, until + give);
    if (!knot.gt(knots[i] as Dyadic)) return undefined;
    knots.push(knot);
  }
  const end = Math.max(right, (knots[knots.length - 1] as Dyadic).toNumber() * (1 + 2 ** -40) + 2 ** -1000);
  let y = simplest(
    valueOn(first, start.toNumber()) - (spare[0] as number) / 4,
    valueOn(first, start.toNumber()) + (spare[0] as number) / 4,
  );
  const startValue = y;
  const slopes: Dyadic[] = [];
  for (let i = 0; i < lines.length; i++) {
    const from = knots[i] as Dyadic;
    const to = i + 1 < lines.length ? (knots[i + 1] as Dyadic).toNumber() : end;
    const length = to - from.toNumber();
    const give = Math.min(spare[i] as number, (spare[i + 1] as number | undefined) ?? (spare[i] as number)) / 2;
    const goal = valueOn(lines[i] as TubeLine, to) - y.toNumber();
    const slope = simplest((goal - give) / length, (goal + give) / length);
    slopes.push(slope);
    if (i + 1 < lines.length) y = y.add(slope.mul((knots[i + 1] as Dyadic).sub(from)));
  }
  return { knots, start: startValue, slopes };
}

/** For each line how far it may move: the room of the narrowest post that it or a neighbour passes. */
function spareOf(lines: readonly TubeLine[], tube: Tube, asked: readonly Post[], room: number): number[] {
  const own = lines.map(() => Number.POSITIVE_INFINITY);
  let line = 0;
  for (const post of asked) {
    const x = post.x.toNumber();
    while (line + 1 < lines.length && x > (lines[line] as TubeLine).until) line++;
    const { above, below } = post;
    const half = above && below ? (below.value.toNumber() - above.value.toNumber()) / 2 : Number.POSITIVE_INFINITY;
    own[line] = Math.min(own[line] as number, room * half);
  }
  const widest = (tube.hi[0] as number) - (tube.lo[0] as number);
  return own.map((v, i) => {
    const spare = Math.min(own[i - 1] ?? v, v, own[i + 1] ?? v);
    return Number.isFinite(spare) ? spare : room * Math.abs(widest);
  });
}

/** The dyadic of fewest fractional digits in [lo, hi]. */
function simplest(lo: number, hi: number): Dyadic {
  if (lo <= 0 && hi >= 0) return Dyadic.ZERO;
  for (let e = Math.ceil(Math.log2(Math.max(Math.abs(lo), Math.abs(hi)))); ; e--) {
    const m = Math.ceil(lo * 2 ** -e);
    if (m * 2 ** e <= hi) return Dyadic.of(BigInt(m), e);
    if (e < -1070) return Dyadic.from(lo);
  }
}

function realise({ knots, start, slopes }: Polyline): Network {
  const hinges = new LayerBuilder(1);
  const changes: [number, Dyadic][] = [];
  let before = Dyadic.ZERO;
  slopes.forEach((slope, i) => {
    const change = slope.sub(before);
    if (change.isZero && hinges.size > 0) return;
    changes.push([hinges.unit((knots[i] as Dyadic).neg(), [0, 1]), change]);
    before = slope;
  });
  const sum = new LayerBuilder(hinges.size);
  sum.row(start, changes);
  return new Network([hinges.build(), sum.build()]);
}
