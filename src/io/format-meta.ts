/**
 * What a network file says about its network, for people and programs: JSON-like, small, and written in one canonical
 * way (keys sorted, no spaces), so that equal files have equal bytes. Nothing here decides how the network is run.
 */
import { InputError, refuse } from '../exact/index.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A name and a unit, such as { name: 'voltage', unit: 'mV' }. */
export interface Quantity {
  readonly name?: string;
  readonly unit?: string;
}

/** What was proved about the network, each number as an exact text that Dyadic.parse or Rational.parse reads. */
export interface Proved {
  /** sup |f - net| is at most this over the file's domain. */
  readonly upper?: string;
  /** sup |f - net| is at least this: the error at the witness. */
  readonly lower?: string;
  /** The point of the lower bound, one text an input. */
  readonly witness?: readonly string[];
  /** What the proof rests on, one sentence each. */
  readonly restsOn?: readonly string[];
}

/** The documented fields; any further field of JSON type may stand beside them. */
export interface Meta {
  readonly name?: string;
  /** The construction, such as 'interpolate'. */
  readonly method?: string;
  /** What is approximated, as the user wrote it. */
  readonly target?: string;
  readonly inputs?: readonly Quantity[];
  readonly outputs?: readonly Quantity[];
  readonly proved?: Proved;
  /** The bound that the construction's theorem gives for its whole class, exact text. */
  readonly guaranteed?: string;
  readonly [key: string]: unknown;
}

/** Most bytes of canonical UTF-8 text, and most levels of nesting. */
export const META_LIMITS = Object.freeze({ bytes: 1 << 16, depth: 32 });

/** Canonical text: keys in code-unit order, no spaces, absent where undefined. Throws InputError on what JSON cannot hold. */
export function canonicalJson(value: unknown, where = 'meta'): string {
  return write(value, where, 0);
}

function write(value: unknown, where: string, depth: number): string {
  if (depth > META_LIMITS.depth) refuse(where, `at most ${META_LIMITS.depth} levels of nesting`, 'more');
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) refuse(where, 'well-formed Unicode text', 'a lone surrogate');
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(where, 'a finite number', value);
    return JSON.stringify(value);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) {
    return `[${value.map((item, i) => write(item, `${where}[${i}]`, depth + 1)).join(',')}]`;
  }
  if (typeof value !== 'object' || ![Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    refuse(where, 'text, a finite number, true, false, null, a list or a plain object', value);
  }
  const fields = Object.entries(value as Record<string, unknown>)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${write(key, where, depth + 1)}:${write(item, `${where}.${key}`, depth + 1)}`);
  return `{${fields.join(',')}}`;
}

/** The UTF-8 bytes of a file's meta; throws InputError where it is not an object of JSON values or too long. */
export function metaBytes(meta: Meta): Uint8Array {
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) refuse('meta', 'a plain object', meta);
  const bytes = new TextEncoder().encode(canonicalJson(meta));
  if (bytes.length > META_LIMITS.bytes) refuse('meta', `at most ${META_LIMITS.bytes} bytes of text`, bytes.length);
  return bytes;
}

/** The meta of these bytes, frozen through and through. Only canonical text is accepted. */
export function metaFromBytes(bytes: Uint8Array): Meta {
  let value: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new InputError('network file: the meta section is not JSON text');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || canonicalJson(value) !== text) {
    throw new InputError('network file: the meta section is not a canonical JSON object');
  }
  return deepFreeze(value) as Meta;
}

function deepFreeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}
