/** `dyadnet rates`, run as people run it. Needs the build (`npm test` makes it). */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dyadnet } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-rates-'));

describe('rates', () => {
  test('two constructions: errors, a picture, its numbers', () => {
    const args = ['rates', '--class', 'lipschitz', '--method', 'lipschitz,interpolate', '--largest', '10'];
    const ran = dyadnet([...args, '-o', 'rates.svg', '--csv', '--json'], { cwd: folder });
    expect([ran.code, ran.err]).toEqual([0, '']);
    const said = JSON.parse(ran.out) as {
      ceiling: { speed: number; sentence: string };
      curves: {
        method: string;
        before: { rate: { rate: number }; points: { error: number; connectivity: number }[] };
      }[];
      written: string[];
    };
    expect(said.ceiling.speed).toBe(1);
    expect(said.curves.map((c) => c.method)).toEqual(['lipschitz', 'interpolate']);
    expect(said.written).toEqual(['rates.svg', 'rates.csv']);
    const svg = readFileSync(join(folder, 'rates.svg'), 'utf8');
    for (const word of ['interpolate, quantised', 'slope of the ceiling', 'no better rate can be hoped for']) {
      expect(svg.replace(/<[^>]*>\s*/g, ' ').replace(/\s+/g, ' ')).toContain(word);
    }
    const csv = readFileSync(join(folder, 'rates.csv'), 'utf8');
    for (const c of said.curves) for (const p of c.before.points) expect(csv).toContain(String(p.connectivity));
  });

  test('a table for people, with what to mind', () => {
    const ran = dyadnet(['rates', '--class', 'lipschitz', '--method', 'cached', '--largest', '7'], { cwd: folder });
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/^cached +rate \d/m);
    expect(ran.out).toMatch(/^ {2}N = 64 +M = \d+: .* at 1 bits; quantised: .* at 1 bits$/m);
    expect(ran.out).toContain('an interval needs at least 5');
  });

  test.each([
    [['--class', 'smooth'], '--class: expected lipschitz, got "smooth"'],
    [
      ['--class', 'lipschitz', '--method', 'magic'],
      'rates method: expected lipschitz, interpolate, cached, got "magic"',
    ],
    [['--class', 'lipschitz', '-o', 'rates.png'], '-o: expected a file that ends in .svg'],
    [['--class', 'lipschitz', '--csv'], '--csv: expected with -o'],
    [[], '--class'],
  ])('%j is refused', (args, sentence) => {
    const ran = dyadnet(['rates', ...args], { cwd: folder });
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(sentence);
    expect(existsSync(join(folder, 'rates.png'))).toBe(false);
  });
});
