import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'tsdown';

/**
 * What is bundled into dist, so that installing dyadnet pulls in neither a compiler nor a computer algebra system: as-bind's
 * runtime and mathjs's parser (a twentieth of mathjs, which loads in a tenth of its time), with what they need. Their licences go along.
 * A package that is missing here stops the build.
 */
const BUNDLED = ['as-bind', 'mathjs', 'typed-function', '@babel/runtime', 'escape-latex', 'tiny-emitter'];

/** Its standard library is compiled into the WebAssembly core. */
const COMPILED_IN = 'assemblyscript';

/** What the page bundles besides; its licences stand at the head of its sources (the Apache licence's own text is above). */
const IN_PAGE = '@bufbuild/protobuf';
const IN_PAGE_SOURCES = ['dist/esm/wire/binary-encoding.js', 'dist/esm/wire/varint.js'];

function notices(): string {
  const rule = `\n\n${'-'.repeat(78)}\n\n`;
  const parts = [...BUNDLED, COMPILED_IN].map((name) => {
    const folder = join('node_modules', name);
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|notice)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').trim());
    if (texts.length === 0) throw new Error(`${name}: no licence text`);
    return `${name} ${versionOf(name)}\n\n${texts.join('\n\n')}`;
  });
  const heads = IN_PAGE_SOURCES.map((file) => {
    const head = /^(\/\/.*\n)+/.exec(readFileSync(join('node_modules', IN_PAGE, file), 'utf8'))?.[0];
    if (!head?.includes('Copyright')) throw new Error(`${IN_PAGE}: no licence at the head of ${file}`);
    return head.replace(/^\/\/ ?/gm, '').trim();
  });
  const page = `${IN_PAGE} ${versionOf(IN_PAGE)} (in the page)\n\n${heads.join('\n\n')}`;
  return `Parts of these packages are bundled into dyadnet.\n\n${[...parts, page].join(rule)}\n`;
}

function versionOf(name: string): string {
  return (JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8')) as { version: string }).version;
}

/** What every start of the runtime needs, in one file: each further file costs a start about a third of a millisecond. */
const RUNTIME =
  /assembly\/layout|src\/engine\/(choose|compile|core-wasm|denseRows|engine|exactBatch|plan|planRun|planSize|rows|runtime)\.ts|src\/exact\/(bits|dyadic|interval|refuse)\.ts|src\/io\/format-(checksum|container|network|palette|range|read|rows|sequence|whole)\.ts|src\/net\/(bounds|domain|layer|network)\.ts/;

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    run: 'src/run.ts',
    'cli/main': 'src/cli/main.ts',
    // Loaded by address, in threads and for them.
    'crew-node': 'src/engine/crewNode.ts',
    'worker-node': 'src/engine/workerNode.ts',
    'worker-web': 'src/engine/workerWeb.ts',
    'sweep/index': 'src/sweep/index.ts',
    'sweep/child': 'src/sweep/child.ts',
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
  outputOptions: { codeSplitting: { groups: [{ name: 'runtime', test: RUNTIME }] } },
  inputOptions: { resolve: { mainFields: ['module', 'main'] } },
  target: 'es2022',
  // What a page loads to run a network stays below 40 kB; declarations are left as they are.
  minify: true,
  dts: true,
  clean: true,
  hooks: { 'build:done': () => writeFileSync('dist/THIRD-PARTY.txt', notices()) },
});
