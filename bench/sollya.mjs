// certifySup beside Sollya's supnorm: the same function, network, pieces and relative accuracy 2^-7.
//
// Sollya proves one polynomial on one interval, so it is handed the network's pieces one by one (a x + c on [u, v]) and the
// largest of its upper bounds is compared with ours. certifySup is handed the network and finds the pieces itself. Its first call
// in a process, while the engine still interprets and compiles it, is timed in a process of its own; `ours` is the least of the
// calls of a second, after a second of such calls. Sollya's start, which is subtracted, has nothing to compile.
//
//   npm run build && node bench/sollya.mjs [--json] [pieces ...]     (default: 256 2048; 131072 without Sollya) needs Sollya (Debian: apt-get install sollya)
import { execFileSync, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { certifySup, Dyadic, expressionTarget, LayerBuilder, linearPieces, Network } from '../dist/index.js';

const ACCURACY = 2 ** -7;
const CASES = [
  { f: 'sin(2*pi*x)/(2*pi)', sollya: 'sin(2*pi*x)/(2*pi)', near: (x) => Math.sin(2 * Math.PI * x) / (2 * Math.PI) },
  { f: 'exp(x)/e', sollya: 'exp(x-1)', near: (x) => Math.exp(x - 1) },
  { f: 'tanh(4*x-2)/4', sollya: 'tanh(4*x-2)/4', near: (x) => Math.tanh(4 * x - 2) / 4 },
  { f: '1/(1+x)', sollya: '1/(1+x)', near: (x) => 1 / (1 + x) },
];

if (spawnSync('sollya', ['--version']).error) {
  console.error('bench/sollya.mjs needs Sollya: apt-get install sollya');
  process.exit(1);
}

/** The interpolant with `pieces` equal pieces and values of `bits` fractional bits. */
function interpolant(near, pieces, bits) {
  const value = (i) => Dyadic.from(near(i / pieces)).roundTo(bits);
  const first = new LayerBuilder(1);
  const terms = [];
  let before = Dyadic.ZERO;
  for (let i = 0; i < pieces; i++) {
    first.unit(-i / pieces, [0, 1]);
    const slope = value(i + 1)
      .sub(value(i))
      .mul(Dyadic.from(pieces));
    terms.push([i, slope.sub(before)]);
    before = slope;
  }
  const last = new LayerBuilder(pieces);
  last.row(value(0), terms);
  return new Network([first.build(), last.build()]);
}

const dyadic = (x) => `(${x.m})*2^(${x.e})`;

/** The largest upper bound of Sollya over the pieces, and its seconds, start-up not counted. */
function sollya(f, pieces) {
  const script = (body) => `verbosity=0!;display=hexadecimal!;f=${f};u=0;\n${body}\nprint(u);quit;\n`;
  const body = pieces
    .map(
      ({ from, to, slope, intercept }) =>
        `s=supnorm(${dyadic(slope)}*x+${dyadic(intercept)},f,[${from};${to}],absolute,${ACCURACY});if sup(s)>u then u=sup(s);`,
    )
    .join('\n');
  const run = (text) => {
    const started = performance.now();
    const out = execFileSync('sollya', [], { input: text, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'ignore'] });
    return {
      seconds: (performance.now() - started) / 1000,
      value: Dyadic.parse(out.toString().trim().split('\n').at(-1)),
    };
  };
  const idle = run(script('')).seconds;
  const { seconds, value } = run(script(body));
  return { seconds: seconds - idle, upper: value };
}

/** Seconds of the fastest call within a second, after a second of calls, and its answer. */
function warm(call) {
  let [least, answer] = [Number.POSITIVE_INFINITY];
  for (const counts of [false, true]) {
    const until = performance.now() + 1000;
    do {
      const started = performance.now();
      answer = call();
      if (counts) least = Math.min(least, (performance.now() - started) / 1000);
    } while (performance.now() < until);
  }
  return { seconds: least, answer };
}

const certify = (target, net) => certifySup(net, target, { ratio: 1 + ACCURACY });
const micro = (seconds, pieces) => +((seconds / pieces) * 1e6).toFixed(1);

// A process of its own: the first call's seconds.
const first = process.argv.indexOf('--first');
if (first > 0) {
  const { f, near } = CASES[Number(process.argv[first + 1])];
  const net = interpolant(near, Number(process.argv[first + 2]), 45);
  const target = expressionTarget(f);
  const started = performance.now();
  certify(target, net);
  console.log((performance.now() - started) / 1000);
  process.exit(0);
}

const asked = process.argv.slice(2).map(Number).filter(Number.isInteger);
const rows = [];
for (const [number, { f, sollya: theirs, near }] of CASES.entries()) {
  for (const pieces of asked.length > 0 ? asked : [256, 2048]) {
    const net = interpolant(near, pieces, 45);
    const list = [...linearPieces(net)];
    const target = expressionTarget(f);
    const { seconds, answer: ours } = warm(() => certify(target, net));
    const cold = Number(execFileSync(process.execPath, [process.argv[1], '--first', number, pieces].map(String)));
    const peer = sollya(theirs, list);
    // Both are upper bounds of one number within 2^-7: they cannot be further apart than that.
    const apart = ours.upper.sub(peer.upper).abs().toNumber() / ours.upper.toNumber();
    if (ours.status !== 'proved' || apart > ACCURACY)
      throw new Error(`${f}: bounds disagree: ${ours.upper} and ${peer.upper}`);
    rows.push({
      f,
      pieces: list.length,
      'first call us/piece': micro(cold, list.length),
      'ours us/piece': micro(seconds, list.length),
      'Sollya us/piece': micro(peer.seconds, list.length),
      'times faster': +(peer.seconds / seconds).toFixed(1),
      upper: ours.upper.toNumber('up'),
    });
  }
}
if (asked.length === 0) {
  const [net, target] = [interpolant(CASES[0].near, 1 << 17, 50), expressionTarget(CASES[0].f)];
  const started = performance.now();
  const c = certify(target, net);
  const seconds = (performance.now() - started) / 1000;
  rows.push({
    f: CASES[0].f,
    pieces: c.pieces,
    'ours us/piece': micro(seconds, c.pieces),
    seconds: +seconds.toFixed(2),
  });
}
if (process.argv.includes('--json'))
  console.log(JSON.stringify({ machine: cpus()[0].model, node: process.version, rows }, null, 2));
else {
  console.log(`${cpus()[0].model}, Node ${process.version}, one thread; relative accuracy 2^-7`);
  console.table(rows);
}
