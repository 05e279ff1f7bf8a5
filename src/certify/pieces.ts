/**
 * The linear pieces of a network with one input, exactly.
 *
 * At every x a unit's pre-activation is a line a x + c with dyadic a and c. A sweep carries these lines from the left end
 * of the domain to the right one. A line changes only where some unit below it switches, that is at the root -c/a of that
 * unit's own line; so the breakpoints are rational, and each of them costs what it changes: one unit of a depth-2 network
 * with 10^5 units changes one output line, a switch in the first layer of a dense deep network changes everything above.
 *
 * At a root the switching line is zero, hence every line above changes its slope but not its value there. This settles all
 * ties: a unit whose line is zero at the event is active afterwards exactly when its new slope is positive.
 */
import { Dyadic, InputError, Rational, refuse } from '../exact/index.ts';
import type { Layer, Network } from '../net/index.ts';
import { EventQueue, type Fraction, quotient } from './queue.ts';

/** A maximal interval on which an output is one line. */
export interface Piece {
  readonly from: Rational;
  readonly to: Rational;
  readonly slope: Dyadic;
  readonly intercept: Dyadic;
}

const SMALL = Array.from({ length: 512 }, (_, i) => BigInt(i - 256));

function big(w: number | bigint): bigint {
  if (typeof w === 'bigint') return w;
  return w >= -256 && w < 256 ? (SMALL[w + 256] as bigint) : BigInt(w);
}

/** The connections of a layer by the unit they come from. */
interface FanOut {
  readonly start: Uint32Array;
  readonly row: Uint32Array;
  /** Index into the layer's weights. */
  readonly entry: Uint32Array;
}

function fanOut(layer: Layer): FanOut {
  const start = new Uint32Array(layer.inputs + 1);
  for (let k = 0; k < layer.column.length; k++) start[(layer.column[k] as number) + 1]!++;
  for (let j = 0; j < layer.inputs; j++) start[j + 1]! += start[j] as number;
  const next = start.slice(0, -1);
  const row = new Uint32Array(layer.column.length);
  const entry = new Uint32Array(layer.column.length);
  for (let i = 0; i < layer.outputs; i++) {
    const end = layer.rowStart[i + 1] as number;
    for (let k = layer.rowStart[i] as number; k < end; k++) {
      const at = next[layer.column[k] as number]!++;
      row[at] = i;
      entry[at] = k;
    }
  }
  return { start, row, entry };
}

/** A fraction as the sweep keeps it: denominator positive, not reduced. */
export function fractionOf(x: Dyadic): Fraction {
  return x.e >= 0 ? { n: x.m << BigInt(x.e), d: 1n } : { n: x.m, d: 1n << BigInt(-x.e) };
}

/**
 * One pass over [lo, hi]. After each `next()` that returns true, the output is (slope x + intercept) 2^-scale for
 * from <= x <= to; pieces are maximal and adjoin.
 */
export class Sweep {
  slope = 0n;
  intercept = 0n;
  from: Fraction;
  to: Fraction;
  /** Slopes and intercepts are whole numbers times 2^-scale. */
  readonly scale: number;
  /** Units that switched so far. */
  switches = 0;
  /** Where set: units that switch together, one list an event, hidden units counted through all layers. */
  log: number[][] | undefined;

  private readonly layers: readonly Layer[];
  private readonly fans: FanOut[] = [];
  /** First unit of each hidden layer in the flat arrays; the followed output comes last. */
  private readonly first: number[] = [0];
  /** 2^twist factors that keep every layer's lines whole (only where a layer's own scale is negative). */
  private readonly twist: bigint[] = [];
  private readonly a: bigint[];
  private readonly c: bigint[];
  private readonly active: Uint8Array;
  private readonly queue: EventQueue;
  private readonly hiNear: number;
  private readonly output: number;
  private finished = false;
  // Scratch of one event, by layer: who has changed, and what it was before.
  private readonly dirty: number[] = [];
  private readonly oldA: bigint[] = [];
  private readonly oldC: bigint[] = [];
  private readonly stamp: Int32Array;
  private readonly popped: number[] = [];
  private readonly switched: Uint8Array;
  private moment = 0;

