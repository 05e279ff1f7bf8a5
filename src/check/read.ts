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

/** y = A x + c, entries times 2^-scale, A by rows. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly scale: number;
  readonly start: Uint32Array;
  readonly column: Uint32Array;
  readonly weight: Value[];
  readonly bias: Value[];
}

/** A whole number: a number where it is safe, else a bigint. */
export type Value = number | bigint;

/** Most units and weights that are taken from a file. */
const MOST = 1 << 26;

const broken = (): never => {
  throw new Rejected('network file: damaged');
};
const short = (v: bigint): Value => (v >= -9007199254740991n && v <= 9007199254740991n ? Number(v) : v);
const sum = (a: Value, b: Value): Value => {
  const v = typeof a === 'number' && typeof b === 'number' ? a + b : Number.NaN;
  return Number.isSafeInteger(v) ? v : short(BigInt(a) + BigInt(b));
};

const negative = (v: Value): Value => (typeof v === 'number' ? -v : -v);

/** Bits from bytes. A counter is [p, n]: the next bit is 1 with probability p / 2^22, after n uses. */
class Bits {
  private range = 0xffffffff;
  private code = 0;
  private past = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly end: number,
  ) {
    for (let i = 0; i < 4; i++) this.pull();
    this.range = 0xffffffff;
  }

  private pull(): void {
    if (this.at >= this.end) need(++this.past <= 4, 'network file: a section ends too early');
    const byte = this.at < this.end ? (this.bytes[this.at++] as number) : 0;
    this.code = ((this.code << 8) | byte) >>> 0;
    this.range = (this.range << 8) >>> 0;
  }

  bit(model: Uint32Array, i: number): number {
    const counter = model[i] as number;
    const bound = (this.range >>> 16) * ((counter >>> 16) | 1);
    const bit = this.code < bound ? 1 : 0;
    if (bit === 1) this.range = bound;
    else {
      this.code -= bound;
      this.range -= bound;
    }
    while (this.range < 0x1000000) this.pull();
    const n = counter & 1023;
    const p = counter >>> 10;
    model[i] = (p + Math.trunc((2 * ((bit << 22) - p)) / (2 * n + 3))) * 1024 + Math.min(n + 1, 1023);
    return bit;
  }

  direct(count: number): number {
    const part = this.range >>> count;
    const value = Math.floor(this.code / part);
    if (value >> count !== 0) broken();
    this.code -= part * value;
    this.range = part;
    while (this.range < 0x1000000) this.pull();
    return value;
  }
}

const even = (n: number): Uint32Array => new Uint32Array(n).fill(2 ** 31);
const RARE = 2 ** 29;
const numbers = (): Uint32Array => even(320).fill(RARE, 0, 1);
const choices = (n: number): Uint32Array => even(4 * n).map((v, i) => (i % 4 === 0 ? RARE : v));

/** `count` digits below a leading 1, the first ones by a tree of counters. */
function digits(b: Bits, model: Uint32Array, tree: number, count: number, predicted: number): Value {
  let out = 1;
  let left = count;
  for (; left > 0 && count - left < predicted; left--) out = 2 * out + b.bit(model, tree + out);
  if (count > 52) {
    let long = BigInt(out);
    for (; left > 0; left -= Math.min(left, 8)) {
      long = (long << BigInt(Math.min(left, 8))) + BigInt(b.direct(Math.min(left, 8)));
    }
    return long;
  }
  for (; left > 0; left -= Math.min(left, 8)) out = out * 2 ** Math.min(left, 8) + b.direct(Math.min(left, 8));
  return out;
}

function number(b: Bits, model: Uint32Array): number {
  let k = 0;
  while (b.bit(model, k) === 1) if (++k > 52) broken();
  return Number(digits(b, model, 64, k, 8)) - 1;
}

class Values {
  private readonly model: Uint32Array;
  private readonly long = numbers();
  private before = 0;

  constructor(private readonly phases: number) {
    this.model = even(64 * phases + 4 + 512);
    for (let p = 0; p < phases; p++) this.model.fill(RARE, 64 * p + 1, 64 * p + 3);
    this.model[64 * phases + 3] = RARE;
  }

