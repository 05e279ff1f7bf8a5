/**
 * node bench/report.mjs writes the table of docs/benchmarks.md from bench/results.json, the last full run
 * (`npm run bench -- --json bench/results.json`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const BEGIN = '<!-- results -->';
const END = '<!-- end of results -->';

const at = (path) => new URL(path, import.meta.url);

const time = (ns) => (ns < 1e4 ? `${ns} ns` : ns < 1e7 ? `${(ns / 1e3).toFixed(1)} us` : `${(ns / 1e6).toFixed(1)} ms`);

const SHAPES = { '1-64-64-64-1': 15, '5-50x6-5': 6, '784-256-256-10': 2.5, '1024x5': 1.3 };
const SPARSE = { 64: [20, 80], 256: [10, 40], 1024: [8, 20], 4096: [4, 12] };
const WIDE = { 60: 40, 256: 12, 1024: 6, 4096: 4 };

/**
 * What this project set out to reach: `least` or `most` of the rows that fit, `of` (the ratio where nothing else is said) of the
 * worst of them.
 */
const GOALS = [
  ...Object.entries(SHAPES).map(([name, least]) =>
    goal(`${name}, batch 1: onnxruntime-node f32`, 'dense', least, {
      case: name,
      batch: 1,
      peer: 'onnxruntime-node f32',
    }),
  ),
  goal('dense, worst of all shapes and batches: onnxruntime-web f32', 'dense', 1.3, { peer: 'onnxruntime-web f32' }),
  goal('dense, worst of all shapes and batches: tfjs-wasm', 'dense', 1.1, { peer: 'tfjs-wasm f32' }),
  goal('dense, worst of all shapes and batches: BigInt', 'dense', 200, { peer: 'BigInt' }),
  ...Object.entries(SPARSE).flatMap(([bits, [mpz, bigint]]) => {
    const place = { case: `${bits} bits`, batch: 1024 };
    return [
      goal(`sparse, ${bits} bits, batch 1024: native GMP mpz`, 'sparse', mpz, { ...place, peer: 'native GMP mpz' }),
      goal(`sparse, ${bits} bits, batch 1024: BigInt`, 'sparse', bigint, { ...place, peer: 'BigInt' }),
      goal(`sparse, ${bits} bits, batch 1024: C, same layout`, 'sparse', 0.8, {
        ...place,
        peer: 'C, same layout, 128 bits',
      }),
    ];
  }),
  ...Object.entries(WIDE).map(([bits, least]) =>
    goal(`64 x 64, ${bits} bits: native GMP mpz`, 'wide', least, { case: `${bits} bits`, peer: 'native GMP mpz' }),
  ),
  goal('1024 bits out of a word, 8 words: BigInt', 'bits', 15, {
    case: 'kernel, 1024 bits',
    batch: 8,
    peer: 'BigInt, thresholds',
  }),
  goal('1024 bits out of a word, one word: BigInt', 'bits', 2.5, {
    case: 'kernel, 1024 bits',
    batch: 1,
    peer: 'BigInt, thresholds',
  }),
  goal('two threads: the gain of two native processes', 'threads', 0.9, { peer: /^gain of two native processes/ }),
  {
    ...goal('start: the runtime with its wasm, gzipped, bytes', 'start', 0, { case: /gzipped/ }),
    of: 'oursBytes',
    most: 30000,
  },
  {
    ...goal('start: import and first evaluation over bare Node, ms', 'start', 0, { case: /square/ }),
    of: 'oursNs',
    most: 10,
    unit: 1e6,
  },
];

function goal(what, suite, least, where) {
  return { what, suite, least, where, of: 'peerOverOurs', unit: 1 };
}

/** The goals and what the run reached; a goal without rows was not measured. */
export function reached(rows) {
  const fits = (row, where) =>
    Object.entries(where).every(([field, v]) => (v instanceof RegExp ? v.test(row[field]) : row[field] === v));
  return GOALS.map(({ what, suite, least, most, where, of, unit }) => {
    const values = rows.filter((r) => r.suite === suite && fits(r, where)).map((r) => r[of] / unit);
    if (values.length === 0) return { what, wanted: most ?? least, value: undefined, met: undefined };
    const value = most === undefined ? Math.min(...values) : Math.max(...values);
    return { what, wanted: most ?? least, value, met: most === undefined ? value >= least : value <= most };
  });
}

function goalTable(rows) {
  const lines = reached(rows).map(({ what, wanted, value, met }) => {
    const shown = value === undefined ? 'not measured' : `${Number(value.toPrecision(4))}`;
    return `| ${what} | ${wanted} | ${shown} | ${met === undefined ? '' : met ? 'yes' : 'no'} |`;
  });
  return `### goals\n\n| peer time / our time | goal | measured | reached |\n|---|---|---|---|\n${lines.join('\n')}`;
}

/** The rows as tables, one a suite, behind the goals. */
export function tables({ machine, date, setting, rows }) {
  const parts = [`Measured on ${machine}, ${date.slice(0, 10)}, ${setting}.`, goalTable(rows)];
  for (const suite of new Set(rows.map((r) => r.suite))) {
    const lines = rows
      .filter((r) => r.suite === suite)
      .map((r) => {
        const [ours, peer] =
          'oursBytes' in r ? [`${r.oursBytes} B`, `${r.peerBytes} B`] : [time(r.oursNs), time(r.peerNs)];
        const equal = 'oursBytes' in r ? '' : r.checkedEqual ? 'equal' : 'rounds';
        return `| ${r.case} | ${r.batch} | ${r.peer} | ${r.peerOverOurs} | ${ours} | ${peer} | ${equal} |`;
      });
    const head = '| case | batch | peer | peer / ours | ours | peer | results |\n|---|---|---|---|---|---|---|';
    parts.push(`### ${suite}\n\n${head}\n${lines.join('\n')}`);
  }
  return parts.join('\n\n');
}

/** The document with its table renewed. */
export function renewed(document, results) {
  const [before, rest] = document.split(BEGIN);
  const after = rest.split(END)[1];
  return `${before}${BEGIN}\n\n${tables(results)}\n\n${END}${after}`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const path = at('../docs/benchmarks.md');
  writeFileSync(path, renewed(readFileSync(path, 'utf8'), JSON.parse(readFileSync(at('results.json'), 'utf8'))));
}
