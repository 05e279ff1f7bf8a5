/** A page in a browser without a driver: it is served from here, computes, and posts its answer back. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';

export const BROWSERS = ['chromium', 'firefox'] as const;
export type Browser = (typeof BROWSERS)[number];

const PROGRAMS: Readonly<Record<Browser, string>> = {
  chromium: process.env.CHROMIUM ?? '/usr/bin/chromium',
  firefox: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
};

/** Whether the browser is there; prints the sentence that names what is missing. */
export function haveBrowser(browser: Browser): boolean {
  const there = existsSync(PROGRAMS[browser]);
  if (!there) process.stderr.write(`skipped: no ${browser} at ${PROGRAMS[browser]}\n`);
  return there;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
};

/** Opens `/page.html` of `files` (path -> bytes) and of the folder `dist`, and waits for the JSON it posts. */
export async function inBrowser(
  browser: Browser,
  dist: string,
  files: ReadonlyMap<string, Uint8Array | string>,
  patienceMs: number,
): Promise<unknown> {
  const profile = mkdtempSync(join(tmpdir(), `dyadnet-${browser}-`));
  let answered: (text: string) => void = () => undefined;
  const answer = new Promise<string>((done) => {
    answered = done;
  });
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        response.end();
        answered(body);
      });
      return;
    }
    const own = files.get(path);
    const built = path.startsWith('/dist/') ? join(dist, basename(path)) : undefined;
    const found = own ?? (built && existsSync(built) ? readFileSync(built) : undefined);
    response.writeHead(found === undefined ? 404 : 200, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    });
    response.end(found);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/page.html`;
  const flags =
    browser === 'chromium'
      ? ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`, url]
      : ['--headless', '--no-remote', '--profile', profile, url];
  const child = spawn(PROGRAMS[browser], flags, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: profile },
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-2000);
  });
  let timer: NodeJS.Timeout | undefined;
  const gone = new Promise<never>((_, failed) => {
    child.on('error', failed);
    child.on('exit', (code) => failed(new Error(`${browser} ended with ${code}: ${said}`)));
    timer = setTimeout(() => failed(new Error(`${browser} gave no answer: ${said}`)), patienceMs);
  });
  try {
    return JSON.parse(await Promise.race([answer, gone]));
  } finally {
    clearTimeout(timer);
    child.removeAllListeners('exit');
    const over = new Promise((done) => child.on('exit', done));
    // The browser and the processes it started are a group of their own.
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, 'SIGKILL');
      await over;
    }
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
