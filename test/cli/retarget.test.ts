/** `dyadnet fit --method intrinsic`, `retarget` and what `inspect` says of them. Needs the build (`npm test` makes it). */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { intrinsicDecoder } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Interval } from '../../src/exact/index.ts';
import { decodeNetwork, encodeNetwork, sharedDecoder } from '../../src/io/index.ts';
import { affine } from '../../src/net/index.ts';
import { intrinsicFile } from '../../src/workbench/index.ts';
import { dyadnet, json } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-retarget-'));
const at = (name: string): string => join(folder, name);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(at(name)));

describe('fit, retarget, inspect', () => {
  const fitted = json(['fit', 'x^2', '--eps', '0.02', '--method', 'intrinsic', '-o', at('f.dyad')]);
  const said = json(['retarget', at('f.dyad'), 'sin(x)', '-o', at('g.dyad')]);

  test('fit writes a proved file with marks', () => {
    expect(fitted.status).toBe('proved');
    const file = decodeNetwork(read('f.dyad'));
    expect(file.intrinsic!.length).toBe((fitted.details as { n: number }).n + 2);
  });

  test('retarget changes nothing but the intrinsic numbers', () => {
    expect(said.status).toBe('proved');
    expect(sharedDecoder(read('g.dyad'))).toEqual(sharedDecoder(read('f.dyad')));
    const [f, g] = [decodeNetwork(read('f.dyad')), decodeNetwork(read('g.dyad'))];
    expect(g.intrinsic).toEqual(f.intrinsic);
    const upper = (said.certified as { upper: number }).upper;
    for (let k = 0; k <= 64; k++) {
      const y = g.network.evaluate([k / 64])[0]!.toNumber();
      expect(Math.abs(y - Math.sin(k / 64))).toBeLessThanOrEqual(upper);
    }
    expect(upper).toBeLessThanOrEqual((said as { theorem: number }).theorem);
  });

  test('back again is the file that fit wrote, but for what it says of itself', () => {
    json(['retarget', at('g.dyad'), 'x^2', '-o', at('h.dyad')]);
    expect(decodeNetwork(read('h.dyad')).network.equals(decodeNetwork(read('f.dyad')).network)).toBe(true);
  });

  test('inspect counts numbers and bits, and the bits that nobody can do without', () => {
    const { intrinsic } = json(['inspect', at('g.dyad')]) as {
      intrinsic: { count: number; bits: number; words: number; wordBits: number; upper: number; entropyBits: number };
    };
    expect(intrinsic.count).toBe(intrinsic.words + 2);
    expect(intrinsic.bits).toBeGreaterThan(intrinsic.words * intrinsic.wordBits);
    // sin has Lipschitz constant 1 on [0, 1]: zigzags of steps above the error.
    expect(intrinsic.entropyBits).toBe(Math.ceil(1 / intrinsic.upper) - 1);
    expect(intrinsic.entropyBits).toBeLessThan(intrinsic.bits);
    expect(dyadnet(['inspect', at('g.dyad')]).out).toMatch(/\nno free lunch +whatever is stored, .* need \d+ bits\n/);
  });

  test('a table on another interval is rescaled', () => {
    writeFileSync(at('t.csv'), 'x,y\n10,1\n20,3\n25,2\n');
    expect(dyadnet(['retarget', at('f.dyad'), at('t.csv')]).code).not.toBe(0);
    const table = json(['retarget', at('f.dyad'), at('t.csv'), '--rescale', '-o', at('t.dyad')]);
    expect(table.status).toBe('proved');
    const { network, meta } = decodeNetwork(read('t.dyad'));
    expect(network.evaluate([0.66])[0]!.toNumber()).toBeCloseTo(3, 0);
    expect(meta!.normalisation).toEqual({ input: ['10', '25'] });
  });

  test('says what is wrong in a sentence', () => {
    const refused = (args: string[]): string => {
      const ran = dyadnet(args);
      expect(ran.code).toBe(2);
      expect(ran.err.trimEnd().split('\n').length).toBe(1);
      return ran.err;
    };
    expect(refused(['retarget', at('f.dyad'), '1/x'])).toMatch(/modulus of continuity is known on the box, got "1\/x"/);
    expect(refused(['retarget', at('f.dyad'), 'x1*x2'])).toMatch(/input/);
    writeFileSync(at('plain.dyad'), encodeNetwork({ network: affine([[1]]) }));
    expect(refused(['retarget', at('plain.dyad'), 'x'])).toBe(
      'dyadnet: retarget: expected a network with intrinsic parameters, made by the method intrinsic\n',
    );
    expect(refused(['retarget', at('f.dyad'), 'x', '--rescale'])).toMatch(/--rescale: expected a table/);
    expect(refused(['fit', 'x', '--eps', '0.1', '--method', 'intrinsic', '--bits', '8'])).toMatch(/no --bits/);
    for (const [f, options, sentence] of [
      ['x^2', '--cell-bits 0', '--cell-bits: expected a whole number in 1..20, got "0"'],
      ['x^2', '--cell-bits 3 --norm 0.5', '--norm: expected sup or a number p >= 1, got "0.5"'],
      ['x^2', '--cell-bits 3 --norm NaN', '--norm: expected sup or a number p >= 1, got "NaN"'],
      ['x1*x2', '--eps 0', '--eps: expected a number greater than 0, got 0'],
      ['x1*x2', '--eps -1', '--eps: expected a number greater than 0, got -1'],
      ['x1*x2', '', 'fit: expected either --eps or --cell-bits beside --method intrinsic, got neither'],
      [
        'x1/x2',
        '--eps 0.1',
        'intrinsic: expected a target whose modulus of continuity is known on the box, got "x1/x2"',
      ],
      ['x1*x2', '--eps 1e-6', 'intrinsic: expected an error that 2^6 cells an axis reach, got 0.000001'],
    ] as const) {
      const words = options === '' ? [] : options.split(' ');
      expect(refused(['fit', f, '--method', 'intrinsic', ...words])).toBe(`dyadnet: ${sentence}\n`);
    }
    expect(refused(['fit', 'x', '--eps', '0.1', '--norm', '2'])).toBe(
      'dyadnet: --norm: expected --method intrinsic beside it\n',
    );
  });
});

