/**
 * Networks and batches that visit every tier of the engine: random sparse ones, and rows whose bounds lie one below, at and
 * one above a tier's limit. No Node here: browsers run the same cases.
 */
import { Dyadic, Interval } from '../../src/exact/index.ts';
import { LayerBuilder, makeLayer, Network } from '../../src/net/index.ts';

/** A small seeded generator (mulberry32). */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed | 0;
  }
  /** In [0, 2^32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }
  below(n: number): number {
    return this.next() % n;
  }
  between(lo: number, hi: number): number {
    return lo + this.below(hi - lo + 1);
  }
  chance(one: number): boolean {
    return this.below(one) === 0;
  }
  /** A whole number of up to `bits` bits, either sign. */
  big(bits: number): bigint {
    let v = 0n;
    for (let b = 0; b < bits; b += 32) v = (v << 32n) | BigInt(this.next());
    v &= (1n << BigInt(bits)) - 1n;
    return this.chance(2) ? -v : v;
  }
}

export interface Case {
  readonly network: Network;
  readonly domain: readonly [Dyadic, Dyadic] | undefined;
  readonly batch: Float64Array;
}

export const BATCH_SIZES = [1, 3, 4, 5, 17] as const;

/** A random case: depth, widths, weight sizes and input precision all vary; empty rows and dead units occur. */
export function randomCase(random: Random, rows: number): Case {
  const depth = random.between(1, random.chance(8) ? 24 : 5);
  const widths = Array.from({ length: depth + 1 }, () => random.between(1, random.chance(6) ? 40 : 6));
  const weightBits = [1, 1, 2, 4, 8, 15, 24, 33, 47, 90][random.below(10)] as number;
  const terms = random.between(0, 12);
  // Few zeros everywhere, in some layers, or in none.
  const style = random.below(3);
  const layers = widths.slice(1).map((outputs, l) => {
    const inputs = widths[l] as number;
    const builder = new LayerBuilder(inputs);
    const scale = random.between(-2, 12);
    const full = style === 0 || (style === 1 && random.chance(2));
    // Most networks have weights of one size; in some, short layers meet long ones.
    const bits = random.chance(3) ? random.between(1, 60) : weightBits;
    for (let i = 0; i < outputs; i++) {
      const row: [number, Dyadic][] = [];
      if (full) for (let k = 0; k < inputs; k++) row.push([k, Dyadic.of(random.big(bits), -scale)]);
      else
        for (let k = random.between(0, Math.min(terms, inputs)); k > 0; k--) {
          row.push([random.below(inputs), Dyadic.of(random.big(bits), -scale)]);
        }
      const bias = random.chance(3)
        ? Dyadic.ZERO
        : Dyadic.of(random.big(random.between(1, 60)), -random.between(0, 70));
      builder.row(bias, row);
    }
    return builder.build();
  });
  const network = new Network(layers);
  const inputs = network.inputs;
  const kind = random.below(6);
  const batch = Float64Array.from({ length: rows * inputs }, () => randomFloat(random, kind));
  let most = 0;
  for (const v of batch) most = Math.max(most, Math.abs(v));
  const negative = batch.some((v) => v < 0);
  const end = Dyadic.from(most);
  const domain = random.chance(4) ? undefined : ([negative ? end.neg() : Dyadic.ZERO, end] as const);
  return { network, domain, batch };
}

