/**
 * The blocks of Theorem 1's network that do not depend on f [DLS18, Fig. 2], drawn once for all cells.
 *
 * Cells are split into 2^d parities p in {0,1}^d (m_k = p_k mod 2). Bumps of one parity do not overlap, so one product for a
 * parity serves all its cells at once: on the support of bump m it is the product of cell m, elsewhere 0.
 *
 *   localCoordinates   u_k for both parities of every axis, by folding the axis q times (2q + 1 layers)
 *   bumps              h(3N u) (q + 2 layers)
 *   monomials          P'_n, one for each parity of the axes that occur in n
 *   selectors          one unit a cell: a constant on the support of its bump, 0 on those of the others of its parity
 */
import type { Blueprint, Group, Row } from './blueprint.ts';
import { addSignal, type Draft, hold, type Signal, signal, together } from './draft.ts';
import { drawProducts, type Operand } from './multiply.ts';
import { squareLayers } from './squares.ts';
import { firstFactor, withoutFirst } from './taylorFormula.ts';
import { type MultiIndex, orderOf, type TaylorShape } from './taylorShape.ts';

/** Where a value that depends on the parities is found: number `index` of signal `slot` of a list. */
export interface Place {
  readonly slot: number;
  readonly index: number;
}
/** The place for parities p. */
export type ByParity = (p: readonly number[]) => Place;

/** The parities as 0/1 lists, p_1 running fastest. */
export const parities = (d: number): number[][] =>
  Array.from({ length: 2 ** d }, (_, i) => Array.from({ length: d }, (_, k) => (i >> k) & 1));

export const parityIndex = (p: readonly number[]): number => p.reduce((i, v, k) => i + (v << k), 0);

/** A factor whose place among `signals` depends on the product's number. */
export function placed(signals: readonly Signal[], at: (i: number) => Place, signed: boolean): Operand {
  return {
    add: (row, i, c) => {
      const { slot, index } = at(i);
      addSignal(row, signals[slot] as Signal, index, c);
    },
    signed,
    varies: true,
  };
}

export const localCoordinateLayers = (q: number): number => 2 * q + 1;

/**
 * u for even and for odd cells, d numbers each: u = o(m)(x - m/N) near cell m. Folding x + 1/N (even) or x (odd) at 1, 1/2, 1/4,
 * ..., 2/N leaves a triangle wave between 0 and 2/N; minus 1/N it crosses zero at every cell of its parity.
 */
export function* localCoordinates(
  b: Blueprint,
  { d, q }: Pick<TaylorShape, 'd' | 'q'>,
  block = 'B_abs',
): Draft<[Signal, Signal]> {
  const constant = (from?: Group): Group => b.group(block, 1, (row) => (from ? row.add(from, 0, 0.5) : row.bias(0.5)));
  let x = b.group(block, d, (row, k) => row.add(b.input, k, 0.5));
  let tiny = constant(); // 2^-l in layer l
  let one: Group | undefined; // 1/2, in layer q (with q = 1, x + 1/2 - 1 is x - 1/2)
  yield;
  for (let l = 2; l <= q; l++) {
    const below = x;
    const factor = l === 2 ? 2 : 1;
    x = b.group(block, d, (row, k) => row.add(below, k, factor));
    tiny = constant(tiny);
    if (l === q) one = constant();
    yield;
  }
  // Fold 0, at 1: only x + 1/N passes it.
  const scale = q === 1 ? 2 : 1;
  const shifted = (row: Row, k: number): void => {
    row.add(x, k, scale);
    row.add(tiny, 0, 1);
  };
  let even = b.group(block, d, shifted);
  let evenBent = b.group(block, d, (row, k) => {
    row.add(x, k, scale);
    if (one) {
      row.add(tiny, 0, 1);
      row.add(one, 0, -1);
    }
    row.bias(-0.5);
  });
  const fresh = x;
  let odd = b.group(block, d, (row, k) => row.add(fresh, k, scale));
  let oddBent: Group | undefined;
  let threshold: Group | undefined;
  yield;
  const wave = (row: Row, from: Group, bent: Group | undefined, k: number, c: number): void => {
    row.add(from, k, c);
    if (bent) row.add(bent, k, -2 * c);
  };
  for (let j = 1; j < q; j++) {
    // At 2^-j: a bias for 1/2, then a constant that shrinks with the layers.
    const [e, eb, o, ob, at] = [even, evenBent, odd, oddBent, threshold];
    const cut = (row: Row): void => (at ? row.add(at, 0, -0.5) : row.bias(-0.5));
    even = b.group(block, d, (row, k) => wave(row, e, eb, k, 1));
    odd = b.group(block, d, (row, k) => wave(row, o, ob, k, 1));
    evenBent = b.group(block, d, (row, k) => {
      wave(row, e, eb, k, 1);
      cut(row);
    });
    oddBent = b.group(block, d, (row, k) => {
      wave(row, o, ob, k, 1);
      cut(row);
    });
    threshold = constant(at);
    yield;
  }
  const signed = (from: Group, bent: Group | undefined): Signal => {
    const part = (sign: number): Group =>
      b.group(block, d, (row, k) => {
        wave(row, from, bent, k, sign);
        if (threshold) row.add(threshold, 0, -sign / 2);
        else row.bias(-sign / 2);
      });
    return { count: d, plus: [part(1)], minus: [part(-1)], scale: 0 };
  };
  const result: [Signal, Signal] = [signed(even, evenBent), signed(odd, oddBent)];
  yield;
  return result;
}

