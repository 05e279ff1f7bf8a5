/** Twenty networks, 10^6 outputs: oracle, scalar, SIMD, pooled; in Node, Chromium and Firefox. OUTPUTS: fewer a network. */
import { sameBits } from '../samebits/suite.ts';

sameBits(Number(process.env.OUTPUTS ?? 50_000), false, 1_800_000);
