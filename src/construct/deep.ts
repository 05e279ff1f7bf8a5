/**
 * The deep network of a budget (W, L, b) [OSB; theory 2.4]: a zig-zag of K (m+1) - 1 steps, exact at every real input, with
 * weights in Q(0, b), width <= W and depth <= L. cells.ts gives the cells, staircase.ts the cell's number s and D = m - Y.
 *
 *   memory   layer after layer, c ramps relu(s - k) (the next c are these, shifted by a constant) write one second difference
 *            each into every row: R words of Gray-coded bits, and valley and peak in digits. One weight of b bits stores one word
 *            of b bits of one cell: a row is linear in s over each short step and constant on cells, since s is
 *   decode   words give their bits (words.ts), bit q meets its step: z = relu(bit - d_q + d_(q+1)), d_q = relu(D - q)
 *   output   B + clip(S - B, -D, D) in units of the error
 *
 * Everything is kept at the scale of the output, so that no layers are spent on scaling up and down again.
 */
import { Dyadic, Rational } from '../exact/index.ts';
import type { Network, Term } from '../net/index.ts';
import type { Cells } from './cells.ts';
import { digitsOf, Frame, growInput, growthOf, spread, weightOf } from './frame.ts';
import { drawStaircase, levelScales } from './staircase.ts';
import { type Schedule, wordsOf } from './words.ts';

export interface DeepShape {
  readonly width: number;
  readonly depth: number;
  /** b. */
  readonly bits: number;
  /** Bits of a word and of a digit, at most b. */
  readonly wordBits: number;
  /** m. */
  readonly steps: number;
  /** c. */
  readonly ramps: number;
  /** Layers of memory: K = ramps * groups + 1 cells. */
  readonly groups: number;
  readonly schedule: Schedule;
  /** Pieces of each level of the staircase. */
  readonly counts: readonly number[];
  /** Digits of a height, in rows. */
  readonly digits: number;
  /** Layers between memory and decoding, in which digits come together to leave room. */
  readonly settleLayers: number;
  /** Layers of copies of the input, by which it grows to 2^inputGain times its size, and layers of copies of s. */
  readonly inputLayers: number;
  readonly inputGain: number;
  readonly countLayers: number;
  /** Units in each of them. */
  readonly copies: number;
  /** Copies of the last hidden units. */
  readonly outputCopies: number;
  /** log2 of one step of s at the ramps. */
  readonly stepScale: number;
  /** log2 of one step of s behind the staircase. */
  readonly countScale: number;
  /** log2 of the output's unit. */
  readonly outputScale: number;
  /** Steps on [0, 1]. */
  readonly rate: Dyadic;
  /** The error: one step of the zig-zag. */
  readonly unit: Dyadic;
}

/** Draws the network; without cells its structure alone, enough for counts, and of the layers of memory (all alike) a few only. */
export function drawDeep(shape: DeepShape, cells?: Cells): Frame {
  const frame = new Frame(shape.bits, shape.copies);
  const scale = levelScales(shape.counts, shape.countScale)[0] as number;
  const position = growInput(frame, shape, shape.rate.scale(scale));
  const unit = shape.stepScale - shape.wordBits;
  const stairs = drawStaircase(frame, position, {
    counts: shape.counts,
    steps: shape.steps,
    scale: shape.countScale,
    distanceScale: unit,
  });
  const memory = drawMemory(frame, shape, stairs, cells);
  drawDecode(frame, shape, memory);
  return frame;
}

export function buildDeep(shape: DeepShape, cells: Cells): Network {
  return drawDeep(shape, cells).build();
}

/** Heights stored above this many units, so that rows are never negative: 1 <= offset * unit. The peak's row adds m. */
export function heightOffset({ unit, outputScale, bits, steps }: DeepShape): number {
  // offset + m is a multiple of the bias's smallest step, seen in output units.
  const grain = Math.max(0, -bits - outputScale);
  const least = Number(Rational.of(1n).div(Rational.fromDyadic(unit)).roundTo(0, 'up').floor()) + steps;
  return Math.ceil(least / 2 ** grain) * 2 ** grain - steps;
}

/** A number on its way: terms of the layer drawn last, and what is still to be added. */
interface Value {
  readonly terms: readonly Term[];
  readonly constant: Dyadic;
  readonly digits: readonly number[];
}

const ones = (units: readonly number[]): Term[] => units.map((u) => [u, 1]);
const plain = (terms: readonly Term[]): Value => ({ terms, constant: Dyadic.ZERO, digits: [] });

