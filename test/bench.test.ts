/** docs/benchmarks.md shows the committed run, and that run has the rows it should; what the words of the command mean. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SUITES, UsageError, wanted } from '../bench/arguments.ts';
// @ts-expect-error: a script without declarations
import { reached, renewed } from '../bench/report.mjs';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const results = JSON.parse(text('../bench/results.json')) as { machine: string; rows: Record<string, unknown>[] };

test('the page is the run', () => {
  const page = text('../docs/benchmarks.md');
  expect(renewed(page, results)).toBe(page);
});

test('every row has its fields, and exact peers agree', () => {
  expect(results.machine).toMatch(/CPUs, Node v/);
  for (const row of results.rows) {
    expect([typeof row.suite, typeof row.case, typeof row.peer, typeof row.checkedEqual]).toEqual([
      'string',
      'string',
      'string',
      'boolean',
    ]);
    for (const field of ['batch', 'peerOverOurs', 'oursNs', 'peerNs']) expect(Number.isFinite(row[field])).toBe(true);
    if (/BigInt|GMP|gmp|JavaScript|128 bits/.test(row.peer as string)) expect(row.checkedEqual).toBe(true);
  }
});

test('a goal is judged by the worst row that fits, and is not called reached where nothing was measured', () => {
  const row = (suite: string, name: string, batch: number, peer: string, peerOverOurs: number) => ({
    ...{ suite, case: name, batch, peer, peerOverOurs, oursNs: 9e6, peerNs: 1, checkedEqual: true },
  });
  const rows = [
    row('dense', '784-256-256-10', 1, 'onnxruntime-node f32', 2.51),
    row('dense', '784-256-256-10', 64, 'onnxruntime-node f32', 0.6),
    row('dense', '784-256-256-10', 64, 'onnxruntime-web f32', 4),
    row('dense', '1024x5', 64, 'onnxruntime-web f32', 1.29),
    row('start', 'cold start over bare node, square, 80 bytes', 1, 'onnxruntime-node f32', 14),
    { ...row('start', 'gzipped bytes of the runtime with its wasm', 1, 'onnxruntime-web', 100), oursBytes: 30_001 },
  ];
  type Goal = { what: string; value: number | undefined; met: boolean | undefined };
  const found = (rows: unknown, text: string): Goal => reached(rows).find((g: Goal) => g.what.includes(text));
  expect(found(rows, '784-256-256-10, batch 1')).toMatchObject({ wanted: 2.5, value: 2.51, met: true });
  expect(found(rows, 'batches: onnxruntime-web')).toMatchObject({ wanted: 1.3, value: 1.29, met: false });
  expect(found(rows, 'over bare Node')).toMatchObject({ wanted: 10, value: 9, met: true });
  expect(found(rows, 'gzipped')).toMatchObject({ wanted: 30_000, value: 30_001, met: false });
  expect(found(rows, 'two threads')).toMatchObject({ value: undefined, met: undefined });
  expect(reached([]).every((g: Goal) => g.met === undefined)).toBe(true);
});

test('the words of the command', () => {
  expect(wanted([])).toMatchObject({ suites: SUITES, rounds: 'full', json: undefined });
  expect(wanted(['--only', 'sparse', '--case', '64 bits', '--quick'])).toMatchObject({
    ...{ suites: ['sparse'], case: '64 bits', rounds: 'quick' },
  });
  const folder = mkdtempSync(join(tmpdir(), 'dyadnet-bench-'));
  expect(wanted(['--json', join(folder, 'rows.json')]).json).toBe(join(folder, 'rows.json'));
  const said = (...words: string[]): string => {
    try {
      wanted(words);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      return (error as Error).message;
    }
    return 'taken';
  };
  expect(said('--only', 'nope')).toBe(`bench: expected --only ${SUITES.join(' | ')}, got "nope"`);
  expect(said('--only', 'toString')).toContain('got "toString"');
  expect(said('--fast')).toBe("bench: Unknown option '--fast'");
  expect(said('dense')).toBe("bench: Unexpected argument 'dense'");
  expect(said('--only')).toBe("bench: Option '--only <value>' argument missing");
  expect(said('--case', '64 bits')).toBe('bench: expected --only SUITE with --case, got --case alone');
  expect(said('--quick', '--smoke')).toBe('bench: expected --quick or --smoke, got both');
  expect(said('--json', join(folder, 'no', 'rows.json'))).toMatch(
    /^bench: expected --json in a folder that is there, got/,
  );
  expect(said('--json', folder)).toBe(`bench: expected --json FILE, got ${folder}`);
  rmSync(folder, { recursive: true });
});

test('every suite is a file, and docs/benchmarks.md names each', () => {
  const files = readdirSync(join(import.meta.dirname, '../bench/suites')).map((f) => f.replace('.ts', ''));
  expect(files.sort()).toEqual([...SUITES].sort());
  for (const suite of SUITES) expect(text('../docs/benchmarks.md')).toContain(`\n| ${suite} | `);
});
