/**
 * Approximation with few intrinsic parameters [SYZ]: one decoder for all functions, into which a function is put with few numbers.
 *
 *   I1   n + 2 numbers        ||f - net||_p   <= omega(sqrt(d) 2^-n) + 2^(2-n) omega(sqrt(d)),   p >= 1, f continuous on [0,1]^d
 *   I2   3^d n + 2 numbers    the same in the sup norm; n + 2 where the readers share their words
 *   I3   3 numbers, s, v, b   sup |f - net| <= epsilon, for every f whose modulus of continuity allows it (intrinsicThree.ts)
 *   I4   two functions, one decoder: their networks differ in these numbers only
 *
 * omega is the modulus of continuity (for Euclidean distances; bounds for the maximum norm, which is finer, are used). On other
 * boxes distances count in sides of the box, and the L^p norm is that of the box's own volume.
 * What is guaranteed is less than the theorem's bound, with h the length of a cell:
 *
 *   sup   omega(h/2 + w) + rounding            L^p   volume^(1/p) (omega(h/2) + rounding + 2^-(n+d+3) (omega(side) + 2 rounding))
 */
import {
  bitLength,
  Dyadic,
  type DyadicLike,
  Interval,
  modulusBound,
  refuse,
  type Target,
  wholeNumber,
} from '../exact/index.ts';
import { raised, rooted } from '../exact/power.ts';
import type { Layer, Network } from '../net/index.ts';
import { DecoderNetwork, type IntrinsicEntry, type IntrinsicValues } from './intrinsicNetwork.ts';
import {
  cellEnds,
  type IntrinsicNorm,
  type IntrinsicShape,
  planShape,
  RAMP_SPARE,
  type ShapeOptions,
} from './intrinsicShape.ts';
import { intrinsicFormula, type Levels, levelsOf, valuesOf } from './intrinsicValues.ts';

export interface IntrinsicOptions {
  /** n >= 1: 2^n cells an axis, values of n bits. */
  readonly n: number;
  /** p >= 1, or 'sup' (also Infinity). Default: 'sup'. */
  readonly norm?: IntrinsicNorm;
  /** Dyadic ends, one pair an input; [0, 1] each by default. */
  readonly domain?: readonly (readonly [lo: DyadicLike, hi: DyadicLike])[];
  /** s: bits of every word that a layer reads, 1..8; 1 by default. The depth falls with s, the width grows with 2^s. */
  readonly perLayer?: number;
  /** Sup norm: one set of words for all 3^d readers, so n + 2 numbers. Default: false, as the theorem counts. */
  readonly sharedWords?: boolean;
}

export interface IntrinsicDecoderOptions extends IntrinsicOptions {
  /** d: inputs of the targets. */
  readonly d: number;
}

/** One of the numbers that depend on the target. */
export interface IntrinsicNumber extends IntrinsicEntry {
  readonly value: Dyadic;
  /** Of a word, the bits it holds; of s and b, the digits of their mantissas. */
  readonly bits: number;
}

export interface IntrinsicFit {
  readonly status: 'proved';
  readonly network: Network;
  readonly decoder: IntrinsicDecoder;
  /** The intrinsic entries of the network and their values. */
  readonly intrinsic: readonly IntrinsicNumber[];
  /** Bits in all of them. */
  readonly intrinsicBits: number;
  readonly norm: IntrinsicNorm;
  /** ||f - net|| is at most this. */
  readonly guaranteed: Dyadic;
  /** The paper's bound for this f, from above; never below `guaranteed`. */
  readonly theorem: { readonly formula: string; readonly value: Dyadic };
  readonly restsOn: readonly string[];
  readonly levels: Levels;
  /** The network's value by its formula, exactly. */
  readonly formula: (x: readonly Dyadic[]) => Dyadic;
}

