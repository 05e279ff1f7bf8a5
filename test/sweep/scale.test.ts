/** The table of docs/sweeps.md is what the simulation prints, and the real sweep's records are what its jobs give. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Job, jobId, readSpec, runJob } from '../../src/sweep/index.ts';

const root = join(import.meta.dirname, '../..');
const none = (): Uint8Array => new Uint8Array();

test('the simulation prints the table of the guide', () => {
  const { stdout } = spawnSync(process.execPath, [join(root, 'bench/sweep-scale.mjs')], { encoding: 'utf8' });
  const guide = readFileSync(join(root, 'docs/sweeps.md'), 'utf8');
  expect(stdout).toContain('workers');
  expect(guide).toContain(stdout.trim());
});

interface Row {
  readonly id: string;
  readonly cells: readonly string[];
  readonly column: (name: string) => string;
}

/** Rows of a report's CSV; of quoted cells only the domain's and the failure's hold commas, and these sweeps have no domain. */
function rowsOf(file: string): Row[] {
  const [head, ...lines] = readFileSync(join(root, 'docs/pictures', file), 'utf8')
    .trim()
    .split('\r\n') as [string];
  const names = head.split(',');
  return (lines as string[]).map((line) => {
    const cells = line.split(',');
    return { id: cells[0] as string, cells, column: (name) => cells[names.indexOf(name)] as string };
  });
}

function specOf(file: string): ReadonlyMap<string, Job> {
  return readSpec(JSON.parse(readFileSync(join(root, 'examples/sweeps', file), 'utf8')), none).jobs;
}

function expectRow(job: Job, rows: readonly Row[]): void {
  const { status, result } = runJob(job, none);
  const { bytes, upper, connectivity, depth, width, fractionalBits } = result;
  const expected = [status, bytes, upper.value, connectivity, depth, width, fractionalBits].join(',');
  expect(rows.find(({ id }) => id === jobId(job))?.cells.join(',')).toContain(expected);
}

test.each([
  ['six-functions.json', 'sweep-records.csv', 540],
  ['methods.json', 'methods-records.csv', 576],
] as const)(
  'the reported sweep %s: every job has its row, and jobs done again give the same numbers',
  (spec, csv, count) => {
    const jobs = specOf(spec);
    const rows = rowsOf(csv);
    expect([jobs.size, rows.map(({ id }) => id).sort()]).toEqual([count, [...jobs.keys()].sort()]);
    const cheap = [...jobs.values()].filter(
      (j) =>
        j.epsilon === '2e-2' ||
        (j.epsilon === '2e-1' && j.method === 'cached') ||
        (j.width === 8 && j.method === 'lipschitz'),
    );
    for (const job of cheap.filter((_, i) => i % 9 === 0)) expectRow(job, rows);
  },
);

test('one job of each construction of the second sweep, done again', () => {
  const rows = rowsOf('methods-records.csv');
  const coarse = [...specOf('methods.json').values()].filter((j) => j.epsilon === '2e-1' && !j.quantiser);
  for (const method of ['taylor', 'intrinsic']) expectRow(coarse.find((j) => j.method === method) as Job, rows);
});

test("the guide's table of constructions is what the second sweep's records say", () => {
  const all = rowsOf('methods-records.csv');
  const rows = all.filter((r) => r.column('status') === 'proved');
  expect(rows.length).toBe(572);
  for (const r of all.filter((r) => r.column('status') !== 'proved')) {
    expect(r.cells.join()).toMatch(/,intrinsic,.*,float16,failed,.*65504/);
  }
  const isOnFront = rows.filter((r) => r.column('front') === 'true').map((r) => r.column('method'));
  expect(new Set(isOnFront)).toEqual(new Set(['interpolate', 'lipschitz']));
  expect(Math.max(...rows.map((r) => Number(r.column('error'))))).toBeGreaterThan(1e200);
  const targets = [...new Set(rows.map((r) => r.column('target')))];
  const methods = [...new Set(rows.map((r) => r.column('method')))].sort();
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = [
    line(['construction', ...targets.map((t) => `\`${t}\``)]),
    line(['---', ...targets.map(() => '---')]),
    ...methods.map((method) =>
      line([
        method,
        ...targets.map((target) => {
          const good = rows.filter(
            (r) => r.column('method') === method && r.column('target') === target && Number(r.column('error')) <= 0.05,
          );
          const [least] = good.toSorted((a, b) => Number(a.column('bytes')) - Number(b.column('bytes')));
          return least ? `${least.column('bytes')} bytes, M = ${least.column('weights')}` : '-';
        }),
      ]),
    ),
  ].join('\n');
  expect(readFileSync(join(root, 'docs/sweeps.md'), 'utf8')).toContain(table);
});
