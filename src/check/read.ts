/**
 * The checker's own reader of network files (docs/format.md): 'dyad', a version, a section of sequences behind an adaptive
 * binary range coder, items of one network, a CRC-32. It knows nothing of how the files are written.
 */

/** Anything wrong with a network file or a proof: one sentence. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
}

export function need(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Rejected(sentence);
}

/** y = A x + c, entries times 2^-scale, A by rows: those of row i are number start[i]..start[i + 1] - 1. */
export type Layer = Shape & {
  start: Uint32Array;
  column: Uint32Array;
  weight: readonly bigint[];
  bias: readonly bigint[];
};
type Shape = { readonly inputs: number; readonly outputs: number; readonly scale: number };

/** Most units and weights that are taken from a file. */
const MOST = 1 << 26;
const DAMAGED = 'network file: damaged';
const LARGE = 'network file: larger than this checker reads';

/** Counters are [p, n] in 32 bits: the next bit is 1 with probability p / 2^22, after n uses. */
const RARE = 2 ** 29;
const even = (n: number): Uint32Array => new Uint32Array(n).fill(2 ** 31);
const numbers = (): Uint32Array => even(320).fill(RARE, 0, 1);
const choices = (n: number): Uint32Array => even(4 * n).map((v, i) => (i % 4 === 0 ? RARE : v));

/** Bits and numbers from bytes. */
function bitsOf(bytes: Uint8Array) {
  let [range, code, at] = [0xffffffff, 0, 0];
  const pull = (): void => {
    need(at < bytes.length + 4, 'network file: a section ends too early');
    code = ((code << 8) | (bytes[at++] ?? 0)) >>> 0;
    range = (range << 8) >>> 0;
  };
  for (let i = 0; i < 4; i++) pull();
  range = 0xffffffff;

  const bit = (model: Uint32Array, i: number): number => {
    const counter = model[i] as number;
    const bound = (range >>> 16) * ((counter >>> 16) | 1);
    const bit = code < bound ? 1 : 0;
    if (bit === 0) code -= bound;
    range = bit === 1 ? bound : range - bound;
    while (range < 0x1000000) pull();
    const [n, p] = [counter & 1023, counter >>> 10];
    model[i] = ((p + (((2 * ((bit << 22) - p)) / (2 * n + 3)) | 0)) << 10) | (n < 1023 ? n + 1 : n);
    return bit;
  };
  const direct = (count: number): number => {
    const part = range >>> count;
    const value = Math.floor(code / part);
    need(value >> count === 0, DAMAGED);
    [code, range] = [code - part * value, part];
    while (range < 0x1000000) pull();
    return value;
  };
  /** `count` digits below a leading 1, the first ones by a tree of counters. */
  const digits = (model: Uint32Array, tree: number, count: number, predicted: number): bigint => {
    let [out, left] = [1, count];
    for (; left > 0 && count - left < predicted; left--) out = 2 * out + bit(model, tree + out);
    for (; left > 0 && count <= 52; left -= Math.min(left, 8))
      out = out * 2 ** Math.min(left, 8) + direct(Math.min(left, 8));
    let long = BigInt(out);
    for (let some = 0; left > 0; left -= some) {
      some = Math.min(left, 8);
      long = (long << BigInt(some)) + BigInt(direct(some));
    }
    return long;
  };
  const number = (model: Uint32Array): number => {
    let k = 0;
    while (bit(model, k) === 1) need(++k <= 52, DAMAGED);
    return Number(digits(model, 64, k, 8)) - 1;
  };
  return { bit, digits, number };
}
type Bits = ReturnType<typeof bitsOf>;

/** A value model: reads values of any size. */
function valueModel(phases: number): (b: Bits, phase: number, precision: number) => bigint {
  const after = 64 * phases;
  const model = even(after + 4 + 512);
  for (let p = 0; p < phases; p++) model.fill(RARE, 64 * p + 1, 64 * p + 3);
  model[after + 3] = RARE;
  const long = numbers();
  let before = 0;
  return (b, phase, precision) => {
    let k = 1;
    for (let i = 0; i < 6; i++) k = 2 * k + b.bit(model, 64 * phase + k);
    k -= 64;
    const lead = after + 4 + 8 * k;
    if (k === 63) k += b.number(long);
    if (k === 0) return 0n;
    need(k <= 1 << 20, LARGE);
    const negative = b.bit(model, after + before) === 1;
    before = negative ? 2 : 1;
    const kept = precision > 0 && precision < k ? precision - 1 : k - 1;
    const low = BigInt(k - 1 - kept);
    const ones = low > 0n && b.bit(model, after + 3) === 1 ? (1n << low) - 1n : 0n;
    const size = (b.digits(model, lead, kept, 3) << low) + ones;
    return negative ? -size : size;
  };
}

