/**
 * How a user's mistake is reported: one sentence that names the function, the argument,
 * what was expected and what came. The CLI prints the sentence alone and exits with 2.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** What came, short enough for a sentence: long text is cut, bigints and numbers are plain. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'bigint') {
    const text = value.toString();
    return text.length > 40 ? `${text.slice(0, 20)}... (${text.length} digits)` : text;
  }
  if (Array.isArray(value))
    return value.length > 8 ? `an array of ${value.length}` : `[${value.map(shown).join(', ')}]`;
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') {
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && 'toString' in value && value.toString !== Object.prototype.toString) {
    return shown(String(value));
  }
  return value instanceof Object ? `an object of type ${value.constructor?.name ?? 'unknown'}` : typeof value;
}

/** Throws `where: expected <expected>, got <shown(got)>`. */
export function refuse(where: string, expected: string, got: unknown): never {
  throw new InputError(`${where}: expected ${expected}, got ${shown(got)}`);
}

/** A whole number in lo..hi, or a refusal that names `where`. */
export function wholeNumber(where: string, value: unknown, lo: number, hi: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < lo || value > hi) {
    refuse(where, `a whole number in ${lo}..${hi}`, value);
  }
  return value;
}
