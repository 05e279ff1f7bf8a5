/** Deep sparse networks of growing numbers: native GMP, the same layout in C, GMP in WebAssembly, BigInt. */
import { Engine } from '../../src/engine/index.ts';
import { type Candidate, compare, type Row, type Setting } from '../measure.ts';
import { dataFile, lines, program, said } from '../native.ts';
import { DEEP_WIDTH, type DeepNet, deepNet, seeded, sparseFile } from '../nets.ts';
import { gmp, numbers, row, value } from '../peers/gmp.ts';

const SIZES = [64, 256, 1024, 4096] as const;
/** Work (terms x 64-bit limbs x inputs) that slow peers do at most in one run. */
const SLOW_WORK = 2e5;

export async function sparse(setting: Setting, report: (rows: readonly Row[]) => void, only?: string): Promise<void> {
  for (const bits of SIZES) {
    const name = `${bits} bits`;
    if (only && name !== only) continue;
    const net = deepNet(bits);
    for (const batch of [1, 1024]) {
      const random = seeded(bits + batch);
      const x = Int32Array.from({ length: batch * DEEP_WIDTH }, () => random(0, 65535));
      const inputs = Float64Array.from(x);
      const engine = await Engine.create(net.network, { domain: [0, 65535] });
      const exact = engine.forwardExact(inputs);
      const words = new Uint32Array(exact.words.length);
      // In the engine weights are multiples of 1/4 and the constant is 1: outputs differ from the peers' by 4^depth.
      const ours = (r: number, o: number): bigint => exact.at(r, o).mantissaAt(2 * net.depth);
      const file = dataFile(`sparse-${bits}-${batch}`, sparseFile(net, x));
      const bin = program('sparse');
      const checked = Math.min(batch, 16);
      const printed = lines(bin, [file, 'print', checked]).map((t) =>
        t[0] === '-' ? -BigInt(`0x${t.slice(1)}`) : BigInt(`0x${t}`),
      );
      const same = (values: readonly bigint[]): boolean =>
        values.every((v, k) => v === ours(Math.floor(k / DEEP_WIDTH), k % DEEP_WIDTH));
      if (!same(printed)) throw new Error(`sparse, ${name}: GMP differs from the engine`);
      if (lines(bin, [file, 'check', checked])[0] !== 'equal')
        throw new Error(`sparse, ${name}: mpn or C differs from mpz`);
      const cut = Math.max(1, Math.min(batch, Math.floor(SLOW_WORK / net.work)));
      const big = bigints(net, x, cut);
      const wasm = await gmpWasm(net, x, cut);
      if (!same(big()) || !same(wasm())) throw new Error(`sparse, ${name}: BigInt or gmp-wasm differs from the engine`);
      // Native programs run over so many inputs that the clock's grain does not count.
      const many = batch === 1 ? 1 : batch;
      const runs = Math.max(1, Math.min(1000, Math.round(2e7 / (net.work * many))));
      const native = (mode: string, label: string): Candidate => ({
        name: label,
        said: () => said(bin, [file, mode, batch, runs]),
        checkedEqual: true,
      });
      const peers: Candidate[] = [
        native('mpz', 'native GMP mpz'),
        native('mpn', 'native GMP mpn'),
        ...(batch > 1 ? [native('soa', 'C, same layout, 128 bits')] : []),
        { name: 'gmp-wasm', run: wasm, checkedEqual: true, share: batch / cut },
        { name: 'BigInt', run: big, checkedEqual: true, share: batch / cut },
      ];
      const candidate: Candidate = {
        name: 'dyadnet',
        run: () => engine.forwardExactInto(inputs, words),
        checkedEqual: true,
      };
      report(await compare({ suite: 'sparse', case: name, batch }, candidate, peers, setting));
      engine.dispose();
    }
  }
}

function bigints(net: DeepNet, x: Int32Array, rows: number): () => bigint[] {
  const layers = net.rows.map((layer) => layer.map((terms) => terms.map(([j, w]) => [j, BigInt(w)] as const)));
  return () => {
    const out: bigint[] = [];
    for (let r = 0; r < rows; r++) {
      let v = [...Array.from(x.subarray(r * DEEP_WIDTH, (r + 1) * DEEP_WIDTH), BigInt), 1n];
      layers.forEach((layer, l) => {
        const last = l === layers.length - 1;
        const y = new Array<bigint>(DEEP_WIDTH + 1);
        for (let i = 0; i < DEEP_WIDTH; i++) {
          let sum = 0n;
          for (const [j, w] of layer[i] as (readonly [number, bigint])[]) sum += w * (v[j] as bigint);
          y[i] = last || sum > 0n ? sum : 0n;
        }
        y[DEEP_WIDTH] = (v[DEEP_WIDTH] as bigint) << 2n;
        v = y;
      });
      v.pop();
      out.push(...v);
    }
    return out;
  };
}

async function gmpWasm(net: DeepNet, x: Int32Array, rows: number): Promise<() => bigint[]> {
  const g = await gmp();
  const [a, b] = [numbers(g, DEEP_WIDTH + 1), numbers(g, DEEP_WIDTH + 1)];
  return () => {
    const out: bigint[] = [];
    for (let r = 0; r < rows; r++) {
      let [v, y] = [a, b];
      for (let i = 0; i < DEEP_WIDTH; i++) g.mpz_set_si(v[i] as number, x[r * DEEP_WIDTH + i] as number);
      g.mpz_set_ui(v[DEEP_WIDTH] as number, 1);
      net.rows.forEach((layer, l) => {
        for (let i = 0; i < DEEP_WIDTH; i++) {
          const z = y[i] as number;
          row(g, z, layer[i] as (readonly [number, number])[], v);
          if (l < net.depth - 1 && g.mpz_sgn(z) < 0) g.mpz_set_ui(z, 0);
        }
        g.mpz_mul_2exp(y[DEEP_WIDTH] as number, v[DEEP_WIDTH] as number, 2);
        [v, y] = [y, v];
      });
      for (let i = 0; i < DEEP_WIDTH; i++) out.push(value(g, v[i] as number));
    }
    return out;
  };
}
