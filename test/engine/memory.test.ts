/** How much memory plans and evaluations take, and what happens where there is none. */
import { expect, test } from 'vitest';
import { lipschitz } from '../../src/construct/index.ts';
import { Engine, explainPlan, MemoryError } from '../../src/engine/index.ts';
import { Core, type RunCalls } from '../../src/engine/runtime.ts';
import { Interval } from '../../src/exact/index.ts';
import { LayerBuilder, Network } from '../../src/net/index.ts';
import { randomBits } from '../support/zigzags.ts';

test('a network of 128 KiB of bits: its plan stays below 4 MiB, and so does all the memory it works with', async () => {
  const plan = lipschitz({ bytes: 131072 });
  expect(plan.bits).toBe(8 * 131072);
  const network = plan.fromZigZag({ start: 0, up: randomBits(plan.cells * (plan.stepsPerCell + 1) - 1, 5) });
  const engine = await Engine.create(network, { domain: [0, 1] });
  const inputs = Float64Array.of(0, 0.1, 1 / 3, 0.70001, 1);
  const outputs = engine.forwardExact(inputs);
  const made = engine.planFor(inputs);
  expect(made.bytes).toBeGreaterThan(131072);
  // Its bitmap stays packed: a bit a place, where all weights are 1, and a few words a row.
  const bitmap = explainPlan(made).layers.find((y) => y.why.includes('bit planes'))!;
  const places = bitmap.inputs * bitmap.outputs;
  expect(places).toBeGreaterThan(8 * 131072);
  expect(bitmap.bytes).toBeLessThan(places / 8 + 20 * bitmap.outputs);
  expect(made.bytes).toBeLessThan(800_000);
  for (const bytes of [made.bytes, made.workingBytes]) expect(bytes).toBeLessThan(4 * 2 ** 20);
  for (const k of [1, 3]) expect(outputs.at(k, 0).eq(network.evaluate([inputs[k]!])[0]!)).toBe(true);
  engine.dispose();
});

test('a million inputs stream through memory that does not grow', async () => {
  const wide = new LayerBuilder(2);
  for (let i = 0; i < 24; i++) wide.unit(i / 32, [0, i - 12], [1, 7 - i]);
  const sum = new LayerBuilder(24);
  sum.unit(0, ...Array.from({ length: 24 }, (_, i): [number, number] => [i, i % 2 ? 1 : -1]));
  const network = new Network([wide.build(), sum.build()]);
  const engine = await Engine.create(network, { domain: Interval.of(-1, 1) });
  const rows = 1_000_000;
  const part = Float64Array.from({ length: 2 * 10_000 }, (_, k) => (((k * 7919) % 4099) - 2049) / 2050);
  const held = (): number => engine.views(1).inputs.buffer.byteLength;
  const out = new Float64Array(10_000);
  engine.forwardInto(part, out);
  const before = held();
  const first = out.slice();
  for (let r = 0; r < rows; r += 10_000) engine.forwardInto(part, out);
  expect(out).toEqual(first);
  // All of them as one batch: still in parts.
  const all = new Float64Array(2 * rows);
  for (let r = 0; r < rows; r += 10_000) all.set(part, 2 * r);
  const results = engine.forward(all);
  expect(held()).toBe(before);
  expect(before).toBeLessThan(16 * 2 ** 20);
  expect(results.subarray(rows - 10_000)).toEqual(first);
  for (const k of [0, 1, 4321])
    expect(first[k]).toBe(network.evaluate([...part.subarray(2 * k, 2 * k + 2)])[0]!.toNumber());
  engine.dispose();
});

test('a memory that does not grow is an error that says how much was asked for, and what was held stays good', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 });
  const grow = (pages: number): number => {
    try {
      return memory.grow(pages) * 65536;
    } catch {
      return 0;
    }
  };
  const core = new Core({ memory, grow } as unknown as RunCalls);
  const at = core.take(100_000);
  core.u8[at] = 7;
  const wanted = (): number => core.take(200_000);
  expect(wanted).toThrow(MemoryError);
  expect(wanted).toThrow('engine: expected 200000 more bytes of memory, got none');
  expect(core.u8[at]).toBe(7);
  core.give(at, 100_000);
  // What was given back is handed out again.
  expect(core.take(90_000)).toBe(at);
});
