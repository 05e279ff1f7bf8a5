/**
 * The decoder as a network (intrinsicShape.ts for its plan).
 *
 *   layer 1     relu(1 - u_j) for every border t_j of every axis and every shift, u_j = (x - t_j)/w + 1 + shift
 *   layer 2     relu(1 - that) = u_j clipped to [0, 1]: 1 from t_j on, 0 up to t_j - w; the words, as biases; the unit A
 *   the scan    K layers; layer k reads s bits of every word (bitSteps.ts, Gray code) and, for each reader and axis, i - t as
 *               relu(i - t) and relu(t - i), where i = sum_j u_j is the number of the cell along this axis and t that of the scan;
 *               thresholds are multiples of A, the one long number of a layer that no target changes: a unit of the layer below
 *               one layer later: relu(value of cell t - sum over the axes of |i - t|), which is the value where x lies in cell t
 *               and 0 where it lies in another: values are below 1. These are added up.
 *   the end     two layers for the last of it, the middle value of 3^d readers (middle.ts), then s times it plus b
 *
 * The intrinsic entries are the words' biases in layer 2, and the one weight and the one bias of the last layer.
 */
import { Dyadic } from '../exact/index.ts';
import { type Layer, LayerBuilder, Network, type Term } from '../net/index.ts';
import { bitTerms, numberTerms, type Step, step } from './bitSteps.ts';
import { type IntrinsicShape, positionOf, type ScanStep, shiftOf } from './intrinsicShape.ts';
import { middleLayers } from './middle.ts';

/** An entry of the network, counted from 0; the bias where there is no column. */
export interface IntrinsicEntry {
  readonly name: string;
  readonly layer: number;
  readonly row: number;
  readonly column?: number;
}

/** What one target puts into a decoder. */
export interface IntrinsicValues {
  /** Set after set. */
  readonly words: readonly bigint[];
  readonly scale: Dyadic;
  readonly offset: Dyadic;
}

export class DecoderNetwork {
  /** By layer, row, column, as a file keeps them. */
  readonly entries: readonly IntrinsicEntry[];
  /** All layers but the second and the last, which hold the intrinsic entries. */
  private readonly layers: readonly (Layer | undefined)[];

  constructor(readonly shape: IntrinsicShape) {
    const scan = new Scan(shape);
    this.layers = [
      rampLayer(shape),
      undefined,
      ...scan.layers,
      ...(shape.readers > 1 ? middleLayers(shape.inputs) : []),
    ];
    const { sets, words } = shape;
    const last = this.layers.length;
    this.entries = Object.freeze([
      ...Array.from({ length: sets * words }, (_, k) =>
        Object.freeze({ name: wordName(shape, k), layer: 1, row: stepUnits(shape) + k }),
      ),
      Object.freeze({ name: 'b', layer: last, row: 0 }),
      Object.freeze({ name: 's', layer: last, row: 0, column: 0 }),
    ]);
  }

  /** The network of these values; every other layer is the decoder's own. */
  network({ words, scale, offset }: IntrinsicValues): Network {
    const end = new LayerBuilder(1);
    end.unit(offset, [0, scale]);
    const layers = this.layers.map((layer) => layer ?? stepLayer(this.shape, words));
    return new Network([...layers, end.build()]);
  }

  /** The layers that all networks of this decoder have in common, as objects. */
  get shared(): readonly Layer[] {
    return this.layers.filter((layer) => layer !== undefined);
  }
}

function wordName({ sets, words, single }: IntrinsicShape, k: number): string {
  if (single) return 'v';
  const j = (k % words) + 1;
  return sets === 1 ? `a_${j}` : `a_${j} of reader ${Math.floor(k / words) + 1}`;
}

/** Shifts along an axis that readers ask for. */
const shiftsOf = ({ readers }: IntrinsicShape): readonly number[] => (readers === 1 ? [0] : [-1, 0, 1]);

/** Units of layer 1, and those of layer 2 that are not words. */
const stepUnits = (shape: IntrinsicShape): number => shape.inputs * shiftsOf(shape).length * (shape.cells - 1);

/** The first of the N - 1 units of an axis and a shift (-1, 0, 1), in layers 1 and 2. */
function stepsAt(shape: IntrinsicShape, axis: number, shift: number): number {
  const shifts = shiftsOf(shape);
  return (axis * shifts.length + shifts.indexOf(shift)) * (shape.cells - 1);
}

function rampLayer(shape: IntrinsicShape): Layer {
  const layer = new LayerBuilder(shape.inputs);
  const slope = Dyadic.pow2(shape.rampDigits).neg();
  shape.borders.forEach((borders, axis) => {
    for (const shift of shiftsOf(shape)) {
      for (const t of borders) layer.unit(t.scale(shape.rampDigits).sub(Dyadic.from(shift)), [axis, slope]);
    }
  });
  return layer.build();
}

function stepLayer(shape: IntrinsicShape, words: readonly bigint[]): Layer {
  const units = stepUnits(shape);
  const layer = new LayerBuilder(units);
  for (let k = 0; k < units; k++) layer.unit(1, [k, -1]);
  for (const word of words) layer.unit(word);
  layer.unit(thresholdOf(shape.steps[0] as ScanStep));
  return layer.build();
}

/** A: thresholds of a step are its multiples. */
function thresholdOf({ left, bits }: ScanStep): Dyadic {
  return Dyadic.pow2(left - bits);
}

/** i - t along one axis for one reader: terms in the layer drawn last, and t. */
interface Place {
  readonly terms: readonly Term[];
  readonly t: number;
}

