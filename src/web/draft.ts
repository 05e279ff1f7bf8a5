/**
 * The first answer to a number of bytes: proved as every answer is, found by quick searches, so that it follows a slider.
 * What was found is kept on a ladder of errors near 2^(-k/2): the slider's next position needs a rung or two more.
 */
import { InputError, Rational } from '../exact/index.ts';
import type { FitResult } from '../workbench/index.ts';

/** Milliseconds after which finer rungs are left to the full search. */
const PATIENCE = 50;
/** Wider networks are left to it as well. */
const MOST_UNITS = 256;
/** Rungs lie between the errors 2^-50 and 2^50. */
const RUNGS = 100;

/** Networks of one target, by error. */
export class Ladder {
  private readonly rungs = new Map<number, FitResult | undefined>();
  /** Where the last search ended. */
  private last = 0;

  /** `fit`: a quick search within an error; an InputError where it finds nothing. */
  constructor(private readonly fit: (epsilon: Rational) => FitResult) {}

  /** The finest rung found whose file has at most so many bytes; undefined where there is none. */
  within(bytes: number, now: () => number = () => performance.now()): FitResult | undefined {
    const end = now() + PATIENCE;
    let best = this.last;
    let above = RUNGS + 1;
    for (let step = 1; this.at(best, bytes) !== 'fits'; step *= 2) {
      if (best <= -RUNGS) return undefined;
      // A rung without a proved network says nothing of those above it.
      if (this.at(best, bytes) === 'large') above = best;
      best = Math.max(best - step, -RUNGS);
    }
    for (let step = 1; above - best > 1 && now() < end; step *= 2) {
      const next = above > RUNGS ? Math.min(best + step, RUNGS) : (best + above) >> 1;
      if (this.at(next, bytes) === 'large') above = next;
      else if (this.at(next, bytes) === 'fits') best = next;
      else if (above > RUNGS && next < RUNGS) continue;
      else break;
    }
    this.last = best;
    return this.rungs.get(best);
  }

  private at(k: number, bytes: number): 'fits' | 'large' | 'none' {
    if (!this.rungs.has(k)) this.rungs.set(k, this.found(k));
    const found = this.rungs.get(k);
    if (found?.status !== 'proved') return 'none';
    return found.file.length <= bytes && found.network.width <= MOST_UNITS ? 'fits' : 'large';
  }

  private found(k: number): FitResult | undefined {
    try {
      return this.fit(errorOf(k));
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }
}

/** About 2^(-k/2); the root of 2 only spaces the rungs evenly. */
function errorOf(k: number): Rational {
  const whole = Math.floor(k / 2);
  const power = whole < 0 ? Rational.of(1n << BigInt(-whole)) : Rational.of(1n, 1n << BigInt(whole));
  return k === 2 * whole ? power : power.mul(Rational.of(5n, 7n));
}