  /** Throws InputError unless the network has one input, `output` is one of its outputs, and lo <= hi. */
  constructor(
    net: Network,
    lo: Fraction,
    private readonly hi: Fraction,
    output = 0,
  ) {
    if (net.inputs !== 1) refuse('linear pieces', 'a network with 1 input', `${net.inputs} inputs`);
    if (!Number.isInteger(output) || output < 0 || output >= net.outputs) {
      refuse('linear pieces', `an output in 0..${net.outputs - 1}`, output);
    }
    if (lo.n * hi.d > hi.n * lo.d) throw new InputError('linear pieces: expected a domain with lower end <= upper end');
    this.layers = net.layers;
    this.from = lo;
    this.to = lo;
    this.hiNear = quotient(hi.n, hi.d);
    let units = 0;
    for (let l = 0; l < net.depth; l++) {
      units += l === net.depth - 1 ? 1 : (net.layers[l] as Layer).outputs;
      this.first.push(units);
      if (l > 0) this.fans.push(fanOut(net.layers[l] as Layer));
    }
    this.output = output;
    this.a = new Array<bigint>(units).fill(0n);
    this.c = new Array<bigint>(units).fill(0n);
    this.active = new Uint8Array(units);
    this.stamp = new Int32Array(units).fill(-1);
    this.switched = new Uint8Array(units);
    this.queue = new EventQueue(units, this.a, this.c);
    this.scale = this.start(lo);
  }

  /** Moves to the next piece; false where there is none left. */
  next(): boolean {
    if (this.finished) return false;
    const out = this.a.length - 1;
    const slope = this.a[out] as bigint;
    const intercept = this.c[out] as bigint;
    this.slope = slope;
    this.intercept = intercept;
    this.from = this.to;
    for (;;) {
      const unit = this.queue.first;
      if (unit < 0) {
        this.to = this.hi;
        this.finished = true;
        return true;
      }
      const at = this.queue.root(unit);
      this.event();
      if (this.a[out] !== slope || this.c[out] !== intercept) {
        this.to = at;
        return true;
      }
    }
  }

  /** Lines and states of all units just right of x = lo; returns the scale of the output's line. */
  private start(lo: Fraction): number {
    const { a, c, active, layers } = this;
    let scale = 0;
    for (let l = 0; l < layers.length; l++) {
      const layer = layers[l] as Layer;
      const last = l === layers.length - 1;
      const here = this.first[l] as number;
      const below = l === 0 ? 0 : (this.first[l - 1] as number);
      // Products of lines at `scale` and weights at layer.scale sit at their sum; a negative sum is multiplied out.
      const sum = scale + layer.scale;
      const twist = 1n << BigInt(Math.max(0, -sum));
      const lift = BigInt(scale);
      this.twist.push(twist);
      for (let i = last ? this.output : 0; i < (last ? this.output + 1 : layer.outputs); i++) {
        let slope = 0n;
        let offset = big(layer.bias[i] as number | bigint) << lift;
        const end = layer.rowStart[i + 1] as number;
        for (let k = layer.rowStart[i] as number; k < end; k++) {
          const w = big(layer.weight[k] as number | bigint);
          if (l === 0) slope += w;
          else {
            const j = below + (layer.column[k] as number);
            if (active[j] === 0) continue;
            slope += w * (a[j] as bigint);
            offset += w * (c[j] as bigint);
          }
        }
        const u = last ? here : here + i;
        a[u] = slope * twist;
        c[u] = offset * twist;
        if (last) continue;
        const z = (a[u] as bigint) * lo.n + (c[u] as bigint) * lo.d;
        active[u] = z > 0n || (z === 0n && slope > 0n) ? 1 : 0;
        this.schedule(u);
      }
      scale = Math.max(0, sum);
    }
    return scale;
  }