/** Sequences, one behind the other; what is learned about their runs carries over. */
function sequences(b: Bits) {
  const [kinds, orders, again] = [choices(5), choices(4), even(1)];
  const models = Array.from({ length: 8 }, numbers);
  const constants = valueModel(1);
  const number = (kind: number): number => b.number(models[kind] as Uint32Array);
  const phasesOf = (counters: number): number => {
    const n = number(4) + 1;
    need(n <= 1 << 16 && n * counters <= 1 << 20, DAMAGED);
    return n;
  };
  const choice = (model: Uint32Array, before: number): number => {
    const high = b.bit(model, 4 * before);
    return 2 * high + b.bit(model, 4 * before + 1 + high);
  };

  /** Reads a palette: a reader of element i of a run. */
  const paletteOf = (): ((i: number) => bigint) => {
    const size = number(5) + 1;
    need(size <= 4096, DAMAGED);
    const values = [constants(b, 0, 0)];
    while (values.length < size) values.push((values.at(-1) as bigint) + 1n + BigInt(number(6)));
    const [near, far] = [number(1), number(1)].filter((look) => look > 0);
    const looks = near === undefined ? 0 : far === undefined ? 1 : 2;
    const wide = size === 1 ? 1 : 2 ** (32 - Math.clz32(size - 1));
    const each = 4 ** looks * wide;
    const phases = phasesOf(each);
    const model = even(phases * each);
    const seen: number[] = []; // in which quarter of the palette
    return (i) => {
      let context = i % phases;
      if (near !== undefined) context = 4 * context + (i < near ? 0 : (seen[i - near] as number));
      if (far !== undefined) context = 4 * context + (i < far ? 0 : (seen[i - far] as number));
      let index = 0;
      for (let half = wide >> 1, node = 1; half > 0; half >>= 1) {
        const one = index + half >= size ? 0 : b.bit(model, context * wide + node);
        node = 2 * node + one;
        index += one * half;
      }
      if (looks > 0) seen[i] = size <= 4 ? index : Math.floor((4 * index) / size);
      return values[index] as bigint;
    };
  };
  const read = (length: number, ends: readonly number[] = [length]): bigint[] => {
    need(length <= MOST, LARGE);
    const x: bigint[] = [];
    const last = [0, 1, 2, 3].map(() => [0, 0] as [number, number]);
    const size = (s: number): number => (ends[s] ?? 0) - (ends[s - 1] ?? 0);
    let [kind, distance, segment] = [4, 1, 0];
    let palette: ((i: number) => bigint) | undefined;
    while (x.length < length) {
      const from = x.length;
      while ((ends[segment] as number) <= from) segment++;
      kind = choice(kinds, kind);
      const order = choice(orders, kind);
      const d = order === 0 ? 0 : number(0);
      if (order > 0) distance = d > 2 ? d - 2 : ([distance, size(segment - 1), size(segment)][d] as number);
      const lengths = last[kind] as [number, number];
      const code = number(2);
      const known = [(ends[segment] as number) - from, length - from, lengths[0], 2 * lengths[0] - lengths[1]];
      const n = code > 3 ? code - 3 : (known[code] as number);
      need(distance > 0 && n > 0 && n <= length - from, DAMAGED);
      if (code > 1) last[kind] = [n, lengths[0]];
      const r = kind === 0 ? constants(b, 0, 0) : 0n;
      if (kind === 2 && (!palette || b.bit(again, 0) === 0)) palette = paletteOf();
      const precision = kind % 2 === 1 ? number(3) : 0;
      const phases = kind % 2 === 1 ? phasesOf(kind === 1 ? 64 : 1) : 1;
      const values = kind % 2 === 1 ? valueModel(kind === 1 ? phases : 1) : () => 0n;
      const patched = even(kind === 3 ? phases : 0);
      for (let i = 0; i < n; i++) {
        const back = order === 0 ? 0n : (x[x.length - distance] ?? 0n);
        let v = back; // the prediction
        if (order === 2) v = 2n * back - (x[x.length - 2 * distance] ?? 0n);
        if (order === 3) v = -back;
        if (kind === 0) v += r;
        else if (kind === 1) v += values(b, i % phases, precision);
        else if (kind === 2) v += palette?.(i) ?? 0n;
        else if (b.bit(patched, i % phases) === 1) v = values(b, 0, precision);
        x.push(v);
      }
    }
    return x;
  };
  return { number, read };
}

type Sequences = ReturnType<typeof sequences>;

function crc32(bytes: Uint8Array): number {
  let c = -1;
  for (const byte of bytes) {
    c ^= byte;
    for (let i = 0; i < 8; i++) c = (c >>> 1) ^ (0xedb88320 & -(c & 1));
  }
  return ~c >>> 0;
}

