// The main job on real input: NIST's type K thermocouple table becomes a network of a few bits a weight, with a proved error,
// and gives the same bits in WebAssembly and in the BigInt oracle.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const cli = join(here, '../dist/cli/main.js');
const folder = join(here, '../build/demo');
mkdirSync(folder, { recursive: true });

/** @param {string[]} args */
function dyadnet(...args) {
  console.log(`\n$ dyadnet ${args.map((a) => (/[^\w./-]/.test(a) ? JSON.stringify(a) : a)).join(' ')}`);
  execFileSync(process.execPath, [cli, ...args], { cwd: folder, stdio: 'inherit' });
}

const table = join('..', '..', 'examples', 'thermocouple', 'type_k.tab');
dyadnet('fit', table, '--eps', '0.0005', '-o', 'k.dyad');
dyadnet('inspect', 'k.dyad');
dyadnet('eval', 'k.dyad', '-40', '0', '25', '1000.5', '--oracle');
dyadnet('certify', 'k.dyad', table);
