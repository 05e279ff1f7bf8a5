/**
 * Where WebAssembly starts: the runner (once a thread and build), its memory handed out in blocks, and the names of its calls.
 * They take numbers only; batches pass through views on the memory.
 */
import { PLAN_VERSION } from '../../assembly/layout.ts';
import { InputError } from '../exact/index.ts';
import { wasmText } from './core-wasm.ts';

/** What every module exports; see assembly/memory.ts. */
export interface MemoryCalls {
  readonly memory: WebAssembly.Memory;
  grow(pages: number): number;
}

/** What the runner exports; see assembly/index.ts. */
export interface RunCalls extends MemoryCalls {
  planVersion(): number;
  checkPlan(plan: number): number;
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
export class Core<Calls extends MemoryCalls = RunCalls> {
  /** Views on the whole memory; replaced when it grows. Read them from here each time. */
  u8!: Uint8Array;
  i32!: Int32Array;
  f64!: Float64Array;
  /** Free ranges [start, end), increasing and never adjacent. */
  private readonly free: { start: number; end: number }[] = [];
  private scratchAt = 0;
  private scratchBytes = 0;

  constructor(readonly calls: Calls) {
    this.refresh();
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

/** What may be wrong with a plan, in the order of the core's answers. */
const WRONG = [
  'expected a plan, got other bytes',
  'expected a plan of this version, got another',
  'expected an undamaged plan, got a wrong checksum',
] as const;

/** Copies a plan in and has the core check that it arrived whole. Throws InputError where it did not. */
export function placePlan(core: Core, plan: ArrayBuffer): number {
  const at = core.take(plan.byteLength);
  core.u8.set(new Uint8Array(plan), at);
  const wrong = core.calls.checkPlan(at);
  if (wrong !== 0) {
    core.give(at, plan.byteLength);
    throw new InputError(`plan: ${WRONG[wrong - 1]}`);
  }
  return at;
}

/** Runners of this thread, by their build: started, and about to be. */
const runners = new Map<CoreBuild, Core>();
const starting = new Map<CoreBuild, Promise<Core>>();

/** The build that suits this machine. */
export const usual = (): CoreBuild => (hasSimd() ? 'simd' : 'scalar');

/** What a module imports: a way to stop, where an assertion of a debug build fails. */
const IMPORTS = {
  env: {
    abort: (_message: number, _file: number, line: number, column: number): never => {
      throw new Error(`core: an assertion failed at ${line}:${column}`);
    },
  },
};

function runner({ exports }: WebAssembly.Instance): Core {
  const core = new Core(exports as unknown as RunCalls);
  const version = core.calls.planVersion();
  if (version !== PLAN_VERSION) throw new Error(`the core reads plan version ${version}, not ${PLAN_VERSION}`);
  return core;
}

/** The thread's runner of this build, started on first use. */
export async function core(build: CoreBuild = usual()): Promise<Core> {
  let soon = starting.get(build);
  if (!soon) {
    soon = (async () => {
      // What most machines never need is a module of its own, fetched only there.
      const text = build === 'scalar' ? (await import('./core-scalar-wasm.ts')).wasmText : wasmText;
      const bytes = build instanceof Uint8Array ? build : wasmBytes(text);
      return runner((await WebAssembly.instantiate(bytes as BufferSource, IMPORTS)).instance);
    })();
    soon.catch(() => starting.delete(build));
    starting.set(build, soon);
  }
  const running = runners.get(build) ?? (await soon);
  // One that was started at once in the meantime stays the thread's one.
  if (!runners.has(build)) runners.set(build, running);
  return runners.get(build) as Core;
}

/** As {@link core}, at once. Throws where the runtime compiles WebAssembly only asynchronously (larger modules on a page). */
export function coreSync(build: CoreBuild = usual()): Core {
  const running = runners.get(build);
  if (running) return running;
  if (build === 'scalar') throw new Error('the scalar core starts only asynchronously: await core() first');
  const bytes = build === 'simd' ? wasmBytes(wasmText) : build;
  const begun = runner(new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), IMPORTS));
  runners.set(build, begun);
  return begun;
}

/**
 * A module from its text; see assembly/build.mjs. Four bytes at a time, without numbers beyond 31 bits: this runs once, before
 * any compiler has looked at it.
 */
export function wasmBytes(text: string): Uint8Array {
  const words = new Int32Array((text.length + 3) >> 2);
  const bytes = new Uint8Array(words.buffer, 0, text.length);
  if (globalThis.Buffer) Buffer.from(words.buffer).write(text, 'latin1');
  else for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  // Each byte from 121: a high bit set beforehand and mended afterwards keeps them from borrowing of each other.
  const high = 0x80808080 | 0;
  for (let i = 0; i < words.length; i++) {
    const x = words[i] as number;
    words[i] = ~(((x | high) - 0x7a7a7a7a) ^ (~x & high));
  }
  return bytes;
}
