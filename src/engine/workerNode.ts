/** A worker thread in Node, run by the pool of crewNode.ts. */
import Tinypool from 'tinypool';
import type { CoreBuild } from './runtime.ts';
import { type Answer, help, serve, type Task } from './serve.ts';
import type { Job } from './slots.ts';

export default async function work(task: Task | { job: Job; build: CoreBuild | undefined }): Promise<unknown> {
  return 'job' in task ? help(task.job, task.build) : Tinypool.move((await serve(task)) as Answer);
}
