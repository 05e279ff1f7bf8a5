import { describe, expect, test } from 'vitest';
import {
  LAYER_AT_ROWS,
  LAYER_BYTES,
  PLAN_AT_MAGIC,
  PLAN_AT_VERSION,
  PLAN_HEADER_BYTES,
} from '../../assembly/layout.ts';
import { compile, Engine, explainPlan, type Plan, readPlan } from '../../src/engine/index.ts';
import { PlanRunner } from '../../src/engine/runner.ts';
import { core } from '../../src/engine/runtime.ts';
import { Dyadic, InputError, Interval } from '../../src/exact/index.ts';
import { affine, compose, identity, LayerBuilder, Network, padDepth } from '../../src/net/index.ts';
import { bitmapCase, Random, randomCase } from '../support/engineCases.ts';

/** x -> |x - 1/2| on one unit pair. */
function hat(): Network {
  const split = new LayerBuilder(1);
  split.unit(-0.5, [0, 1]);
  split.unit(0.5, [0, -1]);
  const join = new LayerBuilder(2);
  join.unit(0, [0, 1], [1, 1]);
  return new Network([split.build(), join.build()]);
}

describe('plan', () => {
  test('the tier is the proved one: 31 bits and a sign, 63 and a sign, more', () => {
    // The largest partial sum of w x + b with x <= 1023.
    const tierOf = (most: bigint) => {
      const w = ((most - 2000n) / 1023n) | 1n; // odd: nothing can be divided out
      const b = most - w * 1023n;
      expect(b >= 0n).toBe(true);
      const plan = compile(affine([[w]], [b]), { domain: [0, 1023], fractionalBits: 0 });
      const [layer] = explainPlan(plan).layers;
      expect(2n ** BigInt(layer!.boundBits) > most && 2n ** BigInt(layer!.boundBits - 1) <= most).toBe(true);
      return layer!.tier;
    };
    expect(tierOf(2n ** 31n - 1n)).toBe('int32');
    expect(tierOf(2n ** 31n)).toBe('int64');
    expect(tierOf(2n ** 63n - 1n)).toBe('int64');
    expect(tierOf(2n ** 63n)).toBe('limbs');
    expect(tierOf(2n ** 3000n)).toBe('limbs');
  });

  test('is read back from its bytes', () => {
    const plan = compile(hat(), { domain: [0, '3*2^-1'], fractionalBits: 20 });
    const again = readPlan(plan.buffer.slice(0));
    expect(explainPlan(again).layers).toEqual(explainPlan(plan).layers);
    expect(again.domain[0]!.hi.toString()).toBe('3*2^-1');
    expect(explainPlan(again).text).toBe(explainPlan(plan).text);
    expect([plan.inputs, plan.outputs, plan.depth, plan.inputScale]).toEqual([1, 1, 2, 20]);
    expect(explainPlan(plan).text).toMatch(/layer 1: 1 -> 2, int32, int32: partial sums stay below 2\^22/);
  });

  test('every flipped bit and every cut of a plan is refused', () => {
    const plan = compile(compose(hat(), hat()), { domain: [0, 1], fractionalBits: 60 });
    const bytes = new Uint8Array(plan.buffer);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const copy = bytes.slice();
      copy[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => readPlan(copy.buffer)).toThrow(InputError);
    }
    for (let n = 0; n < bytes.length; n++) expect(() => readPlan(bytes.slice(0, n).buffer)).toThrow(InputError);
  });

  test.each([
    ['rows of terms', compose(hat(), hat())],
    ['bit planes', bitmapCase(new Random(2), 1).network],
  ])('a plan with a right checksum and wrong insides is refused: %s', (_, network) => {
    const plan = compile(network, { domain: [0, 1], fractionalBits: 60 });
    const random = new Random(5);
    let refused = 0;
    // Most words of a long plan are weights, and all weights are good: what is not comes first.
    const most = Math.min(plan.bytes >> 2, 300);
    for (let k = 0; k < 2000; k++) {
      const words = new Int32Array(plan.buffer.slice(0));
      words[4 + random.below(most - 4)] = random.chance(2) ? random.next() | 0 : random.between(-3, 300);
      words[3] = fnv(words);
      try {
        readPlan(words.buffer);
      } catch (e) {
        expect(e).toBeInstanceOf(InputError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });

  test('bit planes that name units which are not there are refused', () => {
    const { network } = bitmapCase(new Random(2), 1);
    const plan = compile(network, { domain: [0, 1], fractionalBits: 20 });
    const l = explainPlan(plan).layers.findIndex((y) => y.why.includes('bit planes'));
    const entry = (PLAN_HEADER_BYTES + l * LAYER_BYTES) >> 2;
    const words = new Int32Array(plan.buffer.slice(0));
    const at = words[entry + (LAYER_AT_ROWS >> 2)]! >> 2;
    const units = network.layers[l]!.inputs;
    expect(units % 32).not.toBe(0);
    const [planes, digits] = [words[at]!, words[at + 1]!];
    expect(planes).toBeGreaterThan(0);
    words[at + 2 + 2 * digits + Math.floor(units / 32)]! |= 1 << 31;
    words[3] = fnv(words);
    expect(() => readPlan(words.buffer)).toThrow(`plan layer ${l + 1}: expected units below ${units}`);
    words[at] = 3;
    words[3] = fnv(words);
    expect(() => readPlan(words.buffer)).toThrow(`plan layer ${l + 1}: expected at most two planes, got 3`);
  });

  test('the core itself refuses a plan that did not arrive whole', async () => {
    const running = await core('simd');
    const { buffer } = compile(hat(), { domain: [0, 1], fractionalBits: 8 });
    const lent = { number: 0, buffer, ends: Float64Array.of(0, 1) };
    new PlanRunner(running, lent).dispose();
    for (const [at, said] of [
      [PLAN_AT_MAGIC, 'plan: expected a plan, got other bytes'],
      [PLAN_AT_VERSION, 'plan: expected a plan of this version, got another'],
      [buffer.byteLength - 4, 'plan: expected an undamaged plan, got a wrong checksum'],
    ] as const) {
      const damaged = buffer.slice(0);
      new Int32Array(damaged)[at >> 2]! ^= 1 << 16;
      expect(() => new PlanRunner(running, { ...lent, buffer: damaged })).toThrow(said);
    }
  });

  test('a domain that does not fit is refused by name', () => {
    expect(() => compile(identity(2), { domain: [[0, 1]] })).toThrow(/domain: expected 2 intervals/);
    expect(() => compile(identity(1), { domain: [1, 0] })).toThrow(InputError);
    expect(() => compile(identity(1), { domain: [0, 1], fractionalBits: -1 })).toThrow(/fractionalBits/);
  });
});

function fnv(words: Int32Array): number {
  let hash = 0x811c9dc5;
  for (let k = 4; k < words.length; k++) hash = Math.imul(hash ^ words[k]!, 0x01000193);
  return hash | 0;
}

describe('Engine', () => {
  test('refuses before it computes, naming the input', async () => {
    const engine = await Engine.create(padDepth(identity(2), 3), {
      domain: [Interval.of(0, 1), Interval.of(-1, '1*2^-2')],
    });
    const out = new Float64Array(4).fill(7);
    const refusal = (batch: number[]) => {
      expect(() => engine.forwardInto(Float64Array.from(batch), out)).toThrow(InputError);
      try {
        engine.forward(Float64Array.from(batch));
      } catch (e) {
        return (e as Error).message;
      }
    };
    expect(refusal([0, 0, 1.5, 0])).toBe('row 2, input 1: expected a number in [0, 1], got 1.5');
    expect(refusal([0, 0.5])).toBe('row 1, input 2: expected a number in [-1, 0.25], got 0.5');
    expect(refusal([0, Number.NaN])).toBe('row 1, input 2: expected a finite number, got NaN');
    expect(refusal([0, Number.NEGATIVE_INFINITY])).toMatch(/finite/);
    expect(refusal([])).toBe('batch: expected a whole number of rows of 2 inputs, got 0');
    expect(refusal([1, 0, 1])).toMatch(/whole number of rows/);
    expect([...out]).toEqual([7, 7, 7, 7]);
    expect(() => engine.forwardExact([Dyadic.of(5n), 0])).toThrow(
      'row 1, input 1: expected a number in [0, 1], got "5"',
    );
    expect(() => engine.forwardInto(new Float64Array(4), new Float64Array(3))).toThrow(/4 places/);
    engine.dispose();
    expect(() => engine.forward(new Float64Array(2))).toThrow(/disposed/);
  });

  test('a bad value deep in a large batch is named, and nothing is written', async () => {
    const engine = await Engine.create(identity(1), { domain: [0, 1] });
    const batch = new Float64Array(100_000);
    batch[99_998] = 1.0000000000000002;
    const out = new Float64Array(100_000).fill(3);
    expect(() => engine.forwardInto(batch, out)).toThrow(
      'row 99999, input 1: expected a number in [0, 1], got 1.0000000000000002',
    );
    expect(out.every((v) => v === 3)).toBe(true);
    engine.dispose();
  });

  test('views on the core memory give the same bits, and the twins too', async () => {
    const random = new Random(11);
    const { network } = randomCase(random, 1);
    const batch = Float64Array.from({ length: 33 * network.inputs }, () => random.next() / 2 ** 32);
    for (const engine of [await Engine.create(network), Engine.createSync(network)]) {
      const expected = engine.forward(batch);
      const views = engine.views(33);
      views.inputs.set(batch);
      engine.forwardViews(33);
      expect(views.outputs).toEqual(expected);
      const out = new Float64Array(expected.length);
      expect(engine.forwardInto(batch, out)).toBe(out);
      expect(out).toEqual(expected);
      const exact = engine.forwardExact(batch);
      const words = new Uint32Array(exact.words.length);
      expect(engine.forwardExactInto(batch, words).words).toEqual(exact.words);
      engine.dispose();
    }
  });

  test('plans are kept, a few of them, and memory is given back', async () => {
    const engine = await Engine.create(hat());
    const seen = new Set<Plan>();
    for (let e = -1070; e <= 1000; e += 30) {
      const x = 2 ** e;
      expect(engine.forward(Float64Array.of(x))[0]).toBe(hat().evaluate([x])[0]!.toNumber());
      seen.add(engine.planFor(Float64Array.of(x)));
    }
    expect(seen.size).toBeGreaterThan(10);
    expect(engine.planFor(Float64Array.of(0.25))).toBe(engine.planFor(Float64Array.of(0.75)));
    engine.dispose();
  });

  test('more memory than there may be is a clear error, and the engine lives on', async () => {
    const engine = await Engine.create(identity(1));
    expect(() => engine.views(2 ** 29)).toThrow(/engine: expected \d+ more bytes of memory, got none/);
    expect(engine.forward(Float64Array.of(0.1))[0]).toBe(0.1);
    engine.dispose();
  });
});
