/**
 * From cells to weighted terms: sum_m beta_{m,n} [bump m lives at x] g_{p,n}(x), for all terms at once [DLS18, Thm. 1].
 *
 *   beta = 2 sum_j 2^-place(j) b_j - 1, b_j in {0,1}. A connection from the selector of cell m carries one chunk of these bits
 *   as its letter; a level sums the connections of a parity's cells; the bits are read from the level (packing.ts);
 *   b g = relu(g + b - 1) for 0 <= g <= 1, exactly. Where no bump of the parity lives, g = 0 and so is the gate, whatever b is.
 */
import type { Blueprint, Group, Row } from './blueprint.ts';
import { type Draft, halve, type Signal } from './draft.ts';
import { chunksOf, grayStep, type Packing } from './packing.ts';
import { type ByParity, parities, parityIndex } from './taylorFront.ts';
import { orderOf, type TaylorShape } from './taylorShape.ts';
import type { PlaceSums } from './weigh.ts';

/** The letter that carries chunk `chunk` of a term's bits from cell number `cell` of parity p. */
export type ChunkLetter = (term: number, chunk: number, p: readonly number[], cell: number) => number;

/** The selectors hold 2^-scale; the values g must come as 2^-valueScale * g. */
export const valueScale = (scale: number, { bits, gapBits }: Packing): number =>
  bits === 1 ? scale : scale + gapBits - 1;

/** Gates hold 2^-gateScale * b g. */
const gateScale = (scale: number, { gapBits }: Packing): number => scale + gapBits + 2;

/** f' / 2^scaleLog2 is sum_j 2^(top-j) (sums of place j): half gates, and beta has the factor 2. */
export const topOf = (scale: number, packing: Packing): number => gateScale(scale, packing) + 2;

/** The constants 2^-e that {@link gates} asks for, in the layer of the selectors. */
export function constantsFor(scale: number, packing: Packing): number[] {
  if (packing.bits === 1) return [scale];
  const { bits, gapBits } = packing;
  const thresholds = Array.from({ length: bits + 1 }, (_, i) => scale + gapBits - i);
  return [...new Set([scale, scale + gapBits - 1, ...thresholds])];
}

/** Where g of a term and a parity is; d = 1 has one signal a parity for the bump. */
export const bumpPlace =
  (d: number): ByParity =>
  (p) =>
    d === 1 ? { slot: p[0] as number, index: 0 } : { slot: 0, index: parityIndex(p) };

/** One bit of one term: chunk number and position in it, place, and where the term's g is. */
interface Bit {
  readonly term: number;
  readonly chunk: number;
  readonly at: number;
  readonly place: number;
}

/** Levels, bits, gates and their sums by place: 3 layers, 4 where bits are packed. First the positive, then the negative sums. */
export function* gates(
  b: Blueprint,
  shape: TaylorShape,
  packing: Packing,
  scale: number,
  values: readonly Signal[],
  cells: readonly Signal[],
  constants: ReadonlyMap<number, Group>,
  letter: ChunkLetter,
): Draft<PlaceSums[]> {
  const { d, digits, terms } = shape;
  const all = parities(d);
  const chunks = terms.flatMap((n, term) =>
    chunksOf(digits[orderOf(n)] as number, packing.bits).map((places, chunk) => ({ term, chunk, places })),
  );
  const bits: Bit[] = chunks.flatMap(({ term, places }, chunk) =>
    places.map((place, at) => ({ term, chunk, at, place })),
  );
  const bumpSignals = d === 1 ? 2 : 1;
  const placeOf = (term: number, p: readonly number[]): { slot: number; index: number } =>
    term === 0 ? bumpPlace(d)(p) : { slot: bumpSignals + term - 1, index: parityIndex(p) };

  // Levels: packed ones are shifted by `base`, so that they are not negative.
  const packed = packing.bits > 1;
  const one = constants.get(scale) as Group;
  const levels = all.map((p, i) => {
    const own = (cells[i] as Signal).plus[0] as Group;
    return b.group('B_w', chunks.length, (row, k) => {
      const { term, chunk } = chunks[k] as { term: number; chunk: number };
      row.joinAll(own, (cell) => letter(term, chunk, p, cell));
      if (packed) row.add(one, 0, packing.base);
    });
  });
  let g = values.map((s) => halve(b, s));
  const unit = constants.get(valueScale(scale, packing)) as Group;
  let level = b.group('B_w', 1, (row) => row.add(unit, 0, 0.5));
  let bit: (p: number, k: number, row: Row) => void = (p, k, row) => row.add(levels[p] as Group, k, 0.5);
  if (packed) {
    const thresholds = thresholdConstants(b, packing, scale, constants);
    yield;
    const clamps = all.map((_, p) => drawClamps(b, packing, chunks, levels[p] as Group, thresholds));
    bit = (p, k, row) => {
      const { chunk, at } = bits[k] as Bit;
      clamps[p]?.(chunk, at, row);
    };
    g = g.map((s) => halve(b, s));
    const before = level;
    level = b.group('B_w', 1, (row) => row.add(before, 0, 0.5));
  }
  yield;

  // The first term is a bump and has no negative part.
  const [below, threshold, firstSigned] = [g, level, bits.findIndex(({ term }) => term > 0)];
  const gate = (side: 'plus' | 'minus'): { skip: number; groups: Group[] } => {
    const skip = side === 'plus' ? 0 : firstSigned;
    if (skip < 0) return { skip, groups: [] };
    const groups = all.map((p, i) =>
      b.group(
        'B_w',
        bits.length - skip,
        (row, k) => {
          const { slot, index } = placeOf((bits[k + skip] as Bit).term, p);
          row.add((below[slot] as Signal)[side][0] as Group, index, 0.5);
          bit(i, k + skip, row);
          row.add(threshold, 0, -0.5);
        },
        packed,
      ),
    );
    return { skip, groups };
  };
  const gated = { plus: gate('plus'), minus: gate('minus') };
  g = below.map((s) => halve(b, s, 'B_w'));
  yield;

  // f' = sum_j 2^(1-j) (gates of place j) - sum g: the g of one sign join place 1 of the other.
  const rests = g;
  const sums = (['plus', 'minus'] as const).map((side): PlaceSums => {
    const { skip, groups } = gated[side];
    const most = groups.length > 0 ? Math.max(...bits.slice(skip).map(({ place }) => place)) : 1;
    const places = Array.from({ length: most }, (_, j) => j + 1);
    const group = b.group(
      'B_w',
      most,
      (row, j) => {
        for (const own of groups) {
          for (let k = skip; k < bits.length; k++) if ((bits[k] as Bit).place === j + 1) row.add(own, k - skip, 0.5);
        }
        if (j > 0) return;
        for (const s of rests) {
          for (const own of s[side === 'plus' ? 'minus' : 'plus']) {
            for (let k = 0; k < own.count; k++) row.add(own, k, 0.5);
          }
        }
      },
      true,
    );
    return { group, places };
  });
  yield;
  return sums;
}

