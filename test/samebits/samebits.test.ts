/** Needs the build (`npm test` makes it); `npm run test:slow` takes a million outputs. */
import { sameBits } from './suite.ts';

sameBits(100, true, 55_000);
