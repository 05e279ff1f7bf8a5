/**
 * The lines of a network with one input, followed from left to right through the switches that a proof lists.
 *
 * Nothing is believed: a unit's line may only change sign where it is listed, because its sign is looked at whenever its line
 * changes and at the right end, and a line that has one sign at both ends of an interval has it in between.
 */
import { type Layer, need } from './read.ts';

/** n/d, d > 0. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

/** The sign of x - y. */
export const compare = (x: Fraction, y: Fraction): number => {
  const l = x.n * y.d;
  const r = y.n * x.d;
  return l < r ? -1 : l > r ? 1 : 0;
};

/** Adjoining lines (a x + c) / q up to `to`. */
export interface Lines {
  readonly a: bigint;
  readonly c: bigint;
  readonly q: bigint;
  readonly to: Fraction;
  next(): void;
}

export class Sweep implements Lines {
  a = 0n;
  c = 0n;
  readonly q: bigint;
  to: Fraction;
  count = 0;

  /** Lines slope x + offset of all units, layer after layer, the output last; what they were; who is active. */
  private readonly slope: bigint[] = [];
  private readonly offset: bigint[] = [];
  private readonly oldSlope: bigint[] = [];
  private readonly oldOffset: bigint[] = [];
  private readonly on: boolean[] = [];
  private readonly layerOf: number[] = [];
  private readonly first: number[] = [0];
  private readonly twist: bigint[] = [];
  private readonly fans: ReturnType<typeof fan>[] = [];
  private readonly moved: number[][];
  private readonly mark: Int32Array;
  private k = 0;

  constructor(
    private readonly layers: readonly Layer[],
    private at: Fraction,
    private readonly hi: Fraction,
    private readonly switches: readonly unknown[],
  ) {
    need(layers[0]?.inputs === 1 && layers.at(-1)?.outputs === 1, 'expected a network with one input and one output');
    let scale = 0;
    layers.forEach((layer, l) => {
      const below = this.first[l - 1] ?? 0;
      const twist = 1n << BigInt(Math.max(0, -scale - layer.scale));
      for (let i = 0; i < layer.outputs; i++) {
        let slope = 0n;
        let offset = (layer.bias[i] as bigint) << BigInt(scale);
        for (let k = layer.start[i] as number; k < (layer.start[i + 1] as number); k++) {
          const w = layer.weight[k] as bigint;
          const j = below + (layer.column[k] as number);
          if (l === 0) slope += w;
          else if (this.on[j]) {
            slope += w * (this.slope[j] as bigint);
            offset += w * (this.offset[j] as bigint);
          }
        }
        const u = this.slope.push(slope * twist) - 1;
        this.offset.push(offset * twist);
        this.layerOf.push(l);
        const z = this.valueAt(u, at);
        this.on.push(z > 0n || (z === 0n && slope > 0n));
      }
      this.first.push(this.slope.length);
      this.twist.push(twist);
      scale = Math.max(0, scale + layer.scale);
      if (l > 0) this.fans.push(fan(layer));
    });
    this.q = 1n << BigInt(scale);
    this.moved = layers.map(() => []);
    this.mark = new Int32Array(this.slope.length).fill(-1);
    this.to = at;
    this.next();
  }

  /** To the next line; what it claims holds once `finish` has passed. */
  next(): void {
    const out = this.slope.length - 1;
    this.a = this.slope[out] as bigint;
    this.c = this.offset[out] as bigint;
    this.count++;
    while (this.k < this.switches.length) {
      this.switch();
      if (this.slope[out] === this.a && this.offset[out] === this.c) continue;
      this.to = this.at;
      return;
    }
    this.to = this.hi;
  }

  /** All switches lie in the domain, and none is missing up to its right end. */
  finish(): void {
    while (this.k < this.switches.length) this.switch();
    need(compare(this.at, this.hi) <= 0, 'a switch beyond the domain');
    for (let u = 0; u + 1 < this.slope.length; u++) this.kept(u, this.valueAt(u, this.hi));
  }

