/**
 * Processes that run jobs, each one job at a time. A job that is over its time or its memory is ended with its process and
 * becomes a failure; a process that dies is replaced, and its job begun again, up to a limit. Every job gives one record.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Job, type JobLimits, jobId } from './job.ts';
import { type Failure, type JobRecord, MAX_RECORD, readRecord, type Times, type Versions } from './record.ts';
import type { OpenTable } from './run.ts';
import { ANSWERS, type Answer, Lines, type Question } from './wire.ts';

export interface PoolOptions {
  /** Processes: jobs that run at once. */
  readonly size: number;
  readonly versions: Versions;
}

/** Node's own memory, which a process has before it has done anything, and room for the collector above the live data. */
const HEAP_PART = 0.75;
/** Characters of a process's standard error that are kept for its last words. */
const LAST_WORDS = 4000;
const RETRY_MS = 50;
/** A server's password, or anything else that is in the environment, is no business of a job. */
const KEPT = ['PATH', 'LD_LIBRARY_PATH', 'SystemRoot', 'TMPDIR', 'TEMP'];

type Ending = Answer | { readonly died: string };

export class Pool {
  private idle: Process[] = [];
  private readonly all = new Set<Process>();
  private readonly queue: (() => void)[] = [];
  private closed = false;

  constructor(private readonly options: PoolOptions) {}

  /** Runs the job and gives its record. Rejects only where the pool is closed, or where a table is not to be had. */
  async run(job: Job, limits: JobLimits, table: OpenTable): Promise<JobRecord> {
    const id = jobId(job);
    let failure: Failure = { kind: 'crash', message: 'not begun' };
    for (let attempt = 1; attempt <= limits.attempts; attempt++) {
      const process = await this.take(limits.memoryMiB);
      const begun = performance.now();
      const ending = await process.ask(id, job, limits, table).finally(() => this.give(process));
      const seconds = Math.round(performance.now() - begun) / 1000;
      if (this.closed) throw new PoolClosed();
      const times = { finished: new Date().toISOString(), seconds };
      if ('result' in ending) {
        const { status, result, stages } = ending;
        return this.record({ id, job, status, result, times: { ...times, ...stages } });
      }
      failure = failureOf(ending, limits);
      if (failure.kind !== 'crash' && failure.kind !== 'error') {
        return this.record({ id, job, status: 'failed', error: failure, times });
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt));
    }
    const message = `${failure.message.slice(0, 1900)} (${limits.attempts} attempts)`;
    const times = { finished: new Date().toISOString(), seconds: 0 };
    return this.record({ id, job, status: 'failed', error: { ...failure, message }, times });
  }

  /** Ends every process; what runs or waits is rejected. */
  close(): void {
    this.closed = true;
    for (const p of this.all) p.kill();
    for (const next of this.queue.splice(0)) next();
  }

  /** What is written is what would be read: a record that is none is a fault of ours and shows here. */
  private record({ times, ...rest }: { readonly times: Times } & Record<string, unknown>): JobRecord {
    return readRecord({ ...rest, versions: this.options.versions, times }, 'record');
  }

  /** A process with this limit of memory; where all are busy, the next one that is not. */
  private async take(memoryMiB: number): Promise<Process> {
    for (;;) {
      if (this.closed) throw new PoolClosed();
      this.idle = this.idle.filter((p) => !this.isGone(p));
      const at = this.idle.findLastIndex((p) => p.memoryMiB === memoryMiB);
      if (at >= 0) return this.idle.splice(at, 1)[0] as Process;
      if (this.all.size >= this.options.size) {
        const other = this.idle.shift();
        if (other) {
          this.all.delete(other);
          other.kill();
        }
      }
      if (this.all.size < this.options.size) {
        const begun = new Process(memoryMiB);
        this.all.add(begun);
        return begun;
      }
      await new Promise<void>((resolve) => this.queue.push(resolve));
    }
  }

  private isGone(p: Process): boolean {
    if (p.isGone) this.all.delete(p);
    return p.isGone;
  }

  private give(p: Process): void {
    if (!this.isGone(p)) this.idle.push(p);
    this.queue.shift()?.();
  }
}

