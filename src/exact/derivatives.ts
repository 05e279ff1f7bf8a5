/**
 * Taylor coefficients g, g', g''/2!, ..., g^(order)/order! of the elementary functions over a span: the value from the
 * function itself, the rest from its differential equation in interval arithmetic.
 */

import * as elementary from './elementary.ts';
import type { Coefficient } from './jet.ts';
import {
  abs,
  add,
  div,
  exactly,
  holdsZero,
  isZero,
  mul,
  neg,
  ONE,
  power,
  root,
  type Span,
  scaleBy,
  shiftBy,
  sqrt,
  square,
  sub,
  UNDEFINED,
  UNIT,
  ZERO,
} from './span.ts';
import { erf, erfc } from './special.ts';
import { acos, asin, atan, sinCos, tan } from './trigonometric.ts';

type Coefficients = Coefficient[];
type Expansion = (x: Span, order: number, p: number) => Coefficients;

const times = (x: Span, n: number, d: number, p: number): Span => scaleBy(x, BigInt(n), BigInt(d), p);

/** [y, w_0, w_1/2, w_2/3, ...]: y from its derivative's coefficients w. */
function integral(y: Span, order: number, p: number, derivative: () => Span[]): Coefficients {
  return order === 0 ? [y] : [y, ...derivative().map((w, k) => (k === 0 ? w : times(w, 1, k + 1, p)))];
}

/** The coefficients of y with y' = c + s y^2, c given, s = 1 or -1. */
function riccati(y: Span, c: Span, s: 1 | -1, order: number, p: number): Span[] {
  const out = [y];
  for (let k = 0; k < order; k++) {
    let sum: Span = k === 0 ? c : ZERO;
    for (let i = 0; 2 * i <= k; i++) {
      const a = out[i] as Span;
      const product = 2 * i === k ? square(a, p) : shiftBy(mul(a, out[k - i] as Span, p), 1);
      sum = s > 0 ? add(sum, product, p) : sub(sum, product, p);
    }
    out.push(k === 0 ? sum : times(sum, 1, k + 1, p));
  }
  return out;
}

/** w' = s u w / v with v = a + b u^2: (k+1) v w_{k+1} = s ((2k+1) u w_k + k w_{k-1}), where b = -s. */
function arcDerivative(u: Span, v: Span, w: Span, s: 1 | -1, order: number, p: number): Span[] {
  const out = [w];
  for (let k = 0; k + 1 < order; k++) {
    let sum = times(mul(u, out[k] as Span, p), 2 * k + 1, 1, p);
    if (k > 0) sum = add(sum, times(out[k - 1] as Span, k, 1, p), p);
    sum = times(div(sum, v, p), 1, k + 1, p);
    out.push(s > 0 ? sum : neg(sum));
  }
  return out;
}

/** The coefficients of 1 / (v + 2 s u h + s h^2), v = 1 + s u^2. */
function reciprocalSquare(u: Span, s: 1 | -1, order: number, p: number): Span[] {
  const uu = square(u, p);
  const v = s > 0 ? add(ONE, uu, p) : sub(ONE, uu, p);
  if (v.lo <= 0n) throw UNDEFINED;
  const out = [div(ONE, v, p)];
  for (let k = 1; k < order; k++) {
    let sum = shiftBy(mul(u, out[k - 1] as Span, p), 1);
    if (k > 1) sum = add(sum, out[k - 2] as Span, p);
    sum = div(sum, v, p);
    out.push(s > 0 ? neg(sum) : sum);
  }
  return out;
}

/** s 2/sqrt(pi) e^(-u^2), s = 1 or -1, and its coefficients: w' = -2 u w. */
function gauss(u: Span, s: 1 | -1, order: number, p: number): Span[] {
  const q = p + 4;
  const w = div(shiftBy(elementary.exp(neg(square(u, q)), q), 1), sqrt(elementary.pi(q), q), p);
  const out = [s > 0 ? w : neg(w)];
  for (let k = 0; k + 1 < order; k++) {
    let sum = mul(u, out[k] as Span, p);
    if (k > 0) sum = add(sum, out[k - 1] as Span, p);
    out.push(times(sum, -2, k + 1, p));
  }
  return out;
}

