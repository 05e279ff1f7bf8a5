/** The prover as one bundle that can be broken on purpose: what it is handed and what it gives back is bytes and JSON. */
import { proveSup, type SupProof } from '../../src/certify/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { decodeNetwork } from '../../src/io/format-decode.ts';

export function prove(
  file: Uint8Array,
  f: string | Uint8Array,
  domain: readonly [number, number],
): SupProof | undefined {
  const target = typeof f === 'string' ? expressionTarget(f) : decodeNetwork(f).network;
  const [lo, hi] = domain.map((x) => Dyadic.from(x)) as [Dyadic, Dyadic];
  return proveSup(decodeNetwork(file).network, target, { domain: [lo, hi], fine: 2, seconds: 5 }).proof;
}
