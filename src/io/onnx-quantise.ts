/**
 * Quantisation: on weights it is arithmetic on constants; dequantising is affine; quantising an activation is a staircase,
 * exact on a stated grid of inputs and refused without one (staircase.ts).
 */
import { Dyadic } from '../exact/index.ts';
import type { Call, Operator } from './onnx-call.ts';
import { alongRows, matrixProduct, sum, widened } from './onnx-linear.ts';
import { typeOf } from './onnx-tensor.ts';
import { type ElementType, UINT8, wholeScalar } from './onnx-types.ts';
import { compactScalars, negated, product, type Scalar, simplify, toDyadic, total } from './scalar.ts';
import {
  codeOf,
  type ListQuantiser,
  quantiseToList,
  quantiseToWhole,
  type StepRounding,
  type WholeQuantiser,
} from './staircase.ts';
import { axisOf, type Constant, type Shape, stridesOf, take, type Value, walk } from './tensor.ts';
import { ROW_BYTES, scaledRow, shiftedRow } from './units.ts';

/** A parameter for each element of a tensor: one for all, one along an axis, or one for each block along it. */
function spreadParameter(call: Call, parameter: Constant, shape: Shape): ArrayLike<Scalar> {
  call.finite(parameter);
  const from = parameter.shape;
  if (parameter.values.length === 1) return call.spread({ ...parameter, shape: [] }, shape);
  const axis = axisOf(call.where, call.whole('axis', 1), shape.length);
  const block = call.whole('block_size', 0);
  if (block === 0) {
    if (from.length !== 1 || from[0] !== shape[axis])
      call.refuse(`${shape[axis]} parameters, one along axis ${axis}`, `shape [${from.join(', ')}]`);
    return (
      take(call.where, parameter, shape, walk(call.where, shape, unitStep(shape, axis), 0), call.budget) as Constant
    ).values;
  }
  const blocks = Math.ceil((shape[axis] as number) / block);
  if (block < 1 || from.length !== shape.length || from.some((d, i) => d !== (i === axis ? blocks : shape[i]))) {
    call.refuse(
      `parameters of shape [${shape.map((d, i) => (i === axis ? blocks : d)).join(', ')}]`,
      `[${from.join(', ')}]`,
    );
  }
  // Position along the axis of every element, then its parameter.
  const strides = stridesOf(from);
  const others = walk(
    call.where,
    shape,
    strides.map((s, i) => (i === axis ? 0 : s)),
    0,
  );
  const along = walk(call.where, shape, unitStep(shape, axis), 0);
  const index = others.map((o, i) => o + Math.floor((along[i] as number) / block) * (strides[axis] as number));
  return (take(call.where, parameter, shape, index, call.budget) as Constant).values;
}

function unitStep(shape: Shape, axis: number): number[] {
  return shape.map((_, i) => (i === axis ? 1 : 0));
}

/** x to whole numbers, or to the values of a narrow float, element by element: round(x / scale) + zero point, saturated. */
function quantise(call: Call, x: Value, type: ElementType, scales: ArrayLike<Scalar>, zeros: ArrayLike<Scalar>): Value {
  const scaleOf = (i: number): Dyadic => {
    const scale = toDyadic(scales[i] as Scalar);
    return scale.sign > 0 ? scale : call.refuse('positive scales', scale);
  };
  if (type.format === undefined) {
    const quantisers = Array.from({ length: count(x) }, (_, i): WholeQuantiser => {
      return {
        scale: scaleOf(i),
        zeroPoint: wholeZero(call, zeros[i] as Scalar),
        least: type.min as bigint,
        most: type.max as bigint,
        rounding: 'nearest',
      };
    });
    return { ...roundToWhole(call, x, quantisers), type };
  }
  if (call.whole('saturate', 1) === 0) call.refuse('saturating quantisation', 'saturate = 0');
  if (type.bits > 8) call.refuse('whole numbers or floats of at most 8 bits', type.name);
  if (Array.from({ length: count(x) }).some((_, i) => zeros[i] !== 0))
    call.refuse('zero points of 0 for floats', 'others');
  const list = levelsOf(type);
  const quantisers = Array.from({ length: count(x) }, (_, i): ListQuantiser => ({ ...list, scale: scaleOf(i) }));
  if (x.kind === 'activation') {
    call.budget.memory(call.where, 2 * ROW_BYTES * list.levels.length * x.rows.length);
    return { ...x, type, ...quantiseToList(x, quantisers, call.reading.units, call.reading.domains, call.where) };
  }
  const values = Array.from(call.finite(x).values as ArrayLike<Scalar>, (v, i) =>
    nearestLevel(v, quantisers[i] as ListQuantiser),
  );
  return { ...x, type, values: compactScalars(values) };
}

