/** Networks at points that are not dyadic, such as the kinks of a piecewise-linear function. */
import { Dyadic, gcd, Rational, refuse } from '../exact/index.ts';
import type { Network } from './network.ts';

/** The realisation at a point with rational coordinates, exactly. Throws InputError where the count is wrong. */
export function evaluateRational(network: Network, x: readonly Rational[]): Rational[] {
  if (x.length !== network.inputs) refuse('evaluateRational', `${network.inputs} inputs`, `${x.length}`);
  const d = x.reduce((m, v) => (m / gcd(m, v.d)) * v.d, 1n);
  const { values, scale } = network.run(
    x.map((v) => v.n * (d / v.d)),
    d,
    0,
  );
  return values.map((v) => Rational.fromDyadic(Dyadic.of(v, -scale)).div(Rational.of(d)));
}
