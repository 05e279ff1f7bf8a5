/** 2000 small jobs, 4 workers, random kills of everyone and restarts of the server: the records of a quiet run, bit for bit. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { json } from '../support/cli.ts';
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
    targets: [
      'x^2',
      'x^3',
      'sin(x)',
      'cos(2*x)',
      'exp(-x)',
      'sqrt(x+1)',
      'tanh(x)',
      'x*(1-x)',
      'log(1+x)',
      'abs(x-1/3)',
    ],
    methods: ['interpolate'],
    epsilons: ['3e-1', '2e-1', '15e-2', '1e-1', '8e-2', '6e-2', '5e-2', '4e-2', '3e-2', '2e-2'],
    quantisers: [
      'none',
      'float16',
      { kind: 'uniform', bits: [2, 3, 4, 5, 6, 7, 8, 9, 10] },
      { kind: 'uniform', rounding: 'floor', bits: [2, 3, 4, 5, 6, 7, 8, 9, 10] },
    ],
  }),
);
const JOBS = 2000;

describe.runIf(haveRedis())('2000 jobs', () => {
  // One server forgets everything when it is killed; one keeps an append-only file.
  test.each([
    ['a server that forgets', 1, ['--save', '']],
    ['a server that keeps a log', 2, ['--appendonly', 'yes']],
  ] as const)('%s', async (_name, seed, args) => {
    if (seed === 1) expect(json(['sweep', spec, '-o', at('quiet')])).toMatchObject({ jobs: JOBS, failed: 0 });
    const server = await RedisServer.start(scratch, ...args);
    try {
      const killed = await sweepWhileKilling({
        spec,
        folder: at(`queue${seed}`),
        server,
        workers: 4,
        random: seeded(seed),
        everyMs: 2000,
        kills: 40,
        serverKills: 2,
      });
      const { said, ...counts } = killed;
      process.stdout.write(`killed ${JSON.stringify(counts)}\n`);
      expect(said).toMatch(/waiting for it/);
      const records = recordSet(at(`queue${seed}`));
      expect(records.length).toBe(JOBS);
      expect(records).toEqual(recordSet(at('quiet')));
      expect(counts.servers).toBeGreaterThan(0);
      expect(counts.parents + counts.workers + counts.jobs).toBeGreaterThan(10);
    } finally {
      await server.end();
    }
  });
});
