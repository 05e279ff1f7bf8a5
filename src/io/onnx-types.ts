/** The element types of ONNX tensors: their codes, their values, and how they lie in a file. */
import {
  BFLOAT16,
  Dyadic,
  FLOAT4E2M1,
  FLOAT8E4M3FN,
  FLOAT8E4M3FNUZ,
  FLOAT8E5M2,
  FLOAT8E5M2FNUZ,
  FLOAT16,
  FLOAT32,
  FLOAT64,
  type FloatFormat,
} from '../exact/index.ts';
import type { Scalar } from './scalar.ts';

export interface ElementType {
  /** TensorProto.DataType. */
  readonly code: number;
  readonly name: string;
  /** Bits of one element; types below a byte are packed from the low end. */
  readonly bits: number;
  /** Floating-point types. */
  readonly format?: FloatFormat;
  /** Whole-number types: the values are min..max. */
  readonly min?: bigint;
  readonly max?: bigint;
  /** One element from its bits, unsigned. NaN and infinities stay what they are: who computes with them refuses them. */
  decode(bits: number): number;
}

const whole = (code: number, name: string, bits: number, signed: boolean): ElementType => ({
  code,
  name,
  bits,
  min: signed ? -(1n << BigInt(bits - 1)) : 0n,
  max: (1n << BigInt(signed ? bits - 1 : bits)) - 1n,
  decode: (v) => (signed && v >= 2 ** (bits - 1) ? v - 2 ** bits : v),
});

/** A float of `exponentBits` and `fractionBits` behind a sign; `special` says which bit patterns are no numbers. */
const float = (
  code: number,
  format: FloatFormat,
  exponentBits: number,
  special: (exponent: number, fraction: number, sign: number) => number | undefined,
): ElementType => {
  const fractionBits = format.precision - 1;
  const bits = 1 + exponentBits + fractionBits;
  return {
    code,
    name: format.name,
    bits,
    format,
    decode: (v) => {
      const fraction = v % 2 ** fractionBits;
      const exponent = Math.floor(v / 2 ** fractionBits) % 2 ** exponentBits;
      const sign = v >= 2 ** (bits - 1) ? -1 : 1;
      const odd = special(exponent, fraction, sign);
      if (odd !== undefined) return odd;
      const significand = exponent === 0 ? fraction : fraction + 2 ** fractionBits;
      return sign * significand * 2 ** (format.minUnit + Math.max(exponent - 1, 0));
    },
  };
};

/** The top exponent holds the infinities and NaN. */
const ieee =
  (top: number) =>
  (exponent: number, fraction: number, sign: number): number | undefined =>
    exponent !== top ? undefined : fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
/** The "unsigned zero" types have one NaN, in the place of -0. */
const unsignedZero = (exponent: number, fraction: number, sign: number): number | undefined =>
  exponent === 0 && fraction === 0 && sign < 0 ? Number.NaN : undefined;

const machine = (code: number, format: FloatFormat, bits: number): ElementType => ({
  code,
  name: format.name,
  bits,
  format,
  decode: () => Number.NaN, // read through a DataView instead
});

export const FLOAT = machine(1, FLOAT32, 32);
export const UINT8 = whole(2, 'uint8', 8, false);
export const INT8 = whole(3, 'int8', 8, true);
export const INT32 = whole(6, 'int32', 32, true);
export const INT64 = whole(7, 'int64', 64, true);
export const BOOL: ElementType = { code: 9, name: 'bool', bits: 8, min: 0n, max: 1n, decode: (v) => (v === 0 ? 0 : 1) };
export const DOUBLE = machine(11, FLOAT64, 64);

const TYPES = new Map<number, ElementType>(
  [
    FLOAT,
    UINT8,
    INT8,
    whole(4, 'uint16', 16, false),
    whole(5, 'int16', 16, true),
    INT32,
    INT64,
    BOOL,
    float(10, FLOAT16, 5, ieee(31)),
    DOUBLE,
    whole(12, 'uint32', 32, false),
    whole(13, 'uint64', 64, false),
    float(16, BFLOAT16, 8, ieee(255)),
    float(17, FLOAT8E4M3FN, 4, (e, f) => (e === 15 && f === 7 ? Number.NaN : undefined)),
    float(18, FLOAT8E4M3FNUZ, 4, unsignedZero),
    float(19, FLOAT8E5M2, 5, ieee(31)),
    float(20, FLOAT8E5M2FNUZ, 5, unsignedZero),
    whole(21, 'uint4', 4, false),
    whole(22, 'int4', 4, true),
    float(23, FLOAT4E2M1, 2, () => undefined),
    whole(25, 'uint2', 2, false),
    whole(26, 'int2', 2, true),
  ].map((t) => [t.code, t]),
);

/** The type with this code; undefined for strings, complex numbers and codes that this library does not know. */
export function elementType(code: number): ElementType | undefined {
  return TYPES.get(code);
}

/** `count` elements that lie little-endian in `bytes`, which is exactly as long as they need. */
export function decodeElements(type: ElementType, bytes: Uint8Array, count: number): Float64Array | Scalar[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { bits } = type;
  if (bits === 64 && type.format === undefined) {
    const read = type.min === 0n ? view.getBigUint64.bind(view) : view.getBigInt64.bind(view);
    return Array.from({ length: count }, (_, i) => wholeScalar(read(8 * i, true)));
  }
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (type === FLOAT) out[i] = view.getFloat32(4 * i, true);
    else if (bits === 64) out[i] = view.getFloat64(8 * i, true);
    else if (bits === 32) out[i] = type.decode(view.getUint32(4 * i, true));
    else if (bits === 16) out[i] = type.decode(view.getUint16(2 * i, true));
    else {
      const perByte = 8 / bits;
      const byte = bytes[Math.floor(i / perByte)] as number;
      out[i] = type.decode((byte >> ((i % perByte) * bits)) & ((1 << bits) - 1));
    }
  }
  return out;
}

export function wholeScalar(v: number | bigint): Scalar {
  return Number.isSafeInteger(Number(v)) ? Number(v) : Dyadic.of(BigInt(v));
}
