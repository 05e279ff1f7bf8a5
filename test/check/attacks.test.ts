/** False proofs made by hand: each tries one way past the checker, and is rejected with a sentence, never with another error. */
import { describe, expect, test } from 'vitest';
import { linearPieces, proveSup } from '../../src/certify/index.ts';
import { checkProof } from '../../src/check/check.ts';
import { Rejected, readNetwork } from '../../src/check/read.ts';
import { type Fraction, sweep } from '../../src/check/sweep.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import { interpolant } from '../support/interpolant.ts';
import { dense } from '../support/pairs.ts';
import { cases } from '../support/proofs.ts';

const all = cases();
const named = (name: string) => all.find((c) => c.name === name)!;
type Block = readonly [string, number];

/** Without the witness's claim, so that only the upper bound is at stake. */
const sin = { ...named('sin').proof, lower: '0' } as Record<string, unknown>;
const blocks = sin.blocks as Block[];
const middle = blocks.length >> 1;
const [before, after] = [blocks.slice(0, middle), blocks.slice(middle)];
const end = (i: number): Dyadic => Dyadic.parse(blocks[i]![0]);
const inside = end(middle - 1)
  .add(end(middle))
  .scale(-1)
  .toString();

const attacks: Record<string, Record<string, unknown>> = {
  'the first block begins late': { from: '1*2^-20' },
  'the first block begins late by the least': { from: '1*2^-4000' },
  'the last block ends early': { blocks: [...blocks.slice(0, -1), ['1048575*2^-20', blocks.at(-1)![1]]] },
  'no block': { blocks: [] },
  'blocks that turn back behind a gap': { blocks: [...before, [inside, 8], blocks[middle - 1], ...after.slice(1)] },
  'a block without a length': { blocks: [...before, blocks[middle - 1], ...after] },
  'a block that runs backwards': { blocks: [...before, ['0', 8], ...after] },
  'a block whose end is no dyadic': { blocks: [...before, ['1/3', 8], ...after] },
  'a block as fine as nothing': { blocks: [['1*2^-999999', 8], ...blocks] },
  'an order below 0': { blocks: [...before, [inside, -1], ...after] },
  'an order of one half': { blocks: [...before, [inside, 0.5], ...after] },
  'an order that is no number': { blocks: [...before, [inside, 'NaN'], ...after] },
  'an order as text of several': { blocks: [...before, [inside, '8,8'], ...after] },
  'an order beyond all': { blocks: [...before, [inside, 1e9], ...after] },
  'one block for all': { blocks: [[blocks.at(-1)![0], 1]] },
  'blocks that are no list': { blocks: { length: 3 } },
  'a block that is no list': { blocks: [...before, null, ...after] },
  'an error of 0': { upper: '0' },
  'an error below 0': { upper: '-1*2^-3' },
  'an error below 0 of a lower bound below 0': { upper: '-1*2^-3', lower: '-1*2^-2' },
  'an error as small as nothing': { upper: '1*2^-999999' },
  'an error that is not a number': { upper: 'NaN' },
  'an error over 0': { upper: '1/0' },
  'an error with an exponent as long as a book': { upper: `1*2^${'9'.repeat(1000)}` },
  'an error that is a list': { upper: [1, 2] },
  'an error that is a float64': { upper: 1e-3 },
  'a domain of no length': { domain: ['0', '0'], witness: '0', upper: '0' },
  'a domain the wrong way round': { domain: ['1', '0'], witness: '1*2^-1' },
  'a domain with one end': { domain: ['0'] },
  'a domain with an end that is none': { domain: ['0', 'Infinity'] },
  'a larger domain': { domain: ['0', '3*2^-1'], blocks: [...blocks, ['3*2^-1', 8]] },
  'no switches': { switches: [] },
  'switches that are no list': { switches: 'none' },
  'a switch that is no number': { switches: ['NaN'] },
  'a switch of half a unit': { switches: [0.5] },
  'a switch of the input': { switches: [-1] },
  'a switch of the output': { switches: [32] },
  'a switch beyond the units': { switches: [2 ** 40] },
  'a switch named like a property': { switches: ['length'] },
  'an empty list of switches': { switches: [[]] },
  'the same unit twice at once': { switches: [[1, 1]] },
  'units in the wrong order at once': { switches: [[2, 1]] },
  'all units at once': { switches: [Array.from({ length: 31 }, (_, i) => i + 1)] },
  'a deep list of switches': { switches: [[[1]]] },
  'another f': { f: { expression: 'sin(6*x)+1' } },
  'an f with a hole': { f: { expression: '1/(x-1/3)' } },
  'an f with a step': { f: { expression: 'sign(x)' } },
  'an f that is a text': { f: 'sin(6*x)' },
  'an f that is nothing': { f: null },
  'an f of a table of one point': { f: { table: [[0, 0]], over: [1, 1] } },
  'an f of a network that is not handed over': { f: { network: true } },
  'a proof of another kind': { proof: 'dyadnet sup 1' },
};

