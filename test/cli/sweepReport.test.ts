/** `dyadnet sweep report`: the fronts that are printed, and the pictures and tables that are written beside the records. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Dyadic } from '../../src/exact/index.ts';
import { type JobRecord, jobId, readJob, readRecord } from '../../src/sweep/index.ts';
import { dyadnet, json } from '../support/cli.ts';
import { elementsOf } from '../support/svg.ts';
import { madeUp } from '../support/sweeps.ts';

const scratch = mkdtempSync(join(tmpdir(), 'dyadnet-report-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** bytes, -log2 of the error, multiplications; which of them are beaten is seen by eye. */
const NETWORKS = [
  [20, 3, 5, true],
  [30, 5, 6, true],
  [30, 4, 6, false], // the error of the one before is smaller
  [35, 5, 4, true], // larger, but cheaper to evaluate
  [40, 5, 9, false],
  [50, 9, 9, true],
  [60, 9, 20, false],
] as const;
const records: JobRecord[] = NETWORKS.map(([bytes, digits, connectivity], seed) =>
  madeUp({ expression: 'sin(x)', seed, bytes, upper: Dyadic.pow2(-digits), connectivity }),
);
records.push(madeUp({ expression: 'exp(-x)', seed: 9 }));
const { result: _, ...rest } = madeUp({ expression: 'x^3', seed: 1 }) as JobRecord & { result: unknown };
const failed = { ...rest, status: 'failed', error: { kind: 'time', message: 'more than 1 s, "really"' } };

function folderOf(name: string, lines: readonly unknown[]): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'records.jsonl'), lines.map((r) => `${JSON.stringify(r)}\n`).join(''));
  return folder;
}

test('the front is what nothing beats; failures are counted by their reason', () => {
  const folder = folderOf('front', [...records, failed]);
  const report = json(['sweep', 'report', folder]);
  const front = NETWORKS.flatMap(([bytes, digits, weights, isBest]) =>
    isBest ? [{ bytes, error: 2 ** -digits, errorExact: `1*2^-${digits}`, weights }] : [],
  );
  expect(report).toMatchObject({
    records: 9,
    failed: [{ why: 'time: more than 1 s, "really"', count: 1 }],
    targets: [
      { target: 'sin(x)', networks: 7, front },
      { target: 'exp(-x)', networks: 1, front: [{ bytes: 40 }] },
    ],
    out: join(folder, 'report'),
  });
  expect((report.targets as { front: unknown[] }[])[0]?.front.length).toBe(front.length);
  expect((report.written as string[]).toSorted()).toEqual(readdirSync(join(folder, 'report')).toSorted());
  const { code, out } = dyadnet(['sweep', 'report', folder]);
  expect(code).toBe(0);
  expect(out).toContain('sin(x): 7 networks, 4 on the front');
  expect(out).toMatch(/^ {2}50 bytes +0?\.?\S* .*M = 9 +interpolate/m);
  expect(out).toContain('1 times time: more than 1 s, "really"');
});

test('every picture is an SVG that carries its caption and its command, with its numbers beside it', () => {
  const folder = folderOf('pictures', [...records, failed]);
  const to = join(scratch, 'elsewhere');
  const written = json(['sweep', 'report', folder, '-o', to]).written as string[];
  expect(existsSync(join(folder, 'report'))).toBe(false);
  expect(written).toEqual([
    ...['01-sin-x.svg', '01-sin-x.csv', '02-exp-x.svg', '02-exp-x.csv'],
    ...['fronts.svg', 'fronts.csv', 'records.csv'],
  ]);
  for (const [name, caption] of [
    ['01-sin-x', /^7 networks, every one with a proved bound on its error; 4 of them are beaten by no other/],
    ['fronts', /8 networks were measured, each with a proved bound/],
  ] as const) {
    const elements = elementsOf(readFileSync(join(to, `${name}.svg`), 'utf8'));
    expect(elements[0]?.name).toBe('svg');
    expect(elements.find((e) => e.name === 'desc')?.text).toMatch(caption);
    expect(elements.find((e) => e.name === 'command')?.text).toBe(`dyadnet sweep report ${folder}`);
    const texts = elements.filter((e) => e.name === 'text').map((e) => e.text);
    expect(texts).toEqual(expect.arrayContaining(['proved sup |f − net|', 'file [bytes]']));
  }
  // The step of the least error goes through the front by bytes, and ends where the last network is.
  const csv = readFileSync(join(to, '01-sin-x.csv'), 'utf8');
  for (const [bytes, digits] of NETWORKS) expect(csv).toContain(`${bytes},${2 ** -digits}`);
  const least = csv.split(/\r?\n/).filter((line) => line.startsWith('Error by file size,least error so far,'));
  const points = least.map((line) => line.split(',').slice(2, 4).map(Number));
  expect(points).toEqual([20, 30, 50, 60].map((bytes, i) => [bytes, 2 ** -([3, 5, 9, 9][i] as number)]));

  const [head, ...rows] = readFileSync(join(to, 'records.csv'), 'utf8').trim().split('\r\n') as [string, ...string[]];
  const at = head.split(',').indexOf('front');
  expect(rows.length).toBe(9);
  expect(rows.slice(0, 7).map((row) => row.split(',')[at])).toEqual(NETWORKS.map(([, , , isBest]) => String(isBest)));
  expect(rows[8]).toMatch(/,failed,.*,false,"time: more than 1 s, ""really"""$/);
});

