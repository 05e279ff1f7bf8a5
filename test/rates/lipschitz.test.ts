/** Parameters -> function: the class constant, the bounds for one network, the witness; never violated, in exact arithmetic. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dyadic, InputError } from '../../src/exact/index.ts';
import { affine, biasAt, LayerBuilder, Network, weightAt } from '../../src/net/index.ts';
import { quantizeUniform } from '../../src/quantize/index.ts';
import {
  classLipschitz,
  deviationBound,
  extremePair,
  layerNorms,
  lipschitzWitness,
  parameterLipschitz,
} from '../../src/rates/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';
import { entries as entriesOf, mapEntries } from '../support/entries.ts';
import { dense } from '../support/pairs.ts';
import { type Random, seeded } from '../support/random.ts';

/** Every non-zero weight and bias moved by a multiple of radius/8 of at most the radius; moves to exactly 0 are left out. */
function nearby(net: Network, radius: Dyadic, random: Random): Network {
  const move = (w: Dyadic): Dyadic => {
    if (w.isZero) return w;
    const moved = w.add(radius.scale(-3).mul(Dyadic.from(random.pick([-8, 8, random.whole(-8, 8)]))));
    return moved.isZero ? w : moved;
  };
  return mapEntries(net, move);
}

/** ||theta - theta'||_inf. */
function distance(a: Network, b: Network): Dyadic {
  let most = Dyadic.ZERO;
  a.layers.forEach((layer, l) => {
    const other = b.layers[l]!;
    for (let k = 0; k < layer.column.length; k++) most = most.max(weightAt(layer, k).sub(weightAt(other, k)).abs());
    for (let i = 0; i < layer.outputs; i++) most = most.max(biasAt(layer, i).sub(biasAt(other, i)).abs());
  });
  return most;
}

const away = (a: Network, b: Network, x: readonly Dyadic[]): Dyadic => {
  const y = b.evaluate(x);
  return a.evaluate(x).reduce((m, v, i) => m.max(v.sub(y[i]!).abs()), Dyadic.ZERO);
};

const corner = (n: number, random: Random): Dyadic[] =>
  Array.from({ length: n }, () => Dyadic.of(BigInt(random.pick([-4, 4, random.whole(-4, 4)])), -2));

