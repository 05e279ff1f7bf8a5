/** Zig-zags that are hard on a network: random, at the grid's own frequency, slow, and one-sided. */

import type { ZigZag } from '../../src/construct/index.ts';
import { Rational, type Target, tableTarget } from '../../src/exact/index.ts';

export function randomBits(count: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 31;
  });
}

export function zigZags(steps: number): Record<string, ZigZag> {
  const of = (bit: (i: number) => number): ZigZag => ({
    start: 0,
    up: Uint8Array.from({ length: steps }, (_, i) => bit(i)),
  });
  return {
    random: { start: 0, up: randomBits(steps, 7) },
    'another random one': { start: 3, up: randomBits(steps, 11) },
    up: of(() => 1),
    down: of(() => 0),
    fastest: of((i) => i & 1),
    'in threes': of((i) => (i % 6 < 3 ? 1 : 0)),
    slow: of((i) => Math.floor(i / 37) & 1),
  };
}

/** The 1-Lipschitz target on [0,1] that moves by +-1/steps a step, scaled by `slope`. */
export function zigZagTarget(bits: Uint8Array, start = Rational.of(0n)): Target {
  const step = Rational.of(1n, BigInt(bits.length));
  let y = start;
  const knots = [{ x: Rational.of(0n), y }];
  bits.forEach((bit, i) => {
    y = bit === 1 ? y.add(step) : y.sub(step);
    knots.push({ x: Rational.of(BigInt(i + 1), BigInt(bits.length)), y });
  });
  return tableTarget(knots);
}

/** Points of [0, 1] in float64: every multiple of 2^-bits, and seeded ones in between. */
export function dyadicPoints(bits: number, random: number, seed = 1): Float64Array {
  const grid = 2 ** bits;
  const points = new Float64Array(grid + 1 + random);
  for (let i = 0; i <= grid; i++) points[i] = i / grid;
  let state = seed;
  for (let i = 0; i < random; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    points[grid + 1 + i] = state / 2 ** 32;
  }
  return points;
}
