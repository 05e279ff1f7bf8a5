/**
 * The Pareto front of a sweep: of the networks for one target, those that no other one beats in bytes, in proved error and in
 * multiplications together. Errors are compared exactly, never as the floats that stand beside them.
 */
import { Dyadic } from '../exact/index.ts';
import { targetName } from './job.ts';
import type { JobRecord } from './record.ts';

export type Measured = Extract<JobRecord, { readonly result: unknown }>;

export interface TargetFront {
  readonly target: string;
  /** Every network that was measured for it, by bytes. */
  readonly records: readonly Measured[];
  /** Of equal ones the first in the order of ids; by bytes, then error. */
  readonly front: readonly Measured[];
}

export function isMeasured(record: JobRecord): record is Measured {
  return record.status !== 'failed';
}

/** One front for each target, in the order in which targets first occur. */
export function paretoFronts(records: readonly JobRecord[]): readonly TargetFront[] {
  const byTarget = new Map<string, Measured[]>();
  for (const record of records) {
    if (!isMeasured(record)) continue;
    const name = targetName(record.job.target);
    const list = byTarget.get(name);
    if (list) list.push(record);
    else byTarget.set(name, [record]);
  }
  return [...byTarget].map(([target, list]) => ({ target, ...frontOf(list) }));
}

interface Entry {
  readonly record: Measured;
  readonly bytes: number;
  readonly error: Dyadic;
  readonly cost: number;
}

/** By bytes, then error, then cost, then id: whatever beats an entry comes before it. */
function frontOf(records: readonly Measured[]): { records: readonly Measured[]; front: readonly Measured[] } {
  const entries = records
    .map((record): Entry => {
      const { bytes, connectivity, upper } = record.result;
      return { record, bytes, error: Dyadic.parse(upper.exact), cost: connectivity };
    })
    .sort(
      (a, b) =>
        a.bytes - b.bytes || a.error.compare(b.error) || a.cost - b.cost || (a.record.id < b.record.id ? -1 : 1),
    );
  // The entries that count for what follows: errors fall and costs rise along the stairs.
  const stairs: Entry[] = [];
  const front: Measured[] = [];
  for (const e of entries) {
    // The first stair with an error of at most e's is the cheapest of those.
    const at = firstAtMost(stairs, e.error);
    const beats = stairs[at];
    if (beats && beats.cost <= e.cost) continue;
    front.push(e.record);
    let from = at;
    while (from > 0 && (stairs[from - 1] as Entry).cost >= e.cost) from--;
    stairs.splice(from, (beats?.error.eq(e.error) ? at + 1 : at) - from, e);
  }
  return { records: entries.map(({ record }) => record), front };
}

/** Index of the first stair whose error is at most this; errors fall along the stairs. */
function firstAtMost(stairs: readonly Entry[], error: Dyadic): number {
  let low = 0;
  let high = stairs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stairs[middle] as Entry).error.le(error)) high = middle;
    else low = middle + 1;
  }
  return low;
}
