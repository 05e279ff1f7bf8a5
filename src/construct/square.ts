/**
 * D1: the square on [0,1] from the weights -1/2 and 1/2 alone [DLS18, Prop. 1].
 *
 *   map      f_r(x), the interpolant of x^2 at k/2^r, k = 0..2^r; f_r(0) = 0
 *   domain   [0,1]
 *   error    sup |f_r(x) - x^2| = 2^(-2(r+1)), attained half-way between the nodes
 *   depth    2r + 1      width 10      M = 28r + 2      (r = 1: width 4, M = 21)
 *
 * The paper's layout, which scales up and then down again, has depth 3r + 2 and M = 314r - 200 (see squares.ts).
 */
import { Dyadic, wholeNumber } from '../exact/index.ts';
import { type Alphabet, HALVES } from './alphabet.ts';
import { Blueprint } from './blueprint.ts';
import { draw } from './draft.ts';
import { type Construction, type ConstructionReport, countsOf, freezeReport } from './report.ts';
import { type Argument, drawSquares } from './squares.ts';

/** Most levels r: an error of 2^-8194. */
export const MAX_LEVELS = 4096;

/** The network f_r and its report. Throws InputError where r is not a whole number in 1..MAX_LEVELS. */
export function square(r: number, alphabet: Alphabet = HALVES): Construction {
  const b = drawSquare(r, alphabet);
  return Object.freeze({ network: b.build(), report: report(b, r) });
}

/** The report of {@link square} without the network. */
export function planSquare(r: number, alphabet: Alphabet = HALVES): ConstructionReport {
  return report(drawSquare(r, alphabet), r);
}

/** sup over [0,1] of |f_r(x) - x^2|. */
export function squareError(r: number): Dyadic {
  return Dyadic.pow2(-2 * (r + 1));
}

function drawSquare(r: number, alphabet: Alphabet): Blueprint {
  wholeNumber('square: levels r', r, 1, MAX_LEVELS);
  const b = new Blueprint(1, alphabet);
  const first = (): readonly Argument[] => {
    const half = b.group('square', 1, (row) => row.add(b.input, 0, 0.5));
    return [{ form: (row, i, c) => row.add(half, i, 2 * c), wide: true }];
  };
  draw(b, drawSquares(b, 'square', 1, r, first, [{ start: [1], sign: [-1] }], [[1]]));
  return b;
}

function report(b: Blueprint, r: number): ConstructionReport {
  const plan = b.plan();
  return freezeReport({
    statement: '[DLS18, Prop. 1]',
    lambda: 2,
    quantisation: 'lambda',
    alphabet: b.alphabet.letters,
    parameters: { r },
    counts: countsOf(plan, 2),
    paper: {
      depth: { formula: 'O(r)' },
      width: { formula: 'O(1)' },
      connectivity: { formula: 'O(r)' },
      bits: { formula: 'O(r)' },
    },
    bound: squareError(r),
    blocks: plan.blocks,
    notes: [],
    restsOn: [],
  });
}
