/**
 * JavaScript functions as targets. Nothing can be known of a callback but its values: a certificate rests on the Lipschitz
 * constant (or modulus of continuity) its author states, and on taking the float64 values it returns as exact.
 */
import { Dyadic, type DyadicLike } from './dyadic.ts';
import { Interval } from './interval.ts';
import { InputError, refuse, wholeNumber } from './refuse.ts';
import { MAX_PRECISION } from './span.ts';
import type { Target } from './target.ts';

export interface CallbackOptions {
  /** |f(x) - f(y)| <= lipschitz * |x - y|_inf. */
  readonly lipschitz?: DyadicLike;
  /** |f(x) - f(y)| <= modulus(t) for |x - y|_inf <= t; it must not decrease. Given instead of `lipschitz`. */
  readonly modulus?: (t: number) => number;
  /** How people name it; by default the function's own name. */
  readonly text?: string;
  /** Number of inputs d, handed to f as d arguments; 1 by default. */
  readonly inputs?: number;
}

/** The target that f describes. Throws InputError where neither a Lipschitz constant >= 0 nor a modulus is given. */
export function callbackTarget(f: (...x: number[]) => number, options: CallbackOptions): Target {
  if (typeof f !== 'function') refuse('callbackTarget', 'a function', f);
  const { lipschitz, modulus } = options;
  if ((lipschitz === undefined) === (modulus === undefined)) {
    refuse('callbackTarget', 'either a lipschitz constant or a modulus', modulus ? 'both' : 'neither');
  }
  const constant = lipschitz === undefined ? undefined : Dyadic.from(lipschitz);
  if (constant && constant.sign < 0) refuse('callbackTarget', 'a lipschitz constant >= 0', lipschitz);
  if (modulus !== undefined && typeof modulus !== 'function') refuse('callbackTarget', 'a modulus function', modulus);
  const inputs = wholeNumber('callbackTarget inputs', options.inputs ?? 1, 1, 64);
  return new CallbackTarget(f, constant, modulus, options.text ?? (f.name || 'a callback'), inputs);
}

class CallbackTarget implements Target {
  readonly kind = 'callback';
  readonly restsOn: readonly string[];
  readonly #f: (...x: number[]) => number;
  readonly #constant: Dyadic | undefined;
  readonly #modulus: ((t: number) => number) | undefined;

  constructor(
    f: (...x: number[]) => number,
    constant: Dyadic | undefined,
    modulus: ((t: number) => number) | undefined,
    readonly text: string,
    readonly inputs: number,
  ) {
    this.#f = f;
    this.#constant = constant;
    this.#modulus = modulus;
    this.restsOn = Object.freeze([
      constant
        ? `the stated Lipschitz constant ${constant.toNumber()} of ${text} in the maximum norm`
        : `the stated modulus of continuity of ${text} in the maximum norm`,
      `the float64 values that ${text} returns, taken as the exact values of f`,
    ]);
    Object.freeze(this);
  }

  enclose(box: readonly Interval[], precision: number): Interval | undefined {
    this.#check(box, precision);
    const middle = box.map((side) => side.mid.toNumber());
    const value = this.#valueAt(middle);
    if (!value) return undefined;
    const radius = box.reduce((most, side, v) => {
      const at = Dyadic.from(middle[v] as number);
      return most.max(side.hi.sub(at).abs()).max(at.sub(side.lo).abs());
    }, Dyadic.ZERO);
    const around = this.#spread(value, radius);
    if (!around) return undefined;
    if (this.inputs > 1 || radius.isZero) return around.round(precision);
    const halves = this.#halves(box[0] as Interval, Dyadic.from(middle[0] as number), value);
    return (halves?.meet(around) ?? around).round(precision);
  }

