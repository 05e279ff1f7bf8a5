/**
 * Theorem 1's network with everything shared that can be [DLS18, Thm. 1]: the function is f' of taylorFormula.ts, bit for bit.
 *
 *   products    one for each parity and monomial, not for each cell and monomial: their number does not grow with N
 *   weights     beta = 2 sum_j 2^-j b_j - 1, b_j in {0,1}: cell m's digit is the sign of one connection +-1/2, from the cell's
 *               selector s_m to bit_{p,n,j} = relu(sum_m (+-1/2) s_m), which is b_j where the bump of cell m lives
 *   gates       b g = relu(g + b - 1) for 0 <= g <= 1, exactly; where no bump lives, g = 0 and so is the gate, whatever b is
 *   one B_w     sum_j 2^-j (gates of place j) for all cells and terms at once: large places by doubling, small ones by halving
 *
 * Topology: fixed by (d, n, N, r, t, lambda) alone. Another f moves signs of the letters +-1/2 between selectors and bits only.
 */
import type { Alphabet } from './alphabet.ts';
import { Blueprint, type Group } from './blueprint.ts';
import { abreast, type Draft, draw, halve, hold, type Signal, signal, together } from './draft.ts';
import { drawProducts } from './multiply.ts';
import { squareLayers } from './squares.ts';
import {
  type ByParity,
  bumpLayers,
  bumps,
  localCoordinateLayers,
  localCoordinates,
  monomialLayers,
  monomialPlaces,
  monomials,
  parities,
  parityIndex,
  placed,
  selectorLayers,
  selectorScale,
  selectors,
} from './taylorFront.ts';
import { orderOf, type TaylorShape } from './taylorShape.ts';
import { type PlaceSums, weigh, weighLayers } from './weigh.ts';

/** The letter, 1/2 or -1/2, of a term's digit in cell number `cell` of parity p. */
export type DigitLetter = (term: number, digit: number, p: readonly number[], cell: number) => number;

/** Places of a term's digits: 2^-1, ..., 2^-(t+1), and the last once more, so that beta = 1 can be written. */
const placesOf = (t: number): number[] => [...Array.from({ length: t + 1 }, (_, j) => j + 1), t + 1];

/**
 * The blueprint for any f of the class; `letter` is asked only when a network is built. `exponents` are those of the
 * alphabet's positive letters 2^-e.
 */
export function drawShared(
  shape: TaylorShape,
  alphabet: Alphabet,
  exponents: readonly number[],
  letter: DigitLetter,
): Blueprint {
  const { d, q, n, r } = shape;
  const b = new Blueprint(d, alphabet);
  const scale = selectorScale(d, q);
  // Products are handed on halved; the bump of d = 1 is halved beside the products.
  const down = n > 1 || d > 1 ? scale - 1 : scale;
  const layers =
    localCoordinateLayers(q) +
    Math.max(monomialLayers(shape), bumpLayers(q) + (d - 1) * squareLayers(r)) +
    (n > 1 ? squareLayers(r) : 0) +
    down;
  if (layers <= selectorLayers(d, q)) throw new Error('taylor: the selectors take longer than the products');
  const [values, cells, constant] = draw(
    b,
    together(b, [products(b, shape, down), selectors(b, shape, layers), constantAtEnd(b, layers, scale)]),
  ) as [Signal[], Signal[], Signal[]];
  const gated = draw(b, gates(b, shape, values, cells, constant[0] as Signal, letter));
  const top = scale + 4 + shape.scaleLog2;
  const hidden = Math.max(...gated.map(({ places }) => weighLayers(places, top, exponents)));
  const ends = draw(b, abreast(gated.map((sums) => weigh(b, 'B_w', sums, top, exponents, hidden))));
  b.group('output', 1, (row) => {
    for (const [k, end] of ends.entries()) end(row, k === 0 ? 1 : -1);
  });
  return b;
}

/** 2^-scale in layer `layers`, begun as 1/2 as late as possible. */
function* constantAtEnd(b: Blueprint, layers: number, scale: number): Draft<Signal[]> {
  let constant: Group | undefined;
  for (let l = 1; l <= layers; l++) {
    const from = constant;
    if (l > layers - scale) {
      constant = b.group('B_w', 1, (row) => (from ? row.add(from, 0, 0.5) : row.bias(0.5)));
    }
    yield;
  }
  return [signal(constant as Group)];
}

/** g_{p,n} for every term n, halved until all have the selectors' scale. d = 1 has one signal a parity for n = 0. */
function* products(b: Blueprint, shape: TaylorShape, down: number): Draft<Signal[]> {
  const { d, n, r, terms } = shape;
  const all = parities(d);
  const u = yield* localCoordinates(b, shape);
  const [powers, psi] = (yield* together(b, [monomials(b, shape, u), bumpProducts(b, shape, u)])) as [
    Signal[],
    Signal[],
  ];
  let values = psi;
  if (n > 1) {
    const at = monomialPlaces(shape);
    const psiAt = bumpPlace(d);
    const finals = terms.slice(1).map((term) => {
      const y = at(term);
      const x = placed(psi, (i) => psiAt(all[i] as number[]), false);
      return drawProducts(
        b,
        "B_x'",
        all.length,
        r,
        x,
        placed(powers, (i) => y(all[i] as number[]), true),
      );
    });
    values = (yield* together(b, [d === 1 ? halved(b, psi) : hold(...psi), ...finals])).flat();
  }
  for (let l = 0; l < down; l++) {
    values = values.map((s) => halve(b, s));
    yield;
  }
  return values;
}

