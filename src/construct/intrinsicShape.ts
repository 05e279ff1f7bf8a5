/**
 * The plan of a decoder with few intrinsic parameters [SYZ]: everything about it that does not depend on the target.
 *
 * The box is cut into N cells an axis. Cell t has a value of B bits; a network that knows all values as bits of a few words
 * reads off the value of the cell that holds x, by running through the cells (theory, section 4).
 *
 *   words     parallel: B words of N^d bits, bit t of word j being bit j of the value of cell t; single: one word of B N^d bits
 *   readers   1 where the error is measured in L^p: the cell's number is wrong on ramps of small measure; 3^d where it is
 *             measured in L^inf, each with x shifted by -w, 0 or w along every axis: the middle value of three is never wrong
 *   sets      of words, one a reader as the theorem counts them, or one for all readers
 *   steps     of the scan, s bits of every word each
 *
 *   depth     K + 5, K the number of steps; K + 6 + 3d with 3^d readers
 */
import { Dyadic, type Interval, refuse, wholeNumber } from '../exact/index.ts';
import { LIMITS } from '../net/index.ts';

/** The norm in which the error is measured: L^p for a number p >= 1, the sup norm for 'sup'. */
export type IntrinsicNorm = 'sup' | number;

export interface IntrinsicShape {
  /** d. */
  readonly inputs: number;
  readonly domain: readonly Interval[];
  /** N. */
  readonly cells: number;
  /** B. */
  readonly valueBits: number;
  readonly norm: IntrinsicNorm;
  /** Whether one word holds all values. */
  readonly single: boolean;
  readonly readers: number;
  readonly sets: number;
  /** Words in a set, and the bits of each. */
  readonly words: number;
  readonly wordBits: number;
  /** s. */
  readonly perLayer: number;
  /** Ramps rise over w = 2^-rampDigits; the readers' shifts are of this length as well. */
  readonly rampDigits: number;
  /** Axis by axis: where cell 1, 2, ..., N - 1 begins; the ramp lies before it. */
  readonly borders: readonly (readonly Dyadic[])[];
  readonly steps: readonly ScanStep[];
  readonly depth: number;
}

/** What one layer of the scan reads. */
export interface ScanStep {
  /** Bits of every word. */
  readonly bits: number;
  /** Bits of every word not yet read before this step. */
  readonly left: number;
  /** The first cell that it reads of, and how many. */
  readonly first: number;
  readonly count: number;
  /** Bits of this cell's value read before. */
  readonly offset: number;
  /** Whether the values of its cells are complete after it. */
  readonly ends: boolean;
}

/** What is built is refused where its thresholds alone would take more than this many bits (1 GiB). */
const MOST_THRESHOLD_BITS = 2 ** 33;
const MOST_RAMP_DIGITS = 1 << 14;
/** In the sup norm a ramp is at most this part of a cell. */
const RAMP_PARTS = 16;
/** In L^p ramps fill at most a part 2^-((B + d + RAMP_SPARE) p) of the box. */
export const RAMP_SPARE = 3;

export interface ShapeOptions {
  readonly domain: readonly Interval[];
  readonly cells: number;
  readonly valueBits: number;
  readonly norm: IntrinsicNorm;
  readonly single: boolean;
  readonly sharedWords: boolean;
  readonly perLayer: number;
}

/** Throws InputError where the options fit no decoder, or one that is too large. */
export function planShape(options: ShapeOptions): IntrinsicShape {
  const { domain, cells, valueBits, norm, single, perLayer } = options;
  const d = domain.length;
  wholeNumber('intrinsic: d', d, 1, 4);
  wholeNumber('intrinsic: cells along an axis', cells, 2, 1 << 20);
  wholeNumber('intrinsic: bits of a value', valueBits, 1, 48);
  wholeNumber('intrinsic: perLayer', perLayer, 1, 8);
  if (norm !== 'sup' && !(norm >= 1 && Number.isFinite(norm))) refuse('intrinsic: p', 'a number p >= 1', norm);
  const total = cells ** d;
  const words = single ? 1 : valueBits;
  const wordBits = single ? valueBits * total : total;
  const readers = norm === 'sup' ? 3 ** d : 1;
  const sets = single || options.sharedWords ? 1 : readers;
  const count = Math.ceil(single ? total * Math.ceil(valueBits / perLayer) : total / perLayer);
  const weight = (words * sets * (2 ** perLayer - 1) * wordBits * wordBits) / perLayer;
  if (count > LIMITS.depth - 64 || weight > MOST_THRESHOLD_BITS) {
    const got = `${words * sets} words of ${wordBits} bits`;
    refuse('intrinsic', 'a network whose thresholds fit 1 GiB (fewer cells or bits)', got);
  }
  const rampDigits = rampsOf(domain, cells, norm, valueBits);
  const steps = scanSteps(total, valueBits, single, perLayer);
  return Object.freeze({
    inputs: d,
    domain: Object.freeze([...domain]),
    cells,
    valueBits,
    norm,
    single,
    readers,
    sets,
    words,
    wordBits,
    perLayer,
    rampDigits,
    borders: domain.map((side) => bordersOf(side, cells, rampDigits)),
    steps,
    depth: steps.length + 5 + (readers > 1 ? 1 + 3 * d : 0),
  });
}

