/**
 * The JSON export of a network file: the same content for people to read and to write by hand, exact, in one canonical form.
 *
 *   { "dyadnet": 1,
 *     "meta": {...}, "domain": [[0, 1]], "intrinsic": [{"layer": 0, "row": 1, "column": 2}],
 *     "layers": [ { "inputs": 1, "rows": [
 *       { "bias": -0.25, "from": [0], "weight": ["3*2^-60"] },
 *       ...
 *
 * A number stands as a JSON number where its decimal text is exactly it, and as text `m*2^e` elsewhere. Layers and rows are
 * counted from 0; row i of layer l is unit i: bias + sum of weight * unit `from` of the layer below.
 */
import { Dyadic, InputError, Interval, refuse, shown, wholeNumber } from '../exact/index.ts';
import { biasAt, type Layer, LayerBuilder, LIMITS, Network, weightAt } from '../net/index.ts';
import type { NetworkFile } from './format-container.ts';
import { marksByLayer } from './format-marks.ts';
import { canonicalJson, type Meta, metaBytes, metaFromBytes } from './format-meta.ts';
import type { Entry } from './format-rows.ts';

/** Most binary digits of a layer's mantissas together. */
const MOST_BITS = 2 ** 33;

/** The text, one row of a layer a line. The same file gives the same text. */
export function toJson({ network, domain, meta, intrinsic }: NetworkFile): string {
  const parts = ['"dyadnet": 1'];
  if (meta) parts.push(`"meta": ${canonicalJson(meta)}`);
  if (domain)
    parts.push(`"domain": [${domain.map(({ lo, hi }) => `[${numberText(lo)}, ${numberText(hi)}]`).join(', ')}]`);
  if (intrinsic) {
    const entries = intrinsic.map(({ layer, row, column }) =>
      column === undefined
        ? `{"layer": ${layer}, "row": ${row}}`
        : `{"layer": ${layer}, "row": ${row}, "column": ${column}}`,
    );
    parts.push(`"intrinsic": [${entries.join(', ')}]`);
  }
  parts.push(`"layers": [\n${network.layers.map(layerText).join(',\n')}\n]`);
  return `{\n${parts.join(',\n')}\n}\n`;
}

function layerText(layer: Layer): string {
  const rows: string[] = [];
  for (let i = 0; i < layer.outputs; i++) {
    const from: number[] = [];
    const weight: string[] = [];
    for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
      from.push(layer.column[k] as number);
      weight.push(numberText(weightAt(layer, k)));
    }
    rows.push(
      `{"bias": ${numberText(biasAt(layer, i))}, "from": [${from.join(', ')}], "weight": [${weight.join(', ')}]}`,
    );
  }
  return `{"inputs": ${layer.inputs}, "rows": [\n${rows.join(',\n')}\n]}`;
}

/** A JSON number where its decimal digits are exactly x, else `"m*2^e"`. */
function numberText(x: Dyadic): string {
  // Beyond 2^53 and below 2^-60 no short decimal is exact.
  if (x.isZero || (x.exponent < 53 && x.e > -60)) {
    const text = String(x.toNumber());
    if (text === x.toDecimal()) return text;
  }
  return `"${x}"`;
}

/** The network file of a text. Throws InputError, which names the place, where it is none. */
export function fromJson(text: string): NetworkFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`network JSON: expected JSON text, got ${(error as Error).message}`);
  }
  const file = record(value, 'network JSON', ['dyadnet', 'meta', 'domain', 'intrinsic', 'layers']);
  if (file.dyadnet !== 1) refuse('network JSON: dyadnet', 'the format version 1', file.dyadnet);
  const layers = list(file.layers, 'layers').map(layerOf);
  const network = new Network(layers);
  return Object.freeze({
    network,
    ...(file.domain === undefined ? {} : { domain: domainOf(file.domain, network.inputs) }),
    ...(file.meta === undefined ? {} : { meta: metaFromBytes(metaBytes(file.meta as Meta)) }),
    ...(file.intrinsic === undefined ? {} : { intrinsic: entriesOf(file.intrinsic, network) }),
  });
}

