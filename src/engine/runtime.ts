/**
 * The only file that touches WebAssembly: it starts the core (once a thread and build), hands out its memory, and names
 * its calls. Set-up goes through as-bind's typed calls; batches go through raw pointers and views.
 */
import { instantiate, instantiateSync } from 'as-bind/dist/as-bind.esm.js';
import { PLAN_VERSION } from '../../assembly/layout.ts';
import { InputError } from '../exact/index.ts';
import { wasmBase64 } from './core-wasm.ts';

/** What the core exports; see assembly/index.ts. */
export interface CoreCalls {
  readonly memory: WebAssembly.Memory;
  grow(pages: number): number;
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
  encodeBits(...args: BitCall): void;
  extractBits(...args: BitCall): void;
  propagate(pair: number, box: number, answer: number): void;
}

/** Source, rows, bits (or words) a source row, target, words (or bits) a target row, digit, places, gray. */
type BitCall = [number, number, number, number, number, number, number, boolean];

/** The typed calls, each with its own conversions (as-bind). */
interface TypedCalls {
  describe(): string;
  planVersion(): number;
  checkPlan(plan: number): string;
}

interface Bound {
  readonly exports: TypedCalls;
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

export function hasSimd(): boolean {
  return WebAssembly.validate(simdProbe);
}

/** A running core: its calls, its memory as views, and who holds which part of it. */
export class Core {
  readonly calls: CoreCalls;
  readonly instructionSet: string;
  /** Views on the whole memory; replaced when it grows. Read them from here each time. */
  u8!: Uint8Array;
  i32!: Int32Array;
  f64!: Float64Array;
  /** Free ranges [start, end), increasing and never adjacent. */
  private readonly free: { start: number; end: number }[] = [];
  private readonly typed: TypedCalls;
  private scratchAt = 0;
  private scratchBytes = 0;

  private constructor(bound: Bound) {
    this.typed = bound.exports;
    this.calls = bound.loadedModule.instance.exports as CoreCalls;
    const version = this.typed.planVersion();
    if (version !== PLAN_VERSION) throw new Error(`the core reads plan version ${version}, not ${PLAN_VERSION}`);
    this.instructionSet = this.typed.describe();
    this.refresh();
  }

  static async start(build: CoreBuild): Promise<Core> {
    return new Core((await instantiate(await bytesOf(build), {})) as unknown as Bound);
  }

  /** Throws where the runtime compiles WebAssembly only asynchronously (a browser's main thread, for larger modules). */
  static startSync(build: Exclude<CoreBuild, 'scalar'>): Core {
    const bytes = build === 'simd' ? decodeBase64(wasmBase64) : build;
    return new Core(instantiateSync(bytes, {}) as unknown as Bound);
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

  /** Copies a plan in and has the core check that it arrived whole. */
  place(plan: ArrayBuffer): number {
    const at = this.take(plan.byteLength);
    this.u8.set(new Uint8Array(plan), at);
    const wrong = this.typed.checkPlan(at);
    this.refresh();
    if (wrong !== '') {
      this.give(at, plan.byteLength);
      throw new InputError(`plan: ${wrong}`);
    }
    return at;
  }

  private refresh(): void {
    const { buffer } = this.calls.memory;
    if (this.u8?.buffer === buffer) return;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }
}

const started = new Map<CoreBuild, Core>();
const starting = new Map<CoreBuild, Promise<Core>>();

/** The thread's core of this build, started on first use. */
export function core(build: CoreBuild = hasSimd() ? 'simd' : 'scalar'): Promise<Core> {
  const running = started.get(build);
  if (running) return Promise.resolve(running);
  let soon = starting.get(build);
  if (!soon) {
    soon = Core.start(build).then((c) => {
      if (!started.has(build)) started.set(build, c);
      return started.get(build) as Core;
    });
    soon.catch(() => starting.delete(build));
    starting.set(build, soon);
  }
  return soon;
}

/** As {@link core}, at once. */
export function coreSync(build: CoreBuild = hasSimd() ? 'simd' : 'scalar'): Core {
  const running = started.get(build);
  if (running) return running;
  if (build === 'scalar') throw new Error('the scalar core starts only asynchronously: await core() first');
  const c = Core.startSync(build);
  started.set(build, c);
  return c;
}

async function bytesOf(build: CoreBuild): Promise<Uint8Array> {
  if (build instanceof Uint8Array) return build;
  // Few machines need the scalar build: it is a module of its own, fetched only there.
  return decodeBase64(build === 'simd' ? wasmBase64 : (await import('./core-scalar-wasm.ts')).wasmBase64);
}

function decodeBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
