/**
 * Reads .nnet text: the ACAS Xu format of Julian (Stanford, 2016) and the dialects of it that occur in the wild.
 *
 *   // comment lines, anywhere
 *   L, inputs, outputs, most units,      some writers give L alone
 *   inputs, units, ..., outputs,         L + 1 layer sizes
 *   a line without meaning
 *   minimum of each input                some writers list more values than there are inputs, some write a lone 0
 *   maximum of each input
 *   mean of each input, ..., output      the last value is the outputs'
 *   range of each input, ..., output
 *   then for each layer one line of weights a unit, and one line a bias
 *
 * Relu between layers, none behind the last. Every decimal becomes the nearest float64, which is dyadic; how many moved
 * by that is reported. The network reads *normalised* inputs (x - mean) / range; {@link applyNormalisation} puts that map in front.
 */
import { Dyadic, Rational, refuse } from '../exact/index.ts';
import { compose, LayerBuilder, Network, type Term } from '../net/index.ts';

/** Documented limits; what exceeds them is refused before memory is taken. */
export const NNET_LIMITS = Object.freeze({ layers: 1 << 16, units: 1 << 20, weights: 1 << 26 });

/** What the header says of the units that people measure in: exact decimals, as written. */
export interface Normalisation {
  /** The inputs lie in [minimum, maximum]. */
  readonly minimum: readonly Rational[];
  readonly maximum: readonly Rational[];
  /** The network reads (x - mean) / range. */
  readonly mean: readonly Rational[];
  readonly range: readonly Rational[];
  /** The measured output is y * outputRange + outputMean. */
  readonly outputMean: Rational;
  readonly outputRange: Rational;
}

export interface NnetFile {
  readonly network: Network;
  /** Absent where the header carries none (a dialect writes a lone 0 on these lines). */
  readonly normalisation: Normalisation | undefined;
  /** Weights and biases in the file. */
  readonly decimals: number;
  /** How many of them are not float64 numbers and were rounded to the nearest one. */
  readonly rounded: number;
}

/** Reads a .nnet file. Throws InputError, with the line's number, where the text is not one. */
export function readNnet(text: string, name = 'nnet'): NnetFile {
  const lines = new Lines(text, name);
  const header = lines.wholeNumbers('the number of layers', 1, NNET_LIMITS.layers);
  const depth = header[0] as number;
  const sizes = lines.wholeNumbers('layer sizes', 1, NNET_LIMITS.units);
  if (sizes.length !== depth + 1) lines.refuse(`${depth + 1} layer sizes for ${depth} layers`, sizes.length);
  if (header.length >= 3 && (header[1] !== sizes[0] || header[2] !== sizes[depth])) {
    lines.refuse(`${header[1]} inputs and ${header[2]} outputs, as the header says`, `${sizes[0]} and ${sizes[depth]}`);
  }
  const weights = sizes.slice(1).reduce((n, size, l) => n + size * ((sizes[l] as number) + 1), 0);
  // A weight takes a digit and a separator at the least: a short file cannot ask for much memory.
  if (weights > NNET_LIMITS.weights || weights > text.length) {
    lines.refuse(
      `a file long enough for ${weights} weights (at most ${NNET_LIMITS.weights})`,
      `${text.length} characters`,
    );
  }
  lines.skip();
  const normalisation = readNormalisation(lines, sizes[0] as number);
  let rounded = 0;
  const read = (count: number, what: string): number[] =>
    lines.decimals(count, what).map((decimal) => {
      const value = Number(decimal);
      if (!Number.isFinite(value)) lines.refuse('numbers within the range of float64', decimal);
      if (!isExact(decimal, value)) rounded++;
      return value;
    });
  const layers = sizes.slice(1).map((units, l) => {
    const inputs = sizes[l] as number;
    const rows = Array.from({ length: units }, () => read(inputs, `weights of layer ${l + 1}`));
    const layer = new LayerBuilder(inputs);
    for (const row of rows) {
      layer.row(
        read(1, `bias of layer ${l + 1}`)[0] as number,
        row.map((w, j): Term => [j, w]),
      );
    }
    return layer.build();
  });
  lines.end();
  return Object.freeze({ network: new Network(layers), normalisation, decimals: weights, rounded });
}

/** Which of the two affine maps to put around the network, and how finely. */
export interface ApplyNormalisation {
  /** Put (x - mean) / range in front. Default true. */
  readonly inputs?: boolean;
  /** Put y * range + mean behind. Default true. */
  readonly outputs?: boolean;
  /** Fractional binary digits kept of 1/range, mean/range, and of the output's range and mean. Default 64. */
  readonly fractionalBits?: number;
}

export interface Normalised {
  readonly network: Network;
  /** Largest |difference| over [minimum, maximum], any input, between the folded map and (x - mean) / range; 0 where exact. */
  readonly inputDeviation: Rational;
  /** |folded - written| of the output's range and mean; 0 where exact. */
  readonly outputDeviation: { readonly range: Rational; readonly mean: Rational };
}

/**
 * The network in measured units. Dividing by the range is rarely dyadic, so the reciprocal is rounded (nearest) and the
 * deviation that this causes is returned, exactly.
 */
