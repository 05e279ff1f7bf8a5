/**
 * docs/papers: every function that a statement is given exists, the test named beside it speaks of it, and the figure is what
 * the commands on the page draw. Needs the build (`npm test` makes it).
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import * as library from '../src/index.ts';
import { codeBlocks } from './support/markdown.ts';

const root = join(import.meta.dirname, '..');
const pages = readdirSync(join(root, 'docs/papers'));

test.each(pages)('docs/papers/%s', (page) => {
  const rows = readFileSync(join(root, 'docs/papers', page), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(rows.length).toBeGreaterThan(1);
  for (const [, statement, functions, file] of rows) {
    const path = join(root, file as string);
    expect(existsSync(path), `${statement}: ${file}`).toBe(true);
    const names = [...(functions as string).matchAll(/`(\w+)`/g)].map((m) => m[1] as string);
    expect(names.length, statement).toBeGreaterThan(0);
    for (const name of names) {
      expect(library, statement).toHaveProperty(name);
      expect(readFileSync(path, 'utf8'), `${statement}: ${file}`).toContain(name);
    }
  }
});

test.each(pages)('docs/papers/%s: the figure is drawn again', (page) => {
  const text = readFileSync(join(root, 'docs/papers', page), 'utf8');
  const shown = [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map((m) => m[1] as string);
  expect(shown.length).toBeGreaterThan(0);
  const folder = mkdtempSync(join(tmpdir(), 'dyadnet-papers-'));
  try {
    const command = join(folder, 'dyadnet');
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${root}/dist/cli/main.js" "$@"\n`);
    chmodSync(command, 0o755);
    const [block] = codeBlocks(text).filter((b) => b.language === 'sh');
    execFileSync('bash', ['-e', '-c', block!.code], {
      cwd: folder,
      stdio: 'pipe',
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    });
    for (const figure of shown) {
      const drawn = readFileSync(join(folder, basename(figure)), 'utf8');
      expect(drawn === readFileSync(join(root, 'docs/papers', figure), 'utf8'), figure).toBe(true);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('src/index.ts names what there is, and its declarations have no any', () => {
  const names = [...readFileSync(join(root, 'src/index.ts'), 'utf8').matchAll(/`(\w+)`/g)].map((m) => m[1] as string);
  expect(names.length).toBeGreaterThan(30);
  for (const name of names) expect(library).toHaveProperty(name);
  const types = readFileSync(join(root, 'dist/index.d.ts'), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'/g, '');
  expect(types.match(/\bany\b.*/g)).toBeNull();
});
