/** Certified comparison of two networks with the core's propagation: what certify offers, at the core's speed. */
import {
  type ArgmaxCertificate,
  type ArgmaxOptions,
  certifyArgmax,
  certifyDeviation,
  certifySup,
  type DeviationCertificate,
  type DeviationOptions,
} from '../certify/index.ts';
import { pairPropagator } from '../engine/index.ts';
import { Dyadic, type Interval } from '../exact/index.ts';
import { type Domain, intervals, type Network } from '../net/index.ts';

/** Most seconds for the pieces, unless the caller says. */
const SECONDS = 60;

/**
 * {@link certifyDeviation}: bounds of |f_i - g_i| over the box for every output. Where boxes leave networks of one input and one
 * output undecided, as two forms of one function, the exact linear pieces of their difference decide.
 */
export async function compareNetworks(
  f: Network,
  g: Network,
  box: Domain,
  options: DeviationOptions = {},
): Promise<DeviationCertificate> {
  const found = await certifyDeviation(f, g, box, { propagator: pairPropagator, ...options });
  const oneByOne = f.inputs === 1 && f.outputs === 1;
  return found.status === 'undecided' && oneByOne ? (alongPieces(f, g, box, options, found) ?? found) : found;
}

function alongPieces(
  f: Network,
  g: Network,
  box: Domain,
  { witnessIn = box, within, ratio, seconds = SECONDS, signal }: DeviationOptions,
  found: DeviationCertificate,
): DeviationCertificate | undefined {
  const started = performance.now();
  const [outer, inner] = [intervals(box, 1)[0] as Interval, intervals(witnessIn, 1)[0] as Interval];
  const { status, missing, upper, witness, restsOn } = certifySup(f, g, {
    domain: [outer.lo, outer.hi],
    seconds,
    ...(within === undefined ? {} : { within }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(signal ? { signal } : {}),
  });
  // A fraction is no float64's business: the dyadic number beside it, and of an outward rounded box only the part that was asked.
  const near = witness instanceof Dyadic ? witness : witness.roundBits(64, 'down');
  const x = near.max(inner.lo).min(inner.hi);
  const observed = (f.evaluate([x])[0] as Dyadic).sub(g.evaluate([x])[0] as Dyadic).abs();
  if (!upper || (status === 'refuted' && within !== undefined && observed.le(Dyadic.from(within)))) return undefined;
  return Object.freeze({
    status,
    ...(missing === undefined ? {} : { missing }),
    outputs: Object.freeze([Object.freeze({ certified: upper, observed, witness: Object.freeze([x]) })]),
    restsOn: Object.freeze([...found.restsOn, ...restsOn]),
    boxes: found.boxes,
    seconds: found.seconds + (performance.now() - started) / 1000,
  });
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
