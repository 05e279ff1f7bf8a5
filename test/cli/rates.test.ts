/** `dyadnet rates`, run as people run it. Needs the build (`npm test` makes it). */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dyadnet } from '../support/cli.ts';
import { elementsOf } from '../support/svg.ts';

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

  test('intrinsic: one error over numbers, parameters and bits; the picture of docs/intrinsic.md', () => {
    const args = ['rates', '--class', 'lipschitz', '--method', 'intrinsic', '--target', 'sin(x)'];
    const ran = dyadnet([...args, '-o', 'intrinsic.svg', '--csv'], { cwd: folder });
    expect(ran.code).toBe(0);
    const svg = readFileSync(join(folder, 'intrinsic.svg'), 'utf8');
    expect(svg).toBe(readFileSync(join(import.meta.dirname, '../../docs/pictures/intrinsic.svg'), 'utf8'));
    const words = elementsOf(svg)
      .map((e) => e.text)
      .join(' ');
    for (const word of ['intrinsic parameters', 'M, non-zero weights', 'metric entropy', 'slope of M^(−2)']) {
      expect(words).toContain(word);
    }
    const csv = readFileSync(join(folder, 'intrinsic.csv'), 'utf8').split('\r\n');
    const proved = csv.filter((row) => row.includes('proved error'));
    expect(proved.length).toBe(3 * 8);
    for (const line of ran.out.split('\n').filter((row) => /^ *\d+ /.test(row))) {
      const [, count, bits, M] = line.trim().split(/ +/);
      for (const x of [count, bits, M]) expect(proved.filter((row) => row.includes(`,${x},`)).length).toBe(1);
    }
  });

  test('intrinsic, two inputs, as data', () => {
    const args = ['rates', '--class', 'lipschitz', '--method', 'intrinsic', '--target', 'x1*x2', '--largest', '2'];
    const { code, out } = dyadnet([...args, '--json'], { cwd: folder });
    expect(code).toBe(0);
    const { steps, bestRate, ...rest } = JSON.parse(out) as { steps: Record<string, number>[]; bestRate: number };
    expect(bestRate).toBe(1);
    expect(rest).toMatchObject({ lipschitz: 2 });
    expect(steps.map((s) => [s.n, s.count])).toEqual([
      [1, 3],
      [2, 4],
    ]);
    for (const s of steps) {
      expect(s.upper).toBeLessThanOrEqual(s.theorem!);
      expect(s.lower).toBeLessThanOrEqual(s.upper!);
      expect(s.entropyBits).toBeLessThan(s.bits!);
    }
  });

  test.each([
    [['--class', 'lipschitz', '--method', 'intrinsic'], '--target: expected a function beside --method intrinsic'],
    [
      ['--class', 'lipschitz', '--method', 'intrinsic', '--target', '1/x'],
      'intrinsic: expected a target whose modulus of continuity is known on the box, got "1/x"',
    ],
    [
      ['--class', 'lipschitz', '--method', 'intrinsic', '--target', '3'],
      'intrinsicStudy: expected a function that is not constant, got "3"',
    ],
    [
      ['--class', 'lipschitz', '--method', 'intrinsic', '--target', 'x1*x2', '--largest', '9'],
      'intrinsicStudy largest n: expected a whole number in 2..6, got 9',
    ],
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
