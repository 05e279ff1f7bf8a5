/** The network file: round trips, determinism, and every damage refused in one sentence. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Dyadic, InputError, Interval } from '../../src/exact/index.ts';
import { decodeNetwork, encodeNetwork, kappa } from '../../src/io/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';

test('encode then decode is the same network, and encode is deterministic', () => {
  fc.assert(
    fc.property(network({ weight: dyadic(20) }), (net) => {
      const domain = Array.from({ length: net.inputs }, () => Interval.of(0, 1));
      const meta = { target: 'x^2', name: 'été', proved: { upper: '2^-10' } };
      const bytes = encodeNetwork({ network: net, domain, meta });
      const back = decodeNetwork(bytes);
      expect(back.network.equals(net)).toBe(true);
      expect(back.domain).toEqual(domain);
      expect(back.meta).toEqual(meta);
      expect(encodeNetwork(back)).toEqual(bytes);
    }),
  );
});

test('every truncation and every flipped bit of a small file is one InputError', () => {
  const [net] = fc.sample(network(), { numRuns: 1, seed: 7 });
  const bytes = encodeNetwork({ network: net! });
  for (let n = 0; n < bytes.length; n++) expect(() => decodeNetwork(bytes.subarray(0, n))).toThrow(InputError);
  for (let i = 0; i < 8 * bytes.length; i++) {
    const flipped = bytes.slice();
    flipped[i >> 3]! ^= 1 << (i & 7);
    expect(() => decodeNetwork(flipped)).toThrow(InputError);
  }
});

test('kappa is exact', () => {
  expect(kappa(3000, Dyadic.pow2(-10)).toString()).toBe('375/128');
});
