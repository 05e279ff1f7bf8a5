/** The checker's reader against the library's writer: every layer, entry by entry. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Layer, readNetwork } from '../../src/check/read.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import { biasAt, type Network, weightAt } from '../../src/net/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';
import { interpolant } from '../support/interpolant.ts';
import { dense } from '../support/pairs.ts';

function same(net: Network, layers: readonly Layer[]): void {
  expect(layers.length).toBe(net.depth);
  net.layers.forEach((layer, l) => {
    const read = layers[l]!;
    expect([read.inputs, read.outputs]).toEqual([layer.inputs, layer.outputs]);
    for (let i = 0; i < layer.outputs; i++) {
      const ours: string[] = [];
      for (let k = layer.rowStart[i]!; k < layer.rowStart[i + 1]!; k++)
        ours.push(`${layer.column[k]}: ${weightAt(layer, k)}`);
      const theirs: string[] = [];
      for (let k = read.start[i]!; k < read.start[i + 1]!; k++) {
        const w = Dyadic.of(BigInt(read.weight[k]!), -read.scale);
        if (!w.isZero) theirs.push(`${read.column[k]}: ${w}`);
      }
      expect(theirs).toEqual(ours);
      expect(Dyadic.of(BigInt(read.bias[i]!), -read.scale).eq(biasAt(layer, i))).toBe(true);
    }
  });
}

test('random networks, with weights of any length', () => {
  for (const bits of [2, 10, 60, 300]) {
    fc.assert(
      fc.property(network({ maxDepth: 6, maxWidth: 8, weight: dyadic(bits) }), (net) => {
        same(net, readNetwork(encodeNetwork({ network: net })));
      }),
      { numRuns: 25 },
    );
  }
});

test('trained-like and regular networks, with a domain and with intrinsic entries', () => {
  for (const net of [dense([5, 50, 50, 5], 1), dense([3, 70, 2], 2, 6), interpolant(Math.sqrt, 256, 30)]) {
    same(net, readNetwork(encodeNetwork({ network: net })));
  }
  const net = dense([2, 12, 12, 1], 3);
  const intrinsic = [
    { layer: 0, row: 1 },
    { layer: 1, row: 3, column: 2 },
    { layer: 1, row: 7, column: 11 },
    { layer: 2, row: 0 },
  ];
  same(net, readNetwork(encodeNetwork({ network: net, intrinsic })));
});

test('a damaged file is refused', () => {
  const bytes = encodeNetwork({ network: dense([1, 6, 1], 4) });
  for (let i = 0; i < bytes.length * 8; i += 3) {
    const copy = Uint8Array.from(bytes);
    copy[i >> 3]! ^= 1 << (i & 7);
    expect(() => readNetwork(copy)).toThrow();
  }
  for (let n = 0; n < bytes.length; n++) expect(() => readNetwork(bytes.slice(0, n))).toThrow();
});
