// How far ACAS Xu networks move when their weights are rounded to b fractional bits: certified and observed, per box.
// And the task of ReluDiff (Paulsen, Wang, Wang: ICSE 2020): half-precision weights, threshold 0.05, network 2_3.
//
//   npm run build && node bench/deviation.mjs [--seconds 10] [--json FILE]        reads ../shared/data/acasxu
//
// Seconds are those of the wall clock beside other work of the machine; CPU seconds are the process's own.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import {
  compareNetworks,
  Interval,
  outwardBox,
  quantizeUniform,
  readNnet,
  readVnnlib,
  toFloat16,
} from '../dist/index.js';

const folder = new URL('../../shared/data/acasxu/', import.meta.url);
if (!existsSync(folder)) {
  console.error('bench/deviation.mjs needs the networks and properties in ../shared/data/acasxu');
  process.exit(1);
}
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' }, json: { type: 'string' } } });
const seconds = Number(values.seconds);
const text = (name) => readFileSync(new URL(name, folder), 'utf8');

/** A network and the box of its header, normalised as the network reads it. */
function open(name) {
  const { network, normalisation } = readNnet(text(`ACASXU_run2a_${name}_batch_2000.nnet`));
  const { minimum, maximum, mean, range } = normalisation;
  const end = (x, i, mode) => x.sub(mean[i]).div(range[i]).roundTo(64, mode);
  return { network, full: minimum.map((lo, i) => Interval.of(end(lo, i, 'down'), end(maximum[i], i, 'up'))) };
}
const property = (k) => outwardBox(readVnnlib(text(`prop_${k}.vnnlib`)).clauses[0], 64);
const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} CPUs, Node ${process.version}`;

async function row(f, g, box, options) {
  const before = process.cpuUsage();
  const c = await compareNetworks(f, g, box, options);
  const { user, system } = process.cpuUsage(before);
  const worst = (key) => c.outputs.reduce((a, b) => (b[key].gt(a[key]) ? b : a))[key];
  const [certified, observed] = [worst('certified'), worst('observed')];
  return {
    status: c.status,
    certified: certified.toNumber('up'),
    observed: observed.toNumber('down'),
    ratio: certified.toNumber('up') / observed.toNumber('down'),
    boxes: c.boxes,
    seconds: c.seconds,
    cpuSeconds: (user + system) / 1e6,
  };
}

const show = (x) => (x === 0 ? '0' : x.toPrecision(3));
console.log(machine);
const table = [];
console.log(
  `\n| network | box | bits | certified | observed | ratio | boxes | seconds |\n|---|---|---|---|---|---|---|---|`,
);
for (const name of ['1_1', '2_3', '4_5']) {
  const { network, full } = open(name);
  for (const where of [1, 2, 3, 4, 'full']) {
    const box = where === 'full' ? full : property(where);
    for (const bits of [16, 12, 8]) {
      const r = await row(network, quantizeUniform(network, { bits }).network, box, { seconds });
      table.push({ network: name, box: where, bits, ...r });
      const cells = [name, where === 'full' ? 'full' : `property ${where}`, bits, show(r.certified), show(r.observed)];
      console.log(`| ${[...cells, r.ratio.toFixed(1), r.boxes, r.seconds.toFixed(1)].join(' | ')} |`);
    }
  }
}

console.log(
  '\n| half precision, network 2_3, threshold 0.05 | answer | boxes | seconds | CPU seconds | ReluDiff |\n|---|---|---|---|---|---|',
);
const { network } = open('2_3');
const half = toFloat16(network).network;
const RELUDIFF = { 1: 'not half through after 120 s', 3: '1.7 s', 4: '0.1 s' };
const task = [];
for (const k of [1, 3, 4]) {
  const r = await row(network, half, property(k), { within: 0.05, seconds: 120 });
  task.push({ property: k, ...r });
  const cells = [`property ${k}`, r.status, r.boxes, r.seconds.toFixed(2), r.cpuSeconds.toFixed(2), RELUDIFF[k]];
  console.log(`| ${cells.join(' | ')} |`);
}
if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, seconds, table, task }, null, 1)}\n`);