/** Wide layers of weights 1 and -1 (some of one sign, some with empty rows) between narrow ones, so that not all layers are dense. */
export function bitmapCase(random: Random, rows: number): Case {
  const pairs = random.between(1, 3);
  const widths = [random.between(1, 5)];
  for (let p = 0; p < pairs; p++) {
    const inputs = random.between(30, 150);
    widths.push(inputs, Math.ceil(4096 / inputs) + random.below(60));
  }
  widths.push(random.between(1, 4));
  const layers = widths.slice(1).map((outputs, l) => {
    const inputs = widths[l] as number;
    const builder = new LayerBuilder(inputs);
    const bitmap = l % 2 === 1 && l < widths.length - 2;
    const signs = random.below(3);
    const one = random.between(1, 4);
    for (let i = 0; i < outputs; i++) {
      const row: [number, Dyadic][] = [];
      if (bitmap && i % 7 !== 3) {
        for (let k = 0; k < inputs; k++) {
          const w = signs === 0 ? 1 : signs === 1 ? -1 : 1 - 2 * random.below(2);
          if (random.chance(one) || k === inputs - 1) row.push([k, Dyadic.of(BigInt(w), -l)]);
        }
      } else if (!bitmap) {
        const bits = random.between(1, 30);
        for (let k = 0; k < 2; k++) row.push([random.below(inputs), Dyadic.of(random.big(bits), -12)]);
      }
      const bias = random.chance(3) ? Dyadic.ZERO : Dyadic.of(random.big(bitmap ? 8 : 20), bitmap ? -l : -20);
      builder.row(bias, row);
    }
    return builder.build();
  });
  const kind = random.below(4);
  const batch = Float64Array.from({ length: rows * (widths[0] as number) }, () => randomFloat(random, kind));
  const end = Dyadic.from(batch.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
  return { network: new Network(layers), domain: [end.neg(), end], batch };
}

function randomFloat(random: Random, kind: number): number {
  const u = random.next() / 2 ** 32;
  const sign = random.chance(2) ? -1 : 1;
  switch (kind) {
    case 0:
      return random.between(0, 255);
    case 1:
      return random.between(-256, 256) / 256;
    case 2:
      return u;
    case 3:
      return sign * (u + random.next() / 2 ** 64);
    case 4:
      return random.chance(3) ? 0 : sign * u * 2 ** random.between(-200, 100);
    default:
      return [0, -0, 1, -1, 0.1, 1e-300, 5e-324, 1e300, Number.MAX_VALUE, 2 ** -1022][random.below(10)] as number;
  }
}

/** One-row networks whose largest partial sum is 2^k + delta exactly, in the last layer and below a relu. */
export function limitCases(): Case[] {
  const cases: Case[] = [];
  for (const k of [15, 26, 27, 28, 30, 31, 32, 53, 54, 55, 62, 63, 64, 65, 81, 108, 127, 128]) {
    for (const delta of [-1n, 0n, 1n]) {
      for (const sign of [1n, -1n]) {
        for (const hidden of [false, true]) {
          const target = (1n << BigInt(k)) + delta;
          const x = 2n ** BigInt(Math.min(20, k - 2)) - 1n;
          const w = (target / (2n * x)) | 1n; // odd: nothing can be divided out
          const rest = target - w * x;
          const row = oneRow([sign * w], sign * rest);
          const layers = hidden ? [row, oneRow([1n], 0n)] : [row];
          const batch = Float64Array.of(0, 1, Number(x), Number(x) - 1, 3);
          cases.push({ network: new Network(layers), domain: [Dyadic.ZERO, Dyadic.of(x)], batch });
        }
      }
    }
  }
  return cases;
}

/** Rows whose weights sum to 2^k - 1, 2^k, 2^k + 1 on activations with every digit set: the limit of a limb's sum. */
export function limbSumCases(): Case[] {
  const cases: Case[] = [];
  for (let k = 1; k <= 20; k++) {
    for (const delta of [-1, 0, 1]) {
      for (const sign of [1, -1]) {
        const sum = 2 ** k + delta;
        const weights = [BigInt(Math.ceil(sum / 2)), BigInt(Math.floor(sum / 2))].map((w) => w * BigInt(sign));
        const stretch = makeLayer({
          inputs: 1,
          outputs: 2,
          scale: 0,
          rowStart: Uint32Array.of(0, 1, 2),
          column: Uint32Array.of(0, 0),
          // Every input digit set, then multiplied by 2^90 + 1: limbs are all ones below.
          weight: [1n, 1n],
          bias: [(1n << 90n) - 1n, (1n << 120n) - 1n],
        });
        cases.push({
          network: new Network([stretch, oneRow(weights, 0n)]),
          domain: [Dyadic.ZERO, Dyadic.of(255n)],
          batch: Float64Array.of(0, 1, 255, 254),
        });
      }
    }
  }
  return cases;
}

/** Inputs of very different sizes, each with an interval of its own, against weights of very different sizes. */
export interface UnevenCase {
  readonly network: Network;
  readonly domain: readonly Interval[];
  readonly rows: readonly (readonly Dyadic[])[];
}

export function unevenCase(random: Random): UnevenCase {
  const widths = Array.from({ length: random.between(2, 5) }, () => random.between(1, 6));
  const sizes = Array.from({ length: widths[0] as number }, () => random.below(random.chance(3) ? 120 : 20));
  const signed = !random.chance(3);
  const one = random.between(1, 3);
  const layers = widths.slice(1).map((outputs, l) => {
    const builder = new LayerBuilder(widths[l] as number);
    const bits = random.between(1, [4, 14, 31, 50, 130][random.below(5)] as number);
    for (let i = 0; i < outputs; i++) {
      const row: [number, Dyadic][] = [];
      for (let k = 0; k < (widths[l] as number); k++) {
        const sign = random.chance(2) ? 1n : -1n;
        // Powers of two have a single digit, far up.
        const w = random.chance(4) ? sign << BigInt(random.below(bits)) : random.big(random.between(1, bits));
        if (random.chance(one)) row.push([k, Dyadic.of(w)]);
      }
      const far = random.chance(2) ? Dyadic.ZERO : Dyadic.of(random.big(random.between(1, 60)), -random.below(20));
      builder.row(far, row);
    }
    return builder.build();
  });
  const ends = sizes.map((b) => Dyadic.pow2(b));
  const domain = ends.map((end) => Interval.of(signed ? end.neg() : Dyadic.ZERO, end));
  const value = (b: number): Dyadic => {
    const least = signed ? -(1n << BigInt(b)) : 0n;
    const any = random.big(b);
    const v = [least, 1n << BigInt(b), signed || any > 0n ? any : -any][random.below(3)] as bigint;
    return Dyadic.of(v);
  };
  const rows = Array.from({ length: [1, 2, 6, 9, 17][random.below(5)] as number }, () => sizes.map(value));
  return { network: new Network(layers), domain, rows };
}

/**
 * Full layers whose weights have several digits and end at a digit's border, on inputs with every bit set or only the highest:
 * the largest sums have as many bits as products can, or one less.
 */
export function digitCases(): UnevenCase[] {
  const cases: UnevenCase[] = [];
  for (const weightBits of [16, 30, 45, 60]) {
    for (let inputBits = 1; inputBits <= 46; inputBits++) {
      for (const full of [true, false]) {
        const most = (bits: number): bigint => (full ? (1n << BigInt(bits)) - 1n : 1n << BigInt(bits - 1));
        const builder = new LayerBuilder(6);
        for (let i = 0; i < 6; i++) {
          const row = Array.from({ length: 6 }, (_, k): [number, Dyadic] => {
            // One large weight a row: what the others add does not lengthen the sum.
            return [k, Dyadic.of(i === k ? most(weightBits) * (i % 3 === 0 ? 1n : -1n) : 1n)];
          });
          builder.row(Dyadic.ZERO, row);
        }
        const end = Dyadic.of(most(inputBits));
        const rows = [0, 1].map((v) => Array.from({ length: 6 }, (_, k) => (v === 0 || k === 0 ? end : Dyadic.ZERO)));
        const domain = Array.from({ length: 6 }, () => Interval.of(Dyadic.ZERO, end));
        cases.push({ network: new Network([builder.build()]), domain, rows });
      }
    }
  }
  return cases;
}

function oneRow(weights: bigint[], bias: bigint) {
  const kept = weights.map((w, j) => [w, j] as const).filter(([w]) => w !== 0n);
  return makeLayer({
    inputs: weights.length,
    outputs: 1,
    scale: 0,
    rowStart: Uint32Array.of(0, kept.length),
    column: Uint32Array.from(kept, ([, j]) => j),
    weight: kept.map(([w]) => w),
    bias: [bias],
  });
}
