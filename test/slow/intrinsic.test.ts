/**
 * Few intrinsic parameters at size: the largest n, 1000 exact points of deep networks, and fifty functions in one decoder.
 * docs/intrinsic.md shows the figures; the tests compute them again.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { intrinsic, intrinsicDecoder, intrinsicThree } from '../../src/construct/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Rational, type Target, tableTarget } from '../../src/exact/index.ts';
import { encodeBundle, encodeNetwork, readTable, sharedDecoder } from '../../src/io/index.ts';
import { evaluateAll } from '../../src/net/index.ts';
import { certifyIntrinsic } from '../../src/workbench/index.ts';
import { seeded } from '../support/random.ts';
import { haveShared, sharedBytes } from '../support/shared.ts';

test.each([
  ['d = 1, n = 10, L^2', 'sin(5*x) + x^2', { n: 10, norm: 2 }],
  ['d = 2, n = 5, L^2', 'sin(5*x1)*x2', { n: 5, norm: 2 }],
  ['d = 2, n = 4, sup', 'sin(5*x1)*x2', { n: 4 }],
  ['d = 1, n = 12, L^2', 'sin(5*x) + x^2', { n: 12, norm: 2 }],
  ['d = 2, n = 6, L^2', 'sin(5*x1)*x2', { n: 6, norm: 2 }],
  ['d = 3, n = 4, L^2', 'x1*x2 + abs(x3 - 1/2)', { n: 4, norm: 2 }],
] as const)(
  '%s: proved below the theorem, the core agrees with oracle and formula',
  { timeout: 600_000 },
  (_, text, options) => {
    const f = expressionTarget(text);
    const fit = intrinsic({ target: f, ...options });
    const c = certifyIntrinsic(fit, f);
    expect(c.upper!.le(fit.theorem.value)).toBe(true);
    const { unit } = seeded(5);
    const points = Array.from({ length: 1000 }, () => Array.from({ length: f.inputs }, () => Dyadic.from(unit())));
    const engine = Engine.createSync(fit.network, { domain: [0, 1] });
    const out = engine.forwardExact(points.flat());
    const oracle = evaluateAll(fit.network, points);
    expect(points.findIndex((_, r) => !out.at(r, 0).eq(oracle[r]![0]!))).toBe(-1);
    expect(points.findIndex((x, r) => !fit.formula(x).eq(oracle[r]![0]!))).toBe(-1);
    for (const r of [0, 1, 2]) expect(fit.network.evaluate(points[r]!)[0]!.eq(oracle[r]![0]!)).toBe(true);
    engine.dispose();
  },
);

test('d = 1, n = 14: 16389 layers, proved; n = 15 is refused', { timeout: 900_000 }, () => {
  const f = expressionTarget('sin(5*x) + x^2');
  const fit = intrinsic({ target: f, n: 14, norm: 2 });
  expect(fit.network.depth).toBe(2 ** 14 + 5);
  const { upper, lower } = certifyIntrinsic(fit, f);
  expect(upper!.le(fit.guaranteed)).toBe(true);
  expect(upper!.toNumber() / lower.toNumber()).toBeLessThan(1.05);
  expect(() => intrinsic({ target: f, n: 15, norm: 2 })).toThrow(/thresholds fit 1 GiB/);
});

test('three numbers, thousands of layers', { timeout: 600_000 }, () => {
  const f = expressionTarget('x^2');
  const fit = intrinsicThree({ target: f, epsilon: Rational.parse('1/100') });
  expect(fit.intrinsic.length).toBe(3);
  expect(fit.network.depth).toBeGreaterThan(1000);
  expect(certifyIntrinsic(fit, f).upper!.toNumber()).toBeLessThanOrEqual(0.01);
});

const EXPRESSIONS = [
  'x',
  'x^2',
  'x^3',
  'sqrt(x)',
  'sin(x)',
  'cos(3*x)',
  'exp(-x)',
  'exp(x)/3',
  'abs(x - 1/3)',
  'abs(2*x - 1)',
  'log(1 + x)',
  '1/(1 + x)',
  '1/(1 + 25*(x - 1/2)^2)',
  'tanh(4*x - 2)',
  'sin(2*pi*x)/6',
  'x*(1 - x)',
  'x^4 - x',
  'cosh(x)',
  'sin(5*x)*exp(-x)',
  'max(x, 1/2)',
  'min(x, 1 - x)',
  'atan(3*x)',
  'x*sin(6*x)/3',
  'exp(-8*(x - 1/2)^2)',
];

/** Expressions, both thermocouples and their inverses on the unit interval, random functions with Lipschitz constant 1. */
function fifty(): Target[] {
  const targets = EXPRESSIONS.map((text) => expressionTarget(text));
  for (const name of ['type_k.tab', 'type_j.tab']) {
    for (const swap of [false, true]) {
      const { points } = readTable(sharedBytes(`thermocouple/${name}`), { swap, name });
      const [first, last] = [points[0]!.x, points.at(-1)!.x];
      const moved = points.map(({ x, y }) => ({ x: x.sub(first).div(last.sub(first)), y }));
      targets.push(tableTarget(moved, { text: `${name}${swap ? ', inverse' : ''}` }));
    }
  }
  for (let seed = 1; targets.length < 50; seed++) {
    const { unit } = seeded(seed);
    let y = 0;
    const points = Array.from({ length: 65 }, (_, k) => {
      const point = { x: Rational.of(BigInt(k), 64n), y: Rational.fromDyadic(Dyadic.from(y)) };
      y += (2 * unit() - 1) / 64;
      return point;
    });
    targets.push(tableTarget(points, { text: `random ${seed}` }));
  }
  return targets;
}

const haveTables = haveShared('thermocouple');
test.runIf(haveTables)('fifty functions, one decoder: the table of docs/intrinsic.md', { timeout: 900_000 }, () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/intrinsic.md'), 'utf8');
  const targets = fifty();
  expect(targets.length).toBe(50);
  for (const n of [4, 6, 8]) {
    const decoder = intrinsicDecoder({ d: 1, n, norm: 2 });
    const { domain } = decoder.shape;
    const files = targets.map((f) => {
      const { network, intrinsic: marks, guaranteed, theorem } = decoder.fit(f);
      expect(guaranteed.le(theorem.value)).toBe(true);
      return { network, domain, intrinsic: marks };
    });
    const first = encodeNetwork(files[0]!);
    const decoderBytes = sharedDecoder(first).length;
    // A few in full; every file's decoder is the bundle's.
    for (const file of files.slice(1, 4)) expect(sharedDecoder(encodeNetwork(file))).toEqual(sharedDecoder(first));
    const bundle = encodeBundle(files);
    expect(sharedDecoder(bundle).length).toBe(decoderBytes);
    // Alone, each file holds the decoder, its own part and 5 + 4 bytes around them, and the length of the decoder.
    const around = first.length - decoderBytes - own(first.length, decoderBytes);
    const alone = bundle.length + 49 * (decoderBytes + around);
    const row = `| ${n} | ${n + 2} | ${decoderBytes} | ${alone} | ${bundle.length} | ${(alone / bundle.length).toFixed(1)} |`;
    console.log(row);
    expect.soft(page).toContain(row);
  }
});

/** What is left of a file beside 'dyad', the version, the decoder with its length, and the checksum. */
function own(file: number, decoder: number): number {
  return file - (5 + (decoder < 128 ? 1 : 2) + decoder + 4);
}
