import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { certifySup } from '../../src/certify/index.ts';
import { planBudget } from '../../src/construct/index.ts';
import { exhaustive, tinyLevels } from '../../src/engine/index.ts';
import { Dyadic, InputError, Rational, tableTarget } from '../../src/exact/index.ts';
import { evaluateRational, LayerBuilder, Network } from '../../src/net/index.ts';
import { lowerBounds } from '../../src/rates/index.ts';
import { expectWithin } from '../support/budgets.ts';

/** All 2^n zig-zags of slope +-1 on n steps from `start`/n: heights in units of 1/n, n a power of two. */
function zigZagFamily(n: number, start = 0): number[][] {
  return Array.from({ length: 2 ** n }, (_, bits) => {
    const heights = [start];
    for (let i = 0; i < n; i++) heights.push((heights[i] as number) + ((bits >> i) & 1 ? 1 : -1));
    return heights;
  });
}

function table(heights: readonly number[], heightScale: number): ReturnType<typeof tableTarget> {
  const n = BigInt(heights.length - 1);
  return tableTarget(
    heights.map((y, k) => ({ x: Rational.of(BigInt(k), n), y: Rational.of(BigInt(y), 1n << BigInt(heightScale)) })),
    { text: 'zig-zag' },
  );
}

function supError(net: Network, heights: readonly number[], heightScale: number): Rational {
  const { lower, witness, status } = certifySup(net, table(heights, heightScale));
  expect(status).toBe('proved');
  // A table's error is exact at the witness; the network and the table are evaluated there in rationals.
  const x = witness instanceof Dyadic ? Rational.fromDyadic(witness) : witness;
  const n = heights.length - 1;
  const at = x.mul(Rational.of(BigInt(n)));
  const k = Math.min(Number(at.n / at.d), n - 1);
  const [a, b] = [heights[k] as number, heights[k + 1] as number].map((h) => Rational.of(BigInt(h))) as [
    Rational,
    Rational,
  ];
  const f = a.add(b.sub(a).mul(at.sub(Rational.of(BigInt(k))))).div(Rational.of(1n << BigInt(heightScale)));
  const error = f.sub(evaluateRational(net, [x])[0] as Rational).abs();
  expect(error.toNumber()).toBeCloseTo(lower.toNumber(), 12);
  return error;
}

/** Every network of depth 2 with these levels, by loops of its own. */
function* allOfDepth2(mantissas: readonly number[], scale: number): Generator<Network> {
  const weight = (m: number): Dyadic => Dyadic.of(BigInt(m), -scale);
  const all = mantissas.map(weight);
  for (const a of all)
    for (const c of all)
      for (const a2 of all)
        for (const c2 of all) {
          const hidden = new LayerBuilder(1);
          hidden.unit(c, [0, a]);
          hidden.unit(c2, [0, a2]);
          const layer = hidden.build();
          for (const v of all)
            for (const v2 of all)
              for (const d of all) {
                const out = new LayerBuilder(2);
                out.unit(d, [0, v], [1, v2]);
                yield new Network([layer, out.build()]);
              }
        }
}

