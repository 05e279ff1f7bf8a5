/** Enclosures of f and g - f over boxes: they hold at every point tried, and the core gives the oracle's numbers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { exactPropagator } from '../../src/certify/propagate.ts';
import { pairPropagator } from '../../src/engine/pair.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { type BoxNumbers, type Network, type Propagated, pairOf } from '../../src/net/index.ts';
import { dyadic } from '../support/arbitrary.ts';
import { roundedTo } from '../support/entries.ts';
import { box, dense, pair } from '../support/pairs.ts';

/** Corners, centre and random points of a box, exactly. */
function* pointsOf({ scale, centre, radius }: BoxNumbers, count: number): Generator<Dyadic[]> {
  let state = 7;
  for (let k = 0; k < count; k++) {
    yield Array.from(centre, (c, i) => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
      const t = k === 0 ? 0 : k % 2 === 0 ? (state >>> 31) * 2 - 1 : state / 2 ** 31 - 1;
      return Dyadic.of(BigInt(c + Math.trunc(t * radius[i]!)), -scale);
    });
  }
}

function holds(f: Network, g: Network, numbers: BoxNumbers, result: Propagated, count: number): void {
  const value = (v: number, scale: number): Dyadic => Dyadic.of(BigInt(v), -scale);
  for (const x of pointsOf(numbers, count)) {
    const y = f.evaluate(x);
    const z = g.evaluate(x);
    for (let i = 0; i < y.length; i++) {
      for (const [truth, { centre, radius, scale }] of [
        [y[i]!, result.f],
        [z[i]!.sub(y[i]!), result.d],
      ] as const) {
        if (truth.sub(value(centre[i]!, scale)).abs().gt(value(radius[i]!, scale))) {
          throw new Error(`output ${i} at ${x}: ${truth} outside ${centre[i]} ± ${radius[i]} at scale ${scale}`);
        }
      }
    }
  }
}

const copy = (p: Propagated): unknown => ({
  f: { ...p.f, centre: [...p.f.centre], radius: [...p.f.radius] },
  d: { ...p.d, centre: [...p.d.centre], radius: [...p.d.radius] },
  slopes: [...p.slopes],
  blame: [...p.blame],
  unsettled: p.unsettled,
});

const withBox = (nets: { f: Network; g: Network }) => box(nets.f.inputs).map((numbers) => ({ ...nets, numbers }));

describe('the oracle', () => {
  test('holds at corners and inside, on random pairs', () => {
    let unsettled = 0;
    fc.assert(
      fc.property(pair().chain(withBox), ({ f, g, numbers }) => {
        const result = exactPropagator(pairOf(f, g))(numbers);
        unsettled += result.unsettled;
        holds(f, g, numbers, result, 12);
      }),
      { numRuns: 1500 },
    );
    expect(unsettled).toBeGreaterThan(500);
  });

  test('holds with weights of 2^±60, which are rounded, and with few noises kept apart', () => {
    fc.assert(
      fc.property(pair(dyadic(60), 58).chain(withBox), fc.integer({ min: 0, max: 2 }), ({ f, g, numbers }, noises) => {
        holds(f, g, numbers, exactPropagator(pairOf(f, g), noises)(numbers), 12);
      }),
      { numRuns: 500 },
    );
  });

  test('dense pairs of 1 to 5 inputs, boxes of any width in each', () => {
    let unsettled = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }).chain((d) =>
          fc.record({
            numbers: box(d),
            widths: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 }),
            seed: fc.nat(),
            bits: fc.integer({ min: 1, max: 9 }),
          }),
        ),
        ({ numbers, widths, seed, bits }) => {
          const f = dense([numbers.centre.length, ...widths], seed);
          const g = roundedTo(f, bits);
          const result = exactPropagator(pairOf(f, g))(numbers);
          unsettled += result.unsettled;
          holds(f, g, numbers, result, 60);
        },
      ),
      { numRuns: 150 },
    );
    expect(unsettled).toBeGreaterThan(60);
  });

  test('two networks that are nothing alike', () => {
    const f = dense([3, 10, 10, 2], 1);
    const g = dense([3, 10, 10, 2], 2);
    fc.assert(
      fc.property(box(3), (numbers) => holds(f, g, numbers, exactPropagator(pairOf(f, g))(numbers), 40)),
      { numRuns: 100 },
    );
  });

  test('equal networks differ by exactly 0, whatever the box', () => {
    const f = dense([4, 12, 12, 3], 5);
    fc.assert(
      fc.property(box(4), (numbers) => {
        const { d } = exactPropagator(pairOf(f, f))(numbers);
        expect([...d.centre, ...d.radius].every((v) => v === 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('where nothing switches the difference is its linear part: no slack but rounding', () => {
    const f = dense([3, 10, 10, 2], 3);
    const g = roundedTo(f, 8);
    const numbers = {
      scale: 28,
      centre: Int32Array.of(2 ** 26, -(2 ** 25), 12345),
      radius: Int32Array.of(2 ** 10, 2 ** 10, 2 ** 10),
    };
    const result = exactPropagator(pairOf(f, g))(numbers);
    expect(result.unsettled).toBe(0);
    for (let i = 0; i < 2; i++) {
      const linear = [0, 1, 2].reduce((n, k) => n + Math.abs(result.slopes[3 * i + k]!), 0);
      expect(result.d.radius[i]! - linear).toBeLessThan(Math.abs(result.d.centre[i]!) * 2 ** -18);
    }
  });
});

describe('the core', () => {
  const builds = ['simd', 'scalar', 'debug'] as const;
  let debug: Uint8Array;
  beforeAll(() => {
    debug = new Uint8Array(readFileSync(join(import.meta.dirname, '../../build/tools-debug.wasm')));
  });

  for (const build of builds) {
    test(`gives the oracle's numbers (${build})`, async () => {
      await fc.assert(
        fc.asyncProperty(
          pair(dyadic(40), 38).chain(withBox),
          fc.constantFrom(0, 1, 5, 1024),
          async ({ f, g, numbers }, noises) => {
            const nets = pairOf(f, g);
            const fast = await pairPropagator(nets, { noises, build: build === 'debug' ? debug : build });
            const expected = copy(exactPropagator(nets, noises)(numbers));
            expect(copy(fast(numbers))).toEqual(expected);
            expect(copy(fast(numbers))).toEqual(expected); // nothing is left over from the call before
            fast.free?.();
          },
        ),
        { numRuns: build === 'simd' ? 1000 : 300 },
      );
    });
  }

  test('on trained-like networks with hundreds of noises, and weights of 60 bits', async () => {
    for (const [sizes, bits] of [
      [[5, 50, 50, 50, 50, 5], 24],
      [[12, 30, 30, 4], 60],
      [[1, 70, 1], 30],
    ] as const) {
      const f = dense(sizes, 11, bits);
      const nets = pairOf(f, roundedTo(f, 9));
      const fast = await pairPropagator(nets);
      const slow = exactPropagator(nets);
      for (const log of [28, 26, 23, 15, 0]) {
        const numbers = {
          scale: 28,
          centre: new Int32Array(sizes[0]).fill(log === 28 ? 0 : 1234567),
          radius: new Int32Array(sizes[0]).fill(2 ** log),
        };
        const expected = slow(numbers);
        expect(copy(fast(numbers))).toEqual(copy(expected));
        holds(f, roundedTo(f, 9), numbers, expected, 10);
      }
      fast.free?.();
    }
  });
});
