/**
 * certifyArgmax: whether two networks decide alike everywhere on a box, proved, or an input where they do not.
 *
 * A network decides for the output that is largest (or least), the first of them where several are. Both networks are
 * followed by the differences of all pairs of outputs; on a box whose enclosures leave one output that beats all others in
 * both networks, the decision is that output throughout. Other boxes are halved. Where the decision of f changes inside
 * the box, that of g usually changes elsewhere: a point between the two places, found in doubles and checked exactly,
 * refutes.
 */
import { Dyadic, refuse } from '../exact/index.ts';
import type { Propagator } from '../net/index.ts';
import {
  compose,
  type Domain,
  intervals,
  LayerBuilder,
  Network,
  type NetworkPair,
  pairOf,
  sameShape,
} from '../net/index.ts';
import { FloatNetwork } from './ascent.ts';
import { exactPropagator } from './propagate.ts';
import { boxNumbers, cutOf, halved, UnitBox } from './unitBox.ts';

export interface ArgmaxOptions {
  /** Decide for the least output (as ACAS Xu does) instead of the largest. */
  readonly least?: boolean;
  /** Default 60. */
  readonly seconds?: number;
  /** Where a witness is taken from, where it is less than the box. Default: the box. */
  readonly witnessIn?: Domain;
  /** Stops with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly boxes: number; readonly settled: number }) => void;
  /** Default: BigInt. */
  readonly propagator?: (pair: NetworkPair) => Propagator | Promise<Propagator>;
}

export interface ArgmaxCertificate {
  readonly status: 'proved' | 'refuted' | 'undecided';
  /** Where the decisions differ, and what they are there. */
  readonly witness?: { readonly x: readonly Dyadic[]; readonly f: number; readonly g: number };
  /** Part of the volume on which the decisions are proved equal. */
  readonly settled: number;
  /** The decisions that occur on it, increasing. */
  readonly decisions: readonly number[];
  readonly boxes: number;
  readonly seconds: number;
  readonly restsOn: readonly string[];
  readonly missing?: string;
}

/** Most outputs: their pairs are looked at. */
const MAX_OUTPUTS = 256;
const PAUSE_EVERY = 30;
const SCATTERED = 400;
const BISECTIONS = 60;

/** Throws InputError unless f and g have the same layer sizes and the box fits; the signal's reason when it is aborted. */
export async function certifyArgmax(
  f: Network,
  g: Network,
  box: Domain,
  options: ArgmaxOptions = {},
): Promise<ArgmaxCertificate> {
  const where = 'certifyArgmax';
  if (!sameShape(f, g)) refuse(where, 'two networks of the same layer sizes', 'different ones');
  if (f.outputs < 2 || f.outputs > MAX_OUTPUTS) refuse(where, `2..${MAX_OUTPUTS} outputs`, f.outputs);
  const seconds = options.seconds ?? 60;
  if (!(seconds > 0)) refuse(`${where} seconds`, 'a number above 0', seconds);
  const search = new ArgmaxSearch(f, g, box, options);
  const propagate = await (options.propagator ?? exactPropagator)(search.pair);
  try {
    return await search.run(propagate, seconds);
  } finally {
    propagate.free?.();
  }
}

interface Box {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
  readonly share: number;
}

class ArgmaxSearch {
  readonly pair: NetworkPair;
  private readonly started = performance.now();
  private readonly unit: UnitBox;
  private readonly fu: FloatNetwork;
  private readonly gu: FloatNetwork;
  private readonly sign: number;
  private readonly decisions = new Set<number>();
  private witness: ArgmaxCertificate['witness'];
  private settled = 0;
  private boxes = 0;

  constructor(
    private readonly f: Network,
    private readonly g: Network,
    box: Domain,
    private readonly options: ArgmaxOptions,
  ) {
    this.sign = options.least ? -1 : 1;
    this.unit = new UnitBox(intervals(box, f.inputs), options.witnessIn && intervals(options.witnessIn, f.inputs));
    const fu = compose(f, this.unit.map);
    const gu = compose(g, this.unit.map);
    const pairs = differences(f.outputs, this.sign);
    this.pair = pairOf(compose(pairs, fu), compose(pairs, gu));
    this.fu = new FloatNetwork(fu);
    this.gu = new FloatNetwork(gu);
  }

  async run(propagate: Propagator, seconds: number): Promise<ArgmaxCertificate> {
    this.scatter();
    const open: Box[] = [{ lo: this.unit.lo, hi: this.unit.hi, share: 1 }];
    let paused = performance.now();
    let reported = paused;
    let missing: string | undefined;
    while (open.length > 0 && !this.witness && missing === undefined) {
      this.options.signal?.throwIfAborted();
      const box = open.pop() as Box;
      this.boxes++;
      const result = propagate(boxNumbers(box.lo, box.hi));
      const decision = this.decided(result);
      if (decision !== undefined) {
        this.settled += box.share;
        if (decision >= 0) this.decisions.add(decision);
        continue;
      }
      this.lookInto(box);
      const cut = cutOf(box.lo, box.hi, result.blame);
      if (cut < 0) missing = 'boxes became too narrow to halve';
      else {
        const [left, right] = halved(box.lo, box.hi, cut);
        open.push({ lo: box.lo, hi: left, share: box.share / 2 }, { lo: right, hi: box.hi, share: box.share / 2 });
      }
      const now = performance.now();
      if (now - this.started > 1000 * seconds) missing = `${seconds} seconds were not enough`;
      if (now - paused > PAUSE_EVERY) {
        if (now - reported > 100) {
          reported = now;
          this.options.onProgress?.(Object.freeze({ boxes: this.boxes, settled: this.settled }));
        }
        await new Promise((resolve) => setTimeout(resolve));
        paused = performance.now();
      }
    }
    return Object.freeze({
      status: this.witness ? 'refuted' : missing === undefined ? 'proved' : 'undecided',
      ...(this.witness ? { witness: this.witness } : {}),
      settled: this.settled,
      decisions: Object.freeze([...this.decisions].sort((a, b) => a - b)),
      boxes: this.boxes,
      seconds: (performance.now() - this.started) / 1000,
      restsOn: Object.freeze(['both networks as they are stored, exactly']),
      ...(missing === undefined || this.witness ? {} : { missing }),
    });
  }

