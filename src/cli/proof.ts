/** Proofs on disk: written only after the independent checker has accepted them. */
import { type ProvedSup, proveSup, type SupOptions } from '../certify/index.ts';
import { checkProof } from '../check/check.ts';
import { enclosures } from '../check/enclose.ts';
import { Rejected } from '../check/read.ts';
import { InputError, type Target } from '../exact/index.ts';
import { encodeNetwork } from '../io/index.ts';
import { Network } from '../net/index.ts';
import { writeWhole } from './files.ts';

/** The checker's enclosures are its own: where it finds a block too wide, all are halved, at most so often. */
const FINEST = 6;

/**
 * As proveSup; what the checker does not read is refused before anything is proved. The proof is written to `path` where
 * there is one. Throws InputError where f is not of a kind that the checker knows, or too hard for it.
 */
export function writeProof(path: string, net: Network, f: Target | Network, options: SupOptions): ProvedSup {
  const file = encodeNetwork({ network: net });
  const other = f instanceof Network ? encodeNetwork({ network: f }) : undefined;
  const expression = f instanceof Network || f.kind !== 'expression' ? undefined : f.text;
  try {
    if (expression !== undefined) enclosures(64).parse(expression);
  } catch (error) {
    throw rejected(error);
  }
  for (let fine = 0; ; fine++) {
    const proved = proveSup(net, f, { ...options, fine });
    if (!proved.proof) return proved;
    const text = `${JSON.stringify(proved.proof)}\n`;
    try {
      checkProof(JSON.parse(text), file, other);
    } catch (error) {
      if (fine < FINEST && expression !== undefined && error instanceof Rejected) continue;
      throw rejected(error);
    }
    writeWhole(path, text);
    return proved;
  }
}

const rejected = (error: unknown): unknown =>
  error instanceof Rejected ? new InputError(`--proof: the checker does not follow: ${error.message}`) : error;