/**
 * In the sup norm a 16th of a cell is enough. In L^p the ramps are to fill so small a part of the box that what is wrong there
 * by 2^d times the oscillation of f weighs less than 2^-B of it.
 */
function rampsOf(domain: readonly Interval[], cells: number, norm: IntrinsicNorm, valueBits: number): number {
  const shortest = domain.reduce((m, side) => m.min(side.width), (domain[0] as Interval).width);
  // floor(log2) of a cell's width.
  const cell = shortest.exponent - Math.ceil(Math.log2(cells));
  if (norm === 'sup') return Math.log2(RAMP_PARTS) - cell;
  const d = domain.length;
  const digits = Math.ceil((valueBits + d + RAMP_SPARE) * norm) + Math.ceil(Math.log2(d)) - cell;
  if (digits > MOST_RAMP_DIGITS) refuse('intrinsic: p', `at most ${MOST_RAMP_DIGITS} binary digits of a ramp`, digits);
  return Math.max(digits, 2 - cell);
}

/** The borders between cells, on the grid of ramps where N is no power of two. */
function bordersOf(side: Interval, cells: number, rampDigits: number): Dyadic[] {
  const { lo, width } = side;
  const twos = Math.log2(cells);
  return Array.from({ length: cells - 1 }, (_, k) => {
    const j = width.mul(Dyadic.from(k + 1));
    if (Number.isInteger(twos)) return lo.add(j.scale(-twos));
    const m = j.scale(rampDigits).floor() / BigInt(cells);
    return lo.add(Dyadic.of(m, -rampDigits));
  });
}

function scanSteps(total: number, valueBits: number, single: boolean, s: number): ScanStep[] {
  const steps: ScanStep[] = [];
  if (single) {
    for (let cell = 0; cell < total; cell++) {
      for (let offset = 0; offset < valueBits; offset += s) {
        const bits = Math.min(s, valueBits - offset);
        const left = (total - cell) * valueBits - offset;
        steps.push({ bits, left, first: cell, count: 1, offset, ends: offset + bits === valueBits });
      }
    }
  } else {
    for (let cell = 0; cell < total; cell += s) {
      const bits = Math.min(s, total - cell);
      steps.push({ bits, left: total - cell, first: cell, count: bits, offset: 0, ends: true });
    }
  }
  return steps;
}

/** The position of a cell along every axis; the first axis runs fastest. */
export function positionOf(shape: Pick<IntrinsicShape, 'inputs' | 'cells'>, cell: number): number[] {
  const out: number[] = [];
  let rest = cell;
  for (let k = 0; k < shape.inputs; k++) {
    out.push(rest % shape.cells);
    rest = Math.floor(rest / shape.cells);
  }
  return out;
}

/** The cell's lower and upper end along an axis (its ramp included). */
export function cellEnds(shape: IntrinsicShape, axis: number, position: number): [lo: Dyadic, hi: Dyadic] {
  const { lo, hi } = shape.domain[axis] as Interval;
  const borders = shape.borders[axis] as readonly Dyadic[];
  return [
    position === 0 ? lo : (borders[position - 1] as Dyadic),
    position === shape.cells - 1 ? hi : (borders[position] as Dyadic),
  ];
}

/** A reader's shift along an axis, in units of w: -1, 0 or 1. */
export function shiftOf(shape: Pick<IntrinsicShape, 'readers'>, reader: number, axis: number): number {
  return shape.readers === 1 ? 0 : (Math.floor(reader / 3 ** axis) % 3) - 1;
}
