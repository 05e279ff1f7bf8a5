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
  const moved: number[][] = layers.map(() => []);
  let [k, x, below, scale] = [0, lo, 0, 0];

  /** The value of a unit's line at y, times y.d, when its slope was a. */
  const at = (u: number, y: Fraction, a: bigint): bigint => a * y.n + (offset[u] as bigint) * y.d;
  /** Whether the sign of a unit's line, whose value is z, is still the one that it has been taken for. */
  const check = (u: number, z: bigint): void => need(on[u] ? z >= 0n : z <= 0n, 'a unit switches that is not listed');

  on[0] = 1;
  layers.forEach(({ inputs, outputs, start, column, weight, bias, scale: own }, l) => {
    const twist = BigInt(Math.max(0, -scale - own));
    for (let i = 0; i < outputs; i++) {
      const u = slope.length;
      let [a, c] = [0n, (bias[i] as bigint) << BigInt(scale)];
      for (let j = start[i] as number; j < (start[i + 1] as number); j++) {
        const from = below + (column[j] as number);
        const w = weight[j] as bigint;
        more[weights.length] = edge[from] as number;
        reader[weights.length] = u;
        edge[from] = weights.push(w << twist) - 1;
        if (on[from] !== 1) continue;
        a += w * (slope[from] as bigint);
        c += w * (offset[from] as bigint);
      }
      slope.push(a << twist);
      offset.push(c << twist);
      layer[u] = l;
      const z = at(u, lo, a << twist);
      on[u] = (z === 0n ? a > 0n : z > 0n) ? 1 : 0;
    }
    below += inputs;
    scale = Math.max(0, scale + own);
  });

  const before = slope.slice(); // the slopes before a switch
  const touch = (u: number): void => {
    if (touched[u] === k) return;
    touched[u] = k;
    before[u] = slope[u] as bigint;
    moved[layer[u] as number]?.push(u);
  };
  /** A unit whose line changes at x: it moves units of later layers only, and the output never switches. */
  const turn = (u: number): void => {
    const [old, a] = [before[u] as bigint, slope[u] as bigint];
    const z = listed[u] === k || u === out ? 0n : at(u, x, old);
    check(u, z);
    const was = on[u] === 1;
    if (z === 0n) on[u] = a > 0n ? 1 : 0;
    if (a !== old) offset[u] = (offset[u] as bigint) - ((a - old) * x.n) / x.d; // a whole number, as all lines are
    const change = (on[u] === 1 ? a : 0n) - (was ? old : 0n);
    if (change === 0n) return;
    for (let e = edge[u] as number; e >= 0; e = more[e] as number) {
      const v = reader[e] as number;
      touch(v);
      slope[v] = (slope[v] as bigint) + (weights[e] as bigint) * change;
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
      else need(at(u, place, a) === 0n, 'units switch together that do not');
      touch(u);
      listed[u] = k;
      last = u;
    }
    need(last > 0 && compare(x, place) <= 0, 'switches are not in order');
    x = place;
    for (const units of moved) {
      for (const u of units) turn(u);
      if (units.length > 0) units.length = 0;
    }
  };
  const next = (): void => {
    lines.a = slope[out] as bigint;
    lines.c = offset[out] as bigint;
    lines.to = hi;
    lines.count++;
    while (k < switches.length && lines.to === hi) {
      follow();
      if (slope[out] !== lines.a && compare(x, hi) < 0) lines.to = x;
    }
  };
  const finish = (): void => {
    while (k < switches.length) follow();
    need(compare(x, hi) <= 0, 'a switch beyond the domain');
    for (let u = 1; u < out; u++) check(u, at(u, hi, slope[u] as bigint));
  };
  const lines = { a: 0n, c: 0n, q: 1n << BigInt(scale), to: lo, count: 0, next, finish };
  next();
  return lines;
}
