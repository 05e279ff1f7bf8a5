/**
 * A network trained by others in float32 (ACAS Xu 2_3): every weight at full precision, so exact outputs have 270 fractional
 * bits. Says how long 10^7 exact evaluations take. Needs ../shared/data/acasxu.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Engine } from '../../src/engine/index.ts';
import { readOnnx } from '../../src/io/index.ts';
import { compare, type Row, type Setting } from '../measure.ts';
import { seeded } from '../nets.ts';

const NAME = 'ACASXU_run2a_2_3_batch_2000.onnx';
const EVALUATIONS = 1e7;

export async function imported(setting: Setting, report: (rows: readonly Row[]) => void, only?: string): Promise<void> {
  const path = fileURLToPath(new URL(`../../../shared/data/acasxu/${NAME}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`no ${NAME} in ../shared/data/acasxu`);
  const { network } = readOnnx(readFileSync(path), { name: NAME });
  const name = 'ACAS Xu 2_3, exact';
  if (only && only !== name) return;
  for (const batch of [1, 4096]) {
    const random = seeded(batch);
    const inputs = Float64Array.from({ length: 5 * batch }, () => random(-(2 ** 23), 2 ** 23 - 1) / 2 ** 24);
    const engine = await Engine.create(network, { domain: [-0.5, 0.5] });
    const out = new Float64Array(5 * batch);
    const exact = engine.forwardExact(inputs);
    const point = [...inputs.subarray(0, 5)];
    const checkedEqual = network.evaluate(point).every((v, o) => v.eq(exact.at(0, o)));
    if (!checkedEqual) throw new Error(`${name}: BigInt differs from the engine`);
    const rows = await compare(
      { suite: 'imported', case: name, batch },
      { name: 'dyadnet', run: () => engine.forwardInto(inputs, out), checkedEqual },
      [{ name: 'BigInt', run: () => network.evaluate(point), checkedEqual, share: batch }],
      setting,
    );
    const minutes = (row: Row): number => Number(((row.oursNs / batch) * (EVALUATIONS / 6e10)).toPrecision(3));
    report(rows.map((row) => ({ ...row, minutesForTenMillion: minutes(row), outputBits: exact.scale })));
    engine.dispose();
  }
}
