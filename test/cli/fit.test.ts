/** `dyadnet fit` and what people do next with its file, run as people run them. Needs the build (`npm test` makes it). */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Dyadic, Rational } from '../../src/exact/index.ts';
import { decodeNetwork, encodeNetwork, readTable } from '../../src/io/index.ts';
import { affine, evaluateRational } from '../../src/net/index.ts';
import { dyadnet, json } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-fit-'));
const at = (name: string): string => join(folder, name);
const SINE = 'sin(2*pi*x)/(2*pi)';
const TYPE_K = 'examples/thermocouple/type_k.tab';

interface Said {
  status: string;
  certified: { upper: number; upperExact: string; lower: number; lowerExact: string; witnessExact: string };
  network: Record<string, number>;
  storage: { denseBits: number; nonZeroBits: number; fileBytes: number };
  kappa: number;
  guaranteed: number;
  method: string;
}

describe('an expression', () => {
  const path = at('sine.dyad');
  const said = json(['fit', SINE, '--eps', '1e-4', '-o', path]) as unknown as Said;

  test('is proved, counted and written; the numbers are those of the file', () => {
    expect(said.status).toBe('proved');
    expect(said.certified.upper).toBeLessThanOrEqual(1e-4);
    expect(said.certified.upper / said.certified.lower).toBeLessThanOrEqual(1.01);
    const file = readFileSync(path);
    const { network, meta } = decodeNetwork(file);
    expect(said.storage.fileBytes).toBe(file.length);
    expect(said.network).toMatchObject({
      depth: network.depth,
      width: network.width,
      connectivity: network.connectivity,
      alphabetSize: network.alphabet().length,
      fractionalBits: network.fractionalBits,
      inputs: 1,
      outputs: 1,
    });
    expect(meta).toMatchObject({ target: SINE, method: said.method, proved: { upper: said.certified.upperExact } });
    expect(said.kappa).toBeCloseTo(8 * file.length * said.guaranteed, 12);
    expect(said.guaranteed).toBeGreaterThanOrEqual(Dyadic.parse(said.certified.upperExact).toNumber('down'));
  });

  test('certify finds the same, inspect shows it, eval gives the bits of the oracle', () => {
    const again = json(['certify', path, SINE]) as unknown as Said;
    expect(again.status).toBe('proved');
    expect(again.certified.upper / said.certified.upper).toBeLessThanOrEqual(1.01);
    const shown = dyadnet(['inspect', path]);
    const letters = (json(['inspect', path]).network as { alphabet: string[] }).alphabet;
    expect(letters).toEqual(decodeNetwork(readFileSync(path)).network.alphabet().map(String));
    expect(shown.code).toBe(0);
    for (const word of ['depth', 'width', 'alphabet', 'kappa', 'proved']) expect(shown.out).toContain(word);
    const evaluated = json(['eval', path, '0.1', '0.25', '--oracle']) as unknown as {
      outputs: number[];
      exact: { mantissa: string; scale: number }[];
    };
    const { network } = decodeNetwork(readFileSync(path));
    [0.1, 0.25].forEach((x, i) => {
      const y = network.evaluate([x])[0]!;
      const { mantissa, scale } = evaluated.exact.flat()[i]!;
      expect(Dyadic.of(BigInt(mantissa), -Number(scale)).eq(y)).toBe(true);
      expect(BigInt(mantissa) === 0n || BigInt(mantissa) % 2n !== 0n).toBe(true);
      expect(evaluated.outputs.flat()[i]).toBe(y.toNumber());
    });
  });

  test('1/3 is refused by name, --round takes the nearest float64, 0.1 is mentioned once', () => {
    const refused = dyadnet(['eval', path, '1/3']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('1/3');
    expect(dyadnet(['eval', path, '1/3', '--round']).code).toBe(0);
    const tenth = dyadnet(['eval', path, '0.1', '0.1']);
    expect(tenth.err.match(/nearest float64/g)?.length).toBe(1);
  });
});

describe('a measured table', () => {
  test("NIST's type K: every entry within the error, units kept", () => {
    const said = json(['fit', TYPE_K, '--eps', '0.0005', '-o', at('k.dyad')]) as unknown as Said & {
      entries: { count: number; worstExact: string };
    };
    expect(said.status).toBe('proved');
    expect(said.entries.count).toBe(1643);
    const { network, meta } = decodeNetwork(readFileSync(at('k.dyad')));
    const limit = Rational.parse('0.0005');
    let worst = Rational.of(0n);
    for (const { x, y } of readTable(readFileSync(TYPE_K)).points) {
      const e = evaluateRational(network, [x])[0]!.sub(y).abs();
      if (e.compare(worst) > 0) worst = e;
    }
    expect(worst.compare(limit)).toBeLessThanOrEqual(0);
    expect(said.entries.worstExact).toBe(worst.toString());
    expect(JSON.stringify([meta!.inputs, meta!.outputs])).toMatch(/degC.*mV/);
  });

  test('a plain CSV with a header, and its inverse', () => {
    writeFileSync(at('t.csv'), 'time [s],speed [m/s]\n0,0\n0.5,1.25\n1,2\n2,2.5\n');
    const said = json(['fit', at('t.csv'), '--eps', '0.01']) as unknown as Said;
    expect(said.status).toBe('proved');
    expect((json(['fit', at('t.csv'), '--eps', '0.01', '--swap']) as unknown as Said).status).toBe('proved');
  });
});

describe('budgets', () => {
  test('thousands of jagged entries off every grid: built without a search, each entry checked in linear time', () => {
    // A table in thousandths: sharp corners where no dyadic number is, more lines than a lattice can be searched for.
    let seed = 1;
    const next = (): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % 1000;
    };
    const rows = Array.from({ length: 6000 }, (_, i) => `${i / 1000},${next() / 1000}`);
    writeFileSync(at('jagged.csv'), `x,y\n${rows.join('\n')}\n`);
    const said = json(['fit', at('jagged.csv'), '--eps', '0.01', '-o', at('jagged.dyad')]) as unknown as Said & {
      entries: { count: number; worst: number; worstExact: string; atExact: string };
    };
    expect(said.status).toBe('proved');
    expect(said.network.width).toBeGreaterThan(4096);
    const { count, worst, worstExact, atExact } = said.entries;
    expect(count).toBe(6000);
    expect(worst).toBeLessThanOrEqual(said.certified.upper);
    const { network } = decodeNetwork(readFileSync(at('jagged.dyad')));
    const x = Rational.parse(atExact);
    const y = readTable(readFileSync(at('jagged.csv'), 'utf8')).points.find((p) => p.x.eq(x))?.y as Rational;
    expect((evaluateRational(network, [x])[0] as Rational).sub(y).abs().toString()).toBe(worstExact);
    for (const { x, y } of readTable(readFileSync(at('jagged.csv'), 'utf8')).points.slice(0, 40)) {
      const error = (evaluateRational(network, [x])[0] as Rational).sub(y).abs();
      expect(error.compare(Rational.parse(worstExact))).toBeLessThanOrEqual(0);
    }
  }, 60_000);

  test('an error beyond float64 is an error like any other; one that is not reached is refuted in both forms', () => {
    expect((json(['fit', 'x^2', '--eps', '1e400']) as unknown as Said).status).toBe('proved');
    const far = ['fit', 'sin(x)', '--eps', '1e-3', '--domain', '1e20,1e20+1'];
    const [text, object] = [dyadnet(far), dyadnet([...far, '--json'])];
    expect([text.code, object.code]).toEqual([1, 1]);
    expect(text.out).toMatch(/^status +refuted/m);
    expect(JSON.parse(object.out)).toMatchObject({ status: 'refuted' });
  });

  test('--bytes is never exceeded, --bits holds for every weight', () => {
    const small = json(['fit', 'exp(x)/e', '--bytes', '100', '-o', at('b.dyad')]) as unknown as Said;
    expect(small.status).toBe('proved');
    expect(readFileSync(at('b.dyad')).length).toBeLessThanOrEqual(100);
    const few = json(['fit', '-x^2', '--eps', '0.01', '--bits', '3']) as unknown as Said;
    expect(few.status).toBe('proved');
    expect(few.network.fractionalBits).toBeLessThanOrEqual(3);
  });
});

