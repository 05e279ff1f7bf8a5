import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'tsdown';

/**
 * What is bundled into dist, so that installing dyadnet pulls in neither a compiler nor a computer algebra system: as-bind's
 * runtime and mathjs's parser (a twentieth of mathjs, which loads in a tenth of its time), with what they need. Their licences go along.
 * A package that is missing here stops the build.
 */
const BUNDLED = ['as-bind', 'mathjs', 'typed-function', '@babel/runtime', 'escape-latex', 'tiny-emitter'];

function notices(): string {
  const parts = BUNDLED.map((name) => {
    const folder = join('node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|notice)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').trim());
    if (texts.length === 0) throw new Error(`${name}: no licence text`);
    return `${name} ${version}\n\n${texts.join('\n\n')}`;
  });
  return `Parts of these packages are bundled into dyadnet.\n\n${parts.join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
}

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    run: 'src/run.ts',
    'cli/main': 'src/cli/main.ts',
    // Loaded by address, in threads and for them.
    'crew-node': 'src/engine/crewNode.ts',
    'worker-node': 'src/engine/workerNode.ts',
    'worker-web': 'src/engine/workerWeb.ts',
  },
  format: 'esm',
  platform: 'neutral',
  deps: { neverBundle: [/^node:/], alwaysBundle: ['mathjs/number'], onlyBundle: BUNDLED },
  plugins: [
    {
      // The page's worker is a file of its own: its source's address becomes the built one's.
      name: 'worker-address',
      renderChunk: (code: string) => code.replaceAll('./workerWeb.ts', './worker-web.js'),
    },
  ],
  inputOptions: { resolve: { mainFields: ['module', 'main'] } },
  target: 'es2022',
  dts: true,
  clean: true,
  hooks: { 'build:done': () => writeFileSync('dist/THIRD-PARTY.txt', notices()) },
});