  read(b: Bits, phase: number, precision: number): Value {
    const { model } = this;
    let k = 1;
    for (let i = 0; i < 6; i++) k = 2 * k + b.bit(model, 64 * phase + k);
    k -= 64;
    const lead = 64 * this.phases + 4 + 8 * k;
    if (k === 63) k += number(b, this.long);
    if (k === 0) return 0;
    if (k > 1 << 20) broken();
    const negative = b.bit(model, 64 * this.phases + this.before) === 1;
    this.before = negative ? 2 : 1;
    const kept = precision > 0 && precision < k ? precision - 1 : k - 1;
    const low = k - 1 - kept;
    const ones = low > 0 && b.bit(model, 64 * this.phases + 3) === 1;
    const head = digits(b, model, lead, kept, 3);
    if (k <= 53) {
      const size = Number(head) * 2 ** low + (ones ? 2 ** low - 1 : 0);
      return negative ? -size : size;
    }
    const size = (BigInt(head) << BigInt(low)) + (ones ? (1n << BigInt(low)) - 1n : 0n);
    return short(negative ? -size : size);
  }
}

/** Sequences, one behind the other; what is learned about their runs carries over. */
class Sequences {
  private readonly kinds = choices(5);
  private readonly orders = choices(4);
  private readonly again = even(1);
  private readonly numbers = Array.from({ length: 8 }, numbers);
  private readonly constants = new Values(1);

  constructor(private readonly b: Bits) {}

  count(): number {
    return this.number(7);
  }

  read(length: number, ends: readonly number[] = [length]): Value[] {
    need(length <= MOST, 'network file: larger than this checker reads');
    const { b } = this;
    const x: Value[] = [];
    const last = [0, 1, 2, 3].map(() => [0, 0] as [number, number]);
    const size = (s: number): number => (ends[s] ?? 0) - (ends[s - 1] ?? 0);
    let [kind, distance, segment] = [4, 1, 0];
    let palette: Palette | undefined;
    while (x.length < length) {
      const from = x.length;
      while ((ends[segment] as number) <= from) segment++;
      kind = this.choice(this.kinds, kind);
      const order = this.choice(this.orders, kind);
      if (order > 0) {
        const d = this.number(0);
        distance = d > 2 ? d - 2 : ([distance, size(segment - 1), size(segment)][d] as number);
        if (distance < 1) broken();
      }
      const lengths = last[kind] as [number, number];
      const code = this.number(2);
      const known = [(ends[segment] as number) - from, length - from, lengths[0], 2 * lengths[0] - lengths[1]];
      const n = code > 3 ? code - 3 : (known[code] as number);
      if (n < 1 || n > length - from) broken();
      if (code > 1) last[kind] = [n, lengths[0]];
      const r = kind === 0 ? this.constants.read(b, 0, 0) : 0;
      if (kind === 2 && (!palette || b.bit(this.again, 0) === 0)) palette = this.palette();
      palette?.seen.splice(0);
      const precision = kind % 2 === 1 ? this.number(3) : 0;
      const phases = kind % 2 === 1 ? this.phases(kind === 1 ? 64 : 1) : 1;
      const values = new Values(kind === 1 ? phases : 1);
      const patched = even(phases);
      for (let i = 0; i < n; i++) {
        let v: Value = 0; // the prediction
        if (order > 0) {
          const j = x.length - distance;
          const back = j < 0 ? 0 : (x[j] as Value);
          if (order === 1) v = back;
          else if (order === 3) v = negative(back);
          else v = sum(sum(back, back), negative(x[j - distance] ?? 0));
        }
        if (kind === 0) v = sum(v, r);
        else if (kind === 1) v = sum(v, values.read(b, i % phases, precision));
        else if (kind === 2) v = sum(v, (palette as Palette).read(b, i));
        else if (b.bit(patched, i % phases) === 1) v = values.read(b, 0, precision);
        x.push(v);
      }
    }
    return x;
  }

