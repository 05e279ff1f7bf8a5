/**
 * The lines of a network with one input, followed from left to right through the switches that a proof lists.
 *
 * Nothing is believed: a unit's line may only change sign where it is listed, because its sign is looked at whenever its line
 * changes and at the right end, and a line that has one sign at both ends of an interval has it in between. What switches at x
 * is 0 there, so that the lines above turn about their values at x: their slopes are enough to follow.
 */
import { type Layer, need } from './read.ts';

/** n/d, d > 0. */
export type Fraction = { readonly n: bigint; readonly d: bigint };

/** The sign of x - y. */
export const compare = (x: Fraction, y: Fraction): number => {
  const e = x.d === y.d ? x.n - y.n : x.n * y.d - y.n * x.d;
  return e < 0n ? -1 : e > 0n ? 1 : 0;
};

/** Adjoining lines (a x + c) / q up to `to`, the last one up to the domain's very end. */
export type Lines = { a: bigint; c: bigint; q: bigint; to: Fraction; next(): void };

/**
 * The network's lines from x to hi. What they claim holds once `finish` has passed: all switches lie in the domain, and none
 * is missing up to its right end.
 */
export function sweep(layers: readonly Layer[], lo: Fraction, hi: Fraction, switches: readonly unknown[]) {
  need(layers[0]?.inputs === 1 && layers.at(-1)?.outputs === 1, 'expected a network with one input and one output');
  const out = layers.reduce((n, { outputs }) => n + outputs, 0);
  const edges = layers.reduce((n, { column }) => n + column.length, 0);
  const none = (length: number): Int32Array => new Int32Array(length).fill(-1);
  // Lines slope x + offset: the input's, unit after unit, layer after layer, and the output's.
  const [slope, offset] = [[1n], [0n]] as [bigint[], bigint[]];
  // Whether a unit is on, its layer, the switch that touched it last, and the one at which it was listed.
  const [on, layer, touched, listed] = [none(out + 1), none(out + 1), none(out + 1), none(out + 1)];
  // What reads a unit: the connections e = edge[unit], more[e], ... lead to the units reader[e]; -1 ends them.
  const [edge, more, reader, weights] = [none(out + 1), none(edges), none(edges), [] as bigint[]];
  // How much steeper units become: in doubles in layers where all slopes, hence such sums, provably stay below 2^53.
  const [short, few, many] = [[] as boolean[], new Float64Array(out + 1), new Array<bigint>(out + 1).fill(0n)];
  const weight = new Float64Array(edges);
  const moved: number[][] = layers.map(() => []);
  let [k, x, below, scale, steepest] = [0, lo, 0, 0, 1];

  /** The value of a unit's line at y, times y.d. */
  const at = (u: number, y: Fraction): bigint => (slope[u] as bigint) * y.n + (offset[u] as bigint) * y.d;
  /** Whether the sign of a unit's line, whose value is z, is still the one that it has been taken for. */
  const check = (u: number, z: bigint): void => need(on[u] ? z >= 0n : z <= 0n, 'a unit switches that is not listed');

  on[0] = 1;
  layers.forEach(({ inputs, outputs, start, column, weight: entries, bias, scale: own }, l) => {
    const twist = BigInt(Math.max(0, -scale - own));
    let most = 0; // of the sums of a unit's weights
    for (let i = 0; i < outputs; i++) {
      const u = slope.length;
      let [a, c, sum] = [0n, (bias[i] as bigint) << (BigInt(scale) + twist), 0];
      for (let j = start[i] as number; j < (start[i + 1] as number); j++) {
        const from = below + (column[j] as number);
        const w = twist === 0n ? (entries[j] as bigint) : (entries[j] as bigint) << twist;
        const e = weights.push(w) - 1;
        [more[e], reader[e], edge[from], weight[e]] = [edge[from] as number, u, e, Number(w)];
        sum += Math.abs(weight[e] as number);
        if (on[from] !== 1) continue;
        a += w * (slope[from] as bigint);
        c += w * (offset[from] as bigint);
      }
      slope.push(a);
      offset.push(c);
      layer[u] = l;
      most = Math.max(most, sum);
      on[u] = (at(u, lo) || a) > 0n ? 1 : 0;
    }
    steepest = Math.max(1, most * steepest);
    short.push(steepest < 2 ** 51);
    below += inputs;
    scale = Math.max(0, scale + own);
  });

  const touch = (u: number): void => {
    if (touched[u] === k) return;
    touched[u] = k;
    moved[layer[u] as number]?.push(u);
  };
  /** A unit whose line changes at x: it moves units of later layers only, and the output never switches. */
  const turn = (u: number, l: number): void => {
    const old = slope[u] as bigint;
    const steeper = short[l] ? BigInt(few[u] as number) : (many[u] as bigint);
    const z = listed[u] === k || u === out ? 0n : at(u, x);
    check(u, z);
    const was = on[u] === 1 ? old : 0n;
    if (steeper !== 0n) {
      slope[u] = old + steeper;
      offset[u] = (offset[u] as bigint) - (steeper * x.n) / x.d; // a whole number, as all lines are
      [few[u], many[u]] = [0, 0n];
    }
    if (z === 0n) on[u] = (slope[u] as bigint) > 0n ? 1 : 0;
    const change = (on[u] === 1 ? (slope[u] as bigint) : 0n) - was;
    if (change === 0n) return;
    for (let e = edge[u] as number, near = Number(change); e >= 0; e = more[e] as number) {
      const v = reader[e] as number;
      touch(v);
      if (short[l + 1]) few[v] = (few[v] as number) + (weight[e] as number) * near;
      else many[v] = (many[v] as bigint) + (weights[e] as bigint) * change;
    }
  };
  /** Follows the next switch: units that switch together, increasing. */
  const follow = (): void => {
    const entry = switches[k++];
    let last = 0;
    let place = x;
    for (const number of (Array.isArray(entry) ? entry : [entry]) as number[]) {
      const u = number + 1; // the input is unit 0
      const a = u > last && u < out ? (slope[u] ?? 0n) : 0n;
      need(a !== 0n, 'a switch of no unit');
      const c = offset[u] as bigint;
      if (last === 0) place = a > 0n ? { n: -c, d: a } : { n: c, d: -a };
      else need(at(u, place) === 0n, 'units switch together that do not');
      touch(u);
      listed[u] = k;
      last = u;
    }
    need(last > 0 && compare(x, place) <= 0, 'switches are not in order');
    x = place;
    moved.forEach((units, l) => {
      for (const u of units) turn(u, l);
      if (units.length > 0) units.length = 0;
    });
  };
  const next = (): void => {
    lines.a = slope[out] as bigint;
    lines.c = offset[out] as bigint;
    lines.to = hi;
    lines.count++;
    while (k < switches.length && lines.to === hi) {
      follow();
      if (slope[out] !== lines.a) lines.to = x;
    }
  };
  const finish = (): void => {
    while (k < switches.length) follow();
    need(compare(x, hi) <= 0, 'a switch beyond the domain');
    for (let u = 1; u < out; u++) check(u, at(u, hi));
  };
  const lines = { a: 0n, c: 0n, q: 1n << BigInt(scale), to: lo, count: 0, next, finish };
  next();
  return lines;
}
