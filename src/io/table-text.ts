/** What both layouts of a table share: bytes to lines, digits to fractions, units, and the limits. */
import { InputError, parseDecimal, Rational, shown } from '../exact/index.ts';
import type { Quantity } from './format-meta.ts';

export const MAX_TABLE_BYTES = 1 << 27;
export const MAX_TABLE_ROWS = 1 << 21;
export const MAX_LINE = 10_000;
export const MAX_DIGITS = 200;
/** A column's name and unit are cut after this many characters. */
export const MAX_NAME = 120;
export const MAX_TENS = 400;

export interface Point {
  readonly x: Rational;
  readonly y: Rational;
  readonly row: number;
}

/** What a layout's reader found. */
export interface Draft {
  readonly layout: 'delimited' | 'its-90';
  readonly points: Point[];
  readonly x: Quantity;
  readonly y: Quantity;
  readonly title?: string;
  readonly notes: string[];
}

export function fail(where: string, row: number | undefined, message: string): never {
  throw new InputError(`${where}${row === undefined ? '' : `, row ${row}`}: ${message}`);
}

/** UTF-8 (with or without its mark), UTF-16 with its mark, else Latin-1. */
export function decode(bytes: Uint8Array, where: string): string {
  if (bytes.length > MAX_TABLE_BYTES) {
    fail(where, undefined, `expected at most ${MAX_TABLE_BYTES} bytes, got ${bytes.length}`);
  }
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}

export function splitLines(text: string, where: string): string[] {
  if (text.length > MAX_TABLE_BYTES) {
    fail(where, undefined, `expected at most ${MAX_TABLE_BYTES} characters, got ${text.length}`);
  }
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  if (lines.length > 2 * MAX_TABLE_ROWS) {
    fail(where, undefined, `expected at most ${2 * MAX_TABLE_ROWS} lines, got ${lines.length}`);
  }
  const long = lines.findIndex((line) => line.length > MAX_LINE);
  if (long >= 0) {
    fail(where, long + 1, `expected at most ${MAX_LINE} characters a line, got ${(lines[long] as string).length}`);
  }
  return lines;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?$/;

export function number(text: string, where: string, row: number): Rational {
  if (!NUMBER.test(text)) fail(where, row, `expected a number, got ${shown(text)}`);
  const { m, tens } = parseDecimal(text);
  if (text.length > MAX_DIGITS || Math.abs(tens) > MAX_TENS) {
    fail(
      where,
      row,
      `expected a number of at most ${MAX_DIGITS} digits with an exponent up to ${MAX_TENS}, got ${shown(text)}`,
    );
  }
  const power = 10n ** BigInt(Math.abs(tens));
  return tens >= 0 ? Rational.of(m * power) : Rational.of(m, power);
}

/** A fraction that came from a decimal, as people read it. */
export function decimal(x: Rational): string {
  return x.d === 1n ? x.n.toString() : String(x.toNumber());
}

/** `Temperature [degC]`, `x (mV)`, `T/degC`: a name and a unit. */
export function column(header: string): Quantity {
  const text = header.slice(0, MAX_NAME);
  const found = /^(.*?)\s*[[(]\s*([^\])]*?)\s*[\])]\s*$/.exec(text) ?? /^([^/]+?)\s*\/\s*([^/]+?)\s*$/.exec(text);
  const name = (found ? (found[1] as string) : text).trim();
  const unit = found ? (found[2] as string).trim() : '';
  return { ...(name === '' ? {} : { name }), ...(unit === '' ? {} : { unit: plainUnit(unit) }) };
}

/** Degrees as ASCII, so that a unit survives every terminal: `°C` is degC. */
export const plainUnit = (unit: string): string => unit.replace(/[°º]\s*/g, 'deg');

/** Whether a field is meant as a number (`1,5` is). */
export const isNumeral = (text: string): boolean => /^[+-]?[\d.,]+(?:[eE][+-]?\d+)?$/.test(text) && /\d/.test(text);
