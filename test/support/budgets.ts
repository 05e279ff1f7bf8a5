/** What every network of a budget must keep. */
import { expect } from 'vitest';
import { type Dyadic, Interval, type Rational, type Target } from '../../src/exact/index.ts';
import type { Network } from '../../src/net/index.ts';

export function expectWithin(
  net: Network,
  { width, depth, bits }: { width: number; depth: number; bits: number },
): void {
  expect(net.width).toBeLessThanOrEqual(width);
  expect(net.depth).toBeLessThanOrEqual(depth);
  expect(net.fractionalBits).toBeLessThanOrEqual(bits);
  expect(net.integerBits).toBe(0);
}

/** |f - net| at every knot of f and in between, in rationals; f is a table. */
export function worstAt(f: Target, net: Network, points: readonly Rational[], offset: Dyadic): number {
  let worst = 0;
  for (const x of points) {
    const at = x.toDyadic();
    if (!at) continue;
    const value = f.enclose([Interval.of(at)], 80) as Interval;
    const y = (net.evaluate([at])[0] as Dyadic).add(offset);
    worst = Math.max(worst, value.hi.sub(y).abs().toNumber(), value.lo.sub(y).abs().toNumber());
  }
  return worst;
}
