/**
 * Tensors while a graph is read: constants, and activations whose elements are affine (see units.ts). Everything that
 * only moves elements (reshape, transpose, slice, broadcast, concatenate) is one function, {@link take}, and an index.
 */
import { refuse } from '../exact/index.ts';
import type { Budget } from './budget.ts';
import { ONNX_LIMITS } from './onnx-schema.ts';
import type { ElementType } from './onnx-types.ts';
import { compactScalars, type Scalar, type Scalars } from './scalar.ts';
import { constantRow, ROW_BYTES, type Row, type Rows, together } from './units.ts';

export type Shape = readonly number[];

export interface Constant {
  readonly kind: 'constant';
  readonly type: ElementType;
  readonly shape: Shape;
  /** Row-major. */
  readonly values: Scalars;
}

export interface Activation extends Rows {
  readonly kind: 'activation';
  readonly type: ElementType;
  readonly shape: Shape;
}

export type Value = Constant | Activation;

/** Number of elements; refuses a rank or a size beyond the limits, whatever the product overflows to. */
export function sizeOf(where: string, shape: Shape): number {
  if (shape.length > ONNX_LIMITS.rank) refuse(where, `at most ${ONNX_LIMITS.rank} dimensions`, shape.length);
  let size = 1;
  for (const d of shape) {
    if (!Number.isInteger(d) || d < 0) refuse(where, 'dimensions that are whole numbers', d);
    size *= d;
  }
  if (!(size <= ONNX_LIMITS.elements)) {
    refuse(where, `a tensor of at most ${ONNX_LIMITS.elements} elements`, `shape [${shape.join(', ')}]`);
  }
  return size;
}

export function reshaped<V extends Value>(value: V, shape: Shape): V {
  return { ...value, shape };
}

/** The tensor whose element i is element index[i] of the given one. */
export function take(where: string, value: Value, shape: Shape, index: Uint32Array, budget: Budget): Value {
  budget.memory(where, 8 * index.length);
  if (value.kind === 'constant') {
    const { values } = value;
    const moved =
      values instanceof Float64Array
        ? Float64Array.from(index, (i) => values[i] as number)
        : Array.from(index, (i) => values[i] as Scalar);
    return { ...value, shape, values: moved };
  }
  return { ...value, shape, rows: Array.from(index, (i) => value.rows[i] as Row) };
}

/** A constant as an activation that reads nothing. */
export function asActivation(where: string, value: Value, budget: Budget): Activation {
  if (value.kind === 'activation') return value;
  budget.memory(where, ROW_BYTES * value.values.length);
  const rows = Array.from(value.values as ArrayLike<Scalar>, constantRow);
  return { kind: 'activation', type: value.type, shape: value.shape, rows, level: 0, uses: [] };
}

/** Both shapes' broadcast, as numpy has it. */
export function broadcastShape(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const shape = Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      refuse(where, 'shapes that broadcast', `[${a.join(', ')}] and [${b.join(', ')}]`);
    }
    return x === 1 ? y : x;
  });
  sizeOf(where, shape);
  return shape;
}

/** The value broadcast to a shape that its own broadcasts to. */
export function broadcastTo(where: string, value: Value, shape: Shape, budget: Budget): Value {
  const from = value.shape;
  if (from.length === shape.length && from.every((d, i) => d === shape[i])) return value;
  const strides = stridesOf(from);
  const lead = shape.length - from.length;
  if (lead < 0 || from.some((d, i) => d !== 1 && d !== shape[lead + i])) {
    refuse(where, `a shape that broadcasts to [${shape.join(', ')}]`, `[${from.join(', ')}]`);
  }
  const steps = shape.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : (strides[i - lead] as number)));
  return take(where, value, shape, walk(where, shape, steps, 0), budget);
}

/** Elements between neighbours along each axis. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] as number;
  }
  return strides;
}

/** start + sum of position * step, for every position of the shape in row-major order. */
export function walk(where: string, shape: Shape, steps: readonly number[], start: number): Uint32Array {
  const size = sizeOf(where, shape);
  const out = new Uint32Array(size);
  const position = new Array<number>(shape.length).fill(0);
  let at = start;
  for (let i = 0; i < size; i++) {
    out[i] = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis] as number;
      position[axis] = (position[axis] as number) + 1;
      if (position[axis] !== shape[axis]) break;
      at -= (steps[axis] as number) * (shape[axis] as number);
      position[axis] = 0;
    }
  }
  return out;
}

/** An axis counted from the front; negative ones count from the back. */
export function axisOf(where: string, axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) refuse(where, `an axis in ${-rank}..${rank - 1}`, axis);
  return axis < 0 ? axis + rank : axis;
}

export function concatenate(where: string, values: readonly Value[], axis: number, budget: Budget): Value {
  const first = values[0] as Value;
  const at = axisOf(where, axis, first.shape.length);
  for (const { shape } of values) {
    if (shape.length !== first.shape.length || shape.some((d, i) => i !== at && d !== first.shape[i])) {
      refuse(where, `shapes equal to [${first.shape.join(', ')}] but for axis ${at}`, `[${shape.join(', ')}]`);
    }
  }
  const sum = values.reduce((n, v) => n + (v.shape[at] as number), 0);
  const shape = first.shape.map((d, i) => (i === at ? sum : d));
  const size = sizeOf(where, shape);
  budget.memory(where, 16 * size);
  const outer = first.shape.slice(0, at).reduce((n, d) => n * d, 1);
  const join = <T>(parts: readonly ArrayLike<T>[]): T[] => {
    const out: T[] = [];
    for (let o = 0; o < outer; o++) {
      for (const part of parts) {
        const length = part.length / outer;
        for (let i = 0; i < length; i++) out.push(part[o * length + i] as T);
      }
    }
    return out;
  };
  if (values.every((v) => v.kind === 'constant')) {
    return {
      ...first,
      shape,
      values: compactScalars(join(values.map((v) => v.values as ArrayLike<Scalar>))),
    } as Constant;
  }
  const parts = values.map((v) => asActivation(where, v, budget));
  return { kind: 'activation', type: first.type, shape, rows: join(parts.map((p) => p.rows)), ...together(...parts) };
}
