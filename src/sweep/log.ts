/**
 * The results folder: `records.jsonl`, one record a line, and a lock. A record that `append` has reported is on the disk.
 *
 *   append   records that arrive while a write is under way are written together and synced once (group commit)
 *   open     a last line that is torn (no line end, or no JSON) is cut off; every other line must be a record, each id once
 *   lock     one process a folder; the lock of a process that is gone is taken over
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../exact/index.ts';
import { parseJson } from './read.ts';
import { type JobRecord, MAX_RECORD, readRecord } from './record.ts';

const RECORDS = 'records.jsonl';
const LOCK = 'lock';
const CHUNK = 1 << 20;

export interface LogOptions {
  /** Takes failed records out, so that their jobs run again. */
  readonly retryFailed?: boolean;
}

export class RecordLog {
  /** The status of every job that is on the disk or on its way there. */
  readonly jobs = new Map<string, JobRecord['status']>();
  /** Bytes of a torn last line that were cut off when the log was opened. */
  torn = 0;
  private readonly flying = new Map<string, Promise<void>>();
  private waiting: { line: string; id: string; done: () => void; fail: (e: unknown) => void }[] = [];
  private writing: Promise<void> | undefined;
  private size = 0;

  private constructor(
    readonly folder: string,
    private file: FileHandle,
  ) {}

  /** Opens or makes the folder. Throws InputError where another process writes to it or a line is damaged. */
  static async open(folder: string, options: LogOptions = {}): Promise<RecordLog> {
    mkdirSync(folder, { recursive: true });
    takeLock(folder);
    const path = join(folder, RECORDS);
    let log: RecordLog | undefined;
    try {
      const isNew = !existsSync(path);
      log = new RecordLog(folder, await open(path, isNew ? 'wx+' : 'r+'));
      await log.recover(path);
      if (options.retryFailed) await log.forgetFailed(path);
      if (isNew) syncFolder(folder);
      return log;
    } catch (error) {
      await log?.file.close();
      rmSync(join(folder, LOCK), { force: true });
      throw error;
    }
  }

  private async recover(path: string): Promise<void> {
    const { size } = await this.file.stat();
    for await (const { text, line, at, end } of linesOf(this.file, path)) {
      const where = `${path}:${line}`;
      const record = end >= size ? tornOr(text, where) : lineRecord(text, where);
      if (!record) {
        this.torn = size - at;
        await this.file.truncate(at);
        await this.file.sync();
        break;
      }
      if (this.jobs.has(record.id)) throw new InputError(`${where}: the job ${record.id} comes twice`);
      this.jobs.set(record.id, record.status);
      this.size = end;
    }
  }

  /** The file is replaced whole by one without the failed records. */
  private async forgetFailed(path: string): Promise<void> {
    if (![...this.jobs.values()].includes('failed')) return;
    const temporary = `${path}.part`;
    const kept = await open(temporary, 'w+');
    try {
      let size = 0;
      for await (const { text, line } of linesOf(this.file, path)) {
        const { id, status } = lineRecord(text, `${path}:${line}`);
        if (status === 'failed') this.jobs.delete(id);
        else size += (await kept.write(text)).bytesWritten;
      }
      await kept.sync();
      await rename(temporary, path);
      await this.file.close();
      this.file = kept;
      this.size = size;
    } catch (error) {
      await kept.close();
      rmSync(temporary, { force: true });
      throw error;
    }
    syncFolder(this.folder);
  }

  /** Resolves when the record is on the disk; a second record of one job is dropped. */
  append(record: JobRecord): Promise<void> {
    const { id, status } = record;
    if (this.jobs.has(id)) return this.flying.get(id) ?? Promise.resolve();
    this.jobs.set(id, status);
    const written = new Promise<void>((done, fail) => {
      this.waiting.push({ line: `${JSON.stringify(record)}\n`, id, done, fail });
    });
    this.flying.set(id, written);
    this.writing ??= this.write();
    return written;
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      const bytes = Buffer.from(batch.map(({ line }) => line).join(''));
      try {
        for (let at = 0; at < bytes.length; ) {
          at += (await this.file.write(bytes, at, bytes.length - at, this.size + at)).bytesWritten;
        }
        await this.file.datasync();
        this.size += bytes.length;
        for (const { id, done } of batch) {
          this.flying.delete(id);
          done();
        }
      } catch (error) {
        // What was written of the batch is cut off again; where even that fails, the next opening does it.
        await this.file.truncate(this.size).catch(() => {});
        for (const { id, fail } of batch) {
          this.flying.delete(id);
          this.jobs.delete(id);
          fail(error);
        }
      }
    }
    this.writing = undefined;
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
    rmSync(join(this.folder, LOCK), { force: true });
  }
}

