/** Certificates against 10^7 exact evaluations: none is ever exceeded, and no witness lies. */
import { afterAll, describe, expect, test } from 'vitest';
import { certifySup } from '../../src/certify/index.ts';
import { Engine } from '../../src/engine/index.ts';
import { expressionTarget } from '../../src/exact/expression.ts';
import { Dyadic, Interval } from '../../src/exact/index.ts';
import { outwardBox, readNnet, readVnnlib } from '../../src/io/index.ts';
import { affine, compose, type Network, sum } from '../../src/net/index.ts';
import { quantizeUniform } from '../../src/quantize/index.ts';
import { compareNetworks } from '../../src/workbench/index.ts';
import { roundedTo } from '../support/entries.ts';
import { interpolant } from '../support/interpolant.ts';
import { dense } from '../support/pairs.ts';
import { haveShared, sharedText } from '../support/shared.ts';

let evaluations = 0;
afterAll(() => expect(evaluations).toBeGreaterThanOrEqual(1e7));

/** f - g as one network. */
function difference(f: Network, g: Network): Network {
  const minus = affine(
    Array.from({ length: f.outputs }, (_, i) => Array.from({ length: f.outputs }, (_, j) => (i === j ? -1 : 0))),
  );
  return sum(f, compose(minus, g));
}

/** Rows of float64 points in a box, seeded: inside, on faces and at corners. */
function points(box: readonly Interval[], rows: number, seed: number): Float64Array {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
    return state / 2 ** 32;
  };
  const ends = box.map(({ lo, hi }) => [lo.toNumber('up'), hi.toNumber('down')] as const);
  return Float64Array.from({ length: rows * box.length }, (_, i) => {
    const [lo, hi] = ends[i % box.length]!;
    const t = random();
    return t < 0.1 ? lo : t > 0.9 ? hi : Math.min(hi, Math.max(lo, lo + random() * (hi - lo)));
  });
}

/** The greatest |f_i - g_i| over many points, evaluated exactly and rounded once. */
function greatest(net: Network, box: readonly Interval[], rows: number, batch = 20_000): Float64Array {
  const engine = Engine.createSync(net);
  const worst = new Float64Array(net.outputs);
  try {
    for (let at = 0; at < rows; at += batch) {
      const y = engine.forward(points(box, batch, at + 1));
      for (let k = 0; k < y.length; k++) {
        const e = Math.abs(y[k]!);
        if (e > worst[k % net.outputs]!) worst[k % net.outputs] = e;
      }
      evaluations += batch;
    }
  } finally {
    engine.dispose();
  }
  return worst;
}

async function holds(f: Network, g: Network, box: readonly Interval[], rows: number, seconds: number): Promise<void> {
  const { outputs } = await compareNetworks(f, g, box, { seconds });
  const worst = greatest(difference(f, g), box, rows);
  outputs.forEach(({ certified, observed, witness }, i) => {
    // Rounding to the nearest is monotone: what is rounded exceeds the bound only where the exact value does.
    expect(worst[i]!).toBeLessThanOrEqual(certified.toNumber('up'));
    expect(f.evaluate(witness)[i]!.sub(g.evaluate(witness)[i]!).abs().eq(observed)).toBe(true);
    expect(observed.le(certified)).toBe(true);
  });
}

describe('two networks', () => {
  test.each([1, 2, 3, 4])('random ones of 3 inputs, seed %i', async (seed) => {
    const f = dense([3, 16, 16, 2], seed);
    const box = Array.from({ length: 3 }, () => Interval.of(Dyadic.from(-1), Dyadic.ONE));
    for (const bits of [3, 6, 12]) await holds(f, roundedTo(f, bits), box, 500_000, 2);
  });

  test.skipIf(!haveShared('acasxu')).each(['1_1', '2_3', '4_5'])(
    'ACAS Xu %s (needs ../shared/data/acasxu)',
    async (name) => {
      const { network } = readNnet(sharedText(`acasxu/ACASXU_run2a_${name}_batch_2000.nnet`));
      for (const [k, bits] of [
        [1, 8],
        [3, 8],
        [3, 16],
        [4, 12],
      ] as const) {
        const box = outwardBox(readVnnlib(sharedText(`acasxu/prop_${k}.vnnlib`)).clauses[0]!, 64);
        await holds(network, quantizeUniform(network, { bits }).network, box, 100_000, 5);
      }
    },
  );
});

describe('a network and a function', () => {
  test.each([
    ['sin(6*x)', (x: number) => Math.sin(6 * x), 64, 20],
    ['exp(x)', Math.exp, 1024, 30],
    ['sqrt(x)', Math.sqrt, 100 + 28, 16],
    ['tanh(4*x-2)', (x: number) => Math.tanh(4 * x - 2), 4096, 40],
  ] as const)('%s', (text, near, pieces, bits) => {
    const net = interpolant(near, pieces, bits);
    const f = expressionTarget(text);
    const { status, upper, lower } = certifySup(net, f);
    expect([status, upper!.toNumber() <= 1.01 * lower.toNumber()]).toEqual(['proved', true]);
    const engine = Engine.createSync(net);
    const limit = upper!.toNumber('up');
    const box = [Interval.of(Dyadic.ZERO, Dyadic.ONE)];
    let suspects = 0;
    for (let at = 0; at < 1_000_000; at += 20_000) {
      const x = points(box, 20_000, at + 7);
      const y = engine.forward(x);
      // Doubles say which points are near the bound; those are enclosed.
      for (let k = 0; k < x.length; k++) {
        if (Math.abs(near(x[k]!) - y[k]!) < 0.99 * limit - 1e-14) continue;
        suspects++;
        const exact = Dyadic.from(x[k]!);
        const value = f
          .enclose([Interval.of(exact)], 100)!
          .sub(Interval.of(net.evaluate([exact])[0]!))
          .abs();
        expect(value.lo.le(upper!)).toBe(true);
        if (suspects > 20_000) break;
      }
      evaluations += 20_000;
    }
    engine.dispose();
  });
});