/** A network without the numbers that belong to a target. */
export interface IntrinsicDecoder {
  readonly shape: IntrinsicShape;
  /** Layers, counted as everywhere (L). */
  readonly depth: number;
  /** The layers that every fit's network has, as the same objects: all but the second and the last. */
  readonly layers: readonly Layer[];
  readonly entries: readonly IntrinsicEntry[];
  /** The error that every fit is held to, where the decoder was made for one (three numbers). */
  readonly epsilon: Dyadic | undefined;
  /** The network of these values, whatever they stand for: words in the order of the entries, s and b. */
  put(values: IntrinsicValues): Network;
  /** What `fit` will guarantee of f, without the network. Throws InputError as `fit` does. */
  guarantee(f: Target): Dyadic;
  /** Puts f in. Throws InputError where f has another number of inputs, is not shown to be defined, has no modulus, or misses epsilon. */
  fit(f: Target): IntrinsicFit;
}

const PRECISION = 64;

/** Throws InputError where an option is out of its range or the network would be too large. */
export function intrinsicDecoder(options: IntrinsicDecoderOptions): IntrinsicDecoder {
  const d = wholeNumber('intrinsic: d', options.d, 1, 4);
  const n = wholeNumber('intrinsic: n', options.n, 1, 20);
  return decoderOf({
    domain: boxOf(options.domain, d),
    cells: 2 ** n,
    valueBits: n,
    norm: normOf(options.norm),
    single: false,
    sharedWords: options.sharedWords ?? false,
    perLayer: options.perLayer ?? 1,
  });
}

/** A network for one target. Throws InputError as {@link intrinsicDecoder} and `fit` do. */
export function intrinsic(options: IntrinsicOptions & { readonly target: Target }): IntrinsicFit {
  const { target, ...rest } = options;
  return intrinsicDecoder({ ...rest, d: target.inputs }).fit(target);
}

/** The decoder of a plan; with `epsilon`, targets that it does not bring within it are refused. */
export function decoderOf(options: ShapeOptions, epsilon?: Dyadic): IntrinsicDecoder {
  const shape = planShape(options);
  // Thousands of layers: drawn when the first of them is asked for.
  let drawn: DecoderNetwork | undefined;
  const made = (): DecoderNetwork => {
    drawn ??= new DecoderNetwork(shape);
    return drawn;
  };
  const decoder: IntrinsicDecoder = {
    shape,
    depth: shape.depth,
    get layers() {
      return made().shared;
    },
    get entries() {
      return made().entries;
    },
    epsilon,
    put: (values) => made().network(values),
    guarantee: (f) => study(decoder, f).guaranteed,
    fit: (f) => fitTo(decoder, made, f),
  };
  return Object.freeze(decoder);
}

function normOf(norm: IntrinsicNorm = 'sup'): IntrinsicNorm {
  if (norm === 'sup' || norm === Number.POSITIVE_INFINITY) return 'sup';
  if (typeof norm !== 'number' || !(norm >= 1)) refuse('intrinsic: norm', "'sup' or a number p >= 1", norm);
  return norm;
}

export function boxOf(domain: IntrinsicOptions['domain'], d: number): readonly Interval[] {
  if (domain === undefined) return Array.from({ length: d }, () => Interval.of(0, 1));
  if (domain.length !== d) refuse('intrinsic: domain', `${d} pair(s) of ends`, domain.length);
  return domain.map(([a, b]) => {
    const [lo, hi] = [Dyadic.from(a), Dyadic.from(b)];
    if (!lo.lt(hi)) refuse('intrinsic: domain', 'a lower end below the upper end', `[${lo}, ${hi}]`);
    return Interval.of(lo, hi);
  });
}

/** The levels of f, and what they guarantee. */
function study(
  { shape, epsilon }: IntrinsicDecoder,
  f: Target,
): { levels: Levels; guaranteed: Dyadic; theorem: Dyadic } {
  if (f.inputs !== shape.inputs) refuse('intrinsic', `a target with ${shape.inputs} input(s)`, f.inputs);
  const bounds = boundsOf(shape, f);
  const levels = levelsOf(shape, f);
  const own = bounds.guaranteed(levels);
  if (epsilon && own.gt(epsilon)) {
    const want = `a target that this decoder brings within ${epsilon.toNumber()}`;
    refuse('intrinsic', want, `${f.text}, for which ${own.toNumber('up')} is guaranteed`);
  }
  const theorem = epsilon ?? bounds.theorem;
  return { levels, guaranteed: own.min(theorem), theorem };
}

