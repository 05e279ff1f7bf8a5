/** The affine operators: sums, products with constants, matrix products with a constant side, batch normalisation. */

import type { Call, Operator } from './onnx-call.ts';
import { INT32 } from './onnx-types.ts';
import { compactScalars, negated, product, quotient, type Scalar, type Scalars, total } from './scalar.ts';
import {
  broadcastShape,
  broadcastTo,
  type Constant,
  type Shape,
  sizeOf,
  stridesOf,
  take,
  type Value,
  walk,
} from './tensor.ts';
import { combine, plainAtoms, ROW_BYTES, type Row, scaledRow, shiftedRow, together } from './units.ts';

/** a + sign * b, broadcast. */
export function sum(call: Call, a: Value, b: Value, sign: 1 | -1): Value {
  const shape = broadcastShape(call.where, a.shape, b.shape);
  const [x, y] = [a, b].map((v) => broadcastTo(call.where, v, shape, call.budget)) as [Value, Value];
  if (x.kind === 'constant' && y.kind === 'constant') {
    const [p, q] = [call.finite(x).values, call.finite(y).values];
    const values = Array.from(p as ArrayLike<Scalar>, (v, i) => total(v, signed(q[i] as Scalar, sign)));
    return call.checkWrap({ ...x, values: compactScalars(values) });
  }
  const signs = [1, sign];
  const left = x.kind === 'constant' ? undefined : x.rows;
  const right = y.kind === 'constant' ? undefined : y.rows;
  const parts = [x, y].filter((v) => v.kind === 'activation');
  if (parts.length === 1) call.finite((x.kind === 'constant' ? x : y) as Constant);
  const rows: Row[] = new Array(sizeOf(call.where, shape));
  call.budget.memory(call.where, ROW_BYTES * rows.length);
  for (let i = 0; i < rows.length; i++) {
    if (!right)
      rows[i] = shiftedRow((left as readonly Row[])[i] as Row, signed((y as Constant).values[i] as Scalar, sign));
    else if (!left) rows[i] = shiftedRow(scaledRow(right[i] as Row, sign), (x as Constant).values[i] as Scalar);
    else {
      const pair = [left[i] as Row, right[i] as Row];
      call.budget.work(call.where, pair[0]!.atoms.length + pair[1]!.atoms.length);
      rows[i] = combine(pair, signs, undefined);
    }
  }
  return call.checkWrap({ kind: 'activation', type: x.type, shape, rows, ...together(...parts) });
}

function signed(v: Scalar, sign: 1 | -1): Scalar {
  return sign === 1 ? v : negated(v);
}

/** value * factor (or value / factor), element by element. */
export function scaledBy(call: Call, value: Value, factor: Constant, divide: boolean): Value {
  const shape = broadcastShape(call.where, value.shape, factor.shape);
  const by = call.spread(factor, shape);
  const x = broadcastTo(call.where, value, shape, call.budget);
  const apply = (v: Scalar, i: number): Scalar => {
    if (!divide) return product(v, by[i] as Scalar);
    if (by[i] === 0) call.refuse('a divisor other than 0', 0);
    return (
      quotient(v, by[i] as Scalar) ?? call.fail(`${String(v)} / ${String(by[i])} is not dyadic, so it cannot be exact`)
    );
  };
  if (x.kind === 'constant') {
    const values = Array.from(call.finite(x).values as ArrayLike<Scalar>, apply);
    return call.checkWrap({ ...x, values: compactScalars(values) });
  }
  call.budget.memory(call.where, ROW_BYTES * x.rows.length);
  const rows = x.rows.map((row, i) => {
    call.budget.work(call.where, row.atoms.length);
    call.budget.memory(call.where, 8 * row.atoms.length);
    if (!divide) return scaledRow(row, by[i] as Scalar);
    const weights = compactScalars(Array.from(row.weights as ArrayLike<Scalar>, (w) => apply(w, i)));
    return { bias: apply(row.bias, i), atoms: row.atoms, weights };
  });
  return call.checkWrap({ ...x, shape, rows });
}

const Add: Operator = (call) => sum(call, legacyBroadcast(call).input(0), call.input(1), 1);
const Sub: Operator = (call) => sum(call, legacyBroadcast(call).input(0), call.input(1), -1);

