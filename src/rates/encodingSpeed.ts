/**
 * Encoding speeds (Kolmogorov-Donoho): gamma*_encod(C) = the largest gamma for which C has coverings of radius O(M^-gamma) by
 * 2^M elements; with metric entropy e^(-1/s) (logarithms aside) it is s. [GBGR, point (i)]: an infinity-encodable family approximates
 * no class at a faster rate, gamma*_approx(C | Sigma) <= gamma*_encod(C).
 *
 * All classes are unit balls on [0,1]^d. Known values, each with its source and the condition under which it holds:
 *
 *   hoelder   C^s in L_inf               s/d                 Kolmogorov, Tikhomirov 1959
 *   sobolev   W^s_p in L_q               s/d                 s/d > 1/p - 1/q; Birman, Solomyak 1967
 *   besov     B^s_(p,r) in L_q           s/d                 s/d > 1/p - 1/q; Edmunds, Triebel 1996
 *   bv        bounded variation in L_q   1/d                 q < d/(d-1) (d = 1: q < inf); between B^1_(1,1) and B^1_(1,inf)
 *   monotone  in L_q, d = 1              1                   q < inf; van der Vaart, Wellner 1996, Thm. 2.7.5
 *   convex    Lipschitz, in L_inf        2/d                 Bronshtein 1976
 *   cartoon   C^b pieces, C^b edges, L_2 b/(2(d-1))          d >= 2; Donoho 2001 (d = b = 2), Petersen, Voigtlaender 2018
 *   analytic  bounded near the cube      inf                 entropy log(1/e)^(d+1); Kolmogorov, Tikhomirov 1959
 */
import { Rational, refuse, wholeNumber } from '../exact/index.ts';
import { encodability } from './encodability.ts';
import type { Family } from './family.ts';

type Positive = number | string | Rational;

export type FunctionClass =
  | { readonly class: 'lipschitz'; readonly d?: number }
  | { readonly class: 'hoelder'; readonly s: Positive; readonly d?: number }
  | {
      readonly class: 'sobolev' | 'besov';
      readonly s: Positive;
      /** 1..Infinity. */
      readonly p: number;
      readonly q: number;
      readonly d?: number;
    }
  | { readonly class: 'bv'; readonly q: number; readonly d?: number }
  | { readonly class: 'monotone'; readonly q: number }
  | { readonly class: 'convex'; readonly d?: number }
  | { readonly class: 'cartoon'; readonly b: Positive; readonly d?: number }
  | { readonly class: 'analytic'; readonly d?: number };

const CLASSES = [
  'lipschitz',
  'hoelder',
  'sobolev',
  'besov',
  'bv',
  'monotone',
  'convex',
  'cartoon',
  'analytic',
] as const;

export interface EncodingSpeed {
  /** Such as `unit ball of W^2_1 on [0,1]^2`. */
  readonly name: string;
  readonly norm: string;
  /** gamma*_encod; undefined where it is infinite. */
  readonly speed: Rational | undefined;
  readonly source: string;
  /** Under which condition this is known, where there is one. */
  readonly condition?: string;
}

const where = (what: string): string => `encodingSpeed ${what}`;

/** The encoding speed of a class. Throws InputError where the parameters are none, or the condition fails. */
export function encodingSpeed(given: FunctionClass): EncodingSpeed {
  const d =
    'd' in given && given.d !== undefined
      ? wholeNumber(where('d'), given.d, 1, 1 << 20)
      : given.class === 'cartoon'
        ? 2
        : 1;
  const cube = d === 1 ? '[0,1]' : `[0,1]^${d}`;
  const over = (s: Rational): Rational => s.div(Rational.of(BigInt(d)));
  switch (given.class) {
    case 'lipschitz':
      return row(`Lipschitz functions on ${cube}`, 'L_inf', over(Rational.of(1n)), 'Kolmogorov, Tikhomirov 1959');
    case 'hoelder': {
      const s = positive('s', given.s);
      return row(`C^${s} on ${cube}`, 'L_inf', over(s), 'Kolmogorov, Tikhomirov 1959');
    }
    case 'sobolev':
    case 'besov': {
      const s = positive('s', given.s);
      const [p, q] = [exponent('p', given.p), exponent('q', given.q)];
      const gap = p.sub(q);
      const condition = 's/d > 1/p - 1/q';
      if (over(s).compare(gap) <= 0) {
        refuse(
          where(`${given.class}`),
          `${condition}, without which the class has no finite covering`,
          `s/d = ${over(s)}, 1/p - 1/q = ${gap}`,
        );
      }
      const sobolev = given.class === 'sobolev';
      return row(
        `${sobolev ? `W^${s}_${given.p}` : `B^${s}_(${given.p},r)`} on ${cube}`,
        `L_${given.q}`,
        over(s),
        sobolev ? 'Birman, Solomyak 1967' : 'Edmunds, Triebel 1996',
        condition,
      );
    }
    case 'bv': {
      const q = exponent('q', given.q);
      const critical = Rational.of(BigInt(d - 1), BigInt(d));
      if (q.compare(critical) <= 0) {
        refuse(where('bv'), d === 1 ? 'q below infinity' : `q below d/(d-1) = ${d}/${d - 1}`, given.q);
      }
      const source = 'B^1_(1,1) < BV < B^1_(1,inf): Edmunds, Triebel 1996';
      return row(
        `bounded variation on ${cube}`,
        `L_${given.q}`,
        over(Rational.of(1n)),
        source,
        d === 1 ? 'q < inf' : 'q < d/(d-1)',
      );
    }
    case 'monotone': {
      if (exponent('q', given.q).sign === 0) refuse(where('monotone'), 'q below infinity', given.q);
      const source = 'van der Vaart, Wellner 1996, Theorem 2.7.5';
      return row('monotone functions into [0,1] on [0,1]', `L_${given.q}`, Rational.of(1n), source, 'q < inf');
    }
    case 'convex':
      return row(`convex Lipschitz functions on ${cube}`, 'L_inf', over(Rational.of(2n)), 'Bronshtein 1976');
    case 'cartoon': {
      const b = positive('b', given.b);
      if (d < 2) refuse(where('cartoon d'), 'a dimension of at least 2', d);
      const speed = b.div(Rational.of(2n * BigInt(d - 1)));
      return row(
        `cartoon-like functions, C^${b} pieces and edges, on ${cube}`,
        'L_2',
        speed,
        'Donoho 2001; Petersen, Voigtlaender 2018',
        'd >= 2',
      );
    }
    case 'analytic':
      return row(`analytic functions, bounded near ${cube}`, 'L_inf', undefined, 'Kolmogorov, Tikhomirov 1959');
    default:
      return refuse(where('class'), CLASSES.join(', '), (given as { class: unknown }).class);
  }
}