test.each([
  ['x1*x2', ['--eps', '0.3'], 'sup', 'x1 - x2^2', 2],
  ['x1*x2 + x3/2', ['--cell-bits', '1', '--norm', '2'], 2, 'x3*x1', 3],
  ['sin(5*x)', ['--cell-bits', '4', '--norm', '1.5'], 1.5, 'x', 1],
] as const)('fit, retarget and inspect: %s %s', (f, options, norm, g, d) => {
  const fitted = json(['fit', f, '--method', 'intrinsic', ...options, '-o', at('many.dyad')]);
  const { n } = fitted.details as { n: number };
  const error = fitted.certified as { upper: number; lower: number; witness?: number[] };
  expect(fitted).toMatchObject({ status: 'proved', norm, intrinsic: { count: n + 2 }, network: { inputs: d } });
  expect(error.upper).toBeLessThanOrEqual(fitted.guaranteed as number);
  expect(fitted.guaranteed).toBeLessThanOrEqual(fitted.theorem as number);
  if (norm === 'sup') {
    const { network } = decodeNetwork(read('many.dyad'));
    const [x1, x2] = error.witness as [number, number];
    expect(Math.abs(x1 * x2 - network.evaluate([x1, x2])[0]!.toNumber())).toBeCloseTo(error.lower, 12);
    expect(error.upper).toBeLessThanOrEqual(0.3);
  }
  expect(json(['retarget', at('many.dyad'), g, '-o', at('many-g.dyad')])).toMatchObject({ status: 'proved', norm });
  expect(sharedDecoder(read('many-g.dyad'))).toEqual(sharedDecoder(read('many.dyad')));
  const { intrinsic } = json(['inspect', at('many-g.dyad')]) as { intrinsic: Record<string, number> };
  expect(intrinsic).toMatchObject({ count: n + 2, words: n, wordBits: 2 ** (n * d) });
  expect(intrinsic.bits).toBeGreaterThanOrEqual(n * 2 ** (n * d));
  expect(intrinsic.entropyBits).toBeLessThan(intrinsic.bits!);
  const shown = dyadnet(['inspect', at('many-g.dyad')]).out;
  expect(shown).toMatch(new RegExp(`\nintrinsic +${n + 2} numbers depend on f, ${intrinsic.bits} bits`));
  expect(shown).toMatch(/\nno free lunch +whatever is stored, .* within this error need \d+ bits\n/);
});

test('two inputs, L^2: retarget on a file that the library wrote', () => {
  const { file } = intrinsicFile(intrinsicDecoder({ d: 2, n: 2, norm: 2 }), expressionTarget('x1*x2'));
  writeFileSync(at('two.dyad'), encodeNetwork(file));
  const said = json(['retarget', at('two.dyad'), 'x1 - x2^2', '-o', at('two-g.dyad')]);
  expect(said.norm).toBe(2);
  expect(sharedDecoder(read('two-g.dyad'))).toEqual(sharedDecoder(read('two.dyad')));
  expect(dyadnet(['inspect', at('two-g.dyad')]).out).toMatch(/\nerror +\|\|f - net\|\|_2 <= /);
});

test('a file whose meta section lies is refused', () => {
  const decoder = intrinsicDecoder({ d: 1, n: 3, norm: 2 });
  const { file } = intrinsicFile(decoder, expressionTarget('x'));
  const lie = (own: object): string => {
    const intrinsic = { ...(file.meta.intrinsic as object), decoder: { ...decoder0(), ...own } };
    writeFileSync(at('lie.dyad'), encodeNetwork({ ...file, meta: { ...file.meta, intrinsic } }));
    return dyadnet(['retarget', at('lie.dyad'), 'x']).err;
  };
  const decoder0 = (): object => (file.meta.intrinsic as { decoder: object }).decoder;
  expect(lie({})).toMatch(/^dyadnet: \d/);
  expect(lie({ cells: 16 })).toMatch(/expected the decoder that the file says it has/);
  expect(lie({ cells: 1e9 })).toMatch(/cells along an axis/);
  expect(lie({ norm: 3 })).toMatch(/expected the decoder that the file says it has/);
  expect(lie({ norm: 'x' })).toMatch(/p >= 1/);
  expect(lie({ perLayer: 0 })).toMatch(/perLayer/);
  expect(lie({ valueBits: 4 })).toMatch(/expected the decoder that the file says it has/);
  const wrong = { ...file, domain: [Interval.of(0, 2)] };
  writeFileSync(at('wrong.dyad'), encodeNetwork(wrong));
  expect(dyadnet(['retarget', at('wrong.dyad'), 'x']).err).toMatch(/expected the decoder that the file says it has/);
});
