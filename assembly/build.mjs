// Compiles the core (SIMD, scalar and debug builds) and writes each shipped build as a base64 module,
// so that the library needs no file access and no fetch to start.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const asc = join(root, 'node_modules/assemblyscript/bin/asc');
mkdirSync(join(root, 'build'), { recursive: true });
mkdirSync(join(root, 'src/engine'), { recursive: true });

for (const target of ['release', 'scalar', 'debug']) {
  execFileSync(process.execPath, [asc, 'assembly/index.ts', '--target', target], { cwd: root, stdio: 'inherit' });
}
for (const [wasm, module] of [
  ['core.wasm', 'core-wasm.ts'],
  ['core-scalar.wasm', 'core-scalar-wasm.ts'],
]) {
  const base64 = readFileSync(join(root, 'build', wasm)).toString('base64');
  writeFileSync(
    join(root, 'src/engine', module),
    `// Written by assembly/build.mjs from build/${wasm}.\nexport const wasmBase64: string =\n  '${base64}';\n`,
  );
}
