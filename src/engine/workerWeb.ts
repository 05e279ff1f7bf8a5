/** A web worker, run by crewWeb.ts: one message a task, one answer a message, in order. What comes and goes is handed over. */
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
    // Rows whose plan is missing go back for it.
    if (answer === 'missing') port.postMessage({ answer: { missing: data.batch } }, [data.batch.buffer as ArrayBuffer]);
    else port.postMessage({ answer }, [answer.buffer as ArrayBuffer]);
  } catch (error) {
    port.postMessage({ error });
  }
};