/** Four functions that follow each other under differentiation (two of them for sinh and cosh), over k!. */
function cycle(functions: readonly Span[], order: number, p: number): Coefficients {
  const out: Coefficients = [];
  let factorial = 1n;
  for (let k = 0; k <= order; k++) {
    if (k > 1) factorial *= BigInt(k);
    const f = functions[k % functions.length] as Span;
    out.push(k < 2 ? f : scaleBy(f, 1n, factorial, p));
  }
  return out;
}

/** ln(shift + u) / base and its coefficients (-1)^(k-1) / (k (shift+u)^k base). */
function logarithm(value: Span, argument: Span, base: Span | undefined, order: number, p: number): Coefficients {
  const out: Coefficients = [value];
  if (order === 0) return out;
  const r = div(ONE, argument, p);
  for (let k = 1; k <= order; k++) {
    const c = times(power(r, k, p), k % 2 === 1 ? 1 : -1, k, p);
    out.push(base ? div(c, base, p) : c);
  }
  return out;
}

/** 1 / (1 + e^-u): y' = y (1 - y) = 1/4 - (y - 1/2)^2. */
function logistic(u: Span, order: number, p: number): Span[] {
  const y = elementary.sigmoid(u, p);
  return [y, ...riccati(sub(y, exactly(1n, -1), p), exactly(1n, -2), -1, order, p).slice(1)];
}

/** sinh, cosh at once. */
const hyperbolic = (u: Span, p: number): [Span, Span] => [elementary.sinh(u, p), elementary.cosh(u, p)];

export const EXPANSIONS = {
  exp: (u, order, p) => {
    const y = elementary.exp(u, p);
    return cycle([y], order, p);
  },
  expm1: (u, order, p) => {
    const y = elementary.expm1(u, p);
    return order === 0 ? [y] : [y, ...cycle([elementary.exp(u, p)], order, p).slice(1)];
  },
  log: (u, order, p) => logarithm(elementary.log(u, p), u, undefined, order, p),
  log1p: (u, order, p) => logarithm(elementary.log1p(u, p), add(ONE, u, p), undefined, order, p),
  log2: (u, order, p) => logarithm(elementary.log2(u, p), u, order > 0 ? elementary.ln2(p) : undefined, order, p),
  log10: (u, order, p) =>
    logarithm(elementary.log10(u, p), u, order > 0 ? elementary.log(exactly(10n), p) : undefined, order, p),
  sin: (u, order, p) => {
    const { sin, cos } = sinCos(u, p);
    return cycle([sin, cos, neg(sin), neg(cos)], order, p);
  },
  cos: (u, order, p) => {
    const { sin, cos } = sinCos(u, p);
    return cycle([cos, neg(sin), neg(cos), sin], order, p);
  },
  tan: (u, order, p) => riccati(tan(u, p), ONE, 1, order, p),
  asin: (u, order, p) => integral(asin(u, p), order, p, () => arcSineDerivative(u, order, p)),
  acos: (u, order, p) => integral(acos(u, p), order, p, () => arcSineDerivative(u, order, p).map(neg)),
  atan: (u, order, p) => integral(atan(u, p), order, p, () => reciprocalSquare(u, 1, order, p)),
  sinh: (u, order, p) => (order === 0 ? [elementary.sinh(u, p)] : cycle(hyperbolic(u, p), order, p)),
  cosh: (u, order, p) => (order === 0 ? [elementary.cosh(u, p)] : cycle(hyperbolic(u, p).reverse(), order, p)),
  tanh: (u, order, p) => riccati(elementary.tanh(u, p), ONE, -1, order, p),
  asinh: (u, order, p) =>
    integral(elementary.asinh(u, p), order, p, () => {
      const v = add(ONE, square(u, p), p);
      return arcDerivative(u, v, div(ONE, sqrt(v, p), p), -1, order, p);
    }),
  acosh: (u, order, p) =>
    integral(elementary.acosh(u, p), order, p, () => {
      const v = mul(sub(u, ONE, p), add(u, ONE, p), p);
      return arcDerivative(u, v, div(ONE, sqrt(v, p), p), -1, order, p);
    }),
  atanh: (u, order, p) => integral(elementary.atanh(u, p), order, p, () => reciprocalSquare(u, -1, order, p)),
  erf: (u, order, p) => integral(erf(u, p), order, p, () => gauss(u, 1, order, p)),
  erfc: (u, order, p) => integral(erfc(u, p), order, p, () => gauss(u, -1, order, p)),
  sigmoid: logistic,
  softplus: (u, order, p) => integral(elementary.softplus(u, p), order, p, () => logistic(u, order - 1, p)),
} as const satisfies Record<string, Expansion>;