describe('classLipschitz', () => {
  test('is the sum of its header, at most the formula, and approached by the extreme pair', () => {
    for (const [width, depth, norm, box] of [
      [1, 1, 1, 1],
      [2, 3, 1, 1],
      [4, 4, 2, 0.5],
      [8, 2, 0.75, 3],
      [2, 6, 1.5, 0],
    ] as const) {
      const given = { width, depth, norm, box };
      const { constant, formula, reach } = classLipschitz(given);
      let alpha = box as number;
      let sum = 0;
      for (let l = 1; l <= depth; l++) {
        sum += norm ** (depth - l) * (width * alpha + 1);
        alpha = norm * alpha + norm;
      }
      expect([constant.toNumber(), reach.toNumber()]).toEqual([sum, alpha]);
      if (norm >= 1) {
        const W = width;
        expect(formula!.toNumber()).toBe(norm ** (depth - 1) * depth * (W * (box + (depth - 1) / 2) + 1));
        expect(constant.le(formula!)).toBe(true);
      } else expect(formula).toBe(undefined);
      // The pair lies in the class, and its quotient falls short of the constant by a part that goes to 0 with t.
      const t = Dyadic.pow2(-30);
      const { first, second, x } = extremePair(given, t);
      for (const net of [first, second]) {
        for (const layer of net.layers) {
          const { lInf } = layerNorms(layer);
          expect(lInf.matrix.le(Dyadic.from(norm)) && lInf.bias.le(Dyadic.from(norm))).toBe(true);
        }
      }
      const quotient = away(first, second, x).scale(30);
      expect(distance(first, second).eq(t)).toBe(true);
      expect(quotient.le(constant)).toBe(true);
      expect(quotient.toNumber()).toBeGreaterThan(constant.toNumber() * (1 - 2 ** -16));
    }
  });

  test('100000 random pairs of networks of the class, in exact arithmetic: never violated', {
    timeout: 120_000,
  }, () => {
    const random = seeded(2024);
    let closest = 0;
    for (let round = 0; round < 100; round++) {
      const [width, depth] = [random.whole(1, 3), random.whole(1, 4)];
      const norm = random.pick([0.5, 1, 2, 3]);
      const box = random.pick([0.5, 1, 2]);
      const { constant } = classLipschitz({ width, depth, norm, box });
      // Entries are multiples of norm/64 (a power of two, or 3 of them) whose rows add up to at most the norm.
      const unit = Dyadic.from(norm).scale(-6);
      const draw = (): Network => {
        const layers = Array.from({ length: depth }, () => {
          const layer = new LayerBuilder(width);
          for (let i = 0; i < width; i++) {
            let left = 64;
            const terms = Array.from({ length: width }, (_, j) => {
              const m = random.pick([left, random.whole(0, left)]);
              left -= m;
              return [j, unit.mul(Dyadic.from(random.unit() < 0.3 ? -m : m))] as const;
            });
            layer.row(unit.mul(Dyadic.from(random.whole(-64, 64))), terms);
          }
          return layer.build();
        });
        return new Network(layers);
      };
      const x = Array.from({ length: width }, () => Dyadic.from(random.pick([-box, box])));
      const nets = Array.from({ length: 46 }, draw);
      const values = nets.map((net) => net.evaluate(x));
      const entries = nets.map(entriesOf);
      // 46 networks make 1035 pairs.
      for (let a = 0; a < nets.length; a++) {
        for (let b = 0; b < a; b++) {
          const theta = entries[a]!.reduce((m, v, i) => m.max(v.sub(entries[b]![i]!).abs()), Dyadic.ZERO);
          const moved = values[a]!.reduce((m, v, i) => m.max(v.sub(values[b]![i]!).abs()), Dyadic.ZERO);
          if (moved.gt(constant.mul(theta))) expect.fail(`${moved} > ${constant} * ${theta}`);
          if (!theta.isZero) closest = Math.max(closest, moved.toNumber() / (constant.toNumber() * theta.toNumber()));
        }
      }
    }
    // The pairs come near enough for a constant that is too small to be found out.
    expect(closest).toBeGreaterThan(0.5);
  });

  test.each([
    [{ width: 0, depth: 1, norm: 1, box: 1 }, 'classLipschitz width: expected a whole number in 1..'],
    [{ width: 1, depth: 1, norm: 0, box: 1 }, 'classLipschitz norm: expected a number above 0, got 0'],
    [{ width: 1, depth: 1, norm: Number.NaN, box: 1 }, 'expected a finite number, got NaN'],
    [{ width: 1, depth: 1, norm: 1, box: -1 }, 'classLipschitz box: expected a number of at least 0, got -1'],
  ])('%o is refused', (given, sentence) => {
    expect(() => classLipschitz(given)).toThrow(InputError);
    expect(() => classLipschitz(given)).toThrow(sentence);
  });
});

