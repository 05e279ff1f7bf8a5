/** Nothing lost: parents, workers, jobs and the server are killed, and the records are those of a quiet run, bit for bit. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dyadnet, json } from '../support/cli.ts';
import { recordSet, sweepWhileKilling } from '../support/killing.ts';
import { seeded } from '../support/random.ts';
import { haveRedis, RedisServer } from '../support/redis.ts';

const scratch = mkdtempSync(join(tmpdir(), 'dyadnet-kill-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const at = (name: string): string => join(scratch, name);

const spec = at('spec.json');
writeFileSync(
  spec,
  JSON.stringify({
    targets: ['x^2', 'sin(x)', { expression: 'exp(-x)', domain: [0, 2] }],
    methods: ['interpolate'],
    epsilons: ['1e-1', '1e-2'],
    // No file is as small as 1 or 2 bytes.
    bytes: [1, 2],
    quantisers: ['none', { kind: 'uniform', bits: [4, 6, 8] }, 'float16'],
  }),
);
const JOBS = 60;
const quiet = json(['sweep', spec, '-o', at('quiet')], { allow: 1 });

test('a quiet run gives every job its record, those that always fail too', () => {
  expect(quiet).toMatchObject({ jobs: JOBS, proved: JOBS / 2, failed: JOBS / 2, before: 0 });
  const records = recordSet(at('quiet'));
  expect(new Set(records.map((r) => JSON.parse(r).id)).size).toBe(JOBS);
  expect(records.filter((r) => /"error":."kind":"input".*bytes/.test(r)).length).toBe(JOBS / 2);
});

test('what is recorded is not done again', () => {
  const before = readFileSync(join(at('quiet'), 'records.jsonl'), 'utf8');
  expect(json(['sweep', spec, '-o', at('quiet')], { allow: 1 })).toMatchObject({ before: JOBS });
  expect(readFileSync(join(at('quiet'), 'records.jsonl'), 'utf8')).toBe(before);
});

test('a local run that is killed again and again goes on to the same records', async () => {
  for (let kill = 0; kill < 3; kill++) {
    const child = spawn(process.execPath, [
      join(import.meta.dirname, '../../dist/cli/main.js'),
      'sweep',
      spec,
      '-o',
      at('local'),
    ]);
    // Heard of from the start: on a fast machine the run may be over before it is killed.
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, 500 + 300 * kill));
    child.kill('SIGKILL');
    await ended;
  }
  expect(dyadnet(['sweep', spec, '-o', at('local')]).code).toBe(1);
  expect(recordSet(at('local'))).toEqual(recordSet(at('quiet')));
});

describe.runIf(haveRedis())('over a queue', () => {
  test('killed parents, workers, jobs, and a server that forgets: the same records', async () => {
    const good = at('good.json');
    writeFileSync(good, JSON.stringify({ ...JSON.parse(readFileSync(spec, 'utf8')), bytes: undefined }));
    const server = await RedisServer.start(scratch, '--save', '');
    try {
      const killed = await sweepWhileKilling({
        spec: good,
        folder: at('queue'),
        server,
        workers: 2,
        random: seeded(3),
        everyMs: 700,
        kills: 7,
        serverKills: 1,
      });
      expect(recordSet(at('queue'))).toEqual(recordSet(at('quiet')).filter((r) => r.includes('"proved"')));
      expect(killed.servers).toBe(1);
      expect(killed.parents + killed.workers + killed.jobs).toBeGreaterThan(1);
    } finally {
      await server.end();
    }
  });
});
