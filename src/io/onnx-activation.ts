/** The piecewise-linear operators, and casts. */
import { BFLOAT16, Dyadic, FLOAT16, roundToFormat } from '../exact/index.ts';
import type { Call, Operator } from './onnx-call.ts';
import { scaledBy, sum } from './onnx-linear.ts';
import { typeOf } from './onnx-tensor.ts';
import { BOOL, type ElementType, FLOAT, wholeScalar } from './onnx-types.ts';
import { compactScalars, compareScalars, negated, type Scalar, simplify, toDyadic } from './scalar.ts';
import type { Activation, Constant, Value } from './tensor.ts';
import { combine, constantRow, negatedRow, type Row, scaledRow, shiftedRow } from './units.ts';

function onConstant(call: Call, value: Constant, map: (v: Scalar, i: number) => Scalar): Constant {
  const values = call.finite(value).values as ArrayLike<Scalar>;
  return { ...value, values: compactScalars(Array.from(values, map)) };
}

const positive = (v: Scalar): Scalar => (compareScalars(v, 0) > 0 ? v : 0);

const Relu: Operator = (call) => {
  const x = call.input(0);
  return x.kind === 'constant' ? onConstant(call, x, positive) : call.relu(x);
};

/** relu(x) - slope * relu(-x), element by element. */
function leaky(call: Call, x: Value, slope: (i: number) => Scalar): Value {
  if (x.kind === 'constant') {
    return onConstant(call, x, (v, i) =>
      compareScalars(v, 0) >= 0 ? v : simplify(toDyadic(v).mul(toDyadic(slope(i)))),
    );
  }
  const both = call.relu({ ...x, rows: x.rows.flatMap((row) => [row, negatedRow(row)]) });
  const rows = x.rows.map((_, i) =>
    combine([both.rows[2 * i] as Row, both.rows[2 * i + 1] as Row], [1, negated(slope(i))], undefined),
  );
  return { ...both, shape: x.shape, rows };
}

const LeakyRelu: Operator = (call) => {
  const alpha = call.float('alpha', Math.fround(0.01));
  return leaky(call, call.input(0), () => alpha);
};

const PRelu: Operator = (call) => {
  const x = call.input(0);
  const slopes = call.spread(call.constant(1), x.shape);
  return leaky(call, x, (i) => slopes[i] as Scalar);
};

/** |x|: relu(x) + relu(-x). */
const Abs: Operator = (call) => leaky(call, call.input(0), () => -1);

/** A bound of Clip; undefined where there is none, or none that a number of the type could reach. */
function bound(call: Call, i: number, attribute: string): Scalar | undefined {
  let v: Scalar | undefined;
  if (call.opset < 11) v = call.node.attributes.get(attribute)?.f;
  else if (call.has(i)) {
    const c = call.constant(i);
    if (c.values.length !== 1) call.refuse(`one number as ${attribute}`, c.values.length);
    v = c.values[0] as Scalar;
  }
  if (v === undefined) return undefined;
  if (typeof v === 'number' && Number.isNaN(v)) call.refuse(`a number as ${attribute}`, v);
  const largest = (call.input(0).type.format ?? FLOAT.format)?.max.toNumber() as number;
  return typeof v === 'number' && Math.abs(v) >= largest ? undefined : v;
}

/** lo + relu(x - lo) - relu(x - hi); where lo > hi, hi. */
const Clip: Operator = (call) => {
  const x = call.input(0);
  const [lo, hi] = [bound(call, 1, 'min'), bound(call, 2, 'max')];
  const clip = (v: Scalar): Scalar => {
    const low = lo !== undefined && compareScalars(v, lo) < 0 ? lo : v;
    return hi !== undefined && compareScalars(low, hi) > 0 ? hi : low;
  };
  if (x.kind === 'constant') return onConstant(call, x, clip);
  if (lo !== undefined && hi !== undefined && compareScalars(lo, hi) >= 0)
    return { ...x, rows: x.rows.map(() => constantRow(hi)) };
  if (lo === undefined && hi === undefined) return x;
  const rows = x.rows.flatMap((row) => [
    ...(lo === undefined ? [] : [shiftedRow(row, negated(lo))]),
    ...(hi === undefined ? [] : [lo === undefined ? shiftedRow(negatedRow(row), hi) : shiftedRow(row, negated(hi))]),
  ]);
  const held = call.relu({ ...x, rows });
  const result = x.rows.map((_, i): Row => {
    if (lo === undefined) return shiftedRow(scaledRow(held.rows[i] as Row, -1), hi as Scalar);
    if (hi === undefined) return shiftedRow(held.rows[i] as Row, lo);
    return shiftedRow(combine([held.rows[2 * i] as Row, held.rows[2 * i + 1] as Row], [1, -1], undefined), lo);
  });
  return { ...held, shape: x.shape, rows: result };
};

