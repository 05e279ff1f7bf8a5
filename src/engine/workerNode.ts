/** A worker thread in Node, run by the pool of crewNode.ts. */
import Tinypool from 'tinypool';
import { serve, type Task } from './serve.ts';

export default async function work(task: Task): Promise<unknown> {
  const answer = await serve(task);
  return answer === 'missing' ? answer : Tinypool.move(answer);
}
