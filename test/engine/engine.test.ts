import { readFileSync } from 'node:fs';
import { engineSuite } from '../support/engineSuite.ts';

const debug = (): Uint8Array => readFileSync(new URL('../../build/core-debug.wasm', import.meta.url));
let once: Uint8Array | undefined;

engineSuite('SIMD core', () => 'simd');
engineSuite('scalar core', () => 'scalar');
engineSuite('core with its assertions alive', () => (once ??= debug()));
