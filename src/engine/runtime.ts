/**
 * The only file that touches WebAssembly: it starts the core's modules (once a thread and build), hands out their memory, and
 * names their calls. Set-up goes through as-bind's typed calls; batches go through raw pointers and views.
 */
import { instantiate, instantiateSync } from 'as-bind/dist/as-bind.esm.js';
import { PLAN_VERSION } from '../../assembly/layout.ts';
import { InputError } from '../exact/index.ts';
import { wasmHex } from './core-wasm.ts';

/** What every module exports; see assembly/memory.ts. */
interface MemoryCalls {
  readonly memory: WebAssembly.Memory;
  grow(pages: number): number;
}

/** What the runner exports; see assembly/index.ts. */
export interface RunCalls extends MemoryCalls {
  scan(
    src: number,
    rows: number,
    inputs: number,
    domain: number,
    result: number,
    fraction: number,
    top: number,
  ): number;
  forward(
    plan: number,
    src: number,
    inForm: number,
    inWords: number,
    rows: number,
    dst: number,
    outForm: number,
    a: number,
    b: number,
    panel: number,
  ): void;
}

/** What the tools export; see assembly/tools.ts. */
export interface ToolCalls extends MemoryCalls {
  encodeBits(...args: BitCall): void;
  extractBits(...args: BitCall): void;
  propagate(pair: number, box: number, answer: number): void;
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

/** Source, rows, bits (or words) a source row, target, words (or bits) a target row, digit, places, gray. */
type BitCall = [number, number, number, number, number, number, number, boolean];

/** The typed calls, each with its own conversions (as-bind). */
interface TypedCalls {
  describe(): string;
}
interface TypedRunCalls extends TypedCalls {
  planVersion(): number;
  checkPlan(plan: number): string;
}

interface Bound {
  readonly exports: unknown;
  readonly loadedModule: { readonly instance: { readonly exports: unknown } };
}

/** `simd` and `scalar` are shipped; bytes are a build of one's own, such as the one with its assertions alive. */
export type CoreBuild = 'simd' | 'scalar' | Uint8Array;

/** The memory could not grow: the message says how much was asked for. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
}

const PAGE = 65536;
/** Blocks are handed out in units of this many bytes, and start on a multiple of it. */
const GRAIN = 256;
/** Most bytes one core takes, all engines of the thread together. */
export const MAX_CORE_BYTES = 2 ** 31;

/** (module (func (drop (i8x16.splat (i32.const 0))))): valid only where SIMD is. */
const simdProbe = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11],
);

function hasSimd(): boolean {
  return WebAssembly.validate(simdProbe);
}

/** A running module: its calls, its memory as views, and who holds which part of it. */
export class Core<Calls extends MemoryCalls = RunCalls, Typed extends TypedCalls = TypedRunCalls> {
  readonly calls: Calls;
  readonly typed: Typed;
  /** Views on the whole memory; replaced when it grows. Read them from here each time. */
  u8!: Uint8Array;
  i32!: Int32Array;
  f64!: Float64Array;
  /** Free ranges [start, end), increasing and never adjacent. */
  private readonly free: { start: number; end: number }[] = [];
  private scratchAt = 0;
  private scratchBytes = 0;

  constructor(bound: Bound) {
    this.typed = bound.exports as Typed;
    this.calls = bound.loadedModule.instance.exports as Calls;
    this.refresh();
  }

  get instructionSet(): string {
    return this.typed.describe();
  }

  /** `bytes` bytes of the memory, growing it where needed. Throws {@link MemoryError} where it cannot grow. */
  take(bytes: number): number {
    const size = Math.ceil(Math.max(bytes, 1) / GRAIN) * GRAIN;
    for (let k = 0; k < this.free.length; k++) {
      const range = this.free[k] as { start: number; end: number };
      if (range.end - range.start >= size) {
        const at = range.start;
        range.start += size;
        if (range.start === range.end) this.free.splice(k, 1);
        return at;
      }
    }
    const pages = Math.ceil(size / PAGE);
    const fits = this.calls.memory.buffer.byteLength + pages * PAGE <= MAX_CORE_BYTES;
    // An engine's address is an unsigned 32-bit number; wasm hands it back signed.
    const at = fits ? this.calls.grow(pages) >>> 0 : 0;
    if (at === 0) throw new MemoryError(`engine: expected ${bytes} more bytes of memory, got none`);
    this.refresh();
    this.give(at + size, pages * PAGE - size);
    return at;
  }

