/**
 * A second reader of network files, written from docs/format.md alone: it shares no code with src/io and computes with bigints
 * where the library has fast paths. It checks nothing that it need not know to read a good file.
 */

/** A network as lists: scale, and for each row its bias mantissa and [column, mantissa] pairs without zeros. */
export interface PlainLayer {
  inputs: number;
  scale: number;
  rows: { bias: bigint; terms: [number, bigint][] }[];
}
export interface PlainFile {
  layers: PlainLayer[];
  /** lower m, e, upper m, e of each input. */
  domain?: bigint[][];
  meta?: string;
  /** [layer, row, column] with column -1 for the bias; value m, e. */
  intrinsic: { at: [number, number, number]; m: bigint; e: number }[];
}

export class PlainBits {
  range = 0xffffffff;
  code = 0;
  constructor(
    private bytes: Uint8Array,
    private at = 0,
  ) {
    for (let i = 0; i < 4; i++) this.code = this.code * 256 + this.next();
  }
  private next(): number {
    return this.bytes[this.at++] ?? 0;
  }
  private settle(): void {
    while (this.range < 2 ** 24) {
      this.range *= 256;
      this.code = this.code * 256 + this.next();
    }
  }
  split(q: number): number {
    const bound = Math.floor(this.range / 65536) * q;
    const one = this.code < bound;
    if (one) this.range = bound;
    else {
      this.code -= bound;
      this.range -= bound;
    }
    this.settle();
    return one ? 1 : 0;
  }
  direct(count: number): number {
    this.range = Math.floor(this.range / 2 ** count);
    const value = Math.floor(this.code / this.range);
    this.code -= value * this.range;
    this.settle();
    return value;
  }
}

/** A table of counters, made when first used; `expects0` are those that start at 1/8. */
class Counters {
  private all = new Map<string | number, { p: number; n: number }>();
  constructor(
    private bits: PlainBits | undefined,
    private expects0: (key: string | number) => boolean = () => false,
  ) {}
  get(key: string | number): { p: number; n: number } {
    let c = this.all.get(key);
    if (!c) {
      c = { p: this.expects0(key) ? 2 ** 19 : 2 ** 21, n: 0 };
      this.all.set(key, c);
    }
    return c;
  }
  bit(key: string | number): number {
    const b = (this.bits as PlainBits).split(Math.floor(this.get(key).p / 64) | 1);
    this.learn(key, b);
    return b;
  }
  learn(key: string | number, b: number): void {
    const c = this.get(key);
    c.p += Math.trunc((2 * (b * 2 ** 22 - c.p)) / (2 * c.n + 3));
    c.n = Math.min(c.n + 1, 1023);
  }
}

const number = (bits: PlainBits): (() => number) => {
  const lengths = new Counters(bits, (k) => k === 0);
  const tree = new Counters(bits);
  return () => {
    let k = 0;
    while (lengths.bit(k) === 1) k++;
    return Number(digitsBelow(bits, tree, '', k, 8)) - 1;
  };
};

/** 1 and the k digits below it. */
function digitsBelow(bits: PlainBits, tree: Counters, name: string, k: number, predicted: number): bigint {
  let v = 1n;
  let left = k;
  for (; left > 0 && k - left < predicted; left--) v = 2n * v + BigInt(tree.bit(`${name}${v}`));
  for (; left > 0; left -= Math.min(8, left)) {
    const count = Math.min(8, left);
    v = (v << BigInt(count)) + BigInt(bits.direct(count));
  }
  return v;
}

function values(bits: PlainBits): (phase: number, precision: number) => bigint {
  const sizes = new Counters(bits, (k) => /:[12]$/.test(String(k)));
  const rest = new Counters(bits, (k) => k === 'fill');
  const long = number(bits);
  let before = 0;
  return (phase, precision) => {
    let k = 1;
    for (let i = 0; i < 6; i++) k = 2 * k + sizes.bit(`${phase}:${k}`);
    k -= 64;
    const name = `${k}.`;
    if (k === 63) k += long();
    if (k === 0) return 0n;
    const negative = rest.bit(`sign${before}`) === 1;
    before = negative ? 2 : 1;
    const kept = precision > 0 && precision < k ? precision - 1 : k - 1;
    const fill = kept < k - 1 && rest.bit('fill') === 1;
    const low = BigInt(k - 1 - kept);
    const v = (digitsBelow(bits, rest, name, kept, 3) << low) + (fill ? (1n << low) - 1n : 0n);
    return negative ? -v : v;
  };
}

