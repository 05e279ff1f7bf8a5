/** Exact inputs and outputs of a batch: whole mantissas under one power of two. */
import { Dyadic, type DyadicLike, refuse } from '../exact/index.ts';

/** mantissa * 2^-scale, row after row. */
export interface ScaledMantissas {
  readonly mantissas: readonly bigint[] | BigInt64Array | Int32Array;
  readonly scale: number;
}

/** A batch, row after row: float64 values, dyadic numbers, or mantissas with a scale. */
export type Batch = Float64Array | readonly DyadicLike[] | ScaledMantissas;

/** Exact results: value (row, output) is its mantissa times 2^-scale. */
export class ExactBatch {
  constructor(
    readonly rows: number,
    readonly outputs: number,
    readonly scale: number,
    /** 32-bit words of one mantissa. */
    readonly wordsEach: number,
    /** ScaledMantissas row after row, each in two's complement with the lowest word first. */
    readonly words: Uint32Array,
  ) {}

  mantissa(row: number, output: number): bigint {
    if (!(row >= 0 && row < this.rows && output >= 0 && output < this.outputs)) {
      refuse('mantissa', `a row below ${this.rows} and an output below ${this.outputs}`, `${row}, ${output}`);
    }
    return readWords(this.words, (row * this.outputs + output) * this.wordsEach, this.wordsEach);
  }

  at(row: number, output: number): Dyadic {
    return Dyadic.of(this.mantissa(row, output), -this.scale);
  }

  /** All results, row after row. */
  toDyadics(): Dyadic[] {
    const out: Dyadic[] = [];
    for (let r = 0; r < this.rows; r++) for (let o = 0; o < this.outputs; o++) out.push(this.at(r, o));
    return out;
  }
}

function readWords(words: Uint32Array, at: number, count: number): bigint {
  if (count === 1) return BigInt((words[at] as number) | 0);
  let text = '0x';
  for (let k = at + count - 1; k >= at; k--) text += (words[k] as number).toString(16).padStart(8, '0');
  return BigInt.asIntN(32 * count, BigInt(text));
}

/** v in two's complement into words[at .. at + count]. */
export function writeWords(words: Uint32Array, at: number, count: number, v: bigint): void {
  if (v >= -0x80000000n && v < 0x80000000n) {
    words[at] = Number(v);
    words.fill(v < 0n ? 0xffffffff : 0, at + 1, at + count);
    return;
  }
  const text = BigInt.asUintN(32 * count, v)
    .toString(16)
    .padStart(8 * count, '0');
  for (let k = 0; k < count; k++) {
    words[at + k] = Number.parseInt(text.slice(8 * (count - 1 - k), 8 * (count - k)), 16);
  }
}
