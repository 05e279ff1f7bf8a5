// A worker thread evaluates; the main thread sends inputs and waits for nothing else.
import { Worker } from 'node:worker_threads';
import { expressionTarget, fit } from 'dyadnet';

const { file } = fit(expressionTarget('sin(2*pi*x)'), { epsilon: '0.01' });
const worker = new Worker(new URL('./evaluate.mjs', import.meta.url), { workerData: file });
worker.postMessage(Float64Array.of(0, 0.25, 0.5));
worker.once('message', (outputs) => {
  const close = outputs.every((y, i) => Math.abs(y - Math.sin((i * Math.PI) / 2)) <= 0.01);
  console.log(`${outputs.length} values from the worker, ${close ? 'all within 0.01' : 'too far off'}`);
  worker.terminate();
});