  private palette(): Palette {
    const size = this.number(5) + 1;
    if (size > 4096) broken();
    const values = [Number(this.constants.read(this.b, 0, 0))];
    while (values.length < size) values.push((values[values.length - 1] as number) + 1 + this.number(6));
    const looks = [this.number(1), this.number(1)];
    const depth = size === 1 ? 0 : 32 - Math.clz32(size - 1);
    return new Palette(values, looks, depth, (counters) => this.phases(counters));
  }

  private phases(counters: number): number {
    const n = this.number(4) + 1;
    if (n > 1 << 16 || n * counters > 1 << 20) broken();
    return n;
  }

  private number(kind: number): number {
    return number(this.b, this.numbers[kind] as Uint32Array);
  }

  private choice(model: Uint32Array, before: number): number {
    const high = this.b.bit(model, 4 * before);
    return 2 * high + this.b.bit(model, 4 * before + 1 + high);
  }
}

class Palette {
  /** Indices of this run so far. */
  readonly seen: number[] = [];
  private readonly phases: number;
  private readonly model: Uint32Array;

  constructor(
    private readonly values: readonly number[],
    private readonly looks: readonly number[],
    private readonly depth: number,
    phases: (counters: number) => number,
  ) {
    const each = looks.reduce((n, look) => (look > 0 ? 4 * n : n), 2 ** depth);
    this.phases = phases(each);
    this.model = even(this.phases * each);
  }

  read(b: Bits, i: number): number {
    const { values, seen, depth } = this;
    let context = i % this.phases;
    for (const back of this.looks) {
      if (back === 0) continue;
      const index = i < back ? 0 : (seen[i - back] as number);
      context = 4 * context + (values.length <= 4 ? index : Math.floor((4 * index) / values.length));
    }
    let index = 0;
    for (let bit = depth - 1, node = 1; bit >= 0; bit--) {
      const upper = index + (1 << bit);
      const one = upper >= values.length ? 0 : b.bit(this.model, context * 2 ** depth + node);
      node = 2 * node + one;
      if (one === 1) index = upper;
    }
    seen.push(index);
    return values[index] as number;
  }
}

function crc32(bytes: Uint8Array, end: number): number {
  let c = -1;
  for (let i = 0; i < end; i++) {
    c ^= bytes[i] as number;
    for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (0xedb88320 & -(c & 1));
  }
  return ~c >>> 0;
}

/** The layers of the one network in the file. */
export function readNetwork(bytes: Uint8Array): Layer[] {
  const end = bytes.length - 4;
  need(end > 5 && [0x64, 0x79, 0x61, 0x64, 1].every((v, i) => bytes[i] === v), 'expected a network file, version 1');
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  need(stored === crc32(bytes, end), 'network file: its checksum does not fit');
  let at = 5;
  const section = (): Bits => {
    let length = 0;
    for (let up = 1; ; up *= 128) {
      need(at < end && up < 2 ** 42, 'network file: it ends too early');
      const b = bytes[at++] as number;
      length += (b & 127) * up;
      if (b < 128) break;
    }
    need(length <= end - at, 'network file: a section is longer than the file');
    at += length;
    return new Bits(bytes, at - length, at);
  };
  const s = new Sequences(section());
  const tag = (byte: number): boolean => at < end && bytes[at] === byte && ++at > 0;
  if (tag(0x4d)) section();
  const intrinsic = tag(0x49) ? new Sequences(section()) : undefined;
  need(at === end, 'expected a file of one network');
  return layersOf(s, intrinsic);
}