function fitTo(decoder: IntrinsicDecoder, draw: () => DecoderNetwork, f: Target): IntrinsicFit {
  const { shape, epsilon } = decoder;
  const { levels, guaranteed, theorem } = study(decoder, f);
  const made = draw();
  const values = valuesOf(shape, levels);
  const intrinsic = made.entries.map((entry, k): IntrinsicNumber => {
    const word = values.words[k];
    if (word !== undefined) return Object.freeze({ ...entry, value: Dyadic.of(word), bits: shape.wordBits });
    const value = entry.name === 's' ? values.scale : values.offset;
    return Object.freeze({ ...entry, value, bits: bitLength(value.m) });
  });
  return Object.freeze({
    status: 'proved' as const,
    network: made.network(values),
    decoder,
    intrinsic: Object.freeze(intrinsic),
    intrinsicBits: intrinsic.reduce((sum, { bits }) => sum + bits, 0),
    norm: shape.norm,
    guaranteed,
    theorem: Object.freeze({ formula: epsilon ? 'epsilon' : THEOREM, value: theorem }),
    restsOn: f.restsOn,
    levels,
    formula: (x: readonly Dyadic[]) => intrinsicFormula(shape, levels, x),
  });
}

const THEOREM = 'omega_f(sqrt(d) 2^-n) + 2^(2-n) omega_f(sqrt(d))';

/** What holds of every network of this shape for f: the modulus of continuity at a few distances. */
function boundsOf(shape: IntrinsicShape, f: Target): { guaranteed: (levels: Levels) => Dyadic; theorem: Dyadic } {
  const { domain, norm, inputs, valueBits, rampDigits } = shape;
  const omega = (t: Dyadic): Dyadic => {
    const bound = modulusBound(f, domain, t, PRECISION);
    return bound ?? refuse('intrinsic', 'a target whose modulus of continuity is known on the box', f.text);
  };
  const side = domain.reduce((m, s) => m.max(s.width), Dyadic.ZERO);
  const half = halfCell(shape);
  const near = omega(norm === 'sup' ? half.add(Dyadic.pow2(-rampDigits)) : half);
  const whole = omega(side);
  const volume = domain.reduce((v, s) => v.mul(s.width), Dyadic.ONE);
  const weight = norm === 'sup' ? Dyadic.ONE : rooted(Interval.of(volume), norm, PRECISION).hi;
  const up = (x: Dyadic): Dyadic => x.mul(weight).roundBits(PRECISION, 'up');
  const root = rooted(Interval.of(inputs), 2, PRECISION).hi;
  const far = side.mul(root);
  return {
    guaranteed: ({ rounding, scale }) => {
      const good = near.add(rounding);
      if (norm === 'sup') return up(good);
      // On the ramps the network stays between b and the greatest value.
      const bad = whole.add(rounding).add(scale.scale(-valueBits));
      return up(good.add(bad.scale(-valueBits - inputs - RAMP_SPARE)));
    },
    theorem: up(omega(far.scale(-valueBits)).add(omega(far).scale(2 - valueBits))),
  };
}

/** Half the length of the longest cell. */
function halfCell(shape: IntrinsicShape): Dyadic {
  let most = Dyadic.ZERO;
  for (let axis = 0; axis < shape.inputs; axis++) {
    for (let t = 0; t < shape.cells; t++) {
      const [lo, hi] = cellEnds(shape, axis, t);
      most = most.max(hi.sub(lo));
    }
  }
  return most.scale(-1);
}

/** lambda t^alpha, from above: the modulus of a Hoelder class. */
export function hoelder(constant: Dyadic, exponent: number, t: Dyadic): Dyadic {
  return constant.mul(raised(Interval.of(t), exponent, PRECISION).hi).roundBits(PRECISION, 'up');
}
