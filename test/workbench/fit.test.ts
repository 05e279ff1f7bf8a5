/** fit: the judged functions, options, and functions that are awkward in one way or another. */
import { describe, expect, test } from 'vitest';
import { expressionTarget, parseNumber } from '../../src/exact/expression.ts';
import { callbackTarget, Dyadic, Interval, Rational, tableTarget } from '../../src/exact/index.ts';
import { type FitOptions, type FitResult, fit as fitTarget, METHODS } from '../../src/workbench/index.ts';
import { expectProved, innerOf, judge } from '../support/judge.ts';
import { observed, TWELVE } from '../support/twelve.ts';

const fitted = (text: string, options: FitOptions): FitResult => fitTarget(expressionTarget(text), options);
const wholeWave = [0, parseNumber('2*pi').enclose(64)] as const;

describe('the judged functions', () => {
  for (const judged of TWELVE.filter((j) => !j.shared)) test(judged.name, () => void judge(judged, 10_000));
});

describe('awkward targets', () => {
  test('constants and lines are networks of depth 1, exact where dyadic, at any epsilon', () => {
    for (const [text, epsilon, weights] of [
      ['3', '1e-4', 1],
      ['0', '1e-4', 0],
      ['0.1', '1e-30', 1],
      ['2*x+1', '1e-200', 2],
      ['x/3-1/7', '1e-9', 2],
    ] as const) {
      const result = fitted(text, { epsilon, domain: [-5, 1000] });
      expect(result.status).toBe('proved');
      expect(result.network.depth).toBe(1);
      expect(result.network.connectivity).toBe(weights);
      expect(Rational.fromDyadic(result.certificate.upper!).compare(Rational.parse(epsilon))).toBeLessThanOrEqual(0);
    }
    expect(fitted('2*x+1', { epsilon: '1e-200' }).certificate.upper!.isZero).toBe(true);
  });

  test('an epsilon above the range needs a constant only', () => {
    expect(fitted('sin(x)', { epsilon: 10 }).network.connectivity).toBe(0);
    expect(fitted('sin(x)+5', { epsilon: 1 }).network.connectivity).toBe(1);
  });

  test.each([
    ['sin(x)', '0.001', wholeWave],
    ['tanh(x)', '0.001', [-3, 3]],
    ['1e30*x^2', '1e27', [0, 1]],
    ['sin(x/1e12)', '0.01', [0, 1e13]],
    ['exp(1e9*x)', '0.01', [0, 1e-9]],
    ['x^2', '1e-21', [1, 1 + 1e-10]],
    ['asin(x)', '0.001', [-1, 1]],
    ['max(sin(9*x),cos(7*x))', '0.001', [0, 1]],
    ['sin(300*x)', '0.05', [0, 1]],
    ['exp(x)', '0.01', [0.5, 0.5]],
    ['tanh(1e3*(x-1/3))', '0.01', [0, 1]],
    ['abs(x-1/3)*1e6', '0.01', [0, 1]],
    ['sqrt(abs(x-1/3))', '1e-3', [0, 1]],
    ['1/(x+0.1)', '0.01', [Rational.parse('-1/30'), Rational.parse('1/3')]],
  ] as const)('%s within %s', (text, epsilon, domain) => {
    const f = expressionTarget(text);
    const result = fitTarget(f, { epsilon, domain: domain as FitOptions['domain'] & {} });
    expectProved(result, epsilon);
    const seen = observed(result.network, f, innerOf(result), 500, 3);
    expect(seen.le(result.certificate.upper!)).toBe(true);
  });

  test('an end that is no dyadic moves outward to few digits, and the proof with it', () => {
    const { domain, hull } = fitted('sin(x)', { epsilon: 0.05, domain: wholeWave });
    expect(domain.map(String)).toEqual(['0', '1609*2^-8']);
    expect(hull.hi.toString()).toBe('1609*2^-8');
    expect(hull.hi.gt(wholeWave[1].hi)).toBe(true);
    // Where f ends at the domain's end the proof keeps to it, or says what it lacks.
    const edge = fitted('sqrt(1/3-x)', { epsilon: 0.01, domain: [0, Rational.of(1n, 3n)] });
    expect(edge.domain[1]).toEqual(Rational.of(1n, 3n));
    if (edge.status !== 'proved') expect(edge.certificate.missing).toBeTruthy();
  });

  test('tables: noise, a hundred thousand rows, steep steps, decimals', () => {
    const noisy = Array.from({ length: 100_001 }, (_, i) => ({
      x: Rational.of(BigInt(i), 1000n),
      y: Rational.of(BigInt(Math.round(1e4 * Math.sin(i / 2e4)) + ((i * 7919) % 100)), 1000n),
    }));
    for (const [points, epsilon] of [
      [noisy, '0.08'],
      [[0, 0, 1, 1, 0].map((y, i) => ({ x: Rational.of(BigInt(i)), y: Rational.of(BigInt(y), 7n) })), '0.001'],
      [['0.1', '0.2', '0.3', '0.7'].map((x, i) => ({ x: Rational.parse(x), y: Rational.of(BigInt(i * i)) })), '0.0001'],
    ] as const) {
      const f = tableTarget(points);
      const result = fitTarget(f, { epsilon });
      expectProved(result, epsilon);
      expect(observed(result.network, f, innerOf(result), 2000, 5).le(result.certificate.upper!)).toBe(true);
    }
  });

  test('a table with dyadic slopes is met exactly', () => {
    const points = [0, 3, 1, 4, 1, 5].map((y, i) => ({ x: Rational.of(BigInt(i), 4n), y: Rational.of(BigInt(y), 8n) }));
    const result = fitTarget(tableTarget(points), { epsilon: '1e-9' });
    expect(result.certificate.upper!.isZero).toBe(true);
    for (const { x, y } of points) {
      expect(result.network.evaluate([x.toDyadic()!])[0]!.toString()).toBe(y.toDyadic()!.toString());
    }
  });

  test('a callback that breaks its Lipschitz constant is found out, or the proof says what it rests on', () => {
    const broken = callbackTarget((x) => x * x, { lipschitz: 0.5 });
    expect(() => fitTarget(broken, { epsilon: 0.01 })).toThrow(/contradict the stated Lipschitz constant 0.5$/);
    const kept = callbackTarget((x) => x * x, { lipschitz: 2 });
    expect(fitTarget(kept, { epsilon: 0.01 }).certificate.restsOn.join()).toContain('Lipschitz constant 2');
  });
});

