import { Blueprint, type Group } from './blueprint.ts';
import { abreast, type Draft, draw, halve, hold, type Signal, signal, together } from './draft.ts';
import { drawProducts } from './multiply.ts';
import type { Packing } from './packing.ts';
import { squareLayers } from './squares.ts';
import {
  bumpLayers,
  bumps,
  localCoordinateLayers,
  localCoordinates,
  monomialLayers,
  monomialPlaces,
  monomials,
  parities,
  placed,
  selectorLayers,
  selectorScale,
  selectors,
} from './taylorFront.ts';
import { bumpPlace, type ChunkLetter, constantsFor, gates, topOf, valueScale } from './taylorGates.ts';
import type { TaylorShape } from './taylorShape.ts';
import { weigh, weighLayers } from './weigh.ts';

/** The blueprint for any f of the class; `letter` is asked only when a network is built. */
export function drawShared(shape: TaylorShape, packing: Packing, letter: ChunkLetter): Blueprint {
  const { d, q, n, r } = shape;
  const { alphabet, exponents } = packing;
  const b = new Blueprint(d, alphabet);
  const scale = selectorScale(d, q);
  // Products are handed on halved; the bump of d = 1 is halved beside the products.
  const down = valueScale(scale, packing) - (n > 1 || d > 1 ? 1 : 0);
  const layers =
    localCoordinateLayers(q) +
    Math.max(monomialLayers(shape), bumpLayers(q) + (d - 1) * squareLayers(r)) +
    (n > 1 ? squareLayers(r) : 0) +
    down;
  if (layers <= selectorLayers(d, q)) throw new Error('taylor: the selectors take longer than the products');
  const wanted = constantsFor(scale, packing);
  const [values, cells, made] = draw(
    b,
    together(b, [products(b, shape, down), selectors(b, shape, layers), constantsAtEnd(b, layers, wanted)]),
  ) as [Signal[], Signal[], Signal[]];
  const constants = new Map(wanted.map((e, k) => [e, (made[k] as Signal).plus[0] as Group]));
  const gated = draw(b, gates(b, shape, packing, scale, values, cells, constants, letter));
  const top = topOf(scale, packing) + shape.scaleLog2;
  const hidden = Math.max(...gated.map(({ places }) => weighLayers(places, top, exponents)));
  const ends = draw(b, abreast(gated.map((sums) => weigh(b, 'B_w', sums, top, exponents, hidden))));
  b.group('output', 1, (row) => {
    for (const [k, end] of ends.entries()) end(row, k === 0 ? 1 : -1);
  });
  return b;
}

/** 2^-e in layer `layers` for every e given, each begun as 1/2 as late as possible. */
function* constantsAtEnd(b: Blueprint, layers: number, wanted: readonly number[]): Draft<Signal[]> {
  const now: (Group | undefined)[] = wanted.map(() => undefined);
  for (let l = 1; l <= layers; l++) {
    wanted.forEach((e, k) => {
      const from = now[k];
      if (l > layers - e) now[k] = b.group('B_w', 1, (row) => (from ? row.add(from, 0, 0.5) : row.bias(0.5)));
    });
    yield;
  }
  return now.map((g) => signal(g as Group));
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