/** The layers of the one network in the file. */
export function readNetwork(bytes: Uint8Array): Layer[] {
  const end = bytes.length - 4;
  need(end > 5 && [0x64, 0x79, 0x61, 0x64, 1].every((v, i) => bytes[i] === v), 'expected a network file, version 1');
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  need(stored === crc32(bytes.subarray(0, end)), 'network file: its checksum does not fit');
  let at = 5;
  const section = (): Bits => {
    let length = 0;
    for (let up = 1, byte = 128; byte >= 128; up *= 128) {
      need(at < end && up < 2 ** 42, 'network file: it ends too early');
      byte = bytes[at++] as number;
      length += (byte & 127) * up;
    }
    need(length <= end - at, 'network file: a section is longer than the file');
    at += length;
    return bitsOf(bytes.subarray(at - length, at));
  };
  const s = sequences(section());
  const tagged = (byte: number): Bits | undefined => (at < end && bytes[at] === byte && ++at ? section() : undefined);
  tagged(0x4d); // what people are told
  const intrinsic = tagged(0x49);
  need(at === end, 'expected a file of one network');
  return layersOf(s, intrinsic && sequences(intrinsic));
}

function whole(v: bigint | undefined, lo: number, hi: number): number {
  const n = Number(v);
  need(n >= lo && n <= hi, DAMAGED);
  return n;
}

function layersOf(s: Sequences, intrinsic: Sequences | undefined): Layer[] {
  const depth = s.number(7) + 1;
  const widths = s.read(depth + 1).map((w) => whole(w, 0, 2 ** 24 - 1) + 1);
  const scales = s.read(depth).map((v) => whole(v, -(2 ** 20), 2 ** 20));
  if (s.number(7) > 0) s.read(4 * (widths[0] as number)); // the domain: a proof names its own
  const marked = s.number(7);
  const marks = [s.read(marked), s.read(marked), s.read(marked)] as const;
  const segments = (sizes: readonly number[]): bigint[] => {
    const ends = [0];
    for (const n of sizes) ends.push((ends.at(-1) as number) + n);
    return s.read(ends.at(-1) as number, ends.slice(1));
  };
  const rows = widths.slice(1);
  const degrees = segments(rows);
  // Of each layer: its rows' starts, how many first columns and gaps are written.
  let row = 0;
  const shapes = rows.map((outputs, l) => {
    const inputs = widths[l] as number;
    const start = new Uint32Array(outputs + 1);
    let [firsts, gaps] = [0, 0];
    for (let i = 0; i < outputs; i++) {
      const code = whole(degrees[row++], 0, inputs);
      const degree = code === 0 ? inputs : code - 1;
      if (code > 1) firsts++;
      if (code > 1) gaps += degree - 1;
      need((start[i] as number) + degree <= MOST, LARGE);
      start[i + 1] = (start[i] as number) + degree;
    }
    return { start, firsts, gaps, cells: start[outputs] as number };
  });
  const first = segments(shapes.map(({ firsts }) => firsts));
  const gap = segments(shapes.map(({ gaps }) => gaps));
  const bias = segments(rows);
  const cell = segments(shapes.map(({ cells }) => cells));
  let [f, g, rowEnd, cellEnd] = [0, 0, 0, 0];
  const layers = shapes.map(({ start, cells }, l): Layer => {
    const [inputs, outputs] = [widths[l] as number, rows[l] as number];
    const column = new Uint32Array(cells);
    for (let i = 0; i < outputs; i++) {
      const [from, to] = [start[i] as number, start[i + 1] as number];
      for (let k = from, j = 0; k < to; k++) {
        if (to - from === inputs) j = k - from;
        else j = k === from ? whole(first[f++], 0, inputs - 1) : j + whole(gap[g++], 0, inputs) + 1;
        need(j < inputs, DAMAGED);
        column[k] = j;
      }
    }
    rowEnd += outputs;
    cellEnd += cells;
    const weight = cell.slice(cellEnd - cells, cellEnd);
    const layer = { inputs, outputs, scale: scales[l] as number, start, column, weight };
    return { ...layer, bias: bias.slice(rowEnd - outputs, rowEnd) };
  });
  need((intrinsic !== undefined) === marked > 0, DAMAGED);
  if (!intrinsic) return layers;
  const [exponents, mantissas] = [intrinsic.read(marked), intrinsic.read(marked)];
  // A layer's intrinsic values go into their places, which are made fine enough for them.
  return layers.map((layer, l) => {
    const mine = [...exponents.keys()].filter((i) => Number(marks[0][i]) === l);
    const scale = mine.reduce((m, i) => Math.max(m, -Number(exponents[i])), layer.scale);
    need(scale <= 2 ** 21, LARGE);
    const finer = (v: bigint): bigint => v << BigInt(scale - layer.scale);
    const [weight, bias] = [layer.weight.map(finer), layer.bias.map(finer)];
    for (const i of mine) {
      const row = whole(marks[1][i], 0, layer.outputs - 1);
      const column = Number(marks[2][i]) - 1;
      const at = column < 0 ? row : layer.column.indexOf(column, layer.start[row]);
      need(column < 0 || (at >= 0 && at < (layer.start[row + 1] as number)), DAMAGED);
      (column < 0 ? bias : weight)[at] = (mantissas[i] as bigint) << (BigInt(scale) + (exponents[i] as bigint));
    }
    return { ...layer, scale, weight, bias };
  });
}
