/**
 * What one job costs the server and the parent: node bench/sweep-server.mjs redis://127.0.0.1:6379
 * Jobs that do nothing go over BullMQ the way a sweep's do (a job, its record on another queue, a sync to disk a batch).
 */
import { fdatasyncSync, mkdtempSync, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

const JOBS = 2000;
const open = () => new Redis(process.argv[2] ?? 'redis://127.0.0.1:6379', { maxRetriesPerRequest: null });
const client = open();
const cpu = async () => {
  const text = await client.info('cpu');
  return ['used_cpu_sys', 'used_cpu_user'].reduce((s, k) => s + Number(new RegExp(`${k}:([\\d.]+)`).exec(text)[1]), 0);
};
const record = { id: 'x'.repeat(32), text: 'r'.repeat(1200) };
const jobs = new Queue('bench-jobs', { connection: client });
const results = new Queue('bench-results', { connection: client });
await jobs.obliterate({ force: true });
await results.obliterate({ force: true });
const [cpu0, t0] = [await cpu(), performance.now()];
let done = 0;
const options = { removeOnComplete: true };
await new Promise((resolve) => {
  new Worker('bench-results', async () => void (++done === JOBS && resolve()), { connection: open(), concurrency: 64 });
  new Worker(
    'bench-jobs',
    async (job) => void (await results.add('record', record, { jobId: `r${job.data.i}`, ...options })),
    {
      connection: open(),
      concurrency: 16,
    },
  );
  const all = Array.from({ length: JOBS }, (_, i) => ({
    name: 'job',
    data: { i, ...record },
    opts: { jobId: `j${i}`, ...options },
  }));
  for (let i = 0; i < JOBS; i += 500) jobs.addBulk(all.slice(i, i + 500));
});
const seconds = (performance.now() - t0) / 1000;
const server = (await cpu()) - cpu0;
const fd = openSync(join(mkdtempSync(join(tmpdir(), 'sync-')), 'f'), 'w');
const t1 = performance.now();
for (let i = 0; i < 100; i++) {
  writeSync(fd, JSON.stringify(record));
  fdatasyncSync(fd);
}
const sync = (performance.now() - t1) / 100;
console.log(
  JSON.stringify({
    jobs: JOBS,
    jobsPerSecond: Math.round(JOBS / seconds),
    serverCpuMsPerJob: +((1000 * server) / JOBS).toFixed(3),
    syncMs: +sync.toFixed(2),
  }),
);
process.exit(0);
