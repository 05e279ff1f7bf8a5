/** What a page loads to run a network: `dist/run.js` and the files it imports at once. Needs the build (`npm test` makes it). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gzipped, runtimeFiles } from '../../bench/runtimeFiles.ts';

const dist = join(import.meta.dirname, '../../dist');

test('at most 30 kB gzipped, of it at most 10 kB of WebAssembly', () => {
  const files = runtimeFiles(dist);
  expect(files.length).toBeGreaterThan(1);
  const all = Buffer.concat(files.map((f) => readFileSync(join(dist, f))));
  expect(gzipped(all)).toBeGreaterThan(15_000);
  expect(gzipped(all)).toBeLessThanOrEqual(30_000);
  expect(gzipped(readFileSync(join(dist, '../build/core.wasm')))).toBeLessThanOrEqual(10_000);
});

test('no writer, no meta text, no fraction, no binding runtime, no scalar core, no pool', () => {
  const text = runtimeFiles(dist)
    .map((f) => readFileSync(join(dist, f), 'utf8'))
    .join('\n');
  // A sentence each that its file has and keeps when it is minified; the first is there, so that the search itself is seen to work.
  expect(text).toContain('not a network file');
  for (const absent of ['encodeBundle', 'canonical JSON', 'expected a non-zero denominator', 'asbind', 'crew-node'])
    expect(text).not.toContain(absent);
});
