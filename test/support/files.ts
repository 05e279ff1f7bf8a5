/** Network files written and read again, and networks to write. */
import { expect } from 'vitest';
import { bitMatrix } from '../../src/construct/bitMatrix.ts';
import { cutCells } from '../../src/construct/cells.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { decodeNetwork, encodeNetwork, type NetworkFile } from '../../src/io/index.ts';
import { LayerBuilder, Network, type Term } from '../../src/net/index.ts';
import { seeded } from './random.ts';

/** The bytes of a file that is read back as it was, and written again as the same bytes. */
export function returns(file: NetworkFile): Uint8Array {
  const bytes = encodeNetwork(file);
  const back = decodeNetwork(bytes);
  expect(back.network.equals(file.network)).toBe(true);
  expect(back.domain).toEqual(file.domain);
  expect(back.meta).toEqual(file.meta);
  expect(encodeNetwork(back)).toEqual(bytes);
  return bytes;
}

/** One layer of these rows. */
export function layer(inputs: number, rows: readonly (readonly [bias: Dyadic | number, ...terms: Term[]])[]): Network {
  const builder = new LayerBuilder(inputs);
  for (const [bias, ...terms] of rows) builder.row(bias, terms);
  return new Network([builder.build()]);
}

/** The network of a random sigma-delta sequence [OSB]: K x m random bits; and its guaranteed error, 1/(K m). */
export function randomBitMatrix(K: number, m: number, seed: number): { net: Network; guaranteed: Dyadic } {
  const random = seeded(seed);
  const up = Uint8Array.from({ length: K * (m + 1) }, () => random.whole(0, 1));
  const guaranteed = Dyadic.pow2(-Math.log2(K * m));
  const grid = { lo: Dyadic.ZERO, hi: Dyadic.ONE, rate: Dyadic.from(K * m), unit: guaranteed, offset: Dyadic.ZERO };
  return { net: bitMatrix(cutCells({ start: 0, up }, K, m), grid), guaranteed };
}
