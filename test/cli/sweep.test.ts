/** `dyadnet sweep` as people meet it: mistakes in a specification, interrupting and going on, progress, JSON. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dyadnet, json } from '../support/cli.ts';
import { recordSet } from '../support/killing.ts';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');
const scratch = mkdtempSync(join(tmpdir(), 'dyadnet-sweep-cli-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const at = (name: string): string => join(scratch, name);

function specOf(name: string, spec: unknown): string {
  writeFileSync(at(name), typeof spec === 'string' ? spec : JSON.stringify(spec));
  return at(name);
}

const spec = specOf('spec.json', {
  targets: ['x^2', 'sin(x)', 'exp(-x)'],
  methods: ['interpolate'],
  epsilons: ['1e-1', '5e-2', '2e-2', '1e-2'],
  quantisers: ['none', { kind: 'uniform', bits: [5, 7] }],
});
const JOBS = 36;

test.each([
  ['{ "targets": ["x"], ', 'expected JSON'],
  [{ targets: ['x'], epsilon: [0.1] }, ': expected only targets, methods,'],
  [{ targets: ['x'], epsilons: [0.1, 'small'] }, '.epsilons[1]: expected a number, got "small"'],
  [{ targets: ['x', 'sinn(x)'], epsilons: [0.1] }, 'expected a known function, got "sinn"'],
  [{ targets: ['x'], methods: ['taylor'], epsilons: [0.1] }, '.methods[0].n: expected a whole number in 1..16'],
  [{ targets: [{ table: 'none.csv' }], epsilons: [0.1] }, 'none.csv: there is no such file'],
] as const)('a specification that is none (%#) is refused in one sentence, and no folder is made', (bad, sentence) => {
  const { code, out, err } = dyadnet(['sweep', specOf('bad.json', bad), '-o', at('bad')]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(sentence);
  expect(err).toMatch(/^dyadnet: [^\n]+\n$/);
  expect(existsSync(at('bad'))).toBe(false);
});

test.each([
  [['sweep', spec], '--out: expected a folder'],
  [['sweep', spec, '-o', at('o'), '--engine', 'cloud'], '--engine: expected local or bullmq, got "cloud"'],
  [['sweep', spec, '-o', at('o'), '--redis', 'redis://h'], '--redis: expected with --engine bullmq'],
  [['sweep', spec, '-o', at('o'), '--engine', 'bullmq', '--workers', '2'], '--workers: expected with --engine local'],
  [['sweep', spec, '-o', at('o'), '--workers', '0'], '--workers'],
] as const)('options %# are refused', (args, sentence) => {
  const { code, err } = dyadnet(args);
  expect(code).toBe(2);
  expect(err).toContain(sentence);
});

test('SIGINT stops with a sentence, and the next call goes on from there', async () => {
  const child = spawn(process.execPath, [MAIN, 'sweep', spec, '-o', at('stopped'), '--workers', '1']);
  let said = '';
  child.stderr.on('data', (c: Buffer) => (said += c.toString()));
  const code = new Promise((resolve) => child.once('exit', resolve));
  const lines = (): number =>
    existsSync(at('stopped/records.jsonl'))
      ? readFileSync(at('stopped/records.jsonl'), 'utf8').split('\n').length - 1
      : 0;
  await expect.poll(lines, { timeout: 30_000, interval: 5 }).toBeGreaterThan(2);
  child.kill('SIGINT');
  expect(await code).toBe(130);
  expect(said).toBe('dyadnet: stopping; the sweep goes on from here when it is called again\n');
  expect(existsSync(at('stopped/lock'))).toBe(false);
  const before = lines();
  expect(before).toBeLessThan(JOBS);
  expect(json(['sweep', spec, '-o', at('stopped')])).toEqual({
    ...{ jobs: JOBS, before, proved: JOBS, undecided: 0, failed: 0, others: 0, repeated: 0 },
    out: at('stopped'),
  });
  const ids = recordSet(at('stopped')).map((r) => (JSON.parse(r) as { id: string }).id);
  expect(new Set(ids).size).toBe(JOBS);
});

test('on a terminal the progress counts jobs and says when it will be over', () => {
  const command = `stty cols 120; ${process.execPath} ${MAIN} sweep ${spec} -o ${at('shown')} --workers 1`;
  const { stdout, error } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8' });
  if (error) throw new Error('script (util-linux) is not installed');
  expect(stdout).toMatch(/ \d+% \d+\/36 ETA \S+/);
  expect(dyadnet(['sweep', spec, '-o', at('shown')]).err).toBe('');
});
