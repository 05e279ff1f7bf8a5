/**
 * Non-linear quantisers: every non-zero weight and bias becomes the nearest letter of an alphabet, so that M weights take
 * M log2(lambda) bits beside the alphabet itself ([DLS18]'s measure of storage).
 *
 *   k-means         lambda letters with the least sum of squared changes, exactly optimal among multiples of 2^-b (kmeans.ts)
 *   powers of two   +-2^e for e in a range: a multiplication is a shift; with lambda, the lambda/2 exponents from the largest
 *                   weight down
 *   alphabet        any letters, given
 *
 * Of two letters that are equally near, the one nearer to 0 is taken (of v and -v, the positive one); the alphabet is one for
 * the network, or one a layer. Zeros stay zeros whether or not 0 is a letter.
 */
import { Dyadic, type DyadicLike, refuse, wholeNumber } from '../exact/index.ts';
import type { Layer, Network } from '../net/index.ts';
import { kmeans, type Weighted } from './kmeans.ts';
import { type Rounded, roundWeights } from './rounding.ts';

export interface CodebookOptions {
  /** Most letters, 1..65536: chosen by k-means, or by `powers`. */
  readonly lambda?: number;
  /** Powers of two: the exponents `from`..`to`, both signs; or true with `lambda` (an even number). */
  readonly powers?: true | { readonly from: number; readonly to: number };
  /** The letters themselves. */
  readonly alphabet?: readonly DyadicLike[];
  /** k-means: letters are multiples of 2^-bits. Default: the fractional bits of the network, at most 24. */
  readonly bits?: number;
  /** Whether every layer has an alphabet of its own (k-means, powers with lambda). Default false. */
  readonly perLayer?: boolean;
}

export interface Codebook extends Rounded {
  /** The letters on offer, increasing: one alphabet, or one a layer. */
  readonly alphabets: readonly (readonly Dyadic[])[];
  /** Sum over all weights and biases of (new - old)^2. */
  readonly squaredError: Dyadic;
}

const WHERE = 'quantizeCodebook';
const MOST_LETTERS = 1 << 16;

/** Throws InputError where the options name no alphabet, or more than one. */
export function quantizeCodebook(network: Network, options: CodebookOptions): Codebook {
  const { perLayer = false } = options;
  const groups = perLayer ? network.layers.map((layer) => [layer]) : [network.layers];
  const alphabets = groups.map((layers) => Object.freeze(lettersFor(layers, options)));
  const rounded = roundWeights(network, (w, l) => nearest(alphabets[perLayer ? l : 0], w));
  return Object.freeze({
    ...rounded,
    alphabets: Object.freeze(alphabets),
    squaredError: squaredError(network, alphabets),
  });
}

/** The letter nearest to w; `letters` increase. Of two, the one nearer to 0, then the positive one. */
export function nearest(letters: readonly Dyadic[], w: Dyadic): Dyadic {
  let low = 0;
  let high = letters.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (letters[mid].lt(w)) low = mid + 1;
    else high = mid;
  }
  const above = letters[low];
  const below = letters[low - 1];
  if (!above || !below) return (above ?? below) as Dyadic;
  const side = w.sub(below).compare(above.sub(w));
  if (side !== 0) return side < 0 ? below : above;
  return below.abs().lt(above.abs()) ? below : above;
}

/** The distinct non-zero weights and biases of the layers, increasing, with how often each occurs. */
function weightCounts(layers: readonly Layer[]): Weighted[] {
  let parts = layers.map(countsOf);
  while (parts.length > 1) {
    parts = Array.from({ length: Math.ceil(parts.length / 2) }, (_, i) => merged(parts[2 * i], parts[2 * i + 1] ?? []));
  }
  return parts[0] ?? [];
}

