/**
 * The built page in headless Chromium, served by `dyadnet view`: real clicks, keys, drags and downloads. Screenshots at three
 * widths and in both themes go to build/screenshots, for looking at.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certifySup, linearPieces } from '../../src/certify/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { decodeNetwork, readOnnx } from '../../src/io/index.ts';
import type { Network } from '../../src/net/index.ts';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'dist/cli/main.js');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const missing = existsSync(executablePath) ? '' : ` (skipped: no browser at ${executablePath})`;
const shots = join(root, 'build/screenshots');
const folder = mkdtempSync(join(tmpdir(), 'dyadnet-page-'));

interface Served {
  readonly url: string;
  readonly process: ChildProcess;
}

/** `dyadnet view`, once its address is printed. */
function view(...args: string[]): Promise<Served> {
  const child = spawn(process.execPath, [main, 'view', '--quiet', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    child.stdout.once('data', (line) => resolve({ url: String(line).trim(), process: child }));
    child.once('exit', (code) => reject(new Error(`view ended with ${code}`)));
  });
}

describe.skipIf(missing !== '')(`the page${missing}`, { timeout: 60_000 }, () => {
  let served: Served;
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    served = await view();
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    served?.process.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(
    address = '',
    options: { width?: number; theme?: 'light' | 'dark'; url?: string } = {},
  ): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1100, height: 900 },
      colorScheme: options.theme ?? 'light',
    });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto((options.url ?? served.url) + address);
    return page;
  }

  const settled = (page: Page): Promise<unknown> =>
    page.waitForFunction(
      () => document.querySelector('#sentence')!.textContent !== '' && !document.querySelector('.work.busy'),
    );
  const text = async (page: Page, id: string): Promise<string> => (await page.textContent(id)) ?? '';
  const fact = (page: Page, name: string): Promise<string> =>
    page.evaluate(
      (n) =>
        [...document.querySelectorAll('#facts div')]
          .find((d) => d.querySelector('dt')?.textContent === n)
          ?.querySelector('dd')?.textContent ?? '',
      name,
    );

  async function download(page: Page, button: string): Promise<{ name: string; bytes: Uint8Array }> {
    const [file] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
    return { name: file.suggestedFilename(), bytes: new Uint8Array(readFileSync((await file.path())!)) };
  }

  test('loads under 300 kB gzipped, from its own address alone, and says nothing in the console', async () => {
    let bytes = 0;
    const context = await browser.newContext();
    const page = await context.newPage();
    const seen: string[] = [];
    context.on('request', (request) => seen.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(served.url);
    await settled(page);
    const files = new Set(seen.filter((u) => u.startsWith('http')).map((u) => new URL(u).pathname));
    for (const url of seen)
      expect(url.startsWith(served.url) || url.startsWith('data:') || url.startsWith('blob:')).toBe(true);
    for (const path of files)
      bytes += gzipSync(readFileSync(join(root, 'dist/web', path === '/' ? 'index.html' : path))).length;
    expect(files.size).toBeGreaterThanOrEqual(4);
    expect(bytes).toBeLessThan(300_000);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a typed function becomes files whose bound holds', async () => {
    const page = await open();
    await page.fill('#f', 'x^2');
    await page.fill('#epsilon', '1/100');
    await page.waitForFunction(() => document.querySelector('#sentence')!.textContent!.includes('f = x^2.'));
    await settled(page);
    expect(await text(page, '#sentence')).toMatch(/^Proved: \|f − net\| ≤ \S+ .*for every x in \[0, 1\], f = x\^2\.$/);
    expect(await text(page, '#problem')).toBe('');

    const dyad = await download(page, '#download-dyad');
    expect(dyad.name).toBe('x_2.dyad');
    const { network, domain } = decodeNetwork(dyad.bytes);
    const again = certifySup(network, expressionTarget('x^2'), { within: Dyadic.parse('655*2^-16') });
    expect(again.status).toBe('proved');
    expect(await fact(page, 'file')).toBe(`${dyad.bytes.length} bytes`);
    expect(await fact(page, 'connectivity M')).toBe(`${network.connectivity} non-zero`);

    const onnx = await download(page, '#download-onnx');
    expect(readOnnx(onnx.bytes).network.equals(network)).toBe(true);

    await page.selectOption('#adc', '10');
    const c = await download(page, '#download-c');
    expect(c.name).toBe('x_2.c');
    checkC(new TextDecoder().decode(c.bytes), 'x_2', network, domain![0]!.width.scale(-10));
    expect(await text(page, '#downloaded')).toContain('multiplications a call');
    await page.context().close();
  });

  test('sliders, budgets and what is wrong', async () => {
    const page = await open('#f=x%5E2');
    await settled(page);
    const before = Number(await fact(page, 'width W'));
    await page.focus('#epsilon-slider');
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowRight');
    expect(await page.inputValue('#epsilon')).toBe('3.2e-4');
    await page.waitForFunction(() => /≤ [\d.]+e-4 /.test(document.querySelector('#sentence')!.textContent!));
    await settled(page);
    expect(Number(await fact(page, 'width W'))).toBeGreaterThan(2 * before);

    await page.check('input[value=class]');
    await page.waitForFunction(() => document.querySelector('#facts')!.textContent!.includes('lipschitz'));
    await settled(page);
    const [depth, width] = [await fact(page, 'depth L'), await fact(page, 'width W')].map(Number);
    expect(depth).toBeLessThanOrEqual(8);
    expect(width).toBeLessThanOrEqual(6);

    await page.fill('#f', 'x^^2');
    await page.waitForFunction(() => document.querySelector('#problem')!.textContent !== '');
    expect(await text(page, '#problem')).toMatch(/^expression "x\^\^2": /);
    // The address is the problem: it can be kept and sent.
    expect(page.url()).toContain('budget=class');
    await page.context().close();
  });

  test('a long computation shows its progress, is superseded, and is cancelled', async () => {
    const page = await open('#f=x');
    await settled(page);
    await page.fill('#f', 'sin(40*x)');
    await page.fill('#epsilon', '1e-9');
    await page.waitForSelector('.work.busy');
    await page.waitForFunction(() => /building|proving/.test(document.querySelector('#doing')!.textContent!));
    await page.fill('#epsilon', '0.25');
    await page.waitForFunction(() => document.querySelector('#sentence')!.textContent!.includes('sin(40*x)'));
    await settled(page);
    const kept = await text(page, '#sentence');
    await page.fill('#epsilon', '1e-9');
    await page.waitForSelector('.work.busy');
    await page.waitForFunction(() => /building|proving/.test(document.querySelector('#doing')!.textContent!));
    const working = page.workers();
    await page.click('#cancel');
    await page.waitForFunction(() => !document.querySelector('.work.busy'));
    expect(await text(page, '#problem')).toContain('Cancelled');
    expect(await text(page, '#sentence')).toBe(kept);
    // What was computing is gone, not only unheard.
    await expect.poll(() => working.some((w) => !page.workers().includes(w)), { timeout: 5000 }).toBe(true);
    await page.context().close();
  });

  test('a proved answer comes at once, a better one when the form is at rest; moving on ends the search', async () => {
    const page = await open('#f=sin(2*pi*x)&budget=bytes&bytes=60');
    const bounds: number[] = [];
    await page.waitForFunction(() => document.querySelector('#doing')!.textContent!.startsWith('looking for a better'));
    const bound = async (): Promise<number> => Number(/≤ ([\d.e-]+)/.exec(await text(page, '#sentence'))![1]);
    bounds.push(await bound());
    await settled(page);
    bounds.push(await bound());
    expect(bounds[1]).toBeLessThan(bounds[0]!);
    await page.fill('#bytes', '64');
    await page.waitForFunction(() =>
      document.querySelector('#doing')!.textContent!.startsWith('looking for a better one:'),
    );
    const working = page.workers();
    await page.fill('#bytes', '40');
    await page.waitForFunction(
      () => Number.parseInt(document.querySelectorAll('#facts dd')[4]!.textContent!, 10) <= 40,
    );
    await expect.poll(() => working.some((w) => !page.workers().includes(w)), { timeout: 5000 }).toBe(true);
    await settled(page);
    expect(Number.parseInt(await fact(page, 'file'), 10)).toBeLessThanOrEqual(40);
    await page.context().close();
  });

  test('the error curve is the error: it stays between the bounds, and nearly reaches them', async () => {
    const page = await open('#f=x%5E2&epsilon=1e-2');
    await settled(page);
    const heights = (ink: string): Promise<number[]> =>
      page.evaluate((name) => {
        const paths = [
          ...document.querySelectorAll(`#figure-error .inside path.line.${name}, #figure-error path.line.${name}`),
        ];
        const d = paths.map((p) => p.getAttribute('d') ?? '').sort((a, b) => b.length - a.length)[0]!;
        return [...d.matchAll(/[ML ]([\d.-]+)[ ,]([\d.-]+)/g)].map((m) => Number(m[2]));
      }, ink);
    const ys = (await heights('error')).filter((y, i, all) => y !== all[i - 1]);
    expect(ys.length).toBeGreaterThan(100);
    const turns = ys.filter((y, i) => i > 1 && (y - ys[i - 1]!) * (ys[i - 1]! - ys[i - 2]!) < 0).length;
    expect(turns).toBeGreaterThanOrEqual(Number(await fact(page, 'width W')));
    const box = await page.evaluate(() =>
      [...document.querySelectorAll('#figure-error path.line.bound')].map((p) => p.getBoundingClientRect().top),
    );
    const [top, bottom] = [Math.min(...box.slice(0, 2)), Math.max(...box.slice(0, 2))];
    const curve = await page.evaluate(() => {
      const paths = [...document.querySelectorAll('#figure-error path.line.error')];
      const { top, bottom } = paths.map((p) => p.getBoundingClientRect()).sort((a, b) => b.width - a.width)[0]!;
      return { top, bottom };
    });
    expect(curve.top).toBeGreaterThanOrEqual(top - 2);
    expect(curve.bottom).toBeLessThanOrEqual(bottom + 2);
    expect(curve.bottom - curve.top).toBeGreaterThan(0.8 * (bottom - top));
    await page.context().close();
  });

  test('zooms by dragging and by buttons, down to one piece, exactly', async () => {
    const page = await open('#f=x%5E2&epsilon=1e-3');
    await settled(page);
    const whole = await text(page, '#window');
    await page.locator('#figure-error').scrollIntoViewIfNeeded();
    const box = (await page.locator('#figure-error svg').first().boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 70, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction((w) => document.querySelector('#window')!.textContent !== w, whole);
    const [, lo, hi] = /from (\S+) to (\S+),/.exec(await text(page, '#window'))!;
    expect(Number(lo)).toBeGreaterThan(0.2);
    expect(Number(hi)).toBeLessThan(0.5);
    await page.click('#zoom-all');
    await page.waitForFunction((w) => document.querySelector('#window')!.textContent === w, whole);

    const { bytes } = await download(page, '#download-dyad');
    const pieces = [...linearPieces(decodeNetwork(bytes).network)];
    const first = pieces.findIndex((p) => p.to.toNumber() > 0.5);
    await page.focus('#piece-next');
    for (const i of [first, first + 1, first + 2]) {
      await page.keyboard.press('Enter');
      const p = pieces[i]!;
      const said = `Piece [${p.from}, ${p.to}]: net(x) = ${p.slope} x + ${p.intercept}`;
      await page.waitForFunction((s) => document.querySelector('#piece')!.textContent === s, said);
    }
    await page.click('#piece-previous');
    const p = pieces[first + 1]!;
    await page.waitForFunction(
      (s) => document.querySelector('#piece')!.textContent!.startsWith(s),
      `Piece [${p.from}, ${p.to}]`,
    );

    await page.fill('#at', '1/3');
    await page.click('#at-go');
    await page.waitForFunction(() => document.querySelector('#at-value')!.textContent!.startsWith('net(1/3) = '));
    await page.context().close();
  });

  test('files: a table is fitted, a network compared, and removed again', async () => {
    const page = await open();
    await page.setInputFiles('#file', {
      name: 'sensor.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('u [mV], t [degC]\n0, 0\n1, 25.5\n2, 47\n4, 90\n'),
    });
    await page.waitForFunction(() => document.querySelector('#sentence')!.textContent!.includes('sensor.csv'));
    expect(await page.textContent('#figure-net')).toContain('u [mV]');
    await page.check('#swap');
    await page.waitForFunction(() => document.querySelector('#figure-net')!.textContent!.includes('t [degC]'));
    await settled(page);
    const { bytes } = await download(page, '#download-dyad');
    await page.setInputFiles('#file', { name: 'sensor.dyad', mimeType: '', buffer: Buffer.from(bytes) });
    await page.waitForFunction(() => document.querySelector('#notes')!.textContent!.includes('no expression'));
    expect(await page.isVisible('#budget')).toBe(false);
    await page.fill('#f', 'x/22');
    await page.waitForFunction(() => document.querySelector('#sentence')!.textContent!.includes('f = x/22'));
    await page.click('#file-remove');
    await page.waitForFunction(() => document.querySelector('#facts')!.textContent!.includes('interpolate'));
    expect(await page.isVisible('#budget')).toBe(true);
    await page.setInputFiles('#file', { name: 'photo.png', mimeType: '', buffer: Buffer.from('x') });
    await page.waitForFunction(() =>
      document.querySelector('#problem')!.textContent!.startsWith('photo.png: expected'),
    );
    await page.context().close();
  });

  test('is read by keyboard and by screen readers: no violation that axe finds, and every control in order', async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const theme of ['light', 'dark'] as const) {
      const page = await open('#f=x%5E2', { theme });
      await settled(page);
      await page.evaluate(() => {
        for (const d of document.querySelectorAll('details')) d.open = true;
      });
      await page.evaluate(axe);
      const found = await page.evaluate(async () => {
        const { violations } = await (
          window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
        ).axe.run();
        return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
      });
      expect(found).toEqual([]);
      if (theme === 'light') {
        await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
        const order: string[] = [];
        for (let i = 0; i < 60; i++) {
          await page.keyboard.press('Tab');
          const id = await page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName || '');
          if (id === 'BODY') break;
          order.push(id);
        }
        const expected = [
          'f',
          'file',
          'domain',
          'epsilon-slider',
          'epsilon',
          'download-dyad',
          'download-c',
          'zoom-in',
          'piece-next',
          'at',
        ];
        expect(order.filter((id) => expected.includes(id))).toEqual(expected);
        expect(order[0]).toBe('A');
      }
      await page.context().close();
    }
  });

  test.each([
    [360, 'light'],
    [360, 'dark'],
    [768, 'light'],
    [768, 'dark'],
    [1440, 'light'],
    [1440, 'dark'],
  ] as const)('%i px, %s: nothing is cut off', async (width, theme) => {
    const page = await open('#f=exp(-4*x)*sin(9*x)&epsilon=1e-2', { width, theme });
    await settled(page);
    const beyond = await page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter((e) => !e.closest('.scroll, .skip, .inside') && e.getBoundingClientRect().right > innerWidth + 1)
        .map((e) => `${e.tagName} ${e.id} ${e.textContent?.slice(0, 20)}`),
    );
    expect(beyond).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(ground).toBe(theme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 23, 26)');
    const bytes = await page.screenshot({ path: join(shots, `${width}-${theme}.png`), fullPage: true });
    expect(bytes.length).toBeGreaterThan(20_000);
    await page.context().close();
  });

  test('works without a network once it has been seen', async () => {
    const page = await open('#f=x%5E2');
    await settled(page);
    await page.waitForFunction(async () => {
      await navigator.serviceWorker.ready;
      return navigator.serviceWorker.controller !== null;
    });
    await page.context().setOffline(true);
    await page.reload();
    await page.fill('#f', 'x^3');
    await page.waitForFunction(() => document.querySelector('#sentence')!.textContent!.includes('f = x^3'));
    await page.context().close();
  });

  test('dyadnet view opens a file, to this machine only, and refuses everything else', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${served.url}#f=abs(x-1%2F3)&epsilon=0.05`);
    await settled(page);
    const { bytes } = await download(page, '#download-dyad');
    await context.close();
    const path = join(folder, 'a kink.dyad');
    writeFileSync(path, bytes);
    const own = await view(path);
    try {
      const opened = await open('', { url: own.url });
      await opened.waitForFunction(() => document.querySelector('#sentence')!.textContent!.includes('abs(x-1/3)'));
      expect(await text(opened, '#file-name')).toBe('a kink.dyad');
      await opened.context().close();
      const { port } = new URL(own.url);
      const status = (request: string, host = `127.0.0.1:${port}`): Promise<number> =>
        new Promise((resolve) => {
          get({ port, path: request, headers: { host } }, (answer) => {
            answer.resume();
            resolve(answer.statusCode!);
          });
        });
      expect(await status('/')).toBe(200);
      expect(await status('/opened/a%20kink.dyad')).toBe(200);
      expect(await status('/', 'evil.example')).toBe(403);
      for (const bad of [
        '/../package.json',
        '/..%2fcli%2fmain.js',
        '/%2e%2e/index.js',
        '/opened/other',
        '/assets/',
        '/.x',
        '/%',
      ]) {
        expect([404, 400]).toContain(await status(bad));
      }
    } finally {
      const ended = new Promise((resolve) => own.process.once('exit', resolve));
      own.process.kill('SIGINT');
      expect(await ended).toBe(0);
    }
    const broken = join(folder, 'broken.dyad');
    writeFileSync(broken, 'dyad');
    await expect(view(broken)).rejects.toThrow('ended with 2');
  });

  test('all this without a complaint in the console', () => {
    expect(complaints).toEqual([]);
  });

  test('the build holds no other file, and its names carry their content', () => {
    const files = readdirSync(join(root, 'dist/web'), { recursive: true, encoding: 'utf8' });
    expect(
      files.filter((f) => !/^(assets|index\.html|sw\.js|THIRD-PARTY\.txt|assets\/[\w-]+-[\w-]{8}\.(js|css))$/.test(f)),
    ).toEqual([]);
  });
});

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** Compiles the downloaded function and compares it with the network at every count. */
function checkC(source: string, name: string, network: Network, step: Dyadic): void {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
  } catch {
    process.stderr.write('skipped: gcc is not installed\n');
    return;
  }
  const place = mkdtempSync(join(folder, 'c-'));
  writeFileSync(join(place, 'net.h'), source);
  writeFileSync(
    join(place, 'main.c'),
    `#include <stdio.h>\n#include "net.h"\nint main(void) { for (int32_t i = 0; i < 1024; i++) printf("%lld\\n", (long long)${name}(i)); return 0; }\n`,
  );
  execFileSync('gcc', ['-std=c99', '-Wall', '-Werror', 'main.c', '-o', 'main'], { cwd: place });
  const scale = Number(/OUTPUT_SCALE_LOG2 (-?\d+)/.exec(source)![1]);
  const lines = execFileSync(join(place, 'main'), { encoding: 'utf8' }).trim().split('\n');
  lines.forEach((line, i) => {
    const y = network.evaluate([step.mul(Dyadic.from(i))])[0]!;
    if (!Dyadic.of(BigInt(line), -scale).eq(y)) expect(`${i}: ${line}`).toBe(`${i}: ${y.scale(scale)}`);
  });
  expect(lines.length).toBe(1024);
}