  /** Enters the next root of a hidden unit, if it lies before the right end. */
  private schedule(u: number): void {
    const a = this.a[u] as bigint;
    // An active unit is >= 0 now and an inactive one <= 0, so such a root cannot lie behind us.
    const ahead = this.active[u] === 1 ? a < 0n : a > 0n;
    if (ahead && this.queue.isBelow(u, this.hi, this.hiNear)) this.queue.put(u);
    else this.queue.drop(u);
  }

  /** Handles everything that happens at the earliest root, layer by layer. */
  private event(): void {
    const { a, c, active, queue, popped, dirty, stamp, switched, oldA, oldC } = this;
    queue.popAll(popped);
    popped.sort((x, y) => x - y);
    this.switches += popped.length;
    this.log?.push(popped.slice());
    for (const u of popped) switched[u] = 1;
    const moment = ++this.moment;
    let next = 0; // in popped
    dirty.length = 0;
    for (let l = 0; l < this.layers.length; l++) {
      const end = this.first[l + 1] as number;
      // dirty: units of this layer whose line changed. Those that switch without a change join them.
      for (; next < popped.length && (popped[next] as number) < end; next++) {
        const u = popped[next] as number;
        if (stamp[u] !== moment) this.remember(u, moment);
      }
      if (l === this.layers.length - 1) return;
      const changed = dirty.length;
      const fan = this.fans[l] as FanOut;
      const above = this.layers[l + 1] as Layer;
      const isLast = l + 1 === this.layers.length - 1;
      const aboveFirst = this.first[l + 1] as number;
      const twist = this.twist[l + 1] as bigint;
      for (let q = 0; q < changed; q++) {
        const u = dirty[q] as number;
        const was = active[u] === 1;
        const wasA = oldA[u] as bigint;
        const wasC = oldC[u] as bigint;
        const slope = a[u] as bigint;
        // Zero here: those that were popped, and those that were zero all the way up to here.
        if (switched[u] === 1 || (wasA === 0n && wasC === 0n)) active[u] = slope > 0n ? 1 : 0;
        switched[u] = 0;
        this.schedule(u);
        const is = active[u] === 1;
        if (!was && !is) continue;
        let da = (is ? slope : 0n) - (was ? wasA : 0n);
        let dc = (is ? (c[u] as bigint) : 0n) - (was ? wasC : 0n);
        if (da === 0n && dc === 0n) continue;
        if (twist !== 1n) {
          da *= twist;
          dc *= twist;
        }
        const j = u - (this.first[l] as number);
        const stop = fan.start[j + 1] as number;
        for (let k = fan.start[j] as number; k < stop; k++) {
          const row = fan.row[k] as number;
          if (isLast && row !== this.output) continue;
          const v = aboveFirst + (isLast ? 0 : row);
          if (stamp[v] !== moment) this.remember(v, moment);
          const w = big(above.weight[fan.entry[k] as number] as number | bigint);
          a[v] = (a[v] as bigint) + w * da;
          c[v] = (c[v] as bigint) + w * dc;
        }
      }
      // What was appended belongs to the next layer.
      dirty.splice(0, changed);
    }
  }

  private remember(u: number, moment: number): void {
    this.stamp[u] = moment;
    this.oldA[u] = this.a[u] as bigint;
    this.oldC[u] = this.c[u] as bigint;
    this.dirty.push(u);
  }
}

/**
 * All maximal linear pieces of output `output` over [lo, hi], from left to right, exactly.
 * Throws InputError unless the network has one input and lo <= hi. Stops after `limit` pieces.
 */
export function* linearPieces(
  net: Network,
  { lo = Dyadic.ZERO, hi = Dyadic.ONE, output = 0, limit = Number.POSITIVE_INFINITY } = {},
): Generator<Piece> {
  const sweep = new Sweep(net, fractionOf(lo), fractionOf(hi), output);
  for (let n = 0; n < limit && sweep.next(); n++) {
    yield Object.freeze({
      from: Rational.of(sweep.from.n, sweep.from.d),
      to: Rational.of(sweep.to.n, sweep.to.d),
      slope: Dyadic.of(sweep.slope, -sweep.scale),
      intercept: Dyadic.of(sweep.intercept, -sweep.scale),
    });
  }
}
