/** Pictures from the command line. Needs the build (`npm test` makes it). */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { square } from '../../src/construct/index.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import { dyadnet, json } from '../support/cli.ts';
import { elementsOf } from '../support/svg.ts';

const cwd = mkdtempSync(join(tmpdir(), 'dyadnet-plot-'));
const at = (name: string): string => join(cwd, name);
writeFileSync(at('s.dyad'), encodeNetwork({ network: square(4).network, meta: { target: 'x^2' } }));

test('plot draws network, target and certificate, with the command inside and the numbers beside', () => {
  const said = json(['plot', 's.dyad', '-o', 'my picture.svg', '--csv'], { cwd });
  expect(said).toMatchObject({ written: ['my picture.svg', 'my picture.csv'], target: 'x^2', status: 'proved' });
  const elements = elementsOf(readFileSync(at('my picture.svg'), 'utf8'));
  expect(elements.find((e) => e.name === 'command')?.text).toBe("dyadnet plot s.dyad -o 'my picture.svg' --csv --json");
  const rows = readFileSync(at('my picture.csv'), 'utf8').trimEnd().split('\r\n');
  const witness = rows.find((r) => r.includes('witness'))?.split(',') as string[];
  expect(Math.abs(Number(witness[3]))).toBe(2 ** -10);
  const other = dyadnet(['plot', 's.dyad', '--target', 'x^3', '--domain', '0,1/2', '-o', 'other.svg'], { cwd });
  expect(other.code).toBe(0);
  expect(readFileSync(at('other.svg'), 'utf8')).toContain('every real x in [0, 0.5]');
});

test('plot refuses in a sentence and leaves nothing behind', () => {
  const refused = (...args: string[]): string => {
    const { code, err } = dyadnet(['plot', ...args], { cwd });
    expect(code).toBe(2);
    return err;
  };
  expect(refused('s.dyad', '-o', 'x.png')).toBe('dyadnet: -o: expected a file that ends in .svg, got "x.png"\n');
  expect(refused('none.dyad', '-o', 'x.svg')).toBe('dyadnet: none.dyad: there is no such file\n');
  expect(refused('s.dyad', '-o', 'x.svg', '--target', 'x1+x2')).toContain('expected f of one input x, got 2 inputs');
  expect(refused('s.dyad', '-o', 'no/x.svg')).toContain('no/x.svg: expected a folder that is there');
  expect(existsSync(at('x.svg'))).toBe(false);
  expect(readdirSync(cwd).filter((f) => f.includes('.part'))).toEqual([]);
});
