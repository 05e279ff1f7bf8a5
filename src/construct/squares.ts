/**
 * Sums of interpolated squares, the recursion below D1 and D2 [DLS18, Prop. 1 and 2].
 *
 * f_r, the interpolant of z^2 at k/2^r, k = 0..2^r, is z - sum_{i=1..r} 4^-i g_i(z), g_i the i-th iterate of the tent map.
 * The paper scales the sum up and needs 2r more layers to scale it down. Here the tents shrink as they go:
 *
 *   u_0 = z,   u_{i+1} = u_i/2 - relu(u_i - c_i) = 4^-(i+1) g_{i+1}(z),   c_i = 4^-i / 2,
 *
 * so that every halving by a single weight 1/2 is one that the formula wants: two layers a level, no scaling at the end.
 * An accumulator collects start + sum_z sign(z) (u_1 + u_2 + ... + u_r)(z), halved so that one letter adds a tent.
 */
import { Dyadic } from '../exact/index.ts';
import type { Blueprint, Group, Row } from './blueprint.ts';
import type { Draft } from './draft.ts';

/** A linear form in units of the layer below. */
export type Form = (row: Row, index: number, coefficient: number) => void;

/** One argument z of a square, 0 <= z <= 1. */
export interface Argument {
  /** z itself. */
  readonly form: Form;
  /** False where z <= 1/2 is known: the first fold is then not drawn. */
  readonly wide: boolean;
}

/** A number that is never negative: sum over arguments of start * z + sign * (u_1 + ... + u_r). */
export interface Accumulator {
  readonly start: readonly (0 | 1)[];
  readonly sign: readonly (-1 | 0 | 1)[];
}

/** A unit to be drawn in the last layer: the sum of coefficient * accumulator, behind a relu unless it is the network's output. */
export type Outcome = readonly number[];

/** f_r(z) for 0 <= z <= 1, exactly: linear between k/2^r and (k+1)/2^r. */
export function interpolatedSquare(z: Dyadic, r: number): Dyadic {
  const most = (1n << BigInt(r)) - 1n;
  const floor = z.scale(r).floor();
  const k = Dyadic.of(floor > most ? most : floor, -r);
  // Between k and k + 2^-r: k^2 + (2k + 2^-r)(z - k).
  return k.mul(k).add(k.scale(1).add(Dyadic.pow2(-r)).mul(z.sub(k)));
}

/** Layers that {@link drawSquares} draws, the one of `first` included. */
export const squareLayers = (r: number): number => 2 * r + 1;

/**
 * Draws `count` copies of the same sum of squares, each with its own arguments: r >= 1 levels in 2r + 1 layers.
 * `first` draws the layer below the arguments; each outcome becomes one group of the last layer.
 */
export function* drawSquares(
  b: Blueprint,
  block: string,
  count: number,
  r: number,
  first: () => readonly Argument[],
  accumulators: readonly Accumulator[],
  outcomes: readonly Outcome[],
): Draft<Group[]> {
  const group = (n: number, draw: (row: Row, index: number) => void): Group => b.group(block, n, draw);
  // Layer 1: what the caller needs for its arguments, and the constant 1/2, halved by every layer.
  const deep = r > 1;
  const args = first();
  const half = (from: Group | undefined): Group => group(1, (row) => row.add(from as Group, 0, 0.5));
  let constant = deep ? group(1, (row) => row.bias(0.5)) : undefined;
  yield;

  // Layer 2: u_0 = z and v = relu(z - 1/2) where z may pass 1/2.
  const z = args.map(({ form }) => group(count, (row, i) => form(row, i, 1)));
  const v = args.map(({ form, wide }) =>
    wide
      ? group(count, (row, i) => {
          form(row, i, 1);
          row.bias(-0.5);
        })
      : undefined,
  );
  if (deep) constant = half(constant);
  yield;

  // u_1 = z/2 - v, as a form.
  const tent =
    (k: number): Form =>
    (row, i, c) => {
      row.add(z[k] as Group, i, c / 2);
      if (v[k]) row.add(v[k], i, -c);
    };
  if (!deep) {
    const done = outcomes.map((outcome) =>
      group(count, (row, i) => {
        args.forEach((_, k) => {
          let whole = 0;
          let bent = 0;
          outcome.forEach((c, a) => {
            const { start, sign } = accumulators[a] as Accumulator;
            whole += c * ((start[k] as number) + (sign[k] as number) / 2);
            bent -= c * (sign[k] as number);
          });
          if (whole !== 0) row.add(z[k] as Group, i, whole);
          if (v[k] && bent !== 0) row.add(v[k], i, bent);
        });
      }),
    );
    yield;
    return done;
  }

  // Layer 3: the first tents and the starts of the accumulators, halved.
  let u = args.map((_, k) => group(count, (row, i) => tent(k)(row, i, 1)));
  let sums: (Group | undefined)[] = accumulators.map(({ start }) =>
    start.some((s) => s !== 0)
      ? group(count, (row, i) =>
          start.forEach((s, k) => {
            if (s !== 0) row.add(z[k] as Group, i, s / 2);
          }),
        )
      : undefined,
  );
  constant = half(constant);
  yield;

  for (let level = 1; ; level++) {
    // Even layer: u/2, relu(u - c)/2, and u joins the accumulators.
    const below = { u, sums, constant };
    const h = below.u.map((from) => group(count, (row, i) => row.add(from, i, 0.5)));
    const w = below.u.map((from) =>
      group(count, (row, i) => {
        row.add(from, i, 0.5);
        row.add(below.constant as Group, 0, -0.5);
      }),
    );
    sums = accumulators.map(({ sign }, a) =>
      group(count, (row, i) => {
        const before = below.sums[a];
        if (before) row.add(before, i, 1);
        sign.forEach((s, k) => {
          if (s !== 0) row.add(below.u[k] as Group, i, s / 2);
        });
      }),
    );
    if (level < r - 1) constant = half(below.constant);
    yield;

    // Odd layer: the next tents u/2 - relu(u - c) = h - 2w, or the end.
    if (level === r - 1) {
      const done = outcomes.map((outcome) =>
        group(count, (row, i) => {
          outcome.forEach((c, a) => {
            if (c !== 0) row.add(sums[a] as Group, i, 2 * c);
          });
          args.forEach((_, k) => {
            const s = outcome.reduce((sum, c, a) => sum + c * ((accumulators[a] as Accumulator).sign[k] as number), 0);
            if (s === 0) return;
            row.add(h[k] as Group, i, s);
            row.add(w[k] as Group, i, -2 * s);
          });
        }),
      );
      yield;
      return done;
    }
    const evens = sums as Group[];
    u = args.map((_, k) =>
      group(count, (row, i) => {
        row.add(h[k] as Group, i, 1);
        row.add(w[k] as Group, i, -2);
      }),
    );
    sums = evens.map((from) => group(count, (row, i) => row.add(from, i, 1)));
    constant = half(constant);
    yield;
  }
}