describe('one network', () => {
  test('100000 random pairs within the radius, in exact arithmetic: no constant is violated', {
    timeout: 120_000,
  }, () => {
    const random = seeded(11);
    const closest = { lInf: 0, l1: 0, l2: 0, entrywise: 0 };
    for (let round = 0; round < 100; round++) {
      const sizes = Array.from({ length: random.whole(2, 4) }, () => random.whole(1, 3));
      const net = dense(sizes, round + 1, 4);
      const radius = Dyadic.pow2(-random.whole(3, 8));
      const bound = parameterLipschitz(net, [-1, 1], { radius });
      const x = corner(net.inputs, random);
      const nets = [net, ...Array.from({ length: 45 }, () => nearby(net, radius, random))];
      const values = nets.map((n) => n.evaluate(x));
      const entries = nets.map(entriesOf);
      for (let a = 0; a < nets.length; a++) {
        for (let b = 0; b < a; b++) {
          const theta = entries[a]!.reduce((m, v, i) => m.max(v.sub(entries[b]![i]!).abs()), Dyadic.ZERO);
          if (theta.isZero) continue;
          const moved = values[a]!.reduce((m, v, i) => m.max(v.sub(values[b]![i]!).abs()), Dyadic.ZERO);
          for (const way of ['lInf', 'l1', 'l2', 'entrywise'] as const) {
            if (moved.gt(bound[way].mul(theta))) expect.fail(`${way}: ${moved} > ${bound[way]} * ${theta}`);
            closest[way] = Math.max(closest[way], moved.toNumber() / bound[way].toNumber() / theta.toNumber());
          }
          if (moved.gt(bound.byClass.constant.mul(theta))) expect.fail('class');
        }
      }
    }
    for (const way of ['lInf', 'l1', 'l2', 'entrywise'] as const) expect(closest[way]).toBeGreaterThan(0.3);
  });

  test('sparse networks of any shape and radii by layer: the deviation bound holds, output by output', () => {
    fc.assert(
      fc.property(network({ weight: dyadic(6) }), fc.integer({ min: 0, max: 8 }), fc.nat(), (net, bits, seed) => {
        const random = seeded(seed);
        const { network: q, radius } = quantizeUniform(net, {
          bits,
          rounding: random.pick(['floor', 'nearest', 'stochastic']),
        });
        const bound = deviationBound(net, [-1, 1], radius);
        for (let k = 0; k < 5; k++) {
          const x = corner(net.inputs, random);
          const y = q.evaluate(x);
          net.evaluate(x).forEach((v, i) => {
            const moved = v.sub(y[i]!).abs();
            expect(moved.le(bound.outputs[i]!)).toBe(true);
            for (const way of ['lInf', 'l1', 'l2', 'entrywise'] as const) expect(moved.le(bound[way])).toBe(true);
          });
        }
      }),
    );
  });

  test('one layer: the l_inf and the entrywise bound are attained', () => {
    const net = affine([[0.5, -0.25, 0]], [1]);
    const radius = 2 ** -4;
    // Two weights, one bias, inputs up to 1: 3 radii.
    const bound = deviationBound(net, [-1, 1], radius);
    expect([bound.entrywise.toNumber(), bound.lInf.toNumber()]).toEqual([3 * radius, 3 * radius]);
    expect(bound.l1.toNumber()).toBe(4 * radius); // |x|_1 <= 3
    const witness = lipschitzWitness(net, [-1, 1]);
    expect(witness.lower.toNumber()).toBe(3);
  });

  test('a unit that is off in both networks passes nothing on', () => {
    const off = new LayerBuilder(1);
    off.unit(-3, [0, 1]);
    off.unit(0, [0, 1]);
    const last = new LayerBuilder(2);
    last.unit(0, [0, 1000], [1, 1]);
    const net = new Network([off.build(), last.build()]);
    expect(parameterLipschitz(net, [0, 1], { radius: 0.125 }).entrywise.toNumber()).toBeLessThan(3);
    expect(parameterLipschitz(net, [0, 1], { radius: 0.125 }).lInf.toNumber()).toBeGreaterThan(1000);
  });

  test('the witness is inside the ball and below every bound', () => {
    const tightness: number[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const net = dense([2, 4, 3, 2], seed, 8);
      const { lower, other, x, output } = lipschitzWitness(net, [-1, 1], { seed });
      const radius = Dyadic.pow2(-20);
      expect(distance(net, other).eq(radius)).toBe(true);
      const moved = net.evaluate(x)[output]!.sub(other.evaluate(x)[output]!).abs();
      expect(moved.eq(lower.mul(radius))).toBe(true);
      for (const v of x) expect(v.abs().le(Dyadic.ONE)).toBe(true);
      const bound = parameterLipschitz(net, [-1, 1], { radius });
      expect(lower.le(bound.best)).toBe(true);
      tightness.push(lower.toNumber() / bound.best.toNumber());
    }
    expect(Math.max(...tightness)).toBeGreaterThan(0.5);
  });

  test('bad input is refused', () => {
    const net = affine([[1, 2]]);
    expect(() => deviationBound(net, [-1, 1], -1)).toThrow(
      'deviationBound radius: expected a number of at least 0, got "-1"',
    );
    expect(() => deviationBound(net, [-1, 1], [1, 2])).toThrow('expected one, or one for each of 1 layers, got 2');
    expect(() => deviationBound(net, [[0, 1]], 1)).toThrow(InputError);
    expect(() => lipschitzWitness(net, [-1, 1], { radius: 0.3 })).toThrow('expected a power of two, got 0.3');
  });
});

