/**
 * Interval specifications of one variable, "x in [from, to] => above < f(x) < below" for many intervals that may overlap:
 * what they ask together at every x, which of them contradict each other, and whether a network satisfies them all, exactly.
 */
import { linearPieces, type Piece } from '../certify/index.ts';
import { InputError, Rational, refuse } from '../exact/index.ts';
import type { IntervalRequirement } from '../io/index.ts';
import type { Network } from '../net/index.ts';

/** A bound, and the clause that states it. */
export interface Bound {
  readonly value: Rational;
  readonly clause: number;
}

/** What is asked at x: strictly above and strictly below, where asked. */
export interface Post {
  readonly x: Rational;
  readonly above: Bound | undefined;
  readonly below: Bound | undefined;
}

/**
 * The specification at every end of an interval, x increasing. Between two neighbours it asks for no more than at both of
 * them. Throws InputError, naming two clauses, where no function satisfies it.
 */
export function posts(requirements: readonly IntervalRequirement[]): Post[] {
  if (requirements.length === 0) refuse('interval specification', 'at least one clause', 0);
  const starting = [...requirements].sort((p, q) => p.from.compare(q.from));
  const xs = requirements.flatMap((r) => [r.from, r.to]).sort((p, q) => p.compare(q));
  const lower = new Open((p, q) => (p.above as Rational).compare(q.above as Rational) > 0);
  const upper = new Open((p, q) => (p.below as Rational).compare(q.below as Rational) < 0);
  const out: Post[] = [];
  let next = 0;
  for (const x of xs) {
    if (out.length > 0 && (out[out.length - 1] as Post).x.eq(x)) continue;
    for (; next < starting.length; next++) {
      const r = starting[next] as IntervalRequirement;
      if (r.from.compare(x) > 0) break;
      if (r.above) lower.add(r);
      if (r.below) upper.add(r);
    }
    const [most, least] = [lower.first(x), upper.first(x)];
    const above = most && { value: most.above as Rational, clause: most.clause };
    const below = least && { value: least.below as Rational, clause: least.clause };
    if (above && below && above.value.compare(below.value) >= 0) {
      throw new InputError(
        `clauses ${above.clause} and ${below.clause} contradict each other at x = ${x.toNumber()}: ` +
          `above ${above.value.toNumber()} and below ${below.value.toNumber()}`,
      );
    }
    out.push({ x, above, below });
  }
  return out;
}

/** Requirements that have begun, the strictest first; those that have ended leave when they come to the front. */
class Open {
  private readonly heap: IntervalRequirement[] = [];

  constructor(private readonly before: (p: IntervalRequirement, q: IntervalRequirement) => boolean) {}

  add(r: IntervalRequirement): void {
    const { heap, before } = this;
    heap.push(r);
    for (let i = heap.length - 1; i > 0; ) {
      const up = (i - 1) >> 1;
      if (!before(heap[i] as IntervalRequirement, heap[up] as IntervalRequirement)) break;
      this.swap(i, up);
      i = up;
    }
  }

  /** The strictest that holds at x. */
  first(x: Rational): IntervalRequirement | undefined {
    const { heap, before } = this;
    while (heap[0] && heap[0].to.compare(x) < 0) {
      const last = heap.pop() as IntervalRequirement;
      if (heap.length === 0) break;
      heap[0] = last;
      for (let i = 0; ; ) {
        let best = i;
        for (const down of [2 * i + 1, 2 * i + 2]) {
          if (down < heap.length && before(heap[down] as IntervalRequirement, heap[best] as IntervalRequirement))
            best = down;
        }
        if (best === i) break;
        this.swap(i, best);
        i = best;
      }
    }
    return heap[0];
  }

  private swap(i: number, j: number): void {
    const { heap } = this;
    [heap[i], heap[j]] = [heap[j] as IntervalRequirement, heap[i] as IntervalRequirement];
  }
}

/** Where a network breaks a clause. */
export interface Violation {
  readonly clause: number;
  readonly x: Rational;
  readonly y: Rational;
}

export interface IntervalCheck {
  readonly status: 'proved' | 'refuted';
  readonly clauses: number;
  /** One point for each clause that does not hold, in the order of the clauses. */
  readonly violations: readonly Violation[];
  /** Least distance of any value to a bound that it must keep, where all hold. */
  readonly margin: Rational | undefined;
}

/** Whether the network satisfies every clause: decided exactly, on its linear pieces. */
export function checkIntervals(network: Network, requirements: readonly IntervalRequirement[]): IntervalCheck {
  if (network.inputs !== 1 || network.outputs !== 1) {
    refuse('checkIntervals', 'a network with one input and one output', `${network.inputs} and ${network.outputs}`);
  }
  if (requirements.length === 0) refuse('interval specification', 'at least one clause', 0);
  const lo = requirements.reduce(
    (a, r) => (r.from.compare(a) < 0 ? r.from : a),
    (requirements[0] as IntervalRequirement).from,
  );
  const hi = requirements.reduce(
    (a, r) => (r.to.compare(a) > 0 ? r.to : a),
    (requirements[0] as IntervalRequirement).to,
  );
  // The pieces of a dyadic interval around all clauses.
  const pieces = [...linearPieces(network, { lo: lo.roundBits(64, 'down'), hi: hi.roundBits(64, 'up') })];
  const violations: Violation[] = [];
  let margin: Rational | undefined;
  for (const { clause, from, to, above, below } of requirements) {
    let found: Violation | undefined;
    for (let k = pieceAt(pieces, from); k < pieces.length && !found; k++) {
      const piece = pieces[k] as Piece;
      if (piece.from.compare(to) > 0) break;
      // A line is least and greatest at its ends.
      const ends = [piece.from.compare(from) > 0 ? piece.from : from, piece.to.compare(to) < 0 ? piece.to : to];
      for (const x of ends) {
        const y = Rational.fromDyadic(piece.slope).mul(x).add(Rational.fromDyadic(piece.intercept));
        for (const room of [above && y.sub(above), below?.sub(y)]) {
          if (!room) continue;
          if (room.sign <= 0) found = { clause, x, y };
          else if (!margin || room.compare(margin) < 0) margin = room;
        }
      }
    }
    if (found) violations.push(found);
  }
  const holds = violations.length === 0;
  return Object.freeze({
    status: holds ? 'proved' : 'refuted',
    clauses: requirements.length,
    violations: Object.freeze(violations),
    margin: holds ? margin : undefined,
  });
}

/** The first piece that reaches x. */
function pieceAt(pieces: readonly Piece[], x: Rational): number {
  let [lo, hi] = [0, pieces.length - 1];
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if ((pieces[mid] as Piece).to.compare(x) < 0) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}
