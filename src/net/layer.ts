/**
 * One affine map T(x) = A x + c: A sparse by rows, every weight and bias a whole mantissa times one power of two.
 *
 * Normal form: columns increase within a row, no stored weight is zero, and the scale is the smallest one at which all
 * mantissas are whole (0 where the map is zero). Equal maps have equal fields, so equal networks have equal files.
 */
import { bitLength, Dyadic, refuse, trailingZeros } from '../exact/index.ts';

/** Whole numbers in the smallest array that holds them; bigint where 32 bits do not. Never written to after construction. */
export type Mantissas = Int8Array | Int16Array | Int32Array | readonly bigint[];

export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** Weights and biases are mantissa * 2^-scale. */
  readonly scale: number;
  /** outputs + 1 offsets into column and weight: row i is rowStart[i] .. rowStart[i+1]. */
  readonly rowStart: Uint32Array;
  readonly column: Uint32Array;
  readonly weight: Mantissas;
  /** One a row; zero where the row has none. */
  readonly bias: Mantissas;
}

/** Documented limits; what exceeds them is refused before memory is taken. */
export const LIMITS = Object.freeze({
  depth: 1 << 20,
  width: 1 << 24,
  connectivity: 1 << 28,
  /** Binary digits of one mantissa, and of a scale's magnitude. */
  mantissaBits: 1 << 20,
  scale: 1 << 20,
});

/** The raw parts of a layer, not yet in normal form. */
export interface LayerParts {
  inputs: number;
  outputs: number;
  scale: number;
  rowStart: Uint32Array;
  column: Uint32Array;
  weight: Mantissas | readonly number[];
  bias: Mantissas | readonly number[];
}

/** Checks the parts, brings them into normal form and freezes them. Throws InputError where they are not a layer. */
export function makeLayer(parts: LayerParts): Layer {
  const { inputs, outputs, rowStart, column } = parts;
  checkShape(parts);
  const twos = Math.min(commonTwos(parts.weight), commonTwos(parts.bias));
  const empty = twos === Number.POSITIVE_INFINITY;
  const scale = empty ? 0 : parts.scale - twos;
  if (Math.abs(scale) > LIMITS.scale) refuse('layer', `a scale of at most ${LIMITS.scale} bits`, scale);
  return Object.freeze({
    inputs,
    outputs,
    scale,
    rowStart,
    column,
    weight: compact(parts.weight, empty ? 0 : twos),
    bias: compact(parts.bias, empty ? 0 : twos),
  });
}

function checkShape({ inputs, outputs, rowStart, column, weight, bias }: LayerParts): void {
  for (const [name, n] of [
    ['inputs', inputs],
    ['outputs', outputs],
  ] as const) {
    if (!Number.isInteger(n) || n < 1 || n > LIMITS.width) refuse(`layer ${name}`, `1..${LIMITS.width}`, n);
  }
  if (rowStart.length !== outputs + 1 || bias.length !== outputs) {
    refuse('layer', `${outputs} rows`, `${rowStart.length - 1} rows and ${bias.length} biases`);
  }
  if (column.length !== weight.length || rowStart[0] !== 0 || rowStart[outputs] !== column.length) {
    refuse('layer', 'as many columns as weights', `${column.length} columns, ${weight.length} weights`);
  }
  if (weight.length > LIMITS.connectivity) refuse('layer', `at most ${LIMITS.connectivity} weights`, weight.length);
  for (let i = 0; i < outputs; i++) {
    const end = rowStart[i + 1] as number;
    let before = -1;
    if (end < (rowStart[i] as number)) refuse('layer', 'row offsets that do not decrease', end);
    for (let k = rowStart[i] as number; k < end; k++) {
      const c = column[k] as number;
      if (c <= before || c >= inputs) refuse(`layer row ${i}`, `increasing columns below ${inputs}`, c);
      if (Number(weight[k]) === 0) refuse(`layer row ${i}`, 'non-zero weights', 0);
      before = c;
    }
  }
}

/** How many times 2 divides every mantissa; Infinity where all are zero. */
function commonTwos(values: Mantissas | readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number | bigint;
    if (typeof v === 'bigint') {
      if (v !== 0n) least = Math.min(least, trailingZeros(v));
    } else if (v !== 0) {
      const low = v | 0;
      const z = low === v || low !== 0 ? 31 - Math.clz32(low & -low) : trailingZeros(BigInt(v));
      if (z < least) least = z;
    }
    if (least === 0) return 0;
  }
  return least;
}

/** Divides by 2^twos (exact) and copies into the smallest array that fits. */
function compact(values: Mantissas | readonly number[], twos: number): Mantissas {
  let most = 0;
  let wide = false;
  const divisor = Dyadic.pow2(Math.min(twos, 1023)).toNumber();
  for (let i = 0; i < values.length && !wide; i++) {
    const v = values[i] as number | bigint;
    if (typeof v === 'bigint') {
      const bits = bitLength(v) - twos;
      if (bits > 31) wide = true;
      else most = Math.max(most, Math.abs(Number(v >> BigInt(twos))));
    } else {
      most = Math.max(most, Math.abs(v) / divisor);
      if (most > 0x7fffffff) wide = true;
    }
  }
  if (wide) {
    const s = BigInt(twos);
    const out = Array.from(values as ArrayLike<number | bigint>, (v) => BigInt(v) >> s);
    for (const v of out) {
      if (bitLength(v) > LIMITS.mantissaBits)
        refuse('layer', `mantissas of at most ${LIMITS.mantissaBits} bits`, bitLength(v));
    }
    return Object.freeze(out);
  }
  const Kind = most <= 0x7f ? Int8Array : most <= 0x7fff ? Int16Array : Int32Array;
  if (twos === 0 && values instanceof Kind) return values;
  const out = new Kind(values.length);
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number | bigint;
    out[i] = typeof v === 'bigint' ? Number(v >> BigInt(twos)) : v / divisor;
  }
  return out;
}

/** Weight k of the layer (an index into `column`) as a Dyadic. */
export function weightAt(layer: Layer, k: number): Dyadic {
  return Dyadic.of(BigInt(layer.weight[k] as number | bigint), -layer.scale);
}

/** Bias of row i as a Dyadic. */
export function biasAt(layer: Layer, i: number): Dyadic {
  return Dyadic.of(BigInt(layer.bias[i] as number | bigint), -layer.scale);
}

/** Whether two layers are the same map. */
export function sameLayer(a: Layer, b: Layer): boolean {
  return (
    a.inputs === b.inputs &&
    a.outputs === b.outputs &&
    a.scale === b.scale &&
    sameValues(a.rowStart, b.rowStart) &&
    sameValues(a.column, b.column) &&
    sameValues(a.weight, b.weight) &&
    sameValues(a.bias, b.bias)
  );
}

function sameValues(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
