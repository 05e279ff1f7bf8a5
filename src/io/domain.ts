/** What values rows take on the stated inputs: their range, and a power of two that they are multiples of. */
import type { Budget } from './budget.ts';
import { compareScalars, isZero, product, type Scalar, toDyadic, total } from './scalar.ts';
import type { AtomDomain, Row, Units } from './units.ts';

export class Domains {
  private readonly known: (AtomDomain | undefined)[];
  private nextBlock = 0;

  constructor(
    private readonly units: Units,
    inputs: readonly (AtomDomain | undefined)[],
    private readonly budget: Budget,
  ) {
    this.known = [...inputs];
  }

  /** The row's domain; undefined where one of its atoms has none. `lo` and `hi` by interval arithmetic. */
  of(row: Row): AtomDomain | undefined {
    this.learnBlocks();
    return this.compute(row);
  }

  private compute(row: Row): AtomDomain | undefined {
    this.budget.work('ranges', 2 * row.atoms.length);
    let unit = unitOf(row.bias);
    let lo: Scalar | undefined = row.bias;
    let hi: Scalar | undefined = row.bias;
    for (let k = 0; k < row.atoms.length; k++) {
      const w = row.weights[k] as Scalar;
      if (isZero(w)) continue;
      const atom = this.known[row.atoms[k] as number];
      if (!atom) return undefined;
      unit = Math.min(unit, unitOf(w) + atom.unit);
      const positive = compareScalars(w, 0) > 0;
      lo = plus(lo, w, positive ? atom.lo : atom.hi);
      hi = plus(hi, w, positive ? atom.hi : atom.lo);
    }
    return { unit: unit === Number.POSITIVE_INFINITY ? 0 : unit, lo, hi };
  }

  private learnBlocks(): void {
    while (this.nextBlock < this.units.blocks.length) {
      const block = this.units.blocks[this.nextBlock++];
      if (!block) break;
      // Rows of this block read atoms of earlier blocks only, all known by now.
      for (const row of block.rows) {
        const below = block.domain ?? this.compute(row);
        this.known.push(below && { unit: below.unit, lo: relu(below.lo) ?? 0, hi: relu(below.hi) });
      }
    }
  }
}

function plus(sum: Scalar | undefined, w: Scalar, end: Scalar | undefined): Scalar | undefined {
  return sum === undefined || end === undefined ? undefined : total(sum, product(w, end));
}

function relu(x: Scalar | undefined): Scalar | undefined {
  return x === undefined ? undefined : compareScalars(x, 0) > 0 ? x : 0;
}

/** Exponent of the largest power of two that divides x; Infinity for 0. */
function unitOf(x: Scalar): number {
  return isZero(x) ? Number.POSITIVE_INFINITY : toDyadic(x).e;
}
