/**
 * Every claim in README and docs runs. `sh` blocks run in a scratch folder with the built `dyadnet` on the path, `js` and
 * `ts` blocks as modules that import the built package, `json` blocks are parsed; a `text` block that follows is the
 * output (with ... for what may differ). Any other block names, in a comment above it, the test that executes it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { type Block, codeBlocks, matches } from './support/markdown.ts';

const root = join(import.meta.dirname, '..');
const pages = ['README.md', ...pagesIn('docs'), ...pagesIn('examples')];

function pagesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.md') && !f.includes('node_modules'))
    .map((f) => `${folder}/${f}`);
}

mkdirSync(join(root, 'build'), { recursive: true });
const scratch = mkdtempSync(join(root, 'build/docs-'));
const bin = join(scratch, '.bin');
mkdirSync(bin);
writeFileSync(join(bin, 'dyadnet'), `#!/bin/sh\nexec "${process.execPath}" "${root}/dist/cli/main.js" "$@"\n`);
chmodSync(join(bin, 'dyadnet'), 0o755);
symlinkSync(join(root, 'examples'), join(scratch, 'examples'));
// Blocks may read ../shared/data, the folder beside a checkout; where it is absent they are skipped by name.
const shared = join(root, '../shared');
if (existsSync(shared)) symlinkSync(shared, join(scratch, 'shared'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(pages)('%s', (page) => {
  const blocks = codeBlocks(readFileSync(join(root, page), 'utf8'));
  const folder = join(scratch, page.replace(/\W/g, '_'));
  mkdirSync(folder);
  symlinkSync(join(root, 'examples'), join(folder, 'examples'));
  test('every link leads somewhere', () => {
    const text = readFileSync(join(root, page), 'utf8').replace(/^\s*```[\s\S]*?^\s*```$/gm, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((m) => m[1] as string);
    const lost = links.filter((l) => !/^(https?:|#)/.test(l) && !existsSync(join(root, page, '..', l.split('#')[0]!)));
    expect(lost).toEqual([]);
  });
  // What a skipped block would have written, later commands of the page may need.
  let lacking = false;
  for (const block of blocks) {
    const uses = block.code.includes('../shared/');
    if (uses && !existsSync(shared)) lacking = true;
    const missing = lacking && (uses || block.language === 'sh') ? ' (skipped: ../shared is missing)' : '';
    test.skipIf(missing !== '')(`line ${block.line}: ${block.language || 'text'}${missing}`, { timeout: 120_000 }, () =>
      execute(page, block, folder),
    );
  }
});

function execute(page: string, block: Block, folder: string): void {
  const where = `${page}:${block.line}`;
  if (block.executedBy) {
    expect(existsSync(join(root, block.executedBy)), `${where}: ${block.executedBy}`).toBe(true);
    return;
  }
  switch (block.language) {
    case 'sh': {
      // Set-up commands are what CI itself runs; here only their scripts must exist.
      const lines = block.code.split('\n').filter((line) => !/^\s*(npm|git|cd|apt-get|sudo)\b/.test(line));
      for (const script of block.code.matchAll(/npm run ([\w:-]+)/g)) checkScript(script[1] as string, where);
      if (lines.join('').trim() === '') return;
      const run = spawnSync('bash', ['-e', '-c', lines.join('\n')], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, NO_COLOR: '1' },
      });
      expect(run.status, `${where}: ${run.stderr}`).toBe(0);
      compare(run.stdout, block.output, where);
      return;
    }
    case 'js':
    case 'ts': {
      const code = block.language === 'js' ? block.code : transpile(block.code);
      const file = join(folder, `line-${block.line}.mjs`);
      writeFileSync(file, code);
      const output = execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
      compare(output, block.output, where);
      return;
    }
    case 'json':
      expect(() => JSON.parse(block.code), where).not.toThrow();
      return;
    case 'text':
    case '':
      return;
    default:
      expect.fail(`${where}: a ${block.language} block needs a line <!-- executed by test/... --> above it`);
  }
}

function checkScript(name: string, where: string): void {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  expect(Object.keys(scripts), where).toContain(name);
}

function transpile(code: string): string {
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  return ts.transpileModule(code, { compilerOptions: options }).outputText;
}

function compare(output: string, expected: string | undefined, where: string): void {
  if (expected !== undefined && !matches(output, expected)) expect(output, where).toBe(expected);
}