  /** Gives back what {@link take} handed out, with the same number of bytes. */
  give(at: number, bytes: number): void {
    const size = Math.ceil(Math.max(bytes, bytes === 0 ? 0 : 1) / GRAIN) * GRAIN;
    if (size === 0) return;
    let k = 0;
    while (k < this.free.length && (this.free[k] as { start: number }).start < at) k++;
    this.free.splice(k, 0, { start: at, end: at + size });
    for (const i of [k, k - 1]) {
      const left = this.free[i];
      const right = this.free[i + 1];
      if (left && right && left.end === right.start) {
        left.end = right.end;
        this.free.splice(i + 1, 1);
      }
    }
  }

  /** One block that all engines of this core share, of at least `bytes` bytes; what it held before is lost. */
  scratch(bytes: number): number {
    if (bytes > this.scratchBytes) {
      if (this.scratchBytes > 0) this.give(this.scratchAt, this.scratchBytes);
      this.scratchBytes = 0;
      this.scratchAt = this.take(bytes);
      this.scratchBytes = bytes;
    }
    return this.scratchAt;
  }

  /** Renews the views where the memory has grown. */
  refresh(): void {
    const { buffer } = this.calls.memory;
    if (this.u8?.buffer === buffer) return;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }
}

/** Copies a plan in and has the core check that it arrived whole. Throws InputError where it did not. */
export function placePlan(core: Core, plan: ArrayBuffer): number {
  const at = core.take(plan.byteLength);
  core.u8.set(new Uint8Array(plan), at);
  const wrong = core.typed.checkPlan(at);
  core.refresh();
  if (wrong !== '') {
    core.give(at, plan.byteLength);
    throw new InputError(`plan: ${wrong}`);
  }
  return at;
}

/** Where a module's shipped builds come from; what most machines never need is a module of its own, fetched only there. */
type Sources = Readonly<Record<'simd' | 'scalar', () => Promise<string>>>;
const RUNNER: Sources = {
  simd: () => Promise.resolve(wasmHex),
  scalar: async () => (await import('./core-scalar-wasm.ts')).wasmHex,
};
const TOOLS: Sources = {
  simd: async () => (await import('./tools-wasm.ts')).wasmHex,
  scalar: async () => (await import('./tools-scalar-wasm.ts')).wasmHex,
};

/** Running and starting modules of this thread, by their sources and build. */
const modules = new Map<Sources, Map<CoreBuild, Promise<unknown>>>();
const runners = new Map<CoreBuild, Core>();

const usual = (): CoreBuild => (hasSimd() ? 'simd' : 'scalar');

function start<C>(sources: Sources, build: CoreBuild, wrap: (bound: Bound) => C): Promise<C> {
  const builds = modules.get(sources) ?? new Map<CoreBuild, Promise<unknown>>();
  modules.set(sources, builds);
  let soon = builds.get(build) as Promise<C> | undefined;
  if (!soon) {
    soon = (async () => {
      const bytes = build instanceof Uint8Array ? build : decodeHex(await sources[build]());
      return wrap((await instantiate(bytes, {})) as unknown as Bound);
    })();
    soon.catch(() => builds.delete(build));
    builds.set(build, soon);
  }
  return soon;
}

function runner(bound: Bound): Core {
  const core = new Core<RunCalls, TypedRunCalls>(bound);
  const version = core.typed.planVersion();
  if (version !== PLAN_VERSION) throw new Error(`the core reads plan version ${version}, not ${PLAN_VERSION}`);
  return core;
}

/** The thread's runner of this build, started on first use. */
export async function core(build: CoreBuild = usual()): Promise<Core> {
  const running = runners.get(build) ?? (await start(RUNNER, build, runner));
  // One that was started at once in the meantime stays the thread's one.
  if (!runners.has(build)) runners.set(build, running);
  return runners.get(build) as Core;
}

/** As {@link core}, at once. Throws where the runtime compiles WebAssembly only asynchronously (larger modules on a page). */
export function coreSync(build: CoreBuild = usual()): Core {
  const running = runners.get(build);
  if (running) return running;
  if (build === 'scalar') throw new Error('the scalar core starts only asynchronously: await core() first');
  const bytes = build === 'simd' ? decodeHex(wasmHex) : build;
  const begun = runner(instantiateSync(bytes, {}) as unknown as Bound);
  runners.set(build, begun);
  return begun;
}

/** The thread's tools of this build, started on first use. */
export function tools(build: CoreBuild = usual()): Promise<Core<ToolCalls, TypedCalls>> {
  return start(TOOLS, build, (bound) => new Core<ToolCalls, TypedCalls>(bound));
}

function decodeHex(text: string): Uint8Array {
  // A digit's value from its character: 0-9 are 0x30.., a-f are 0x61...
  const digit = (at: number): number => {
    const c = text.charCodeAt(at);
    return (c & 15) + 9 * (c >> 6);
  };
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => 16 * digit(2 * i) + digit(2 * i + 1));
}
