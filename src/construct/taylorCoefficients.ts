/**
 * beta_{m,n}: the Taylor coefficients D^n f / n! at the grid points m/N, divided by 2^scale and rounded to multiples of 2^-t_|n|
 * [DLS18, eq. 17], as whole numbers k with |k| <= 2^t. They come from enclosures, so the rounding error is proved.
 */
import { Dyadic, Interval, quotient, refuse, type Target } from '../exact/index.ts';
import { derivativesOf } from './smoothness.ts';
import { cellsOf, factorial, type MultiIndex, orderOf, type TaylorShape } from './taylorShape.ts';

/** Cells are numbered with m_1 running fastest: index = m_1 + (N+1) m_2 + ... */
export interface TaylorCoefficients {
  readonly shape: TaylorShape;
  /** mantissas[term][cell]: beta = k 2^-digits[order]. */
  readonly mantissas: readonly (readonly bigint[])[];
}

/** D^n f at a point, as a user writes it; float64 values are taken as exact. */
export type DerivativeCallback = (index: MultiIndex, x: readonly number[]) => number;

/** Most cells for which coefficients are computed. */
export const MAX_CELLS = 1 << 24;

export function cellPoint({ d, q }: TaylorShape, cell: number): number[] {
  const side = 2 ** q + 1;
  let rest = cell;
  return Array.from({ length: d }, () => {
    const m = rest % side;
    rest = (rest - m) / side;
    return m;
  });
}

/** Throws InputError where f has no derivatives at a grid point, or where one exceeds the class after scaling. */
export function taylorCoefficients(
  target: Target,
  shape: TaylorShape,
  derivatives?: DerivativeCallback,
): TaylorCoefficients {
  const { q, terms, digits, scaleLog2 } = shape;
  const cells = cellsOf(shape);
  if (cells > MAX_CELLS) refuse('taylor', `at most ${MAX_CELLS} cells to build (plan mode has no limit)`, cells);
  const mantissas = terms.map(() => new Array<bigint>(cells));
  const keys = terms.map((n) => n.join(','));
  const precise = (digits[0] as number) + 20;
  for (let cell = 0; cell < cells; cell++) {
    const point = cellPoint(shape, cell).map((m) => Dyadic.of(BigInt(m), -q));
    const enclose = derivatives
      ? byCallback(derivatives, terms, point)
      : (precision: number) =>
          derivativesOf(
            target,
            point.map((x) => Interval.of(x)),
            shape.n - 1,
            precision,
          );
    for (let precision = precise; ; precision *= 2) {
      const all = enclose(precision);
      if (!all)
        refuse('taylor', `a function with derivatives up to order ${shape.n - 1} at ${point.join(', ')}`, target.text);
      let open = false;
      terms.forEach((n, k) => {
        const t = digits[orderOf(n)] as number;
        const value = roundedTo((all.get(keys[k] as string) as Interval).scale(-scaleLog2), t);
        if (value === undefined) open = true;
        else (mantissas[k] as bigint[])[cell] = value;
      });
      if (!open) break;
      if (precision > 16 * precise)
        refuse('taylor', `derivatives enclosed to ${precise} bits at ${point.join(', ')}`, target.text);
    }
    terms.forEach((n, k) => {
      const t = BigInt(digits[orderOf(n)] as number);
      const v = (mantissas[k] as bigint[])[cell] as bigint;
      if ((v < 0n ? -v : v) > 1n << t) {
        refuse('taylor', `derivatives of at most 2^${scaleLog2}`, `D^(${n}) f / n! beyond it at ${point.join(', ')}`);
      }
    });
  }
  return Object.freeze({ shape, mantissas: mantissas.map((list) => Object.freeze(list)) });
}

/** The multiple of 2^-t within (1/2 + 1/64) 2^-t of every number of the interval, or undefined where it is too wide. */
function roundedTo(value: Interval, t: number): bigint | undefined {
  const k = value.mid.roundTo(t, 'nearest');
  const most = Dyadic.of(33n, -6 - t);
  return value.hi.sub(k).abs().le(most) && value.lo.sub(k).abs().le(most) ? k.mantissaAt(t) : undefined;
}

function byCallback(
  derivatives: DerivativeCallback,
  terms: readonly MultiIndex[],
  point: readonly Dyadic[],
): (precision: number) => ReadonlyMap<string, Interval> {
  const x = point.map((v) => v.toNumber());
  return (precision) =>
    new Map(
      terms.map((n) => {
        const value = derivatives(n, x);
        if (typeof value !== 'number' || !Number.isFinite(value)) {
          refuse(`derivative (${n}) at ${x.join(', ')}`, 'a finite number', value);
        }
        return [n.join(','), over(Dyadic.from(value), factorial(n), precision)];
      }),
    );
}

function over(x: Dyadic, n: bigint, precision: number): Interval {
  return quotient(Interval.of(x), Interval.of(n), precision) as Interval;
}
