/**
 * The tools: bit kernels, propagation of boxes, exhaustive search; a module of its own, which nothing that only runs networks
 * loads. Set-up goes through as-bind's typed calls; batches go through raw pointers and views.
 */
import { instantiate } from 'as-bind/dist/as-bind.esm.js';
import { Core, type CoreBuild, type MemoryCalls, usual, wasmBytes } from './runtime.ts';

/** What the tools export; see assembly/tools.ts. */
export interface ToolCalls extends MemoryCalls {
  encodeBits(...args: BitCall): void;
  extractBits(...args: BitCall): void;
  propagate(pair: number, box: number, answer: number): void;
}

/** Source, rows, bits (or words) a source row, target, words (or bits) a target row, digit, places, gray. */
type BitCall = [number, number, number, number, number, number, number, boolean];

/** The typed calls, each with its own conversions. */
interface TypedToolCalls {
  /** The instruction set of the build. */
  describe(): string;
  searchTiny(
    depth: number,
    count: number,
    levels: number,
    levelCount: number,
    scale: number,
    heights: number,
    targets: number,
    n: number,
    heightScale: number,
    best: number,
    which: number,
    job: number,
  ): void;
}

interface Bound {
  readonly exports: unknown;
  readonly loadedModule: { readonly instance: { readonly exports: unknown } };
}

/** The tools as they run. */
export class Tools extends Core<ToolCalls> {
  readonly typed: TypedToolCalls;

  constructor({ exports, loadedModule }: Bound) {
    super(loadedModule.instance.exports as ToolCalls);
    this.typed = exports as TypedToolCalls;
  }
}

/** Tools of this thread by their build, started or about to be. */
const running = new Map<CoreBuild, Promise<Tools>>();

/** The thread's tools of this build, started on first use. */
export function tools(build: CoreBuild = usual()): Promise<Tools> {
  let soon = running.get(build);
  if (!soon) {
    soon = (async () => new Tools((await instantiate(await bytesOf(build), {})) as Bound))();
    soon.catch(() => running.delete(build));
    running.set(build, soon);
  }
  return soon;
}

async function bytesOf(build: CoreBuild): Promise<Uint8Array> {
  if (build instanceof Uint8Array) return build;
  const source = build === 'simd' ? import('./tools-wasm.ts') : import('./tools-scalar-wasm.ts');
  return wasmBytes((await source).wasmText);
}
