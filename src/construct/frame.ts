/**
 * A network drawn layer by layer under the weights of Q(0, b): multiples of 2^-b below 2 in magnitude. Units may ask for any
 * dyadic constant. A bias alone gives multiples of 2^-b below 2; the rest comes through depth:
 *
 *   finer      a unit that holds 2^(-j b) appears in layer j, each from the one before at weight 2^-b
 *   larger     `copies` units that hold 2^(g (t-1)) fill layer t, each a sum over the copies below, g = log2 of what that sum reaches
 *   window     a unit that holds 2^e serves, one layer up, every constant with binary digits in [e - b, e]
 *
 * Constants are settled when the frame is closed, from the last layer to the first, with as few such units as the digits allow.
 * A unit may name a wider set of digits than its constant has, so that the structure does not depend on the data.
 */
import { bitLength, Dyadic, refuse, trailingZeros } from '../exact/index.ts';
import { LayerBuilder, Network, type Term } from '../net/index.ts';

/** Thrown where a constant is wanted in a layer that is too low for it: the plan, not the user, is at fault. */
export class TooShallow extends Error {
  override readonly name = 'TooShallow';
}

interface Unit {
  readonly terms: readonly Term[];
  readonly constant: Dyadic;
  /** Binary digits that this unit's constant may have. */
  readonly digits: readonly number[];
}

/** m * 2^e as a weight. */
export function weightOf(m: number | bigint, e: number): number | Dyadic {
  const exact = Dyadic.of(BigInt(m), e);
  return bitLength(exact.m) <= 53 && exact.e > -1000 ? exact.toNumber() : exact;
}

export class Frame {
  private readonly layers: Unit[][] = [];
  private readonly growth: number;

  constructor(
    /** b. */
    readonly bits: number,
    /** Units of one layer that may serve to make large constants. */
    readonly copies: number,
  ) {
    this.growth = growthOf(copies, bits);
  }

  /** Layers begun so far. */
  get depth(): number {
    return this.layers.length;
  }

  /** Begins the next layer. */
  layer(): void {
    this.layers.push([]);
  }

  /** Adds relu(sum of terms + constant) to the layer begun last; terms refer to the layer before. */
  unit(terms: readonly Term[], constant: Dyadic = Dyadic.ZERO, digits: readonly number[] = digitsOf(constant)): number {
    const layer = this.layers[this.layers.length - 1] as Unit[];
    layer.push({ terms, constant, digits });
    return layer.length - 1;
  }

  /** Units of every layer, those that make constants included, without building. Throws {@link TooShallow}. */
  widths(): number[] {
    return this.settle().map((made, l) => (this.layers[l] as Unit[]).length + made.units.length + made.copies);
  }

  /** The network; its last layer holds the outputs. Throws {@link TooShallow}. */
  build(): Network {
    const made = this.settle();
    return new Network(
      this.layers.map((units, l) => {
        const below = l === 0 ? 1 : (this.layers[l - 1] as Unit[]).length;
        const sources = l === 0 ? undefined : made[l - 1];
        const layer = new LayerBuilder(below + (sources ? sources.units.length + sources.copies : 0));
        const write = (terms: readonly Term[], constant: Dyadic): void => {
          const { bias, extra } = this.realise(constant, l, sources, below);
          layer.row(bias, extra.length === 0 ? terms : [...terms, ...extra]);
        };
        for (const { terms, constant } of units) write(terms, constant);
        const { units: exponents, copies } = made[l] as Made;
        for (const e of exponents) write([], Dyadic.pow2(e));
        for (let i = 0; i < copies; i++) write([], Dyadic.pow2(this.growth * l));
        return layer.build();
      }),
    );
  }

  /** Which constant units every layer holds. */
  private settle(): Made[] {
    const made: Made[] = this.layers.map(() => ({ units: [], copies: 0 }));
    // Copies are needed up to the layer in which the largest digit wanted anywhere can be summed up.
    let copyLayers = 0;
    this.layers.forEach((units, l) => {
      for (const { digits } of units) {
        for (const d of digits) {
          if (d <= 0) continue;
          const layers = this.growth === 0 ? Number.POSITIVE_INFINITY : Math.ceil(d / this.growth);
          if (layers > l) throw new TooShallow(`2^${d} in layer ${l + 1}`);
          copyLayers = Math.max(copyLayers, layers);
        }
      }
    });
    for (let l = this.layers.length - 1; l > 0; l--) {
      const wanted = new Set<number>();
      for (const { digits } of this.layers[l] as Unit[]) for (const d of digits) wanted.add(d);
      for (const e of (made[l] as Made).units) wanted.add(e);
      const below = made[l - 1] as Made;
      below.copies = l <= copyLayers ? this.copies : 0;
      below.units = this.windows([...wanted].filter((d) => !this.served(d, l, below.copies)));
    }
    for (const d of (this.layers[0] as Unit[]).flatMap((u) => u.digits).concat((made[0] as Made).units)) {
      if (d > 0 || d < -this.bits) throw new TooShallow(`2^${d} in layer 1`);
    }
    return made;
  }

  /** Whether digit d of a constant in layer l (from 0) needs no window below: the bias or the copies give it. */
  private served(d: number, l: number, copies: number): boolean {
    if (d <= 0 && d >= -this.bits) return true;
    return copies > 0 && d >= this.growth * (l - 1) - this.bits && d <= this.growth * l;
  }

