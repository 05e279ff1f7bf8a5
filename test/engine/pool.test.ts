/** The pool on the built package: threads need files of their own. Needs the build (`npm test` makes it). */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type * as Library from '../../src/index.ts';
import { encodeNetwork } from '../../src/io/index.ts';
import { Random } from '../support/engineCases.ts';
import { dense } from '../support/pairs.ts';

const dist = join(import.meta.dirname, '../../dist');
const { EnginePool, Engine, Network, makeLayer } = (await import(join(dist, 'index.js'))) as typeof Library;

/** The built library's own network: dense, of small weights. */
function network(sizes: number[], seed: number): Library.Network {
  return new Network(dense(sizes, seed).layers.map((layer) => makeLayer(layer)));
}

const random = new Random(4);
const inputs = (rows: number, each: number): Float64Array =>
  Float64Array.from({ length: rows * each }, () => random.between(-256, 256) / 256);

const pools: Library.EnginePool[] = [];
afterAll(async () => {
  for (const pool of pools) await pool.close();
});
async function open(net: Library.Network, options: Library.PoolOptions = {}): Promise<Library.EnginePool> {
  const pool = await EnginePool.create(net, { threads: 2, ...options });
  pools.push(pool);
  return pool;
}

const net = network([3, 20, 20, 2], 1);

type Numbers = Float64Array | Uint32Array;
const bytesOf = (v: Numbers): Buffer => Buffer.from(v.buffer, v.byteOffset, v.byteLength);
const same = (a: Numbers, b: Numbers): void => expect(Buffer.compare(bytesOf(a), bytesOf(b))).toBe(0);

