/**
 * The digits of Theorem 1's coefficients as the signs of letters: beta = 2 sum_j 2^-place(j) b_j - 1 with b_j in {0,1}, places
 * 1, 2, ..., t+1 and t+1 again. Stored as one byte a digit and cell, in the order in which the selectors of a parity come.
 */

import type { TaylorCoefficients } from './taylorCoefficients.ts';
import { cellPoint } from './taylorCoefficients.ts';
import { termSign } from './taylorFormula.ts';
import { parities, parityIndex } from './taylorFront.ts';
import { cellsOf, orderOf } from './taylorShape.ts';
import type { DigitLetter } from './taylorShared.ts';

/** The letters +-1/2 that make the shared network realise these coefficients. */
export function digitLetters({ shape, mantissas }: TaylorCoefficients): DigitLetter {
  const { d, q, digits, terms } = shape;
  const all = parities(d);
  const counts = [2 ** (q - 1) + 1, 2 ** (q - 1)];
  const sizes = all.map((p) => p.reduce((n, v) => n * (counts[v] as number), 1));
  // planes[term][digit][parity][cell]
  const planes = terms.map((n) =>
    Array.from({ length: (digits[orderOf(n)] as number) + 2 }, () => sizes.map((size) => new Uint8Array(size))),
  );
  const cells = cellsOf(shape);
  for (let cell = 0; cell < cells; cell++) {
    const m = cellPoint(shape, cell);
    const p = m.map((v) => v & 1);
    const parity = parityIndex(p);
    let own = 0;
    for (let k = d - 1; k >= 0; k--) own = own * (counts[p[k] as number] as number) + ((m[k] as number) >> 1);
    terms.forEach((n, term) => {
      const t = digits[orderOf(n)] as number;
      const k = (mantissas[term] as readonly bigint[])[cell] as bigint;
      // (beta + 1) 2^t in 0..2^(t+1): the extra digit takes what t+1 binary digits cannot say.
      let rest = (termSign(n, m) === 1 ? k : -k) + (1n << BigInt(t));
      const plane = planes[term] as Uint8Array[][];
      if (rest === 1n << BigInt(t + 1)) {
        ((plane[t + 1] as Uint8Array[])[parity] as Uint8Array)[own] = 1;
        rest -= 1n;
      }
      for (let j = t; j >= 0; j--) {
        ((plane[j] as Uint8Array[])[parity] as Uint8Array)[own] = Number(rest & 1n);
        rest >>= 1n;
      }
    });
  }
  return (term, digit, p, cell) =>
    (((planes[term] as Uint8Array[][])[digit] as Uint8Array[])[parityIndex(p)] as Uint8Array)[cell] === 1 ? 0.5 : -0.5;
}
