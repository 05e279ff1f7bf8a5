import { defineConfig } from 'tsdown';

/** The benchmarks as plain modules beside the peers that they import. */
export default defineConfig({
  entry: { run: 'run.ts', page: 'page.ts', proofs: 'proofs.ts' },
  outDir: 'dist',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  deps: { neverBundle: [/^onnxruntime/, /^@tensorflow/, 'gmp-wasm', 'tinybench', 'benny'] },
  dts: false,
  clean: true,
});
