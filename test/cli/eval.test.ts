/** `dyadnet eval` on long files: in order, in constant memory. Needs the build (`npm test` makes it). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Dyadic, Interval } from '../../src/exact/index.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import { dyadnet } from '../support/cli.ts';
import { Random } from '../support/engineCases.ts';
import { dense } from '../support/pairs.ts';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-eval-'));
const at = (name: string): string => join(folder, name);
const network = dense([2, 6, 1], 3, 8);
writeFileSync(at('net.dyad'), encodeNetwork({ network, domain: [Interval.of(-1, 1), Interval.of(-1, 1)] }));
const random = new Random(8);
const rows = (n: number): number[][] =>
  Array.from({ length: n }, () => [random.between(-64, 64) / 64, random.between(-64, 64) / 64]);
const answer = (x: number[]): string => `${x.join(' ')} -> ${network.evaluate(x)[0]!.toNumber()}`;

test('many batches come out in order, whatever the line ends and the encoding of the first line', () => {
  const inputs = rows(20_000);
  const lines = inputs.map((x, k) => x.join(k % 2 ? ',' : ' ;'.slice(k % 3 ? 0 : 1, k % 3 ? 1 : 2)));
  const ends = ['\n', '\r\n', '\r'];
  const text = `\uFEFFx,y\n# a comment\n\n${lines.map((l, k) => l + ends[k % 3]).join('')}`;
  writeFileSync(at('mixed.csv'), text);
  const expected = inputs.map(answer);
  for (const ran of [
    dyadnet(['eval', at('net.dyad'), '--in', at('mixed.csv')]),
    dyadnet(['eval', at('net.dyad'), '--in', '-'], { input: text }),
  ]) {
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.out.trimEnd().split('\n')).toEqual(expected);
  }
  const exact = dyadnet(['eval', at('net.dyad'), '--in', at('mixed.csv'), '--exact', '--oracle']);
  expect(exact.err).toBe('dyadnet: 20000 inputs: the BigInt oracle gives the same bits\n');
  const values = exact.out.trimEnd().split('\n');
  expect(values.length).toBe(20_000);
  inputs.slice(0, 200).forEach((x, k) => {
    expect(Dyadic.parse(values[k]!.split(' -> ')[1]!).eq(network.evaluate(x)[0]!)).toBe(true);
  });
});

test('memory does not grow with the file: 32 MiB of heap suffice for 300 000 lines', () => {
  const inputs = rows(1000);
  const text = inputs.map((x) => `${x.join(',')}\n`).join('');
  writeFileSync(at('long.csv'), text.repeat(300));
  const main = join(import.meta.dirname, '../../dist/cli/main.js');
  const ran = spawnSync(process.execPath, [main, 'eval', at('net.dyad'), '--in', at('long.csv')], {
    encoding: 'latin1',
    maxBuffer: 1 << 27,
    env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=32' },
  });
  expect([ran.status, ran.stderr]).toEqual([0, '']);
  expect(ran.stdout === `${inputs.map(answer).join('\n')}\n`.repeat(300)).toBe(true);
});

test('a bad line is named, however late it comes', () => {
  const good = '0,0.5\n'.repeat(9000);
  const ran = (bad: string) => dyadnet(['eval', at('net.dyad'), '--in', '-'], { input: good + bad });
  expect(ran('1,2,3\n')).toMatchObject({ code: 2, err: 'dyadnet: -, line 9001: expected 2 numbers, got 3\n' });
  expect(ran('0,x\n').err).toContain('-, line 9001: ');
  expect(ran('0,2\n').err).toBe('dyadnet: row 9001, input 2: expected a number in [-1, 1], got 2\n');
  expect(dyadnet(['eval', at('net.dyad'), '--in', '-'], { input: 'x,y\n\n' }).err).toBe(
    'dyadnet: -: it holds no numbers\n',
  );
});