export function applyNormalisation(
  network: Network,
  normalisation: Normalisation,
  { inputs = true, outputs = true, fractionalBits = 64 }: ApplyNormalisation = {},
): Normalised {
  const { minimum, maximum, mean, range, outputMean, outputRange } = normalisation;
  if (mean.length !== network.inputs) refuse('applyNormalisation', `${network.inputs} inputs`, mean.length);
  let result = network;
  let inputDeviation = Rational.of(0n);
  if (inputs) {
    const front = new LayerBuilder(network.inputs);
    mean.forEach((m, i) => {
      const r = range[i] as Rational;
      const slope = Rational.of(1n).div(r).roundTo(fractionalBits, 'nearest');
      const offset = m.neg().div(r).roundTo(fractionalBits, 'nearest');
      front.unit(offset, [i, slope]);
      // The difference of two affine maps is largest at an end of the box.
      for (const x of [minimum[i] as Rational, maximum[i] as Rational]) {
        const folded = x.mul(Rational.fromDyadic(slope)).add(Rational.fromDyadic(offset));
        const gap = folded.sub(x.sub(m).div(r)).abs();
        if (gap.compare(inputDeviation) > 0) inputDeviation = gap;
      }
    });
    result = compose(result, new Network([front.build()]));
  }
  const outputDeviation = { range: Rational.of(0n), mean: Rational.of(0n) };
  if (outputs) {
    const slope = outputRange.roundTo(fractionalBits, 'nearest');
    const offset = outputMean.roundTo(fractionalBits, 'nearest');
    outputDeviation.range = Rational.fromDyadic(slope).sub(outputRange).abs();
    outputDeviation.mean = Rational.fromDyadic(offset).sub(outputMean).abs();
    const behind = new LayerBuilder(network.outputs);
    for (let i = 0; i < network.outputs; i++) behind.unit(offset, [i, slope]);
    result = compose(new Network([behind.build()]), result);
  }
  return Object.freeze({ network: result, inputDeviation, outputDeviation: Object.freeze(outputDeviation) });
}

function readNormalisation(lines: Lines, inputs: number): Normalisation | undefined {
  const [minimum, maximum, mean, range] = ['minima', 'maxima', 'means', 'ranges'].map((what) =>
    lines.decimals(undefined, what),
  ) as [string[], string[], string[], string[]];
  const absent = [minimum, maximum].some((v) => v.length < inputs) || [mean, range].some((v) => v.length < inputs + 1);
  if (absent) {
    // The dialect without a header writes one value on each line, whatever the number of inputs.
    if ([minimum, maximum, mean, range].every((v) => v.length === 1)) return undefined;
    lines.refuse(
      `${inputs} minima and maxima, ${inputs + 1} means and ranges`,
      [minimum, maximum, mean, range].map((v) => v.length).join(', '),
    );
  }
  const result: Normalisation = {
    minimum: Object.freeze(minimum.slice(0, inputs).map(Rational.parse)),
    maximum: Object.freeze(maximum.slice(0, inputs).map(Rational.parse)),
    mean: Object.freeze(mean.slice(0, inputs).map(Rational.parse)),
    range: Object.freeze(range.slice(0, inputs).map(Rational.parse)),
    outputMean: Rational.parse(mean[mean.length - 1] as string),
    outputRange: Rational.parse(range[range.length - 1] as string),
  };
  if ([...result.range, result.outputRange].some((r) => r.sign === 0)) lines.refuse('ranges other than 0', 0);
  return Object.freeze(result);
}

/** Whether the decimal is the float64 that it was read as. */
function isExact(decimal: string, value: number): boolean {
  if (Number.isSafeInteger(value) && /^[+-]?\d+(\.0*)?$/.test(decimal)) return true;
  return Rational.parse(decimal).eq(Rational.fromDyadic(Dyadic.from(value)));
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/;
const MAX_DECIMAL_LENGTH = 400;

/** The lines that carry values, one after the other, and sentences that name them. */
class Lines {
  private at = 0;
  private line = 0;

  constructor(
    private readonly text: string,
    private readonly name: string,
  ) {}

  refuse(expected: string, got: unknown): never {
    refuse(`${this.name} line ${this.line}`, expected, got);
  }

  /** The values of the next line; a certain number of them, or at least one. */
  decimals(count: number | undefined, what: string): string[] {
    const line = this.next();
    if (line === undefined) refuse(this.name, what, 'the end of the file');
    const values = line.split(/[\s,]+/).filter((t) => t !== '');
    if (count === undefined ? values.length === 0 : values.length !== count) {
      this.refuse(`${count ?? 'some'} ${what}`, values.length);
    }
    for (const v of values) {
      if (v.length > MAX_DECIMAL_LENGTH || !DECIMAL.test(v)) this.refuse(`${what} as decimals`, v);
    }
    return values;
  }

  wholeNumbers(what: string, lo: number, hi: number): number[] {
    return this.decimals(undefined, what).map((v) => {
      const n = Number(v);
      if (!Number.isInteger(n) || n < lo || n > hi) this.refuse(`${what} in ${lo}..${hi}`, v);
      return n;
    });
  }

  skip(): void {
    if (this.next() === undefined) refuse(this.name, 'a header', 'the end of the file');
  }

  end(): void {
    const more = this.next();
    if (more !== undefined) this.refuse('the end of the file behind the last bias', more.trim());
  }

  private next(): string | undefined {
    while (this.at < this.text.length) {
      let end = this.text.indexOf('\n', this.at);
      if (end < 0) end = this.text.length;
      const line = this.text.slice(this.at, end);
      this.at = end + 1;
      this.line++;
      const start = line.trimStart();
      if (start !== '' && !start.startsWith('//')) return line;
    }
    return undefined;
  }
}
