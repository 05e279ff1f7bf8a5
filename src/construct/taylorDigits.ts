/**
 * The coefficients of Theorem 1 as letters: beta = 2 sum_j 2^-place(j) b_j - 1 with b_j in {0,1}, places 1, 2, ..., t+1 and t+1
 * again, in chunks of as many bits as a letter carries. One byte a chunk and cell, in the order of a parity's selectors.
 */
import { chunksOf, grayLevel, type Packing } from './packing.ts';
import { cellPoint, type TaylorCoefficients } from './taylorCoefficients.ts';
import { termSign } from './taylorFormula.ts';
import { parities, parityIndex } from './taylorFront.ts';
import type { ChunkLetter } from './taylorGates.ts';
import { cellsOf, orderOf } from './taylorShape.ts';

/** The letters that make the shared network realise these coefficients. */
export function chunkLetters({ shape, mantissas }: TaylorCoefficients, packing: Packing): ChunkLetter {
  const { d, q, digits, terms } = shape;
  const counts = [2 ** (q - 1) + 1, 2 ** (q - 1)];
  const sizes = parities(d).map((p) => p.reduce((n, v) => n * (counts[v] as number), 1));
  const chunks = terms.map((n) => chunksOf(digits[orderOf(n)] as number, packing.bits));
  // levels[term][chunk][parity][cell]
  const levels = chunks.map((list) => list.map(() => sizes.map((size) => new Uint8Array(size))));
  const planeOf = (term: number, chunk: number, parity: number): Uint8Array =>
    ((levels[term] as Uint8Array[][])[chunk] as Uint8Array[])[parity] as Uint8Array;
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
      // (beta + 1) 2^t in 0..2^(t+1): the extra bit takes what t+1 binary digits cannot say.
      const whole = (termSign(n, m) === 1 ? k : -k) + (1n << BigInt(t));
      const full = whole === 1n << BigInt(t + 1);
      let rest = ((full ? whole - 1n : whole) << 1n) + (full ? 1n : 0n);
      for (let c = (chunks[term] as number[][]).length - 1; c >= 0; c--) {
        const width = BigInt(((chunks[term] as number[][])[c] as number[]).length);
        const word = Number(rest & ((1n << width) - 1n));
        rest >>= width;
        planeOf(term, c, parity)[own] = grayLevel(word);
      }
    });
  }
  return (term, chunk, p, cell) => packing.letters[planeOf(term, chunk, parityIndex(p))[cell] as number] as number;
}