/** The records of a folder that may be in use: whole lines only, in the file's order. */
export async function readRecords(folder: string): Promise<readonly JobRecord[]> {
  const path = join(folder, RECORDS);
  if (!existsSync(path)) throw new InputError(`${path}: there is no such file; a sweep writes it`);
  const file = await open(path, 'r');
  const records: JobRecord[] = [];
  try {
    const { size } = await file.stat();
    for await (const { text, line, end } of linesOf(file, path)) {
      const record = end >= size ? tornOr(text, `${path}:${line}`) : lineRecord(text, `${path}:${line}`);
      if (record) records.push(record);
    }
  } finally {
    await file.close();
  }
  return records;
}

function lineRecord(text: string, where: string): JobRecord {
  return readRecord(parseJson(text, where), where);
}

/** The record of a last line; undefined where the line is torn: without an end, or cut so that it is no JSON. */
function tornOr(text: string, where: string): JobRecord | undefined {
  if (!text.endsWith('\n')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return readRecord(value, where);
}

interface Line {
  /** With its line end, where it has one. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** Byte offsets of its beginning and its end. */
  readonly at: number;
  readonly end: number;
}

async function* linesOf(file: FileHandle, path: string): AsyncGenerator<Line> {
  const parts: Buffer[] = [];
  let held = 0;
  let at = 0;
  let line = 1;
  for (let position = 0; ; ) {
    const chunk = Buffer.alloc(CHUNK);
    const { bytesRead } = await file.read(chunk, 0, CHUNK, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    let from = 0;
    for (;;) {
      const stop = chunk.subarray(0, bytesRead).indexOf(10, from);
      const part = chunk.subarray(from, stop < 0 ? bytesRead : stop + 1);
      held += part.length;
      if (held > MAX_RECORD) throw new InputError(`${path}:${line}: expected at most ${MAX_RECORD} bytes a line`);
      parts.push(part);
      if (stop < 0) break;
      yield { text: Buffer.concat(parts).toString(), line, at, end: at + held };
      at += held;
      held = 0;
      line++;
      parts.length = 0;
      from = stop + 1;
    }
  }
  if (held > 0) yield { text: Buffer.concat(parts).toString(), line, at, end: at + held };
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** What tells a process from a later one of the same number; empty where the system does not say. */
  readonly born: string;
}

/** Makes the lock whole by a link, so that no other process reads half of it. */
function takeLock(folder: string): void {
  const path = join(folder, LOCK);
  const own = `${path}.${process.pid}`;
  const me: Owner = { pid: process.pid, host: hostname(), born: birthOf(process.pid) };
  writeFileSync(own, JSON.stringify(me));
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        linkSync(own, path);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = ownerOf(path);
      if (owner && isAlive(owner)) {
        const elsewhere = owner.host === hostname() ? '' : `; where that machine is gone, remove ${path}`;
        throw new InputError(`${folder}: process ${owner.pid} on ${owner.host} is writing to it${elsewhere}`);
      }
      removeStale(path, own);
    }
  } finally {
    rmSync(own, { force: true });
  }
  throw new InputError(`${folder}: another process is taking it`);
}

/** Takes a stale lock away; one that another process has made in the meantime is put back. */
function removeStale(path: string, own: string): void {
  const aside = `${own}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const owner = ownerOf(aside);
  if (owner && isAlive(owner)) linkSync(aside, path);
  rmSync(aside, { force: true });
}

function ownerOf(path: string): Owner | undefined {
  try {
    const { pid, host, born } = JSON.parse(readFileSync(path, 'utf8')) as Owner;
    return { pid: Number(pid), host: String(host), born: String(born) };
  } catch {
    return undefined;
  }
}

function isAlive({ pid, host, born }: Owner): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return born === birthOf(pid);
}

/** The tick at which a process began (Linux); of one that has ended and waits to be collected, that it has ended. */
function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } catch {
    // Some systems do not sync folders.
  } finally {
    closeSync(fd);
  }
}