  /** One input: the value at both ends as well, each half enclosed from its two ends. */
  #halves(x: Interval, middle: Dyadic, value: Dyadic): Interval | undefined {
    const lo = Dyadic.from(x.lo.toNumber('up'));
    const hi = Dyadic.from(x.hi.toNumber('down'));
    // Ends that are no float64 are left to the enclosure around the middle, as is a middle outside them.
    if (!lo.eq(x.lo) || !hi.eq(x.hi) || middle.le(lo) || middle.ge(hi)) return undefined;
    const first = this.#valueAt([lo.toNumber()]);
    const last = this.#valueAt([hi.toNumber()]);
    if (!first || !last) return undefined;
    const left = this.#bridge(first, value, lo, middle);
    const right = this.#bridge(value, last, middle, hi);
    return left && right && left.hull(right);
  }

  /** f between the points s < t with the values a and b. Throws InputError where these contradict what was stated. */
  #bridge(a: Dyadic, b: Dyadic, s: Dyadic, t: Dyadic): Interval | undefined {
    const h = t.sub(s);
    const change = this.#change(h);
    if (change && b.sub(a).abs().gt(change)) {
      const stated = this.#constant ? `Lipschitz constant ${this.#constant.toNumber()}` : 'modulus of continuity';
      throw new InputError(
        `${this.text}: its values at ${s.toNumber()} and ${t.toNumber()} contradict the stated ${stated}`,
      );
    }
    if (this.#constant) {
      // Where the cones of both ends meet: (a + b)/2 +- L h/2.
      return this.#spread(a.add(b).scale(-1), h.scale(-1));
    }
    const low = this.#spread(a.min(b), h.scale(-1));
    const high = this.#spread(a.max(b), h.scale(-1));
    return low && high && low.hull(high);
  }

  /** value +- the largest change over a distance. */
  #spread(value: Dyadic, distance: Dyadic): Interval | undefined {
    const change = distance.isZero ? Dyadic.ZERO : this.#change(distance);
    return change && Interval.of(value.sub(change), value.add(change));
  }

  #change(distance: Dyadic): Dyadic | undefined {
    if (this.#constant) return this.#constant.mul(distance);
    const change = this.#modulus?.(distance.toNumber('up'));
    if (typeof change !== 'number' || !(change >= 0)) refuse(`modulus of ${this.text}`, 'a number >= 0', change);
    return change === Number.POSITIVE_INFINITY ? undefined : Dyadic.from(change);
  }

  #valueAt(x: readonly number[]): Dyadic | undefined {
    const value = this.#f(...x);
    if (typeof value !== 'number') refuse(`${this.text}(${x.join(', ')})`, 'a number', value);
    return Number.isFinite(value) ? Dyadic.from(value) : undefined;
  }

  /** Order 0 and, with a Lipschitz constant L, order 1 with the slope [-L, L]. */
  taylor(x: Interval, order: number, precision: number): Interval[] | undefined {
    if (this.inputs !== 1) refuse('taylor', 'a target of one input', this.inputs);
    const all = this.partials([x], order, precision);
    return all && [...all.values()];
  }

  partials(box: readonly Interval[], order: number, precision: number): ReadonlyMap<string, Interval> | undefined {
    wholeNumber('order of derivatives', order, 0, 64);
    const value = this.enclose(box, precision);
    if (!value || order > 1 || (order === 1 && !this.#constant)) return undefined;
    const unit = (v: number): string => box.map((_, w) => (v === w ? 1 : 0)).join(',');
    const out = new Map([[unit(-1), value]]);
    if (order === 1 && this.#constant) {
      const slope = Interval.of(this.#constant.neg(), this.#constant);
      for (let v = 0; v < this.inputs; v++) out.set(unit(v), slope);
    }
    return out;
  }

  lipschitz(box: readonly Interval[], precision: number): Dyadic | undefined {
    this.#check(box, precision);
    return this.#constant?.roundBits(precision, 'up');
  }

  modulus(t: Dyadic): Dyadic | undefined {
    return this.#change(t);
  }

  estimate(x: readonly number[]): number {
    return this.#f(...x);
  }

  #check(box: readonly Interval[], precision: number): void {
    if (box.length !== this.inputs) refuse('box', `${this.inputs} interval(s)`, box.length);
    wholeNumber('precision', precision, 2, MAX_PRECISION);
  }
}
