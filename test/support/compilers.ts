/** C compilers: gcc and clang, each skipped with a sentence where it is not installed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const COMPILERS = ['gcc', 'clang'] as const;

export function haveCompiler(compiler: string): boolean {
  try {
    execFileSync(compiler, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(`skipped: ${compiler} is not installed\n`);
    return false;
  }
}

const STRICT = ['-std=c99', '-pedantic', '-Wall', '-Wextra', '-Werror', '-Wconversion', '-O2'];
// Undefined behaviour traps: this needs no sanitizer library, which Debian's clang installs only by recommendation.
const SANITIZE = ['-fsanitize=undefined', '-fsanitize-undefined-trap-on-error'];

/** Compiles files into a program, every warning an error, undefined behaviour trapped. */
export function compileC(compiler: string, files: Readonly<Record<string, string>>): (input: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'dyadnet-c-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const program = join(folder, 'program');
  const sources = Object.keys(files).filter((f) => f.endsWith('.c'));
  execFileSync(compiler, [...STRICT, ...SANITIZE, ...sources, '-o', program], { cwd: folder, stdio: 'pipe' });
  return (input) =>
    execFileSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'pipe'] });
}
