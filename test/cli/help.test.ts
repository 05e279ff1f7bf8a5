/**
 * The command line as a whole: the examples of every help run, `--json` prints what docs/cli.md says, `--quiet` is quiet,
 * an interrupted run leaves no half file. Needs the build (`npm test` makes it).
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { decodeNetwork } from '../../src/io/index.ts';
import { dyadnet } from '../support/cli.ts';
import { floats, model, node } from '../support/onnxModels.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'dyadnet-help-'));
const bin = join(folder, '.bin');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The files that examples name, and dyadnet on the path. */
beforeAll(() => {
  mkdirSync(bin);
  writeFileSync(join(bin, 'dyadnet'), `#!/bin/sh\nexec "${process.execPath}" "${root}/dist/cli/main.js" "$@"\n`);
  chmodSync(join(bin, 'dyadnet'), 0o755);
  const bytes = model({
    input: [1, 2],
    nodes: [
      node('MatMul', ['x', 'a'], ['m']),
      node('Relu', ['m'], ['r']),
      node('MatMul', ['r', 'b'], ['logits']),
      node('Identity', ['logits'], ['y']),
    ],
    initialisers: [floats('a', [2, 2], [1.25, -0.5, 0.75, 1]), floats('b', [2, 2], [1, 0, 0.5, 1])],
  });
  writeFileSync(join(folder, 'model.onnx'), bytes);
  writeFileSync(join(folder, 'samples.csv'), '0.5,0.25\n-1,2\n0,1\n');
  const fitted = dyadnet(['fit', 'x^2', '--domain', '0,64', '--eps', '16', '-o', 'k.dyad'], { cwd: folder });
  expect(fitted.err).not.toMatch(/^dyadnet: \D/);
  for (const name of ['square.dyad', 'net.dyad']) {
    dyadnet(['fit', 'x^2', '--eps', '1e-3', '-o', name], { cwd: folder });
  }
  writeFileSync(join(folder, 'jobs.json'), JSON.stringify({ targets: ['x^2'], epsilons: ['1/16'] }));
  writeFileSync(join(folder, 'table.csv'), 'x,y\n0,0\n1,1\n2,4\n');
  writeFileSync(
    join(folder, 'spec.vnnlib'),
    '(declare-const X_0 Real)\n(declare-const Y_0 Real)\n(assert (or (and (>= X_0 0.0) (<= X_0 1.0) (<= Y_0 0.6))))\n',
  );
});

