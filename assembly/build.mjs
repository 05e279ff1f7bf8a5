// Compiles the two modules of the core, the runner and the tools, in SIMD, scalar and debug builds, and writes each shipped build as
// a module of text, so that the library needs no file access and no fetch to start. A byte is the character whose code is 121
// less the byte, modulo 256: the usual instructions become ASCII. (Compressed, as files travel, that is a twentieth smaller than
// hexadecimal text and a quarter smaller than base64, which hides repeated bytes.)
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const asc = join(root, 'node_modules/assemblyscript/bin/asc');
mkdirSync(join(root, 'build'), { recursive: true });
mkdirSync(join(root, 'src/engine'), { recursive: true });

const TYPED = ['--transform', 'as-bind', '--exportRuntime'];

for (const [module, entry, options] of [
  ['core', 'assembly/index.ts', []],
  ['tools', 'assembly/tools.ts', TYPED],
]) {
  for (const [target, suffix] of [
    ['release', ''],
    ['scalar', '-scalar'],
    ['debug', '-debug'],
  ]) {
    const wasm = `build/${module}${suffix}.wasm`;
    execFileSync(process.execPath, [asc, entry, '--target', target, '--binaryFile', wasm, ...options], { cwd: root, stdio: 'inherit' });
    if (target === 'debug') continue;
    writeFileSync(
      join(root, 'src/engine', `${module}${suffix}-wasm.ts`),
      `// Written by assembly/build.mjs from ${wasm}.\nexport const wasmText: string =\n  '${text(readFileSync(join(root, wasm)))}';\n`,
    );
  }
}

/** The bytes as a single-quoted text. */
function text(bytes) {
  const shown = (byte) => {
    const code = (121 - byte) & 255;
    if (code === 0x27 || code === 0x5c) return `\\${String.fromCharCode(code)}`;
    const control = code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0xad;
    return control ? `\\x${code.toString(16).padStart(2, '0')}` : String.fromCharCode(code);
  };
  return Array.from(bytes, shown).join('');
}
