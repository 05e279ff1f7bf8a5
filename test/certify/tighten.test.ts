/** Backward substitution: no pre-activation exceeds its bound, and where nothing switches the bound is the affine map's own maximum. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Ranges, type Side, upperBound } from '../../src/certify/tighten.ts';
import { Dyadic } from '../../src/exact/index.ts';
import { type BoxNumbers, LayerBuilder, Network, pairOf } from '../../src/net/index.ts';
import { roundedTo } from '../support/entries.ts';
import { box, dense } from '../support/pairs.ts';

/** Fractional digits of the bounds. */
const SCALE = 20;

/** Weights times 2^log, and as much added to every bias. */
function changed(net: Network, log: number, lift: number): Network {
  return new Network(
    net.layers.map((layer) => {
      const builder = new LayerBuilder(layer.inputs);
      const value = (m: number | bigint): Dyadic => Dyadic.of(BigInt(m), -layer.scale);
      for (let i = 0; i < layer.outputs; i++) {
        const row: (readonly [number, Dyadic])[] = [];
        for (let k = layer.rowStart[i]!; k < layer.rowStart[i + 1]!; k++)
          row.push([layer.column[k]!, value(layer.weight[k]!).scale(log)]);
        builder.row(value(layer.bias[i]!).add(Dyadic.from(lift)), row);
      }
      return builder.build();
    }),
  );
}

/** Bounds of every pre-activation, layer by layer, each from those before. */
function rangesOf(f: Network, g: Network, side: Side, numbers: BoxNumbers): Ranges[] {
  const pair = pairOf(f, g);
  const known: Ranges[] = [];
  for (const layer of pair.layers) {
    const ends = (sign: 1n | -1n): bigint[] =>
      Array.from({ length: layer.outputs }, (_, i) => {
        const most = upperBound(pair, side, numbers, known, i, sign, SCALE);
        if (most === undefined) throw new Error('no bound');
        return sign * most;
      });
    known.push({ lo: ends(-1n), hi: ends(1n), scale: SCALE });
  }
  return known;
}

function* pointsOf({ scale, centre, radius }: BoxNumbers): Generator<Dyadic[]> {
  let state = 5;
  const corners = 2 ** centre.length;
  for (let k = 0; k < corners + 20; k++) {
    yield Array.from(centre, (c, i) => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
      const t = k < corners ? ((k >> i) & 1) * 2 - 1 : state / 2 ** 31 - 1;
      return Dyadic.of(BigInt(c + Math.trunc(t * radius[i]!)), -scale);
    });
  }
}

/** The greatest and least value of each pre-activation of the last layer among the points. */
function seen(net: Network, numbers: BoxNumbers): { lo: Dyadic[]; hi: Dyadic[] } {
  const all = [...pointsOf(numbers)].map((x) => net.evaluate(x));
  const ends = (better: (a: Dyadic, b: Dyadic) => Dyadic): Dyadic[] =>
    all[0]!.map((_, i) => all.map((z) => z[i]!).reduce(better));
  return { lo: ends((a, b) => a.min(b)), hi: ends((a, b) => a.max(b)) };
}

const value = (v: bigint): Dyadic => Dyadic.of(v, -SCALE);

const nets = fc
  .record({
    inputs: fc.integer({ min: 1, max: 5 }),
    widths: fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 2, maxLength: 4 }),
    seed: fc.nat(),
    bits: fc.constantFrom(8, 20, 45),
    log: fc.constantFrom(-3, 0, 1),
  })
  .chain(({ inputs, widths, seed, bits, log }) =>
    box(inputs).map((numbers) => ({ net: dense([inputs, ...widths], seed, bits), log, numbers })),
  );

