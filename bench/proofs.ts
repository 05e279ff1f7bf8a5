/**
 * node bench/dist/proofs.mjs [name ...]: what a check costs beside the proof it checks. CPU time in ms, least of some runs.
 *
 *   commands   `dyadnet certify --proof` and `dyadnet check`, each less the bare start of Node
 *   warm       the same work in one process after some rounds: reading, proving, writing; reading and checking. `certify` checks
 *              a proof before it writes it, so that what it does is both; `alone` is the check beside the proving without it.
 *
 * npm run build && npx tsdown --config bench/tsdown.config.ts && node bench/dist/proofs.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { proveSup } from '../src/certify/index.ts';
import { checkProof } from '../src/check/check.ts';
import { expressionTarget } from '../src/exact/expression.ts';
import { Dyadic, tableTarget } from '../src/exact/index.ts';
import { decodeNetwork, encodeNetwork, readTable } from '../src/io/index.ts';
import { LayerBuilder, Network, type Term } from '../src/net/index.ts';
import { seeded } from './nets.ts';

/** Seconds of rounds of each case. */
const SECONDS = 1;
const RUNS = 3;
const folder = mkdtempSync(join(tmpdir(), 'dyadnet-proofs-'));
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const TELL =
  'data:text/javascript,process.on("exit",()=>console.error("cpu",process.cpuUsage().user+process.cpuUsage().system))';

interface Case {
  readonly name: string;
  readonly net: Network;
  /** An expression, a table's text, or a network. */
  readonly f: string | { readonly table: string } | Network;
  readonly domain: readonly [number, number];
}

/** f's values at equal distances, joined by lines. */
function interpolant(f: (x: number) => number, pieces: number, bits: number, lo: number, hi: number): Network {
  const step = (hi - lo) / pieces;
  const values = Array.from({ length: pieces + 1 }, (_, i) => Dyadic.from(f(lo + i * step)).roundTo(bits));
  const slopes = values.slice(1).map((v, i) => v.sub(values[i] as Dyadic).mul(Dyadic.from(1 / step)));
  const first = new LayerBuilder(1);
  slopes.forEach((_, i) => void first.unit(-(lo + i * step), [0, 1]));
  const last = new LayerBuilder(pieces);
  last.row(
    values[0] as Dyadic,
    slopes.map((slope, i): Term => [i, slope.sub(slopes[i - 1] ?? Dyadic.ZERO)]),
  );
  return new Network([first.build(), last.build()]);
}

function dense(sizes: readonly number[], bits: number, seed: number): Network {
  const random = seeded(seed);
  const weight = (most: number): Dyadic => Dyadic.of(BigInt(random(-most, most)), -bits);
  return new Network(
    sizes.slice(1).map((outputs, l) => {
      const inputs = sizes[l] as number;
      const layer = new LayerBuilder(inputs);
      const most = Math.round((2 ** bits * 2) / Math.sqrt(inputs));
      for (let i = 0; i < outputs; i++) {
        layer.row(
          weight(2 ** bits),
          Array.from({ length: inputs }, (_, j): Term => [j, weight(most)]),
        );
      }
      return layer.build();
    }),
  );
}

const CURVES: readonly (readonly [f: string, near: (x: number) => number, lo: number, hi: number])[] = [
  ['sin(6*x)', (x) => Math.sin(6 * x), 0, 1],
  ['exp(x)', Math.exp, 0, 1],
  ['tanh(4*x-2)', (x) => Math.tanh(4 * x - 2), 0, 1],
  ['log(x)', Math.log, 1, 2],
  ['sqrt(x)', Math.sqrt, 0, 1],
  ['x^3-2*x+1/3', (x) => x ** 3 - 2 * x + 1 / 3, 0, 1],
  ['1/(1+x^2)', (x) => 1 / (1 + x * x), 0, 1],
];

