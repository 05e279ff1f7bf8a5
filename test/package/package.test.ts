/** What a user gets from the registry: the packed tarball, installed alone, in Node and in a Vite app in Chromium. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const browser = process.env.CHROMIUM ?? '/usr/bin/chromium';
const folder = mkdtempSync(join(tmpdir(), 'dyadnet-package-'));
const project = join(folder, 'project');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The same few lines in Node and in the browser: build |x|, write its file, load it again, run it. */
const USE = `
import { Dyadic, encodeNetwork, expressionTarget, certifySup, Interval, LayerBuilder, Network } from 'dyadnet';
import { load } from 'dyadnet/run';

export async function use() {
  const split = new LayerBuilder(1);
  split.unit(0, [0, 1]);
  split.unit(0, [0, -1]);
  const join = new LayerBuilder(2);
  join.unit(0, [0, 1], [1, 1]);
  const network = new Network([split.build(), join.build()]);
  const run = await load(encodeNetwork({ network, domain: [Interval.of(-4, 4)] }));
  const [y] = run.forward(Float64Array.of(-0.1));
  const { status, upper } = certifySup(network, expressionTarget('abs(x)'), { domain: [-1, 1] });
  return [y, network.evaluate([-0.1])[0].eq(Dyadic.from(y)), status, String(upper)].join(' ');
}
`;
const RESULT = '0.1 true proved 0';

function npm(args: readonly string[], cwd: string): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

beforeAll(() => {
  const [packed] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root)) as {
    filename: string;
  }[];
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  npm(['install', '--no-audit', '--no-fund', join(folder, packed!.filename)], project);
});

test('installing it pulls in no compiler and no peer', () => {
  const installed = readdirSync(join(project, 'node_modules'));
  expect(installed).toContain('dyadnet');
  for (const name of [
    'assemblyscript',
    'as-bind',
    'binaryen',
    'vitest',
    'vite',
    'playwright',
    'gmp-wasm',
    'mathjs',
    'typescript',
    'bullmq',
    'ioredis',
  ]) {
    expect(installed).not.toContain(name);
  }
});

test('what is bundled goes with its licences', () => {
  const text = readFileSync(join(project, 'node_modules/dyadnet/dist/THIRD-PARTY.txt'), 'utf8');
  for (const name of ['as-bind', 'mathjs', 'typed-function']) expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
  expect(text).toContain('Apache License, Version 2.0');
  // LICENSE names every one of them, with who holds the rights.
  const licence = readFileSync(join(project, 'node_modules/dyadnet/LICENSE'), 'utf8');
  const parts = text.split(/^-{78}$/m).map((part) => part.replace(/^Parts of .*\n/, '').trim());
  expect(parts.length).toBeGreaterThanOrEqual(8);
  for (const part of parts) {
    expect(licence).toMatch(new RegExp(`^${/^\S+/.exec(part)![0]}\\b`, 'm'));
    const holder = /^Copyright (?:\([cC]\) )?[\d-]+(?:present)? (\w+ \w+)/m.exec(part)?.[1];
    if (holder) expect(licence).toContain(holder);
  }
});

test('a clean Node project uses it, and its command runs', () => {
  writeFileSync(join(project, 'use.js'), `${USE}\nconsole.log(await use());\n`);
  expect(execFileSync(process.execPath, ['use.js'], { cwd: project, encoding: 'utf8' }).trim()).toBe(RESULT);
  expect(npm(['exec', '--', 'dyadnet', '--version'], project).trim()).toMatch(/^\d+\.\d+\.\d+$/);
});

test('the types are found and fit', () => {
  writeFileSync(
    join(project, 'use.ts'),
    `import { Network, type Dyadic, identity } from 'dyadnet';\nimport { load } from 'dyadnet/run';\n` +
      `const net: Network = identity(1);\nconst y: Dyadic = net.evaluate([1])[0]!;\n` +
      `export const run = async (bytes: Uint8Array): Promise<Float64Array> => (await load(bytes)).forward(Float64Array.of(1));\nvoid y;\n`,
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  for (const resolution of ['bundler', 'nodenext']) {
    const module = resolution === 'bundler' ? 'esnext' : 'nodenext';
    const args = [
      tsc,
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--module',
      module,
      '--moduleResolution',
      resolution,
    ];
    execFileSync(process.execPath, [...args, 'use.ts'], { cwd: project, stdio: 'inherit' });
  }
});

test('publint and are-the-types-wrong find nothing', () => {
  const bin = join(root, 'node_modules/.bin');
  const packed = readdirSync(folder).find((file) => file.endsWith('.tgz'))!;
  const lint = execFileSync(join(bin, 'publint'), ['run', join(folder, packed), '--strict'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(lint).toContain('All good!');
  // ES modules only, on purpose: Node before 20.19 and require() of older tools are not served.
  execFileSync(join(bin, 'attw'), [join(folder, packed), '--profile', 'esm-only'], { cwd: root, stdio: 'pipe' });
});

const withBrowser = existsSync(browser);
test.skipIf(!withBrowser)(
  `a Vite app uses it in Chromium${withBrowser ? '' : ` (skipped: no browser at ${browser})`}`,
  async () => {
    const { build, preview } = await import('vite');
    const app = join(project, 'app');
    mkdirSync(app);
    writeFileSync(
      join(app, 'index.html'),
      '<!doctype html><title>app</title><pre id="out"></pre><script type="module" src="./main.js"></script>',
    );
    writeFileSync(
      join(app, 'main.js'),
      `${USE}\nuse().catch(String).then((text) => { document.getElementById('out').textContent = text; });\n`,
    );
    await build({ root: app, logLevel: 'error', configFile: false });
    const server = await preview({ root: app, logLevel: 'error', configFile: false, preview: { port: 0 } });
    const page = await (await chromium.launch({ executablePath: browser, args: ['--no-sandbox'] })).newPage();
    try {
      await page.goto(server.resolvedUrls!.local[0]!);
      await page.waitForFunction(() => document.getElementById('out')?.textContent !== '');
      expect(await page.textContent('#out')).toBe(RESULT);
    } finally {
      await page.context().browser()!.close();
      await server.close();
    }
  },
);