/** Constants j 2^-(scale+gapBits) for every j at which a clamp begins or ends. */
function thresholdConstants(
  b: Blueprint,
  packing: Packing,
  scale: number,
  constants: ReadonlyMap<number, Group>,
): Map<number, { group: Group; index: number }> {
  const wanted = [
    ...new Set(packing.letters.slice(0, -1).flatMap((a) => [startOf(packing, a), startOf(packing, a) + 1])),
  ];
  const list = wanted.filter((j) => j > 0).sort((x, y) => x - y);
  const group = b.group(
    'B_w',
    list.length,
    (row, k) => {
      const j = list[k] as number;
      for (let i = 0; 2 ** i <= j; i++) {
        if ((j >> i) & 1) row.add(constants.get(scale + packing.gapBits - i) as Group, 0, 1);
      }
    },
    true,
  );
  return new Map(list.map((j, index) => [j, { group, index }]));
}

/** A letter's level in gaps above the lowest. */
const startOf = ({ base, gapBits }: Packing, letter: number): number => (letter + base) * 2 ** gapBits;

/**
 * For every chunk and step v the two ramps of the clamp behind level v - 1, halved. Returns what writes bit `at` of a chunk into
 * a row, halved once more.
 */
function drawClamps(
  b: Blueprint,
  packing: Packing,
  chunks: readonly { readonly places: readonly number[] }[],
  levels: Group,
  thresholds: ReadonlyMap<number, { group: Group; index: number }>,
): (chunk: number, at: number, row: Row) => void {
  const steps = chunks.flatMap(({ places }, chunk) =>
    Array.from({ length: 2 ** places.length - 1 }, (_, v) => ({ chunk, v: v + 1 })),
  );
  const first = new Map<number, number>();
  steps.forEach(({ chunk }, k) => {
    if (!first.has(chunk)) first.set(chunk, k);
  });
  const ramps = [0, 1].map((end) =>
    b.group(
      'B_w',
      steps.length,
      (row, k) => {
        const { chunk, v } = steps[k] as { chunk: number; v: number };
        row.add(levels, chunk, 0.5);
        const at = thresholds.get(startOf(packing, packing.letters[v - 1] as number) + end);
        if (at) row.add(at.group, at.index, -0.5);
      },
      true,
    ),
  );
  return (chunk, at, row) => {
    const places = (chunks[chunk] as { places: readonly number[] }).places.length;
    const start = first.get(chunk) as number;
    for (let v = 1; v < 2 ** places; v++) {
      const { bit, rises } = grayStep(v);
      if (bit !== places - 1 - at) continue;
      const sign = rises ? 0.5 : -0.5;
      row.add(ramps[0] as Group, start + v - 1, sign);
      row.add(ramps[1] as Group, start + v - 1, -sign);
    }
  };
}