describe('bits', () => {
  test('weights lie in Q(a, b), down to one fractional bit, in more layers', () => {
    const depths = [1, 2, 3, 5, 8].map((bits) => {
      const result = fitted('sin(2*pi*x)/(2*pi)', { epsilon: '0.001', bits });
      expectProved(result, '0.001');
      expect(result.network.fractionalBits).toBeLessThanOrEqual(bits);
      return result.network.depth;
    });
    expect(depths).toEqual([...depths].sort((a, b) => b - a));
    expect(depths.at(-1)).toBe(2);
    const small = fitted('sin(x)', { epsilon: 0.05, bits: 4, integerBits: 0, domain: wholeWave });
    expectProved(small, '0.05');
    expect(small.network.integerBits).toBe(0);
    expect(() => fitted('sin(x)', { epsilon: 0.001, bits: 0 })).toThrow(/0 fractional bits hold only whole/);
  });
});

describe('bytes', () => {
  test('the least error within so many bytes, the meta section counted; more bytes, less error', () => {
    const uppers = [26, 40, 80].map((bytes) => {
      const result = fitted('sin(2*pi*x)/(2*pi)', { bytes });
      expect(result.status).toBe('proved');
      expect(result.file.length).toBeLessThanOrEqual(bytes);
      expect(result.file.length).toBeGreaterThan(bytes * 0.8);
      return result.certificate.upper!;
    });
    expect(uppers[0]!.gt(uppers[1]!) && uppers[1]!.gt(uppers[2]!)).toBe(true);
    const meta = { name: 'a name of some length', target: 'exp(x)' };
    const named = fitted('exp(x)', {
      bytes: 90,
      meta: ({ certificate }) => ({ ...meta, proved: { upper: `${certificate.upper}` } }),
    });
    expect(named.file.length).toBeLessThanOrEqual(90);
    expect(() => fitted('sin(x)', { bytes: 9 })).toThrow(
      /^fit sin\(x\) within 9 bytes: expected at least \d+ bytes, got 9$/,
    );
  });
});

