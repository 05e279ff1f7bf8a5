/** Piecewise-linear interpolants built by hand, one hidden unit a knot. */
import { Dyadic } from '../../src/exact/index.ts';
import { LayerBuilder, Network, type Term } from '../../src/net/index.ts';

/**
 * The depth-2 network with knots lo + i (hi-lo)/pieces whose values there are f's, rounded to multiples of 2^-bits.
 * lo, hi and their difference over `pieces` must be dyadic.
 */
export function interpolant(f: (x: number) => number, pieces: number, bits: number, lo = 0, hi = 1): Network {
  const step = (hi - lo) / pieces;
  const value = (i: number): Dyadic => Dyadic.from(f(lo + i * step)).roundTo(bits);
  const inverse = Dyadic.from(1 / step);
  const first = new LayerBuilder(1);
  const terms: Term[] = [];
  let before = Dyadic.ZERO;
  for (let i = 0; i < pieces; i++) {
    first.unit(-(lo + i * step), [0, 1]);
    const slope = value(i + 1)
      .sub(value(i))
      .mul(inverse);
    terms.push([i, slope.sub(before)]);
    before = slope;
  }
  const last = new LayerBuilder(pieces);
  last.row(value(0), terms);
  return new Network([first.build(), last.build()]);
}
