import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, type InputError, Rational } from '../../src/exact/index.ts';
import { type IntervalRequirement, intervalRequirements, readOnnx, readVnnlib, unsafeAt } from '../../src/io/index.ts';
import { affine, compose } from '../../src/net/index.ts';
import { checkIntervals, fitIntervals, posts } from '../../src/workbench/index.ts';
import { haveShared, sharedBytes, sharedText } from '../support/shared.ts';

const Q = Rational.parse;
const asks = (
  ...rows: readonly (readonly [from: string, to: string, above: string | undefined, below: string | undefined])[]
): IntervalRequirement[] =>
  rows.map(([from, to, above, below], i) => ({
    clause: i + 1,
    from: Q(from),
    to: Q(to),
    ...(above === undefined ? {} : { above: Q(above) }),
    ...(below === undefined ? {} : { below: Q(below) }),
  }));

describe('what a specification asks', () => {
  test('at every end: the strictest bounds of all intervals that hold the point', () => {
    const at = posts(
      asks(['0', '2', '0', '10'], ['1', '3', '1', undefined], ['1.5', '1.75', undefined, '3'], ['2', '4', '-1', '9']),
    );
    expect(
      at.map((p) => [
        p.x.toNumber(),
        p.above?.value.toNumber(),
        p.above?.clause,
        p.below?.value.toNumber(),
        p.below?.clause,
      ]),
    ).toEqual([
      [0, 0, 1, 10, 1],
      [1, 1, 2, 10, 1],
      [1.5, 1, 2, 3, 3],
      [1.75, 1, 2, 3, 3],
      [2, 1, 2, 9, 4],
      [3, 1, 2, 9, 4],
      [4, -1, 4, 9, 4],
    ]);
  });

  test('is that of a search through all clauses', () => {
    const end = fc.integer({ min: 0, max: 20 });
    const clause = fc.tuple(
      end,
      end,
      fc.option(fc.integer({ min: -9, max: 0 })),
      fc.option(fc.integer({ min: 1, max: 9 })),
    );
    fc.assert(
      fc.property(fc.array(clause, { minLength: 1, maxLength: 12 }), (rows) => {
        const all = asks(
          ...rows.map(
            ([p, q, a, b]) =>
              [
                `${Math.min(p, q)}`,
                `${Math.max(p, q)}`,
                a === null ? undefined : `${a}`,
                b === null ? undefined : `${b}`,
              ] as const,
          ),
        );
        for (const { x, above, below } of posts(all)) {
          const here = all.filter((r) => r.from.compare(x) <= 0 && r.to.compare(x) >= 0);
          const most = Math.max(...here.map((r) => r.above?.toNumber() ?? -99));
          const least = Math.min(...here.map((r) => r.below?.toNumber() ?? 99));
          expect([above?.value.toNumber() ?? -99, below?.value.toNumber() ?? 99]).toEqual([most, least]);
        }
      }),
    );
  });

  test('clauses that contradict each other are named', () => {
    expect(() =>
      posts(
        asks(
          ['0', '1', '0', '1'],
          ['2', '3', '0', '1'],
          ['0.5', '2.5', undefined, '0.25'],
          ['2.25', '4', '0.25', undefined],
        ),
      ),
    ).toThrow('clauses 4 and 3 contradict each other at x = 2.25: above 0.25 and below 0.25');
    // Neighbours that share one point only.
    expect(() => fitIntervals(asks(['0', '1', undefined, '0'], ['1', '2', '1', undefined]))).toThrow(
      'clauses 2 and 1 contradict each other at x = 1',
    );
    expect(() => fitIntervals([])).toThrow('expected at least one clause');
  });
});

describe('checkIntervals', () => {
  const line = affine([[1]]); // f(x) = x

  test('decides strictly, at the ends and inside', () => {
    expect(checkIntervals(line, asks(['0', '1', '-0.1', '1.1'])).status).toBe('proved');
    expect(String(checkIntervals(line, asks(['0', '1', '-0.1', '1.2'])).margin)).toBe('1/10');
    const touch = checkIntervals(
      line,
      asks(['0', '1', '-1', '2'], ['0', '1', '0', '2'], ['0.2', '1/3', undefined, '1/3']),
    );
    expect(touch.status).toBe('refuted');
    expect(touch.violations.map((v) => [v.clause, String(v.x), String(v.y)])).toEqual([
      [2, '0', '0'],
      [3, '1/3', '1/3'],
    ]);
    expect(touch.margin).toBeUndefined();
  });

  test('refuses networks of other shapes', () => {
    expect(() => checkIntervals(affine([[1, 1]]), asks(['0', '1', '0', '1']))).toThrow(
      'expected a network with one input and one output',
    );
  });
});

