/** Twenty networks, 10^6 outputs: oracle, scalar, SIMD, pooled; in Node, Chromium and Firefox. */
import { sameBits } from '../samebits/suite.ts';

sameBits(50_000, false, 1_800_000);