interface Memory {
  readonly words: Value[];
  /** Digits of valley and of peak + m, lowest first. */
  readonly valley: Value[];
  readonly peak: Value[];
  readonly distance: Value;
}

/** Layers of memory drawn for their counts. */
export const ALIKE = 4;

/** Copies of s, the ramps, and the rows up to the last group; the frame stands before the layer in which the rows are complete. */
function drawMemory(
  frame: Frame,
  shape: DeepShape,
  stairs: { count: readonly Term[]; distance: readonly Term[]; distanceConstant: Dyadic },
  cells: Cells | undefined,
): Memory {
  const { bits, copies, countLayers, stepScale, countScale, ramps, groups } = shape;
  const growth = growthOf(copies, bits);
  let count = stairs.count;
  let distance: Value = {
    terms: stairs.distance,
    constant: stairs.distanceConstant,
    digits: digitsOf(stairs.distanceConstant),
  };
  const carryDistance = (): void => {
    distance = plain([[frame.unit(distance.terms, distance.constant, distance.digits), 1]]);
  };
  for (let t = 0; t < countLayers; t++) {
    frame.layer();
    carryDistance();
    const units = Array.from({ length: copies }, () => frame.unit(count));
    const gain = t < countLayers - 1 ? growth : stepScale - countScale - growth * (countLayers - 1);
    count = spread(Dyadic.pow2(gain), units, bits);
  }
  frame.layer();
  carryDistance();
  const step = Dyadic.pow2(stepScale);
  // Rows carry a multiple of s on top, steep enough that they never fall: beyond the last ramp written so far they go on as
  // straight lines, and the relu must not cut them.
  let whole = frame.unit(count);
  let ramp = Array.from({ length: ramps }, (_, i) => frame.unit(count, Dyadic.from(-i).mul(step)));
  const rows = rowsOf(shape, cells);
  let values = rows.map(({ start, digits }): Value => ({ terms: [], constant: start, digits }));
  const drawn = cells ? groups : Math.min(groups, ALIKE);
  for (let g = 0; g < drawn; g++) {
    const written = values.map((v, r) => {
      const { lift, terms } = rows[r] as Row;
      const slope = (g === 0 ? lift : 0) - (g === drawn - 1 ? lift : 0);
      const lifted: Term[] = slope === 0 ? [] : [[whole, weightOf(slope, -shape.wordBits)]];
      return { ...v, terms: [...v.terms, ...lifted, ...terms(g, ramp)] };
    });
    if (g === drawn - 1) {
      const words = written.slice(0, shape.schedule.lengths.length);
      const heights = written.slice(words.length);
      return { words, valley: heights.slice(0, shape.digits), peak: heights.slice(shape.digits), distance };
    }
    frame.layer();
    carryDistance();
    whole = frame.unit([[whole, 1]]);
    const shift = Dyadic.from(-ramps).mul(step);
    ramp = ramp.map((u) => frame.unit([[u, 1]], shift));
    values = written.map(({ terms, constant, digits }) => plain([[frame.unit(terms, constant, digits), 1]]));
  }
  throw new RangeError('drawMemory: expected at least one group');
}

interface Row {
  /** The row at cell 0, and the digits that it may have. */
  readonly start: Dyadic;
  readonly digits: readonly number[];
  /** The row falls by at most this over one step of s. */
  readonly lift: number;
  /** What group g of ramps adds. */
  terms(g: number, ramp: readonly number[]): Term[];
}

/** Words, then the digits of valley, then those of peak + m. */
function rowsOf(shape: DeepShape, cells: Cells | undefined): Row[] {
  const { schedule, wordBits, ramps, digits, stepScale } = shape;
  const unit = stepScale - wordBits;
  const places = (count: number): number[] => Array.from({ length: count }, (_, i) => unit + i);
  const row = (values: readonly (number | bigint)[] | undefined, length: number, lift: number): Row => {
    const start = values ? Dyadic.of(BigInt(values[0] as number | bigint), unit) : Dyadic.ZERO;
    return {
      start,
      lift,
      digits: places(length),
      terms: (g, ramp) => (values ? bends(values, g * ramps, ramp, wordBits) : []),
    };
  };
  const stored = cells && columns(cells, schedule);
  const words = schedule.lengths.map((length, j) => row(stored?.[j], length, 2 ** length - 1));
  const top = 1 + Math.ceil(Math.log2(2 * heightOffset(shape) + 4 * shape.steps));
  const offset = heightOffset(shape);
  const heights = ([valley, extra]: readonly [Int32Array | undefined, number]): Row[] =>
    Array.from({ length: digits }, (_, i) => {
      const last = i === digits - 1;
      const digit = (h: number): number => {
        const part = Math.floor((h + offset + extra) / 2 ** (i * wordBits));
        return last ? part : part % 2 ** wordBits;
      };
      const most = Math.ceil((2 * shape.steps + 1) / 2 ** (i * wordBits)) + 1;
      const length = last ? Math.max(1, top - i * wordBits) : wordBits;
      return row(valley && Array.from(valley, digit), length, last ? most : 2 ** wordBits - 1);
    });
  return [...words, ...heights([cells?.valley, 0]), ...heights([cells?.peak, shape.steps])];
}

