/** What the page shows of a network besides its curves: counts, layers, the histogram of its weights, its place among the regimes. */
import { Dyadic, Rational } from '../exact/index.ts';
import type { Layer, Network } from '../net/index.ts';
import { CLASS_LIMITS, lowerBounds, regimeThresholds } from '../rates/index.ts';
import type { Histogram, LayerFacts, RegimeFacts } from './protocol.ts';

export function layerFacts(network: Network): LayerFacts[] {
  return network.layers.map((layer) => ({
    inputs: layer.inputs,
    outputs: layer.outputs,
    weights: layer.weight.length,
    biases: countNonZero(layer),
  }));
}

function countNonZero({ bias }: Layer): number {
  let n = 0;
  for (const b of bias) if (Number(b) !== 0) n++;
  return n;
}

/** Values that get a bar of their own. */
const MOST_BARS = 33;

/** How often each weight or bias occurs; zeros, which are not stored, are not counted. */
export function histogram(network: Network): Histogram {
  const counts = new Map<string, { value: Dyadic; count: number }>();
  for (const layer of network.layers) {
    const mantissas = new Map<number | bigint, number>();
    for (const values of [layer.weight, layer.bias]) {
      for (const m of values) if (Number(m) !== 0) mantissas.set(m, (mantissas.get(m) ?? 0) + 1);
    }
    for (const [m, count] of mantissas) {
      const value = Dyadic.of(BigInt(m), -layer.scale);
      const key = value.toString();
      const known = counts.get(key);
      if (known) known.count += count;
      else counts.set(key, { value, count });
    }
  }
  const all = [...counts.values()].sort((a, b) => a.value.compare(b.value));
  if (all.length <= MOST_BARS) {
    return { binned: false, bars: all.map(({ value, count }) => ({ label: fraction(value), count })) };
  }
  return { binned: true, bars: bySize(all) };
}

/** A fraction where it is short, else mantissa and power. */
function fraction(value: Dyadic): string {
  if (value.exponent > 20) return value.toString();
  const text = Rational.fromDyadic(value).toString();
  return text.length <= 12 ? text : value.toString();
}

/** Bars by sign and power of two: 2^k <= |w| < 2^(k+1), in as many powers as have room. */
function bySize(all: readonly { value: Dyadic; count: number }[]): { label: string; count: number }[] {
  const exponents = all.map(({ value }) => value.exponent);
  const [lo, hi] = exponents.reduce(([a, b], e) => [Math.min(a, e), Math.max(b, e)], [exponents[0]!, exponents[0]!]);
  const step = Math.ceil((hi - lo + 1) / ((MOST_BARS - 1) / 2));
  const bars = Math.ceil((hi - lo + 1) / step);
  const range = (i: number): string => {
    const from = lo + i * step;
    return `2^${from} .. 2^${from + step}`;
  };
  const negative = Array.from({ length: bars }, (_, i) => ({ label: `-(${range(i)})`, count: 0 }));
  const positive = Array.from({ length: bars }, (_, i) => ({ label: range(i), count: 0 }));
  for (const { value, count } of all) {
    const bar = (value.sign < 0 ? negative : positive)[Math.floor((value.exponent - lo) / step)];
    if (bar) bar.count += count;
  }
  return [...negative.reverse(), ...positive].filter((bar) => bar.count > 0);
}

/** Most b of the picture. */
const MOST_BITS = 64;

/**
 * The lower bounds for R(W, L, Q(a, b)) over b, for the network's own W, L and a. Undefined beyond the limits of the bounds.
 * `error` is the certified one, `unit` the domain's length times the Lipschitz constant: the bounds speak of unit 1.
 */
export function regimeFacts(
  network: Network,
  error: number | undefined,
  unit: number | undefined,
): RegimeFacts | undefined {
  const width = Math.max(1, network.width);
  const { depth } = network;
  if (width > CLASS_LIMITS.width || depth > CLASS_LIMITS.depth || network.inputs !== 1 || network.outputs !== 1) {
    return undefined;
  }
  const { integerBits } = network;
  const bits = Math.max(1, network.fractionalBits);
  const { proper, over } = regimeThresholds(width, depth, integerBits);
  const last = Math.min(MOST_BITS, Math.max(2 * proper, bits + 4, Math.min(over + 4, 32), 12));
  const columns = ['precision', 'memory', 'vc'] as const;
  const bounds = Object.fromEntries(columns.map((c) => [c, new Float64Array(last)])) as Record<
    (typeof columns)[number],
    Float64Array
  >;
  for (let b = 1; b <= last; b++) {
    const at = lowerBounds({ width, depth, bits: b, integerBits });
    bounds.precision[b - 1] = -(depth * b + 1);
    bounds.memory[b - 1] = Math.log2(at.memory.toNumber());
    bounds.vc[b - 1] = Math.log2(at.vc.toNumber());
  }
  const own = lowerBounds({ width, depth, bits, integerBits });
  const relative = error === undefined || unit === undefined || unit === 0 ? undefined : error / unit;
  return {
    width,
    depth,
    first: 1,
    ...bounds,
    proper,
    over,
    bits,
    regime: own.regime,
    ...(relative === undefined ? {} : { error: relative }),
    ...(unit === undefined ? {} : { unit }),
  };
}
