/** docs/papers: every function that a statement is given exists, and the test named beside it speaks of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as library from '../src/index.ts';

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
