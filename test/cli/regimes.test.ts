/** Regimes, budgets and deeper networks from the command line. Needs the build (`npm test` makes it). */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lipschitz } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { decodeNetwork, encodeNetwork } from '../../src/io/index.ts';
import { dyadnet, json } from '../support/cli.ts';
import { haveShared, sharedPath } from '../support/shared.ts';
import { elementsOf } from '../support/svg.ts';

const cwd = mkdtempSync(join(tmpdir(), 'dyadnet-regimes-'));
const at = (name: string): string => join(cwd, name);

describe('regimes', () => {
  test('gives one row for every b, with and without a picture', () => {
    const bare = json(['regimes', '--width', '16', '--depth', '3', '--bits', '1..60'], { cwd });
    const drawn = json(['regimes', '--width', '16', '--depth', '3', '--bits', '1..60', '-o', 'r.svg', '--csv'], {
      cwd,
    });
    expect(drawn.rows).toEqual(bare.rows);
    const rows = bare.rows as Record<string, unknown>[];
    expect(rows.length).toBe(60);
    expect(Object.keys(rows[0] as object)).toEqual(['width', 'depth', 'bits', 'lower', 'regime', 'achieved', 'gap']);
    expect(Object.keys((rows[0] as { lower: object }).lower)).toEqual(['precision', 'memory', 'vc']);
    const svg = readFileSync(at('r.svg'), 'utf8');
    expect(elementsOf(svg).find((e) => e.name === 'command')?.text).toContain('dyadnet regimes --width 16 --depth 3');
    expect(readFileSync(at('r.csv'), 'utf8')).toContain('lower bound: memory,60,');
  });

  test('draws error against depth at constant memory', () => {
    const said = json(['regimes', '--memory', '512', '--bits', '4', '-o', 'd.svg'], { cwd });
    expect(said.memoryBits).toBe(4096);
    expect((said.rows as { bits: number }[]).every((r) => r.bits === 4)).toBe(true);
    elementsOf(readFileSync(at('d.svg'), 'utf8'));
  });

  test('refuses in a sentence', () => {
    for (const [args, sentence] of [
      [['--width', '3'], 'regimes: expected --width and --depth, or --memory'],
      [['--bits', '5..2'], '--bits: expected a whole number or a range such as 1..1024 within 1..65536, got "5..2"'],
      [['--width', '0'], '--width: expected a whole number in 1..4096, got "0"'],
      [['--width', '3', '--depth', '3', '--csv'], '--csv: expected -o beside it'],
      [['--memory', '1KiB', '--width', '3'], '--memory: expected no --width, --depth or --integer-bits beside it'],
    ] as const) {
      expect(dyadnet(['regimes', ...args])).toEqual({ code: 2, out: '', err: `dyadnet: ${sentence}\n` });
    }
  });
});

describe('budget', () => {
  test('answers in numbers and in words', () => {
    const args = ['budget', '3*abs(x-1/3)', '--width', '16', '--depth', '16', '--bits', '4'];
    const said = json(args);
    expect(said).toMatchObject({ constant: 3, regime: 'proper', width: 16, depth: 16, bits: 4 });
    expect(said.achieved as number).toBeGreaterThan(said.lower as number);
    expect(said.built).toMatchObject({ inputs: 1, outputs: 1 });
    const { out } = dyadnet(args);
    for (const name of ['reached here', 'out of reach', 'regime', 'change first']) expect(out).toContain(name);
    expect(out).toContain(`the ${said.first}; for about twice the memory`);
  });

  test('searches a memory, and refuses what it cannot answer', () => {
    const said = json(['budget', 'x/2', '--memory', '64']);
    expect(said.denseBits as number).toBeLessThanOrEqual(512);
    const refused = (...args: string[]): string => dyadnet(['budget', ...args]).err;
    expect(refused('sqrt(x)', '--memory', '64')).toContain('state one with --lipschitz');
    expect(refused('x1+x2', '--memory', '64')).toBe('dyadnet: budget: expected f of one input x, got 2 inputs\n');
    expect(refused('x', '--width', '4')).toBe('dyadnet: budget: expected --width, --depth and --bits, or --memory\n');
    expect(refused('x', '--memory', '64', '--bits', '4')).toBe('dyadnet: --memory: expected no --bits beside it\n');
  });
});

describe('deepen', () => {
  test('keeps the function, and what was proved of it, with one fractional bit', () => {
    const { network, guaranteed } = lipschitz({ bytes: 8 }).network(expressionTarget('sin(6*x)/6'));
    writeFileSync(
      at('s.dyad'),
      encodeNetwork({ network, meta: { target: 'sin(6*x)/6', proved: { upper: guaranteed.toString() } } }),
    );
    const said = json(['deepen', 's.dyad', '--bits', '1', '-o', 'deep.dyad'], { cwd });
    expect(said).toMatchObject({ before: { fractionalBits: network.fractionalBits }, after: { fractionalBits: 1 } });
    expect((said.after as { kappa: number }).kappa).toBeCloseTo(
      (said.before as { kappa: number }).kappa * (said.memoryRatio as number),
      6,
    );
    const deep = decodeNetwork(readFileSync(at('deep.dyad')));
    expect(deep.meta?.proved?.upper).toBe(guaranteed.toString());
    expect(dyadnet(['certify', 'deep.dyad', 's.dyad', '--json'], { cwd }).out).toContain('"upper": 0,');
  });

  test.skipIf(!haveShared('acasxu'))('works on an imported trained network', () => {
    const nnet = sharedPath('acasxu/ACASXU_run2a_1_1_batch_2000.nnet');
    expect(dyadnet(['quantize', nnet, '--bits', '16', '-o', 'a16.dyad'], { cwd }).code).toBe(0);
    const said = json(['deepen', 'a16.dyad', '--bits', '1', '-o', 'a1.dyad'], { cwd });
    expect(said).toMatchObject({ digits: 16, after: { fractionalBits: 1, depth: 113 } });
    const point = '0.1,-0.25,0.3,0.5,-0.125';
    const outputs = (file: string): string => dyadnet(['eval', file, point], { cwd }).out;
    expect(outputs('a1.dyad')).toBe(outputs('a16.dyad'));
    expect(outputs('a1.dyad')).toContain('->');
  });

  test('refuses in a sentence', () => {
    expect(dyadnet(['deepen', 's.dyad', '--bits', '1', '-o', 'x.onnx'], { cwd }).err).toBe(
      'dyadnet: -o: expected a file that ends in .dyad, got "x.onnx"\n',
    );
    expect(dyadnet(['deepen', 's.dyad', '--bits', '0', '-o', 'x.dyad'], { cwd }).code).toBe(2);
    expect(dyadnet(['deepen', 's.dyad', '--bits', '1', '--non-negative', '-o', 'x.dyad'], { cwd }).err).toContain(
      'domain holds no negative input',
    );
  });
});
