// Compiles the two modules of the core, the runner and the tools, in SIMD, scalar and debug builds, and writes each shipped build as
// a module of hexadecimal text, so that the library needs no file access and no fetch to start. (Compressed, as files travel, that
// is a fifth smaller than base64, which hides repeated bytes.)
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const asc = join(root, 'node_modules/assemblyscript/bin/asc');
mkdirSync(join(root, 'build'), { recursive: true });
mkdirSync(join(root, 'src/engine'), { recursive: true });

for (const [module, entry] of [
  ['core', 'assembly/index.ts'],
  ['tools', 'assembly/tools.ts'],
]) {
  for (const [target, suffix] of [
    ['release', ''],
    ['scalar', '-scalar'],
    ['debug', '-debug'],
  ]) {
    const wasm = `build/${module}${suffix}.wasm`;
    execFileSync(process.execPath, [asc, entry, '--target', target, '--binaryFile', wasm], { cwd: root, stdio: 'inherit' });
    if (target === 'debug') continue;
    writeFileSync(
      join(root, 'src/engine', `${module}${suffix}-wasm.ts`),
      `// Written by assembly/build.mjs from ${wasm}.\nexport const wasmHex: string =\n  '${readFileSync(join(root, wasm)).toString('hex')}';\n`,
    );
  }
}