  /** The output that both decide for on the whole box; -1 where the networks are equal there; undefined where unknown. */
  private decided({ f, d }: ReturnType<Propagator>): number | undefined {
    const n = this.f.outputs;
    let equal = true;
    const beaten = new Uint8Array(n);
    let k = 0;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++, k++) {
        const c = f.centre[k] as number;
        const r = f.radius[k] as number;
        const e = d.centre[k] as number;
        const s = d.radius[k] as number;
        if (e !== 0 || s !== 0) equal = false;
        // y_i - y_j: of f at least c - r, of g at least that and e - s more. Ties go to i, the first.
        if (c - r >= 0 && atMost(s - e, d.scale, c - r, f.scale)) beaten[j] = 1;
        else if (c + r < 0 && !atMost(-c - r, f.scale, e + s, d.scale)) beaten[i] = 1;
      }
    }
    let left = -1;
    for (let i = 0; i < n; i++) {
      if (beaten[i] === 1) continue;
      if (left >= 0) return equal ? -1 : undefined;
      left = i;
    }
    return left;
  }

  /** Decides at a point in doubles. */
  private choice(net: FloatNetwork, u: Float64Array): number {
    const y = net.at(u);
    let best = 0;
    for (let i = 1; i < y.length; i++) {
      if (this.sign * (y[i] as number) > this.sign * (y[best] as number)) best = i;
    }
    return best;
  }

  private exactChoice(net: Network, x: readonly Dyadic[]): number {
    const y = net.evaluate(x);
    let best = 0;
    for (let i = 1; i < y.length; i++) {
      if ((y[i] as Dyadic).compare(y[best] as Dyadic) * this.sign > 0) best = i;
    }
    return best;
  }

  /** Takes u for a witness if the decisions differ there, exactly. */
  private check(u: Float64Array): boolean {
    const x = this.unit.toDomain(u);
    const f = this.exactChoice(this.f, x);
    const g = this.exactChoice(this.g, x);
    if (f !== g) this.witness = Object.freeze({ x: Object.freeze(x), f, g });
    return f !== g;
  }

  /** Scattered points; between two of different decisions the place where f changes its mind is next to that of g. */
  private scatter(): void {
    const { lo, hi } = this.unit;
    let state = 1;
    let before: Float64Array | undefined;
    for (let k = 0; k < SCATTERED && !this.witness; k++) {
      const u = Float64Array.from(lo, (from, i) => {
        state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
        return from + (state / 2 ** 32) * ((hi[i] as number) - from);
      });
      this.tryPoint(u);
      if (before && !this.witness) this.between(before, u);
      before = u;
    }
  }

  /** Centre and two opposite corners of a box that is not decided. */
  private lookInto({ lo, hi }: Box): void {
    this.tryPoint(Float64Array.from(lo, (from, i) => (from + (hi[i] as number)) / 2));
    if (!this.witness) this.between(lo, hi);
  }

  private tryPoint(u: Float64Array): void {
    if (this.choice(this.fu, u) !== this.choice(this.gu, u)) this.check(u);
  }

  /** Where f and g change their minds on the way from a to b; a witness lies between the two places. */
  private between(a: Float64Array, b: Float64Array): void {
    const first = this.choice(this.fu, a);
    if (this.choice(this.fu, b) === first) return;
    const at = (t: number): Float64Array => a.map((v, i) => v + t * ((b[i] as number) - v));
    const change = (net: FloatNetwork): number => {
      let from = 0;
      let to = 1;
      for (let k = 0; k < BISECTIONS; k++) {
        const t = (from + to) / 2;
        if (this.choice(net, at(t)) === first) from = t;
        else to = t;
      }
      return to;
    };
    const s = change(this.fu);
    const t = change(this.gu);
    if (s !== t) this.check(at((s + t) / 2));
  }
}

/** Whether v 2^-s <= w 2^-t, for whole v and w. */
function atMost(v: number, s: number, w: number, t: number): boolean {
  // Within these scales the products are float64 numbers, and comparing them is exact.
  if (Math.abs(s) <= 900 && Math.abs(t) <= 900) return v * 2 ** -s <= w * 2 ** -t;
  return Dyadic.of(BigInt(v), -s).le(Dyadic.of(BigInt(w), -t));
}

/** sign (y_i - y_j) for all i < j. */
function differences(outputs: number, sign: number): Network {
  const layer = new LayerBuilder(outputs);
  for (let i = 0; i < outputs; i++) {
    for (let j = i + 1; j < outputs; j++) layer.unit(0, [i, sign], [j, -sign]);
  }
  return new Network([layer.build()]);
}