function layersOf(s: Sequences, intrinsic: Sequences | undefined): Layer[] {
  const whole = (v: Value | undefined, lo: number, hi: number): number =>
    typeof v === 'number' && v >= lo && v <= hi ? v : broken();
  const depth = s.count() + 1;
  const widths = s.read(depth + 1).map((w) => whole(w, 0, 2 ** 24 - 1) + 1);
  const scales = s.read(depth).map((v) => whole(v, -(2 ** 20), 2 ** 20));
  if (s.count() > 0) s.read(4 * (widths[0] as number)); // the domain: a proof names its own
  const marked = s.count();
  const marks = [s.read(marked), s.read(marked), s.read(marked)] as const;
  const ends = (sizes: readonly number[]): number[] =>
    sizes.map((_, l) => sizes.slice(0, l + 1).reduce((a, b) => a + b, 0));
  const rowEnds = ends(widths.slice(1));
  const degrees = s.read(rowEnds[depth - 1] as number, rowEnds);
  const layerOf = (l: number): [number, number] => [(rowEnds[l - 1] as number) ?? 0, rowEnds[l] as number];
  const starts: Uint32Array[] = [];
  const [firsts, gaps, cells] = [[], [], []] as [number[], number[], number[]];
  for (let l = 0; l < depth; l++) {
    const inputs = widths[l] as number;
    const start = [0];
    let [f, g] = [0, 0];
    for (let row = layerOf(l)[0]; row < layerOf(l)[1]; row++) {
      const code = whole(degrees[row], 0, inputs);
      const degree = code === 0 ? inputs : code - 1;
      if (code > 1) {
        f++;
        g += degree - 1;
      }
      start.push((start[start.length - 1] as number) + degree);
      need((start[start.length - 1] as number) <= MOST, 'network file: larger than this checker reads');
    }
    starts.push(Uint32Array.from(start));
    firsts.push(f);
    gaps.push(g);
    cells.push(start[start.length - 1] as number);
  }
  const [firstEnds, gapEnds, cellEnds] = [ends(firsts), ends(gaps), ends(cells)];
  const first = s.read(firstEnds[depth - 1] as number, firstEnds);
  const gap = s.read(gapEnds[depth - 1] as number, gapEnds);
  const bias = s.read(rowEnds[depth - 1] as number, rowEnds);
  const cell = s.read(cellEnds[depth - 1] as number, cellEnds);
  let [f, g] = [0, 0];
  const layers = starts.map((start, l): Layer => {
    const inputs = widths[l] as number;
    const column = new Uint32Array(start[start.length - 1] as number);
    for (let i = 0; i + 1 < start.length; i++) {
      const [from, to] = [start[i] as number, start[i + 1] as number];
      for (let k = from, c = 0; k < to; k++) {
        if (to - from === inputs) c = k - from;
        else c = k === from ? whole(first[f++], 0, inputs - 1) : c + whole(gap[g++], 0, inputs) + 1;
        if (c >= inputs) broken();
        column[k] = c;
      }
    }
    const weight = cell.slice((cellEnds[l] as number) - column.length, cellEnds[l]);
    return {
      inputs,
      outputs: start.length - 1,
      scale: scales[l] as number,
      start,
      column,
      weight,
      bias: bias.slice(...layerOf(l)),
    };
  });
  need((intrinsic !== undefined) === marked > 0, 'network file: marks and values do not belong together');
  return intrinsic ? filled(layers, marks, intrinsic, marked) : layers;
}

/** Puts the intrinsic values (exponents, mantissas) into their places, in layers made fine enough for them. */
function filled(layers: Layer[], marks: readonly (readonly Value[])[], s: Sequences, count: number): Layer[] {
  const [exponents, mantissas] = [s.read(count), s.read(count)];
  return layers.map((layer, l) => {
    const mine = [...exponents.keys()].filter((i) => marks[0]?.[i] === l);
    const scale = mine.reduce((m, i) => Math.max(m, -Number(exponents[i])), layer.scale);
    need(scale <= 2 ** 21, 'network file: larger than this checker reads');
    const finer = (v: Value): Value => short(BigInt(v) << BigInt(scale - layer.scale));
    const [weight, bias] = [layer.weight.map(finer), layer.bias.map(finer)];
    for (const i of mine) {
      const row = Number(marks[1]?.[i]);
      const value = short(BigInt(mantissas[i] as Value) << BigInt(Number(exponents[i]) + scale));
      const column = Number(marks[2]?.[i]) - 1;
      need(row < layer.outputs, 'network file: damaged');
      if (column < 0) bias[row] = value;
      else {
        const k = layer.column.indexOf(column, layer.start[row]);
        need(k >= 0 && k < (layer.start[row + 1] as number), 'network file: damaged');
        weight[k] = value;
      }
    }
    return { ...layer, scale, weight, bias };
  });
}
