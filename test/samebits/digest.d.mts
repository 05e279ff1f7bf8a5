import type { Spec } from './networks.ts';

interface Value {
  readonly m: bigint;
  readonly e: number | bigint;
}

export interface Digest {
  /** Outputs taken in. */
  readonly outputs: number;
  readonly sha256: string;
  /** The chain after every network. */
  readonly each: readonly string[];
}

export interface Evaluated {
  exact(row: number, output: number): Value;
  rounded(row: number, output: number): number;
}

export function inputsOf(spec: Spec, first: number, count: number): Float64Array;
export function digest(
  specs: readonly Spec[],
  evaluator: (k: number) => Promise<(batch: Float64Array) => Promise<Evaluated>>,
): Promise<Digest>;
export function digestBy(
  run: unknown,
  mode: 'simd' | 'scalar' | 'pooled',
  specs: readonly Spec[],
  fileOf: (k: number) => Promise<Uint8Array>,
): Promise<Digest & { readonly mode: string; readonly threads: number }>;
