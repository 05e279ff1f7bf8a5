/** Equality of two networks as functions, exactly, on many inputs: the engine runs both, the oracle looks at a few. */
import { expect } from 'vitest';
import { Engine } from '../../src/engine/index.ts';
import type { Network } from '../../src/net/index.ts';

/** Seeded inputs in [-1, 1): multiples of 2^-20, so that two networks of different scale stay comparable. */
export function seededInputs(count: number, seed = 1): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 11) / 2 ** 20 - 1;
  });
}

/** Expects a(x) = b(x), as numbers and not only as float64, on `rows` seeded inputs; the oracle confirms the first `oracle` of them. */
export function expectSameOutputs(
  a: Network,
  b: Network,
  rows: number,
  oracle = 3,
  x = seededInputs(rows * a.inputs),
): void {
  const [first, second] = [a, b].map((net) => {
    const engine = Engine.createSync(net);
    try {
      return engine.forwardExact(x);
    } finally {
      engine.dispose();
    }
  });
  if (!first || !second) return;
  const up = BigInt(Math.max(first.scale, second.scale));
  let unequal = 0;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < a.outputs; i++) {
      const [p, q] = [
        first.mantissa(r, i) << (up - BigInt(first.scale)),
        second.mantissa(r, i) << (up - BigInt(second.scale)),
      ];
      if (p !== q) unequal++;
    }
  }
  expect(unequal).toBe(0);
  for (let r = 0; r < oracle; r++) {
    const point = [...x.subarray(r * a.inputs, (r + 1) * a.inputs)];
    expect(b.evaluate(point).map(String)).toEqual(a.evaluate(point).map(String));
  }
}
