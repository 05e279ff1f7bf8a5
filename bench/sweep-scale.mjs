/**
 * How a sweep scales: node bench/sweep-scale.mjs [jobs]
 *
 * A simulation, event by event, of workers that take jobs from one server and send records to one parent. Job times are
 * drawn (seeded) from measured ones (sweep-times.json); the server spends SERVER_MS a job, one after the other, the parent
 * WRITE_MS, with a sync of SYNC_MS for what has gathered since the last. Prints where each binds.
 */
import { readFileSync } from 'node:fs';

const { seconds: measured } = JSON.parse(readFileSync(new URL('./sweep-times.json', import.meta.url), 'utf8'));
/** Measured by sweep-server.mjs on the machine of docs/sweeps.md. */
const SERVER_MS = 0.18;
/** 0.26 ms to validate a record, and about as much for the queue. */
const WRITE_MS = 0.5;
const SYNC_MS = 6.1;
const jobs = Number(process.argv[2] ?? 100_000);

/** mulberry32 */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A heap of times: push, and pop the least. */
class Heap {
  a = [];
  push(v) {
    const { a } = this;
    let i = a.push(v) - 1;
    for (; i > 0 && a[(i - 1) >> 1] > v; i = (i - 1) >> 1) a[i] = a[(i - 1) >> 1];
    a[i] = v;
  }
  pop() {
    const { a } = this;
    const top = a[0];
    const last = a.pop();
    if (a.length === 0) return top;
    let i = 0;
    for (let c = 1; c < a.length; c = 2 * i + 1) {
      if (c + 1 < a.length && a[c + 1] < a[c]) c++;
      if (a[c] >= last) break;
      a[i] = a[c];
      i = c;
    }
    a[i] = last;
    return top;
  }
}

function simulate(workers, scale) {
  const random = seeded(1);
  const times = Array.from({ length: jobs }, () => scale * measured[Math.floor(random() * measured.length)]);
  const free = new Heap();
  for (let w = 0; w < workers; w++) free.push(0);
  let [server, work, lastStart, end] = [0, 0, 0, 0];
  const ends = new Float64Array(jobs);
  for (let i = 0; i < jobs; i++) {
    server = Math.max(server, free.pop()) + SERVER_MS / 1000;
    lastStart = server;
    ends[i] = server + times[i];
    work += times[i];
    free.push(ends[i]);
  }
  ends.sort();
  // The parent: records that arrive while it syncs are written and synced together.
  let parent = 0;
  let busy = 0;
  for (let i = 0; i < jobs; ) {
    parent = Math.max(parent, ends[i]);
    let n = 0;
    while (i + n < jobs && n < 64 && ends[i + n] <= parent) n++;
    const spent = (SYNC_MS + n * WRITE_MS) / 1000;
    parent += spent;
    busy += spent;
    i += n;
  }
  end = parent;
  const percent = (x) => `${(100 * x).toFixed(1)}%`.padStart(7);
  console.log(
    `${workers}`.padStart(6),
    `${end.toFixed(0)} s`.padStart(10),
    percent(work / (workers * end)),
    percent((jobs * SERVER_MS) / 1000 / end),
    percent(busy / end),
    percent((ends[jobs - 1] - lastStart) / end),
  );
}

for (const scale of [1, 0.05]) {
  const mean = (scale * measured.reduce((a, b) => a + b, 0)) / measured.length;
  console.log(`${jobs} jobs of ${mean.toFixed(2)} s on average, ${(scale * measured.at(-1)).toFixed(1)} s at most`);
  console.log('workers       time  working  server  parent    tail');
  for (const workers of [10, 100, 1000]) simulate(workers, scale);
}
