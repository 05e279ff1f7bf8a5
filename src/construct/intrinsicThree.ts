/**
 * Three intrinsic parameters [SYZ]: |s net(x, v) + b - f(x)| <= epsilon on the box, where the network does not depend on f.
 *
 * Cells and bits a value are chosen so that the word v = B N^d bits is shortest: with h the length of a cell and R what f can
 * move over the box, omega(h/2 + w) + R / (2 (2^B - 1)) <= epsilon, up to the rounding of s and b.
 */
import {
  Dyadic,
  type DyadicLike,
  type Interval,
  modulusBound,
  Rational,
  refuse,
  type Target,
  wholeNumber,
} from '../exact/index.ts';
import {
  boxOf,
  decoderOf,
  hoelder,
  type IntrinsicDecoder,
  type IntrinsicFit,
  type IntrinsicOptions,
} from './intrinsic.ts';

interface ThreeOptions extends Pick<IntrinsicOptions, 'domain' | 'perLayer'> {
  /** Wanted bound on sup |f - net|, above 0. */
  readonly epsilon: DyadicLike | Rational;
}

export interface IntrinsicThreeDecoderOptions extends ThreeOptions {
  readonly d: number;
  /** lambda: |f(x) - f(y)| <= lambda |x - y|_inf^alpha. */
  readonly constant: DyadicLike;
  /** alpha, above 0 and at most 1 (default): a Hoelder class. */
  readonly exponent?: number;
}

const PRECISION = 64;
const MOST_BITS = 48;
const MOST_CELLS = 1 << 20;
/** A ramp is between a 16th and a 32nd of a cell: half a cell and a shift are at most 9/16 of it. */
const REACH = Dyadic.of(9n, -4);

/** The decoder that brings every function of the class within epsilon. Throws InputError where an option is out of its range. */
export function intrinsicThreeDecoder(options: IntrinsicThreeDecoderOptions): IntrinsicDecoder {
  const d = wholeNumber('intrinsic: d', options.d, 1, 4);
  const constant = Dyadic.from(options.constant);
  const exponent = options.exponent ?? 1;
  if (constant.sign <= 0) refuse('intrinsic: constant', 'a number > 0', options.constant);
  if (!(exponent > 0 && exponent <= 1)) refuse('intrinsic: exponent', 'a number above 0, at most 1', exponent);
  return decoderFor(options, boxOf(options.domain, d), (t) => hoelder(constant, exponent, t));
}

/** A network with three intrinsic numbers for this target. Throws InputError where the target has no modulus of continuity, or none small enough. */
export function intrinsicThree(options: ThreeOptions & { readonly target: Target }): IntrinsicFit {
  const { target } = options;
  const box = boxOf(options.domain, target.inputs);
  const known = (t: Dyadic): Dyadic =>
    modulusBound(target, box, t, PRECISION) ??
    refuse('intrinsic', 'a target whose modulus of continuity is known on the box', target.text);
  return decoderFor(options, box, known).fit(target);
}

function decoderFor(
  { epsilon, perLayer }: ThreeOptions,
  domain: readonly Interval[],
  omega: (t: Dyadic) => Dyadic,
): IntrinsicDecoder {
  const wanted = readEpsilon(epsilon);
  const { cells, valueBits } = shortest(domain, omega, wanted);
  return decoderOf(
    { domain, cells, valueBits, norm: 'sup', single: true, sharedWords: true, perLayer: perLayer ?? 1 },
    wanted,
  );
}

/** Exactly; a text is read as a decimal or a fraction. */
function readEpsilon(epsilon: ThreeOptions['epsilon']): Dyadic {
  if (typeof epsilon === 'number' && !Number.isFinite(epsilon)) refuse('intrinsic: epsilon', 'a number > 0', epsilon);
  const exact = typeof epsilon === 'string' ? Rational.parse(epsilon) : epsilon;
  const value =
    exact instanceof Rational ? (exact.toDyadic() ?? exact.roundBits(PRECISION, 'down')) : Dyadic.from(exact);
  if (value.sign <= 0) refuse('intrinsic: epsilon', 'a number > 0', epsilon);
  return value;
}

/** The cells and bits whose word is shortest. */
function shortest(
  domain: readonly Interval[],
  omega: (t: Dyadic) => Dyadic,
  epsilon: Dyadic,
): { cells: number; valueBits: number } {
  const d = domain.length;
  const side = domain.reduce((m, s) => m.max(s.width), Dyadic.ZERO);
  const range = omega(side);
  // Enclosures of f over many cells are what takes time: each count of cells is asked for once.
  const known = new Map<number, Dyadic>();
  const near = (cells: number): Dyadic => {
    const found = known.get(cells) ?? omega(longestReach(side, cells));
    known.set(cells, found);
    return found;
  };
  const hopeless = near(MOST_CELLS).gt(epsilon);
  let best: { cells: number; valueBits: number } | undefined;
  for (let valueBits = 1; valueBits <= MOST_BITS && !hopeless; valueBits++) {
    if (best && valueBits * 2 ** d >= best.valueBits * best.cells ** d) break;
    // s and b are rounded to B + 3 digits: one part in 2^B covers it.
    const rounding = Rational.fromDyadic(range.mul(Dyadic.ONE.add(Dyadic.pow2(-valueBits))))
      .div(Rational.of(2n * ((1n << BigInt(valueBits)) - 1n)))
      .roundBits(PRECISION, 'up');
    const rest = epsilon.sub(rounding);
    if (rest.sign <= 0) continue;
    const cells = fewestCells((n) => near(n).le(rest));
    if (cells === undefined) continue;
    if (!best || valueBits * cells ** d < best.valueBits * best.cells ** d) best = { cells, valueBits };
  }
  if (!best) refuse('intrinsic: epsilon', `an error that ${MOST_CELLS} cells an axis reach`, epsilon.toNumber());
  return best;
}

/** Half a cell and a shift, from above; borders that are rounded down lengthen a cell by at most the shift. */
function longestReach(side: Dyadic, cells: number): Dyadic {
  const whole = Number.isInteger(Math.log2(cells)) ? REACH : REACH.add(Dyadic.pow2(-4));
  return Rational.fromDyadic(side.mul(whole))
    .div(Rational.of(BigInt(cells)))
    .roundBits(PRECISION, 'up');
}

function fewestCells(enough: (cells: number) => boolean): number | undefined {
  let high = 2;
  while (!enough(high)) {
    high *= 2;
    if (high > MOST_CELLS) return undefined;
  }
  let low = Math.max(1, high / 2);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return Math.max(2, high);
}