/** Examples that need what is not here, and where they are run instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  worker: 'needs a Redis server: the tests of the queue start one',
  sweep: 'needs a spec: test/sweep',
  blocks: 'needs fit --method taylor: test/cli/blocks.test.ts writes its own file',
};

const helpOf = (command: string): string => dyadnet([command, '--help']).out;

describe('help', () => {
  test('lists every command with its summary, and says what is unknown', () => {
    const { code, out } = dyadnet(['--help']);
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    const wrong = dyadnet(['inspekt', 'x']);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('inspect')]);
  });

  for (const { name } of COMMANDS) {
    const elsewhere = ELSEWHERE[name];
    test(`${name}: help, ${elsewhere ? `its example is run elsewhere: ${elsewhere}` : 'and its example runs'}`, () => {
      const help = helpOf(name);
      expect(help).toMatch(/^Examples?:\n {2}\S/m);
      expect(help).toContain('--quiet');
      if (!elsewhere) runExamples(name, help);
    });
  }

  function runExamples(name: string, help: string): void {
    const lines = /^Examples?:\n((?: {2}.*\n)+)/m.exec(help)?.[1]?.split('\n') ?? [];
    const script = lines.map((line) => line.trim()).filter((line) => line !== '');
    expect(script.length).toBeGreaterThan(0);
    // The page is served until it is interrupted.
    const commands = script.map((line) => (/^dyadnet view/.test(line) ? `timeout -s INT 2 ${line}` : line));
    const ran = spawnSync('bash', ['-c', commands.map((c) => `${c} || exit $?`).join('\n')], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    });
    // timeout(1) says 124 of what it has ended.
    expect({ code: ran.status, err: ran.stderr }).toMatchObject({ code: name === 'view' ? 124 : 0 });
  }
});

describe('docs/cli.md', () => {
  const page = readFileSync(join(root, 'docs/cli.md'), 'utf8');
  const fields = (command: string): Set<string> => {
    const section = new RegExp(`^### ${command}\\n([\\s\\S]*?)(?=^### |$(?![\\s\\S]))`, 'm').exec(page)?.[1] ?? '';
    return new Set([...section.matchAll(/`(\w+)`/g)].map((m) => m[1] as string));
  };

  const TAYLOR = ['x', '--method', 'taylor', '-n', '1', '--eps', '0.5'] as const;
  const CASES = [
    ['fit', 'x^2', '--eps', '0.01'],
    ['fit', 'x^2', '--method', 'intrinsic', '--cell-bits', '2'],
    ['fit', ...TAYLOR, '-o', 'taylor.dyad'],
    ['fit', ...TAYLOR, '--plan'],
    ['fit', 'x^2', '--eps', '0.05', '--method', 'intrinsic', '-o', 'few.dyad'],
    ['fit', 'table.csv', '--eps', '0.5'],
    ['fit', 'spec.vnnlib', '-o', 'spec.dyad'],
    ['eval', 'square.dyad', '0.1', '--oracle'],
    ['inspect', 'square.dyad'],
    ['inspect', 'few.dyad'],
    ['inspect', 'square.dyad', '--plan', '--fraction', '8'],
    ['blocks', 'taylor.dyad'],
    ['certify', 'square.dyad', 'x^2', '--eps', '0.1', '--proof', 'proof.json'],
    ['certify', 'spec.dyad', 'spec.vnnlib'],
    ['check', 'proof.json', 'square.dyad'],
    ['quantize', 'model.onnx', '--bits', '1', '--in', 'samples.csv'],
    ['quantize', 'model.onnx', '--error', '0.5', '--box', '0,1', '--out', 'm.dyad'],
    ['compare', 'model.onnx', 'model.onnx', '--box', '0,1', '--within', '0.1'],
    ['compare', 'model.onnx', 'model.onnx', '--box', '0,1', '--argmax'],
    ['retarget', 'few.dyad', 'sin(x)', '-o', 'other.dyad'],
    ['convert', 'square.dyad', '-o', 'square.h', '--adc', '12'],
    ['convert', 'square.dyad', '-o', 'square.onnx', '--input-bits', '8'],
    ['plot', 'square.dyad', '-o', 'square.svg', '--csv'],
    ['rates', '--class', 'lipschitz', '--method', 'interpolate', '--largest', '5', '-o', 'rates.svg'],
    ['rates', '--class', 'lipschitz', '--method', 'intrinsic', '--target', 'x', '--largest', '2', '-o', 'few.svg'],
    ['regimes', '--width', '3', '--depth', '2', '--bits', '1..4', '-o', 'regimes.svg'],
    ['regimes', '--memory', '64', '-o', 'depth.svg'],
    ['budget', 'x/2', '--width', '4', '--depth', '4', '--bits', '2'],
    ['budget', 'x/2', '--memory', '64'],
    ['deepen', 'square.dyad', '--bits', '1', '-o', 'deep.dyad'],
    ['sweep', 'jobs.json', '-o', 'results'],
    ['sweep', 'report', 'results', '-o', 'pictures'],
  ] as const;
  /** Of a server, or without JSON: seen elsewhere. */
  const OTHERS: Readonly<Record<string, string>> = {
    view: 'test/page/page.test.ts',
    worker: 'test/sweep/server.test.ts',
    completion: 'prints a script',
  };

  test('every command has its part, and is tried', () => {
    const parts = [...page.matchAll(/^### (\w+)$/gm)].map((m) => m[1] as string);
    const names = COMMANDS.map((c) => c.name);
    expect([...parts].sort()).toEqual(names.filter((n) => n !== 'completion').sort());
    expect(new Set([...CASES.map(([name]) => name as string), ...Object.keys(OTHERS)])).toEqual(new Set(names));
    for (const name of names) expect(helpOf(name).includes('--json'), name).toBe(name !== 'completion');
  });

  test.each(CASES)('%s %s %s %s: every field is described', (...args) => {
    const { out, err } = dyadnet([...(args as readonly string[]), '--json'], { cwd: folder });
    const said = Object.keys(JSON.parse(out || `{"failed":${JSON.stringify(err)}}`) as object);
    expect(said.length).toBeGreaterThan(2);
    expect(said.filter((name) => !fields(args[0] as string).has(name))).toEqual([]);
  });

  test('a rejected proof says why in described fields', () => {
    const proof = JSON.parse(readFileSync(join(folder, 'proof.json'), 'utf8')) as object;
    writeFileSync(join(folder, 'wrong.json'), JSON.stringify({ ...proof, upper: '1*2^-40' }));
    const { code, out } = dyadnet(['check', 'wrong.json', 'square.dyad', '--json'], { cwd: folder });
    expect([code, Object.keys(JSON.parse(out) as object)]).toEqual([1, ['status', 'reason']]);
  });
});

