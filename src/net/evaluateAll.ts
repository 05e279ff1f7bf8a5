/**
 * The oracle at many points: as `Network.evaluate`, exactly, but a unit that sees no input is computed once for all of them. Of the
 * networks that carry long constants through thousands of layers (construct/intrinsicNetwork.ts) that is nearly all there is to do.
 */
import { commonZeros, Dyadic, type DyadicLike, refuse } from '../exact/index.ts';
import type { Layer } from './layer.ts';
import type { Network } from './network.ts';

/** A unit's values at the points of a batch: one for all of them, or one each. */
type Values = bigint | bigint[];

/** Most values held at once, of a layer and a batch. */
const MOST_VALUES = 1 << 20;

/**
 * The realisation at each of the points, exactly: one list of outputs a point.
 * points: one finite number (or Dyadic) an input each. Throws InputError where a count is wrong.
 */
export function evaluateAll(net: Network, points: readonly (readonly DyadicLike[])[]): Dyadic[][] {
  const batch = Math.max(1, Math.floor(MOST_VALUES / net.width));
  const out: Dyadic[][] = [];
  for (let first = 0; first < points.length; first += batch) {
    for (const row of evaluateBatch(net, points.slice(first, first + batch))) out.push(row);
  }
  return out;
}

function evaluateBatch(net: Network, points: readonly (readonly DyadicLike[])[]): Dyadic[][] {
  const at = points.map((x) => {
    if (x.length !== net.inputs) refuse('evaluateAll', `${net.inputs} inputs`, x.length);
    return x.map((v) => Dyadic.from(v));
  });
  let scale = 0;
  for (const x of at) for (const v of x) scale = Math.max(scale, v.fractionalBits);
  let values: Values[] = Array.from({ length: net.inputs }, (_, i) =>
    at.map((x) => (x[i] as Dyadic).mantissaAt(scale)),
  );
  net.layers.forEach((layer, l) => {
    values = apply(layer, values, 1n << BigInt(scale), at.length);
    scale += layer.scale;
    if (scale < 0) {
      values = shifted(values, -scale);
      scale = 0;
    }
    if (l < net.depth - 1) values = values.map((v) => (typeof v === 'bigint' ? relu(v) : v.map(relu)));
    if (scale > 0) {
      const zeros = Math.min(scale, commonZeros(every(values)));
      values = shifted(values, -zeros);
      scale -= zeros;
    }
  });
  return at.map((_, p) => values.map((v) => Dyadic.of(typeof v === 'bigint' ? v : (v[p] as bigint), -scale)));
}

function apply(
  { rowStart, column, weight, bias, outputs }: Layer,
  below: readonly Values[],
  one: bigint,
  count: number,
) {
  const out = new Array<Values>(outputs);
  for (let i = 0; i < outputs; i++) {
    let same = BigInt(bias[i] as number | bigint) * one;
    let each: bigint[] | undefined;
    for (let k = rowStart[i] as number; k < (rowStart[i + 1] as number); k++) {
      const x = below[column[k] as number] as Values;
      const w = BigInt(weight[k] as number | bigint);
      if (typeof x === 'bigint') same += x * w;
      else {
        each ??= new Array<bigint>(count).fill(0n);
        for (let p = 0; p < count; p++) each[p] = (each[p] as bigint) + (x[p] as bigint) * w;
      }
    }
    if (each && same !== 0n) for (let p = 0; p < count; p++) each[p] = (each[p] as bigint) + same;
    out[i] = each ?? same;
  }
  return out;
}

const relu = (v: bigint): bigint => (v > 0n ? v : 0n);

/** Every value times 2^by, whole. */
function shifted(values: readonly Values[], by: number): Values[] {
  const move = (v: bigint): bigint => (by > 0 ? v << BigInt(by) : v >> BigInt(-by));
  return by === 0 ? [...values] : values.map((v) => (typeof v === 'bigint' ? move(v) : v.map(move)));
}

function* every(values: readonly Values[]): Generator<bigint> {
  for (const v of values) {
    if (typeof v === 'bigint') yield v;
    else yield* v;
  }
}
