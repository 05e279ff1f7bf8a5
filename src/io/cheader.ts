/**
 * A network as one C99 function: integers only, no heap, no library, no division. Where the inputs are whole numbers within
 * a stated range, every partial sum is proved to fit its C type, so the result is the exact one, bit for bit.
 *
 *   raw        inputs k stand for x = k 2^-t, outputs m for y = m 2^-s; both powers are #defined
 *   with input    counts c in lo..hi stand for x = offset + scale c   (an ADC's counts)
 *   with output   the result is y in units of 1/scale, rounded to the nearest (half up)   (milli-units: scale 1000)
 *
 * Inputs beyond their range are taken to its nearer end, so that no input overflows.
 */
import { Dyadic, type DyadicLike, refuse, wholeNumber } from '../exact/index.ts';
import { affine, compose, LayerBuilder, Network } from '../net/index.ts';
import { rangeEnds, type StatedInputs, wholeLayers } from './accumulators.ts';
import { BYTES, type CType, digits, type PlannedLayer, planLayer, smallest, unsigned } from './cheader-layers.ts';

export interface CountsIn {
  /** x = offset + scale * count, for every input. */
  readonly scale: DyadicLike;
  readonly offset?: DyadicLike;
  /** The range of counts, such as 0 and 4095. */
  readonly lo: number;
  readonly hi: number;
}

export interface UnitsOut {
  /** Result = round(y * scale): 1000 for milli-units. */
  readonly scale: DyadicLike;
}

export interface WriteCOptions {
  /** The function's name, and the prefix of its macros. Default 'dyadnet'. */
  readonly name?: string;
  /** The widest type that sums may take. Default 'int64_t'; layers that fit use int32_t. */
  readonly accumulator?: 'int32_t' | 'int64_t';
  /** Exactly one of `inputs` (raw) and `counts` is given. */
  readonly inputs?: StatedInputs;
  readonly counts?: CountsIn;
  readonly output?: UnitsOut;
  /** Sentences for the file's comment: where the network comes from, what was proved. */
  readonly notes?: readonly string[];
}

export interface WrittenC {
  readonly source: string;
  /** Bytes of the constant tables. */
  readonly flashBytes: number;
  /** Bytes of the function's own arrays, on the stack. */
  readonly ramBytes: number;
  /** Multiplications of one call. */
  readonly multiplications: number;
  /** Binary digits of the largest partial sum, layer by layer (a sign bit comes on top). */
  readonly sumBits: readonly number[];
}

/** Writes the C file. Throws InputError where a sum exceeds the chosen type, or the options do not fit together. */
export function writeC(network: Network, options: WriteCOptions): WrittenC {
  const name = options.name ?? 'dyadnet';
  if (!/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(name) || KEYWORDS.has(name) || /^u?int.*_(t|c)$/i.test(name))
    refuse('writeC name', 'a C identifier', name);
  const widest = options.accumulator ?? 'int64_t';
  if (widest !== 'int32_t' && widest !== 'int64_t') refuse('writeC accumulator', "'int32_t' or 'int64_t'", widest);
  const { folded, inputs } = withScales(network, options);
  const layers = wholeLayers(folded, inputs).map((layer, l) => planLayer(layer, l, widest));
  const limit = widest === 'int32_t' ? 31 : 63;
  const ends = rangeEnds((layers[0] as PlannedLayer).whole.inputs);
  const inputBits = Math.max(...[...ends.lo, ...ends.hi].map(digits));
  if (inputBits > limit) refuse('writeC', `inputs of at most ${limit} binary digits`, inputBits);
  return new Printer(network, name, options, layers, ends, inputBits).print();
}

