import { expect } from 'vitest';
import { lipschitz } from '../../src/construct/index.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { decodeNetwork, encodeNetwork } from '../../src/io/index.ts';
import { randomBits } from './zigzags.ts';

/** kappa of the file of a random zig-zag (which no coder can shorten below its bits); the file is read back. */
export function kappaOf(bytes: number): number {
  const plan = lipschitz({ bytes });
  const network = plan.fromZigZag({ start: 0, up: randomBits(plan.cells * (plan.stepsPerCell + 1) - 1, bytes) });
  const file = encodeNetwork({ network });
  expect(decodeNetwork(file).network.equals(network)).toBe(true);
  const kappa = Dyadic.from(8 * file.length).mul(plan.guaranteed);
  expect(kappa.toNumber()).toBeGreaterThan(1);
  return kappa.toNumber();
}
