/** The server between sweeps and workers: away, behind a password or TLS, and full of what strangers have put there. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { jobId, readJob, readSpec } from '../../src/sweep/index.ts';
import { defaultQueue, payloadOf, resultsQueue, tableKey } from '../../src/sweep/queue.ts';
import { recordSet } from '../support/killing.ts';
import { haveOpenssl, haveRedis, RedisServer } from '../support/redis.ts';
import { madeUp } from '../support/sweeps.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string;
};
const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');
const SECRET = 'open-sesame';
const REPLY = '0123456789abcdef';
const WAIT = { timeout: 30_000 };
const scratch = mkdtempSync(join(tmpdir(), 'dyadnet-server-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const at = (name: string): string => join(scratch, name);

const table = 't, u\n0, 0\n1, 0.5\n2, 2\n';
const spec = { targets: ['x^2', { table: 'sensor.csv' }], epsilons: ['1e-1', '1e-2'], methods: ['interpolate'] };
writeFileSync(at('sensor.csv'), table);
writeFileSync(at('spec.json'), JSON.stringify(spec));
const asked = readSpec(spec, () => new TextEncoder().encode(table));

interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
  /** The exit code; null after a signal. */
  readonly code: Promise<number | null>;
}

function start(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (c: Buffer) => (said += c.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, said: () => said, code: new Promise((resolve) => child.once('exit', resolve)) };
}

async function server(...args: string[]): Promise<RedisServer> {
  const started = await RedisServer.start(scratch, '--save', '', ...args);
  onTestFinished(() => started.end());
  return started;
}

function sweepTo(folder: string, env: Record<string, string>): Running {
  return start(['sweep', at('spec.json'), '-o', at(folder), '--engine', 'bullmq'], env);
}

function idsOf(folder: string): string[] {
  return recordSet(at(folder)).map((r) => (JSON.parse(r) as { id: string }).id);
}

/** Its command line and that of its children, as everybody on the machine can read them. */
function shownBy({ child }: Running): string {
  const children = execFileSync('ps', ['-e', '-o', 'ppid=,args='], { encoding: 'utf8' }).split('\n');
  const own = children.filter((line) => Number(line.trim().split(' ')[0]) === child.pid);
  return [readFileSync(`/proc/${child.pid}/cmdline`, 'utf8'), ...own].join('\n');
}

