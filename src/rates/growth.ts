/**
 * Growth functions of M with an order that can be read off, and a value that is a whole number at every M:
 *
 *   g(M) = c * M^p * log(M)^q * 2^e(M),     log(M) = ceil(log2(2 M)),  c > 0, p, q >= 0, e another growth function
 *
 * as text: '1', '3 M^2', 'M^0.5 log(M)', '2^(M)', '4 * 2^(log(M)^2)'. Values are rounded up, so that they bound whatever is
 * at most c M^p (log2 2M)^q 2^e. Orders, not values, decide what a family is shown to be.
 */
import { bitLength, ceilDivide, floorRoot, InputError, Rational, refuse, shown, wholeNumber } from '../exact/index.ts';

export interface Growth {
  readonly factor: Rational;
  /** p. */
  readonly power: Rational;
  /** q. */
  readonly log: number;
  /** e. */
  readonly exponent?: Growth;
  readonly text: string;
}

export type GrowthLike = Growth | string | number;

/** Reads a growth function. Throws InputError where the text is none, or a power is negative. */
export function growth(given: GrowthLike): Growth {
  if (typeof given === 'object' && given !== null) return given;
  const text = String(given).trim();
  const refused = (): never =>
    refuse('growth', "a product such as '3 M^2 log(M)' or '2^(M)', powers at least 0, factors above 0", given);
  let factor = Rational.of(1n);
  let power = Rational.of(0n);
  let log = 0;
  let exponent: Growth | undefined;
  let rest = text;
  if (rest === '' || rest.length > 200) refused();
  while (rest !== '') {
    const term =
      /^(?:2\s*\^\s*(M(?:\^[\d.]+)?)|2\s*\^\s*\(|log\(M\)(?:\^(-?\d+))?|M(?:\^(-?[\d.]+(?:\/\d+)?))?|(-?\d+(?:\.\d+)?(?:\/\d+)?))/.exec(
        rest,
      );
    if (!term) return refused();
    let length = term[0].length;
    if (term[0].endsWith('^(') || term[0].endsWith('^ (')) {
      const inside = untilClosed(rest.slice(length));
      if (inside === undefined || exponent) return refused();
      exponent = growth(inside);
      length += inside.length + 1;
    } else if (term[1] !== undefined) {
      if (exponent) refused();
      exponent = growth(term[1]);
    } else if (term[0].startsWith('log')) {
      log += Number(term[2] ?? 1);
    } else if (term[0].startsWith('M')) {
      power = power.add(numberIn(term[3] ?? '1', refused));
    } else {
      factor = factor.mul(numberIn(term[4] as string, refused));
    }
    rest = rest.slice(length).replace(/^\s*\*?\s*/, '');
  }
  if (power.sign < 0 || log < 0 || factor.sign <= 0) refused();
  if (power.d > 64n || power.n > 1n << 20n || log > 1000) refused();
  return Object.freeze({ factor, power, log, ...(exponent ? { exponent } : {}), text });
}

function numberIn(text: string, refused: () => never): Rational {
  try {
    return Rational.parse(text);
  } catch (error) {
    if (error instanceof InputError) return refused();
    throw error;
  }
}

function untilClosed(text: string): string | undefined {
  let depth = 1;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')' && --depth === 0) return text.slice(0, i);
  }
  return undefined;
}

/** M, a whole number from 1. */
export function checkSize(where: string, size: number): number {
  return wholeNumber(`${where} M`, size, 1, 2 ** 40);
}

/** Digits beyond which values are not written out. */
const MOST_DIGITS = 1 << 22;

/** g(M), rounded up. Throws InputError where it has more than 2^22 binary digits. */
export function valueAt(g: Growth, size: number): bigint {
  checkSize('growth', size);
  const m = BigInt(size);
  const l = BigInt(bitLength(2n * m - 1n));
  let value = root(m, g.power) * l ** BigInt(g.log);
  if (g.exponent) {
    const e = valueAt(g.exponent, size);
    if (e > BigInt(MOST_DIGITS)) refuse(`growth ${g.text} at M = ${size}`, `at most ${MOST_DIGITS} binary digits`, e);
    value <<= e;
  }
  return ceilDivide(value * g.factor.n, g.factor.d);
}

