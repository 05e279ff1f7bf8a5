/** Dense layers of long numbers (64 x 64, weights -7..7): native GMP, GMP in WebAssembly, BigInt. */
import { Engine } from '../../src/engine/index.ts';
import { type Candidate, compare, type Row, type Setting } from '../measure.ts';
import { dataFile, lines, program, said } from '../native.ts';
import { seeded, type WideNet, wideFile, wideNet } from '../nets.ts';
import { type Gmp, gmp, numbers, row, value } from '../peers/gmp.ts';

const SIZES = [60, 256, 1024, 4096] as const;
const BATCH = 64;

export async function wide(setting: Setting, report: (rows: readonly Row[]) => void, only?: string): Promise<void> {
  for (const bits of SIZES) {
    const name = `${bits} bits`;
    if (only && name !== only) continue;
    const net = wideNet(bits);
    const random = seeded(bits);
    const inputs = Float64Array.from({ length: BATCH * net.width }, () => random(0, 255));
    const engine = await Engine.create(net.network, { domain: [0, 255] });
    const exact = engine.forwardExact(inputs);
    const words = new Uint32Array(exact.words.length);
    const file = dataFile(`wide-${bits}`, wideFile(net, inputs));
    const bin = program('dense');
    const same = (values: readonly bigint[]): boolean =>
      values.every((v, k) => v === exact.at(Math.floor(k / net.width), k % net.width).mantissaAt(0));
    const printed = lines(bin, [file, 'print', 4]).map((t) =>
      t[0] === '-' ? -BigInt(`0x${t.slice(1)}`) : BigInt(`0x${t}`),
    );
    const big = bigints(net, inputs, 1);
    const wasm = await gmpWasm(net, inputs, 1);
    if (!same(printed) || !same(big()) || !same(wasm()))
      throw new Error(`wide, ${name}: a peer differs from the engine`);
    if (lines(bin, [file, 'check', 4])[0] !== 'equal') throw new Error(`wide, ${name}: mpn differs from mpz`);
    const runs = Math.max(1, Math.round(20 / bits));
    const peers: Candidate[] = [
      { name: 'native GMP mpz', said: () => said(bin, [file, 'mpz', BATCH, runs]), checkedEqual: true },
      { name: 'native GMP mpn', said: () => said(bin, [file, 'mpn', BATCH, runs]), checkedEqual: true },
      { name: 'gmp-wasm', run: wasm, checkedEqual: true, share: BATCH },
      { name: 'BigInt', run: big, checkedEqual: true, share: BATCH },
    ];
    const ours: Candidate = {
      name: 'dyadnet',
      run: () => engine.forwardExactInto(inputs, words),
      checkedEqual: true,
    };
    report(await compare({ suite: 'wide', case: name, batch: BATCH }, ours, peers, setting));
    engine.dispose();
  }
}

const longs = ({ factors, width }: WideNet, inputs: Float64Array, r: number): bigint[] =>
  factors.map((f, i) => f * BigInt(inputs[r * width + i] as number));

function bigints(net: WideNet, inputs: Float64Array, rows: number): () => bigint[] {
  const layers = net.layers.map((w) => Array.from(w, BigInt));
  const starts = Array.from({ length: rows }, (_, r) => longs(net, inputs, r));
  return () =>
    starts.flatMap((start) => {
      let v = start;
      layers.forEach((w, l) => {
        const last = l === layers.length - 1;
        let at = 0;
        v = v.map(() => {
          let sum = 0n;
          for (const x of v) sum += (w[at++] as bigint) * x;
          return last || sum > 0n ? sum : 0n;
        });
      });
      return v;
    });
}

async function gmpWasm(net: WideNet, inputs: Float64Array, rows: number): Promise<() => bigint[]> {
  const g: Gmp = await gmp();
  const { width } = net;
  const layers = net.layers.map((w) =>
    Array.from({ length: width }, (_, o) =>
      Array.from({ length: width }, (__, k) => [k, w[o * width + k] as number] as const),
    ),
  );
  const [a, b] = [numbers(g, width), numbers(g, width)];
  const starts = Array.from({ length: rows }, (_, r) =>
    longs(net, inputs, r).map((v) => {
      const z = g.mpz_t();
      g.mpz_init(z);
      const text = `${v.toString(16)}\0`;
      const at = g.malloc(text.length);
      for (let k = 0; k < text.length; k++) g.mem[at + k] = text.charCodeAt(k);
      g.mpz_set_str(z, at, 16);
      g.free(at);
      return z;
    }),
  );
  return () =>
    starts.flatMap((start) => {
      let [v, y] = [a, b];
      start.forEach((z, i) => {
        g.mpz_set(v[i] as number, z);
      });
      layers.forEach((layer, l) => {
        layer.forEach((terms, o) => {
          const z = y[o] as number;
          row(g, z, terms, v);
          if (l < layers.length - 1 && g.mpz_sgn(z) < 0) g.mpz_set_ui(z, 0);
        });
        [v, y] = [y, v];
      });
      return v.map((z) => value(g, z));
    });
}
