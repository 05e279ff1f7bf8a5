/**
 * Few intrinsic parameters [SYZ] as a way to fit: n + 2 numbers, the words shared by the readers; n as given, or the smallest that
 * is sure to reach epsilon. `fit` offers it for one input and the sup norm; `fitIntrinsic` for d inputs and every norm.
 */
import {
  type IntrinsicDecoder,
  type IntrinsicNorm,
  type IntrinsicOptions,
  intrinsicDecoder,
} from '../construct/index.ts';
import { Dyadic, InputError, Rational, refuse, type Target } from '../exact/index.ts';
import { encodeNetwork, type Meta } from '../io/index.ts';
import { type FitJob, type FitMethod, judged } from './fit-job.ts';
import { type IntrinsicResult, intrinsicFile } from './intrinsicFile.ts';

/** A decoder runs through 2^(nd) cells, and its words have as many bits: no more than 2^12 where n is to be found. */
const MOST_BITS = 12;

export interface FitIntrinsicOptions {
  /** Wanted bound on ||f - net||: above 0; a text is read as a decimal or a fraction. */
  readonly epsilon?: Rational | number | string;
  /** n: 2^n cells an axis; given instead of epsilon. */
  readonly n?: number;
  /** p >= 1, or 'sup' (default). */
  readonly norm?: IntrinsicNorm;
  /** Dyadic ends, one pair an input; [0, 1] each by default. */
  readonly domain?: IntrinsicOptions['domain'];
  /** Of the file. */
  readonly meta?: Meta;
}

/** A network for f with n + 2 intrinsic parameters, its proof and its file. Throws InputError where no such decoder can be made. */
export function fitIntrinsic(target: Target, options: FitIntrinsicOptions): IntrinsicResult {
  const { epsilon, n, norm = 'sup', domain, meta } = options;
  if ((epsilon === undefined) === (n === undefined)) {
    refuse('fitIntrinsic', 'either epsilon or n', n === undefined ? 'neither' : 'both');
  }
  const decoder =
    n === undefined
      ? smallest(target, wanted(epsilon as Rational | number | string), norm, domain)
      : shared(target.inputs, n, norm, domain);
  return intrinsicFile(decoder, target, meta ? { meta } : {});
}

function wanted(epsilon: Rational | number | string): Rational {
  if (typeof epsilon === 'number' && !Number.isFinite(epsilon)) refuse('intrinsic: epsilon', 'a number > 0', epsilon);
  const exact =
    typeof epsilon === 'string'
      ? Rational.parse(epsilon)
      : typeof epsilon === 'number'
        ? Rational.fromDyadic(Dyadic.from(epsilon))
        : epsilon;
  if (exact.sign <= 0) refuse('intrinsic: epsilon', 'a number > 0', epsilon);
  return exact;
}

function shared(d: number, n: number, norm: IntrinsicNorm, domain: IntrinsicOptions['domain']): IntrinsicDecoder {
  return intrinsicDecoder({ d, n, norm, sharedWords: true, ...(domain === undefined ? {} : { domain }) });
}

function smallest(
  target: Target,
  epsilon: Rational,
  norm: IntrinsicNorm,
  domain: IntrinsicOptions['domain'],
): IntrinsicDecoder {
  const most = Math.floor(MOST_BITS / target.inputs);
  for (let n = 1; n <= most; n++) {
    const decoder = shared(target.inputs, n, norm, domain);
    if (Rational.fromDyadic(decoder.guarantee(target)).compare(epsilon) <= 0) return decoder;
  }
  throw new InputError(`intrinsic: expected an error that 2^${most} cells an axis reach, got ${epsilon.toNumber()}`);
}

export const intrinsicMethod: FitMethod = {
  name: 'intrinsic',
  about: 'few intrinsic parameters: n + 2 long numbers in a decoder that other functions can share (see retarget)',
  byName: true,
  propose({ target, domain, epsilon, bits }: FitJob) {
    if (bits !== undefined)
      throw new InputError('intrinsic: expected no --bits, since its words are as long as they must be');
    const { lo, hi } = domain.file;
    const { fit, certificate, file } = fitIntrinsic(target, { epsilon, domain: [[lo, hi]] });
    const { network, intrinsic } = file;
    const { upper, lower, witness = [lo], boxes, restsOn } = certificate;
    return [
      {
        network,
        bytes: encodeNetwork({ network, domain: file.domain ?? [], ...(intrinsic ? { intrinsic } : {}) }).length,
        guaranteed: fit.guaranteed,
        details: {
          n: fit.decoder.shape.valueBits,
          intrinsic: fit.intrinsic.length,
          'intrinsic bits': fit.intrinsicBits,
        },
        file: { intrinsic: intrinsic ?? [], meta: { intrinsic: file.meta.intrinsic } },
        certify: (within) => {
          const best = upper?.min(fit.guaranteed) ?? fit.guaranteed;
          const bounds = { lower, witness: witness[0] as Dyadic, restsOn, pieces: boxes, blocks: boxes };
          return judged({ upper: best, ...bounds }, within, 'a finer decoder is needed');
        },
      },
    ];
  },
};
