/** What the page computes, without a browser: answers against the library's own certificates, formulas and writers. */
import { describe, expect, test } from 'vitest';
import { certifySup, linearPieces } from '../../src/certify/index.ts';
import { lipschitz } from '../../src/construct/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Rational } from '../../src/exact/index.ts';
import { decodeNetwork, encodeNetwork, readOnnx } from '../../src/io/index.ts';
import { affine, evaluateRational, identity } from '../../src/net/index.ts';
import { pointValue, sampleCurves } from '../../src/web/curves.ts';
import { cDownload, onnxDownload } from '../../src/web/downloads.ts';
import { Ladder } from '../../src/web/draft.ts';
import type { Answer, Budget, Source } from '../../src/web/protocol.ts';
import { solve } from '../../src/web/solve.ts';
import { histogram } from '../../src/web/study.ts';
import { fit as fitTarget } from '../../src/workbench/index.ts';

const expression = (text: string): Source => ({ kind: 'expression', text });
const table = (text: string): Source => ({
  kind: 'table',
  name: 'sensor.csv',
  bytes: new TextEncoder().encode(text),
  swap: false,
});

function answer(source: Source, budget: Budget, domain = ''): Answer {
  return solve({ source, budget, domain }, () => {});
}

describe('budgets', () => {
  test.each([
    ['x^2', '', { kind: 'epsilon', value: '1e-2' }],
    ['sin(2*pi*x)', '', { kind: 'bytes', value: 60 }],
    ['sin(2*pi*x)', '0, 1/4', { kind: 'epsilon', value: '1e-2', bits: 9 }],
    ['abs(x-0.3)', '', { kind: 'class', width: 12, depth: 12, bits: 4 }],
    ['x^3 - x', '-1, 2', { kind: 'class', width: 10, depth: 8, bits: 5 }],
  ] as const)('%s on [%s]: what is said is what the file keeps', (f, domain, budget) => {
    const found = answer(expression(f), budget, domain);
    const { network, domain: stated, meta } = decodeNetwork(found.file);
    expect(meta?.target).toBe(f);
    const [interval] = stated!;
    const again = certifySup(network, expressionTarget(f), { domain: [interval!.lo, interval!.hi] });
    expect(again.upper!.toNumber('up')).toBeLessThanOrEqual(found.bound!.upper! * 1.02);
    expect(found.bound!.status).toBe('proved');
    expect(found.bound!.lower).toBeLessThanOrEqual(found.bound!.upper!);
    if (budget.kind === 'epsilon')
      expect(Dyadic.parse(found.bound!.upperExact!).toNumber('up')).toBeLessThanOrEqual(0.01);
    if (budget.kind === 'bytes') expect(found.file.length).toBeLessThanOrEqual(60);
    if ('bits' in budget && budget.kind === 'epsilon') expect(network.fractionalBits).toBeLessThanOrEqual(9);
    expect([found.depth, found.width, found.connectivity]).toEqual([
      network.depth,
      network.width,
      network.connectivity,
    ]);
    expect(found.layers.reduce((n, l) => n + l.weights + l.biases, 0)).toBe(network.connectivity);
    expect(found.histogram.bars.reduce((n, b) => n + b.count, 0)).toBe(network.connectivity);
  });

  test('(W, L, b) holds the class, and its theorem covers what is certified', () => {
    const budget = { width: 12, depth: 12, bits: 4 };
    const found = answer(expression('abs(x-0.3)'), { kind: 'class', ...budget });
    const plan = lipschitz(budget);
    expect(found.width).toBeLessThanOrEqual(12);
    expect(found.depth).toBeLessThanOrEqual(12);
    expect(found.bound!.upper).toBeLessThanOrEqual(plan.guaranteed.toNumber('up') * 1.02);
  });

  test('a table is read, named and met', () => {
    const found = answer(table('t [degC], u [mV]\n0, 0\n100, 4.096\n200, 8.138'), { kind: 'epsilon', value: '0.05' });
    expect(found.axes).toEqual({ x: 't [degC]', y: 'u [mV]' });
    expect(found.domain).toEqual([0, 200]);
    const { network } = decodeNetwork(found.file);
    for (const [x, y] of [
      ['0', '0'],
      ['100', '4.096'],
      ['200', '8.138'],
    ] as const) {
      const apart = evaluateRational(network, [Rational.parse(x)])[0]!
        .sub(Rational.parse(y))
        .abs();
      expect(apart.compare(Rational.parse('0.05'))).toBeLessThanOrEqual(0);
    }
  });
});