describe.runIf(haveRedis())('with a server', () => {
  test('a server that is away is waited for on both sides; its password is honoured and never printed', async () => {
    const redis = await server('--requirepass', SECRET);
    await redis.end();
    const url = redis.url.replace('redis://', `redis://:${SECRET}@`);
    const sweep = start(['sweep', at('spec.json'), '-o', at('results'), '--engine', 'bullmq', '--redis', url]);
    const worker = start(['worker', '--workers', '1', '--redis', url]);
    for (const { said } of [sweep, worker]) {
      await expect.poll(said, WAIT).toContain(`${redis.url} does not answer (ECONNREFUSED): waiting for it\n`);
    }
    await redis.begin();
    for (const { said } of [sweep, worker]) await expect.poll(said, WAIT).toContain(`${redis.url} answers again\n`);
    const shown = shownBy(worker) + shownBy(sweep);
    expect(shown).toMatch(/^dyadnet/);
    expect(await sweep.code).toBe(0);
    expect(idsOf('results').sort()).toEqual([...asked.jobs.keys()].sort());

    const client = redis.connect();
    const kept = await client.getBuffer(tableKey([...asked.tables.keys()][0] as string));
    expect(kept?.toString()).toBe(table);
    // Of this sweep nothing is left on the server but the table, which other sweeps may share.
    expect(await client.keys('*results*')).toEqual([]);
    client.disconnect();

    // The server goes for good: one signal is enough to end who waits for it.
    await redis.end();
    await expect.poll(worker.said, WAIT).toContain('has closed the connection: waiting for it');
    worker.child.kill('SIGTERM');
    expect(await worker.code).toBe(0);
    expect(worker.said()).toContain(`dyadnet: ${asked.jobs.size} jobs done`);
    const records = readFileSync(join(at('results'), 'records.jsonl'), 'utf8');
    expect(sweep.said() + worker.said() + shown + records).not.toContain(SECRET);
  });

  test('a wrong password ends both with one sentence', async () => {
    const redis = await server('--requirepass', SECRET);
    const env = { DYADNET_REDIS: redis.url.replace('redis://', 'redis://me:guess-1234@') };
    for (const refused of [sweepTo('refused', env), start(['worker'], env)]) {
      expect(await refused.code).toBe(2);
      expect(refused.said()).toContain(
        `dyadnet: ${redis.url}: the server does not accept the user and password of the URL`,
      );
      expect(refused.said()).not.toMatch(/guess-1234|^ +at /m);
    }
  });

  test.runIf(haveOpenssl())('TLS: with the authority the jobs are done, without it nothing is sent', async () => {
    const [key, cert] = [at('key.pem'), at('cert.pem')];
    const subject = ['-subj', '/CN=dyadnet', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const request = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', ...request, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const tls = [
      '--tls-cert-file',
      cert,
      '--tls-key-file',
      key,
      '--tls-ca-cert-file',
      cert,
      '--tls-auth-clients',
      'no',
    ];
    const redis = await server(...tls, '--requirepass', SECRET);
    const env = { DYADNET_REDIS: redis.url.replace('rediss://', `rediss://:${SECRET}@`), NODE_EXTRA_CA_CERTS: cert };
    const worker = start(['worker', '--workers', '1', '--idle', '1', '--json', '--quiet'], env);
    const sweep = sweepTo('tls', env);
    expect(await sweep.code).toBe(0);
    expect(await worker.code).toBe(0);
    expect(idsOf('tls').length).toBe(asked.jobs.size);
    // --json: the same records, a line each, with the fields that docs/cli.md names.
    const lines = worker.said().trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id).sort()).toEqual(idsOf('tls').sort());
    const fields = /^### worker\n([\s\S]*?)^### /m.exec(readFileSync('docs/cli.md', 'utf8'))?.[1];
    for (const name of lines.flatMap((line) => Object.keys(JSON.parse(line) as object)))
      expect(fields).toContain(`\`${name}\``);

    const stranger = sweepTo('untrusted', { ...env, NODE_EXTRA_CA_CERTS: '' });
    expect(await stranger.code).toBe(2);
    expect(stranger.said()).toContain(`dyadnet: ${redis.url}: expected a certificate that is trusted here`);
    expect(sweep.said() + worker.said() + stranger.said()).not.toMatch(new RegExp(`${SECRET}|Warning`));
  });

  test('payloads that strangers have put on the queue are refused, and the worker works on', async () => {
    const redis = await server();
    const client = redis.connect();
    const name = defaultQueue(version);
    const jobs = new Queue(name, { connection: client });
    const { job, id } = madeUp({ seed: 1 });
    const payload = payloadOf(REPLY, id, job, { seconds: 5, memoryMiB: 256, attempts: 1 });
    await jobs.add('job', 'no object', { jobId: 'x1' });
    await jobs.add('job', { ...payload, id: 'f'.repeat(32) }, { jobId: 'x2' });
    await jobs.add('job', payload, { jobId: 'not-the-id' });
    await jobs.add('job', { ...payload, job: { ...job, target: { expression: '('.repeat(19_000) } } }, { jobId: 'x3' });
    await jobs.add('job', { ...payload, limits: { seconds: 1, memoryMiB: 256, attempts: 1e9 } }, { jobId: 'x4' });
    // Well formed: its name is a path, but only the hash is looked for, and only on the server.
    const path = readJob({ target: { table: '../../etc/passwd', sha256: 'a'.repeat(64) }, bytes: 99 }, 'job');
    const pathId = jobId(path);
    await jobs.add('job', payloadOf(REPLY, pathId, path, payload.limits), { jobId: `${REPLY}-${pathId}` });
    // By hand, not by the queue's own code: data that is no JSON.
    await client.hset(jobs.toKey('x6'), {
      name: 'job',
      data: '{no json',
      opts: '{}',
      timestamp: '1',
      delay: '0',
      priority: '0',
    });
    await client.lpush(jobs.toKey('wait'), 'x6');

    const env = { DYADNET_REDIS: redis.url };
    const worker = start(['worker', '--workers', '2', '--lock', '2', '--idle', '4'], env);
    const sweep = sweepTo('among-strangers', env);
    expect(await sweep.code).toBe(0);
    expect(await worker.code).toBe(0);
    expect(worker.said()).not.toMatch(/^ +at |Error/m);
    expect(idsOf('among-strangers').sort()).toEqual([...asked.jobs.keys()].sort());
    const failed = await client.zrange(jobs.toKey('failed'), '0', '-1');
    const reasons = await Promise.all(failed.map((key) => client.hget(jobs.toKey(key), 'failedReason')));
    expect(reasons.sort()).toEqual([
      'expression: expected at most 1000 levels of nesting, got more',
      expect.stringMatching(/^payload.id: expected the job's hash .* got "f{32}"$/),
      'payload.limits.attempts: expected a whole number in 1..100, got 1000000000',
      'payload: expected an object, got "no object"',
      `payload: expected the id ${REPLY}-${id}`,
      `the table ${'a'.repeat(64)} is not on the server`,
    ]);
    await jobs.close();
    client.disconnect();
  });

  test('an answer that is no record is refused, and its job asked again', async () => {
    const redis = await server();
    const env = { DYADNET_REDIS: redis.url };
    const sweep = sweepTo('forged', env);
    const client = redis.connect();
    // A worker of a stranger: it sees a job and answers with a better error than anyone proved.
    const name = defaultQueue(version);
    const waiting = async (): Promise<string[]> => client.lrange(`bull:${name}:wait`, 0, -1);
    await expect.poll(async () => (await waiting()).length, WAIT).toBe(asked.jobs.size);
    const [reply, id] = (await waiting())[0]!.split('-') as [string, string];
    const results = new Queue(resultsQueue(name, reply), { connection: client });
    const forged = JSON.parse(JSON.stringify(madeUp({ seed: 0 }))) as object;
    await results.add('record', { ...forged, id }, { jobId: `r${id}`, removeOnComplete: true });
    await results.add('record', forged, { jobId: 'r0', removeOnComplete: true });
    await results.add('record', '<script>', { jobId: 'r1', removeOnComplete: true });
    await expect.poll(sweep.said, WAIT).toContain("a worker's answer was refused: record.id: expected the job's hash");
    await expect.poll(sweep.said, WAIT).toContain("a worker's answer was refused: record.versions: expected");
    await expect.poll(sweep.said, WAIT).toContain("a worker's answer was refused: record: expected an object");
    const worker = start(['worker', '--workers', '2', '--idle', '1'], env);
    expect(await sweep.code).toBe(0);
    expect(await worker.code).toBe(0);
    expect(idsOf('forged').sort()).toEqual([...asked.jobs.keys()].sort());
    expect(recordSet(at('forged')).join()).not.toContain('"0.0.0"');
    await results.close();
    client.disconnect();
  });
});
