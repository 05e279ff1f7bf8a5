/**
 * Trained networks with fewer bits: how far the outputs move over the whole input box, by the weights' size alone (a priori),
 * proved (certified) and seen (observed, exactly, at a witness); and with codebooks.
 *
 *   npm run build && node bench/quantisers.mjs [seconds a proof, default 10]
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Interval, quantise, readNnet, readOnnx } from '../dist/index.js';

const data = join(import.meta.dirname, '../../shared/data');
if (!existsSync(data)) {
  console.error('bench: ../shared/data is not there');
  process.exit(2);
}
const seconds = Number(process.argv[2] ?? 10);
const onnx = (file, box) => ({ network: readOnnx(new Uint8Array(readFileSync(join(data, file)))).network, box });
const nnet = (file) => {
  const { network, normalisation } = readNnet(readFileSync(join(data, file), 'utf8'));
  const { minimum, maximum, mean, range } = normalisation;
  const end = (x, i, mode) => x.sub(mean[i]).div(range[i]).roundTo(64, mode);
  return { network, box: minimum.map((lo, i) => Interval.of(end(lo, i, 'down'), end(maximum[i], i, 'up'))) };
};
/** A controller's state is looked at on [-1, 1], as no box comes with it; ACAS Xu in its own normalised box, MNIST on [0, 1]. */
const NETWORKS = {
  'ACAS Xu 1_1': () => nnet('acasxu/ACASXU_run2a_1_1_batch_2000.nnet'),
  'ACAS Xu 2_3': () => nnet('acasxu/ACASXU_run2a_2_3_batch_2000.nnet'),
  'ACAS Xu 4_5': () => nnet('acasxu/ACASXU_run2a_4_5_batch_2000.nnet'),
  'mnist 256x2': () => onnx('mlp/mnist-net_256x2.onnx', [0, 1]),
  cartpole: () => onnx('mlp/cartpole.onnx', [-1, 1]),
  vdp: () => onnx('mlp/vdp.onnx', [-1, 1]),
};

const text = (x, mode) => (x.isZero ? '0' : x.toNumber(mode).toExponential(2));

console.log(`| network | weights | a priori | certified (${seconds} s) | observed | file bytes |`);
console.log('|---|---|---|---|---|---|');
for (const [name, open] of Object.entries(NETWORKS)) {
  const { network, box } = open();
  const ways = [
    ...[16, 12, 8, 6, 4].map((bits) => [`${bits} bits`, { method: 'uniform', bits }]),
    ['16 letters a layer', { method: 'codebook', lambda: 16, perLayer: true }],
  ];
  for (const [label, how] of ways) {
    const { report } = await quantise(network, how, box, { seconds });
    const { aPriori, certified, observed, fileBytes } = report;
    if (observed.gt(certified) || certified.gt(aPriori))
      throw new Error(`${name}, ${label}: the bounds are out of order`);
    console.log(
      `| ${name} | ${label} | ${text(aPriori, 'up')} | ${text(certified, 'up')} | ${text(observed, 'down')} | ${fileBytes} |`,
    );
  }
}
