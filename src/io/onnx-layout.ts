/** The operators that only move elements, and those that compute shapes. */
import type { Call, Operator } from './onnx-call.ts';
import { FLOAT, INT64 } from './onnx-types.ts';
import { axisOf, type Constant, concatenate, reshaped, sizeOf, stridesOf, take, type Value, walk } from './tensor.ts';

const Identity: Operator = (call) => call.input(0);

const Dropout: Operator = (call) => {
  const training = call.has(2) ? call.constant(2).values[0] !== 0 : false;
  if (training || (call.opset < 7 && call.whole('is_test', 1) === 0))
    call.refuse('dropout for inference', 'training mode');
  return call.input(0);
};

const Flatten: Operator = (call) => {
  const x = call.input(0);
  const rank = x.shape.length;
  const axis = call.whole('axis', 1);
  if (axis < -rank || axis > rank) call.refuse(`an axis in ${-rank}..${rank}`, axis);
  const at = axis < 0 ? axis + rank : axis;
  return reshaped(x, [sizeOf(call.where, x.shape.slice(0, at)), sizeOf(call.where, x.shape.slice(at))]);
};

const Reshape: Operator = (call) => {
  const x = call.input(0);
  const wanted = call.opset < 5 ? (call.ints('shape') ?? []) : call.wholes(1);
  const copyZero = call.whole('allowzero', 0) === 0;
  const shape = wanted.map((d, i) => {
    if (d === 0 && copyZero)
      return x.shape[i] ?? call.refuse(`a dimension ${i} to copy`, `shape [${x.shape.join(', ')}]`);
    return d;
  });
  const size = sizeOf(call.where, x.shape);
  if (shape.filter((d) => d === -1).length > 1) call.refuse('at most one dimension of -1', `[${wanted.join(', ')}]`);
  const known = sizeOf(
    call.where,
    shape.filter((d) => d !== -1),
  );
  const result = shape.map((d) => (d === -1 ? (known === 0 ? 0 : size / known) : d));
  if (result.some((d) => !Number.isInteger(d)) || sizeOf(call.where, result) !== size) {
    call.refuse(`a shape of ${size} elements`, `[${wanted.join(', ')}]`);
  }
  return reshaped(x, result);
};

/** Axes: an attribute before opset 13, an input from then on. */
function axesOf(call: Call, rank: number): number[] | undefined {
  const axes = call.opset >= 13 && call.has(1) ? call.wholes(1) : call.ints('axes');
  return axes?.map((a) => axisOf(call.where, a, rank));
}

const Squeeze: Operator = (call) => {
  const x = call.input(0);
  const axes = axesOf(call, x.shape.length) ?? x.shape.flatMap((d, i) => (d === 1 ? [i] : []));
  for (const a of axes) if (x.shape[a] !== 1) call.refuse(`a dimension of 1 at axis ${a}`, x.shape[a]);
  return reshaped(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  );
};

const Unsqueeze: Operator = (call) => {
  const x = call.input(0);
  const count = (call.opset >= 13 && call.has(1) ? call.wholes(1) : (call.ints('axes') ?? [])).length;
  const axes = new Set(axesOf(call, x.shape.length + count));
  if (axes.size !== count) call.refuse('axes that differ', `${count} axes`);
  const rest = [...x.shape];
  const shape = Array.from({ length: x.shape.length + count }, (_, i) => (axes.has(i) ? 1 : (rest.shift() as number)));
  sizeOf(call.where, shape);
  return reshaped(x, shape);
};

const Transpose: Operator = (call) => {
  const x = call.input(0);
  const perm = call.ints('perm') ?? x.shape.map((_, i) => x.shape.length - 1 - i);
  if (perm.length !== x.shape.length || perm.some((_, i) => !perm.includes(i))) {
    call.refuse(`a permutation of ${x.shape.length} axes`, `[${perm.join(', ')}]`);
  }
  const strides = stridesOf(x.shape);
  const shape = perm.map((p) => x.shape[p] as number);
  const steps = perm.map((p) => strides[p] as number);
  return take(call.where, x, shape, walk(call.where, shape, steps, 0), call.budget);
};

const Concat: Operator = (call) => {
  if (call.inputs.length === 0) call.refuse('at least one input', 0);
  const values = call.inputs.map((_, i) => call.input(i));
  return concatenate(call.where, values, call.whole('axis', 1), call.budget);
};

