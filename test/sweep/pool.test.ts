/** Processes that run jobs: limits of time and memory, deaths, and what a job's failure becomes. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { type Job, type JobLimits, Pool, readJob, readSpec, runJob, withoutTimes } from '../../src/sweep/index.ts';

const versions = { dyadnet: '0.0.0', node: process.version, record: 1 };
const limits: JobLimits = { seconds: 60, memoryMiB: 1024, attempts: 3 };
const noTable = (): Uint8Array => {
  throw new Error('no table is to be opened');
};
const job = (fields: object): Job => readJob({ target: { expression: 'x^2' }, epsilon: '1e-2', ...fields }, 'job');
/** Millions of lines: minutes, and gigabytes. */
const endless = job({ target: { expression: 'sin(1000*x)' }, epsilon: '1e-12' });

const pool = new Pool({ size: 2, versions });
afterAll(() => pool.close());

function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return (
          stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(process.pid) &&
          !/\) Z/.test(stat) &&
          readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('sweep/child.js')
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

test('a process gives what the same code gives here', async () => {
  const one = job({ quantiser: { kind: 'uniform', bits: 4 }, seed: 5 });
  const { status, result } = runJob(one, noTable);
  const record = await pool.run(one, limits, noTable);
  expect(record).toMatchObject({ status, result, job: one, versions });
  expect(withoutTimes(await pool.run(one, limits, noTable))).toBe(withoutTimes(record));
  expect(result.built?.upper.value).toBeLessThanOrEqual(0.01);
});

test('a table is sent to a process, and its bytes are checked', async () => {
  const bytes = new TextEncoder().encode('t, u\n0, 0\n1, 0.5\n2, 2\n');
  const { jobs, tables } = readSpec({ targets: [{ table: 'sensor.csv' }], epsilons: ['1e-3'] }, () => bytes);
  const [one] = [...jobs.values()] as [Job];
  const record = await pool.run(one, limits, (hash) => tables.get(hash)!);
  expect(record.status).toBe('proved');
  const other = new Pool({ size: 1, versions });
  const wrong = await other.run(one, limits, () => new TextEncoder().encode('0, 0\n1, 7\n'));
  other.close();
  expect(wrong).toMatchObject({ status: 'failed', error: { kind: 'input' } });
});

test('what cannot be had is recorded with its sentence, at once', async () => {
  const record = await pool.run(job({ method: 'nonesuch' }), limits, noTable);
  expect(record).toMatchObject({ status: 'failed', error: { kind: 'input' } });
  expect('error' in record && record.error.message).toMatch(/^fit method: expected auto, interpolate/);
});

test('a job over its time is ended with its process, and recorded', async () => {
  const record = await pool.run(endless, { ...limits, seconds: 1, memoryMiB: 4096 }, noTable);
  expect(record).toMatchObject({ status: 'failed', error: { kind: 'time', message: 'more than 1 s' } });
  expect((await pool.run(job({}), limits, noTable)).status).toBe('proved');
});

test('a job over its memory is ended with its process, and recorded', async () => {
  const record = await pool.run(endless, { ...limits, memoryMiB: 128 }, noTable);
  expect(record).toMatchObject({ status: 'failed', error: { kind: 'memory', message: 'more than 128 MiB' } });
});

test('a process that is killed is replaced and its job begun again; one that always dies is recorded', async () => {
  const alone = new Pool({ size: 1, versions });
  await alone.run(job({}), limits, noTable);
  const running = alone.run(endless, { ...limits, memoryMiB: 4096 }, noTable);
  let kills = 0;
  const killer = setInterval(() => {
    for (const pid of processes()) {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (!command.includes('4096')) continue;
      process.kill(pid, 'SIGKILL');
      kills++;
    }
  }, 700);
  const record = await running;
  clearInterval(killer);
  expect(kills).toBeGreaterThanOrEqual(3);
  expect(record).toMatchObject({
    status: 'failed',
    error: { kind: 'crash', message: 'its process ended with SIGKILL (3 attempts)' },
  });
  expect((await alone.run(job({}), limits, noTable)).status).toBe('proved');
  alone.close();
});

test('when the pool is gone, its processes are', async () => {
  const script = `
    const { Pool, readJob } = await import(${JSON.stringify(new URL('../../dist/sweep/index.js', import.meta.url).href)});
    const pool = new Pool({ size: 1, versions: ${JSON.stringify(versions)} });
    const easy = readJob({ target: { expression: 'x' }, epsilon: '1e-2' }, 'job');
    await pool.run(easy, ${JSON.stringify(limits)}, () => {});
    pool.run(${JSON.stringify(endless)}, ${JSON.stringify(limits)}, () => {});
    setTimeout(() => {
      process.stdout.write(require('node:child_process').execFileSync('ps', ['-o', 'pid=', '--ppid', String(process.pid)]));
      process.kill(process.pid, 'SIGKILL');
    }, 300);`;
  let out = '';
  try {
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { createRequire } from 'node:module'; const require = createRequire('/');${script}`,
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
  } catch (error) {
    out = (error as { stdout: string }).stdout;
  }
  const [pid] = out.trim().split(/\s+/).map(Number);
  expect(pid).toBeGreaterThan(0);
  await expect
    .poll(
      () => {
        try {
          process.kill(pid!, 0);
          return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z');
        } catch {
          return true;
        }
      },
      { timeout: 5000 },
    )
    .toBe(true);
});
