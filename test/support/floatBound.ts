/**
 * How far a runtime's float evaluation of a network may lie from the exact one, proved by a running error analysis:
 * a layer's sum of n products in any order, fused or not, has an error of at most gamma(n + 1) (|W| |x| + |b|) with
 * gamma(k) = k u / (1 - k u) [Higham, ASNA, 3.1], beside |W| times the error of its inputs; relu does not enlarge it.
 */
import { biasAt, type Network, weightAt } from '../../src/net/index.ts';

/** One bound an output, for input x; `unit` is the unit roundoff, 2^-24 for float32. */
export function floatBound(network: Network, x: readonly number[], unit: number): number[] {
  let value = [...x];
  let error = x.map(() => 0);
  network.layers.forEach((layer, l) => {
    const nextValue: number[] = [];
    const nextError: number[] = [];
    for (let i = 0; i < layer.outputs; i++) {
      let sum = biasAt(layer, i).toNumber();
      let magnitude = Math.abs(sum);
      let carried = 0;
      let n = 1;
      for (let k = layer.rowStart[i]!; k < layer.rowStart[i + 1]!; k++, n++) {
        const w = weightAt(layer, k).toNumber();
        const j = layer.column[k]!;
        sum += w * value[j]!;
        magnitude += Math.abs(w) * (Math.abs(value[j]!) + error[j]!);
        carried += Math.abs(w) * error[j]!;
      }
      const gamma = ((n + 1) * unit) / (1 - (n + 1) * unit);
      nextValue.push(l < network.depth - 1 ? Math.max(0, sum) : sum);
      // These sums are float64 themselves: a relative 2^-40 covers their own rounding many times over.
      nextError.push((carried + gamma * magnitude) * (1 + 2 ** -40));
    }
    value = nextValue;
    error = nextError;
  });
  return error;
}