describe('drafts', () => {
  test.each([
    ['x^2', { kind: 'bytes', value: 48 }],
    ['exp(-4*x)*sin(9*x)', { kind: 'bytes', value: 60 }],
    ['exp(-x)', { kind: 'epsilon', value: '1e-3' }],
    ['sin(x)', { kind: 'epsilon', value: '1e-2', bits: 8 }],
  ] as const)('%s %o: proved and within the budget; a full search does no worse', (f, budget) => {
    const problem = { source: expression(f), budget, domain: '' };
    const draft = solve(problem, () => {}, 'draft');
    expect(draft.draft).toBe(true);
    const { network, domain } = decodeNetwork(draft.file);
    const [interval] = domain!;
    const again = certifySup(network, expressionTarget(f), { domain: [interval!.lo, interval!.hi] });
    expect(again.upper!.toNumber('up')).toBeLessThanOrEqual(draft.bound!.upper! * 1.02);
    const full = solve(problem, () => {});
    expect(full.draft).toBe(false);
    if (budget.kind === 'bytes') {
      expect(draft.file.length).toBeLessThanOrEqual(budget.value);
      expect(full.bound!.upper).toBeLessThanOrEqual(draft.bound!.upper!);
    } else {
      expect(draft.bound!.upper).toBeLessThanOrEqual(Number(budget.value));
      expect(full.file.length).toBeLessThanOrEqual(draft.file.length);
    }
    if ('bits' in budget) expect(network.fractionalBits).toBeLessThanOrEqual(8);
  });

  test('where the budget leaves no choice, and where nothing is drafted, the answer is the full one', () => {
    const inClass = { kind: 'class', width: 12, depth: 12, bits: 4 } as const;
    expect(solve({ source: expression('x'), budget: inClass, domain: '' }, () => {}, 'draft').draft).toBe(false);
    const few = { source: expression('x'), budget: { kind: 'bytes', value: 3 } as const, domain: '' };
    expect(() => solve(few, () => {}, 'draft')).toThrow(/bytes/);
  });

  test('a ladder keeps its rungs, finds the finest that fits, and leaves off when its time is up', () => {
    let built = 0;
    const target = expressionTarget('sin(2*pi*x)');
    const ladder = new Ladder((epsilon) => {
      built++;
      return fitTarget(target, { epsilon, effort: 'quick' });
    });
    const still = (): number => 0;
    const found = [30, 40, 50, 60].map((bytes) => ladder.within(bytes, still)!);
    found.forEach((one, i) => {
      expect(one.file.length).toBeLessThanOrEqual([30, 40, 50, 60][i]!);
    });
    const uppers = found.map((one) => one.certificate.upper!.toNumber());
    for (let i = 1; i < uppers.length; i++) expect(uppers[i]).toBeLessThan(uppers[i - 1]!);
    const before = built;
    expect(ladder.within(50, still)).toBe(found[2]);
    expect(ladder.within(30, still)).toBe(found[0]);
    expect(built - before).toBeLessThanOrEqual(1);
    expect(ladder.within(1, still)).toBeUndefined();
    let time = 0;
    const clock = (): number => {
      time += 1000;
      return time;
    };
    const hasty = new Ladder((epsilon) => fitTarget(target, { epsilon, effort: 'quick' }));
    const first = hasty.within(60, clock)!;
    expect(first.file.length).toBeLessThan(found[3]!.file.length);
  });
});

describe('networks from files', () => {
  const built = answer(expression('x^2'), { kind: 'epsilon', value: '1e-2' });
  const file = (name: string, bytes: Uint8Array, f = ''): Source => ({ kind: 'network', name, bytes, f });
  const any: Budget = { kind: 'epsilon', value: '1' };

  test('a .dyad is compared with the expression that it names', () => {
    const opened = answer(file('net.dyad', built.file), any);
    expect(opened.bound!.upperExact).toBe(built.bound!.upperExact);
    expect(opened.file).toEqual(built.file);
  });

  test('or with the one that is typed', () => {
    const opened = answer(file('net.dyad', built.file, 'x^2 + 1/8'), any);
    expect(opened.bound!.lower).toBeGreaterThanOrEqual(0.125 - 0.01);
    expect(opened.bound!.upper).toBeLessThanOrEqual((0.125 + 0.01) * 1.02);
  });

  test('an .onnx is the network it was written from', () => {
    const bytes = onnxDownload(decodeNetwork(built.file)).bytes;
    const opened = answer(file('net.onnx', bytes, 'x^2'), any);
    expect(opened.bound!.upperExact).toBe(built.bound!.upperExact);
    expect(readOnnx(bytes).network.equals(decodeNetwork(built.file).network)).toBe(true);
  });

  test('several inputs: counts and layers, no curves', () => {
    const opened = answer(file('two.dyad', encodeNetwork({ network: identity(2, 3) })), any);
    expect([opened.inputs, opened.depth, opened.curves, opened.bound]).toEqual([2, 3, undefined, undefined]);
    expect(opened.notes.join()).toContain('one input');
  });
});