function reason(proof: unknown, file: Uint8Array, other?: Uint8Array): string {
  try {
    checkProof(proof, file, other);
  } catch (error) {
    if (error instanceof Rejected) return error.message;
    throw error;
  }
  return 'accepted';
}

test('the proof that they start from is accepted', () => {
  expect(reason(sin, named('sin').file)).toBe('accepted');
});

test.each(Object.entries(attacks))('%s', (_, change) => {
  expect(reason({ ...sin, ...change }, named('sin').file)).not.toBe('accepted');
});

test.each([null, undefined, 7, 'proof', [], {}, { proof: 'dyadnet sup 2' }])('no proof: %j', (proof) => {
  expect(reason(proof, named('sin').file)).not.toBe('accepted');
});

describe('tables', () => {
  const { proof, file } = named('table');
  const { table, over } = proof.f as { table: [number, number][]; over: [number, number] };
  const changed = (f: object): string => reason({ ...proof, f: { table, over, ...f } }, file);
  const shifted = table.map(([x, y], i) => [i === 6 ? table[5]![0] : x, y]);
  test.each<[string, object]>([
    ['repeated abscissae', { table: shifted }],
    ['abscissae that turn back', { table: table.map((row, i) => (i === 6 ? [table[4]![0], row[1]] : row)) }],
    ['a table that begins late', { table: table.slice(2) }],
    ['a table that ends early', { table: table.slice(0, -1) }],
    ['an empty table', { table: [] }],
    ['points without a value', { table: table.map(([x]) => [x]) }],
    ['points that are not whole', { table: table.map(([x, y]) => [x, `${y}/2`]) }],
    ['a denominator of 0', { over: [over[0], 0] }],
    ['a denominator below 0', { over: [-over[0], over[1]] }],
    ['a larger denominator', { over: [over[0], 7 * over[1]] }],
    ['no denominators', { over: [] }],
    ['a point moved by its bound and more', { table: table.map(([x, y], i) => [x, i === 6 ? y + 100 * over[1] : y]) }],
  ])('%s', (_, f) => {
    expect(changed(f)).not.toBe('accepted');
  });
  test('as it is', () => expect(changed({})).toBe('accepted'));
});

test('a proof of another network is none, nor that of a cut or changed file', () => {
  for (const c of all) {
    for (const d of all)
      if (c.net !== d.net) expect(reason(c.proof, d.file, c.other), `${c.name}, ${d.name}`).not.toBe('accepted');
    expect(reason(c.proof, c.file.subarray(0, -1), c.other)).not.toBe('accepted');
    const bad = c.file.slice();
    bad[bad.length >> 1]! ^= 1;
    expect(reason(c.proof, bad, c.other)).toBe('network file: its checksum does not fit');
  }
});

describe('weights of every size: short slopes, long ones, and both', () => {
  test.each([4, 20, 40, 60])('%i bits', (bits) => {
    const net = dense([1, 6, 6, 6, 1], 3, bits);
    const file = encodeNetwork({ network: net });
    const domain = [Dyadic.from(-2), Dyadic.from(2)] as const;
    const { proof } = proveSup(net, expressionTarget('x'), { domain, fine: 1 });
    const switches = proof!.switches;
    expect(switches.length).toBeGreaterThan(3);
    expect(reason(proof, file)).toBe('accepted');
    const [lo, hi] = [-2n, 2n].map((n) => ({ n, d: 1n })) as [Fraction, Fraction];
    const lines = sweep(readNetwork(file), lo, hi, switches);
    const scale = 1 - lines.q.toString(2).length;
    for (const { slope, intercept } of linearPieces(net, { lo: domain[0], hi: domain[1] })) {
      expect([Dyadic.of(lines.a, scale), Dyadic.of(lines.c, scale)].map(String)).toEqual(
        [slope, intercept].map(String),
      );
      lines.next();
    }
    for (const i of switches.keys()) {
      const left = switches.filter((_, j) => j !== i);
      expect(reason({ ...proof, switches: left }, file), `switch ${i} left out`).not.toBe('accepted');
    }
  });
  test('where a switch moves the output by less than half of its bound, leaving it out is seen all the same', () => {
    const net = interpolant((x) => x * x, 8, 10);
    const { proof } = proveSup(net, expressionTarget('x^2'), { domain: [Dyadic.ZERO, Dyadic.ONE] });
    const wide = { ...proof, upper: '1', lower: '0' };
    expect(reason(wide, encodeNetwork({ network: net }))).toBe('accepted');
    expect(reason({ ...wide, switches: proof!.switches.slice(1) }, encodeNetwork({ network: net }))).toMatch(
      /not listed/,
    );
  });
});
