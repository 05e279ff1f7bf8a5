/**
 * `dyadnet/run`: load a network file and evaluate it, exactly and fast; nothing else.
 *
 *   const run = await load(bytes);
 *   run.forward(Float64Array.of(0.25));
 */
import { type CoreBuild, Engine, type EngineOptions, type EnginePool } from './engine/index.ts';
import { onlyOne, readNetworks } from './io/format-read.ts';
import type { Domain } from './net/index.ts';

export type { Batch, Views } from './engine/index.ts';
export { ExactBatch, MemoryError } from './engine/index.ts';
export { Dyadic, InputError } from './exact/index.ts';
export type { CoreBuild, Domain, Engine, EnginePool };

export interface LoadOptions {
  /** Where inputs may lie; the file's own domain where this is not given. Without either, every input is taken. */
  readonly domain?: Domain;
  readonly build?: CoreBuild;
}

/**
 * A network file (`.dyad`), ready to run. The WebAssembly core starts on the first call.
 * Throws InputError where the bytes are not a network file or the domain does not fit it.
 */
export async function load(bytes: Uint8Array, options: LoadOptions = {}): Promise<Engine> {
  const { network, domain } = onlyOne(readNetworks(bytes));
  return Engine.create(network, withDomain(domain, options));
}

/** As {@link load}, at once: for Node and for workers, where WebAssembly compiles synchronously. */
export function loadSync(bytes: Uint8Array, options: LoadOptions = {}): Engine {
  const { network, domain } = onlyOne(readNetworks(bytes));
  return Engine.createSync(network, withDomain(domain, options));
}

/**
 * As {@link load}, on all threads of the machine: batches go to worker threads or web workers, and where these are not to
 * be had to the one thread there is. What only this needs is loaded with the first call.
 */
export async function loadPool(
  bytes: Uint8Array,
  options: LoadOptions & { threads?: number } = {},
): Promise<EnginePool> {
  const { network, domain } = onlyOne(readNetworks(bytes));
  const { EnginePool } = await import('./engine/pool.ts');
  return EnginePool.create(network, withDomain(domain, options));
}

function withDomain(own: Domain | undefined, options: LoadOptions): EngineOptions {
  return own === undefined ? options : { domain: own, ...options };
}
