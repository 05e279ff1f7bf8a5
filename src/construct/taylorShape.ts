/**
 * The numbers behind Theorem 1 [DLS18]: grid N, product levels r, digits t, and the error bound they prove.
 *
 * For f in F_{d,n} (all derivatives up to order n at most 1), N = 2^q, cells m in {0..N}^d:
 *
 *   f'(x) = sum_m sum_{|n|<n} beta_{m,n} x'(psi'_m(x), P'_{m,n}(x))
 *
 * psi'_m, P'_{m,n}: the products of the bumps h(3N x_k - 3m_k) and of the local coordinates, every product replaced by x' of
 * multiply.ts. Three errors, in exact arithmetic (`boundOf`), with rho = 2/(3N), the reach of a bump:
 *
 *   Taylor      (d rho)^n / n!                                 the bumps sum to 1: no factor 2^d (the paper has one, eq. 18)
 *   rounding    sum_k C(d+k-1, k) rho^k 2^-t_k (1/2 + 1/64)    beta of order k lies on 2^-t_k (1/64: derivatives are enclosed)
 *   products    2^d sum_n (1/n! + 2^-t) (d+|n|-1) 4^-r         at most 2^d cells reach a point; x' is off by at most 4^-r
 */
import { ceilDivide, Dyadic, Rational, refuse, wholeNumber } from '../exact/index.ts';

/** A multi-index (n_1, ..., n_d). */
export type MultiIndex = readonly number[];

export interface TaylorShape {
  readonly d: number;
  readonly n: number;
  /** N = 2^q. */
  readonly q: number;
  /** Levels of every product. */
  readonly r: number;
  /** beta of order k is a multiple of 2^-digits[k], k = 0..n-1. */
  readonly digits: readonly number[];
  /** |n| < n, by order, then by n_1, n_2, ... descending. */
  readonly terms: readonly MultiIndex[];
  /** The network approximates f; f / 2^scaleLog2 is in F_{d,n}. */
  readonly scaleLog2: number;
}

/** 'paper': N by eq. 28, r by eq. 26 (mended), t by the text. 'sharp': the smallest N, r, t that `boundOf` proves enough. */
export type Constants = 'paper' | 'sharp';

export const MAX_DIMENSION = 6;
export const MAX_SMOOTHNESS = 16;
/** Largest q and r: grids of 2^40 points a side are planned, never built. */
const MAX_GRID = 40;

export const orderOf = (n: MultiIndex): number => n.reduce((s, v) => s + v, 0);

/** n! = n_1! ... n_d!. */
export function factorial(n: MultiIndex): bigint {
  let out = 1n;
  for (const v of n) for (let k = 2; k <= v; k++) out *= BigInt(k);
  return out;
}

export function multiIndices(d: number, below: number): MultiIndex[] {
  const of = (length: number, order: number): number[][] =>
    length === 1
      ? [[order]]
      : Array.from({ length: order + 1 }, (_, k) => order - k).flatMap((first) =>
          of(length - 1, order - first).map((rest) => [first, ...rest]),
        );
  return Array.from({ length: below }, (_, order) => of(d, order)).flat();
}

/** Products in f'_{m,n}: d bumps and |n| coordinates make d + |n| - 1. */
export const productsOf = (n: MultiIndex): number => n.length + orderOf(n) - 1;

const power = (base: bigint, e: number): bigint => base ** BigInt(e);

/** 3 * 2^d (d/N)^n * 2^scale: the theorem's bound (eq. 27). */
export function theoremBound(shape: Pick<TaylorShape, 'd' | 'n' | 'q' | 'scaleLog2'>): Rational {
  const { d, n, q, scaleLog2 } = shape;
  const top = 3n * power(BigInt(d), n) * power(2n, d + scaleLog2);
  return Rational.of(top, power(2n, q * n));
}

/**
 * The bound proved for this shape: Taylor + rounding + products, times 2^scale, where the derivatives of f / 2^scale are at most
 * `derivative` (1 for the class).
 */
export function boundOf(shape: TaylorShape, derivative: Rational = ONE): Rational {
  const { taylor, rounding, products } = boundParts(shape, derivative);
  return taylor.add(rounding).add(products);
}

const ONE = Rational.of(1n);

export interface BoundParts {
  readonly taylor: Rational;
  readonly rounding: Rational;
  readonly products: Rational;
}

export function boundParts(shape: TaylorShape, derivative: Rational = ONE): BoundParts {
  const { d, n, q, r, digits, terms, scaleLog2 } = shape;
  const scale = Rational.fromDyadic(Dyadic.pow2(scaleLog2));
  const rho = Rational.of(2n, 3n * power(2n, q));
  const raise = (x: Rational, e: number): Rational => Rational.of(power(x.n, e), power(x.d, e));
  const slip = (order: number): Rational => Rational.of(33n, 64n * power(2n, digits[order] as number));
  const taylor = raise(rho.mul(Rational.of(BigInt(d))), n)
    .div(Rational.of(factorial([n])))
    .mul(derivative);
  let rounding = Rational.of(0n);
  let products = Rational.of(0n);
  for (const term of terms) {
    const k = orderOf(term);
    rounding = rounding.add(raise(rho, k).mul(slip(k)));
    const beta = derivative.div(Rational.of(factorial(term))).add(slip(k));
    products = products.add(beta.mul(Rational.of(BigInt(productsOf(term)))));
  }
  return {
    taylor: taylor.mul(scale),
    rounding: rounding.mul(scale),
    products: products.mul(Rational.of(power(2n, d), power(4n, r))).mul(scale),
  };
}