export class PlainSequences {
  private kinds: Counters;
  private orders: Counters;
  private again: Counters;
  private constants: (phase: number, precision: number) => bigint;
  private numbers: (() => number)[];
  constructor(
    private bits: PlainBits,
    private log: string[] = [],
  ) {
    this.kinds = new Counters(bits, (k) => Number(k) % 4 === 0);
    this.orders = new Counters(bits, (k) => Number(k) % 4 === 0);
    this.again = new Counters(bits);
    this.constants = values(bits);
    this.numbers = Array.from({ length: 8 }, () => number(bits));
  }

  number(kind: number): number {
    return (this.numbers[kind] as () => number)();
  }
  count(): number {
    const n = this.number(7);
    this.log.push(`count ${n}`);
    return n;
  }
  private choice(table: Counters, before: number): number {
    const high = table.bit(4 * before);
    return 2 * high + table.bit(4 * before + 1 + high);
  }

  read(length: number, ends = [length]): bigint[] {
    const x: bigint[] = [];
    const back = (j: number): bigint => (j < 0 ? 0n : (x[j] as bigint));
    const lengths = [0, 0, 0, 0].map(() => [0, 0] as [number, number]);
    let palette: { index: (i: number, all: number[]) => number; values: bigint[] } | undefined;
    let distance = 1;
    let kind = 4;
    while (x.length < length) {
      const j = x.length;
      const segment = ends.findIndex((e) => e > j);
      const size = (s: number): number => (s < 0 ? 0 : (ends[s] as number) - (s === 0 ? 0 : (ends[s - 1] as number)));
      kind = this.choice(this.kinds, kind);
      const order = this.choice(this.orders, kind);
      if (order > 0) {
        const d = this.number(0);
        distance = [distance, size(segment - 1), size(segment)][d] ?? d - 2;
      }
      const known = lengths[kind] as [number, number];
      const code = this.number(2);
      const n = [(ends[segment] as number) - j, length - j, known[0], 2 * known[0] - known[1]][code] ?? code - 3;
      if (code > 1) lengths[kind] = [n, known[0]];
      const predicted = (i: number): bigint =>
        [0n, back(i - distance), 2n * back(i - distance) - back(i - 2 * distance), -back(i - distance)][
          order
        ] as bigint;
      if (kind === 0) {
        const s = this.constants(0, 0);
        for (let i = j; i < j + n; i++) x.push(predicted(i) + s);
      } else if (kind === 2) {
        if (!palette || this.again.bit(0) === 0) palette = this.palette();
        const all: number[] = [];
        for (let i = 0; i < n; i++) {
          all.push(palette.index(i, all));
          x.push(predicted(j + i) + (palette.values[all[i] as number] as bigint));
        }
      } else {
        const precision = this.number(3);
        const phases = this.number(4) + 1;
        const value = values(this.bits);
        const patched = new Counters(this.bits);
        for (let i = 0; i < n; i++) {
          if (kind === 1) x.push(predicted(j + i) + value(i % phases, precision));
          else x.push(patched.bit(i % phases) === 1 ? value(0, precision) : predicted(j + i));
        }
      }
    }
    this.log.push(x.join(' '));
    return x;
  }

  private palette(): { index: (i: number, all: number[]) => number; values: bigint[] } {
    const size = this.number(5) + 1;
    const list = [this.constants(0, 0)];
    while (list.length < size) list.push((list[list.length - 1] as bigint) + 1n + BigInt(this.number(6)));
    const look = [this.number(1), this.number(1)];
    const phases = this.number(4) + 1;
    const table = new Counters(this.bits);
    const depth = size < 2 ? 0 : Math.floor(Math.log2(size - 1)) + 1;
    const index = (i: number, all: number[]): number => {
      let context = String(i % phases);
      for (const d of look) {
        const past = all[i - d] ?? 0;
        if (d > 0) context += `,${i < d ? 0 : size <= 4 ? past : Math.floor((4 * past) / size)}`;
      }
      let out = 0;
      let node = 1;
      for (let half = 2 ** depth / 2; half >= 1; half /= 2) {
        const b = out + half < size ? table.bit(`${context}:${node}`) : 0;
        node = 2 * node + b;
        out += b * half;
      }
      return out;
    };
    return { index, values: list };
  }
}

