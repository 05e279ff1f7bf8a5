/** A web worker, run by crewWeb.ts: one message a task, one answer a message, in order. */
import { serve, type Task } from './serve.ts';

const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<Task | 'ready?'>) => void;
  postMessage(message: unknown, transfer?: Transferable[]): void;
};

port.onmessage = async ({ data }) => {
  if (data === 'ready?') {
    port.postMessage({ answer: 'ready' });
    return;
  }
  try {
    const answer = await serve(data);
    port.postMessage({ answer }, answer === 'missing' ? [] : [answer.buffer]);
  } catch (error) {
    port.postMessage({ error });
  }
};
