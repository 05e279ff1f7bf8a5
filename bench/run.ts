/**
 * npm run bench -- [--only SUITE [--case NAME]] [--json FILE] [--quick | --smoke]
 *
 * Every row is a pair timed in one run: peerOverOurs above 1 means that ours is faster. The file is renewed after every suite,
 * so that a run that is stopped keeps what it had. A suite whose peers are not to be had is left out in a sentence, and the
 * run ends with 1.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { type Suite, UsageError, type Wanted, wanted } from './arguments.ts';
import { FULL, QUICK, type Row, type Setting, SMOKE } from './measure.ts';
import { bits } from './suites/bits.ts';
import { constructions } from './suites/constructions.ts';
import { dense } from './suites/dense.ts';
import { imported } from './suites/imported.ts';
import { sparse } from './suites/sparse.ts';
import { start } from './suites/start.ts';
import { threads } from './suites/threads.ts';
import { wide } from './suites/wide.ts';

type Run = (setting: Setting, report: (rows: readonly Row[]) => void, only?: string) => Promise<void>;
const RUNS: Readonly<Record<Suite, Run>> = { dense, sparse, wide, bits, constructions, imported, threads, start };
const SETTINGS: Readonly<Record<Wanted['rounds'], Setting>> = { full: FULL, quick: QUICK, smoke: SMOKE };

const chosen = options();
const setting = SETTINGS[chosen.rounds];
const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} CPUs, Node ${process.version}`;
const load = (): string => (loadavg()[0] as number).toFixed(1);
const head = {
  machine,
  date: new Date().toISOString(),
  setting: `medians of ${setting.rounds} rounds, load ${load()} when it began`,
};
const rows: Row[] = [];
const left: string[] = [];

console.log(machine);
for (const suite of chosen.suites) {
  const from = performance.now();
  const before = rows.length;
  try {
    await RUNS[suite](setting, report, chosen.case);
  } catch (error) {
    left.push(suite);
    console.error(`${suite}: left out: ${(error as Error).message}`);
  }
  if (rows.length === before && !left.includes(suite)) {
    left.push(suite);
    console.error(`bench: expected --case of ${suite}, got ${JSON.stringify(chosen.case)}`);
  }
  save();
  console.log(`(${suite}: ${((performance.now() - from) / 1000).toFixed(0)} s, load ${load()})`);
}
// Some peers keep handles open.
process.exit(left.length > 0 ? 1 : 0);

function options(): Wanted {
  try {
    return wanted(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

function report(more: readonly Row[]): void {
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
}

function save(): void {
  if (chosen.json === undefined) return;
  const beside = `${chosen.json}.part`;
  writeFileSync(beside, `${JSON.stringify({ ...head, rows }, null, 1)}\n`);
  renameSync(beside, chosen.json);
}

function time(ns: number): string {
  return ns < 1e4 ? `${Math.round(ns)} ns` : ns < 1e7 ? `${(ns / 1e3).toFixed(1)} us` : `${(ns / 1e6).toFixed(1)} ms`;
}
