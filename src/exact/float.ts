/**
 * Binary floating-point formats as sets of dyadics: which values each holds, and the nearest of them (ties to even).
 * Infinities, NaN and the sign of zero are not values here.
 */
import { Dyadic } from './dyadic.ts';

export interface FloatFormat {
  readonly name: string;
  /** Digits of a significand, the leading one included. */
  readonly precision: number;
  /** Exponent of the smallest positive value. */
  readonly minUnit: number;
  /** The largest finite value. */
  readonly max: Dyadic;
}

const format = (name: string, precision: number, minUnit: number, m: bigint, e: number): FloatFormat =>
  Object.freeze({ name, precision, minUnit, max: Dyadic.of(m, e) });

export const FLOAT64 = format('float64', 53, -1074, (1n << 53n) - 1n, 971);
export const FLOAT32 = format('float32', 24, -149, (1n << 24n) - 1n, 104);
export const FLOAT16 = format('float16', 11, -24, (1n << 11n) - 1n, 5);
export const BFLOAT16 = format('bfloat16', 8, -133, (1n << 8n) - 1n, 120);
export const FLOAT8E4M3FN = format('float8e4m3fn', 4, -9, 7n, 6);
export const FLOAT8E4M3FNUZ = format('float8e4m3fnuz', 4, -10, 15n, 4);
export const FLOAT8E5M2 = format('float8e5m2', 3, -16, 7n, 13);
export const FLOAT8E5M2FNUZ = format('float8e5m2fnuz', 3, -17, 7n, 13);
export const FLOAT4E2M1 = format('float4e2m1', 2, -1, 3n, 1);

/** The value of the format nearest to x, ties to the even significand; undefined where that is beyond the largest one. */
export function roundToFormat(x: Dyadic, { precision, minUnit, max }: FloatFormat): Dyadic | undefined {
  if (x.isZero) return x;
  const unit = Math.max(x.exponent - (precision - 1), minUnit);
  const y = x.roundTo(-unit);
  return y.abs().gt(max) ? undefined : y;
}

/** Whether x is a value of the format. */
export function fitsFormat(x: Dyadic, format: FloatFormat): boolean {
  return roundToFormat(x, format)?.eq(x) ?? false;
}