function count(x: Value): number {
  return x.kind === 'constant' ? x.values.length : x.rows.length;
}

function wholeZero(call: Call, zero: Scalar): bigint {
  const d = toDyadic(zero);
  return d.e >= 0 ? d.floor() : call.refuse('whole zero points', zero);
}

/** The rounded and clamped codes of every element. */
function roundToWhole(call: Call, x: Value, quantisers: readonly WholeQuantiser[]): Value {
  if (x.kind === 'activation') {
    return { ...x, ...quantiseToWhole(x, quantisers, call.reading.units, call.reading.domains, call.where) };
  }
  const values = Array.from(call.finite(x).values as ArrayLike<Scalar>, (v, i) =>
    wholeScalar(codeOf(toDyadic(v), quantisers[i] as WholeQuantiser)),
  );
  return { ...x, values: compactScalars(values) };
}

const LEVELS = new Map<number, { levels: Dyadic[]; borders: ListQuantiser['borders'] }>();

/** The finite values of a narrow float, and the midpoints between them; a midpoint goes to the even neighbour. */
function levelsOf(type: ElementType): { levels: Dyadic[]; borders: ListQuantiser['borders'] } {
  let known = LEVELS.get(type.code);
  if (!known) {
    const codes = Array.from({ length: 2 ** type.bits }, (_, code) => ({ code, value: type.decode(code) }))
      .filter(({ code, value }) => Number.isFinite(value) && !(value === 0 && code !== 0))
      .sort((a, b) => a.value - b.value);
    const levels = codes.map(({ value }) => Dyadic.from(value));
    const borders = codes.slice(1).map(({ code }, i) => ({
      at: (levels[i] as Dyadic).add(levels[i + 1] as Dyadic).scale(-1),
      inclusive: code % 2 === 0,
    }));
    known = { levels, borders };
    LEVELS.set(type.code, known);
  }
  return known;
}

function nearestLevel(v: Scalar, { scale, levels, borders }: ListQuantiser): Scalar {
  let level = 0;
  const x = toDyadic(v);
  for (const { at, inclusive } of borders) {
    const border = at.mul(scale);
    if (inclusive ? x.ge(border) : x.gt(border)) level++;
    else break;
  }
  return simplify(levels[level] as Dyadic);
}

const QuantizeLinear: Operator = (call) => {
  const x = call.input(0);
  const scale = call.constant(1);
  const stated = call.whole('output_dtype', 0);
  const type = call.has(2) ? call.constant(2).type : stated === 0 ? UINT8 : typeOf(call.where, stated);
  const zeros = call.has(2) ? spreadParameter(call, call.constant(2), x.shape) : new Float64Array(count(x));
  return quantise(call, x, type, spreadParameter(call, scale, x.shape), zeros);
};