/** ceil(M^p). */
function root(m: bigint, p: Rational): bigint {
  const power = m ** p.n;
  if (p.d === 1n) return power;
  const down = floorRoot(power, Number(p.d));
  return down ** p.d === power ? down : down + 1n;
}

/** ceil(log2 g(M)), at least 0; the value itself is not written out. */
export function log2At(g: Growth, size: number): bigint {
  checkSize('growth', size);
  const m = BigInt(size);
  const log = (v: bigint): bigint => BigInt(v <= 1n ? 0 : bitLength(v - 1n));
  const l = log(BigInt(bitLength(2n * m - 1n))) * BigInt(g.log);
  // ceil(log2(c M^p)): exactly, from c^d M^n.
  const scaled = ceilDivide(g.factor.n ** g.power.d * m ** g.power.n, g.factor.d ** g.power.d);
  const rest = ceilDivide(log(scaled), g.power.d) + l;
  return rest + (g.exponent ? valueAt(g.exponent, size) : 0n);
}

/** The order of a growth: M^power times logs, or faster than every power (`power` undefined). */
export interface Order {
  readonly power?: Rational;
  readonly log: number;
}

export function orderOf(g: Growth): Order {
  if (!g.exponent) return { power: g.power, log: g.log };
  const e = orderOf(g.exponent);
  if (e.power?.sign === 0 && e.log === 0) return { power: g.power, log: g.log };
  if (e.power?.sign === 0 && e.log === 1) {
    // 2^(c log M) is a power; log(M) <= log2(M) + 2.
    return { power: g.power.add(g.exponent.factor), log: g.log };
  }
  return { log: g.log };
}

/** The order of log2 g. */
export function logOrder(g: Growth): Order {
  const plain: Order = { power: Rational.of(0n), log: g.power.sign > 0 || g.log > 0 ? 1 : 0 };
  if (!g.exponent) return plain;
  const e = orderOf(g.exponent);
  if (e.power === undefined) return e;
  return e.power.sign > 0 || e.log > plain.log ? e : plain;
}

/** Whether g = O(M^(p + h)) for every h > 0. */
export function within({ power }: Order, p: bigint): boolean {
  return power !== undefined && power.compare(Rational.of(p)) <= 0;
}

/** The order of a product. */
export function timesOrder(a: Order, b: Order): Order {
  const log = a.log + b.log;
  return a.power && b.power ? { power: a.power.add(b.power), log } : { log };
}

export function largerOrder(a: Order, b: Order): Order {
  if (!a.power || !b.power) return a.power ? b : a;
  const side = a.power.compare(b.power);
  return side > 0 || (side === 0 && a.log >= b.log) ? a : b;
}

/** `M^2 log(M)`, `1`, or `faster than every power of M`. */
export function orderText({ power, log }: Order): string {
  if (!power) return 'faster than every power of M';
  const parts = [
    ...(power.sign === 0 ? [] : [power.n === power.d ? 'M' : `M^${power.d === 1n ? power.n : power.toNumber()}`]),
    ...(log === 0 ? [] : [log === 1 ? 'log(M)' : `log(M)^${log}`]),
  ];
  return parts.length === 0 ? '1' : parts.join(' ');
}

/** A rate such as gamma: a number or a text, above 0, at most 1024. */
export function rate(where: string, given: number | string | Rational): Rational {
  const value =
    given instanceof Rational ? given : numberIn(String(given), () => refuse(where, 'a number above 0', given));
  if (value.sign <= 0 || value.compare(Rational.of(1024n)) > 0)
    refuse(where, 'a number above 0, at most 1024', shown(given));
  return value;
}

/** ceil(gamma log2 M): the g with 2^-g <= M^-gamma. */
export function precisionFor(gamma: Rational, size: number): number {
  const power = BigInt(size) ** gamma.n;
  const bits = power <= 1n ? 0 : bitLength(power - 1n);
  return Math.ceil(bits / Number(gamma.d));
}
