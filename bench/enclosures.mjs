// What an enclosure costs: f at a point, and f, f', f''/2 over a short interval (a piece of a certificate), in microseconds.
// Before anything is timed each enclosure is compared with its neighbour of 256 bits, which must lie inside.
//
//   npm run build && node bench/enclosures.mjs [--json]
import { cpus } from 'node:os';
import { Bench } from 'tinybench';
import { Dyadic, expressionTarget, Interval } from '../dist/index.js';

const EXPRESSIONS = [
  'sin(x)',
  'exp(x)',
  'log(1+x)',
  'sqrt(x)',
  'atan(x)',
  'tanh(x)',
  'erf(x)',
  'sin(2*pi*x)/(2*pi)',
  'exp(x)/e',
  'tanh(4*x-2)/4',
  '1/(1+25*x^2)',
];
const PRECISIONS = [64, 128];

// 512 points of 45 binary digits in (0, 1), and the intervals of length 2^-16 that begin there.
const points = Array.from({ length: 512 }, (_, k) =>
  Dyadic.of(BigInt((k * 2654435761) % 2 ** 32) * 8192n + 12345n, -45),
);
const length = Dyadic.pow2(-16);
const at = points.map((x) => [Interval.of(x)]);
const pieces = points.map((x) => Interval.of(x, x.add(length)));

const rows = [];
for (const text of EXPRESSIONS) {
  const f = expressionTarget(text);
  for (const box of at) {
    const [coarse, fine] = [f.enclose(box, 64), f.enclose(box, 256)];
    if (!coarse.encloses(fine)) throw new Error(`${text} at ${box[0].lo}: ${fine} is not in ${coarse}`);
  }
  const bench = new Bench({ time: 150, warmupTime: 100 });
  let k = 0;
  for (const precision of PRECISIONS) {
    bench.add(`point, ${precision} bits`, () => f.enclose(at[k++ & 511], precision));
    bench.add(`piece, ${precision} bits`, () => f.taylor(pieces[k++ & 511], 2, precision));
  }
  await bench.run();
  const row = { expression: text };
  for (const { name, result } of bench.tasks) row[name] = Number((result.latency.p50 * 1000).toFixed(1));
  rows.push(row);
}

const machine = `${cpus().length} x ${cpus()[0].model}, Node ${process.version}`;
if (process.argv.includes('--json')) console.log(JSON.stringify({ machine, unit: 'microseconds, median', rows }));
else {
  console.log(`median microseconds an enclosure (${machine})`);
  console.table(rows);
}
