/** The inside of a process of the pool: jobs come in on standard input, one at a time, and answers go out. */
import { writeSync } from 'node:fs';
import { InputError } from '../exact/index.ts';
import { readJob } from './job.ts';
import type { Failure } from './record.ts';
import { runJob } from './run.ts';
import { MAX_TABLE } from './spec.ts';
import { ANSWERS, type Answer, Lines, type Question } from './wire.ts';

const tables = new Map<string, Uint8Array>();

/** Answers questions until standard input ends. */
export function serve(): void {
  const lines = new Lines(2 * MAX_TABLE, (line) => {
    const question = JSON.parse(line) as Question;
    if ('table' in question) tables.set(question.table, Buffer.from(question.bytes, 'base64'));
    else answer(work(question.id, question.job));
  });
  process.stdin.on('data', (chunk: Buffer) => lines.push(chunk));
  process.stdin.on('end', () => process.exit(0));
  answer({ ready: true });
}

function work(id: string, asked: unknown): Answer {
  try {
    const { status, result, stages } = runJob(readJob(asked, 'job'), (hash) => {
      const bytes = tables.get(hash);
      if (!bytes) throw new Error(`the table ${hash} was not sent`);
      return bytes;
    });
    return { id, status, result, stages };
  } catch (error) {
    return { id, error: failure(error) };
  }
}

function failure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  // What runs out of memory in one array rather than in the heap says so by a RangeError.
  const memory = error instanceof RangeError && /allocation|array length|string length|BigInt size/i.test(message);
  const kind = error instanceof InputError ? 'input' : memory ? 'memory' : 'error';
  return { kind, message: message.slice(0, 2000) || 'an error without a message' };
}

function answer(a: Answer): void {
  const bytes = Buffer.from(`${JSON.stringify(a)}\n`);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(ANSWERS, bytes, at);
    } catch (error) {
      // The pipe is full for the moment; or the pool is gone, and the process with it.
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0);
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