const Slice: Operator = (call) => {
  const x = call.input(0);
  const inputs = call.opset >= 10;
  const starts = inputs ? call.ends(1) : (call.ints('starts') ?? []);
  const ends = inputs ? call.ends(2) : (call.ints('ends') ?? []);
  const axes = (inputs ? (call.has(3) ? call.wholes(3) : undefined) : call.ints('axes')) ?? starts.map((_, i) => i);
  const jumps = inputs && call.has(4) ? call.wholes(4) : starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || jumps.length !== starts.length) {
    call.refuse(
      'as many starts as ends, axes and steps',
      `${starts.length}, ${ends.length}, ${axes.length}, ${jumps.length}`,
    );
  }
  const steps = stridesOf(x.shape);
  const shape = [...x.shape];
  let from = 0;
  axes.forEach((axis, i) => {
    const a = axisOf(call.where, axis, x.shape.length);
    const d = x.shape[a] as number;
    const jump = jumps[i] as number;
    if (jump === 0) call.refuse('steps other than 0', 0);
    const clamp = (v: number, lo: number, hi: number): number => Math.min(Math.max(v < 0 ? v + d : v, lo), hi);
    const start = clamp(starts[i] as number, 0, jump > 0 ? d : d - 1);
    const end = clamp(ends[i] as number, jump > 0 ? 0 : -1, d);
    shape[a] = Math.max(0, Math.ceil((end - start) / jump));
    from += start * (steps[a] as number);
    steps[a] = (steps[a] as number) * jump;
  });
  return take(call.where, x, shape, walk(call.where, shape, steps, from), call.budget);
};

const Gather: Operator = (call) => {
  const x = call.input(0);
  const indices = call.constant(1);
  const axis = axisOf(call.where, call.whole('axis', 0), x.shape.length);
  const d = x.shape[axis] as number;
  const picked = call.wholes(1).map((i) => {
    if (i < -d || i >= d) call.refuse(`indices in ${-d}..${d - 1}`, i);
    return i < 0 ? i + d : i;
  });
  const before = x.shape.slice(0, axis);
  const behind = x.shape.slice(axis + 1);
  const shape = [...before, ...indices.shape, ...behind];
  const inner = sizeOf(call.where, behind);
  const index = new Uint32Array(sizeOf(call.where, shape));
  let at = 0;
  for (let o = 0; o < sizeOf(call.where, before); o++) {
    for (const i of picked) for (let k = 0; k < inner; k++) index[at++] = (o * d + i) * inner + k;
  }
  return take(call.where, x, shape, index, call.budget);
};

const Shape: Operator = (call) => {
  const { shape } = call.input(0);
  const rank = shape.length;
  const end = (attribute: string, otherwise: number): number => {
    const v = call.whole(attribute, otherwise);
    return Math.min(Math.max(v < 0 ? v + rank : v, 0), rank);
  };
  const part = shape.slice(end('start', 0), end('end', rank));
  return { kind: 'constant', type: INT64, shape: [part.length], values: Float64Array.from(part) };
};

const ConstantNode: Operator = (call): Value => {
  const { attributes } = call.node;
  const tensor = attributes.get('value')?.t;
  if (tensor) return call.reading.constant(tensor, call.where);
  const list = (values: readonly number[], shape: readonly number[], type: Constant['type']): Constant => ({
    kind: 'constant',
    type,
    shape,
    values: Float64Array.from(values),
  });
  const floats = attributes.get('value_floats')?.floats ?? attributes.get('value_float')?.f;
  if (floats !== undefined) {
    return Array.isArray(floats) ? list(floats, [floats.length], FLOAT) : list([floats], [], FLOAT);
  }
  const ints = attributes.get('value_ints')?.ints ?? attributes.get('value_int')?.i;
  if (ints !== undefined) return Array.isArray(ints) ? list(ints, [ints.length], INT64) : list([ints], [], INT64);
  return call.refuse('a tensor, floats or whole numbers as its value', [...attributes.keys()].join(', '));
};

export const OPERATORS = {
  Identity,
  Dropout,
  Flatten,
  Reshape,
  Squeeze,
  Unsqueeze,
  Transpose,
  Concat,
  Slice,
  Gather,
  Shape,
  Constant: ConstantNode,
};