describe('upperBound', () => {
  test('no pre-activation of f or g, at a corner or inside, exceeds it', () => {
    let open = 0;
    fc.assert(
      fc.property(nets, fc.constantFrom('f' as const, 'g' as const), ({ net, log, numbers }, side) => {
        const f = changed(net, log, 0);
        const g = roundedTo(f, 4);
        rangesOf(f, g, side, numbers).forEach(({ lo, hi }, l) => {
          const { layers } = side === 'f' ? f : g;
          const points = seen(new Network(layers.slice(0, l + 1)), numbers);
          lo.forEach((_, i) => {
            if (lo[i]! < 0n && hi[i]! > 0n) open++;
            if (points.hi[i]!.gt(value(hi[i]!)) || points.lo[i]!.lt(value(lo[i]!)))
              throw new Error(`layer ${l}, unit ${i}: ${points.lo[i]} .. ${points.hi[i]} outside ${lo[i]} .. ${hi[i]}`);
          });
        });
      }),
      { numRuns: 250 },
    );
    expect(open).toBeGreaterThan(500);
  });

  test('where all units are active it is the greatest value, rounded up', () => {
    fc.assert(
      fc.property(nets, ({ net, numbers }) => {
        const f = changed(net, -2, 3);
        const known = rangesOf(f, f, 'f', numbers);
        const points = seen(f, numbers);
        const { hi, lo } = known[known.length - 1]!;
        hi.forEach((_, i) => {
          for (const [bound, truth] of [
            [value(hi[i]!), points.hi[i]!],
            [value(-lo[i]!), points.lo[i]!.neg()],
          ] as const) {
            expect(bound.ge(truth)).toBe(true);
            expect(bound.sub(truth).toNumber()).toBeLessThan(100 * 2 ** -SCALE);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  test('what rounding of weights and coefficients loses is paid for', () => {
    const scale = 44;
    // No biases, and all that is multiplied is positive: the greatest values are those at the upper corner.
    const positive = (inputs: number, outputs: number, bits: number, random: () => number): Network => {
      const layer = new LayerBuilder(inputs);
      for (let i = 0; i < outputs; i++) {
        const weight = (): Dyadic =>
          Dyadic.from(random()).add(Dyadic.from(random()).scale(-40)).roundTo(bits).scale(-i);
        layer.row(
          0,
          Array.from({ length: inputs }, (_, j) => [j, weight()] as const),
        );
      }
      return new Network([layer.build()]);
    };
    let state = 9;
    const random = (): number => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) >>> 0;
      return (state + 1) / 2 ** 32;
    };
    for (let run = 0; run < 60; run++) {
      const bits = run % 2 === 0 ? 20 : 70;
      const inputs = 1 + (run % 4);
      const one = new LayerBuilder(4);
      for (let i = 0; i < 4; i++) one.row(0, [[i, 1]]);
      const first = positive(inputs, 4, bits, random);
      const layers = run % 4 < 2 ? [...first.layers, ...positive(4, 4, bits, random).layers] : first.layers;
      const net = new Network([...layers, one.build()]);
      const numbers = {
        scale: 28,
        centre: new Int32Array(inputs).fill(3 * 2 ** 26 + run),
        radius: new Int32Array(inputs).fill(2 ** 26 + 2 * run),
      };
      const pair = pairOf(net, net);
      const known: Ranges[] = [];
      const corner = Array.from(numbers.centre, (c, i) => Dyadic.of(BigInt(c + numbers.radius[i]!), -28));
      for (const { outputs } of pair.layers) {
        const hi = Array.from({ length: outputs }, (_, i) => upperBound(pair, 'f', numbers, known, i, 1n, scale)!);
        const truth = new Network(net.layers.slice(0, known.length + 1)).evaluate(corner);
        hi.forEach((v, i) => {
          expect(Dyadic.of(v, -scale).ge(truth[i]!)).toBe(true);
        });
        known.push({ lo: hi.map(() => 0n), hi, scale });
      }
    }
  });

  test('nothing is said where it would be too large', () => {
    const f = dense([2, 3, 1], 1);
    const numbers = { scale: 28, centre: Int32Array.of(0, 0), radius: Int32Array.of(2 ** 28, 2 ** 28) };
    expect(upperBound(pairOf(f, f), 'f', numbers, [], 0, 1n, 70)).toBeUndefined();
    expect(upperBound(pairOf(f, f), 'f', numbers, [], 0, 1n, SCALE)).toBeDefined();
  });
});
