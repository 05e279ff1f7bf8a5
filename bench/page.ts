/**
 * npm run bench:page -> bench/page/*.html and *.csv: the suite as tables to pass on, by benny.
 * Absolute times of one run, one thread each; ratios between neighbours are better read from `npm run bench`.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import benny from 'benny';
import { Engine } from '../src/engine/index.ts';
import { mlp, seeded } from './nets.ts';
import { DENSE_PEERS } from './peers/dense.ts';

const folder = fileURLToPath(new URL('../page', import.meta.url));
mkdirSync(folder, { recursive: true });

const CASES = [
  ['1-64-64-64-1', 1],
  ['1-64-64-64-1', 1024],
  ['784-256-256-10', 1],
  ['784-256-256-10', 64],
] as const;
const SHOWN = ['onnxruntime-node f32', 'onnxruntime-web f32', 'tfjs-wasm f32', 'JavaScript float64', 'BigInt'];
const SETTING = { minSamples: 20, maxTime: 2 };

for (const [name, batch] of CASES) {
  const net = mlp(name);
  const random = seeded(batch);
  const x = Uint8Array.from({ length: batch * (net.sizes[0] as number) }, () => random(0, 255));
  const inputs = Float64Array.from(x);
  const engine = await Engine.create(net.network, { domain: [0, 255] });
  const out = new Float64Array(batch * engine.outputs);
  const expected = engine.forward(inputs);
  const tests = [benny.add('dyadnet, exact', () => void engine.forwardInto(inputs, out), SETTING)];
  for (const peer of DENSE_PEERS) {
    if (!SHOWN.includes(peer.name) || (peer.name === 'BigInt' && batch * net.macs > 1e7)) continue;
    const run = (await peer.prepare(net))(x, batch);
    const equal = Array.from(await run(), Number).every((v, k) => v === expected[k]);
    if (peer.exact && !equal) throw new Error(`${name}: ${peer.name} differs from the engine`);
    const label = `${peer.name}${equal ? '' : ', rounds'}`;
    tests.push(
      peer.isAsync
        ? benny.add(label, async () => void (await run()), SETTING)
        : benny.add(label, () => void run(), SETTING),
    );
  }
  const file = `${name}-batch-${batch}`;
  await benny.suite(
    `${name}, batch ${batch}`,
    ...tests,
    benny.cycle(),
    benny.complete(),
    benny.save({ file, folder, format: 'table.html' }),
    benny.save({ file, folder, format: 'csv' }),
  );
  engine.dispose();
}
process.exit(0);
