/** Weights as numbers of a narrower floating-point format, each the nearest one (ties to even). */
import { FLOAT16, type FloatFormat, InputError, roundToFormat } from '../exact/index.ts';
import type { Network } from '../net/index.ts';
import { type Rounded, roundWeights } from './rounding.ts';

/** The network with every weight and bias in the format. Throws InputError where one lies beyond its largest number. */
export function quantizeToFloat(network: Network, format: FloatFormat): Rounded {
  return roundWeights(network, (w, layer) => {
    const rounded = roundToFormat(w, format);
    if (!rounded) {
      throw new InputError(
        `quantizeToFloat layer ${layer + 1}: the weight ${w} is beyond the range of ${format.name}, ${format.max.toDecimal()}`,
      );
    }
    return rounded;
  });
}

/** Half precision: weights of 11 significant bits. */
export function toFloat16(network: Network): Rounded {
  return quantizeToFloat(network, FLOAT16);
}
