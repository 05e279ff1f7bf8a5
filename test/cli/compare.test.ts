/** `dyadnet compare` and `dyadnet quantize --error`, run as people run them. Needs the build (`npm test` makes it). */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Dyadic } from '../../src/exact/index.ts';
import { decodeNetwork, encodeNetwork } from '../../src/io/index.ts';
import type { Network } from '../../src/net/index.ts';
import { dyadnet, json } from '../support/cli.ts';
import { roundedTo } from '../support/entries.ts';
import { dense } from '../support/pairs.ts';
import { haveShared, sharedPath } from '../support/shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'dyadnet-compare-'));
const at = (name: string): string => join(folder, name);
const write = (name: string, network: Network): string => {
  writeFileSync(at(name), encodeNetwork({ network }));
  return at(name);
};

const f = dense([2, 10, 10, 3], 4);
const g = roundedTo(f, 7);
const [fPath, gPath] = [write('f.dyad', f), write('g.dyad', g)];

interface Output {
  certified: number;
  observed: number;
  observedExact: string;
  witnessExact: string[];
}

interface Certified {
  upper: number;
  lowerExact: string;
  witnessExact: string[];
  restsOn: string[];
}

describe('compare', () => {
  test('draws proved and seen, output by output; nothing beside a question of decisions', () => {
    const [svg, csv] = [at('far.svg'), at('far.csv')];
    const said = json([
      'compare',
      fPath,
      gPath,
      '--box',
      '-1,1',
      '--seconds',
      '1',
      '--ratio',
      '1.5',
      '-o',
      svg,
      '--csv',
    ]);
    expect(said.written).toEqual([svg, csv]);
    const outputs = said.outputs as Output[];
    const rows = readFileSync(csv, 'utf8').trim().split('\r\n').slice(1);
    const drawn = rows.map((row) => row.split(',').slice(-4).slice(0, 2).map(Number));
    expect(drawn).toEqual([...outputs.map((o, i) => [i, o.certified]), ...outputs.map((o, i) => [i, o.observed])]);
    const picture = readFileSync(svg, 'utf8');
    expect(picture).toContain('f.dyad and g.dyad: how far apart');
    expect(picture).toContain('Proved: every output differs by at most');
    expect(picture).toContain('dyadnet compare ');
    const refused = dyadnet(['compare', fPath, gPath, '--box', '-1,1', '--argmax', '-o', at('no.svg')]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('-o: expected nothing beside --argmax');
    expect(existsSync(at('no.svg'))).toBe(false);
  });

  test('bounds every output, with witnesses that attain what was observed', () => {
    const said = json(['compare', fPath, gPath, '--box', '-1,1', '--seconds', '2', '--ratio', '1.2']);
    const outputs = said.outputs as Output[];
    expect(said.status).toBe('proved');
    expect(outputs.length).toBe(3);
    outputs.forEach((o, i) => {
      const x = o.witnessExact.map((t) => Dyadic.parse(t));
      const e = f.evaluate(x)[i]!.sub(g.evaluate(x)[i]!).abs();
      expect(e.eq(Dyadic.parse(o.observedExact))).toBe(true);
      expect(o.certified).toBeGreaterThanOrEqual(o.observed);
      expect(o.certified).toBeLessThanOrEqual(1.2 * o.observed * (1 + 1e-12));
    });
  });

  test('--within answers with the exit code', () => {
    const box = ['--box', '-1,1;0,1/3'];
    expect(dyadnet(['compare', fPath, gPath, ...box, '--within', '0.2']).code).toBe(0);
    const no = dyadnet(['compare', fPath, gPath, ...box, '--within', '1e-6']);
    expect(no.code).toBe(1);
    expect(no.out).toMatch(/^status +refuted \(asked: every \|f - g\| <= 0.000001\)/);
  });

  test('--argmax: a network agrees with itself, not with its negative', () => {
    expect(json(['compare', fPath, fPath, '--box', '-1,1', '--argmax']).status).toBe('proved');
    const wrong = roundedTo(f, 2);
    const refuted = dyadnet(['compare', fPath, write('two.dyad', wrong), '--box', '-1,1', '--argmax', '--json']);
    expect(refuted.code).toBe(1);
    const said = JSON.parse(refuted.out) as { witnessExact: string[]; decisions: number[] };
    const x = said.witnessExact.map((t) => Dyadic.parse(t));
    const choose = (net: Network): number => net.evaluate(x).reduce((b, v, i, y) => (v.gt(y[b]!) ? i : b), 0);
    expect([choose(f), choose(wrong)]).toEqual(said.decisions);
  });

  test('two forms of one function of one input: their linear pieces decide, where boxes cannot', () => {
    const tent = ['fit', 'sin(3*x)/3', '--eps', '1e-2', '-o', at('sine.dyad')];
    expect(dyadnet(tent).code).toBe(0);
    expect(dyadnet(['deepen', at('sine.dyad'), '--bits', '1', '-o', at('deep.dyad')]).code).toBe(0);
    const same = json(['compare', at('sine.dyad'), at('deep.dyad')]);
    expect(same).toMatchObject({ status: 'proved', certified: { upper: 0, lower: 0, upperExact: '0' } });
    expect(dyadnet(['compare', at('sine.dyad'), at('deep.dyad'), '--within', '1e-30']).code).toBe(0);
    const { network } = decodeNetwork(readFileSync(at('sine.dyad')));
    const near = write('near.dyad', roundedTo(network, 4));
    const apart = json(['compare', at('deep.dyad'), near, '--box', '0,1/3']) as unknown as { certified: Certified };
    const { upper, lowerExact, witnessExact } = apart.certified;
    const x = Dyadic.parse(witnessExact[0] as string);
    const seen = network
      .evaluate([x])[0]!
      .sub(decodeNetwork(readFileSync(near)).network.evaluate([x])[0]!)
      .abs();
    expect([seen.toString(), 3 * x.toNumber() <= 1]).toEqual([lowerExact, true]);
    expect(seen.toNumber('up')).toBeLessThanOrEqual(upper);
    expect(upper / seen.toNumber()).toBeLessThanOrEqual(1.02);
  });

  test('quantize --certify says what was certified as every command does', () => {
    const said = json(['quantize', fPath, '--bits', '7', '--certify', '--box', '-1,1', '--seconds', '1']);
    const { deviation, certified, status } = said as unknown as {
      status: string;
      certified: Certified;
      deviation: { certified: number; observedExact: string };
    };
    expect(status).toBe('proved');
    expect(certified.upper).toBe(deviation.certified);
    expect(certified.lowerExact).toBe(deviation.observedExact);
    expect(certified.restsOn.length).toBeGreaterThan(0);
  });

  test('says what is wrong in a sentence', () => {
    expect(dyadnet(['compare', fPath, gPath]).err).toBe(
      'dyadnet: --box: expected a box, since the network file names no domain of its own\n',
    );
    expect(dyadnet(['compare', fPath, gPath, '--box', '0,1;0,1;0,1']).err).toBe(
      'dyadnet: --box: expected one range or 2, one an input, got 3\n',
    );
    const ran = dyadnet(['compare', fPath, write('h.dyad', dense([2, 4, 1], 1)), '--box', '0,1']);
    expect([ran.code, ran.err]).toEqual([
      2,
      'dyadnet: certifyDeviation: expected networks of 2 inputs and 3 outputs, got "2 and 1"\n',
    ]);
  });
});

describe('quantize --error', () => {
  test('finds the fewest bits that are proved, and writes that network', () => {
    const out = at('q.dyad');
    const said = json(['quantize', fPath, '--error', '0.05', '--box', '-1,1', '-o', out]);
    const attempts = said.attempts as { bits: number; status: string; certified: number; observed: number }[];
    expect(said.status).toBe('proved');
    expect(attempts.at(-1)).toMatchObject({ bits: said.bits, status: 'proved' });
    expect(attempts.at(-1)!.certified).toBeLessThanOrEqual(0.05);
    expect(attempts.slice(0, -1).every((a) => a.status !== 'proved')).toBe(true);
    expect(attempts[0]).toMatchObject({ bits: 0, status: 'refuted' });
    expect((said.aPriori as { bits: number }).bits).toBeGreaterThanOrEqual(said.bits as number);
    const { network } = decodeNetwork(new Uint8Array(readFileSync(out)));
    expect(network.equals(roundedTo(f, said.bits as number))).toBe(true);
    const compared = json(['compare', fPath, out, '--box', '-1,1', '--within', '0.05']);
    expect(compared.status).toBe('proved');
  });

  test('refuses --bits beside --error', () => {
    const ran = dyadnet(['quantize', fPath, '--error', '0.1', '--bits', '3', '--box', '0,1']);
    expect([ran.code, ran.err]).toEqual([
      2,
      'dyadnet: quantize: expected --error without --bits: it finds the bits itself\n',
    ]);
  });
});

describe('quantize with every quantiser', () => {
  test.each<[string, string[], (q: Network) => boolean]>([
    ['bits a layer', ['--bits', '3,4,5'], (q) => q.layers.every((l, i) => l.scale <= 3 + i)],
    ['a step', ['--step', '0.375'], (q) => q.alphabet().every((w) => w.toNumber() % 0.375 === 0)],
    ['stochastic', ['--bits', '3', '--rounding', 'stochastic', '--seed', '7'], (q) => q.fractionalBits <= 3],
    ['k-means', ['--codebook', '5'], (q) => q.alphabet().length <= 5],
    ['k-means by layer', ['--codebook', '2', '--per-layer'], (q) => q.alphabet().length <= 6],
    ['powers', ['--powers', '-3,0'], (q) => q.alphabet().every((w) => w.abs().m === 1n && w.e >= -3 && w.e <= 0)],
    ['so many powers', ['--powers', 'auto', '--codebook', '6'], (q) => q.alphabet().length <= 6],
    [
      'an alphabet',
      ['--alphabet', '-0.5,0.25,1'],
      (q) => q.alphabet().every((w) => [-0.5, 0.25, 1].includes(w.toNumber())),
    ],
  ])('%s: the network, and bounds in the right order', (_, options, holds) => {
    const out = at('way.dyad');
    const said = json(['quantize', fPath, ...options, '--box', '-1,1', '--seconds', '0.2', '-o', out]);
    expect(holds(decodeNetwork(new Uint8Array(readFileSync(out))).network)).toBe(true);
    const moved = said.deviation as { aPriori: number; certified: number; observed: number };
    expect(moved.observed).toBeLessThanOrEqual(moved.certified);
    expect(moved.certified).toBeLessThanOrEqual(moved.aPriori);
    const { lipschitz } = said.deviation as { lipschitz: Record<string, number> };
    expect(lipschitz.witness).toBeLessThanOrEqual(lipschitz.network!);
    expect(lipschitz.network).toBeLessThanOrEqual(lipschitz.byClass!);
    expect(lipschitz.witness).toBeGreaterThan(0);
    const text = dyadnet(['quantize', fPath, ...options, '--certify', '--box', '-1,1', '--seconds', '0.2']).out;
    for (const row of ['a priori', 'certified', 'seen', 'Lipschitz'])
      expect(text).toMatch(new RegExp(`^${row} +\\S`, 'm'));
  });
});

describe.runIf(haveShared('acasxu'))('ACAS Xu, net 2_3', () => {
  const net = (): string => sharedPath('acasxu/ACASXU_run2a_2_3_batch_2000.onnx');

  test('half-precision weights stay within 0.05 on properties 1, 3 and 4', () => {
    const half = at('half.dyad');
    expect(dyadnet(['quantize', net(), '--format', 'float16', '-o', half]).code).toBe(0);
    for (const property of [1, 3, 4]) {
      const box = sharedPath(`acasxu/prop_${property}.vnnlib`);
      const said = json(['compare', net(), half, '--box', box, '--within', '0.05']);
      expect(said.status).toBe('proved');
      expect((said.outputs as Output[]).every((o) => o.certified <= 0.05)).toBe(true);
    }
  });
});
