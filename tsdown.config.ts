import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: 'src/index.ts', run: 'src/run.ts', 'cli/main': 'src/cli/main.ts' },
  format: 'esm',
  platform: 'neutral',
  external: [/^node:/],
  target: 'es2022',
  dts: true,
  clean: true,
});
