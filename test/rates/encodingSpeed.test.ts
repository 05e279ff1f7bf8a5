import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/exact/index.ts';
import {
  constantFamily,
  encodingSpeed,
  type FunctionClass,
  fourier,
  freeKnots,
  haar,
  networkFamily,
  rateCeiling,
} from '../../src/rates/index.ts';

describe('encodingSpeed', () => {
  test.each<[FunctionClass, string | undefined, string]>([
    [{ class: 'lipschitz' }, '1', 'L_inf'],
    [{ class: 'lipschitz', d: 3 }, '1/3', 'L_inf'],
    [{ class: 'hoelder', s: 0.5, d: 2 }, '1/4', 'L_inf'],
    [{ class: 'sobolev', s: 2, p: 2, q: 2 }, '2', 'L_2'],
    [{ class: 'sobolev', s: 2, p: 1, q: Number.POSITIVE_INFINITY, d: 1 }, '2', 'L_Infinity'],
    [{ class: 'besov', s: '3/2', p: 1, q: 2, d: 2 }, '3/4', 'L_2'],
    [{ class: 'bv', q: 2 }, '1', 'L_2'],
    [{ class: 'bv', q: 1, d: 2 }, '1/2', 'L_1'],
    [{ class: 'monotone', q: 1 }, '1', 'L_1'],
    [{ class: 'convex', d: 2 }, '1', 'L_inf'],
    [{ class: 'cartoon', b: 2 }, '1', 'L_2'],
    [{ class: 'cartoon', b: 2, d: 3 }, '1/2', 'L_2'],
    [{ class: 'analytic', d: 4 }, undefined, 'L_inf'],
  ])('%o: %s in %s', (given, speed, norm) => {
    const found = encodingSpeed(given);
    expect([found.speed?.toString(), found.norm]).toEqual([speed, norm]);
    expect(found.source).not.toBe('');
    expect(found.name).not.toBe('');
  });

  test.each<[FunctionClass, string]>([
    [{ class: 'sobolev', s: 1, p: 1, q: Number.POSITIVE_INFINITY }, 'expected s/d > 1/p - 1/q'],
    [{ class: 'besov', s: 0.25, p: 1, q: 2 }, 'expected s/d > 1/p - 1/q'],
    [{ class: 'bv', q: Number.POSITIVE_INFINITY }, 'encodingSpeed bv: expected q below infinity, got Infinity'],
    [{ class: 'bv', q: 2, d: 2 }, 'q below d/(d-1) = 2/1'],
    [{ class: 'hoelder', s: -1 }, 'encodingSpeed s: expected a number above 0, got -1'],
    [{ class: 'hoelder', s: Number.NaN }, 'encodingSpeed s: expected a number above 0, got NaN'],
    [
      { class: 'sobolev', s: 1, p: 0.5, q: 1 },
      'encodingSpeed p: expected a number of at least 1, or Infinity, got 0.5',
    ],
    [{ class: 'cartoon', b: 1, d: 1 }, 'a dimension of at least 2'],
    [{ class: 'lipschitz', d: 0 }, 'encodingSpeed d: expected a whole number in 1..'],
    [{ class: 'nice' } as never, 'encodingSpeed class: expected lipschitz, hoelder'],
  ])('%o is refused', (given, sentence) => {
    expect(() => encodingSpeed(given)).toThrow(InputError);
    expect(() => encodingSpeed(given)).toThrow(sentence);
  });
});

describe('rateCeiling', () => {
  const networks = networkFamily({ depth: '2 log(M)', weights: 'M' });

  test('where approximation meets encoding, no better rate can be hoped for', () => {
    for (const [of, family] of [
      [{ class: 'lipschitz' }, networks],
      [{ class: 'lipschitz' }, freeKnots()],
      [{ class: 'bv', q: 2 }, haar()],
      [{ class: 'sobolev', s: 3, p: 2, q: 2 }, fourier()],
    ] as const) {
      const { holds, sentence } = rateCeiling(of, family);
      expect(holds).toBe(true);
      expect(sentence).toMatch(/no better rate can be hoped for$/);
    }
    expect(rateCeiling({ class: 'cartoon', b: 2 }, fourier()).sentence).toMatch(/no rate beyond the encoding speed 1$/);
    const stated = rateCeiling({ class: 'cartoon', b: 2 }, networks, {
      rate: 1,
      source: 'Petersen, Voigtlaender 2018',
    });
    expect(stated.sentence).toMatch(/no better rate can be hoped for$/);
    expect(() => rateCeiling({ class: 'lipschitz' }, networks, { rate: 2, source: 'a mistake' })).toThrow(
      'rateCeiling reached: expected a rate of at most the encoding speed 1, got "2"',
    );
  });

  test('families that are not shown to be encodable have no ceiling; a fixed class only below its own speed', () => {
    const deep = networkFamily({ depth: '2 M', weights: 2 });
    expect(rateCeiling({ class: 'lipschitz' }, deep)).toMatchObject({ holds: false });
    expect(rateCeiling({ class: 'lipschitz' }, deep).sentence).toContain(
      'no ceiling is shown, since sparse ReLU networks: not shown',
    );
    expect(rateCeiling({ class: 'lipschitz' }, constantFamily('C^2', 'sup', 2)).holds).toBe(true);
    expect(rateCeiling({ class: 'hoelder', s: 3 }, constantFamily('C^2', 'sup', 2)).holds).toBe(false);
    expect(rateCeiling({ class: 'analytic' }, networks).sentence).toContain('infinite and bounds no rate');
  });
});
