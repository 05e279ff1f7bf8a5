/**
 * A box of inputs mapped onto [-1, 1]^d by an exact affine map, so that inputs of any size are split alike.
 *
 * Ends of boxes are float64 numbers used as exact dyadics: they are scaled by powers of two, rounded to whole numbers
 * outward, compared. A middle may be any number in between, so its own rounding loses nothing.
 */
import { Dyadic, type Interval } from '../exact/index.ts';
import { type BoxNumbers, LayerBuilder, Network } from '../net/index.ts';

export class UnitBox {
  /** Ends of the mapped box. */
  readonly lo: Float64Array;
  readonly hi: Float64Array;
  /** x_i = mid_i + 2^log_i u_i, as a network. */
  readonly map: Network;
  private readonly mid: readonly Dyadic[];
  private readonly log: readonly number[];

  constructor(
    domain: readonly Interval[],
    /** Where points of the domain are taken from. */
    private readonly inner: readonly Interval[] = domain,
  ) {
    const mid = domain.map(({ lo, hi }) => lo.add(hi).scale(-1).roundBits(53, 'down'));
    const log = domain.map(({ lo, hi }, i) => {
      const m = mid[i] as Dyadic;
      const reach = hi.sub(m).max(m.sub(lo));
      return reach.isZero ? 0 : reach.exponent + 1;
    });
    const mapped = (x: Dyadic, i: number): Dyadic => x.sub(mid[i] as Dyadic).scale(-(log[i] as number));
    this.lo = Float64Array.from(domain, (x, i) => mapped(x.lo, i).toNumber('down'));
    this.hi = Float64Array.from(domain, (x, i) => mapped(x.hi, i).toNumber('up'));
    const layer = new LayerBuilder(domain.length);
    for (let i = 0; i < domain.length; i++) layer.unit(mid[i] as Dyadic, [i, Dyadic.pow2(log[i] as number)]);
    this.map = new Network([layer.build()]);
    this.mid = mid;
    this.log = log;
  }

  /** A point of the mapped box as a point of the domain. */
  toDomain(u: Float64Array): Dyadic[] {
    return this.inner.map(({ lo, hi }, i) => {
      const x = Dyadic.from(u[i] as number)
        .scale(this.log[i] as number)
        .add(this.mid[i] as Dyadic);
      return x.max(lo).min(hi);
    });
  }

  /** A corner of the domain. */
  get corner(): Dyadic[] {
    return this.inner.map((x) => x.lo);
  }
}

/** Fractional digits of a box's numbers: |u| <= 1 and some room. */
const BOX_SCALE = 28;
/** Sides below this are not halved. */
const NARROWEST = 2 ** -22;

/** The box in whole numbers, outward. Scaling by powers of two and rounding to whole numbers are exact here. */
export function boxNumbers(lo: Float64Array, hi: Float64Array): BoxNumbers {
  const centre = new Int32Array(lo.length);
  const radius = new Int32Array(lo.length);
  for (let i = 0; i < lo.length; i++) {
    const from = Math.floor((lo[i] as number) * 2 ** BOX_SCALE);
    const to = Math.ceil((hi[i] as number) * 2 ** BOX_SCALE);
    const c = Math.floor((from + to) / 2);
    centre[i] = c;
    radius[i] = Math.max(to - c, c - from);
  }
  return { scale: BOX_SCALE, centre, radius };
}

/** The input to halve: the one most to blame, else the widest; -1 where all are too narrow. */
export function cutOf(lo: Float64Array, hi: Float64Array, blame: Float64Array): number {
  let cut = -1;
  let most = -1;
  for (let i = 0; i < lo.length; i++) {
    const width = (hi[i] as number) - (lo[i] as number);
    if (width <= NARROWEST) continue;
    const b = (blame[i] as number) + 1e-9 * width;
    if (b > most) {
      most = b;
      cut = i;
    }
  }
  return cut;
}

/** The upper end of the lower half and the lower end of the upper one. */
export function halved(lo: Float64Array, hi: Float64Array, cut: number): [Float64Array, Float64Array] {
  const middle = ((lo[cut] as number) + (hi[cut] as number)) / 2;
  const left = Float64Array.from(hi);
  left[cut] = middle;
  const right = Float64Array.from(lo);
  right[cut] = middle;
  return [left, right];
}

/** v 2^-scale for a whole v below 2^53, as the float64 that it is, or one above where it is none. */
export function exactly(v: number, scale: number): number {
  if (v === 0) return 0;
  if (scale > 900) return 2 ** -800;
  return scale < -900 ? Number.POSITIVE_INFINITY : v * 2 ** -scale;
}
