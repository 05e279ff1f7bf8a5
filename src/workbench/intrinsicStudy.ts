/**
 * One function in decoders of growing n: error against the numbers that depend on f, against all parameters, and against bits. Few
 * numbers are no free lunch, and this is the bill.
 */
import { type Dyadic, refuse, type Target, wholeNumber } from '../exact/index.ts';
import { entropyBits } from '../rates/index.ts';
import { fitIntrinsic } from './fit-intrinsic.ts';

export interface IntrinsicStep {
  readonly n: number;
  /** Numbers that depend on f (n + 2), and the bits in them. */
  readonly count: number;
  readonly bits: number;
  /** M: all non-zero weights and biases. */
  readonly connectivity: number;
  readonly depth: number;
  /** Certified bounds on sup |f - net|. */
  readonly upper: Dyadic;
  readonly lower: Dyadic;
  /** The paper's bound. */
  readonly theorem: Dyadic;
  /** Bits that any scheme needs for all functions with f's Lipschitz constant and this error; undefined where f has none. */
  readonly entropy: bigint | undefined;
}

export interface IntrinsicStudy {
  readonly steps: readonly IntrinsicStep[];
  /** f's Lipschitz constant in the maximum norm. */
  readonly lipschitz: Dyadic | undefined;
  /** 2/d: error M^-(2/d) is the best rate of ReLU networks for Lipschitz functions. */
  readonly bestRate: number;
  readonly restsOn: readonly string[];
}

/** n d is at most this: a network of 2^12 layers. */
const MOST_BITS = 12;

/**
 * f on [0,1]^d in the decoders of n = 1..`largest` (default 8/d, rounded down, and at least 3). Throws InputError as `fitIntrinsic`
 * does, and where f is constant.
 */
export function intrinsicStudy(
  target: Target,
  { largest, onStep }: { readonly largest?: number; readonly onStep?: (n: number, of: number) => void } = {},
): IntrinsicStudy {
  const d = target.inputs;
  if (d > 3) refuse('intrinsicStudy', 'a target with 1..3 inputs', d);
  const last = largest ?? Math.max(3, Math.floor(8 / d));
  wholeNumber('intrinsicStudy largest n', last, 2, Math.floor(MOST_BITS / d));
  let lipschitz: Dyadic | undefined;
  let restsOn: readonly string[] = [];
  const steps = Array.from({ length: last }, (_, k): IntrinsicStep => {
    onStep?.(k + 1, last);
    const { fit, certificate, file } = fitIntrinsic(target, { n: k + 1 });
    const { shape } = fit.decoder;
    const upper = (certificate.upper ?? fit.guaranteed).min(fit.guaranteed);
    if (upper.isZero) refuse('intrinsicStudy', 'a function that is not constant', target.text);
    lipschitz = target.lipschitz?.(shape.domain, 64);
    restsOn = certificate.restsOn;
    const entropy =
      lipschitz && lipschitz.sign > 0
        ? entropyBits({ sides: shape.domain.map((s) => s.width), constant: lipschitz, error: upper, norm: 'sup' })
        : undefined;
    return Object.freeze({
      n: k + 1,
      count: fit.intrinsic.length,
      bits: fit.intrinsicBits,
      connectivity: file.network.connectivity,
      depth: file.network.depth,
      upper,
      lower: certificate.lower,
      theorem: fit.theorem.value,
      entropy,
    });
  });
  return Object.freeze({ steps: Object.freeze(steps), lipschitz, bestRate: 2 / d, restsOn });
}