describe('what is wrong gets one sentence and exit code 2, and no file', () => {
  test.each([
    [['1/x', '--eps', '0.1'], 'finite on the whole domain'],
    [['sin(x)', '--eps', '0'], '--eps: expected a number greater than 0'],
    [['sin(x)', '--eps', '-1'], '--eps: expected a number greater than 0'],
    [['sin(x)', '--eps', 'NaN'], '--eps'],
    [['sin(x)'], 'either epsilon or bytes'],
    [['sin(x)', '--eps', '1', '--bytes', '100'], 'either epsilon or bytes'],
    [['sin(', '--eps', '1'], 'sin('],
    [['process.exit(3)', '--eps', '1'], 'expected a known function, got "exit"'],
    [['x', '--eps', '1', '--method', 'magic'], 'magic'],
    [['x', '--eps', '1', '--domain', '1,0'], '1'],
    [['none.csv', '--eps', '1'], 'no such file'],
    [['x', '--eps', '1', '--colour'], '--colour'],
  ])('%j', (args, words) => {
    const out = at('never.dyad');
    const { code, err } = dyadnet(['fit', ...args, '-o', out]);
    expect(code).toBe(2);
    expect(err).toContain(words);
    expect(err.trim().split('\n').length).toBe(1);
    expect(err).not.toMatch(/\bat .*\.js:\d/);
    expect(existsSync(out)).toBe(false);
  });

  test('a folder that is not there', () => {
    const { code, err } = dyadnet(['fit', 'x', '--eps', '1', '-o', at('no/such/x.dyad')]);
    expect(code).toBe(2);
    expect(err).toBe(`dyadnet: ${at('no/such/x.dyad')}: expected a folder that is there, got "${at('no/such')}"\n`);
    expect(dyadnet(['fit', 'x', '--eps', '1', '-o', folder]).err).toBe(`dyadnet: ${folder}: it is a folder\n`);
  });
});

test('an imported network is no target of certify by accident: a network that is wrong is refuted', () => {
  writeFileSync(at('line.dyad'), encodeNetwork({ network: affine([[1]]) }));
  const { code, out } = dyadnet(['certify', at('line.dyad'), 'x+1/4', '--eps', '0.1', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(out).status).toBe('refuted');
});