describe('fitIntervals', () => {
  /** A second opinion: the unsafe set itself, at exact points of the network, clause by clause. */
  function holdsAt(network: ReturnType<typeof fitIntervals>['network'], all: readonly IntervalRequirement[]): void {
    for (const { from, to, above, below, clause } of all) {
      for (let k = 0; k <= 8; k++) {
        const x = from.add(to.sub(from).mul(Rational.of(BigInt(k), 8n))).roundBits(80, 'nearest');
        const inside = Rational.fromDyadic(x).compare(from) >= 0 && Rational.fromDyadic(x).compare(to) <= 0;
        if (!inside) continue;
        const y = Rational.fromDyadic(network.evaluate([x])[0]!);
        if (above) expect(y.compare(above), `clause ${clause}`).toBe(1);
        if (below) expect(y.compare(below), `clause ${clause}`).toBe(-1);
      }
    }
  }

  test.each<[string, IntervalRequirement[], number?]>([
    ['one clause', asks(['0', '1', '0', undefined]), 1],
    ['one point', asks(['1/3', '1/3', '0.1', '0.2']), 1],
    ['one line for all', asks(['0', '1', '0', '2'], ['2', '3', '1', '4'], ['4', '5', '3', '6']), 1],
    ['a jump in a narrow gap', asks(['0', '1', '0', '1'], ['1.0000001', '2', '5', '6']), 3],
    ['overlaps that narrow', asks(['0', '2', '0', '1'], ['1', '3', '0.9', '5'], ['2.5', '4', '4.5', '5'])],
    [
      'far away, narrow and thin',
      asks(['1000000', '1000001', '-0.000001', '0.000001'], ['1000002', '1000003', '0.99', '1']),
    ],
    ['negative x', asks(['-3', '-2', '1', '2'], ['-1', '1', '-2', '-1'], ['2', '3', '1', '2'])],
  ])('%s', (_, all, lines) => {
    const fit = fitIntervals(all);
    expect(fit.status).toBe('proved');
    expect(fit.check.margin!.sign).toBe(1);
    if (lines !== undefined) expect(fit.lines).toBeLessThanOrEqual(lines);
    expect(fit.network.depth).toBe(2);
    holdsAt(fit.network, all);
  });

  test('random staircases of overlapping intervals', () => {
    const step = fc.tuple(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: -10, max: 30 }),
      fc.integer({ min: -6, max: 6 }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 15 }), (steps) => {
        let x = 0;
        let y = 0;
        const rows = steps.map(([width, gap, rise]) => {
          const from = Math.max(0, x);
          x = from + width + gap;
          y += gap >= 0 ? rise : 0;
          return [`${from}/7`, `${from + width}/7`, `${y}`, `${y + 3}`] as const;
        });
        const all = asks(...rows);
        let fit: ReturnType<typeof fitIntervals>;
        try {
          fit = fitIntervals(all);
        } catch (error) {
          expect((error as InputError).message).toMatch(/contradict each other/);
          return;
        }
        expect(checkIntervals(fit.network, all).status).toBe('proved');
        holdsAt(fit.network, all);
      }),
      { numRuns: 60 },
    );
  });

  test.skipIf(!haveShared('lindex')).each([
    ['lindex_200', 400],
    ['lindex_1000', 2000],
  ])('%s: every clause, by a network of a few dozen weights', (file, clauses) => {
    const specification = readVnnlib(sharedText(`lindex/${file}.vnnlib`));
    const all = intervalRequirements(specification);
    const fit = fitIntervals(all);
    expect([fit.check.status, fit.check.clauses]).toEqual(['proved', clauses]);
    expect(fit.network.connectivity).toBeLessThan(120);
    expect(fit.fileBytes).toBeLessThan(160);
    expect(fit.lines).toBeLessThanOrEqual(2 * fit.fewest);
    // The file's own words: no point of any clause's interval lies in the unsafe set.
    for (const { from, to } of all.filter((_, i) => i % 7 === 0)) {
      for (const x of [from.roundBits(60, 'up'), to.roundBits(60, 'down')]) {
        expect(unsafeAt(specification, [x], fit.network.evaluate([x]))).toEqual([]);
      }
    }
    // A network that is a little too high is caught.
    const half = Dyadic.of(3n, -11);
    const spoiled = checkIntervals(shifted(fit.network, half), all);
    expect(spoiled.status).toBe('refuted');
    for (const { clause, x, y } of spoiled.violations.slice(0, 20)) {
      const r = all[clause - 1]!;
      expect(x.compare(r.from) >= 0 && x.compare(r.to) <= 0).toBe(true);
      expect((r.above && y.compare(r.above) <= 0) || (r.below && y.compare(r.below) >= 0)).toBe(true);
    }
  });

  test.skipIf(!haveShared('lindex'))(
    'the trained index satisfies its specification, too: proved on its own pieces',
    () => {
      const { network } = readOnnx(sharedBytes('lindex/lindex.onnx'));
      const check = checkIntervals(network, intervalRequirements(readVnnlib(sharedText('lindex/lindex_1000.vnnlib'))));
      expect([check.status, check.clauses]).toEqual(['proved', 2000]);
      expect(check.margin!.toNumber()).toBeCloseTo(0.000343954723, 11);
    },
  );
});

function shifted(
  network: ReturnType<typeof fitIntervals>['network'],
  by: Dyadic,
): ReturnType<typeof fitIntervals>['network'] {
  return compose(affine([[1]], [by]), network);
}
