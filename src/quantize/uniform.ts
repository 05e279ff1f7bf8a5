/**
 * The uniform quantiser Q_eta(w) = floor(w / eta) eta of [GBGR], and two variants, for a step eta > 0 that is one for the
 * whole network or one a layer. Every weight and bias becomes a multiple of its layer's eta; zeros stay zeros.
 *
 *   floor        0 <= w - Q(w) < eta
 *   nearest      |w - Q(w)| <= eta/2, ties to the even multiple
 *   stochastic   |w - Q(w)| < eta; up with probability w/eta - floor(w/eta) (to 2^-64), so that the mean of Q(w) is w.
 *                Draws are counted from the seed: equal seeds give equal networks
 *
 * With eta = 2^-b the network lies in Q(a, b): `bits` is b.
 */
import { Dyadic, type DyadicLike, floorDivide, Rational, refuse, wholeNumber } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { type Rounded, roundWeights } from './rounding.ts';

export const ROUNDINGS = ['nearest', 'floor', 'stochastic'] as const;
export type UniformRounding = (typeof ROUNDINGS)[number];

export interface UniformOptions {
  /** Fractional bits b, for the network or one number a layer: the step is 2^-b. Either this or `step`. */
  readonly bits?: number | readonly number[];
  /** eta, for the network or one a layer: any dyadic above 0. */
  readonly step?: DyadicLike | readonly DyadicLike[];
  /** Default 'nearest'. */
  readonly rounding?: UniformRounding;
  /** Of stochastic rounding: a whole number in 0..2^32 - 1, default 0. */
  readonly seed?: number;
}

const WHERE = 'quantizeUniform';

/** The network with every weight a multiple of its step. Throws InputError where the options are none. */
export function quantizeUniform(network: Network, options: UniformOptions): Rounded {
  const { rounding = 'nearest', seed = 0 } = options;
  if (!ROUNDINGS.includes(rounding)) refuse(`${WHERE} rounding`, "'nearest', 'floor' or 'stochastic'", rounding);
  const steps = stepsOf(network, options);
  const radius = rounding === 'nearest' ? steps.map((s) => s.scale(-1)) : steps;
  if (rounding === 'stochastic') {
    const draw = draws(wholeNumber(`${WHERE} seed`, seed, 0, 2 ** 32 - 1));
    return roundWeights(network, (w, l) => stochastic(w, steps[l], draw), { each: true, radius });
  }
  const mode = rounding === 'floor' ? 'down' : 'nearest';
  return roundWeights(
    network,
    (w, l) => {
      const step = steps[l];
      if (step.m === 1n) return w.roundTo(-step.e, mode);
      return Rational.fromDyadic(w).div(Rational.fromDyadic(step)).roundTo(0, mode).mul(step);
    },
    { radius },
  );
}

function stepsOf(network: Network, { bits, step }: UniformOptions): Dyadic[] {
  if ((bits === undefined) === (step === undefined)) {
    refuse(WHERE, 'either bits or step', bits === undefined ? 'neither' : 'both');
  }
  const given: readonly unknown[] = Array.isArray(bits ?? step)
    ? ((bits ?? step) as readonly unknown[])
    : [bits ?? step];
  if (given.length !== 1 && given.length !== network.depth) {
    refuse(
      `${WHERE} ${bits === undefined ? 'step' : 'bits'}`,
      `one, or one for each of ${network.depth} layers`,
      given.length,
    );
  }
  const each = given.map((v) => {
    if (bits !== undefined) return Dyadic.pow2(-wholeNumber(`${WHERE} bits`, v, 0, 4096));
    const eta = Dyadic.from(v as DyadicLike);
    return eta.sign > 0 ? eta : refuse(`${WHERE} step`, 'a number above 0', v);
  });
  return each.length === 1 ? new Array<Dyadic>(network.depth).fill(each[0]) : each;
}

/** Binary digits of one draw. */
const DRAWN = 64;

function stochastic(w: Dyadic, step: Dyadic, draw: () => bigint): Dyadic {
  const { n, d } = Rational.fromDyadic(w).div(Rational.fromDyadic(step));
  const down = floorDivide(n, d);
  const up = draw() * d < (n - down * d) << BigInt(DRAWN);
  return Dyadic.of(up ? down + 1n : down).mul(step);
}

/** A stream of 64-bit whole numbers: mulberry32, two words each. */
function draws(seed: number): () => bigint {
  let state = seed;
  const word = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  return () => (BigInt(word()) << 32n) | BigInt(word());
}
