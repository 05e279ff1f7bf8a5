/** docs/benchmarks.md shows the committed run, and that run has the rows it should. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
// @ts-expect-error: a script without declarations
import { renewed } from '../bench/report.mjs';

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
