/** The log of records: what is reported is on the disk, whatever happens to the last line. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { RecordLog, readRecord, readRecords, withoutTimes } from '../../src/sweep/index.ts';
import { madeUp } from '../support/sweeps.ts';

const scratch = mkdtempSync(join(tmpdir(), 'dyadnet-log-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const folderOf = (name: string): string => join(scratch, name);
const fileOf = (folder: string): string => join(folder, 'records.jsonl');
const records = Array.from({ length: 5 }, (_, seed) => madeUp({ seed }));
const lines = records.map((r) => `${JSON.stringify(r)}\n`);

async function written(name: string): Promise<string> {
  const log = await RecordLog.open(folderOf(name));
  await Promise.all(records.map((r) => log.append(r)));
  await log.close();
  return folderOf(name);
}

test('records that arrive together are all there when append resolves, each once', async () => {
  const folder = folderOf('append');
  const log = await RecordLog.open(folder);
  await Promise.all([...records, ...records].map((r) => log.append(r)));
  expect(readFileSync(fileOf(folder), 'utf8')).toBe(lines.join(''));
  await log.append(records[2]!);
  await log.close();
  expect((await readRecords(folder)).map(withoutTimes)).toEqual(records.map(withoutTimes));
});

test('append resolves after its record is written and synced, not before', async () => {
  const folder = folderOf('synced');
  const log = await RecordLog.open(folder);
  const file = await open(fileOf(folder));
  let synced: () => void = () => {};
  const disk = new Promise<void>((resolve) => {
    synced = resolve;
  });
  const sync = vi.spyOn(Object.getPrototypeOf(file) as FileHandle, 'datasync').mockReturnValueOnce(disk);
  await file.close();
  let done = false;
  const appended = log.append(records[0]!).then(() => {
    done = true;
  });
  await expect.poll(() => sync.mock.calls.length).toBe(1);
  expect(readFileSync(fileOf(folder), 'utf8')).toBe(lines[0]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(done).toBe(false);
  synced();
  await appended;
  sync.mockRestore();
  await log.close();
});

test('a file cut at any byte keeps its whole lines, and goes on from there', async () => {
  const folder = await written('cut');
  const [first, second, third] = lines.slice(0, 3).map((l) => Buffer.byteLength(l)) as [number, number, number];
  for (const cut of [1, 7, third - 2, third - 1]) {
    writeFileSync(fileOf(folder), lines.join(''));
    truncateSync(fileOf(folder), first + second + cut);
    expect((await readRecords(folder)).length).toBe(2);
    const log = await RecordLog.open(folder);
    expect([log.torn, [...log.jobs.keys()]]).toEqual([cut, [records[0]!.id, records[1]!.id]]);
    expect(readFileSync(fileOf(folder), 'utf8')).toBe(lines[0]! + lines[1]!);
    await log.append(records[4]!);
    await log.close();
    expect(readFileSync(fileOf(folder), 'utf8')).toBe(lines[0]! + lines[1]! + lines[4]!);
  }
});

test('a last line of noise is dropped, zeros of a lost block as well', async () => {
  const folder = await written('noise');
  appendFileSync(fileOf(folder), `${'\0'.repeat(300)}\n`);
  const log = await RecordLog.open(folder);
  expect([log.torn, log.jobs.size]).toEqual([301, 5]);
  await log.close();
});

test('damage before the last line is named, and nothing is changed', async () => {
  const folder = await written('damage');
  const path = fileOf(folder);
  for (const [bad, sentence] of [
    ['{"id":\n', `${path}:2: expected JSON`],
    [lines[1]!.replace('"bytes":40', '"bytes":-1'), `${path}:2.result.bytes: expected a whole number`],
    [lines[1]!.replace('"seed":1', '"seed":9'), `${path}:2.id: expected the job's hash`],
    [lines[0]!, `${path}:2: the job ${records[0]!.id} comes twice`],
  ] as const) {
    const text = lines[0]! + bad + lines[2]!;
    writeFileSync(path, text);
    await expect(RecordLog.open(folder)).rejects.toThrow(sentence);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  }
});

test('one process a folder; the lock of one that is gone is taken over', async () => {
  const folder = folderOf('lock');
  const log = await RecordLog.open(folder);
  await expect(RecordLog.open(folder)).rejects.toThrow(
    `${folder}: process ${process.pid} on ${hostname()} is writing to it`,
  );
  await log.close();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid, host: hostname(), born: '1' }));
  await (await RecordLog.open(folder)).close();
  // The number of the process was given to another one since.
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, host: hostname(), born: '1' }));
  await (await RecordLog.open(folder)).close();
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid, host: 'elsewhere', born: '1' }));
  await expect(RecordLog.open(folder)).rejects.toThrow(/process \d+ on elsewhere .* remove/);
});

test('failed records are taken out for another try', async () => {
  const folder = await written('retry');
  const { result: _, ...rest } = records[3] as { result?: unknown } & object;
  const failed = { ...rest, status: 'failed', error: { kind: 'time', message: 'more than 1 s' } };
  writeFileSync(fileOf(folder), [...lines.slice(0, 3), `${JSON.stringify(failed)}\n`, lines[4]].join(''));
  const kept = await RecordLog.open(folder);
  expect(kept.jobs.get(records[3]!.id)).toBe('failed');
  await kept.close();
  const log = await RecordLog.open(folder, { retryFailed: true });
  expect(log.jobs.has(records[3]!.id)).toBe(false);
  await log.append(records[3]!);
  await log.close();
  expect(readFileSync(fileOf(folder), 'utf8')).toBe(lines[0]! + lines[1]! + lines[2]! + lines[4]! + lines[3]!);
});

test.each([
  ['/result/upper/value', 0.5, /upper: expected .* got 0.5/],
  ['/result/upper/exact', '1/3', /upper: expected a dyadic number/],
  ['/result/observed/largest', { value: 1, exact: '1' }, /observed: expected at most the proved 1\*2\^-9, got "1"/],
  ['/result/more', 1, /expected only .* got "more"/],
  ['/status', 'sure', /status: expected proved, undecided, failed/],
  ['/times/finished', '<script>', /finished: expected a time/],
  ['/versions/record', 2, /record: expected a whole number in 1..1/],
] as const)('a record with another %s is refused', (path, value, sentence) => {
  const record = JSON.parse(lines[0]!) as Record<string, unknown>;
  const keys = path.slice(1).split('/');
  const last = keys.pop() as string;
  const at = keys.reduce((o, k) => o[k] as Record<string, unknown>, record);
  at[last] = value;
  expect(() => readRecord(record, 'record')).toThrow(sentence);
});

test('a folder that is a file is refused', async () => {
  mkdirSync(scratch, { recursive: true });
  writeFileSync(folderOf('file'), '');
  await expect(RecordLog.open(folderOf('file'))).rejects.toThrow();
});
