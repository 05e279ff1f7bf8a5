/**
 * Bit extraction [OSB, the refined technique]: a network that reads one number, the codeword of n bits, and gives the n bits,
 * exactly, for every codeword. Four codings, s bits a layer (T = ceil(n/s) layers of thresholds):
 *
 *   binary  theta = sum bit_i 2^-i, in [0,1)      no gap between codewords but 2^-n: a slope of 2^n
 *   gap     theta = sum 2 bit_i 4^-i              a Cantor set: weights do not grow with n, 2 stored bits a bit
 *   block   theta = sum 2 v_k B^-k, B = 2^(s+1)   one gap for the s bits of v_k: (s+1)/s stored bits a bit
 *   gray    the whole number whose reflected Gray code is the bits: connections of +-1 only, one stored bit a bit
 *
 * One layer subtracts a staircase v = sum_j t_j, t_j = relu(z_j + 1) - relu(z_j), z_j the distance to threshold j in
 * units of the gap, so that t_j is 0 or 1 on every codeword; each of the s bits is a signed sum of the t_j.
 *
 *   depth    T + 1
 *   width    hidden layer k: (k-1) s bits found so far, the number itself, and a pair of units for each of 2^s - 1 thresholds
 *            (the last hidden layer, with the n - (T-1) s bits that are left, does without the number itself); at least n
 *   weights  whole numbers, so b = 0 fractional bits; largest |w| in `largestWeight`, of the connections alone in `largestConnection`
 */
import { Dyadic, refuse, wholeNumber } from '../exact/index.ts';
import { LayerBuilder, Network, type Term } from '../net/index.ts';
import { type BitCoding, bitOf, bitTerms, CODINGS, numberTerms, type Step, step } from './bitSteps.ts';

export { type BitCoding, CODINGS } from './bitSteps.ts';

export interface BitExtractionOptions {
  /** n, 1..16384. */
  readonly bits: number;
  /** s, 1..min(n, 8); 1 when absent. */
  readonly perLayer?: number;
  readonly coding: BitCoding;
}

export interface BitExtraction {
  /** One input, the codeword; n outputs, the bits, first bit first. */
  readonly network: Network;
  readonly bits: number;
  readonly perLayer: number;
  readonly coding: BitCoding;
  /** Stated by formula; the network's own counts are equal. */
  readonly depth: number;
  readonly width: number;
  readonly fractionalBits: 0;
  readonly largestWeight: bigint;
  readonly largestConnection: bigint;
  /** Binary digits that store one codeword, over n. */
  readonly storedBitsPerBit: number;
  /** The codeword of n bits (0 or 1 each). Throws InputError on anything else. */
  readonly encode: (bits: ArrayLike<number>) => Dyadic;
  /** The recursion beside the network: the bits of a codeword by the same thresholds, in bigints. */
  readonly extract: (codeword: Dyadic) => Uint8Array;
}

/** Throws InputError where an option is out of its range. */
export function bitExtraction(options: BitExtractionOptions): BitExtraction {
  const n = wholeNumber('bitExtraction bits', options.bits, 1, 1 << 14);
  const s = wholeNumber('bitExtraction perLayer', options.perLayer ?? 1, 1, Math.min(n, 8));
  const { coding } = options;
  if (!CODINGS.includes(coding)) refuse('bitExtraction coding', CODINGS.join(', '), coding);
  const steps = plan(coding, n, s);
  const last = (steps[steps.length - 1] as Step).bits;
  return Object.freeze({
    network: build(steps),
    bits: n,
    perLayer: s,
    coding,
    depth: steps.length + 1,
    width: Math.max(
      n,
      ...steps.slice(0, -1).map((_, k) => k * s + 1 + 2 * (2 ** s - 1)),
      n - last + 2 * (2 ** last - 1),
    ),
    fractionalBits: 0 as const,
    ...largest(steps),
    storedBitsPerBit: coding === 'gap' ? 2 : coding === 'block' ? (steps.length * (s + 1)) / n : 1,
    encode: (bits: ArrayLike<number>) => codewordOf(checkBits(bits, n), coding, s),
    extract: (codeword: Dyadic) => extract(steps, codeword, n),
  });
}

/** The whole number whose reflected Gray code is the bits, first bit the most significant. */
export function grayWord(bits: ArrayLike<number>): bigint {
  let parity = 0;
  const digits = Array.from(bits, (bit) => {
    parity ^= bit;
    return parity;
  });
  return wholeOf(digits);
}

