/** The folders of examples/, run as a user has them: with the packed dyadnet installed beside them. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Rational } from '../../src/exact/index.ts';
import { readTable } from '../../src/io/index.ts';
import { compileC, haveCompiler } from '../support/compilers.ts';

const root = join(import.meta.dirname, '../..');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const missing = existsSync(executablePath) ? '' : ` (skipped: no browser at ${executablePath})`;
const folder = mkdtempSync(join(tmpdir(), 'dyadnet-examples-'));
const examples = join(folder, 'examples');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  cpSync(join(root, 'examples'), examples, { recursive: true });
  // What the packed package holds, under its own name; test/package/package.test.ts installs the tarball itself.
  mkdirSync(join(folder, 'node_modules/dyadnet'), { recursive: true });
  for (const part of ['dist', 'package.json'])
    symlinkSync(join(root, part), join(folder, 'node_modules/dyadnet', part));
  for (const name of ['@bufbuild', 'cli-progress', 'commander']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
});

const node = (file: string, cwd: string): string => execFileSync(process.execPath, [file], { cwd, encoding: 'utf8' });

test('node: a script', () => {
  const lines = node('square.mjs', join(examples, 'node')).trim().split('\n');
  expect(lines[0]).toMatch(/^proved: \|x\^2 - net\| <= 0\.000\d+ on \[0, 1\]$/);
  const values = lines[2]!.split(' ').map(Number);
  values.forEach((y, i) => {
    expect(Math.abs(y - (i / 4) ** 2)).toBeLessThanOrEqual(0.001);
  });
  expect(readFileSync(join(examples, 'node/square.dyad')).subarray(0, 4).toString()).toBe('dyad');
});

test('worker: a thread', () => {
  expect(node('main.mjs', join(examples, 'worker'))).toBe('3 values from the worker, all within 0.01\n');
});

test('c: a program with the exported header, at every count, against the table', () => {
  if (!haveCompiler('gcc')) return;
  const place = join(examples, 'c');
  const steps = readFileSync(join(place, 'main.c'), 'utf8').matchAll(/^ \* {3}dyadnet (.*?)(?: {3,}.*)?$/gm);
  let count = 0;
  for (const [, args] of steps) {
    count++;
    execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args!.trim().split(/\s+/)], {
      cwd: place,
      stdio: 'pipe',
    });
  }
  expect(count).toBe(2);
  const header = readFileSync(join(place, 'k.h'), 'utf8');
  const run = compileC('gcc', { 'main.c': readFileSync(join(place, 'main.c'), 'utf8'), 'k.h': header });
  const printed = run(Array.from({ length: 4096 }, (_, i) => i).join('\n'))
    .trim()
    .split('\n')
    .map(Number);
  expect(printed.length).toBe(4096);
  // Degrees of every entry that falls on a count's voltage, within the bound and the rounding of one thousandth.
  const table = readTable(readFileSync(join(examples, 'thermocouple/type_k.tab')), { swap: true });
  let met = 0;
  for (const { x, y } of table.points) {
    const at = x.mul(Rational.of(256n));
    const whole = at.toDyadic();
    if (!whole || whole.fractionalBits > 0 || at.sign < 0 || at.compare(Rational.of(4095n)) > 0) continue;
    met++;
    expect(Math.abs(printed[whole.toNumber()]! / 1000 - y.toNumber())).toBeLessThanOrEqual(0.5 + 0.0005);
  }
  expect(met).toBeGreaterThan(0);
});

async function inBrowser(url: string, look: (page: Page) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await look(page);
  } finally {
    await browser.close();
  }
}

test.skipIf(missing !== '')(`vite: an app with a web worker${missing}`, async () => {
  const { build, preview } = await import('vite');
  const app = join(examples, 'vite');
  await build({
    root: app,
    logLevel: 'error',
    configFile: false,
    worker: { format: 'es' },
    build: { target: 'es2022' },
  });
  const server = await preview({ root: app, logLevel: 'error', configFile: false, preview: { port: 0 } });
  try {
    await inBrowser(server.resolvedUrls!.local[0]!, async (page) => {
      await page.waitForFunction(() => document.getElementById('y')!.textContent!.startsWith('net(0.5) = '));
      await page.focus('#x');
      await page.keyboard.press('ArrowRight');
      await page.waitForFunction(() =>
        /^net\(0\.51\) = 0\.2\d+, proved within 0\.000\d+$/.test(document.getElementById('y')!.textContent!),
      );
    });
  } finally {
    await server.close();
  }
});

test.skipIf(missing !== '')(`browser-script: a page without a bundler${missing}`, async () => {
  node('square.mjs', join(examples, 'node'));
  cpSync(join(examples, 'node/square.dyad'), join(examples, 'browser-script/square.dyad'));
  const server = plainServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    await inBrowser(`http://127.0.0.1:${port}/examples/browser-script/index.html`, async (page) => {
      await page.waitForFunction(() => document.getElementById('out')!.textContent!.startsWith('net('));
      expect(await page.textContent('#out')).toMatch(/^net\(1\/4\) = 0\.06\d*$/);
    });
  } finally {
    server.close();
  }
});

/** Static files of the examples and of dist, as any web server gives them. */
function plainServer(): Server {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
  return createServer((request, answer) => {
    const path = (request.url ?? '/').split('?')[0]!;
    const file = join(path.startsWith('/dist/') ? root : folder, path);
    if (!existsSync(file)) {
      answer.writeHead(404).end();
      return;
    }
    answer
      .writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
      .end(readFileSync(file));
  });
}
