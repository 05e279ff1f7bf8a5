/** Exact dense networks against what people run today, at batch 1, 64 and 1024, one thread each. */
import { Engine } from '../../src/engine/index.ts';
import { type Candidate, compare, type Row, type Setting } from '../measure.ts';
import { MLP_SHAPES, mlp, seeded } from '../nets.ts';
import { DENSE_PEERS } from '../peers/dense.ts';

export const BATCHES = [1, 64, 1024] as const;
/** Multiplications that a slow peer takes at most in one run; larger batches are cut for it. */
const SLOW_WORK = 3e7;

export async function dense(setting: Setting, report: (rows: readonly Row[]) => void, only?: string): Promise<void> {
  for (const name of Object.keys(MLP_SHAPES)) {
    if (only && name !== only) continue;
    const net = mlp(name);
    const width = net.sizes[0] as number;
    const prepared = [];
    for (const peer of DENSE_PEERS) prepared.push([peer, await peer.prepare(net)] as const);
    for (const batch of BATCHES) {
      const random = seeded(batch);
      const x = Uint8Array.from({ length: batch * width }, () => random(0, 255));
      const inputs = Float64Array.from(x);
      const engine = await Engine.create(net.network, { domain: [0, 255] });
      const out = new Float64Array(batch * engine.outputs);
      const expected = engine.forward(inputs);
      const candidates: Candidate[] = [];
      for (const [peer, bind] of prepared) {
        const slow = peer.name === 'BigInt' || peer.name.startsWith('JavaScript');
        const rows = slow
          ? Math.max(1, Math.min(batch, Math.floor(SLOW_WORK / (peer.name === 'BigInt' ? 10 : 1) / net.macs)))
          : batch;
        const run = bind(x.subarray(0, rows * width), rows);
        const got = await run();
        const equal = Array.from(got, Number).every((v, k) => v === expected[k]);
        candidates.push({ name: peer.name, run, isAsync: peer.isAsync, checkedEqual: equal, share: batch / rows });
        if (peer.exact && !equal) throw new Error(`${name}, batch ${batch}: ${peer.name} differs from the engine`);
      }
      const ours: Candidate = { name: 'dyadnet', run: () => engine.forwardInto(inputs, out), checkedEqual: true };
      report(await compare({ suite: 'dense', case: name, batch }, ours, candidates, setting));
      engine.dispose();
    }
  }
}