export const bumpLayers = (q: number): number => q + 2;

/** h(3N u) = 1 - relu(3N|u| - 1), cut off at 0, for each of the signals. */
export function* bumps(b: Blueprint, { q }: TaylorShape, coordinates: readonly Signal[]): Draft<Signal[]> {
  const sizes = (block: string, from: readonly Group[], c: number): Group[] =>
    from.map((g) => b.group(block, g.count, (row, k) => row.add(g, k, c)));
  let scaled = coordinates.map((u) =>
    b.group('B_s', u.count, (row, k) => {
      for (const part of [...u.plus, ...u.minus]) row.add(part, k, 3);
    }),
  );
  let half = q === 1 ? b.group('B_h', 1, (row) => row.bias(0.5)) : undefined;
  yield;
  for (let i = 1; i < q; i++) {
    scaled = sizes('B_s', scaled, 2);
    if (i === q - 1) half = b.group('B_h', 1, (row) => row.bias(0.5));
    yield;
  }
  const [from, low] = [scaled, half as Group];
  const over = from.map((g) =>
    b.group('B_h', g.count, (row, k) => {
      row.add(g, k, 2);
      row.add(low, 0, -1);
      row.bias(-0.5);
    }),
  );
  const again = b.group('B_h', 1, (row) => row.bias(0.5));
  yield;
  const done = over.map((g) =>
    b.group('B_h', g.count, (row, k) => {
      row.add(g, k, -1);
      row.add(again, 0, 1);
      row.bias(0.5);
    }),
  );
  yield;
  return done.map((g) => signal(g));
}

/** Axes that occur in n, increasing. */
const axesOf = (n: MultiIndex): number[] => n.flatMap((e, k) => (e > 0 ? [k] : []));

/** P'_n for every n of order 1..n-1, in one list of signals that begins with u; `at` says where each is. */
export function* monomials(b: Blueprint, shape: TaylorShape, u: readonly [Signal, Signal]): Draft<Signal[]> {
  const { n, r, terms } = shape;
  const at = monomialPlaces(shape);
  let signals: Signal[] = [...u];
  for (let order = 2; order < n; order++) {
    const known = signals;
    const drafts = terms
      .filter((term) => orderOf(term) === order)
      .map((term) => {
        const axes = axesOf(term);
        const parityOf = (i: number): number[] => {
          const p = new Array<number>(shape.d).fill(0);
          axes.forEach((k, bit) => {
            p[k] = (i >> bit) & 1;
          });
          return p;
        };
        const x = at(term.map((_, k) => (k === firstFactor(term) ? 1 : 0)));
        const y = at(withoutFirst(term));
        const factor = (of: ByParity): Operand => placed(known, (i) => of(parityOf(i)), true);
        return drawProducts(b, "B_x'", 2 ** axes.length, r, factor(x), factor(y));
      });
    signals = (yield* together(b, [hold(...signals), ...drafts])).flat();
  }
  return signals;
}

/** The places of all P'_n in the list that {@link monomials} returns. */
export function monomialPlaces({ terms }: TaylorShape): (n: MultiIndex) => ByParity {
  const slots = new Map(terms.filter((term) => orderOf(term) > 1).map((term, i) => [term.join(','), i + 2]));
  return (n) => {
    const axes = axesOf(n);
    if (orderOf(n) === 1) return (p) => ({ slot: p[axes[0] as number] as number, index: axes[0] as number });
    const slot = slots.get(n.join(',')) as number;
    return (p) => ({ slot, index: axes.reduce((i, k, bit) => i + ((p[k] as number) << bit), 0) });
  };
}

export const monomialLayers = ({ n, r }: TaylorShape): number => Math.max(0, n - 2) * squareLayers(r);

export const selectorLayers = (d: number, q: number): number => q + 3 + (d > 1 ? 1 : 0);