const Sum: Operator = (call) =>
  call.inputs.slice(1).reduce<Value>((s, v) => sum(call, s, v ?? call.input(-1), 1), call.input(0));

const Neg: Operator = (call) => {
  const x = call.input(0);
  return scaledBy(call, x, { kind: 'constant', type: x.type, shape: [], values: Float64Array.of(-1) }, false);
};

const Mul: Operator = (call) => {
  const [a, b] = [legacyBroadcast(call).input(0), call.input(1)];
  if (b.kind === 'constant') return scaledBy(call, a, b, false);
  if (a.kind === 'constant') return scaledBy(call, b, a, false);
  return call.refuse('a constant factor', 'a product of two activations');
};

const Div: Operator = (call) => {
  const a = legacyBroadcast(call).input(0);
  if (!a.type.format) call.refuse('a division of floats', a.type.name);
  return scaledBy(call, a, call.constant(1), true);
};

/** Before opset 7 broadcasting had an attribute and rules of its own. */
function legacyBroadcast(call: Call): Call {
  if (call.opset < 7 && call.whole('broadcast', 0) !== 0)
    call.refuse('opset 7 or later where shapes broadcast', call.opset);
  return call;
}

/** Matrix product as numpy has it, one side constant. */
export function matrixProduct(call: Call, a: Value, b: Value): Value {
  const [rankA, rankB] = [a.shape.length, b.shape.length];
  if (rankA === 0 || rankB === 0) call.refuse('matrices', 'a scalar');
  const left: Shape = rankA === 1 ? [1, ...a.shape] : a.shape;
  const right: Shape = rankB === 1 ? [...b.shape, 1] : b.shape;
  const [m, k] = left.slice(-2) as [number, number];
  const [k2, n] = right.slice(-2) as [number, number];
  if (k !== k2) call.refuse(`${k} rows on the right`, `shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`);
  const batch = broadcastShape(call.where, left.slice(0, -2), right.slice(0, -2));
  const shape = [...batch, ...(rankA === 1 ? [] : [m]), ...(rankB === 1 ? [] : [n])];
  const size = sizeOf(call.where, [...batch, m, n]);
  const batches = sizeOf(call.where, batch);
  const startA = walk(call.where, batch, batchSteps(left, batch), 0);
  const startB = walk(call.where, batch, batchSteps(right, batch), 0);
  if (a.kind === 'constant' && b.kind === 'constant') {
    call.budget.work(call.where, size * k);
    const [p, q] = [call.finite(a).values, call.finite(b).values];
    const values: Scalar[] = [];
    for (let g = 0; g < batches; g++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let s: Scalar = 0;
          for (let t = 0; t < k; t++) {
            s = total(s, product(p[startA[g]! + i * k + t] as Scalar, q[startB[g]! + t * n + j] as Scalar));
          }
          values.push(s);
        }
      }
    }
    return { ...a, shape, values: compactScalars(values) };
  }
  const rows: Row[] = new Array(size);
  call.budget.memory(call.where, ROW_BYTES * size);
  if (b.kind === 'constant') {
    const columns = linesOf(call, call.finite(b).values, n, k, 1, n);
    const x = call.activation(a).rows;
    for (let g = 0; g < batches; g++) {
      const matrix = columns(startB[g] as number);
      for (let i = 0; i < m; i++) {
        const from = (startA[g] as number) + i * k;
        fill(call, x.slice(from, from + k), matrix, (j, row) => {
          rows[(g * m + i) * n + j] = row;
        });
      }
    }
    return { kind: 'activation', type: a.type, shape, rows, ...together(call.activation(a)) };
  }
  if (a.kind !== 'constant') call.refuse('a constant matrix on one side', 'a product of two activations');
  const lines = linesOf(call, call.finite(a).values, m, k, k, 1);
  for (let g = 0; g < batches; g++) {
    const matrix = lines(startA[g] as number);
    for (let j = 0; j < n; j++) {
      const column = Array.from({ length: k }, (_, t) => b.rows[(startB[g] as number) + t * n + j] as Row);
      fill(call, column, matrix, (i, row) => {
        rows[(g * m + i) * n + j] = row;
      });
    }
  }
  return { kind: 'activation', type: b.type, shape, rows, ...together(b) };
}