describe('quiet and interrupted', () => {
  test('--quiet: nothing on standard error, the same on standard output', () => {
    const args = ['certify', 'square.dyad', 'x^2'];
    const loud = dyadnet(args, { cwd: folder });
    const quiet = dyadnet([...args, '--quiet'], { cwd: folder });
    expect(loud.err).not.toBe('');
    expect([quiet.err, quiet.out, quiet.code]).toEqual(['', loud.out, 0]);
  });

  test('Ctrl-C at any moment leaves no half file and no rest of one', async () => {
    const place = mkdtempSync(join(folder, 'interrupted-'));
    for (const after of [300, 500, 700, 900]) {
      const args = [join(root, 'dist/cli/main.js'), 'fit', 'x^2', '--eps', '1e-3', '-o', join(place, 'net.dyad')];
      const child = spawn(process.execPath, args, { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await new Promise((resolve) => setTimeout(resolve, after));
      child.kill('SIGINT');
      await ended;
      const files = readdirSync(place);
      expect(files.filter((f) => f !== 'net.dyad')).toEqual([]);
      if (files.length > 0) expect(decodeNetwork(readFileSync(join(place, 'net.dyad'))).network.depth).toBe(2);
    }
  });

  test('the completion script knows the commands, and bash reads it', () => {
    const { out } = dyadnet(['completion', 'bash']);
    for (const { name } of COMMANDS) expect(out).toContain(name);
    const asked = spawnSync(
      'bash',
      ['-c', `${out}\nCOMP_WORDS=(dyadnet cert); COMP_CWORD=1; _dyadnet; echo "\${COMPREPLY[*]}"`],
      { encoding: 'utf8' },
    );
    expect(asked.stdout.trim()).toBe('certify');
    const options = spawnSync(
      'bash',
      ['-c', `${out}\nCOMP_WORDS=(dyadnet fit --ep); COMP_CWORD=2; _dyadnet; echo "\${COMPREPLY[*]}"`],
      { encoding: 'utf8', env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } },
    );
    expect(options.stdout.trim()).toBe('--eps');
    expect(dyadnet(['completion', 'tcsh']).code).toBe(2);
  });
});

describe('what a network costs in C', () => {
  test('inspect says what convert writes', () => {
    const seen = JSON.parse(dyadnet(['inspect', 'square.dyad', '--adc', '10', '--json'], { cwd: folder }).out);
    const out = dyadnet(['convert', 'square.dyad', '-o', 'a.h', '--adc', '10', '--json'], { cwd: folder }).out;
    const { flashBytes, ramBytes, multiplications, sumBits } = JSON.parse(out);
    expect(seen.embedded).toEqual({ converterBits: 10, flashBytes, ramBytes, multiplications, sumBits });
    const source = readFileSync(join(folder, 'a.h'), 'utf8');
    expect(source).toContain('in 0..1023, counts of x = 0 + 0.0009765625 * input');
  });

  test('or why there is none', () => {
    expect(JSON.parse(dyadnet(['inspect', 'model.onnx', '--json'], { cwd: folder }).out).embedded).toEqual({
      missing: 'the file states no domain',
    });
  });
});

test('fit speaks of the entries in its domain alone', () => {
  writeFileSync(join(folder, 'steps.csv'), 'x,y\n0,0\n1,1\n2,4\n3,9\n4,100\n');
  const args = ['fit', 'steps.csv', '--domain', '0,3', '--eps', '0.25'];
  const { entries } = JSON.parse(dyadnet([...args, '--json'], { cwd: folder }).out);
  expect(entries.count).toBe(4);
  expect(entries.worst).toBeLessThanOrEqual(0.25);
  expect(dyadnet(args, { cwd: folder }).out).toContain('the 4 in the domain, of 5 checked exactly: within ');
});
