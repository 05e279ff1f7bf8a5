/** `dyadnet fit --method taylor` and `--method cached`, run as people run them. Needs the build (`npm test` makes it). */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Interval } from '../../src/exact/index.ts';
import { decodeNetwork } from '../../src/io/index.ts';
import { fitCube, fit as fitTarget } from '../../src/workbench/index.ts';
import { dyadnet, json } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-quantised-'));
const at = (name: string): string => join(folder, name);

interface Said {
  status: string;
  certified: { upper: number; upperExact: string; lower: number };
  network: { depth: number; width: number; connectivity: number; alphabetSize: number };
  guaranteed: number;
  method: string;
}

describe('fit --method taylor', () => {
  test('two inputs: planned, built, proved; the file knows its blocks', () => {
    const args = ['fit', 'x1*x2', '--method', 'taylor', '--lambda', '4', '-n', '2', '--eps', '0.1'];
    const plan = json([...args, '--plan']) as unknown as { planned: Said['network'] & { bits: number } };
    const said = json([...args, '-o', at('product.dyad')]) as unknown as Said;
    const { depth, width, connectivity } = said.network;
    expect(plan.planned).toEqual({ depth, width, connectivity, bits: 2 * connectivity });
    expect(said).toMatchObject({ status: 'proved', method: 'taylor' });
    expect(said.certified.upper).toBeLessThanOrEqual(said.guaranteed);
    expect(said.guaranteed).toBeLessThanOrEqual(0.1);
    const { network, meta, domain } = decodeNetwork(readFileSync(at('product.dyad')));
    expect(network.connectivity).toBe(connectivity);
    expect(network.alphabet().length).toBeLessThanOrEqual(4);
    expect(domain!.length).toBe(2);
    expect(meta).toMatchObject({ method: 'taylor', target: 'x1*x2', recipe: { table: 1, lambda: 4 } });
    const upper = Dyadic.parse(said.certified.upperExact);
    for (const [a, b] of [
      [0.3, 0.7],
      [1, 1],
      [0.015625, 0.96875],
    ] as const) {
      const error = network
        .evaluate([a, b])[0]!
        .sub(Dyadic.from(a).mul(Dyadic.from(b)))
        .abs();
      expect(error.le(upper)).toBe(true);
    }
    expect(dyadnet(['blocks', at('product.dyad')]).out).toMatch(/^table +Table 1 of \[DLS18\]/);
  });

  test('one input: the sup error of the network itself where it can be swept, else the bound for this function', () => {
    const f = expressionTarget('exp(-x)');
    const small = fitTarget(f, { epsilon: '0.5', method: 'taylor', quantised: { n: 2, lambda: 3 } });
    expect(small.status).toBe('proved');
    expect(small.certificate.pieces).toBeGreaterThan(50);
    expect(small.certificate.upper!.le(small.guaranteed!)).toBe(true);
    expect(small.certificate.upper!.toNumber() / small.certificate.lower.toNumber()).toBeLessThan(1.02);
    const large = fitTarget(f, {
      epsilon: '1e-5',
      method: 'taylor',
      quantised: { n: 4, lambda: 16, constants: 'sharp' },
    });
    expect(large.status).toBe('proved');
    expect(large.certificate.pieces).toBe(0);
    expect(large.certificate.restsOn.join()).toMatch(/Taylor, rounding and product errors/);
    for (let k = 0; k <= 16; k++) {
      const x = Dyadic.of(BigInt(k * k), -8);
      const error = Interval.of(large.network.evaluate([x])[0]!).sub(f.enclose([Interval.of(x)], 80)!);
      expect(error.magnitude.le(large.certificate.upper!)).toBe(true);
    }
  });
});

describe('fit --method cached', () => {
  test('the sup error is proved, kappa and blocks come along', () => {
    const said = json(['fit', 'abs(x-0.3)/2', '--method', 'cached', '--eps', '0.01', '--linear', '--lambda', '8']);
    expect(said).toMatchObject({ status: 'proved', method: 'cached', details: { statement: '[DLS18, Sec. 5.3]' } });
    expect((said as unknown as Said).certified.upper).toBeLessThanOrEqual(0.01);
  });
});

describe('what does not fit together is refused in a sentence', () => {
  const f = expressionTarget('exp(-x)');
  test.each([
    [
      () => fitTarget(f, { epsilon: 0.1, method: 'taylor' }),
      /taylor: smoothness n: expected a whole number in 1..16 \(-n 3\)/,
    ],
    [
      () => fitTarget(f, { epsilon: 0.1, quantised: { lambda: 4 } }),
      /expected the method taylor or cached beside lambda and n/,
    ],
    [
      () => fitTarget(f, { epsilon: 0.1, method: 'taylor', quantised: { n: 2, lambda: 1 } }),
      /lambda: expected .*2..64, got 1/,
    ],
    [
      () => fitTarget(f, { epsilon: 0.1, method: 'taylor', quantised: { n: 2 }, domain: [0, 2] }),
      /taylor: expected the domain 0,1, on which the theorem stands, got 0,2/,
    ],
    [
      () => fitTarget(f, { epsilon: 0.1, method: 'cached', quantised: { n: 2 } }),
      /cached: smoothness n: expected 1, or nothing/,
    ],
    [() => fitTarget(f, { epsilon: 0.1, method: 'cached', bits: 3 }), /cached: expected no bits/],
    [
      () => fitCube(expressionTarget('x1*x2'), { epsilon: 0.1, n: 2, method: 'cached' }),
      /taylor for a target with 2 inputs/,
    ],
    [
      () => fitTarget(expressionTarget('sqrt(x)'), { epsilon: 0.1, method: 'cached' }),
      /1 bounded derivative on \[0,1\]/,
    ],
  ])('%#', (run, sentence) => {
    expect(run).toThrow(sentence);
  });

  test('on the command line', () => {
    const ran = dyadnet(['fit', 'x1*x2', '--method', 'taylor', '-n', '2', '--eps', '0.1', '--bits', '4']);
    expect([ran.code, ran.err]).toEqual([
      2,
      'dyadnet: --bits: expected a function of one input beside it, got 2 inputs\n',
    ]);
    const none = dyadnet(['fit', 'x', '--plan', '--eps', '0.1']);
    expect([none.code, none.err]).toEqual([
      2,
      'dyadnet: --plan: expected --method taylor or --method cached, got auto\n',
    ]);
  });
});