describe('options', () => {
  test('refusals are one sentence', () => {
    for (const [text, options, message] of [
      ['x^3', {}, 'fit: expected either epsilon or bytes, got "neither"'],
      ['x^3', { epsilon: 1, bytes: 1 }, 'fit: expected either epsilon or bytes, got "both"'],
      ['x^3', { epsilon: 0 }, 'fit epsilon: expected a number above 0, got 0'],
      ['x^3', { epsilon: '-1e-3' }, 'fit epsilon: expected a number above 0, got "-1e-3"'],
      ['x^3', { bytes: 1.5 }, 'fit bytes: expected a whole number above 0, got 1.5'],
      ['x^3', { epsilon: 1, bits: -1 }, 'fit bits: expected 0..4096, got -1'],
      ['x^3', { epsilon: 1, domain: [1, 0] }, 'fit domain: expected lower end < upper end, got "[1, 0]"'],
      ['x1*x2', { epsilon: 1 }, 'fit: expected a target with 1 input, got 2'],
      [
        'sign(x-1/2)',
        { epsilon: 0.01 },
        /^fit sign.*expected a function that is continuous on the domain, got "a jump of 1.00 at/,
      ],
      [
        'floor(3*x)',
        { epsilon: 0.01 },
        /^fit floor.*: expected a function that is continuous on the domain, got "a jump of/,
      ],
      [
        'log(x)',
        { epsilon: 1 },
        'fit log(x): expected a function that is finite on the whole domain, got "-Infinity at 0"',
      ],
    ] as const) {
      expect(() => fitted(text, options as FitOptions)).toThrow(message);
    }
    expect(() => fitted('x', { epsilon: 1, method: 'magic' })).toThrow(
      /^fit method: expected auto, .*interpolate.*, got "magic"$/,
    );
  });

  test('a named method is used, progress is told, a signal stops', () => {
    const stages: string[] = [];
    const result = fitted('x^2', {
      epsilon: '0.001',
      method: 'interpolate',
      onProgress: ({ stage }) => stages.push(stage),
    });
    expect(result.method).toBe('interpolate');
    expect(stages).toEqual(['build', 'prove']);
    expect(METHODS.map((m) => m.name)).toContain('interpolate');
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    expect(() => fitted('x^2', { epsilon: 0.1, signal: stop.signal })).toThrow('enough');
  });

  test('the answer is plain and frozen; kappa is bits times error', () => {
    const result = fitted('x^2', { epsilon: '0.001' });
    expect(Object.isFrozen(result)).toBe(true);
    expect(result.guaranteed!.eq(result.certificate.upper!)).toBe(true);
    expect(
      result.kappa!.eq(Rational.fromDyadic(result.guaranteed!).mul(Rational.of(BigInt(8 * result.file.length)))),
    ).toBe(true);
    expect(fitted('x^2', { epsilon: '0.001' }).file).toEqual(result.file);
    expect(result.certificate.lower.le(Dyadic.from(0.001))).toBe(true);
    expect(Interval.of(0, 1).encloses(innerOf(result))).toBe(true);
  });
});
