/** The same suite as in Node: the engine's bits are the oracle's in a browser too. */
import { engineSuite } from '../support/engineSuite.ts';

let once: Uint8Array | undefined;
const debug = async (): Promise<Uint8Array> => {
  const answer = await fetch(new URL('../../build/core-debug.wasm', import.meta.url));
  return new Uint8Array(await answer.arrayBuffer());
};

engineSuite('SIMD core', () => 'simd');
engineSuite('scalar core', () => 'scalar');
engineSuite('core with its assertions alive', async () => (once ??= await debug()));