/** The words, each as a list with one entry a cell. Bit q of a cell is the one whose step lies q steps behind D = 0. */
function columns({ count, steps, bits }: Cells, schedule: Schedule): bigint[][] {
  const out: bigint[][] = schedule.lengths.map(() => []);
  for (let k = 0; k < count; k++) {
    const words = wordsOf(schedule, (q) => bits[k * steps + steps - 1 - q] as number);
    words.forEach((word, j) => {
      (out[j] as bigint[]).push(word);
    });
  }
  return out;
}

/** Second differences on the ramps of one group: the row moves from values[k] to values[k+1] while s does from k to k+1. */
function bends(values: readonly (number | bigint)[], first: number, ramp: readonly number[], wordBits: number): Term[] {
  const terms: Term[] = [];
  const at = (k: number): bigint => BigInt(values[k] as number | bigint);
  ramp.forEach((u, i) => {
    const k = first + i;
    const before = k === 0 ? at(0) : at(k - 1);
    const bend = at(k + 1) - 2n * at(k) + before;
    if (bend !== 0n) terms.push([u, weightOf(bend, -wordBits)]);
  });
  return terms;
}

/** A sum whose parts arrive at other scales: value = sum of part * 2^-shift, each layer moving every part as far as a weight can. */
class Sum {
  constructor(
    private readonly frame: Frame,
    private parts: { shift: number; value: Value }[],
  ) {}

  add(terms: readonly Term[], shift: number): void {
    if (terms.length > 0) this.parts.push({ shift, value: plain(terms) });
  }

  get largestShift(): number {
    return this.parts.reduce((s, p) => Math.max(s, p.shift), 0);
  }

  /** Draws one unit for each shift that is left; with `most` 0 every part stays at its scale. */
  advance(most = this.frame.bits): void {
    const byShift = new Map<number, Value>();
    for (const { shift, value } of this.parts) {
      const next = Math.max(0, shift - most);
      const scaled = value.terms.map(([u, w]) => [u, scale(w, next - shift)] as const);
      const other = byShift.get(next);
      const constant = value.constant.scale(next - shift);
      const digits = value.digits.map((d) => d + next - shift);
      byShift.set(next, {
        terms: other ? [...other.terms, ...scaled] : scaled,
        constant: other ? other.constant.add(constant) : constant,
        digits: other ? [...new Set([...other.digits, ...digits])] : digits,
      });
    }
    this.parts = [...byShift].map(([shift, v]) => ({
      shift,
      value: plain([[this.frame.unit(v.terms, v.constant, v.digits), 1]]),
    }));
  }

  /** All parts in one row, times 2^-drop; every shift must fit a weight. */
  terms(sign: 1 | -1, drop = 0): Term[] {
    return this.parts.flatMap(({ shift, value }) =>
      value.terms.map(([u, w]) => [u, scale(w, -shift - drop, sign)] as const),
    );
  }
}

function scale(w: Term[1], e: number, sign: 1 | -1 = 1): Term[1] {
  return typeof w === 'number' ? sign * w * 2 ** e : (sign === 1 ? Dyadic.from(w) : Dyadic.from(w).neg()).scale(e);
}