  /**
   * The fewest exponents e whose windows [e - b, e] cover the digits. Below 1 a unit is easier to make the larger it is,
   * above 1 the smaller.
   */
  private windows(digits: number[]): number[] {
    const sorted = digits.sort((x, y) => x - y);
    const out: number[] = [];
    for (let i = 0; i < sorted.length; ) {
      const low = sorted[i] as number;
      let top = low;
      for (; i < sorted.length && (sorted[i] as number) <= low + this.bits; i++) top = sorted[i] as number;
      out.push(low < 0 ? Math.max(top, Math.min(0, low + this.bits)) : top);
    }
    return out;
  }

  /** A constant of layer l as a bias and terms on the constant units below. */
  private realise(
    constant: Dyadic,
    l: number,
    sources: Made | undefined,
    offset: number,
  ): { bias: Dyadic; extra: Term[] } {
    if (constant.isZero) return { bias: constant, extra: [] };
    const sign = constant.sign;
    const parts = new Map<number | 'bias' | 'copies', Dyadic>();
    for (const d of digitsOf(constant)) {
      let key: number | 'bias' | 'copies' = 'bias';
      if (d > 0 || d < -this.bits) {
        const { units = [], copies = 0 } = sources ?? {};
        const served = this.served(d, l, copies);
        const at = units.findIndex((e) => d <= e && d >= e - this.bits);
        if (!served && at < 0) throw new TooShallow(`2^${d} in layer ${l + 1}`);
        key = served ? 'copies' : at;
      }
      parts.set(key, (parts.get(key) ?? Dyadic.ZERO).add(Dyadic.of(BigInt(sign), d)));
    }
    const extra: Term[] = [];
    let bias = Dyadic.ZERO;
    for (const [key, value] of parts) {
      if (key === 'bias') bias = value;
      else if (key === 'copies') {
        const first = offset + (sources as Made).units.length;
        const copies = Array.from({ length: (sources as Made).copies }, (_, i) => first + i);
        extra.push(...spread(value.scale(-this.growth * (l - 1)), copies, this.bits));
      } else extra.push([offset + key, value.scale(-((sources as Made).units[key] as number))]);
    }
    return { bias, extra };
  }
}

interface Made {
  /** Exponents of the units that hold a power of two. */
  units: number[];
  copies: number;
}

/** log2 of the largest power of two that a sum over the copies reaches; 0 where there are too few to grow. */
export function growthOf(copies: number, bits: number): number {
  return copies < 2 ? 0 : Math.floor(Math.log2(copies * (2 - 2 ** -Math.min(bits, 50))));
}

/** Terms of total weight `total` over units that hold the same number, every weight a multiple of 2^-b below 2. */
export function spread(total: Dyadic, units: readonly number[], bits: number): Term[] {
  const mantissa = total.mantissaAt(bits);
  const magnitude = mantissa < 0n ? -mantissa : mantissa;
  const limit = (1n << BigInt(bits + 1)) - 1n;
  const used = magnitude <= limit ? 1 : Math.min(units.length, Number((magnitude + limit - 1n) / limit));
  const each = magnitude / BigInt(used);
  const more = Number(magnitude % BigInt(used));
  if (each + (more > 0 ? 1n : 0n) > limit) refuse('spread', `a weight below ${2 * units.length}`, total);
  const sign = mantissa < 0n ? -1n : 1n;
  return Array.from({ length: used }, (_, i) => [
    units[i] as number,
    weightOf(sign * (each + (i < more ? 1n : 0n)), -bits),
  ]);
}

/** Layers of copies of the input, by which it grows to 2^inputGain times its size. */
export interface Growth {
  readonly inputLayers: number;
  readonly inputGain: number;
  /** Units in each of them. */
  readonly copies: number;
}

/** Draws the copies; factor * x in terms of the layer drawn last. */
export function growInput(frame: Frame, { inputLayers, inputGain, copies }: Growth, factor: Dyadic): Term[] {
  let source: number[] = [0];
  let left = inputGain;
  for (let t = 0; t < inputLayers; t++) {
    const gain = t === 0 ? 0 : Math.min(left, growthOf(copies, frame.bits));
    left -= gain;
    const terms = spread(Dyadic.pow2(gain), source, frame.bits);
    frame.layer();
    source = Array.from({ length: copies }, () => frame.unit(terms));
  }
  return spread(factor.scale(-inputGain), source, frame.bits);
}

/** log2 of the largest power of two that these layers and the weights behind them reach. */
export function reachOf({ inputLayers, copies }: Omit<Growth, 'inputGain'>, bits: number): number {
  const weight = Math.log2(2 - 2 ** -Math.min(bits, 40));
  return inputLayers === 0 ? weight : weight + Math.log2(copies) + growthOf(copies, bits) * (inputLayers - 1);
}

/** The positions of the ones in |x|. */
export function digitsOf(x: Dyadic): number[] {
  const out: number[] = [];
  let m = x.m < 0n ? -x.m : x.m;
  let at = x.e;
  while (m !== 0n) {
    const z = trailingZeros(m);
    at += z;
    out.push(at);
    m >>= BigInt(z + 1);
    at++;
  }
  return out;
}
