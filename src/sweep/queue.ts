/**
 * What travels over the server. A sweep puts its jobs on the queue of its version; whoever does one puts the record on the
 * sweep's own queue of results, and only then is the job done. Both sides read what they get as data from strangers.
 *
 *   <queue>                    jobs, under the ids <reply>-<job id>
 *   <queue>-results-<reply>    records, under the ids r<job id>; done when the record is on the sweep's disk
 *   dyadnet:table:<sha256>     the file of a table
 */
import { refuse, wholeNumber } from '../exact/index.ts';
import { type Job, type JobLimits, jobId, readJob, readLimits } from './job.ts';
import { objectOf, sha256 } from './read.ts';

const PAYLOAD_VERSION = 1;

export interface Payload {
  readonly payload: number;
  /** Names the queue of results: 16 hexadecimal digits. */
  readonly reply: string;
  readonly id: string;
  readonly job: Job;
  readonly limits: JobLimits;
}

/** Machines with another version have a queue of their own: their records would not be comparable. */
export function defaultQueue(dyadnet: string): string {
  return `dyadnet-${dyadnet}`;
}

export function checkQueue(name: string): string {
  if (!/^[\w.-]{1,100}$/.test(name)) refuse('--queue', 'letters, digits, dots and minus signs', name);
  return name;
}

export function resultsQueue(queue: string, reply: string): string {
  return `${queue}-results-${reply}`;
}

export function tableKey(hash: string): string {
  return `dyadnet:table:${hash}`;
}

/** Names the folder of a sweep on its machine, the same after a restart. */
export function replyOf(host: string, folder: string): string {
  return sha256(`${host}\n${folder}`).slice(0, 16);
}

export function payloadOf(reply: string, id: string, job: Job, limits: JobLimits): Payload {
  return { payload: PAYLOAD_VERSION, reply, id, job, limits };
}

/** Reads a payload, believing nothing: its job's id must be the hash of its content. */
export function readPayload(value: unknown, where: string): Payload {
  const f = objectOf(value, where, ['payload', 'reply', 'id', 'job', 'limits']);
  const payload = wholeNumber(`${where}.payload`, f.payload, PAYLOAD_VERSION, PAYLOAD_VERSION);
  if (typeof f.reply !== 'string' || !/^[0-9a-f]{16}$/.test(f.reply)) {
    refuse(`${where}.reply`, '16 hexadecimal digits', f.reply);
  }
  const job = readJob(f.job, `${where}.job`);
  const id = jobId(job);
  if (f.id !== id) refuse(`${where}.id`, `the job's hash ${id}`, f.id);
  return { payload, reply: f.reply, id, job, limits: readLimits(f.limits, `${where}.limits`) };
}