describe('EnginePool', () => {
  test('two threads give one thread its bits, in order, whatever the batch', async () => {
    const pool = await open(net);
    expect(pool.threads).toBe(2);
    const engine = await Engine.create(net);
    for (const rows of [1, 7, 64, 1000, 40_000]) {
      const batch = inputs(rows, 3);
      expect(await pool.forward(batch)).toEqual(engine.forward(batch));
      const [got, expected] = [await pool.forwardExact(batch), engine.forwardExact(batch)];
      expect([got.scale, got.wordsEach, got.rows]).toEqual([expected.scale, expected.wordsEach, rows]);
      expect(Buffer.compare(Buffer.from(got.words.buffer), Buffer.from(expected.words.buffer))).toBe(0);
    }
  });

  test('many plans, asked for in turn', async () => {
    const pool = await open(net);
    const engine = await Engine.create(net);
    for (let k = 0; k < 30; k++) {
      const batch = inputs(200, 3).map((v) => v * 2 ** (8 * (k % 12) - 40));
      expect(await pool.forward(batch)).toEqual(engine.forward(batch));
    }
  });

  test('a stream comes out in order, batch by batch, and refusals count its rows', async () => {
    const pool = await open(net, { domain: [-1, 1] });
    const engine = await Engine.create(net);
    const batches = Array.from({ length: 20 }, (_, k) => inputs(1 + 37 * k, 3));
    let at = 0;
    let seen = 0;
    const progress = (rows: number): void => {
      seen = rows;
    };
    for await (const out of pool.forwardStream(batches, { progress })) {
      expect(out).toEqual(engine.forward(batches[at++]!));
    }
    expect([at, seen]).toEqual([20, batches.reduce((n, b) => n + b.length / 3, 0)]);
    const dyadics = [[1, 0.5, -0.25]];
    for await (const out of pool.forwardExactStream(dyadics)) {
      expect(out.toDyadics().map(String)).toEqual(engine.forwardExact(dyadics[0]!).toDyadics().map(String));
    }
    const bad = (async () => {
      for await (const out of pool.forwardStream([inputs(5, 3), Float64Array.of(0, 0, 0, 0, 2, 0)])) void out;
    })();
    await expect(bad).rejects.toThrow('row 7, input 2: expected a number in [-1, 1], got 2');
  });

  test.each([1, 2])('%i threads: a run ends when it is told to, and says how far it is', async (threads) => {
    const pool = await open(net, { threads });
    const control = new AbortController();
    const heard: number[] = [];
    const batch = inputs(400_000, 3);
    const run = pool.forward(batch, {
      signal: control.signal,
      progress: (rows, of) => {
        heard.push(rows);
        expect(of).toBe(400_000);
        if (heard.length === 3) control.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(heard.length).toBeLessThan(12);
    expect(heard.every((rows, k) => rows > (heard[k - 1] ?? 0) && rows < 400_000)).toBe(true);
    // It works on afterwards.
    expect((await pool.forward(inputs(100, 3))).length).toBe(200);
  });

  test('rows enough for all threads: private and shared arrays, which stay as they are, and runs at once', async () => {
    const wide = network([200, 64, 3], 2);
    const pool = await open(wide, { domain: [-1, 1] });
    const engine = await Engine.create(wide, { domain: [-1, 1] });
    const batch = inputs(3000, 200);
    const shared = new Float64Array(new SharedArrayBuffer(batch.byteLength));
    shared.set(batch);
    const before = batch.slice();
    const expected = engine.forward(batch);
    const exact = engine.forwardExact(batch);
    for (let k = 0; k < 3; k++) {
      const runs = [pool.forward(batch), pool.forward(shared), pool.forward(batch.subarray(0, 200 * 1500))];
      const [a, b, half] = await Promise.all(runs);
      same(a!, expected);
      same(b!, expected);
      same(half!, expected.subarray(0, 4500));
      for (const from of [batch, shared]) same((await pool.forwardExact(from)).words, exact.words);
    }
    same(batch, before);
    same(shared, before);
    expect((await pool.forward(batch)).buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('a row that needs a finer plan may come late, and the first row that is refused is named', async () => {
    const pool = await open(network([50, 64, 3], 3), { domain: [-8, 8] });
    const engine = await Engine.create(network([50, 64, 3], 3), { domain: [-8, 8] });
    const batch = Float64Array.from({ length: 50 * 8000 }, () => random.between(-8, 8));
    batch[50 * 5000 + 7] = 3 + 2 ** -40;
    same(await pool.forward(batch), engine.forward(batch));
    const got = await pool.forwardExact(batch);
    expect(got.scale).toBe(engine.forwardExact(batch).scale);
    same(got.words, engine.forwardExact(batch).words);
    for (const row of [7500, 4321]) batch[50 * row + 2] = 9;
    await expect(pool.forward(batch)).rejects.toThrow('row 4322, input 3: expected a number in [-8, 8], got 9');
    await expect(pool.forwardExact(batch)).rejects.toThrow('row 4322, input 3');
    await expect(pool.forward(batch.subarray(1))).rejects.toThrow('a whole number of rows of 50 inputs');
  });

  test('a batch that is changed meanwhile cannot leave the plan', async () => {
    const pool = await open(network([50, 64, 3], 3), { domain: [-8, 8] });
    const batch = new Float64Array(50 * 8000).fill(1);
    const spoil = (): void => void batch.fill(99, batch.length - 50);
    await expect(pool.forward(batch, { progress: spoil })).rejects.toThrow('row 8000, input 1');
    batch.fill(1);
    await expect(pool.forwardExact(batch, { progress: spoil })).rejects.toThrow('row 8000, input 1');
    batch.fill(1);
    const refine = (): void => void batch.fill(1 + 2 ** -40, batch.length - 50);
    await expect(pool.forwardExact(batch, { progress: refine })).rejects.toThrow('the batch was changed while');
  });

  test('many runs that are ended early, and the runs after them', async () => {
    const pool = await open(net);
    const batch = inputs(30_000, 3);
    const expected = (await Engine.create(net)).forward(batch);
    for (let k = 0; k < 20; k++) {
      const control = new AbortController();
      const progress = (rows: number): void => {
        if (rows > 1000 * k) control.abort(new Error('enough'));
      };
      await expect(pool.forward(batch, { signal: control.signal, progress })).rejects.toThrow('enough');
      same(await pool.forward(batch), expected);
    }
    const thrown = pool.forward(batch, {
      progress: () => {
        throw new Error('not heard');
      },
    });
    await expect(thrown).rejects.toThrow('not heard');
    same(await pool.forward(batch), expected);
  });

  test('what is refused', async () => {
    const pool = await open(net, { domain: [0, 1], threads: 1 });
    await expect(pool.forward(Float64Array.of(0, 0, 2))).rejects.toThrow('row 1, input 3');
    await expect(pool.forward([1, 2, 3] as never)).rejects.toThrow('batch: expected a Float64Array');
    await expect(EnginePool.create(net, { threads: 0 })).rejects.toThrow('threads: expected a whole number in 1..256');
    await pool.close();
    await expect(pool.forward(inputs(1, 3))).rejects.toThrow('the pool was closed');
  });
});

test('where workers are not to be had, one thread does it silently', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dyadnet-alone-'));
  for (const file of readdirSync(dist)) {
    if (file.endsWith('.js') && !/^(crew|worker)-/.test(file)) copyFileSync(join(dist, file), join(folder, file));
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'net.dyad'), encodeNetwork({ network: dense([3, 20, 20, 2], 1) }));
  const use = `import { readFileSync } from 'node:fs';
    import { load, loadPool } from './run.js';
    const bytes = readFileSync('net.dyad');
    const pool = await loadPool(bytes, { threads: 4 });
    const x = Float64Array.from({ length: 3000 }, (_, k) => (k % 97) / 64);
    const [a, b] = [await pool.forward(x), (await load(bytes)).forward(x)];
    console.log(pool.threads, a.length === 2000 && a.every((v, k) => v === b[k]));`;
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', use], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect([ran.stdout, ran.stderr]).toEqual(['1 true\n', '']);
});
