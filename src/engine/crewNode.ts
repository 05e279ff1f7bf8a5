/** Worker threads for a pool in Node, by tinypool. Loaded only there. */
import { Tinypool } from 'tinypool';
import type { Crew } from './crewWeb.ts';
import type { Answer } from './serve.ts';

export function nodeCrew(threads: number): Crew {
  const pool = new Tinypool({
    filename: new URL('./worker-node.js', import.meta.url).href,
    runtime: 'worker_threads',
    minThreads: threads,
    maxThreads: threads,
    isolateWorkers: false,
  });
  return {
    threads,
    shares: true,
    run: (task) => pool.run(task) as Promise<Answer>,
    help: (hands, job, build) => Array.from({ length: hands }, () => pool.run({ job, build }) as Promise<void>),
    close: () => pool.destroy(),
  };
}
