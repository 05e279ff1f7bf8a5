/** Is the function in the class, after which scaling, and what does that rest on? Shared by D4 and D7 [DLS18, eq. 1]. */
import { Dyadic, Rational, refuse, type Target, wholeNumber } from '../exact/index.ts';
import { type Smoothness, scaleFor, smoothness } from './smoothness.ts';

/** Membership of f / 2^scaleLog2 in F_{d,n}. */
export interface Membership {
  readonly status: 'proved' | 'assumed';
  readonly scaleLog2: number;
  /** Bounds of the largest derivative of order 0..n on the cube; with 'assumed', `lower` is 0. */
  readonly lower: Dyadic;
  readonly upper: Dyadic;
}

export function assumed(where: string, scaleLog2: number): Membership {
  wholeNumber(`${where}: scaleLog2`, scaleLog2, 0, 1000);
  return { status: 'assumed', scaleLog2, lower: Dyadic.ZERO, upper: Dyadic.pow2(scaleLog2) };
}

/**
 * Membership as stated by `scaleLog2`, or else proved from the target. Throws InputError where f is not shown to have n bounded
 * derivatives on the cube.
 */
export function membershipOf(where: string, target: Target, n: number, scaleLog2?: number): Membership {
  if (scaleLog2 !== undefined) return assumed(where, scaleLog2);
  // A useless n is refused by its own name later; here it only has to be usable.
  const usable = Number.isInteger(n) && n >= 1 && n <= 16;
  const found: Smoothness | undefined = usable ? smoothness(target, n) : { lower: Dyadic.ZERO, upper: Dyadic.ONE };
  if (!found) {
    refuse(
      where,
      `a function with ${n} bounded derivative${n > 1 ? 's' : ''} on [0,1]^${target.inputs} (or a stated scaleLog2)`,
      target.text,
    );
  }
  return { status: 'proved', scaleLog2: scaleFor(found), ...found };
}

/** What a report rests on: the target's own sentences, and the statement of membership where it is one. */
export function membershipRests(target: Target, n: number, member: Membership): string[] {
  const out = [...target.restsOn];
  if (member.status === 'assumed') {
    out.push(`the statement that all derivatives up to order ${n} are at most 2^${member.scaleLog2} on the cube`);
  }
  return out;
}

/** f / 2^scaleLog2 is bounded, derivatives included, by this: 1, up to the rounding of enclosures, or less. */
export function derivativeBound({ upper, scaleLog2 }: Membership): Rational {
  return Rational.fromDyadic(upper.scale(-scaleLog2));
}

/** Numbers are read as the decimals they print as: 1e-6 means 1/1000000. */
export function epsilonOf(epsilon: number | string | Rational): Rational {
  if (epsilon instanceof Rational) return epsilon;
  if (typeof epsilon === 'number' && !Number.isFinite(epsilon)) refuse('epsilon', 'an error above 0', epsilon);
  const value = Rational.parse(String(epsilon));
  if (value.sign <= 0) refuse('epsilon', 'an error above 0', epsilon);
  return value;
}