function layerOf(value: unknown, l: number): Layer {
  const where = `layers[${l}]`;
  const { inputs: units, rows } = record(value, where, ['inputs', 'rows']);
  const inputs = wholeNumber(`${where}.inputs`, units, 1, LIMITS.width);
  const builder = new LayerBuilder(inputs);
  // One fine weight makes every mantissa of its layer longer: what that takes is known before it is taken.
  let finest = 0;
  let exponents = 0;
  let count = 0;
  const number = (v: unknown, at: string): Dyadic => {
    const x = numberOf(v, at);
    if (x.isZero) return x;
    finest = Math.max(finest, -x.e);
    exponents += x.exponent;
    count++;
    return x;
  };
  list(rows, `${where}.rows`).forEach((row, i) => {
    const at = `${where}.rows[${i}]`;
    const fields = record(row, at, ['bias', 'from', 'weight']);
    const from = list(fields.from ?? [], `${at}.from`);
    const weight = list(fields.weight ?? [], `${at}.weight`);
    if (from.length !== weight.length)
      refuse(at, `as many weights as entries of "from" (${from.length})`, weight.length);
    builder.row(
      number(fields.bias ?? 0, `${at}.bias`),
      weight.map((w, k) => {
        const column = from[k];
        const whole = Number.isInteger(column) && (column as number) >= 0 && (column as number) < inputs;
        if (!whole) refuse(`${at}.from[${k}]`, `a unit 0..${inputs - 1} of the layer below`, column);
        return [column as number, number(w, `${at}.weight[${k}]`)] as const;
      }),
    );
  });
  const bits = exponents + count * finest;
  if (bits > MOST_BITS) refuse(where, `mantissas of at most ${MOST_BITS} bits in all`, bits);
  try {
    return builder.build();
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${where}: ${error.message}`) : error;
  }
}

function domainOf(value: unknown, inputs: number): readonly Interval[] {
  const intervals = list(value, 'domain');
  if (intervals.length !== inputs) refuse('domain', `${inputs} intervals [lo, hi]`, intervals.length);
  return Object.freeze(
    intervals.map((item, i) => {
      const ends = list(item, `domain[${i}]`);
      if (ends.length !== 2) refuse(`domain[${i}]`, 'two ends', ends.length);
      const [lo, hi] = ends.map((end, k) => numberOf(end, `domain[${i}][${k}]`)) as [Dyadic, Dyadic];
      if (lo.gt(hi)) refuse(`domain[${i}]`, 'a lower end below the upper end', `[${lo}, ${hi}]`);
      return Interval.of(lo, hi);
    }),
  );
}

function entriesOf(value: unknown, network: Network): readonly Entry[] {
  const entries = list(value, 'intrinsic').map((item, i): Entry => {
    const { layer, row, column } = record(item, `intrinsic[${i}]`, ['layer', 'row', 'column']);
    return Object.freeze(
      column === undefined
        ? { layer: layer as number, row: row as number }
        : { layer: layer as number, row: row as number, column: column as number },
    );
  });
  marksByLayer(network, entries, 'intrinsic');
  return Object.freeze(entries);
}

/** A number whose shortest decimal is exact, or a text that Dyadic.parse reads. */
function numberOf(value: unknown, where: string): Dyadic {
  if (typeof value === 'number' && Number.isFinite(value)) {
    const exact = Dyadic.from(value);
    if (exact.isZero || (exact.exponent < 53 && exact.e > -60 && String(value) === exact.toDecimal())) return exact;
    refuse(where, 'a number with an exact short decimal, or text such as "3*2^-60"', value);
  }
  if (typeof value !== 'string') refuse(where, 'a number or text such as "3*2^-60"', value);
  try {
    return Dyadic.parse(value);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${where}: ${error.message}`) : error;
  }
}

function list(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(where, 'a list', value);
}

function record(value: unknown, where: string, fields: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(where, 'an object', value);
  for (const key of Object.keys(value)) {
    if (!fields.includes(key))
      throw new InputError(`${where}: expected the fields ${fields.join(', ')}, got ${shown(key)}`);
  }
  return value as Record<string, unknown>;
}
