/** Certified comparison of two networks with the core's propagation: what certify offers, at the core's speed. */
import {
  type ArgmaxCertificate,
  type ArgmaxOptions,
  certifyArgmax,
  certifyDeviation,
  type DeviationCertificate,
  type DeviationOptions,
} from '../certify/index.ts';
import { pairPropagator } from '../engine/index.ts';
import type { Domain, Network } from '../net/index.ts';

/** {@link certifyDeviation}: bounds of |f_i - g_i| over the box for every output. */
export function compareNetworks(
  f: Network,
  g: Network,
  box: Domain,
  options: DeviationOptions = {},
): Promise<DeviationCertificate> {
  return certifyDeviation(f, g, box, { propagator: pairPropagator, ...options });
}

/** {@link certifyArgmax}: whether f and g decide alike everywhere on the box. */
export function compareDecisions(
  f: Network,
  g: Network,
  box: Domain,
  options: ArgmaxOptions = {},
): Promise<ArgmaxCertificate> {
  return certifyArgmax(f, g, box, { propagator: pairPropagator, ...options });
}
