/**
 * A sweep over a queue while its parent, its workers and the processes of their pools are killed (SIGKILL) at random, and the
 * server is killed and comes back having forgotten everything. It is called again until it ends by itself.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from './random.ts';
import type { RedisServer } from './redis.ts';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

export interface Killing {
  readonly spec: string;
  readonly folder: string;
  readonly server: RedisServer;
  readonly workers: number;
  readonly random: Random;
  /** Milliseconds between two kills. */
  readonly everyMs: number;
  /** Kills in all; those of the server come evenly among them. */
  readonly kills: number;
  readonly serverKills: number;
}

export interface Killed {
  readonly parents: number;
  readonly workers: number;
  readonly jobs: number;
  readonly servers: number;
  /** Standard error of everyone. */
  readonly said: string;
}

/** The records of a folder without their times, sorted: what two runs have in common. */
export function recordSet(folder: string): string[] {
  const text = readFileSync(join(folder, 'records.jsonl'), 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const { times: _, ...rest } = JSON.parse(line) as { times: unknown };
      return JSON.stringify(rest);
    })
    .sort();
}

export async function sweepWhileKilling(k: Killing): Promise<Killed> {
  const killed = { parents: 0, workers: 0, jobs: 0, servers: 0 };
  let said = '';
  const start = (args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, DYADNET_REDIS: k.server.url },
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    return child;
  };
  const startParent = (): ChildProcess => start(['sweep', k.spec, '-o', k.folder, '--engine', 'bullmq']);
  const startWorker = (): ChildProcess => start(['worker', '--workers', '1', '--lock', '2']);
  let parent = startParent();
  const workers = Array.from({ length: k.workers }, startWorker);
  try {
    for (let i = 1; i <= k.kills && isRunning(parent); i++) {
      await pause(k.everyMs * (0.5 + k.random.unit()));
      if (!isRunning(parent)) break;
      if (killed.servers < k.serverKills && i >= ((killed.servers + 1) * k.kills) / (k.serverKills + 1)) {
        killed.servers++;
        await k.server.end();
        await pause(500);
        await k.server.begin();
        continue;
      }
      const who = k.random.whole(0, 2 * k.workers);
      if (who === 2 * k.workers) {
        killed.parents++;
        await end(parent);
        parent = startParent();
      } else if (who >= k.workers) {
        killed.jobs += killChildren(workers[who - k.workers] as ChildProcess);
      } else {
        killed.workers++;
        await end(workers[who] as ChildProcess);
        workers[who] = startWorker();
      }
    }
    const code = await exitOf(parent);
    if (code !== 0) throw new Error(`the sweep ended with ${code}: ${said}`);
    return { ...killed, said };
  } finally {
    for (const child of [parent, ...workers]) child.kill('SIGKILL');
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await exitOf(child);
}

function exitOf(child: ChildProcess): Promise<number | null> {
  if (!isRunning(child)) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}

function killChildren(worker: ChildProcess): number {
  let pids: number[] = [];
  try {
    pids = execFileSync('ps', ['-o', 'pid=', '--ppid', String(worker.pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
      .map(Number);
  } catch {
    // It has none at the moment.
  }
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
  return pids.length;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
