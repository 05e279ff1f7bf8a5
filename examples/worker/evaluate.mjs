import { parentPort, workerData } from 'node:worker_threads';
import { loadSync } from 'dyadnet/run';

const run = loadSync(workerData);
parentPort.on('message', (inputs) => parentPort.postMessage(run.forward(inputs)));
