/**
 * A target's part of a decoder: values of f at the middles of the cells become levels, whole numbers below 2^B; the levels' bits
 * become words (Gray code). The network's value is b + s 2^-B level on every cell.
 */
import { Dyadic, Interval, Rational, refuse, type Target } from '../exact/index.ts';
import { grayWord } from './bits.ts';
import type { IntrinsicValues } from './intrinsicNetwork.ts';
import { cellEnds, type IntrinsicShape, positionOf, shiftOf } from './intrinsicShape.ts';
import { middleOf } from './middle.ts';

export interface Levels {
  /** One a cell, whole numbers below 2^B. */
  readonly levels: Float64Array;
  readonly scale: Dyadic;
  readonly offset: Dyadic;
  /** |f(middle) - (b + s 2^-B level)| is at most this on every cell. */
  readonly rounding: Dyadic;
}

const PRECISION = 96;
/** Binary digits of s and b beyond B. */
const SPARE = 3;

/** Throws InputError where f is not shown to be defined in the middle of a cell. */
export function levelsOf(shape: IntrinsicShape, f: Target): Levels {
  const { valueBits } = shape;
  const total = shape.cells ** shape.inputs;
  const values: Interval[] = [];
  for (let cell = 0; cell < total; cell++) {
    const middle = positionOf(shape, cell).map((t, axis) => {
      const [lo, hi] = cellEnds(shape, axis, t);
      return Interval.of(lo.add(hi).scale(-1));
    });
    const value = f.enclose(middle, PRECISION);
    if (!value) {
      const where = middle.map((x) => x.mid.toNumber()).join(', ');
      refuse('intrinsic', `a target defined on the whole box`, `${f.text}, not shown to be at ${where}`);
    }
    values.push(value);
  }
  const low = values.reduce((m, v) => m.min(v.mid), (values[0] as Interval).mid);
  const high = values.reduce((m, v) => m.max(v.mid), low);
  const range = high.sub(low);
  // b on a grid a little finer than the levels, s with few digits, so that the top level reaches the greatest value.
  const offset = range.isZero ? low.roundBits(53, 'nearest') : low.roundTo(valueBits + SPARE - range.exponent, 'down');
  const top = (1n << BigInt(valueBits)) - 1n;
  const step = range.isZero
    ? Dyadic.ZERO
    : Rational.fromDyadic(high.sub(offset))
        .div(Rational.of(top))
        .roundBits(valueBits + SPARE, 'up');
  const levels = new Float64Array(total);
  let rounding = Dyadic.ZERO;
  values.forEach((value, cell) => {
    const level = nearest(value.mid.sub(offset), step, top);
    levels[cell] = Number(level);
    const error = value.sub(Interval.of(offset.add(step.mul(Dyadic.of(level))))).magnitude;
    rounding = rounding.max(error);
  });
  return { levels, scale: step.scale(valueBits), offset, rounding: rounding.roundBits(53, 'up') };
}

/** The whole number in 0..top that is nearest to height / step. */
function nearest(height: Dyadic, step: Dyadic, top: bigint): bigint {
  if (step.isZero || height.sign <= 0) return 0n;
  const level = Rational.fromDyadic(height).div(Rational.fromDyadic(step)).roundTo(0, 'nearest').floor();
  return level < top ? level : top;
}

/** The words of these levels, and s and b with them. */
export function valuesOf(shape: IntrinsicShape, { levels, scale, offset }: Omit<Levels, 'rounding'>): IntrinsicValues {
  const { single, valueBits, sets } = shape;
  const bitOf = (level: number, j: number): number => Math.floor(level / 2 ** (valueBits - 1 - j)) % 2;
  const set: bigint[] = [];
  if (single) {
    const bits = new Uint8Array(levels.length * valueBits);
    for (let k = 0; k < bits.length; k++) {
      bits[k] = bitOf(levels[Math.floor(k / valueBits)] as number, k % valueBits);
    }
    set.push(grayWord(bits));
  } else {
    for (let j = 0; j < valueBits; j++) {
      set.push(grayWord(Uint8Array.from(levels, (level) => bitOf(level, j))));
    }
  }
  return { words: Array.from({ length: sets }, () => set).flat(), scale, offset };
}

/**
 * What the network of these levels is at x, without the network: for each reader the sum over cells of relu(value - |i - t|_1), of
 * these the middle value, times s plus b.
 */
export function intrinsicFormula(
  shape: IntrinsicShape,
  { levels, scale, offset }: Omit<Levels, 'rounding'>,
  x: readonly Dyadic[],
): Dyadic {
  const found = Array.from({ length: shape.readers }, (_, reader) => {
    const place = shape.borders.map((borders, axis) =>
      numberAt(shape, borders, shiftOf(shape, reader, axis), x[axis] as Dyadic),
    );
    // Only the corners of the unit cube that holds the place are nearer than 1.
    let sum = Dyadic.ZERO;
    for (let corner = 0; corner < 2 ** shape.inputs; corner++) {
      let cell = 0;
      let distance = Dyadic.ZERO;
      for (let axis = shape.inputs - 1; axis >= 0; axis--) {
        const at = place[axis] as Dyadic;
        const t = Number(at.floor()) + ((corner >> axis) & 1);
        distance = distance.add(at.sub(Dyadic.from(t)).abs());
        cell = cell * shape.cells + Math.min(t, shape.cells - 1);
      }
      const value = Dyadic.of(BigInt(levels[cell] as number), -shape.valueBits).sub(distance);
      if (value.sign > 0) sum = sum.add(value);
    }
    return sum;
  });
  return middleOf(found, (a, b) => a.lt(b))
    .mul(scale)
    .add(offset);
}

/** The number of the cell along one axis: whole off the ramps, linear on them. */
function numberAt(shape: IntrinsicShape, borders: readonly Dyadic[], shift: number, x: Dyadic): Dyadic {
  // Borders at or below x + shift w count 1; the first above it, as much of its ramp as x has climbed.
  const at = x.add(Dyadic.of(BigInt(shift), -shape.rampDigits));
  let low = 0;
  let high = borders.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((borders[mid] as Dyadic).le(at)) low = mid + 1;
    else high = mid;
  }
  if (low === borders.length) return Dyadic.from(low);
  const climbed = at
    .sub(borders[low] as Dyadic)
    .scale(shape.rampDigits)
    .add(Dyadic.ONE);
  return Dyadic.from(low).add(climbed.max(Dyadic.ZERO));
}