function* halved(b: Blueprint, signals: readonly Signal[]): Draft<Signal[]> {
  const out = signals.map((s) => halve(b, s));
  yield;
  return out;
}

/** psi'_p: for d = 1 the bumps themselves, one signal a parity; otherwise one signal over all parities. */
function* bumpProducts(b: Blueprint, shape: TaylorShape, u: readonly [Signal, Signal]): Draft<Signal[]> {
  const { d, r } = shape;
  let h = yield* bumps(b, shape, u);
  let psi: Signal[] = [];
  for (let k = d - 2; k >= 0; k--) {
    // x'(h_k, psi) over the parities of axes k..d-1, p_k running fastest.
    const [own, inner] = [h, psi];
    const x = placed(own, (i) => ({ slot: i & 1, index: k }), false);
    const y =
      k === d - 2
        ? placed(own, (i) => ({ slot: i >> 1, index: d - 1 }), false)
        : placed(inner, (i) => ({ slot: 0, index: i >> 1 }), false);
    const [kept, made] = (yield* together(b, [hold(...own), drawProducts(b, "B_x'", 2 ** (d - k), r, x, y)])) as [
      Signal[],
      Signal[],
    ];
    h = kept;
    psi = made;
  }
  return d === 1 ? h : psi;
}

const bumpPlace =
  (d: number): ByParity =>
  (p) =>
    d === 1 ? { slot: p[0] as number, index: 0 } : { slot: 0, index: parityIndex(p) };

/** Bits, gates and their sums by place: three layers. The first sums are positive, the second negative parts. */
function* gates(
  b: Blueprint,
  shape: TaylorShape,
  values: readonly Signal[],
  cells: readonly Signal[],
  constant: Signal,
  letter: DigitLetter,
): Draft<PlaceSums[]> {
  const { d, digits, terms } = shape;
  const all = parities(d);
  const list = terms.flatMap((n, term) =>
    placesOf(digits[orderOf(n)] as number).map((place, digit) => ({ term, digit, place })),
  );
  // Where g_{p,n} is: terms of order >= 1 follow the bump's signals, one signal each.
  const bumpSignals = d === 1 ? 2 : 1;
  const placeOf = (term: number, p: readonly number[]): { slot: number; index: number } =>
    term === 0 ? bumpPlace(d)(p) : { slot: bumpSignals + term - 1, index: parityIndex(p) };

  const bits = all.map((p, i) => {
    const own = (cells[i] as Signal).plus[0] as Group;
    return b.group('B_w', list.length, (row, k) => {
      const { term, digit } = list[k] as { term: number; digit: number };
      row.joinAll(own, (cell) => letter(term, digit, p, cell));
    });
  });
  let g = values.map((s) => halve(b, s));
  const level = b.group('B_w', 1, (row) => row.add(constant.plus[0] as Group, 0, 0.5));
  yield;

  const below = g;
  const gate = (side: 'plus' | 'minus'): Group[][] =>
    all.map((p, i) => {
      // The first term is a bump and has no negative part.
      const skip = side === 'plus' ? 0 : list.findIndex(({ term }) => term > 0);
      if (skip < 0) return [];
      return [
        b.group('B_w', list.length - skip, (row, k) => {
          const { slot, index } = placeOf((list[k + skip] as { term: number }).term, p);
          row.add((below[slot] as Signal)[side][0] as Group, index, 0.5);
          row.add(bits[i] as Group, k + skip, 0.5);
          row.add(level, 0, -0.5);
        }),
      ];
    });
  const gated = { plus: gate('plus'), minus: gate('minus') };
  g = below.map((s) => halve(b, s, 'B_w'));
  yield;

  // f' = sum_j 2^(1-j) (gates of place j) - sum g: the g of one sign join place 1 of the other.
  const sums = (['plus', 'minus'] as const).map((side): PlaceSums => {
    const other = side === 'plus' ? 'minus' : 'plus';
    const signed = (gated[side][0] as Group[]).length > 0;
    const skip = side === 'plus' ? 0 : placesOf(digits[0] as number).length;
    const most = signed ? Math.max(...list.slice(skip).map(({ place }) => place)) : 1;
    const places = Array.from({ length: most }, (_, j) => j + 1);
    const group = b.group(
      'B_w',
      most,
      (row, j) => {
        gated[side].forEach((groups) => {
          for (const own of groups) {
            for (let k = skip; k < list.length; k++) {
              if ((list[k] as { place: number }).place === places[j]) row.add(own, k - skip, 0.5);
            }
          }
        });
        if (j === 0)
          for (const s of g) for (const own of s[other]) for (let k = 0; k < own.count; k++) row.add(own, k, 0.5);
      },
      true,
    );
    return { group, places };
  });
  yield;
  return sums;
}