describe('what is wrong is said in one sentence', () => {
  test.each([
    [expression('x +'), { kind: 'epsilon', value: '1e-2' }, '', /expression/],
    [expression('x1 + x2'), { kind: 'epsilon', value: '1e-2' }, '', /one input x, got 2/],
    [expression('x'), { kind: 'epsilon', value: 'small' }, '', /error: expected a number above 0/],
    [expression('x'), { kind: 'epsilon', value: '1' }, '1, 0', /lower end below the upper end/],
    [expression('x'), { kind: 'epsilon', value: '1' }, '1', /two ends/],
    [expression('sqrt(x)'), { kind: 'class', width: 8, depth: 8, bits: 4 }, '', /Lipschitz constant/],
    [expression('x'), { kind: 'bytes', value: 3 }, '', /bytes/],
    [table('a,b\n1,2'), { kind: 'epsilon', value: '1' }, '', /at least two points/],
    [{ kind: 'network', name: 'n.dyad', bytes: new Uint8Array(9), f: '' }, { kind: 'bytes', value: 1 }, '', /n\.dyad/],
  ] as const)('%#', (source, budget, domain, sentence) => {
    expect(() => answer(source as Source, budget, domain)).toThrow(sentence);
  });
});

describe('drawing', () => {
  const network = decodeNetwork(answer(expression('x^2'), { kind: 'epsilon', value: '1e-2' }).file).network;
  const target = expressionTarget('x^2');

  test('curves pass through exact values, knots are the pieces, whatever part is looked at', () => {
    const pieces = [...linearPieces(network)];
    for (const [lo, hi] of [
      [0, 1],
      [0.25, 0.2500001],
    ] as const) {
      const c = sampleCurves({ network, target }, lo, hi, 300);
      expect(c.x[0]).toBe(lo);
      expect(c.x[c.x.length - 1]).toBe(hi);
      c.x.forEach((x, i) => {
        if (i > 0) expect(x).toBeGreaterThan(c.x[i - 1]!);
        expect(c.net[i]).toBe(network.evaluate([x])[0]!.toNumber());
      });
      const inside = pieces.map((p) => p.from.toNumber()).filter((x) => x > lo && x < hi);
      expect([...c.knots]).toEqual(inside);
      expect(c.error!.every((e) => Math.abs(e) <= 0.01)).toBe(true);
    }
  });

  test('an error far below the last digit of f is drawn from enclosures', () => {
    const tiny = affine([[1]], [Dyadic.pow2(-70)]);
    const c = sampleCurves({ network: tiny, target: expressionTarget('x') }, 0, 1, 50);
    for (const e of c.error!) expect(e).toBe(-(2 ** -70));
  });

  test('values at a point are exact', () => {
    const at = pointValue({ network, target }, '1/3');
    expect(at.x).toBe('1/3');
    expect(at.net).toBe(evaluateRational(network, [Rational.parse('1/3')])[0]!.toString());
    expect(() => pointValue({ network }, 'x')).toThrow();
  });

  test('C takes counts of a converter', () => {
    const { bytes, notes } = cDownload(
      decodeNetwork(answer(expression('x^2'), { kind: 'epsilon', value: '1e-2' }).file),
      'square',
      10,
    );
    const source = new TextDecoder().decode(bytes);
    expect(source).toContain('square(int32_t input)');
    expect(source).toContain('in 0..1023');
    expect(notes.join()).toMatch(/\d+ bytes of constants, \d+ bytes on the stack, \d+ multiplications/);
  });

  test('many values make bars by size, none lost', () => {
    const many = affine([Array.from({ length: 200 }, (_, i) => i - 100.5)]);
    const { binned, bars } = histogram(many);
    expect(binned).toBe(true);
    expect(bars.reduce((n, b) => n + b.count, 0)).toBe(200);
  });
});