  private valueAt = (u: number, x: Fraction): bigint =>
    (this.slope[u] as bigint) * x.n + (this.offset[u] as bigint) * x.d;

  private kept(u: number, z: bigint): void {
    need(this.on[u] ? z >= 0n : z <= 0n, 'a unit switches that is not listed');
  }

  /** Units that switch together, increasing. */
  private switch(): void {
    const { slope, offset, oldSlope, oldOffset, on, moved, twist } = this;
    const listed = this.switches[this.k++];
    const units = (Array.isArray(listed) ? listed : [listed]) as number[];
    let before = -1;
    let x = this.at;
    for (const u of units) {
      need(Number.isInteger(u) && u > before && u + 1 < slope.length, 'a switch of no unit');
      if (before < 0) {
        const a = slope[u] as bigint;
        const c = offset[u] as bigint;
        need(a !== 0n, 'a switch of a unit without a root');
        x = a > 0n ? { n: -c, d: a } : { n: c, d: -a };
      } else need(this.valueAt(u, x) === 0n, 'units switch together that do not');
      this.touch(u);
      before = u;
    }
    need(before >= 0 && compare(this.at, x) <= 0, 'switches are not in order');
    this.at = x;
    for (let l = 0; l + 1 < moved.length; l++) {
      const list = moved[l] as number[];
      for (const u of list) {
        // The old line ends here: it must have kept its sign.
        const was = on[u] as boolean;
        const wasSlope = oldSlope[u] as bigint;
        const wasOffset = oldOffset[u] as bigint;
        const z = wasSlope * x.n + wasOffset * x.d;
        this.kept(u, z);
        if (z === 0n) on[u] = (slope[u] as bigint) > 0n;
        const is = on[u] as boolean;
        const da = ((is ? slope[u] : 0n) as bigint) - (was ? wasSlope : 0n);
        const dc = ((is ? offset[u] : 0n) as bigint) - (was ? wasOffset : 0n);
        if (da !== 0n || dc !== 0n) this.pass(l, u, da * (twist[l + 1] as bigint), dc * (twist[l + 1] as bigint));
      }
      list.length = 0;
    }
    (moved[moved.length - 1] as number[]).length = 0;
  }

  private touch(u: number): void {
    if (this.mark[u] === this.k) return;
    this.mark[u] = this.k;
    this.oldSlope[u] = this.slope[u] as bigint;
    this.oldOffset[u] = this.offset[u] as bigint;
    this.moved[this.layerOf[u] as number]?.push(u);
  }

  private pass(l: number, unit: number, da: bigint, dc: bigint): void {
    const { start, row, entry } = this.fans[l] as ReturnType<typeof fan>;
    const { weight } = this.layers[l + 1] as Layer;
    const j = unit - (this.first[l] as number);
    for (let k = start[j] as number; k < (start[j + 1] as number); k++) {
      const v = (this.first[l + 1] as number) + (row[k] as number);
      const w = weight[entry[k] as number] as bigint;
      this.touch(v);
      this.slope[v] = (this.slope[v] as bigint) + w * da;
      this.offset[v] = (this.offset[v] as bigint) + w * dc;
    }
  }
}

/** A layer's connections by the unit they come from: row and entry of those from unit j are at start[j]..start[j + 1] - 1. */
function fan(layer: Layer) {
  const start = new Uint32Array(layer.inputs + 1);
  for (const c of layer.column) start[c + 1]!++;
  for (let j = 0; j < layer.inputs; j++) start[j + 1]! += start[j] as number;
  const next = start.slice();
  const [row, entry] = [new Uint32Array(layer.column.length), new Uint32Array(layer.column.length)];
  for (let i = 0; i < layer.outputs; i++) {
    for (let k = layer.start[i] as number; k < (layer.start[i + 1] as number); k++) {
      const at = next[layer.column[k] as number]!++;
      row[at] = i;
      entry[at] = k;
    }
  }
  return { start, row, entry };
}
