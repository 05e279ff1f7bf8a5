/** Programs in C, compiled when they are needed: gcc, and GMP from Debian's libgmp-dev. They time themselves. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const compiled = new Map<string, string>();

/** The compiled program bench/native/<name>.c. */
export function program(name: 'sparse' | 'dense'): string {
  let path = compiled.get(name);
  if (!path) {
    path = join(folder, name);
    const source = fileURLToPath(new URL(`../native/${name}.c`, import.meta.url));
    const ran = spawnSync('gcc', ['-O3', '-march=native', '-o', path, source, '-lgmp'], { encoding: 'utf8' });
    if (ran.status !== 0) {
      throw new Error(`bench: expected gcc and GMP (apt-get install gcc libgmp-dev), got: ${ran.stderr || ran.error}`);
    }
    compiled.set(name, path);
  }
  return path;
}

export function dataFile(name: string, data: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, data);
  return path;
}

/** What the program prints, line by line. */
export function lines(path: string, args: readonly (string | number)[]): string[] {
  const ran = spawnSync(path, args.map(String), { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (ran.status !== 0) throw new Error(`${path} ${args.join(' ')}: ${ran.status} ${ran.stderr}`);
  return ran.stdout.trimEnd().split('\n');
}

/** Nanoseconds that the program says of itself. */
export function said(path: string, args: readonly (string | number)[]): number {
  return Number((lines(path, args)[0] as string).split(' ')[0]);
}

/** As {@link said}, `count` of them at the same time: the slowest. */
export async function together(path: string, args: readonly (string | number)[], count: number): Promise<number> {
  const each = Array.from(
    { length: count },
    () =>
      new Promise<number>((done, failed) => {
        const child = spawn(path, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
        let text = '';
        child.stdout.on('data', (chunk) => {
          text += chunk;
        });
        child.on('error', failed);
        child.on('close', () => done(Number(text.split(' ')[0])));
      }),
  );
  return Math.max(...(await Promise.all(each)));
}