test('a picture has no more groups than colours, and networks that are far off do not stretch its axis', () => {
  const by = (method: string, lambda: number, seed: number, digits: number): JobRecord => {
    const { id: _, job, ...rest } = madeUp({ seed, bytes: 20 + seed, upper: Dyadic.pow2(-digits) });
    const asked = readJob({ ...job, method, options: { lambda } }, 'job');
    const result = { ...('result' in rest ? rest.result : {}), method };
    return readRecord({ ...rest, id: jobId(asked), job: asked, result }, 'record');
  };
  const many = Array.from({ length: 9 }, (_, i) => by('cached', 2 + i, i, 3 + i));
  const marksOf = (
    name: string,
    list: readonly JobRecord[],
  ): { names: Set<string>; caption: string; errors: number[] } => {
    const to = join(folderOf(name, list), 'report');
    json(['sweep', 'report', join(to, '..')]);
    const rows = readFileSync(join(to, '01-x-2.csv'), 'utf8').trim().split('\r\n').slice(1);
    const scattered = rows.map((row) => row.split(',')).filter(([, series]) => series !== 'least error so far');
    const elements = elementsOf(readFileSync(join(to, '01-x-2.svg'), 'utf8'));
    return {
      names: new Set(scattered.map(([, series]) => series as string)),
      errors: scattered.map(([, , , y]) => Number(y)),
      caption: elements.find((e) => e.name === 'desc')?.text ?? '',
    };
  };
  expect(marksOf('few', many.slice(0, 7)).names.size).toBe(7);
  expect(marksOf('many', many).names).toEqual(new Set(['cached']));
  const { caption, errors } = marksOf('far', [...many, by('cached', 20, 30, -700), by('cached', 21, 31, 0)]);
  expect(Math.max(...errors)).toBe(1);
  expect(caption).toMatch(
    /^11 networks, .*, and 1 with more than 10 times the largest error on the front are left out\.$/,
  );
});

test('a torn last line is left out while a sweep may be writing it; damage is named; nothing to report is said', () => {
  const folder = folderOf('torn', records);
  appendFileSync(join(folder, 'records.jsonl'), JSON.stringify(failed).slice(0, 99));
  expect(json(['sweep', 'report', folder])).toMatchObject({ records: 8, failed: [] });
  appendFileSync(join(folder, 'records.jsonl'), `\n${JSON.stringify(failed)}\n`);
  expect(dyadnet(['sweep', 'report', folder])).toMatchObject({
    code: 2,
    err: `dyadnet: ${folder}/records.jsonl:9: expected JSON\n`,
  });

  const empty = folderOf('empty', []);
  expect(dyadnet(['sweep', 'report', empty])).toEqual({
    code: 2,
    out: '',
    err: `dyadnet: ${empty}: expected records, got none\n`,
  });
  expect(existsSync(join(empty, 'report'))).toBe(false);
  const nowhere = join(scratch, 'nowhere');
  expect(dyadnet(['sweep', 'report', nowhere])).toMatchObject({
    code: 2,
    err: expect.stringContaining('there is no such file'),
  });
  expect(dyadnet(['sweep', 'report'])).toMatchObject({
    code: 2,
    err: 'dyadnet: sweep report: expected the folder of the results\n',
  });

  const only = json(['sweep', 'report', folderOf('failed', [failed])]);
  expect(only).toMatchObject({ records: 1, targets: [], written: ['records.csv'] });
});
