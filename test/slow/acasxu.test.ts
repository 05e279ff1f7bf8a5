/** Trained networks: the depth-precision trade-off on a million exact inputs for each target precision; ten million exact evaluations. */
import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/engine/index.ts';
import { readNnet, readOnnx } from '../../src/io/index.ts';
import { depthPrecision } from '../../src/quantize/index.ts';
import { roundedTo } from '../support/entries.ts';
import { expectSameOutputs, seededInputs } from '../support/same.ts';
import { haveShared, sharedBytes, sharedText } from '../support/shared.ts';

describe.skipIf(!haveShared('acasxu'))('ACAS Xu, a million inputs', () => {
  test.each([8, 4, 2, 1])('16 fractional bits to %i: equal outputs', (bits) => {
    const { network } = readNnet(sharedText('acasxu/ACASXU_run2a_2_3_batch_2000.nnet'));
    const at16 = roundedTo(network, 16);
    const { network: deep } = depthPrecision(at16, { bits });
    for (let part = 0; part < 50; part++) {
      expectSameOutputs(at16, deep, 20_000, 0, seededInputs(100_000, part * 4 + bits));
    }
  });

  // Every float32 weight at full precision: 270 fractional bits at the output.
  test('10^7 exact evaluations of ACAS Xu 2_3, in minutes; one in 10 000 beside the oracle', async () => {
    const evaluations = Number(process.env.EVALUATIONS ?? 1e7);
    const { network } = readOnnx(sharedBytes('acasxu/ACASXU_run2a_2_3_batch_2000.onnx'), { name: 'ACAS Xu 2_3' });
    const engine = await Engine.create(network, { domain: [-0.5, 0.5] });
    const batch = 10_000;
    const inputs = new Float64Array(5 * batch);
    const words = new Uint32Array(batch * 5 * engine.planFor(Float64Array.of(0.5, 2 ** -24, 0, 0, 0)).outputWords);
    const started = performance.now();
    for (let done = 0; done < evaluations; done += batch) {
      for (let k = 0; k < inputs.length; k++) {
        const at = 5 * done + k;
        const mixed = Math.imul(Math.imul(at ^ (at >>> 15), 0x2c1b3c6d) ^ (at << 7), 0x297a2d39);
        inputs[k] = (mixed >> 7) / 2 ** 25;
      }
      // An input with all the fractional bits, so that all batches have one plan.
      inputs[0] = 0.5 - 2 ** -25;
      const results = engine.forwardExactInto(inputs, words);
      const row = (done / batch) % batch;
      const point = [...inputs.subarray(5 * row, 5 * row + 5)];
      expect(network.evaluate(point).every((v, o) => v.eq(results.at(row, o)))).toBe(true);
    }
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(`${evaluations} exact evaluations in ${seconds.toFixed(0)} s\n`);
    engine.dispose();
  });
});