/** max(a, b) = b + relu(a - b), folded over the inputs; min by signs. */
function extreme(sign: 1 | -1): Operator {
  return (call) => {
    const flip = (v: Value): Value =>
      sign === 1
        ? v
        : scaledBy(call, v, { kind: 'constant', type: v.type, shape: [], values: Float64Array.of(-1) }, false);
    const larger = (a: Value, b: Value): Value => {
      const difference = sum(call, a, b, -1);
      const part = difference.kind === 'constant' ? onConstant(call, difference, positive) : call.relu(difference);
      return sum(call, b, part, 1);
    };
    const values = call.inputs.map((_, i) => flip(call.input(i)));
    return flip(values.slice(1).reduce((m, v) => larger(v, m), values[0] ?? call.input(0)));
  };
}

const Max: Operator = extreme(1);
const Min: Operator = extreme(-1);

/**
 * Between the types that float networks are computed in a cast changes no real number here. A cast that rounds, cuts
 * fractions off or may wrap is refused on activations, unless the stated inputs make it change nothing; on constants
 * it is done.
 */
const Cast: Operator = (call) => {
  const to = typeOf(call.where, call.whole('to', 0));
  const x = call.input(0);
  if (x.kind === 'constant') return { ...onConstant(call, x, (v) => castConstant(call, v, to)), type: to };
  const narrow = to.format !== undefined && (to.bits < 16 || to.format === FLOAT16 || to.format === BFLOAT16);
  if (to !== x.type && (to.format === undefined || narrow)) checkLossless(call, x, to);
  return { ...x, type: to };
};

function castConstant(call: Call, v: Scalar, to: ElementType): Scalar {
  const d = toDyadic(v);
  if (to.format) {
    const rounded = roundToFormat(d, to.format) ?? call.refuse(`constants within the range of ${to.name}`, v);
    return simplify(rounded);
  }
  if (to === BOOL) return d.isZero ? 0 : 1;
  const whole = d.sign < 0 ? d.ceil() : d.floor();
  if (whole < (to.min as bigint) || whole > (to.max as bigint)) call.refuse(`constants within ${to.name}`, v);
  return wholeScalar(whole);
}

function checkLossless(call: Call, x: Activation, to: ElementType): void {
  if (to === BOOL) call.refuse('numbers', 'a cast of an activation to bool');
  for (const row of x.rows) {
    const domain = call.reading.domains.of(row);
    const [lo, hi] = [domain?.lo, domain?.hi].map((v) => (v === undefined ? undefined : toDyadic(v)));
    const finest = to.format?.minUnit ?? 0;
    const fits =
      domain !== undefined &&
      lo !== undefined &&
      hi !== undefined &&
      domain.unit >= finest &&
      (to.format
        ? // Every multiple of the unit up to 2^precision units is a value of the format.
          lo
            .abs()
            .max(hi.abs())
            .le(Dyadic.pow2(Math.max(domain.unit, finest) + to.format.precision).min(to.format.max))
        : lo.ge(Dyadic.of(to.min as bigint)) && hi.le(Dyadic.of(to.max as bigint)));
    if (!fits) {
      call.fail(
        `casting an activation from ${x.type.name} to ${to.name} may change it; state inputs on which it does not`,
      );
    }
  }
}

export const OPERATORS = { Relu, LeakyRelu, PRelu, Abs, Clip, Max, Min, Cast };