/** One row for each line of weights, all over the same inputs. */
function fill(call: Call, inputs: readonly Row[], lines: readonly Scalars[], put: (i: number, row: Row) => void): void {
  const plain = plainAtoms(inputs);
  if (!plain) {
    const terms = inputs.reduce((n, row) => n + row.atoms.length, 0);
    call.budget.work(call.where, terms * lines.length);
    call.budget.memory(call.where, 12 * terms * lines.length);
  }
  lines.forEach((weights, i) => {
    put(i, combine(inputs, weights, plain));
  });
}

/** `count` vectors of `length` weights out of a matrix that starts anywhere; a matrix used twice is cut up once. */
function linesOf(
  call: Call,
  values: Scalars,
  count: number,
  length: number,
  next: number,
  step: number,
): (start: number) => Scalars[] {
  const known = new Map<number, Scalars[]>();
  return (start) => {
    let lines = known.get(start);
    if (!lines) {
      call.budget.memory(call.where, 8 * count * length);
      lines = Array.from({ length: count }, (_, i) => {
        const at = (t: number): Scalar => values[start + i * next + t * step] as Scalar;
        if (values instanceof Float64Array) return Float64Array.from({ length }, (_, t) => at(t) as number);
        return compactScalars(Array.from({ length }, (_, t) => at(t)));
      });
      known.set(start, lines);
    }
    return lines;
  };
}

/** Steps along the batch axes of one side, 0 where it repeats. */
function batchSteps(side: Shape, batch: Shape): number[] {
  const strides = stridesOf(side);
  const lead = batch.length - (side.length - 2);
  return batch.map((_, i) => (i < lead || side[i - lead] === 1 ? 0 : (strides[i - lead] as number)));
}

const MatMul: Operator = (call) => call.checkWrap(matrixProduct(call, call.input(0), call.input(1)));

const Gemm: Operator = (call) => {
  const transposed = (i: number, attribute: string): Value => {
    const value = call.input(i);
    if (value.shape.length !== 2) call.refuse(`a matrix as input ${i}`, `shape [${value.shape.join(', ')}]`);
    if (call.whole(attribute, 0) === 0) return value;
    const [r, c] = value.shape as [number, number];
    return take(call.where, value, [c, r], walk(call.where, [c, r], [1, c], 0), call.budget);
  };
  const times = (value: Value, factor: number): Value =>
    factor === 1
      ? value
      : scaledBy(
          call,
          value,
          { kind: 'constant', type: value.type, shape: [], values: Float64Array.of(factor) },
          false,
        );
  let [a, b] = [transposed(0, 'transA'), transposed(1, 'transB')];
  const alpha = call.float('alpha', 1);
  if (a.kind === 'constant') a = times(a, alpha);
  else b = times(b, alpha);
  const y = matrixProduct(call, a, b);
  if (!call.has(2)) return call.checkWrap(y);
  const c = times(call.input(2), call.float('beta', 1));
  const shape = broadcastShape(call.where, y.shape, c.shape);
  if (shape.join() !== y.shape.join())
    call.refuse(`a bias that broadcasts to [${y.shape.join(', ')}]`, `[${c.shape.join(', ')}]`);
  return sum(call, y, c, 1);
};

/** A zero point or a scale of a matrix's rows (or columns): a scalar, one a row (column), or a tensor that broadcasts. */
export function alongRows(parameter: Constant, rank: number): Constant {
  return parameter.shape.length === 1 && parameter.values.length > 1 && rank > 1
    ? { ...parameter, shape: [parameter.values.length, 1] }
    : parameter;
}

const MatMulInteger: Operator = (call) => {
  const zero = (i: number, value: Value): Value =>
    call.has(i)
      ? sum(
          call,
          widened(value),
          widened(i === 2 ? alongRows(call.constant(i), value.shape.length) : call.constant(i)),
          -1,
        )
      : widened(value);
  return call.checkWrap(matrixProduct(call, zero(2, call.input(0)), zero(3, call.input(1))));
};

/** 8-bit operands are subtracted and multiplied as 32-bit numbers. */
export function widened<V extends Value>(value: V): V {
  return { ...value, type: INT32 };
}

export const OPERATORS = { Add, Sub, Sum, Neg, Mul, Div, MatMul, Gemm, MatMulInteger };