describe('exhaustive search of tiny budgets', () => {
  test('finds what certificates of every single network find (three levels, depth 2)', async () => {
    const targets = [
      [0, 1, 2, 1, 0],
      [2, 1, 0, 1, 2],
      [0, -1, 0, -1, -2],
      [3, 3, 3, 3, 3],
    ];
    const least = targets.map(() => Rational.of(100n));
    let count = 0;
    for (const net of allOfDepth2([-1, 0, 1], 0)) {
      count++;
      // A fast lower bound at the knots spares most certificates.
      const at = [0, 1, 2, 3, 4].map((k) => (net.evaluate([Dyadic.of(BigInt(k), -2)])[0] as Dyadic).toNumber());
      targets.forEach((heights, t) => {
        const floor = heights.reduce((m, y, k) => Math.max(m, Math.abs(y / 4 - (at[k] as number))), 0);
        if (floor >= (least[t] as Rational).toNumber()) return;
        const error = supError(net, heights, 2);
        if (error.compare(least[t] as Rational) < 0) least[t] = error;
      });
    }
    expect(count).toBe(3 ** 7);
    const found = await exhaustive({
      depth: 2,
      levels: { mantissas: [-1, 0, 1], scale: 0 },
      targets,
      heightScale: 2,
    });
    expect(found.networks).toBe(3 ** 7 + 9);
    // Depth 1 is part of the family, and never better here.
    expect(found.errors.map(String)).toEqual(least.map(String));
  });

  test('W = 2, L = 2, b = 1: the minimax error lies between the lower bound and the construction', async () => {
    const n = 4;
    // Constants off the grid of outputs 2^-(L b), where precision hurts most, join the zig-zags.
    const targets = [
      ...zigZagFamily(n).map((t) => t.map((h) => 2 * h)),
      ...[1, 3, 5].map((c) => Array<number>(n + 1).fill(c)),
    ];
    let reports = 0;
    const levels = tinyLevels(1);
    const found = await exhaustive({
      depth: 2,
      levels,
      targets,
      heightScale: 3,
      onProgress: (p) => {
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        reports++;
      },
    });
    expect(found.networks).toBe(7 ** 7 + 7 ** 2);
    expect(reports).toBeGreaterThan(0);
    const budget = { width: 2, depth: 2, bits: 1 };
    const { best } = lowerBounds(budget);
    expect(found.minimax.compare(best)).toBeGreaterThanOrEqual(0);
    expect(found.minimax.compare(Rational.fromDyadic(planBudget(budget).guaranteed))).toBeLessThanOrEqual(0);
    found.best.forEach((net, t) => {
      expectWithin(net, budget);
      expect(String(supError(net, targets[t] as number[], 3))).toBe(String(found.errors[t]));
    });
    expect(found.minimax).toEqual(found.errors[found.worst]);
  });

  test('W = 2, L = 3: three layers do at least as well as two, and strictly better somewhere', async () => {
    const levels = { mantissas: [-1, 0, 1], scale: 0 };
    const targets = [...zigZagFamily(4), ...zigZagFamily(4, 2)];
    const two = await exhaustive({ depth: 2, levels, targets, heightScale: 2 });
    const three = await exhaustive({ depth: 3, levels, targets, heightScale: 2 });
    let better = 0;
    three.errors.forEach((e, t) => {
      const order = e.compare(two.errors[t] as Rational);
      expect(order).toBeLessThanOrEqual(0);
      if (order < 0) better++;
      expect(String(supError(three.best[t] as Network, targets[t] as number[], 2))).toBe(String(e));
    });
    expect(better).toBeGreaterThan(0);
  });

  test('kinks of the second layer count, where they lie on no grid', async () => {
    const levels = { mantissas: [-3, 0, 2], scale: 1 };
    const targets = [
      [0, 3, 1],
      [5, 1, 4],
      [0, 7, 0],
      [6, 0, 5],
      [1, 2, 7],
      [4, 6, 1],
    ];
    const { errors, best } = await exhaustive({ depth: 3, levels, targets, heightScale: 3 });
    best.forEach((net, t) => {
      expect(String(supError(net, targets[t] as number[], 3))).toBe(String(errors[t]));
    });
  });

  test('the debug and the scalar build find the same', async () => {
    const options = {
      depth: 2,
      levels: { mantissas: [-2, 0, 1], scale: 1 },
      targets: [[0, 3, 1]],
      heightScale: 2,
    } as const;
    const debug = new Uint8Array(readFileSync(join(import.meta.dirname, '../../build/tools-debug.wasm')));
    const [a, b, c] = await Promise.all([
      exhaustive(options),
      exhaustive({ ...options, build: 'scalar' }),
      exhaustive({ ...options, build: debug }),
    ]);
    expect([b, c].map((r) => r.errors.map(String))).toEqual([a, a].map((r) => r.errors.map(String)));
  });

  test('stops when it is told to, and refuses what is too large', async () => {
    const levels = { mantissas: [-1, 0, 1], scale: 0 };
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(exhaustive({ depth: 3, levels, targets: [[0, 1]], signal: stop.signal })).rejects.toThrow('enough');
    await expect(exhaustive({ depth: 3, levels: tinyLevels(1), targets: [[0, 1]] })).rejects.toThrow(
      'exhaustive: expected at most 2147483648 networks, got 96889010407',
    );
    await expect(exhaustive({ depth: 2, levels, targets: [[0, 1], [0]] })).rejects.toThrow(InputError);
    await expect(exhaustive({ depth: 2, levels: { mantissas: [1], scale: 0 }, targets: [[0, 1]] })).rejects.toThrow(
      'different mantissas with 0 among them',
    );
  });
});