describe('layerNorms', () => {
  test('bound A x for every x, and l_2 is close to the largest singular value', () => {
    fc.assert(
      fc.property(network({ maxDepth: 1, maxWidth: 6, weight: dyadic(30) }), fc.nat(), (net, seed) => {
        const random = seeded(seed);
        const layer = net.layers[0]!;
        const { lInf, l1, l2 } = layerNorms(layer);
        const x = Array.from({ length: net.inputs }, () => Dyadic.from(random.whole(-9, 9)));
        const zero = Array.from({ length: net.inputs }, () => Dyadic.ZERO);
        const base = net.evaluate(zero);
        const y = net.evaluate(x).map((v, i) => v.sub(base[i]!).abs());
        const size = x.map((v) => v.abs());
        const max = (v: readonly Dyadic[]): Dyadic => v.reduce((a, b) => a.max(b), Dyadic.ZERO);
        const sum = (v: readonly Dyadic[]): Dyadic => v.reduce((a, b) => a.add(b), Dyadic.ZERO);
        const squares = (v: readonly Dyadic[]): Dyadic => sum(v.map((w) => w.mul(w)));
        expect(max(y).le(lInf.matrix.mul(max(size)))).toBe(true);
        expect(sum(y).le(l1.matrix.mul(sum(size)))).toBe(true);
        expect(max(y).le(l1.matrixOut.mul(sum(size)))).toBe(true);
        expect(squares(y).le(l2.matrix.mul(l2.matrix).mul(squares(size)))).toBe(true);
        expect(
          max(y)
            .mul(max(y))
            .le(l2.matrixOut.mul(l2.matrixOut).mul(squares(size))),
        ).toBe(true);
      }),
    );
  });

  test('l_2 of orthogonal, rank-one and random matrices', () => {
    const norm = (rows: readonly (readonly number[])[]): number =>
      layerNorms(affine(rows).layers[0]!).l2.matrix.toNumber();
    expect(
      norm([
        [3, 4],
        [-4, 3],
      ]),
    ).toBeCloseTo(5, 1);
    expect(
      norm([
        [3, 4],
        [-4, 3],
      ]),
    ).toBeGreaterThanOrEqual(5);
    expect(
      norm([
        [1, 2, 2],
        [2, 4, 4],
      ]),
    ).toBeCloseTo(Math.sqrt(45), 9);
    // A 60 by 40 matrix of trained-like weights against 500 steps of the power iteration, which is a lower bound.
    const layer = dense([40, 60], 3, 24).layers[0]!;
    const a = Array.from({ length: 60 }, (_, i) =>
      Array.from(layer.column.slice(layer.rowStart[i]!, layer.rowStart[i + 1]!), (_, k) =>
        weightAt(layer, layer.rowStart[i]! + k).toNumber(),
      ),
    );
    let v = new Array<number>(40).fill(1);
    let sigma = 0;
    for (let step = 0; step < 500; step++) {
      const y = a.map((row) => row.reduce((s, w, j) => s + w * v[j]!, 0));
      const z = v.map((_, j) => a.reduce((s, row, i) => s + row[j]! * y[i]!, 0));
      const length = Math.hypot(...z);
      sigma = Math.sqrt(length);
      v = z.map((w) => w / length);
    }
    const upper = layerNorms(layer).l2.matrix.toNumber();
    expect(upper).toBeGreaterThanOrEqual(sigma * (1 - 1e-12));
    expect(upper).toBeLessThan(sigma * 1.01);
  });
});
