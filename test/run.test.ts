import { expect, test } from 'vitest';
import { Interval } from '../src/exact/index.ts';
import { encodeNetwork } from '../src/io/index.ts';
import { identity, padDepth } from '../src/net/index.ts';
import { InputError, load, loadSync } from '../src/run.ts';

test('load reads a file and runs it on its domain', async () => {
  const bytes = encodeNetwork({ network: padDepth(identity(1), 4), domain: [Interval.of(-1, 1)] });
  for (const run of [await load(bytes), loadSync(bytes)]) {
    expect([...run.forward(Float64Array.of(0.1, -1, 1e-300))]).toEqual([0.1, -1, 1e-300]);
    expect(run.forwardExact([0.1]).at(0, 0).toNumber()).toBe(0.1);
    expect(() => run.forward(Float64Array.of(1.5))).toThrow('row 1, input 1: expected a number in [-1, 1], got 1.5');
  }
  expect([...(await load(bytes, { domain: [0, 2] })).forward(Float64Array.of(1.5))]).toEqual([1.5]);
});

test('a file without a domain takes what it is given', async () => {
  const run = await load(encodeNetwork({ network: identity(2) }));
  expect([...run.forward(Float64Array.of(1e300, -1e-300))]).toEqual([1e300, -1e-300]);
  await expect(load(new Uint8Array(9))).rejects.toThrow(InputError);
});