function drawDecode(frame: Frame, shape: DeepShape, memory: Memory): void {
  const { schedule, stepScale, wordBits, outputScale, settleLayers } = shape;
  const unit = stepScale - wordBits;
  // A row's unit is 2^shift output units; z counts twice, and so does D where it is wanted twice.
  const shift = unit - outputScale;
  const words = [...memory.words];
  const left = [...schedule.lengths];
  const digitParts = (values: readonly Value[]): { shift: number; value: Value }[] =>
    values.map((value, i) => ({ shift: shift - i * wordBits, value }));
  const s = new Sum(frame, digitParts(memory.valley));
  const peak = new Sum(frame, digitParts(memory.peak));
  const distance = new Sum(frame, [{ shift: shift - 1, value: memory.distance }]);
  let chain = memory.distance;
  let products: Term[][] = [];
  let drawn: readonly number[] = [];
  const one = (k: number): Dyadic => Dyadic.from(-k).scale(unit);
  // In the first layer the rows take what the last ramps write: those weights leave no room for another scale.
  let first = true;
  const advance = (): void => {
    s.advance(first ? 0 : undefined);
    peak.advance(first ? 0 : undefined);
    distance.advance();
    first = false;
  };
  const held = (value: Value): Value => plain([[frame.unit(value.terms, value.constant, value.digits), 1]]);
  for (let l = 0; l < settleLayers; l++) {
    frame.layer();
    advance();
    words.forEach((value, j) => {
      words[j] = held(value);
    });
    chain = held(chain);
  }
  for (const takes of schedule.layers) {
    frame.layer();
    s.add(ones(drawn), shift - 1);
    advance();
    drawn = products.map((terms) => frame.unit(terms));
    products = [];
    const bitTerms: Term[][] = [];
    const active = new Set(takes.map((t) => t.word));
    for (const { word, count } of takes) {
      const value = words[word] as Value;
      const rest = (left[word] as number) - count;
      const place = 2 ** rest;
      const fold: Term[] = [];
      const steps: (readonly [number, number])[] = [];
      for (let j = 1; j < 2 ** count; j++) {
        const high = threshold(frame, value, one(j * place - 1));
        const low = threshold(frame, value, one(j * place));
        steps.push([high, low]);
        const sign = j % 2 === 1 ? -1 : 1;
        fold.push([high, sign], [low, sign]);
      }
      for (let i = count - 1; i >= 0; i--) {
        const terms: Term[] = [];
        steps.forEach(([high, low], q) => {
          const change = grayBit(q + 1, i) - grayBit(q, i);
          if (change !== 0) terms.push([high, change], [low, -change]);
        });
        bitTerms.push(terms);
      }
      left[word] = rest;
      if (rest > 0) words[word] = plain([...held(value).terms, ...fold]);
    }
    words.forEach((value, j) => {
      if (!active.has(j) && (left[j] as number) > 0) words[j] = held(value);
    });
    // d_0 .. d_taken; the last one begins the next layer's.
    const ds = Array.from({ length: bitTerms.length + 1 }, (_, q) =>
      frame.unit(chain.terms, chain.constant.add(one(q)), q === 0 ? chain.digits : undefined),
    );
    products = bitTerms.map((terms, q) => [
      ...terms,
      [ds[q] as number, -1] as const,
      [ds[q + 1] as number, 1] as const,
    ]);
    chain = plain([[ds[bitTerms.length] as number, 1]]);
  }
  // The last products, and whatever is still on its way.
  frame.layer();
  s.add(ones(drawn), shift - 1);
  advance();
  s.add(ones(products.map((terms) => frame.unit(terms))), shift - 1);
  while (Math.max(s.largestShift, peak.largestShift, distance.largestShift + 1) > frame.bits) {
    frame.layer();
    advance();
  }
  drawOutput(frame, shape, s, peak, distance);
}

function threshold(frame: Frame, value: Value, constant: Dyadic): number {
  const sum = value.constant.add(constant);
  return value.digits.length === 0
    ? frame.unit(value.terms, sum)
    : frame.unit(value.terms, sum, [...new Set([...value.digits, ...digitsOf(constant)])]);
}

const grayBit = (v: number, i: number): number => ((v ^ (v >> 1)) >> i) & 1;

/** The halves of the clip and of B - D - offset, copied so that the output's weight has more digits; then the output. */
function drawOutput(frame: Frame, shape: DeepShape, s: Sum, peak: Sum, distance: Sum): void {
  const { outputCopies, outputScale, unit, steps } = shape;
  const offset = Dyadic.from(heightOffset(shape) + steps).scale(outputScale);
  frame.layer();
  const inside = [...s.terms(1), ...peak.terms(-1)];
  const copies = (terms: readonly Term[], constant?: Dyadic): number[] =>
    Array.from({ length: outputCopies }, () => frame.unit(terms, constant));
  const upper = copies([...inside, ...distance.terms(1)]);
  const lower = copies(inside);
  const above = copies([...peak.terms(1), ...distance.terms(-1, 1)], offset.neg());
  const below = copies([...peak.terms(-1), ...distance.terms(1, 1)], offset);
  frame.layer();
  const weight = unit.scale(-outputScale);
  const sum = [upper, above].flatMap((c) => spread(weight, c, frame.bits));
  const minus = [lower, below].flatMap((c) => spread(weight.neg(), c, frame.bits));
  frame.unit([...sum, ...minus]);
}
