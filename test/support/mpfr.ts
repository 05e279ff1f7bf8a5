/** GNU MPFR (through gmp-wasm, a test-only dependency): the judge of our elementary functions, with directed rounding. */
import { type GMPFunctions, init } from 'gmp-wasm';
import { bitLength, Dyadic } from '../../src/exact/index.ts';

const { binding } = await init();
type Pointer = ReturnType<GMPFunctions['mpfr_t']>;
type Rounding = Parameters<GMPFunctions['mpfr_sin']>[2];
type Int = Parameters<GMPFunctions['mpfr_init2']>[1];

const DOWN = 3 as unknown as Rounding;
const UP = 2 as unknown as Rounding;
const z = binding.mpz_t();
binding.mpz_init(z);

/** MPFR's name of a function of one argument, such as `sin` or `log1p`. */
export type Unary =
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'log2'
  | 'log10'
  | 'sqrt'
  | 'cbrt'
  | 'erf'
  | 'erfc';

function load(x: Dyadic): Pointer {
  const at = binding.mpfr_t();
  binding.mpfr_init2(at, Math.max(2, bitLength(x.m)) as unknown as Int);
  binding.mpz_set_string(z, x.m.toString(16), 16);
  binding.mpfr_set_z_2exp(at, z, x.e as never, DOWN);
  return at;
}

function drop(...pointers: Pointer[]): void {
  for (const at of pointers) {
    binding.mpfr_clear(at);
    binding.mpfr_t_free(at);
  }
}

/** The Dyadic that MPFR holds; undefined for NaN and infinities. */
function read(at: Pointer): Dyadic | undefined {
  if ((binding.mpfr_number_p(at) as unknown as number) === 0) return undefined;
  if ((binding.mpfr_zero_p(at) as unknown as number) !== 0) return Dyadic.ZERO;
  const e = binding.mpfr_get_z_2exp(z, at) as unknown as number;
  const text = binding.mpz_to_string(z, 16);
  const m = text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
  return Dyadic.of(m, e);
}

export interface Bounds {
  readonly lo: Dyadic;
  readonly hi: Dyadic;
}

/** f evaluated with `bits` digits rounded down and rounded up; undefined where the value is no finite real. */
function both(bits: number, f: (out: Pointer, rounding: Rounding) => void): Bounds | undefined {
  const out = binding.mpfr_t();
  binding.mpfr_init2(out, bits as unknown as Int);
  f(out, DOWN);
  const lo = read(out);
  f(out, UP);
  const hi = read(out);
  drop(out);
  return lo && hi ? { lo, hi } : undefined;
}

/** A function of one argument at x, enclosed by two neighbours of `bits` digits. */
export function mpfr(name: Unary, x: Dyadic, bits: number): Bounds | undefined {
  const at = load(x);
  const result = both(bits, (out, rounding) => {
    binding[`mpfr_${name}`](out, at, rounding);
  });
  drop(at);
  return result;
}

/** `pow` is x^y; `atan2` the angle of the point (y, x) = (second, first coordinate). */
export function mpfr2(name: 'pow' | 'atan2', a: Dyadic, b: Dyadic, bits: number): Bounds | undefined {
  const x = load(a);
  const y = load(b);
  const result = both(bits, (out, rounding) => {
    binding[`mpfr_${name}`](out, x, y, rounding);
  });
  drop(x, y);
  return result;
}

/** The k-th root. */
export function mpfrRoot(x: Dyadic, k: number, bits: number): Bounds | undefined {
  const at = load(x);
  const result = both(bits, (out, rounding) => {
    binding.mpfr_rootn_ui(out, at, k as never, rounding);
  });
  drop(at);
  return result;
}

export function mpfrConstant(name: 'pi' | 'log2', bits: number): Bounds {
  return both(bits, (out, rounding) => {
    binding[`mpfr_const_${name}`](out, rounding);
  }) as Bounds;
}