/** Draws the layers of the scan, one after the other. */
class Scan {
  readonly layers: Layer[] = [];
  private readonly shape: IntrinsicShape;
  private layer: LayerBuilder;
  private readonly layouts = new Map<number, readonly (readonly Term[])[]>();
  /** How the layer drawn last holds what the next one reads. */
  private words: (readonly Term[])[];
  private threshold: number;
  private places: Place[][];
  private sums: Term[][];
  /** single: the part of a value that was read before the layer drawn last. */
  private part: Term[] = [];

  constructor(shape: IntrinsicShape) {
    this.shape = shape;
    const units = stepUnits(shape);
    const { sets, words, readers, cells, inputs, steps } = shape;
    this.layer = new LayerBuilder(units + sets * words + 1);
    this.threshold = units + sets * words;
    this.words = Array.from({ length: sets * words }, (_, k) => [[units + k, 1]]);
    this.places = Array.from({ length: readers }, (_, r) =>
      Array.from({ length: inputs }, (_, axis) => {
        const first = stepsAt(shape, axis, shiftOf(shape, r, axis));
        return { t: 0, terms: Array.from({ length: cells - 1 }, (_, j): Term => [first + j, 1]) };
      }),
    );
    this.sums = Array.from({ length: readers }, () => []);
    let pending: Pending | undefined;
    steps.forEach((now, k) => {
      pending = this.draw(now, steps[k + 1], pending);
    });
    this.sums = this.gather(pending as Pending);
    this.close();
    this.sums = this.sums.map((terms) => [[this.layer.row(0, terms), 1]]);
    this.close();
  }

  /** One layer: the bits of this step, the cells' distances, and what the step before has found. */
  private draw(now: ScanStep, next: ScanStep | undefined, before: Pending | undefined): Pending {
    const { shape, layer } = this;
    const read = step('gray', now.bits, now.left, 0, now.bits);
    const words: (readonly Term[])[] = [];
    const pairs = this.words.map((number) => {
      // In front of its pairs stands the number itself, unless nothing is read of it any more.
      if (next) layer.row(0, number);
      const first = layer.size;
      for (let j = 1; j < 2 ** now.bits; j++) {
        const terms: Term[] = [...number, [this.threshold, -j]];
        layer.row(1, terms);
        layer.row(0, terms);
      }
      words.push(next ? numberTerms(read, first).map(([u, w]): Term => [u, Number(w)]) : []);
      return first;
    });
    const threshold = next ? layer.unit(thresholdOf(next)) : 0;
    const positions = Array.from({ length: now.count }, (_, c) => positionOf(shape, now.first + c));
    const distances: Term[][][] = this.places.map((axes) => {
      const found: Term[][] = positions.map(() => []);
      axes.forEach((place, axis) => {
        const drawn = new Map<number, number>();
        positions.forEach((position, c) => {
          const t = position[axis] as number;
          let at = drawn.get(t);
          if (at === undefined) {
            at = layer.row(place.t - t, place.terms);
            layer.row(t - place.t, negated(place.terms));
            drawn.set(t, at);
          }
          (found[c] as Term[]).push([at, 1], [at + 1, 1]);
        });
        const t = (positions[0] as number[])[axis] as number;
        const at = drawn.get(t) as number;
        axes[axis] = {
          t,
          terms: [
            [at, 1],
            [at + 1, -1],
          ],
        };
      });
      return found;
    });
    this.sums = before ? this.gather(before) : this.sums;
    this.part = before && !before.now.ends ? [[layer.row(0, this.valueTerms(before, 0, 0)), 1]] : [];
    this.words = words;
    this.threshold = threshold;
    this.close();
    return { now, read, pairs, distances };
  }

  /** Draws, for each reader, what is added up so far, and the value of each cell of the step before if x lies in it. */
  private gather(before: Pending): Term[][] {
    const { sets } = this.shape;
    return this.sums.map((sum, reader) => {
      const terms: Term[] = sum.length === 0 ? [] : [[this.layer.row(0, sum), 1]];
      if (!before.now.ends) return terms;
      for (let c = 0; c < before.now.count; c++) {
        const value = this.valueTerms(before, sets === 1 ? 0 : reader, c);
        const distance = negated((before.distances[reader] as Term[][])[c] as Term[]);
        terms.push([this.layer.row(0, [...value, ...distance]), 1]);
      }
      return terms;
    });
  }

  /** The value of cell c of a step, or as much as was read of it, from the words of a set. */
  private valueTerms({ now, read, pairs }: Pending, set: number, c: number): Term[] {
    const { single, words } = this.shape;
    const terms: Term[] = [...this.part];
    for (let j = 0; j < words; j++) {
      const first = pairs[set * words + j] as number;
      if (single) {
        for (let i = 0; i < now.bits; i++) this.addBit(terms, read, first, i, now.offset + i);
      } else this.addBit(terms, read, first, c, j);
    }
    return terms;
  }

  /** Bit i of a step, worth 2^-(place + 1). */
  private addBit(terms: Term[], read: Step, first: number, i: number, place: number): void {
    let layout = this.layouts.get(read.bits);
    if (!layout) {
      layout = bitTerms(read, 0);
      this.layouts.set(read.bits, layout);
    }
    for (const [u, w] of layout[i] as readonly Term[]) terms.push([first + u, (w as number) * 2 ** -(place + 1)]);
  }

  private close(): void {
    const layer = this.layer.build();
    this.layers.push(layer);
    this.layer = new LayerBuilder(layer.outputs);
  }
}

/** A step whose layer is drawn and whose bits are not yet used. */
interface Pending {
  readonly now: ScanStep;
  readonly read: Step;
  /** For each word the first unit of its pairs. */
  readonly pairs: readonly number[];
  /** For each reader and cell: sum over the axes of |i - t|. */
  readonly distances: readonly (readonly Term[][])[];
}

const negated = (terms: readonly Term[]): Term[] => terms.map(([u, w]) => [u, -(w as number)]);