/** 1/sqrt(1 - u^2) and its coefficients. */
function arcSineDerivative(u: Span, order: number, p: number): Span[] {
  const v = mul(sub(ONE, u, p), add(ONE, u, p), p);
  return arcDerivative(u, v, div(ONE, sqrt(v, p), p), 1, order, p);
}

/** Functions with a Taylor expansion of their own. */
export type FunctionName = keyof typeof EXPANSIONS;

/**
 * u^(n/d), d > 0, in lowest terms, and its coefficients binomial(n/d, k) u^(n/d - k). For d > 1 defined for u >= 0; with `odd`
 * (d odd) for all u. All from s = u^(1/d), of which only whole powers are taken.
 */
export function powerExpansion(u: Span, n: number, d: number, odd: boolean, order: number, p: number): Coefficients {
  const q = p + 8;
  const s = d === 1 ? u : odd ? elementary.oddRoot(u, d, q) : root(u, d, q);
  const out: Coefficients = [];
  let above = 1n; // the binomial coefficient is above / below
  let below = 1n;
  for (let k = 0; k <= order; k++) {
    if (k > 0) {
      above *= BigInt(n - (k - 1) * d);
      below *= BigInt(k * d);
    }
    const m = n - k * d;
    if (above === 0n) out.push(null);
    else if (m >= 0) out.push(scaleBy(power(s, m, q), above, below, p));
    else {
      if (holdsZero(s)) throw UNDEFINED;
      out.push(scaleBy(div(ONE, power(s, -m, q), q), above, below, p));
    }
  }
  return out;
}

/**
 * |u|: at a kink the value and, for order 1, the generalised derivative [-1, 1]; nothing beyond. A span that ends at 0 has the
 * derivative of its one side; the single point 0 belongs to both.
 */
export function absExpansion(u: Span, order: number): Coefficients {
  if (isZero(u)) return piecewiseLinear(ZERO, UNIT, order);
  if (u.lo >= 0n) return piecewiseLinear(u, ONE, order);
  if (u.hi <= 0n) return piecewiseLinear(neg(u), neg(ONE), order);
  return piecewiseLinear(abs(u), UNIT, order);
}

/** max(0, u), likewise with the slope [0, 1] at its kink. */
export function reluExpansion(u: Span, order: number): Coefficients {
  if (isZero(u)) return piecewiseLinear(ZERO, STEP, order);
  if (u.lo >= 0n) return piecewiseLinear(u, ONE, order);
  if (u.hi <= 0n) return piecewiseLinear(ZERO, ZERO, order);
  return piecewiseLinear({ lo: 0n, hi: u.hi, e: u.e }, STEP, order);
}

/** [0, 1]. */
const STEP: Span = { lo: 0n, hi: 1n, e: 0 };

function piecewiseLinear(value: Span, slope: Span, order: number): Coefficients {
  if (order >= 2 && slope.lo !== slope.hi) throw UNDEFINED;
  const out: Coefficients = [value];
  for (let k = 1; k <= order; k++) out.push(k === 1 && !isZero(slope) ? slope : null);
  return out;
}

/** floor, ceil and sign: a step function, whose derivatives are 0 where it is constant and unknown elsewhere. */
export function stepExpansion(value: Span, order: number): Coefficients {
  if (order > 0 && value.lo !== value.hi) throw UNDEFINED;
  return [value, ...new Array<Coefficient>(order).fill(null)];
}