/** The pool was closed while the job was waiting or running. */
export class PoolClosed extends Error {
  override readonly name = 'PoolClosed';
}

function failureOf(ending: Ending, limits: JobLimits): Failure {
  if ('error' in ending) return ending.error;
  if ('ended' in ending) return { kind: 'memory', message: `more than ${limits.memoryMiB} MiB` };
  if (!('died' in ending)) return { kind: 'error', message: 'an answer that was not asked for' };
  if (ending.died === 'time') return { kind: 'time', message: `more than ${limits.seconds} s` };
  if (ending.died === 'memory') return { kind: 'memory', message: `more than ${limits.memoryMiB} MiB` };
  return { kind: 'crash', message: ending.died };
}

/** The built entry of a process: beside the built file that this code is in, or built from the sources that it runs from. */
function entry(): string {
  for (const path of ['./child.js', './sweep/child.js', '../sweep/child.js', '../../dist/sweep/child.js']) {
    const file = fileURLToPath(new URL(path, import.meta.url));
    if (existsSync(file)) return file;
  }
  throw new Error('sweep/child.js is missing from the package; npm run build makes it');
}

class Process {
  isGone = false;
  private readonly child: ChildProcess;
  private readonly ready: Promise<void>;
  private answered: (ending: Ending) => void = () => {};
  private readonly tables = new Set<string>();
  private why: string | undefined;
  private words = '';

  constructor(readonly memoryMiB: number) {
    const heap = Math.max(64, Math.floor(memoryMiB * HEAP_PART));
    this.child = spawn(process.execPath, [`--max-old-space-size=${heap}`, entry(), String(memoryMiB)], {
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      env: Object.fromEntries(KEPT.filter((name) => process.env[name]).map((name) => [name, process.env[name]])),
    });
    this.ready = new Promise((resolve) => {
      const lines = new Lines(4 * MAX_RECORD, (line) => {
        const answer = parse(line);
        if (answer === undefined) this.end('it answered with what is no JSON');
        else if ('ready' in answer) resolve();
        else if ('ended' in answer) this.why = 'memory';
        else this.answered(answer);
      });
      (this.child.stdio[ANSWERS] as Readable).on('data', (chunk: Buffer) => {
        try {
          lines.push(chunk);
        } catch {
          this.end('its answer was too long');
        }
      });
      this.child.on('error', (error) => this.gone(error.message, resolve));
      // `close` comes after the last answer was read, `exit` before.
      this.child.on('close', (code, signal) => this.gone(this.lastWord(code, signal), resolve));
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.words = (this.words + chunk.toString()).slice(-LAST_WORDS);
    });
    this.child.stdin?.on('error', () => {});
  }

  async ask(id: string, job: Job, limits: JobLimits, table: OpenTable): Promise<Ending> {
    const { target } = job;
    const missing = 'table' in target && !this.tables.has(target.sha256) ? target.sha256 : undefined;
    const bytes = missing && Buffer.from(table(missing)).toString('base64');
    await this.ready;
    if (this.isGone) return { died: this.why ?? 'its process did not begin' };
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end('time'), Math.min(limits.seconds * 1000, 2 ** 31 - 1));
      this.answered = (ending) => {
        clearTimeout(timer);
        this.answered = () => {};
        resolve(ending);
      };
      if (missing && bytes) {
        this.tables.add(missing);
        this.tell({ table: missing, bytes });
      }
      this.tell({ id, job });
    });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private tell(question: Question): void {
    this.child.stdin?.write(`${JSON.stringify(question)}\n`);
  }

  private end(why: string): void {
    this.why ??= why;
    this.kill();
  }

  private gone(how: string, ready: () => void): void {
    this.isGone = true;
    this.why ??= how;
    this.answered({ died: this.why });
    ready();
  }

  private lastWord(code: number | null, signal: NodeJS.Signals | null): string {
    if (/heap out of memory|allocation failed/i.test(this.words)) return 'memory';
    return `its process ended with ${signal ?? `code ${code}`}`;
  }
}

function parse(line: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}