function* cases(): Generator<Case> {
  for (const [f, near, lo, hi] of CURVES) {
    for (const pieces of [64, 512, 4096]) {
      const net = interpolant(near, pieces, pieces > 64 ? 45 : 20, lo, hi);
      yield { name: `${f}, ${pieces} pieces`, net, f, domain: [lo, hi] };
    }
  }
  for (const rows of [256, 4096]) {
    const net = interpolant((x) => Math.sin(9 * x), 2 * rows, 24, 0, 1);
    const value = (i: number): string => (Math.sin((9 * i) / rows) + Math.sin(i * 1.7) / 100).toFixed(5);
    const table = Array.from({ length: rows + 1 }, (_, i) => `${i / rows},${value(i)}\n`).join('');
    yield { name: `table of ${rows + 1}, ${2 * rows} pieces`, net, f: { table }, domain: [0, 1] };
  }
  const deep = dense([1, 64, 64, 64, 1], 8, 1);
  yield { name: 'sin(x), 1-64-64-64-1', net: deep, f: 'sin(x)', domain: [-2, 2] };
  yield { name: 'network, 1-64-64-64-1', net: deep, f: dense([1, 64, 64, 64, 1], 6, 2), domain: [-2, 2] };
  const fine = interpolant((x) => Math.sin(6 * x), 8192, 30, 0, 1);
  const coarse = interpolant((x) => Math.sin(6 * x), 4096, 16, 0, 1);
  yield { name: 'network, 8192 pieces', net: fine, f: coarse, domain: [0, 1] };
}

/** CPU time of a command in ms. */
function command(...args: readonly string[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const { stderr, status } = spawnSync(process.execPath, ['--import', TELL, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    least = Math.min(least, Number(/cpu (\d+)/.exec(stderr)?.[1]) / 1000);
  }
  return least;
}

function cpu<T>(work: () => T): { ms: number; result: T } {
  const from = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(from);
  return { ms: (user + system) / 1000, result };
}

function measure({ name, net, f, domain: [lo, hi] }: Case, start: number): Record<string, string | number> {
  const path = (file: string): string => join(folder, file);
  const file = encodeNetwork({ network: net });
  writeFileSync(path('net.dyad'), file);
  const other = f instanceof Network ? encodeNetwork({ network: f }) : undefined;
  if (other) writeFileSync(path('f.dyad'), other);
  if (typeof f === 'object' && 'table' in f) writeFileSync(path('f.csv'), f.table);
  const spec = typeof f === 'string' ? f : path(other ? 'f.dyad' : 'f.csv');
  const proved = command(main, 'certify', path('net.dyad'), spec, `--domain=${lo},${hi}`, '--proof', path('p.json'));
  const checked = command(main, 'check', path('p.json'), path('net.dyad'), ...(other ? [spec] : []));
  const target = (): Parameters<typeof proveSup>[1] => {
    if (typeof f === 'string') return expressionTarget(f);
    if (other) return decodeNetwork(other).network;
    const table = readTable(readFileSync(spec), { name: spec });
    return tableTarget(table.points, { text: 'a table', rows: table.rows });
  };
  const best = { prove: Number.POSITIVE_INFINITY, check: Number.POSITIVE_INFINITY };
  for (const until = performance.now() + 1000 * SECONDS; performance.now() < until; ) {
    const prove = cpu(() => {
      const options = { domain: [Dyadic.from(lo), Dyadic.from(hi)] as const };
      return JSON.stringify(proveSup(decodeNetwork(file).network, target(), options).proof);
    });
    const check = cpu(() => checkProof(JSON.parse(prove.result), file, other));
    best.prove = Math.min(best.prove, prove.ms);
    best.check = Math.min(best.check, check.ms);
  }
  const ratio = (part: number, whole: number): number => Math.round((100 * part) / whole) / 100;
  return {
    name,
    'certify ms': Math.round(proved - start),
    'check ms': Math.round(checked - start),
    commands: ratio(checked - start, proved - start),
    'prove ms, warm': +best.prove.toFixed(1),
    'check ms, warm': +best.check.toFixed(1),
    warm: ratio(best.check, best.prove + best.check),
    alone: ratio(best.check, best.prove),
  };
}

try {
  const start = command('-e', '0');
  const wanted = process.argv.slice(2);
  const rows = [...cases()]
    .filter(({ name }) => wanted.length === 0 || wanted.some((w) => name.includes(w)))
    .map((c) => measure(c, start));
  console.log(`Node ${process.version}; its bare start, ${Math.round(start)} ms, is subtracted`);
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true });
}
