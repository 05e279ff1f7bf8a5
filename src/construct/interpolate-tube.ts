/**
 * The epsilon-tube of a function of one variable, as posts (x_j, [lo_j, hi_j]) between which both borders are linear, and
 * the fewest lines that a continuous piecewise-linear function needs to stay inside.
 *
 * Everything here is float64: it chooses where knots go and proves nothing.
 */
import { type Interval, refuse, type Target } from '../exact/index.ts';

export interface Tube {
  readonly x: Float64Array;
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

/** One line y = y0 + slope * (x - x0) of a path through the tube; it ends at `until`, where the next one begins. */
export interface TubeLine {
  readonly x0: number;
  readonly y0: number;
  readonly slope: number;
  readonly until: number;
  /** The stretch of this line from which the next can start and reach as far; absent at the last. */
  readonly bend?: { readonly from: number; readonly to: number };
}

/** Most posts that are set; what needs more is refused. */
export const MAX_POSTS = 1 << 22;
/** Panels at the start: a feature of a smooth function that falls between their probes is left for the proof to find. */
const PANELS = 128;
/** Where a panel is compared with its chord; unevenly placed, so that no period hides. */
const PROBES: readonly number[] = [0.5, 0.2113, 0.8271];

/** Points of f: a table's own (every one), or as many as make the chords between them stray at most `tolerance` from f. */
export interface Samples {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * Samples of the target on the domain. `near` are points that a failed proof named: the function is sampled finely around
 * them. Throws InputError where f is not finite, where it changes by more than `jump` between two neighbouring float64
 * numbers, or where MAX_POSTS points do not follow it.
 */
export function sample(
  target: Target,
  domain: Interval,
  tolerance: number,
  near: readonly number[] = [],
  jump = Number.POSITIVE_INFINITY,
): Samples {
  const a = domain.lo.toNumber('up');
  const b = Math.max(a, domain.hi.toNumber('down'));
  const f = (x: number): number => {
    const y = target.estimate([x]);
    if (!Number.isFinite(y))
      refuse(`fit ${target.text}`, 'a function that is finite on the whole domain', `${y} at ${x}`);
    return y;
  };
  if (target.knots) return tableSamples(target.knots, a, b);
  if (a === b) return { x: Float64Array.of(a), y: Float64Array.of(f(a)) };
  const starts = new Set<number>([a, b]);
  for (let i = 1; i < PANELS; i++) starts.add(a + (b - a) * (i / PANELS));
  for (const x of near) {
    for (let w = (b - a) / PANELS; w > (b - a) * 2 ** -40; w /= 4) {
      for (const p of [x - w, x, x + w]) if (p > a && p < b) starts.add(p);
    }
  }
  const panels = [...starts].sort((p, q) => p - q);
  const x: number[] = [a];
  const y: number[] = [f(a)];
  // Depth-first from the left: a stack of right ends still to be reached.
  const stack: [x: number, y: number][] = [];
  for (let i = panels.length - 1; i > 0; i--) stack.push([panels[i] as number, f(panels[i] as number)]);
  while (stack.length > 0) {
    const [x1, y1] = stack[stack.length - 1] as [number, number];
    const x0 = x[x.length - 1] as number;
    const y0 = y[y.length - 1] as number;
    const mid = x0 + (x1 - x0) / 2;
    let far = false;
    if (mid > x0 && mid < x1) {
      for (const t of PROBES) {
        const p = x0 + (x1 - x0) * t;
        if (Math.abs(f(p) - (y0 + (y1 - y0) * ((p - x0) / (x1 - x0)))) > tolerance) far = true;
      }
    }
    if (far) {
      if (x.length + stack.length > MAX_POSTS) {
        refuse(`fit ${target.text}`, `a function that ${MAX_POSTS} points follow within ${tolerance}`, 'a wilder one');
      }
      stack.push([mid, f(mid)]);
    } else {
      if (Math.abs(y1 - y0) > jump && !(mid > x0 && mid < x1)) {
        const size = Math.abs(y1 - y0).toPrecision(3);
        refuse(`fit ${target.text}`, 'a function that is continuous on the domain', `a jump of ${size} at x = ${x1}`);
      }
      x.push(x1);
      y.push(y1);
      stack.pop();
    }
  }
  return { x: Float64Array.from(x), y: Float64Array.from(y) };
}

/** The table's points inside [a, b], and its values at a and b. */
function tableSamples(knots: NonNullable<Target['knots']>, a: number, b: number): Samples {
  const x: number[] = [];
  const y: number[] = [];
  const add = (at: number, value: number): void => {
    if (x.length > 0 && at <= (x[x.length - 1] as number)) return;
    x.push(at);
    y.push(value);
  };
  let x0 = Number.NaN;
  let y0 = Number.NaN;
  const between = (at: number, x1: number, y1: number): number =>
    x1 > x0 ? y0 + (y1 - y0) * ((at - x0) / (x1 - x0)) : y1;
  for (const knot of knots) {
    const x1 = knot.x.toNumber();
    const y1 = knot.y.toNumber();
    if (x0 < a && x1 > a) add(a, between(a, x1, y1));
    if (x1 >= a && x1 <= b) add(x1, y1);
    if (x0 < b && x1 > b) add(b, between(b, x1, y1));
    x0 = x1;
    y0 = y1;
    if (x1 >= b) break;
  }
  if (x.length === 0) add(a, y0);
  return { x: Float64Array.from(x), y: Float64Array.from(y) };
}

/** The tube of half-width epsilon around the samples. */
export function tubeAround({ x, y }: Samples, epsilon: number): Tube {
  return { x, lo: y.map((v) => v - epsilon), hi: y.map((v) => v + epsilon) };
}

/**
 * A path of fewest lines through the tube, each as far as it goes. After a line that ran into the border at e having last
 * touched the other border at t, the best next line is any that crosses it between t and e, so it owes the border it
 * ran into everything from e on and the other border everything from t on. [H. Imai, M. Iri, 1986]
 */
export function fewestLines(tube: Tube): TubeLine[] {
  const { x } = tube;
  const last = x.length - 1;
  const lines: TubeLine[] = [];
  let from: Start = { lower: 0, upper: 0 };
  for (;;) {
    const reach = farthestLine(tube, from);
    const before = lines[lines.length - 1];
    if (before) lines[lines.length - 1] = { ...before, until: crossing(before, reach.line) };
    const until = x[last] as number;
    if (!reach.next) {
      lines.push({ ...reach.line, until });
      return lines;
    }
    const { next } = reach;
    from = next;
    lines.push({
      ...reach.line,
      until,
      bend: { from: x[Math.min(next.lower, next.upper)] as number, to: next.point.x },
    });
  }
}

/** The first posts at which a line owes each border; `point` is the place between two posts where the line before hit one. */
interface Start {
  readonly lower: number;
  readonly upper: number;
  readonly point?: BorderPoint;
}

interface BorderPoint {
  readonly x: number;
  readonly y: number;
  readonly border: 'lower' | 'upper';
}

type Line = Omit<TubeLine, 'until' | 'bend'>;

interface Reach {
  readonly line: Line;
  readonly next?: Start & { readonly point: BorderPoint };
}

/** Touching points of the steepest and the flattest line that are still possible. */
interface Slope {
  x: number;
  y: number;
  slope: number;
}

/**
 * Reads the posts from left to right. `under` is the concave chain over the lower ends, `over` the convex chain under the
 * upper ends; `steep` and `flat` are the lines of greatest and least slope between the two. A chain's points to the left of
 * the last touching point cannot be touched again and are dropped, so all posts together cost linear time.
 */
function farthestLine(tube: Tube, start: Start): Reach {
  const { x, lo, hi } = tube;
  const n = x.length;
  const under = new Chain(1);
  const over = new Chain(-1);
  let steep: Slope | undefined;
  let flat: Slope | undefined;
  /** Post of the last touch of the upper border by `steep`, of the lower border by `flat`. */
  let steepPost = start.upper;
  let flatPost = start.lower;
  const stop = (line: Slope, border: 'lower' | 'upper', j: number): Reach => {
    const side = border === 'lower' ? lo : hi;
    const point = exit(line, x[j - 1] as number, side[j - 1] as number, x[j] as number, side[j] as number, border);
    const next =
      border === 'lower'
        ? { lower: j, upper: Math.min(steepPost, j), point }
        : { lower: Math.min(flatPost, j), upper: j, point };
    return { line: { x0: line.x, y0: line.y, slope: line.slope }, next };
  };
  /** Whether some line still reaches the lower end py at px; if so none flatter than that stays. */
  const rises = (px: number, py: number, post: number): boolean => {
    if (steep && steep.y + steep.slope * (px - steep.x) < py) return false;
    if (!flat || flat.y + flat.slope * (px - flat.x) < py) {
      const touch = over.tangent(px, py);
      if (touch) {
        flat = { x: touch.x, y: touch.y, slope: (py - touch.y) / (px - touch.x) };
        flatPost = post;
      }
    }
    return true;
  };
  const falls = (px: number, py: number, post: number): boolean => {
    if (flat && flat.y + flat.slope * (px - flat.x) > py) return false;
    if (!steep || steep.y + steep.slope * (px - steep.x) > py) {
      const touch = under.tangent(px, py);
      if (touch) {
        steep = { x: touch.x, y: touch.y, slope: (py - touch.y) / (px - touch.x) };
        steepPost = post;
      }
    }
    return true;
  };
  const { point } = start;
  for (let j = Math.min(start.lower, start.upper); j < n; j++) {
    const at = x[j] as number;
    if (point && j === Math.max(start.lower, start.upper) && point.x < at) {
      if (point.border === 'lower') {
        rises(point.x, point.y, j);
        under.add(point.x, point.y);
      } else {
        falls(point.x, point.y, j);
        over.add(point.x, point.y);
      }
    }
    // Both ends of a post are tested before either is added: neither may be the other's touching point.
    if (j >= start.lower && !rises(at, lo[j] as number, j)) return stop(steep as Slope, 'lower', j);
    if (j >= start.upper && !falls(at, hi[j] as number, j)) return stop(flat as Slope, 'upper', j);
    if (j >= start.lower) under.add(at, lo[j] as number);
    if (j >= start.upper) over.add(at, hi[j] as number);
  }
  return { line: between(steep, flat, tube) };
}

/** Any line that is still possible at the end: halfway between the steepest and the flattest. */
function between(steep: Slope | undefined, flat: Slope | undefined, { x, lo, hi }: Tube): Line {
  const end = x.length - 1;
  if (steep && flat) {
    const slope = (steep.slope + flat.slope) / 2;
    // The two lines cross inside; through the crossing every slope between theirs is possible.
    const d = steep.slope - flat.slope;
    const cx = d === 0 ? steep.x : (flat.y - steep.y + steep.slope * steep.x - flat.slope * flat.x) / d;
    return { x0: cx, y0: steep.y + steep.slope * (cx - steep.x), slope };
  }
  const one = steep ?? flat;
  if (one) return { x0: one.x, y0: one.y, slope: one.slope };
  return { x0: x[end] as number, y0: ((lo[end] as number) + (hi[end] as number)) / 2, slope: 0 };
}

/** Where the line leaves the border segment from (x0, y0) to (x1, y1). */
function exit(line: Slope, x0: number, y0: number, x1: number, y1: number, border: 'lower' | 'upper'): BorderPoint {
  const d0 = line.y + line.slope * (x0 - line.x) - y0;
  const d1 = line.y + line.slope * (x1 - line.x) - y1;
  const t = d0 === d1 ? 0 : Math.min(Math.max(d0 / (d0 - d1), 0), 1);
  return { x: x0 + t * (x1 - x0), y: y0 + t * (y1 - y0), border };
}

function crossing(a: Line, b: Line): number {
  return (b.y0 - a.y0 + a.slope * a.x0 - b.slope * b.x0) / (a.slope - b.slope);
}

/** The convex hull of points arriving from the left, as seen from above (turn 1) or from below (turn -1). */
class Chain {
  private readonly px: number[] = [];
  private readonly py: number[] = [];
  private first = 0;

  constructor(private readonly turn: 1 | -1) {}

  add(x: number, y: number): void {
    const { px, py } = this;
    while (px.length - this.first >= 2) {
      const n = px.length;
      const ax = px[n - 2] as number;
      const ay = py[n - 2] as number;
      const cross = ((px[n - 1] as number) - ax) * (y - ay) - ((py[n - 1] as number) - ay) * (x - ax);
      if (cross * this.turn < 0) break;
      px.pop();
      py.pop();
    }
    px.push(x);
    py.push(y);
  }

  /** The point at which the line through (x, y), right of all, touches the chain; the points before it are dropped. */
  tangent(x: number, y: number): { x: number; y: number } | undefined {
    const { px, py } = this;
    if (px.length === this.first || !(x > (px[this.first] as number))) return undefined;
    while (px.length - this.first >= 2) {
      const i = this.first;
      const slope0 = (y - (py[i] as number)) / (x - (px[i] as number));
      const slope1 = (y - (py[i + 1] as number)) / (x - (px[i + 1] as number));
      if (!(x > (px[i + 1] as number)) || (slope1 - slope0) * this.turn > 0) break;
      this.first++;
    }
    return { x: px[this.first] as number, y: py[this.first] as number };
  }
}
