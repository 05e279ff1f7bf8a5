/** Batches on one and on two threads, beside what two native processes gain in the same minute. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Library from '../../src/index.ts';
import { median, type Row, type Setting } from '../measure.ts';
import { dataFile, program, said, together } from '../native.ts';
import { DEEP_WIDTH, deepNet, mlp, seeded, sparseFile } from '../nets.ts';

const ROWS = { '784-256-256-10': 4096, '1-64-64-64-1': 65536 } as const;

export async function threads(setting: Setting, report: (rows: readonly Row[]) => void, only?: string): Promise<void> {
  // Threads need the files of the built package.
  const dist = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
  const { EnginePool, Network, makeLayer } = (await import(join(dist))) as typeof Library;
  const deep = deepNet(256);
  const random = seeded(2);
  const x = Int32Array.from({ length: 1024 * DEEP_WIDTH }, () => random(0, 65535));
  const bin = program('sparse');
  const file = dataFile('threads', sparseFile(deep, x));
  for (const [name, rows] of Object.entries(ROWS)) {
    if (only && name !== only) continue;
    const net = mlp(name);
    const network = new Network(net.network.layers.map((layer) => makeLayer(layer)));
    const inputs = Float64Array.from({ length: rows * (net.sizes[0] as number) }, () => random(0, 255));
    const one = await EnginePool.create(network, { domain: [0, 255], threads: 1 });
    const two = await EnginePool.create(network, { domain: [0, 255], threads: 2 });
    const [a, b] = [await one.forward(inputs), await two.forward(inputs)];
    const equal = a.every((v, k) => v === b[k]);
    const time = async (pool: Library.EnginePool): Promise<number> => {
      const from = performance.now();
      await pool.forward(inputs);
      return (performance.now() - from) * 1e6;
    };
    // In turn, the median of several: the native programs of a round run long as well.
    const times = async (): Promise<[one: number, two: number]> => {
      const seen: [number[], number[]] = [[], []];
      for (let k = 0; k < 5; k++) {
        seen[0].push(await time(one));
        seen[1].push(await time(two));
      }
      return [median(seen[0]), median(seen[1])];
    };
    // Warm up, as everywhere else: each worker compiles and tiers up by itself.
    for (let k = 0; k < 3; k++) await times();
    const args = [file, 'soa', 1024, 12];
    const rounds = {
      one: [] as number[],
      two: [] as number[],
      native: [] as number[],
      gain: [] as number[],
      ratio: [] as number[],
    };
    for (let k = 0; k < Math.max(3, setting.rounds); k++) {
      const [t1, t2] = await times();
      const n1 = said(bin, args);
      const n2 = await together(bin, args, 2);
      rounds.one.push(t1);
      rounds.two.push(t2);
      // Two processes do twice the work.
      rounds.native.push((2 * n1) / n2);
      rounds.gain.push(t1 / t2);
      rounds.ratio.push(t1 / t2 / ((2 * n1) / n2));
    }
    const place = { suite: 'threads', case: name, batch: rows, checkedEqual: equal };
    const [oursNs, peerNs] = [Math.round(median(rounds.two)), Math.round(median(rounds.one))];
    report([
      { ...place, peer: 'one thread', peerOverOurs: round(median(rounds.gain)), oursNs, peerNs },
      // Gain over gain, each pair of gains measured in the same round; the native one is that of the sparse program, in C.
      {
        ...place,
        peer: `gain of two native processes, ${round(median(rounds.native))}`,
        peerOverOurs: round(median(rounds.ratio)),
        oursNs,
        peerNs,
      },
    ]);
    await one.close();
    await two.close();
  }
}

const round = (v: number): number => Number(v.toPrecision(4));
