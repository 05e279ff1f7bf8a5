/** The house: which room may import which, and in which order the files of a room may know each other. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const src = join(import.meta.dirname, '../src');

/** Floors from the ground up. A room imports from lower floors only; rooms on one floor do not know each other. */
const FLOORS: readonly (readonly string[])[] = [
  ['exact'],
  ['net'],
  ['construct', 'quantize', 'rates', 'certify', 'engine', 'io'],
  ['workbench', 'plot'],
  ['index', 'run', 'sweep'],
  ['cli', 'web'],
];

/** Inside a room a file imports only files listed above it; a room not listed here holds at most one file. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  exact: [
    'refuse',
    'bits',
    'roots',
    'dyadic',
    'float',
    'rational',
    'interval',
    'quotient',
    'print',
    'target',
    'span',
    'fixed',
    'elementary',
    'trigonometric',
    'special',
    'jet',
    'derivatives',
    'syntax',
    'vocabulary',
    'evaluate',
    'estimate',
    'parse',
    'expression',
    'table',
    'callback',
    'modulus',
    'power',
    'index',
  ],
  certify: [
    'queue',
    'pieces',
    'model',
    'cell',
    'chunk',
    'exactMax',
    'relax',
    'worst',
    'job',
    'exactSup',
    'search',
    'supnorm',
    'proof',
    'tighten',
    'propagate',
    'ascent',
    'unitBox',
    'deviation',
    'argmax',
    'integral',
    'lp',
    'boxes',
    'boxNorm',
    'grid',
    'index',
  ],
  construct: [
    'interpolate',
    'interpolate-tube',
    'interpolate-lattice',
    'interpolate-rounded',
    'interpolate-search',
    'bitSteps',
    'bits',
    'alphabet',
    'blueprint',
    'draft',
    'squares',
    'report',
    'square',
    'multiply',
    'ladder',
    'gadget',
    'weight',
    'sigmaDelta',
    'cells',
    'bitMatrix',
    'frame',
    'staircase',
    'words',
    'deep',
    'deepPlan',
    'knots',
    'shallow',
    'lipschitzBudget',
    'lipschitz',
    'taylorShape',
    'smoothness',
    'membership',
    'taylorCoefficients',
    'taylorFormula',
    'taylorFront',
    'weigh',
    'packing',
    'taylorGates',
    'taylorShared',
    'taylorDigits',
    'taylorLiteral',
    'taylorTables',
    'taylor',
    'taylorCertificate',
    'lipschitzTransform',
    'scaledTarget',
    'cachedFunctions',
    'cachedNetwork',
    'cachedTables',
    'cached',
    'middle',
    'intrinsicShape',
    'intrinsicNetwork',
    'intrinsicValues',
    'intrinsic',
    'intrinsicThree',
    'blockTable',
    'index',
  ],
  net: [
    'layer',
    'builder',
    'network',
    'rational',
    'evaluateAll',
    'calculus',
    'constants',
    'domain',
    'bounds',
    'pair',
    'index',
  ],
  engine: [
    'as-bind.d',
    'runtime',
    'tools',
    'rows',
    'denseRows',
    'choose',
    'planSize',
    'plan',
    'planRead',
    'explain',
    'compile',
    'exactBatch',
    'planRun',
    'engine',
    'runner',
    'slots',
    'serve',
    'workerNode',
    'workerWeb',
    'crewWeb',
    'crewNode',
    'pool',
    'bits',
    'pair',
    'exhaustive',
    'index',
  ],
  rates: [
    'capacity',
    'entropy',
    'regimes',
    'operatorNorm',
    'parameterClass',
    'lipschitzBound',
    'lipschitzWitness',
    'growth',
    'family',
    'dictionaries',
    'networkFamily',
    'familyCode',
    'encodability',
    'encodingSpeed',
    'slope',
    'index',
  ],
  quantize: ['depthPrecision', 'rounding', 'uniform', 'floatFormat', 'kmeans', 'codebook', 'index'],
  io: [
    'nnet',
    'vnnlib',
    'format-checksum',
    'format-meta',
    'format-range',
    'format-range-write',
    'format-whole',
    'format-palette',
    'format-sequence',
    'format-text',
    'format-rows',
    'format-marks',
    'format-container',
    'format-network',
    'format-network-write',
    'format-read',
    'format-decode',
    'format-residual',
    'format-search',
    'format-support',
    'format-plan',
    'format-write',
    'json',
    'table-text',
    'table-delimited',
    'table-grid',
    'table',
    'scalar',
    'onnx-schema',
    'budget',
    'onnx-types',
    'units',
    'domain',
    'staircase',
    'tensor',
    'onnx-tensor',
    'beside',
    'onnx-call',
    'onnx-layout',
    'onnx-linear',
    'onnx-batchnorm',
    'onnx-activation',
    'onnx-quantise',
    'onnx-operators',
    'onnx-graph',
    'onnx-read',
    'accumulators',
    'onnx-encode',
    'onnx-write',
    'cheader-layers',
    'cheader',
    'converter',
    'index',
  ],
  workbench: [
    'observe',
    'compare',
    'findBits',
    'quantised',
    'rateRun',
    'intervals',
    'fitIntervals',
    'intrinsic',
    'intrinsicFile',
    'fit-domain',
    'fit-job',
    'fit-quantised',
    'fit-intrinsic',
    'intrinsicStudy',
    'fit-cube',
    'fit-methods',
    'fit',
    'regimes',
    'advice',
    'index',
  ],
  sweep: [
    'read',
    'job',
    'spec',
    'record',
    'log',
    'run',
    'wire',
    'serve',
    'child',
    'pool',
    'engine',
    'local',
    'wait',
    'redis',
    'queue',
    'bullmq',
    'worker',
    'sweep',
    'pareto',
    'index',
  ],
  plot: [
    'markup',
    'palette',
    'scale',
    'chart',
    'csv',
    'svg',
    'approximation',
    'deviation',
    'intrinsic',
    'regimes',
    'index',
  ],
  cli: [
    'command',
    'arguments',
    'files',
    'output',
    'progress',
    'import',
    'network',
    'inputs',
    'target',
    'box',
    'eval',
    'inspect',
    'blocks',
    'specification',
    'proof',
    'certify',
    'quantised',
    'intrinsic',
    'fit',
    'check',
    'picture',
    'compare',
    'quantiser',
    'quantize',
    'retarget',
    'convert',
    'plot',
    'intrinsicRates',
    'rates',
    'regimes',
    'budget',
    'deepen',
    'view',
    'sweepReport',
    'completion',
    'sweep',
    'worker',
    'commands',
    'main',
  ],
  web: [
    'env.d',
    'vite.config',
    'protocol',
    'elements',
    'figure',
    'structure',
    'source-kind',
    'form',
    'source',
    'study',
    'curves',
    'downloads',
    'draft',
    'solve',
    'worker',
    'client',
    'main',
  ],
};

/** Rooms apart: they import nothing of the project. */
const APART = ['check'];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (f) => /\.tsx?$/.test(f) && !f.endsWith('-wasm.ts'),
);
const roomOf = (file: string): string => file.split('/')[0]!.replace(/\.tsx?$/, '');
const nameOf = (file: string): string => file.replace(/^[^/]*\//, '').replace(/\.tsx?$/, '');
const floorOf = (room: string): number => FLOORS.findIndex((floor) => floor.includes(room));

test('every import goes down, and no file imports a file below it in its room', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const room = roomOf(file);
    if (!APART.includes(room) && floorOf(room) < 0) wrong.push(`${file}: its room is on no floor`);
    const order = ROOMS[room];
    if (order && file.includes('/') && !order.includes(nameOf(file))) wrong.push(`${file}: not in the room's listing`);
    for (const { fileName } of ts.preProcessFile(readFileSync(join(src, file), 'utf8')).importedFiles) {
      if (!fileName.startsWith('.')) continue;
      const to = relative(src, join(src, dirname(file), fileName));
      const other = roomOf(to);
      if (to.endsWith('-wasm.ts')) {
        if (room !== 'engine') wrong.push(`${file} -> ${to}: only the engine sees the core`);
      } else if (other === room) {
        if (APART.includes(room)) continue;
        const list = order ?? [];
        if (list.indexOf(nameOf(to)) >= list.indexOf(nameOf(file))) wrong.push(`${file} -> ${to}: not listed above it`);
      } else if (APART.includes(room) || floorOf(other) >= floorOf(room)) {
        wrong.push(`${file} -> ${to}: not a lower floor`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('every listed file exists', () => {
  const missing = Object.entries(ROOMS).flatMap(([room, list]) =>
    list
      .filter((name) => !files.some((f) => roomOf(f) === room && nameOf(f) === name))
      .map((name) => `${room}/${name}`),
  );
  expect(missing).toEqual([]);
});

test('dyadnet/run reaches the reader of network files and the engine, no writer and no other format', () => {
  const seen = new Set<string>(['run.ts']);
  const packages = new Set<string>();
  for (const file of seen) {
    for (const { fileName } of ts.preProcessFile(readFileSync(join(src, file), 'utf8')).importedFiles) {
      if (!fileName.startsWith('.')) packages.add(fileName);
      else if (!fileName.endsWith('-wasm.ts')) seen.add(relative(src, join(src, dirname(file), fileName)));
    }
  }
  const room = (name: string): string[] => [...seen].filter((f) => f.startsWith(`${name}/`)).sort();
  expect(room('io')).toEqual([
    'io/format-checksum.ts',
    'io/format-container.ts',
    'io/format-meta.ts', // its types
    'io/format-network.ts',
    'io/format-palette.ts',
    'io/format-range.ts',
    'io/format-read.ts',
    'io/format-rows.ts',
    'io/format-sequence.ts',
    'io/format-whole.ts',
  ]);
  expect([...packages].filter((p) => !p.startsWith('as-bind'))).toEqual([]);
});

test('the checker can be read in an hour: at most 900 lines of code', () => {
  const lines = files
    .filter((f) => roomOf(f) === 'check')
    .flatMap((f) => readFileSync(join(src, f), 'utf8').split('\n'))
    .filter((line) => !/^\s*(\/\/|\/\*|\*|$)/.test(line));
  expect(lines.length).toBeGreaterThan(100);
  expect(lines.length).toBeLessThanOrEqual(900);
});
