/**
 * JSON from strangers, read as data: every field is asked for by name, an unknown field is refused, every length is checked.
 */
import { createHash } from 'node:crypto';
import { InputError, refuse, shown } from '../exact/index.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** An object with no other keys than these. */
export function objectOf(value: unknown, where: string, keys: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(where, 'an object', value);
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw new InputError(`${where}: expected only ${keys.join(', ')}, got ${shown(key)}`);
  }
  return value as Fields;
}

/** A list of 1..most entries. */
export function listOf(value: unknown, where: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) refuse(where, 'a list', value);
  if (value.length === 0 || value.length > most) refuse(where, `a list of 1..${most} entries`, value.length);
  return value;
}

/** A text of 1..most characters. */
export function textOf(value: unknown, where: string, most: number): string {
  if (typeof value !== 'string' || value.length === 0) refuse(where, 'a text', value);
  if (value.length > most) refuse(where, `a text of at most ${most} characters`, `${value.length} characters`);
  return value;
}

/** A number as it was written: a text, or a JSON number as its shortest decimal. */
export function decimalOf(value: unknown, where: string): string {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'string' && value.length > 0 && value.length <= 200) return value.trim();
  return refuse(where, 'a number, or a text such as "1e-4"', value);
}

export function oneOf<T extends string>(value: unknown, where: string, words: readonly T[]): T {
  if (typeof value !== 'string' || !(words as readonly string[]).includes(value)) {
    refuse(where, words.join(', '), value);
  }
  return value as T;
}

/** A finite number in lo..hi. */
export function numberOf(value: unknown, where: string, lo: number, hi: number): number {
  if (typeof value !== 'number' || !(value >= lo && value <= hi)) refuse(where, `a number in ${lo}..${hi}`, value);
  return value;
}

/** Parses JSON; a syntax error becomes one sentence. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`${where}: expected JSON`);
  }
}

/** SHA-256, in hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
