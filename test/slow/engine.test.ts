/** The engine against the oracle on twenty times as many pairs as `npm test` takes. */
import { engineSuite } from '../support/engineSuite.ts';

engineSuite('SIMD core', () => 'simd', 200_000);
engineSuite('scalar core', () => 'scalar', 200_000);
