/** The sweep's pieces against a naive composition of piecewise-linear functions in exact fractions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linearPieces, type Piece } from '../../src/certify/pieces.ts';
import { Dyadic, Rational } from '../../src/exact/index.ts';
import { biasAt, LayerBuilder, Network, weightAt } from '../../src/net/index.ts';
import { dyadic, network } from '../support/arbitrary.ts';
import { sawtooth } from '../support/sawtooth.ts';

/** A continuous piecewise-linear function by its corners; linear in between. */
type Corners = { x: Rational; y: Rational }[];

function valueAt(f: Corners, x: Rational): Rational {
  for (let i = 1; i < f.length; i++) {
    const [p, q] = [f[i - 1]!, f[i]!];
    if (x.compare(q.x) <= 0) {
      const t = x.sub(p.x).div(q.x.sub(p.x));
      return p.y.add(q.y.sub(p.y).mul(t));
    }
  }
  throw new Error('outside');
}

/** The network's output 0 as corners, computed unit by unit over merged corners: quadratic and plain. */
function naive(net: Network, lo: Dyadic, hi: Dyadic): Corners {
  const [a, b] = [Rational.fromDyadic(lo), Rational.fromDyadic(hi)];
  let units: Corners[] = [
    [
      { x: a, y: a },
      { x: b, y: b },
    ],
  ];
  net.layers.forEach((layer, l) => {
    const xs = [...new Map(units.flat().map(({ x }) => [x.toString(), x])).values()].sort((p, q) => p.compare(q));
    const values = units.map((u) => xs.map((x) => valueAt(u, x)));
    units = Array.from({ length: layer.outputs }, (_, i) => {
      const corners = xs.map((x, k) => {
        let y = Rational.fromDyadic(biasAt(layer, i));
        for (let e = layer.rowStart[i]!; e < layer.rowStart[i + 1]!; e++) {
          y = y.add(Rational.fromDyadic(weightAt(layer, e)).mul(values[layer.column[e]!]![k]!));
        }
        return { x, y };
      });
      return l === net.depth - 1 ? corners : rectify(corners);
    });
  });
  return units[0]!;
}

function rectify(f: Corners): Corners {
  const out: Corners = [];
  f.forEach((q, i) => {
    const p = f[i - 1];
    if (p && p.y.sign * q.y.sign < 0) {
      const t = p.y.div(p.y.sub(q.y));
      out.push({ x: p.x.add(q.x.sub(p.x).mul(t)), y: Rational.of(0n) });
    }
    out.push(q.y.sign < 0 ? { x: q.x, y: Rational.of(0n) } : q);
  });
  return out;
}

/** Joins neighbours of equal slope. */
function maximal(f: Corners): string[] {
  const slope = (i: number): Rational => f[i + 1]!.y.sub(f[i]!.y).div(f[i + 1]!.x.sub(f[i]!.x));
  const out: string[] = [];
  let from = 0;
  for (let i = 0; i + 1 < f.length; i++) {
    if (i + 2 < f.length && slope(i).eq(slope(i + 1))) continue;
    const s = slope(i);
    const c = f[from]!.y.sub(s.mul(f[from]!.x));
    out.push(`${f[from]!.x} .. ${f[i + 1]!.x}: ${s} x + ${c}`);
    from = i + 1;
  }
  return out;
}

const shown = (p: Piece): string =>
  `${p.from} .. ${p.to}: ${Rational.fromDyadic(p.slope)} x + ${Rational.fromDyadic(p.intercept)}`;

function agrees(net: Network, lo: Dyadic, hi: Dyadic): void {
  expect([...linearPieces(net, { lo, hi })].map(shown)).toEqual(maximal(naive(net, lo, hi)));
}

describe('linear pieces', () => {
  test('of random networks of every shape equal the naive composition', () => {
    fc.assert(
      fc.property(network({ inputs: 1, outputs: 1, maxDepth: 5, maxWidth: 6, weight: dyadic(3) }), (net) => {
        agrees(net, Dyadic.from(-4), Dyadic.from(5));
      }),
      { numRuns: 1500 },
    );
  });

  test('of networks with small whole weights, where many units switch at one point', () => {
    const weight = fc.integer({ min: -2, max: 2 }).map((w) => Dyadic.from(w));
    fc.assert(
      fc.property(network({ inputs: 1, outputs: 1, maxDepth: 6, maxWidth: 8, weight }), (net) => {
        agrees(net, Dyadic.from(-3), Dyadic.from(3));
      }),
      { numRuns: 1500 },
    );
  });

  test('of networks with weights of 60 bits and scales from 2^-40 to 2^20', () => {
    fc.assert(
      fc.property(network({ inputs: 1, outputs: 1, maxDepth: 4, maxWidth: 4, weight: dyadic(40) }), (net) => {
        agrees(net, Dyadic.from(-1), Dyadic.from(1));
      }),
      { numRuns: 300 },
    );
  });

  test('the sawtooth of depth r + 1 has 2^r pieces of slope ±2^r', () => {
    const pieces = [...linearPieces(sawtooth(12))];
    expect(pieces.length).toBe(4096);
    pieces.forEach((p, k) => {
      expect(p.slope.toNumber()).toBe(k % 2 === 0 ? 4096 : -4096);
      expect(p.to.eq(Rational.of(BigInt(k + 1), 4096n))).toBe(true);
    });
    expect([...linearPieces(sawtooth(40), { limit: 100 })].length).toBe(100);
  });

  test('roots that differ by 2^-3000 are told apart, in both orders', () => {
    const gap = Dyadic.pow2(-3000);
    for (const swap of [false, true]) {
      const layer = new LayerBuilder(1);
      const knots = [Dyadic.HALF.add(gap), Dyadic.HALF];
      for (const k of swap ? knots.reverse() : knots) layer.unit(k.neg(), [0, 1]);
      const last = new LayerBuilder(2);
      last.unit(0, [0, 1], [1, 1]);
      const pieces = [...linearPieces(new Network([layer.build(), last.build()]))];
      expect(pieces.map((p) => p.slope.toString())).toEqual(['0', '1', '1*2^1']);
      expect(pieces[1]!.to.sub(pieces[1]!.from).eq(Rational.fromDyadic(gap))).toBe(true);
    }
  });

  test('a breakpoint at an end of the domain makes no piece, and a point has one', () => {
    const layer = new LayerBuilder(1);
    layer.unit(0, [0, 1]);
    layer.unit(-1, [0, 1]);
    const last = new LayerBuilder(2);
    last.unit(0, [0, 1], [1, 1]);
    const net = new Network([layer.build(), last.build()]);
    expect([...linearPieces(net)].map(shown)).toEqual(['0 .. 1: 1 x + 0']);
    expect([...linearPieces(net, { lo: Dyadic.ONE, hi: Dyadic.ONE })].map(shown)).toEqual(['1 .. 1: 2 x + -1']);
    expect(() => [...linearPieces(net, { lo: Dyadic.ONE, hi: Dyadic.ZERO })]).toThrow('lower end <= upper end');
  });
});