function plan(coding: BitCoding, n: number, s: number): Step[] {
  const steps: Step[] = [];
  for (let done = 0; done < n; done += s) {
    const bits = Math.min(s, n - done);
    const next = Math.min(s, n - done - bits);
    const left = n - done;
    steps.push(step(coding, bits, left, next, s));
  }
  return steps;
}

function build(steps: readonly Step[]): Network {
  const layers = [];
  let found = 0;
  for (let k = 0; k <= steps.length; k++) {
    const before = steps[k - 1];
    const step = steps[k];
    // Units below: the input alone; later the bits found so far, T unless the staircases are done, and the pairs.
    const pairs = found + (step ? 1 : 0);
    const layer = new LayerBuilder(before ? pairs + 2 * before.thresholds.length : 1);
    for (let i = 0; i < found; i++) layer.unit(0, [i, 1]);
    for (const terms of before ? bitTerms(before, pairs) : []) layer.row(0, terms);
    if (step) {
      const number: Term[] = before ? numberTerms(before, pairs) : [[0, step.scale]];
      if (k < steps.length - 1) layer.row(0, number);
      for (const a of step.thresholds) {
        layer.row(1n - a, number);
        layer.row(-a, number);
      }
    }
    found += before ? before.bits : 0;
    layers.push(layer.build());
  }
  return new Network(layers);
}

function extract(steps: readonly Step[], codeword: Dyadic, n: number): Uint8Array {
  const out = new Uint8Array(n);
  const first = steps[0] as Step;
  // Codewords are multiples of 2^-2n, and so are the numbers on the way.
  const unit = 2 * n + 2;
  let number = codeword.mul(Dyadic.of(first.scale)).mantissaAt(unit);
  const relu = (x: bigint): bigint => (x > 0n ? x : 0n);
  let found = 0;
  for (const { bits, thresholds, multiplier, up, down, patterns } of steps) {
    let v = 0;
    let next = multiplier * number;
    thresholds.forEach((a, q) => {
      const high = relu(number - ((a - 1n) << BigInt(unit)));
      const low = relu(number - (a << BigInt(unit)));
      if (high - low === 1n << BigInt(unit)) v++;
      else if (high !== low) refuse('bitExtraction extract', 'a codeword', codeword);
      next += (up[q] as bigint) * high + (down[q] as bigint) * low;
    });
    for (let i = bits - 1; i >= 0; i--) out[found++] = bitOf(patterns, v, i);
    number = next;
  }
  return out;
}

function largest(steps: readonly Step[]): { largestWeight: bigint; largestConnection: bigint } {
  let connection = (steps[0] as Step).scale;
  let bias = 0n;
  steps.forEach(({ thresholds, multiplier, up }, k) => {
    for (const a of thresholds) bias = a > bias ? a : bias;
    if (k === steps.length - 1) return;
    for (const w of [multiplier, ...up.map((u) => (u < 0n ? -u : u))]) connection = w > connection ? w : connection;
  });
  return { largestWeight: bias > connection ? bias : connection, largestConnection: connection };
}

function codewordOf(bits: Uint8Array, coding: BitCoding, s: number): Dyadic {
  const n = bits.length;
  switch (coding) {
    case 'binary':
      return Dyadic.of(wholeOf(bits), -n);
    case 'gap':
      return Dyadic.of(wholeOf(Array.from(bits, (bit) => [bit, 0]).flat()), -2 * n);
    case 'block': {
      // Digit v of s bits (the last one may have fewer) becomes the s+1 bits of 2v.
      const digits: number[] = [];
      for (let done = 0; done < n; done += s) {
        const digit = Array.from(bits.subarray(done, done + s));
        digits.push(...new Array<number>(s - digit.length).fill(0), ...digit, 0);
      }
      return Dyadic.of(wholeOf(digits), -digits.length);
    }
    case 'gray':
      return Dyadic.of(grayWord(bits));
  }
}

function checkBits(bits: ArrayLike<number>, n: number): Uint8Array {
  if (bits.length !== n) refuse('bitExtraction encode', `${n} bits`, `${bits.length}`);
  for (let i = 0; i < n; i++) if (bits[i] !== 0 && bits[i] !== 1) refuse('bitExtraction encode', '0 or 1', bits[i]);
  return Uint8Array.from(bits);
}

/** The whole number with these binary digits, first one the most significant. */
function wholeOf(digits: ArrayLike<number>): bigint {
  return BigInt(`0b0${Array.from(digits).join('')}`);
}