function row(
  name: string,
  norm: string,
  speed: Rational | undefined,
  source: string,
  condition?: string,
): EncodingSpeed {
  return Object.freeze({ name, norm, speed, source, ...(condition ? { condition } : {}) });
}

function positive(what: string, given: Positive): Rational {
  const value = given instanceof Rational ? given : finite(what, given);
  return value.sign > 0 ? value : refuse(where(what), 'a number above 0', given);
}

function finite(what: string, given: number | string): Rational {
  if (typeof given === 'number' && !Number.isFinite(given)) refuse(where(what), 'a number above 0', given);
  return Rational.parse(String(given));
}

/** 1/p for p in [1, Infinity]. */
function exponent(what: string, p: number): Rational {
  if (!(typeof p === 'number' && p >= 1)) refuse(where(what), 'a number of at least 1, or Infinity', p);
  return p === Number.POSITIVE_INFINITY ? Rational.of(0n) : Rational.of(1n).div(Rational.parse(String(p)));
}

export interface RateCeiling extends EncodingSpeed {
  /** Whether the family is shown to be encodable far enough for the ceiling to hold. */
  readonly holds: boolean;
  /** A rate that the family is known to reach, where one is. */
  readonly reached?: { readonly rate: Rational; readonly source: string };
  readonly sentence: string;
}

/**
 * The best rate that a family can have on a class: its encoding speed, where the family is infinity-encodable (or gamma-encodable
 * for a gamma beyond that speed). `reached`, a rate known to be reached (or the library's own knowledge), settles whether any
 * better rate can be hoped for.
 */
export function rateCeiling(
  of: FunctionClass,
  family: Family,
  reached?: { rate: Positive; source: string },
): RateCeiling {
  const speed = encodingSpeed(of);
  const verdict = encodability(family);
  const holds =
    verdict.status === 'infinity-encodable' ||
    (verdict.status === 'gamma-encodable' &&
      speed.speed !== undefined &&
      Rational.parse(String(verdict.gamma)).compare(speed.speed) > 0);
  const known = reached
    ? { rate: positive('reached rate', reached.rate), source: reached.source }
    : knownRate(of, family);
  const subject = `${speed.name} in ${speed.norm} by ${family.name}`;
  const sentence = !holds
    ? `${subject}: no ceiling is shown, since ${verdict.sentence}`
    : speed.speed === undefined
      ? `${subject}: the encoding speed is infinite and bounds no rate`
      : known && known.rate.compare(speed.speed) > 0
        ? refuse('rateCeiling reached', `a rate of at most the encoding speed ${speed.speed}`, known.rate)
        : known?.rate.eq(speed.speed)
          ? `${subject}: rate ${speed.speed} is reached (${known.source}) and equals the encoding speed: no better rate can be hoped for`
          : `${subject}: no rate beyond the encoding speed ${speed.speed}`;
  return Object.freeze({ ...speed, holds, ...(known ? { reached: known } : {}), sentence });
}

/** Rates that the library knows to be reached, logarithms aside. */
function knownRate(of: FunctionClass, family: Family): RateCeiling['reached'] {
  const one = Rational.of(1n);
  const dimension = 'd' in of && of.d !== undefined ? of.d : 1;
  const smooth = of.class === 'lipschitz' ? one : of.class === 'hoelder' ? positive('s', of.s) : undefined;
  if (family.name === 'sparse ReLU networks' && smooth) {
    const rate = smooth.div(Rational.of(BigInt(dimension)));
    return { rate, source: 'Yarotsky 2017; built here for Lipschitz functions and W^n_inf [DLS18, Theorem 1]' };
  }
  if (dimension !== 1) return undefined;
  if (family.name === 'Chebyshev' && smooth) return { rate: smooth, source: 'Jackson 1911' };
  if (family.name === 'free-knot piecewise linear' && smooth && smooth.compare(Rational.of(2n)) <= 0) {
    return { rate: smooth, source: 'interpolation at equidistant knots' };
  }
  if (family.name === 'Fourier' && of.class === 'sobolev' && of.p === 2 && of.q === 2) {
    return { rate: positive('s', of.s), source: 'Parseval: the first M terms' };
  }
  if (family.name === 'Haar' && of.class === 'bv' && of.q === 2)
    return { rate: one, source: 'DeVore 1998, nonlinear approximation' };
  return undefined;
}
