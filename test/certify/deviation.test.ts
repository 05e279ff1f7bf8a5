/** certifyDeviation: certified is never below what exact evaluation finds, observed is attained, questions are answered. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certifyDeviation, certifySup, type DeviationCertificate } from '../../src/certify/index.ts';
import { pairPropagator } from '../../src/engine/index.ts';
import { Dyadic, Interval } from '../../src/exact/index.ts';
import { affine, compose, LayerBuilder, Network, padDepth, sum } from '../../src/net/index.ts';
import { dyadic } from '../support/arbitrary.ts';
import { roundedTo } from '../support/entries.ts';
import { dense, pair } from '../support/pairs.ts';

function difference(f: Network, g: Network, x: readonly Dyadic[]): Dyadic[] {
  const y = f.evaluate(x);
  return g.evaluate(x).map((v, i) => v.sub(y[i]!).abs());
}

/** Observed at the witness, witness in the box, and no point of many exceeds certified. */
function holds(f: Network, g: Network, box: readonly Interval[], c: DeviationCertificate, count: number): void {
  let state = 3;
  for (let k = 0; k < count; k++) {
    const x = box.map(({ lo, hi }) => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
      const t = k % 2 === 0 ? Dyadic.from(state >>> 31) : Dyadic.from(state / 2 ** 32);
      return lo.add(hi.sub(lo).mul(t));
    });
    difference(f, g, x).forEach((e, i) => {
      if (e.gt(c.outputs[i]!.certified))
        throw new Error(`output ${i} at ${x}: ${e} exceeds ${c.outputs[i]!.certified}`);
    });
  }
  c.outputs.forEach(({ certified, observed, witness }, i) => {
    expect(difference(f, g, witness)[i]!.eq(observed)).toBe(true);
    expect(witness.every((x, k) => box[k]!.contains(x))).toBe(true);
    expect(observed.le(certified)).toBe(true);
  });
}

const cube = (d: number, lo: number, hi: number): Interval[] => new Array(d).fill(Interval.of(lo, hi));