/** The network over whole-number inputs, with the output's scale and the half that rounds it folded in. */
function withScales(
  network: Network,
  { inputs, counts, output }: WriteCOptions,
): { folded: Network; inputs: StatedInputs } {
  if ((inputs === undefined) === (counts === undefined))
    refuse('writeC', 'either inputs or counts', inputs ? 'both' : 'neither');
  let folded = network;
  if (output) {
    const scale = Dyadic.from(output.scale);
    if (scale.sign <= 0) refuse('writeC output scale', 'a positive number', scale);
    const behind = new LayerBuilder(network.outputs);
    for (let i = 0; i < network.outputs; i++) behind.unit(Dyadic.HALF, [i, scale]);
    folded = compose(new Network([behind.build()]), folded);
  }
  if (inputs) return { folded, inputs };
  const { scale, offset = 0, lo, hi } = counts as CountsIn;
  wholeNumber('writeC counts lo', lo, -(2 ** 52), 2 ** 52);
  wholeNumber('writeC counts hi', hi, lo, 2 ** 52);
  const d = network.inputs;
  const matrix = Array.from({ length: d }, (_, i) => Array.from({ length: d }, (__, j) => (i === j ? scale : 0)));
  const front = affine(matrix, new Array(d).fill(offset));
  return { folded: compose(folded, front), inputs: { domain: [lo, hi], fractionalBits: 0 } };
}

class Printer {
  private readonly lines: string[] = [];
  private flash = 0;
  private multiplications = 0;

  constructor(
    private readonly network: Network,
    private readonly name: string,
    private readonly options: WriteCOptions,
    private readonly layers: readonly PlannedLayer[],
    private readonly ends: { lo: bigint[]; hi: bigint[] },
    private readonly inputBits: number,
  ) {}

  print(): WrittenC {
    const body = this.body();
    const widths = this.layers.slice(0, -1).map((p) => p.whole.layer.outputs);
    const valueBytes = BYTES[this.valueType()];
    // Two arrays take turns: the layer's inputs and its outputs.
    const odd = widths.filter((_, l) => l % 2 === 0);
    const even = widths.filter((_, l) => l % 2 === 1);
    const arrays = this.network.inputs + Math.max(0, ...odd) + Math.max(0, ...even);
    const ramBytes = arrays * valueBytes;
    const sumBits = this.layers.map((p) => p.whole.bounds.sumBits);
    const source = `${[...this.comment(ramBytes, sumBits), ...this.head(), ...body].join('\n')}\n`;
    return Object.freeze({
      source,
      flashBytes: this.flash,
      ramBytes,
      multiplications: this.multiplications,
      sumBits: Object.freeze(sumBits),
    });
  }

  /** What an activation, or an input, is kept in. */
  private valueType(): 'int32_t' | 'int64_t' {
    const most = Math.max(this.inputBits, ...this.layers.slice(0, -1).map((p) => p.whole.bounds.resultBits));
    return most > 31 ? 'int64_t' : 'int32_t';
  }

  private get last(): PlannedLayer {
    return this.layers[this.layers.length - 1] as PlannedLayer;
  }

  private get resultType(): 'int32_t' | 'int64_t' {
    const { bounds, resultScale } = this.last.whole;
    // Rounding drops resultScale digits; a negative number's floor may take one more.
    const bits = this.options.output ? bounds.resultBits - resultScale + 1 : bounds.resultBits;
    return bits > 31 ? 'int64_t' : 'int32_t';
  }

  private get inputType(): 'int32_t' | 'int64_t' {
    return this.inputBits > 31 ? 'int64_t' : 'int32_t';
  }

  private get scalar(): boolean {
    return this.network.inputs === 1 && this.network.outputs === 1;
  }

  private comment(ramBytes: number, sumBits: readonly number[]): string[] {
    const { network, options } = this;
    const scale = this.last.whole.resultScale;
    const text = [
      `A ReLU network of depth ${network.depth}, width ${network.width} and ${network.connectivity} non-zero weights, in integers.`,
      ...(options.notes ?? []),
      '',
      `inputs           ${network.inputs} of ${this.inputType}; ${this.inputMeaning()}`,
      `outputs          ${network.outputs} of ${this.resultType}; ${
        options.output
          ? `y * ${Dyadic.from(options.output.scale).toDecimal()}, rounded to the nearest (half up)`
          : `y = output * 2^${-scale}`
      }`,
      `flash            ${this.flash} bytes of constants, and the code`,
      `RAM              ${ramBytes} bytes on the stack, no heap, nothing static`,
      `multiplications  ${this.multiplications} a call`,
      `largest sums     ${sumBits.map((b) => `${b}`).join(', ')} binary digits, layer by layer: no overflow for any input`,
      '',
      'Inputs beyond their range are taken to its nearer end. Written by dyadnet; every result is exact.',
    ];
    // A comment must not end early, and an unknown line must not become code.
    const safe = text.map((line) =>
      line
        .replace(/[^\x20-\x7e]/g, '?')
        .replaceAll('*/', '* /')
        .replaceAll('/*', '/ *'),
    );
    return ['/*', ...safe.map((line) => ` * ${line}`.trimEnd()), ' */'];
  }

