/**
 * The Lipschitz constant of parameters -> function on a class of networks [GBGR, point (ii)], with explicit constants.
 *
 *   Theta(W, L, r, D): depth L, width <= W, every layer ||A_l|| <= r as a map of l_inf to l_inf and |c_l|_inf <= r, |x|_inf <= D
 *
 *   ||R(theta) - R(theta')||_inf <= Lip ||theta - theta'||_inf,   Lip = sum over l of r^(L-l) (W alpha_(l-1) + 1),
 *   alpha_0 = D, alpha_l = r alpha_(l-1) + r                      (alpha_l bounds every activation of layer l)
 *
 * Proof. Change one layer at a time: with the layers below l taken from theta and those above from theta', the l-th step moves
 * its layer's output by at most (||A_l - A'_l|| alpha_(l-1) + |c_l - c'_l|) <= (W alpha_(l-1) + 1) ||theta - theta'||_inf, relu moves
 * nothing further apart, and the L - l layers above multiply by r each. Add the L steps.
 *
 * The constant is the least one: a network whose layers have all W^2 entries r/W and all biases r, at x = (D, ..., D), against
 * the same with every entry smaller by t, comes as close to it as one likes as t -> 0.
 *
 * For r >= 1 it is at most  r^(L-1) L (W (D + (L-1)/2) + 1),  the known form c W L^2 r^(L-1).
 */
import { Dyadic, type DyadicLike, refuse, wholeNumber } from '../exact/index.ts';
import { LayerBuilder, LIMITS, Network } from '../net/index.ts';

export interface ParameterClass {
  /** W, input and output included. */
  readonly width: number;
  readonly depth: number;
  /** r, above 0: bounds ||A_l||_inf and |c_l|_inf. */
  readonly norm: DyadicLike;
  /** D >= 0: |x|_inf <= D. */
  readonly box: DyadicLike;
}

export interface ClassLipschitz {
  /** The least Lipschitz constant of the class (beyond 256 binary digits rounded up). */
  readonly constant: Dyadic;
  /** r^(L-1) L (W (D + (L-1)/2) + 1), where r >= 1; rounded like the constant. */
  readonly formula?: Dyadic;
  /** alpha_L: no output of the class is larger. */
  readonly reach: Dyadic;
}

/** Throws InputError where the class is none. */
export function classLipschitz(given: ParameterClass): ClassLipschitz {
  const { width, depth, norm: r, box } = checked(given);
  const cut = (v: Dyadic): Dyadic => v.roundBits(256, 'up');
  const w = Dyadic.from(width);
  let alpha = box;
  let constant = Dyadic.ZERO;
  let power = Dyadic.ONE;
  for (let l = 1; l <= depth; l++) {
    constant = cut(constant.mul(r).add(w.mul(alpha).add(Dyadic.ONE)));
    alpha = cut(r.mul(alpha).add(r));
    if (l > 1) power = cut(power.mul(r));
  }
  if (r.lt(Dyadic.ONE)) return Object.freeze({ constant, reach: alpha });
  const middle = box.add(Dyadic.of(BigInt(depth - 1), -1));
  const formula = cut(power.mul(Dyadic.from(depth)).mul(w.mul(middle).add(Dyadic.ONE)));
  return Object.freeze({ constant, formula, reach: alpha });
}

/** The pair that comes near the constant: entries r/W and biases r (W a power of two, so that r/W is dyadic), and `less` less. */
export function extremePair(given: ParameterClass, less: DyadicLike): { first: Network; second: Network; x: Dyadic[] } {
  const { width, depth, norm, box } = checked(given);
  if ((width & (width - 1)) !== 0) refuse('extremePair width', 'a power of two', width);
  const t = Dyadic.from(less);
  const entry = norm.scale(-Math.log2(width));
  const build = (shift: Dyadic): Network => {
    const layer = new LayerBuilder(width);
    const terms = Array.from({ length: width }, (_, j) => [j, entry.sub(shift)] as const);
    for (let i = 0; i < width; i++) layer.row(norm.sub(shift), terms);
    const built = layer.build();
    return new Network(Array.from({ length: depth }, () => built));
  };
  return { first: build(Dyadic.ZERO), second: build(t), x: new Array<Dyadic>(width).fill(box) };
}

function checked({ width, depth, norm, box }: ParameterClass): {
  width: number;
  depth: number;
  norm: Dyadic;
  box: Dyadic;
} {
  const where = 'classLipschitz';
  wholeNumber(`${where} width`, width, 1, LIMITS.width);
  wholeNumber(`${where} depth`, depth, 1, LIMITS.depth);
  const r = Dyadic.from(norm);
  if (r.sign <= 0) refuse(`${where} norm`, 'a number above 0', norm);
  const d = Dyadic.from(box);
  if (d.sign < 0) refuse(`${where} box`, 'a number of at least 0', box);
  return { width, depth, norm: r.roundBits(64, 'up'), box: d.roundBits(64, 'up') };
}
