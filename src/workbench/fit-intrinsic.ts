/** Few intrinsic parameters [SYZ] as a method of `fit`: n + 2 numbers in the sup norm, the smallest n that is sure to reach epsilon. */
import { intrinsicDecoder } from '../construct/index.ts';
import { Dyadic, InputError } from '../exact/index.ts';
import { encodeNetwork } from '../io/index.ts';
import { type FitJob, type FitMethod, judged } from './fit-job.ts';
import { intrinsicFile } from './intrinsicFile.ts';

/** 2^n layers, and words of as many bits. */
const MOST_N = 12;

export const intrinsicMethod: FitMethod = {
  name: 'intrinsic',
  about: 'few intrinsic parameters: n + 2 long numbers in a decoder that other functions can share (see retarget)',
  byName: true,
  propose({ target, domain, epsilon, bits }: FitJob) {
    if (bits !== undefined)
      throw new InputError('intrinsic: expected no --bits, since its words are as long as they must be');
    const { lo, hi } = domain.file;
    for (let n = 1; n <= MOST_N; n++) {
      const decoder = intrinsicDecoder({ d: 1, n, sharedWords: true, domain: [[lo, hi]] });
      if (decoder.fit(target).guaranteed.gt(Dyadic.from(epsilon))) continue;
      const { fit, certificate, file } = intrinsicFile(decoder, target);
      const { network, intrinsic } = file;
      const { upper, lower, witness = [lo], boxes, restsOn } = certificate;
      return [
        {
          network,
          bytes: encodeNetwork({ network, domain: file.domain ?? [], ...(intrinsic ? { intrinsic } : {}) }).length,
          guaranteed: fit.guaranteed,
          details: { n, intrinsic: fit.intrinsic.length, 'intrinsic bits': fit.intrinsicBits },
          file: { intrinsic: intrinsic ?? [], meta: { intrinsic: file.meta.intrinsic } },
          certify: (within) => {
            const best = upper?.min(fit.guaranteed) ?? fit.guaranteed;
            const bounds = { lower, witness: witness[0] as Dyadic, restsOn, pieces: boxes, blocks: boxes };
            return judged({ upper: best, ...bounds }, within, 'a finer decoder is needed');
          },
        },
      ];
    }
    return `intrinsic: an error of ${epsilon} needs more than 2^${MOST_N} layers`;
  },
};
