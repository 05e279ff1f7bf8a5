/** Codewords that are too many to try: a seeded sample, through the network and through the recursion. */
import { expect } from 'vitest';
import { type BitCoding, bitExtraction } from '../../src/construct/index.ts';

export function randomCodewords(coding: BitCoding, n: number, perLayer: number): void {
  const { network, encode, extract } = bitExtraction({ bits: n, perLayer, coding });
  let state = n + 7;
  for (let round = 0; round < 2; round++) {
    const bits = Array.from({ length: n }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 31;
    });
    const codeword = encode(bits);
    expect(extract(codeword).join('')).toBe(bits.join(''));
    expect(network.evaluate([codeword]).map(String).join('')).toBe(bits.join(''));
  }
}
