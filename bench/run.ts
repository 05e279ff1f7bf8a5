/**
 * npm run bench -- [--only SUITE] [--case NAME] [--json FILE] [--quick | --smoke]
 *
 * Every row is a pair timed in one run: peerOverOurs above 1 means that ours is faster.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { FULL, QUICK, type Row, SMOKE } from './measure.ts';
import { bits } from './suites/bits.ts';
import { constructions } from './suites/constructions.ts';
import { dense } from './suites/dense.ts';
import { sparse } from './suites/sparse.ts';
import { start } from './suites/start.ts';
import { threads } from './suites/threads.ts';
import { wide } from './suites/wide.ts';

const SUITES = { dense, sparse, wide, bits, constructions, threads, start } as const;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    case: { type: 'string' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
});
if (values.only !== undefined && !(values.only in SUITES)) {
  console.error(`bench: expected --only ${Object.keys(SUITES).join(' | ')}, got ${values.only}`);
  process.exit(2);
}

const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} CPUs, Node ${process.version}`;
const chosen = values.smoke ? SMOKE : values.quick ? QUICK : FULL;
const setting = `medians of ${chosen.rounds} rounds, load ${loadavg()[0]?.toFixed(1)} when it began`;
const rows: Row[] = [];
const report = (more: readonly Row[]): void => {
  for (const row of more) {
    rows.push(row);
    const ratio = `${row.peerOverOurs.toFixed(2)}x`.padStart(10);
    console.log(
      `${row.suite} ${row.case}, batch ${row.batch}`.padEnd(34),
      row.peer.padEnd(24),
      ratio,
      `ours ${'oursBytes' in row ? `${row.oursBytes} B` : time(row.oursNs)}`.padStart(16),
      `peer ${'peerBytes' in row ? `${row.peerBytes} B` : time(row.peerNs)}`.padStart(18),
      'oursBytes' in row ? '' : row.checkedEqual ? 'equal' : 'differs',
    );
  }
};

console.log(machine);
for (const [name, suite] of Object.entries(SUITES)) {
  if (values.only === undefined || values.only === name) await suite(chosen, report, values.case);
}
if (values.json !== undefined) {
  writeFileSync(
    values.json,
    `${JSON.stringify({ machine, date: new Date().toISOString(), setting, rows }, null, 1)}\n`,
  );
}
// Some peers keep handles open.
process.exit(0);

function time(ns: number): string {
  return ns < 1e4 ? `${Math.round(ns)} ns` : ns < 1e7 ? `${(ns / 1e3).toFixed(1)} us` : `${(ns / 1e6).toFixed(1)} ms`;
}