  private inputMeaning(): string {
    const { counts, inputs } = this.options;
    const { lo, hi } = this.ends;
    const same = lo.every((v) => v === lo[0]) && hi.every((v) => v === hi[0]);
    const range = same ? `in ${lo[0]}..${hi[0]}` : 'in the ranges below';
    if (counts) {
      const offset = Dyadic.from(counts.offset ?? 0);
      return `${range}, counts of x = ${offset.toDecimal()} + ${Dyadic.from(counts.scale).toDecimal()} * input`;
    }
    return `${range}, x = input * 2^${-(inputs as StatedInputs).fractionalBits}`;
  }

  private head(): string[] {
    const guard = `${this.name.toUpperCase()}_H`;
    const macros = [
      `#define ${this.name.toUpperCase()}_INPUTS ${this.network.inputs}`,
      `#define ${this.name.toUpperCase()}_OUTPUTS ${this.network.outputs}`,
    ];
    if (this.options.inputs)
      macros.push(`#define ${this.name.toUpperCase()}_INPUT_SCALE_LOG2 ${this.options.inputs.fractionalBits}`);
    if (!this.options.output)
      macros.push(`#define ${this.name.toUpperCase()}_OUTPUT_SCALE_LOG2 ${this.last.whole.resultScale}`);
    return [`#ifndef ${guard}`, `#define ${guard}`, '', '#include <stdint.h>', '', ...macros, ''];
  }

  private body(): string[] {
    const { name, network, scalar } = this;
    const value = this.valueType();
    const out = this.lines;
    const signature = scalar
      ? `static inline ${this.resultType} ${name}(${this.inputType} input)`
      : `static inline void ${name}(const ${this.inputType} input[${network.inputs}], ${this.resultType} output[${network.outputs}])`;
    out.push(`${signature} {`);
    this.layers.forEach((layer, l) => {
      this.tables(layer, l + 1);
    });
    this.inputTables();
    const buffers = this.bufferSizes();
    out.push(`  ${value} x[${network.inputs}];`);
    if (buffers.a > 0) out.push(`  ${value} a[${buffers.a}];`);
    if (buffers.b > 0) out.push(`  ${value} b[${buffers.b}];`);
    this.clampInputs();
    this.layers.forEach((layer, l) => {
      this.layerLoop(layer, l + 1);
    });
    out.push('}', '', '#endif');
    return out;
  }

  private bufferSizes(): { a: number; b: number } {
    const widths = this.layers.slice(0, -1).map((p) => p.whole.layer.outputs);
    return {
      a: Math.max(0, ...widths.filter((_, l) => l % 2 === 0)),
      b: Math.max(0, ...widths.filter((_, l) => l % 2 === 1)),
    };
  }

  private table(type: CType, name: string, values: readonly (bigint | number)[]): void {
    this.flash += values.length * BYTES[type];
    const literal = (v: bigint | number): string => (type === 'int64_t' ? `INT64_C(${v})` : `${v}`);
    this.lines.push(`  static const ${type} ${name}[${values.length}] = {`);
    for (let i = 0; i < values.length; i += 16) {
      this.lines.push(
        `    ${values
          .slice(i, i + 16)
          .map(literal)
          .join(', ')},`,
      );
    }
    this.lines.push('  };');
  }

  private tables({ whole: { layer }, weights, biases, sparse }: PlannedLayer, l: number): void {
    this.table(smallest(biases), `b${l}`, biases);
    if (layer.column.length === 0) return;
    if (sparse) {
      this.table(unsigned(layer.column.length), `s${l}`, [...layer.rowStart]);
      this.table(unsigned(layer.inputs - 1), `c${l}`, [...layer.column]);
      this.table(smallest(weights), `w${l}`, weights);
      return;
    }
    const dense = new Array<bigint>(layer.inputs * layer.outputs).fill(0n);
    for (let i = 0; i < layer.outputs; i++) {
      for (let k = layer.rowStart[i] as number; k < (layer.rowStart[i + 1] as number); k++) {
        dense[i * layer.inputs + (layer.column[k] as number)] = weights[k] as bigint;
      }
    }
    this.table(smallest(weights), `w${l}`, dense);
  }