/** A cell's unit holds 2^-selectorScale on the support of its bump. */
export const selectorScale = (d: number, q: number): number => q + 4 + (d > 1 ? 1 : 0);

/**
 * One unit a cell, by parities p: 2^-selectorScale where bump m lives, 0 where another of its parity does. Drawn in the last
 * selectorLayers of `layers` layers (x is carried until then): ramps relu(x - k/N) by halving intervals, hats from three
 * neighbouring ramps, cut off at a quarter of their height, and for d > 1 their conjunction.
 */
export function* selectors(b: Blueprint, { d, q }: TaylorShape, layers: number): Draft<Signal[]> {
  const N = 2 ** q;
  const block = 'B_N';
  const constant = (from?: Group): Group => b.group(block, 1, (row) => (from ? row.add(from, 0, 0.5) : row.bias(0.5)));
  let x = b.group('carry', d, (row, k) => row.add(b.input, k, 0.5));
  let factor = 2;
  let drawn = 1;
  const first = layers - selectorLayers(d, q);
  // The constants of the last layers start q + 1 layers before the ramps are done.
  let small = drawn === first ? constant() : undefined;
  yield;
  for (; drawn < first; drawn++) {
    const below = x;
    const c = factor;
    x = b.group('carry', d, (row, k) => row.add(below, k, c));
    factor = 1;
    if (drawn + 1 === first) small = constant();
    yield;
  }

  // Ramps of level j: relu(x - k/2^j), k even in `even` (k/2), odd in `odd` ((k+1)/2, from k = -1), axis by axis.
  const [from, c, one] = [x, factor, small as Group];
  let even = b.group(block, d, (row, k) => row.add(from, k, c));
  let odd = b.group(block, d, (row, k) => {
    row.add(from, k, c);
    row.add(one, 0, 1);
    row.bias(0.5);
  });
  small = constant(one);
  let threshold: Group | undefined;
  yield;
  for (let j = 0; j < q; j++) {
    const [e, o, at, before] = [even, odd, threshold, small as Group];
    const half = 2 ** j; // ramps 0..2^j - 1 of level j, and -1
    const evens = Math.max(1, half / 2);
    const odds = half === 1 ? 1 : half / 2 + 1;
    const ramp = (row: Row, axis: number, k: number): void => {
      if (k % 2 === 0) row.add(e, axis * evens + k / 2, 1);
      else row.add(o, axis * odds + (k + 1) / 2, 1);
    };
    even = b.group(block, d * half, (row, i) => ramp(row, Math.floor(i / half), i % half));
    odd = b.group(block, d * (half + 1), (row, i) => {
      ramp(row, Math.floor(i / (half + 1)), (i % (half + 1)) - 1);
      if (at) row.add(at, 0, -0.5);
      else row.bias(-0.5);
    });
    threshold = constant(at);
    small = constant(before);
    yield;
  }

  // Half a hat of height 1/N, missing from 1/(8N): 0 on the bump's support, 1/(8N) on the other bumps of the parity.
  const [e, o, tip] = [even, odd, small as Group];
  const evens = N / 2;
  const odds = N / 2 + 1;
  const missing = b.group(
    block,
    d * (N + 1),
    (row, i) => {
      const axis = Math.floor(i / (N + 1));
      const m = i % (N + 1);
      for (let k = m - 1; k <= Math.min(m + 1, N - 1); k++) {
        const weight = k === m ? 1 : -0.5;
        if (k % 2 === 0) row.add(e, axis * evens + k / 2, weight);
        else row.add(o, axis * odds + (k + 1) / 2, weight);
      }
      row.add(tip, 0, 0.5);
    },
    true,
  );
  const smaller = constant(tip);
  yield;
  const counts = [N / 2 + 1, N / 2];
  const singles = counts.map((count, v) =>
    b.group(block, d * count, (row, i) => {
      row.add(missing, Math.floor(i / count) * (N + 1) + 2 * (i % count) + v, -0.5);
      row.add(smaller, 0, 0.5);
    }),
  );
  const smallest = d > 1 ? constant(smaller) : undefined;
  yield;
  if (d === 1) return singles.map((g) => signal(g));
  const cells = parities(d).map((p) =>
    b.group(
      block,
      p.reduce((n, v) => n * (counts[v] as number), 1),
      (row, i) => {
        let rest = i;
        p.forEach((v, k) => {
          const count = counts[v] as number;
          row.add(singles[v] as Group, k * count + (rest % count), 0.5);
          rest = Math.floor(rest / count);
        });
        row.add(smallest as Group, 0, -(d - 1) / 2);
      },
    ),
  );
  yield;
  return cells.map((g) => signal(g));
}
