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

/** The rows as tables, one a suite. */
export function tables({ machine, date, setting, rows }) {
  const parts = [`Measured on ${machine}, ${date.slice(0, 10)}, ${setting}.`];
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
