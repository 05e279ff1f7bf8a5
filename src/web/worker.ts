/**
 * The page's worker: one request at a time, each answered in its own thread. Computing does not give way, so whoever
 * supersedes a request ends the worker and takes another (client.ts).
 */
import { InputError, type Target } from '../exact/index.ts';
import { decodeNetwork, type NetworkFile } from '../io/index.ts';
import { pointValue, type Shown, sampleCurves } from './curves.ts';
import { cDownload, onnxDownload } from './downloads.ts';
import type { Reply, Request } from './protocol.ts';
import { solve } from './solve.ts';
import { openTarget } from './source.ts';

/** What the worker's own scope offers; the DOM's types know only windows. */
interface Scope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(reply: Reply): void;
}
const scope = self as unknown as Scope;

let file: NetworkFile | undefined;
let target: Target | undefined;

scope.onmessage = ({ data }) => {
  try {
    scope.postMessage(answer(data));
  } catch (error) {
    const input = error instanceof InputError;
    const sentence = error instanceof Error ? error.message : String(error);
    scope.postMessage({ kind: 'failed', sentence, input });
  }
};
scope.postMessage({ kind: 'ready' });

function answer(request: Request): Reply {
  switch (request.kind) {
    case 'solve':
      return {
        kind: 'answer',
        answer: solve(request.problem, (progress) => scope.postMessage({ kind: 'progress', progress }), request.stage),
      };
    case 'open':
      file = decodeNetwork(request.file);
      target =
        request.compared && request.compared.kind !== 'network' ? openTarget(request.compared).target : undefined;
      return { kind: 'opened' };
    case 'curves':
      return { kind: 'curves', curves: sampleCurves(shown(), request.lo, request.hi, request.points) };
    case 'point':
      return { kind: 'point', point: pointValue(shown(), request.x) };
    case 'download':
      return {
        kind: 'download',
        download:
          request.format === 'onnx' ? onnxDownload(opened()) : cDownload(opened(), request.name, request.adcBits),
      };
  }
}

function opened(): NetworkFile {
  if (!file) throw new InputError('there is no network yet');
  return file;
}

function shown(): Shown {
  const { network } = opened();
  return target ? { network, target } : { network };
}
