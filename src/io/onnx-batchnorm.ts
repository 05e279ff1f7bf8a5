/** Batch normalisation, folded into an affine map. */
import { Dyadic, floorSqrt, Rational, refuse } from '../exact/index.ts';
import type { Operator } from './onnx-call.ts';
import { type Scalar, simplify, toDyadic } from './scalar.ts';
import { sizeOf } from './tensor.ts';
import { ROW_BYTES, scaledRow, shiftedRow } from './units.ts';

/**
 * scale * (x - mean) / sqrt(variance + epsilon) + bias, a channel (axis 1) at a time. The square root makes it
 * non-dyadic: with a stated number of fractional bits both coefficients are rounded to the nearest multiple, and how far
 * they moved is noted.
 */
export const BatchNormalization: Operator = (call) => {
  const bits = call.reading.foldBatchNorm;
  if (bits === undefined) {
    return call.fail(
      'batch normalisation divides by a square root and is not dyadic; --fold-batchnorm BITS rounds it to multiples of 2^-BITS',
    );
  }
  if (call.whole('training_mode', 0) !== 0 || call.node.outputs.filter((o) => o !== '').length > 1) {
    call.refuse('batch normalisation for inference', 'training mode');
  }
  if (call.opset < 9 && call.whole('spatial', 1) !== 1) call.refuse('spatial batch normalisation', 'spatial = 0');
  const x = call.activation(call.input(0));
  const channels = x.shape.length < 2 ? 1 : (x.shape[1] as number);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => {
    const c = call.finite(call.constant(i));
    if (c.values.length !== channels) call.refuse(`${channels} values as input ${i}`, c.values.length);
    return Array.from(c.values as ArrayLike<Scalar>, toDyadic);
  }) as [Dyadic[], Dyadic[], Dyadic[], Dyadic[]];
  const epsilon = Dyadic.from(call.float('epsilon', Math.fround(1e-5)));
  let moved = Dyadic.ZERO;
  const folded = scale.map((s, c) => {
    const v = (variance[c] as Dyadic).add(epsilon);
    if (v.sign <= 0) call.refuse('a positive variance + epsilon', v);
    const m = mean[c] as Dyadic;
    // Far finer than asked, so that the rounding of the offset is to the nearest but for a 2^-64 part of its spacing.
    const fine = divideByRoot(s, v, bits + 64 + Math.max(0, m.isZero ? 0 : m.exponent + 1));
    const slope = divideByRoot(s, v, bits);
    const exactOffset = (bias[c] as Dyadic).sub(m.mul(fine));
    const offset = exactOffset.roundTo(bits);
    const tail = Dyadic.pow2(-bits - 62);
    for (const d of [slope.sub(fine), offset.sub(exactOffset)])
      moved = moved.max(d.abs().add(d.isZero && s.isZero ? Dyadic.ZERO : tail));
    return { slope: simplify(slope), offset: simplify(offset) };
  });
  call.reading.notes.add(
    `${call.where} folded to multiples of 2^-${bits}: no coefficient moved by more than ${moved.toNumber('up')}`,
  );
  const inner = sizeOf(call.where, x.shape.slice(2));
  call.budget.memory(call.where, ROW_BYTES * x.rows.length);
  const rows = x.rows.map((row, i) => {
    const { slope, offset } = folded[Math.floor(i / inner) % channels] as { slope: Scalar; offset: Scalar };
    call.budget.work(call.where, row.atoms.length);
    return shiftedRow(scaledRow(row, slope), offset);
  });
  return { ...x, rows };
};

/** s / sqrt(v) rounded to the nearest multiple of 2^-bits. */
function divideByRoot(s: Dyadic, v: Dyadic, bits: number): Dyadic {
  if (s.isZero) return s;
  if (bits > 1 << 16) refuse('BatchNormalization', 'a mean below 2^65000', bits);
  // floor(2 * 2^bits * |s| / sqrt(v)) = floor(sqrt(floor(4 * 2^(2 bits) * s^2 / v))); halved and rounded half up.
  const square = Rational.fromDyadic(s.mul(s).scale(2 * bits + 2))
    .div(Rational.fromDyadic(v))
    .roundTo(0, 'down')
    .floor();
  const nearest = (floorSqrt(square) + 1n) >> 1n;
  return Dyadic.of(s.sign < 0 ? -nearest : nearest, -bits);
}
