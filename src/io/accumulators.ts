/**
 * A network on whole numbers: where inputs are k 2^-t within a domain, every pre-activation is a whole number times a
 * power of two, and its size is proved. What an integer or floating-point target can hold follows from that.
 */
import { wholeNumber } from '../exact/index.ts';
import {
  type Domain,
  inputRanges,
  intervals,
  type Layer,
  type LayerBounds,
  layerBounds,
  liftOf,
  type Network,
  type Ranges,
} from '../net/index.ts';

/** Where inputs lie: multiples of 2^-fractionalBits within the domain. */
export interface StatedInputs {
  readonly domain: Domain;
  readonly fractionalBits: number;
}

export interface WholeLayer {
  readonly layer: Layer;
  /** Its inputs are whole numbers times 2^-inputScale, within `inputs`. */
  readonly inputScale: number;
  readonly inputs: Ranges;
  /** Weights are the layer's mantissas times 2^lift. */
  readonly lift: number;
  /** Its results are whole numbers times 2^-resultScale. */
  readonly resultScale: number;
  /** Every partial sum, in any order, has at most `sumBits` binary digits. */
  readonly bounds: LayerBounds;
}

/** The layers over whole numbers. Throws InputError where the domain does not fit the network. */
export function wholeLayers(network: Network, { domain, fractionalBits }: StatedInputs): WholeLayer[] {
  wholeNumber('fractionalBits', fractionalBits, -1024, 1100);
  let inputs = inputRanges(intervals(domain, network.inputs), fractionalBits);
  let inputScale = fractionalBits;
  return network.layers.map((layer, l) => {
    const lift = liftOf(layer, inputScale);
    const bounds = layerBounds(layer, inputs, inputScale, lift, l === network.depth - 1);
    const resultScale = inputScale + layer.scale + lift;
    const whole: WholeLayer = { layer, inputScale, inputs, lift, resultScale, bounds };
    inputs = bounds.ranges;
    inputScale = resultScale;
    return whole;
  });
}

/** The ends of a range as exact whole numbers. */
export function rangeEnds({ lo, hi, exponent }: Ranges): { lo: bigint[]; hi: bigint[] } {
  const end = (v: number | bigint): bigint => BigInt(v) << BigInt(exponent);
  return {
    lo: Array.from(lo as ArrayLike<number | bigint>, end),
    hi: Array.from(hi as ArrayLike<number | bigint>, end),
  };
}
