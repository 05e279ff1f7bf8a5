/** Small targets made by hand: the certificates' tests do not lean on the library's own enclosures of functions. */
import {
  Dyadic,
  type DyadicLike,
  enclosing,
  floorSqrt,
  Interval,
  quotient,
  Rational,
  type Target,
} from '../../src/exact/index.ts';

const binomial = (n: number, k: number): bigint => {
  let b = 1n;
  for (let i = 0; i < k; i++) b = (b * BigInt(n - i)) / BigInt(i + 1);
  return b;
};

/** c_0 + c_1 x + ..., exactly enclosed by Horner's rule. */
export function polynomial(...c: DyadicLike[]): Target {
  const coefficients = c.map((v) => Dyadic.from(v));
  const taylor = (x: Interval, order: number): Interval[] =>
    Array.from({ length: order + 1 }, (_, k) => {
      let v = Interval.of(0);
      for (let j = coefficients.length - 1; j >= k; j--) {
        v = v.mul(x).add(Interval.of(coefficients[j]!.mul(Dyadic.of(binomial(j, k)))));
      }
      return v;
    });
  return {
    kind: 'expression',
    inputs: 1,
    text: `polynomial ${coefficients.join(', ')}`,
    restsOn: ['f is a polynomial'],
    enclose: ([x]) => taylor(x!, 0)[0],
    taylor,
    estimate: ([x]) => coefficients.reduceRight((v, k) => v * x! + k.toNumber(), 0),
  };
}

/** 1/(1+x). */
export const reciprocal: Target = {
  kind: 'expression',
  inputs: 1,
  text: '1/(1+x)',
  restsOn: ['f is 1/(1+x)'],
  enclose: ([x], precision) => quotient(Interval.of(1), x!.add(Interval.of(1)), precision),
  taylor(x, order, precision) {
    const q = this.enclose([x], precision);
    if (!q) return undefined;
    const out = [q];
    for (let k = 1; k <= order; k++) out.push(out[k - 1]!.mul(q).neg().round(precision));
    return out;
  },
  estimate: ([x]) => 1 / (1 + x!),
};

function sqrtOf(x: Dyadic, precision: number, up: boolean): Dyadic {
  if (x.isZero) return x;
  const s = 2 * Math.max(precision - Math.floor(x.exponent / 2), 0) + 2 * Math.max(0, -x.e);
  const scaled = x.mantissaAt(s);
  const r = floorSqrt(scaled);
  return Dyadic.of(up && r * r !== scaled ? r + 1n : r, -s / 2);
}

/** sqrt(x), of infinite slope at 0 and undefined left of it. */
export const squareRoot: Target = {
  kind: 'expression',
  inputs: 1,
  text: 'sqrt(x)',
  restsOn: ['f is sqrt(x)'],
  enclose: ([x], precision) =>
    x!.lo.sign < 0 ? undefined : Interval.of(sqrtOf(x!.lo, precision, false), sqrtOf(x!.hi, precision, true)),
  taylor(x, order, precision) {
    if (x.lo.sign <= 0) return undefined;
    const out = [this.enclose([x], precision)!];
    for (let k = 1; k <= order; k++) {
      // t_k = t_(k-1) (3/2 - k) / (k x)
      const factor = quotient(Interval.of(Dyadic.of(BigInt(3 - 2 * k), -1)), x.mul(Interval.of(k)), precision)!;
      out.push(out[k - 1]!.mul(factor).round(precision));
    }
    return out;
  },
  estimate: ([x]) => Math.sqrt(x!),
};

/** |x - q|: a kink at a fraction. */
export function distanceTo(q: Rational): Target {
  return {
    kind: 'expression',
    inputs: 1,
    text: `abs(x - ${q})`,
    restsOn: ['f is a distance'],
    enclose: ([x], precision) => x!.sub(enclosing(q, precision)).abs(),
    taylor(x, order, precision) {
      const left = Rational.fromDyadic(x.hi).compare(q) <= 0;
      const right = Rational.fromDyadic(x.lo).compare(q) >= 0;
      const value = this.enclose([x], precision)!;
      if (left || right) {
        return Array.from({ length: order + 1 }, (_, k) => (k === 0 ? value : Interval.of(k > 1 ? 0 : left ? -1 : 1)));
      }
      return order < 2 ? [value, Interval.of(-1, 1)].slice(0, order + 1) : undefined;
    },
    estimate: ([x]) => Math.abs(x! - q.toNumber()),
  };
}

/** A function of which only values and a Lipschitz constant are known. */
export function lipschitzCallback(f: (x: number) => number, constant: number): Target {
  const lambda = Dyadic.from(constant);
  return {
    kind: 'callback',
    inputs: 1,
    text: 'callback',
    restsOn: [`the stated Lipschitz constant ${constant}`],
    enclose: ([x]) => {
      const mid = x!.mid.toNumber();
      const value = Interval.of(f(mid));
      const m = Dyadic.from(mid);
      const reach = x!.hi.sub(m).abs().max(x!.lo.sub(m).abs()).mul(lambda);
      return value.add(Interval.of(reach.neg(), reach));
    },
    lipschitz: () => lambda,
    estimate: ([x]) => f(x!),
  };
}

/** Points joined by lines. */
export function tableTarget(points: readonly (readonly [Rational, Rational])[]): Target {
  const knots = points.map(([x, y]) => ({ x, y }));
  const at = (x: Rational): Rational => {
    const i = Math.max(
      1,
      knots.findIndex((k) => k.x.compare(x) >= 0),
    );
    const [p, q] = [knots[i - 1]!, knots[i]!];
    return p.y.add(x.sub(p.x).div(q.x.sub(p.x)).mul(q.y.sub(p.y)));
  };
  return {
    kind: 'table',
    inputs: 1,
    text: 'table',
    restsOn: ['the table, read exactly'],
    knots,
    enclose: ([x], precision) => {
      const [lo, hi] = [Rational.fromDyadic(x!.lo), Rational.fromDyadic(x!.hi)];
      if (lo.compare(knots[0]!.x) < 0 || hi.compare(knots[knots.length - 1]!.x) > 0) return undefined;
      const inside = knots.filter((k) => k.x.compare(lo) > 0 && k.x.compare(hi) < 0).map((k) => k.y);
      return [at(lo), at(hi), ...inside].map((y) => enclosing(y, precision)).reduce((a, b) => a.hull(b));
    },
    estimate: ([x]) => at(Rational.fromDyadic(Dyadic.from(x!))).toNumber(),
  };
}
