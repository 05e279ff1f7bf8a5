/**
 * Property tests draw the same cases in every run of `npm test`, so that a commit is green or red, not both.
 * DYADNET_SEED chooses other cases: a number, or `random` (which `npm run test:slow` takes), printed when a property fails.
 */
import fc from 'fast-check';

const wanted = process.env.DYADNET_SEED ?? '20261122';
const seed = wanted === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(wanted);
if (!Number.isInteger(seed)) throw new Error(`DYADNET_SEED: expected a whole number or 'random', got ${wanted}`);
fc.configureGlobal({ seed });