  private inputTables(): void {
    const { lo, hi } = this.ends;
    if (this.uniformEnds()) return;
    this.table(smallest(lo), 'lo', lo);
    this.table(smallest(hi), 'hi', hi);
  }

  private uniformEnds(): boolean {
    const { lo, hi } = this.ends;
    return lo.every((v) => v === lo[0]) && hi.every((v) => v === hi[0]);
  }

  private clampInputs(): void {
    const { lo, hi } = this.ends;
    const uniform = this.uniformEnds();
    const literal = (v: bigint): string => (this.inputType === 'int64_t' ? `INT64_C(${v})` : `${v}`);
    const [low, high] = uniform ? [literal(lo[0] as bigint), literal(hi[0] as bigint)] : ['lo[i]', 'hi[i]'];
    const one = this.network.inputs === 1;
    this.lines.push(
      one ? '  {' : `  for (uint32_t i = 0; i < ${this.network.inputs}; i++) {`,
      `    ${this.inputType} v = ${this.scalar ? 'input' : one ? 'input[0]' : 'input[i]'};`,
      `    if (v < ${low}) v = ${low};`,
      `    if (v > ${high}) v = ${high};`,
      `    x[${one ? '0' : 'i'}] = v;`,
      '  }',
    );
  }

  private layerLoop({ whole: { layer }, accumulator, weights, sparse }: PlannedLayer, l: number): void {
    const last = l === this.layers.length;
    const from = l === 1 ? 'x' : l % 2 === 0 ? 'a' : 'b';
    const to = l % 2 === 1 ? 'a' : 'b';
    const one = layer.outputs === 1;
    const i = one ? '0' : 'i';
    const { lines } = this;
    lines.push(
      one ? '  {' : `  for (uint32_t i = 0; i < ${layer.outputs}; i++) {`,
      `    ${accumulator} sum = b${l}[${i}];`,
    );
    const term = (weight: string, value: string): string =>
      `sum += (${accumulator})${weight} * (${accumulator})${value};`;
    if (weights.length === 0) {
      lines.push(`    (void)${from}; /* no weight in this layer */`);
    } else if (sparse) {
      const next = one ? '1' : 'i + 1';
      lines.push(
        `    for (uint32_t k = s${l}[${i}]; k < s${l}[${next}]; k++) ${term(`w${l}[k]`, `${from}[c${l}[k]]`)}`,
      );
      this.multiplications += weights.length;
    } else if (layer.inputs === 1) {
      lines.push(`    ${term(`w${l}[${i}]`, `${from}[0]`)}`);
      this.multiplications += layer.outputs;
    } else {
      const at = one ? 'k' : `i * ${layer.inputs} + k`;
      lines.push(`    for (uint32_t k = 0; k < ${layer.inputs}; k++) ${term(`w${l}[${at}]`, `${from}[k]`)}`);
      this.multiplications += layer.inputs * layer.outputs;
    }
    if (last) {
      const result = this.options.output ? this.shifted(accumulator) : 'sum';
      const narrow = accumulator === this.resultType ? result : `(${this.resultType})(${result})`;
      lines.push(this.scalar ? `    return ${narrow};` : `    output[${i}] = ${narrow};`);
    } else {
      lines.push(`    ${to}[${i}] = sum > 0 ? ${this.cast(accumulator, this.valueType())}sum : 0;`);
    }
    lines.push('  }');
  }

  private cast(from: string, to: string): string {
    return from === to ? '' : `(${to})`;
  }

  /** floor(sum / 2^s): shifting a negative number right is not defined in C99, its complement is not negative. */
  private shifted(accumulator: string): string {
    const s = this.last.whole.resultScale;
    const bits = accumulator === 'int32_t' ? 31 : 63;
    if (s >= bits) return `sum < 0 ? -1 : 0`;
    return `sum < 0 ? ~(~sum >> ${s}) : sum >> ${s}`;
  }
}

const KEYWORDS = new Set(
  (
    'auto break case char const continue default do double else enum extern float for goto if inline int long register ' +
    'restrict return short signed sizeof static struct switch typedef union unsigned void volatile while main input output'
  ).split(' '),
);