function text(bits: PlainBits, primer: string): string {
  const size = number(bits)();
  const tables = Array.from({ length: 6 }, () => new Counters(undefined));
  const past: number[] = [0, 0, 0, 0, 0];
  const mul = (a: number): number => Math.imul(a, 0x9e3779b1) >>> 0;
  const byte = (given?: number): number => {
    const hashes = [0];
    for (let k = 0; k < 5; k++) hashes.push(mul((hashes[k] as number) + (past[k] as number) + 1));
    let node = 1;
    for (let i = 7; i >= 0; i--) {
      const slots = hashes.map((h) => mul(h + node) >>> 18);
      let one = 1;
      let zero = 1;
      slots.forEach((slot, k) => {
        const { p } = (tables[k] as Counters).get(slot);
        one *= p;
        zero *= 2 ** 22 - p;
      });
      const q = Math.floor((65536 * Math.sqrt(one)) / (Math.sqrt(one) + Math.sqrt(zero)));
      const b = given === undefined ? bits.split(Math.min(Math.max(q, 1), 65535)) : (given >> i) & 1;
      slots.forEach((slot, k) => {
        (tables[k] as Counters).learn(slot, b);
      });
      node = 2 * node + b;
    }
    past.unshift(node - 256);
    return node - 256;
  };
  for (const letter of primer) byte(letter.charCodeAt(0));
  return new TextDecoder().decode(Uint8Array.from({ length: size }, () => byte()));
}

/**
 * Reads a file of one network whose checksum is right. `primer` is the text that docs/format.md gives; `log` collects the
 * numbers and sequences as they are read.
 */
export function plainRead(file: Uint8Array, primer: string, log: string[] = []): PlainFile {
  let at = 5;
  const section = (): PlainBits => {
    let length = 0;
    for (let up = 1; ; up *= 128) {
      const b = file[at++] as number;
      length += (b % 128) * up;
      if (b < 128) break;
    }
    at += length;
    return new PlainBits(file.slice(at - length, at));
  };
  const s = new PlainSequences(section(), log);
  const num = (list: bigint[]): number[] => list.map(Number);
  const depth = s.count() + 1;
  const widths = num(s.read(depth + 1)).map((w) => w + 1);
  const scales = num(s.read(depth));
  const ends = s.count() > 0 ? s.read(4 * (widths[0] as number)) : undefined;
  const marks = s.count();
  const [layerOf, rowOf, columnOf] =
    marks > 0 ? [num(s.read(marks)), num(s.read(marks)), num(s.read(marks))] : [[], [], []];
  const outputs = widths.slice(1);
  const totals = (list: number[]): number[] => {
    let sum = 0;
    return list.map((n) => {
      sum += n;
      return sum;
    });
  };
  const rowEnds = totals(outputs);
  const rows = rowEnds[depth - 1] as number;
  const layer = Array.from({ length: rows }, (_, i) => rowEnds.findIndex((e) => e > i));
  const codes = num(s.read(rows, rowEnds));
  const degree = codes.map((c, i) => (c === 0 ? (widths[layer[i] as number] as number) : c - 1));
  const perLayer = (f: (row: number) => number): number[] =>
    totals(outputs.map((_, l) => codes.reduce((n, _c, i) => n + (layer[i] === l ? f(i) : 0), 0)));
  const partial = (i: number): boolean => (codes[i] as number) > 1;
  const readEnds = (list: number[]): bigint[] => (list[depth - 1] ? s.read(list[depth - 1] as number, list) : []);
  const firsts = num(readEnds(perLayer((i) => (partial(i) ? 1 : 0))));
  const gaps = num(readEnds(perLayer((i) => (partial(i) ? (degree[i] as number) - 1 : 0))));
  const biases = s.read(rows, rowEnds);
  const cells = readEnds(perLayer((i) => degree[i] as number));
  const layers = outputs.map(
    (_, l): PlainLayer => ({ inputs: widths[l] as number, scale: scales[l] as number, rows: [] }),
  );
  for (let i = 0; i < rows; i++) {
    const terms: [number, bigint][] = [];
    let column = -1;
    for (let k = 0; k < (degree[i] as number); k++) {
      column = !partial(i) ? k : k === 0 ? (firsts.shift() as number) : column + 1 + (gaps.shift() as number);
      terms.push([column, cells.shift() as bigint]);
    }
    (layers[layer[i] as number] as PlainLayer).rows.push({
      bias: biases[i] as bigint,
      terms: terms.filter(([, m]) => m !== 0n),
    });
  }
  const out: PlainFile = { layers, intrinsic: [] };
  if (ends) out.domain = Array.from({ length: ends.length / 4 }, (_, i) => ends.slice(4 * i, 4 * i + 4));
  if (file[at] === 0x4d && at < file.length - 4) {
    at++;
    out.meta = text(section(), primer);
  }
  if (marks > 0) {
    at++;
    const v = new PlainSequences(section(), log);
    const e = num(v.read(marks));
    const m = v.read(marks);
    out.intrinsic = m.map((value, i) => ({
      at: [layerOf[i] as number, rowOf[i] as number, (columnOf[i] as number) - 1],
      m: value,
      e: e[i] as number,
    }));
  }
  return out;
}
