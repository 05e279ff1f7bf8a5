/**
 * D6: f -> f~, whose values on the grid i/T are multiples of 2^-t/T [DLS18, Prop. 4].
 *
 *   needs    |f(x) - f(y)| <= |x - y| on [0,1]
 *   gives    f~ has Lipschitz constant 1 as well; f~(i/T) is f(i/T) rounded up to the grid 2^-t/T; |f~ - f| < 2^-t/T
 *
 * On the cell [i/T, (i+1)/T], with c_i = f~(i/T) - f(i/T) (the shift that rounds up), f~ starts at f~(i/T) and moves with slope
 * 1 or -1 until it meets f + c_{i+1}:
 *
 *   f~ = min(f~(i/T) + (x - i/T), f + c_{i+1})  where c_{i+1} >= c_i,      max(f~(i/T) - (x - i/T), f + c_{i+1})  otherwise
 *
 * (In eq. 31 of the paper read f(ceil(Tx)/T) for f(ceil(Tx/T)): the shift on a cell is the one of its right end.)
 */
import { Dyadic, type DyadicLike, Interval, refuse, type Target, wholeNumber } from '../exact/index.ts';

export interface LipschitzTransform {
  readonly T: number;
  readonly t: number;
  /** f~(i/T) = values[i] 2^-t/T, i = 0..T. */
  readonly values: readonly bigint[];
  /**
   * 0, or how far f~(i/T) may lie below f(i/T): where f is on the grid, or within this of it, rounding up is not decided by
   * enclosures and the nearest multiple is taken.
   */
  readonly slack: Dyadic;
  /** f~ itself. */
  readonly target: Target;
}

export const MAX_TRANSFORM_GRID = 1 << 24;
const FIRST_PRECISION = 64;
const LAST_PRECISION = 512;

/**
 * Throws InputError where T is not a power of two up to 2^24, t not in 0..64, f not defined on the grid, or where two grid values
 * contradict the Lipschitz constant 1.
 */
export function lipschitzTransform(f: Target, T: number, t: number): LipschitzTransform {
  if (f.inputs !== 1) refuse('lipschitzTransform', 'a function of one input', `${f.inputs} inputs`);
  wholeNumber('lipschitzTransform: T', T, 1, MAX_TRANSFORM_GRID);
  if (!Number.isInteger(Math.log2(T))) refuse('lipschitzTransform: T', 'a power of two', T);
  wholeNumber('lipschitzTransform: t', t, 0, 64);
  const s = Math.log2(T);
  let slack = Dyadic.ZERO;
  const values: bigint[] = [];
  for (let i = 0; i <= T; i++) {
    const up = roundedUp(f, Dyadic.of(BigInt(i), -s), s + t);
    slack = slack.max(up.slack);
    values.push(up.value);
    const rise = i === 0 ? 0n : up.value - (values[i - 1] as bigint);
    if ((rise < 0n ? -rise : rise) > 1n << BigInt(t)) {
      refuse(
        'lipschitzTransform',
        'a function with Lipschitz constant 1',
        `${f.text}, steeper between ${i - 1}/${T} and ${i}/${T}`,
      );
    }
  }
  Object.freeze(values);
  return Object.freeze({ T, t, values, slack, target: new Transformed(f, s, s + t, values) });
}

/** ceil(f(x) 2^bits), and what it costs where the enclosures cannot tell. */
function roundedUp(f: Target, x: Dyadic, bits: number): { value: bigint; slack: Dyadic } {
  for (let precision = FIRST_PRECISION; ; precision *= 2) {
    const y = f.enclose([Interval.of(x)], precision);
    if (!y) refuse('lipschitzTransform', 'a function defined on [0,1]', `${f.text}, without a value at ${x}`);
    const [lo, hi] = [y.lo.scale(bits).ceil(), y.hi.scale(bits).ceil()];
    if (lo === hi) return { value: lo, slack: Dyadic.ZERO };
    if (precision >= LAST_PRECISION) return { value: lo, slack: y.hi.sub(Dyadic.of(lo, -bits)) };
  }
}

class Transformed implements Target {
  readonly kind = 'callback';
  readonly inputs = 1;
  readonly text: string;
  readonly restsOn: readonly string[];

  constructor(
    private readonly f: Target,
    /** T = 2^s. */
    private readonly s: number,
    /** Grid values are multiples of 2^-bits. */
    private readonly bits: number,
    private readonly values: readonly bigint[],
  ) {
    this.text = `f~ of ${f.text} on the grid 2^-${s}`;
    this.restsOn = Object.freeze([...f.restsOn, `Lipschitz constant 1 of ${f.text}`]);
    Object.freeze(this);
  }

  enclose(box: readonly Interval[], precision: number): Interval | undefined {
    const x = box[0] as Interval;
    if (x.lo.sign < 0 || x.hi.gt(Dyadic.ONE)) return undefined;
    const most = 2 ** this.s - 1;
    const first = Math.min(Number(x.lo.scale(this.s).floor()), most);
    const last = Math.max(first, Math.min(Number(x.hi.scale(this.s).ceil()) - 1, most));
    let all: Interval | undefined;
    if (last - first > 32) {
      // Wide boxes: the slope is at most 1.
      const middle = (first + last + 1) >> 1;
      const at = Dyadic.of(BigInt(middle), -this.s);
      const reach = x.hi.sub(at).max(at.sub(x.lo));
      const value = Dyadic.of(this.values[middle] as bigint, -this.bits);
      return Interval.of(value.sub(reach), value.add(reach)).round(precision);
    }
    for (let i = first; i <= last; i++) {
      const part = x.meet(Interval.of(Dyadic.of(BigInt(i), -this.s), Dyadic.of(BigInt(i + 1), -this.s)));
      const value = part && this.onCell(i, part, precision);
      if (!value) return undefined;
      all = all ? all.hull(value) : value;
    }
    return all?.round(precision);
  }

  /** f~ over a part of cell i. */
  private onCell(i: number, x: Interval, precision: number): Interval | undefined {
    const at = (k: number): Dyadic => Dyadic.of(BigInt(k), -this.s);
    const value = (k: number): Interval => Interval.of(Dyadic.of(this.values[k] as bigint, -this.bits));
    const start = this.f.enclose([Interval.of(at(i))], precision + this.bits);
    const end = this.f.enclose([Interval.of(at(i + 1))], precision + this.bits);
    const f = this.f.enclose([x], precision);
    if (!start || !end || !f) return undefined;
    const shift = value(i + 1).sub(end);
    const growth = shift.sub(value(i).sub(start));
    const along = x.sub(Interval.of(at(i)));
    const target = f.add(shift);
    const up = value(i).add(along).min(target);
    const down = value(i).sub(along).max(target);
    if (growth.lo.sign >= 0) return up;
    return growth.hi.sign < 0 ? down : up.hull(down);
  }

  lipschitz(): Dyadic {
    return Dyadic.ONE;
  }

  estimate([x]: readonly number[]): number {
    const v = Math.min(Math.max(x as number, 0), 1);
    const y = this.enclose([Interval.of(v)], 64);
    return y ? y.mid.toNumber() : Number.NaN;
  }
}

/** f~(x), enclosed with about `precision` bits. */
export function transformedAt(transform: LipschitzTransform, x: DyadicLike, precision = 64): Interval {
  const y = transform.target.enclose([Interval.of(x)], precision);
  return y ?? refuse('transformedAt', 'a point of [0,1] where f is defined', String(x));
}