/** (x - zero point) * scale: affine, and exact. */
function dequantise(
  x: Value,
  scales: ArrayLike<Scalar>,
  zeros: ArrayLike<Scalar>,
  type: ElementType,
  call: Call,
): Value {
  const scale = (i: number): Scalar => scales[i] as Scalar;
  const zero = (i: number): Scalar => negated(zeros[i] as Scalar);
  if (x.kind === 'constant') {
    const values = Array.from(call.finite(x).values as ArrayLike<Scalar>, (v, i) =>
      product(total(v, zero(i)), scale(i)),
    );
    return { ...x, type, values: compactScalars(values) };
  }
  const rows = x.rows.map((row, i) => {
    call.budget.memory(call.where, ROW_BYTES + 8 * row.atoms.length);
    return scaledRow(shiftedRow(row, zero(i)), scale(i));
  });
  return { ...x, type, rows };
}

const DequantizeLinear: Operator = (call) => {
  const x = call.input(0);
  const scale = call.constant(1);
  const zeros = call.has(2) ? spreadParameter(call, call.constant(2), x.shape) : new Float64Array(count(x));
  return dequantise(x, spreadParameter(call, scale, x.shape), zeros, scale.type, call);
};

/** (a - za) sa times (b - zb) sb, then round(y / sy) + zy: the product is exact, the rounding a staircase. */
const QLinearMatMul: Operator = (call) => {
  const operand = (at: number): Value => {
    const x = widened(call.input(at));
    const along = (c: Constant): Constant => (at === 0 ? alongRows(c, x.shape.length) : c);
    const shifted = sum(call, x, widened(along(call.constant(at + 2))), -1);
    const scales = call.spread(along(call.constant(at + 1)), shifted.shape);
    return dequantise(shifted, scales, new Float64Array(count(shifted)), call.constant(at + 1).type, call);
  };
  const y = matrixProduct(call, operand(0), operand(3));
  const along = (c: Constant): ArrayLike<Scalar> => {
    const one = c.values.length === 1 ? { ...c, shape: [] } : alongRows(c, y.shape.length);
    return call.spread(one, y.shape);
  };
  return quantise(call, y, call.constant(7).type, along(call.constant(6)), along(call.constant(7)));
};

const ROUNDINGS: Readonly<Record<string, StepRounding>> = { ROUND: 'nearest', FLOOR: 'down', CEIL: 'up' };

/** QONNX: (clamp(round(x / scale + zero point)) - zero point) * scale for a whole number of bits. */
export const Quant: Operator = (call) => {
  const x = call.input(0);
  const bits = toDyadic(call.constant(3).values[0] as Scalar).toNumber();
  if (call.constant(3).values.length !== 1 || !Number.isInteger(bits) || bits < 1 || bits > 64) {
    call.refuse('a whole bit width in 1..64', bits);
  }
  const signed = call.whole('signed', 1) !== 0;
  const narrow = call.whole('narrow', 0) !== 0 ? 1n : 0n;
  const mode = call.text('rounding_mode', 'ROUND').toUpperCase();
  const rounding = ROUNDINGS[mode] ?? call.refuse(`a rounding mode of ${Object.keys(ROUNDINGS).join(', ')}`, mode);
  const half = 1n << BigInt(bits - 1);
  const least = signed ? -half + narrow : 0n;
  const most = signed ? half - 1n : 2n * half - 1n - narrow;
  const [scales, zeros] = [1, 2].map((i) => call.spread(call.constant(i), x.shape)) as [
    ArrayLike<Scalar>,
    ArrayLike<Scalar>,
  ];
  const quantisers = Array.from({ length: count(x) }, (_, i): WholeQuantiser => {
    const scale = toDyadic(scales[i] as Scalar);
    if (scale.sign <= 0) call.refuse('positive scales', scale);
    return { scale, zeroPoint: wholeZero(call, zeros[i] as Scalar), zeroPointFirst: true, least, most, rounding };
  });
  return dequantise(roundToWhole(call, x, quantisers), scales, zeros, x.type, call);
};

export const OPERATORS = { QuantizeLinear, DequantizeLinear, QLinearMatMul };
