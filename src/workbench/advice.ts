/**
 * A budget's question: what (W, L, b) can reach for a Lipschitz class, what nothing within it can, which regime it is in, and
 * where more memory helps most. Bounds are proved; the advice compares guaranteed errors of networks that can be built.
 */
import { lipschitz, planBudget } from '../construct/index.ts';
import { Dyadic, Rational, wholeNumber } from '../exact/index.ts';
import { denseEntries } from '../net/index.ts';
import { lowerBounds, type Regime } from '../rates/index.ts';
import { depthRows, widthWithin } from './regimes.ts';

export interface BudgetQuestion {
  readonly width: number;
  readonly depth: number;
  readonly bits: number;
  /** The Lipschitz constant times the interval's length: 1 for H1. */
  readonly height?: Dyadic;
}

export interface BudgetChange {
  readonly change: 'width' | 'depth' | 'bits';
  readonly width: number;
  readonly depth: number;
  readonly bits: number;
  readonly denseBits: number;
  readonly achieved: Dyadic;
}

export interface BudgetAnswer {
  readonly width: number;
  readonly depth: number;
  readonly bits: number;
  /** n(W,L)(b+2). */
  readonly denseBits: number;
  /** Guaranteed for every function of the class. */
  readonly achieved: Dyadic;
  /** No network of the budget has less for all of the class. */
  readonly lower: Rational;
  readonly gap: number;
  readonly regime: Regime;
  /** What the network is, in a sentence. */
  readonly construction: string;
  /** Width, depth and bits, each changed alone so that dense memory about doubles; the best first. */
  readonly changes: readonly BudgetChange[];
}

/** Throws InputError where the budget is none. */
export function askBudget({ width, depth, bits, height = Dyadic.ONE }: BudgetQuestion): BudgetAnswer {
  const plan = planBudget({ width, depth, bits });
  const { best, regime } = lowerBounds({ width, depth, bits });
  const denseBits = dense(width, depth, bits);
  const wider = Math.min(4096, Math.max(width + 1, widthWithin(2 * denseBits, depth, bits)));
  const changes = [
    change('width', wider, depth, bits, height),
    change('depth', width, Math.min(2 * depth, 1 << 16), bits, height),
    change('bits', width, depth, Math.min(2 * bits + 2, 1 << 16), height),
  ];
  return Object.freeze({
    width,
    depth,
    bits,
    denseBits,
    achieved: plan.guaranteed.mul(height),
    lower: best.mul(Rational.fromDyadic(height)),
    gap: plan.guaranteed.toNumber() / best.toNumber(),
    regime,
    construction: plan.sentence,
    changes: Object.freeze(changes.sort((a, b) => a.achieved.compare(b.achieved))),
  });
}

function change(
  what: BudgetChange['change'],
  width: number,
  depth: number,
  bits: number,
  height: Dyadic,
): BudgetChange {
  const achieved = planBudget({ width, depth, bits }).guaranteed.mul(height);
  return Object.freeze({ change: what, width, depth, bits, denseBits: dense(width, depth, bits), achieved });
}

function dense(width: number, depth: number, bits: number): number {
  return denseEntries(width, depth) * (bits + 2);
}

export interface MemoryAnswer {
  /** The best (W, L, b) that was found with n(W,L)(b+2) <= the memory. */
  readonly best: { readonly width: number; readonly depth: number; readonly bits: number };
  /** Budgets that were compared. */
  readonly compared: number;
  /** The same number of bits as one network file's bit matrix: its guaranteed error for the class, structure not counted. */
  readonly matrix: Dyadic | undefined;
}

/** Searches (W, L, b) for the least guaranteed error within a dense memory. Throws InputError where nothing fits. */
export function bestWithin(
  bytes: number,
  options: { height?: Dyadic; onProgress?: (done: number) => void } = {},
): MemoryAnswer {
  const memory = 8 * wholeNumber('budget bytes', bytes, 2, 2 ** 37);
  const { height = Dyadic.ONE, onProgress } = options;
  const bits = [1, 2, 3, 4, 6, 8, 12, 16];
  const coarse = depthRows({ memory, bits, onProgress: (p) => onProgress?.(0.7 * p) });
  let best = coarse.reduce((a, b) => (b.achieved < a.achieved ? b : a));
  const around = [0.8, 0.9, 1.1, 1.2].map((s) => Math.max(2, Math.round(s * best.depth)));
  const depths = [...new Set(around)].filter((d) => d !== best.depth && widthWithin(memory, d, 1) >= 1);
  if (depths.length > 0) {
    const fine = depthRows({
      memory,
      bits: [...new Set([best.bits, best.bits + 1, Math.max(1, best.bits - 1)])],
      depths,
      onProgress: (p) => onProgress?.(0.7 + 0.3 * p),
    });
    for (const row of fine) if (row.achieved < best.achieved) best = row;
  }
  const matrix = bytes >= 8 && bytes <= 1 << 24 ? lipschitz({ bytes }).guaranteed.mul(height) : undefined;
  return Object.freeze({
    best: Object.freeze({ width: best.width, depth: best.depth, bits: best.bits }),
    compared: coarse.length * bits.length + depths.length * 3,
    matrix,
  });
}