/** The least e with 2^e >= x > 0. */
function log2Up(x: Rational): number {
  const whole = ceilDivide(x.n, x.d);
  if (whole > 1n) return (whole - 1n).toString(2).length;
  let e = 0;
  while (power(2n, 1 - e) * x.n <= x.d) e--;
  return e;
}

export interface ShapeOptions {
  readonly d: number;
  readonly n: number;
  readonly scaleLog2: number;
  readonly constants: Constants;
  /** Bound of the derivatives of f / 2^scaleLog2: at most about 1; only 'sharp' makes use of less. */
  readonly derivative?: Rational;
  /** The error wanted, or the grid wanted: one of the two. */
  readonly epsilon?: Rational;
  readonly N?: number;
}

/** Chooses N, r and t. Throws InputError where d, n, epsilon or N is out of range. */
export function chooseShape(options: ShapeOptions): TaylorShape {
  const { constants, scaleLog2, epsilon, N } = options;
  const d = wholeNumber('taylor: dimension d', options.d, 1, MAX_DIMENSION);
  const n = wholeNumber('taylor: smoothness n', options.n, 1, MAX_SMOOTHNESS);
  if (constants !== 'paper' && constants !== 'sharp') refuse('taylor: constants', "'paper' or 'sharp'", constants);
  if ((epsilon === undefined) === (N === undefined))
    refuse('taylor', 'either epsilon or N', epsilon ? 'both' : 'neither');
  if (N !== undefined) {
    const q = wholeNumber('taylor: N', N, 2, 2 ** MAX_GRID) && Math.log2(N);
    if (!Number.isInteger(q)) refuse('taylor: N', 'a power of two (weights are dyadic)', N);
    return paperShape(d, n, q, scaleLog2);
  }
  const wanted = epsilon as Rational;
  if (wanted.sign <= 0) refuse('taylor: epsilon', 'an error above 0', String(wanted));
  for (let q = 1; q <= MAX_GRID; q++) {
    if (constants === 'paper') {
      if (theoremBound({ d, n, q, scaleLog2 }).compare(wanted) <= 0) return paperShape(d, n, q, scaleLog2);
    } else {
      const shape = sharpShape(d, n, q, scaleLog2, wanted, options.derivative ?? ONE);
      if (shape) return shape;
    }
  }
  return refuse('taylor: epsilon', `an error that a grid of 2^${MAX_GRID} points a side reaches`, String(wanted));
}

/**
 * r from eq. 26 with the number of terms that eq. 24 forgets for d = 1: 4^(r+1) >= 6 N^n (d+n-1) * (n if d = 1).
 * t_k from the text: beta of order k on the multiples of (1/n)(d/N)^(n-k), here on the next finer power of two.
 */
function paperShape(d: number, n: number, q: number, scaleLog2: number): TaylorShape {
  const inside = 6n * power(2n, q * n) * BigInt(d + n - 1) * (d === 1 ? BigInt(n) : 1n);
  const r = Math.max(1, Math.ceil(log2Up(Rational.of(inside)) / 2) - 1);
  // log2Up rounds up to a whole power of two; one level less may still do.
  const least = r > 1 && power(4n, r) >= inside ? r - 1 : r;
  const digits = Array.from({ length: n }, (_, k) =>
    Math.max(1, log2Up(Rational.of(BigInt(n) * power(2n, q * (n - k)), power(BigInt(d), n - k)))),
  );
  return freeze({ d, n, q, r: least, digits, terms: multiIndices(d, n), scaleLog2 });
}

/** The fewest digits and levels at this N: the slack that Taylor's error leaves goes half to rounding, half to products. */
function sharpShape(
  d: number,
  n: number,
  q: number,
  scaleLog2: number,
  epsilon: Rational,
  derivative: Rational,
): TaylorShape | undefined {
  const terms = multiIndices(d, n);
  const at = (r: number, extra: number): TaylorShape =>
    freeze({
      d,
      n,
      q,
      r,
      // rho^k 2^-t_k: each order may round q bits more coarsely than the one below.
      digits: Array.from({ length: n }, (_, k) => Math.max(1, extra - k * q)),
      terms,
      scaleLog2,
    });
  const slack = epsilon.sub(boundParts(at(1, 1), derivative).taylor);
  if (slack.sign <= 0) return undefined;
  const half = slack.mul(Rational.of(1n, 2n));
  let t = 1;
  while (boundParts(at(1, t), derivative).rounding.compare(half) > 0) t++;
  let r = 1;
  while (boundParts(at(r, t), derivative).products.compare(half) > 0) r++;
  return at(r, t);
}

function freeze(shape: TaylorShape): TaylorShape {
  Object.freeze(shape.digits);
  Object.freeze(shape.terms);
  return Object.freeze(shape);
}

/** Cells (N+1)^d; Infinity beyond 2^53. */
export function cellsOf({ d, q }: Pick<TaylorShape, 'd' | 'q'>): number {
  return (2 ** q + 1) ** d;
}
