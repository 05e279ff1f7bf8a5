/** The table of docs/sweeps.md is what the simulation prints, and the real sweep's records are what its jobs give. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jobId, readSpec, runJob } from '../../src/sweep/index.ts';

const root = join(import.meta.dirname, '../..');
const none = (): Uint8Array => new Uint8Array();

test('the simulation prints the table of the guide', () => {
  const { stdout } = spawnSync(process.execPath, [join(root, 'bench/sweep-scale.mjs')], { encoding: 'utf8' });
  const guide = readFileSync(join(root, 'docs/sweeps.md'), 'utf8');
  expect(stdout).toContain('workers');
  expect(guide).toContain(stdout.trim());
});

test('the reported sweep: every job has its row, and jobs done again give the same numbers', () => {
  const spec: unknown = JSON.parse(readFileSync(join(root, 'examples/sweeps/six-functions.json'), 'utf8'));
  const { jobs } = readSpec(spec, none);
  const rows = new Map(
    readFileSync(join(root, 'docs/figures/sweep-records.csv'), 'utf8')
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, 32), line.slice(33)]),
  );
  expect([jobs.size, [...rows.keys()].sort()]).toEqual([540, [...jobs.keys()].sort()]);
  const cheap = [...jobs.values()].filter((j) => j.epsilon === '2e-2' || (j.width === 8 && j.depth === 8));
  for (const job of cheap.filter((_, i) => i % 9 === 0)) {
    const { status, result } = runJob(job, none);
    const { bytes, upper, connectivity, depth, width, fractionalBits } = result;
    const expected = [status, bytes, upper.value, connectivity, depth, width, fractionalBits].join(',');
    expect(rows.get(jobId(job))).toContain(expected);
  }
});
