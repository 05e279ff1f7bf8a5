/** What a pool and its processes say to each other: one JSON object a line, asked on standard input, answered on descriptor 3. */
import { InputError } from '../exact/index.ts';
import type { Job } from './job.ts';
import type { Failure, Result, Times } from './record.ts';

/** The descriptor that answers are written to, so that nothing a library prints can be taken for one. */
export const ANSWERS = 3;

export type Question =
  | { readonly id: string; readonly job: Job }
  /** A table's bytes in base64, before the first job that needs it. */
  | { readonly table: string; readonly bytes: string };

export type Answer =
  | { readonly ready: true }
  | {
      readonly id: string;
      readonly status: 'proved' | 'undecided';
      readonly result: Result;
      readonly stages: Omit<Times, 'finished' | 'seconds'>;
    }
  | { readonly id: string; readonly error: Failure }
  /** The process ends itself: its memory is beyond the limit. */
  | { readonly ended: 'memory' };

/** Cuts a stream of bytes into lines, none longer than `most`. */
export class Lines {
  private parts: Buffer[] = [];
  private held = 0;

  constructor(
    private readonly most: number,
    private readonly take: (line: string) => void,
  ) {}

  push(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const stop = chunk.indexOf(10, from);
      const part = chunk.subarray(from, stop < 0 ? chunk.length : stop);
      this.held += part.length;
      if (this.held > this.most) throw new InputError(`expected at most ${this.most} bytes a line`);
      this.parts.push(part);
      if (stop < 0) return;
      const line = Buffer.concat(this.parts).toString();
      this.parts = [];
      this.held = 0;
      from = stop + 1;
      this.take(line);
    }
  }
}
