/** Cold start (import and first evaluation, over bare Node) and size of what a user loads. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { square } from '../../src/construct/index.ts';
import { encodeNetwork, writeOnnx } from '../../src/io/index.ts';
import type { Network } from '../../src/net/index.ts';
import { median, type Row, type Setting } from '../measure.ts';
import { mlp } from '../nets.ts';
import { gzipped, runtimeFiles } from '../runtimeFiles.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Each prints the first output for input 0.5. */
const STARTS: Readonly<Record<string, string>> = {
  dyadnet: `import { readFileSync } from 'node:fs';
import { loadSync } from '../../../dist/run.js';
console.log(loadSync(readFileSync(new URL('net.dyad', import.meta.url))).forward(Float64Array.of(0.5))[0]);`,
  'onnxruntime-node f32': `import { createRequire } from 'node:module';
const ort = createRequire(import.meta.url)('onnxruntime-node');
const s = await ort.InferenceSession.create(new URL('net.onnx', import.meta.url).pathname, { intraOpNumThreads: 1 });
console.log((await s.run({ [s.inputNames[0]]: new ort.Tensor('float32', Float32Array.of(0.5), [1, 1]) }))[s.outputNames[0]].data[0]);
process.exit(0);`,
  'onnxruntime-web f32': `import { readFileSync } from 'node:fs';
import ort from 'onnxruntime-web';
ort.env.wasm.numThreads = 1;
const s = await ort.InferenceSession.create(readFileSync(new URL('net.onnx', import.meta.url)), { executionProviders: ['wasm'] });
console.log((await s.run({ [s.inputNames[0]]: new ort.Tensor('float32', Float32Array.of(0.5), [1, 1]) }))[s.outputNames[0]].data[0]);
process.exit(0);`,
};

/** Node that reads the same file: what is over it is the import and the first evaluation. */
const BARE = `import { readFileSync } from 'node:fs';
console.log(readFileSync(new URL('net.dyad', import.meta.url)).length);`;

export async function start(setting: Setting, report: (rows: readonly Row[]) => void, only?: string): Promise<void> {
  if (!only || only === 'cold start') {
    // A constructed network of a hundred bytes, and a dense one whose file has to be read: 8385 weights.
    report(coldStart('square, 80 bytes', square(8).network, setting));
    report(coldStart('1-64-64-64-1', mlp('1-64-64-64-1').network, setting));
  }
  if (!only || only === 'size') report(sizes());
}

function coldStart(what: string, network: Network, setting: Setting): Row[] {
  const folder = join(root, 'bench/dist/start');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'net.dyad'), encodeNetwork({ network }));
  writeFileSync(join(folder, 'net.onnx'), writeOnnx(network, { type: 'float32', acceptRounding: true }).bytes);
  const programs = { bare: BARE, ...STARTS };
  const times: Record<string, number[]> = {};
  const answers: Record<string, number> = {};
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, `${slug(name)}.mjs`), text);
  for (let round = 0; round < 3 + setting.rounds; round++) {
    for (const name of Object.keys(programs)) {
      const from = performance.now();
      const ran = spawnSync(process.execPath, [join(folder, `${slug(name)}.mjs`)], { encoding: 'utf8' });
      const ms = performance.now() - from;
      if (ran.status !== 0) throw new Error(`start, ${name}: ${ran.stderr}`);
      answers[name] = Number(ran.stdout.trim());
      times[name] = [...(times[name] ?? []), ms];
    }
  }
  const over = (name: string): number =>
    median((times[name] as number[]).map((t, k) => t - (times.bare as number[])[k]!)) * 1e6;
  return Object.keys(STARTS)
    .filter((name) => name !== 'dyadnet')
    .map((name) => ({
      suite: 'start',
      case: `cold start over bare node, ${what}`,
      batch: 1,
      peer: name,
      peerOverOurs: Number((over(name) / over('dyadnet')).toPrecision(4)),
      oursNs: Math.round(over('dyadnet')),
      peerNs: Math.round(over(name)),
      checkedEqual: answers[name] === answers.dyadnet,
    }));
}

const slug = (name: string): string => name.replaceAll(/\W+/g, '-');

/** Bytes in place of nanoseconds. */
function sizes(): Row[] {
  const files = runtimeFiles(join(root, 'dist')).map((f) => readFileSync(join(root, 'dist', f)));
  const ours = gzipped(Buffer.concat(files));
  const require = createRequire(import.meta.url);
  const web = dirname(require.resolve('onnxruntime-web'));
  const tf = dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));
  const total = (folder: string, names: readonly string[]): number =>
    names.reduce((n, name) => n + gzipped(readFileSync(join(folder, name))), 0);
  const wasmOf = (folder: string, pattern: RegExp): string[] => readdirSync(folder).filter((f) => pattern.test(f));
  const native = require.resolve('onnxruntime-node');
  const row = (peer: string, bytes: number): Row => ({
    suite: 'start',
    case: 'gzipped bytes of the runtime with its wasm',
    batch: 1,
    peer,
    peerOverOurs: Number((bytes / ours).toPrecision(4)),
    oursNs: 0,
    peerNs: 0,
    checkedEqual: false,
    oursBytes: ours,
    peerBytes: bytes,
  });
  const library = join(dirname(native), '../bin/napi-v6/linux/x64');
  return [
    row('onnxruntime-web', total(web, ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.wasm'])),
    row('tfjs-wasm, backend alone', total(tf, ['tf-backend-wasm.es2017.min.js', 'tfjs-backend-wasm-simd.wasm'])),
    row('onnxruntime-node', total(library, wasmOf(library, /libonnxruntime\.so/))),
  ];
}