describe('certifyDeviation', () => {
  test('holds on random pairs and boxes, in BigInt and in the core', async () => {
    await fc.assert(
      fc.asyncProperty(pair(dyadic(6)), fc.integer({ min: -3, max: 3 }), fc.boolean(), async ({ f, g }, log, core) => {
        const box = cube(f.inputs, -(2 ** log), 2 ** log * 0.75);
        const c = await certifyDeviation(f, g, box, {
          seconds: 0.05,
          ...(core ? { propagator: pairPropagator } : {}),
        });
        holds(f, g, box, c, 20);
      }),
      { numRuns: 150 },
    );
  });

  test('holds for networks of other depths, widths and sizes, on boxes that are points in some inputs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          inputs: fc.integer({ min: 1, max: 5 }),
          outputs: fc.integer({ min: 1, max: 3 }),
          one: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
          other: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
          points: fc.integer({ min: 0, max: 31 }),
          log: fc.integer({ min: -8, max: 8 }),
          seed: fc.nat(),
          near: fc.boolean(),
        }),
        async ({ inputs, outputs, one, other, points, log, seed, near }) => {
          const f = dense([inputs, ...one, outputs], seed);
          const g = near
            ? padDepth(roundedTo(f, 4), f.depth + other.length)
            : dense([inputs, ...other, outputs], seed + 1);
          const side = 2 ** log;
          const domain = Array.from({ length: inputs }, (_, i) =>
            (points >> i) & 1 ? Interval.of(side * 0.3) : Interval.of(-side, side * 0.75),
          );
          const c = await certifyDeviation(f, g, domain, { seconds: 0.03, propagator: pairPropagator });
          holds(f, g, domain, c, 30);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a difference that no double sees is observed, and attained at the witness', async () => {
    // 1 and 1 + 2^-70, from one input that does not matter.
    const constant = (c: Dyadic): Network => {
      const layer = new LayerBuilder(1);
      layer.row(c, []);
      return new Network([layer.build()]);
    };
    const f = constant(Dyadic.ONE);
    const g = constant(Dyadic.ONE.add(Dyadic.pow2(-70)));
    const c = await certifyDeviation(f, g, cube(1, 0, 1), { seconds: 0.5 });
    holds(f, g, cube(1, 0, 1), c, 10);
    expect(c.outputs[0]!.observed.eq(Dyadic.pow2(-70))).toBe(true);
  });

  test('a trained-like network in 8 bits: 10^4 exact points, and the ratio is reached on a small box', async () => {
    const f = dense([4, 20, 20, 3], 7);
    const g = roundedTo(f, 8);
    const whole = cube(4, -1, 1);
    const c = await certifyDeviation(f, g, whole, { seconds: 2, ratio: 1.5, propagator: pairPropagator });
    holds(f, g, whole, c, 10_000);
    const small = cube(4, 0.25, 0.26);
    const tight = await certifyDeviation(f, g, small, { seconds: 5, ratio: 1.05, propagator: pairPropagator });
    expect(tight.status).toBe('proved');
    holds(f, g, small, tight, 1000);
    for (const o of tight.outputs) expect(o.certified.toNumber()).toBeLessThanOrEqual(1.05 * o.observed.toNumber());
  });

  test('one input: the exact sup lies between observed and certified', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const f = dense([1, 12, 12, 1], seed);
      const g = roundedTo(f, 5);
      const c = await certifyDeviation(f, g, [-2, 3], { seconds: 1, ratio: 1.05 });
      const exact = certifySup(f, g, { domain: [-2, 3] });
      expect(c.outputs[0]!.certified.ge(exact.lower) && c.outputs[0]!.observed.le(exact.upper!)).toBe(true);
      expect(c.status).toBe('proved');
    }
  });

  test('within: proved, refuted with a witness, undecided when time is over', async () => {
    const f = dense([3, 16, 16, 2], 21);
    const g = roundedTo(f, 6);
    const box = cube(3, -1, 1);
    const c = await certifyDeviation(f, g, box, { seconds: 1, propagator: pairPropagator });
    const most = c.outputs.reduce((m, o) => m.max(o.observed), Dyadic.ZERO);
    const bound = c.outputs.reduce((m, o) => m.max(o.certified), Dyadic.ZERO);
    const yes = await certifyDeviation(f, g, box, { within: bound.mul(Dyadic.from(1.5)), propagator: pairPropagator });
    expect(yes.status).toBe('proved');
    expect(yes.missing).toBeUndefined();
    const no = await certifyDeviation(f, g, box, { within: most.mul(Dyadic.from(0.5)), propagator: pairPropagator });
    expect(no.status).toBe('refuted');
    expect(no.outputs.some((o) => o.observed.gt(most.scale(-1)))).toBe(true);
    holds(f, g, box, no, 200);
    // In BigInt there is no time to prove what took the core a second.
    const late = await certifyDeviation(f, g, box, { within: bound, seconds: 0.2 });
    expect(late.status).toBe('undecided');
    expect(late.missing).toBe('0.2 seconds were not enough');
    holds(f, g, box, late, 200);
  });

  test('no planted violation is proved: a narrow tent in a corner of the box', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 12 }),
        fc.double({ min: 0.05, max: 0.9, noNaN: true }),
        async (narrow, at) => {
          const f = dense([2, 8, 8, 1], 5);
          // height * relu(1 - 2^narrow (|x - at| + |y - at|)): depth 3, padded to f's shape by the library.
          const a = Dyadic.from(at).roundTo(20);
          const steep = Dyadic.pow2(narrow);
          const first = new LayerBuilder(2);
          for (const i of [0, 1]) {
            first.unit(a.neg(), [i, 1]);
            first.unit(a, [i, -1]);
          }
          const second = new LayerBuilder(4);
          second.row(
            1,
            [0, 1, 2, 3].map((k) => [k, steep.neg()] as const),
          );
          const last = new LayerBuilder(1);
          last.unit(0, [0, 0.01]);
          const g = sum(f, padDepth(new Network([first.build(), second.build(), last.build()]), 3));
          const box = cube(2, 0, 1);
          const violated = difference(f, g, [a, a])[0]!;
          const c = await certifyDeviation(f, g, box, {
            within: violated.mul(Dyadic.from(0.999)),
            seconds: 0.3,
            propagator: pairPropagator,
          });
          expect(c.status).not.toBe('proved');
          expect(c.outputs[0]!.certified.ge(violated)).toBe(true);
        },
      ),
      { numRuns: 12 },
    );
  });

  test('networks of different shapes are compared through their difference', async () => {
    const f = dense([2, 6, 2], 9);
    const g = padDepth(roundedTo(f, 5), 4);
    const box = cube(2, -1, 1);
    const c = await certifyDeviation(f, g, box, { seconds: 2, ratio: 1.1, propagator: pairPropagator });
    holds(f, g, box, c, 2000);
    expect(c.status).toBe('proved');
  });

  test('inputs of very different sizes, and inputs that do not vary', async () => {
    const f = dense([3, 10, 1], 13);
    const g = roundedTo(f, 6);
    // The same networks read in other units: x / 2^16 - 1, y * 2^12, z fixed.
    const units = affine(
      [
        [2 ** -16, 0, 0],
        [0, 2 ** 12, 0],
        [0, 0, 1],
      ],
      [-1, 0, 0],
    );
    const box = [Interval.of(0, 2 ** 17), Interval.of(-(2 ** -12), 2 ** -12), Interval.of(0.3)];
    const c = await certifyDeviation(compose(f, units), compose(g, units), box, { seconds: 2, ratio: 1.05 });
    const plain = await certifyDeviation(f, g, [Interval.of(-1, 1), Interval.of(-1, 1), Interval.of(0.3)], {
      seconds: 2,
      ratio: 1.05,
    });
    expect(c.status).toBe('proved');
    expect(plain.status).toBe('proved');
    expect(c.outputs[0]!.certified.ge(plain.outputs[0]!.observed)).toBe(true);
    expect(plain.outputs[0]!.certified.ge(c.outputs[0]!.observed)).toBe(true);
    holds(compose(f, units), compose(g, units), box, c, 500);
  });

  test('equal networks: 0, proved at once; progress and signal; bad arguments', async () => {
    const f = dense([3, 10, 2], 1);
    const same = await certifyDeviation(f, f, [-1, 1]);
    expect(same.status).toBe('proved');
    expect(same.boxes).toBe(1);
    expect(same.outputs.every((o) => o.certified.isZero)).toBe(true);

    // Far too many boxes to be done before the third report.
    const large = dense([8, 40, 40, 2], 3);
    const seen: number[] = [];
    const controller = new AbortController();
    await expect(
      certifyDeviation(large, roundedTo(large, 4), [-1, 1], {
        propagator: pairPropagator,
        ratio: 1.001,
        signal: controller.signal,
        onProgress: ({ boxes, certified, observed }) => {
          seen.push(boxes);
          expect(certified.every((v, i) => v >= observed[i]!)).toBe(true);
          if (seen.length === 3) controller.abort(new Error('enough'));
        },
      }),
    ).rejects.toThrow('enough');
    expect(seen.length).toBe(3);

    await expect(certifyDeviation(f, dense([2, 3, 2], 1), [-1, 1])).rejects.toThrow(
      'certifyDeviation: expected networks of 3 inputs and 2 outputs, got "2 and 2"',
    );
    await expect(certifyDeviation(f, f, [-1, 1], { ratio: 1 })).rejects.toThrow('a number above 1, got 1');
  });
});
