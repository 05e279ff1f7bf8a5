// Installs the peers where they are not there yet, and builds the benchmarks.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const run = (program, args, cwd) => execFileSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

if (!existsSync(`${here}node_modules/onnxruntime-node`)) run('npm', ['ci', '--silent'], here);
run('npx', ['tsdown', '--config', 'tsdown.config.ts', '--logLevel', 'error'], here);