function countsOf(layer: Layer): Weighted[] {
  const counts = new Map<number | bigint, number>();
  for (const values of [layer.weight, layer.bias]) {
    for (const m of values) if (Number(m) !== 0) counts.set(m, (counts.get(m) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([m, count]) => ({ value: Dyadic.of(BigInt(m), -layer.scale), count }));
}

function merged(a: readonly Weighted[], b: readonly Weighted[]): Weighted[] {
  const out: Weighted[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const side = i === a.length ? 1 : j === b.length ? -1 : a[i].value.compare(b[j].value);
    if (side < 0) out.push(a[i++]);
    else if (side > 0) out.push(b[j++]);
    else out.push({ value: a[i].value, count: a[i++].count + b[j++].count });
  }
  return out;
}

function lettersFor(layers: readonly Layer[], options: CodebookOptions): readonly Dyadic[] {
  const { alphabet, powers, lambda } = options;
  if (alphabet !== undefined) {
    if (powers !== undefined || lambda !== undefined) refuse(WHERE, 'either alphabet, or powers, or lambda', 'several');
    return sorted(alphabet);
  }
  if (powers !== undefined) return powerLetters(layers, powers, lambda);
  if (lambda === undefined) refuse(WHERE, 'lambda, powers or an alphabet', 'none of them');
  wholeNumber(`${WHERE} lambda`, lambda, 1, MOST_LETTERS);
  const values = weightCounts(layers);
  const own = layers.reduce((b, layer) => Math.max(b, layer.scale), 0);
  const bits = options.bits === undefined ? Math.min(24, own) : wholeNumber(`${WHERE} bits`, options.bits, 0, 4096);
  return values.length === 0 ? [Dyadic.ZERO] : kmeans(values, lambda, bits).centres;
}

function sorted(alphabet: readonly DyadicLike[]): Dyadic[] {
  if (!Array.isArray(alphabet) || alphabet.length === 0 || alphabet.length > MOST_LETTERS) {
    refuse(`${WHERE} alphabet`, `1..${MOST_LETTERS} numbers`, alphabet);
  }
  const letters = alphabet.map((v) => Dyadic.from(v)).sort((a, b) => a.compare(b));
  return letters.filter((v, i) => i === 0 || !v.eq(letters[i - 1]));
}

function powerLetters(
  layers: readonly Layer[],
  powers: true | { readonly from: number; readonly to: number },
  lambda: number | undefined,
): Dyadic[] {
  let range: { from: number; to: number };
  if (powers === true) {
    wholeNumber(`${WHERE} lambda`, lambda, 2, MOST_LETTERS);
    if ((lambda as number) % 2 !== 0) refuse(`${WHERE} lambda`, 'an even number: each power has two signs', lambda);
    const largest = weightCounts(layers).reduce((m, { value }) => m.max(value.abs()), Dyadic.ZERO);
    const top = largest.isZero ? 0 : largest.exponent + (isAboveMiddle(largest) ? 1 : 0);
    range = { from: top + 1 - (lambda as number) / 2, to: top };
  } else {
    if (lambda !== undefined) refuse(WHERE, 'lambda or a range of powers', 'both');
    range = { from: powers.from, to: powers.to };
  }
  wholeNumber(`${WHERE} powers from`, range.from, -(1 << 16), 1 << 16);
  wholeNumber(`${WHERE} powers to`, range.to, range.from, range.from + MOST_LETTERS / 2 - 1);
  const positive = Array.from({ length: range.to - range.from + 1 }, (_, i) => Dyadic.pow2(range.from + i));
  return [...positive.map((v) => v.neg()).reverse(), ...positive];
}

/** Whether 2^(e+1) is nearer to v than 2^e: v > 1.5 * 2^e. */
function isAboveMiddle(v: Dyadic): boolean {
  return v.gt(Dyadic.of(3n, v.exponent - 1));
}

function squaredError(network: Network, alphabets: readonly (readonly Dyadic[])[]): Dyadic {
  const groups = alphabets.length === network.depth && alphabets.length > 1;
  let sum = Dyadic.ZERO;
  network.layers.forEach((layer, l) => {
    for (const { value, count } of weightCounts([layer])) {
      const d = nearest(alphabets[groups ? l : 0], value).sub(value);
      sum = sum.add(d.mul(d).mul(Dyadic.from(count)));
    }
  });
  return sum;
}
